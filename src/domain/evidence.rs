//! Evidence: a passage that code has found in the transcript, verbatim and spoken by the candidate.

use super::{CharSpan, Stance, Transcript};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Which utterances of one transcript are the candidate's.
///
/// With speaker labels these are the utterances of one speaker. Without labels they are whatever is not recognised
/// as the interviewer's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    name: Option<String>,
    spoken: Vec<bool>,
}

impl Voice {
    /// The voice of the speaker with this place in [`Transcript::speakers`]; `None` when there is no such speaker.
    #[must_use]
    pub fn of_speaker(transcript: &Transcript, speaker: usize) -> Option<Self> {
        let name = transcript.speakers().get(speaker)?.name.clone();
        let spoken = transcript.utterances().iter().map(|u| u.speaker == Some(speaker)).collect();
        Some(Self { name: Some(name), spoken })
    }

    /// The voice of a candidate whom the file does not name: every utterance for which `is_theirs` holds.
    pub fn unnamed(transcript: &Transcript, is_theirs: impl Fn(usize) -> bool) -> Self {
        Self { name: None, spoken: (0..transcript.utterances().len()).map(is_theirs).collect() }
    }

    /// The candidate's name, where the file gives one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether the candidate says utterance `index`.
    #[must_use]
    pub fn speaks(&self, index: usize) -> bool {
        self.spoken.get(index).copied().unwrap_or(false)
    }
}

/// A verified quotation.
///
/// Can only be made by [`Evidence::at`] and [`Evidence::quoted`], which do the finding, so a value of this type is a
/// verbatim slice of an utterance of the candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    utterance: usize,
    #[serde(flatten)]
    span: CharSpan,
    quote: String,
    time_ms: Option<u64>,
    speaker: Option<String>,
    stance: Stance,
}

/// Why words are not evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotEvidence {
    /// The transcript has no such utterance.
    #[error("the transcript has no such utterance")]
    NoSuchUtterance,
    /// Somebody else says it.
    #[error("the candidate does not say this utterance")]
    NotTheCandidates,
    /// The utterance does not contain the words, or the span is empty or reaches past its end.
    #[error("the utterance does not contain these words")]
    NotFound,
}

impl Evidence {
    /// The candidate's words at `span` of utterance `index`.
    ///
    /// # Errors
    /// [`NotEvidence`] when there is no such place or it is not the candidate's.
    pub fn at(
        transcript: &Transcript,
        voice: &Voice,
        index: usize,
        span: CharSpan,
        stance: Stance,
    ) -> Result<Self, NotEvidence> {
        let utterance = transcript.utterances().get(index).ok_or(NotEvidence::NoSuchUtterance)?;
        if !voice.speaks(index) {
            return Err(NotEvidence::NotTheCandidates);
        }
        let quote = utterance.slice(span).ok_or(NotEvidence::NotFound)?.to_owned();
        Ok(Self {
            utterance: index,
            span,
            quote,
            time_ms: utterance.time_at(span.start),
            speaker: transcript.speaker_of(index).map(|s| s.name.clone()),
            stance,
        })
    }

    /// Finds `words` in utterance `index`: exactly, or else with case, white space and typographic quotation marks
    /// and dashes treated alike; what is kept is the utterance's own wording.
    ///
    /// # Errors
    /// [`NotEvidence`] when the words are not there or not the candidate's.
    pub fn quoted(
        transcript: &Transcript,
        voice: &Voice,
        index: usize,
        words: &str,
        stance: Stance,
    ) -> Result<Self, NotEvidence> {
        let utterance = transcript.utterances().get(index).ok_or(NotEvidence::NoSuchUtterance)?;
        let span = find_words(&utterance.text, words).ok_or(NotEvidence::NotFound)?;
        Self::at(transcript, voice, index, span, stance)
    }

    /// Place of the utterance in the transcript, from 0.
    #[must_use]
    pub fn utterance(&self) -> usize {
        self.utterance
    }

    /// Where in the utterance's text, in Unicode scalars.
    #[must_use]
    pub fn span(&self) -> CharSpan {
        self.span
    }

    /// The words, exactly as the transcript has them.
    #[must_use]
    pub fn quote(&self) -> &str {
        &self.quote
    }

    /// When the words were said, in milliseconds from the start, where the file says so.
    #[must_use]
    pub fn time_ms(&self) -> Option<u64> {
        self.time_ms
    }

