//! How far suggestions agree with people, a mapping that agrees more, and when not to trust it. Pure: what was seen in
//! each answer comes in, a [`Report`] and a [`Profile`] come out; the same input gives the same bytes.
//!
//! Everything reported was predicted by a model that did not see the answer: ten folds by answer, and in a second column
//! folds by question. The words of other answers to a question (never their scores) are features, and those are the same in
//! every fold.

mod compare;
mod diagnose;
mod features;
mod fit;
mod folds;
mod measure;
mod profile;
mod report;
mod sections;
mod words;

pub use compare::{Compared, Comparison, Side, compare};
pub use diagnose::{Probe, ProbeKind};
pub use profile::{Bound, Calibrated, FittedTo, PROFILE_SCHEMA, Profile, ProfileError};
pub use report::{
    Agreement, Choice, ComputedWith, Disagreement, Finding, Groups, Line, Marking, Number, Outcome, Part, People,
    Predicted, REPORT_SCHEMA, Ranges, Ready, Report, Rule, SetRef, Subgroup, Verdict,
};

use crate::agreement::{Scale, Undefined};
use crate::domain::{EvalSet, LabelledAnswer, Rubric, Seen};
use features::{Context, Given, Is};
use fit::{Known, Model, Row};
use folds::Folds;
use measure::{Column, Truth};
use profile::{Cut, Mapping};
use rayon::prelude::*;
use sections::Sections;

/// Pass lines; the usual ones are those of Williamson, Xi and Breyer 2012.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PassLines {
    /// The least quadratic weighted kappa.
    pub kappa: f64,
    /// The most that it may lie below people's own.
    pub degradation: f64,
    /// The largest standardised mean difference, whichever its sign.
    pub shift: f64,
    /// The same within a group.
    pub group_shift: f64,
}

impl Default for PassLines {
    fn default() -> Self {
        Self { kappa: 0.70, degradation: 0.10, shift: 0.15, group_shift: 0.10 }
    }
}

/// How a calibration is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationSettings {
    /// Seed of the resamples.
    pub seed: u64,
    /// Rounds of the bootstrap, a hundred at least.
    pub rounds: usize,
    /// The coverage of ranges.
    pub coverage: f64,
    /// The error that suggestions may have under the rule for suggesting nothing.
    pub error: f64,
    /// The least share of answers that must get a suggestion under it.
    pub answered: f64,
    /// The pass lines.
    pub lines: PassLines,
}

impl Default for CalibrationSettings {
    fn default() -> Self {
        let lines = PassLines::default();
        Self { seed: 1, rounds: 2000, coverage: 0.9, error: 0.1, answered: 0.5, lines }
    }
}

/// How far a calibration has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Models are being fitted, one for each fold.
    Fitting,
    /// A round of a bootstrap is done.
    Resampled,
}

/// What a calibration works on.
pub struct Material<'a> {
    /// The rubric.
    pub rubric: &'a Rubric,
    /// The labelled answers, checked against the rubric.
    pub set: &'a EvalSet,
    /// What was seen in each of them, in their order.
    pub seen: &'a [Seen],
    /// What was seen in the rubric's own texts.
    pub probes: &'a [Probe],
    /// What it was seen with.
    pub bound: Bound,
    /// A profile that was fitted elsewhere, to be measured here; `None` fits one.
    pub profile: Option<&'a Profile>,
}

/// A report and the profile that it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The report.
    pub report: Report,
    /// The profile; `None` where one was only measured.
    pub profile: Option<Profile>,
}

