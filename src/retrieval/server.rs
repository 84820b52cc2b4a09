//! A Qdrant server: where it is, how it may be used, and one call at a time, tried again where that can help. Hides the
//! client's way of reporting failures.

use super::RetrievalError;
use qdrant_client::{Qdrant, QdrantError};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use tonic::Code;

/// The pause before the second attempt; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(100);

/// Where a Qdrant server is and how it is used.
#[derive(Debug, Clone)]
pub struct QdrantSettings {
    /// The address of its gRPC port, such as `http://localhost:6334`; `https` for TLS, with the certificates that this
    /// machine trusts (`SSL_CERT_FILE` names others).
    pub url: String,
    /// The API key, if the server wants one.
    pub api_key: Option<SecretString>,
    /// What the names of our collections begin with: 1 to 64 letters, digits, `-` and `_`.
    pub collection_prefix: String,
    /// Whose points these are, where several teams share the collections: 1 to 64 letters, digits, `-` and `_`.
    pub tenant: String,
    /// How long to wait for a connection, and for each answer.
    pub timeout: Duration,
    /// How often a call that failed in passing is tried again.
    pub retries: u32,
    /// Copies of each shard that the cluster keeps; counts when a collection is made.
    pub replicas: u32,
    /// Shards of a collection; the server's choice where it is `None`. Counts when a collection is made.
    pub shards: Option<u32>,
}

impl Default for QdrantSettings {
    /// A server on this machine, without a key; collections called `earmark-...`; ten seconds for each answer, two more
    /// attempts, one copy.
    fn default() -> Self {
        Self {
            url: "http://localhost:6334".into(),
            api_key: None,
            collection_prefix: "earmark".into(),
            tenant: "earmark".into(),
            timeout: Duration::from_secs(10),
            retries: 2,
            replicas: 1,
            shards: None,
        }
    }
}

/// A client and what it is set to. Connects with its first call.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) client: Qdrant,
    pub(super) settings: QdrantSettings,
}

impl Server {
    pub(super) fn new(settings: &QdrantSettings) -> Result<Self, RetrievalError> {
        Ok(Self { client: client(settings)?, settings: settings.clone() })
    }

    /// Makes a call, and again after a pause when the server could not be reached or was too busy. Every call of ours may
    /// be made twice: points are named by their content.
    pub(super) async fn call<T, F>(&self, act: impl Fn() -> F) -> Result<T, RetrievalError>
    where
        F: Future<Output = Result<T, QdrantError>>,
    {
        let mut attempt = 0;
        loop {
            match act().await {
                Err(error) if attempt < self.settings.retries && is_passing(&error) => {
                    tokio::time::sleep(PAUSE * 2_u32.saturating_pow(attempt)).await;
                    attempt += 1;
                }
                Err(error) => return Err(self.failed(error)),
                Ok(answer) => return Ok(answer),
            }
        }
    }

    /// As [`Server::call`], with `None` where the server knows no such collection.
    pub(super) async fn look<T, F>(&self, act: impl Fn() -> F) -> Result<Option<T>, RetrievalError>
    where
        F: Future<Output = Result<T, QdrantError>>,
    {
        self.call(|| async {
            match act().await {
                Ok(answer) => Ok(Some(answer)),
                Err(error) if code(&error) == Some(Code::NotFound) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Whether the server answers.
    pub(super) async fn health(&self) -> Result<(), RetrievalError> {
        self.client.health_check().await.map(drop).map_err(|error| self.failed(error))
    }

    /// Copies that a write waits for: more than half of them.
    pub(super) fn written(&self) -> u32 {
        self.settings.replicas / 2 + 1
    }

    fn failed(&self, error: QdrantError) -> RetrievalError {
        let (url, code) = (self.settings.url.clone(), code(&error));
        let unconnected = is_unconnected(&error);
        let source = Box::new(error);
        match code {
            Some(Code::Unauthenticated | Code::PermissionDenied) => RetrievalError::Refused { url, source },
            // A timeout of the client's is a cancellation.
            Some(Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled) => {
                RetrievalError::Unreachable { url, source }
            }
            _ if unconnected => RetrievalError::Unreachable { url, source },
            _ => RetrievalError::Server { url, source },
        }
    }
}

/// A client that has not connected yet.
fn client(settings: &QdrantSettings) -> Result<Qdrant, RetrievalError> {
    for (name, what) in [
        (&settings.collection_prefix, "a collection prefix has 1 to 64 letters, digits, - and _"),
        (&settings.tenant, "a tenant has 1 to 64 letters, digits, - and _"),
    ] {
        if !(1..=64).contains(&name.len()) || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) {
            return Err(RetrievalError::Settings(what));
        }
    }
    if !["http://", "https://"].iter().any(|scheme| settings.url.starts_with(scheme)) {
        return Err(RetrievalError::Settings("the address begins with http:// or https://"));
    }
    if settings.replicas == 0 || settings.shards == Some(0) {
        return Err(RetrievalError::Settings("there is at least one copy and one shard"));
    }
    let key = settings.api_key.as_ref().map(ExposeSecret::expose_secret);
    // Checked here because the client would repeat a malformed key in its error.
    if key.is_some_and(|key| key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Err(RetrievalError::Settings("an API key has visible ASCII characters only"));
    }
    let config = Qdrant::from_url(&settings.url)
        .api_key(key)
        .timeout(settings.timeout)
        .connect_timeout(settings.timeout)
        // It would print to standard output.
        .skip_compatibility_check();
    config.build().map_err(|_| RetrievalError::Settings("the address is not a URL"))
}

fn code(error: &QdrantError) -> Option<Code> {
    match error {
        QdrantError::ResponseError { status } | QdrantError::ResourceExhaustedError { status, .. } => {
            Some(status.code())
        }
        _ => None,
    }
}

/// The client tells a failed connection from other internal errors by its words alone.
fn is_unconnected(error: &QdrantError) -> bool {
    matches!(error, QdrantError::ResponseError { status } if status.message().starts_with("Failed to connect"))
}

/// Whether the next attempt may fare better. One that ran into the time-out is not repeated: it has taken long enough.
fn is_passing(error: &QdrantError) -> bool {
    is_unconnected(error) || matches!(code(error), Some(Code::Unavailable | Code::ResourceExhausted | Code::Aborted))
}
