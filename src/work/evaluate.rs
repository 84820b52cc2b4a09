//! One job: read the transcript again, judge what is not finished, keep each few questions, put the summary together.

use super::{Pause, Worker};
use crate::calibration::Profile;
use crate::domain::{Abstention, QuestionResult, Rubric, RubricRef, SCHEMA, Suggestion};
use crate::evaluation::{EvaluateError, Outcome, Placed, Sitting, SpokenPassage, Tools, summary};
use crate::ingest::{self, Limits};
use crate::judge::Judge;
use crate::library;
use crate::retrieval::{RetrievalError, Small};
use crate::store::{AskedJudge, FinishedQuestion, NewPassage, Saved, SpanMove, StoreError, Taken};
use serde_json::json;
use std::collections::BTreeSet;

/// Questions that the local judge reads together: enough for full batches, few enough that little is lost.
const TOGETHER: usize = 4;
/// The same for a chat model, which is asked about all of them at once.
const TOGETHER_CHAT: usize = 8;

/// Why a job did not come to its end.
pub(super) enum Failure {
    /// It is not this worker's any more.
    Lost,
    /// The process is to end.
    Stopped,
    /// Something that every evaluation needs is not there now: it waits, and the attempt does not count.
    Waits(String, Pause),
    /// Another attempt may mend it.
    ForNow(String),
    /// Another attempt would not.
    ForGood(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LeaseLost => Self::Lost,
            StoreError::Missing(what) => Self::ForGood(format!("there is no such {what} any more")),
            other => Self::ForNow(told(&other)),
        }
    }
}

impl From<EvaluateError> for Failure {
    fn from(error: EvaluateError) -> Self {
        let why = told(&error);
        match error {
            EvaluateError::UnknownCandidate { .. }
            | EvaluateError::NoCandidateSpeech { .. }
            | EvaluateError::Misplaced { .. }
            | EvaluateError::Profile(_) => Self::ForGood(why),
            EvaluateError::Retrieval(
                RetrievalError::Unreachable { .. } | RetrievalError::Refused { .. } | RetrievalError::Server { .. },
            ) => Self::Waits(why, Pause::Away),
            EvaluateError::Retrieval(_) | EvaluateError::Judge(_) => Self::ForNow(why),
        }
    }
}

