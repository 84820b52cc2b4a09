//! The pages: what people see of the service. Rendered here, complete without scripts; the scripts of `assets` only save
//! steps. A handler does what it does by the API's own handlers, so that a page can do nothing that the API would refuse.

mod answers;
mod assets;
mod author;
mod calibration;
mod decide;
pub mod demo;
mod entry;
mod form;
mod home;
mod interview;
mod manage;
mod panel;
mod review;
mod rubrics;
mod upload;

use super::api::Api;
use super::api::gate::{Caller, csrf_of, session_of};
use super::problem::{Failure, Problem};
use super::texts::{self, Texts};
use crate::domain::Fault;
use crate::store::{Person, PersonRole};
use askama::Template;
use assets::Links;
use axum::Router;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use std::fmt::Write as _;

/// Sent by the scripts, which want what changed and not the whole page.
const PART: HeaderName = HeaderName::from_static("x-part");

/// All pages.
pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/assets/{file}", get(assets::file))
        .route("/signin", get(entry::sign_in_page).post(entry::sign_in))
        .route("/setup", get(entry::set_up_page).post(entry::set_up))
        .route("/signout", post(entry::sign_out))
        .route("/", get(home::home))
        .route("/upload", get(upload::page).post(upload::read))
        .route("/upload/start", post(upload::start))
        .route("/interviews/{id}", get(interview::page))
        .route("/interviews/{id}/consent", post(interview::consent))
        .route("/interviews/{id}/evaluate", post(interview::evaluate))
        .route("/interviews/{id}/cancel", post(interview::cancel))
        .route("/interviews/{id}/review", post(interview::begin))
        .route("/interviews/{id}/move", post(interview::move_span))
        .route("/interviews/{id}/assign", post(interview::assign))
        .route("/interviews/{id}/panel", get(panel::page))
        .route("/reviews/{id}/decide", post(decide::decide))
        .route("/reviews/{id}/undo", post(decide::take_back))
        .route("/reviews/{id}/evidence", post(decide::add_evidence))
        .route("/reviews/{id}/evidence/remove", post(decide::remove_evidence))
        .route("/reviews/{id}/comment", post(decide::comment))
        .route("/reviews/{id}/comment/remove", post(decide::remove_comment))
        .route("/reviews/{id}/submit", post(decide::submit))
        .route("/reviews/{id}/reopen", post(decide::reopen))
        .route("/answers", get(answers::search))
        .route("/interviews/{id}/precedents/{question}", get(answers::precedents))
        .route("/rubrics", get(rubrics::list).post(author::save))
        .route("/rubrics/new", get(author::new))
        .route("/rubrics/import", post(author::import))
        .route("/rubrics/{id}/edit", get(author::edit))
        .route("/rubrics/{id}/changes", get(rubrics::changes))
        .route("/calibration", get(calibration::list))
        .route("/calibration/compare", get(calibration::compared))
        .route("/calibration/{run}", get(calibration::one))
        .route("/calibration/{run}/use", post(calibration::set_used))
        .route("/rubrics/{id}/calibrations", post(calibration::upload))
        .route("/rubrics/{id}", get(rubrics::one).post(rubrics::change))
        .route("/people", get(manage::people).post(manage::add_person))
        .route("/people/{id}", post(manage::change_person))
        .route("/audit", get(manage::audit))
        .route("/settings", get(manage::settings))
        .route("/settings/tokens", post(manage::add_token))
        .route("/settings/tokens/{id}/end", post(manage::end_token))
        .route("/settings/sessions/{id}/end", post(manage::end_session))
}

/// Who looks at a page, in which language.
struct Visitor {
    caller: Caller,
    csrf: String,
    t: &'static Texts,
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let caller = Caller::from_request_parts(parts, state).await?;
        // Pages are for people who are signed in; a token has nothing to put into a form.
        let secret = session_of(&parts.headers).filter(|_| caller.0.scopes.is_none()).ok_or(Failure::NotSignedIn)?;
        Ok(Self { caller, csrf: csrf_of(&secret), t: language(&parts.headers) })
    }
}

impl Visitor {
    fn person(&self) -> &Person {
        &self.caller.0.person
    }

    fn shell(&self, title: impl Into<String>) -> Shell {
        let person = self.person();
        Shell {
            title: title.into(),
            t: self.t,
            links: Links::get(),
            csrf: self.csrf.clone(),
            person: Some((person.name.clone(), person.role)),
        }
    }
}

fn language(headers: &HeaderMap) -> &'static Texts {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    texts::wanted(asked.unwrap_or_default())
}

/// What stands around every page.
struct Shell {
    title: String,
    t: &'static Texts,
    links: &'static Links,
    csrf: String,
    person: Option<(String, PersonRole)>,
}

