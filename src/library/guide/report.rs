//! What an import did: what it found where, what it guessed, what is missing, what it left out and why.

use super::block::{LeftOut, Reason};
use super::read::GuideFormat;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// What an import did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImportReport {
    /// The guide's name as given.
    pub file: String,
    /// What kind of file it is.
    pub format: GuideFormat,
    /// What the places below count: lines, or the paragraphs of a Word document.
    pub unit: &'static str,
    /// The questions, in the order of the guide.
    pub questions: Vec<ImportedQuestion>,
    /// Advice on the interview as a whole.
    pub tips: Vec<Placed>,
    /// What is not in the rubric.
    pub left_out: Vec<LeftOut>,
    /// What concerns the rubric as a whole.
    pub gaps: Vec<String>,
}

/// Words of the guide and where they stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// The line or paragraph.
    pub line: usize,
    /// The words.
    pub text: String,
}

/// Where a question and what belongs to it stand in the guide.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImportedQuestion {
    /// Its id in the rubric.
    pub id: String,
    /// Where it is asked.
    pub line: usize,
    /// Where it is asked again.
    pub again: Vec<usize>,
    /// Where it says what the question assesses.
    pub assesses: Vec<usize>,
    /// For each listen-for and red flag of the rubric, where it stands.
    pub criteria: Vec<usize>,
    /// For each ideal answer of the rubric, where it begins.
    pub ideal_answers: Vec<usize>,
    /// For each follow-up of the rubric, where it stands.
    pub follow_ups: Vec<usize>,
    /// Words that have no place in a rubric.
    pub remarks: Vec<Placed>,
    /// How sure it is, from 0 to 1, that what was found elsewhere in the guide belongs to this question.
    pub confidence: Option<f64>,
    /// What was guessed, and what the guide does not give.
    pub gaps: Vec<String>,
}

impl ImportReport {
    /// How much was left out for each reason.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Reason, usize> {
        let mut counts = BTreeMap::new();
        for out in &self.left_out {
            *counts.entry(out.reason).or_default() += 1;
        }
        counts
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |count: fn(&ImportedQuestion) -> usize| self.questions.iter().map(count).sum::<usize>();
        writeln!(
            f,
            "{}: {}, {} questions, {} criteria, {} ideal answers, {} follow-ups, {} tips",
            self.file,
            self.format.name(),
            self.questions.len(),
            sum(|question| question.criteria.len()),
            sum(|question| question.ideal_answers.len()),
            sum(|question| question.follow_ups.len()),
            self.tips.len()
        )?;
        let mut left_out = String::new();
        for (reason, count) in self.counts() {
            let comma = if left_out.is_empty() { "" } else { ", " };
            write!(left_out, "{comma}{count} × {}", reason.name())?;
        }
        if !left_out.is_empty() {
            writeln!(f, "left out: {left_out}")?;
        }
        for gap in &self.gaps {
            writeln!(f, "gap: {gap}")?;
        }
        for question in self.questions.iter().filter(|question| !question.gaps.is_empty()) {
            writeln!(f, "gap: {} ({} {}): {}", question.id, self.unit, question.line, question.gaps.join("; "))?;
        }
        Ok(())
    }
}
