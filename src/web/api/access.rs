//! Who may use which route. One table; a route that is not in it is answered to nobody.

use crate::store::{Holder, PersonRole, Scope};
use crate::web::problem::Failure;
use axum::http::Method;

/// What a route asks of whoever uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Open,
    /// To be signed in, in one of these roles; a token needs the scope too.
    Only(&'static [PersonRole], Scope),
}

use PersonRole::{Administrator, Auditor, Author, Interviewer, Manager};

const ALL: &[PersonRole] = PersonRole::ALL;
const RUN: &[PersonRole] = &[Administrator];
const WRITE_RUBRICS: &[PersonRole] = &[Administrator, Author];
const READ_INTERVIEWS: &[PersonRole] = &[Administrator, Manager, Interviewer];
const SEE_AUDIT: &[PersonRole] = &[Administrator, Auditor];
const ASSIGN: &[PersonRole] = &[Administrator, Manager];
const EXPORT: &[PersonRole] = &[Administrator, Author, Manager];

/// Method, path, access: every route of the API.
pub const ROUTES: &[(&str, &str, Access)] = &[
    ("GET", "/health", Access::Open),
    ("GET", "/ready", Access::Open),
    ("GET", "/metrics", Access::Open),
    ("GET", "/api/openapi.json", Access::Open),
    ("GET", "/api/docs", Access::Open),
    ("GET", "/api/docs.js", Access::Open),
    ("POST", "/api/v1/setup", Access::Open),
    ("POST", "/api/v1/session", Access::Open),
    ("GET", "/api/v1/session/elsewhere", Access::Open),
    ("GET", "/api/v1/session/elsewhere/back", Access::Open),
    ("GET", "/api/v1/session", Access::Only(ALL, Scope::Read)),
    ("DELETE", "/api/v1/session", Access::Only(ALL, Scope::Write)),
    ("GET", "/api/v1/sessions", Access::Only(ALL, Scope::People)),
    ("DELETE", "/api/v1/sessions/{id}", Access::Only(ALL, Scope::People)),
    ("GET", "/api/v1/tokens", Access::Only(ALL, Scope::People)),
    ("POST", "/api/v1/tokens", Access::Only(ALL, Scope::People)),
    ("DELETE", "/api/v1/tokens/{id}", Access::Only(ALL, Scope::People)),
    ("GET", "/api/v1/people", Access::Only(ASSIGN, Scope::People)),
    ("POST", "/api/v1/people", Access::Only(RUN, Scope::People)),
    ("GET", "/api/v1/people/{id}", Access::Only(ASSIGN, Scope::People)),
    ("PATCH", "/api/v1/people/{id}", Access::Only(RUN, Scope::People)),
    ("GET", "/api/v1/rubrics", Access::Only(ALL, Scope::Read)),
    ("POST", "/api/v1/rubrics", Access::Only(WRITE_RUBRICS, Scope::Write)),
    ("GET", "/api/v1/rubrics/{id}", Access::Only(ALL, Scope::Read)),
    ("PATCH", "/api/v1/rubrics/{id}", Access::Only(WRITE_RUBRICS, Scope::Write)),
    ("GET", "/api/v1/rubrics/{id}/versions", Access::Only(ALL, Scope::Read)),
    ("GET", "/api/v1/rubrics/{id}/versions/{number}", Access::Only(ALL, Scope::Read)),
    ("GET", "/api/v1/rubrics/{id}/diff", Access::Only(ALL, Scope::Read)),
    ("GET", "/api/v1/rubrics/{id}/eval-set", Access::Only(EXPORT, Scope::Read)),
    ("GET", "/api/v1/rubrics/{id}/calibrations", Access::Only(ALL, Scope::Read)),
    ("POST", "/api/v1/rubrics/{id}/versions/{number}/calibrations", Access::Only(WRITE_RUBRICS, Scope::Write)),
    ("PUT", "/api/v1/rubrics/{id}/versions/{number}/calibration", Access::Only(WRITE_RUBRICS, Scope::Write)),
    ("GET", "/api/v1/calibrations/{id}", Access::Only(ALL, Scope::Read)),
    ("GET", "/api/v1/calibrations/{id}/report", Access::Only(ALL, Scope::Read)),
    ("GET", "/api/v1/calibrations/{id}/comparison", Access::Only(ALL, Scope::Read)),
    ("GET", "/api/v1/interviews", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("POST", "/api/v1/interviews", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("GET", "/api/v1/interviews/{id}", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("PATCH", "/api/v1/interviews/{id}", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("DELETE", "/api/v1/interviews/{id}", Access::Only(RUN, Scope::Write)),
    ("PUT", "/api/v1/interviews/{id}/keeping", Access::Only(RUN, Scope::Write)),
    ("GET", "/api/v1/retention", Access::Only(RUN, Scope::Read)),
    ("PUT", "/api/v1/retention/{place}", Access::Only(RUN, Scope::Write)),
    ("DELETE", "/api/v1/retention/{place}", Access::Only(RUN, Scope::Write)),
    ("GET", "/api/v1/interviews/{id}/transcript", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("POST", "/api/v1/interviews/{id}/parse", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("PUT", "/api/v1/interviews/{id}/spans/{question}", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("GET", "/api/v1/interviews/{id}/interviewers", Access::Only(ASSIGN, Scope::Read)),
    ("PUT", "/api/v1/interviews/{id}/interviewers", Access::Only(ASSIGN, Scope::Write)),
    ("GET", "/api/v1/answers", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("GET", "/api/v1/interviews/{id}/precedents/{question}", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("GET", "/api/v1/interviews/{id}/evaluations", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("POST", "/api/v1/interviews/{id}/evaluations", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("GET", "/api/v1/interviews/{id}/panel", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("GET", "/api/v1/interviews/{id}/reviews", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("POST", "/api/v1/interviews/{id}/reviews", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("GET", "/api/v1/evaluations/{id}", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("GET", "/api/v1/evaluations/{id}/events", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("GET", "/api/v1/evaluations/{id}/diff", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("POST", "/api/v1/evaluations/{id}/cancel", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("GET", "/api/v1/reviews/{id}", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("GET", "/api/v1/interviews/{id}/export", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("GET", "/api/v1/reviews/{id}/scorecard", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("PUT", "/api/v1/reviews/{id}/decisions/{question}", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("DELETE", "/api/v1/reviews/{id}/decisions/{question}", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/api/v1/reviews/{id}/evidence", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("DELETE", "/api/v1/reviews/{id}/evidence/{evidence}", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("DELETE", "/api/v1/reviews/{id}/comments/{comment}", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/api/v1/reviews/{id}/comments", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/api/v1/reviews/{id}/submit", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/api/v1/reviews/{id}/reopen", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("GET", "/api/v1/webhooks", Access::Only(RUN, Scope::Read)),
    ("POST", "/api/v1/webhooks", Access::Only(RUN, Scope::Write)),
    ("DELETE", "/api/v1/webhooks/{id}", Access::Only(RUN, Scope::Write)),
    ("GET", "/api/v1/webhooks/{id}/deliveries", Access::Only(RUN, Scope::Read)),
    ("GET", "/api/v1/jobs", Access::Only(RUN, Scope::Read)),
    ("POST", "/api/v1/jobs/{id}/retry", Access::Only(RUN, Scope::Write)),
    ("GET", "/api/v1/audit", Access::Only(SEE_AUDIT, Scope::Audit)),
    ("GET", "/api/v1/audit/interviews/{id}", Access::Only(SEE_AUDIT, Scope::Audit)),
];

/// Method, path, access: every page. A form shows that it belongs to the session by a field, not by a header.
pub const PAGES: &[(&str, &str, Access)] = &[
    ("GET", "/assets/{file}", Access::Open),
    ("GET", "/signin", Access::Open),
    ("POST", "/signin", Access::Open),
    ("GET", "/setup", Access::Open),
    ("POST", "/setup", Access::Open),
    ("POST", "/signout", Access::Only(ALL, Scope::Write)),
    ("GET", "/", Access::Only(ALL, Scope::Read)),
    ("GET", "/upload", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("POST", "/upload", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/upload/start", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("GET", "/interviews/{id}", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("POST", "/interviews/{id}/consent", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/interviews/{id}/evaluate", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/interviews/{id}/cancel", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/interviews/{id}/review", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/interviews/{id}/move", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/interviews/{id}/assign", Access::Only(ASSIGN, Scope::Write)),
    ("GET", "/interviews/{id}/panel", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("POST", "/reviews/{id}/decide", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/reviews/{id}/undo", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/reviews/{id}/evidence", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/reviews/{id}/evidence/remove", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/reviews/{id}/comment/remove", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/reviews/{id}/comment", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/reviews/{id}/submit", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("POST", "/reviews/{id}/reopen", Access::Only(READ_INTERVIEWS, Scope::Write)),
    ("GET", "/answers", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("GET", "/interviews/{id}/precedents/{question}", Access::Only(READ_INTERVIEWS, Scope::Read)),
    ("GET", "/rubrics", Access::Only(ALL, Scope::Read)),
    ("POST", "/rubrics", Access::Only(WRITE_RUBRICS, Scope::Write)),
    ("GET", "/rubrics/new", Access::Only(WRITE_RUBRICS, Scope::Read)),
    ("POST", "/rubrics/import", Access::Only(WRITE_RUBRICS, Scope::Write)),
    ("GET", "/rubrics/{id}/edit", Access::Only(WRITE_RUBRICS, Scope::Read)),
    ("GET", "/rubrics/{id}/changes", Access::Only(ALL, Scope::Read)),
    ("GET", "/calibration", Access::Only(EXPORT, Scope::Read)),
    ("GET", "/calibration/compare", Access::Only(EXPORT, Scope::Read)),
    ("GET", "/calibration/{run}", Access::Only(EXPORT, Scope::Read)),
    ("POST", "/calibration/{run}/use", Access::Only(WRITE_RUBRICS, Scope::Write)),
    ("POST", "/rubrics/{id}/calibrations", Access::Only(WRITE_RUBRICS, Scope::Write)),
    ("GET", "/rubrics/{id}", Access::Only(ALL, Scope::Read)),
    ("POST", "/rubrics/{id}", Access::Only(WRITE_RUBRICS, Scope::Write)),
    ("GET", "/people", Access::Only(ASSIGN, Scope::People)),
    ("POST", "/people", Access::Only(RUN, Scope::People)),
    ("POST", "/people/{id}", Access::Only(RUN, Scope::People)),
    ("GET", "/audit", Access::Only(SEE_AUDIT, Scope::Audit)),
    ("GET", "/settings", Access::Only(ALL, Scope::People)),
    ("POST", "/settings/tokens", Access::Only(ALL, Scope::People)),
    ("POST", "/settings/tokens/{id}/end", Access::Only(ALL, Scope::People)),
    ("POST", "/settings/sessions/{id}/end", Access::Only(ALL, Scope::People)),
];

/// How a change shows that it belongs to the session that its cookie names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// By the header `X-CSRF-Token`.
    Header,
    /// By the field `csrf` of the form, which whoever reads the form checks.
    Form,
}

/// What `method` on the route `path` asks, and how a change shows that it belongs to its session.
#[must_use]
pub fn access(method: &Method, path: &str) -> Option<(Access, Proof)> {
    // A HEAD is answered by the GET of its path.
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let in_table = |table: &[(&str, &str, Access)]| {
        table.iter().find(|(known, at, _)| *known == method && *at == path).map(|(_, _, access)| *access)
    };
    in_table(ROUTES)
        .map(|access| (access, Proof::Header))
        .or_else(|| in_table(PAGES).map(|access| (access, Proof::Form)))
}

/// Whether `holder` may do what a route with this access does.
///
/// # Errors
/// [`Failure::NotAllowed`] says whether it is the role or the token.
pub fn allow(holder: &Holder, roles: &[PersonRole], scope: Scope) -> Result<(), Failure> {
    if !roles.contains(&holder.person.role) {
        let role = holder.person.role.word();
        return Err(Failure::NotAllowed(format!("as {role} you may not do this")));
    }
    match &holder.scopes {
        Some(scopes) if !scopes.contains(&scope) => {
            Err(Failure::NotAllowed(format!("this token has no scope {:?}", scope.word())))
        }
        _ => Ok(()),
    }
}
