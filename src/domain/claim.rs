//! A claim: what a model said about an answer. It may be wrong, invented or an attack; code decides what of it counts.

use super::{CharSpan, Digest, Verdict};
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

/// How a chat model's reply was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyMode {
    /// The server held the model to the JSON schema.
    Schema,
    /// The server held the model to JSON; the shape was only asked for.
    Json,
    /// The JSON had to be found in what the model wrote, or its shape mended.
    Tolerant,
}

/// Words that a chat model claims the candidate said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuoteClaim {
    /// The number of the sentence the model points at; the first that it was shown is 1.
    pub sentence: i64,
    /// The words.
    pub words: String,
}

/// What a chat model said about one criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerdictClaim {
    /// The criterion's id within its question.
    pub criterion: String,
    /// What the model makes of it.
    pub verdict: Verdict,
    /// What it says that rests on.
    pub quotes: Vec<QuoteClaim>,
}

/// Where a distribution over the scores comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SharesFrom {
    /// The log probabilities of the score's token, made to sum to 1 over the scores of the scale.
    LogProbabilities,
    /// Several replies to the same request.
    Samples,
}

/// One message of a conversation with a chat model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: &'static str,
    /// What it says.
    pub content: String,
}

/// What a chat model said about the answer to one question, and how it came to say it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChatClaim {
    /// One entry for each criterion of the question, in its order.
    pub criteria: Vec<VerdictClaim>,
    /// The score that the model gives.
    pub score: i32,
    /// How probable it holds each score of the scale, lowest first, where that is known.
    pub shares: Option<Vec<f64>>,
    /// How that is known.
    pub shares_from: Option<SharesFrom>,
    /// Why it gives the score.
    pub reason: String,
    /// What it says is missing in the answer.
    pub missing: String,
    /// How the reply was read.
    pub mode: ReplyMode,
    /// Digest of the messages' words, one after the other.
    pub prompt: Digest,
    /// The messages that `reply` answers, as they were sent.
    pub messages: Vec<Message>,
    /// The model as the server names it.
    pub model: Option<String>,
    /// Tokens of all requests that this took, as the server counts them.
    pub prompt_tokens: u64,
    /// Tokens of all replies.
    pub reply_tokens: u64,
    /// Numbers of the sentences that were left out because the answer did not fit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<usize>,
    /// What the model wrote, to the letter.
    pub reply: String,
}
