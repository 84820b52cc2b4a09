//! Takes names, e-mail addresses, phone numbers and links of the people in a transcript out of what leaves the machine,
//! and puts them back for display. Pure.
//!
//! A name is that of a speaker, whole or in parts. Who is only talked about is not known to be a person, and stays.

use crate::domain::{CharSpan, Transcript};
use regex::Regex;
use std::sync::LazyLock;

/// What is masked wherever it stands.
static ADDRESSES: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    let spoken = r"[\p{L}\d._-]+ (?:at|@) [\p{L}\d-]+ dot (?:com|org|net|io|dev|co|edu|[a-z]{2})\b";
    let rules = [
        ("EMAIL", format!(r"(?i)[\p{{L}}\d._%+-]+@[\p{{L}}\d-]+(?:\.[\p{{L}}\d-]+)+|\b{spoken}")),
        (
            "LINK",
            r"(?i)\b(?:https?://|www\.)[^\s<>]+|\b(?:[\p{L}\d-]+\.)+[a-z]{2,}/[^\s<>]+|\b(?:linkedin|github|gitlab)\.com\b[^\s<>]*"
                .to_owned(),
        ),
        ("PHONE", r"(?:\+|\b00|\(|\b)\d(?:[ ().\x{2011}\x{2013}/-]{0,2}\d){8,14}\b".to_owned()),
    ];
    rules.into_iter().filter_map(|(kind, rule)| Some((kind, Regex::new(&rule).ok()?))).collect()
});

/// Words that label a speaker and are no name.
const LABELS: &str = "speaker spk interviewer interviewee candidate applicant recruiter manager hiring unknown guest host \
    participant user caller agent customer you me the and dr mr mrs ms prof question answer";

/// What is masked in one transcript, and by what.
#[derive(Debug, Default)]
pub(super) struct Mask {
    /// Placeholder, what it stands for.
    known: Vec<(String, String)>,
    /// One expression for each speaker's name and its parts, with the placeholder.
    names: Vec<(String, Regex)>,
    on: bool,
}

/// A text with its placeholders, and where each of its characters comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Masked {
    pub text: String,
    origin: Vec<CharSpan>,
}

impl Masked {
    /// The part of the original text that a part of this one stands for.
    pub(super) fn origin(&self, span: CharSpan) -> Option<CharSpan> {
        let last = self.origin.get(span.end.checked_sub(1)?)?;
        Some(CharSpan { start: self.origin.get(span.start)?.start, end: last.end })
    }
}

impl Mask {
    /// Everything to be masked in `transcript`. Numbers are given in the order of the file.
    pub(super) fn of(transcript: &Transcript) -> Self {
        let mut mask = Self { on: true, ..Self::default() };
        for speaker in transcript.speakers() {
            if let Some(name) = name_rule(&speaker.name) {
                let placeholder = format!("PERSON_{}", mask.names.len() + 1);
                mask.known.push((placeholder.clone(), speaker.name.clone()));
                mask.names.push((placeholder, name));
            }
        }
        for utterance in transcript.utterances() {
            for (kind, rule) in ADDRESSES.iter() {
                for found in rule.find_iter(&utterance.text) {
                    let start = format!("{kind}_");
                    if !mask.known.iter().any(|(p, what)| p.starts_with(&start) && what == found.as_str()) {
                        let number = mask.known.iter().filter(|(p, _)| p.starts_with(&start)).count() + 1;
                        mask.known.push((format!("{start}{number}"), found.as_str().to_owned()));
                    }
                }
            }
        }
        mask
    }

    /// `text` with everything masked. What stands alone here and not in the transcript gets no number.
    pub(super) fn masked(&self, text: &str) -> Masked {
        let mut cuts: Vec<(usize, usize, String)> = Vec::new();
        if self.on {
            for (kind, rule) in ADDRESSES.iter() {
                for found in rule.find_iter(text) {
                    let start = format!("{kind}_");
                    let known = self.known.iter().find(|(p, what)| p.starts_with(&start) && what == found.as_str());
                    let placeholder = known.map_or_else(|| (*kind).to_owned(), |(p, _)| p.clone());
                    take(&mut cuts, found.start(), found.end(), placeholder);
                }
            }
            for (placeholder, rule) in &self.names {
                for found in rule.find_iter(text) {
                    take(&mut cuts, found.start(), found.end(), placeholder.clone());
                }
            }
            cuts.sort_unstable();
        }
        put_together(text, &cuts)
    }

    /// `text` with every placeholder turned back.
    pub(super) fn restored(&self, text: &str) -> String {
        let mut out = text.to_owned();
        // Longer ones first: PERSON_12 begins as PERSON_1 does.
        let mut known: Vec<&(String, String)> = self.known.iter().collect();
        known.sort_by_key(|(placeholder, _)| std::cmp::Reverse(placeholder.len()));
        for (placeholder, what) in known {
            out = out.replace(placeholder.as_str(), what);
        }
        out
    }
}

