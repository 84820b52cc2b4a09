//! Setting up, signing in and out. A wrong address, a wrong password and a blocked account look the same from outside and
//! take the same time.

use super::Api;
use super::client::Client;
use super::gate::{COOKIE, Caller, csrf_of, session_of, with_cookie};
use super::input::{Sent, line};
use crate::store::{NewPerson, Person, PersonRole, Store};
use crate::web::problem::Failure;
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cookie::SameSite;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use utoipa::ToSchema;

/// Fewest and most characters of a password.
const PASSWORD: std::ops::RangeInclusive<usize> = 12..=200;
/// Addresses that are remembered; beyond it the minute begins anew for all.
const ADDRESSES: usize = 50_000;
const MINUTE: i64 = 60_000;

/// Attempts to sign in, by address, in the minute that is running.
pub(in crate::web) struct Attempts {
    most: u32,
    seen: Mutex<(i64, HashMap<IpAddr, u32>)>,
}

impl Attempts {
    pub(in crate::web) fn new(most: u32) -> Self {
        Self { most, seen: Mutex::default() }
    }

    /// Counts an attempt at `now` (in milliseconds), in this process first: a flood does not get as far as the database.
    pub(super) async fn count(&self, store: &Store, address: IpAddr, now: i64) -> Result<(), Failure> {
        self.count_here(address, now)?;
        let together = store.count_in_minute(&format!("sign-in {address}"), 1).await?;
        if together > i64::from(self.most) { Err(too_many(now)) } else { Ok(()) }
    }

    fn count_here(&self, address: IpAddr, now: i64) -> Result<(), Failure> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.0 != now / MINUTE || seen.1.len() > ADDRESSES {
            *seen = (now / MINUTE, HashMap::new());
        }
        let count = seen.1.entry(address).or_default();
        *count += 1;
        if *count > self.most { Err(too_many(now)) } else { Ok(()) }
    }
}

/// Until the next minute.
fn too_many(now: i64) -> Failure {
    Failure::TooMany(((MINUTE - now % MINUTE) / 1_000 + 1) as u64)
}

/// The first administrator, in exchange for the secret of the set-up link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct SetUp {
    /// The part of the set-up link after `#`.
    pub(in crate::web) secret: String,
    pub(in crate::web) email: String,
    pub(in crate::web) name: String,
    /// 12 to 200 characters.
    pub(in crate::web) password: String,
}

/// Who wants in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Credentials {
    pub(in crate::web) email: String,
    pub(in crate::web) password: String,
}

/// A session that has begun.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct SignedIn {
    pub(in crate::web) person: Person,
    /// To be sent in `X-CSRF-Token` with every change that the cookie is used for.
    pub(in crate::web) csrf_token: Option<String>,
}

/// Add the first administrator
#[utoipa::path(post, path = "/api/v1/setup", tag = "people", request_body = SetUp,
    responses((status = 201, body = Person, description = "The administrator")))]
pub(in crate::web) async fn set_up(
    State(api): State<Api>,
    Client(from): Client,
    Sent(sent): Sent<SetUp>,
) -> Result<(StatusCode, Json<Person>), Failure> {
    api.attempts.count(&api.store, from, api.store.edge().now().millis()).await?;
    let new = new_person(&api, &sent.email, &sent.name, PersonRole::Administrator, Some(&sent.password)).await?;
    Ok((StatusCode::CREATED, Json(api.store.set_up(&sent.secret, &new).await?)))
}

/// Sign in
#[utoipa::path(post, path = "/api/v1/session", tag = "people", request_body = Credentials,
    responses((status = 200, body = SignedIn, description = "The session; its secret is in the cookie")))]
pub(in crate::web) async fn sign_in(
    State(api): State<Api>,
    Client(from): Client,
    headers: HeaderMap,
    Sent(sent): Sent<Credentials>,
) -> Result<Response, Failure> {
    let now = api.store.edge().now();
    api.attempts.count(&api.store, from, now.millis()).await?;
    let known = api.store.sign_in(&sent.email).await?;
    let hash = known.as_ref().and_then(|known| known.password.clone());
    let fits = fits(&api, &sent.password, hash).await?;
    let Some(known) = known else { return Err(Failure::SignInRefused) };
    let person = known.person;
    let is_locked = person.locked_until.as_deref().is_some_and(|until| until > now.as_str());
    if is_locked || !person.is_active {
        return Err(Failure::SignInRefused);
    }
    if !fits {
        api.store.refuse_signin(&person.id).await?;
        return Err(Failure::SignInRefused);
    }
    let secret = begin(&api, &person, &headers).await?;
    let csrf_token = Some(csrf_of(&secret));
    let response = Json(SignedIn { person, csrf_token }).into_response();
    Ok(with_cookie(response, COOKIE, secret, SameSite::Strict, api.settings.session_hours * 60))
}

