//! A suggestion: what the service concludes from evidence. It is a score with its distribution, or an abstention.

use super::{Evidence, Scale, Stance};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use thiserror::Error;

/// Probabilities over the scores of a scale, lowest first; they sum to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    min: i32,
    shares: Vec<f64>,
}

/// Numbers that are no distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a distribution needs one finite share of 0 or more for each level, and a sum above 0")]
pub struct NotADistribution;

impl Distribution {
    /// Normalises `shares`, one for each level of `scale`, to four places: what is kept and read again is what was shown.
    ///
    /// # Errors
    /// [`NotADistribution`] when a share is negative or not finite, their number is not the scale's, or all are 0.
    pub fn new(scale: &Scale, mut shares: Vec<f64>) -> Result<Self, NotADistribution> {
        let sum: f64 = shares.iter().sum();
        let sane = shares.iter().all(|share| share.is_finite() && *share >= 0.0);
        if !sane || shares.len() != scale.levels() || sum <= 0.0 || !sum.is_finite() {
            return Err(NotADistribution);
        }
        for share in &mut shares {
            *share = (*share / sum * 1e4).round() / 1e4;
        }
        let left = 1.0 - shares.iter().sum::<f64>();
        // All are finite, and there is at least one.
        if let Some(most) = shares.iter_mut().max_by(|a, b| a.total_cmp(b)) {
            *most = ((*most + left) * 1e4).round() / 1e4;
        }
        Ok(Self { min: scale.min(), shares })
    }

    /// Scores with their probabilities, rising.
    pub fn iter(&self) -> impl Iterator<Item = (i32, f64)> + '_ {
        (self.min..).zip(self.shares.iter().copied())
    }

    /// The mean score.
    #[must_use]
    pub fn expected(&self) -> f64 {
        self.iter().map(|(score, share)| f64::from(score) * share).sum()
    }

    /// The most probable score; the lower one when two are level, because a suggestion must not flatter.
    #[must_use]
    pub fn mode(&self) -> i32 {
        self.iter().fold((self.min, f64::MIN), |best, (s, p)| if p > best.1 { (s, p) } else { best }).0
    }

    /// The median score: half of the probability lies at or below it. It minimises the expected absolute error.
    #[must_use]
    pub fn median(&self) -> i32 {
        self.quantile(0.5)
    }

    /// The lowest score at or below which at least `share` of the probability lies.
    #[must_use]
    pub fn quantile(&self, share: f64) -> i32 {
        let mut below = 0.0;
        for (score, p) in self.iter() {
            below += p;
            if below >= share - 1e-9 {
                return score;
            }
        }
        self.min + self.shares.len() as i32 - 1
    }

    /// The shortest run of neighbouring scores that holds at least `share` of the probability; the most probable of
    /// several, and the lower when they tie.
    #[must_use]
    pub fn range(&self, share: f64) -> [i32; 2] {
        let n = self.shares.len();
        let mass = |from: usize, to: usize| self.shares[from..=to].iter().sum::<f64>();
        for width in 0..n {
            let best = (0..n - width)
                .map(|from| (from, mass(from, from + width)))
                .fold((0, f64::MIN), |best, next| if next.1 > best.1 + 1e-12 { next } else { best });
            if best.1 >= share - 1e-9 {
                return [self.min + best.0 as i32, self.min + (best.0 + width) as i32];
            }
        }
        [self.min, self.min + n as i32 - 1]
    }
}

impl Serialize for Distribution {
    /// A map from score to probability, probabilities to four places.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.shares.len()))?;
        for (score, share) in self.iter() {
            map.serialize_entry(&score.to_string(), &share)?;
        }
        map.end()
    }
}

