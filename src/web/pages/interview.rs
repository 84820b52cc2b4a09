//! One interview: its evaluation while that runs, the beginning of a review, then the review itself.

use super::form::Filled;
use super::{PART, Shell, Visitor, html, review, see};
use crate::store::{EvaluationHead, EvaluationState, Interview, InterviewStatus, Mode, ReviewState};
use crate::web::api::Api;
use crate::web::api::evaluations::{self, Ask};
use crate::web::api::input::{Based, Sent};
use crate::web::api::interviews::{self, ChangeInterview, Interviewers, Span};
use crate::web::api::reviews;
use crate::web::problem::Failure;
use crate::web::words::Words;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};

/// Where a script follows what it has set going.
const EVENTS: HeaderName = HeaderName::from_static("x-events");

#[derive(Template)]
#[template(path = "pages/interview.html")]
struct InterviewPage<'a> {
    shell: Shell,
    interview: &'a Interview,
    title: Words<'a>,
    candidate: Option<Words<'a>>,
    rubric: Words<'a>,
    date: String,
    status: &'static str,
    running: Option<&'a EvaluationHead>,
    failure: Option<Words<'a>>,
    is_blind: bool,
    people: Option<Vec<(String, String, bool)>>,
}

impl InterviewPage<'_> {
    fn is(&self, status: &str) -> bool {
        self.interview.status.word() == status
    }
}

pub(super) async fn page(
    State(api): State<Api>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let interview = api.visible(&visitor.caller, &id).await?;
    let own = api.store.reviews(&id).await?.into_iter().rfind(|review| review.person == visitor.person().id);
    if let Some(own) = own
        && (interview.status == InterviewStatus::Evaluated || own.state == ReviewState::Submitted)
    {
        return review::page(&api, &visitor, &headers, own).await;
    }
    let heads = api.store.evaluations(&id).await?;
    let is_open = |head: &&EvaluationHead| matches!(head.state, EvaluationState::Queued | EvaluationState::Running);
    let rubric = api.store.rubric(&interview.rubric).await?;
    let shell = visitor.shell(crate::web::wording::on_one_line(&interview.title));
    let people = if shell.sees_people() { Some(reviewers(&api, &id).await?) } else { None };
    let failed = interview.status == InterviewStatus::Failed;
    let page = InterviewPage {
        title: Words(&interview.title),
        candidate: interview.candidate.as_deref().map(Words),
        rubric: Words(&rubric.title),
        date: visitor.t.date(&interview.created_at),
        status: visitor.t.status(interview.status),
        running: heads.iter().find(is_open),
        failure: failed.then(|| heads.first()?.failure.as_deref().map(Words)).flatten(),
        is_blind: rubric.mode == Mode::BlindFirst,
        interview: &interview,
        people,
        shell,
    };
    html(&page, None)
}

async fn reviewers(api: &Api, interview: &str) -> Result<Vec<(String, String, bool)>, Failure> {
    let assigned = api.store.assigned(interview).await?;
    let people = api.store.people().await?.into_iter().filter(|person| person.is_active);
    Ok(people.map(|person| (person.id.clone(), person.name, assigned.contains(&person.id))).collect())
}

fn here(id: &str) -> Response {
    see(&format!("/interviews/{id}"))
}

pub(super) async fn consent(
    state: State<Api>,
    visitor: Visitor,
    path: Path<String>,
    filled: Filled,
) -> Result<Response, Failure> {
    let id = path.0.clone();
    let consent = Some(filled.need("consent")?);
    let change = ChangeInterview { title: None, candidate: None, speaker: None, place: None, consent };
    interviews::change(state, visitor.caller, path, Based(filled.number("version")?), Sent(change)).await?;
    Ok(here(&id))
}

pub(super) async fn evaluate(
    state: State<Api>,
    visitor: Visitor,
    path: Path<String>,
    _: Filled,
) -> Result<Response, Failure> {
    let id = path.0.clone();
    evaluations::ask(state, visitor.caller, path, Sent(Ask::default())).await?;
    Ok(here(&id))
}

pub(super) async fn cancel(
    state: State<Api>,
    visitor: Visitor,
    Path(id): Path<String>,
    filled: Filled,
) -> Result<Response, Failure> {
    let _ = evaluations::cancel(state, visitor.caller, Path(filled.need("evaluation")?)).await?;
    Ok(here(&id))
}

pub(super) async fn begin(
    state: State<Api>,
    visitor: Visitor,
    path: Path<String>,
    _: Filled,
) -> Result<Response, Failure> {
    let id = path.0.clone();
    reviews::start(state, visitor.caller, path).await?;
    Ok(here(&id))
}

pub(super) async fn move_span(
    state: State<Api>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(id): Path<String>,
    filled: Filled,
) -> Result<Response, Failure> {
    let question = filled.need("question")?;
    let asked_at = filled.number("asked")?.into_iter().collect();
    let (from, to) = (filled.number::<usize>("from")?, filled.number::<usize>("to")?);
    let answer = match (from, to.or(from)) {
        (Some(from), Some(to)) => theirs(&state.0, &visitor, &id, from..=to.min(from + 10_000)).await?,
        _ => vec![],
    };
    let span = Span { asked_at, answer };
    let (api, path) = (state.0.clone(), Path((id.clone(), question)));
    interviews::move_span(state, visitor.caller, path, Based(None), Sent(span)).await?;
    if !headers.contains_key(PART) {
        return Ok(here(&id));
    }
    let newest = api.store.evaluations(&id).await?.into_iter().next().ok_or(Failure::Missing("evaluation"))?;
    Ok([(EVENTS, format!("/api/v1/evaluations/{}/events", newest.id))].into_response())
}

/// Of these utterances, those of the candidate: an answer is often interrupted.
async fn theirs(
    api: &Api,
    visitor: &Visitor,
    interview: &str,
    range: std::ops::RangeInclusive<usize>,
) -> Result<Vec<usize>, Failure> {
    api.visible(&visitor.caller, interview).await?;
    let transcript = interviews::reread(api, interview).await?;
    let candidate = reviews::candidate(&api.store.latest_evaluation(interview).await?);
    let is_theirs = |place: &usize| match (&candidate, transcript.speaker_of(*place)) {
        (Some(name), Some(speaker)) => speaker.name == *name,
        (Some(_), None) => false,
        (None, _) => *place < transcript.utterances().len(),
    };
    Ok(range.filter(is_theirs).collect())
}

pub(super) async fn assign(
    state: State<Api>,
    visitor: Visitor,
    path: Path<String>,
    filled: Filled,
) -> Result<Response, Failure> {
    let id = path.0.clone();
    let people = filled.all("person").map(str::to_owned).collect();
    let _ = interviews::assign(state, visitor.caller, path, Sent(Interviewers { people })).await?;
    Ok(here(&id))
}
