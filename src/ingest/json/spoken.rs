//! Words with times to cues: what most services answer, whatever they call it. Hides where a stretch of words is cut.

use crate::domain::Note;
use crate::ingest::cue::{Cue, Reading, ends_sentence};

/// A stretch of words without a full stop is cut after this many.
const LONGEST: usize = 40;
/// A stretch is cut at a pause this long.
const PAUSE_MS: i64 = 2_500;

/// A word, or a few with one time.
#[derive(Debug, Clone, Default)]
pub(super) struct Word {
    pub speaker: Option<String>,
    pub start: Option<i64>,
    pub end: Option<i64>,
    pub text: String,
    /// Belongs to the word before without a space: a comma, a full stop.
    pub glued: bool,
}

/// A stretch as a service states it, in its own time.
#[derive(Debug, Clone, Default)]
pub(super) struct Segment {
    pub speaker: Option<String>,
    pub start: Option<i64>,
    pub end: Option<i64>,
    pub text: String,
}

/// Collects cues in the order of the file and numbers them.
pub(super) struct Cues {
    reading: Reading,
    elements: usize,
    clamped: Vec<Note>,
}

impl Cues {
    pub fn new(reading: Reading) -> Self {
        Self { reading, elements: 0, clamped: Vec::new() }
    }

    pub fn done(mut self) -> Reading {
        self.reading.note_each(self.clamped, "times before the recording began");
        self.reading
    }

    pub fn is_empty(&self) -> bool {
        self.reading.cues.is_empty()
    }

    /// Counts the element that the next cues come from.
    pub fn next_element(&mut self) {
        self.elements += 1;
    }

    /// Takes a segment as one cue.
    pub fn segment(&mut self, segment: Segment) {
        self.next_element();
        self.push(segment);
    }

    /// Takes a segment whose words are known one by one: cut where a sentence ends or the speaker changes, so that each
    /// part has its own time. The text stays the segment's own; words that are not in it cut nothing.
    pub fn segment_with_words(&mut self, segment: Segment, words: &[Word]) {
        self.next_element();
        let mut parts = parts(&segment, words);
        if parts.is_empty() {
            return self.push(segment);
        }
        if let Some(last) = parts.last_mut() {
            last.end = segment.end.or(last.end);
        }
        for part in parts {
            self.push(part);
        }
    }

    /// Takes words that no segment holds together.
    pub fn words(&mut self, words: impl IntoIterator<Item = Word>) {
        self.next_element();
        let mut current: Option<(Segment, usize)> = None;
        for word in words {
            match &mut current {
                Some((segment, count)) if word.glued || goes_on(segment, *count, &word) => {
                    let space = !word.glued && !segment.text.is_empty();
                    segment.text.extend(space.then_some(' '));
                    segment.text.push_str(&word.text);
                    segment.end = word.end.or(segment.end);
                    *count += 1;
                }
                _ => {
                    let Word { speaker, start, end, text, .. } = word;
                    if let Some((segment, _)) = current.replace((Segment { speaker, start, end, text }, 1)) {
                        self.push(segment);
                    }
                }
            }
        }
        if let Some((segment, _)) = current {
            self.push(segment);
        }
    }

    fn push(&mut self, segment: Segment) {
        let line = Some(self.elements);
        if segment.start.or(segment.end).is_some_and(|ms| ms < 0) {
            self.clamped.push(Note { line, text: "a time before the recording began was set to 0".into() });
        }
        let ms = |time: Option<i64>| time.and_then(|ms| u64::try_from(ms.max(0)).ok());
        self.reading.push(Cue {
            speaker: segment.speaker,
            start_ms: ms(segment.start),
            end_ms: ms(segment.end),
            text: segment.text,
            line,
            new_turn: false,
        });
    }
}

fn goes_on(segment: &Segment, count: usize, word: &Word) -> bool {
    let pause = segment.end.zip(word.start).is_some_and(|(end, start)| start.saturating_sub(end) >= PAUSE_MS);
    segment.speaker == word.speaker && !pause && count < LONGEST && !ends_sentence(&segment.text)
}

