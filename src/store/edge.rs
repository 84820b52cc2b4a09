//! Where times and randomness come from, and what is made of them: moments and ids. The program reads clock and random
//! source in one place and hands them in; tests hand in their own.

use jiff::Timestamp;
use std::fmt::Write as _;
use uuid::Builder;

/// Clock and source of randomness.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    /// Milliseconds since 1970.
    pub clock: fn() -> i64,
    /// Bytes that nobody can foresee.
    pub random: fn() -> [u8; 32],
}

impl Edge {
    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment::from_millis((self.clock)())
    }

    /// A new id, which sorts after those of earlier milliseconds.
    #[must_use]
    pub fn id(&self) -> String {
        let mut noise = [0; 10];
        noise.copy_from_slice(&(self.random)()[..10]);
        let millis = u64::try_from((self.clock)()).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &noise).into_uuid().to_string()
    }

    /// A secret for a session, a token or a link: `prefix` and 64 hexadecimal digits.
    #[must_use]
    pub fn secret(&self, prefix: &str) -> String {
        let mut secret = prefix.to_owned();
        for byte in (self.random)() {
            // Writing to a String cannot fail.
            let _ = write!(secret, "{byte:02x}");
        }
        secret
    }
}

/// A point in time, as it is stored: RFC 3339, UTC, milliseconds; so that moments sort as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    millis: i64,
    text: String,
}

impl Moment {
    /// The moment so many milliseconds after 1970 began.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        let stamp = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { millis, text: format!("{stamp:.3}") }
    }

    /// Reads RFC 3339 with any offset; `None` when it is none, or before 1970.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let millis = text.parse::<Timestamp>().ok()?.as_millisecond();
        (0..=253_402_300_799_000).contains(&millis).then(|| Self::from_millis(millis))
    }

    /// So much later.
    #[must_use]
    pub fn after(&self, millis: i64) -> Self {
        Self::from_millis(self.millis.saturating_add(millis))
    }

    /// As stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn millis(&self) -> i64 {
        self.millis
    }

    /// The lowest id that could have been made at this moment: ids begin with their time.
    #[must_use]
    pub fn first_id(&self) -> String {
        let millis = u64::try_from(self.millis).unwrap_or_default();
        let hex = format!("{millis:012x}");
        format!("{}-{}-7000-8000-000000000000", &hex[..8], &hex[8..])
    }
}

/// Whether `text` is written as an id is.
#[must_use]
pub fn is_id(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok() && !text.contains(|c: char| c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge() -> Edge {
        Edge { clock: || 1_700_000_000_123, random: || [7; 32] }
    }

    #[test]
    fn a_moment_is_written_with_its_milliseconds_and_read_with_any_offset() {
        assert_eq!(edge().now().as_str(), "2023-11-14T22:13:20.123Z");
        let whole = Moment::from_millis(1_700_000_000_000);
        assert_eq!(whole.as_str(), "2023-11-14T22:13:20.000Z");
        assert_eq!(Moment::read("2023-11-15T00:13:20+02:00"), Some(whole));
        assert_eq!(Moment::read("yesterday"), None);
        assert_eq!(Moment::read("1969-12-31T23:59:59Z"), None);
    }

    #[test]
    fn an_id_is_of_version_7_and_not_below_the_first_of_its_moment() {
        let id = edge().id();
        assert!(is_id(&id), "{id}");
        assert_eq!(id.as_bytes()[14], b'7');
        assert!(edge().now().first_id() <= id);
        assert!(edge().now().after(1).first_id() > id);
        assert!(!is_id("../../etc/passwd") && !is_id(&id.to_uppercase()));
    }
}
