//! Writes a rubric as the one file that stands for it: every key that says something, in the documented order.

use crate::domain::{Criterion, CriterionKind, Question, Rubric, Scale};
use std::fmt::Write as _;

/// What is written as comments beside a rubric.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Notes {
    /// Lines at the top of the file.
    pub head: Vec<String>,
    /// For each question.
    pub questions: Vec<QuestionNotes>,
}

/// What is written as comments beside a question.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct QuestionNotes {
    /// Lines above it.
    pub before: Vec<String>,
    /// A line above each of its criteria.
    pub criteria: Vec<String>,
}

/// The rubric as a file. Reading it gives the same rubric, for every rubric that was itself read from a file.
#[must_use]
pub fn to_toml(rubric: &Rubric) -> String {
    annotated(rubric, &Notes::default())
}

/// The same with notes, which no reader of the file takes for part of the rubric.
pub(super) fn annotated(rubric: &Rubric, notes: &Notes) -> String {
    let mut file = Writer::default();
    notes.head.iter().for_each(|note| file.comment(note));
    file.text("id", &rubric.id);
    file.text("title", &rubric.title);
    file.text("version", &rubric.version);
    file.text("language", &rubric.language);
    scale(&mut file, &rubric.scale);
    for competency in &rubric.competencies {
        file.heading("[[competencies]]");
        file.text("id", &competency.id);
        file.text("title", &competency.title);
        file.value("weight", &format!("{:?}", competency.weight));
    }
    let none = QuestionNotes::default();
    for (at, one) in rubric.questions.iter().enumerate() {
        question(&mut file, one, notes.questions.get(at).unwrap_or(&none));
    }
    file.out
}

fn scale(file: &mut Writer, scale: &Scale) {
    file.heading("[scale]");
    file.value("min", &scale.min().to_string());
    file.value("max", &scale.max().to_string());
    let labels: Vec<String> = scale.scores().filter_map(|score| scale.label(score)).map(quoted).collect();
    if !labels.is_empty() {
        file.value("labels", &format!("[{}]", labels.join(", ")));
    }
}

fn question(file: &mut Writer, question: &Question, notes: &QuestionNotes) {
    file.heading("[[questions]]");
    notes.before.iter().for_each(|note| file.comment(note));
    file.text("id", &question.id);
    question.competency.iter().for_each(|competency| file.text("competency", competency));
    file.text("kind", question.kind.name());
    file.text("ask", &question.ask);
    file.texts("also_asked", &question.also_asked);
    question.assesses.iter().for_each(|assesses| file.text("assesses", assesses));
    file.texts("ideal_answers", &question.ideal_answers);
    if question.ideal_answers.is_empty() && question.listen_fors().next().is_none() {
        // Left out, it would be a fault; empty, it is a gap that the author knows of.
        file.line("listen_for = []");
    }
    file.indent = "  ";
    for kind in [CriterionKind::ListenFor, CriterionKind::RedFlag] {
        let of_kind = question.criteria.iter().enumerate().filter(|(_, criterion)| criterion.kind == kind);
        of_kind.for_each(|(at, one)| criterion(file, one, notes.criteria.get(at)));
    }
    for anchor in &question.anchors {
        file.heading("[[questions.anchors]]");
        file.value("score", &anchor.score.to_string());
        file.text("text", &anchor.text);
    }
    for follow_up in &question.follow_ups {
        file.heading("[[questions.follow_ups]]");
        follow_up.part.iter().for_each(|part| file.text("part", part));
        file.text("ask", &follow_up.ask);
    }
    file.indent = "";
}

fn criterion(file: &mut Writer, criterion: &Criterion, note: Option<&String>) {
    file.heading(match criterion.kind {
        CriterionKind::ListenFor => "[[questions.listen_for]]",
        CriterionKind::RedFlag => "[[questions.red_flags]]",
    });
    if let Some(note) = note.filter(|note| !note.is_empty()) {
        file.comment(note);
    }
    file.text("id", &criterion.id);
    file.text("text", &criterion.text);
    file.value("weight", &format!("{:?}", criterion.weight));
}

#[derive(Default)]
struct Writer {
    out: String,
    indent: &'static str,
}

impl Writer {
    fn heading(&mut self, heading: &str) {
        self.out.push('\n');
        self.line(heading);
    }

    fn comment(&mut self, note: &str) {
        // A line break would end the comment, and TOML allows no other control character in one.
        let note: String = note.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.line(&format!("# {note}"));
    }

    fn text(&mut self, key: &str, text: &str) {
        self.value(key, &quoted(text));
    }

    fn texts(&mut self, key: &str, texts: &[String]) {
        if texts.is_empty() {
            return;
        }
        self.line(&format!("{key} = ["));
        for text in texts {
            self.line(&format!("  {},", quoted(text)));
        }
        self.line("]");
    }

    fn value(&mut self, key: &str, value: &str) {
        self.line(&format!("{key} = {value}"));
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(self.indent);
        self.out.push_str(line);
        self.out.push('\n');
    }
}

/// A TOML basic string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // Writing to a String cannot fail.
            c if c.is_control() => drop(write!(out, "\\U{:08X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_backslashes_and_control_characters_are_escaped() {
        assert_eq!(quoted("say \"no\" to C:\\ \u{7}\n ä"), r#""say \"no\" to C:\\ \U00000007\U0000000A ä""#);
    }
}
