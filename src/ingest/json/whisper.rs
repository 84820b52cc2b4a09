//! Whisper and its relatives: the openai-whisper program, whisper.cpp, whisper-timestamped, `OpenAI`'s verbose JSON,
//! pipelines with chunks, and `WhisperX` with speakers. Hides their names for the same things.

use super::spoken::{Cues, Segment, Word};
use super::{Object, list, name, objects, seconds, seconds_of, string};
use crate::domain::Format;
use crate::ingest::Limits;
use crate::ingest::cue::Reading;
use serde_json::Value;

/// Whether words are keyed as Whisper keys them (`AssemblyAI` says `text` and counts milliseconds).
pub(super) fn has_word_keys(root: &Object) -> bool {
    objects(root, "words").next().is_some_and(|word| word.contains_key("word"))
}

pub(super) fn read(root: &Object, limits: &Limits) -> Reading {
    let mut cues = Cues::new(Reading::new(format(root), limits));
    for segment in objects(root, "segments") {
        // A segment's own text may be missing where its words are not.
        let words: Vec<Word> = objects(segment, "words").map(word).collect();
        match stretch(segment) {
            stretch if stretch.text.trim().is_empty() && !words.is_empty() => cues.words(words),
            stretch => cues.segment_with_words(stretch, &words),
        }
    }
    objects(root, "transcription").for_each(|segment| cues.segment(cpp(segment)));
    if cues.is_empty() {
        objects(root, "chunks").for_each(|chunk| cues.segment(self::chunk(chunk)));
    }
    if cues.is_empty() {
        let words = if list(root, "words").is_some() { "words" } else { "word_segments" };
        cues.words(objects(root, words).map(word));
    }
    if cues.is_empty() {
        let text = string(root, "text").unwrap_or_default().to_owned();
        cues.segment(Segment { text, ..Segment::default() });
    }
    cues.done()
}

fn format(root: &Object) -> Format {
    let speaks = |segment: &Object| {
        segment.contains_key("speaker")
            || objects(segment, "words").any(|word| word.contains_key("speaker") || word.contains_key("score"))
    };
    if root.contains_key("word_segments") || objects(root, "segments").any(speaks) {
        Format::WhisperxJson
    } else {
        Format::WhisperJson
    }
}

fn stretch(segment: &Object) -> Segment {
    Segment {
        speaker: name(segment, "speaker"),
        start: seconds(segment, "start"),
        end: seconds(segment, "end"),
        text: string(segment, "text").unwrap_or_default().to_owned(),
    }
}

fn word(word: &Object) -> Word {
    Word {
        speaker: name(word, "speaker"),
        start: seconds(word, "start"),
        end: seconds(word, "end"),
        text: string(word, "word").or_else(|| string(word, "text")).unwrap_or_default().trim().to_owned(),
        glued: false,
    }
}

/// A segment of whisper.cpp: `offsets` in milliseconds, or `timestamps` as clock times.
fn cpp(segment: &Object) -> Segment {
    let time = |key| {
        let offset = segment.get("offsets").and_then(|o| o.get(key)).and_then(Value::as_i64);
        offset.or_else(|| seconds_of(segment.get("timestamps")?.get(key)?))
    };
    Segment { start: time("from"), end: time("to"), ..stretch(segment) }
}

/// A chunk of a pipeline: `timestamp` holds both times.
fn chunk(chunk: &Object) -> Segment {
    let time = |n: usize| list(chunk, "timestamp").and_then(|times| seconds_of(times.get(n)?));
    Segment { start: time(0), end: time(1), ..stretch(chunk) }
}
