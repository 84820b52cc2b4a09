//! Intervals for any number by drawing whole clusters again with replacement: seeded, on all cores, the same whatever
//! their number.

use super::Undefined;
use super::proportion::{normal_below, normal_quantile};
use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// Fewer clusters than this cannot show how much they vary.
const FEWEST_CLUSTERS: usize = 5;
/// Fewer rounds than this leave the ends of an interval to chance.
const FEWEST_ROUNDS: usize = 100;
/// The share of rounds that may have no value.
const MOST_UNDEFINED: f64 = 0.05;
/// Parts of the data that are left out in turn; more would only cost time, since each part's pull on the number is the
/// sum of its clusters' pulls.
const MOST_PARTS: usize = 200;

/// Rows that belong together: all answers of one candidate are drawn, or none. At least five clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clusters {
    rows: Vec<usize>,
    ends: Vec<usize>,
}

impl Clusters {
    /// The clusters of rows with equal keys, in the order in which the keys first appear.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] below five clusters.
    pub fn by<K: Ord>(keys: &[K]) -> Result<Self, Undefined> {
        let mut numbers: BTreeMap<&K, usize> = BTreeMap::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (row, key) in keys.iter().enumerate() {
            let number = *numbers.entry(key).or_insert(members.len());
            if number == members.len() {
                members.push(vec![]);
            }
            members[number].push(row);
        }
        Undefined::unless_enough("clusters", members.len(), FEWEST_CLUSTERS)?;
        let ends = members.iter().scan(0, |end, rows| {
            *end += rows.len();
            Some(*end)
        });
        Ok(Self { ends: ends.collect(), rows: members.concat() })
    }

    /// Each of `rows` rows a cluster of its own.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] below five rows.
    pub fn each(rows: usize) -> Result<Self, Undefined> {
        Undefined::unless_enough("clusters", rows, FEWEST_CLUSTERS)?;
        Ok(Self { rows: (0..rows).collect(), ends: (1..=rows).collect() })
    }

    /// How many clusters there are; at least five.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// How many rows there are in all clusters.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    fn members(&self, cluster: usize) -> &[usize] {
        let start = if cluster == 0 { 0 } else { self.ends[cluster - 1] };
        &self.rows[start..self.ends[cluster]]
    }
}

/// How the ends of an interval are taken from the resamples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The resamples' own quantiles.
    Percentile,
    /// Quantiles corrected for bias and acceleration; where the correction has no value, [`Method::Percentile`].
    Bca,
}

/// How often to draw, from which seed, and what interval to make of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Plan {
    rounds: usize,
    seed: u64,
    level: f64,
    method: Method,
}

impl Plan {
    /// `level` is the share of the distribution that the interval spans, such as .95.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] below a hundred rounds, [`Undefined::OutOfRange`] for a level outside 0 to 1.
    pub fn new(rounds: usize, seed: u64, level: f64, method: Method) -> Result<Self, Undefined> {
        Undefined::unless_enough("rounds", rounds, FEWEST_ROUNDS)?;
        Undefined::unless_inside("the level of the interval", level)?;
        Ok(Self { rounds, seed, level, method })
    }

    /// How many times the clusters are drawn.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.rounds
    }
}

/// A number with its interval, its size and how both were had.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The number on the data as they are.
    pub estimate: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The share of the distribution that the interval spans.
    pub level: f64,
    /// How many rows there are.
    pub rows: usize,
    /// How many clusters they form.
    pub clusters: usize,
    /// Resamples in which the number has a value.
    pub rounds: usize,
    /// Resamples in which it has none; at most one in twenty.
    pub undefined: usize,
    /// How the ends were taken.
    pub method: Method,
    /// The seed that gives the same interval again.
    pub seed: u64,
}

