//! Whether the right words and the right places were marked: precision, recall, F1, intersection over union, recall of
//! locations.
//!
//! Over characters rather than whole quotations, so that a quotation a word too long is nearly right. Counts add up:
//! sum the [`Overlap`]s of many answers for the pooled (micro) number. Source: C. D. Manning, P. Raghavan and H.
//! Schütze, "Introduction to Information Retrieval" (2008) chapter 8; intersection over union: P. Jaccard (1912).

use super::Undefined;
use std::collections::BTreeMap;
use std::iter::Sum;
use std::ops::{Add, Range};

/// Marked characters (or utterances) as half-open ranges within numbered texts; overlapping ranges count once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks(BTreeMap<usize, Vec<Range<usize>>>);

impl FromIterator<(usize, Range<usize>)> for Marks {
    /// Ranges by the number of their text; empty ones mark nothing.
    fn from_iter<I: IntoIterator<Item = (usize, Range<usize>)>>(marked: I) -> Self {
        let mut texts: BTreeMap<usize, Vec<Range<usize>>> = BTreeMap::new();
        for (text, range) in marked.into_iter().filter(|(_, range)| !range.is_empty()) {
            texts.entry(text).or_default().push(range);
        }
        texts.values_mut().for_each(merge);
        Self(texts)
    }
}

/// Sorts the ranges and joins those that touch.
fn merge(ranges: &mut Vec<Range<usize>>) {
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|next, last| {
        let touches = next.start <= last.end;
        if touches {
            last.end = last.end.max(next.end);
        }
        touches
    });
}

impl Marks {
    /// How many characters are marked.
    #[must_use]
    pub fn characters(&self) -> usize {
        self.0.values().flatten().map(Range::len).sum()
    }

    /// How many characters both mark.
    fn shared(&self, other: &Self) -> usize {
        let both = self.0.iter().filter_map(|(text, ranges)| Some((ranges, other.0.get(text)?)));
        both.map(|(left, right)| shared(left, right)).sum()
    }
}

/// Characters in both of two sorted lists of disjoint ranges.
fn shared(left: &[Range<usize>], right: &[Range<usize>]) -> usize {
    let (mut i, mut j, mut count) = (0, 0, 0);
    while let (Some(a), Some(b)) = (left.get(i), right.get(j)) {
        count += a.end.min(b.end).saturating_sub(a.start.max(b.start));
        if a.end < b.end { i += 1 } else { j += 1 }
    }
    count
}

/// How many characters were found, how many were wanted, and how many are both.
///
/// ```
/// use earmark::agreement::{Marks, Overlap};
///
/// let found: Marks = [(0, 10..20)].into_iter().collect();
/// let wanted: Marks = [(0, 15..25), (3, 0..5)].into_iter().collect();
/// let overlap = Overlap::between(&found, &wanted);
/// assert_eq!((overlap.precision(), overlap.f1()), (Ok(0.5), Ok(0.4)));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overlap {
    both: usize,
    found: usize,
    wanted: usize,
}

impl Overlap {
    /// Compares what was found with what was wanted.
    #[must_use]
    pub fn between(found: &Marks, wanted: &Marks) -> Self {
        Self { both: found.shared(wanted), found: found.characters(), wanted: wanted.characters() }
    }

    /// Precision: of the characters found, the share that was wanted. Range 0 (none) to 1 (all).
    ///
    /// # Errors
    /// [`Undefined::NothingMarked`] when nothing was found.
    pub fn precision(&self) -> Result<f64, Undefined> {
        share(self.both, self.found)
    }

    /// Recall: of the characters wanted, the share that was found. Range 0 (none) to 1 (all).
    ///
    /// # Errors
    /// [`Undefined::NothingMarked`] when nothing was wanted.
    pub fn recall(&self) -> Result<f64, Undefined> {
        share(self.both, self.wanted)
    }

    /// F1: the harmonic mean of precision and recall, `2 both / (found + wanted)`. Range 0 (nothing shared) to 1 (the
    /// same characters).
    ///
    /// # Errors
    /// [`Undefined::NothingMarked`] when nothing was found and nothing wanted.
    pub fn f1(&self) -> Result<f64, Undefined> {
        share(2 * self.both, self.found + self.wanted)
    }

    /// Intersection over union: `both / (found + wanted - both)`. Range 0 (nothing shared) to 1 (the same characters);
    /// never above [`Overlap::f1`].
    ///
    /// # Errors
    /// [`Undefined::NothingMarked`] when nothing was found and nothing wanted.
    pub fn iou(&self) -> Result<f64, Undefined> {
        share(self.both, self.found + self.wanted - self.both)
    }
}

impl Add for Overlap {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { both: self.both + other.both, found: self.found + other.found, wanted: self.wanted + other.wanted }
    }
}