/// Why no score is suggested. A failure is never a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Abstention {
    /// The question was asked and nothing was said to it.
    NotAnswered,
    /// Too few words to judge.
    TooLittleSaid,
    /// Most of the answer is not intelligible as words.
    Garbled,
    /// The rubric names nothing to listen for.
    NothingToCompare,
    /// The answer's language is not one the judge reads.
    OtherLanguage,
    /// The mapping to scores gives one above the lowest, and nothing that was said could be quoted for it.
    NothingQuotable,
    /// The calibration profile is less sure than its rule for suggesting anything asks for.
    Unsure,
    /// Asking a chat model costs, and nothing is left to spend.
    BudgetSpent,
    /// The judge could not be asked or did not answer usably; what happened.
    JudgeUnavailable(String),
}

impl Abstention {
    /// The reason of which [`Abstention::reason`] told; whatever is not known was told by a judge that failed.
    #[must_use]
    pub fn recalled(told: &str) -> Self {
        let plain = [
            Self::NotAnswered,
            Self::TooLittleSaid,
            Self::Garbled,
            Self::NothingToCompare,
            Self::OtherLanguage,
            Self::NothingQuotable,
            Self::Unsure,
            Self::BudgetSpent,
        ];
        let known = plain.into_iter().find(|reason| reason.reason() == told);
        let cause = told.strip_prefix("judge unavailable: ").unwrap_or(told);
        known.unwrap_or_else(|| Self::JudgeUnavailable(cause.to_owned()))
    }

    /// The reason for people, in one sentence.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::NotAnswered => "asked, but not answered".into(),
            Self::TooLittleSaid => "too little was said to judge".into(),
            Self::Garbled => "the transcript of this answer is garbled".into(),
            Self::NothingToCompare => "the rubric names nothing to listen for in this question".into(),
            Self::OtherLanguage => "the answer is in a language this judge does not read".into(),
            Self::NothingQuotable => {
                "a score above the lowest would be possible, but nothing that was said could be quoted for it".into()
            }
            Self::Unsure => "the calibrated score is less sure than the rule for suggesting one asks for".into(),
            Self::BudgetSpent => "the budget for the chat model is used up".into(),
            Self::JudgeUnavailable(cause) => format!("judge unavailable: {cause}"),
        }
    }
}

/// A score above the lowest that no evidence supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a score above the lowest needs at least one supporting quotation")]
pub struct Unsupported;

/// What the service concludes about one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    scored: Result<Scored, Abstention>,
    why: String,
}

#[derive(Debug, Clone, PartialEq)]
struct Scored {
    score: i32,
    expected: f64,
    range: [i32; 2],
    distribution: Option<Distribution>,
}

/// A suggestion as [`Suggestion`] is written, before its invariants are checked again.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Kept {
    score: Option<i32>,
    expected: Option<f64>,
    range: Option<[i32; 2]>,
    distribution: Option<BTreeMap<String, f64>>,
    abstained: Option<String>,
    #[serde(default)]
    why: String,
}

/// The share of probability that a suggestion's range holds.
const RANGE_SHARE: f64 = 0.8;

impl Suggestion {
    /// Suggests the median of `distribution`, with its mean and its 80 % range.
    ///
    /// # Errors
    /// [`Unsupported`] when that is above the lowest score and nothing in `evidence` supports it.
    pub fn scored(
        scale: &Scale,
        distribution: Distribution,
        evidence: &[&Evidence],
        why: String,
    ) -> Result<Self, Unsupported> {
        let score = distribution.median();
        if score > scale.min() && !evidence.iter().any(|e| e.stance() == Stance::Supports) {
            return Err(Unsupported);
        }
        let scored = Scored {
            score,
            expected: distribution.expected(),
            range: distribution.range(RANGE_SHARE),
            distribution: Some(distribution),
        };
        Ok(Self { scored: Ok(scored), why })
    }

    /// The same suggestion with a range whose coverage was calibrated.
    #[must_use]
    pub fn within(mut self, range: [i32; 2]) -> Self {
        if let Ok(scored) = &mut self.scored {
            scored.range = [range[0].min(scored.score), range[1].max(scored.score)];
        }
        self
    }