/// What `of` says of each resample, in the order of the rounds.
///
/// Each round draws as many clusters as there are, with replacement, and hands their rows to `of`. Round `b` draws from
/// stream `b` of the `ChaCha8` generator keyed with the seed, so it does not matter which core takes which round; the
/// same plan and clusters give the same resamples, which makes comparisons paired. `after_round` is called once a round,
/// from any core: enough for a progress bar.
///
/// Source: A. C. Davison and D. V. Hinkley, "Bootstrap Methods and their Application" (1997) section 3.8, strategy 1;
/// D. J. Bernstein, "ChaCha, a variant of Salsa20" (2008).
pub fn resample<T: Send>(
    clusters: &Clusters,
    plan: &Plan,
    of: impl Fn(&[usize]) -> T + Sync,
    after_round: impl Fn() + Sync,
) -> Vec<T> {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&plan.seed.to_le_bytes());
    let round = |rows: &mut Vec<usize>, number: usize| {
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(number as u64);
        rows.clear();
        for _ in 0..clusters.len() {
            rows.extend_from_slice(clusters.members(below(&mut generator, clusters.len() as u64)));
        }
        let value = of(rows);
        after_round();
        value
    };
    (0..plan.rounds).into_par_iter().map_init(Vec::new, round).collect()
}

/// A whole number below `end`, each equally likely: D. Lemire, "Fast random integer generation in an interval", ACM
/// TOMACS 29 (2019).
fn below(generator: &mut ChaCha8Rng, end: u64) -> usize {
    let unfair = end.wrapping_neg() % end;
    loop {
        let product = u128::from(generator.next_u64()) * u128::from(end);
        if product as u64 >= unfair {
            return (product >> 64) as usize;
        }
    }
}

