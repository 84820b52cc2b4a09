//! A calibration profile: the mapping from what was seen in an answer to the scale, bound to all that it was fitted with.

use super::features::{Context, Is};
use super::fit::Model;
use crate::agreement::{Forecast, Scale, ScoreSets};
use crate::domain::{Digest, Question, Rubric, RubricRef, Seen};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The name of the form of the files.
pub const PROFILE_SCHEMA: &str = "earmark.profile/1";

/// What a profile is bound to besides the rubric: it fits these and no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// `local` or `openai`.
    pub judge: String,
    /// The judging model's identity.
    pub model: String,
    /// The embedder's identity.
    pub embedder: String,
    /// Digest of the prompts, where there are any.
    pub prompt: Option<Digest>,
    /// Digest of all of these and of the settings that decide on what is seen.
    pub seen_with: Digest,
}

/// The set that a profile was fitted to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FittedTo {
    /// The set's name.
    pub eval_set: String,
    /// Digest of its answers.
    pub digest: Digest,
    /// How many answers.
    pub answers: usize,
}

/// Why a profile cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProfileError {
    /// The file is no profile.
    #[error("this is no calibration profile that this version reads: {0}")]
    Malformed(String),
    /// Something that it was fitted with has changed since.
    #[error("the profile is stale: {0}; calibrate again")]
    Stale(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mapping", rename_all = "snake_case")]
pub(super) enum Mapping {
    /// The fit was no better than what is there without it.
    Uncalibrated,
    /// What the fit says.
    Fitted { context: Box<Context>, model: Box<Model> },
}

/// Calibrated ranges: what may lie outside, the cut, and how many answers it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Cut {
    pub miss: f64,
    pub most_before: f64,
    pub answers: usize,
}

impl Cut {
    pub(super) fn sets(self, scale: Scale) -> Option<ScoreSets> {
        ScoreSets::calibrated(scale, self.miss, self.most_before, self.answers).ok()
    }
}

/// A mapping from what is seen to scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    pub(super) schema: String,
    pub(super) rubric: RubricRef,
    pub(super) bound: Bound,
    pub(super) fitted_to: FittedTo,
    pub(super) earmark: String,
    pub(super) min: i32,
    pub(super) max: i32,
    #[serde(flatten)]
    pub(super) mapping: Mapping,
    /// For questions with scored answers, and for others.
    pub(super) ranges: [Option<Cut>; 2],
    /// Only what is surer than this is suggested; `None` where no rule was found.
    pub(super) surer_than: Option<f64>,
    /// Digest of the file that it was read from: its numbers, read and written again, may differ in the last digit.
    #[serde(skip)]
    pub(super) read_from: Option<Digest>,
}

/// What a profile makes of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// The chance of each level, lowest first; `None` where the suggestion without a profile stands.
    pub chances: Option<Vec<f64>>,
    /// The range whose coverage was calibrated.
    pub range: Option<[i32; 2]>,
    /// Whether the rule for suggesting anything lets it through.
    pub sure: bool,
}

impl Profile {
    /// Reads a profile from its file's text.
    ///
    /// # Errors
    /// [`ProfileError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let mut profile: Self =
            serde_json::from_str(text).map_err(|error| ProfileError::Malformed(error.to_string()))?;
        profile.read_from = Some(Digest::of(text.as_bytes()));
        let malformed = |what: &str| Err(ProfileError::Malformed(what.to_owned()));
        if profile.schema != PROFILE_SCHEMA {
            return malformed("it has another form");
        }
        let Ok(scale) = Scale::new(profile.min, profile.max) else { return malformed("its scale is none") };
        if let Mapping::Fitted { model, .. } = &profile.mapping
            && !model.is_sound(scale)
        {
            return malformed("its parts do not fit together");
        }
        Ok(profile)
    }

    /// The file's text: the same profile, the same bytes.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Plain data with string keys: serialising it cannot fail.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// Its identity: the digest of its file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.read_from.clone().unwrap_or_else(|| Digest::of(self.to_json().as_bytes()))
    }

    /// The set that it was fitted to.
    #[must_use]
    pub fn fitted_to(&self) -> &FittedTo {
        &self.fitted_to
    }

    /// Whether it maps scores at all, or says that the mapping without it is as good.
    #[must_use]
    pub fn is_fitted(&self) -> bool {
        matches!(self.mapping, Mapping::Fitted { .. })
    }

    /// Holds the profile against what it is to be used with.
    ///
    /// # Errors
    /// [`ProfileError::Stale`] with everything that has changed.
    pub fn check(&self, rubric: &Rubric, bound: &Bound) -> Result<(), ProfileError> {
        let mut changed: Vec<String> = self.other_rubric(rubric).into_iter().collect();
        let mut differ = |what: &str, then: &str, now: &str| {
            if then != now {
                changed.push(format!("the {what} was {then}, and is {now}"));
            }
        };
        differ("judge", &self.bound.judge, &bound.judge);
        differ("model", &self.bound.model, &bound.model);
        differ("embedder", &self.bound.embedder, &bound.embedder);
        let digest = |digest: &Option<Digest>| digest.as_ref().map_or("none".to_owned(), |d| d.short().to_owned());
        differ("prompt", &digest(&self.bound.prompt), &digest(&bound.prompt));
        if changed.is_empty() && self.bound.seen_with != bound.seen_with {
            changed.push("the settings of the evaluation were others".to_owned());
        }
        if changed.is_empty() { Ok(()) } else { Err(ProfileError::Stale(changed.join("; "))) }
    }

    /// Holds the profile against the rubric alone, where it is not known what else it is to be used with.
    ///
    /// # Errors
    /// [`ProfileError::Stale`].
    pub fn check_rubric(&self, rubric: &Rubric) -> Result<(), ProfileError> {
        self.other_rubric(rubric).map_or(Ok(()), |what| Err(ProfileError::Stale(what)))
    }

    fn other_rubric(&self, rubric: &Rubric) -> Option<String> {
        let (then, now) = (&self.rubric, RubricRef::from(rubric));
        let named = |one: &RubricRef| format!("{} {} ({})", one.id, one.version, one.digest.short());
        (then.digest != now.digest)
            .then(|| format!("it was fitted to rubric {}, and this is {}", named(then), named(&now)))
    }

    /// Whether scored answers to the question are part of it.
    #[must_use]
    pub fn knows(&self, question: &str) -> bool {
        matches!(&self.mapping, Mapping::Fitted { model, .. } if model.knows(question))
    }

    /// What it makes of an answer to `question`.
    #[must_use]
    pub fn apply(&self, question: &Question, text: &str, seen: &Seen) -> Calibrated {
        let chances = match &self.mapping {
            Mapping::Uncalibrated => None,
            Mapping::Fitted { context, model } => {
                let features = context.features(question, self.min, self.max, text, seen, Is::New);
                Some(model.chances(&question.id, &features, &seen.vector))
            }
        };
        let used = chances.as_deref().or(seen.uncalibrated.as_ref().and_then(|u| u.chances.as_deref()));
        let forecast = used.and_then(|used| Forecast::new(Scale::new(self.min, self.max).ok()?, used).ok());
        let cut = self.ranges[usize::from(!self.knows(&question.id))];
        let range = forecast.as_ref().and_then(|forecast| {
            let range = cut?.sets(forecast.scale())?.range(forecast).ok()?;
            Some([*range.start(), *range.end()])
        });
        let sure = super::measure::is_sure(self.surer_than, forecast.as_ref().map(Forecast::chances));
        Calibrated { chances, range, sure }
    }
}
