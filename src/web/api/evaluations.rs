//! Evaluations: ask, read, watch, cancel. Whoever is to score blind gets no suggestion before their own score.

use super::Api;
use super::gate::Caller;
use super::input::{Sent, id};
use crate::library;
use crate::store::{
    AskedCalibration, AskedJudge, EvaluationHead, EvaluationState, Mode, PersonRole, ReviewState, Store,
};
use crate::web::problem::Failure;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;
use utoipa::ToSchema;

/// How long a watcher waits for the bell before it looks for what other processes wrote.
const LOOK: Duration = Duration::from_secs(1);

/// What to evaluate with.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Ask {
    /// The version of the rubric; the active one where it is left out.
    rubric_version: Option<String>,
    /// The judge; the service's own where it is left out.
    judge: Option<AskedJudge>,
    /// The id of a calibration of that version whose profile is used, or `none`. Left out, the one in use, but none where a
    /// judge is asked for.
    calibration: Option<String>,
}

/// An evaluation with its questions, as far as they are finished.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Shown {
    #[serde(flatten)]
    head: EvaluationHead,
    /// `earmark.evaluation/1`, the same as the command line gives; without what is not finished.
    #[schema(value_type = Object)]
    result: Value,
    /// Ids of questions whose suggestion is withheld until you have scored them.
    withheld: Vec<String>,
}

/// The evaluations of an interview
#[utoipa::path(get, path = "/api/v1/interviews/{id}/evaluations", tag = "evaluations", params(("id" = String, Path)),
    responses((status = 200, body = Vec<EvaluationHead>, description = "Newest first")))]
pub(in crate::web) async fn history(
    State(api): State<Api>,
    caller: Caller,
    Path(interview): Path<String>,
) -> Result<Json<Vec<EvaluationHead>>, Failure> {
    let known = api.visible(&caller, &interview).await?;
    Ok(Json(api.store.evaluations(&known.id).await?))
}

/// Have an interview evaluated anew
///
/// With another version of the rubric, another judge or calibration this replays it; what was evaluated before stays, and
/// `/evaluations/{id}/diff` compares the two.
#[utoipa::path(post, path = "/api/v1/interviews/{id}/evaluations", tag = "evaluations", request_body = Ask,
    params(("id" = String, Path)),
    responses((status = 202, body = EvaluationHead, description = "The new evaluation")))]
pub(in crate::web) async fn ask(
    State(api): State<Api>,
    caller: Caller,
    Path(interview): Path<String>,
    Sent(sent): Sent<Ask>,
) -> Result<Response, Failure> {
    let known = api.visible(&caller, &interview).await?;
    if api.settings.requires_consent && known.consent.is_none() {
        return Err(Failure::Conflict("the candidate's consent is not noted yet".into()));
    }
    let version = match &sent.rubric_version {
        None => api.store.active_version(&known.rubric).await?,
        Some(number) => api.store.numbered_version(&known.rubric, number).await?,
    };
    if sent.judge == Some(AskedJudge::Openai) && !api.settings.has_chat_model {
        return Err(Failure::Unfit("no chat model is set for this service: the setting judge is local".into()));
    }
    let questions = library::parse("rubric", &version.source)?.rubric.questions.len();
    let calibration = match sent.calibration.as_deref() {
        Some("none") => AskedCalibration::Without,
        Some(asked) => {
            let found = api.store.calibration(id(asked, "calibration")?).await?;
            if let Some(why) = found.misfit(&version.rubric, &version.number) {
                return Err(Failure::Unfit(why));
            }
            AskedCalibration::This(asked)
        }
        None if sent.judge.is_some() => AskedCalibration::Without,
        None => AskedCalibration::InUse,
    };
    let actor = &caller.0.person.id;
    let asked = api.store.ask_evaluation(actor, &known.id, &version.id, questions, sent.judge, calibration).await?;
    Ok((StatusCode::ACCEPTED, Json(api.store.evaluation(&asked).await?)).into_response())
}

/// The evaluation, if this person may see its interview.
pub(super) async fn visible(api: &Api, caller: &Caller, evaluation: &str) -> Result<EvaluationHead, Failure> {
    let head = api.store.evaluation(id(evaluation, "evaluation")?).await?;
    api.visible(caller, &head.interview).await.map_err(|_| Failure::Missing("evaluation"))?;
    Ok(head)
}

/// One evaluation
#[utoipa::path(get, path = "/api/v1/evaluations/{id}", tag = "evaluations", params(("id" = String, Path)),
    responses((status = 200, body = Shown, description = "The evaluation, as far as it is finished")))]
pub(in crate::web) async fn one(
    State(api): State<Api>,
    caller: Caller,
    Path(evaluation): Path<String>,
) -> Result<Json<Shown>, Failure> {
    let head = visible(&api, &caller, &evaluation).await?;
    let open = open_questions(&api, &caller, &head).await?;
    let finished = api.store.finished_questions(&head.id).await?;
    let mut withheld = Vec::new();
    let mut result = read(head.head.as_deref());
    let questions: Vec<Value> = finished
        .into_iter()
        .map(|question| match &open {
            Some(open) if !open.contains(&question.question) => {
                withheld.push(question.question.clone());
                without_suggestion(&question.result)
            }
            _ => question.result,
        })
        .collect();
    result.insert("questions".into(), Value::Array(questions));
    if withheld.is_empty() {
        result.extend(read(head.summary.as_deref()));
    }
    let facts = json!({"evaluation": head.id, "withheld": withheld.len()});
    api.store.record_look(&caller.0.person.id, "evaluation.read", Some(&head.interview), facts).await?;
    Ok(Json(Shown { head, result: Value::Object(result), withheld }))
}

