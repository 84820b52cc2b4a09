//! PRMSE: how well the machine predicts the true scores behind people's noisy ones.

use super::pairs::{all_equal, mean, sum_of_squares};
use super::{Ratings, Undefined, pairs};

/// Proportional reduction in mean squared error when the machine predicts true scores.
///
/// ```text
/// V_e   = sum_i sum_j (h_ij - mean_i)^2 / sum_i (c_i - 1)                        errors of people
/// V_t   = (sum_i c_i (mean_i - mean)^2 - (N - 1) V_e) / (C - sum_i c_i^2 / C)    true scores
/// MSE   = (sum_i c_i (mean_i - machine_i)^2 - N V_e) / C                         machine against true scores
/// PRMSE = 1 - MSE / V_t
/// ```
///
/// over the `N` items with at least one score of a person, `c_i` of them on item `i` and `C` in all. At least one item
/// needs two: the disagreement there says how noisy people are.
///
/// Range: 1 means that true scores are predicted without error, 0 no better than their mean, below 0 worse. Being an
/// estimate, it can come out above 1 in small sets. Unlike kappa it does not fall when people are noisy.
///
/// Source: A. Loukina, N. Madnani, A. Cahill, L. Yao, M. S. Johnson, B. Riordan and D. F. McCaffrey, "Using PRMSE to
/// evaluate automated scoring systems in the presence of label noise", BEA 2020; as `prmse_true` of ETS's `rsmtool`.
///
/// ```
/// use earmark::agreement::{Ratings, prmse};
///
/// let people = Ratings::new(&[vec![Some(1.0), Some(1.0)], vec![Some(3.0), Some(3.0)], vec![Some(5.0), None]])?;
/// assert_eq!(prmse(&[1.0, 3.0, 5.0], &people), Ok(1.0));
/// # Ok::<(), earmark::agreement::Undefined>(())
/// ```
///
/// # Errors
/// [`Undefined::LengthsDiffer`], [`Undefined::NotFinite`], [`Undefined::OneRater`] when no item has two scores,
/// [`Undefined::TooFew`] with fewer than two scored items, [`Undefined::NoTrueVariance`].
pub fn prmse(machine: &[f64], people: &Ratings) -> Result<f64, Undefined> {
    Undefined::unless_same_length(machine.len(), people.items())?;
    let machine = pairs::finite(machine.to_vec())?;
    let items: Vec<(f64, &[f64])> = machine.into_iter().zip(people.rows()).filter(|(_, row)| !row.is_empty()).collect();
    Undefined::unless_enough("items with a person's score", items.len(), 2)?;
    let noise = error_variance(&items)?;
    let all: Vec<f64> = items.iter().flat_map(|(_, row)| row.iter().copied()).collect();
    let (n, scores, middle) = (items.len() as f64, all.len() as f64, mean(&all));
    let weighted = |from: &dyn Fn(f64) -> f64| -> f64 {
        items.iter().map(|(score, row)| row.len() as f64 * (mean(row) - from(*score)).powi(2)).sum()
    };
    let squared_counts: f64 = items.iter().map(|(_, row)| (row.len() as f64).powi(2)).sum();
    let between = weighted(&|_| middle);
    let excess = between - (n - 1.0) * noise;
    // What rounding leaves of a difference is no variance.
    if excess <= 1e-12 * between || all_equal(&all) {
        return Err(Undefined::NoTrueVariance);
    }
    let true_variance = excess / (scores - squared_counts / scores);
    let error = (weighted(&|score| score) - n * noise) / scores;
    Ok(1.0 - error / true_variance)
}

/// The variance of people's errors, from the items that two or more of them scored.
fn error_variance(items: &[(f64, &[f64])]) -> Result<f64, Undefined> {
    let several = || items.iter().map(|(_, row)| row).filter(|row| row.len() > 1);
    let degrees: usize = several().map(|row| row.len() - 1).sum();
    if degrees == 0 {
        return Err(Undefined::OneRater);
    }
    Ok(several().map(|row| sum_of_squares(row)).sum::<f64>() / degrees as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_does_not_say_how_noisy_people_are() {
        let alone = Ratings::new(&[vec![Some(1.0), None], vec![None, Some(2.0)]]).unwrap();
        assert_eq!(prmse(&[1.0, 2.0], &alone), Err(Undefined::OneRater));
    }

    #[test]
    fn noise_alone_has_no_true_scores() {
        let noise = Ratings::new(&[vec![Some(1.0), Some(3.0)], vec![Some(3.0), Some(1.0)]]).unwrap();
        assert_eq!(prmse(&[1.0, 2.0], &noise), Err(Undefined::NoTrueVariance));
        let flat = Ratings::new(&[vec![Some(0.1), Some(0.1)], vec![Some(0.1), Some(0.1)]]).unwrap();
        assert_eq!(prmse(&[1.0, 2.0], &flat), Err(Undefined::NoTrueVariance));
    }

    #[test]
    fn items_that_no_person_scored_do_not_count() {
        let rows = vec![vec![Some(1.0), Some(2.0)], vec![Some(4.0), Some(5.0)]];
        let with_gap = [rows.clone(), vec![vec![None, None]]].concat();
        let without = prmse(&[1.0, 5.0], &Ratings::new(&rows).unwrap());
        assert_eq!(prmse(&[1.0, 5.0, 9.0], &Ratings::new(&with_gap).unwrap()), without);
    }

    #[test]
    fn the_machine_must_score_every_item() {
        let people = Ratings::new(&[vec![Some(1.0), Some(2.0)]]).unwrap();
        assert!(matches!(prmse(&[], &people), Err(Undefined::LengthsDiffer { .. })));
        assert!(matches!(prmse(&[f64::NAN], &people), Err(Undefined::NotFinite { at: 0 })));
    }
}
