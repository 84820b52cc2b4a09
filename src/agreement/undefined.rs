//! Why a number has no value, in words that can be shown to people.

use serde::Serialize;
use thiserror::Error;

/// Why a number is undefined. Places (`at`) count from 0.
#[derive(Debug, Clone, PartialEq, Error, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Undefined {
    /// Fewer than the number needs.
    #[error("too few {what}: there are {have}, and at least {need} are needed")]
    TooFew {
        /// What is counted, in the plural.
        what: &'static str,
        /// How many there are.
        have: usize,
        /// How many are needed.
        need: usize,
    },
    /// No item was scored by two raters.
    #[error("no item has scores from two raters")]
    OneRater,
    /// Nothing varies, so there is nothing to agree or differ about.
    #[error("{what} are all equal, so there is nothing to agree or differ about")]
    AllEqual {
        /// What does not vary, in the plural.
        what: &'static str,
    },
    /// Columns or rows that belong together have different lengths.
    #[error("lengths differ: {left} against {right}")]
    LengthsDiffer {
        /// Length of the first.
        left: usize,
        /// Length of the second.
        right: usize,
    },
    /// A score that the scale does not have.
    #[error("score {score} of item {at} is off the scale of {min} to {max}")]
    OffTheScale {
        /// The item.
        at: usize,
        /// Its score.
        score: i32,
        /// The scale's lowest level.
        min: i32,
        /// The scale's highest level.
        max: i32,
    },
    /// The scores were given on different scales.
    #[error("the scores are on different scales")]
    ScalesDiffer,
    /// Not a number, or infinite.
    #[error("value {at} is not a finite number")]
    NotFinite {
        /// The item.
        at: usize,
    },
    /// A value outside the range it must lie in.
    #[error("{what} is {value}, and must lie between {min} and {max}")]
    OutOfRange {
        /// What is out of its range.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The least allowed.
        min: f64,
        /// The most allowed.
        max: f64,
    },
    /// An item without a score from every rater, where the formula needs all.
    #[error("item {at} does not have a score from every rater")]
    Missing {
        /// The item.
        at: usize,
    },
    /// An item with another number of scores than the first, where the formula needs the same for all.
    #[error("item {at} has {have} scores, and the first has {need}")]
    Unbalanced {
        /// The item.
        at: usize,
        /// Its number of scores.
        have: usize,
        /// The first item's number of scores.
        need: usize,
    },
    /// People differ on one item as much as between items, so there are no true scores to predict.
    #[error("people differ on one item as much as between items, so there are no true scores to predict")]
    NoTrueVariance,
    /// Neither side marked anything that the share could be taken of.
    #[error("nothing is marked, so there is nothing to take a share of")]
    NothingMarked,
    /// Nobody in any group large enough was selected.
    #[error("nobody was selected, so no rates can be compared")]
    NobodySelected,
    /// No threshold keeps the error as low as stated at the stated coverage.
    #[error(
        "at a coverage of {coverage:.3} the error can only be shown to be at most {bound:.3}, which is above the stated \
         {error:.3}"
    )]
    NotReached {
        /// The stated error.
        error: f64,
        /// The coverage at which the bound was computed.
        coverage: f64,
        /// The upper bound of the error there.
        bound: f64,
    },
    /// Too many resamples in which the number has no value.
    #[error("undefined in {undefined} of {rounds} resamples, so an interval would mislead")]
    Unstable {
        /// Resamples without a value.
        undefined: usize,
        /// All resamples.
        rounds: usize,
    },
}

impl Undefined {
    /// [`Undefined::TooFew`] unless there are at least `need`.
    pub(super) fn unless_enough(what: &'static str, have: usize, need: usize) -> Result<(), Self> {
        if have < need { Err(Self::TooFew { what, have, need }) } else { Ok(()) }
    }

    /// [`Undefined::LengthsDiffer`] unless both are equal.
    pub(super) fn unless_same_length(left: usize, right: usize) -> Result<(), Self> {
        if left == right { Ok(()) } else { Err(Self::LengthsDiffer { left, right }) }
    }

    /// [`Undefined::OutOfRange`] unless `value` lies in `min..=max`; a NaN does not.
    pub(super) fn unless_within(what: &'static str, value: f64, min: f64, max: f64) -> Result<(), Self> {
        if (min..=max).contains(&value) { Ok(()) } else { Err(Self::OutOfRange { what, value, min, max }) }
    }

    /// [`Undefined::OutOfRange`] unless `share` lies between 0 and 1 and is neither.
    pub(super) fn unless_inside(what: &'static str, share: f64) -> Result<(), Self> {
        if share > 0.0 && share < 1.0 {
            Ok(())
        } else {
            Err(Self::OutOfRange { what, value: share, min: 0.0, max: 1.0 })
        }
    }
}
