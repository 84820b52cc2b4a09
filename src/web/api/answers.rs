//! Searching what candidates said, and answers that are like one, as precedent. Interviewers find what they are assigned
//! to; whoever is to score blind finds nothing of that answer before their own score.

use super::Api;
use super::evaluations::open_questions;
use super::gate::Caller;
use super::input::{Asked, line};
use crate::search::{AnswerFilter, Found, Search};
use crate::store::{Passage, PersonRole, ReviewState};
use crate::web::problem::Failure;
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Passages in an answer where nothing else is asked for, and at most.
const FEW: usize = 10;
const MOST: usize = 50;
/// How many times as many are looked at: some may not be shown, or have no score of record.
const BEYOND: usize = 8;

/// What to look for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct Sought {
    /// In your words: `idempotency`, `disagreed with a manager`.
    pub q: String,
    /// Only answers to this rubric.
    pub rubric: Option<String>,
    /// Only answers to this question.
    pub question: Option<String>,
    /// Only answers with at least this suggested score.
    pub least: Option<i64>,
    /// Only answers with at most this suggested score.
    pub most: Option<i64>,
    /// How many, at most 50.
    #[param(minimum = 1, maximum = 50)]
    pub limit: Option<usize>,
}

/// How many.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct HowMany {
    /// At most 50.
    #[param(minimum = 1, maximum = 50)]
    pub limit: Option<usize>,
}

/// A passage of an answer.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Shown {
    #[serde(flatten)]
    pub passage: Passage,
    /// The score that the last submitted review gave the answer.
    pub score_of_record: Option<i64>,
    /// How near it is; 1 says the same.
    similarity: f32,
}

/// Search what candidates said
///
/// By meaning, not by letters. Each hit is a verbatim quotation of the candidate with its place in the transcript.
#[utoipa::path(get, path = "/api/v1/answers", tag = "answers", params(Sought),
    responses((status = 200, body = Vec<Shown>, description = "The nearest first")))]
pub(in crate::web) async fn search(
    State(api): State<Api>,
    caller: Caller,
    Asked(sought): Asked<Sought>,
) -> Result<Json<Vec<Shown>>, Failure> {
    let words = line(&sought.q, "q", 500)?;
    let limit = limit(sought.limit)?;
    let filter = AnswerFilter {
        rubric: sought.rubric,
        question: sought.question,
        least: sought.least,
        most: sought.most,
        interviews: seen_by(&api, &caller).await?,
        except: None,
    };
    let found = index(&api)?.find(&words, &filter, limit * BEYOND).await?;
    let mut shown = Vec::new();
    let mut views = Views { api: &api, caller: &caller, known: HashMap::new() };
    for found in found {
        if shown.len() < limit && views.may_see(&found.passage).await? {
            let score_of_record = views.score_of_record(&found.passage).await?;
            shown.push(Shown { passage: found.passage, score_of_record, similarity: found.similarity });
        }
    }
    let facts = json!({"hits": shown.len()});
    api.store.record_look(&caller.0.person.id, "answers.searched", None, facts).await?;
    Ok(Json(shown))
}

/// Answers of other candidates that are like this one, and have a score of record
#[utoipa::path(get, path = "/api/v1/interviews/{id}/precedents/{question}", tag = "answers",
    params(("id" = String, Path), ("question" = String, Path), HowMany),
    responses((status = 200, body = Vec<Shown>, description = "The most alike first; each by its most similar passage")))]
pub(in crate::web) async fn precedents(
    State(api): State<Api>,
    caller: Caller,
    Path((interview, question)): Path<(String, String)>,
    Asked(many): Asked<HowMany>,
) -> Result<Json<Vec<Shown>>, Failure> {
    let known = api.visible(&caller, &interview).await?;
    let limit = limit(many.limit)?;
    let head = api.store.latest_evaluation(&known.id).await?;
    if open_questions(&api, &caller, &head).await?.is_some_and(|open| !open.contains(&question)) {
        return Err(Failure::Conflict("score this question first: others' scores are shown after your own".into()));
    }
    let filter = AnswerFilter {
        rubric: Some(known.rubric.clone()),
        interviews: seen_by(&api, &caller).await?,
        ..AnswerFilter::default()
    };
    let found = index(&api)?.like(&known.id, &question, &filter, limit * BEYOND).await?;
    let mut shown = Vec::new();
    let mut views = Views { api: &api, caller: &caller, known: HashMap::new() };
    for Found { passage, similarity } in found {
        if shown.len() == limit {
            break;
        }
        let score_of_record = views.score_of_record(&passage).await?;
        if score_of_record.is_some() && views.may_see(&passage).await? {
            shown.push(Shown { passage, score_of_record, similarity });
        }
    }
    let facts = json!({"question": question, "hits": shown.len()});
    api.store.record_look(&caller.0.person.id, "precedents.read", Some(&known.id), facts).await?;
    Ok(Json(shown))
}

fn index(api: &Api) -> Result<&Arc<Search>, Failure> {
    api.search.as_ref().ok_or_else(|| Failure::Conflict("this process has no index of answers".into()))
}

fn limit(wanted: Option<usize>) -> Result<usize, Failure> {
    let limit = wanted.unwrap_or(FEW);
    if (1..=MOST).contains(&limit) { Ok(limit) } else { Err(Failure::Unfit(format!("limit is from 1 to {MOST}"))) }
}

/// The interviews that a person may look into; `None` for all of them.
async fn seen_by(api: &Api, caller: &Caller) -> Result<Option<Vec<String>>, Failure> {
    let person = &caller.0.person;
    if person.role != PersonRole::Interviewer {
        return Ok(None);
    }
    Ok(Some(api.store.assigned_interviews(&person.id).await?))
}

/// What of each interview's answers a person may see, asked once an interview.
struct Views<'a> {
    api: &'a Api,
    caller: &'a Caller,
    known: HashMap<String, Option<BTreeSet<String>>>,
}

impl Views<'_> {
    /// The score of record, for those to whom other people's scores of this interview are open: reviewers see each other's
    /// once they have submitted their own.
    async fn score_of_record(&self, passage: &Passage) -> Result<Option<i64>, Failure> {
        let (store, person) = (&self.api.store, &self.caller.0.person);
        let mut own = store.reviews(&passage.interview).await?;
        own.retain(|review| review.person == person.id);
        let is_under_way = own.iter().any(|review| review.state == ReviewState::Draft);
        if is_under_way || (own.is_empty() && person.role == PersonRole::Interviewer) {
            return Ok(None);
        }
        Ok(store.score_of_record(&passage.interview, &passage.question).await?)
    }

    async fn may_see(&mut self, passage: &Passage) -> Result<bool, Failure> {
        if !self.known.contains_key(&passage.evaluation) {
            let head = self.api.store.evaluation(&passage.evaluation).await?;
            let open = open_questions(self.api, self.caller, &head).await?;
            self.known.insert(passage.evaluation.clone(), open);
        }
        let open = self.known.get(&passage.evaluation).and_then(Option::as_ref);
        Ok(open.is_none_or(|open| open.contains(&passage.question)))
    }
}