/// The parts of a segment's text, found by its words in turn.
fn parts(segment: &Segment, words: &[Word]) -> Vec<Segment> {
    let mut out: Vec<Segment> = Vec::new();
    let mut bounds: Vec<usize> = Vec::new();
    let mut at = 0;
    let mut speaker = segment.speaker.clone();
    for word in words {
        let text = word.text.trim();
        let Some(found) = find_soon(&segment.text, at, text) else { continue };
        speaker = word.speaker.clone().or(speaker);
        let before = out.last().map(|last| last.speaker != speaker || ends_sentence(&segment.text[..found]));
        if before.is_none_or(|cut| cut) {
            // What stands before the first word that is found belongs to it.
            bounds.push(if out.is_empty() { 0 } else { found });
            out.push(Segment { speaker: speaker.clone(), start: word.start.or(segment.start), ..Segment::default() });
        }
        if let Some(last) = out.last_mut() {
            last.end = word.end.or(last.end);
        }
        at = found + text.len();
    }
    bounds.push(segment.text.len());
    for (part, bound) in out.iter_mut().zip(bounds.windows(2)) {
        part.text.push_str(&segment.text[bound[0]..bound[1]]);
    }
    out
}

/// Where a word stands, if it does not stand far from where it should: looking further would take quadratic time, and
/// a word that far away is another one.
fn find_soon(text: &str, from: usize, word: &str) -> Option<usize> {
    let to = text.floor_char_boundary((from + 80 + word.len()).min(text.len()));
    (!word.is_empty()).then(|| text[from..to].find(word)).flatten().map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Format;
    use crate::ingest::Limits;

    fn word(speaker: &str, start: i64, text: &str) -> Word {
        let speaker = Some(speaker.to_owned()).filter(|name| !name.is_empty());
        Word { speaker, start: Some(start), end: Some(start + 100), text: text.into(), glued: false }
    }

    fn cues(fill: impl FnOnce(&mut Cues)) -> Vec<(Option<String>, Option<u64>, String)> {
        let mut cues = Cues::new(Reading::new(Format::RevJson, &Limits::default()));
        fill(&mut cues);
        cues.done().cues.into_iter().map(|cue| (cue.speaker, cue.start_ms, cue.text)).collect()
    }

    #[test]
    fn words_are_held_together_until_a_full_stop_a_pause_or_another_speaker() {
        let words = [
            word("A", 0, "Hi"),
            word("A", 100, "you."),
            word("A", 200, "So"),
            word("A", 9_000, "then"),
            word("B", 9_100, "yes"),
        ];
        let got = cues(|cues| cues.words(words));
        let texts: Vec<_> = got.iter().map(|(_, start, text)| (*start, text.as_str())).collect();
        assert_eq!(texts, [(Some(0), "Hi you."), (Some(200), "So"), (Some(9_000), "then"), (Some(9_100), "yes")]);
    }

    #[test]
    fn punctuation_is_glued_to_the_word_before() {
        let comma = Word { glued: true, text: ",".into(), ..Word::default() };
        let got = cues(|cues| cues.words([word("A", 0, "Well"), comma, word("A", 100, "yes")]));
        assert_eq!(got[0].2, "Well, yes");
    }

    #[test]
    fn a_segment_is_cut_at_its_sentences_and_speakers_and_keeps_its_own_text() {
        let segment = Segment {
            speaker: Some("A".into()),
            start: Some(0),
            end: Some(900),
            text: "\u{ab} Hi you. So, yes no".into(),
        };
        let words = [
            word("", 10, "Hi"),
            word("", 100, "you."),
            word("", 200, "So,"),
            word("", 250, "absent"),
            word("B", 300, "yes"),
        ];
        let got = cues(|cues| cues.segment_with_words(segment, &words));
        let a = Some("A".to_owned());
        assert_eq!(
            got,
            [
                (a.clone(), Some(10), "\u{ab} Hi you.".to_owned()),
                (a, Some(200), "So,".to_owned()),
                (Some("B".to_owned()), Some(300), "yes no".to_owned()),
            ]
        );
    }
}