    /// Who said them, where the file says so.
    #[must_use]
    pub fn speaker(&self) -> Option<&str> {
        self.speaker.as_deref()
    }

    /// Whether the words speak for or against the criterion.
    #[must_use]
    pub fn stance(&self) -> Stance {
        self.stance
    }
}

/// Where `words` stand in `text`: exactly, or else with case, white space and typographic quotation marks and dashes
/// treated alike.
#[must_use]
pub fn find_words(text: &str, words: &str) -> Option<CharSpan> {
    let words = words.trim();
    if words.is_empty() {
        return None;
    }
    if let Some(byte) = text.find(words) {
        let start = text[..byte].chars().count();
        return Some(CharSpan { start, end: start + words.chars().count() });
    }
    let haystack = folded(text);
    let needle: Vec<char> = folded(words).into_iter().map(|(c, _)| c).collect();
    if needle.is_empty() {
        return None;
    }
    let first = haystack.windows(needle.len()).position(|w| w.iter().map(|(c, _)| c).eq(needle.iter()))?;
    let end = haystack[first + needle.len() - 1].1 + 1;
    Some(CharSpan { start: haystack[first].1, end })
}

/// The text in lower case with white space, quotation marks and dashes made one kind, each with its scalar offset.
fn folded(text: &str) -> Vec<(char, usize)> {
    let mut out: Vec<(char, usize)> = Vec::new();
    for (offset, c) in text.chars().enumerate() {
        let plain = match c {
            c if c.is_whitespace() => ' ',
            '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '`' => '\'',
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' | '\u{2033}' => '"',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            c => c,
        };
        if plain == ' ' && out.last().is_none_or(|(last, _)| *last == ' ') {
            continue;
        }
        out.extend(plain.to_lowercase().map(|lower| (lower, offset)));
    }
    while out.last().is_some_and(|(c, _)| *c == ' ') {
        out.pop();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Format, ParseReport, Speaker, Utterance};
    use super::*;

    fn dialogue() -> (Transcript, Voice) {
        let speaker = |name: &str| Speaker { name: name.into(), stated_role: None };
        let said = |speaker, text: &str| Utterance {
            speaker: Some(speaker),
            start_ms: Some(7_000),
            end_ms: None,
            text: text.into(),
            marks: vec![],
        };
        let transcript = Transcript::new(
            b"file",
            Format::NamedText,
            vec![speaker("Priya"), speaker("Dana")],
            vec![
                said(0, "Do you write tests?"),
                said(1, "I don\u{2019}t ship \u{201c}Naïve\u{201d}  code \u{2014} ever."),
            ],
            ParseReport::default(),
        )
        .expect("has words");
        let voice = Voice::of_speaker(&transcript, 1).expect("Dana speaks");
        (transcript, voice)
    }

    #[test]
    fn a_quotation_is_repaired_to_the_words_of_the_transcript() {
        let (transcript, voice) = dialogue();
        let found = Evidence::quoted(&transcript, &voice, 1, "don't SHIP \"naïve\" code - ever", Stance::Supports);
        let found = found.expect("the words are there but for typography");
        assert_eq!(found.quote(), "don\u{2019}t ship \u{201c}Naïve\u{201d}  code \u{2014} ever");
        assert_eq!(found.span().of(&transcript.utterances()[1].text), Some(found.quote()));
        assert_eq!((found.time_ms(), found.speaker()), (Some(7_000), Some("Dana")));
    }

    #[test]
    fn a_quotation_that_is_not_there_is_not_evidence() {
        let (transcript, voice) = dialogue();
        for words in ["I always ship code", "", "   ", "don't ship it"] {
            let tried = Evidence::quoted(&transcript, &voice, 1, words, Stance::Supports);
            assert_eq!(tried, Err(NotEvidence::NotFound), "{words:?}");
        }
    }

    #[test]
    fn the_interviewers_words_are_never_evidence() {
        let (transcript, voice) = dialogue();
        let tried = Evidence::quoted(&transcript, &voice, 0, "write tests", Stance::Supports);
        assert_eq!(tried, Err(NotEvidence::NotTheCandidates));
        let tried = Evidence::quoted(&transcript, &voice, 9, "write tests", Stance::Supports);
        assert_eq!(tried, Err(NotEvidence::NoSuchUtterance));
    }
}
