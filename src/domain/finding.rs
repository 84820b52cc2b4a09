//! What a check finds about a rubric that can be used as it is: its code, its place, the reason and what to do.

use serde::Serialize;
use std::fmt;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Worth knowing; nothing is wrong.
    Note,
    /// Suggestions will be worse for it.
    Warning,
    /// The rubric should not be used before it is mended.
    Error,
}

impl Level {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a finding is of. The names are stable: scripts rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A question asks for, or leads to, what an employer may not base a decision on.
    ProtectedTrait,
    /// A criterion that two listeners would decide in two ways.
    VagueCriterion,
    /// A criterion that asks for two facts or acts.
    DoubleCriterion,
    /// A criterion that cannot be heard in an answer.
    UndecidableCriterion,
    /// Two criteria of a question that say the same.
    OverlappingCriteria,
    /// A listen-for that no ideal answer shows.
    UnmetCriterion,
    /// A listen-for that every ideal answer contradicts.
    ContradictedCriterion,
    /// An ideal answer that shows a red flag.
    WarnedIdealAnswer,
    /// An ideal answer that does not reach the upper levels of the scale.
    WeakIdealAnswer,
    /// Levels whose descriptions do not rise.
    FlatAnchors,
    /// Two questions that are too alike to be told apart.
    SimilarQuestions,
    /// Competencies that together weigh nothing.
    NoWeight,
    /// Something drafted by a model that nobody has confirmed.
    Draft,
    /// A gap that the author knows of.
    Gap,
    /// A question that is hard to follow when it is heard.
    HardToRead,
    /// A question with one wording only.
    OneWording,
    /// A question without an ideal answer.
    NoIdealAnswer,
    /// A question with too few listen-fors.
    FewListenFors,
    /// A level that is not described.
    MissingLevel,
    /// STAR parts that are missing, or given where none belong.
    StarParts,
    /// A version that cannot be put in order.
    VersionForm,
    /// A competency that no question belongs to.
    UnusedCompetency,
    /// A rubric in a language whose words are not checked.
    UncheckedLanguage,
}

impl Code {
    /// Every code, the gravest first.
    pub const ALL: [Self; 23] = [
        Self::ProtectedTrait,
        Self::VagueCriterion,
        Self::DoubleCriterion,
        Self::UndecidableCriterion,
        Self::OverlappingCriteria,
        Self::UnmetCriterion,
        Self::ContradictedCriterion,
        Self::WarnedIdealAnswer,
        Self::WeakIdealAnswer,
        Self::FlatAnchors,
        Self::SimilarQuestions,
        Self::NoWeight,
        Self::Draft,
        Self::Gap,
        Self::HardToRead,
        Self::OneWording,
        Self::NoIdealAnswer,
        Self::FewListenFors,
        Self::MissingLevel,
        Self::StarParts,
        Self::VersionForm,
        Self::UnusedCompetency,
        Self::UncheckedLanguage,
    ];

    /// The name in messages, JSON and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProtectedTrait => "protected-trait",
            Self::VagueCriterion => "vague-criterion",
            Self::DoubleCriterion => "double-criterion",
            Self::UndecidableCriterion => "undecidable-criterion",
            Self::OverlappingCriteria => "overlapping-criteria",
            Self::UnmetCriterion => "unmet-criterion",
            Self::ContradictedCriterion => "contradicted-criterion",
            Self::WarnedIdealAnswer => "warned-ideal-answer",
            Self::WeakIdealAnswer => "weak-ideal-answer",
            Self::FlatAnchors => "flat-anchors",
            Self::SimilarQuestions => "similar-questions",
            Self::NoWeight => "no-weight",
            Self::Draft => "draft",
            Self::Gap => "gap",
            Self::HardToRead => "hard-to-read",
            Self::OneWording => "one-wording",
            Self::NoIdealAnswer => "no-ideal-answer",
            Self::FewListenFors => "few-listen-fors",
            Self::MissingLevel => "missing-level",
            Self::StarParts => "star-parts",
            Self::VersionForm => "version-form",
            Self::UnusedCompetency => "unused-competency",
            Self::UncheckedLanguage => "unchecked-language",
        }
    }

    /// The code with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }

    /// Whether it takes the embedder to find, or to find in other words than the rules know.
    #[must_use]
    pub const fn takes_the_embedder(self) -> bool {
        matches!(self, Self::ProtectedTrait | Self::OverlappingCriteria | Self::SimilarQuestions)
    }

    /// Whether it takes the judge to find, which reads every ideal answer.
    #[must_use]
    pub const fn takes_the_judge(self) -> bool {
        matches!(
            self,
            Self::UnmetCriterion | Self::ContradictedCriterion | Self::WarnedIdealAnswer | Self::WeakIdealAnswer
        )
    }

    /// How much it matters.
    #[must_use]
    pub const fn level(self) -> Level {
        match self {
            Self::ProtectedTrait => Level::Error,
            Self::VagueCriterion
            | Self::DoubleCriterion
            | Self::UndecidableCriterion
            | Self::OverlappingCriteria
            | Self::UnmetCriterion
            | Self::ContradictedCriterion
            | Self::WarnedIdealAnswer
            | Self::WeakIdealAnswer
            | Self::FlatAnchors
            | Self::SimilarQuestions
            | Self::NoWeight
            | Self::Draft => Level::Warning,
            Self::Gap
            | Self::HardToRead
            | Self::OneWording
            | Self::NoIdealAnswer
            | Self::FewListenFors
            | Self::MissingLevel
            | Self::StarParts
            | Self::VersionForm
            | Self::UnusedCompetency
            | Self::UncheckedLanguage => Level::Note,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A place in a rubric. Numbers count from 0 in the order of [`Rubric`](super::Rubric); the first is the question's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spot {
    /// The rubric as a whole.
    Rubric,
    /// Its version.
    Version,
    /// Its language.
    Language,
    /// A competency.
    Competency(usize),
    /// A question as a whole.
    Question(usize),
    /// A wording of a question: 0 is the written one, then the other ways of asking.
    Wording(usize, usize),
    /// What a question assesses.
    Assesses(usize),
    /// One of its ideal answers.
    IdealAnswer(usize, usize),
    /// One of its criteria.
    Criterion(usize, usize),
    /// One of its anchors.
    Anchor(usize, usize),
    /// One of its follow-ups.
    FollowUp(usize, usize),
    /// A line of the file that is no part of the rubric: a comment.
    Line(usize),
}

impl Spot {
    /// The place of the question that it belongs to.
    #[must_use]
    pub const fn question(self) -> Option<usize> {
        match self {
            Self::Rubric | Self::Version | Self::Language | Self::Competency(_) | Self::Line(_) => None,
            Self::Question(q)
            | Self::Wording(q, _)
            | Self::Assesses(q)
            | Self::IdealAnswer(q, _)
            | Self::Criterion(q, _)
            | Self::Anchor(q, _)
            | Self::FollowUp(q, _) => Some(q),
        }
    }
}

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is of.
    pub code: Code,
    /// Where it is.
    pub spot: Spot,
    /// What is the matter and why, in one sentence without a full stop.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
}

impl Finding {
    /// A finding.
    pub fn new(code: Code, spot: Spot, reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, spot, reason: reason.into(), hint: hint.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_a_name_of_its_own_and_is_found_by_it() {
        let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| Code::named(code.name()) == Some(*code)));
    }
}
