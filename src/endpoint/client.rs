//! One attempt at one request. The only file that names async-openai and reqwest.

use super::{EndpointSettings, is_passing};
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// Longest error body that is looked at, in bytes.
const ERROR_BODY: usize = 16 * 1024;

/// A chat completion, as far as it is of use. Fields that servers leave out or invent values for do not fail it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ChatReply {
    /// The model as the server names it.
    #[serde(default)]
    pub model: Option<String>,
    /// What the model wrote; usually one, sometimes none.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// What it cost.
    #[serde(default)]
    pub usage: Option<Usage>,
}

/// One thing that a model wrote.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Choice {
    /// The words.
    #[serde(default)]
    pub message: Message,
    /// `stop`, `length`, `content_filter` or something of the server's own.
    #[serde(default)]
    pub finish_reason: Option<String>,
    /// The tokens with what else they might have been.
    #[serde(default)]
    pub logprobs: Option<LogProbs>,
}

/// The words of a choice.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Message {
    /// The text.
    #[serde(default)]
    pub content: Option<String>,
    /// Why the model would not answer.
    #[serde(default)]
    pub refusal: Option<String>,
}

/// Log probabilities of a choice.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct LogProbs {
    /// One entry for each token of the text.
    #[serde(default)]
    pub content: Option<Vec<TokenLogProb>>,
}

/// A token of the text.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct TokenLogProb {
    /// What it says.
    pub token: String,
    /// Natural logarithm of its probability.
    #[serde(default)]
    pub logprob: f64,
    /// The most probable tokens in its place, itself among them as a rule.
    #[serde(default)]
    pub top_logprobs: Vec<ScoredToken>,
}

/// A token that might have stood in a place.
#[derive(Debug, Clone, Deserialize)]
pub struct ScoredToken {
    /// What it says.
    pub token: String,
    /// Natural logarithm of its probability.
    pub logprob: f64,
}

/// Tokens that were used.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Usage {
    /// Those that were sent.
    #[serde(default)]
    pub prompt_tokens: u64,
    /// Those that were written.
    #[serde(default)]
    pub completion_tokens: u64,
}

/// Vectors of texts.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct EmbeddingReply {
    /// One entry for each text, in any order.
    #[serde(default)]
    pub data: Vec<EmbeddingRow>,
}

/// The vector of one text.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct EmbeddingRow {
    /// Which text.
    #[serde(default)]
    pub index: usize,
    /// Its numbers.
    pub embedding: Vec<f32>,
}

/// What is asked of the server.
#[derive(Debug, Clone, Copy)]
pub(super) enum Service {
    Chat,
    Embeddings,
}

/// Why an attempt gave nothing.
#[derive(Debug, Clone)]
pub(super) enum Miss {
    /// Any status but 2xx.
    Status { status: u16, retry_after: Option<Duration>, body: String },
    /// Not in time.
    TimedOut,
    /// No connection, or it broke.
    Broken(String),
    /// A body that is not what was asked for.
    Unreadable { what: String, body: String },
}

impl Miss {
    /// Whether another attempt may go better.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Status { status: 429, body, .. } => !body.contains("insufficient_quota"),
            Self::Status { status, .. } => is_passing(*status),
            Self::TimedOut | Self::Broken(_) => true,
            Self::Unreadable { body, .. } => !body.trim_start().starts_with('<'),
        }
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// The client with its settings.
pub(super) struct Transport {
    http: reqwest::Client,
    client: Client<OpenAIConfig>,
}

impl Transport {
    pub(super) fn new(settings: &EndpointSettings) -> Result<Self, String> {
        // Fails when another part of the process has installed one: then that one serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .timeout(settings.timeout)
            .connect_timeout(settings.timeout)
            // A redirect of a POST becomes a GET: better said than followed.
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(settings.in_flight);
        if settings.base_url.starts_with("http://") {
            // Without TLS the system's certificates are of no use, and reading them takes longer than an answer may.
            http = http.tls_certs_only([]);
        }
        if is_loopback(&settings.base_url) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| format!("no HTTP client: {}", error.without_url()))?;
        let key = settings.key.as_ref().map(|key| key.expose_secret().to_owned()).unwrap_or_default();
        // Each value is set, so that none comes from the environment behind the user's back.
        let config = OpenAIConfig::new().with_api_base(&settings.base_url).with_api_key(key);
        let config = config.with_org_id("").with_project_id("");
        Ok(Self { client: Client::build(http.clone(), config), http })
    }

    pub(super) async fn post<T: DeserializeOwned>(&self, service: Service, body: &Value) -> Result<T, Miss> {
        let attempt = Attempt { http: self.http.clone(), seen: Arc::default() };
        let seen = Arc::clone(&attempt.seen);
        let client = self.client.clone().with_http_service(attempt);
        let answer = match service {
            Service::Chat => client.chat().create_byot(body).await,
            Service::Embeddings => client.embeddings().create_byot(body).await,
        };
        answer.map_err(|error| {
            let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).take();
            seen.unwrap_or_else(|| miss(error))
        })
    }
}

