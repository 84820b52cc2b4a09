//! The `OpenAPI` document and a page that shows it. The page needs nothing from elsewhere.

use super::Api;
use super::access::{Access, ROUTES};
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

const PAGE: &str = include_str!("docs.html");
const SCRIPT: &str = include_str!("docs.js");

/// Answers that are no success, with their problems.
const PROBLEMS: [(&str, &str); 13] = [
    ("400", "The request cannot be read"),
    ("401", "Nobody is signed in"),
    ("403", "This is not allowed to you"),
    ("404", "There is no such thing, or it is not shown to you"),
    ("409", "Its state does not allow that"),
    ("412", "It was changed in the meantime"),
    ("413", "The body is too long"),
    ("415", "The body's type is not read here"),
    ("422", "A rule does not allow that, or a file cannot be read"),
    ("428", "If-Match is needed"),
    ("429", "Too many attempts"),
    ("500", "Something failed inside"),
    ("503", "There is too much to do at the moment"),
];

/// The `OpenAPI` 3.1 document of the service.
#[must_use]
pub fn openapi() -> Value {
    completed(&super::routes().split_for_parts().1)
}

/// The document that the code of the handlers gives, with what holds for all of them: who may ask, and what can go wrong.
fn completed(document: &OpenApi) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    document["info"] = json!({
        "title": "Earmark",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Reads interview transcripts against rubrics, quotes what was said, and suggests scores that a \
                        person confirms. Nothing here sets a score of record but a submitted review.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    });
    document["components"]["securitySchemes"] = json!({
        "token": {"type": "http", "scheme": "bearer", "description": "A personal API token"},
        "session": {"type": "apiKey", "in": "cookie", "name": super::gate::COOKIE,
                    "description": "A session; changes need its csrf_token in X-CSRF-Token"},
    });
    document["components"]["schemas"]["Problem"] = problem();
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            let method = method.to_uppercase();
            let route = ROUTES.iter().find(|(known, at, _)| *known == method && *at == path.as_str());
            let is_open = matches!(route, Some((_, _, Access::Open)));
            if !is_open {
                operation["security"] = json!([{"token": []}, {"session": []}]);
            }
            for (status, what) in PROBLEMS {
                if operation["responses"][status].is_null() {
                    let content =
                        json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
                    operation["responses"][status] = json!({"description": what, "content": content});
                }
            }
        }
    }
    document
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "description": "Names the kind of problem; its meaning never changes"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What is wrong here, and what to do"},
            "errors": {"type": "array", "description": "Everything that is wrong with a file", "items": {
                "type": "object",
                "properties": {
                    "line": {"type": ["integer", "null"]},
                    "what": {"type": "string"},
                    "hint": {"type": "string"},
                },
            }},
        },
    })
}

pub(in crate::web) fn routes(document: &OpenApi) -> Router<Api> {
    let document = serde_json::to_string(&completed(document)).unwrap_or_default();
    let kind = |kind: &'static str| [(header::CONTENT_TYPE, kind)];
    let page = move || async move {
        let policy = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; \
                      frame-ancestors 'none'";
        (kind("text/html; charset=utf-8"), [(header::CONTENT_SECURITY_POLICY, policy)], PAGE).into_response()
    };
    Router::new()
        .route("/api/openapi.json", get(move || async move { (kind("application/json"), document) }))
        .route("/api/docs", get(page))
        .route("/api/docs.js", get(move || async move { (kind("text/javascript; charset=utf-8"), SCRIPT) }))
}
