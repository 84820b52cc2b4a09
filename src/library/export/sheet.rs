//! A rubric as headings and items, and back. Every item is a key, a colon and a text, so no text is taken for a mark.

use crate::domain::{
    Anchor, Competency, Criterion, CriterionKind, Fault, FollowUp, Question, QuestionKind, Rubric, Scale,
};

/// Stands in every sheet, and says how to read it.
pub(in crate::library) const FORM: &str = "earmark.rubric/1";

/// A line of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::library) enum Line {
    Heading(u8, String),
    Item(String, String),
}

const SCALE: &str = "Scale";
const COMPETENCIES: &str = "Competencies";
const QUESTIONS: &str = "Questions";
const ALSO: &str = "Other ways to ask it";
const ASSESSES: &str = "What it assesses";
const LISTEN: &str = "What to listen for";
const RED: &str = "Red flags";
const ANSWERS: &str = "Ideal answers";
const LEVELS: &str = "Levels";
const FOLLOW: &str = "Follow-up questions";

/// The lines of a rubric.
pub(in crate::library) fn lines(rubric: &Rubric) -> Vec<Line> {
    let mut out = vec![Line::Heading(1, format!("Rubric: {}", rubric.title))];
    let item = |key: &str, text: &str| Line::Item(key.to_owned(), text.to_owned());
    out.extend([
        item("Form", FORM),
        item("Id", &rubric.id),
        item("Version", &rubric.version),
        item("Language", &rubric.language),
    ]);
    out.push(Line::Heading(2, SCALE.to_owned()));
    for score in rubric.scale.scores() {
        out.push(item(&format!("Score {score}"), rubric.scale.label(score).unwrap_or_default()));
    }
    if !rubric.competencies.is_empty() {
        out.push(Line::Heading(2, COMPETENCIES.to_owned()));
    }
    out.extend(rubric.competencies.iter().map(|one| item(&weighted(&one.id, one.weight), &one.title)));
    out.push(Line::Heading(2, QUESTIONS.to_owned()));
    for (at, question) in rubric.questions.iter().enumerate() {
        out.push(Line::Heading(3, format!("Question {}: {}", at + 1, question.ask)));
        out.extend([item("Id", &question.id), item("Kind", question.kind.name())]);
        out.extend(question.competency.iter().map(|id| item("Competency", id)));
        details(question, &mut out);
    }
    out
}

fn details(question: &Question, out: &mut Vec<Line>) {
    let mut group = |heading: &str, items: Vec<(String, &str)>| {
        if !items.is_empty() {
            out.push(Line::Heading(4, heading.to_owned()));
            out.extend(items.into_iter().map(|(key, text)| Line::Item(key, text.to_owned())));
        }
    };
    let texts = |key: &str, texts: &'_ [String]| -> Vec<(String, String)> {
        texts.iter().map(|text| (key.to_owned(), text.clone())).collect()
    };
    let also = texts("Also", &question.also_asked);
    group(ALSO, also.iter().map(|(key, text)| (key.clone(), text.as_str())).collect());
    group(ASSESSES, question.assesses.iter().map(|text| ("It assesses".to_owned(), text.as_str())).collect());
    let of = |kind| question.criteria.iter().filter(move |one| one.kind == kind);
    let criteria = |kind| of(kind).map(|one| (weighted(&one.id, one.weight), one.text.as_str())).collect();
    group(LISTEN, criteria(CriterionKind::ListenFor));
    group(RED, criteria(CriterionKind::RedFlag));
    group(ANSWERS, question.ideal_answers.iter().map(|text| ("Answer".to_owned(), text.as_str())).collect());
    group(LEVELS, question.anchors.iter().map(|one| (format!("Score {}", one.score), one.text.as_str())).collect());
    let ask = |part: Option<&str>| part.map_or("Ask".to_owned(), |part| format!("Ask ({part})"));
    group(FOLLOW, question.follow_ups.iter().map(|one| (ask(one.part.as_deref()), one.ask.as_str())).collect());
}

/// `id`, or `id (weight 2.0)` where the weight is not the usual.
fn weighted(id: &str, weight: f64) -> String {
    if weight.to_bits() == 1.0_f64.to_bits() { id.to_owned() } else { format!("{id} (weight {weight:?})") }
}

/// The rubric in the lines of a sheet, each with its place; `None` when they are no sheet at all.
///
/// Whether ids are unique and references resolve is left to whoever reads the rubric as a file.
pub(in crate::library) fn read(
    lines: impl Iterator<Item = (usize, Option<u8>, String)>,
) -> Option<Result<Rubric, Vec<Fault>>> {
    let lines: Vec<(usize, Option<u8>, String)> = lines.collect();
    let is_sheet = lines.iter().take(8).any(|(_, level, text)| level.is_none() && *text == format!("Form: {FORM}"));
    if !is_sheet {
        return None;
    }
    let mut reader = Reader::default();
    for (line, level, text) in lines {
        let read = match level {
            Some(level) => reader.heading(level, &text),
            None => text.split_once(':').is_some_and(|(key, rest)| reader.item(key.trim(), rest.trim())),
        };
        if !read {
            let hint = "exported rubrics keep their headings and the words before each colon; edit what follows them";
            reader.faults.push(Fault::at(line, format!("`{text}` has no place in an exported rubric"), hint));
        }
    }
    Some(reader.finish())
}

