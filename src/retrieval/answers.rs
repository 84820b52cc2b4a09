//! The index of what candidates said: a vector for each passage of an answer, searched across all interviews. Holds
//! numbers and ids, never words; those stay in the database, where an erasure finds them.
//!
//! In memory it is exact over numbers of one byte ([`Small`]): a million passages take 0.4 GB and are compared from end to
//! end. On a Qdrant server it is one collection behind an alias, so that it can be built anew while it is searched.

mod memory;
mod qdrant;
mod small;

pub(super) use memory::MemoryAnswers;
pub(super) use qdrant::{QdrantAnswers, uuid};
pub use small::Small;

/// A passage as it is indexed.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerVector {
    /// Its number; higher for what was said later on record, and never given twice.
    pub number: i64,
    /// The interview it is of.
    pub interview: String,
    /// The rubric's id.
    pub rubric: String,
    /// The question's id.
    pub question: String,
    /// The score suggested for the answer.
    pub score: Option<i64>,
    /// Its direction.
    pub vector: Small,
}

/// What is taken out of the index: an interview, or what was said in it to one question, as far as it was indexed under
/// lower numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRemoval {
    /// Passages with this number or a higher one stay.
    pub before: i64,
    /// The interview.
    pub interview: String,
    /// The one question; all of them where it is `None`.
    pub question: Option<String>,
}

/// Which passages are looked at; by default all.
#[derive(Debug, Clone, Default)]
pub struct AnswerFilter {
    /// Only those of this rubric.
    pub rubric: Option<String>,
    /// Only those of questions with this id.
    pub question: Option<String>,
    /// Only those with at least this suggested score.
    pub least: Option<i64>,
    /// Only those with at most this suggested score.
    pub most: Option<i64>,
    /// Only those of these interviews.
    pub interviews: Option<Vec<String>>,
    /// None of this interview.
    pub except: Option<String>,
}

/// A passage that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnswerHit {
    /// Its number.
    pub number: i64,
    /// Cosine of the angle to what was looked for, to about 0.01.
    pub similarity: f32,
}
