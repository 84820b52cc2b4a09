//! Whether two columns rise together: Pearson, Spearman, and Kendall's tau-b.

use super::alpha::mid_ranks;
use super::pairs::{all_equal, mean};
use super::{Pairs, Undefined};

/// Pearson's product-moment correlation.
///
/// ```text
/// r = sum (x - mean x)(y - mean y) / sqrt(sum (x - mean x)^2 * sum (y - mean y)^2)
/// ```
///
/// Range -1 to 1: at either end the points lie on a falling or rising line, 0 means no linear relation. It does not
/// see that one column is shifted or stretched.
///
/// Source: K. Pearson, "Note on regression and inheritance in the case of two parents", Proceedings of the Royal
/// Society of London 58 (1895) 240-242.
///
/// ```
/// use earmark::agreement::{Pairs, pearson};
///
/// let shifted = Pairs::new(vec![1.0, 2.0, 3.0], vec![3.0, 4.0, 5.0])?;
/// assert!(pearson(&shifted)? > 0.999_999);
/// # Ok::<(), earmark::agreement::Undefined>(())
/// ```
///
/// # Errors
/// [`Undefined::TooFew`] below two pairs, [`Undefined::AllEqual`] when a column does not vary.
pub fn pearson(pairs: &Pairs) -> Result<f64, Undefined> {
    both_vary(pairs)?;
    let (along, across) = (deviations(pairs.first()), deviations(pairs.second()));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    Ok(product(&along, &across).clamp(-1.0, 1.0))
}

/// Deviations from the mean, scaled to length one.
fn deviations(values: &[f64]) -> Vec<f64> {
    let mean = mean(values);
    let largest = values.iter().map(|value| (value - mean).abs()).fold(f64::MIN_POSITIVE, f64::max);
    let scaled: Vec<f64> = values.iter().map(|value| (value - mean) / largest).collect();
    let length = scaled.iter().map(|value| value * value).sum::<f64>().sqrt();
    scaled.into_iter().map(|value| value / length).collect()
}

fn both_vary(pairs: &Pairs) -> Result<(), Undefined> {
    Undefined::unless_enough("pairs", pairs.len(), 2)?;
    for (column, what) in
        [(pairs.first(), "the values of the first column"), (pairs.second(), "the values of the second column")]
    {
        if all_equal(column) {
            return Err(Undefined::AllEqual { what });
        }
    }
    Ok(())
}

/// Spearman's rank correlation: [`pearson`] of the ranks, equal values sharing the mean of their ranks.
///
/// Range -1 to 1: at either end one column always falls or rises with the other, 0 means no monotone relation.
///
/// Source: C. Spearman, "The proof and measurement of association between two things", American Journal of Psychology
/// 15 (1904) 72-101.
///
/// # Errors
/// As for [`pearson`].
pub fn spearman(pairs: &Pairs) -> Result<f64, Undefined> {
    both_vary(pairs)?;
    pearson(&Pairs::new(mid_ranks(pairs.first()), mid_ranks(pairs.second()))?)
}

/// Kendall's tau-b: of two items drawn at random, how much more often both columns put them in the same order than in
/// the opposite one, corrected for ties.
///
/// ```text
/// tau_b = (C - D) / sqrt((n0 - n1)(n0 - n2))
/// ```
///
/// with `C` concordant and `D` discordant pairs, `n0 = n (n - 1) / 2`, and `n1`, `n2` the pairs tied in either column.
///
/// Range -1 to 1: at either end all pairs are in opposite or the same order, ties included; 0 when neither prevails.
/// Computed in `n log n` by counting the exchanges of a merge sort.
///
/// Source: M. G. Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945) 239-251; W. R. Knight,
/// "A computer method for calculating Kendall's tau with ungrouped data", JASA 61 (1966) 436-439.
///
/// # Errors
/// As for [`pearson`].
pub fn kendall_tau_b(pairs: &Pairs) -> Result<f64, Undefined> {
    both_vary(pairs)?;
    let mut rows: Vec<(f64, f64)> = pairs.first().iter().copied().zip(pairs.second().iter().copied()).collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let tied_first = tied_pairs(&rows, |a, b| a.0.total_cmp(&b.0).is_eq());
    let tied_both = tied_pairs(&rows, |a, b| a.0.total_cmp(&b.0).is_eq() && a.1.total_cmp(&b.1).is_eq());
    let mut second: Vec<f64> = rows.into_iter().map(|row| row.1).collect();
    let mut spare = second.clone();
    let discordant = exchanges(&mut second, &mut spare);
    let tied_second = tied_pairs(&second, |a, b| a.total_cmp(b).is_eq());
    let all = choose_two(second.len());
    let lead = (all + tied_both) as f64 - (tied_first + tied_second + 2 * discordant) as f64;
    let tau = lead / ((all - tied_first) as f64).sqrt() / ((all - tied_second) as f64).sqrt();
    Ok(tau.clamp(-1.0, 1.0))
}

