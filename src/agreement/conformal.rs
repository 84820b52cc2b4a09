//! Ranges of scores with stated coverage: split conformal prediction for a scale.

use super::proportion::beta_quantile;
use super::{Scale, Undefined};
use serde::Serialize;
use std::ops::RangeInclusive;

/// How far from 1 the chances of a forecast may add up; rounding to six digits is forgiven.
const ADDS_UP: f64 = 1e-5;

/// The chance of each level of a scale. Adds up to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    scale: Scale,
    chances: Vec<f64>,
}

impl Forecast {
    /// A chance for each level, the lowest level first.
    ///
    /// # Errors
    /// [`Undefined::LengthsDiffer`] unless there is one for each level, [`Undefined::OutOfRange`] for one outside 0 to
    /// 1 or when they do not add up to 1.
    pub fn new(scale: Scale, chances: &[f64]) -> Result<Self, Undefined> {
        Undefined::unless_same_length(scale.levels(), chances.len())?;
        for chance in chances {
            Undefined::unless_within("the chance of a level", *chance, 0.0, 1.0)?;
        }
        let sum: f64 = chances.iter().sum();
        Undefined::unless_within("the sum of the chances", sum, 1.0 - ADDS_UP, 1.0 + ADDS_UP)?;
        Ok(Self { scale, chances: chances.iter().map(|chance| chance / sum).collect() })
    }

    /// The scale.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// The chances, the lowest level first.
    #[must_use]
    pub fn chances(&self) -> &[f64] {
        &self.chances
    }

    /// The likeliest level; the lowest of several.
    #[must_use]
    pub fn likeliest(&self) -> i32 {
        self.scale.level(self.peak())
    }

    /// The expected score.
    #[must_use]
    pub fn expected(&self) -> f64 {
        let above: f64 = self.chances.iter().enumerate().map(|(place, chance)| place as f64 * chance).sum();
        f64::from(self.scale.min()) + above
    }

    fn peak(&self) -> usize {
        (1..self.chances.len()).fold(0, |best, at| if self.chances[at] > self.chances[best] { at } else { best })
    }

    /// For each level how much chance lies on levels that enter before it, when a range grows from the likeliest level
    /// to the likelier neighbour each time. 0 at the likeliest.
    fn chance_before(&self) -> Vec<f64> {
        let mut before = vec![0.0; self.chances.len()];
        let (mut low, mut high) = (self.peak(), self.peak());
        let mut inside = self.chances[low];
        while low > 0 || high + 1 < self.chances.len() {
            let down = low.checked_sub(1).map(|at| self.chances[at]);
            let up = self.chances.get(high + 1).copied();
            let next = if down >= up {
                low -= 1;
                low
            } else {
                high += 1;
                high
            };
            before[next] = inside;
            inside += self.chances[next];
        }
        before
    }
}

/// Ranges of scores that hold what people give with a stated coverage, however good or bad the forecasts are.
///
/// ```text
/// s(x, y) = chance of the levels that enter the range before y     (see Forecast; 0 for the likeliest level)
/// cut     = the k-th smallest s of n answers scored by people,  k = ceil((n + 1)(1 - miss))
/// range   = all y with s(x, y) <= cut
/// ```
///
/// A range is never empty and has no gaps. Of new answers exchangeable with the calibrated ones (drawn alike, not seen
/// by the model that forecasts), at least `1 - miss` are covered on average over calibrations; without ties at most
/// `1 / (n + 1)` more. Where the likeliest level alone is right more often than `1 - miss`, ranges are single levels and
/// cover more than stated. What one calibration of this size can cover says [`ScoreSets::coverage_band`].
///
/// Source: C. Lu, A. N. Angelopoulos and S. Pomerantz, "Improving trustworthiness of AI disease severity rating in
/// medical imaging with ordinal conformal prediction sets", MICCAI 2022, with split conformal calibration as in A. N.
/// Angelopoulos and S. Bates, "A gentle introduction to conformal prediction" (2021).
///
/// ```
/// use earmark::agreement::{Forecast, Scale, ScoreSets};
///
/// let scale = Scale::new(1, 3)?;
/// let middle = Forecast::new(scale, &[0.2, 0.7, 0.1])?;
/// let people = [2, 2, 2, 1].map(|score| (middle.clone(), score));
/// let sets = ScoreSets::calibrate(&people, 0.2)?;
/// assert_eq!(sets.range(&middle), Ok(1..=2));
/// # Ok::<(), earmark::agreement::Undefined>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ScoreSets {
    scale: Scale,
    miss: f64,
    cut: f64,
    calibrated_on: usize,
}

