//! Standardised mean difference: how far the machine's mean lies from people's, in standard deviations.

use super::pairs::{all_equal, mean, sum_of_squares};
use super::{Pairs, Undefined};

/// The standard deviation that a difference of means is divided by. Always above 0.
///
/// For a subgroup, take it from the whole population: a subgroup's own spread would let the same shift look large in
/// one group and small in another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread(f64);

impl Spread {
    /// Of both columns: `sqrt((s_people^2 + s_machine^2) / 2)`, sample variances. What Williamson, Xi and Breyer 2012
    /// use, and the pass line of .15 with it; `pooled` and `williamson` in `rsmtool`.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] below two pairs, [`Undefined::AllEqual`] when neither column varies.
    pub fn pooled(population: &Pairs) -> Result<Self, Undefined> {
        let (people, machine) = (variance(population.first())?, variance(population.second())?);
        Self::new(f64::midpoint(people, machine).sqrt())
    }

    /// Of people's scores alone, so that a machine that flattens the scores does not shrink its own yardstick;
    /// `unpooled` and `johnson` in `rsmtool`.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] below two pairs, [`Undefined::AllEqual`] when people's scores do not vary.
    pub fn people(population: &Pairs) -> Result<Self, Undefined> {
        Self::new(variance(population.first())?.sqrt())
    }

    fn new(deviation: f64) -> Result<Self, Undefined> {
        if deviation > 0.0 { Ok(Self(deviation)) } else { Err(Undefined::AllEqual { what: "the scores" }) }
    }
}

/// The sample variance, exactly 0 for a column that does not vary.
fn variance(values: &[f64]) -> Result<f64, Undefined> {
    Undefined::unless_enough("pairs", values.len(), 2)?;
    Ok(if all_equal(values) { 0.0 } else { sum_of_squares(values) / (values.len() as f64 - 1.0) })
}

/// Standardised mean difference: `(mean machine - mean people) / spread`.
///
/// Range without ends: 0 is no shift, above 0 the machine (second column) scores higher than people, below 0 lower. The
/// pass lines are .15 for all and .10 for a subgroup, whichever the sign.
///
/// Source: Williamson, Xi and Breyer 2012 (see [`super::quadratic_kappa`]), the formula as in `rsmtool`
/// (`standardized_mean_difference`), Educational Testing Service.
///
/// ```
/// use earmark::agreement::{Pairs, Spread, standardised_mean_difference};
///
/// let all = Pairs::new(vec![1.0, 2.0, 3.0], vec![1.5, 2.5, 3.5])?;
/// assert_eq!(standardised_mean_difference(&all, Spread::people(&all)?), Ok(0.5));
/// # Ok::<(), earmark::agreement::Undefined>(())
/// ```
///
/// # Errors
/// [`Undefined::NotFinite`] when values are so large that the means overflow.
pub fn standardised_mean_difference(pairs: &Pairs, spread: Spread) -> Result<f64, Undefined> {
    let shift = (mean(pairs.second()) - mean(pairs.first())) / spread.0;
    if shift.is_finite() { Ok(shift) } else { Err(Undefined::NotFinite { at: 0 }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_without_spread_have_no_yardstick() {
        let flat = Pairs::new(vec![0.1, 0.1, 0.1], vec![1.0, 2.0, 3.0]).unwrap();
        assert!(matches!(Spread::people(&flat), Err(Undefined::AllEqual { .. })));
        assert!(Spread::pooled(&flat).is_ok());
        let one = Pairs::new(vec![1.0], vec![1.0]).unwrap();
        assert!(matches!(Spread::pooled(&one), Err(Undefined::TooFew { .. })));
    }

    #[test]
    fn a_subgroup_is_measured_with_the_spread_of_all() {
        let all = Pairs::new(vec![1.0, 3.0, 5.0], vec![1.0, 3.0, 5.0]).unwrap();
        let group = Pairs::new(vec![3.0], vec![2.0]).unwrap();
        assert_eq!(standardised_mean_difference(&group, Spread::people(&all).unwrap()), Ok(-0.5));
    }
}
