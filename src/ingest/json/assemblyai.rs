//! `AssemblyAI`: utterances where speakers were asked for, else words, else the text. Times are in milliseconds.

use super::spoken::{Cues, Segment, Word};
use super::{Object, milliseconds, name, objects, string};
use crate::domain::Format;
use crate::ingest::Limits;
use crate::ingest::cue::Reading;

pub(super) fn read(root: &Object, limits: &Limits) -> Reading {
    let mut cues = Cues::new(Reading::new(Format::AssemblyaiJson, limits));
    for utterance in objects(root, "utterances") {
        let words: Vec<Word> = objects(utterance, "words").map(word).collect();
        cues.segment_with_words(segment(utterance), &words);
    }
    if cues.is_empty() {
        cues.words(objects(root, "words").map(word));
    }
    if cues.is_empty() {
        cues.segment(segment(root));
    }
    cues.done()
}

fn segment(from: &Object) -> Segment {
    Segment {
        speaker: speaker(from),
        start: milliseconds(from, "start"),
        end: milliseconds(from, "end"),
        text: string(from, "text").unwrap_or_default().to_owned(),
    }
}

fn word(from: &Object) -> Word {
    let Segment { speaker, start, end, text } = segment(from);
    Word { speaker, start, end, text, glued: false }
}

fn speaker(from: &Object) -> Option<String> {
    name(from, "speaker").or_else(|| name(from, "channel").map(|channel| format!("Channel {channel}")))
}
