//! People, their sessions and their tokens.

use super::Api;
use super::gate::Caller;
use super::input::{Based, Sent, id, line, tagged};
use super::signin::{hashed, new_person};
use crate::store::{ApiToken, Moment, Person, PersonRole, Scope, Session};
use crate::web::problem::Failure;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest life of a token, in days.
const LONGEST_TOKEN: i64 = 366;
const DAY: i64 = 86_400_000;

/// A person to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct AddPerson {
    pub(in crate::web) email: String,
    pub(in crate::web) name: String,
    pub(in crate::web) role: PersonRole,
    /// 12 to 200 characters.
    pub(in crate::web) password: String,
}

/// What is to be changed about a person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct ChangePerson {
    pub(in crate::web) role: Option<PersonRole>,
    /// Whether they may sign in.
    pub(in crate::web) is_active: Option<bool>,
    /// A new password; ends all their sessions and tokens.
    pub(in crate::web) password: Option<String>,
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct AddToken {
    /// What it is for.
    pub(in crate::web) name: String,
    pub(in crate::web) scopes: Vec<Scope>,
    /// Days until it ends, 1 to 366.
    #[schema(minimum = 1, maximum = 366)]
    pub(in crate::web) days: i64,
}

/// A token with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct NewToken {
    pub(in crate::web) token: ApiToken,
    /// To be sent as `Authorization: Bearer ...`.
    pub(in crate::web) secret: String,
}

/// Everybody
#[utoipa::path(get, path = "/api/v1/people", tag = "people",
    responses((status = 200, body = Vec<Person>, description = "By the time they were added")))]
pub(in crate::web) async fn list(State(api): State<Api>) -> Result<Json<Vec<Person>>, Failure> {
    Ok(Json(api.store.people().await?))
}

/// Add a person
#[utoipa::path(post, path = "/api/v1/people", tag = "people", request_body = AddPerson,
    responses((status = 201, body = Person, description = "The person")))]
pub(in crate::web) async fn add(
    State(api): State<Api>,
    caller: Caller,
    Sent(sent): Sent<AddPerson>,
) -> Result<(StatusCode, Json<Person>), Failure> {
    let new = new_person(&api, &sent.email, &sent.name, sent.role, Some(&sent.password)).await?;
    Ok((StatusCode::CREATED, Json(api.store.add_person(&caller.0.person.id, &new).await?)))
}

/// One person
#[utoipa::path(get, path = "/api/v1/people/{id}", tag = "people", params(("id" = String, Path)),
    responses((status = 200, body = Person, description = "The person")))]
pub(in crate::web) async fn one(State(api): State<Api>, Path(person): Path<String>) -> Result<Response, Failure> {
    let person = api.store.person(id(&person, "person")?).await?;
    Ok(tagged(person.version, person))
}

/// Change a person's role, password, or whether they may sign in
#[utoipa::path(patch, path = "/api/v1/people/{id}", tag = "people", request_body = ChangePerson,
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Person, description = "The person")))]
pub(in crate::web) async fn change(
    State(api): State<Api>,
    caller: Caller,
    Path(person): Path<String>,
    Based(version): Based,
    Sent(sent): Sent<ChangePerson>,
) -> Result<Response, Failure> {
    let person = id(&person, "person")?;
    let password = match &sent.password {
        Some(password) => Some(hashed(&api, password).await?),
        None => None,
    };
    let actor = &caller.0.person.id;
    let changed = api.store.set_person(actor, person, version, sent.role, sent.is_active, password.as_deref()).await?;
    Ok(tagged(changed.version, changed))
}

/// Your sessions
#[utoipa::path(get, path = "/api/v1/sessions", tag = "people",
    responses((status = 200, body = Vec<Session>, description = "Those that hold")))]
pub(in crate::web) async fn sessions(State(api): State<Api>, caller: Caller) -> Result<Json<Vec<Session>>, Failure> {
    Ok(Json(api.store.sessions(&caller.0.person.id).await?))
}

/// End one of your sessions
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "people", params(("id" = String, Path)),
    responses((status = 204, description = "Ended")))]
pub(in crate::web) async fn end_session(
    State(api): State<Api>,
    caller: Caller,
    Path(session): Path<String>,
) -> Result<StatusCode, Failure> {
    api.store.end_session(&caller.0.person.id, id(&session, "session")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Your API tokens, without their secrets
#[utoipa::path(get, path = "/api/v1/tokens", tag = "people",
    responses((status = 200, body = Vec<ApiToken>, description = "Those that hold")))]
pub(in crate::web) async fn tokens(State(api): State<Api>, caller: Caller) -> Result<Json<Vec<ApiToken>>, Failure> {
    Ok(Json(api.store.tokens(&caller.0.person.id).await?))
}

/// Make an API token
#[utoipa::path(post, path = "/api/v1/tokens", tag = "people", request_body = AddToken,
    responses((status = 201, body = NewToken, description = "The token; its secret is shown this once")))]
pub(in crate::web) async fn add_token(
    State(api): State<Api>,
    caller: Caller,
    Sent(sent): Sent<AddToken>,
) -> Result<Response, Failure> {
    Ok((StatusCode::CREATED, Json(made_token(&api, &caller, sent).await?)).into_response())
}

/// Makes a token for whoever asks.
pub(in crate::web) async fn made_token(api: &Api, caller: &Caller, sent: AddToken) -> Result<NewToken, Failure> {
    let name = line(&sent.name, "name", 100)?;
    if sent.scopes.is_empty() || !(1..=LONGEST_TOKEN).contains(&sent.days) {
        return Err(Failure::Unfit(format!("a token has at least one scope and 1 to {LONGEST_TOKEN} days")));
    }
    // A token must not make one that may do more.
    if let Some(own) = &caller.0.scopes
        && sent.scopes.iter().any(|scope| !own.contains(scope))
    {
        return Err(Failure::NotAllowed("a token makes no token with more scopes than its own".into()));
    }
    let secret = api.store.edge().secret("earmark_");
    let ends: Moment = api.store.edge().now().after(sent.days * DAY);
    let token = api.store.add_token(&caller.0.person.id, &secret, &name, &sent.scopes, &ends).await?;
    Ok(NewToken { token, secret })
}

/// End one of your tokens
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "people", params(("id" = String, Path)),
    responses((status = 204, description = "Ended")))]
pub(in crate::web) async fn end_token(
    State(api): State<Api>,
    caller: Caller,
    Path(token): Path<String>,
) -> Result<StatusCode, Failure> {
    api.store.end_token(&caller.0.person.id, id(&token, "token")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
