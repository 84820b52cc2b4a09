//! What changed: from one evaluation of an interview to another, and from one version of a rubric to another.

use super::Api;
use super::evaluations::{open_questions, visible, whole};
use super::gate::Caller;
use super::input::Asked;
use crate::domain::Rubric;
use crate::evaluation::compare;
use crate::library::{self, RubricDiff};
use crate::store::{EvaluationHead, EvaluationState};
use crate::web::problem::Failure;
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Other {
    /// The later evaluation.
    to: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Versions {
    /// The version as it was.
    from: String,
    /// The version as it is.
    to: String,
}

/// What changed from one evaluation of an interview to another, and what it can come from
///
/// `because` of a question: `place` (looked for elsewhere), `rubric` (reworded), `judge` (another judge, model or prompt),
/// `program` (another embedder or version), `candidate` (another speaker).
#[utoipa::path(get, path = "/api/v1/evaluations/{id}/diff", tag = "evaluations", params(("id" = String, Path), Other),
    responses((status = 200, body = Object, description = "Question by question")))]
pub(super) async fn evaluations(
    State(api): State<Api>,
    caller: Caller,
    Path(evaluation): Path<String>,
    Asked(other): Asked<Other>,
) -> Result<Json<Value>, Failure> {
    let before = visible(&api, &caller, &evaluation).await?;
    let after = visible(&api, &caller, &other.to).await?;
    if before.interview != after.interview {
        return Err(Failure::Unfit("the two evaluations are of different interviews".into()));
    }
    for head in [&before, &after] {
        if head.state != EvaluationState::Finished {
            return Err(Failure::Conflict(format!("the evaluation {} is not finished", head.id)));
        }
        if open_questions(&api, &caller, head).await?.is_some() {
            return Err(Failure::Conflict("submit your own review first: the suggestions wait for it".into()));
        }
    }
    let (was, is) = (rubric(&api, &before).await?, rubric(&api, &after).await?);
    let changes = RubricDiff::of(&was, &is);
    let reworded = |question: &str| {
        changes.changes.iter().any(|change| change.question.as_deref().is_none_or(|changed| changed == question))
    };
    let (kept, made) = (whole(&api, &before).await?, whole(&api, &after).await?);
    let questions = compare(&kept, &made, reworded);
    let different = questions.iter().filter(|one| one.is_different).count();
    let facts = json!({"from": before.id, "to": after.id});
    api.store.record_look(&caller.0.person.id, "evaluation.compared", Some(&before.interview), facts).await?;
    Ok(Json(json!({
        "from": {"evaluation": before.id, "rubric": kept["rubric"], "made_with": kept["made_with"], "overall": kept["overall"]},
        "to": {"evaluation": after.id, "rubric": made["rubric"], "made_with": made["made_with"], "overall": made["overall"]},
        "different": different,
        "questions": questions,
    })))
}

async fn rubric(api: &Api, head: &EvaluationHead) -> Result<Rubric, Failure> {
    Ok(library::parse("rubric", &api.store.rubric_version(&head.rubric_version).await?.source)?.rubric)
}

/// What changed from one version of a rubric to another
#[utoipa::path(get, path = "/api/v1/rubrics/{id}/diff", tag = "rubrics", params(("id" = String, Path), Versions),
    responses((status = 200, body = Object, description = "As `earmark rubric diff --format json`")))]
pub(super) async fn rubrics(
    State(api): State<Api>,
    Path(id): Path<String>,
    Asked(wanted): Asked<Versions>,
) -> Result<Json<Value>, Failure> {
    let versions = api.store.rubric_versions(&id).await?;
    let of = |number: &str| {
        let version = versions.iter().find(|version| version.number == number);
        let version = version.ok_or(Failure::Missing("rubric version"))?;
        Ok::<Rubric, Failure>(library::parse("rubric", &version.source)?.rubric)
    };
    let diff = RubricDiff::of(&of(&wanted.from)?, &of(&wanted.to)?);
    Ok(Json(json!({
        "schema": "earmark.diff/1",
        "before": diff.before,
        "after": diff.after,
        "profiles_stale": diff.makes_profiles_stale(),
        "changes": diff.changes,
    })))
}
