//! Uploading an interview: as a form (multipart), or the transcript as the body and the rest in the query. Answered when
//! transcript and job are stored; the evaluation comes later.

use super::Api;
use super::gate::Caller;
use super::input::{Asked, is_of_type, line, read, tagged};
use crate::domain::{Digest, Transcript};
use crate::ingest::{self, Limits};
use crate::library;
use crate::store::{Interview, Kept, NewInterview, Replay, Stored};
use crate::web::problem::Failure;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

/// Longest field of the form but the transcript, in bytes.
const LONGEST_FIELD: usize = 4_000;
/// What stands around the transcript in a form, in bytes.
const AROUND: usize = 64 << 10;
/// Seconds after which to try again when the queue is long.
const COME_BACK: u64 = 30;

/// What is said about a transcript.
#[derive(Debug, Default, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct About {
    /// The rubric's id.
    #[serde(default)]
    pub(in crate::web) rubric: String,
    /// A title for the list.
    #[serde(default)]
    pub(in crate::web) title: String,
    /// The candidate's name.
    pub(in crate::web) candidate: Option<String>,
    /// The speaker who is the candidate, by name or part of it; inferred where it is left out.
    pub(in crate::web) speaker: Option<String>,
    /// Where the interview was held.
    pub(in crate::web) place: Option<String>,
    /// The candidate's consent, in your words.
    pub(in crate::web) consent: Option<String>,
}

/// An interview as a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form")]
pub(in crate::web) struct Form {
    /// The transcript file.
    #[schema(value_type = String, format = Binary)]
    transcript: Vec<u8>,
    rubric: String,
    title: String,
    candidate: Option<String>,
    speaker: Option<String>,
    place: Option<String>,
    consent: Option<String>,
}

/// Upload an interview and have it evaluated
///
/// As `multipart/form-data`, or with the transcript as the body and the other fields in the query. A file that cannot be
/// read is refused with everything that is wrong with it, and nothing of it is stored. With an `Idempotency-Key` the same
/// upload counts once however often it is sent.
#[utoipa::path(post, path = "/api/v1/interviews", tag = "interviews",
    params(About, ("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters of your choice")),
    request_body(content(
        (Form = "multipart/form-data"),
        (String = "application/octet-stream"),
    )),
    responses((status = 202, body = Interview, description = "Stored; it waits to be evaluated"),
        (status = 200, body = Interview, description = "This upload was stored before")))]
pub(in crate::web) async fn upload(
    State(api): State<Api>,
    caller: Caller,
    Asked(query): Asked<About>,
    request: Request,
) -> Result<Response, Failure> {
    if api.store.unfinished_jobs(api.settings.longest_queue + 1).await? > api.settings.longest_queue {
        return Err(Failure::Busy(COME_BACK));
    }
    let key = key_of(request.headers())?;
    let most = api.settings.longest_upload;
    let (about, content) = if is_of_type(request.headers(), "multipart/form-data") {
        form(request, most).await?
    } else {
        (query, read(request.into_body(), most).await?)
    };
    let parts = [&about.rubric, &about.title].map(String::as_bytes);
    let options = format!("{:?}", (&about.candidate, &about.speaker, &about.place, &about.consent));
    let request = Digest::of_parts(parts.into_iter().chain([options.as_bytes(), &content]));
    let kept = key.map(|key| Kept { key, request: request.as_str().to_owned() });
    let new = checked(&api, about, content).await?;
    let stored = api.store.upload(&caller.0.person.id, &new, kept.as_ref()).await?;
    let interview = api.store.interview(&stored.interview).await?;
    let mut response = tagged(interview.version, interview);
    if stored.replay == Replay::New {
        *response.status_mut() = StatusCode::ACCEPTED;
    }
    Ok(response)
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().map_err(|_| Failure::Malformed("Idempotency-Key is plain text".into()))?;
    line(key, "Idempotency-Key", 100).map(Some)
}

