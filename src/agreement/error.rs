//! How far apart two raters' scores are, in points of the scale.

use super::{Pairs, Scored, Undefined};

/// Mean absolute error: `mean |x - y|`.
///
/// Range 0 (no difference) upwards, in points of the scale.
/// Source: C. J. Willmott and K. Matsuura, Climate Research 30 (2005) 79-82.
///
/// # Errors
/// [`Undefined::NotFinite`] when values are so large that the mean overflows.
pub fn mean_absolute_error(pairs: &Pairs) -> Result<f64, Undefined> {
    mean_of(pairs, f64::abs)
}

/// Root mean squared error: `sqrt(mean (x - y)^2)`. Large errors weigh more than in [`mean_absolute_error`], which it
/// is never below.
///
/// Range 0 (no difference) upwards, in points of the scale. Source: as for [`mean_absolute_error`].
///
/// ```
/// use earmark::agreement::{Pairs, root_mean_squared_error};
///
/// let pairs = Pairs::new(vec![1.0, 2.0], vec![1.0, 4.0])?;
/// assert_eq!(root_mean_squared_error(&pairs), Ok(2.0_f64.sqrt()));
/// # Ok::<(), earmark::agreement::Undefined>(())
/// ```
///
/// # Errors
/// [`Undefined::NotFinite`] when values are so large that the mean overflows.
pub fn root_mean_squared_error(pairs: &Pairs) -> Result<f64, Undefined> {
    Ok(mean_of(pairs, |difference| difference * difference)?.sqrt())
}

fn mean_of(pairs: &Pairs, of: impl Fn(f64) -> f64) -> Result<f64, Undefined> {
    let differences = pairs.first().iter().zip(pairs.second()).map(|(x, y)| of(x - y));
    let mean = differences.sum::<f64>() / pairs.len() as f64;
    if mean.is_finite() { Ok(mean) } else { Err(Undefined::NotFinite { at: 0 }) }
}

/// Exact agreement: the share of items with equal scores.
///
/// Range 0 (none) to 1 (all). Chance alone gives much of it on a short scale; read it beside kappa.
/// Source: Williamson, Xi and Breyer 2012 (see [`super::quadratic_kappa`]).
#[must_use]
pub fn exact_agreement(scored: &Scored) -> f64 {
    share_within(scored, 0)
}

/// Adjacent agreement: the share of items whose scores are equal or next to each other, as automated scoring reports
/// it (some authors leave the equal ones out).
///
/// Range 0 (none) to 1 (all), never below [`exact_agreement`]. Source: as there.
#[must_use]
pub fn adjacent_agreement(scored: &Scored) -> f64 {
    share_within(scored, 1)
}

fn share_within(scored: &Scored, levels: u32) -> f64 {
    let pairs = scored.first().iter().zip(scored.second());
    pairs.filter(|(a, b)| a.abs_diff(**b) <= levels).count() as f64 / scored.len() as f64
}

/// Macro-averaged F1: the mean over the levels of `2 tp / (2 tp + fp + fn)`, the first column taken for the truth. A level
/// that neither column has is left out; one that only one of them has counts 0.
///
/// Range 0 (no level is ever met) to 1. Unlike exact agreement it does not rise when only the most frequent level is given.
///
/// Source: as `f1_score(average="macro")` of scikit-learn.
///
/// ```
/// use earmark::agreement::{Scale, Scored, macro_f1};
///
/// let scored = Scored::new(Scale::new(1, 2)?, vec![1, 1, 2, 2], vec![1, 2, 2, 2])?;
/// assert!((macro_f1(&scored) - (2.0 / 3.0 + 0.8) / 2.0).abs() < 1e-12);
/// # Ok::<(), earmark::agreement::Undefined>(())
/// ```
#[must_use]
pub fn macro_f1(scored: &Scored) -> f64 {
    let table = scored.confusion();
    let levels = table.len();
    let of = |level: usize| {
        let given: usize = table[level].iter().sum();
        let said: usize = (0..levels).map(|row| table[row][level]).sum();
        (given + said > 0).then(|| 2.0 * table[level][level] as f64 / (given + said) as f64)
    };
    // Both columns have a score, so there is a level at least.
    let each: Vec<f64> = (0..levels).filter_map(of).collect();
    each.iter().sum::<f64>() / each.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::super::Scale;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn adjacent_includes_exact() {
        let scored = Scored::new(Scale::new(1, 5).unwrap(), vec![1, 2, 3, 4], vec![1, 3, 5, 4]).unwrap();
        assert_eq!((exact_agreement(&scored), adjacent_agreement(&scored)), (0.5, 0.75));
    }

    #[test]
    fn an_error_that_overflows_is_not_a_number() {
        let far = Pairs::new(vec![f64::MAX], vec![f64::MIN]).unwrap();
        assert_eq!(mean_absolute_error(&far), Err(Undefined::NotFinite { at: 0 }));
    }

    proptest! {
        #[test]
        fn squares_never_weigh_less(rows in prop::collection::vec((-9.0..9.0, -9.0..9.0), 1..30)) {
            let (a, b): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
            let pairs = Pairs::new(a.clone(), b.clone()).unwrap();
            let (mae, rmse) = (mean_absolute_error(&pairs).unwrap(), root_mean_squared_error(&pairs).unwrap());
            prop_assert!(mae >= 0.0 && rmse >= mae - 1e-12);
            prop_assert_eq!(Ok(mae), mean_absolute_error(&Pairs::new(b, a).unwrap()));
        }
    }
}
