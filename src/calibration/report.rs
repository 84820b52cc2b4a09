//! The report as plain data (`earmark.calibration/1`): what text, JSON and the page all show.

use super::profile::{Bound, FittedTo};
use crate::agreement::{Bin, Interval, RiskPoint, Undefined};
use crate::domain::{Digest, RubricRef};
use serde::{Deserialize, Serialize};

/// The name of the JSON form. Fields may be added to it; none changes its meaning.
pub const REPORT_SCHEMA: &str = "earmark.calibration/1";

/// A number with its interval and the number of answers it rests on, or why it has no value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Number {
    /// It has a value.
    Known {
        /// The number.
        value: f64,
        /// Lower end of the 95 % interval; `None` where none can be had.
        low: Option<f64>,
        /// Upper end.
        high: Option<f64>,
        /// How many answers.
        n: usize,
    },
    /// It has none.
    Undefined {
        /// Why, in words.
        undefined: String,
        /// How many answers.
        n: usize,
    },
}

impl Number {
    /// From an interval, or from why there is none.
    #[must_use]
    pub fn of(interval: Result<Interval, Undefined>, n: usize) -> Self {
        match interval {
            Ok(i) => Self::Known { value: i.estimate, low: Some(i.low), high: Some(i.high), n },
            Err(why) => Self::Undefined { undefined: why.to_string(), n },
        }
    }

    /// A number without an interval.
    #[must_use]
    pub fn plain(value: Result<f64, Undefined>, n: usize) -> Self {
        match value {
            Ok(value) => Self::Known { value, low: None, high: None, n },
            Err(why) => Self::Undefined { undefined: why.to_string(), n },
        }
    }

    /// How many answers it rests on, or would.
    #[must_use]
    pub fn answers(&self) -> usize {
        match self {
            Self::Known { n, .. } | Self::Undefined { n, .. } => *n,
        }
    }

    /// Its value, where it has one.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Known { value, .. } => Some(*value),
            Self::Undefined { .. } => None,
        }
    }
}

/// How far suggested scores agree with what people gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Quadratic weighted kappa of suggested and people's scores.
    pub quadratic_kappa: Number,
    /// Linear weighted kappa.
    pub linear_kappa: Number,
    /// Share of equal scores.
    pub exact: Number,
    /// Share of scores at most a level apart.
    pub adjacent: Number,
    /// Macro average of F1 over the levels.
    pub macro_f1: Number,
    /// Pearson correlation of expected score and people's mean.
    pub pearson: Number,
    /// Spearman's.
    pub spearman: Number,
    /// Kendall's tau-b.
    pub kendall: Number,
    /// Mean absolute error of the expected score, in points.
    pub mae: Number,
    /// Root mean squared error, in points.
    pub rmse: Number,
    /// Root mean squared error over the length of the scale.
    pub rmse_of_scale: Number,
    /// Standardised mean difference of suggested and people's scores.
    pub smd: Number,
    /// Proportional reduction in mean squared error.
    pub prmse: Number,
}

/// How far people agree with each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct People {
    /// Who scored.
    pub raters: Vec<String>,
    /// The two who scored most answers together.
    pub pair: [String; 2],
    /// Quadratic weighted kappa of the two.
    pub quadratic_kappa: Number,
    /// Share of equal scores.
    pub exact: Number,
    /// Pearson correlation.
    pub pearson: Number,
    /// Krippendorff's alpha, interval scale, of all raters.
    pub alpha: Number,
    /// Quadratic weighted kappa of suggested scores and each of the two, averaged: what compares with theirs.
    pub machine: Number,
}

/// What a pass line came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The whole interval lies on the good side.
    Passes,
    /// The whole interval lies on the bad side.
    Fails,
    /// The interval crosses the line, or there are too few answers.
    TooFew,
}

impl Outcome {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Passes => "passes",
            Self::Fails => "fails",
            Self::TooFew => "too few to say",
        }
    }
}

/// One pass line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What is asked for, for people.
    pub name: String,
    /// The limit, in words.
    pub limit: String,
    /// What was measured.
    pub measured: Number,
    /// What it came to.
    pub outcome: Outcome,
}

