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
//! | `kappa` | how far beyond chance two raters, or many, give the same score |
//! | `alpha` | the same for any number of raters with gaps, on three kinds of scale |
//! | `icc` | what share of the variance lies between the items |
//! | `correlation` | whether two columns rise together |
//! | `error` | how far apart scores are, in points of the scale |
//! | `smd`, `prmse` | automated scoring: shift against people, and how well true scores are predicted |
//! | `calibration` | whether stated confidence is kept |
//! | `conformal`, `abstention` | ranges and abstentions with stated guarantees |
//! | `spans` | whether the right words and places were marked |
//! | `groups` | whether groups of people are selected alike |
//! | `ordinal`, `neighbours` | fits: from features to the chance of each level, and what near scored answers add |
//! | `bootstrap`, `proportion` | intervals |

mod abstention;
mod alpha;
mod bootstrap;
mod calibration;
mod conformal;
mod correlation;
mod error;
mod groups;
mod icc;
mod kappa;
mod linear;
mod neighbours;
mod ordinal;
mod pairs;
mod prmse;
mod proportion;
mod ratings;
mod scale;
mod smd;
mod spans;
mod undefined;

pub use abstention::{AbstentionRule, RiskPoint, Target, abstention_rule, risk_coverage};
pub use alpha::{Measure, krippendorff_alpha};
pub use bootstrap::{Clusters, Interval, Method, Plan, interval, resample};
pub use calibration::{Bin, Confidences, calibration_error, reliability_curve};
pub use conformal::{Coverage, Forecast, ScoreSets};
pub use correlation::{kendall_tau_b, pearson, spearman};
pub use error::{adjacent_agreement, exact_agreement, macro_f1, mean_absolute_error, root_mean_squared_error};
pub use groups::{Impact, Outcomes, SmallCells, above_median, impact_ratios};
pub use icc::{icc_1, icc_2_1, icc_3_k};
pub use kappa::{cohen_kappa, degradation, fleiss_kappa, linear_kappa, quadratic_kappa};
pub use neighbours::{Neighbours, Trust};
pub use ordinal::{Ordinal, Sign};
pub use pairs::{Pairs, Scored};
pub use prmse::prmse;
pub use proportion::wilson;
pub use ratings::Ratings;
pub use scale::Scale;
pub use smd::{Spread, standardised_mean_difference};
pub use spans::{Marks, Overlap, location_recall, mean_iou};
pub use undefined::Undefined;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod published;