/// Calibrates. `progress` may be called from any core.
///
/// # Errors
/// [`Undefined`] when there is nothing to measure: no answer that the judge could read. What is undefined for want of more
/// stands in the report as such.
pub fn calibrate(
    material: &Material<'_>,
    settings: &CalibrationSettings,
    progress: &(dyn Fn(Stage) + Sync),
) -> Result<Calibration, Undefined> {
    let rubric = material.rubric;
    let scale = Scale::new(rubric.scale.min(), rubric.scale.max())?;
    let read: Vec<(&LabelledAnswer, &Seen)> =
        material.set.answers.iter().zip(material.seen).filter(|(_, seen)| seen.readable).collect();
    if read.is_empty() {
        return Err(Undefined::TooFew { what: "answers that the judge can read", have: 0, need: 1 });
    }
    progress(Stage::Fitting);
    let after_round = || progress(Stage::Resampled);
    let answers: Vec<&LabelledAnswer> = read.iter().map(|(answer, _)| *answer).collect();
    let truth = Truth::of(scale, answers, settings.rounds, settings.seed, &after_round);
    let seen: Vec<&Seen> = read.iter().map(|(_, seen)| *seen).collect();
    let uncalibrated = uncalibrated(scale, &seen);
    let fitted = match material.profile {
        Some(profile) => Fitted::measured(profile, rubric, scale, &truth, &seen, &uncalibrated),
        None => Fitted::out_of_fold(rubric, scale, &truth, &seen, &uncalibrated),
    };
    let sections = Sections { material, settings, truth: &truth, seen: &seen, uncalibrated: &uncalibrated };
    let (report, ranges) = sections.report(&fitted);
    let profile = material.profile.is_none().then(|| fitted.into_profile(material, scale, &report, ranges));
    Ok(Calibration { report, profile })
}

/// The scores of the mapping without a profile; where it suggests none, the lowest.
fn uncalibrated(scale: Scale, seen: &[&Seen]) -> Column {
    let of = |pick: fn(&crate::domain::Uncalibrated) -> f64| {
        seen.iter().map(|s| s.uncalibrated.as_ref().map_or(f64::from(scale.min()), pick)).collect::<Vec<f64>>()
    };
    Column {
        expected: of(|u| u.expected),
        suggested: of(|u| f64::from(u.score)).into_iter().map(|score| score as i32).collect(),
        chances: seen.iter().map(|s| s.uncalibrated.as_ref().and_then(|u| u.chances.clone())).collect(),
    }
}

/// What fitting came to.
struct Fitted {
    /// The mapping for whoever uses the profile; `None` when it is not worth it.
    mapping: Option<(Context, Model)>,
    /// Out of fold; the mapping without a profile where nothing could be fitted.
    known: Column,
    /// Out of fold by question.
    new: Option<Column>,
    /// Why nothing could be fitted, or why the fit is left.
    why: Result<(), String>,
    difference: Number,
    folds: [usize; 2],
}

impl Fitted {
    fn out_of_fold(rubric: &Rubric, scale: Scale, truth: &Truth<'_>, seen: &[&Seen], uncalibrated: &Column) -> Self {
        let given: Vec<Given<'_>> = truth
            .answers
            .iter()
            .zip(seen)
            .map(|(answer, seen)| Given { question: &answer.question_id, text: &answer.answer, seen })
            .collect();
        let context = Context::of(rubric, &given);
        let rows: Vec<Row> = given
            .par_iter()
            .zip(&truth.means)
            .filter_map(|(given, score)| {
                let question = rubric.question(given.question)?;
                let (min, max) = (scale.min(), scale.max());
                let features = context.features(question, min, max, given.text, given.seen, Is::Among);
                Some(Row { question: question.id.clone(), features, vector: given.seen.vector.clone(), score: *score })
            })
            .collect();
        let ids: Vec<&str> = truth.answers.iter().map(|a| a.id.as_str()).collect();
        let questions: Vec<&str> = rows.iter().map(|row| row.question.as_str()).collect();
        let by_answer = Folds::by_answer(&questions, &ids);
        let by_question = Folds::by_question(&questions);
        let all: Vec<&Row> = rows.iter().collect();
        let known = Model::fit(scale, &all, Known::Question)
            .and_then(|model| Ok((model, crossed(scale, &rows, &by_answer, Known::Question)?)));
        let new = by_question.as_ref().and_then(|folds| crossed(scale, &rows, folds, Known::Nothing).ok());
        let folds = [by_answer.count, by_question.as_ref().map_or(0, |folds| folds.count)];
        let everything: Vec<usize> = (0..rows.len()).collect();
        let (model, known) = match known {
            Ok(found) => found,
            Err(why) => {
                let why = Err(format!("nothing could be fitted: {why}"));
                let difference = Number::Undefined { undefined: "there is no fit".into(), n: rows.len() };
                return Self { mapping: None, known: uncalibrated.clone(), new: None, why, difference, folds };
            }
        };
        let difference = truth.difference(&known, uncalibrated, &everything);
        let better = matches!(difference, Number::Known { high: Some(high), .. } if high < 0.0);
        if better {
            return Self { mapping: Some((context, model)), known, new, why: Ok(()), difference, folds };
        }
        let why = Err("the fit does not beat the mapping without a profile out of fold, so that is kept".to_owned());
        Self { mapping: None, known: uncalibrated.clone(), new: None, why, difference, folds }
    }

