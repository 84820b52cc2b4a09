//! Speaks to a server with OpenAI's HTTP interface: one request, tried again where that can help, within the limits.
//!
//! Hides async-openai and reqwest, and mends what hurts with them: there is no time-out by default; their retries leave
//! out time-outs, dropped connections and every 429 whose body is not OpenAI's; `Retry-After` has no upper bound; and
//! error bodies are logged. Here each attempt is our own, so status and header of every answer are known, whatever its
//! body is. No message holds the key.
//!
//! [`Courier`] posts to receivers that somebody has set, and to none that lies inside a private network.
//! [`IdentityProvider`] learns from an `OpenID` Connect provider who somebody is; [`Traces`] sends traces to a
//! collector.

mod client;
mod hook;
mod identity;
mod limit;
mod shared;
mod traces;

use crate::domain::Digest;
use client::{Miss, Service, Transport};
use limit::Limit;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use thiserror::Error;

pub use client::{ChatReply, Choice, EmbeddingReply, Message, ScoredToken, TokenLogProb, Usage};
pub use hook::{Courier, Undelivered};
pub use identity::{Identity, IdentityError, IdentityProvider, IdentitySettings, Passage};
pub use shared::Shared;
pub use traces::Traces;

/// `OpenAI`'s own server.
pub const OPENAI: &str = "https://api.openai.com/v1";

/// Where the server is and how it may be used.
#[derive(Debug, Clone)]
pub struct EndpointSettings {
    /// The address under which `/chat/completions` lies, such as `http://localhost:11434/v1`.
    pub base_url: String,
    /// The key, if the server wants one.
    pub key: Option<SecretString>,
    /// How long one attempt may take, from connecting to the last byte.
    pub timeout: Duration,
    /// How often a request that failed in passing is tried again.
    pub retries: u32,
    /// The first pause before another attempt; each further one is twice as long.
    pub backoff: Duration,
    /// The longest pause, whatever the server's `Retry-After` says.
    pub longest_pause: Duration,
    /// Requests that may be under way at the same time.
    pub in_flight: usize,
    /// Requests within any minute.
    pub requests_per_minute: Option<u64>,
    /// Tokens within any minute, as counted before sending.
    pub tokens_per_minute: Option<u64>,
    /// Where several processes share the limits of a minute: is asked with a request's tokens, and answers when the request
    /// may be sent. The two limits above are then for it to hold.
    pub turns: Option<Shared<u64, ()>>,
}

impl Default for EndpointSettings {
    fn default() -> Self {
        Self {
            base_url: OPENAI.into(),
            key: None,
            timeout: Duration::from_mins(1),
            retries: 4,
            backoff: Duration::from_millis(500),
            longest_pause: Duration::from_mins(1),
            in_flight: 8,
            requests_per_minute: None,
            tokens_per_minute: None,
            turns: None,
        }
    }
}

/// Why a request was not answered; each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EndpointError {
    /// What is set cannot be right.
    #[error("the endpoint's settings cannot be used: {0}")]
    Settings(String),
    /// The key is wrong, or missing.
    #[error(
        "{url} refuses {}: set OPENAI_API_KEY to a key that this server accepts{}",
        if *.with_key { "the key" } else { "requests without a key" }, its_words(.said)
    )]
    Refused {
        /// The base URL.
        url: String,
        /// Whether a key was sent.
        with_key: bool,
        /// What the server says.
        said: String,
    },
    /// The account has nothing left.
    #[error("the account at {url} has no quota left: see its billing page{}", its_words(.said))]
    Quota {
        /// The base URL.
        url: String,
        /// What the server says.
        said: String,
    },
    /// The server does not have the model.
    #[error("{url} has no model {model:?}: name one that it has with --model{}", its_words(.said))]
    NoModel {
        /// The base URL.
        url: String,
        /// The model asked for.
        model: String,
        /// What the server says.
        said: String,
    },
    /// What answers is no such server.
    #[error(
        "{url} is not an OpenAI-compatible endpoint ({what}): set --base-url to its address, which often ends in /v1"
    )]
    NotAnApi {
        /// The base URL.
        url: String,
        /// What came instead.
        what: String,
    },
    /// The request itself is not to the server's liking.
    #[error("{url} rejects the request{}", its_words(.said))]
    Rejected {
        /// The base URL.
        url: String,
        /// What the server says.
        said: String,
    },
    /// Nothing listens there, or the connection broke, each time.
    #[error("no answer from {url}: check that the server runs and that this is its address{}", its_words(.said))]
    Unreachable {
        /// The base URL.
        url: String,
        /// What the client says.
        said: String,
    },
    /// No whole answer in time, each time.
    #[error("{url} gave no answer within {seconds} s: allow more with --timeout, or fewer requests with --in-flight")]
    TimedOut {
        /// The base URL.
        url: String,
        /// The time-out.
        seconds: u64,
    },
    /// The server said each time that it is too busy, or failed.
    #[error("{url} answered with status {status} each time{}", its_words(.said))]
    Failing {
        /// The base URL.
        url: String,
        /// The last status.
        status: u16,
        /// What the server says.
        said: String,
    },
    /// The answer is no JSON of the expected kind, each time.
    #[error("{url} gave an answer that cannot be read: {what}")]
    Unreadable {
        /// The base URL.
        url: String,
        /// What is wrong with it.
        what: String,
    },
}