    /// Suggests `score` where nothing says how sure that is: no distribution is claimed, and the score is its own mean
    /// and range.
    ///
    /// # Errors
    /// [`Unsupported`] when that is above the lowest score and nothing in `evidence` supports it, or not on the scale.
    pub fn stated(scale: &Scale, score: i32, evidence: &[&Evidence], why: String) -> Result<Self, Unsupported> {
        let supported = score == scale.min() || evidence.iter().any(|e| e.stance() == Stance::Supports);
        if !supported || !scale.scores().any(|s| s == score) {
            return Err(Unsupported);
        }
        let scored = Scored { score, expected: f64::from(score), range: [score, score], distribution: None };
        Ok(Self { scored: Ok(scored), why })
    }

    /// No score, and why.
    #[must_use]
    pub fn abstained(reason: Abstention) -> Self {
        let why = reason.reason();
        Self { scored: Err(reason), why }
    }

    /// A suggestion as it was kept, on the evidence that was found again.
    ///
    /// # Errors
    /// [`Unsupported`] as for a new one, and where mean, range or distribution are none: what was kept is not believed
    /// more than what was computed.
    pub fn recalled(scale: &Scale, kept: Kept, evidence: &[&Evidence]) -> Result<Self, Unsupported> {
        let Some(score) = kept.score else {
            let reason = Abstention::recalled(kept.abstained.as_deref().unwrap_or(&kept.why));
            return Ok(Self { scored: Err(reason), why: kept.why });
        };
        let stated = Self::stated(scale, score, evidence, kept.why)?;
        let distribution = kept.distribution.map(|shares| {
            let share = |level: i32| shares.get(&level.to_string()).copied().unwrap_or_default();
            Distribution::new(scale, scale.scores().map(share).collect()).map_err(|_| Unsupported)
        });
        let (expected, range) = kept.expected.zip(kept.range).ok_or(Unsupported)?;
        Ok(Self { scored: Ok(Scored { score, expected, range, distribution: distribution.transpose()? }), ..stated })
    }

    /// The suggested score; `None` after an abstention.
    #[must_use]
    pub fn score(&self) -> Option<i32> {
        self.scored.as_ref().ok().map(|s| s.score)
    }

    /// The mean of the distribution; `None` after an abstention.
    #[must_use]
    pub fn expected(&self) -> Option<f64> {
        self.scored.as_ref().ok().map(|s| s.expected)
    }

    /// The lowest and highest score of the 80 % range; `None` after an abstention.
    #[must_use]
    pub fn range(&self) -> Option<[i32; 2]> {
        self.scored.as_ref().ok().map(|s| s.range)
    }

    /// The distribution over the scale, where one is claimed.
    #[must_use]
    pub fn distribution(&self) -> Option<&Distribution> {
        self.scored.as_ref().ok()?.distribution.as_ref()
    }

    /// Why there is no score; `None` when there is one.
    #[must_use]
    pub fn abstention(&self) -> Option<&Abstention> {
        self.scored.as_ref().err()
    }

    /// The reason for the score or for the lack of one, in a sentence or two.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }
}