/// How well ranges kept their word on answers they were not calibrated on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Coverage {
    /// How many answers there were; at least one.
    pub answers: usize,
    /// How many had their score within the range.
    pub covered: usize,
    /// Levels in a range, on average: 1 says most, all levels of the scale say nothing.
    pub mean_levels: f64,
}

impl Coverage {
    /// The share covered, 0 to 1. [`super::wilson`] gives its interval.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.covered as f64 / self.answers as f64
    }
}

impl ScoreSets {
    /// Calibrates on forecasts and the scores that people gave.
    ///
    /// # Errors
    /// [`Undefined::OutOfRange`] unless `miss` lies between 0 and 1, [`Undefined::TooFew`] below `1 / miss - 1` answers,
    /// [`Undefined::ScalesDiffer`], [`Undefined::OffTheScale`].
    pub fn calibrate(answers: &[(Forecast, i32)], miss: f64) -> Result<Self, Undefined> {
        Undefined::unless_inside("the share of misses", miss)?;
        let need = (1.0 / miss - 1.0 - 1e-9).ceil().max(1.0) as usize;
        Undefined::unless_enough("calibration answers", answers.len(), need)?;
        let scale = answers[0].0.scale;
        let mut befores = Vec::with_capacity(answers.len());
        for (at, (forecast, score)) in answers.iter().enumerate() {
            befores.push(forecast.chance_before()[place(scale, forecast, at, *score)?]);
        }
        befores.sort_unstable_by(f64::total_cmp);
        let cut = befores[rank(answers.len(), miss) - 1];
        Ok(Self { scale, miss, cut, calibrated_on: answers.len() })
    }

    /// Ranges calibrated earlier, from what [`ScoreSets::cut`] and [`ScoreSets::calibrated_on`] said then.
    ///
    /// # Errors
    /// [`Undefined::OutOfRange`] or [`Undefined::TooFew`] when no calibration can have said so.
    pub fn calibrated(scale: Scale, miss: f64, cut: f64, calibrated_on: usize) -> Result<Self, Undefined> {
        Undefined::unless_inside("the share of misses", miss)?;
        Undefined::unless_within("the cut", cut, 0.0, 1.0 + ADDS_UP)?;
        let need = (1.0 / miss - 1.0 - 1e-9).ceil().max(1.0) as usize;
        Undefined::unless_enough("calibration answers", calibrated_on, need)?;
        Ok(Self { scale, miss, cut, calibrated_on })
    }

    /// The largest chance that may lie before a level of the range.
    #[must_use]
    pub fn cut(&self) -> f64 {
        self.cut
    }

    /// The share of answers that may lie outside their range.
    #[must_use]
    pub fn miss(&self) -> f64 {
        self.miss
    }

    /// How many answers the cut rests on.
    #[must_use]
    pub fn calibrated_on(&self) -> usize {
        self.calibrated_on
    }

    /// The range of scores for a forecast.
    ///
    /// # Errors
    /// [`Undefined::ScalesDiffer`].
    pub fn range(&self, forecast: &Forecast) -> Result<RangeInclusive<i32>, Undefined> {
        if forecast.scale != self.scale {
            return Err(Undefined::ScalesDiffer);
        }
        let before = forecast.chance_before();
        let low = before.iter().position(|chance| *chance <= self.cut).unwrap_or_else(|| forecast.peak());
        let high = before.iter().rposition(|chance| *chance <= self.cut).unwrap_or_else(|| forecast.peak());
        Ok(self.scale.level(low)..=self.scale.level(high))
    }

