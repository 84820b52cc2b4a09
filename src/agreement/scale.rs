//! A scale: the whole numbers that a score may be.

use super::Undefined;
use serde::Serialize;

/// More levels than any rubric has; tables of levels stay small.
const MOST_LEVELS: i64 = 1001;

/// Equally spaced levels from `min` to `max`, both included. At least two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Scale {
    min: i32,
    max: i32,
}

impl Scale {
    /// The scale from `min` to `max`.
    ///
    /// # Errors
    /// [`Undefined::OutOfRange`] unless it has 2 to 1001 levels.
    pub fn new(min: i32, max: i32) -> Result<Self, Undefined> {
        let levels = i64::from(max) - i64::from(min) + 1;
        Undefined::unless_within("the number of levels of the scale", levels as f64, 2.0, MOST_LEVELS as f64)?;
        Ok(Self { min, max })
    }

    /// The lowest level.
    #[must_use]
    pub fn min(self) -> i32 {
        self.min
    }

    /// The highest level.
    #[must_use]
    pub fn max(self) -> i32 {
        self.max
    }

    /// How many levels there are.
    #[must_use]
    pub fn levels(self) -> usize {
        (self.max - self.min) as usize + 1
    }

    /// The place of `score` among the levels, from 0; `None` off the scale.
    #[must_use]
    pub fn place(self, score: i32) -> Option<usize> {
        (self.min..=self.max).contains(&score).then(|| (score - self.min) as usize)
    }

    /// The level at `place`, the highest for places past the end.
    #[must_use]
    pub fn level(self, place: usize) -> i32 {
        self.min + place.min(self.levels() - 1) as i32
    }

    /// [`Undefined::OffTheScale`] for the first score that the scale does not have.
    pub(super) fn holds(self, scores: &[i32]) -> Result<(), Undefined> {
        match scores.iter().position(|score| self.place(*score).is_none()) {
            Some(at) => Err(Undefined::OffTheScale { at, score: scores[at], min: self.min, max: self.max }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_has_at_least_two_levels() {
        assert_eq!(Scale::new(1, 5).unwrap().levels(), 5);
        assert!(Scale::new(3, 3).is_err());
        assert!(Scale::new(5, 1).is_err());
        assert!(Scale::new(i32::MIN, i32::MAX).is_err());
    }

    #[test]
    fn levels_may_lie_below_zero() {
        let scale = Scale::new(-1, 1).unwrap();
        assert_eq!((scale.place(-1), scale.place(1), scale.place(2)), (Some(0), Some(2), None));
        assert_eq!(scale.level(2), 1);
    }
}
