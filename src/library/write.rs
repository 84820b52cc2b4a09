//! Writes a rubric as the one file that stands for it: every key that says something, in the documented order.

use crate::domain::{Criterion, CriterionKind, Question, Rubric, Scale};
use std::fmt::Write as _;

/// The rubric as a file. Reading it gives the same rubric, for every rubric that was itself read from a file.
#[must_use]
pub fn to_toml(rubric: &Rubric) -> String {
    let mut file = Writer::default();
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
    for one in &rubric.questions {
        question(&mut file, one);
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

fn question(file: &mut Writer, question: &Question) {
    file.heading("[[questions]]");
    file.text("id", &question.id);
    question.competency.iter().for_each(|competency| file.text("competency", competency));
    file.text("kind", question.kind.name());
    file.text("ask", &question.ask);
    file.texts("also_asked", &question.also_asked);
    question.assesses.iter().for_each(|assesses| file.text("assesses", assesses));
    file.texts("ideal_answers", &question.ideal_answers);
    file.indent = "  ";
    for kind in [CriterionKind::ListenFor, CriterionKind::RedFlag] {
        question.criteria.iter().filter(|criterion| criterion.kind == kind).for_each(|one| criterion(file, one));
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

fn criterion(file: &mut Writer, criterion: &Criterion) {
    file.heading(match criterion.kind {
        CriterionKind::ListenFor => "[[questions.listen_for]]",
        CriterionKind::RedFlag => "[[questions.red_flags]]",
    });
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
fn quoted(text: &str) -> String {
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
