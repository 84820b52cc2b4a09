//! Intraclass correlation: the share of the variance of scores that lies between the items.
//!
//! All three take a table without gaps of `n` items by `k` raters and its mean squares: between items (`BMS`), within
//! items (`WMS`), between raters (`JMS`) and the rest (`EMS`). Source: P. E. Shrout and J. L. Fleiss, "Intraclass
//! correlations: uses in assessing rater reliability", Psychological Bulletin 86 (1979) 420-428.

use super::pairs::{all_equal, mean, sum_of_squares};
use super::{Ratings, Undefined};

/// Below this share of the total, a sum of squares is what rounding leaves of nothing.
const ROUNDING: f64 = 1e-14;

struct MeanSquares {
    items: f64,
    raters: f64,
    between: f64,
    within: f64,
    judges: f64,
    rest: f64,
    total: f64,
}

impl MeanSquares {
    fn of(ratings: &Ratings) -> Result<Self, Undefined> {
        if ratings.raters() < 2 {
            return Err(Undefined::OneRater);
        }
        Undefined::unless_enough("items", ratings.items(), 2)?;
        let all = ratings.complete()?;
        if all_equal(all) {
            return Err(Undefined::AllEqual { what: "the scores" });
        }
        let (items, raters) = (ratings.items() as f64, ratings.raters() as f64);
        let row_means: Vec<f64> = ratings.rows().map(mean).collect();
        let mut column_means = vec![0.0; ratings.raters()];
        for row in ratings.rows() {
            column_means.iter_mut().zip(row).for_each(|(mean, score)| *mean += score / items);
        }
        let grand = mean(all);
        let (mut within, mut rest) = (0.0, 0.0);
        for (row, row_mean) in ratings.rows().zip(&row_means) {
            for (score, column_mean) in row.iter().zip(&column_means) {
                within += (score - row_mean).powi(2);
                rest += (score - row_mean - column_mean + grand).powi(2);
            }
        }
        Ok(Self {
            items,
            raters,
            between: raters * sum_of_squares(&row_means) / (items - 1.0),
            within: within / (items * (raters - 1.0)),
            judges: items * sum_of_squares(&column_means) / (raters - 1.0),
            rest: rest / ((items - 1.0) * (raters - 1.0)),
            total: sum_of_squares(all),
        })
    }

    /// The ratio, unless what it is taken of is nothing but rounding.
    fn ratio(&self, above: f64, below: f64) -> Result<f64, Undefined> {
        if below > ROUNDING * self.total {
            Ok(above / below)
        } else {
            Err(Undefined::AllEqual { what: "the items' means" })
        }
    }
}

/// ICC(1) = ICC(1,1): each item was scored by other people; the reliability of one score.
///
/// ```text
/// (BMS - WMS) / (BMS + (k - 1) WMS)
/// ```
///
/// Range -1 / (k - 1) to 1: 1 when raters give each item one score, 0 when items differ no more than raters on one
/// item. Source: see the head of this file.
///
/// # Errors
/// [`Undefined::OneRater`], [`Undefined::TooFew`] items (two are needed), [`Undefined::Missing`],
/// [`Undefined::AllEqual`].
pub fn icc_1(ratings: &Ratings) -> Result<f64, Undefined> {
    let of = MeanSquares::of(ratings)?;
    of.ratio(of.between - of.within, of.between + (of.raters - 1.0) * of.within)
}

/// ICC(2,1): every item was scored by the same raters, who stand for others like them; the reliability of one score,
/// with a rater's general severity counted as error (absolute agreement).
///
/// ```text
/// (BMS - EMS) / (BMS + (k - 1) EMS + k (JMS - EMS) / n)
/// ```
///
/// Range up to 1, which is full agreement; 0 when items do not differ beyond error; there is no lower end in small
/// tables. Source: see the head of this file.
///
/// # Errors
/// As for [`icc_1`].
pub fn icc_2_1(ratings: &Ratings) -> Result<f64, Undefined> {
    let of = MeanSquares::of(ratings)?;
    let severity = of.raters * (of.judges - of.rest) / of.items;
    of.ratio(of.between - of.rest, of.between + (of.raters - 1.0) * of.rest + severity)
}

/// ICC(3,k): these raters and no others; the reliability of their mean score, severity set aside (consistency). The
/// same number as Cronbach's alpha with raters as items.
///
/// ```text
/// (BMS - EMS) / BMS
/// ```
///
/// Range up to 1: raters differ by a constant at most; 0 when items do not differ beyond error; there is no lower end.
/// Source: see the head of this file.
///
/// ```
/// use earmark::agreement::{Ratings, icc_3_k};
///
/// let one_point_stricter = [(1.0, 2.0), (3.0, 4.0), (4.0, 5.0)].map(|(a, b)| vec![Some(a), Some(b)]);
/// assert_eq!(icc_3_k(&Ratings::new(&one_point_stricter)?), Ok(1.0));
/// # Ok::<(), earmark::agreement::Undefined>(())
/// ```
///
/// # Errors
/// As for [`icc_1`], and [`Undefined::AllEqual`] when all items have the same mean.
pub fn icc_3_k(ratings: &Ratings) -> Result<f64, Undefined> {
    let of = MeanSquares::of(ratings)?;
    of.ratio(of.between - of.rest, of.between)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Icc = fn(&Ratings) -> Result<f64, Undefined>;
    const ALL: [Icc; 3] = [icc_1, icc_2_1, icc_3_k];

    fn table(rows: &[[i32; 2]]) -> Ratings {
        Ratings::new(&rows.iter().map(|row| row.map(|x| Some(f64::from(x))).to_vec()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn each_hindrance_has_its_reason() {
        for icc in ALL {
            assert_eq!(icc(&Ratings::new(&[vec![Some(1.0)], vec![Some(2.0)]]).unwrap()), Err(Undefined::OneRater));
            assert!(matches!(icc(&table(&[[1, 2]])), Err(Undefined::TooFew { .. })));
            assert!(matches!(icc(&table(&[[2, 2], [2, 2]])), Err(Undefined::AllEqual { .. })));
            let gap = Ratings::new(&[vec![Some(1.0), None], vec![Some(2.0), Some(3.0)]]).unwrap();
            assert_eq!(icc(&gap), Err(Undefined::Missing { at: 0 }));
        }
    }

    #[test]
    fn items_with_equal_means_leave_nothing_to_divide_by() {
        let crossed = table(&[[1, 2], [2, 1]]);
        assert_eq!(icc_1(&crossed), Ok(-1.0));
        assert!(matches!(icc_2_1(&crossed), Err(Undefined::AllEqual { .. })));
        assert!(matches!(icc_3_k(&crossed), Err(Undefined::AllEqual { .. })));
    }

    proptest! {
        #[test]
        fn reliability_is_at_most_one_and_does_not_change_with_the_unit(
            rows in prop::collection::vec(prop::array::uniform3(1..6), 2..20)
        ) {
            let as_table = |f: fn(f64) -> f64| {
                let rows: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(|x| Some(f(f64::from(*x)))).collect()).collect();
                Ratings::new(&rows).unwrap()
            };
            for icc in ALL {
                match (icc(&as_table(|x| x)), icc(&as_table(|x| 10.0 - 2.0 * x))) {
                    (Ok(a), Ok(b)) => prop_assert!(a <= 1.0 + 1e-12 && (a - b).abs() < 1e-9 * a.abs().max(1.0)),
                    (a, b) => prop_assert_eq!(a, b),
                }
            }
        }
    }
}
