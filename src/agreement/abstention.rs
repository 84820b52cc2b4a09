//! When to keep quiet: the risk-coverage curve, and a threshold of confidence for a stated error at a stated coverage.

use super::proportion::upper_bound;
use super::{Confidences, Undefined};
use serde::{Deserialize, Serialize};

/// What happens when only items at least this sure are answered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RiskPoint {
    /// The least confidence that is answered.
    pub confidence: f64,
    /// How many items are answered.
    pub answered: usize,
    /// How many of them are wrong.
    pub wrong: usize,
    /// The share of all items that is answered, above 0 to 1.
    pub coverage: f64,
    /// The share of answered items that is wrong, 0 to 1.
    pub risk: f64,
}

/// The risk-coverage curve: a point for each confidence that occurs, from the surest items to all.
///
/// A curve that rises from left to right means that confidence tells right from wrong; a flat one that it does not.
///
/// Source: R. El-Yaniv and Y. Wiener, "On the foundations of noise-free selective classification", JMLR 11 (2010)
/// 1605-1641.
#[must_use]
pub fn risk_coverage(of: &Confidences) -> Vec<RiskPoint> {
    let items = of.surest_first();
    let (mut answered, mut wrong) = (0, 0);
    let point = |tied: &[(f64, bool)]| {
        answered += tied.len();
        wrong += tied.iter().filter(|(_, right)| !right).count();
        let (coverage, risk) = (answered as f64 / items.len() as f64, wrong as f64 / answered as f64);
        RiskPoint { confidence: tied[0].0, answered, wrong, coverage, risk }
    };
    items.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()).map(point).collect()
}

/// What an abstention rule must keep to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Target {
    /// The largest share of answered items that may be wrong.
    pub error: f64,
    /// The least share of items that must be answered.
    pub coverage: f64,
    /// The largest probability that the rule does not keep the error after all.
    pub doubt: f64,
}

/// Answer only what is surer than a threshold; what it was chosen on, and what it was shown to keep.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AbstentionRule {
    /// Confidence must lie above this; `None` answers everything.
    pub above: Option<f64>,
    /// The items that it was chosen on.
    pub items: usize,
    /// How many of them are answered.
    pub answered: usize,
    /// How many of those are wrong.
    pub wrong: usize,
    /// The error is at most this, with a probability of at least 1 - `doubt`.
    pub error_bound: f64,
    /// The largest probability that it is not.
    pub doubt: f64,
}

impl AbstentionRule {
    /// Whether an item of this confidence is answered.
    #[must_use]
    pub fn answers(&self, confidence: f64) -> bool {
        self.above.is_none_or(|threshold| confidence > threshold)
    }

    /// The share of items answered, above 0 to 1.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        self.answered as f64 / self.items as f64
    }
}

/// Steps in which the coverage is widened.
const STEP: f64 = 0.01;

/// The rule that answers most while the error is shown to be at most what is stated.
///
/// Begins at the stated coverage and widens it by a hundredth at a time as long as the exact binomial upper bound of
/// the error among the answered items (Clopper and Pearson, at 1 - `doubt`) stays within the stated error; stops at the
/// first that does not. Testing in an order fixed beforehand needs no correction for the number of tests. The bound
/// holds for items drawn independently like these; items that cluster by person know less than their number says.
/// Exact when confidences are distinct; items as sure as the threshold are not answered.
///
/// Source: A. N. Angelopoulos, S. Bates, E. J. Candès, M. I. Jordan and L. Lei, "Learn then test: calibrating predictive
/// algorithms to achieve risk control" (2021), fixed-sequence testing; the bound for selective prediction as in Y.
/// Geifman and R. El-Yaniv, "Selective classification for deep neural networks", NeurIPS 2017.
///
/// ```
/// use earmark::agreement::{Confidences, Target, abstention_rule};
///
/// let (sure, right) = (0..200).map(|i| (f64::from(i) / 200.0, i >= 80)).unzip();
/// let rule = abstention_rule(&Confidences::new(sure, right)?, &Target { error: 0.1, coverage: 0.4, doubt: 0.05 })?;
/// assert!(rule.answers(0.9) && !rule.answers(0.1));
/// # Ok::<(), earmark::agreement::Undefined>(())
/// ```
///
/// # Errors
/// [`Undefined::NotReached`] when the error cannot be shown at the stated coverage, [`Undefined::OutOfRange`] for a
/// target outside 0 to 1, [`Undefined::TooFew`] when ties leave no threshold with the stated coverage.
pub fn abstention_rule(of: &Confidences, target: &Target) -> Result<AbstentionRule, Undefined> {
    Undefined::unless_inside("the stated error", target.error)?;
    Undefined::unless_inside("the doubt", target.doubt)?;
    Undefined::unless_within("the stated coverage", target.coverage, f64::MIN_POSITIVE, 1.0)?;
    let items = of.surest_first();
    let mut best = None;
    for place in places(items.len(), target.coverage) {
        let rule = rule_at(&items, place, target.doubt);
        if rule.answered == 0 || rule.coverage() + 1e-9 < target.coverage {
            continue;
        }
        if rule.error_bound > target.error {
            return best.ok_or(Undefined::NotReached {
                error: target.error,
                coverage: rule.coverage(),
                bound: rule.error_bound,
            });
        }
        best = Some(rule);
    }
    best.ok_or(Undefined::TooFew { what: "distinct confidences", have: 1, need: 2 })
}