fn its_words(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(" (it says: {said})") }
}

impl EndpointError {
    /// Whether every other request would fail in the same way, so that a person has to act first.
    #[must_use]
    pub fn is_for_all(&self) -> bool {
        matches!(
            self,
            Self::Settings(_)
                | Self::Refused { .. }
                | Self::Quota { .. }
                | Self::NoModel { .. }
                | Self::NotAnApi { .. }
        )
    }
}

/// A server with `OpenAI`'s HTTP interface. Meant to be made once and shared.
pub struct Endpoint {
    settings: EndpointSettings,
    transport: Transport,
    limit: Limit,
    health: Mutex<Health>,
}

/// Requests that failed one after another, after all their attempts.
#[derive(Default)]
struct Health {
    failed: u32,
    given_up: Option<EndpointError>,
}

/// After so many requests in a row have failed for good, the rest are not tried: the server is gone.
const GIVE_UP_AFTER: u32 = 3;
/// Longest piece of a server's words in a message.
const SAID_AT_MOST: usize = 240;

impl Endpoint {
    /// Connects to nothing yet. Must be used within a Tokio runtime that has timers and I/O.
    ///
    /// # Errors
    /// [`EndpointError::Settings`] when the address or the key cannot be right.
    pub fn new(mut settings: EndpointSettings) -> Result<Self, EndpointError> {
        let wrong = |what: &str| EndpointError::Settings(what.to_owned());
        settings.base_url = String::from(settings.base_url.trim().trim_end_matches('/'));
        let rest = ["http://", "https://"].iter().find_map(|scheme| settings.base_url.strip_prefix(scheme));
        let host = rest.and_then(|rest| rest.split('/').next()).filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| wrong("the base URL begins with http:// or https:// and a host"))?;
        if host.contains('@') || settings.base_url.contains(['?', '#', ' ']) {
            return Err(wrong("the base URL has no user name, no query and no spaces"));
        }
        settings.key = settings.key.filter(|key| !key.expose_secret().trim().is_empty());
        // Checked here because the client would panic on it.
        if settings.key.as_ref().is_some_and(|key| !key.expose_secret().bytes().all(|b| b.is_ascii_graphic())) {
            return Err(wrong("a key has visible ASCII characters only"));
        }
        if settings.in_flight == 0 || settings.requests_per_minute == Some(0) || settings.tokens_per_minute == Some(0) {
            return Err(wrong("a limit of 0 would let nothing through"));
        }
        let transport = Transport::new(&settings).map_err(EndpointError::Settings)?;
        let limit = match settings.turns.clone() {
            Some(turns) => Limit::shared(settings.in_flight, turns),
            None => Limit::new(settings.in_flight, settings.requests_per_minute, settings.tokens_per_minute),
        };
        Ok(Self { settings, transport, limit, health: Mutex::default() })
    }

    /// The base URL, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.settings.base_url
    }

    /// Whether this is `OpenAI`'s own server, whose parameters differ in places from everybody else's.
    #[must_use]
    pub fn is_openai(&self) -> bool {
        self.settings.base_url == OPENAI
    }

    /// One chat completion. `tokens` is what the request will cost, for the limit per minute.
    ///
    /// # Errors
    /// [`EndpointError`] when there is none after all attempts.
    pub async fn chat(&self, body: &Value, tokens: u64) -> Result<ChatReply, EndpointError> {
        self.send(Service::Chat, body, tokens).await
    }

    /// Vectors of some texts.
    ///
    /// # Errors
    /// [`EndpointError`] when there are none after all attempts.
    pub async fn embeddings(&self, body: &Value, tokens: u64) -> Result<EmbeddingReply, EndpointError> {
        self.send(Service::Embeddings, body, tokens).await
    }

    async fn send<T: DeserializeOwned>(&self, service: Service, body: &Value, tokens: u64) -> Result<T, EndpointError> {
        let mut attempt = 0;
        loop {
            let miss = {
                let _permit = self.limit.admit(tokens).await;
                if let Some(error) = self.health().given_up.clone() {
                    return Err(error);
                }
                match self.transport.post(service, body).await {
                    Ok(reply) => {
                        self.health().failed = 0;
                        return Ok(reply);
                    }
                    Err(miss) => miss,
                }
            };
            if !miss.is_passing() || attempt == self.settings.retries {
                let error = self.explained(miss, body);
                self.note(&error);
                return Err(error);
            }
            tokio::time::sleep(self.pause(attempt, &miss, body)).await;
            attempt += 1;
        }
    }

    /// Tries the server again after it was given up: for a process that goes on for longer than servers stay away.
    pub fn hope(&self) {
        *self.health() = Health::default();
    }

    fn health(&self) -> std::sync::MutexGuard<'_, Health> {
        // Only whole values are written, so a panic elsewhere leaves nothing half done.
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, error: &EndpointError) {
        let mut health = self.health();
        if matches!(error, EndpointError::Rejected { .. }) {
            return;
        }
        health.failed += 1;
        if error.is_for_all() || health.failed >= GIVE_UP_AFTER {
            health.given_up.get_or_insert_with(|| error.clone());
        }
    }

    /// As long as the server asks for; otherwise doubling, with up to a half more so that requests that failed together
    /// do not come back together. The share comes from the request and the attempt: no clock and no random source.
    fn pause(&self, attempt: u32, miss: &Miss, body: &Value) -> Duration {
        let pause = miss.retry_after().unwrap_or_else(|| {
            let base = self.settings.backoff.saturating_mul(2_u32.saturating_pow(attempt));
            let digest = Digest::of(format!("{attempt} {body}").as_bytes());
            let share = u32::from_str_radix(&digest.as_str()[..4], 16).unwrap_or_default();
            base + base.mul_f64(f64::from(share) / f64::from(0xffff_u32) / 2.0)
        });
        pause.min(self.settings.longest_pause)
    }

    fn explained(&self, miss: Miss, body: &Value) -> EndpointError {
        let url = self.settings.base_url.clone();
        match miss {
            Miss::TimedOut => EndpointError::TimedOut { url, seconds: self.settings.timeout.as_secs() },
            Miss::Broken(said) => EndpointError::Unreachable { url, said: self.clean(&said) },
            Miss::Unreadable { body, .. } if is_page(&body) => {
                EndpointError::NotAnApi { url, what: "a web page came back".into() }
            }
            Miss::Unreadable { what, .. } => EndpointError::Unreadable { url, what: self.clean(&what) },
            Miss::Status { status, body: answer, .. } => {
                let json: Option<Value> = serde_json::from_str(&answer).ok();
                let said = json.as_ref().map(message_of).unwrap_or_default();
                let said = self.clean(&said);
                let of_model = json.is_some() && said.to_lowercase().contains("model");
                let model = body.get("model").and_then(Value::as_str).unwrap_or_default().to_owned();
                let missing = ["not found", "does not exist", "not exist", "invalid model", "unknown model"];
                let no_such = of_model && missing.iter().any(|words| said.to_lowercase().contains(words));
                match status {
                    401 | 403 => EndpointError::Refused { url, with_key: self.settings.key.is_some(), said },
                    402 => EndpointError::Quota { url, said },
                    429 if answer.contains("insufficient_quota") => EndpointError::Quota { url, said },
                    404 if of_model => EndpointError::NoModel { url, model, said },
                    400 | 422 if no_such => EndpointError::NoModel { url, model, said },
                    300..=399 | 404 | 405 | 410 => {
                        let page = if is_page(&answer) { ", a web page" } else { "" };
                        EndpointError::NotAnApi { url, what: format!("status {status}{page}") }
                    }
                    status if is_passing(status) => {
                        // What is not JSON is a page of some proxy, and says nothing to anybody.
                        EndpointError::Failing { url, status, said }
                    }
                    _ => EndpointError::Rejected {
                        url,
                        said: if said.is_empty() { format!("status {status}") } else { said },
                    },
                }
            }
        }
    }

    /// A server's words in one short line, without the key, should it repeat it.
    fn clean(&self, said: &str) -> String {
        let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let line = match &self.settings.key {
            Some(key) => line.replace(key.expose_secret(), "[key]"),
            None => line,
        };
        let line: String = line.chars().filter(|c| !c.is_control()).collect();
        match line.char_indices().nth(SAID_AT_MOST) {
            Some((end, _)) => format!("{}...", &line[..end]),
            None => line,
        }
    }
}

