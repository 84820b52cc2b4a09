//! Deepgram: utterances where they were asked for, else paragraphs, else words. Hides which of them an answer has.

use super::spoken::{Cues, Segment, Word};
use super::{Object, name, object, objects, seconds, string};
use crate::domain::Format;
use crate::ingest::Limits;
use crate::ingest::cue::Reading;

pub(super) fn read(root: &Object, limits: &Limits) -> Reading {
    let mut cues = Cues::new(Reading::new(Format::DeepgramJson, limits));
    let Some(results) = object(root, "results") else { return cues.done() };
    let channels = objects(results, "channels").count();
    for utterance in objects(results, "utterances") {
        let channel = name(utterance, "channel").filter(|_| channels > 1);
        let speaker = speaker(name(utterance, "speaker"), channel);
        // An utterance has one speaker, whatever its words say.
        let words: Vec<Word> = objects(utterance, "words").map(|w| Word { speaker: None, ..word(w, None) }).collect();
        cues.segment_with_words(Segment { speaker, ..segment(utterance, "transcript") }, &words);
    }
    if cues.is_empty() {
        for (n, channel) in objects(results, "channels").enumerate() {
            let number = (channels > 1).then(|| n.to_string());
            if let Some(best) = objects(channel, "alternatives").next() {
                alternative(best, number.as_deref(), &mut cues);
            }
        }
    }
    cues.done()
}

fn alternative(best: &Object, channel: Option<&str>, cues: &mut Cues) {
    let paragraphs = object(best, "paragraphs").map(|paragraphs| objects(paragraphs, "paragraphs"));
    for paragraph in paragraphs.into_iter().flatten() {
        let speaker = speaker(name(paragraph, "speaker"), channel.map(str::to_owned));
        for sentence in objects(paragraph, "sentences") {
            cues.segment(Segment { speaker: speaker.clone(), ..segment(sentence, "text") });
        }
    }
    if cues.is_empty() {
        cues.words(objects(best, "words").map(|w| word(w, channel)));
    }
    if cues.is_empty() {
        cues.segment(segment(best, "transcript"));
    }
}

/// Each channel has a numbering of its own.
fn speaker(speaker: Option<String>, channel: Option<String>) -> Option<String> {
    match (speaker, channel) {
        (Some(speaker), Some(channel)) => Some(format!("Channel {channel} speaker {speaker}")),
        (None, Some(channel)) => Some(format!("Channel {channel}")),
        (speaker, None) => speaker,
    }
}

fn segment(from: &Object, text: &str) -> Segment {
    Segment {
        speaker: None,
        start: seconds(from, "start"),
        end: seconds(from, "end"),
        text: string(from, text).unwrap_or_default().to_owned(),
    }
}

fn word(word: &Object, channel: Option<&str>) -> Word {
    Word {
        speaker: speaker(name(word, "speaker"), channel.map(str::to_owned)),
        start: seconds(word, "start"),
        end: seconds(word, "end"),
        text: string(word, "punctuated_word").or_else(|| string(word, "word")).unwrap_or_default().to_owned(),
        glued: false,
    }
}
