//! The numbers that say how far scores agree: pure arithmetic that knows no rubric, no model, no file and no clock.
//!
//! Inputs are types whose constructors hold the invariants: a [`Scale`], [`Scored`] (two raters' scores on it),
//! [`Pairs`] (two columns of numbers), [`Ratings`] (items by raters, with gaps), [`Confidences`], [`Forecast`],
//! [`Marks`], [`Outcomes`]. Every number comes as `Result<_, Undefined>`: what has no value says why and is never 0 or
//! NaN. Each function's documentation has the formula, the range with the meaning of each end, and the source.
//! `tests/golden/agreement.py` holds them all against other implementations.
//!
//! | file | what it answers |
//! | --- | --- |

mod pairs;
mod ratings;
mod scale;
mod undefined;

pub use pairs::{Pairs, Scored};
pub use ratings::Ratings;
pub use scale::Scale;
pub use undefined::Undefined;
