//! Erasing an interview, holding it, and the rules for how long interviews are kept.

use super::Api;
use super::gate::Caller;
use super::input::{Based, Sent, id, line, tagged};
use crate::store::{ErasureCause, Interview, Moment, PlaceRule};
use crate::web::problem::Failure;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

/// Longest time that a rule may name, in days: a hundred years.
const LONGEST: i64 = 36_500;

/// How an interview is kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Keep {
    /// A legal hold: nothing erases the interview while it lasts.
    is_held: bool,
    /// Erase it then, whatever the rules say; RFC 3339. Left out, the rules hold.
    keep_until: Option<String>,
}

/// How long interviews of a place are kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// Days from the upload on, 1 to 36500.
    #[schema(minimum = 1, maximum = 36500)]
    days: i64,
}

/// Holds a number of days to what makes sense.
pub(super) fn kept_days(days: i64, least: i64) -> Result<i64, Failure> {
    if (least..=LONGEST).contains(&days) {
        return Ok(days);
    }
    Err(Failure::Unfit(format!("interviews are kept for {least} to {LONGEST} days")))
}

/// Erase an interview for good
///
/// Transcript, quotations, remarks, names, and the words beside the audit log go at once; within a minute the database's
/// files are rewritten so that nothing of it is left in them. Scores without words stay, and the audit log still verifies.
/// Copies that were made with `backup` before are yours to delete.
#[utoipa::path(delete, path = "/api/v1/interviews/{id}", tag = "interviews", params(("id" = String, Path)),
    responses((status = 200, body = Interview, description = "What is left of it")))]
pub(super) async fn erase(
    State(api): State<Api>,
    caller: Caller,
    Path(interview): Path<String>,
) -> Result<Response, Failure> {
    let interview = id(&interview, "interview")?;
    let left = api.store.erase(&caller.0.person.id, interview, ErasureCause::Asked).await?;
    Ok(tagged(left.version, left))
}

/// Put an interview under a legal hold, end it, or set until when it is kept
#[utoipa::path(put, path = "/api/v1/interviews/{id}/keeping", tag = "interviews", request_body = Keep,
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Interview, description = "The interview")))]
pub(super) async fn keep(
    State(api): State<Api>,
    caller: Caller,
    Path(interview): Path<String>,
    Based(version): Based,
    Sent(sent): Sent<Keep>,
) -> Result<Response, Failure> {
    let interview = id(&interview, "interview")?;
    let unfit = || Failure::Unfit("keep_until is a time such as 2027-01-31T12:00:00Z".into());
    let until = sent.keep_until.map(|text| Moment::read(&text).ok_or_else(unfit)).transpose()?;
    let actor = &caller.0.person.id;
    let kept = api.store.set_keeping(actor, interview, version, sent.is_held, until.as_ref()).await?;
    Ok(tagged(kept.version, kept))
}

/// How long interviews of each place are kept; for rubrics see their `retention_days`
#[utoipa::path(get, path = "/api/v1/retention", tag = "operations",
    responses((status = 200, body = Vec<PlaceRule>, description = "By place")))]
pub(super) async fn rules(State(api): State<Api>) -> Result<Json<Vec<PlaceRule>>, Failure> {
    Ok(Json(api.store.place_rules().await?))
}

/// Set how long interviews of a place are kept
///
/// Where a rubric has a rule as well, the shorter one holds.
#[utoipa::path(put, path = "/api/v1/retention/{place}", tag = "operations", request_body = Rule,
    params(("place" = String, Path)),
    responses((status = 200, body = Vec<PlaceRule>, description = "All rules for places")))]
pub(super) async fn set_rule(
    State(api): State<Api>,
    caller: Caller,
    Path(place): Path<String>,
    Sent(sent): Sent<Rule>,
) -> Result<Json<Vec<PlaceRule>>, Failure> {
    let (place, days) = (line(&place, "place", 500)?, kept_days(sent.days, 1)?);
    api.store.set_place_rule(&caller.0.person.id, &place, Some(days)).await?;
    Ok(Json(api.store.place_rules().await?))
}

/// End the rule for a place
#[utoipa::path(delete, path = "/api/v1/retention/{place}", tag = "operations", params(("place" = String, Path)),
    responses((status = 204, description = "Ended")))]
pub(super) async fn end_rule(
    State(api): State<Api>,
    caller: Caller,
    Path(place): Path<String>,
) -> Result<StatusCode, Failure> {
    api.store.set_place_rule(&caller.0.person.id, &place, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
