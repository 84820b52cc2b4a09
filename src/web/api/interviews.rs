//! Interviews: lists, one, its transcript, what may be changed about it, and where its questions are.

use super::Api;
use super::gate::Caller;
use super::input::{Asked, Based, Sent, id, line, tagged};
use super::upload::parsed;
use crate::domain::Transcript;
use crate::ingest::{self, Limits};
use crate::library;
use crate::store::{
    AskedCalibration, EvaluationHead, Filter, Interview, InterviewChange, InterviewStatus, Moment, Page, PersonRole,
    SpanMove,
};
use crate::web::problem::Failure;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

/// Which interviews are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct Wanted {
    /// In this state.
    status: Option<InterviewStatus>,
    /// Of this rubric.
    rubric: Option<String>,
    /// Uploaded by this person.
    uploader: Option<String>,
    /// Uploaded at this moment or later; RFC 3339.
    from: Option<String>,
    /// Uploaded before this moment; RFC 3339.
    to: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Interviews in a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200)]
    size: Option<usize>,
}

/// What is to be changed about an interview; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct ChangeInterview {
    pub(in crate::web) title: Option<String>,
    pub(in crate::web) candidate: Option<String>,
    /// The speaker who is the candidate; counts from the next evaluation on.
    pub(in crate::web) speaker: Option<String>,
    pub(in crate::web) place: Option<String>,
    /// The candidate's consent. An interview that waited for it is evaluated.
    pub(in crate::web) consent: Option<String>,
}

/// Where a question was asked and answered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Span {
    /// Utterances that ask it, counted from 0; none when it was answered without being asked.
    pub(in crate::web) asked_at: Vec<usize>,
    /// The candidate's utterances that answer it; none when it was not answered.
    pub(in crate::web) answer: Vec<usize>,
}

/// Who reviews an interview.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Interviewers {
    /// Ids of people.
    pub(in crate::web) people: Vec<String>,
}

/// A page of interviews, newest first
#[utoipa::path(get, path = "/api/v1/interviews", tag = "interviews", params(Wanted),
    responses((status = 200, body = Page, description = "Interviewers get those that they are assigned to")))]
pub(in crate::web) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page>, Failure> {
    let size = wanted.size.unwrap_or(50);
    if !(1..=200).contains(&size) {
        return Err(Failure::Unfit("size is 1 to 200".into()));
    }
    let moment = |text: Option<String>, name: &str| {
        let unfit = || Failure::Unfit(format!("{name} is a time such as 2026-01-31T12:00:00Z"));
        text.map(|text| Moment::read(&text).ok_or_else(unfit)).transpose()
    };
    if let Some(after) = &wanted.after {
        id(after, "page")?;
    }
    let person = &caller.0.person;
    let filter = Filter {
        status: wanted.status,
        rubric: wanted.rubric,
        uploader: wanted.uploader,
        assigned: (person.role == PersonRole::Interviewer).then(|| person.id.clone()),
        from: moment(wanted.from, "from")?,
        to: moment(wanted.to, "to")?,
    };
    Ok(Json(api.store.interviews(&filter, wanted.after.as_deref(), size).await?))
}

/// One interview
#[utoipa::path(get, path = "/api/v1/interviews/{id}", tag = "interviews", params(("id" = String, Path)),
    responses((status = 200, body = Interview, description = "The interview")))]
pub(in crate::web) async fn one(
    State(api): State<Api>,
    caller: Caller,
    Path(interview): Path<String>,
) -> Result<Response, Failure> {
    let interview = api.visible(&caller, &interview).await?;
    Ok(tagged(interview.version, interview))
}

/// Change an interview's title, candidate, speaker, place or consent
#[utoipa::path(patch, path = "/api/v1/interviews/{id}", tag = "interviews", request_body = ChangeInterview,
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Interview, description = "The interview")))]
pub(in crate::web) async fn change(
    State(api): State<Api>,
    caller: Caller,
    Path(interview): Path<String>,
    Based(version): Based,
    Sent(sent): Sent<ChangeInterview>,
) -> Result<Response, Failure> {
    let known = api.visible(&caller, &interview).await?;
    let text = |value: Option<String>, name: &str, most| value.map(|text| line(&text, name, most)).transpose();
    let change = InterviewChange {
        title: text(sent.title, "title", 200)?,
        candidate: text(sent.candidate, "candidate", 500)?,
        speaker: text(sent.speaker, "speaker", 500)?,
        place: text(sent.place, "place", 500)?,
        consent: text(sent.consent, "consent", 500)?,
        parsed: None,
    };
    let actor = &caller.0.person.id;
    let mut changed = api.store.set_interview(actor, &known.id, version, &change).await?;
    if changed.status == InterviewStatus::AwaitingConsent && changed.consent.is_some() {
        let version = api.store.active_version(&changed.rubric).await?;
        let questions = library::parse("rubric", &version.source)?.rubric.questions.len();
        api.store.ask_evaluation(actor, &changed.id, &version.id, questions, None, AskedCalibration::InUse).await?;
        changed = api.store.interview(&changed.id).await?;
    }
    Ok(tagged(changed.version, changed))
}

/// The transcript: speakers and utterances, as they were read
#[utoipa::path(get, path = "/api/v1/interviews/{id}/transcript", tag = "interviews", params(("id" = String, Path)),
    responses((status = 200, body = Object, description = "The transcript")))]
