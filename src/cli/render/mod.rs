//! An evaluation as text for a terminal and as Markdown, and a calibration as text; the pages for browsers are in `web`.

mod calibration;
mod markdown;
mod text;

pub(super) use calibration::{calibration, comparison};
pub use markdown::markdown;
pub use text::{Style, text};

use crate::domain::{CriterionResult, Evaluation, Evidence, QuestionResult, Rubric, Transcript};
use crate::web::wording;

/// The question's words; its id when the rubric at hand does not have it.
fn ask<'a>(rubric: &'a Rubric, result: &'a QuestionResult) -> &'a str {
    rubric.question(&result.id).map_or(&result.id, |question| &question.ask)
}

/// The criterion's words; its id when the rubric at hand does not have it.
fn criterion<'a>(rubric: &'a Rubric, question: &QuestionResult, result: &'a CriterionResult) -> &'a str {
    rubric
        .question(&question.id)
        .and_then(|question| question.criteria.iter().find(|criterion| criterion.id == result.id))
        .map_or(&result.id, |criterion| &criterion.text)
}

/// The competency's title; its id when the rubric at hand does not have it.
fn competency<'a>(rubric: &'a Rubric, id: &'a str) -> &'a str {
    rubric.competency(id).map_or(id, |competency| &competency.title)
}

/// The score's label on the rubric's scale, after a comma; empty where the rubric gives none.
fn label(rubric: &Rubric, score: i32) -> String {
    rubric.scale.label(score).map(|label| format!(", {}", wording::on_one_line(label))).unwrap_or_default()
}

/// The score with the top of the scale.
fn of_max(rubric: &Rubric, score: i32) -> String {
    format!("{score}/{}", rubric.scale.max())
}

/// Where a quotation stands: its time, where the file gives one, and its utterance.
fn place(evidence: &Evidence) -> String {
    let time = evidence.time_ms().map(|ms| format!("[{}] ", wording::clock(ms))).unwrap_or_default();
    format!("{time}u{}", evidence.utterance())
}

/// Stretches of utterances with their times: `01:29 (u12–u13) and 24:20 (u133)`.
fn stretches(transcript: &Transcript, utterances: &[usize]) -> String {
    let all: Vec<String> = wording::runs(utterances).into_iter().map(|run| stretch(transcript, run)).collect();
    match all.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

fn stretch(transcript: &Transcript, (first, last): (usize, usize)) -> String {
    let name = if first == last { format!("u{first}") } else { format!("u{first}\u{2013}u{last}") };
    match transcript.utterances().get(first).and_then(|utterance| utterance.start_ms) {
        Some(ms) => format!("{} ({name})", wording::clock(ms)),
        None => name,
    }
}

/// When the question was asked and answered, in a sentence; empty when neither happened.
fn when(transcript: &Transcript, result: &QuestionResult) -> String {
    let asked = stretches(transcript, &result.asked_at);
    // A long answer is interrupted by "mm-hm"; its first and last words say more than every piece of it.
    let answer = match (result.answer.first(), result.answer.last()) {
        (Some(&first), Some(&last)) => stretch(transcript, (first, last)),
        _ => String::new(),
    };
    match (asked.is_empty(), answer.is_empty()) {
        (false, false) => format!("Asked at {asked}, answered at {answer}."),
        (false, true) => format!("Asked at {asked}."),
        (true, false) => format!("Not asked; said at {answer}."),
        (true, true) => String::new(),
    }
}

/// The distribution in one line: `1: 1 %  2: 6 %`.
fn distribution(result: &QuestionResult) -> Option<String> {
    let distribution = result.suggestion.as_ref()?.distribution()?;
    let parts: Vec<String> =
        distribution.iter().map(|(score, share)| format!("{score}: {} %", wording::percent(share))).collect();
    Some(parts.join("  "))
}

/// `12 scored, 1 abstained, 3 not asked`.
fn counts(evaluation: &Evaluation) -> String {
    let overall = &evaluation.overall;
    format!("{} scored, {} abstained, {} not asked", overall.scored, overall.abstained, overall.not_asked)
}

/// The transcript in a few words: format, length, who was taken for the candidate.
fn of_transcript(evaluation: &Evaluation) -> String {
    let transcript = &evaluation.transcript;
    let utterances = wording::count(transcript.utterances, "utterance", "utterances");
    let length = transcript.duration_ms.map(|ms| format!(", {}", wording::clock(ms))).unwrap_or_default();
    format!("{}, {utterances}{length}", wording::format(transcript.format))
}

/// Everything the result depends on, as name and value.
fn made_with(evaluation: &Evaluation) -> Vec<(&'static str, String)> {
    let made = &evaluation.made_with;
    let mut out = vec![
        ("judge", format!("{} ({})", made.judge, made.model)),
        ("embedder", made.embedder.clone()),
        (
            "rubric",
            format!("{} {} ({})", evaluation.rubric.id, evaluation.rubric.version, evaluation.rubric.digest.short()),
        ),
        ("transcript", evaluation.transcript.digest.short().to_owned()),
    ];
    if let Some(prompt) = &made.prompt {
        out.push(("prompt", prompt.short().to_owned()));
    }
    out.push((
        "calibration",
        made.profile.as_ref().map_or_else(|| "none".to_owned(), |profile| profile.short().to_owned()),
    ));
    out.push(("earmark", made.earmark.clone()));
    out.into_iter().map(|(name, value)| (name, wording::on_one_line(&value))).collect()
}

/// What the parser dropped and noted, a sentence each.
fn parse_notes(evaluation: &Evaluation, transcript: &Transcript) -> Vec<String> {
    let at = |line: Option<usize>| line.map(|line| format!("line {line}: ")).unwrap_or_default();
    let mut out = Vec::new();
    if evaluation.transcript.report.dropped > 0 {
        let pieces = wording::count(evaluation.transcript.report.dropped, "piece", "pieces");
        out.push(format!("{pieces} of the file did not become speech."));
    }
    let dropped = &transcript.report().dropped;
    out.extend(
        dropped.iter().take(LISTED).map(|d| format!("{}left out: {}", at(d.line), wording::on_one_line(&d.why))),
    );
    let notes = &evaluation.transcript.report.notes;
    out.extend(notes.iter().take(LISTED).map(|note| format!("{}{}", at(note.line), wording::on_one_line(&note.text))));
    let more = dropped.len().saturating_sub(LISTED) + notes.len().saturating_sub(LISTED);
    if more > 0 {
        out.push(format!("and {more} more"));
    }
    out
}

/// More notes of a kind than this are counted, not listed.
const LISTED: usize = 20;
