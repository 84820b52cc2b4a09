//! Reviews: what people decide, and the panel of what they decided. Nobody sees another's review before submitting their
//! own.

use super::Api;
use super::gate::Caller;
use super::input::{Based, Sent, id, line, tagged};
use super::interviews::reread;
use crate::domain::{CharSpan, Evidence, Rubric, Stance, Transcript, Voice};
use crate::evaluation::{Circumstances, Settled, Wanted, settle};
use crate::library;
use crate::store::{
    DecisionKind, EvaluationHead, Mode, NewDecision, PersonRole, Reason, Review, ReviewState, StoredQuestion,
};
use crate::web::problem::Failure;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A decision on a question.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Decide {
    /// Your score; `null` leaves the question without one.
    pub(in crate::web) score: Option<i32>,
    /// Why it is another than the suggested one.
    pub(in crate::web) reason: Option<Reason>,
    /// The same in your words; needed for `other`.
    pub(in crate::web) words: Option<String>,
}

/// A passage of the candidate's.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Mark {
    pub(in crate::web) question: String,
    /// The criterion that it shows.
    pub(in crate::web) criterion: Option<String>,
    /// The utterance, counted from 0.
    pub(in crate::web) utterance: usize,
    /// Where it begins in the utterance's text, in Unicode scalars.
    pub(in crate::web) start: usize,
    /// Where it ends.
    pub(in crate::web) end: usize,
    /// Whether it speaks against the criterion.
    #[serde(default)]
    pub(in crate::web) contradicts: bool,
}

/// A remark.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Remark {
    /// The question it is about; left out for the whole interview.
    pub(in crate::web) question: Option<String>,
    pub(in crate::web) text: String,
}

/// Why a review is reopened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Reopen {
    pub(in crate::web) reason: String,
}

/// A question, as the panel sees it.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct PanelQuestion {
    pub(in crate::web) question: String,
    /// The suggested score.
    pub(in crate::web) suggested: Option<i32>,
    /// One entry for each submitted review.
    pub(in crate::web) scores: Vec<PanelScore>,
    /// Highest less lowest score of the reviews; `null` with fewer than two.
    pub(in crate::web) spread: Option<i64>,
}

/// A reviewer's score.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct PanelScore {
    pub(in crate::web) person: String,
    pub(in crate::web) score: Option<i64>,
    /// The score before the suggestion was seen.
    pub(in crate::web) first: Option<i64>,
    pub(in crate::web) decision: Option<DecisionKind>,
}

/// What the reviewers decided, side by side.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Panel {
    /// The evaluation that the suggested scores are from.
    pub(in crate::web) evaluation: String,
    pub(in crate::web) questions: Vec<PanelQuestion>,
    /// Reviews that are not submitted yet.
    pub(in crate::web) open: usize,
}

/// What a review is made on.
pub(in crate::web) struct Ground {
    pub(in crate::web) review: Review,
    pub(in crate::web) evaluation: EvaluationHead,
    pub(in crate::web) questions: Vec<StoredQuestion>,
    pub(in crate::web) rubric: Rubric,
}

/// The caller's own review, with what it is made on.
pub(in crate::web) async fn ground(api: &Api, caller: &Caller, review: &str) -> Result<Ground, Failure> {
    let review = own(api, caller, review).await?;
    let evaluation = api.store.latest_evaluation(&review.interview).await?;
    let questions = api.store.finished_questions(&evaluation.id).await?;
    let version = api.store.rubric_version(&review.rubric_version).await?;
    let rubric = library::parse("rubric", &version.source)?.rubric;
    Ok(Ground { review, evaluation, questions, rubric })
}

async fn own(api: &Api, caller: &Caller, review: &str) -> Result<Review, Failure> {
    let review = seen(api, caller, review).await?;
    if review.person != caller.0.person.id {
        return Err(Failure::NotAllowed("only the reviewer changes a review".into()));
    }
    Ok(review)
}

/// A review that the caller may see.
pub(super) async fn seen(api: &Api, caller: &Caller, review: &str) -> Result<Review, Failure> {
    let review = api.store.review(id(review, "review")?).await?;
    let visible = readable(api, caller, &review.interview).await.map_err(|_| Failure::Missing("review"))?;
    visible.into_iter().find(|known| known.id == review.id).ok_or(Failure::Missing("review"))
}

