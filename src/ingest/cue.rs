//! What every reader hands on: cues in the order of the file and what it could not use. Hides how words are tidied.

use super::Limits;
use crate::domain::{Dropped, Format, Note, Role};

/// More notes of one kind than this are counted, not listed.
const LISTED_NOTES: usize = 20;

/// A stretch of speech as the file states it: a caption cue, a JSON segment, a line of text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cue {
    pub speaker: Option<String>,
    pub start_ms: Option<u64>,
    pub end_ms: Option<u64>,
    pub text: String,
    /// Line in the file from 1; for JSON the element's number.
    pub line: Option<usize>,
    /// The file marks a change of speaker here (a dialogue dash, `>>`, a new paragraph) without saying who.
    pub new_turn: bool,
}

/// What a reader made of a file.
#[derive(Debug)]
pub(super) struct Reading {
    pub format: Format,
    pub cues: Vec<Cue>,
    /// Roles that the file itself states, by speaker name.
    pub roles: Vec<(String, Role)>,
    pub dropped: Vec<Dropped>,
    pub notes: Vec<Note>,
    room: usize,
}

impl Reading {
    pub fn new(format: Format, limits: &Limits) -> Self {
        // Cues are joined, so there may be more of them than utterances.
        let room = limits.max_utterances.saturating_mul(4);
        Self { format, cues: Vec::new(), roles: Vec::new(), dropped: Vec::new(), notes: Vec::new(), room }
    }

    /// Takes a cue, its words tidied; one without words is dropped and said to be.
    pub fn push(&mut self, mut cue: Cue) {
        if self.is_full() {
            return;
        }
        if !is_tidy(&cue.text) {
            cue.text = tidy(&cue.text);
        }
        cue.speaker = cue.speaker.as_deref().and_then(super::names::tidy);
        match without_words(&cue.text) {
            Some(why) => self.dropped.push(Dropped { line: cue.line, why }),
            None => self.cues.push(cue),
        }
    }

    /// Whether the file holds more than the limits allow; what comes after is not looked at and the file is refused.
    pub fn is_full(&self) -> bool {
        self.cues.len() + self.dropped.len() > self.room
    }

    pub fn drop_line(&mut self, line: usize, why: impl Into<String>) {
        self.dropped.push(Dropped { line: Some(line), why: why.into() });
    }

    pub fn note(&mut self, line: Option<usize>, text: impl Into<String>) {
        self.notes.push(Note { line, text: text.into() });
    }

    /// Notes of one kind: the first of them one by one, the rest as a number of `what`.
    pub fn note_each(&mut self, all: Vec<Note>, what: &str) {
        let more = all.len().saturating_sub(LISTED_NOTES);
        self.notes.extend(all.into_iter().take(LISTED_NOTES));
        if more > 0 {
            self.note(None, format!("and {more} more of these: {what}"));
        }
    }
}

/// Folds white space and drops what cannot be seen: control characters, marks of byte order and of direction.
pub(super) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            gap = true;
        } else if !is_invisible(c) {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(c);
        }
    }
    out
}

/// Whether a text is plain enough to need no tidying; most are.
fn is_tidy(text: &str) -> bool {
    let plain = text.bytes().all(|b| matches!(b, b' '..=b'~'));
    plain && !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ")
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}

/// Why a tidied text is no speech, or `None` when it is.
fn without_words(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("an empty cue".into());
    }
    if !text.contains(char::is_alphanumeric) {
        return Some(format!("no words: {}", shortened(text)));
    }
    is_sound(text).then(|| format!("a sound, no words: {}", shortened(text)))
}

/// Whether all of `text` is said by the transcriber and not by a speaker: `[Music]`, `(laughs)`, `♪ la la ♪`.
fn is_sound(text: &str) -> bool {
    if !text.starts_with(['[', '(', '\u{266a}', '\u{266b}', '*']) {
        return false;
    }
    let mut rest = text;
    while let Some(open) = rest.chars().next() {
        let close = match open {
            '[' => ']',
            '(' => ')',
            '*' | '\u{266a}' | '\u{266b}' => open,
            _ => return false,
        };
        let Some((inside, after)) = rest[open.len_utf8()..].split_once(close) else { return open == '\u{266a}' };
        // Brackets may hold a whole sentence of speech that somebody thought secondary.
        if open != '\u{266a}' && inside.split_whitespace().nth(4).is_some() {
            return false;
        }
        rest = after.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '[' | '(' | '*' | '\u{266a}'));
    }
    true
}

/// A number with its noun, for messages: `1 cue`, `2 cues`.
pub(super) fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// The beginning of a text, for messages.
pub(super) fn shortened(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}\u{2026}", &text[..cut]),
        None => text.to_owned(),
    }
}

/// Whether a text ends where a sentence ends, closing quotes and brackets aside.
pub(super) fn ends_sentence(text: &str) -> bool {
    let text = text.trim_end_matches([' ', '"', '\'', ')', ']', '\u{201d}', '\u{2019}', '\u{bb}', '\u{300d}']);
    text.ends_with(is_sentence_end)
}

/// A mark that ends a sentence.
pub(super) fn is_sentence_end(c: char) -> bool {
    matches!(c, '.' | '?' | '!' | '\u{2026}' | '\u{3002}' | '\u{ff1f}' | '\u{ff01}' | '\u{61f}' | '\u{964}')
}

/// A line without the dash or `>>` that marks a change of speaker before it, and whether there was one.
pub(super) fn without_turn_mark(line: &str) -> (&str, bool) {
    let line = line.trim_start();
    if let Some(rest) = line.strip_prefix(">>") {
        return (rest.trim_start_matches('>').trim_start(), true);
    }
    match line.strip_prefix(['-', '\u{2013}']) {
        Some(rest) if rest.starts_with(|c: char| c.is_whitespace() || c.is_uppercase()) => (rest.trim_start(), true),
        _ => (line, false),
    }
}

/// The millisecond at `part` of `whole` between `start` and `end`: speech is taken to be even within a cue.
pub(super) fn between(start: u64, end: u64, part: usize, whole: usize) -> u64 {
    let span = u128::from(end.saturating_sub(start));
    let along = span * part.min(whole) as u128 / whole.max(1) as u128;
    start + u64::try_from(along).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_folded_and_what_cannot_be_seen_is_gone() {
        assert_eq!(tidy("\u{feff} a\t\tb\u{a0}c\u{200b}\u{0}d \r\n"), "a b c d");
    }

    #[test]
    fn a_sound_is_no_speech() {
        for sound in
            ["[Music]", "(laughs)", "[Music] [Applause]", "\u{266a} la la \u{266a}", "*sighs*", "[_BT_]", "(laughs)."]
        {
            assert!(without_words(sound).is_some(), "{sound}");
        }
        for speech in
            ["[laughs] Yes.", "(I think that this is what we do)", "Yes", "*very* good", "42", "\u{4f60}\u{597d}"]
        {
            assert_eq!(without_words(speech), None, "{speech}");
        }
    }

    #[test]
    fn a_sentence_ends_before_its_closing_quotes() {
        assert!(ends_sentence("He said \"no.\""));
        assert!(ends_sentence("\u{597d}\u{3002}"));
        assert!(!ends_sentence("and then"));
    }

    #[test]
    fn a_share_of_a_cue_has_its_share_of_the_time() {
        assert_eq!(between(1_000, 2_000, 1, 4), 1_250);
        assert_eq!(between(2_000, 1_000, 1, 4), 2_000);
        assert_eq!(between(0, u64::MAX, 9, 9), u64::MAX);
        assert_eq!(between(5, 9, 3, 0), 5);
    }
}
