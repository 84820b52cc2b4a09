//! An ordinal regression with a ridge and signs: from features to a chance for each level.

use super::linear::{Matrix, bounded_minimum};
use super::{Scale, Undefined};
use serde::{Deserialize, Serialize};

/// Which way a feature may move the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// More of it never lowers the score.
    Raises,
    /// More of it never raises the score.
    Lowers,
    /// Either way.
    Free,
}

/// Fewest answers that a model may be fitted to.
const FEWEST: usize = 20;
/// What every level keeps of an answer's weight, so that a level that nobody gave has a place all the same.
const SMOOTH: f64 = 0.005;
/// Steps of the fit, far more than it takes.
const STEPS: usize = 60;

/// A cumulative logit model: `P(score <= k) = 1 / (1 + exp(eta - theta_k))`, `eta` a weighted sum of standardised
/// features.
///
/// Fitted by maximum likelihood with a ridge on the weights, by Fisher scoring within the bounds that the signs set. A
/// score between two levels counts for both by its nearness, and a mean of raters is told so. The fit depends on its input
/// alone: no random number, no order of threads.
///
/// Source: P. `McCullagh`, "Regression models for ordinal data", JRSS B 42 (1980); the ridge as a normal prior of variance
/// `1 / ridge` on each weight of a standardised feature.
///
/// ```
/// use earmark::agreement::{Ordinal, Scale, Sign};
///
/// let rows: Vec<Vec<f64>> = (0..40).map(|i| vec![f64::from(i)]).collect();
/// let scores: Vec<f64> = (0..40).map(|i| f64::from(1 + i / 10)).collect();
/// let model = Ordinal::fit(Scale::new(1, 4)?, &rows, &scores, &[Sign::Raises], 1.0)?;
/// assert!(model.expected(&[39.0]) > 3.0 && model.expected(&[0.0]) < 2.0);
/// # Ok::<(), earmark::agreement::Undefined>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ordinal {
    min: i32,
    /// Between neighbouring levels, rising.
    thresholds: Vec<f64>,
    /// One for each feature.
    weights: Vec<f64>,
    /// What is taken off each feature.
    means: Vec<f64>,
    /// What each feature is divided by; above 0.
    deviations: Vec<f64>,
}

impl Ordinal {
    /// Fits the model to `rows` of features and the `scores` given, which may lie between levels.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] below twenty rows, [`Undefined::AllEqual`] when the scores are, [`Undefined::NotFinite`],
    /// [`Undefined::LengthsDiffer`], [`Undefined::OutOfRange`] for a score off the scale.
    pub fn fit(scale: Scale, rows: &[Vec<f64>], scores: &[f64], signs: &[Sign], ridge: f64) -> Result<Self, Undefined> {
        Undefined::unless_same_length(rows.len(), scores.len())?;
        Undefined::unless_enough("answers to fit to", rows.len(), FEWEST)?;
        for (at, row) in rows.iter().enumerate() {
            Undefined::unless_same_length(signs.len(), row.len())?;
            if !row.iter().all(|value| value.is_finite()) {
                return Err(Undefined::NotFinite { at });
            }
        }
        for score in scores {
            let (min, max) = (f64::from(scale.min()), f64::from(scale.max()));
            Undefined::unless_within("a score", *score, min, max)?;
        }
        if scores.iter().all(|score| (score - scores[0]).abs() < 1e-9) {
            return Err(Undefined::AllEqual { what: "the scores" });
        }
        let (means, deviations) = standard(rows, signs.len());
        let data = Data {
            levels: scale.levels(),
            rows: rows.iter().map(|row| standardised(row, &means, &deviations)).collect(),
            targets: scores.iter().map(|score| target(scale, *score)).collect(),
            ridge: ridge.max(1e-6),
        };
        let (thresholds, weights) = data.fit(signs);
        Ok(Self { min: scale.min(), thresholds, weights, means, deviations })
    }

    /// How many features the model takes.
    #[must_use]
    pub fn features(&self) -> usize {
        self.weights.len()
    }

