//! Sends traces to an `OpenTelemetry` collector: OTLP over HTTP, as JSON.
//!
//! Hides the `opentelemetry` crates. What is traced are spans with [`crate::config::TRACED`] as their target: routes, ids and
//! times, never a word of anybody's.

use async_trait::async_trait;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use std::time::Duration;
use tokio::runtime::Handle;

/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A collector that is sent traces, in batches, by a thread of its own.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends to `url`, such as `http://localhost:4318/v1/traces`. Headers and attributes come from the environment, as the
    /// `OpenTelemetry` specification has it (`OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_RESOURCE_ATTRIBUTES`).
    ///
    /// # Errors
    /// A sentence on what will not do.
    pub fn to(url: &str, runtime: Handle) -> Result<Self, String> {
        let carrier = Carrier { http: super::client::patient(url, PATIENCE)?, runtime };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(carrier)
            .with_protocol(Protocol::HttpJson)
            .with_endpoint(url)
            .with_timeout(PATIENCE)
            .build()
            .map_err(|error| error.to_string())?;
        let resource = Resource::builder().with_service_name("earmark").build();
        Ok(Self(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build()))
    }

    /// What spans are given to.
    #[must_use]
    pub fn tracer(&self) -> SdkTracer {
        self.0.tracer("earmark")
    }

    /// Sends what is left. Blocks its thread; the runtime has to be there still.
    pub fn end(&self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// The exporter waits on a thread where reqwest finds no reactor, so the request runs on the program's.
#[derive(Debug)]
struct Carrier {
    http: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Carrier {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let sent = async move {
            let answer = http.execute(request.try_into()?).await?;
            let status = answer.status();
            let mut response = Response::new(answer.bytes().await?);
            *response.status_mut() = status;
            Ok(response)
        };
        self.runtime.spawn(sent).await?
    }
}
