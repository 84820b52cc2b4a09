//! What was found in a guide, before it becomes a rubric: questions with their passages, each with its place.

use super::block::LeftOut;
use crate::domain::QuestionKind;

/// Words of the guide and where they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passage {
    pub line: usize,
    pub text: String,
    /// Whether it is an item of a list.
    pub item: bool,
    /// The number it has in the guide.
    pub number: Option<u32>,
}

/// An answer and how it came to the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub passage: Passage,
    pub by: AnswerBy,
}

/// What speaks for a passage being an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerBy {
    /// A label such as "Sample answer", or quotation marks.
    Label,
    /// `A:` or "Answer", which may be advice.
    BareLabel,
    /// It stands below the question and speaks of nothing else.
    Place,
}

/// A sub-question, with the part of a STAR answer that it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SubQuestion {
    pub passage: Passage,
    pub part: Option<&'static str>,
    /// Whether the part was taken from the wording.
    pub part_guessed: bool,
}

/// A question of the guide with what belongs to it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Found {
    pub line: usize,
    /// Further places where it is asked.
    pub again: Vec<usize>,
    pub ask: String,
    pub number: Option<u32>,
    pub kind: Option<QuestionKind>,
    pub topic: Option<String>,
    pub also_asked: Vec<Passage>,
    pub assesses: Vec<Passage>,
    pub listen_for: Vec<Passage>,
    pub red_flags: Vec<Passage>,
    pub answers: Vec<Answer>,
    pub levels: Vec<Passage>,
    pub follow_ups: Vec<SubQuestion>,
    /// What stands below it without a label.
    pub loose: Vec<Passage>,
    pub remarks: Vec<Passage>,
    pub tips: Vec<Passage>,
    /// How sure it is that what was found elsewhere belongs to it, from 0 to 1.
    pub confidence: Option<f64>,
    /// Whether it was taken for a question by its place, not by its words.
    pub by_place: bool,
    /// Counts the lists of questions of the guide.
    pub list: usize,
}

/// Answers that stand apart from their questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answers {
    /// Which questions they may answer: those of the lists from this one on ...
    pub lists: std::ops::RangeInclusive<usize>,
    /// How many there are, where the guide says so.
    pub count: Option<usize>,
    pub passages: Vec<Passage>,
}

/// All that a guide holds.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub title: Option<(usize, String)>,
    pub questions: Vec<Found>,
    pub answers: Vec<Answers>,
    pub tips: Vec<Passage>,
    pub left_out: Vec<LeftOut>,
}

/// A text by its letters and digits alone, to see whether two say the same.
pub(super) fn key(text: &str) -> String {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