#[derive(Default)]
struct Reader {
    rubric: Head,
    scores: Vec<(i32, String)>,
    competencies: Vec<Competency>,
    questions: Vec<Question>,
    section: String,
    faults: Vec<Fault>,
}

#[derive(Default)]
struct Head {
    title: String,
    id: String,
    version: String,
    language: String,
}

impl Reader {
    fn heading(&mut self, level: u8, text: &str) -> bool {
        match (level, text) {
            (1, text) => text.strip_prefix("Rubric: ").unwrap_or(text).clone_into(&mut self.rubric.title),
            (2, SCALE | COMPETENCIES | QUESTIONS) | (4, ALSO | ASSESSES | LISTEN | RED | ANSWERS | LEVELS | FOLLOW) => {
                text.clone_into(&mut self.section);
            }
            (3, ask) => {
                self.section.clear();
                let ask =
                    ask.strip_prefix("Question ").and_then(|rest| rest.split_once(": ")).map_or(ask, |(_, ask)| ask);
                self.questions.push(empty(ask));
            }
            _ => return false,
        }
        true
    }

    fn item(&mut self, key: &str, text: &str) -> bool {
        let owned = || text.to_owned();
        if self.section == SCALE {
            return score(key).map(|score| self.scores.push((score, owned()))).is_some();
        }
        if self.section == COMPETENCIES {
            return without_weight(key)
                .map(|(id, weight)| self.competencies.push(Competency { id, title: owned(), weight }))
                .is_some();
        }
        let Some(question) = self.questions.last_mut() else {
            match key {
                "Form" => {}
                "Id" => self.rubric.id = owned(),
                "Version" => self.rubric.version = owned(),
                "Language" => self.rubric.language = owned(),
                _ => return false,
            }
            return true;
        };
        detail(question, &self.section, key, text)
    }

    fn finish(mut self) -> Result<Rubric, Vec<Fault>> {
        let scale = scale(&self.scores);
        if scale.is_none() {
            let hint = "give each level from the lowest to the highest, as `Score 1: label`, all with labels or none";
            self.faults.push(Fault::whole("the scale has levels that are missing or not in order", hint));
        }
        match scale {
            Some(scale) if self.faults.is_empty() => Ok(Rubric {
                id: self.rubric.id,
                title: self.rubric.title,
                version: self.rubric.version,
                language: self.rubric.language,
                scale,
                competencies: self.competencies,
                questions: self.questions,
            }),
            _ => Err(self.faults),
        }
    }
}

fn empty(ask: &str) -> Question {
    Question {
        id: String::new(),
        competency: None,
        kind: QuestionKind::General,
        ask: ask.to_owned(),
        also_asked: Vec::new(),
        assesses: None,
        ideal_answers: Vec::new(),
        criteria: Vec::new(),
        anchors: Vec::new(),
        follow_ups: Vec::new(),
    }
}

fn detail(question: &mut Question, section: &str, key: &str, text: &str) -> bool {
    let text = text.to_owned();
    match (section, key) {
        ("", "Id") => question.id = text,
        ("", "Kind") => return QuestionKind::named(&text).map(|kind| question.kind = kind).is_some(),
        ("", "Competency") => question.competency = Some(text),
        (ALSO, _) => question.also_asked.push(text),
        (ASSESSES, _) => question.assesses = Some(text),
        (ANSWERS, _) => question.ideal_answers.push(text),
        (LEVELS, _) => return score(key).map(|score| question.anchors.push(Anchor { score, text })).is_some(),
        (FOLLOW, _) => {
            let part = key.strip_prefix("Ask (").and_then(|part| part.strip_suffix(')')).map(str::to_owned);
            question.follow_ups.push(FollowUp { part, ask: text });
        }
        (LISTEN | RED, _) => {
            let kind = if section == RED { CriterionKind::RedFlag } else { CriterionKind::ListenFor };
            let criterion = |(id, weight)| question.criteria.push(Criterion { id, kind, text, weight });
            return without_weight(key).map(criterion).is_some();
        }
        _ => return false,
    }
    true
}

fn score(key: &str) -> Option<i32> {
    key.strip_prefix("Score ")?.parse().ok()
}

fn without_weight(key: &str) -> Option<(String, f64)> {
    match key.split_once(" (weight ") {
        Some((id, weight)) => Some((id.to_owned(), weight.strip_suffix(')')?.parse().ok()?)),
        None => Some((key.to_owned(), 1.0)),
    }
}

fn scale(scores: &[(i32, String)]) -> Option<Scale> {
    let (first, last) = (scores.first()?.0, scores.last()?.0);
    let in_order = scores.iter().enumerate().all(|(at, (score, _))| i64::from(*score) == i64::from(first) + at as i64);
    let labels: Vec<String> = scores.iter().map(|(_, label)| label.clone()).filter(|label| !label.is_empty()).collect();
    if in_order { Scale::new(first, last, labels).ok() } else { None }
}