    /// Checks the ranges on other answers than they were calibrated on.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] for none, [`Undefined::ScalesDiffer`], [`Undefined::OffTheScale`].
    pub fn check(&self, answers: &[(Forecast, i32)]) -> Result<Coverage, Undefined> {
        Undefined::unless_enough("answers", answers.len(), 1)?;
        let (mut covered, mut levels) = (0, 0);
        for (at, (forecast, score)) in answers.iter().enumerate() {
            place(self.scale, forecast, at, *score)?;
            let range = self.range(forecast)?;
            covered += usize::from(range.contains(score));
            levels += (range.end() - range.start() + 1) as usize;
        }
        Ok(Coverage { answers: answers.len(), covered, mean_levels: levels as f64 / answers.len() as f64 })
    }

    /// Between what shares the coverage of one calibration of this size lies with the probability `level`: it follows
    /// a beta distribution with `k` and `n + 1 - k`, whatever the forecasts (without ties; with ties it is higher).
    ///
    /// Source: V. Vovk, "Conditional validity of inductive conformal predictors", ACML 2012.
    ///
    /// # Errors
    /// [`Undefined::OutOfRange`] for a level outside 0 to 1.
    pub fn coverage_band(&self, level: f64) -> Result<(f64, f64), Undefined> {
        Undefined::unless_inside("the level of the band", level)?;
        let k = rank(self.calibrated_on, self.miss);
        let (a, b) = (k as f64, (self.calibrated_on + 1 - k) as f64);
        let outside = (1.0 - level) / 2.0;
        Ok((beta_quantile(a, b, outside), beta_quantile(a, b, 1.0 - outside)))
    }
}

/// `ceil((n + 1)(1 - miss))`, safe from rounding, at most `n` where calibration was allowed.
fn rank(n: usize, miss: f64) -> usize {
    let above = ((n as f64 + 1.0) * miss + 1e-9).floor() as usize;
    (n + 1 - above).clamp(1, n)
}

fn place(scale: Scale, forecast: &Forecast, at: usize, score: i32) -> Result<usize, Undefined> {
    if forecast.scale != scale {
        return Err(Undefined::ScalesDiffer);
    }
    scale.place(score).ok_or(Undefined::OffTheScale { at, score, min: scale.min(), max: scale.max() })
}

#[cfg(test)]
mod tests {
    use super::super::bootstrap::drawn_share;
    use super::*;
    use chacha20::ChaCha8Rng;
    use chacha20::rand_core::SeedableRng;
    use proptest::prelude::*;

    fn scale() -> Scale {
        Scale::new(1, 5).unwrap()
    }

    fn forecast(chances: [f64; 5]) -> Forecast {
        let sum: f64 = chances.iter().sum();
        Forecast::new(scale(), &chances.map(|chance| chance / sum)).unwrap()
    }

