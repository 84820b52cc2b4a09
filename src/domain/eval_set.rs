//! An eval set: answers that people have scored, against which a rubric is calibrated.

use super::{Digest, Verdict};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What one rater gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GivenScore {
    /// Who, as the set names them.
    pub rater: String,
    /// A finite number within the scale. Usually whole; a set may keep halves.
    pub score: f64,
}

/// Words of the answer that a rater marked for a criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MarkedQuote {
    /// The criterion's id within its question.
    pub criterion: String,
    /// The words; they stand in the answer.
    pub quote: String,
}

/// One answer with what people said of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelledAnswer {
    /// Unique within the set.
    pub id: String,
    /// The question of the rubric that it answers.
    pub question_id: String,
    /// The words of the answer.
    pub answer: String,
    /// What people gave; never empty, no rater twice.
    pub scores: Vec<GivenScore>,
    /// Verdicts by criterion, where the set has them.
    pub criteria: BTreeMap<String, Verdict>,
    /// Marked words, where the set has them.
    pub evidence: Vec<MarkedQuote>,
    /// Groups that the candidate or the answer belongs to, by attribute.
    pub group: BTreeMap<String, String>,
    /// Whose answer it is, where that is known: answers of one candidate are drawn together.
    pub candidate: Option<String>,
}

impl LabelledAnswer {
    /// The mean of what people gave.
    #[must_use]
    pub fn mean_score(&self) -> f64 {
        self.scores.iter().map(|given| given.score).sum::<f64>() / self.scores.len().max(1) as f64
    }
}

/// A checked set of labelled answers: ids are unique, scores are on the scale of the rubric, quotations stand in their
/// answers. The `library` module makes them from files.
#[derive(Debug, Clone, PartialEq)]
pub struct EvalSet {
    /// The folder's name.
    pub name: String,
    /// The answers, in the order of the file.
    pub answers: Vec<LabelledAnswer>,
    /// The first paragraph of the card: what the set is.
    pub about: Option<String>,
    /// Digest of the file with the answers.
    pub digest: Digest,
}

impl EvalSet {
    /// Everybody who gave a score, in the order of their names.
    #[must_use]
    pub fn raters(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.answers.iter().flat_map(|a| &a.scores).map(|s| s.rater.as_str()).collect();
        names.into_iter().collect()
    }
}
