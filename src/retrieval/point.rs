//! What of a rubric goes into the index, and what comes out of it.

use crate::domain::{CriterionKind, Question, Rubric, sentences};
use std::sync::Arc;

/// What a text of a rubric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A wording of the question.
    Ask,
    /// A question whose answer counts with this one's.
    FollowUp,
    /// A whole ideal answer.
    IdealAnswer,
    /// A sentence of an ideal answer.
    IdealSentence,
    /// A criterion to be hoped for.
    ListenFor,
    /// A criterion to be warned of.
    RedFlag,
    /// What an answer of one score looks like.
    Anchor,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Ask,
        Self::FollowUp,
        Self::IdealAnswer,
        Self::IdealSentence,
        Self::ListenFor,
        Self::RedFlag,
        Self::Anchor,
    ];

    /// The kind's name in a Qdrant payload; never changes.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::FollowUp => "follow_up",
            Self::IdealAnswer => "ideal_answer",
            Self::IdealSentence => "ideal_sentence",
            Self::ListenFor => "listen_for",
            Self::RedFlag => "red_flag",
            Self::Anchor => "anchor",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One text of a rubric in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The question's id.
    pub question: String,
    /// What the text is.
    pub kind: Kind,
    /// The criterion's id, for the two kinds that are criteria.
    pub criterion: Option<String>,
    /// Which of its kind within the question, from 0: the wording (0 as written), the follow-up, the ideal answer, the
    /// sentence (counted on through all ideal answers), the criterion, the anchor.
    pub part: usize,
    /// The text.
    pub text: String,
}

/// A point and how near it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The point.
    pub point: Arc<Point>,
    /// Cosine of the angle between the vectors, in -1..=1 but for rounding; 1 is the same direction.
    pub similarity: f32,
}

/// Which points of a rubric are looked at; by default all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Only those of the question with this id.
    pub question: Option<&'a str>,
    /// Only these kinds; none means every kind.
    pub kinds: &'a [Kind],
}

impl Filter<'_> {
    pub(super) fn passes(&self, point: &Point) -> bool {
        self.question.is_none_or(|id| id == point.question)
            && (self.kinds.is_empty() || self.kinds.contains(&point.kind))
    }
}

/// Every text of a rubric, in its order.
pub(super) fn of_rubric(rubric: &Rubric) -> Vec<Point> {
    rubric.questions.iter().flat_map(of_question).collect()
}

fn of_question(question: &Question) -> Vec<Point> {
    let of = |kind, part, text: &str| Point {
        question: question.id.clone(),
        kind,
        criterion: None,
        part,
        text: text.to_owned(),
    };
    let mut points: Vec<Point> =
        question.wordings().enumerate().map(|(part, text)| of(Kind::Ask, part, text)).collect();
    points.extend(question.follow_ups.iter().enumerate().map(|(part, next)| of(Kind::FollowUp, part, &next.ask)));
    let ideal = &question.ideal_answers;
    points.extend(ideal.iter().enumerate().map(|(part, text)| of(Kind::IdealAnswer, part, text)));
    let cut = ideal.iter().flat_map(|text| sentences(text).into_iter().filter_map(|span| span.of(text)));
    points.extend(cut.enumerate().map(|(part, text)| of(Kind::IdealSentence, part, text)));
    points.extend(question.criteria.iter().enumerate().map(|(part, criterion)| {
        let kind = match criterion.kind {
            CriterionKind::ListenFor => Kind::ListenFor,
            CriterionKind::RedFlag => Kind::RedFlag,
        };
        Point { criterion: Some(criterion.id.clone()), ..of(kind, part, &criterion.text) }
    }));
    points.extend(question.anchors.iter().enumerate().map(|(part, anchor)| of(Kind::Anchor, part, &anchor.text)));
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Criterion, QuestionKind};

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.name()), Some(kind));
        }
        assert_eq!(Kind::named("riddle"), None);
    }

    #[test]
    fn sentences_are_counted_on_through_the_ideal_answers() {
        let question = Question {
            id: "q".into(),
            competency: None,
            kind: QuestionKind::General,
            ask: "Why?".into(),
            also_asked: vec!["How come?".into()],
            assesses: None,
            ideal_answers: vec!["One. Two.".into(), "Three.".into()],
            criteria: vec![Criterion { id: "c".into(), kind: CriterionKind::RedFlag, text: "Bad".into(), weight: 1.0 }],
            anchors: vec![],
            follow_ups: vec![],
        };
        let listed: Vec<_> = of_question(&question).into_iter().map(|p| (p.kind, p.part, p.text)).collect();
        let expected = [
            (Kind::Ask, 0, "Why?"),
            (Kind::Ask, 1, "How come?"),
            (Kind::IdealAnswer, 0, "One. Two."),
            (Kind::IdealAnswer, 1, "Three."),
            (Kind::IdealSentence, 0, "One."),
            (Kind::IdealSentence, 1, "Two."),
            (Kind::IdealSentence, 2, "Three."),
            (Kind::RedFlag, 0, "Bad"),
        ];
        assert_eq!(listed, expected.map(|(kind, part, text)| (kind, part, text.to_owned())));
    }
}