fn told(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

pub(super) async fn run(worker: &Worker, taken: &Taken) -> Result<(), Failure> {
    let store = &worker.store;
    let evaluation = store.evaluation(&taken.job.evaluation).await?;
    let version = store.rubric_version(&evaluation.rubric_version).await?;
    let faulty = |faults: crate::domain::Faults| Failure::ForGood(faults.to_string());
    let rubric = library::parse("rubric", &version.source).map_err(faulty)?.rubric;
    let content = store.transcript(&taken.job.interview).await?;
    // The limit was held at the upload; what is stored is read whatever it is now.
    let limits = Limits { max_bytes: usize::MAX, ..Limits::default() };
    let transcript = ingest::read("transcript", &content, &limits).map_err(faulty)?;
    let moved = store.moved_spans(&taken.job.interview, &rubric.id).await?;
    let placed: Vec<Placed> =
        moved.into_iter().filter(|span| rubric.question(&span.question).is_some()).map(place).collect();
    let shop = &worker.workshop;
    let local = Judge::local();
    let judge = match (evaluation.judge, &shop.judge) {
        (None, judge) | (Some(AskedJudge::Openai), judge @ Judge::Chat(_)) => judge,
        (Some(AskedJudge::Local), _) => &local,
        (Some(AskedJudge::Openai), Judge::Local(_)) => {
            return Err(Failure::ForGood("no chat model is set for this service any more".into()));
        }
    };
    // What failed before says nothing of now: the server may be back.
    judge.hope();
    shop.retrieval.hope();
    let profile = match &evaluation.calibration {
        Some(id) => Some(Profile::parse(&store.profile_of(id).await?).map_err(EvaluateError::from)?),
        None => None,
    };
    let tools = Tools { retrieval: &shop.retrieval, judge, settings: shop.settings, profile: profile.as_ref() };
    let speaker = evaluation.speaker.as_deref();
    let sitting = Sitting::open(&tools, &rubric, &transcript, speaker, &placed, &mut |_| {}).await?;
    let together = if matches!(judge, Judge::Local(_)) { TOGETHER } else { TOGETHER_CHAT };
    judge_the_rest(worker, taken, &sitting, &rubric, together).await?;
    let finished = store.finished_questions(&taken.job.evaluation).await?;
    let outcomes: Vec<Outcome> =
        finished.into_iter().filter_map(|question| serde_json::from_value(question.outcome).ok()).collect();
    let (competencies, overall) = summary(&rubric, &outcomes);
    let head = json!({
        "schema": SCHEMA,
        "rubric": RubricRef::from(&rubric),
        "transcript": sitting.transcript(),
        "made_with": sitting.made_with(),
    });
    let saved = Saved { head, summary: json!({"competencies": competencies, "overall": overall}) };
    Ok(store.finish_evaluation(taken, &saved).await?)
}

fn place(moved: SpanMove) -> Placed {
    Placed { question: moved.question, asked_at: moved.asked_at, answer: moved.answer }
}

/// Judges what is not finished, a few questions at a time. What a failing judge left open is tried again with the next
/// attempt; the last attempt keeps the abstention. What only money kept open waits until there is some again.
async fn judge_the_rest(
    worker: &Worker,
    taken: &Taken,
    sitting: &Sitting<'_>,
    rubric: &Rubric,
    together: usize,
) -> Result<(), Failure> {
    let finished = worker.store.finished_questions(&taken.job.evaluation).await?;
    let finished: BTreeSet<usize> = finished.iter().map(|question| question.place).collect();
    let open: Vec<usize> = (0..rubric.questions.len()).filter(|place| !finished.contains(place)).collect();
    let (mut left, mut spent) = (None, None);
    for places in open.chunks(together) {
        if worker.is_stopping() {
            return Err(Failure::Stopped);
        }
        let results = sitting.judge(places, &mut |_| {}).await?;
        let mut keep = Vec::new();
        let said = sitting.passages(&results).await?;
        for ((place, result), said) in places.iter().zip(&results).zip(&said) {
            match result.suggestion.as_ref().and_then(Suggestion::abstention) {
                Some(reason @ Abstention::BudgetSpent) => spent = Some(reason.reason()),
                Some(reason @ Abstention::JudgeUnavailable(_)) if !worker.is_last_attempt(taken) => {
                    left = Some(reason.reason());
                }
                _ => keep.push(kept(*place, result, said, worker.workshop.retrieval.embedder())),
            }
        }
        worker.store.save_questions(taken, &keep).await?;
    }
    match (left, spent) {
        (Some(why), _) => Err(Failure::ForNow(why)),
        (None, Some(why)) => Err(Failure::Waits(why, Pause::Spent)),
        (None, None) => Ok(()),
    }
}

fn kept(place: usize, result: &QuestionResult, said: &[SpokenPassage], embedder: &str) -> FinishedQuestion {
    let passage = |one: &SpokenPassage| NewPassage {
        utterance: one.quotation.utterance(),
        start: one.quotation.span().start,
        end: one.quotation.span().end,
        time_ms: one.quotation.time_ms(),
        quote: one.quotation.quote().to_owned(),
        vector: Small::of(&one.vector).to_bytes(),
    };
    FinishedQuestion {
        place,
        question: result.id.clone(),
        score: result.suggestion.as_ref().and_then(Suggestion::score),
        outcome: json!(Outcome::from(result)),
        result: json!(result),
        passages: said.iter().map(passage).collect(),
        embedder: embedder.to_owned(),
    }
}
