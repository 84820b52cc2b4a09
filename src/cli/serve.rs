//! `earmark serve`: wires store, workers and API together, and ends them in order.

use super::chat::{ChatArguments, Unusable};
use super::edge::EDGE;
use super::output::{complain, say};
use super::settings::{LogForm, Settings, SettingsArguments};
use super::Exit;
use crate::config::{EvaluationSettings, TRACED};
use crate::endpoint::{IdentityProvider, IdentitySettings, Traces};
use crate::judge::Judge;
use crate::retrieval::{QdrantSettings, Retrieval, RetrievalError};
use crate::store::{PersonRole, Store, StoreError};
use crate::web::{Api, WAY_BACK};
use crate::work::{Workers, Workshop};
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::Layer as _;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How long requests that are under way may take once the service is told to end.
const LAST_REQUESTS: Duration = Duration::from_secs(20);

#[derive(Debug, Args)]
pub(super) struct ServeArguments {
    #[command(flatten)]
    settings: SettingsArguments,
    #[command(flatten)]
    judging: JudgingArguments,
}

/// Flags for what is set most; everything else has a key in the file and a variable, which `config check` lists.
#[derive(Debug, Args)]
#[command(next_help_heading = "Judging (every setting: earmark config check)")]
struct JudgingArguments {
    /// Who judges what an answer shows: local or openai [default: local]
    #[arg(long, value_name = "JUDGE")]
    judge: Option<String>,
    /// The server of the chat model, any with OpenAI's interface
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// The key, where the server wants one; better set in the environment than on the command line
    #[arg(long, value_name = "KEY")]
    api_key: Option<String>,
    /// The chat model
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Who turns texts into vectors: local or openai [default: local]
    #[arg(long, value_name = "EMBEDDER")]
    embedder: Option<String>,
    /// Where vectors of rubrics are kept between runs [default: the user's cache]
    #[arg(long, value_name = "DIR")]
    cache: Option<String>,
    /// Keep no vectors between runs, whatever is set
    #[arg(long)]
    no_cache: bool,
    /// Use this Qdrant server (gRPC address) as the vector index instead of the embedded one
    #[arg(long, value_name = "URL")]
    qdrant: Option<String>,
}

impl JudgingArguments {
    fn flags(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("judge", &self.judge),
            ("base_url", &self.base_url),
            ("api_key", &self.api_key),
            ("model", &self.model),
            ("embedder", &self.embedder),
            ("cache", &self.cache),
            ("qdrant_url", &self.qdrant),
        ];
        all.into_iter().filter_map(|(key, value)| value.clone().map(|value| (key, value))).collect()
    }
}

/// Runs the service until it is told to end.
pub(super) fn run(arguments: &ServeArguments) -> Exit {
    let settings = match arguments.settings.read_with(&arguments.judging.flags()) {
        Ok(settings) => settings,
        Err(faults) => {
            say(&format!("error: the service is not set up right\n{faults}"));
            return Exit::Usage;
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&error);
            return Exit::Failure;
        }
    };
    let traces = settings.text("otlp_endpoint").map(|url| Traces::to(url, runtime.handle().clone())).transpose();
    let traces = match traces {
        Ok(traces) => traces,
        Err(why) => {
            say(&format!("error: no traces can be sent to otlp_endpoint: {why}"));
            return Exit::Usage;
        }
    };
    log(settings.log, traces.as_ref());
    let exit = runtime.block_on(served(arguments, settings));
    if let Some(traces) = traces {
        traces.end();
    }
    // A worker that does not come to an end is left behind: its lease runs out.
    runtime.shutdown_timeout(Duration::from_secs(1));
    exit
}

/// Sends the log to standard error, and traces where they are wanted. Libraries say only what went wrong: some of them would
/// log what they are given.
fn log(form: LogForm, traces: Option<&Traces>) {
    let said = Targets::new().with_default(LevelFilter::WARN).with_target("earmark", LevelFilter::INFO);
    let said = said.with_target(TRACED, LevelFilter::OFF);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let layer = match form {
        LogForm::Text => layer.with_ansi(false).boxed(),
        LogForm::Json => layer.json().flatten_event(true).boxed(),
    };
    let sent = traces.map(|traces| {
        let only = Targets::new().with_target(TRACED, LevelFilter::INFO);
        tracing_opentelemetry::layer().with_tracer(traces.tracer()).with_filter(only)
    });
    // There is one already only where the library is used inside another program.
    drop(tracing_subscriber::registry().with(layer.with_filter(said)).with(sent).try_init());
}

