//! Krippendorff's alpha: agreement of any number of raters, with scores missing, on nominal, ordinal or interval scales.

use super::pairs::{all_equal, sum_of_squares};
use super::{Ratings, Undefined};
use serde::Serialize;

/// What a difference between two scores means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Scores are names: they are equal or not.
    Nominal,
    /// Scores have an order: a difference counts the scores given in between.
    Ordinal,
    /// Scores are numbers: a difference counts with its square.
    Interval,
}

/// Krippendorff's alpha over the items with at least two scores.
///
/// ```text
/// alpha = 1 - D_o / D_e
/// D_o = 1/n   sum over items of  1/(m_u - 1) sum over ordered pairs within the item of d(c, k)^2
/// D_e = 1/(n (n - 1))   sum over ordered pairs of all n values of d(c, k)^2
/// ```
///
/// with `d^2` = 1 for any difference (nominal), the squared difference of the mid-ranks (ordinal, which is
/// Krippendorff's sum of frequencies between `c` and `k` less half of their own), or `(c - k)^2` (interval).
///
/// Range: 1 is full agreement, 0 what chance gives, below 0 systematic disagreement, at least -1 for any table in
/// which each item has two scores. Krippendorff asks for .80, and takes .667 for tentative conclusions.
///
/// Source: K. Krippendorff, "Computing Krippendorff's alpha-reliability" (2011), and "Content Analysis" (4th ed. 2019)
/// chapter 12.
///
/// ```
/// use earmark::agreement::{Measure, Ratings, krippendorff_alpha};
///
/// let two_raters = Ratings::new(&[vec![Some(1.0), Some(1.0)], vec![Some(2.0), Some(2.0)], vec![Some(5.0), None]])?;
/// assert_eq!(krippendorff_alpha(&two_raters, Measure::Ordinal), Ok(1.0));
/// # Ok::<(), earmark::agreement::Undefined>(())
/// ```
///
/// # Errors
/// [`Undefined::OneRater`] when no item has two scores, [`Undefined::AllEqual`] when the items that have two or more
/// hold one and the same score.
pub fn krippendorff_alpha(ratings: &Ratings, measure: Measure) -> Result<f64, Undefined> {
    let mut values = Vec::new();
    let mut sizes = Vec::new();
    for item in ratings.rows().filter(|item| item.len() > 1) {
        values.extend_from_slice(item);
        sizes.push(item.len());
    }
    if sizes.is_empty() {
        return Err(Undefined::OneRater);
    }
    if all_equal(&values) {
        return Err(Undefined::AllEqual { what: "the scores of items with two raters" });
    }
    Ok(match measure {
        Measure::Nominal => one_less_ratio(&values, &sizes, unequal),
        Measure::Ordinal => one_less_ratio(&mid_ranks(&values), &sizes, squared),
        Measure::Interval => one_less_ratio(&values, &sizes, squared),
    })
}

/// One less observed over expected difference. `over_pairs` sums the differences over ordered pairs of values; `sizes`
/// says how many of the values each item has.
fn one_less_ratio(values: &[f64], sizes: &[usize], over_pairs: fn(&[f64]) -> f64) -> f64 {
    let (mut observed, mut rest) = (0.0, values);
    for size in sizes {
        let (item, others) = rest.split_at(*size);
        observed += over_pairs(item) / (*size as f64 - 1.0);
        rest = others;
    }
    1.0 - (values.len() as f64 - 1.0) * observed / over_pairs(values)
}

/// The ordered pairs of unequal values.
fn unequal(values: &[f64]) -> f64 {
    (values.len() * (values.len() - 1) - equal_pairs(values)) as f64
}

/// The squared differences over ordered pairs.
fn squared(values: &[f64]) -> f64 {
    if all_equal(values) { 0.0 } else { 2.0 * values.len() as f64 * sum_of_squares(values) }
}

/// The ordered pairs of equal values.
pub(super) fn equal_pairs(values: &[f64]) -> usize {
    runs(&sorted(values)).map(|equal| equal.len() * (equal.len() - 1)).sum()
}

/// The rank of each value from 1, equal values sharing the mean of their ranks.
pub(super) fn mid_ranks(values: &[f64]) -> Vec<f64> {
    let sorted = sorted(values);
    let (mut before, mut distinct, mut ranks) = (0, Vec::new(), Vec::new());
    for equal in runs(&sorted) {
        distinct.push(equal[0]);
        ranks.push(f64::midpoint((before + 1) as f64, (before + equal.len()) as f64));
        before += equal.len();
    }
    let rank = |value: &f64| ranks[distinct.partition_point(|known| known < value)];
    values.iter().map(rank).collect()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// Sorted values, taken apart where they change.
fn runs(sorted: &[f64]) -> impl Iterator<Item = &[f64]> {
    sorted.chunk_by(|a, b| a.total_cmp(b).is_eq())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MEASURES: [Measure; 3] = [Measure::Nominal, Measure::Ordinal, Measure::Interval];

    #[test]
    fn one_rater_cannot_agree() {
        let alone = Ratings::new(&[vec![Some(1.0), None], vec![None, Some(2.0)]]).unwrap();
        assert_eq!(krippendorff_alpha(&alone, Measure::Nominal), Err(Undefined::OneRater));
    }

    #[test]
    fn scores_that_nobody_else_gave_an_opinion_on_do_not_count() {
        let flat = Ratings::new(&[vec![Some(1.0), Some(1.0)], vec![Some(4.0), None]]).unwrap();
        assert!(matches!(krippendorff_alpha(&flat, Measure::Interval), Err(Undefined::AllEqual { .. })));
    }

    fn tables() -> impl Strategy<Value = Vec<Vec<Option<f64>>>> {
        let cell = prop::option::weighted(0.8, (0..5).prop_map(f64::from));
        prop::collection::vec(prop::collection::vec(cell, 3), 1..20)
    }

    proptest! {
        #[test]
        fn alpha_is_at_most_one_and_knows_no_order_of_raters_or_items(rows in tables()) {
            for measure in MEASURES {
                let alpha = krippendorff_alpha(&Ratings::new(&rows).unwrap(), measure);
                let mut turned: Vec<_> = rows.iter().map(|row| row.iter().rev().copied().collect::<Vec<_>>()).collect();
                turned.reverse();
                match (alpha, krippendorff_alpha(&Ratings::new(&turned).unwrap(), measure)) {
                    (Ok(a), Ok(b)) => prop_assert!(a <= 1.0 && (a - b).abs() < 1e-12),
                    (a, b) => prop_assert_eq!(a, b),
                }
            }
        }

        #[test]
        fn ordinal_alpha_only_knows_the_order_and_interval_alpha_only_the_spacing(rows in tables()) {
            let mapped = |f: fn(f64) -> f64| {
                let rows: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(|cell| cell.map(f)).collect()).collect();
                Ratings::new(&rows).unwrap()
            };
            let ordinal = |f| krippendorff_alpha(&mapped(f), Measure::Ordinal);
            prop_assert_eq!(ordinal(|x| x), ordinal(f64::exp));
            let interval = |f| krippendorff_alpha(&mapped(f), Measure::Interval);
            if let (Ok(plain), Ok(moved)) = (interval(|x| x), interval(|x| 3.0 - 2.0 * x)) {
                prop_assert!((plain - moved).abs() < 1e-12);
            }
        }
    }
}