/// Agreement on a part of the answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// For people, where that is longer.
    pub title: String,
    /// How many answers.
    pub n: usize,
    /// Mean of people's scores.
    pub people_mean: f64,
    /// Mean of expected scores.
    pub suggested_mean: f64,
    /// Quadratic weighted kappa.
    pub quadratic_kappa: Number,
    /// Share of equal scores.
    pub exact: Number,
    /// Pearson correlation.
    pub pearson: Number,
    /// Root mean squared error, in points.
    pub rmse: Number,
    /// Standardised mean difference, in deviations of all answers.
    pub smd: Number,
}

/// A subgroup with its pass line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subgroup {
    /// Its figures; undefined where it is too small to be spoken of.
    pub part: Part,
    /// The line on the standardised mean difference.
    pub outcome: Outcome,
    /// Share above the median of suggested scores over the highest such share.
    pub impact_suggested: Number,
    /// The same of people's scores.
    pub impact_people: Number,
}

/// The groups of one attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Groups {
    /// The attribute.
    pub attribute: String,
    /// What one case is: a candidate, or an answer.
    pub unit: String,
    /// Its groups, by name.
    pub groups: Vec<Subgroup>,
}

/// What conformal ranges kept out of fold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ranges {
    /// The coverage stated.
    pub stated: f64,
    /// What was covered out of fold, with its interval.
    pub covered: Number,
    /// Levels in a range, on average.
    pub mean_levels: f64,
}

/// When to suggest nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The error stated: the share of suggestions more than a level off (wrong, on scales of up to three levels).
    pub error: f64,
    /// The least coverage asked for.
    pub coverage: f64,
    /// The rule, in words, or why there is none.
    pub words: String,
    /// The share of answers that get a suggestion under it.
    pub answered: Option<f64>,
    /// Only what is surer than this is suggested.
    pub surer_than: Option<f64>,
}

/// An answer where suggestion and people are far apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disagreement {
    /// The answer's id.
    pub id: String,
    /// Its question.
    pub question_id: String,
    /// The question as asked.
    pub ask: String,
    /// The answer.
    pub answer: String,
    /// What people gave, with who.
    pub people: Vec<(String, f64)>,
    /// The expected score.
    pub expected: f64,
    /// The suggested score.
    pub suggested: i32,
    /// What people marked: criterion, words.
    pub marked: Vec<(String, String)>,
    /// What was found: criterion, verdict, words.
    pub found: Vec<(String, String, String)>,
}

/// Something that the rubric's author may want to change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind: `never_met`, `always_met`, `does_not_go_with_score`, `overlaps`, `contradicts_ideal`, `ideal_not_top`,
    /// `anchors_out_of_order`.
    pub kind: String,
    /// The question.
    pub question_id: String,
    /// The criterion, where it is about one.
    pub criterion: Option<String>,
    /// What `what` quotes of the rubric, in its order; empty in reports of earlier versions.
    #[serde(default)]
    pub quoted: Vec<String>,
    /// The figures of `what`, in its order, as they are written there.
    #[serde(default)]
    pub figures: Vec<String>,
    /// What was seen, in a sentence.
    pub what: String,
    /// What to do.
    pub advice: String,
}

/// Marked words against found ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Marking {
    /// Answers with marked words.
    pub answers: usize,
    /// Over characters.
    pub precision: Number,
    /// Over characters.
    pub recall: Number,
    /// Over characters.
    pub f1: Number,
    /// Share of verdicts that are the same as people's.
    pub verdicts: Number,
}

/// Whether to switch the rubric on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ready {
    /// Every line passes.
    Yes,
    /// A line fails.
    No,
    /// None fails, and some cannot be told.
    CannotSay,
}

/// The answer to the one question that the report is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// In one word.
    pub ready: Ready,
    /// In a sentence.
    pub words: String,
    /// Why, a sentence each.
    pub because: Vec<String>,
}

/// The eval set, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetRef {
    /// Its name.
    pub name: String,
    /// Digest of its answers.
    pub digest: Digest,
    /// What its card says it is.
    pub about: Option<String>,
    /// How many answers it has.
    pub answers: usize,
    /// To how many questions.
    pub questions: usize,
    /// How many the judge could not read, which are left out.
    pub unreadable: usize,
    /// Who scored.
    pub raters: Vec<String>,
}

