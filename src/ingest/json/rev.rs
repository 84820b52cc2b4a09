//! Rev: the API's monologues of elements, and the editor's of spans. Hides which of them a file has.

use super::spoken::{Cues, Segment, Word};
use super::{Object, list, name, object, objects, seconds, string};
use crate::domain::Format;
use crate::ingest::Limits;
use crate::ingest::cue::Reading;
use std::collections::HashMap;

pub(super) fn read(root: &Object, limits: &Limits) -> Reading {
    let in_editor = objects(root, "monologues").any(|monologue| list(monologue, "spans").is_some());
    let format = if in_editor { Format::RevEditorJson } else { Format::RevJson };
    let mut cues = Cues::new(Reading::new(format, limits));
    let names = names(root);
    for monologue in objects(root, "monologues") {
        let speaker = speaker(monologue, &names);
        let key = if list(monologue, "spans").is_some() { "spans" } else { "elements" };
        match string(monologue, key) {
            Some(text) => cues.segment(Segment { speaker, text: text.to_owned(), ..Segment::default() }),
            None => cues.words(words(objects(monologue, key), speaker.as_deref())),
        }
    }
    cues.done()
}

/// Names by number, where the file has a list of speakers.
fn names(root: &Object) -> HashMap<String, String> {
    objects(root, "speakers").filter_map(|speaker| Some((name(speaker, "id")?, name(speaker, "name")?))).collect()
}

fn speaker(monologue: &Object, names: &HashMap<String, String>) -> Option<String> {
    let stated = object(monologue, "speaker_info").and_then(|info| name(info, "display_name"));
    let number = name(monologue, "speaker").or_else(|| name(object(monologue, "speaker")?, "id"));
    let listed = number.as_ref().and_then(|number| names.get(number).cloned());
    stated.or(listed).or_else(|| name(monologue, "speaker_name")).or(number)
}

/// Elements in turn. Spaces are elements of their own, so everything is glued but what follows a space or is a word
/// after a word.
fn words<'v>(elements: impl Iterator<Item = &'v Object>, speaker: Option<&str>) -> Vec<Word> {
    let mut out = Vec::new();
    let mut after_space = true;
    let mut after_word = false;
    for element in elements {
        let text = string(element, "value").or_else(|| string(element, "text")).unwrap_or_default();
        let is_word = text.starts_with(char::is_alphanumeric);
        if !text.trim().is_empty() {
            out.push(Word {
                speaker: speaker.map(str::to_owned),
                start: seconds(element, "ts"),
                end: seconds(element, "end_ts").or_else(|| seconds(element, "endTs")),
                text: text.trim().to_owned(),
                glued: !(after_space || text.starts_with(char::is_whitespace) || (after_word && is_word)),
            });
        }
        after_word = text.ends_with(char::is_alphanumeric);
        after_space = text.ends_with(char::is_whitespace) || (text.is_empty() && after_space);
    }
    out
}
