//! Whether groups of people are selected alike: selection rates and impact ratios, silent about groups too small.

use super::Undefined;
use super::pairs::finite;
use std::collections::BTreeSet;

/// Each person's group and whether they were selected. Never empty. People whose group is unknown are left out by
/// whoever makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcomes {
    names: Vec<String>,
    people: Vec<(usize, bool)>,
}

impl Outcomes {
    /// Group and outcome of each person.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] for nobody.
    pub fn new(people: &[(&str, bool)]) -> Result<Self, Undefined> {
        Undefined::unless_enough("people", people.len(), 1)?;
        let sorted: BTreeSet<&str> = people.iter().map(|(name, _)| *name).collect();
        let names: Vec<String> = sorted.into_iter().map(String::from).collect();
        let number = |name: &str| names.partition_point(|known| known.as_str() < name);
        let people = people.iter().map(|(name, selected)| (number(name), *selected)).collect();
        Ok(Self { names, people })
    }

    /// The people at `rows`, in that order, as often as each is named: what a resample is made of. Groups stay.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] when `rows` is empty.
    ///
    /// # Panics
    /// When a row is past the end.
    pub fn at(&self, rows: &[usize]) -> Result<Self, Undefined> {
        Undefined::unless_enough("people", rows.len(), 1)?;
        Ok(Self { names: self.names.clone(), people: rows.iter().map(|row| self.people[*row]).collect() })
    }

    /// People and selected people of each group.
    fn counts(&self) -> Vec<(usize, usize)> {
        let mut counts = vec![(0, 0); self.names.len()];
        for (group, selected) in &self.people {
            counts[*group].0 += 1;
            counts[*group].1 += usize::from(*selected);
        }
        counts
    }
}

/// Which groups are too small to speak of: a rate of a few people says little, and may say who they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SmallCells {
    /// The least number of people.
    pub people: usize,
    /// The least share of all people, 0 to 1.
    pub share: f64,
}

impl Default for SmallCells {
    /// Ten people, a usual rule for publishing cells, and the 2 % below which New York City's rules on Local Law 144 (6
    /// RCNY 5-301) let a category be left out.
    fn default() -> Self {
        Self { people: 10, share: 0.02 }
    }
}

/// One group's selection rate, and its ratio to the group selected most often.
#[derive(Debug, Clone, PartialEq)]
pub struct Impact {
    /// The group.
    pub group: String,
    /// How many people it has.
    pub people: usize,
    /// The share of them that was selected, 0 to 1.
    pub rate: Result<f64, Undefined>,
    /// The rate over the highest rate of a group large enough.
    pub ratio: Result<f64, Undefined>,
}

/// Impact ratio of each group: its selection rate over the highest selection rate. Groups in the order of their names.
///
/// ```text
/// rate_g  = selected_g / people_g
/// ratio_g = rate_g / max rate
/// ```
///
/// Range 0 (nobody of the group selected) to 1 (selected as often as any). Below .80, four fifths, is what US agencies
/// take as evidence of adverse impact; above it is no proof of fairness, and in small groups neither is a proof. Groups
/// too small by `small` have no rate and are not compared with. Where only one group is too small, its rate can be had
/// by subtraction from a total: show no totals then.
///
/// Source: US Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4(D) (1978); New York City, 6 RCNY 5-300.
///
/// ```
/// use earmark::agreement::{Outcomes, SmallCells, impact_ratios};
///
/// let people = Outcomes::new(&[("a", true), ("a", true), ("b", true), ("b", false), ("c", true)])?;
/// let impacts = impact_ratios(&people, &SmallCells { people: 2, share: 0.0 })?;
/// assert_eq!(impacts[1].ratio, Ok(0.5));
/// assert!(impacts[2].rate.is_err());
/// # Ok::<(), earmark::agreement::Undefined>(())
/// ```
///
/// # Errors
/// [`Undefined::OutOfRange`] for a share outside 0 to 1. What hinders one group stands in its [`Impact`]: too few
/// people, no second group to compare with, or nobody selected at all.
pub fn impact_ratios(outcomes: &Outcomes, small: &SmallCells) -> Result<Vec<Impact>, Undefined> {
    Undefined::unless_within("the least share of a group", small.share, 0.0, 1.0)?;
    let share = (small.share * outcomes.people.len() as f64 - 1e-9).ceil() as usize;
    let need = small.people.max(share).max(1);
    let rate = |(people, selected): (usize, usize)| {
        Undefined::unless_enough("people in the group", people, need)?;
        Ok(selected as f64 / people as f64)
    };
    let counts = outcomes.counts();
    let rates: Vec<Result<f64, Undefined>> = counts.iter().copied().map(rate).collect();
    let known: Vec<f64> = rates.iter().flatten().copied().collect();
    let highest = known.iter().copied().fold(0.0, f64::max);
    let ratio = |rate: Result<f64, Undefined>| {
        let rate = rate?;
        Undefined::unless_enough("groups that are large enough", known.len(), 2)?;
        if highest > 0.0 { Ok(rate / highest) } else { Err(Undefined::NobodySelected) }
    };
    let each = outcomes.names.iter().zip(&counts).zip(&rates);
    Ok(each
        .map(|((group, (people, _)), rate)| Impact {
            group: group.clone(),
            people: *people,
            rate: rate.clone(),
            ratio: ratio(rate.clone()),
        })
        .collect())
}