fn choose_two(n: usize) -> u64 {
    let n = n as u64;
    n * n.saturating_sub(1) / 2
}

/// Pairs that are equal, in a slice where equal values are neighbours.
fn tied_pairs<T>(sorted: &[T], equal: impl Fn(&T, &T) -> bool) -> u64 {
    sorted.chunk_by(|a, b| equal(a, b)).map(|tied| choose_two(tied.len())).sum()
}

/// Sorts and counts the pairs that stood in falling order.
fn exchanges(values: &mut [f64], spare: &mut [f64]) -> u64 {
    if values.len() < 2 {
        return 0;
    }
    let middle = values.len() / 2;
    let (left_spare, right_spare) = spare.split_at_mut(middle);
    let (left, right) = values.split_at_mut(middle);
    let mut count = exchanges(left, left_spare) + exchanges(right, right_spare);
    let (mut from_left, mut from_right) = (0, 0);
    for slot in spare.iter_mut() {
        let take_left = from_right == right.len()
            || (from_left < left.len() && left[from_left].total_cmp(&right[from_right]).is_le());
        if take_left {
            *slot = left[from_left];
            from_left += 1;
        } else {
            *slot = right[from_right];
            from_right += 1;
            count += (left.len() - from_left) as u64;
        }
    }
    values.copy_from_slice(spare);
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Correlation = fn(&Pairs) -> Result<f64, Undefined>;
    const ALL: [Correlation; 3] = [pearson, spearman, kendall_tau_b];

    #[test]
    fn a_column_that_does_not_vary_correlates_with_nothing() {
        for of in ALL {
            assert!(matches!(of(&Pairs::new(vec![1.0], vec![2.0]).unwrap()), Err(Undefined::TooFew { need: 2, .. })));
            let flat = of(&Pairs::new(vec![1.0, 2.0], vec![0.1, 0.1]).unwrap());
            assert_eq!(flat, Err(Undefined::AllEqual { what: "the values of the second column" }));
        }
    }

    #[test]
    fn values_too_large_to_square_still_correlate() {
        let large = Pairs::new(vec![1e200, 2e200, 4e200], vec![1e-200, 2e-200, 4e-200]).unwrap();
        assert!((pearson(&large).unwrap() - 1.0).abs() < 1e-12);
    }

    fn slow_tau_b(pairs: &Pairs) -> f64 {
        let (x, y) = (pairs.first(), pairs.second());
        let sign = |a: f64, b: f64| if a < b { -1.0 } else { f64::from(a > b) };
        let (mut lead, mut first, mut second) = (0.0, 0.0, 0.0);
        for i in 0..x.len() {
            for j in 0..i {
                let (a, b): (f64, f64) = (sign(x[i], x[j]), sign(y[i], y[j]));
                lead += a * b;
                first += a.abs();
                second += b.abs();
            }
        }
        lead / (first * second).sqrt()
    }

    fn columns() -> impl Strategy<Value = Pairs> {
        prop::collection::vec((0..6, 0..6), 2..40).prop_map(|rows| {
            let (a, b) = rows.into_iter().map(|(a, b)| (f64::from(a), f64::from(b))).unzip();
            Pairs::new(a, b).unwrap()
        })
    }

    proptest! {
        #[test]
        fn correlation_is_symmetric_bounded_and_turns_its_sign_with_a_column(pairs in columns()) {
            let turned = Pairs::new(pairs.second().iter().map(|x| -x).collect(), pairs.first().to_vec()).unwrap();
            for of in ALL {
                if let (Ok(a), Ok(b)) = (of(&pairs), of(&turned)) {
                    prop_assert!((-1.0..=1.0).contains(&a));
                    prop_assert!((a + b).abs() < 1e-12);
                }
            }
        }

        #[test]
        fn the_fast_tau_is_the_slow_tau(pairs in columns()) {
            if let Ok(tau) = kendall_tau_b(&pairs) {
                prop_assert!((tau - slow_tau_b(&pairs)).abs() < 1e-12);
            }
        }

        #[test]
        fn rank_correlations_only_know_the_order(pairs in columns()) {
            let stretched = Pairs::new(pairs.first().iter().map(|x| x.exp()).collect(), pairs.second().to_vec()).unwrap();
            prop_assert_eq!(spearman(&pairs), spearman(&stretched));
            prop_assert_eq!(kendall_tau_b(&pairs), kendall_tau_b(&stretched));
        }
    }
}
