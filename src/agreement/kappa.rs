//! Agreement beyond chance: Cohen's kappa, plain and weighted, Fleiss' kappa, and degradation from human-human.

use super::alpha::equal_pairs;
use super::pairs::all_equal;
use super::{Ratings, Scale, Scored, Undefined};

/// Cohen's kappa: every disagreement counts the same.
///
/// ```text
/// kappa = (p_o - p_e) / (1 - p_e)
/// ```
///
/// with `p_o` the share of equal scores and `p_e` the share expected of two raters who keep their own distributions
/// of scores and otherwise know nothing of the item.
///
/// Range -1 to 1: 1 is full agreement, 0 what chance gives, below 0 less than chance.
/// Undefined ([`Undefined::AllEqual`]) when both raters give every item one and the same score.
///
/// Source: J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20
/// (1960) 37-46.
///
/// # Errors
/// [`Undefined`] as said above.
pub fn cohen_kappa(scored: &Scored) -> Result<f64, Undefined> {
    weighted(scored, |distance| u64::from(distance > 0))
}

/// Linearly weighted kappa: a disagreement counts as many times as levels lie between the scores.
///
/// ```text
/// kappa = 1 - sum |i - j| O_ij / sum |i - j| E_ij
/// ```
///
/// with `O_ij` the items scored `i` by the first and `j` by the second rater, and `E_ij` the number expected from the
/// margins. Range and undefined cases as for [`cohen_kappa`].
///
/// Source: J. Cohen, "Weighted kappa", Psychological Bulletin 70 (1968) 213-220; linear weights: D. V. Cicchetti and
/// T. Allison, American Journal of EEG Technology 11 (1971) 101-110.
///
/// # Errors
/// [`Undefined::AllEqual`] when both raters give every item one and the same score.
pub fn linear_kappa(scored: &Scored) -> Result<f64, Undefined> {
    weighted(scored, |distance| distance)
}

/// Quadratically weighted kappa: a disagreement counts with the square of the levels between the scores. The pass line
/// of automated scoring is .70.
///
/// ```text
/// kappa = 1 - sum (i - j)^2 O_ij / sum (i - j)^2 E_ij
///       = 2 cov(x, y) / (var(x) + var(y) + (mean(x) - mean(y))^2)
/// ```
///
/// Range and undefined cases as for [`cohen_kappa`]. One rater with a single score throughout gives exactly 0 as long
/// as the other differs somewhere.
///
/// Source: Cohen 1968 (see [`linear_kappa`]); pass line: D. M. Williamson, X. Xi and F. J. Breyer, "A framework for
/// evaluation and use of automated scoring", Educational Measurement: Issues and Practice 31(1) (2012) 2-13.
///
/// ```
/// use earmark::agreement::{Scale, Scored, quadratic_kappa};
///
/// let people_and_machine = Scored::new(Scale::new(1, 3)?, vec![1, 2, 3, 3], vec![1, 2, 2, 3])?;
/// assert_eq!(quadratic_kappa(&people_and_machine), Ok(0.8));
/// # Ok::<(), earmark::agreement::Undefined>(())
/// ```
///
/// # Errors
/// [`Undefined::AllEqual`] when both raters give every item one and the same score.
pub fn quadratic_kappa(scored: &Scored) -> Result<f64, Undefined> {
    weighted(scored, |distance| distance * distance)
}

/// One minus observed over expected disagreement, counted in whole numbers so that only the last step rounds.
fn weighted(scored: &Scored, cost: impl Fn(u64) -> u64) -> Result<f64, Undefined> {
    let both = scored.first().iter().zip(scored.second());
    let disagreement: u128 = both.map(|(a, b)| u128::from(cost(u64::from(a.abs_diff(*b))))).sum();
    let (first, second) = (margin(scored.scale(), scored.first()), margin(scored.scale(), scored.second()));
    let mut expected = 0_u128;
    for (i, a) in first.iter().enumerate().filter(|(_, count)| **count > 0) {
        let of_level: u128 = second.iter().enumerate().map(|(j, b)| b * u128::from(cost(i.abs_diff(j) as u64))).sum();
        expected += a * of_level;
    }
    if expected == 0 {
        return Err(Undefined::AllEqual { what: "the scores of both raters" });
    }
    let observed = disagreement * scored.len() as u128;
    let (more, sign) = if observed > expected { (observed - expected, -1.0) } else { (expected - observed, 1.0) };
    Ok(sign * (more as f64) / (expected as f64))
}