async fn form(mut request: Request, most: usize) -> Result<(About, Vec<u8>), Failure> {
    DefaultBodyLimit::max(most + AROUND).apply(&mut request);
    let malformed = |_| Failure::Malformed("the form cannot be read: send multipart/form-data with a boundary".into());
    let mut form = Multipart::from_request(request, &()).await.map_err(malformed)?;
    let (mut about, mut content) = (About::default(), None);
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error, most))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "transcript" {
            let bytes = field.bytes().await.map_err(|error| broken(&error, most))?;
            if bytes.len() > most {
                return Err(Failure::TooLarge(most));
            }
            content = Some(bytes.to_vec());
            continue;
        }
        let value = short(field, &name).await?;
        match name.as_str() {
            "rubric" => about.rubric = value,
            "title" => about.title = value,
            "candidate" => about.candidate = Some(value),
            "speaker" => about.speaker = Some(value),
            "place" => about.place = Some(value),
            "consent" => about.consent = Some(value),
            _ => {
                let known = "transcript, rubric, title, candidate, speaker, place, consent";
                return Err(Failure::Malformed(format!("the form has a field that is not known; known are {known}")));
            }
        }
    }
    let content = content.ok_or_else(|| Failure::Malformed("the form has no file in the field transcript".into()))?;
    Ok((about, content))
}

async fn short(mut field: Field<'_>, name: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error, LONGEST_FIELD))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LONGEST_FIELD {
            return Err(Failure::Unfit(format!("{name} is longer than {LONGEST_FIELD} bytes")));
        }
    }
    String::from_utf8(bytes).map_err(|_| Failure::Malformed(format!("{name} is not UTF-8 text")))
}

fn broken(error: &MultipartError, most: usize) -> Failure {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Failure::TooLarge(most);
    }
    Failure::Malformed("the form broke off, or is none".into())
}

/// Reads the transcript and puts together what is stored.
pub(in crate::web) async fn checked(api: &Api, about: About, bytes: Vec<u8>) -> Result<NewInterview, Failure> {
    let optional = |value: Option<String>, name: &str| value.map(|text| line(&text, name, 500)).transpose();
    let rubric = line(&about.rubric, "rubric", 200)?;
    let (title, candidate) = (line(&about.title, "title", 200)?, optional(about.candidate, "candidate")?);
    let [speaker, place, consent] = [(about.speaker, "speaker"), (about.place, "place"), (about.consent, "consent")]
        .map(|(text, name)| optional(text, name));
    let (speaker, place, consent) = (speaker?, place?, consent?);
    let active = api.store.active_version(&rubric).await?;
    let questions = library::parse("rubric", &active.source)?.rubric.questions.len();
    let most = api.settings.longest_upload;
    // Reading is quick, but a long file would keep other requests waiting.
    let reading = tokio::task::spawn_blocking(move || {
        let limits = Limits { max_bytes: most, ..Limits::default() };
        ingest::read("transcript", &bytes, &limits).map(|transcript| (bytes, parsed(&transcript)))
    });
    let (bytes, parsed) = reading.await.map_err(|error| Failure::Inside(error.into()))??;
    let begins = consent.is_some() || !api.settings.requires_consent;
    Ok(NewInterview {
        title,
        candidate,
        rubric,
        rubric_version: active.id,
        questions,
        speaker,
        place,
        consent,
        begins,
        content: bytes,
        parsed,
    })
}

/// What is kept of a transcript that was read.
pub(in crate::web) fn parsed(transcript: &Transcript) -> Stored {
    let speakers: Vec<&str> = transcript.speakers().iter().map(|speaker| speaker.name.as_str()).collect();
    let report = transcript.report();
    Stored {
        digest: transcript.digest().as_str().to_owned(),
        format: transcript.format().name().to_owned(),
        utterances: transcript.utterances().len(),
        report: json!({
            "read": report.read, "dropped": report.dropped, "notes": report.notes,
            "speakers": speakers, "duration_ms": transcript.duration_ms(),
        }),
    }
}