/// A client for one host that connects to exactly these addresses, follows no redirect and asks no proxy.
pub(super) fn to(
    scheme: &str,
    host: &str,
    addresses: &[std::net::SocketAddr],
    patience: Duration,
) -> Result<reqwest::Client, String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut http = reqwest::Client::builder()
        .timeout(patience)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .resolve_to_addrs(host, addresses);
    if scheme == "http" {
        http = http.tls_certs_only([]);
    }
    http.build().map_err(|error| format!("no HTTP client: {}", error.without_url()))
}

/// A client for requests to the server at `url`, which follows no redirect.
pub(super) fn patient(url: &str, patience: Duration) -> Result<reqwest::Client, String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut http = reqwest::Client::builder().timeout(patience).redirect(reqwest::redirect::Policy::none());
    if url.starts_with("http://") {
        http = http.tls_certs_only([]);
    }
    if is_loopback(url) {
        http = http.no_proxy();
    }
    http.build().map_err(|error| format!("no HTTP client: {}", error.without_url()))
}

fn is_loopback(url: &str) -> bool {
    let host = url.split("://").nth(1).unwrap_or_default();
    ["localhost", "127.", "[::1]"].iter().any(|name| host.starts_with(name))
}

fn miss(error: OpenAIError) -> Miss {
    match error {
        OpenAIError::Reqwest(error) if error.is_timeout() => Miss::TimedOut,
        OpenAIError::Reqwest(error) => Miss::Broken(words_of(&error.without_url())),
        OpenAIError::JSONDeserialize(error, body) => Miss::Unreadable { what: error.to_string(), body },
        other => Miss::Unreadable { what: other.to_string(), body: String::new() },
    }
}

/// The innermost cause: "connection refused" says more than "error sending request".
pub(super) fn words_of(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// Sends a request once, and keeps what an unsuccessful answer was: the client would decode its body and drop the
/// rest.
#[derive(Clone)]
struct Attempt {
    http: reqwest::Client,
    seen: Arc<Mutex<Option<Miss>>>,
}

impl tower_service::Service<HttpRequestFactory> for Attempt {
    type Response = reqwest::Response;
    type Error = OpenAIError;
    type Future = Pin<Box<dyn Future<Output = Result<reqwest::Response, OpenAIError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequestFactory) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let mut response = this.http.execute(request.build().await?).await?;
            if response.status().is_success() {
                return Ok(response);
            }
            let (status, retry_after) = (response.status().as_u16(), retry_after(response.headers()));
            let mut body = Vec::new();
            while body.len() < ERROR_BODY
                && let Ok(Some(chunk)) = response.chunk().await
            {
                body.extend_from_slice(&chunk);
            }
            let body = String::from_utf8_lossy(&body).into_owned();
            *this.seen.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(Miss::Status { status, retry_after, body });
            Err(OpenAIError::InvalidArgument(format!("status {status}")))
        })
    }
}

/// How long the server asks to wait: in milliseconds, in seconds, or until a date, counted from the server's own.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    if let Some(ms) = text("retry-after-ms").and_then(number) {
        return Duration::try_from_secs_f64(ms / 1e3).ok();
    }
    let after = text("retry-after")?;
    if let Some(seconds) = number(after) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let (until, now) = (seconds_of(after)?, seconds_of(text("date")?)?);
    Some(Duration::from_secs(until.saturating_sub(now)))
}

/// Seconds since 1970 of a date as in RFC 9110, section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn seconds_of(date: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let parts: Vec<&str> = date.split([' ', ':']).filter(|part| !part.is_empty()).collect();
    let [_, day, month, year, hour, minute, second, "GMT"] = parts[..] else { return None };
    let number = |text: &str| text.parse::<u64>().ok();
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    // Days since 1970-01-01 in the proleptic Gregorian calendar, years counted from March.
    let year = number(year)?.checked_sub(u64::from(month <= 2))?;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * ((month + 9) % 12) + 2) / 5 + number(day)?;
    let days = days.checked_sub(719_469)?;
    Some(((days * 24 + number(hour)?) * 60 + number(minute)?) * 60 + number(second)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_can_be_asked_for_in_three_ways() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().expect("a header"));
            }
            retry_after(&headers).map(|pause| pause.as_millis())
        };
        assert_eq!(headers(&[("retry-after", "3")]), Some(3_000));
        assert_eq!(headers(&[("retry-after-ms", "250"), ("retry-after", "1")]), Some(250));
        let (now, then) = ("Tue, 29 Feb 2028 23:59:50 GMT", "Wed, 01 Mar 2028 00:00:05 GMT");
        assert_eq!(headers(&[("retry-after", then), ("date", now)]), Some(15_000));
        assert_eq!(headers(&[("retry-after", now), ("date", then)]), Some(0));
        for nonsense in ["-1", "soon", "NaN", "1e300"] {
            assert_eq!(headers(&[("retry-after", nonsense)]), None, "{nonsense}");
        }
    }

    #[test]
    fn dates_are_counted_from_1970() {
        assert_eq!(seconds_of("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        // RFC 9110's example, as date(1) counts it.
        assert_eq!(seconds_of("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
    }
}