/// The reviews of an interview that the caller may see: their own, and others' submitted ones once their own is submitted
/// too. Managers and administrators who do not review themselves see all submitted ones.
pub(in crate::web) async fn readable(api: &Api, caller: &Caller, interview: &str) -> Result<Vec<Review>, Failure> {
    api.visible(caller, interview).await?;
    let all = api.store.reviews(interview).await?;
    let person = &caller.0.person;
    let last = all.iter().rfind(|review| review.person == person.id).map(|review| review.state);
    let sees_others = match last {
        Some(state) => state == ReviewState::Submitted,
        None => person.role != PersonRole::Interviewer,
    };
    let is_readable =
        |review: &Review| review.person == person.id || (sees_others && review.state == ReviewState::Submitted);
    Ok(all.into_iter().filter(is_readable).collect())
}

/// The reviews of an interview that you may see
#[utoipa::path(get, path = "/api/v1/interviews/{id}/reviews", tag = "reviews", params(("id" = String, Path)),
    responses((status = 200, body = Vec<Review>, description = "In the order of their beginning")))]
pub(in crate::web) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(interview): Path<String>,
) -> Result<Json<Vec<Review>>, Failure> {
    Ok(Json(readable(&api, &caller, &interview).await?))
}

/// Begin your review of an interview, or get the one you have
#[utoipa::path(post, path = "/api/v1/interviews/{id}/reviews", tag = "reviews", params(("id" = String, Path)),
    responses((status = 200, body = Review, description = "Your review")))]
pub(in crate::web) async fn start(
    State(api): State<Api>,
    caller: Caller,
    Path(interview): Path<String>,
) -> Result<Response, Failure> {
    let known = api.visible(&caller, &interview).await?;
    let evaluation = api.store.latest_evaluation(&known.id).await?;
    let mode = api.store.rubric(&known.rubric).await?.mode;
    let person = &caller.0.person.id;
    let review = api.store.start_review(person, &known.id, &evaluation.rubric_version, mode).await?;
    Ok(tagged(review.version, review))
}

/// One review
#[utoipa::path(get, path = "/api/v1/reviews/{id}", tag = "reviews", params(("id" = String, Path)),
    responses((status = 200, body = Review, description = "The review")))]
pub(in crate::web) async fn one(
    State(api): State<Api>,
    caller: Caller,
    Path(review): Path<String>,
) -> Result<Response, Failure> {
    let review = seen(&api, &caller, &review).await?;
    Ok(tagged(review.version, review))
}

/// Decide on a question: confirm the suggested score, or give another one with a reason
///
/// In a blind-first review the first score is kept as such and the suggestion is shown after it; decide once more then.
#[utoipa::path(put, path = "/api/v1/reviews/{id}/decisions/{question}", tag = "reviews", request_body = Decide,
    params(("id" = String, Path), ("question" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Review, description = "Your review")))]
pub(in crate::web) async fn decide(
    State(api): State<Api>,
    caller: Caller,
    Path((review, question)): Path<(String, String)>,
    Based(version): Based,
    Sent(sent): Sent<Decide>,
) -> Result<Response, Failure> {
    let ground = ground(&api, &caller, &review).await?;
    if ground.rubric.question(&question).is_none() {
        return Err(Failure::Missing("question"));
    }
    let words = sent.words.map(|words| line(&words, "words", 4_000)).transpose()?;
    let has_reason = sent.reason.is_some_and(|reason| reason != Reason::Other || words.is_some());
    let suggested = ground.questions.iter().find(|known| known.question == question).and_then(|known| known.score);
    // Whoever decided once has seen the suggestion, also where that decision was taken back.
    let is_blind = ground.review.mode == Mode::BlindFirst
        && !ground.review.decisions.iter().any(|decision| decision.question == question);
    let wanted = sent.score.map_or(Wanted::LeaveOut, Wanted::Score);
    let kind = match settle(&ground.rubric.scale, wanted, Circumstances { suggested, is_blind, has_reason })? {
        Settled::First => DecisionKind::First,
        Settled::Confirmed => DecisionKind::Confirmed,
        Settled::Overridden => DecisionKind::Overridden,
        Settled::Scored => DecisionKind::Scored,
        Settled::LeftOut => DecisionKind::LeftOut,
    };
    let new = NewDecision {
        question,
        kind,
        score: sent.score,
        suggested: if kind == DecisionKind::First { None } else { suggested },
        evaluation: Some(ground.evaluation.id),
        reason: sent.reason,
        words,
    };
    let review = api.store.decide(&ground.review, version, &new).await?;
    Ok(tagged(review.version, review))
}

/// Take your decision on a question back
///
/// The question is open again. What was decided stays in the record, and so does a score given before the suggestion.
#[utoipa::path(delete, path = "/api/v1/reviews/{id}/decisions/{question}", tag = "reviews",
    params(("id" = String, Path), ("question" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Review, description = "Your review")))]