/// Who scored above the median of all: what New York City's rules count as selected where a tool gives scores
/// ("scoring rate", 6 RCNY 5-300).
///
/// # Errors
/// [`Undefined::TooFew`] for nobody, [`Undefined::NotFinite`].
pub fn above_median(scores: &[f64]) -> Result<Vec<bool>, Undefined> {
    Undefined::unless_enough("people", scores.len(), 1)?;
    let mut sorted = finite(scores.to_vec())?;
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) };
    Ok(scores.iter().map(|score| *score > median).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: SmallCells = SmallCells { people: 1, share: 0.0 };

    fn crowd(groups: &[(&'static str, usize, usize)]) -> Outcomes {
        let members =
            groups.iter().flat_map(|(name, people, selected)| (0..*people).map(move |i| (*name, i < *selected)));
        Outcomes::new(&members.collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn the_uniform_guidelines_own_example() {
        // Questions and Answers 12 to the Uniform Guidelines (1979): 120 applicants, 48 of 80 and 12 of 40 hired.
        let impacts = impact_ratios(&crowd(&[("white", 80, 48), ("black", 40, 12)]), &SmallCells::default()).unwrap();
        assert_eq!(
            (&impacts[0].group[..], impacts[0].rate.clone(), impacts[0].ratio.clone()),
            ("black", Ok(0.3), Ok(0.5))
        );
        assert_eq!(impacts[1].ratio, Ok(1.0));
    }

    #[test]
    fn a_group_of_two_people_is_not_spoken_of_and_not_compared_with() {
        let impacts =
            impact_ratios(&crowd(&[("a", 50, 10), ("b", 50, 20), ("c", 2, 2)]), &SmallCells::default()).unwrap();
        assert_eq!(impacts[0].ratio, Ok(0.5));
        let why = impacts[2].rate.clone().unwrap_err();
        assert_eq!(why.to_string(), "too few people in the group: there are 2, and at least 10 are needed");
        assert_eq!(impacts[2].ratio, Err(why));
    }

    #[test]
    fn a_group_below_two_in_a_hundred_is_too_small() {
        let impacts =
            impact_ratios(&crowd(&[("a", 990, 10), ("b", 500, 20), ("c", 20, 2)]), &SmallCells::default()).unwrap();
        assert_eq!(impacts[2].rate, Err(Undefined::TooFew { what: "people in the group", have: 20, need: 31 }));
    }

    #[test]
    fn one_group_or_nobody_selected_gives_no_ratio() {
        let one = impact_ratios(&crowd(&[("a", 50, 10)]), &SmallCells::default()).unwrap();
        assert!(matches!(one[0].ratio, Err(Undefined::TooFew { need: 2, .. })));
        let none = impact_ratios(&crowd(&[("a", 5, 0), ("b", 5, 0)]), &ALL).unwrap();
        assert_eq!((none[0].rate.clone(), none[0].ratio.clone()), (Ok(0.0), Err(Undefined::NobodySelected)));
    }

    #[test]
    fn the_median_itself_is_not_above_it() {
        assert_eq!(above_median(&[1.0, 2.0, 3.0]), Ok(vec![false, false, true]));
        assert_eq!(above_median(&[1.0, 2.0, 3.0, 4.0]), Ok(vec![false, false, true, true]));
        assert!(above_median(&[f64::NAN]).is_err());
    }
}
