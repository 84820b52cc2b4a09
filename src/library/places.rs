//! Where each part of a rubric stands in its file.

use crate::domain::Spot;

/// The lines, from 1, of what a rubric says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    pub(super) version: usize,
    pub(super) language: usize,
    pub(super) competencies: Vec<usize>,
    pub(super) questions: Vec<QuestionPlaces>,
}

/// The lines of one question, in the order of the rubric's lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct QuestionPlaces {
    pub heading: usize,
    pub wordings: Vec<usize>,
    pub assesses: usize,
    pub ideal_answers: Vec<usize>,
    pub criteria: Vec<usize>,
    pub anchors: Vec<usize>,
    pub follow_ups: Vec<usize>,
}

impl Places {
    /// The line of `spot`; `None` for the rubric as a whole, and for what the rubric does not have.
    #[must_use]
    pub fn line(&self, spot: Spot) -> Option<usize> {
        let in_question = |lines: fn(&QuestionPlaces) -> &Vec<usize>, question: usize, part: usize| {
            self.questions.get(question).and_then(|places| lines(places).get(part)).copied()
        };
        match spot {
            Spot::Rubric => None,
            Spot::Version => Some(self.version),
            Spot::Language => Some(self.language),
            Spot::Competency(place) => self.competencies.get(place).copied(),
            Spot::Question(question) => self.questions.get(question).map(|places| places.heading),
            Spot::Assesses(question) => self.questions.get(question).map(|places| places.assesses),
            Spot::Wording(question, part) => in_question(|places| &places.wordings, question, part),
            Spot::IdealAnswer(question, part) => in_question(|places| &places.ideal_answers, question, part),
            Spot::Criterion(question, part) => in_question(|places| &places.criteria, question, part),
            Spot::Anchor(question, part) => in_question(|places| &places.anchors, question, part),
            Spot::FollowUp(question, part) => in_question(|places| &places.follow_ups, question, part),
            Spot::Line(line) => Some(line),
        }
    }
}
