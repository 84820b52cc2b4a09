//! Times as files write them, in milliseconds. Hides padding, commas, missing hours, brackets and negative fields.

use std::fmt;

/// What the digits after the decimal mark count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fraction {
    /// Parts of a second: `.5` is 500 ms.
    Decimal,
    /// Milliseconds without padding, as early Teams writes them: `0:0:19.20` is 19 s and 20 ms.
    Milliseconds,
}

/// Reads `h:mm:ss`, `mm:ss`, `h:mm:ss.mmm` or `h:mm:ss,mmm`, padded or not, any field with a minus of its own.
pub(super) fn parse(text: &str, fraction: Fraction) -> Option<i64> {
    let mut fields = text.split(':');
    let (a, b, c) = (fields.next()?, fields.next()?, fields.next());
    if fields.next().is_some() {
        return None;
    }
    let (hours, minutes, last) = c.map_or(("0", a, b), |c| (a, b, c));
    let (seconds, part) = last.split_once(['.', ',']).unwrap_or((last, ""));
    let negative = text.contains('-');
    let whole = (field(hours)? * 60 + field(minutes)?) * 60 + field(seconds)?;
    let ms = whole * 1_000 + millis(part, fraction)?;
    Some(if negative { -ms } else { ms })
}

/// A field of at most six digits, its minus left out.
fn field(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let fits = (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| digits.parse().ok()).flatten()
}

fn millis(part: &str, fraction: Fraction) -> Option<i64> {
    let digits = part.strip_prefix('-').unwrap_or(part);
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = &digits[..digits.len().min(3)];
    let value: i64 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    Some(match (fraction, digits.len()) {
        (Fraction::Decimal, 1) => value * 100,
        (Fraction::Decimal, 2) => value * 10,
        _ => value,
    })
}

/// Whether a time is written without padding, so that its fraction may be too.
pub(super) fn is_unpadded(text: &str) -> bool {
    let Some((head, part)) = text.rsplit_once(['.', ',']) else { return false };
    !part.is_empty() && head.split(':').skip(1).any(|field| field.trim_start_matches('-').len() == 1)
}

/// Seconds as JSON gives them. `None` for what is no time.
pub(super) fn seconds(value: f64) -> Option<i64> {
    let ms = (value * 1_000.0).round();
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    (ms.abs() < 1e13).then_some(ms as i64)
}

/// A time at the beginning of `text`, bare or in brackets, and what follows it: `[00:01:02] Yes` gives `Yes`.
pub(super) fn leading(text: &str) -> Option<(i64, &str)> {
    let close = match text.chars().next()? {
        '[' => Some(']'),
        '(' => Some(')'),
        _ => None,
    };
    let inside = if close.is_some() { &text[1..] } else { text };
    let length = inside.bytes().take(24).take_while(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b',')).count();
    let time = parse(inside[..length].trim_end_matches(['.', ',']), Fraction::Decimal)?;
    let rest = &inside[length..];
    let rest = match close {
        Some(close) => rest.strip_prefix(close)?,
        None if rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || c == '-') => rest,
        None => return None,
    };
    Some((time, rest))
}

/// A time at the end of `text`, bare or in brackets, and what comes before it: `Dana  0:03` gives `Dana  `.
pub(super) fn trailing(text: &str) -> Option<(&str, i64)> {
    let text = text.trim_end();
    let close = match text.chars().next_back()? {
        ']' => Some('['),
        ')' => Some('('),
        _ => None,
    };
    let inside = if close.is_some() { &text[..text.len() - 1] } else { text };
    let length = inside.bytes().rev().take(24).take_while(|b| b.is_ascii_digit() || matches!(b, b':' | b'.')).count();
    let (rest, time) = inside.split_at(inside.len() - length);
    let time = parse(time, Fraction::Decimal)?;
    let rest = match close {
        Some(open) => rest.strip_suffix(open)?,
        None if rest.is_empty() || rest.ends_with(char::is_whitespace) => rest,
        None => return None,
    };
    Some((rest, time))
}

/// A time as people write it, for notes: `0:01:02`.
pub(super) struct Shown(pub u64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1_000;
        write!(f, "{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_however_they_are_padded() {
        for (text, ms) in [
            ("00:00:01.500", 1_500),
            ("00:01,500", 1_500),
            ("1:02:03", 3_723_000),
            ("75:20", 4_520_000),
            ("0:0:0.0", 0),
            ("0:0:1.5", 1_500),
            ("00:00:01.1234567", 1_123),
            ("100:00:00.000", 360_000_000),
        ] {
            assert_eq!(parse(text, Fraction::Decimal), Some(ms), "{text}");
        }
    }

    #[test]
    fn an_unpadded_fraction_counts_milliseconds() {
        assert!(is_unpadded("0:0:19.20") && !is_unpadded("00:00:19.20") && !is_unpadded("0:12"));
        assert_eq!(parse("0:0:19.20", Fraction::Milliseconds), Some(19_020));
        assert_eq!(parse("0:0:-6.-820", Fraction::Milliseconds), Some(-6_820));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in
            ["", ":", "12", "1:2:3:4", "a:b", "00:00:0x", "--1:0", "1234567:00", "00:00:01.5a", "\u{661}:\u{662}"]
        {
            assert_eq!(parse(text, Fraction::Decimal), None, "{text}");
        }
        assert_eq!(seconds(f64::NAN), None);
        assert_eq!(seconds(1e300), None);
        assert_eq!(seconds(1.2345), Some(1_235));
    }

    #[test]
    fn a_time_at_either_end_is_cut_off() {
        assert_eq!(leading("[00:01:02] Yes"), Some((62_000, " Yes")));
        assert_eq!(leading("0:05 - Yes"), Some((5_000, " - Yes")));
        assert_eq!(leading("5:30pm then"), None);
        assert_eq!(trailing("Dana  0:03"), Some(("Dana  ", 3_000)));
        assert_eq!(trailing("Dana (0:03)"), Some(("Dana ", 3_000)));
        assert_eq!(trailing("at5:30"), None);
    }
}
