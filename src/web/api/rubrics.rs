//! Rubrics: upload, versions, which one is active, and what people decided as an eval set.

use super::Api;
use super::erasure::kept_days;
use super::gate::Caller;
use super::input::{Based, Sent, is_of_type, line, read, tagged};
use crate::ingest::{self, Limits};
use crate::library;
use crate::store::{Mode, Review, RubricEntry, RubricVersion};
use crate::web::problem::Failure;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Longest rubric file, in bytes; as long as one on the disk may be.
const LONGEST: usize = 5_000_000;
/// Reviews that are read at a time.
const BATCH: i64 = 100;

/// What is to be changed about a rubric.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct ChangeRubric {
    /// The version that interviews are evaluated with from now on.
    pub(in crate::web) active_version: Option<String>,
    /// Whether interviewers see the suggestion before they score.
    pub(in crate::web) mode: Option<Mode>,
    /// Days for which its interviews are kept; 0 for ever.
    #[schema(minimum = 0, maximum = 36500)]
    pub(in crate::web) retention_days: Option<i64>,
}

/// All rubrics
#[utoipa::path(get, path = "/api/v1/rubrics", tag = "rubrics",
    responses((status = 200, body = Vec<RubricEntry>, description = "By id")))]
pub(in crate::web) async fn list(State(api): State<Api>) -> Result<Json<Vec<RubricEntry>>, Failure> {
    Ok(Json(api.store.rubrics().await?))
}

/// Upload a rubric, or a new version of one
///
/// The first version of a rubric becomes active.
#[utoipa::path(post, path = "/api/v1/rubrics", tag = "rubrics",
    request_body(content((String = "application/toml"), (String = "text/plain")), description = "The rubric file"),
    responses((status = 201, body = RubricVersion, description = "The version")))]
pub(in crate::web) async fn upload(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, Failure> {
    let is_toml = ["application/toml", "text/plain", "application/octet-stream"];
    if !is_toml.iter().any(|kind| is_of_type(request.headers(), kind)) {
        return Err(Failure::WrongType("the rubric file with Content-Type: application/toml"));
    }
    let bytes = read(request.into_body(), LONGEST).await?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::Malformed("a rubric file is UTF-8 text".into()))?;
    let rubric = library::parse("rubric", &text)?.rubric;
    line(&rubric.title, "title", 1_000)?;
    let version = api.store.add_rubric(&caller.0.person.id, &rubric, &text).await?;
    Ok((StatusCode::CREATED, Json(version)).into_response())
}

/// One rubric
#[utoipa::path(get, path = "/api/v1/rubrics/{id}", tag = "rubrics", params(("id" = String, Path)),
    responses((status = 200, body = RubricEntry, description = "The rubric")))]
pub(in crate::web) async fn one(State(api): State<Api>, Path(rubric): Path<String>) -> Result<Response, Failure> {
    let rubric = api.store.rubric(&rubric).await?;
    Ok(tagged(rubric.version, rubric))
}

/// Activate a version, or set the mode of review and how long interviews are kept
#[utoipa::path(patch, path = "/api/v1/rubrics/{id}", tag = "rubrics", request_body = ChangeRubric,
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = RubricEntry, description = "The rubric")))]
pub(in crate::web) async fn change(
    State(api): State<Api>,
    caller: Caller,
    Path(rubric): Path<String>,
    Based(version): Based,
    Sent(sent): Sent<ChangeRubric>,
) -> Result<Response, Failure> {
    let actor = &caller.0.person.id;
    let days = sent.retention_days.map(|days| kept_days(days, 0)).transpose()?;
    let active = sent.active_version.as_deref();
    let changed = api.store.set_rubric(actor, &rubric, version, active, sent.mode, days).await?;
    Ok(tagged(changed.version, changed))
}

/// The versions of a rubric
#[utoipa::path(get, path = "/api/v1/rubrics/{id}/versions", tag = "rubrics", params(("id" = String, Path)),
    responses((status = 200, body = Vec<RubricVersion>, description = "Newest first")))]
pub(in crate::web) async fn versions(
    State(api): State<Api>,
    Path(rubric): Path<String>,
) -> Result<Json<Vec<RubricVersion>>, Failure> {
    Ok(Json(api.store.rubric_versions(&rubric).await?))
}