impl Serialize for Suggestion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(6))?;
        map.serialize_entry("score", &self.score())?;
        map.serialize_entry("expected", &self.expected().map(|e| (e * 1e2).round() / 1e2))?;
        map.serialize_entry("range", &self.range())?;
        map.serialize_entry("distribution", &self.distribution())?;
        map.serialize_entry("abstained", &self.abstention().map(Abstention::reason))?;
        map.serialize_entry("why", &self.why)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(shares: [f64; 5]) -> Distribution {
        Distribution::new(&Scale::default(), shares.to_vec()).expect("a distribution")
    }

    #[test]
    fn a_score_above_the_lowest_needs_supporting_evidence() {
        let made = Suggestion::scored(&Scale::default(), shares([0.1, 0.1, 0.6, 0.1, 0.1]), &[], String::new());
        assert_eq!(made, Err(Unsupported));
        let made = Suggestion::scored(&Scale::default(), shares([0.9, 0.1, 0.0, 0.0, 0.0]), &[], String::new());
        assert_eq!(made.map(|s| s.score()), Ok(Some(1)));
    }

    #[test]
    fn a_stated_score_claims_no_distribution_and_needs_evidence_too() {
        let scale = Scale::default();
        for score in [0, 2, 5, 6] {
            assert_eq!(Suggestion::stated(&scale, score, &[], String::new()), Err(Unsupported), "{score}");
        }
        let lowest = Suggestion::stated(&scale, 1, &[], String::new()).expect("needs none");
        assert_eq!((lowest.score(), lowest.range(), lowest.distribution()), (Some(1), Some([1, 1]), None));
    }

    #[test]
    fn an_abstention_has_no_score_of_any_kind() {
        let made = Suggestion::abstained(Abstention::TooLittleSaid);
        let json = serde_json::to_value(&made).expect("plain data");
        assert_eq!(json["score"], serde_json::Value::Null);
        assert_eq!(json["expected"], serde_json::Value::Null);
        assert_eq!(json["abstained"], "too little was said to judge");
    }

    #[test]
    fn the_range_is_the_shortest_that_holds_its_share() {
        assert_eq!(shares([0.0, 0.1, 0.5, 0.35, 0.05]).range(0.8), [3, 4]);
        assert_eq!(shares([1.0, 0.0, 0.0, 0.0, 0.0]).range(0.8), [1, 1]);
        assert_eq!(shares([0.2; 5]).range(0.8), [1, 4]);
    }

    #[test]
    fn a_kept_suggestion_comes_back_as_it_was_and_not_without_its_evidence() {
        let nothing = shares([0.75, 0.25, 0.0, 0.0, 0.0]);
        let lowest =
            Suggestion::scored(&Scale::default(), nothing, &[], "Nothing shown.".into()).expect("needs no evidence");
        let kept = || serde_json::from_value::<Kept>(serde_json::to_value(&lowest).expect("plain data"));
        let kept = kept().expect("is read");
        assert_eq!(Suggestion::recalled(&Scale::default(), kept.clone(), &[]), Ok(lowest.clone()));
        let raised = Kept { score: Some(4), ..kept };
        assert_eq!(Suggestion::recalled(&Scale::default(), raised, &[]), Err(Unsupported));
        for reason in [
            Abstention::TooLittleSaid,
            Abstention::NothingQuotable,
            Abstention::Unsure,
            Abstention::BudgetSpent,
            Abstention::JudgeUnavailable("timeout".into()),
        ] {
            assert_eq!(Abstention::recalled(&reason.reason()), reason);
        }
    }

    #[test]
    fn a_distribution_is_what_is_written_of_it() {
        let thirds = shares([1.0, 1.0, 1.0, 0.0, 1e-5]);
        let written = serde_json::to_value(&thirds).expect("plain data");
        let read = (1..=5).map(|level: i32| written[level.to_string()].as_f64().expect("a share")).collect();
        assert_eq!(Distribution::new(&Scale::default(), read), Ok(thirds.clone()));
        assert!((thirds.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn mean_median_and_mode_of_a_known_distribution() {
        let d = shares([0.1, 0.2, 0.3, 0.25, 0.15]);
        assert!((d.expected() - 3.15).abs() < 1e-12);
        assert_eq!((d.median(), d.mode(), d.quantile(0.9)), (3, 3, 5));
    }

    #[test]
    fn shares_that_are_no_distribution_are_refused() {
        for bad in [vec![0.5; 4], vec![0.0; 5], vec![-0.1, 0.5, 0.6, 0.0, 0.0], vec![f64::NAN, 0.0, 0.0, 0.0, 1.0]] {
            assert_eq!(Distribution::new(&Scale::default(), bad), Err(NotADistribution));
        }
    }
}