impl Sum for Overlap {
    fn sum<I: Iterator<Item = Self>>(overlaps: I) -> Self {
        overlaps.fold(Self::default(), Add::add)
    }
}

fn share(part: usize, whole: usize) -> Result<f64, Undefined> {
    if whole == 0 { Err(Undefined::NothingMarked) } else { Ok(part as f64 / whole as f64) }
}

/// Location recall: of the questions that have a place, the share whose place was found with an intersection over union
/// of at least `least` (.5 by custom, any overlap with 0).
///
/// Range 0 (none found) to 1 (all found). One [`Overlap`] a question, in utterances; those without a wanted place do
/// not count. Source: M. Everingham et al., "The Pascal visual object classes (VOC) challenge", IJCV 88 (2010) 303-338.
///
/// # Errors
/// [`Undefined::NothingMarked`] when no question has a place, [`Undefined::OutOfRange`] for `least` outside 0 to 1.
pub fn location_recall(questions: &[Overlap], least: f64) -> Result<f64, Undefined> {
    Undefined::unless_within("the least intersection over union", least, 0.0, 1.0)?;
    let placed: Vec<&Overlap> = questions.iter().filter(|overlap| overlap.wanted > 0).collect();
    let found = placed.iter().filter(|overlap| overlap.both > 0 && overlap.iou().is_ok_and(|iou| iou >= least));
    share(found.count(), placed.len())
}

/// The mean intersection over union of the questions that have a place or were given one.
///
/// Range 0 (nothing shared anywhere) to 1 (all the same). A place given to a question that has none counts as 0.
/// Source: see [`location_recall`].
///
/// # Errors
/// [`Undefined::NothingMarked`] when no question has a place or was given one.
pub fn mean_iou(questions: &[Overlap]) -> Result<f64, Undefined> {
    let shares: Vec<f64> = questions.iter().filter_map(|overlap| overlap.iou().ok()).collect();
    if shares.is_empty() { Err(Undefined::NothingMarked) } else { Ok(shares.iter().sum::<f64>() / shares.len() as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn marks(ranges: &[(usize, usize, usize)]) -> Marks {
        ranges.iter().map(|(text, start, end)| (*text, *start..*end)).collect()
    }

    #[test]
    fn overlapping_and_touching_ranges_count_once() {
        assert_eq!(marks(&[(0, 5, 9), (0, 0, 6), (0, 9, 10), (0, 3, 3)]), marks(&[(0, 0, 10)]));
    }

    #[test]
    fn nothing_found_leaves_precision_without_a_value_and_recall_at_nothing() {
        let overlap = Overlap::between(&marks(&[]), &marks(&[(0, 0, 4)]));
        assert_eq!((overlap.precision(), overlap.recall()), (Err(Undefined::NothingMarked), Ok(0.0)));
        assert_eq!((overlap.f1(), overlap.iou()), (Ok(0.0), Ok(0.0)));
        assert_eq!(Overlap::default().f1(), Err(Undefined::NothingMarked));
    }

    #[test]
    fn the_same_range_of_another_text_is_another_place() {
        assert_eq!(Overlap::between(&marks(&[(0, 0, 4)]), &marks(&[(1, 0, 4)])).f1(), Ok(0.0));
    }

    #[test]
    fn a_question_without_a_place_is_not_missed() {
        let hit = Overlap::between(&marks(&[(0, 0, 4)]), &marks(&[(0, 0, 5)]));
        let false_alarm = Overlap::between(&marks(&[(0, 7, 9)]), &marks(&[]));
        assert_eq!(location_recall(&[hit, false_alarm, Overlap::default()], 0.5), Ok(1.0));
        assert_eq!(mean_iou(&[hit, false_alarm, Overlap::default()]), Ok(0.4));
        assert_eq!(location_recall(&[false_alarm], 0.5), Err(Undefined::NothingMarked));
    }

    proptest! {
        #[test]
        fn overlap_is_what_counting_characters_gives(
            found in prop::collection::vec((0_usize..3, 0_usize..20, 0_usize..20), 0..8),
            wanted in prop::collection::vec((0_usize..3, 0_usize..20, 0_usize..20), 0..8)
        ) {
            let each = |of: &[(usize, usize, usize)]| -> BTreeSet<(usize, usize)> {
                of.iter().flat_map(|(text, start, end)| (*start..*end).map(move |at| (*text, at))).collect()
            };
            let overlap = Overlap::between(&marks(&found), &marks(&wanted));
            let (found, wanted) = (each(&found), each(&wanted));
            let both = found.intersection(&wanted).count();
            prop_assert_eq!(overlap, Overlap { both, found: found.len(), wanted: wanted.len() });
            if let (Ok(f1), Ok(iou)) = (overlap.f1(), overlap.iou()) {
                prop_assert!((0.0..=1.0).contains(&f1) && iou <= f1);
            }
        }
    }
}
