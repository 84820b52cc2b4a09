//! Which family a text belongs to, from its content alone. Hides the marks each family is known by.

use super::clock::{self, Fraction};
use crate::domain::Fault;

/// The families of text; which format of a family it is, its reader finds out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Timing lines with words under them.
    Captions,
    /// What a transcription service answers.
    Json,
    /// Lines for people.
    Text,
}

pub(super) fn family(text: &str) -> Result<Family, Vec<Fault>> {
    let start = text.trim_start();
    if start.is_empty() {
        return Err(vec![Fault::whole("the file is empty", "export the transcript again; nothing is in this file")]);
    }
    if let Some(what) = other_markup(start) {
        return Err(vec![Fault::whole(
            format!("this is {what}, not a transcript"),
            "export the transcript as WebVTT, text, DOCX or JSON",
        )]);
    }
    Ok(if is_json(start) {
        Family::Json
    } else if is_webvtt_header(text.lines().next().unwrap_or_default()) || has_captions(text) {
        Family::Captions
    } else {
        Family::Text
    })
}

/// `WEBVTT`, alone or with a title after it.
pub(super) fn is_webvtt_header(line: &str) -> bool {
    line.strip_prefix("WEBVTT").is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// Whether a line is meant to say when a cue is spoken, even if the times in it cannot be read.
pub(super) fn is_timing(line: &str) -> bool {
    let Some((start, end)) = line.split_once("-->") else { return false };
    let time_like = |text: &str| text.contains(':') && text.contains(|c: char| c.is_ascii_digit());
    let first = end.split_whitespace().next().unwrap_or_default();
    // A timing line begins with its time; prose with an arrow in it does not.
    let times = (time_like(first) || time_like(start)) && start.len() <= 60 && !start.contains(char::is_alphabetic);
    let spoilt = start.trim();
    let spoilt = spoilt.len() <= 30 && spoilt.contains(':') && !spoilt.contains(char::is_whitespace);
    times || (spoilt && is_time(first))
}

fn is_time(text: &str) -> bool {
    clock::parse(text, Fraction::Decimal).is_some()
}

fn is_json(start: &str) -> bool {
    let begins =
        |mark: char, next: &[char]| start.strip_prefix(mark).is_some_and(|rest| rest.trim_start().starts_with(next));
    // `[Music]`, `[00:01]` and `{laughs}` begin lines of text.
    begins('{', &['"', '}']) || begins('[', &['{', '[', '"', ']']) || start.trim_end() == "{"
}

fn has_captions(text: &str) -> bool {
    let mut lines = 0;
    let mut timings = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        lines += 1;
        if is_timing(line) {
            if lines <= 20 {
                return true;
            }
            timings += 1;
        }
    }
    timings > 0 && timings * 20 >= lines
}

fn other_markup(start: &str) -> Option<&'static str> {
    let head: String = start.chars().take(200).collect::<String>().to_ascii_lowercase();
    if head.starts_with("{\\rtf") {
        Some("an RTF document")
    } else if head.starts_with("<!doctype html") || head.starts_with("<html") || head.contains("<head>") {
        Some("an HTML page")
    } else if head.starts_with("<?xml") || head.starts_with("<tt ") {
        Some("an XML file")
    } else if head.starts_with("%pdf-") {
        Some("a PDF")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Family) {
        assert_eq!(family(text).ok(), Some(expected), "{text}");
    }

    #[test]
    fn the_content_says_what_a_file_is() {
        check("WEBVTT\n", Family::Captions);
        check("WEBVTT - title\n\n00:01.000 --> 00:02.000\nHi", Family::Captions);
        check("\n1\n00:00:01,000 --> 00:00:02,000\nHi", Family::Captions);
        check("0x:1 --> 00:02\nHi", Family::Captions);
        check(" {\"text\": \"Hi\"}", Family::Json);
        check("[{\"text\": \"Hi\"}]", Family::Json);
        check("[Dana] 00:00:01\nHi", Family::Text);
        check("{laughs} Hi", Family::Text);
        check("\u{e9}t\u{e9}", Family::Text);
        check("WEBVTTX", Family::Text);
        check("We moved from a --> b in step 2: it worked", Family::Text);
        check("At 5:30 --> 6:00 we met", Family::Text);
    }

    #[test]
    fn markup_of_another_kind_is_refused_by_its_name() {
        for (text, what) in [
            ("<!DOCTYPE html><p>", "an HTML page"),
            ("{\\rtf1\\ansi", "an RTF document"),
            ("<?xml version=\"1.0\"?>", "an XML file"),
        ] {
            assert!(family(text).expect_err("refused")[0].what.contains(what), "{text}");
        }
        assert!(family(" \n\t ").is_err());
    }
}