/// Begins a session of a person who has shown who they are, and gives its secret.
pub(super) async fn begin(api: &Api, person: &Person, headers: &HeaderMap) -> Result<String, Failure> {
    let secret = api.store.edge().secret("");
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or("unknown");
    let agent: String = agent.chars().take(200).collect();
    api.store.begin_session(&person.id, &secret, &agent, api.settings.session_hours * 3_600_000).await?;
    Ok(secret)
}

/// Who is signed in
#[utoipa::path(get, path = "/api/v1/session", tag = "people",
    responses((status = 200, body = SignedIn, description = "The person")))]
pub(in crate::web) async fn session(caller: Caller, headers: HeaderMap) -> Json<SignedIn> {
    let csrf_token = if caller.0.scopes.is_none() { session_of(&headers).map(|secret| csrf_of(&secret)) } else { None };
    Json(SignedIn { person: caller.0.person, csrf_token })
}

/// Sign out
#[utoipa::path(delete, path = "/api/v1/session", tag = "people",
    responses((status = 204, description = "Signed out")))]
pub(in crate::web) async fn sign_out(State(api): State<Api>, caller: Caller) -> Result<Response, Failure> {
    if caller.0.scopes.is_some() {
        return Err(Failure::Conflict("a token is ended with DELETE /api/v1/tokens/{id}".into()));
    }
    api.store.end_session(&caller.0.person.id, &caller.0.id).await?;
    Ok(with_cookie(StatusCode::NO_CONTENT.into_response(), COOKIE, String::new(), SameSite::Strict, 0))
}

/// Holds a new person to the rules and hashes the password.
pub(in crate::web) async fn new_person(
    api: &Api,
    email: &str,
    name: &str,
    role: PersonRole,
    password: Option<&str>,
) -> Result<NewPerson, Failure> {
    let email = line(email, "email", 254)?;
    let parts: Vec<&str> = email.split('@').collect();
    if parts.len() != 2 || parts.iter().any(|part| part.is_empty()) || email.contains(char::is_whitespace) {
        return Err(Failure::Unfit("email is an address such as name@example.org".into()));
    }
    let password = match password {
        Some(password) => Some(hashed(api, password).await?),
        None => None,
    };
    Ok(NewPerson { name: line(name, "name", 200)?, email, role, password })
}

/// The argon2id hash of a password, with a new salt.
pub(in crate::web) async fn hashed(api: &Api, password: &str) -> Result<String, Failure> {
    if !PASSWORD.contains(&password.chars().count()) {
        return Err(Failure::Unfit("a password has 12 to 200 characters".into()));
    }
    let salt = (api.store.edge().random)();
    let password = password.to_owned();
    on_a_thread(api, move || {
        let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt[..16]);
        hash.map(|hash| hash.to_string()).map_err(|error| Failure::Inside(error.to_string().into()))
    })
    .await?
}

/// Whether a password fits its hash. Without a hash a password is hashed all the same: the time must not tell.
async fn fits(api: &Api, password: &str, hash: Option<String>) -> Result<bool, Failure> {
    let password: String = password.chars().take(*PASSWORD.end()).collect();
    on_a_thread(api, move || {
        if let Some(hash) = hash {
            return Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok();
        }
        let _ = Argon2::default().hash_password_with_salt(password.as_bytes(), &[0; 16]);
        false
    })
    .await
}

async fn on_a_thread<T: Send + 'static>(api: &Api, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let _place = api.hashing.acquire().await.map_err(|error| Failure::Inside(error.into()))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::Inside(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_attempts_a_minute_and_others_have_their_own() {
        let attempts = Attempts::new(2);
        let (one, other) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        assert!(attempts.count_here(one, 0).is_ok() && attempts.count_here(one, 1).is_ok());
        assert!(matches!(attempts.count_here(one, 2_000), Err(Failure::TooMany(59))));
        assert!(attempts.count_here(other, 2_000).is_ok());
        assert!(attempts.count_here(one, MINUTE).is_ok());
    }
}
