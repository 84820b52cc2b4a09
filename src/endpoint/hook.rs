//! Posts to an address that somebody has set, without becoming a door into the network that the service stands in: the
//! name is resolved once, every address that it has must be a public one (or in a network that is allowed), the connection
//! goes to exactly those addresses, and no redirect is followed.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use thiserror::Error;

/// How long a receiver may take, from connecting to its answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Networks that are not the public internet: IANA's special-purpose registries (RFC 6890 and its successors), multicast,
/// and what IPv6 wraps IPv4 in other than as itself.
const INSIDE: [&str; 26] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

/// Why something was not delivered.
#[derive(Debug, Error)]
pub enum Undelivered {
    /// Another attempt would not mend it: no address, or one inside.
    #[error("{0}")]
    Never(String),
    /// The receiver answered, but not that it took it.
    #[error("the receiver answered with status {0}")]
    Status(u16),
    /// There was no answer.
    #[error("no answer from the receiver: {0}")]
    NoAnswer(String),
}

/// Posts, and the networks inside which it may.
#[derive(Debug, Clone)]
pub struct Courier {
    allowed: Vec<IpNet>,
    inside: Vec<IpNet>,
}

impl Courier {
    /// Posts to public addresses, and to those in `allowed`.
    #[must_use]
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed, inside: INSIDE.iter().filter_map(|text| text.parse().ok()).collect() }
    }

    /// Posts `body` as JSON with `headers`. Taken is what is answered with a status from 200 to 299.
    ///
    /// # Errors
    /// [`Undelivered`].
    pub async fn post(&self, url: &str, headers: &[(&str, &str)], body: String) -> Result<(), Undelivered> {
        let never = |why: String| Undelivered::Never(why);
        let url: reqwest::Url = url.parse().map_err(|_| never("the address is none".into()))?;
        let (host, port) = url.host_str().zip(url.port_or_known_default()).ok_or_else(|| never("no host".into()))?;
        let addresses = self.resolved(host, port).await?;
        let client = super::client::to(url.scheme(), host, &addresses, PATIENCE).map_err(Undelivered::NoAnswer)?;
        let mut request = client.post(url.clone()).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.map_err(|error| Undelivered::NoAnswer(super::client::words_of(&error)))?;
        if answer.status().is_success() { Ok(()) } else { Err(Undelivered::Status(answer.status().as_u16())) }
    }

    async fn resolved(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Undelivered> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found = tokio::net::lookup_host((bare, port)).await;
        let found: Vec<SocketAddr> =
            found.map_err(|_| Undelivered::NoAnswer("its name is not known".into()))?.collect();
        // One address inside is enough: which of them is taken could be chosen by whoever owns the name.
        match found.iter().find(|address| !self.allows(address.ip())) {
            None if !found.is_empty() => Ok(found),
            None => Err(Undelivered::NoAnswer("its name has no address".into())),
            Some(_) => Err(Undelivered::Never(
                "the address is inside a private network: who runs the service can allow it with webhook_networks"
                    .into(),
            )),
        }
    }

    fn allows(&self, address: IpAddr) -> bool {
        let address = plain(address);
        let within = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&address));
        within(&self.allowed) || !within(&self.inside)
    }
}

/// The IPv4 address that an IPv6 address stands for, where it does (mapped, and NAT64 of RFC 6052).
fn plain(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) if six.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0] => {
            let [.., a, b, c, d] = six.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_of_the_list_is_one() {
        assert_eq!(Courier::new(vec![]).inside.len(), INSIDE.len());
    }

    #[test]
    fn private_loopback_and_link_local_addresses_are_refused_in_every_dress() {
        let courier = Courier::new(vec![]);
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "ff02::1",
            "::7f00:1",
        ] {
            assert!(!courier.allows(inside.parse().expect("an address")), "{inside}");
        }
        for outside in ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "64:ff9b::101:101", "::ffff:8.8.8.8"] {
            assert!(courier.allows(outside.parse().expect("an address")), "{outside}");
        }
        let allowed = Courier::new(vec!["10.0.0.0/8".parse().expect("a network")]);
        assert!(allowed.allows("10.1.2.3".parse().expect("an address")));
        assert!(!allowed.allows("192.168.0.1".parse().expect("an address")));
    }
}
