//! Calibrations: what they said of a rubric, whose profile makes its suggestions, two of them side by side.
//!
//! They are computed by `earmark calibrate`; its report and profile are uploaded here. The words of answers are taken out of
//! a report before it is kept: an eval set made of reviews holds words of candidates, and those are erased in their place.

use super::Api;
use super::gate::Caller;
use super::input::{Asked, Based, Sent, id, is_of_type, tagged};
use crate::calibration::{Profile, ProfileError, REPORT_SCHEMA, Ready, Report, Side, compare};
use crate::domain::Digest;
use crate::library;
use crate::store::{Calibration, NewCalibration, RubricEntry, RubricVersion};
use crate::web::calibration::page;
use crate::web::problem::Failure;
use axum::Json;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Longest report and profile together, in bytes: those of some tens of thousands of answers.
pub(in crate::web) const LONGEST: usize = 128 << 20;
/// Rounds of the bootstrap of a comparison.
const ROUNDS: usize = 2_000;

/// A calibration as a form: files that `earmark calibrate --out` writes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form")]
pub(super) struct Form {
    /// report.json
    #[schema(value_type = String, format = Binary)]
    report: Vec<u8>,
    /// profile.json; left out for a run with a profile that was fitted before
    #[schema(value_type = Option<String>, format = Binary)]
    profile: Option<Vec<u8>>,
}

/// Whose profile makes the suggestions.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Use {
    /// The calibration's id; `null` for suggestions without a profile.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    calibration: Option<String>,
}

/// What to compare with.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct With {
    /// The other calibration's id.
    with: String,
}

/// The calibrations of a rubric
#[utoipa::path(get, path = "/api/v1/rubrics/{id}/calibrations", tag = "calibrations", params(("id" = String, Path)),
    responses((status = 200, body = Vec<Calibration>, description = "Of all its versions, newest first")))]
pub(super) async fn list(
    State(api): State<Api>,
    Path(rubric): Path<String>,
) -> Result<Json<Vec<Calibration>>, Failure> {
    api.store.rubric(&rubric).await?;
    Ok(Json(api.store.calibrations(&rubric).await?))
}

/// Upload a calibration of a version of a rubric
///
/// The report that `earmark calibrate --out` wrote, and the profile, where it wrote one. The profile is not used before it is
/// told to be. Words of answers are not kept.
#[utoipa::path(post, path = "/api/v1/rubrics/{id}/versions/{number}/calibrations", tag = "calibrations",
    params(("id" = String, Path), ("number" = String, Path)),
    request_body(content = Form, content_type = "multipart/form-data"),
    responses((status = 201, body = Calibration, description = "The calibration")))]
pub(super) async fn upload(
    State(api): State<Api>,
    caller: Caller,
    Path((rubric, number)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Failure> {
    let version = api.store.numbered_version(&rubric, &number).await?;
    let (report, profile) = form(request).await?;
    // Both may be long; reading them would keep other requests waiting.
    let checking = tokio::task::spawn_blocking(move || checked(&version, &report, profile));
    let new = checking.await.map_err(|error| Failure::Inside(error.into()))??;
    let kept = api.store.add_calibration(&caller.0.person.id, &new).await?;
    Ok((StatusCode::CREATED, Json(kept)).into_response())
}

/// One calibration
#[utoipa::path(get, path = "/api/v1/calibrations/{id}", tag = "calibrations", params(("id" = String, Path)),
    responses((status = 200, body = Calibration, description = "The calibration")))]
pub(super) async fn one(State(api): State<Api>, Path(wanted): Path<String>) -> Result<Json<Calibration>, Failure> {
    Ok(Json(api.store.calibration(id(&wanted, "calibration")?).await?))
}

/// The report of a calibration
///
/// In the form `earmark.calibration/1`, without the words of answers; as a page with plots where HTML is accepted.
#[utoipa::path(get, path = "/api/v1/calibrations/{id}/report", tag = "calibrations", params(("id" = String, Path)),
    responses((status = 200, description = "The report", content((Value = "application/json"), (String = "text/html")))))]
pub(super) async fn report(
    State(api): State<Api>,
    Path(wanted): Path<String>,
    headers: axum::http::HeaderMap,
) -> Result<Response, Failure> {
    let text = api.store.calibration_report(id(&wanted, "calibration")?).await?;
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accepts.contains("text/html") {
        return Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response());
    }
    let report: Report = serde_json::from_str(&text).map_err(|error| Failure::Inside(error.into()))?;
    Ok(Html(page(&report).map_err(|error| Failure::Inside(error.into()))?).into_response())
}

/// Two calibrations side by side
///
/// On the answers that both have, with a paired bootstrap of 2,000 rounds; `a` is the one of the path.
#[utoipa::path(get, path = "/api/v1/calibrations/{id}/comparison", tag = "calibrations",
    params(("id" = String, Path), With),
    responses((status = 200, body = Value, description = "In the form earmark.comparison/1")))]