/// Which mapping the profile keeps, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// `fitted` or `uncalibrated`.
    pub kept: String,
    /// Why.
    pub why: String,
    /// Mean squared error of the fit less that without it, out of fold; below 0 the fit is better.
    pub difference: Number,
    /// The heaviest weights of the pooled model.
    pub weights: Vec<(String, f64)>,
}

/// What a report was computed with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComputedWith {
    /// Judge, model, embedder, prompt.
    #[serde(flatten)]
    pub bound: Bound,
    /// Seed of the resamples.
    pub seed: u64,
    /// Rounds of the bootstrap.
    pub rounds: usize,
    /// What is drawn together: `candidate` or `answer`.
    pub clusters: String,
    /// Folds by answer and by question.
    pub folds: [usize; 2],
    /// The version of Earmark.
    pub earmark: String,
    /// The profile that was measured, where one was given and none fitted.
    pub measured_profile: Option<(Digest, FittedTo)>,
}

/// One answer's scores, so that two reports can be compared answer by answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Predicted {
    /// The answer's id.
    pub id: String,
    /// The cluster that it is drawn with.
    pub cluster: String,
    /// Mean of people's scores.
    pub people: f64,
    /// Suggested score.
    pub suggested: i32,
    /// Expected score.
    pub expected: f64,
}

/// The whole report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Always [`REPORT_SCHEMA`].
    pub schema: String,
    /// The rubric.
    pub rubric: RubricRef,
    /// Its title.
    pub rubric_title: String,
    /// Lowest and highest score.
    pub scale: [i32; 2],
    /// The eval set.
    pub eval_set: SetRef,
    /// With what.
    pub made_with: ComputedWith,
    /// Whether to switch the rubric on.
    pub verdict: Verdict,
    /// Which mapping is kept.
    pub choice: Choice,
    /// The mapping that is kept, by a model that did not see the answer.
    pub answers_unseen: Agreement,
    /// The same by a model that did not see any scored answer to the question; `None` where that cannot be.
    pub questions_unseen: Option<Agreement>,
    /// The mapping without a profile; where it tells no score, the lowest.
    pub uncalibrated: Agreement,
    /// Of the answers for which the service would suggest a score.
    pub as_suggested: Agreement,
    /// The accuracy of always giving the most frequent score.
    pub majority: Number,
    /// How far people agree with each other; `None` with one rater.
    pub people: Option<People>,
    /// The pass lines.
    pub lines: Vec<Line>,
    /// People's scores in rows, suggested ones in columns, lowest first.
    pub confusion: Vec<Vec<usize>>,
    /// How many answers people and suggestion put on each level.
    pub distribution: [Vec<usize>; 2],
    /// Stated confidence against the share that is right.
    pub reliability: Vec<Bin>,
    /// Expected calibration error.
    pub calibration_error: Number,
    /// Error against coverage, when the least sure are left out.
    pub coverage: Vec<RiskPoint>,
    /// Ranges with stated coverage: with scored answers to the question, and without.
    pub ranges: Vec<(String, Result<Ranges, String>)>,
    /// When to suggest nothing.
    pub rule: Rule,
    /// Agreement by question.
    pub questions: Vec<Part>,
    /// Agreement by competency.
    pub competencies: Vec<Part>,
    /// Agreement by level that people gave: low, middle, high.
    pub bands: Vec<Part>,
    /// Agreement by group.
    pub groups: Vec<Groups>,
    /// Marked words against found ones; `None` where the set marks none.
    pub marking: Option<Marking>,
    /// The twenty answers where suggestion and people are furthest apart.
    pub worst: Vec<Disagreement>,
    /// What to change in the rubric.
    pub findings: Vec<Finding>,
    /// What to label next.
    pub label_next: Vec<String>,
    /// Every answer's scores.
    pub predictions: Vec<Predicted>,
}

impl Report {
    /// Whether a pass line failed: what a gate stops at.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.lines.iter().any(|line| line.outcome == Outcome::Fails)
    }
}
