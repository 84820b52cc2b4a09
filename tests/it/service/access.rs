//! Who may do what: every route by every role, and every way of being nobody.

use crate::harness::service::{Actor, PASSWORD, Service, TRANSCRIPT, databases, sqlite};
use earmark::config::ServiceSettings;
use earmark::store::PersonRole;
use earmark::web::api::access::{Access, ROUTES};
use earmark::web::api::openapi;
use serde_json::json;

/// An id that nothing has.
const NOTHING: &str = "01890000-0000-7000-8000-000000000000";

fn filled(path: &str) -> String {
    path.replace("{id}", NOTHING)
        .replace("{question}", "q")
        .replace("{evidence}", NOTHING)
        .replace("{number}", "1")
        .replace("{place}", "here")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_open_to_exactly_the_roles_of_the_table() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    let mut actors = Vec::new();
    for role in PersonRole::ALL {
        actors.push((*role, service.person(role.word(), role.word()).await));
    }
    let mut wrong = Vec::new();
    for (method, path, access) in ROUTES {
        let Access::Only(roles, _) = access else { continue };
        // Signing out would end the actor's token; a session can do it, and is tried below.
        for (role, actor) in &actors {
            let answer = actor.change(method, &filled(path), json!({})).await;
            let is_let_in = answer.status != 403 && answer.status != 401;
            if is_let_in != roles.contains(role) {
                wrong.push(format!("{method} {path} as {}: {} {}", role.word(), answer.status, answer.text));
            }
            assert!(answer.status < 500, "{method} {path}: {}", answer.text);
        }
        let answer = service.nobody.change(method, &filled(path), json!({})).await;
        if answer.status != 401 {
            wrong.push(format!("{method} {path} as nobody: {}", answer.status));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    service.end().await;
}

#[tokio::test]
async fn every_route_of_the_document_is_in_the_table_and_the_other_way_round() {
    let document = openapi();
    assert_eq!(document["openapi"], "3.1.0");
    let mut described = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("methods").keys() {
            described.push(format!("{} {path}", method.to_uppercase()));
        }
    }
    // The document and its page do not describe themselves.
    let described_by_hand = ["GET /api/openapi.json", "GET /api/docs", "GET /api/docs.js"].map(String::from);
    described.extend(described_by_hand);
    let mut table: Vec<String> = ROUTES.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    described.sort();
    table.sort();
    assert_eq!(described, table);
}

#[test]
fn the_document_names_the_words_that_are_sent_and_holds_what_it_refers_to() {
    let document = openapi();
    let schemas = &document["components"]["schemas"];
    for (name, word) in
        [("PersonRole", "administrator"), ("InterviewStatus", "awaiting_consent"), ("Mode", "blind_first")]
    {
        let words = schemas[name]["enum"].as_array().unwrap_or_else(|| panic!("{name}: {}", schemas[name]));
        assert!(words.contains(&json!(word)), "{name}: {words:?}");
    }
    let text = document.to_string();
    for rest in text.split("#/components/schemas/").skip(1) {
        let name = rest.split('"').next().expect("a name");
        assert!(schemas.get(name).is_some(), "{name} is referred to and not there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_what_its_scopes_say_and_its_secret_is_shown_once() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        let made = service.admin.post("/api/v1/tokens", json!({"name": "ci", "scopes": ["read"], "days": 1}));
        let made = made.await.expect(201);
        let reader = Actor { token: made["secret"].as_str().map(str::to_owned), ..service.admin.clone() };
        reader.get("/api/v1/rubrics").await.expect(200);
        reader.send("POST", "/api/v1/rubrics", &[("content-type", "application/toml")], b"").await.expect(403);
        reader.post("/api/v1/tokens", json!({"name": "more", "scopes": ["write"], "days": 1})).await.expect(403);
        let listed = service.admin.get("/api/v1/tokens").await;
        assert!(!listed.text.contains(made["secret"].as_str().expect("a secret")));
        let id = made["token"]["id"].as_str().expect("an id");
        service.admin.send("DELETE", &format!("/api/v1/tokens/{id}"), &[], b"").await.expect(204);
        reader.get("/api/v1/rubrics").await.expect(401);
        service.admin.post("/api/v1/tokens", json!({"name": "x", "scopes": ["read"], "days": 900})).await.expect(422);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_needs_its_csrf_token_for_changes_and_ends_at_signing_out() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    let nobody = &service.nobody;
    let signed = nobody.post("/api/v1/session", json!({"email": "admin@example.org", "password": PASSWORD})).await;
    let cookie = signed.header("set-cookie").expect("a cookie").to_owned();
    for part in ["__Host-earmark=", "Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    let cookie = cookie.split(';').next().expect("its value").to_owned();
    let csrf = signed.json()["csrf_token"].as_str().expect("a token").to_owned();
    let with = [("cookie", cookie.as_str())];
    nobody.send("GET", "/api/v1/session", &with, b"").await.expect(200);
    nobody.send("DELETE", "/api/v1/session", &with, b"").await.expect(403);
    let sessions = nobody.send("GET", "/api/v1/sessions", &with, b"").await.expect(200);
    assert_eq!(sessions.as_array().expect("a list").len(), 2);
    let with = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
    nobody.send("DELETE", "/api/v1/session", &with, b"").await.expect(204);
    nobody.send("GET", "/api/v1/session", &with, b"").await.expect(401);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_link_works_once() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    let body = json!({"secret": "the set-up secret", "email": "b@example.org", "name": "B", "password": PASSWORD});
    service.nobody.post("/api/v1/setup", body).await.expect(404);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_wrong_passwords_block_an_account_and_look_like_any_other_failure() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        let sign_in = |email: &str, password: &str| {
            let (nobody, body) = (service.nobody.clone(), json!({"email": email, "password": password}));
            async move { nobody.post("/api/v1/session", body).await }
        };
        let unknown = sign_in("who@example.org", PASSWORD).await.expect(401);
        for _ in 0..8 {
            assert_eq!(sign_in("admin@example.org", "wrong wrong wrong").await.expect(401), unknown);
        }
        assert_eq!(sign_in("admin@example.org", PASSWORD).await.expect(401), unknown);
        let person = service.admin.get(&format!("/api/v1/people/{}", service.admin.id)).await.expect(200);
        assert!(person["locked_until"].is_string());
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_attempts_to_sign_in_from_one_address_wait() {
    let settings = ServiceSettings { workers: 0, signins_per_minute: 4, ..ServiceSettings::default() };
    let service = Service::with(sqlite(), settings).await;
    let mut last = 0;
    // The minute may turn once in between, which begins the count anew.
    for _ in 0..10 {
        last = service.nobody.post("/api/v1/session", json!({"email": "a@b", "password": "x"})).await.status;
        if last == 429 {
            break;
        }
    }
    assert_eq!(last, 429);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays_and_whoever_is_put_out_is_out_at_once() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        let path = format!("/api/v1/people/{}", service.admin.id);
        service.admin.change("PATCH", &path, json!({"role": "author"})).await.expect(409);
        let ines = service.person("interviewer", "ines").await;
        let path = format!("/api/v1/people/{}", ines.id);
        service.admin.change("PATCH", &path, json!({"is_active": false})).await.expect(200);
        ines.get("/api/v1/rubrics").await.expect(401);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn interviewers_see_only_what_is_assigned_to_them() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        service.rubric().await;
        let (ines, omar) = (service.person("interviewer", "ines").await, service.person("interviewer", "omar").await);
        let id = ines.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.id();
        let path = format!("/api/v1/interviews/{id}");
        omar.get(&path).await.expect(404);
        assert_eq!(omar.get("/api/v1/interviews").await.expect(200)["items"], json!([]));
        let people = json!({"people": [omar.id]});
        service.admin.change("PUT", &format!("{path}/interviewers"), people).await.expect(200);
        omar.get(&path).await.expect(200);
        ines.get(&path).await.expect(404);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_each_client_has_its_own_attempts() {
    let trusted_proxies = vec!["127.0.0.1/32".parse().expect("a network")];
    let settings = ServiceSettings { workers: 0, signins_per_minute: 4, trusted_proxies, ..ServiceSettings::default() };
    let service = Service::with(sqlite(), settings).await;
    let body = json!({"email": "a@b", "password": "x"});
    let from = |client: &'static str| {
        let (nobody, body) = (service.nobody.clone(), body.clone());
        async move { nobody.json("POST", "/api/v1/session", &[("x-forwarded-for", client)], &body).await.status }
    };
    let mut last = 0;
    // The minute may turn once in between, which begins the count anew.
    for _ in 0..10 {
        last = from("203.0.113.1").await;
        if last == 429 {
            break;
        }
    }
    assert_eq!(last, 429);
    assert_eq!(from("203.0.113.2").await, 401);
    service.end().await;
}