/// The whole of a finished evaluation, as `earmark.evaluation/1`.
pub(super) async fn whole(api: &Api, head: &EvaluationHead) -> Result<Value, Failure> {
    let finished = api.store.finished_questions(&head.id).await?;
    let mut result = read(head.head.as_deref());
    result.insert("questions".into(), finished.into_iter().map(|question| question.result).collect());
    result.extend(read(head.summary.as_deref()));
    Ok(Value::Object(result))
}

fn read(text: Option<&str>) -> Map<String, Value> {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Where a question stands in the transcript, and nothing of what was made of it.
fn without_suggestion(result: &Value) -> Value {
    json!({"id": result["id"], "status": result["status"], "asked_at": result["asked_at"], "answer": result["answer"]})
}

/// The questions whose suggestion this person may see; `None` for all of them.
pub(in crate::web) async fn open_questions(
    api: &Api,
    caller: &Caller,
    head: &EvaluationHead,
) -> Result<Option<BTreeSet<String>>, Failure> {
    let person = &caller.0.person;
    let interview = api.store.interview(&head.interview).await?;
    let mode = api.store.rubric(&interview.rubric).await?.mode;
    let reviews = api.store.reviews(&head.interview).await?;
    let own = reviews.into_iter().rfind(|review| review.person == person.id);
    let is_blind = own.as_ref().map_or(mode, |review| review.mode) == Mode::BlindFirst;
    match own {
        Some(review) if is_blind && review.state == ReviewState::Draft => {
            Ok(Some(review.decisions.iter().map(|decision| decision.question.clone()).collect()))
        }
        None if is_blind && person.role == PersonRole::Interviewer => Ok(Some(BTreeSet::new())),
        _ => Ok(None),
    }
}

/// Call an evaluation off
#[utoipa::path(post, path = "/api/v1/evaluations/{id}/cancel", tag = "evaluations", params(("id" = String, Path)),
    responses((status = 200, body = EvaluationHead, description = "The evaluation")))]
pub(in crate::web) async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    Path(evaluation): Path<String>,
) -> Result<Json<EvaluationHead>, Failure> {
    let head = visible(&api, &caller, &evaluation).await?;
    api.store.cancel_evaluation(&caller.0.person.id, &head.id).await?;
    Ok(Json(api.store.evaluation(&head.id).await?))
}

/// Watch an evaluation, question by question
///
/// Server-sent events: `question` with `{question, place, finished, questions}` for each finished question, those that were
/// finished before first; then `end` with `{state}`.
#[utoipa::path(get, path = "/api/v1/evaluations/{id}/events", tag = "evaluations", params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "text/event-stream", description = "Events")))]
pub(in crate::web) async fn events(
    State(api): State<Api>,
    caller: Caller,
    Path(evaluation): Path<String>,
) -> Result<Response, Failure> {
    let head = visible(&api, &caller, &evaluation).await?;
    let watch = Watch {
        bell: api.store.changes(),
        store: api.store.clone(),
        stopping: api.stopping.clone(),
        evaluation: head.id,
        told: BTreeSet::new(),
        ready: VecDeque::new(),
        is_over: false,
    };
    Ok(Sse::new(watch.events()).keep_alive(KeepAlive::default()).into_response())
}

/// Somebody who watches an evaluation.
struct Watch {
    store: Store,
    bell: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    evaluation: String,
    told: BTreeSet<usize>,
    ready: VecDeque<Event>,
    is_over: bool,
}

impl Watch {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut watch| async move {
            loop {
                if let Some(event) = watch.ready.pop_front() {
                    return Some((Ok(event), watch));
                }
                if watch.is_over || *watch.stopping.borrow() {
                    return None;
                }
                watch.bell.mark_unchanged();
                // A store that fails ends the stream; the client comes back by itself and is told why then.
                let head = watch.store.evaluation(&watch.evaluation).await.ok()?;
                let finished = watch.store.finished_questions(&watch.evaluation).await.ok()?;
                watch.tell(&head, finished.into_iter().map(|question| (question.place, question.question)));
                if watch.ready.is_empty() {
                    watch.wait().await;
                }
            }
        })
    }

    fn tell(&mut self, head: &EvaluationHead, finished: impl Iterator<Item = (usize, String)>) {
        for (place, question) in finished {
            if self.told.insert(place) {
                let data = json!({
                    "question": question, "place": place, "finished": self.told.len(), "questions": head.questions,
                });
                self.ready.push_back(Event::default().event("question").data(data.to_string()));
            }
        }
        if !matches!(head.state, EvaluationState::Queued | EvaluationState::Running) {
            let data = json!({"state": head.state}).to_string();
            self.ready.push_back(Event::default().event("end").data(data));
            self.is_over = true;
        }
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.bell.changed() => {}
            _ = self.stopping.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}