pub(super) async fn comparison(
    State(api): State<Api>,
    Path(wanted): Path<String>,
    Asked(With { with }): Asked<With>,
) -> Result<Json<Value>, Failure> {
    let (a, b) = (side(&api, &wanted).await?, side(&api, &with).await?);
    let comparing = tokio::task::spawn_blocking(move || compare(&a, &b, ROUNDS, 1));
    let compared = comparing.await.map_err(|error| Failure::Inside(error.into()))?;
    let compared = compared.map_err(|why| Failure::Unfit(format!("these two cannot be compared: {why}")))?;
    Ok(Json(serde_json::to_value(compared).map_err(|error| Failure::Inside(error.into()))?))
}

/// Use the profile of a calibration for a version of a rubric, or none
///
/// A profile that does not fit the judge that runs fails the evaluation with the reason; it is never passed over.
#[utoipa::path(put, path = "/api/v1/rubrics/{id}/versions/{number}/calibration", tag = "calibrations",
    request_body = Use, params(("id" = String, Path), ("number" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = RubricEntry, description = "The rubric")))]
pub(super) async fn choose(
    State(api): State<Api>,
    caller: Caller,
    Path((rubric, number)): Path<(String, String)>,
    Based(version): Based,
    Sent(sent): Sent<Use>,
) -> Result<Response, Failure> {
    let chosen = sent.calibration.as_deref().map(|text| id(text, "calibration")).transpose()?;
    api.store.use_calibration(&caller.0.person.id, &rubric, &number, version, chosen).await?;
    let rubric = api.store.rubric(&rubric).await?;
    Ok(tagged(rubric.version, rubric))
}

pub(in crate::web) async fn side(api: &Api, wanted: &str) -> Result<Side, Failure> {
    let text = api.store.calibration_report(id(wanted, "calibration")?).await?;
    let report: Report = serde_json::from_str(&text).map_err(|error| Failure::Inside(error.into()))?;
    let made = api.store.calibration(wanted).await?;
    let name = format!("{} {}, {}", made.rubric, made.number, made.created_at);
    Ok(Side { name, scale: report.scale, predictions: report.predictions })
}

async fn form(mut request: Request) -> Result<(String, Option<String>), Failure> {
    if !is_of_type(request.headers(), "multipart/form-data") {
        return Err(Failure::WrongType("a form with the file report and perhaps profile, as multipart/form-data"));
    }
    DefaultBodyLimit::max(LONGEST).apply(&mut request);
    let malformed = |_| Failure::Malformed("the form cannot be read: send multipart/form-data with a boundary".into());
    let mut form = Multipart::from_request(request, &()).await.map_err(malformed)?;
    let broken = |error: axum::extract::multipart::MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Failure::TooLarge(LONGEST),
        _ => Failure::Malformed("the form broke off, or is none".into()),
    };
    let (mut report, mut profile) = (None, None);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let place = match field.name() {
            Some("report") => &mut report,
            Some("profile") => &mut profile,
            _ => return Err(Failure::Malformed("known fields of the form are report and profile".into())),
        };
        let bytes = field.bytes().await.map_err(broken)?;
        let text = String::from_utf8(bytes.to_vec());
        *place = Some(text.map_err(|_| Failure::Malformed("report and profile are UTF-8 text".into()))?);
    }
    let report = report.ok_or_else(|| Failure::Malformed("the form needs the file report".into()))?;
    Ok((report, profile))
}

/// Holds both files against the rubric and takes the words of answers out of the report.
pub(in crate::web) fn checked(
    version: &RubricVersion,
    report: &str,
    profile: Option<String>,
) -> Result<NewCalibration, Failure> {
    let rubric = library::parse("rubric", &version.source)?.rubric;
    let unfit = |error: ProfileError| Failure::Unfit(error.to_string());
    let read = profile.as_deref().map(Profile::parse).transpose().map_err(unfit)?;
    if let Some(read) = &read {
        read.check_rubric(&rubric).map_err(unfit)?;
    }
    let mut report: Report = serde_json::from_str(report)
        .map_err(|error| Failure::Unfit(format!("this is no report that this version reads: {error}")))?;
    if report.schema != REPORT_SCHEMA || report.rubric.digest.as_str() != version.digest {
        return Err(Failure::Unfit("the report is of another rubric or version than the path says".into()));
    }
    if read.as_ref().is_some_and(|read| report.eval_set.digest != read.fitted_to().digest) {
        return Err(Failure::Unfit(
            "report and profile are of different eval sets: upload two files of one run".into(),
        ));
    }
    for answer in &mut report.worst {
        answer.answer.clear();
        answer.marked.clear();
        answer.found.clear();
    }
    let report_text = serde_json::to_string(&report).map_err(|error| Failure::Inside(error.into()))?;
    Ok(NewCalibration {
        rubric_version: version.id.clone(),
        eval_set: report.eval_set.name.clone(),
        answers: report.eval_set.answers as i64,
        ready: match report.verdict.ready {
            Ready::Yes => "yes",
            Ready::No => "no",
            Ready::CannotSay => "cannot_say",
        }
        .to_owned(),
        digest: read.map_or_else(|| Digest::of(report_text.as_bytes()), |read| read.digest()).as_str().to_owned(),
        profile,
        report: report_text,
    })
}
