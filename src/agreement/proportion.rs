//! Intervals and bounds for a share, and the two curves they rest on.

use super::Undefined;
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::beta::inv_beta_reg;

/// The value below which a standard normal variable lies with the probability `chance`.
pub(super) fn normal_quantile(chance: f64) -> f64 {
    Normal::standard().inverse_cdf(chance)
}

/// The probability that a standard normal variable is at most `value`.
pub(super) fn normal_below(value: f64) -> f64 {
    Normal::standard().cdf(value)
}

/// The value below which a beta variable lies with the probability `chance`; both shapes above 0.
pub(super) fn beta_quantile(a: f64, b: f64, chance: f64) -> f64 {
    inv_beta_reg(a, b, chance)
}

/// The share of `hits` among `trials` lies below the first and above the second with `(1 - level) / 2` each, about.
///
/// ```text
/// (p + z^2/2n -+ z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n)
/// ```
///
/// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927)
/// 209-212; recommended by L. D. Brown, T. T. Cai and A. DasGupta, Statistical Science 16 (2001) 101-133. For items
/// that cluster, take [`super::interval`] instead.
///
/// ```
/// use earmark::agreement::wilson;
///
/// let (low, high) = wilson(0, 10, 0.95)?;
/// assert_eq!((low, (high * 100.0).round()), (0.0, 28.0));
/// # Ok::<(), earmark::agreement::Undefined>(())
/// ```
///
/// # Errors
/// [`Undefined::TooFew`] without trials, [`Undefined::OutOfRange`] for more hits than trials or a level outside 0 to 1.
pub fn wilson(hits: usize, trials: usize, level: f64) -> Result<(f64, f64), Undefined> {
    Undefined::unless_enough("trials", trials, 1)?;
    Undefined::unless_within("the number of hits", hits as f64, 0.0, trials as f64)?;
    Undefined::unless_inside("the level of the interval", level)?;
    let (n, z) = (trials as f64, normal_quantile(f64::midpoint(1.0, level)));
    let (share, z2) = (hits as f64 / n, z * z);
    let middle = share + z2 / (2.0 * n);
    let reach = z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let end = |value: f64| (value / (1.0 + z2 / n)).clamp(0.0, 1.0);
    let low = if hits == 0 { 0.0 } else { end(middle - reach) };
    let high = if hits == trials { 1.0 } else { end(middle + reach) };
    Ok((low, high))
}

/// The share that `hits` among `trials` exceed at most with the probability `doubt`, whatever the share: the exact
/// upper bound of C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404-413.
pub(super) fn upper_bound(hits: usize, trials: usize, doubt: f64) -> f64 {
    if hits >= trials { 1.0 } else { beta_quantile(hits as f64 + 1.0, (trials - hits) as f64, 1.0 - doubt) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_without_errors_is_the_rule_of_three() {
        let exact = 1.0 - 0.05_f64.powf(1.0 / 100.0);
        assert!((upper_bound(0, 100, 0.05) - exact).abs() < 1e-12);
        assert!((upper_bound(100, 100, 0.05) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_share_needs_trials_and_a_level() {
        assert!(matches!(wilson(0, 0, 0.95), Err(Undefined::TooFew { .. })));
        assert!(matches!(wilson(2, 1, 0.95), Err(Undefined::OutOfRange { .. })));
        assert!(matches!(wilson(1, 1, 1.0), Err(Undefined::OutOfRange { .. })));
        assert_eq!(wilson(7, 7, 0.9).unwrap().1.to_bits(), 1.0_f64.to_bits());
    }
}
