//! A rubric made of a set's own questions: each sentence of a reference answer is something to listen for.

use super::import::slug;
use super::source::Source;
use crate::domain::{Criterion, CriterionKind, Question, QuestionKind, Rubric, Scale, sentences, words};
use std::collections::BTreeMap;
use std::path::Path;

/// Which columns say what of a question.
pub(super) struct Columns<'a> {
    pub question_id: Option<&'a str>,
    pub question: Option<&'a str>,
    pub reference: Option<&'a str>,
    pub references: Option<&'a str>,
}

/// More sentences of a reference than this are told by the ideal answer alone.
const MOST_CRITERIA: usize = 12;
/// More reference answers than this add time and little else.
const MOST_IDEALS: usize = 6;

/// The rubric; `None` where the file has no words of the questions.
pub(super) fn rubric(
    path: &Path,
    columns: &Columns<'_>,
    source: &Source,
    ids: &BTreeMap<String, String>,
    scale: &Scale,
) -> Option<Rubric> {
    let asked = columns.question?;
    let key_column = columns.question_id.unwrap_or(asked);
    let mut questions: Vec<Question> = Vec::new();
    for row in &source.rows {
        let Some(id) = row.text(key_column).and_then(|key| ids.get(&key)) else { continue };
        let Some(ask) = row.text(asked) else { continue };
        if questions.iter().any(|question| question.id == *id) {
            continue;
        }
        let mut ideals: Vec<String> = columns.reference.and_then(|column| row.text(column)).into_iter().collect();
        for other in columns.references.map(|column| row.texts(column)).unwrap_or_default() {
            if !ideals.contains(&other) && ideals.len() < MOST_IDEALS {
                ideals.push(other);
            }
        }
        let one_line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let ideals: Vec<String> = ideals.into_iter().map(one_line).collect();
        questions.push(Question {
            id: id.clone(),
            competency: None,
            kind: QuestionKind::Technical,
            ask: one_line(ask),
            also_asked: vec![],
            assesses: None,
            criteria: ideals.first().map(|reference| listen_fors(reference)).unwrap_or_default(),
            ideal_answers: ideals,
            anchors: vec![],
            follow_ups: vec![],
        });
    }
    let name = path.file_stem().map_or_else(|| "set".into(), |name| name.to_string_lossy().into_owned());
    (!questions.is_empty()).then(|| Rubric {
        id: slug(&name),
        title: format!("Questions of {name}"),
        version: "1.0.0".into(),
        language: "en".into(),
        scale: scale.clone(),
        competencies: vec![],
        questions,
    })
}

fn listen_fors(reference: &str) -> Vec<Criterion> {
    let texts = sentences(reference).into_iter().filter_map(|span| span.of(reference));
    let mut texts: Vec<&str> = texts.filter(|text| words(text).count() >= 2).collect();
    if texts.is_empty() {
        texts.push(reference);
    }
    let criterion = |(place, text): (usize, &str)| Criterion {
        id: format!("says-{}", place + 1),
        kind: CriterionKind::ListenFor,
        text: text.trim_end_matches('.').to_owned(),
        weight: 1.0,
    };
    texts.into_iter().take(MOST_CRITERIA).enumerate().map(criterion).collect()
}
