//! Cutting text into sentences and words, with places counted in Unicode scalars.

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

/// A stretch of a text: `start` inclusive, `end` exclusive, both counted in Unicode scalar values (`char`s).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CharSpan {
    /// First scalar.
    pub start: usize,
    /// One past the last scalar.
    pub end: usize,
}

impl CharSpan {
    /// The slice of `text`, or `None` when the span is empty or reaches past the end.
    #[must_use]
    pub fn of<'t>(&self, text: &'t str) -> Option<&'t str> {
        if self.start >= self.end {
            return None;
        }
        let mut places = text.char_indices().map(|(byte, _)| byte).chain([text.len()]);
        let start = places.by_ref().nth(self.start)?;
        let end = places.nth(self.end - self.start - 1)?;
        Some(&text[start..end])
    }
}

/// The sentences of a text in order, each as its span; white space between them belongs to none.
pub type Sentences = Vec<CharSpan>;

/// Longest sentence, in words, before a run-on is cut at a pause word or comma: transcription often leaves out
/// full stops, and a passage has to stay short enough to be quoted.
const RUN_ON: usize = 45;

/// Cuts `text` into sentences by the rules of UAX #29, mends its cuts after common abbreviations, and cuts run-on
/// speech of more than 45 words at a comma or a joining word. Spans never overlap and never touch white space.
#[must_use]
pub fn sentences(text: &str) -> Sentences {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for (start, piece) in text.split_sentence_bound_indices() {
        let end = start + piece.trim_end().len();
        if start == end {
            continue;
        }
        match spans.last_mut() {
            Some(last) if joins_on(&text[last.0..last.1], piece) => last.1 = end,
            _ => spans.push((start + (piece.len() - piece.trim_start().len()), end)),
        }
    }
    let cut: Vec<(usize, usize)> =
        spans.into_iter().flat_map(|(start, end)| cut_run_on(&text[start..end], start)).collect();
    to_char_spans(text, &cut)
}

/// Whether a sentence break after `before` is none: an abbreviation, an initial, or no letter or digit at all.
fn joins_on(before: &str, after: &str) -> bool {
    if !before.contains(char::is_alphanumeric) || !after.contains(char::is_alphanumeric) {
        return true;
    }
    let last = before.rsplit(char::is_whitespace).next().unwrap_or("");
    let Some(stem) = last.strip_suffix('.') else { return false };
    let stem = stem.trim_start_matches(['(', '"', '\u{201c}']);
    matches!(
        stem.to_lowercase().as_str(),
        "e.g" | "i.e" | "etc" | "vs" | "mr" | "mrs" | "ms" | "dr" | "st" | "approx" | "no" | "prof" | "sr" | "jr"
    ) && !(stem.eq_ignore_ascii_case("no") || stem.eq_ignore_ascii_case("etc"))
        || (stem.chars().count() == 1 && stem != "I" && stem.chars().all(char::is_uppercase))
}

fn cut_run_on(sentence: &str, offset: usize) -> Vec<(usize, usize)> {
    let words: Vec<(usize, &str)> = sentence.split_whitespace().map(|w| (byte_in(sentence, w), w)).collect();
    if words.len() <= RUN_ON {
        return vec![(offset, offset + sentence.len())];
    }
    let mut out = Vec::new();
    let mut from = 0;
    while words.len() - from > RUN_ON {
        // The best cut is the latest good one in the second half of the allowed length.
        let window = from + RUN_ON / 2..from + RUN_ON;
        let at = window
            .clone()
            .rev()
            .find(|&i| words[i - 1].1.ends_with([',', ';', ':', '\u{2014}', '\u{ff0c}']))
            .or_else(|| {
                window.rev().find(|&i| {
                    matches!(
                        words[i].1.to_lowercase().as_str(),
                        "and" | "but" | "so" | "because" | "then" | "or" | "which" | "when" | "if"
                    )
                })
            })
            .unwrap_or(from + RUN_ON);
        let (last, word) = words[at - 1];
        out.push((offset + words[from].0, offset + last + word.len()));
        from = at;
    }
    out.push((offset + words[from].0, offset + sentence.len()));
    out
}

fn byte_in(whole: &str, part: &str) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}

fn to_char_spans(text: &str, cuts: &[(usize, usize)]) -> Sentences {
    let mut out = Vec::with_capacity(cuts.len());
    let (mut byte, mut chars) = (0, 0);
    for &(start, end) in cuts {
        chars += text[byte..start].chars().count();
        let length = text[start..end].chars().count();
        out.push(CharSpan { start: chars, end: chars + length });
        chars += length;
        byte = end;
    }
    out
}

/// The words of a text in lower case, by the rules of UAX #29, apostrophes kept.
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.unicode_words().map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        sentences(text).iter().map(|s| s.of(text).expect("a sentence is a slice of its text")).collect()
    }

    #[test]
    fn sentences_end_at_their_full_stops() {
        assert_eq!(cut("I test. I always do!  Why? Because."), ["I test.", "I always do!", "Why?", "Because."]);
    }

    #[test]
    fn an_abbreviation_or_a_version_does_not_end_a_sentence() {
        assert_eq!(
            cut("We used e.g. Redis 7.2 there. Dr. Lee agreed."),
            ["We used e.g. Redis 7.2 there.", "Dr. Lee agreed."]
        );
    }

    #[test]
    fn offsets_count_scalars_and_not_bytes() {
        assert_eq!(sentences("Żółć ok. Né."), [CharSpan { start: 0, end: 8 }, CharSpan { start: 9, end: 12 }]);
    }

    #[test]
    fn a_run_on_is_cut_at_a_comma_and_loses_no_word() {
        let text = (0..30).map(|i| format!("word{i} and word, then more")).collect::<Vec<_>>().join(" ");
        let parts = cut(&text);
        assert!(parts.len() > 2);
        assert!(parts.iter().all(|p| p.split_whitespace().count() <= RUN_ON));
        assert_eq!(parts.join(" "), text);
    }

    #[test]
    fn a_span_past_the_end_is_no_slice() {
        assert_eq!(CharSpan { start: 0, end: 4 }.of("abc"), None);
        assert_eq!(CharSpan { start: 2, end: 2 }.of("abc"), None);
        assert_eq!(CharSpan { start: 1, end: 3 }.of("aéc"), Some("éc"));
    }
}
