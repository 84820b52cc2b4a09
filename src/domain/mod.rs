//! The words of the trade, as types that hold their own invariants. Pure: no I/O, no clock, no model.
//!
//! Four words are never swapped, and the type says which one is meant: a [`Claim`] is what a model said,
//! [`Evidence`] is what code found in the transcript, a [`Suggestion`] is what the service concludes from
//! evidence, and a review is what a person decided.

mod claim;
mod digest;
mod eval_set;
mod evaluation;
mod evidence;
mod fault;
mod finding;
mod kept;
mod proposal;
mod protected;
mod rubric;
mod seen;
mod suggestion;
mod text;
mod transcript;

pub use claim::{
    ChatClaim, Claim, CriterionClaim, Message, PassageClaim, QuoteClaim, ReplyMode, SharesFrom, Stance, Support,
    VerdictClaim,
};
pub use digest::Digest;
pub use eval_set::{EvalSet, GivenScore, LabelledAnswer, MarkedQuote};
pub use evaluation::{
    CompetencyScore, CriterionResult, Evaluation, Flag, MadeWith, Overall, QuestionResult, ReportRef, RubricRef,
    SCHEMA, Status, TranscriptRef, Verdict,
};
pub use evidence::{Evidence, NotEvidence, Voice, find_words};
pub use fault::{Fault, Faults};
pub use finding::{Code, Finding, Level, Spot};
pub use kept::{NotAsKept, Quotation};
pub use proposal::Proposal;
pub use protected::Trait;
pub use rubric::{
    Anchor, Competency, Criterion, CriterionKind, FollowUp, Question, QuestionKind, Rubric, Scale, ScaleError,
};
pub use seen::{Seen, SeenCriterion, Uncalibrated, direction};
pub use suggestion::{Abstention, Distribution, Kept, NotADistribution, Suggestion, Unsupported};
pub use text::{CharSpan, Sentences, sentences, words};
pub use transcript::{Dropped, Format, Note, ParseReport, Role, Speaker, SpeakerId, Transcript, Utterance};
