//! A claim: what a model said about an answer. It may be wrong, invented or an attack; code decides what of it counts.

use super::CharSpan;
use serde::{Deserialize, Serialize};

/// Whether words speak for a criterion or against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stance {
    /// The words show the criterion.
    Supports,
    /// The words say the opposite.
    Contradicts,
}

/// Probabilities that a passage supports a criterion, says nothing about it, or contradicts it; they sum to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Support {
    /// In 0..=1.
    pub supports: f32,
    /// In 0..=1.
    pub neither: f32,
    /// In 0..=1.
    pub contradicts: f32,
}

/// What a model said about one passage and one criterion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PassageClaim {
    /// The utterance the model points at, from 0.
    pub utterance: usize,
    /// The place in that utterance.
    pub span: CharSpan,
    /// What the passage is claimed to do.
    pub support: Support,
}

/// What a model said about one criterion of a question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CriterionClaim {
    /// The criterion's id within its question.
    pub criterion: String,
    /// The passages it rests on, the most telling first.
    pub passages: Vec<PassageClaim>,
}

/// What a model said about the answer to one question.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
pub struct Claim {
    /// One entry for each criterion the model was asked about.
    pub criteria: Vec<CriterionClaim>,
}