    #[test]
    fn a_range_grows_to_the_likelier_neighbour() {
        let before = forecast([0.1, 0.2, 0.4, 0.25, 0.05]).chance_before();
        let expected = [0.85, 0.65, 0.0, 0.4, 0.95];
        assert!(before.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{before:?}");
    }

    #[test]
    fn chances_must_add_up() {
        assert!(matches!(Forecast::new(scale(), &[0.2; 4]), Err(Undefined::LengthsDiffer { left: 5, right: 4 })));
        assert!(matches!(Forecast::new(scale(), &[0.3; 5]), Err(Undefined::OutOfRange { .. })));
        assert!(matches!(Forecast::new(scale(), &[-0.2, 0.3, 0.3, 0.3, 0.3]), Err(Undefined::OutOfRange { .. })));
        assert!(matches!(Forecast::new(scale(), &[f64::NAN; 5]), Err(Undefined::OutOfRange { .. })));
        let even = Forecast::new(scale(), &[0.2; 5]).unwrap();
        assert_eq!((even.likeliest(), (even.expected() * 1e6).round() / 1e6), (1, 3.0));
    }

    #[test]
    fn ninety_in_a_hundred_needs_nine_answers() {
        let few = vec![(forecast([1.0, 1.0, 1.0, 1.0, 1.0]), 3); 8];
        assert_eq!(
            ScoreSets::calibrate(&few, 0.1),
            Err(Undefined::TooFew { what: "calibration answers", have: 8, need: 9 })
        );
        let off = vec![(forecast([1.0, 1.0, 1.0, 1.0, 1.0]), 6); 9];
        assert!(matches!(ScoreSets::calibrate(&off, 0.1), Err(Undefined::OffTheScale { at: 0, .. })));
        assert!(ScoreSets::calibrate(&few, 0.0).is_err());
    }

    #[test]
    fn the_rank_is_not_moved_by_rounding() {
        assert_eq!([9, 29, 69, 99].map(|n| rank(n, 0.1)), [9, 27, 63, 90]);
        assert_eq!(rank(10, 0.1), 10);
    }

    #[test]
    fn ranges_read_back_are_the_same() {
        let sets = ScoreSets::calibrate(&vec![(forecast([1.0, 2.0, 4.0, 2.0, 1.0]), 4); 20], 0.1).unwrap();
        assert_eq!(ScoreSets::calibrated(scale(), sets.miss(), sets.cut(), sets.calibrated_on()), Ok(sets));
        assert!(ScoreSets::calibrated(scale(), 0.1, f64::NAN, 20).is_err());
    }

    /// A forecast that is too sure of itself, and a score drawn from the chances behind it.
    fn answer(generator: &mut ChaCha8Rng) -> (Forecast, i32) {
        let raw = [(); 5].map(|()| drawn_share(generator).powi(3) + 0.01);
        let (mut left, sum) = (drawn_share(generator), raw.iter().sum::<f64>());
        let score = raw.iter().position(|chance| {
            left -= chance / sum;
            left < 0.0
        });
        (forecast(raw.map(|chance| chance.powi(2))), scale().level(score.unwrap_or(4)))
    }

    #[test]
    fn new_answers_are_covered_as_stated_though_the_forecasts_are_wrong() {
        let mut generator = ChaCha8Rng::from_seed([7; 32]);
        let mut answers = |n: usize| (0..n).map(|_| answer(&mut generator)).collect::<Vec<_>>();
        let once = |share: f64| (0.88..=0.92).contains(&share);
        let shares: Vec<f64> = (0..40)
            .map(|_| ScoreSets::calibrate(&answers(999), 0.1).unwrap().check(&answers(500)).unwrap().share())
            .collect();
        let mean = shares.iter().sum::<f64>() / 40.0;
        assert!((0.895..=0.906).contains(&mean), "{mean}");
        assert!(shares.iter().filter(|share| once(**share)).count() >= 28, "{shares:?}");
    }

    proptest! {
        #[test]
        fn at_least_the_stated_share_of_the_calibrated_answers_is_covered(
            answers in prop::collection::vec((prop::array::uniform5(0.01..1.0), 1..=5), 9..60),
            miss in prop::sample::select(vec![0.1, 0.2, 0.5])
        ) {
            let answers: Vec<_> = answers.into_iter().map(|(chances, score)| (forecast(chances), score)).collect();
            let sets = ScoreSets::calibrate(&answers, miss).unwrap();
            prop_assert!(sets.check(&answers).unwrap().share() >= 1.0 - miss);
            for (forecast, _) in &answers {
                prop_assert!(sets.range(forecast).unwrap().contains(&forecast.likeliest()));
            }
        }

        #[test]
        fn a_smaller_share_of_misses_never_narrows_a_range(
            answers in prop::collection::vec((prop::array::uniform5(0.01..1.0), 1..=5), 19..40)
        ) {
            let answers: Vec<_> = answers.into_iter().map(|(chances, score)| (forecast(chances), score)).collect();
            let [wide, narrow] = [0.05, 0.3].map(|miss| ScoreSets::calibrate(&answers, miss).unwrap());
            for (forecast, _) in &answers {
                let (wide, narrow) = (wide.range(forecast).unwrap(), narrow.range(forecast).unwrap());
                prop_assert!(wide.start() <= narrow.start() && narrow.end() <= wide.end());
            }
        }
    }
}
