//! What can go wrong with a request, in one table: status, name, title. Errors know nothing of HTTP before this place.
//!
//! The form is that of RFC 9457. Of a failure inside nothing is said to the client but its request id; the cause is logged
//! here, once.

use crate::domain::{Fault, Faults};
use crate::evaluation::Unfit;
use crate::search::SearchError;
use crate::store::StoreError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::error::Error;
use utoipa::ToSchema;

/// Seconds after which to ask an index again that is away.
const INDEX_AWAY: u64 = 10;

/// Why a request is not answered as it wanted.
#[derive(Debug)]
pub enum Failure {
    /// It makes no sense; what is wrong.
    Malformed(String),
    /// Nobody is signed in.
    NotSignedIn,
    /// E-mail address or password is wrong, or the account is blocked: which one is not told.
    SignInRefused,
    /// Whoever was shown to be there by another service is not let in; why.
    NotLetIn(String),
    /// This person, or this token, may not do that; why.
    NotAllowed(String),
    /// There is no such thing, or not for this person.
    Missing(&'static str),
    /// The path has no such method.
    NoSuchMethod,
    /// The state of the thing does not allow that; why.
    Conflict(String),
    /// Somebody else has changed it since it was read.
    Changed,
    /// The body is longer than allowed; bytes allowed.
    TooLarge(usize),
    /// The body's type is none that is read here; what is.
    WrongType(&'static str),
    /// A file that cannot be read: everything that is wrong with it.
    Faulty(Faults),
    /// What is wanted breaks a rule; which.
    Unfit(String),
    /// `If-Match` is missing.
    NoPrecondition,
    /// Too many attempts; seconds to wait.
    TooMany(u64),
    /// More work waits than there should; seconds to wait.
    Busy(u64),
    /// It took too long.
    TimedOut,
    /// Something failed inside.
    Inside(Box<dyn Error + Send + Sync>),
}

/// The body of an answer that is none: RFC 9457.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:earmark:problem:` and a name that never changes its meaning.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is, the same for all of its kind.
    pub title: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// What is wrong here, and what to do.
    pub detail: String,
    /// Everything that is wrong with a file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub errors: Vec<Fault>,
}

/// Status, name and title of everything that can go wrong.
const fn row(failure: &Failure) -> (StatusCode, &'static str, &'static str) {
    match failure {
        Failure::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed", "The request cannot be read"),
        Failure::NotSignedIn => (StatusCode::UNAUTHORIZED, "not-signed-in", "Nobody is signed in"),
        Failure::SignInRefused => (StatusCode::UNAUTHORIZED, "sign-in-refused", "Signing in was refused"),
        Failure::NotLetIn(_) => (StatusCode::UNAUTHORIZED, "not-let-in", "Signing in elsewhere did not lead in"),
        Failure::NotAllowed(_) => (StatusCode::FORBIDDEN, "not-allowed", "This is not allowed to you"),
        Failure::Missing(_) => (StatusCode::NOT_FOUND, "missing", "There is no such thing"),
        Failure::NoSuchMethod => (StatusCode::METHOD_NOT_ALLOWED, "no-such-method", "The path has no such method"),
        Failure::Conflict(_) => (StatusCode::CONFLICT, "conflict", "Its state does not allow that"),
        Failure::Changed => (StatusCode::PRECONDITION_FAILED, "changed", "It was changed in the meantime"),
        Failure::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too long"),
        Failure::WrongType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong-type", "The body's type is not read here"),
        Failure::Faulty(_) => (StatusCode::UNPROCESSABLE_ENTITY, "faulty-file", "The file cannot be read"),
        Failure::Unfit(_) => (StatusCode::UNPROCESSABLE_ENTITY, "unfit", "A rule does not allow that"),
        Failure::NoPrecondition => (StatusCode::PRECONDITION_REQUIRED, "no-precondition", "If-Match is needed"),
        Failure::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too-many", "Too many attempts"),
        Failure::Busy(_) => (StatusCode::SERVICE_UNAVAILABLE, "busy", "There is too much to do at the moment"),
        Failure::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, "timed-out", "It took too long"),
        Failure::Inside(_) => (StatusCode::INTERNAL_SERVER_ERROR, "failed", "Something failed inside"),
    }
}

impl Failure {
    /// What is wrong, for a page that shows its form again.
    pub(in crate::web) fn told(&self) -> String {
        let detail = self.detail();
        let mut letters = detail.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }

    fn detail(&self) -> String {
        match self {
            Self::Malformed(what)
            | Self::NotLetIn(what)
            | Self::NotAllowed(what)
            | Self::Conflict(what)
            | Self::Unfit(what) => what.clone(),
            Self::NotSignedIn => "sign in, or send a token that holds: Authorization: Bearer ...".into(),
            Self::SignInRefused => {
                "e-mail address or password is wrong, or there were too many attempts: try again later".into()
            }
            Self::Missing(what) => format!("there is no such {what}, or it is not shown to you"),
            Self::NoSuchMethod => "see /api/docs for what this path answers".into(),
            Self::Changed => "read it again, look at what changed, and send the new ETag in If-Match".into(),
            Self::TooLarge(most) => format!("at most {most} bytes are read"),
            Self::WrongType(wanted) => format!("send {wanted}"),
            Self::Faulty(_) => "everything that is wrong with it is listed; nothing was stored".into(),
            Self::NoPrecondition => "send the ETag that you read in If-Match, or * to change whatever is there".into(),
            Self::TooMany(seconds) | Self::Busy(seconds) => format!("try again in {seconds} seconds"),
            Self::TimedOut => "try again; if it happens again, ask who runs the service".into(),
            Self::Inside(_) => "it is logged with the X-Request-Id of this answer".into(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany(seconds) | Self::Busy(seconds) => Some(*seconds),
            Self::TimedOut => Some(5),
            _ => None,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Missing(what) => Self::Missing(what),
            StoreError::Changed => Self::Changed,
            StoreError::Refused(why) => Self::Conflict(why),
            other => Self::Inside(Box::new(other)),
        }
    }
}

impl From<SearchError> for Failure {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Store(error) => error.into(),
            // The index is away; everything else goes on.
            SearchError::Retrieval(error) => {
                tracing::warn!(%error, "the index of answers cannot be asked");
                Self::Busy(INDEX_AWAY)
            }
        }
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self::Faulty(faults)
    }
}

impl From<Unfit> for Failure {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit.to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, name, title) = row(&self);
        if let Self::Inside(error) = &self {
            let mut causes = Vec::new();
            let mut next: Option<&dyn Error> = Some(error.as_ref());
            while let Some(error) = next {
                causes.push(error.to_string());
                next = error.source();
            }
            tracing::error!(causes = causes.join(": "), "a request failed inside");
        }
        let (detail, wait) = (self.detail(), self.retry_after());
        let errors = if let Self::Faulty(faults) = self { faults.all().to_vec() } else { vec![] };
        let kind = format!("urn:earmark:problem:{name}");
        let problem = Problem { kind, title, status: status.as_u16(), detail, errors };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        response.extensions_mut().insert(problem);
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
