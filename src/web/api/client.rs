//! Where a request comes from, when proxies stand in between.
//!
//! What a header says counts only as far as trusted proxies wrote it: the list is read from its end, and the first
//! address that is no trusted proxy's is the client. A request that brings both headers is taken for the proxy's own:
//! the proxy wrote one of them, the client could have written the other, and nobody can tell which.

use super::Api;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// The address of whoever sent the request.
pub(in crate::web) struct Client(pub IpAddr);

impl FromRequestParts<Api> for Client {
    type Rejection = axum::extract::rejection::ExtensionRejection;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Self::Rejection> {
        let ConnectInfo(peer) = ConnectInfo::<SocketAddr>::from_request_parts(parts, api).await?;
        Ok(Self(client(peer.ip(), &parts.headers, &api.settings.trusted_proxies)))
    }
}

fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(&peer) {
        return peer;
    }
    let parts = |name: &str| -> Vec<String> {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>()).collect()
    };
    let hops = match (parts("x-forwarded-for"), parts("forwarded")) {
        (list, none) if none.is_empty() => list,
        (none, list) if none.is_empty() => list.iter().map(|part| forwarded_for(part)).collect(),
        _ => return peer,
    };
    let mut last = peer;
    for hop in hops.iter().rev() {
        // A hop without an address (`unknown`, a made-up name) is as far as can be seen.
        let Some(address) = address_of(hop) else { return last };
        last = address;
        if !is_trusted(&last) {
            break;
        }
    }
    last
}

/// The `for` of an element of `Forwarded` (RFC 7239).
fn forwarded_for(element: &str) -> String {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let found = pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("for"));
    found.map_or_else(String::new, |(_, value)| value.trim_matches('"').to_owned())
}

/// An address with or without a port, IPv6 in brackets or not.
fn address_of(text: &str) -> Option<IpAddr> {
    let bare = text.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|with| with.ip()));
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    bare.or_else(bracketed).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &str)], expected: &str) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header"));
        }
        let trusted = ["10.0.0.0/8".parse().expect("a network"), "::1/128".parse().expect("a network")];
        let peer = IpAddr::from([10, 0, 0, 1]);
        assert_eq!(client(peer, &map, &trusted), expected.parse::<IpAddr>().expect("an address"), "{headers:?}");
    }

    #[test]
    fn the_last_address_that_is_no_proxys_is_the_client() {
        check(&[], "10.0.0.1");
        check(&[("x-forwarded-for", "203.0.113.9")], "203.0.113.9");
        check(&[("x-forwarded-for", "1.1.1.1, 203.0.113.9, 10.0.0.7")], "203.0.113.9");
        check(&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.9:4711")], "203.0.113.9");
        check(&[("forwarded", "for=1.1.1.1, For=\"[2001:db8::17]:4711\";proto=https")], "2001:db8::17");
        check(&[("forwarded", "for=unknown")], "10.0.0.1");
        check(&[("x-forwarded-for", "::ffff:203.0.113.9")], "203.0.113.9");
    }

    #[test]
    fn who_brings_both_headers_is_the_proxy_and_nobody_else_is_believed() {
        check(&[("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=1.1.1.1")], "10.0.0.1");
        let mut map = HeaderMap::new();
        map.insert("x-forwarded-for", "1.1.1.1".parse().expect("a header"));
        let peer = IpAddr::from([203, 0, 113, 9]);
        assert_eq!(client(peer, &map, &["10.0.0.0/8".parse().expect("a network")]), peer);
    }
}