/// What was found first stays: an address may have a name in it.
fn take(cuts: &mut Vec<(usize, usize, String)>, start: usize, end: usize, placeholder: String) {
    if cuts.iter().all(|(from, to, _)| end <= *from || *to <= start) {
        cuts.push((start, end, placeholder));
    }
}

fn put_together(text: &str, cuts: &[(usize, usize, String)]) -> Masked {
    let mut out = Masked { text: String::with_capacity(text.len()), origin: Vec::with_capacity(text.len()) };
    let mut cuts = cuts.iter().peekable();
    let mut chars = text.char_indices().enumerate().peekable();
    while let Some((place, (byte, c))) = chars.next() {
        if let Some((_, end, placeholder)) = cuts.next_if(|(start, ..)| *start == byte) {
            let mut last = place;
            while let Some((next, _)) = chars.next_if(|(_, (byte, _))| byte < end) {
                last = next;
            }
            out.text.push_str(placeholder);
            out.origin.extend(placeholder.chars().map(|_| CharSpan { start: place, end: last + 1 }));
        } else {
            out.text.push(c);
            out.origin.push(CharSpan { start: place, end: place + 1 });
        }
    }
    out
}

/// Finds the name in any case, and its parts where they are written as names are.
fn name_rule(name: &str) -> Option<Regex> {
    let mut parts = Vec::new();
    for part in name.split(|c: char| !c.is_alphabetic() && !"'\u{2019}-".contains(c)) {
        let is_name = part.chars().next().is_some_and(char::is_uppercase) && part.chars().count() > 1;
        if is_name && !LABELS.split_whitespace().any(|label| part.eq_ignore_ascii_case(label)) {
            parts.push(regex::escape(part));
        }
    }
    if parts.is_empty() {
        return None;
    }
    let whole = regex::escape(name.trim());
    let whole = if parts.len() > 1 { format!("(?i:{whole})|") } else { String::new() };
    Regex::new(&format!(r"\b(?:{whole}{})\b", parts.join("|"))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Format, ParseReport, Speaker, Utterance};

    fn mask(names: &[&str], said: &[&str]) -> Mask {
        let speaker = |name: &&str| Speaker { name: (*name).into(), stated_role: None };
        let utterance = |text: &&str| Utterance {
            speaker: Some(0),
            start_ms: None,
            end_ms: None,
            text: (*text).into(),
            marks: vec![],
        };
        let transcript = Transcript::new(
            b"file",
            Format::NamedText,
            names.iter().map(speaker).collect(),
            said.iter().map(utterance).collect(),
            ParseReport::default(),
        );
        Mask::of(&transcript.expect("has words"))
    }

    #[test]
    fn names_addresses_numbers_and_links_are_masked_and_come_back() {
        let said = "Hi, Dana Whitfield here, dana.w@example.org or +44 20 7946 0958; see https://dana.dev/cv. Ask Priya \
                    Raman, or whitfield at example dot com, Dana\u{2019}s other one.";
        let mask = mask(&["Dana Whitfield", "Priya Raman"], &[said]);
        let masked = mask.masked(said);
        assert_eq!(
            masked.text,
            "Hi, PERSON_1 here, EMAIL_1 or PHONE_1; see LINK_1 Ask PERSON_2 PERSON_2, or EMAIL_2, PERSON_1\u{2019}s \
             other one."
                .replace("PERSON_2 PERSON_2", "PERSON_2")
        );
        assert!(mask.restored(&masked.text).contains("dana.w@example.org or +44 20 7946 0958"));
        let at = masked.text.find("PERSON_1\u{2019}s").expect("is there");
        let start = masked.text[..at].chars().count();
        let origin = masked.origin(CharSpan { start, end: start + 3 }).expect("comes from somewhere");
        assert_eq!(origin.of(said), Some("Dana"), "a part of a placeholder stands for the whole");
    }

    #[test]
    fn ordinary_words_and_numbers_stay() {
        let said = "We had 40,000 users in 2019, 3.5 million rows, Node.js and ASP.NET, socket.io, v1.2.3, 10.0.0.1, and a \
                    p99 of 120 ms; the candidate list was long, i will not say how long.";
        assert_eq!(mask(&["Speaker 1", "Candidate", "Will Price"], &[said]).masked(said).text, said);
    }

    #[test]
    fn without_masking_nothing_changes() {
        let said = "I am Dana, dana@example.org.";
        assert_eq!(Mask::default().masked(said).text, said);
    }
}
