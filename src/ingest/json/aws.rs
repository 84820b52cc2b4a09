//! AWS Transcribe and its Call Analytics. Hides the three places in which a job says who speaks.

use super::spoken::{Cues, Segment, Word};
use super::{Object, milliseconds, name, object, objects, seconds, string};
use crate::domain::{Format, Role};
use crate::ingest::Limits;
use crate::ingest::cue::Reading;
use std::collections::HashMap;

/// Reads `results`: audio segments where a job has them, else the items with the speakers that other lists give.
pub(super) fn read(root: &Object, limits: &Limits) -> Reading {
    let mut cues = Cues::new(Reading::new(Format::AwsTranscribeJson, limits));
    let Some(results) = object(root, "results") else { return cues.done() };
    let channels = channels(results);
    for segment in objects(results, "audio_segments").filter(|_| channels.is_empty()) {
        cues.segment(Segment {
            speaker: name(segment, "speaker_label"),
            start: seconds(segment, "start_time"),
            end: seconds(segment, "end_time"),
            text: string(segment, "transcript").unwrap_or_default().to_owned(),
        });
    }
    if cues.is_empty() && !channels.is_empty() {
        for channel in channels {
            let label = name(channel, "channel_label");
            cues.words(items(channel, &HashMap::new(), label.as_deref()));
        }
    } else if cues.is_empty() {
        cues.words(items(results, &labels(results), None));
    }
    if cues.is_empty() {
        for text in objects(results, "transcripts").filter_map(|whole| string(whole, "transcript")) {
            cues.segment(Segment { text: text.to_owned(), ..Segment::default() });
        }
    }
    cues.done()
}

fn channels(results: &Object) -> Vec<&Object> {
    object(results, "channel_labels").map(|labels| objects(labels, "channels").collect()).unwrap_or_default()
}

/// Who speaks at which start time; older jobs say it only here.
fn labels(results: &Object) -> HashMap<&str, &str> {
    let segments = object(results, "speaker_labels").into_iter().flat_map(|labels| objects(labels, "segments"));
    let items = segments.flat_map(|segment| {
        let own = string(segment, "speaker_label");
        objects(segment, "items")
            .filter_map(move |item| Some((string(item, "start_time")?, string(item, "speaker_label").or(own)?)))
    });
    items.collect()
}

/// Words and punctuation in turn. A full stop has neither time nor speaker; it belongs to the word before.
fn items(from: &Object, labels: &HashMap<&str, &str>, channel: Option<&str>) -> Vec<Word> {
    let mut last: Option<String> = None;
    let mut out = Vec::new();
    for item in objects(from, "items") {
        let by_time =
            || string(item, "start_time").and_then(|start| labels.get(start)).map(|label| (*label).to_owned());
        let label = name(item, "speaker_label").or_else(by_time).filter(|label| !label.is_empty());
        last = label.or_else(|| channel.map(str::to_owned)).or(last);
        let best = objects(item, "alternatives").next();
        out.push(Word {
            speaker: last.clone(),
            start: seconds(item, "start_time"),
            end: seconds(item, "end_time"),
            text: best.and_then(|best| string(best, "content")).unwrap_or_default().to_owned(),
            glued: string(item, "type") == Some("punctuation"),
        });
    }
    out
}

/// Reads Call Analytics: turns with a role. An agent asks and a customer answers, so the roles are hints of ours.
pub(super) fn read_call(root: &Object, limits: &Limits) -> Reading {
    let mut cues = Cues::new(Reading::new(Format::AwsCallAnalyticsJson, limits));
    for turn in objects(root, "Transcript") {
        cues.segment(Segment {
            speaker: name(turn, "ParticipantRole").or_else(|| name(turn, "ParticipantId")),
            start: milliseconds(turn, "BeginOffsetMillis"),
            end: milliseconds(turn, "EndOffsetMillis"),
            text: string(turn, "Content").unwrap_or_default().to_owned(),
        });
    }
    let mut reading = cues.done();
    reading.roles = vec![("AGENT".into(), Role::Interviewer), ("CUSTOMER".into(), Role::Candidate)];
    reading
}
