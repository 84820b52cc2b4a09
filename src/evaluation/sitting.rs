//! An evaluation under way: the transcript is read once, then questions are judged a few at a time, in any order, so that
//! what is finished can be kept and one question can be judged again by itself.
//!
//! A result depends on its question alone: judged together or one by one, the results are the same.

use super::affinity::Affinity;
use super::locate::Located;
use super::{EvaluateError, Interview, Step, Tools, bound, mean, overall};
use crate::calibration::Profile;
use crate::domain::{
    CompetencyScore, Evaluation, MadeWith, Overall, QuestionResult, Rubric, SCHEMA, Status, Suggestion, Transcript,
    TranscriptRef, Voice,
};
use serde::{Deserialize, Serialize};

/// Where a person says that a question was asked and answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The question's id.
    pub question: String,
    /// Utterances that ask it; none when it was answered without being asked.
    pub asked_at: Vec<usize>,
    /// The candidate's utterances that answer it; none when it was not answered.
    pub answer: Vec<usize>,
}

/// What the summary of an interview needs of a question.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// What became of it.
    pub status: Status,
    /// The mean of the suggested distribution.
    pub expected: Option<f64>,
    /// Whether a score was abstained from.
    pub abstained: bool,
}

impl From<&QuestionResult> for Outcome {
    fn from(result: &QuestionResult) -> Self {
        let suggestion = result.suggestion.as_ref();
        Self {
            status: result.status,
            expected: suggestion.and_then(Suggestion::expected),
            abstained: suggestion.is_some_and(|s| s.abstention().is_some()),
        }
    }
}

/// A transcript that is being evaluated against a rubric.
pub struct Sitting<'a> {
    tools: &'a Tools<'a>,
    rubric: &'a Rubric,
    interview: Interview<'a>,
}

impl<'a> Sitting<'a> {
    /// Reads `transcript` against `rubric` and locates the questions; those in `placed` are where a person put them.
    ///
    /// # Errors
    /// As [`super::evaluate`]; [`EvaluateError::Misplaced`].
    pub async fn open(
        tools: &'a Tools<'a>,
        rubric: &'a Rubric,
        transcript: &'a Transcript,
        candidate: Option<&str>,
        placed: &[Placed],
        progress: &mut (dyn FnMut(Step) + Send),
    ) -> Result<Self, EvaluateError> {
        if let Some(profile) = tools.profile {
            profile.check(rubric, &bound(tools))?;
        }
        progress(Step::Indexing);
        let affinity = Affinity::to(tools.retrieval, rubric).await?;
        progress(Step::Reading);
        let interview = Interview::read(tools, &affinity, transcript, candidate, rubric, placed).await?;
        Ok(Self { tools, rubric, interview })
    }

    /// The results of the questions at `places` of the rubric, in that order. Places that the rubric does not have are
    /// passed over.
    ///
    /// # Errors
    /// [`EvaluateError::Judge`] when no question can be judged before a setting is changed.
    pub async fn judge(
        &self,
        places: &[usize],
        progress: &mut (dyn FnMut(Step) + Send),
    ) -> Result<Vec<QuestionResult>, EvaluateError> {
        let places: Vec<usize> = places.iter().copied().filter(|place| *place < self.rubric.questions.len()).collect();
        self.interview.results(self.tools, self.rubric, &places, progress).await
    }

    /// What the transcript is, as an evaluation names it.
    #[must_use]
    pub fn transcript(&self) -> TranscriptRef {
        TranscriptRef::new(self.interview.transcript, self.interview.voice.name())
    }

    /// What the evaluation is made with.
    #[must_use]
    pub fn made_with(&self) -> MadeWith {
        MadeWith {
            judge: self.tools.judge.kind().to_owned(),
            embedder: self.tools.retrieval.embedder().to_owned(),
            model: self.tools.judge.model(),
            prompt: self.tools.judge.prompt(),
            profile: self.tools.profile.map(Profile::digest),
            earmark: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// The evaluation, from one result for each question in the order of the rubric.
    #[must_use]
    pub fn whole(&self, questions: Vec<QuestionResult>) -> Evaluation {
        let outcomes: Vec<Outcome> = questions.iter().map(Outcome::from).collect();
        let (competencies, overall) = summary(self.rubric, &outcomes);
        Evaluation {
            schema: SCHEMA,
            rubric: self.rubric.into(),
            transcript: self.transcript(),
            made_with: self.made_with(),
            questions,
            competencies,
            overall,
        }
    }
}

/// The scores of the competencies and of the whole interview; one outcome for each question, in the order of the rubric.
#[must_use]
pub fn summary(rubric: &Rubric, outcomes: &[Outcome]) -> (Vec<CompetencyScore>, Overall) {
    let competencies: Vec<CompetencyScore> = rubric
        .competencies
        .iter()
        .map(|competency| {
            let theirs =
                rubric.questions.iter().zip(outcomes).filter(|(q, _)| q.competency.as_ref() == Some(&competency.id));
            let scores: Vec<f64> = theirs.filter_map(|(_, outcome)| outcome.expected).collect();
            CompetencyScore { id: competency.id.clone(), score: mean(&scores), questions: scores.len() }
        })
        .collect();
    let whole = Overall {
        score: overall(rubric, outcomes, &competencies),
        scored: outcomes.iter().filter(|outcome| outcome.expected.is_some()).count(),
        not_asked: outcomes.iter().filter(|outcome| outcome.status == Status::NotAsked).count(),
        abstained: outcomes.iter().filter(|outcome| outcome.abstained).count(),
    };
    (competencies, whole)
}

/// Puts a question where a person says it is. The other questions stay where they are.
pub(super) fn place(
    placed: &Placed,
    rubric: &Rubric,
    voice: &Voice,
    located: &mut [Located],
) -> Result<(), EvaluateError> {
    let wrong = |why: String| EvaluateError::Misplaced { question: placed.question.clone(), why };
    let place = rubric.questions.iter().position(|question| question.id == placed.question);
    let place = place.ok_or_else(|| wrong("the rubric has no such question".into()))?;
    if let Some(utterance) = placed.answer.iter().find(|utterance| !voice.speaks(**utterance)) {
        return Err(wrong(format!("utterance {utterance} is not the candidate's")));
    }
    let status = match (placed.asked_at.is_empty(), placed.answer.is_empty()) {
        (true, true) => Status::NotAsked,
        (false, true) => Status::NotAnswered,
        (true, false) => Status::Volunteered,
        (false, false) => Status::Answered,
    };
    let in_order = |given: &[usize]| {
        let mut given = given.to_vec();
        given.sort_unstable();
        given.dedup();
        given
    };
    located[place] =
        Located { status, asked_at: in_order(&placed.asked_at), answer: in_order(&placed.answer), flags: vec![] };
    Ok(())
}
