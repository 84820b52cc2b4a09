//! Reading requests: JSON bodies, queries, `If-Match`, ids. What is not understood is refused, not passed over.

use crate::store::is_id;
use crate::web::problem::Failure;
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longest JSON body, in bytes.
const LONGEST_JSON: usize = 1 << 20;

/// A JSON body.
pub struct Sent<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        if !is_of_type(request.headers(), "application/json") {
            return Err(Failure::WrongType("Content-Type: application/json"));
        }
        let bytes = read(request.into_body(), LONGEST_JSON).await?;
        // A database may not be able to hold a zero in a text.
        if bytes.windows(6).any(|six| six == br"\u0000") {
            return Err(Failure::Malformed("the body has a zero character in a text".into()));
        }
        let value = serde_json::from_slice(&bytes);
        value.map(Self).map_err(|error| Failure::Malformed(format!("the body is not what this path reads: {error}")))
    }
}

/// A query.
pub struct Asked<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let query = Query::try_from_uri(&parts.uri);
        let malformed = |error: axum::extract::rejection::QueryRejection| {
            Failure::Malformed(format!("the query is not what this path reads: {}", error.body_text()))
        };
        query.map(|Query(value)| Self(value)).map_err(malformed)
    }
}

/// A change, and the version that it is based on: `None` for `If-Match: *`.
#[derive(Debug, Clone, Copy)]
pub struct Based(pub Option<i64>);

impl<S: Sync> FromRequestParts<S> for Based {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let given = parts.headers.get(header::IF_MATCH).ok_or(Failure::NoPrecondition)?;
        let text = given.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let version = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|v| v.parse().ok());
        // A tag that was never given out is one that no longer holds.
        version.map(|version| Self(Some(version))).ok_or(Failure::Changed)
    }
}

/// An answer with its `ETag`.
pub fn tagged<T: Serialize>(version: i64, body: T) -> Response {
    let mut response = Json(body).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Reads a body of at most `most` bytes.
///
/// # Errors
/// [`Failure::TooLarge`]; [`Failure::Malformed`] when it breaks off.
pub async fn read(body: Body, most: usize) -> Result<Vec<u8>, Failure> {
    match to_bytes(body, most).await {
        Ok(bytes) => Ok(bytes.into()),
        Err(error) => {
            let mut cause: Option<&dyn std::error::Error> = Some(&error);
            while let Some(inner) = cause {
                if inner.to_string().contains("length limit") {
                    return Err(Failure::TooLarge(most));
                }
                cause = inner.source();
            }
            Err(Failure::Malformed("the body broke off".into()))
        }
    }
}

/// Whether the body is of this type, whatever its parameters.
pub fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
}

/// Refuses what is no id before anything is asked of the database.
///
/// # Errors
/// [`Failure::Missing`].
pub fn id<'a>(text: &'a str, what: &'static str) -> Result<&'a str, Failure> {
    if is_id(text) { Ok(text) } else { Err(Failure::Missing(what)) }
}

/// Holds a text to a length, and refuses control characters.
///
/// # Errors
/// [`Failure::Unfit`].
pub fn line(text: &str, name: &str, most: usize) -> Result<String, Failure> {
    let text = text.trim();
    let long = text.chars().count();
    if long == 0 || long > most {
        return Err(Failure::Unfit(format!("{name} has 1 to {most} characters")));
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Failure::Unfit(format!("{name} has characters that cannot be shown")));
    }
    Ok(text.to_owned())
}