/// How often each level is given.
fn margin(scale: Scale, scores: &[i32]) -> Vec<u128> {
    let mut counts = vec![0; scale.levels()];
    for score in scores {
        counts[(score - scale.min()) as usize] += 1;
    }
    counts
}

/// Fleiss' kappa: many raters, the same number for each item but not the same people; scores are names without order.
///
/// ```text
/// kappa = (P - P_e) / (1 - P_e),  P = mean_i sum_j n_ij (n_ij - 1) / (m (m - 1)),  P_e = sum_j p_j^2
/// ```
///
/// with `n_ij` the raters who gave item `i` the score `j`, `m` the raters per item, `p_j` the share of score `j`.
///
/// Range: 1 is full agreement, 0 what chance gives, the least is -1 / (m - 1). Missing cells are allowed as long as
/// each item has the same number of scores.
///
/// Source: J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76 (1971)
/// 378-382.
///
/// # Errors
/// [`Undefined::Unbalanced`] when items have different numbers of scores, [`Undefined::OneRater`] when they have one,
/// [`Undefined::AllEqual`] when there is only one score throughout.
pub fn fleiss_kappa(ratings: &Ratings) -> Result<f64, Undefined> {
    let per_item = ratings.rows().next().map_or(0, <[f64]>::len);
    if let Some(at) = ratings.rows().position(|row| row.len() != per_item) {
        let have = ratings.rows().nth(at).map_or(0, <[f64]>::len);
        return Err(Undefined::Unbalanced { at, have, need: per_item });
    }
    if per_item < 2 {
        return Err(Undefined::OneRater);
    }
    let all = ratings.rows().collect::<Vec<_>>().concat();
    if all_equal(&all) {
        return Err(Undefined::AllEqual { what: "the scores of all raters" });
    }
    let n = all.len() as f64;
    let seen = ratings.rows().map(equal_pairs).sum::<usize>() as f64 / (n * (per_item as f64 - 1.0));
    // A value is paired with itself as well here, since both of two draws may be the same one.
    let by_chance = (equal_pairs(&all) + all.len()) as f64 / (n * n);
    Ok((seen - by_chance) / (1.0 - by_chance))
}

