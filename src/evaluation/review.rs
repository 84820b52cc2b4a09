//! What a person may decide on a question. Pure: says of a wish what kind of decision it is, or why it is none.

use crate::domain::Scale;
use thiserror::Error;

/// What a person wants to do with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Give this score.
    Score(i32),
    /// Give no score.
    LeaveOut,
}

/// What kind of decision that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// A score given before the suggestion was seen; the suggestion is shown after it.
    First,
    /// The suggested score.
    Confirmed,
    /// Another score than suggested.
    Overridden,
    /// A score where none is suggested.
    Scored,
    /// No score.
    LeftOut,
}

/// Why a wish is no decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unfit {
    /// The scale has no such score.
    #[error("the scale has no such score")]
    OffTheScale,
    /// Another score than suggested needs a reason.
    #[error("a score other than the suggested one needs a reason, and words where the reason is \"other\"")]
    NeedsReason,
    /// A question with a suggested score that is left out needs a reason too.
    #[error("leaving out a question that has a suggested score needs a reason")]
    LeavingNeedsReason,
}

/// How a person came to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// The score that is suggested.
    pub suggested: Option<i32>,
    /// Whether the suggestion has been withheld until now.
    pub is_blind: bool,
    /// Whether a reason is given.
    pub has_reason: bool,
}

/// Says what kind of decision `wanted` is.
///
/// # Errors
/// [`Unfit`] when it is none.
pub fn settle(scale: &Scale, wanted: Wanted, how: Circumstances) -> Result<Settled, Unfit> {
    match wanted {
        Wanted::Score(score) if !scale.scores().any(|known| known == score) => Err(Unfit::OffTheScale),
        Wanted::Score(_) if how.is_blind => Ok(Settled::First),
        Wanted::Score(score) => match how.suggested {
            None => Ok(Settled::Scored),
            Some(suggested) if suggested == score => Ok(Settled::Confirmed),
            Some(_) if how.has_reason => Ok(Settled::Overridden),
            Some(_) => Err(Unfit::NeedsReason),
        },
        // Leaving out is a decision on the question, not a first look at it: nothing is learned from the suggestion.
        Wanted::LeaveOut if how.is_blind || how.suggested.is_none() || how.has_reason => Ok(Settled::LeftOut),
        Wanted::LeaveOut => Err(Unfit::LeavingNeedsReason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn how(suggested: Option<i32>) -> Circumstances {
        Circumstances { suggested, is_blind: false, has_reason: false }
    }

    fn settled(wanted: Wanted, how: Circumstances) -> Result<Settled, Unfit> {
        settle(&Scale::default(), wanted, how)
    }

    #[test]
    fn the_suggested_score_is_confirmed_and_another_one_needs_a_reason() {
        assert_eq!(settled(Wanted::Score(4), how(Some(4))), Ok(Settled::Confirmed));
        assert_eq!(settled(Wanted::Score(2), how(Some(4))), Err(Unfit::NeedsReason));
        let reasoned = Circumstances { has_reason: true, ..how(Some(4)) };
        assert_eq!(settled(Wanted::Score(2), reasoned), Ok(Settled::Overridden));
        assert_eq!(settled(Wanted::LeaveOut, how(Some(4))), Err(Unfit::LeavingNeedsReason));
    }

    #[test]
    fn where_nothing_is_suggested_any_score_of_the_scale_will_do() {
        assert_eq!(settled(Wanted::Score(2), how(None)), Ok(Settled::Scored));
        assert_eq!(settled(Wanted::LeaveOut, how(None)), Ok(Settled::LeftOut));
        assert_eq!(settled(Wanted::Score(6), how(None)), Err(Unfit::OffTheScale));
    }

    #[test]
    fn a_score_given_blind_is_the_first_whatever_is_suggested() {
        let blind = Circumstances { is_blind: true, ..how(Some(4)) };
        assert_eq!(settled(Wanted::Score(4), blind), Ok(Settled::First));
        assert_eq!(settled(Wanted::Score(9), blind), Err(Unfit::OffTheScale));
    }
}
