//! A table of items by raters in which scores may be missing.

use super::Undefined;
use super::pairs::finite;

/// Items in rows, raters in columns; a score may be missing. At least one item and one rater.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratings {
    raters: usize,
    /// The scores that are there, item by item.
    scores: Vec<f64>,
    /// Where each item's scores end.
    ends: Vec<usize>,
}

impl Ratings {
    /// A row for each item with a cell for each rater, in the same order.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] without items or raters, [`Undefined::LengthsDiffer`] for a row of another length than
    /// the first, [`Undefined::NotFinite`] with the item's place.
    pub fn new(items: &[Vec<Option<f64>>]) -> Result<Self, Undefined> {
        Undefined::unless_enough("items", items.len(), 1)?;
        let raters = items[0].len();
        Undefined::unless_enough("raters", raters, 1)?;
        let (mut scores, mut ends) = (Vec::with_capacity(items.len() * raters), Vec::with_capacity(items.len()));
        for (at, row) in items.iter().enumerate() {
            Undefined::unless_same_length(raters, row.len())?;
            let given = finite(row.iter().flatten().copied().collect()).map_err(|_| Undefined::NotFinite { at })?;
            scores.extend(given);
            ends.push(scores.len());
        }
        Ok(Self { raters, scores, ends })
    }

    /// How many raters there are.
    #[must_use]
    pub fn raters(&self) -> usize {
        self.raters
    }

    /// How many items there are.
    #[must_use]
    pub fn items(&self) -> usize {
        self.ends.len()
    }

    /// The rows at `rows`, in that order, as often as each is named: what a resample is made of.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] when `rows` is empty.
    ///
    /// # Panics
    /// When a row is past the end.
    pub fn at(&self, rows: &[usize]) -> Result<Self, Undefined> {
        Undefined::unless_enough("items", rows.len(), 1)?;
        let (mut scores, mut ends) = (Vec::with_capacity(rows.len() * self.raters), Vec::with_capacity(rows.len()));
        for row in rows {
            scores.extend_from_slice(self.row(*row));
            ends.push(scores.len());
        }
        Ok(Self { raters: self.raters, scores, ends })
    }

    fn row(&self, item: usize) -> &[f64] {
        let start = if item == 0 { 0 } else { self.ends[item - 1] };
        &self.scores[start..self.ends[item]]
    }

    /// The scores that each item has.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[f64]> {
        (0..self.items()).map(|item| self.row(item))
    }

    /// All scores row by row, when none is missing.
    pub(super) fn complete(&self) -> Result<&[f64], Undefined> {
        match self.rows().position(|row| row.len() < self.raters) {
            Some(at) => Err(Undefined::Missing { at }),
            None => Ok(&self.scores),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_must_be_of_one_length() {
        let ragged = Ratings::new(&[vec![Some(1.0), None], vec![None]]);
        assert_eq!(ragged, Err(Undefined::LengthsDiffer { left: 2, right: 1 }));
        assert!(Ratings::new(&[]).is_err());
        assert!(Ratings::new(&[vec![]]).is_err());
        assert_eq!(Ratings::new(&[vec![Some(f64::NAN)]]), Err(Undefined::NotFinite { at: 0 }));
    }

    #[test]
    fn a_missing_score_is_named() {
        let gap = Ratings::new(&[vec![Some(1.0), Some(2.0)], vec![Some(1.0), None]]).unwrap();
        assert_eq!(gap.complete(), Err(Undefined::Missing { at: 1 }));
        assert_eq!(gap.at(&[0, 0]).unwrap().items(), 2);
    }
}
