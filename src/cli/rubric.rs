//! `earmark rubric show`.

use super::Exit;
use super::output::{complain, write};
use crate::domain::{CriterionKind, Question, Rubric};
use crate::library;
use std::fmt::Write as _;
use std::path::Path;

/// Shows a rubric as people read it.
pub(super) fn show(file: &Path) -> Exit {
    match library::load(file) {
        Ok(loaded) => done(&shown(&loaded.rubric)),
        Err(error) => {
            complain(&error);
            Exit::Rubric
        }
    }
}

fn done(text: &str) -> Exit {
    match write(text, None) {
        Ok(()) => Exit::Success,
        Err(error) => {
            complain(&error);
            Exit::Failure
        }
    }
}

fn shown(rubric: &Rubric) -> String {
    let mut out = format!("{} ({} {})\n", rubric.title, rubric.id, rubric.version);
    let scores: Vec<String> = rubric
        .scale
        .scores()
        .map(|score| match rubric.scale.label(score) {
            Some(label) => format!("{score} {label}"),
            None => score.to_string(),
        })
        .collect();
    let _ = writeln!(out, "Scale: {}", scores.join(", "));
    for (place, question) in rubric.questions.iter().enumerate() {
        let competency = question.competency.as_ref().and_then(|id| rubric.competency(id));
        let _ = writeln!(out, "\n{}. {}", place + 1, question.ask);
        let _ = writeln!(
            out,
            "   {} · {}{}",
            question.id,
            question.kind.name(),
            competency.map(|c| format!(" · {}", c.title)).unwrap_or_default()
        );
        details(&mut out, question);
    }
    out
}

fn details(out: &mut String, question: &Question) {
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = writeln!(out, "   {title}");
            for line in lines {
                let _ = writeln!(out, "     - {line}");
            }
        }
    };
    section("Also asked as", question.also_asked.clone());
    section("Assesses", question.assesses.iter().cloned().collect());
    let of = |kind| {
        let wanted = question.criteria.iter().filter(move |c| c.kind == kind);
        wanted.map(|c| {
            if (c.weight - 1.0).abs() < 1e-9 { c.text.clone() } else { format!("{} (weight {})", c.text, c.weight) }
        })
    };
    section("Listen for", of(CriterionKind::ListenFor).collect());
    section("Red flags", of(CriterionKind::RedFlag).collect());
    section("Ideal answers", question.ideal_answers.clone());
    section("Levels", question.anchors.iter().map(|a| format!("{}: {}", a.score, a.text)).collect());
    section("Follow-ups", question.follow_ups.iter().map(|f| f.ask.clone()).collect());
}
