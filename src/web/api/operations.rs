//! Running the service: is it well, what waits, what was recorded.

use super::Api;
use super::gate::Caller;
use super::input::{Asked, id};
use crate::store::audit::{Entry, Exported};
use crate::store::{Job, JobState};
use crate::web::problem::Failure;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// Whether the service is well.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Health {
    /// `ok`.
    status: &'static str,
    /// The version of Earmark.
    version: &'static str,
}

/// Whether the service can be used.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Ready {
    /// `ok`.
    status: &'static str,
    /// The version of Earmark.
    version: &'static str,
    /// The vector index.
    index: Part,
}

/// Whether something that the service needs is there.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::web) enum Part {
    /// It answers.
    Ok,
    /// It does not; what needs it waits.
    Away,
}

/// How long the index may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which jobs are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct WantedJobs {
    /// In this state; the dead ones where it is left out.
    state: Option<JobState>,
    /// The id of the last job of the page before.
    after: Option<String>,
}

/// Which entries are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct WantedEntries {
    /// After the entry with this number.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// Of this interview.
    interview: Option<String>,
}

/// Jobs and entries in a page.
const PAGE: i64 = 200;

/// The process answers
#[utoipa::path(get, path = "/health", tag = "operations",
    responses((status = 200, body = Health, description = "It does")))]
pub(in crate::web) async fn health() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// The service can be used: its database answers. Where the index is away, evaluations wait and reviews go on
#[utoipa::path(get, path = "/ready", tag = "operations",
    responses((status = 200, body = Ready, description = "It can")))]
pub(in crate::web) async fn ready(State(api): State<Api>) -> Result<Json<Ready>, Failure> {
    if *api.stopping.borrow() || api.store.ping().await.is_err() {
        return Err(Failure::Busy(5));
    }
    let index = match &api.search {
        Some(search) => match tokio::time::timeout(PATIENCE, search.health()).await {
            Ok(Ok(())) => Part::Ok,
            _ => Part::Away,
        },
        None => Part::Ok,
    };
    Ok(Json(Ready { status: "ok", version: env!("CARGO_PKG_VERSION"), index }))
}

/// The process can work: its database and its index answer
#[utoipa::path(get, path = "/ready", tag = "operations",
    responses((status = 200, body = Ready, description = "It can")))]
pub(super) async fn working(State(api): State<Api>) -> Result<Json<Ready>, Failure> {
    let ready = ready(State(api)).await?;
    if ready.index == Part::Away { Err(Failure::Busy(5)) } else { Ok(ready) }
}

/// Numbers for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses((status = 200, body = String, content_type = "application/openmetrics-text", description = "In its text form")))]
pub(in crate::web) async fn metrics(State(api): State<Api>) -> Result<impl IntoResponse, Failure> {
    let jobs = api.store.job_counts().await?;
    let interviews = api.store.interview_counts().await?;
    let jobs: Vec<(&str, i64)> = jobs.into_iter().map(|(state, count)| (state.word(), count)).collect();
    let interviews: Vec<(&str, i64)> = interviews.into_iter().map(|(state, count)| (state.word(), count)).collect();
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], api.metrics.text(&jobs, &interviews)))
}

/// Jobs in a state, newest first
#[utoipa::path(get, path = "/api/v1/jobs", tag = "operations", params(WantedJobs),
    responses((status = 200, body = Vec<Job>, description = "At most 200")))]
pub(in crate::web) async fn jobs(
    State(api): State<Api>,
    Asked(wanted): Asked<WantedJobs>,
) -> Result<Json<Vec<Job>>, Failure> {
    if let Some(after) = &wanted.after {
        id(after, "job")?;
    }
    let state = wanted.state.unwrap_or(JobState::Dead);
    Ok(Json(api.store.jobs(state, wanted.after.as_deref(), PAGE).await?))
}

/// Have a dead job tried again
#[utoipa::path(post, path = "/api/v1/jobs/{id}/retry", tag = "operations", params(("id" = String, Path)),
    responses((status = 200, body = Job, description = "The job")))]
pub(in crate::web) async fn retry(
    State(api): State<Api>,
    caller: Caller,
    Path(job): Path<String>,
) -> Result<Json<Job>, Failure> {
    Ok(Json(api.store.retry_job(&caller.0.person.id, id(&job, "job")?).await?))
}

/// The audit log, oldest first
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(WantedEntries),
    responses((status = 200, body = Vec<Entry>, description = "At most 200 entries, without words of people")))]
pub(in crate::web) async fn audit(
    State(api): State<Api>,
    Asked(wanted): Asked<WantedEntries>,
) -> Result<Json<Vec<Entry>>, Failure> {
    let after = wanted.after.unwrap_or_default();
    Ok(Json(api.store.audit_page(wanted.interview.as_deref(), after, PAGE).await?))
}

/// One interview's entries with their words; verified with `earmark audit verify --file`
#[utoipa::path(get, path = "/api/v1/audit/interviews/{id}", tag = "audit", params(("id" = String, Path)),
    responses((status = 200, body = Vec<Exported>, description = "Oldest first")))]
pub(in crate::web) async fn audit_of_interview(
    State(api): State<Api>,
    caller: Caller,
    Path(interview): Path<String>,
) -> Result<Json<Vec<Exported>>, Failure> {
    let interview = id(&interview, "interview")?;
    let entries = api.store.audit_export(interview).await?;
    let facts = json!({"entries": entries.len()});
    api.store.record_look(&caller.0.person.id, "audit.exported", Some(interview), facts).await?;
    Ok(Json(entries))
}