    /// The weight of each standardised feature.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Whether the parts fit together, as those of a model read from a file may not.
    #[must_use]
    pub fn is_sound(&self, scale: Scale) -> bool {
        let n = self.weights.len();
        let numbers = [&self.thresholds, &self.weights, &self.means, &self.deviations];
        self.min == scale.min()
            && self.thresholds.len() + 1 == scale.levels()
            && self.means.len() == n
            && self.deviations.len() == n
            && numbers.into_iter().flatten().all(|number| number.is_finite())
            && self.deviations.iter().all(|deviation| *deviation > 0.0)
            && self.thresholds.is_sorted()
    }

    /// The weighted sum of the standardised features: where the answer lies between the thresholds.
    #[must_use]
    pub fn place(&self, row: &[f64]) -> f64 {
        standardised(row, &self.means, &self.deviations).iter().zip(&self.weights).map(|(x, w)| x * w).sum()
    }

    /// The chance of each level, lowest first; they add up to 1.
    #[must_use]
    pub fn chances(&self, row: &[f64]) -> Vec<f64> {
        chances(self.place(row), &self.thresholds)
    }

    /// The expected score.
    #[must_use]
    pub fn expected(&self, row: &[f64]) -> f64 {
        let above: f64 = self.chances(row).iter().enumerate().map(|(level, chance)| level as f64 * chance).sum();
        f64::from(self.min) + above
    }
}

fn standard(rows: &[Vec<f64>], features: usize) -> (Vec<f64>, Vec<f64>) {
    let n = rows.len() as f64;
    let means: Vec<f64> = (0..features).map(|j| rows.iter().map(|row| row[j]).sum::<f64>() / n).collect();
    let deviation = |j: usize| {
        let spread = (rows.iter().map(|row| (row[j] - means[j]).powi(2)).sum::<f64>() / n).sqrt();
        // What does not vary says nothing; divided by 1 it stays at 0.
        if spread > 1e-9 { spread } else { 1.0 }
    };
    let deviations = (0..features).map(deviation).collect();
    (means, deviations)
}

fn standardised(row: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    // Beyond four deviations an odd answer would be all that is seen.
    row.iter().zip(means.iter().zip(deviations)).map(|(x, (m, d))| ((x - m) / d).clamp(-4.0, 4.0)).collect()
}

/// The weight of each level in a score that may lie between two.
fn target(scale: Scale, score: f64) -> Vec<f64> {
    let levels = scale.levels();
    let place = (score - f64::from(scale.min())).clamp(0.0, levels as f64 - 1.0);
    let (low, part) = (place.floor() as usize, place.fract());
    let mut weights = vec![SMOOTH / levels as f64; levels];
    weights[low] += (1.0 - SMOOTH) * (1.0 - part);
    weights[(low + 1).min(levels - 1)] += (1.0 - SMOOTH) * part;
    weights
}

fn chances(eta: f64, thresholds: &[f64]) -> Vec<f64> {
    let below = thresholds.iter().map(|threshold| 1.0 / (1.0 + (eta - threshold).exp())).chain([1.0]);
    let mut before = 0.0;
    let mut out: Vec<f64> = below.map(|b| (b - std::mem::replace(&mut before, b)).max(1e-12)).collect();
    let sum: f64 = out.iter().sum();
    for chance in &mut out {
        *chance /= sum;
    }
    out
}

struct Data {
    levels: usize,
    rows: Vec<Vec<f64>>,
    targets: Vec<Vec<f64>>,
    ridge: f64,
}

impl Data {
    /// Thresholds and weights of the best fit.
    fn fit(&self, signs: &[Sign]) -> (Vec<f64>, Vec<f64>) {
        let cuts = self.levels - 1;
        let mut at = self.start(signs.len());
        let mut loss = self.loss(&at);
        for _ in 0..STEPS {
            let (slope, bend) = self.slope(&at);
            let low: Vec<f64> = bounds(&at, cuts, signs, Sign::Raises, f64::NEG_INFINITY);
            let high: Vec<f64> = bounds(&at, cuts, signs, Sign::Lowers, f64::INFINITY);
            let step = bounded_minimum(&bend, &slope, &low, &high);
            let Some((next, better)) = self.along(&at, &step, loss) else { break };
            let gained = loss - better;
            (at, loss) = (next, better);
            if gained < 1e-9 * (1.0 + loss.abs()) {
                break;
            }
        }
        let weights = at.split_off(cuts);
        (at, weights)
    }