pub(in crate::web) async fn take_back(
    State(api): State<Api>,
    caller: Caller,
    Path((review, question)): Path<(String, String)>,
    Based(version): Based,
) -> Result<Response, Failure> {
    let ground = ground(&api, &caller, &review).await?;
    if ground.review.decided(&question).is_none() {
        return Err(Failure::Missing("decision"));
    }
    let new = NewDecision {
        question,
        kind: DecisionKind::Withdrawn,
        score: None,
        suggested: None,
        evaluation: Some(ground.evaluation.id),
        reason: None,
        words: None,
    };
    let review = api.store.decide(&ground.review, version, &new).await?;
    Ok(tagged(review.version, review))
}

/// Mark a passage of your own
///
/// Code finds it in the transcript; it must be the candidate's.
#[utoipa::path(post, path = "/api/v1/reviews/{id}/evidence", tag = "reviews", request_body = Mark,
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 201, body = Review, description = "Your review")))]
pub(in crate::web) async fn add_evidence(
    State(api): State<Api>,
    caller: Caller,
    Path(review): Path<String>,
    Based(version): Based,
    Sent(sent): Sent<Mark>,
) -> Result<Response, Failure> {
    let ground = ground(&api, &caller, &review).await?;
    let question = ground.rubric.question(&sent.question).ok_or(Failure::Missing("question"))?;
    if let Some(criterion) = &sent.criterion
        && !question.criteria.iter().any(|known| known.id == *criterion)
    {
        return Err(Failure::Missing("criterion"));
    }
    let transcript = reread(&api, &ground.review.interview).await?;
    let voice = voice(&transcript, &ground.evaluation, &ground.questions);
    let stance = if sent.contradicts { Stance::Contradicts } else { Stance::Supports };
    let span = CharSpan { start: sent.start, end: sent.end };
    let evidence = Evidence::at(&transcript, &voice, sent.utterance, span, stance);
    let evidence = json!(evidence.map_err(|error| Failure::Unfit(error.to_string()))?);
    let criterion = sent.criterion.as_deref();
    let review = api.store.add_evidence(&ground.review, version, &sent.question, criterion, &evidence).await?;
    let mut response = tagged(review.version, review);
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// Whose words are the candidate's: the evaluation's speaker, or in a file without speakers all that answers a question.
pub(in crate::web) fn voice(
    transcript: &Transcript,
    evaluation: &EvaluationHead,
    questions: &[StoredQuestion],
) -> Voice {
    let name = candidate(evaluation);
    let speaker = name.and_then(|name| transcript.speakers().iter().position(|speaker| speaker.name == name));
    speaker.and_then(|speaker| Voice::of_speaker(transcript, speaker)).unwrap_or_else(|| {
        let answers = |place: usize| {
            let of = |question: &StoredQuestion| {
                let places = question.result["answer"].as_array();
                places.is_some_and(|places| places.iter().any(|known| known.as_u64() == Some(place as u64)))
            };
            questions.iter().any(of)
        };
        Voice::unnamed(transcript, answers)
    })
}

/// The speaker who was taken for the candidate.
pub(in crate::web) fn candidate(evaluation: &EvaluationHead) -> Option<String> {
    let head: Value = evaluation.head.as_deref().and_then(|head| serde_json::from_str(head).ok()).unwrap_or_default();
    head["transcript"]["candidate"].as_str().map(str::to_owned)
}

/// Take a passage of yours away again
#[utoipa::path(delete, path = "/api/v1/reviews/{id}/evidence/{evidence}", tag = "reviews",
    params(("id" = String, Path), ("evidence" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Review, description = "Your review")))]
pub(in crate::web) async fn remove_evidence(
    State(api): State<Api>,
    caller: Caller,
    Path((review, evidence)): Path<(String, String)>,
    Based(version): Based,
) -> Result<Response, Failure> {
    let review = own(&api, &caller, &review).await?;
    let review = api.store.remove_evidence(&review, version, id(&evidence, "evidence")?).await?;
    Ok(tagged(review.version, review))
}

/// Add a remark
#[utoipa::path(post, path = "/api/v1/reviews/{id}/comments", tag = "reviews", request_body = Remark,
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 201, body = Review, description = "Your review")))]
pub(in crate::web) async fn comment(
    State(api): State<Api>,
    caller: Caller,
    Path(review): Path<String>,
    Based(version): Based,
    Sent(sent): Sent<Remark>,
) -> Result<Response, Failure> {
    let ground = ground(&api, &caller, &review).await?;
    if let Some(question) = &sent.question {
        ground.rubric.question(question).ok_or(Failure::Missing("question"))?;
    }
    let text = line(&sent.text, "text", 4_000)?;
    let review = api.store.comment(&ground.review, version, sent.question.as_deref(), &text).await?;
    let mut response = tagged(review.version, review);
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// Take a remark of yours away again
#[utoipa::path(delete, path = "/api/v1/reviews/{id}/comments/{comment}", tag = "reviews",
    params(("id" = String, Path), ("comment" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Review, description = "Your review")))]