/// A number from 0 up to 1, for tests that draw.
#[cfg(test)]
pub(super) fn drawn_share(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// What `of` says when each part of the clusters is left out in turn; at most 200 parts.
fn left_out<T: Send>(clusters: &Clusters, of: impl Fn(&[usize]) -> T + Sync) -> Vec<T> {
    let parts = clusters.len().min(MOST_PARTS);
    let without = |part: usize| {
        let kept = (0..clusters.len()).filter(|cluster| cluster % parts != part);
        of(&kept.flat_map(|cluster| clusters.members(cluster)).copied().collect::<Vec<_>>())
    };
    (0..parts).into_par_iter().map(without).collect()
}

/// The interval of a number by a cluster bootstrap.
///
/// `number` computes it from rows; `after_round` is called once a round. For the difference of two models, let `number`
/// return the difference on the same rows: the bootstrap is paired then.
///
/// Rounds without a value are left out and counted. An interval without width (all resamples alike) does not mean
/// certainty, only that these data show no variation.
///
/// Source: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap" (1993) chapters 13 and 14. Quantiles are
/// interpolated as R's type 7; for BCa, ties with the estimate count half, and the acceleration comes from leaving out
/// each cluster (in 200 parts, where there are more).
///
/// ```
/// use earmark::agreement::{Clusters, Method, Pairs, Plan, interval, mean_absolute_error};
///
/// let pairs = Pairs::new(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], vec![1.0, 2.5, 3.0, 4.5, 5.5, 6.0])?;
/// let by_candidate = Clusters::by(&["ann", "bob", "cem", "dia", "eve", "ann"])?;
/// let plan = Plan::new(2000, 7, 0.95, Method::Percentile)?;
/// let mae = interval(&by_candidate, &plan, |rows| mean_absolute_error(&pairs.at(rows)?), || ())?;
/// assert!(mae.low < 0.25 && mae.estimate == 0.25 && mae.high > 0.25);
/// # Ok::<(), earmark::agreement::Undefined>(())
/// ```
///
/// # Errors
/// What makes the number undefined on the data as they are, or [`Undefined::Unstable`] when it is in more than one
/// resample in twenty.
pub fn interval(
    clusters: &Clusters,
    plan: &Plan,
    number: impl Fn(&[usize]) -> Result<f64, Undefined> + Sync,
    after_round: impl Fn() + Sync,
) -> Result<Interval, Undefined> {
    let mut rows = clusters.rows.clone();
    rows.sort_unstable();
    let estimate = number(&rows)?;
    let mut drawn: Vec<f64> = resample(clusters, plan, &number, after_round).into_iter().flatten().collect();
    let undefined = plan.rounds - drawn.len();
    if undefined as f64 > MOST_UNDEFINED * plan.rounds as f64 {
        return Err(Undefined::Unstable { undefined, rounds: plan.rounds });
    }
    drawn.sort_unstable_by(f64::total_cmp);
    let corrected = match plan.method {
        Method::Percentile => None,
        Method::Bca => {
            let parts: Result<Vec<f64>, Undefined> = left_out(clusters, &number).into_iter().collect();
            parts.ok().and_then(|parts| corrected(estimate, &drawn, &parts, plan.level))
        }
    };
    let method = if corrected.is_some() { Method::Bca } else { Method::Percentile };
    let tail = (1.0 - plan.level) / 2.0;
    let (low, high) = corrected.unwrap_or((tail, 1.0 - tail));
    Ok(Interval {
        estimate,
        low: quantile(&drawn, low),
        high: quantile(&drawn, high),
        level: plan.level,
        rows: clusters.rows(),
        clusters: clusters.len(),
        rounds: drawn.len(),
        undefined,
        method,
        seed: plan.seed,
    })
}

/// The shares of the sorted resamples below the ends of the BCa interval; `None` when the estimate lies outside all
/// resamples, or the acceleration turns the ends round.
pub(super) fn corrected(estimate: f64, sorted: &[f64], parts: &[f64], level: f64) -> Option<(f64, f64)> {
    let less = sorted.partition_point(|value| *value < estimate);
    let up_to = sorted.partition_point(|value| *value <= estimate);
    let bias = normal_quantile((less + up_to) as f64 / (2 * sorted.len()) as f64);
    let mean = parts.iter().sum::<f64>() / parts.len() as f64;
    let power = |exponent| parts.iter().map(|value| (mean - value).powi(exponent)).sum::<f64>();
    let spread = power(2);
    let acceleration = if spread > 0.0 { power(3) / (6.0 * spread.powf(1.5)) } else { 0.0 };
    let end = |chance: f64| {
        let from = bias + normal_quantile(chance);
        let stretch = 1.0 - acceleration * from;
        (bias.is_finite() && stretch > 0.0).then(|| normal_below(bias + from / stretch))
    };
    let tail = (1.0 - level) / 2.0;
    Some((end(tail)?, end(1.0 - tail)?))
}

/// The interpolated quantile of sorted values, R's type 7.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    low + (high - low) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::super::{Pairs, Scale, Scored, pearson, quadratic_kappa};
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn plan(method: Method) -> Plan {
        Plan::new(500, 42, 0.9, method).unwrap()
    }

    fn mean_of(values: &[f64]) -> impl Fn(&[usize]) -> Result<f64, Undefined> + Sync {
        |rows| Ok(rows.iter().map(|row| values[*row]).sum::<f64>() / rows.len() as f64)
    }

    #[test]
    fn clusters_keep_their_rows_together() {
        let clusters = Clusters::by(&["a", "b", "a", "c", "d", "e"]).unwrap();
        let drawn = resample(&clusters, &plan(Method::Percentile), <[usize]>::to_vec, || ());
        assert!(drawn.iter().all(|rows| {
            let count = |row| rows.iter().filter(|drawn| **drawn == row).count();
            count(0) == count(2)
        }));
        assert!(drawn.iter().any(|rows| rows.len() != 6));
    }

    #[test]
    fn four_clusters_are_too_few() {
        let why = Undefined::TooFew { what: "clusters", have: 4, need: 5 };
        assert_eq!(Clusters::by(&[1, 2, 3, 4, 4]), Err(why.clone()));
        assert_eq!(Clusters::each(4), Err(why));
        assert!(Plan::new(99, 1, 0.95, Method::Bca).is_err());
        assert!(Plan::new(100, 1, f64::NAN, Method::Bca).is_err());
    }

    /// Pinned, so that another version of the generator cannot change results unseen.
    #[test]
    fn the_resamples_of_a_seed_never_change() {
        let drawn = resample(&Clusters::each(10).unwrap(), &plan(Method::Percentile), <[usize]>::to_vec, || ());
        assert_eq!(drawn[0], [3, 2, 4, 3, 8, 0, 4, 2, 4, 7]);
        assert_eq!(drawn[499], [7, 6, 6, 3, 0, 1, 6, 3, 5, 0]);
    }

    #[test]
    fn the_number_of_cores_changes_nothing() {
        let values: Vec<f64> = (0..40).map(|i| f64::from(i * i % 17)).collect();
        let pairs = Pairs::new(values.clone(), values.iter().rev().copied().collect()).unwrap();
        let on = |cores| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(cores).build().unwrap();
            let clusters = Clusters::by(&(0..40).map(|i| i / 3).collect::<Vec<_>>()).unwrap();
            pool.install(|| interval(&clusters, &plan(Method::Bca), |rows| pearson(&pairs.at(rows)?), || ()).unwrap())
        };
        assert_eq!(on(1), on(2));
        assert_eq!(on(1), on(7));
    }

    #[test]
    fn another_seed_is_another_draw_and_every_round_is_told() {
        let clusters = Clusters::each(30).unwrap();
        let rounds = AtomicUsize::new(0);
        let of = |seed| {
            let plan = Plan::new(200, seed, 0.9, Method::Percentile).unwrap();
            resample(&clusters, &plan, <[usize]>::to_vec, || {
                rounds.fetch_add(1, Ordering::Relaxed);
            })
        };
        assert_ne!(of(1), of(2));
        assert_eq!(rounds.into_inner(), 400);
    }

    #[test]
    fn a_number_that_is_often_undefined_has_no_interval() {
        let scored = Scored::new(Scale::new(1, 2).unwrap(), vec![1, 1, 1, 1, 2], vec![1, 1, 1, 1, 2]).unwrap();
        let clusters = Clusters::each(5).unwrap();
        let kappa = interval(&clusters, &plan(Method::Bca), |rows| quadratic_kappa(&scored.at(rows)?), || ());
        assert!(matches!(kappa, Err(Undefined::Unstable { rounds: 500, .. })));
    }

    #[test]
    fn without_variation_the_interval_is_a_point_by_percentile() {
        let flat = interval(&Clusters::each(6).unwrap(), &plan(Method::Bca), mean_of(&[2.0; 6]), || ()).unwrap();
        assert_eq!((flat.low, flat.high, flat.estimate), (2.0, 2.0, 2.0));
    }

    #[test]
    fn leaving_out_parts_leaves_out_every_cluster_once() {
        let clusters = Clusters::by(&(0..900).map(|row| row / 2).collect::<Vec<_>>()).unwrap();
        let kept = left_out(&clusters, <[usize]>::len);
        assert_eq!(kept.len(), MOST_PARTS);
        assert_eq!(kept.iter().map(|rows| 900 - rows).sum::<usize>(), 900);
    }

    /// A mean of independent values: the interval must come close to the normal one.
    #[test]
    fn the_interval_of_a_mean_is_the_textbooks() {
        let values: Vec<f64> = (0..400).map(|i| f64::from((i * 7919) % 1000) / 1000.0).collect();
        for method in [Method::Percentile, Method::Bca] {
            let plan = Plan::new(4000, 3, 0.95, method).unwrap();
            let found = interval(&Clusters::each(400).unwrap(), &plan, mean_of(&values), || ()).unwrap();
            let mean = values.iter().sum::<f64>() / 400.0;
            let error = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 400.0 / 400.0).sqrt();
            assert!((found.low - (mean - 1.96 * error)).abs() < 0.1 * error, "{found:?}");
            assert!((found.high - (mean + 1.96 * error)).abs() < 0.1 * error, "{found:?}");
            assert_eq!(found.method, method);
        }
    }
}