impl Shell {
    fn open(headers: &HeaderMap, title: impl Into<String>) -> Self {
        let t = language(headers);
        Self { title: title.into(), t, links: Links::get(), csrf: String::new(), person: None }
    }

    /// Whether this page is the one that the main menu calls `name`.
    fn is_here(&self, name: &str) -> bool {
        self.title == name
    }

    fn is(&self, roles: &[PersonRole]) -> bool {
        self.person.as_ref().is_some_and(|(_, role)| roles.contains(role))
    }

    fn reads_interviews(&self) -> bool {
        self.is(&[PersonRole::Administrator, PersonRole::Manager, PersonRole::Interviewer])
    }

    fn sees_people(&self) -> bool {
        self.is(&[PersonRole::Administrator, PersonRole::Manager])
    }

    fn is_administrator(&self) -> bool {
        self.is(&[PersonRole::Administrator])
    }

    fn writes_rubrics(&self) -> bool {
        self.is(&[PersonRole::Administrator, PersonRole::Author])
    }

    fn sees_calibration(&self) -> bool {
        self.is(&[PersonRole::Administrator, PersonRole::Author, PersonRole::Manager])
    }

    fn sees_audit(&self) -> bool {
        self.is(&[PersonRole::Administrator, PersonRole::Auditor])
    }
}

/// A page as an answer. `styles` are style sheets inside the page, by the hash that lets them in.
fn html(page: &impl Template, styles: Option<&str>) -> Result<Response, Failure> {
    let text = page.render().map_err(|error| Failure::Inside(Box::new(error)))?;
    let styles = styles.unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' {styles}; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-language, cookie"));
    Ok(response)
}

/// Sends the browser on with a GET.
fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}

#[derive(Template)]
#[template(path = "pages/problem.html")]
struct ProblemPage {
    shell: Shell,
    heading: &'static str,
    detail: String,
    /// Whether the detail is in the page's language.
    is_translated: bool,
    faults: Vec<Fault>,
    back: Option<String>,
}

/// Turns what went wrong with a page into a page. Whoever is not signed in is asked to; programs and scripts get the
/// problem as it is.
pub(super) async fn dressed(request: Request, next: Next) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let is_page = !["/api/", "/assets/", "/health", "/ready", "/metrics"].iter().any(|start| path.starts_with(start));
    let (headers, method) = (request.headers().clone(), request.method().clone());
    let response = next.run(request).await;
    if !is_page || headers.contains_key(PART) {
        return response;
    }
    let Some(problem) = response.extensions().get::<Problem>().cloned() else { return response };
    if problem.status == StatusCode::UNAUTHORIZED.as_u16() {
        let next = if method == Method::GET { path } else { "/".to_owned() };
        return see(&format!("/signin?next={}", in_query(&next)));
    }
    let back = headers.get(header::REFERER).and_then(|value| value.to_str().ok()).and_then(path_of);
    let changed = problem.status == StatusCode::PRECONDITION_FAILED.as_u16();
    let t = language(&headers);
    let (heading, told) = t.problem(&problem.kind).unwrap_or((problem.title, None));
    let told = if changed { Some(t.changed_elsewhere) } else { told };
    let is_translated = told.is_some() || t.tag == texts::EN.tag;
    let detail = told.map_or(problem.detail, str::to_owned);
    let shell = Shell::open(&headers, heading);
    let page = ProblemPage { heading, detail, is_translated, faults: problem.errors, back, shell };
    let (mut parts, _) = response.into_parts();
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_SECURITY_POLICY] {
        parts.headers.remove(name);
    }
    match html(&page, None) {
        Ok(mut made) => {
            *made.status_mut() = parts.status;
            for (name, value) in &parts.headers {
                made.headers_mut().insert(name, value.clone());
            }
            made
        }
        Err(failure) => failure.into_response(),
    }
}

/// The path of an address on this or any host: a way back never leaves the service.
fn path_of(address: &str) -> Option<String> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.find('/').map(|at| rest[at..].to_owned()).filter(|path| is_local(path))
}

/// Whether a path stays on this host.
fn is_local(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n'])
}

/// Percent-encodes what has a meaning in a query.
fn in_query(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_on_stays_on_this_host() {
        assert!(is_local("/interviews/1?x=2"));
        for away in ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nset-cookie: x"] {
            assert!(!is_local(away), "{away}");
        }
        assert_eq!(path_of("http://127.0.0.1:1/rubrics"), Some("/rubrics".into()));
        assert_eq!(path_of("nowhere"), None);
    }

    #[test]
    fn a_path_in_a_query_means_nothing_there() {
        assert_eq!(in_query("/a?b=c&d#e"), "/a%3Fb%3Dc%26d%23e");
    }
}