/// One version of a rubric
#[utoipa::path(get, path = "/api/v1/rubrics/{id}/versions/{number}", tag = "rubrics",
    params(("id" = String, Path), ("number" = String, Path)),
    responses((status = 200, body = RubricVersion, description = "The version with its file")))]
pub(in crate::web) async fn version(
    State(api): State<Api>,
    Path((rubric, number)): Path<(String, String)>,
) -> Result<Json<RubricVersion>, Failure> {
    Ok(Json(api.store.numbered_version(&rubric, &number).await?))
}

/// Submitted reviews as an eval set
///
/// A line an answer: the candidate's words, and the scores that people gave. Names of candidates and raters are left out;
/// what was said is not changed.
#[utoipa::path(get, path = "/api/v1/rubrics/{id}/eval-set", tag = "rubrics", params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "application/x-ndjson", description = "JSON lines")))]
pub(in crate::web) async fn eval_set(
    State(api): State<Api>,
    caller: Caller,
    Path(rubric): Path<String>,
) -> Result<Response, Failure> {
    api.store.rubric(&rubric).await?;
    let (mut answers, mut after) = (BTreeMap::<String, Value>::new(), None);
    loop {
        let reviews = api.store.submitted_reviews(&rubric, after.as_deref(), BATCH).await?;
        for review in &reviews {
            for line in lines(&api, review).await? {
                together(&mut answers, line);
            }
        }
        match reviews.last() {
            Some(last) => after = Some(last.id.clone()),
            None => break,
        }
    }
    let facts = json!({"rubric": rubric, "answers": answers.len()});
    let mut out = answers.values().map(Value::to_string).collect::<Vec<_>>().join("\n");
    if !out.is_empty() {
        out.push('\n');
    }
    api.store.record_look(&caller.0.person.id, "eval_set.exported", None, facts).await?;
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], out).into_response())
}

/// Several people's scores of one answer stand in one line.
fn together(answers: &mut BTreeMap<String, Value>, line: Value) {
    let id = line["id"].as_str().unwrap_or_default().to_owned();
    match answers.get_mut(&id) {
        None => drop(answers.insert(id, line)),
        Some(known) => {
            for list in ["scores", "evidence"] {
                let more = line[list].as_array().cloned().unwrap_or_default();
                known[list].as_array_mut().into_iter().for_each(|known| known.extend(more.iter().cloned()));
            }
        }
    }
}

/// The lines of one review: a question with an answer and a score each.
async fn lines(api: &Api, review: &Review) -> Result<Vec<Value>, Failure> {
    let evaluation = api.store.latest_evaluation(&review.interview).await?;
    let questions = api.store.finished_questions(&evaluation.id).await?;
    let content = match api.store.transcript(&review.interview).await {
        Ok(content) => content,
        Err(crate::store::StoreError::Missing(_)) => return Ok(vec![]),
        Err(other) => return Err(other.into()),
    };
    let limits = Limits { max_bytes: usize::MAX, ..Limits::default() };
    let transcript = ingest::read("transcript", &content, &limits)?;
    let said = |places: &Value| {
        let places = places.as_array().into_iter().flatten().filter_map(Value::as_u64);
        let texts = places.filter_map(|place| transcript.utterances().get(place as usize)).map(|u| u.text.as_str());
        texts.collect::<Vec<_>>().join(" ")
    };
    let line = |question: &crate::store::StoredQuestion| {
        let score = review.decided(&question.question)?.score?;
        let answer = said(&question.result["answer"]);
        let quoted = review.evidence.iter().filter(|own| own.question == question.question);
        let evidence: Vec<Value> = quoted
            .filter_map(|own| Some(json!({"criterion": own.criterion.as_ref()?, "quote": own.evidence["quote"]})))
            .collect();
        (!answer.is_empty()).then(|| {
            json!({
                "id": format!("{}-{}", review.interview, question.question),
                "question_id": question.question,
                "answer": answer,
                "scores": [{"rater": review.person, "score": score}],
                "criteria": {},
                "evidence": evidence,
                "group": {},
                "candidate": review.interview,
            })
        })
    };
    Ok(questions.iter().filter_map(line).collect())
}
