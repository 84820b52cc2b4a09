//! Signing in elsewhere: with the operator's `OpenID` Connect provider.
//!
//! The provider says who it is; what they may do is said here. Who has no account is let in only where the operator has said
//! in which role. Between leaving and coming back everything hangs on one cookie: it is sent along when a browser comes from
//! the provider's pages (`Lax`), unlike that of the session, and it is of use once.

use super::Api;
use super::client::Client;
use super::gate::{cookie_of, csrf_of, with_cookie};
use super::input::line;
use super::signin::{SignedIn, begin, new_person};
use crate::endpoint::{Identity, IdentityError, Passage};
use crate::store::{Person, StoreError};
use crate::web::problem::Failure;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cookie::SameSite;
use serde::Deserialize;
use utoipa::IntoParams;

/// The path to which the provider sends people back.
pub const WAY_BACK: &str = "/api/v1/session/elsewhere/back";
/// The cookie of somebody who is at the provider.
const COOKIE: &str = "__Host-earmark-elsewhere";
/// For how long it is of use, in minutes.
const LASTS: i64 = 10;

/// The session's cookie is not sent with a page that another host's page led to; with one that this page leads to, it is.
const ONWARD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Earmark</title>\
                      <meta http-equiv=\"refresh\" content=\"0;url=/\"><p><a href=\"/\">You are signed in.</a></p></html>";

/// What the provider sends back. Providers add to it what they like.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Back {
    /// To be exchanged for a word on who it is.
    code: Option<String>,
    /// What was sent along.
    state: Option<String>,
    /// Why the provider let nobody in.
    error: Option<String>,
    /// The provider (RFC 9207).
    iss: Option<String>,
}

/// Go to sign in elsewhere
///
/// Sends a browser to the `OpenID` Connect provider that is set with `oidc_issuer`.
#[utoipa::path(get, path = "/api/v1/session/elsewhere", tag = "people",
    responses((status = 303, description = "To the provider"), (status = 404, description = "There is none")))]
pub(super) async fn leave(State(api): State<Api>, Client(from): Client) -> Result<Response, Failure> {
    let (provider, _) = api.provider.as_deref().ok_or(Failure::Missing("identity provider"))?;
    api.attempts.count(&api.store, from, api.store.edge().now().millis()).await?;
    let secret = api.store.edge().secret("");
    let way = provider.way_there(&Passage::of(&secret)).await?;
    let response = (StatusCode::SEE_OTHER, [(header::LOCATION, way)]).into_response();
    Ok(with_cookie(response, COOKIE, secret, SameSite::Lax, LASTS))
}

/// Come back from signing in elsewhere
#[utoipa::path(get, path = "/api/v1/session/elsewhere/back", tag = "people", params(Back),
    responses((status = 200, description = "The session; its secret is in the cookie", content(
        (SignedIn = "application/json"), (String = "text/html")))))]
pub(super) async fn come_back(
    State(api): State<Api>,
    Client(from): Client,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response, Failure> {
    let (provider, _) = api.provider.as_deref().ok_or(Failure::Missing("identity provider"))?;
    let now = api.store.edge().now().millis();
    api.attempts.count(&api.store, from, now).await?;
    let refused = |why: &str| Failure::NotLetIn(why.to_owned());
    let passage = cookie_of(&headers, COOKIE).map(|secret| Passage::of(&secret));
    let passage = passage.filter(|passage| back.state.as_deref() == Some(passage.state().as_str()));
    let passage = passage.ok_or_else(|| refused("this was not begun in this browser, or too long ago: begin again"))?;
    if back.iss.as_deref().is_some_and(|iss| iss != provider.issuer()) {
        return Err(refused("another provider answered than was asked"));
    }
    if let Some(error) = &back.error {
        tracing::info!(error = line(error, "error", 100).unwrap_or_default(), "the identity provider let nobody in");
        return Err(refused("the identity provider did not let you in"));
    }
    let code = back.code.as_deref().ok_or_else(|| refused("the identity provider sent no code"))?;
    let identity = provider.who(&passage, code, now.unsigned_abs()).await?;
    let person = known_or_new(&api, provider.issuer(), &identity).await?;
    let secret = begin(&api, &person, &headers).await?;
    let wants_page =
        headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|v| v.contains("text/html"));
    let csrf_token = Some(csrf_of(&secret));
    let response = if wants_page {
        ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], ONWARD).into_response()
    } else {
        Json(SignedIn { person, csrf_token }).into_response()
    };
    let response =
        with_cookie(response, super::gate::COOKIE, secret, SameSite::Strict, api.settings.session_hours * 60);
    Ok(with_cookie(response, COOKIE, String::new(), SameSite::Lax, 0))
}

/// By what the provider calls them, which stays; the first time, by their verified address, which ties the two. An address
/// that the provider has since given to somebody else leads nobody into the account of whoever had it before.
async fn known_or_new(api: &Api, issuer: &str, identity: &Identity) -> Result<Person, Failure> {
    let refused = |why: &str| Failure::NotLetIn(why.to_owned());
    // Wrong passwords block signing in with a password; here none is guessed.
    let open = |person: Person| if person.is_active { Ok(person) } else { Err(refused("this account is ended")) };
    if let Some(known) = api.store.person_elsewhere(issuer, &identity.subject).await? {
        return open(known);
    }
    let email = identity.email.as_deref();
    let email = email.ok_or_else(|| refused("the identity provider knows no verified e-mail address of you"))?;
    let person = if let Some(known) = api.store.sign_in(email).await? {
        open(known.person)?
    } else {
        let role = api.provider.as_deref().and_then(|(_, role)| *role);
        let role = role.ok_or_else(|| refused("you have no account here: ask an administrator for one"))?;
        let new = new_person(api, email, identity.name.as_deref().unwrap_or(email), role, None).await?;
        api.store.add_person("identity provider", &new).await?
    };
    match api.store.tie_person(&person.id, issuer, &identity.subject).await {
        Err(StoreError::Refused(_)) => Err(refused(
            "this address belonged to another identity when it was last used here: an administrator can end the account and open it again",
        )),
        tied => Ok(tied.map(|()| person)?),
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        tracing::warn!(%error, "signing in elsewhere failed");
        match error {
            IdentityError::Away(_) => Self::Busy(10),
            IdentityError::Refused(_) => {
                Self::NotLetIn("what the identity provider says of you does not hold: begin again".into())
            }
        }
    }
}
