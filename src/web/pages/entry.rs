//! Coming in and going out: sign-in, set-up, sign-out.

use super::form::Filled;
use super::{Shell, Visitor, html, is_local, language, see};
use crate::web::api::Api;
use crate::web::api::client::Client;
use crate::web::api::input::Sent;
use crate::web::api::signin::{self, Credentials, SetUp};
use crate::web::problem::Failure;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "pages/signin.html")]
struct SignInPage {
    shell: Shell,
    next: String,
    email: String,
    message: Option<String>,
    refused: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/setup.html")]
struct SetUpPage {
    shell: Shell,
    secret: String,
    email: String,
    name: String,
    refused: Option<String>,
}

fn next_of(query: Option<&str>) -> String {
    query.filter(|next| is_local(next)).unwrap_or("/").to_owned()
}

pub(super) async fn sign_in_page(
    State(api): State<Api>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Failure> {
    if api.store.is_new().await? {
        return Ok(see("/setup"));
    }
    let t = language(&headers);
    let message = query.contains_key("made").then(|| t.set_up_done.to_owned());
    let next = next_of(query.get("next").map(String::as_str));
    let shell = Shell::open(&headers, t.sign_in);
    html(&SignInPage { shell, next, email: String::new(), message, refused: None }, None)
}

pub(super) async fn sign_in(
    state: State<Api>,
    from: Client,
    headers: HeaderMap,
    filled: Filled,
) -> Result<Response, Failure> {
    let email = filled.text("email").unwrap_or_default();
    let password = filled.text("password").unwrap_or_default();
    let next = next_of(filled.get("next"));
    let sent = Sent(Credentials { email: email.clone(), password });
    match signin::sign_in(state, from, headers.clone(), sent).await {
        Ok(signed) => {
            let mut response = see(&next);
            for cookie in signed.headers().get_all(header::SET_COOKIE) {
                response.headers_mut().append(header::SET_COOKIE, cookie.clone());
            }
            Ok(response)
        }
        Err(failure @ (Failure::SignInRefused | Failure::TooMany(_))) => {
            let refused = Some(failure.told());
            let shell = Shell::open(&headers, language(&headers).sign_in);
            let mut response = html(&SignInPage { shell, next, email, message: None, refused }, None)?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
        Err(other) => Err(other),
    }
}

pub(super) async fn set_up_page(State(api): State<Api>, headers: HeaderMap) -> Result<Response, Failure> {
    if !api.store.is_new().await? {
        return Ok(see("/signin"));
    }
    let shell = Shell::open(&headers, language(&headers).set_up);
    let [secret, email, name] = [const { String::new() }; 3];
    html(&SetUpPage { shell, secret, email, name, refused: None }, None)
}

pub(super) async fn set_up(
    state: State<Api>,
    from: Client,
    headers: HeaderMap,
    filled: Filled,
) -> Result<Response, Failure> {
    let field = |name| filled.text(name).unwrap_or_default();
    let (secret, email, name) = (field("secret"), field("email"), field("name"));
    let sent = SetUp { secret: secret.clone(), email: email.clone(), name: name.clone(), password: field("password") };
    match signin::set_up(state, from, Sent(sent)).await {
        Ok(_) => Ok(see("/signin?made")),
        Err(failure @ (Failure::Unfit(_) | Failure::Missing(_) | Failure::TooMany(_))) => {
            let shell = Shell::open(&headers, language(&headers).set_up);
            let page = SetUpPage { shell, secret, email, name, refused: Some(failure.told()) };
            let mut response = html(&page, None)?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
        Err(other) => Err(other),
    }
}

pub(super) async fn sign_out(state: State<Api>, visitor: Visitor, _: Filled) -> Result<Response, Failure> {
    let ended = signin::sign_out(state, visitor.caller).await?;
    let mut response = see("/signin").into_response();
    for cookie in ended.headers().get_all(header::SET_COOKIE) {
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    Ok(response)
}
