//! What a person does in a review, by forms. Each carries the version that its page was made of, so that two tabs do not
//! overwrite each other.

use super::form::Filled;
use super::{Visitor, review, see};
use crate::domain::find_words;
use crate::store::Reason;
use crate::web::api::Api;
use crate::web::api::input::{Based, Sent, id};
use crate::web::api::interviews::reread;
use crate::web::api::reviews::{self, Decide, Mark, Remark, Reopen};
use crate::web::problem::Failure;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

/// The version that a form was made of.
fn based(filled: &Filled) -> Result<Based, Failure> {
    filled.number("version")?.map(|version| Based(Some(version))).ok_or(Failure::NoPrecondition)
}

/// What changed for the scripts, or the way back to the question.
async fn answered(
    api: &Api,
    visitor: &Visitor,
    headers: &HeaderMap,
    review: &str,
    question: &str,
) -> Result<Response, Failure> {
    if let Some(part) = review::part(api, visitor, headers, review, question).await? {
        return Ok(part);
    }
    let known = api.store.review(review).await?;
    let version = api.store.rubric_version(&known.rubric_version).await?;
    let rubric = crate::library::parse("rubric", &version.source)?.rubric;
    let place = rubric.questions.iter().position(|one| one.id == question);
    let anchor = place.map_or_else(String::new, |place| format!("#q{}", place + 1));
    Ok(see(&format!("/interviews/{}{anchor}", known.interview)))
}

pub(super) async fn decide(
    State(api): State<Api>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(review): Path<String>,
    filled: Filled,
) -> Result<Response, Failure> {
    let question = filled.need("question")?;
    let score = match filled.get("score") {
        None => return Err(Failure::Unfit("choose a score first: go back and choose one".into())),
        Some("none") => None,
        Some(_) => filled.number("score")?,
    };
    let reason = filled.get("reason");
    let reason = reason.and_then(|word| Reason::ALL.iter().copied().find(|reason| reason.word() == word));
    let sent = Sent(Decide { score, reason, words: filled.text("words") });
    let path = Path((review.clone(), question.clone()));
    reviews::decide(State(api.clone()), visitor.caller.clone(), path, based(&filled)?, sent).await?;
    answered(&api, &visitor, &headers, &review, &question).await
}

pub(super) async fn take_back(
    State(api): State<Api>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(review): Path<String>,
    filled: Filled,
) -> Result<Response, Failure> {
    let question = filled.need("question")?;
    let path = Path((review.clone(), question.clone()));
    reviews::take_back(State(api.clone()), visitor.caller.clone(), path, based(&filled)?).await?;
    answered(&api, &visitor, &headers, &review, &question).await
}

pub(super) async fn add_evidence(
    State(api): State<Api>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(review): Path<String>,
    filled: Filled,
) -> Result<Response, Failure> {
    let question = filled.need("question")?;
    let utterance = filled.number("utterance")?.ok_or_else(|| Failure::Unfit("name the utterance".into()))?;
    let (start, end) = match (filled.number("from")?, filled.number("to")?) {
        (Some(start), Some(end)) => (start, end),
        _ => place_of(&api, &visitor, &review, utterance, &filled.need("words")?).await?,
    };
    let contradicts = filled.get("stance") == Some("contradicts");
    let criterion = filled.text("criterion");
    let sent = Mark { question: question.clone(), criterion, utterance, start, end, contradicts };
    let path = Path(review.clone());
    reviews::add_evidence(State(api.clone()), visitor.caller.clone(), path, based(&filled)?, Sent(sent)).await?;
    answered(&api, &visitor, &headers, &review, &question).await
}

/// Where copied words stand in an utterance.
async fn place_of(
    api: &Api,
    visitor: &Visitor,
    review: &str,
    utterance: usize,
    words: &str,
) -> Result<(usize, usize), Failure> {
    let known = api.store.review(id(review, "review")?).await?;
    api.visible(&visitor.caller, &known.interview).await.map_err(|_| Failure::Missing("review"))?;
    let transcript = reread(api, &known.interview).await?;
    let text = transcript.utterances().get(utterance).map(|one| one.text.as_str());
    let span = text.and_then(|text| find_words(text, words));
    let span = span.ok_or_else(|| Failure::Unfit(format!("utterance {utterance} does not contain these words")))?;
    Ok((span.start, span.end))
}

pub(super) async fn remove_evidence(
    State(api): State<Api>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(review): Path<String>,
    filled: Filled,
) -> Result<Response, Failure> {
    let (question, evidence) = (filled.need("question")?, filled.need("evidence")?);
    let path = Path((review.clone(), evidence));
    reviews::remove_evidence(State(api.clone()), visitor.caller.clone(), path, based(&filled)?).await?;
    answered(&api, &visitor, &headers, &review, &question).await
}

pub(super) async fn comment(
    State(api): State<Api>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(review): Path<String>,
    filled: Filled,
) -> Result<Response, Failure> {
    let (question, text) = (filled.need("question")?, filled.need("text")?);
    let sent = Sent(Remark { question: Some(question.clone()), text });
    reviews::comment(State(api.clone()), visitor.caller.clone(), Path(review.clone()), based(&filled)?, sent).await?;
    answered(&api, &visitor, &headers, &review, &question).await
}

pub(super) async fn remove_comment(
    State(api): State<Api>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(review): Path<String>,
    filled: Filled,
) -> Result<Response, Failure> {
    let (question, comment) = (filled.need("question")?, filled.need("comment")?);
    let path = Path((review.clone(), comment));
    reviews::remove_comment(State(api.clone()), visitor.caller.clone(), path, based(&filled)?).await?;
    answered(&api, &visitor, &headers, &review, &question).await
}

pub(super) async fn submit(
    State(api): State<Api>,
    visitor: Visitor,
    Path(review): Path<String>,
    filled: Filled,
) -> Result<Response, Failure> {
    let path = Path(review.clone());
    reviews::submit(State(api.clone()), visitor.caller.clone(), path, based(&filled)?).await?;
    let known = api.store.review(&review).await?;
    Ok(see(&format!("/interviews/{}/panel", known.interview)))
}

pub(super) async fn reopen(
    State(api): State<Api>,
    visitor: Visitor,
    Path(review): Path<String>,
    filled: Filled,
) -> Result<Response, Failure> {
    let sent = Sent(Reopen { reason: filled.need("reason")? });
    reviews::reopen(State(api.clone()), visitor.caller.clone(), Path(review.clone()), sent).await?;
    let known = api.store.review(&review).await?;
    Ok(see(&format!("/interviews/{}", known.interview)))
}