    /// Thresholds at the logits of the shares below them, weights 0.
    fn start(&self, features: usize) -> Vec<f64> {
        let n = self.rows.len() as f64;
        let mut below = 0.0;
        let mut at: Vec<f64> = (0..self.levels - 1)
            .map(|level| {
                below += self.targets.iter().map(|target| target[level]).sum::<f64>() / n;
                (below / (1.0 - below).max(1e-9)).ln()
            })
            .collect();
        at.resize(self.levels - 1 + features, 0.0);
        at
    }

    fn loss(&self, at: &[f64]) -> f64 {
        let (thresholds, weights) = at.split_at(self.levels - 1);
        if !thresholds.windows(2).all(|pair| pair[0] < pair[1]) {
            return f64::INFINITY;
        }
        let one = |(row, target): (&Vec<f64>, &Vec<f64>)| -> f64 {
            let chances = chances(dot(row, weights), thresholds);
            -target.iter().zip(chances).map(|(weight, chance)| weight * chance.ln()).sum::<f64>()
        };
        self.rows.iter().zip(&self.targets).map(one).sum::<f64>() + self.ridge / 2.0 * dot(weights, weights)
    }

    /// The slope of the loss and its expected curvature (Fisher information), with the ridge.
    fn slope(&self, at: &[f64]) -> (Vec<f64>, Matrix) {
        let cuts = self.levels - 1;
        let (thresholds, weights) = at.split_at(cuts);
        let mut slope = vec![0.0; at.len()];
        let mut bend = Matrix::zero(at.len());
        for (row, target) in self.rows.iter().zip(&self.targets) {
            let eta = dot(row, weights);
            let chance = chances(eta, thresholds);
            let dense: Vec<f64> = thresholds
                .iter()
                .map(|t| {
                    let f = 1.0 / (1.0 + (eta - t).exp());
                    f * (1.0 - f)
                })
                .collect();
            // Of each level: how its chance moves with the threshold above it, the one below it, and with eta.
            let (mut by_eta, mut curve) = (0.0, 0.0);
            let mut crossed = vec![0.0; cuts];
            for level in 0..self.levels {
                let above = if level < cuts { dense[level] } else { 0.0 };
                let under = if level > 0 { dense[level - 1] } else { 0.0 };
                let moved = under - above;
                by_eta -= target[level] * moved / chance[level];
                curve += moved * moved / chance[level];
                if level < cuts {
                    slope[level] -= target[level] * above / chance[level];
                    bend.add(level, level, above * above / chance[level]);
                    crossed[level] += above * moved / chance[level];
                }
                if level > 0 {
                    slope[level - 1] += target[level] * under / chance[level];
                    bend.add(level - 1, level - 1, under * under / chance[level]);
                    crossed[level - 1] -= under * moved / chance[level];
                    if level < cuts {
                        bend.add(level, level - 1, -above * under / chance[level]);
                    }
                }
            }
            for (j, x) in row.iter().enumerate() {
                slope[cuts + j] += by_eta * x;
                for (k, cross) in crossed.iter().enumerate() {
                    bend.add(cuts + j, k, cross * x);
                }
                for (l, other) in row[..=j].iter().enumerate() {
                    bend.add(cuts + j, cuts + l, curve * x * other);
                }
            }
        }
        for (j, weight) in weights.iter().enumerate() {
            slope[cuts + j] += self.ridge * weight;
            bend.add(cuts + j, cuts + j, self.ridge);
        }
        for k in 0..cuts {
            bend.add(k, k, 1e-6);
        }
        (slope, bend)
    }

