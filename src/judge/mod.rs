//! Asks a model for a claim on an answer. Nothing here decides a score: a claim is only what a model said.
//!
//! Hides which model it is and how it is run. The vector index proposes the passages; the judge says of each whether
//! it supports the criterion, contradicts it, or neither.

mod local;

use crate::domain::{CharSpan, Claim};
use thiserror::Error;

/// Words of the candidate that may show something: a sentence, or two neighbouring ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The utterance they stand in, from 0.
    pub utterance: usize,
    /// Where in its text.
    pub span: CharSpan,
    /// The words.
    pub text: String,
}

/// One criterion and the passages that may show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The criterion's id within its question.
    pub criterion: String,
    /// What the passages are held against: the criterion's words.
    pub hypothesis: String,
    /// Places in [`Task::passages`], the most promising first.
    pub passages: Vec<usize>,
}

/// What the judge is asked about one answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Task {
    /// The question as written in the rubric; a short passage is read together with it.
    pub question: String,
    /// The candidate's passages.
    pub passages: Vec<Passage>,
    /// What to look for in which of them.
    pub looks: Vec<Look>,
}

/// Why a judge gave no claim.
#[derive(Debug, Clone, Error)]
pub enum JudgeError {
    /// The model could not be loaded or run.
    #[error("the entailment model could not be run: {0}")]
    Model(String),
}

/// A model that can be asked about answers.
pub struct Judge {
    backend: Backend,
}

enum Backend {
    Local(local::Entailment),
}

impl Judge {
    /// The entailment model that ships with Earmark: no network, no key.
    #[must_use]
    pub fn local() -> Self {
        Self { backend: Backend::Local(local::Entailment::new()) }
    }

    /// `local` or the kind of endpoint.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.backend {
            Backend::Local(_) => "local",
        }
    }

    /// The model's identity: its name and the digest of its weights.
    #[must_use]
    pub fn model(&self) -> String {
        match &self.backend {
            Backend::Local(_) => local::Entailment::identity(),
        }
    }

    /// One claim for each task, in their order.
    ///
    /// # Errors
    /// [`JudgeError`] in the place of a claim that could not be had; the others stand.
    pub fn claims(&self, tasks: &[Task]) -> Vec<Result<Claim, JudgeError>> {
        match &self.backend {
            Backend::Local(model) => model.claims(tasks),
        }
    }
}