pub(in crate::web) async fn transcript(
    State(api): State<Api>,
    caller: Caller,
    Path(interview): Path<String>,
) -> Result<Json<Value>, Failure> {
    let known = api.visible(&caller, &interview).await?;
    let transcript = reread(&api, &known.id).await?;
    let actor = &caller.0.person.id;
    api.store.record_look(actor, "transcript.read", Some(&known.id), json!({"digest": known.digest})).await?;
    Ok(Json(json!(transcript)))
}

/// Reads the stored file of an interview.
pub(in crate::web) async fn reread(api: &Api, interview: &str) -> Result<Transcript, Failure> {
    let content = api.store.transcript(interview).await?;
    let read = tokio::task::spawn_blocking(move || {
        let limits = Limits { max_bytes: usize::MAX, ..Limits::default() };
        ingest::read("transcript", &content, &limits)
    });
    Ok(read.await.map_err(|error| Failure::Inside(error.into()))??)
}

/// Read the transcript file again, with the parsers of this version
#[utoipa::path(post, path = "/api/v1/interviews/{id}/parse", tag = "interviews",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Interview, description = "With the new parse report")))]
pub(in crate::web) async fn parse(
    State(api): State<Api>,
    caller: Caller,
    Path(interview): Path<String>,
    Based(version): Based,
) -> Result<Response, Failure> {
    let known = api.visible(&caller, &interview).await?;
    let transcript = reread(&api, &known.id).await?;
    let change = InterviewChange { parsed: Some(parsed(&transcript)), ..InterviewChange::default() };
    let changed = api.store.set_interview(&caller.0.person.id, &known.id, version, &change).await?;
    Ok(tagged(changed.version, changed))
}

/// Say where a question was asked and answered
///
/// Asks for an evaluation in which only this question is scored anew.
#[utoipa::path(put, path = "/api/v1/interviews/{id}/spans/{question}", tag = "interviews", request_body = Span,
    params(("id" = String, Path), ("question" = String, Path), ("If-Match" = String, Header)),
    responses((status = 202, body = EvaluationHead, description = "The new evaluation")))]
pub(in crate::web) async fn move_span(
    State(api): State<Api>,
    caller: Caller,
    Path((interview, question)): Path<(String, String)>,
    Based(version): Based,
    Sent(span): Sent<Span>,
) -> Result<Response, Failure> {
    let known = api.visible(&caller, &interview).await?;
    let last = api.store.latest_evaluation(&known.id).await?;
    let rubric = library::parse("rubric", &api.store.rubric_version(&last.rubric_version).await?.source)?.rubric;
    if rubric.question(&question).is_none() {
        return Err(Failure::Missing("question"));
    }
    let transcript = reread(&api, &known.id).await?;
    let most = transcript.utterances().len();
    if let Some(place) = span.asked_at.iter().chain(&span.answer).find(|place| **place >= most) {
        return Err(Failure::Unfit(format!("there is no utterance {place}: the transcript has {most}, from 0")));
    }
    // Who is the candidate was settled by the evaluation before.
    let head: Value = last.head.as_deref().and_then(|head| serde_json::from_str(head).ok()).unwrap_or_default();
    if let Some(candidate) = head["transcript"]["candidate"].as_str() {
        let theirs = |place: &&usize| transcript.speaker_of(**place).is_some_and(|s| s.name == candidate);
        if let Some(place) = span.answer.iter().find(|place| !theirs(place)) {
            return Err(Failure::Unfit(format!("utterance {place} is not the candidate's")));
        }
    }
    let moved = SpanMove { question, asked_at: span.asked_at, answer: span.answer };
    let asked = api.store.move_span(&caller.0.person.id, &known.id, version, &moved).await?;
    Ok((StatusCode::ACCEPTED, Json(api.store.evaluation(&asked).await?)).into_response())
}

/// Who is assigned to an interview
#[utoipa::path(get, path = "/api/v1/interviews/{id}/interviewers", tag = "interviews", params(("id" = String, Path)),
    responses((status = 200, body = Interviewers, description = "Ids of people")))]
pub(in crate::web) async fn interviewers(
    State(api): State<Api>,
    caller: Caller,
    Path(interview): Path<String>,
) -> Result<Json<Interviewers>, Failure> {
    let known = api.visible(&caller, &interview).await?;
    Ok(Json(Interviewers { people: api.store.assigned(&known.id).await? }))
}

/// Set who is assigned to an interview
#[utoipa::path(put, path = "/api/v1/interviews/{id}/interviewers", tag = "interviews", request_body = Interviewers,
    params(("id" = String, Path)),
    responses((status = 200, body = Interviewers, description = "Ids of people")))]
pub(in crate::web) async fn assign(
    State(api): State<Api>,
    caller: Caller,
    Path(interview): Path<String>,
    Sent(sent): Sent<Interviewers>,
) -> Result<Json<Interviewers>, Failure> {
    let known = api.visible(&caller, &interview).await?;
    for person in &sent.people {
        id(person, "person")?;
    }
    api.store.set_assigned(&caller.0.person.id, &known.id, &sent.people).await?;
    Ok(Json(Interviewers { people: api.store.assigned(&known.id).await? }))
}
