//! What the scored answers nearest to an answer say of it: kernel regression of what a pooled model leaves over.

use super::Undefined;
use super::linear::Matrix;

/// How far nearness and a question's own level are trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trust {
    /// Variance of a question's level around the pool, in units of the noise.
    pub question: f64,
    /// Variance of what near answers share, in the same units.
    pub near: f64,
    /// The cosine at which likeness has fallen to a third lies this far below 1.
    pub reach: f64,
}

impl Default for Trust {
    /// Found on public sets of short answers; within a factor of two of each nothing much changes.
    fn default() -> Self {
        Self { question: 0.3, near: 2.0, reach: 0.5 }
    }
}

impl Trust {
    /// How much two answers to one question have in common, given the cosine of their vectors.
    #[must_use]
    pub fn kinship(&self, cosine: f64) -> f64 {
        self.question + self.near * ((cosine.min(1.0) - 1.0) / self.reach).exp()
    }
}

/// The scored answers to one question, weighted so that they predict what is left over.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbours {
    /// The pull of each scored answer.
    pub pulls: Vec<f64>,
    /// What the others say of each scored answer, itself left out.
    pub without_itself: Vec<f64>,
}

impl Neighbours {
    /// Weighs `left` (score minus what the pooled model expects, an answer each) given the cosine of any two.
    ///
    /// ```text
    /// pulls            = (K + I)^-1 left,        K_ij = question + near exp((cos_ij - 1) / reach)
    /// without_itself_i = left_i - pulls_i / ((K + I)^-1)_ii
    /// ```
    ///
    /// The prediction for another answer is the sum of the pulls, each times its [`Trust::kinship`] with it: with few or
    /// distant scored answers it shrinks towards 0, the pool.
    ///
    /// Source: C. E. Rasmussen and C. K. I. Williams, "Gaussian processes for machine learning" (2006), equations 2.25 and
    /// 5.12; the level of a question as a random effect.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] for none, [`Undefined::NotFinite`].
    pub fn weigh(left: &[f64], trust: &Trust, cosine: impl Fn(usize, usize) -> f64) -> Result<Self, Undefined> {
        Undefined::unless_enough("scored answers", left.len(), 1)?;
        if let Some(at) = left.iter().position(|value| !value.is_finite()) {
            return Err(Undefined::NotFinite { at });
        }
        let kin = |i: usize, j: usize| trust.kinship(cosine(i, j)) + f64::from(u8::from(i == j));
        let inverse = Matrix::with(left.len(), kin).inverse().ok_or(Undefined::NotFinite { at: 0 })?;
        let pulls = inverse.times(left);
        let without = |(i, left): (usize, &f64)| left - pulls[i] / inverse.diagonal(i);
        Ok(Self { without_itself: left.iter().enumerate().map(without).collect(), pulls })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_an_answer_out_is_what_fitting_without_it_says() {
        let places = [0.0, 0.1, 0.3, 0.7, 0.75_f64];
        let cosine = |i: usize, j: usize| 1.0 - (places[i] - places[j]).abs();
        let left = [1.0, 0.8, -0.2, -1.0, -0.7];
        let trust = Trust::default();
        let all = Neighbours::weigh(&left, &trust, cosine).unwrap();
        let others: Vec<usize> = (0..5).filter(|i| *i != 2).collect();
        let rest: Vec<f64> = others.iter().map(|i| left[*i]).collect();
        let fitted = Neighbours::weigh(&rest, &trust, |i, j| cosine(others[i], others[j])).unwrap();
        let said: f64 = fitted.pulls.iter().zip(&others).map(|(p, i)| p * trust.kinship(cosine(2, *i))).sum();
        assert!((said - all.without_itself[2]).abs() < 1e-9);
    }

    #[test]
    fn one_scored_answer_moves_its_question_a_little_and_none_says_so() {
        let one = Neighbours::weigh(&[2.0], &Trust::default(), |_, _| 1.0).unwrap();
        let said = one.pulls[0] * Trust::default().kinship(-1.0);
        assert!(said > 0.0 && said < 1.0, "{said}");
        assert!(one.without_itself[0].abs() < 1e-9);
        assert!(Neighbours::weigh(&[], &Trust::default(), |_, _| 1.0).is_err());
    }
}