    fn measured(
        profile: &Profile,
        rubric: &Rubric,
        scale: Scale,
        truth: &Truth<'_>,
        seen: &[&Seen],
        uncalibrated: &Column,
    ) -> Self {
        let chances: Option<Vec<Vec<f64>>> = truth
            .answers
            .par_iter()
            .zip(seen)
            .map(|(answer, seen)| profile.apply(rubric.question(&answer.question_id)?, &answer.answer, seen).chances)
            .collect();
        let known = chances.map_or_else(|| uncalibrated.clone(), |chances| Column::of(scale, chances));
        let everything: Vec<usize> = (0..seen.len()).collect();
        let difference = truth.difference(&known, uncalibrated, &everything);
        let why = if profile.is_fitted() { Ok(()) } else { Err("the profile keeps the mapping without it".to_owned()) };
        Self { mapping: None, known, new: None, why, difference, folds: [0, 0] }
    }

    fn into_profile(self, material: &Material<'_>, scale: Scale, report: &Report, ranges: [Option<Cut>; 2]) -> Profile {
        Profile {
            schema: PROFILE_SCHEMA.to_owned(),
            rubric: material.rubric.into(),
            bound: material.bound.clone(),
            fitted_to: FittedTo {
                eval_set: material.set.name.clone(),
                digest: material.set.digest.clone(),
                answers: material.set.answers.len(),
            },
            earmark: env!("CARGO_PKG_VERSION").to_owned(),
            min: scale.min(),
            max: scale.max(),
            mapping: match self.mapping {
                Some((context, model)) => Mapping::Fitted { context: Box::new(context), model: Box::new(model) },
                None => Mapping::Uncalibrated,
            },
            ranges,
            surer_than: report.rule.surer_than,
            read_from: None,
        }
    }
}

/// What models that did not see a fold make of it.
fn crossed(scale: Scale, rows: &[Row], folds: &Folds, known: Known) -> Result<Column, Undefined> {
    let of_fold = |fold: usize| -> Result<Vec<(usize, Vec<f64>)>, Undefined> {
        let train: Vec<&Row> = rows.iter().zip(&folds.of).filter(|(_, f)| **f != fold).map(|(row, _)| row).collect();
        let model = Model::fit(scale, &train, known)?;
        let left_out = (0..rows.len()).filter(|place| folds.of[*place] == fold);
        let chances = |place: usize| {
            let row = &rows[place];
            (place, model.chances(&row.question, &row.features, &row.vector))
        };
        Ok(left_out.map(chances).collect())
    };
    let folded: Result<Vec<_>, Undefined> = (0..folds.count).into_par_iter().map(of_fold).collect();
    let mut all: Vec<(usize, Vec<f64>)> = folded?.into_iter().flatten().collect();
    all.sort_by_key(|(place, _)| *place);
    Ok(Column::of(scale, all.into_iter().map(|(_, chances)| chances).collect()))
}
