//! The start page: what waits for this person, what is being evaluated, what they submitted, and the panels.

use super::{Shell, Visitor, html};
use crate::store::{EvaluationHead, EvaluationState, Filter, Interview, InterviewStatus, PersonRole, ReviewState};
use crate::web::api::Api;
use crate::web::problem::Failure;
use crate::web::words::Words;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::collections::{BTreeMap, BTreeSet};

/// Interviews that the start page looks at, newest first.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "pages/home.html")]
struct HomePage<'a> {
    shell: Shell,
    waits: Vec<Entry<'a>>,
    under_way: Vec<Entry<'a>>,
    submitted: Vec<Entry<'a>>,
    panels: Option<Vec<Entry<'a>>>,
    no_rubric: bool,
}

struct Entry<'a> {
    id: &'a str,
    title: Words<'a>,
    candidate: Option<Words<'a>>,
    rubric: Words<'a>,
    date: String,
    status: &'static str,
    /// Evaluation, finished questions, all questions.
    progress: Option<(String, i64, i64)>,
    is_begun: bool,
}

pub(super) async fn home(State(api): State<Api>, visitor: Visitor) -> Result<Response, Failure> {
    let shell = visitor.shell(visitor.t.home);
    let no_rubric = api.store.rubrics().await?.is_empty();
    let person = visitor.person();
    let reads = shell.reads_interviews();
    let filter =
        Filter { assigned: (person.role == PersonRole::Interviewer).then(|| person.id.clone()), ..Filter::default() };
    let interviews = if reads { api.store.interviews(&filter, None, SHOWN).await?.items } else { vec![] };
    let mine: BTreeSet<String> = api.store.assignments(&person.id).await?.into_iter().collect();
    let reviews: BTreeMap<String, ReviewState> = api.store.review_states(&person.id).await?.into_iter().collect();
    let titles: BTreeMap<String, String> =
        api.store.rubrics().await?.into_iter().map(|rubric| (rubric.id, rubric.title)).collect();
    let mut running: BTreeMap<String, EvaluationHead> = BTreeMap::new();
    for interview in interviews.iter().filter(|one| one.status == InterviewStatus::Evaluating) {
        let all = api.store.evaluations(&interview.id).await?;
        let is_open = |head: &EvaluationHead| matches!(head.state, EvaluationState::Queued | EvaluationState::Running);
        running.extend(all.into_iter().find(is_open).map(|head| (interview.id.clone(), head)));
    }
    let entry = |interview: &'_ Interview| -> (bool, bool, bool) {
        let state = reviews.get(&interview.id).copied();
        let is_done = interview.status == InterviewStatus::Evaluated;
        let waits = is_done
            && match state {
                Some(state) => state == ReviewState::Draft,
                None => mine.contains(&interview.id) || interview.created_by == person.id,
            };
        (waits, !is_done, state == Some(ReviewState::Submitted))
    };
    let mut page = HomePage { shell, waits: vec![], under_way: vec![], submitted: vec![], panels: None, no_rubric };
    let mut panels = Vec::new();
    for interview in &interviews {
        let made = || Entry {
            id: &interview.id,
            title: Words(&interview.title),
            candidate: interview.candidate.as_deref().map(Words),
            rubric: Words(titles.get(&interview.rubric).unwrap_or(&interview.rubric)),
            date: visitor.t.date(&interview.created_at),
            status: visitor.t.status(interview.status),
            progress: running.get(&interview.id).map(|head| (head.id.clone(), head.finished, head.questions)),
            is_begun: reviews.contains_key(&interview.id),
        };
        let (waits, under_way, submitted) = entry(interview);
        page.waits.extend(waits.then(made));
        page.under_way.extend(under_way.then(made));
        page.submitted.extend(submitted.then(made));
        panels.extend((interview.status == InterviewStatus::Evaluated).then(made));
    }
    page.panels = page.shell.sees_people().then_some(panels);
    html(&page, None)
}
