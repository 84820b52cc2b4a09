//! Asks a model for a claim on an answer. Nothing here decides a score: a claim is only what a model said.
//!
//! There are two, which are asked and which answer in different ways. The *local* one reads passages that the vector
//! index proposes and says of each whether it supports a criterion, contradicts it, or neither. The *chat* one reads the
//! whole answer and says what it shows and what it is worth; nothing that it says is believed before code has found it.

mod aimed;
mod chat;
mod local;
mod machine;
mod protected;

pub use aimed::is_aimed_at_the_grader;
pub use chat::{Brief, BudgetSettings, ChatJudge, ChatSettings, Planned, Price, Purse, Said, Wanted};
pub use local::LocalJudge;
pub use protected::protected_trait;

use crate::domain::CharSpan;
use crate::endpoint::EndpointError;
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
    #[error("the model could not be run: {0}")]
    Model(String),
    /// The server gave no reply.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The model's reply was of no use, and so was the next.
    #[error("the model replied twice with nothing usable: {0}")]
    Reply(String),
    /// The model would not judge.
    #[error("the model refused: {0}")]
    Refused(String),
    /// The answer does not fit the model's context, however much of it is left out.
    #[error("the question alone takes {tokens} tokens of the {room} that --context leaves for it")]
    TooLong {
        /// Without any of the answer.
        tokens: u64,
        /// What may be used.
        room: u64,
    },
    /// Nothing is left to spend.
    #[error("the budget for the chat model is used up")]
    Budget,
    /// Only kept replies may be used, and there is none.
    #[error("no reply is kept for this request: run without --replay first")]
    NotKept,
}

impl JudgeError {
    /// Whether every other request would fail in the same way, so that a person has to act first.
    #[must_use]
    pub fn is_for_all(&self) -> bool {
        matches!(self, Self::Endpoint(error) if error.is_for_all())
    }
}

/// A model that can be asked about answers.
#[expect(clippy::large_enum_variant, reason = "a run has one of it")]
pub enum Judge {
    /// The entailment model inside this program.
    Local(LocalJudge),
    /// A chat model behind an OpenAI-compatible server.
    Chat(ChatJudge),
}

impl Judge {
    /// The entailment model that ships with Earmark: no network, no key.
    #[must_use]
    pub fn local() -> Self {
        Self::Local(LocalJudge::new())
    }

    /// A chat model.
    ///
    /// # Errors
    /// As [`ChatJudge::new`].
    pub fn chat(settings: ChatSettings) -> Result<Self, JudgeError> {
        ChatJudge::new(settings).map(Self::Chat)
    }

    /// Asks a server again that was given up because request after request failed.
    pub fn hope(&self) {
        match self {
            Self::Local(_) => {}
            Self::Chat(chat) => chat.hope(),
        }
    }

    /// `local` or the kind of endpoint.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Local(_) => "local",
            Self::Chat(_) => "openai",
        }
    }

    /// The model's identity: its name, and the digest of its weights or where it is.
    #[must_use]
    pub fn model(&self) -> String {
        match self {
            Self::Local(_) => LocalJudge::identity(),
            Self::Chat(judge) => judge.model(),
        }
    }

    /// The digest of the prompts, where there are any.
    #[must_use]
    pub fn prompt(&self) -> Option<crate::domain::Digest> {
        match self {
            Self::Local(_) => None,
            Self::Chat(judge) => Some(judge.prompt()),
        }
    }
}
