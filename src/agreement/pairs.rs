//! Two columns that belong together row by row: levels of one scale, or any finite numbers.

use super::{Scale, Undefined};

/// The same items scored by two raters on one scale; by convention people first, the machine second. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scored {
    scale: Scale,
    first: Vec<i32>,
    second: Vec<i32>,
}

impl Scored {
    /// Both raters' scores, item by item.
    ///
    /// # Errors
    /// [`Undefined::LengthsDiffer`], [`Undefined::TooFew`] for none, [`Undefined::OffTheScale`].
    pub fn new(scale: Scale, first: Vec<i32>, second: Vec<i32>) -> Result<Self, Undefined> {
        Undefined::unless_same_length(first.len(), second.len())?;
        Undefined::unless_enough("scored items", first.len(), 1)?;
        scale.holds(&first)?;
        scale.holds(&second)?;
        Ok(Self { scale, first, second })
    }

    /// The scale both used.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// The first rater's scores.
    #[must_use]
    pub fn first(&self) -> &[i32] {
        &self.first
    }

    /// The second rater's scores.
    #[must_use]
    pub fn second(&self) -> &[i32] {
        &self.second
    }

    /// How many items there are; at least one.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.first.len()
    }

    /// The items at `rows`, in that order, as often as each is named: what a resample is made of.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] when `rows` is empty.
    ///
    /// # Panics
    /// When a row is past the end.
    pub fn at(&self, rows: &[usize]) -> Result<Self, Undefined> {
        Undefined::unless_enough("scored items", rows.len(), 1)?;
        let picked = |from: &[i32]| rows.iter().map(|row| from[*row]).collect();
        Ok(Self { scale: self.scale, first: picked(&self.first), second: picked(&self.second) })
    }

    /// The scores as plain numbers.
    #[must_use]
    pub fn as_pairs(&self) -> Pairs {
        let numbers = |from: &[i32]| from.iter().map(|score| f64::from(*score)).collect();
        Pairs { first: numbers(&self.first), second: numbers(&self.second) }
    }

    /// How often each pair of levels occurs: rows are the first rater's levels, columns the second's, lowest first.
    #[must_use]
    pub fn confusion(&self) -> Vec<Vec<usize>> {
        let levels = self.scale.levels();
        let mut counts = vec![vec![0; levels]; levels];
        for (a, b) in self.first.iter().zip(&self.second) {
            counts[(a - self.scale.min()) as usize][(b - self.scale.min()) as usize] += 1;
        }
        counts
    }
}

/// Two columns of finite numbers; by convention people first, the machine second. Never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Pairs {
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Pairs {
    /// Both columns, row by row.
    ///
    /// # Errors
    /// [`Undefined::LengthsDiffer`], [`Undefined::TooFew`] for none, [`Undefined::NotFinite`].
    pub fn new(first: Vec<f64>, second: Vec<f64>) -> Result<Self, Undefined> {
        Undefined::unless_same_length(first.len(), second.len())?;
        Undefined::unless_enough("pairs", first.len(), 1)?;
        Ok(Self { first: finite(first)?, second: finite(second)? })
    }

    /// The first column.
    #[must_use]
    pub fn first(&self) -> &[f64] {
        &self.first
    }

    /// The second column.
    #[must_use]
    pub fn second(&self) -> &[f64] {
        &self.second
    }

    /// How many pairs there are; at least one.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.first.len()
    }

    /// The pairs at `rows`, in that order, as often as each is named: what a resample is made of.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] when `rows` is empty.
    ///
    /// # Panics
    /// When a row is past the end.
    pub fn at(&self, rows: &[usize]) -> Result<Self, Undefined> {
        Undefined::unless_enough("pairs", rows.len(), 1)?;
        let picked = |from: &[f64]| rows.iter().map(|row| from[*row]).collect();
        Ok(Self { first: picked(&self.first), second: picked(&self.second) })
    }
}

/// The values with one zero instead of two, so that equal values have equal bits.
pub(super) fn finite(values: Vec<f64>) -> Result<Vec<f64>, Undefined> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(Undefined::NotFinite { at }),
        None => Ok(values.into_iter().map(|value| value + 0.0).collect()),
    }
}

/// Whether no two values differ.
pub(super) fn all_equal(values: &[f64]) -> bool {
    values.windows(2).all(|two| two[0].total_cmp(&two[1]).is_eq())
}

/// The arithmetic mean of a column that is not empty.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Squared deviations from the mean, summed.
pub(super) fn sum_of_squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale() -> Scale {
        Scale::new(1, 3).unwrap()
    }

    #[test]
    fn scores_must_pair_up_and_lie_on_the_scale() {
        assert_eq!(Scored::new(scale(), vec![1], vec![]), Err(Undefined::LengthsDiffer { left: 1, right: 0 }));
        assert!(matches!(Scored::new(scale(), vec![], vec![]), Err(Undefined::TooFew { .. })));
        let off = Scored::new(scale(), vec![1, 2], vec![1, 4]).unwrap_err();
        assert_eq!(off.to_string(), "score 4 of item 1 is off the scale of 1 to 3");
    }

    #[test]
    fn numbers_must_be_finite() {
        assert_eq!(Pairs::new(vec![0.0, f64::NAN], vec![0.0, 0.0]), Err(Undefined::NotFinite { at: 1 }));
        assert_eq!(Pairs::new(vec![0.0], vec![f64::INFINITY]), Err(Undefined::NotFinite { at: 0 }));
    }

    #[test]
    fn zero_equals_minus_zero() {
        assert!(all_equal(Pairs::new(vec![0.0, -0.0], vec![1.0, 1.0]).unwrap().first()));
    }

    #[test]
    fn confusion_has_the_first_rater_in_rows() {
        let scored = Scored::new(scale(), vec![1, 1, 3], vec![1, 2, 3]).unwrap();
        assert_eq!(scored.confusion(), vec![vec![1, 1, 0], vec![0, 0, 0], vec![0, 0, 1]]);
    }

    #[test]
    fn rows_are_picked_as_often_as_named() {
        let scored = Scored::new(scale(), vec![1, 2], vec![3, 2]).unwrap();
        assert_eq!(scored.at(&[0, 0, 1]).unwrap().second(), [3, 3, 2]);
        assert!(scored.at(&[]).is_err());
    }
}