/// Whether a status may be another one a moment later.
fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 409 | 425 | 429 | 500..=599)
}

fn is_page(body: &str) -> bool {
    body.trim_start().starts_with('<')
}

/// The message in an error body, wherever servers put it.
fn message_of(json: &Value) -> String {
    let error = json.get("error").unwrap_or(json);
    let words = [error.get("message"), error.get("detail"), json.get("detail"), json.get("message"), Some(error)];
    words.into_iter().flatten().find_map(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(settings: EndpointSettings) -> Endpoint {
        Endpoint::new(settings).expect("good settings")
    }

    #[test]
    fn what_cannot_be_an_address_or_a_key_is_refused_without_repeating_the_key() {
        for url in ["", "localhost:80", "ftp://x", "http://", "https://me:secret@host/v1", "http://host/v1?key=secret"]
        {
            let made = Endpoint::new(EndpointSettings { base_url: url.into(), ..EndpointSettings::default() });
            let error = made.err().expect("refused").to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        let key = Some(SecretString::from("sk-secret\n"));
        let error = Endpoint::new(EndpointSettings { key, ..EndpointSettings::default() }).err().expect("refused");
        assert!(!error.to_string().contains("sk-secret"));
    }

    #[test]
    fn a_pause_doubles_and_is_never_longer_than_allowed() {
        let it = endpoint(EndpointSettings { longest_pause: Duration::from_secs(5), ..EndpointSettings::default() });
        let body = Value::Null;
        for attempt in 0..3 {
            let pause = it.pause(attempt, &Miss::TimedOut, &body).as_secs_f64();
            let base = 0.5 * 2_f64.powi(attempt as i32);
            assert!((base..=base * 1.5).contains(&pause), "{pause}");
        }
        let asked = |seconds| Miss::Status {
            status: 429,
            retry_after: Some(Duration::from_secs(seconds)),
            body: String::new(),
        };
        assert_eq!(it.pause(0, &asked(2), &body), Duration::from_secs(2));
        assert_eq!(it.pause(0, &asked(86_400), &body), Duration::from_secs(5));
        assert_eq!(it.pause(40, &Miss::TimedOut, &body), Duration::from_secs(5));
    }

    #[test]
    fn a_server_that_repeats_the_key_does_not_get_it_into_a_message() {
        let key = Some(SecretString::from("sk-very-secret"));
        let it = endpoint(EndpointSettings { key, ..EndpointSettings::default() });
        let body = r#"{"error":{"message":"Incorrect API key provided: sk-very-secret."}}"#.to_owned();
        let error = it.explained(Miss::Status { status: 401, retry_after: None, body }, &Value::Null).to_string();
        assert!(error.contains("[key]") && !error.contains("very-secret"), "{error}");
    }
}