async fn served(arguments: &ServeArguments, settings: Settings) -> Exit {
    let told_to_end = match told_to_end() {
        Ok(told) => told,
        Err(error) => {
            complain(&error);
            return Exit::Failure;
        }
    };
    let workshop = match workshop(&settings, arguments.judging.no_cache).await {
        Ok(workshop) => Arc::new(workshop),
        Err(exit) => return exit,
    };
    let store = match Store::open(&settings.database, EDGE).await {
        Ok(store) => store,
        Err(error) => {
            complain(&error);
            return Exit::Failure;
        }
    };
    let listener = match TcpListener::bind(settings.listen).await {
        Ok(listener) => listener,
        Err(error) => {
            say(&format!("error: cannot listen on {}: {error}", settings.listen));
            return Exit::Failure;
        }
    };
    let address = listener.local_addr().unwrap_or(settings.listen);
    let base = settings.service.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    if let Err(error) = greet(&store, &base).await {
        complain(&error);
        return Exit::Failure;
    }
    let provider = match provider(&settings) {
        Ok(provider) => provider,
        Err(why) => {
            say(&format!("error: signing in with {} cannot be set up: {why}", settings.text("oidc_issuer").unwrap_or_default()));
            return Exit::Usage;
        }
    };
    let newcomers = settings.text("oidc_sign_up").and_then(|word| PersonRole::ALL.iter().copied().find(|one| one.word() == word));
    let (stop, stopping) = watch::channel(false);
    let workers = Workers::start(&store, &workshop, &settings.service);
    let api = Api::new(store.clone(), settings.service, stopping.clone());
    let router = match provider {
        Some(provider) => api.with_provider(provider, newcomers).router(),
        None => api.router(),
    };
    let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>());
    let mut ending = stopping.clone();
    let server = server.with_graceful_shutdown(async move { drop(ending.wait_for(|is| *is).await) });
    let mut server = tokio::spawn(async move { server.await });
    told_to_end.await;
    tracing::info!("ending");
    stop.send_replace(true);
    if tokio::time::timeout(LAST_REQUESTS, &mut server).await.is_err() {
        server.abort();
    }
    workers.stop().await;
    store.close().await;
    Exit::Success
}

/// The provider with which people may sign in.
fn provider(settings: &Settings) -> Result<Option<IdentityProvider>, String> {
    let text = |key: &str| settings.text(key).map(str::to_owned);
    let (Some(issuer), Some(client_id), Some(public)) = (text("oidc_issuer"), text("oidc_client_id"), text("public_url")) else {
        return Ok(None);
    };
    let redirect = format!("{}{WAY_BACK}", public.trim_end_matches('/'));
    let client_secret = text("oidc_client_secret").map(Into::into);
    IdentityProvider::new(IdentitySettings { issuer, client_id, client_secret, redirect }).map(Some)
}

/// Says where the service is, and how to set it up where nobody is there yet.
async fn greet(store: &Store, base: &str) -> Result<(), StoreError> {
    say(&format!("Earmark listens on {base} ({}); the API is described at {base}/api/docs", store.engine()));
    if store.is_new().await? {
        let secret = EDGE.secret("");
        store.offer_setup(&secret).await?;
        say(&format!(
            "Nobody is there yet. This link adds the first administrator, once:\n\n  {base}/setup#{secret}\n\n\
             With curl: POST {base}/api/v1/setup with the part after # as \"secret\"."
        ));
    }
    Ok(())
}

/// Replies of chat models are not kept: what was judged is in the database, and a reply holds a candidate's words that an
/// erasure would have to look for.
async fn workshop(settings: &Settings, no_cache: bool) -> Result<Workshop, Exit> {
    let chat = ChatArguments::of_settings(|key| settings.text(key));
    let cache = match (settings.text("cache"), no_cache) {
        (_, true) => None,
        (Some(folder), _) => Some(PathBuf::from(folder)),
        (None, false) => dirs::cache_dir().map(|folder| folder.join("earmark")),
    };
    let judge = if settings.text("judge") == Some("openai") {
        let (chat, _) = chat.settings(None).map_err(|unusable| {
            match unusable {
                Unusable::Prices(error) => complain(&error),
                Unusable::Words(words) => say(&format!("error: {words}")),
            }
            Exit::Usage
        })?;
        Judge::chat(chat).map_err(|error| {
            complain(&error);
            Exit::Judge
        })?
    } else {
        Judge::local()
    };
    let retrieval = retrieval(settings, &chat, cache).await.map_err(|error| {
        complain(&error);
        Exit::Failure
    })?;
    let settings = EvaluationSettings { mask: chat.masks(), ..EvaluationSettings::default() };
    Ok(Workshop { retrieval, judge, settings })
}

async fn retrieval(
    settings: &Settings,
    chat: &ChatArguments,
    cache: Option<PathBuf>,
) -> Result<Retrieval, RetrievalError> {
    let qdrant = settings.text("qdrant_url").map(|url| QdrantSettings {
        url: url.to_owned(),
        api_key: settings.text("qdrant_api_key").map(Into::into),
        ..QdrantSettings::default()
    });
    match (chat.embeddings(), qdrant) {
        (Some(embeddings), qdrant) => Retrieval::with_endpoint(&embeddings, cache.as_deref(), qdrant.as_ref()).await,
        (None, Some(qdrant)) => Retrieval::with_qdrant(&qdrant).await,
        (None, None) => match Retrieval::local(cache.as_deref()) {
            // A cache that cannot be written, as in a container, is done without.
            Err(RetrievalError::Cache { .. }) if settings.text("cache").is_none() => Retrieval::local(None),
            other => other,
        },
    }
}

/// Ends when the process is asked to: ctrl-c, or the signal that service managers send. It listens from the call on, not
/// only from the first wait on.
#[cfg(unix)]
fn told_to_end() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupted, mut terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn told_to_end() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