    /// The first point along `step` that is better, halving it as often as it takes.
    fn along(&self, at: &[f64], step: &[f64], loss: f64) -> Option<(Vec<f64>, f64)> {
        let mut share = 1.0;
        for _ in 0..40 {
            let next: Vec<f64> = at.iter().zip(step).map(|(a, s)| a + share * s).collect();
            let there = self.loss(&next);
            if there < loss {
                return Some((next, there));
            }
            share /= 2.0;
        }
        None
    }
}

/// How far each parameter may move: a weight that must not fall below 0 no further than to 0.
fn bounds(at: &[f64], cuts: usize, signs: &[Sign], held: Sign, open: f64) -> Vec<f64> {
    let weights = at[cuts..].iter().zip(signs).map(|(weight, sign)| if *sign == held { -weight } else { open });
    std::iter::repeat_n(open, cuts).chain(weights).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale() -> Scale {
        Scale::new(1, 3).unwrap()
    }

    /// Features and scores with a known relation, from a linear congruence.
    fn sample(n: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
        let mut state = 12_345_u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / (1_u64 << 31) as f64
        };
        (0..n)
            .map(|_| {
                let (a, b, noise) = (draw(), draw(), draw());
                let place = 3.0 * a - 2.0 * b + 0.5 * noise;
                (
                    vec![a, b],
                    if place < 0.2 {
                        1.0
                    } else if place < 1.2 {
                        2.0
                    } else {
                        3.0
                    },
                )
            })
            .unzip()
    }

    #[test]
    fn the_slope_is_that_of_the_loss() {
        let (rows, scores) = sample(60);
        let targets = scores.iter().map(|s| target(scale(), *s)).collect();
        let data = Data { levels: 3, rows, targets, ridge: 2.0 };
        let at = vec![-0.4, 0.9, 0.7, -0.3];
        let (slope, _) = data.slope(&at);
        for j in 0..at.len() {
            let moved = |by: f64| {
                let mut there = at.clone();
                there[j] += by;
                data.loss(&there)
            };
            let numeric = (moved(1e-6) - moved(-1e-6)) / 2e-6;
            assert!((numeric - slope[j]).abs() < 1e-4, "{j}: {numeric} {}", slope[j]);
        }
    }

    #[test]
    fn a_feature_never_moves_the_score_against_its_sign() {
        let (rows, scores) = sample(300);
        let free = Ordinal::fit(scale(), &rows, &scores, &[Sign::Free, Sign::Free], 1.0).unwrap();
        assert!(free.weights()[0] > 0.5 && free.weights()[1] < -0.3);
        let held = Ordinal::fit(scale(), &rows, &scores, &[Sign::Raises, Sign::Raises], 1.0).unwrap();
        assert!(held.weights()[0] > 0.5 && held.weights()[1].abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_fitted_says_why() {
        let rows = vec![vec![1.0]; 30];
        let fit = |rows: &[Vec<f64>], scores: &[f64]| Ordinal::fit(scale(), rows, scores, &[Sign::Free], 1.0);
        assert!(matches!(fit(&rows, &[2.0; 30]), Err(Undefined::AllEqual { .. })));
        assert!(matches!(fit(&rows[..5], &[1.0; 5]), Err(Undefined::TooFew { .. })));
        assert!(matches!(fit(&rows, &[9.0; 30]), Err(Undefined::OutOfRange { .. })));
        let mut odd = rows.clone();
        odd[3][0] = f64::NAN;
        assert_eq!(fit(&odd, &[1.0; 30]), Err(Undefined::NotFinite { at: 3 }));
    }

    #[test]
    fn a_level_that_nobody_gave_still_has_a_chance_and_nothing_is_nan() {
        let rows: Vec<Vec<f64>> = (0..40).map(|i| vec![f64::from(i), 1.0]).collect();
        let scores: Vec<f64> = (0..40).map(|i| if i < 20 { 0.0 } else { 5.0 }).collect();
        let model = Ordinal::fit(Scale::new(0, 5).unwrap(), &rows, &scores, &[Sign::Free; 2], 1.0).unwrap();
        assert!(model.is_sound(Scale::new(0, 5).unwrap()));
        let chances = model.chances(&[20.0, 1.0]);
        assert!(chances.iter().all(|chance| *chance > 0.0) && (chances.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