/// How many of the surest items to answer: the stated coverage, then a step more each time, at last all.
fn places(items: usize, coverage: f64) -> impl Iterator<Item = usize> {
    let steps = ((1.0 - coverage) / STEP).ceil() as usize;
    let share = move |step: usize| (coverage + step as f64 * STEP).min(1.0);
    (0..=steps).map(move |step| ((share(step) * items as f64 - 1e-9).ceil() as usize).clamp(1, items))
}

/// The rule whose threshold is the confidence of the first item left out.
fn rule_at(items: &[(f64, bool)], place: usize, doubt: f64) -> AbstentionRule {
    let above = items.get(place).map(|(confidence, _)| *confidence);
    let answered = above.map_or(items.len(), |threshold| items.partition_point(|(sure, _)| *sure > threshold));
    let wrong = items[..answered].iter().filter(|(_, right)| !right).count();
    let error_bound = upper_bound(wrong, answered, doubt);
    AbstentionRule { above, items: items.len(), answered, wrong, error_bound, doubt }
}

#[cfg(test)]
mod tests {
    use super::super::bootstrap::drawn_share;
    use super::*;
    use chacha20::ChaCha8Rng;
    use chacha20::rand_core::SeedableRng;
    use proptest::prelude::*;

    fn graded(items: &[(f64, bool)]) -> Confidences {
        let (sure, right) = items.iter().copied().unzip();
        Confidences::new(sure, right).unwrap()
    }

    #[test]
    fn the_curve_ends_with_everything_answered() {
        let curve = risk_coverage(&graded(&[(0.5, false), (0.9, true), (0.9, false), (0.7, true)]));
        let points: Vec<_> = curve.iter().map(|point| (point.confidence, point.answered, point.wrong)).collect();
        assert_eq!(points, [(0.9, 2, 1), (0.7, 3, 1), (0.5, 4, 2)]);
        assert_eq!((curve[2].coverage, curve[2].risk), (1.0, 0.5));
    }

    #[test]
    fn without_errors_everything_is_answered_once_the_bound_allows() {
        let right: Vec<_> = (0..60).map(|i| (f64::from(i) / 60.0, true)).collect();
        let target = Target { error: 0.05, coverage: 1.0, doubt: 0.05 };
        let rule = abstention_rule(&graded(&right), &target).unwrap();
        assert_eq!((rule.above, rule.answered, rule.wrong), (None, 60, 0));
        assert!(rule.answers(0.0) && rule.error_bound <= 0.05);
        let why = abstention_rule(&graded(&right[..50]), &target).unwrap_err();
        assert!(matches!(why, Undefined::NotReached { .. }));
        assert!(why.to_string().starts_with("at a coverage of 1.000 the error can only be shown to be at most 0.058"));
    }

    #[test]
    fn one_confidence_for_all_leaves_all_or_nothing() {
        let alike = vec![(0.5, true); 100];
        assert_eq!(
            abstention_rule(&graded(&alike), &Target { error: 0.1, coverage: 0.3, doubt: 0.05 }).unwrap().above,
            None
        );
    }

    /// An item of confidence `c` is wrong with the probability `(1 - c) / 2`, so above a threshold `t` the true error is
    /// `(1 - t) / 4`.
    #[test]
    fn the_stated_error_is_kept_as_often_as_stated() {
        let mut generator = ChaCha8Rng::from_seed([9; 32]);
        let target = Target { error: 0.1, coverage: 0.2, doubt: 0.1 };
        let (mut broken, mut found) = (0, 0);
        for _ in 0..500 {
            let mut item = || {
                let sure = drawn_share(&mut generator);
                (sure, drawn_share(&mut generator) >= (1.0 - sure) / 2.0)
            };
            let items: Vec<(f64, bool)> = (0..600).map(|_| item()).collect();
            if let Ok(rule) = abstention_rule(&graded(&items), &target) {
                found += 1;
                broken += i32::from((1.0 - rule.above.unwrap_or(0.0)) / 4.0 > target.error);
            }
        }
        assert!(found > 300, "{found}");
        assert!(broken <= 65, "{broken} of {found} rules do not keep the error");
    }

    proptest! {
        #[test]
        fn a_rule_keeps_what_was_stated_on_the_items_it_was_chosen_on(
            items in prop::collection::vec((0.0..1.0, prop::bool::weighted(0.9)), 1..200),
            error in 0.05..0.5, coverage in 0.1..1.0
        ) {
            let of = graded(&items);
            if let Ok(rule) = abstention_rule(&of, &Target { error, coverage, doubt: 0.1 }) {
                prop_assert!(rule.coverage() + 1e-9 >= coverage);
                prop_assert!(rule.error_bound <= error);
                prop_assert!(rule.wrong as f64 / rule.answered as f64 <= rule.error_bound);
                prop_assert_eq!(items.iter().filter(|(sure, _)| rule.answers(*sure)).count(), rule.answered);
            }
        }

        #[test]
        fn risk_ends_at_the_share_of_all_errors(items in prop::collection::vec((0.0..1.0, any::<bool>()), 1..50)) {
            let curve = risk_coverage(&graded(&items));
            let last = curve.last().unwrap();
            prop_assert_eq!((last.answered, last.wrong), (items.len(), items.iter().filter(|(_, right)| !right).count()));
            prop_assert!(curve.windows(2).all(|two| two[0].coverage < two[1].coverage));
        }
    }
}
