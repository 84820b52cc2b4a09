//! Whether stated confidence is kept: the reliability curve and the expected calibration error.

use super::Undefined;
use super::pairs::{finite, mean};
use serde::{Deserialize, Serialize};

/// How sure the machine was of each item, from 0 to 1, and whether it was right. Never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Confidences {
    sure: Vec<f64>,
    right: Vec<bool>,
}

impl Confidences {
    /// Confidence and outcome, item by item.
    ///
    /// # Errors
    /// [`Undefined::LengthsDiffer`], [`Undefined::TooFew`] for none, [`Undefined::NotFinite`],
    /// [`Undefined::OutOfRange`] for a confidence outside 0 to 1.
    pub fn new(sure: Vec<f64>, right: Vec<bool>) -> Result<Self, Undefined> {
        Undefined::unless_same_length(sure.len(), right.len())?;
        Undefined::unless_enough("items", sure.len(), 1)?;
        let sure = finite(sure)?;
        for value in &sure {
            Undefined::unless_within("a confidence", *value, 0.0, 1.0)?;
        }
        Ok(Self { sure, right })
    }

    /// How many items there are; at least one.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.sure.len()
    }

    /// The items at `rows`, in that order, as often as each is named: what a resample is made of.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] when `rows` is empty.
    ///
    /// # Panics
    /// When a row is past the end.
    pub fn at(&self, rows: &[usize]) -> Result<Self, Undefined> {
        Undefined::unless_enough("items", rows.len(), 1)?;
        let sure = rows.iter().map(|row| self.sure[*row]).collect();
        Ok(Self { sure, right: rows.iter().map(|row| self.right[*row]).collect() })
    }

    /// Confidence and outcome of each item, the surest first.
    pub(super) fn surest_first(&self) -> Vec<(f64, bool)> {
        let mut items: Vec<(f64, bool)> = self.sure.iter().copied().zip(self.right.iter().copied()).collect();
        items.sort_by(|a, b| b.0.total_cmp(&a.0));
        items
    }
}

/// The items whose confidence lies above `low` and up to `high`; the first bin holds 0 as well.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Where the bin begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
    /// How many items it holds; at least one.
    pub items: usize,
    /// Their mean confidence.
    pub confidence: f64,
    /// How many of them were right.
    pub right: usize,
}

impl Bin {
    /// The share that was right, 0 to 1. [`super::wilson`] gives its interval.
    #[must_use]
    pub fn share_right(&self) -> f64 {
        self.right as f64 / self.items as f64
    }
}

/// The reliability curve: what was right in bins of equal width of confidence. Empty bins are left out.
///
/// On the diagonal (share right = confidence) confidence is kept; below it the machine is too sure, above it too shy.
///
/// Source: M. H. DeGroot and S. E. Fienberg, "The comparison and evaluation of forecasters", The Statistician 32 (1983)
/// 12-22; bins as scikit-learn's `calibration_curve`.
///
/// # Errors
/// [`Undefined::TooFew`] without bins.
pub fn reliability_curve(of: &Confidences, bins: usize) -> Result<Vec<Bin>, Undefined> {
    Undefined::unless_enough("bins", bins, 1)?;
    let edge = |number: usize| number as f64 / bins as f64;
    let inner: Vec<f64> = (1..bins).map(edge).collect();
    let mut members: Vec<Vec<usize>> = vec![vec![]; bins];
    for (item, sure) in of.sure.iter().enumerate() {
        members[inner.partition_point(|edge| edge < sure)].push(item);
    }
    let filled = members.into_iter().enumerate().filter(|(_, items)| !items.is_empty());
    Ok(filled
        .map(|(number, items)| Bin {
            low: edge(number),
            high: edge(number + 1),
            items: items.len(),
            confidence: mean(&items.iter().map(|item| of.sure[*item]).collect::<Vec<_>>()),
            right: items.iter().filter(|item| of.right[**item]).count(),
        })
        .collect())
}

/// Expected calibration error: the mean distance of the reliability curve from the diagonal, bins weighted by items.
///
/// ```text
/// ECE = sum_b n_b / n  |right_b - confidence_b|
/// ```
///
/// Range 0 to 1: 0 means that confidence is kept in every bin, 1 that all was wrong with full confidence or right with
/// none. It depends on the bins, and in small sets it is above 0 by chance alone: say both, and read it with its interval.
///
/// Source: M. P. Naeini, G. F. Cooper and M. Hauskrecht, AAAI 2015, 2901-2907; C. Guo, G. Pleiss, Y. Sun and K. Q.
/// Weinberger, "On calibration of modern neural networks", ICML 2017.
///
/// ```
/// use earmark::agreement::{Confidences, calibration_error};
///
/// let half_right = Confidences::new(vec![0.75, 0.75], vec![true, false])?;
/// assert_eq!(calibration_error(&half_right, 10), Ok(0.25));
/// # Ok::<(), earmark::agreement::Undefined>(())
/// ```
///
/// # Errors
/// [`Undefined::TooFew`] without bins.
pub fn calibration_error(of: &Confidences, bins: usize) -> Result<f64, Undefined> {
    let curve = reliability_curve(of, bins)?;
    let gaps = curve.iter().map(|bin| (bin.right as f64 - bin.items as f64 * bin.confidence).abs());
    Ok(gaps.sum::<f64>() / of.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn confidence_is_a_probability() {
        assert!(matches!(Confidences::new(vec![1.1], vec![true]), Err(Undefined::OutOfRange { .. })));
        assert!(matches!(Confidences::new(vec![f64::NAN], vec![true]), Err(Undefined::NotFinite { at: 0 })));
        assert!(matches!(Confidences::new(vec![], vec![]), Err(Undefined::TooFew { .. })));
    }

    #[test]
    fn an_edge_belongs_to_the_bin_below() {
        let of = Confidences::new(vec![0.0, 0.5, 0.51, 1.0], vec![true; 4]).unwrap();
        let counts: Vec<usize> = reliability_curve(&of, 2).unwrap().iter().map(|bin| bin.items).collect();
        assert_eq!(counts, [2, 2]);
    }

    #[test]
    fn being_surely_wrong_is_the_worst() {
        let wrong = Confidences::new(vec![1.0, 1.0], vec![false, false]).unwrap();
        assert_eq!(calibration_error(&wrong, 10), Ok(1.0));
        assert!(calibration_error(&wrong, 0).is_err());
    }

    proptest! {
        #[test]
        fn every_item_is_in_one_bin_and_the_error_is_a_share(
            items in prop::collection::vec((0.0..=1.0, any::<bool>()), 1..50), bins in 1_usize..20
        ) {
            let (sure, right) = items.into_iter().unzip();
            let of = Confidences::new(sure, right).unwrap();
            let curve = reliability_curve(&of, bins).unwrap();
            prop_assert_eq!(curve.iter().map(|bin| bin.items).sum::<usize>(), of.len());
            prop_assert!(curve.iter().all(|bin| (bin.low - 1e-12..=bin.high + 1e-12).contains(&bin.confidence)));
            prop_assert!((0.0..=1.0).contains(&calibration_error(&of, bins).unwrap()));
        }
    }
}
