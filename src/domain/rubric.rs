//! A rubric: the questions of an interview, what to listen for in their answers, and the scale they are scored on.

use super::Digest;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The scale of a rubric: whole scores from `min` to `max`, each with a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scale {
    min: i32,
    max: i32,
    labels: Vec<String>,
}

/// Why two numbers and some labels are no scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ScaleError {
    /// The highest score must be above the lowest, and at most 20 levels apart.
    #[error("the scale must have 2 to 21 levels, with max above min")]
    Levels,
    /// There must be one label for each level, or none at all.
    #[error("the scale must have one label for each of its levels")]
    Labels,
}

impl Scale {
    /// A scale from `min` to `max`; `labels` is empty or has one label for each level.
    ///
    /// # Errors
    /// [`ScaleError`] when that is no scale.
    pub fn new(min: i32, max: i32, labels: Vec<String>) -> Result<Self, ScaleError> {
        let levels = i64::from(max) - i64::from(min) + 1;
        if !(2..=21).contains(&levels) {
            return Err(ScaleError::Levels);
        }
        if !labels.is_empty() && labels.len() as i64 != levels {
            return Err(ScaleError::Labels);
        }
        Ok(Self { min, max, labels })
    }

    /// The lowest score.
    #[must_use]
    pub fn min(&self) -> i32 {
        self.min
    }

    /// The highest score.
    #[must_use]
    pub fn max(&self) -> i32 {
        self.max
    }

    /// Every score, rising.
    #[must_use]
    pub fn scores(&self) -> impl DoubleEndedIterator<Item = i32> + use<> {
        self.min..=self.max
    }

    /// How many scores there are; at least 2.
    #[must_use]
    pub fn levels(&self) -> usize {
        // At most 21 by construction.
        (self.max - self.min + 1) as usize
    }

    /// The label of `score`, where the rubric gives labels.
    #[must_use]
    pub fn label(&self, score: i32) -> Option<&str> {
        let place = usize::try_from(score.checked_sub(self.min)?).ok()?;
        self.labels.get(place).map(String::as_str)
    }
}

impl Default for Scale {
    /// 1 to 5, from "No evidence" to "Outstanding".
    fn default() -> Self {
        let labels = ["No evidence", "Weak", "Adequate", "Strong", "Outstanding"];
        Self { min: 1, max: 5, labels: labels.map(String::from).to_vec() }
    }
}

/// What kind of question it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuestionKind {
    /// Background and general practice.
    General,
    /// Something the candidate has done.
    Behavioural,
    /// What the candidate would do.
    Situational,
    /// Knowledge of the trade.
    Technical,
    /// How the candidate works with people.
    SoftSkill,
    /// Situation, task, action and result, asked as parts that count together.
    Star,
}

impl QuestionKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 6] =
        [Self::General, Self::Behavioural, Self::Situational, Self::Technical, Self::SoftSkill, Self::Star];

    /// The kind's name in rubric files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Behavioural => "behavioural",
            Self::Situational => "situational",
            Self::Technical => "technical",
            Self::SoftSkill => "soft-skill",
            Self::Star => "star",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Whether a criterion is to be hoped for or to be warned of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CriterionKind {
    /// Something a good answer shows.
    ListenFor,
    /// Something that speaks against the candidate.
    RedFlag,
}

/// Something to listen for in an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Criterion {
    /// Unique within its question.
    pub id: String,
    /// Listen-for or red flag.
    pub kind: CriterionKind,
    /// What a listener decides on.
    pub text: String,
    /// How much it counts among its kind; above 0.
    pub weight: f64,
}

/// What an answer of one score looks like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Anchor {
    /// On the rubric's scale.
    pub score: i32,
    /// The description.
    pub text: String,
}

/// A question that belongs to another; its answer counts with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FollowUp {
    /// For a STAR question, which part it asks for: `situation`, `task`, `action` or `result`.
    pub part: Option<String>,
    /// The question as asked.
    pub ask: String,
}

/// One question of a rubric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Question {
    /// Unique within the rubric.
    pub id: String,
    /// A competency's id.
    pub competency: Option<String>,
    /// The kind of question.
    pub kind: QuestionKind,
    /// The question as written.
    pub ask: String,
    /// Other ways of asking it.
    pub also_asked: Vec<String>,
    /// What the question is for.
    pub assesses: Option<String>,
    /// How somebody who answers well might say it.
    pub ideal_answers: Vec<String>,
    /// What to listen for, then the red flags.
    pub criteria: Vec<Criterion>,
    /// What each level looks like, rising.
    pub anchors: Vec<Anchor>,
    /// Questions whose answers count with this one's.
    pub follow_ups: Vec<FollowUp>,
}

impl Question {
    /// The listen-fors.
    pub fn listen_fors(&self) -> impl Iterator<Item = &Criterion> {
        self.criteria.iter().filter(|c| c.kind == CriterionKind::ListenFor)
    }

    /// The red flags.
    pub fn red_flags(&self) -> impl Iterator<Item = &Criterion> {
        self.criteria.iter().filter(|c| c.kind == CriterionKind::RedFlag)
    }

    /// Every wording of the question itself, the written one first.
    pub fn wordings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.ask.as_str()).chain(self.also_asked.iter().map(String::as_str))
    }
}

/// A group of questions that is scored together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Competency {
    /// Unique within the rubric.
    pub id: String,
    /// For people.
    pub title: String,
    /// How much it counts in the overall score; 0 or more.
    pub weight: f64,
}

/// A rubric that has been checked: ids are unique, references resolve, anchors are on the scale. The `library` module
/// makes them from files.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rubric {
    /// Names the rubric, whatever its version.
    pub id: String,
    /// For people.
    pub title: String,
    /// The author's version.
    pub version: String,
    /// BCP 47 language tag of the rubric's words.
    pub language: String,
    /// The scale of every question.
    pub scale: Scale,
    /// Groups of questions.
    pub competencies: Vec<Competency>,
    /// The questions, in the order of the file.
    pub questions: Vec<Question>,
}

impl Rubric {
    /// The digest of everything the rubric says; two files that differ only in layout have the same.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // A rubric is plain data with string keys: serialising it cannot fail.
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Whether it is written in English, the language that the rules on words know.
    #[must_use]
    pub fn is_english(&self) -> bool {
        self.language.split('-').next().is_some_and(|language| language.eq_ignore_ascii_case("en"))
    }

    /// The question with this id.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }

    /// The competency with this id.
    #[must_use]
    pub fn competency(&self, id: &str) -> Option<&Competency> {
        self.competencies.iter().find(|competency| competency.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_needs_two_levels_and_a_label_for_each() {
        assert_eq!(Scale::new(3, 3, vec![]), Err(ScaleError::Levels));
        assert_eq!(Scale::new(i32::MIN, i32::MAX, vec![]), Err(ScaleError::Levels));
        assert_eq!(Scale::new(0, 1, vec!["no".into()]), Err(ScaleError::Labels));
        let scale = Scale::new(0, 1, vec!["no".into(), "yes".into()]).expect("two levels, two labels");
        assert_eq!((scale.levels(), scale.label(1), scale.label(2)), (2, Some("yes"), None));
    }

    #[test]
    fn every_kind_of_question_has_its_name() {
        for kind in QuestionKind::ALL {
            assert_eq!(QuestionKind::named(kind.name()), Some(kind));
        }
        assert_eq!(QuestionKind::named("riddle"), None);
    }
}