pub(in crate::web) async fn remove_comment(
    State(api): State<Api>,
    caller: Caller,
    Path((review, comment)): Path<(String, String)>,
    Based(version): Based,
) -> Result<Response, Failure> {
    let review = own(&api, &caller, &review).await?;
    let review = api.store.remove_comment(&review, version, id(&comment, "comment")?).await?;
    Ok(tagged(review.version, review))
}

/// Submit your review
///
/// Every question that was asked or answered needs a decision. A submitted review is final.
#[utoipa::path(post, path = "/api/v1/reviews/{id}/submit", tag = "reviews",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Review, description = "Your review")))]
pub(in crate::web) async fn submit(
    State(api): State<Api>,
    caller: Caller,
    Path(review): Path<String>,
    Based(version): Based,
) -> Result<Response, Failure> {
    let ground = ground(&api, &caller, &review).await?;
    let undecided: Vec<&str> = ground
        .questions
        .iter()
        .filter(|known| known.result["status"] != "not_asked" && ground.review.decided(&known.question).is_none())
        .map(|known| known.question.as_str())
        .collect();
    if !undecided.is_empty() {
        return Err(Failure::Unfit(format!("these questions need a decision first: {}", undecided.join(", "))));
    }
    let review = api.store.submit_review(&ground.review, version).await?;
    Ok(tagged(review.version, review))
}

/// Reopen your submitted review as a new revision
#[utoipa::path(post, path = "/api/v1/reviews/{id}/reopen", tag = "reviews", request_body = Reopen,
    params(("id" = String, Path)),
    responses((status = 201, body = Review, description = "The new revision")))]
pub(in crate::web) async fn reopen(
    State(api): State<Api>,
    caller: Caller,
    Path(review): Path<String>,
    Sent(sent): Sent<Reopen>,
) -> Result<Response, Failure> {
    let review = own(&api, &caller, &review).await?;
    let because = line(&sent.reason, "reason", 4_000)?;
    let review = api.store.reopen_review(&review, &because).await?;
    Ok((StatusCode::CREATED, tagged(review.version, review)).into_response())
}

/// What the reviewers decided, side by side
#[utoipa::path(get, path = "/api/v1/interviews/{id}/panel", tag = "reviews", params(("id" = String, Path)),
    responses((status = 200, body = Panel, description = "Of the reviews that you may see, the submitted ones")))]
pub(in crate::web) async fn panel(
    State(api): State<Api>,
    caller: Caller,
    Path(interview): Path<String>,
) -> Result<Json<Panel>, Failure> {
    let readable = readable(&api, &caller, &interview).await?;
    let all = api.store.reviews(&interview).await?;
    let is_last = |review: &&Review| {
        let later = all.iter().any(|other| {
            other.person == review.person && other.revision > review.revision && other.state == ReviewState::Submitted
        });
        review.state == ReviewState::Submitted && !later
    };
    let submitted: Vec<&Review> = readable.iter().filter(is_last).collect();
    if submitted.is_empty() && caller.0.person.role == PersonRole::Interviewer {
        return Err(Failure::Conflict("submit your own review first".into()));
    }
    let evaluation = api.store.latest_evaluation(&interview).await?;
    let questions = api.store.finished_questions(&evaluation.id).await?;
    let questions = questions.iter().map(|question| panel_question(question, &submitted)).collect();
    let facts = json!({"reviews": submitted.len()});
    api.store.record_look(&caller.0.person.id, "panel.read", Some(&interview), facts).await?;
    let open = all.iter().filter(|review| review.state == ReviewState::Draft).count();
    Ok(Json(Panel { evaluation: evaluation.id, questions, open }))
}

fn panel_question(question: &StoredQuestion, submitted: &[&Review]) -> PanelQuestion {
    let scores: Vec<PanelScore> = submitted
        .iter()
        .map(|review| {
            let decided = review.decided(&question.question);
            PanelScore {
                person: review.person.clone(),
                score: decided.and_then(|decision| decision.score),
                first: review.first(&question.question).and_then(|decision| decision.score),
                decision: decided.map(|decision| decision.kind),
            }
        })
        .collect();
    let given: Vec<i64> = scores.iter().filter_map(|score| score.score).collect();
    let spread = given.iter().max().zip(given.iter().min()).map(|(most, least)| most - least);
    PanelQuestion {
        question: question.question.clone(),
        suggested: question.score,
        spread: spread.filter(|_| given.len() > 1),
        scores,
    }
}
