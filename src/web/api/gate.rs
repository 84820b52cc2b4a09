//! What every request passes: a request id, a limit of time and number, who is asking, what they may do, a line in the
//! log and a count in the metrics. The log has no query, no body and no name in it.

use super::Api;
use super::access::{Access, Proof, access, allow};
use crate::config::TRACED;
use crate::store::Holder;
use crate::web::problem::Failure;
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cookie::{Cookie, SameSite};
use std::time::{Duration, Instant};
use tracing::Instrument as _;
use tracing::field::Empty;

/// The session's cookie. The prefix has browsers refuse it without TLS, from another path or another host.
pub const COOKIE: &str = "__Host-earmark";
/// Shows that a request comes from a page that could read the answer to signing in.
pub const CSRF: &str = "x-csrf-token";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Who is asking.
#[derive(Debug, Clone)]
pub struct Caller(pub Holder);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts.extensions.get::<Self>().cloned().ok_or(Failure::NotSignedIn)
    }
}

/// Lets a request pass, or says why not.
pub async fn pass(State(api): State<Api>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(&api, request.headers());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let limit = Duration::from_secs(api.settings.request_seconds);
    let span = tracing::info_span!(
        target: TRACED, "request", otel.name = format!("{method} {route}"), otel.kind = "server", http.route = route,
        http.request.method = %method, http.response.status_code = Empty, request = ?id,
    );
    let answered = admitted(&api, &route, request, next).instrument(span.clone());
    let mut response = match tokio::time::timeout(limit, answered).await {
        Ok(response) => response,
        Err(_) => Failure::TimedOut.into_response(),
    };
    let took = began.elapsed();
    let status = response.status().as_u16();
    span.record("http.response.status_code", status);
    api.metrics.count(&method, &route, status, took);
    tracing::info!(request = id.to_str().unwrap_or_default(), %method, route, status, ms = took.as_millis() as u64, "answered");
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}

async fn admitted(api: &Api, route: &str, mut request: Request, next: Next) -> Response {
    // A database may not be able to hold a zero in a text, and no name of ours has one.
    if request.uri().path_and_query().is_some_and(|path| path.as_str().contains("%00")) {
        return Failure::Missing("path").into_response();
    }
    let Ok(_place) = api.places.try_acquire() else { return Failure::Busy(1).into_response() };
    match access(request.method(), route) {
        // The router says that there is no such path or method.
        None | Some((Access::Open, _)) => {}
        Some((Access::Only(roles, scope), proof)) => {
            match identify(api, (request.method(), request.headers()), proof).await {
                Ok(holder) => {
                    if let Err(failure) = allow(&holder, roles, scope) {
                        return failure.into_response();
                    }
                    request.extensions_mut().insert(Caller(holder));
                }
                Err(failure) => return failure.into_response(),
            }
        }
    }
    next.run(request).await
}

/// The client's own id where it is short and plain, otherwise a new one.
fn request_id(api: &Api, headers: &HeaderMap) -> HeaderValue {
    let plain = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=64).contains(&bytes.len()) && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
    };
    let given = headers.get(REQUEST_ID).filter(plain).cloned();
    given
        .unwrap_or_else(|| HeaderValue::from_str(&api.store.edge().id()).unwrap_or(HeaderValue::from_static("unknown")))
}

async fn identify(api: &Api, (method, headers): (&Method, &HeaderMap), proof: Proof) -> Result<Holder, Failure> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        let token = token.ok_or(Failure::NotSignedIn)?;
        return api.store.token(token.trim()).await?.ok_or(Failure::NotSignedIn);
    }
    let secret = session_of(headers).ok_or(Failure::NotSignedIn)?;
    let holder = api.store.session(&secret).await?.ok_or(Failure::NotSignedIn)?;
    let is_safe = matches!(*method, Method::GET | Method::HEAD);
    if !is_safe
        && proof == Proof::Header
        && headers.get(CSRF).map(HeaderValue::as_bytes) != Some(csrf_of(&secret).as_bytes())
    {
        return Err(Failure::NotAllowed("send the csrf_token of the session in X-CSRF-Token".into()));
    }
    Ok(holder)
}

/// The session's secret in the cookies of a request.
pub fn session_of(headers: &HeaderMap) -> Option<String> {
    cookie_of(headers, COOKIE)
}

/// The value of a cookie of a request.
pub fn cookie_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = sent.flat_map(|value| Cookie::split_parse(value.to_owned()).flatten());
    cookies.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

/// Has the browser keep a secret for so many minutes, out of the reach of scripts and of connections without TLS.
pub fn with_cookie(
    mut response: Response,
    name: &'static str,
    secret: String,
    sent: SameSite,
    minutes: i64,
) -> Response {
    let mut cookie = Cookie::new(name, secret);
    cookie.set_path("/");
    cookie.set_secure(true);
    cookie.set_http_only(true);
    cookie.set_same_site(sent);
    cookie.set_max_age(cookie::time::Duration::minutes(minutes));
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// What a page sends along to show that it belongs to the session. Follows from the session's secret, which pages of
/// other hosts cannot read.
pub fn csrf_of(secret: &str) -> String {
    crate::domain::Digest::of_parts([b"csrf".as_slice(), secret.as_bytes()]).as_str().to_owned()
}