/// Degradation from human-human: how much less the machine agrees with people than people with each other.
///
/// ```text
/// degradation = QWK(human, human) - QWK(human, machine)
/// ```
///
/// Range -2 to 2: 0 or below means that the machine agrees with people at least as well as they with each other; the
/// pass line is at most .10. Both must be on one scale, and should be of the same items.
///
/// Source: Williamson, Xi and Breyer 2012 (see [`quadratic_kappa`]). `rsmtool` reports the same number with the
/// opposite sign.
///
/// # Errors
/// [`Undefined::ScalesDiffer`], or what makes either kappa undefined.
pub fn degradation(human_human: &Scored, human_machine: &Scored) -> Result<f64, Undefined> {
    if human_human.scale() != human_machine.scale() {
        return Err(Undefined::ScalesDiffer);
    }
    Ok(quadratic_kappa(human_human)? - quadratic_kappa(human_machine)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scored(first: Vec<i32>, second: Vec<i32>) -> Scored {
        Scored::new(Scale::new(1, 5).unwrap(), first, second).unwrap()
    }

    #[test]
    fn two_raters_who_only_ever_say_the_same_have_no_kappa() {
        let same = scored(vec![3, 3], vec![3, 3]);
        let why = quadratic_kappa(&same).unwrap_err();
        assert_eq!(
            why.to_string(),
            "the scores of both raters are all equal, so there is nothing to agree or differ about"
        );
        assert_eq!(cohen_kappa(&same), Err(why));
    }

    #[test]
    fn a_rater_with_one_score_throughout_agrees_as_chance_does() {
        let flat = scored(vec![1, 2, 3], vec![2, 2, 2]);
        assert_eq!((cohen_kappa(&flat), linear_kappa(&flat), quadratic_kappa(&flat)), (Ok(0.0), Ok(0.0), Ok(0.0)));
    }

    #[test]
    fn opposite_raters_have_minus_one() {
        assert_eq!(quadratic_kappa(&scored(vec![1, 5], vec![5, 1])), Ok(-1.0));
    }

    #[test]
    fn fleiss_needs_the_same_number_of_scores_for_each_item() {
        let table = |rows: &[Vec<Option<f64>>]| fleiss_kappa(&Ratings::new(rows).unwrap());
        let uneven = table(&[vec![Some(1.0), Some(1.0)], vec![Some(1.0), None]]);
        assert_eq!(uneven, Err(Undefined::Unbalanced { at: 1, have: 1, need: 2 }));
        assert_eq!(table(&[vec![Some(1.0)], vec![Some(2.0)]]), Err(Undefined::OneRater));
        assert!(matches!(table(&[vec![Some(1.0), Some(1.0)]]), Err(Undefined::AllEqual { .. })));
        let other_people = table(&[vec![Some(1.0), Some(1.0), None], vec![None, Some(2.0), Some(2.0)]]);
        assert_eq!(other_people, Ok(1.0));
    }

    #[test]
    fn degradation_is_what_the_machine_loses() {
        let (people, machine) = (scored(vec![1, 2, 3], vec![1, 2, 3]), scored(vec![1, 2, 3], vec![2, 2, 2]));
        assert_eq!(degradation(&people, &machine), Ok(1.0));
        let wider = Scored::new(Scale::new(0, 5).unwrap(), vec![1], vec![2]).unwrap();
        assert_eq!(degradation(&people, &wider), Err(Undefined::ScalesDiffer));
    }

    fn two_raters() -> impl Strategy<Value = (Vec<i32>, Vec<i32>)> {
        prop::collection::vec((1..=5, 1..=5), 1..40).prop_map(|pairs| pairs.into_iter().unzip())
    }

    proptest! {
        #[test]
        fn kappa_lies_between_its_ends_and_does_not_know_who_is_first((a, b) in two_raters()) {
            for kappa in [cohen_kappa, linear_kappa, quadratic_kappa] {
                let value = kappa(&scored(a.clone(), b.clone()));
                prop_assert_eq!(&value, &kappa(&scored(b.clone(), a.clone())));
                if let Ok(value) = value {
                    prop_assert!((-1.0..=1.0).contains(&value));
                }
            }
        }

        #[test]
        fn kappa_does_not_change_when_the_scale_is_turned_round((a, b) in two_raters()) {
            let turned = |scores: &[i32]| scores.iter().map(|score| 6 - score).collect();
            for kappa in [cohen_kappa, linear_kappa, quadratic_kappa] {
                prop_assert_eq!(kappa(&scored(a.clone(), b.clone())), kappa(&scored(turned(&a), turned(&b))));
            }
        }

        #[test]
        fn levels_that_nobody_gives_change_nothing((a, b) in two_raters()) {
            let wide = Scored::new(Scale::new(-20, 20).unwrap(), a.clone(), b.clone()).unwrap();
            prop_assert_eq!(quadratic_kappa(&wide), quadratic_kappa(&scored(a, b)));
        }

        #[test]
        fn quadratic_kappa_is_the_concordance_of_the_numbers((a, b) in two_raters()) {
            if let Ok(kappa) = quadratic_kappa(&scored(a.clone(), b.clone())) {
                let n = a.len() as f64;
                let mean = |of: &[i32]| of.iter().map(|x| f64::from(*x)).sum::<f64>() / n;
                let cross = |p: &[i32], q: &[i32]| {
                    p.iter().zip(q).map(|(x, y)| (f64::from(*x) - mean(p)) * (f64::from(*y) - mean(q))).sum::<f64>() / n
                };
                let below = cross(&a, &a) + cross(&b, &b) + (mean(&a) - mean(&b)).powi(2);
                prop_assert!((kappa - 2.0 * cross(&a, &b) / below).abs() < 1e-12);
            }
        }
    }
}
