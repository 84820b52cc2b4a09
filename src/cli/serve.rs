//! `earmark serve`: wires store, workers and API together, and ends them in order.

use super::Exit;
use super::chat::{ChatArguments, Unusable};
use super::edge::EDGE;
use super::output::{complain, say};
use super::settings::{LogForm, Role, Settings, SettingsArguments};
use super::shared;
use crate::config::{EvaluationSettings, TRACED};
use crate::endpoint::{IdentityProvider, IdentitySettings, Traces};
use crate::judge::Judge;
use crate::retrieval::{QdrantSettings, Retrieval, RetrievalError};
use crate::search::Search;
use crate::store::{PersonRole, Store, StoreError};
use crate::web::{Api, WAY_BACK, demo};
use crate::work::{Workers, Workshop};
use clap::Args;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
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
    /// What this process does of the service: all, web or worker; any number of each work on one `PostgreSQL` [default: all]
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
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
            ("role", &self.role),
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
    start(arguments, None)
}

/// Runs the service on a database of its own that is gone afterwards, filled with something to look at.
pub(super) fn demo(arguments: &ServeArguments) -> Exit {
    match tempfile::tempdir() {
        Ok(folder) => start(arguments, Some(folder.path())),
        Err(error) => {
            complain(&error);
            Exit::Failure
        }
    }
}

fn start(arguments: &ServeArguments, demo: Option<&Path>) -> Exit {
    let settings = match arguments.settings.read_with(&arguments.judging.flags()) {
        Ok(settings) => settings,
        Err(faults) => {
            say(&format!("error: the service is not set up right\n{faults}"));
            return Exit::Usage;
        }
    };
    let settings = match demo {
        Some(folder) => Settings { database: format!("sqlite:{}", folder.join("demo.db").display()), ..settings },
        None => settings,
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
    let exit = runtime.block_on(served(arguments, settings, demo.is_some()));
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

async fn served(arguments: &ServeArguments, settings: Settings, is_demo: bool) -> Exit {
    let told_to_end = match told_to_end() {
        Ok(told) => told,
        Err(error) => {
            complain(&error);
            return Exit::Failure;
        }
    };
    let store = match Store::open(&settings.database, EDGE).await {
        Ok(store) => store,
        Err(error) => {
            complain(&error);
            return Exit::Failure;
        }
    };
    let workshop = match workshop(&settings, &store, arguments.judging.no_cache).await {
        Ok(workshop) => Arc::new(workshop),
        Err(exit) => return exit,
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
    if !is_demo && let Err(error) = greet(&store, &base, settings.role).await {
        complain(&error);
        return Exit::Failure;
    }
    let provider = match provider(&settings) {
        Ok(provider) => provider,
        Err(why) => {
            say(&format!(
                "error: signing in with {} cannot be set up: {why}",
                settings.text("oidc_issuer").unwrap_or_default()
            ));
            return Exit::Usage;
        }
    };
    let newcomers =
        settings.text("oidc_sign_up").and_then(|word| PersonRole::ALL.iter().copied().find(|one| one.word() == word));
    let (stop, stopping) = watch::channel(false);
    let mut service = settings.service;
    if settings.role == Role::Web {
        service.workers = 0;
    }
    let workers = Workers::start(&store, &workshop, &service);
    let search = Arc::new(Search::new(store.clone(), Arc::clone(&workshop.retrieval)));
    let api = Api::new(store.clone(), service, stopping.clone()).searching(Arc::clone(&search));
    let api = match provider {
        Some(provider) => api.with_provider(provider, newcomers),
        None => api,
    };
    let filling = is_demo.then(|| tokio::spawn(show(api.clone(), base)));
    let router = if settings.role == Role::Worker { api.probes() } else { api.router() };
    if settings.role != Role::Worker {
        tokio::spawn(warm_up(search));
    }
    let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>());
    let mut ending = stopping.clone();
    let server = server.with_graceful_shutdown(async move { drop(ending.wait_for(|is| *is).await) });
    let mut server = tokio::spawn(async move { server.await });
    told_to_end.await;
    tracing::info!("ending");
    if let Some(filling) = filling {
        filling.abort();
    }
    stop.send_replace(true);
    if tokio::time::timeout(LAST_REQUESTS, &mut server).await.is_err() {
        server.abort();
    }
    workers.stop().await;
    store.close().await;
    Exit::Success
}

/// Fills an index in memory before somebody searches it.
async fn warm_up(search: Arc<Search>) {
    if let Err(error) = search.follow_in_memory().await {
        tracing::warn!(%error, "the index of answers is filled at the first search");
    }
}

/// Fills the demo and says where to look.
async fn show(api: Api, base: String) {
    let (email, password) = ("demo@example.org", EDGE.secret("")[..20].to_owned());
    say("The sample interviews are being evaluated ...");
    match demo::fill(&api, email, &password).await {
        Ok(path) => say(&format!(
            "The demo is ready. This link signs in and opens a review:\n\n  \
             {base}/signin?next={path}#{email}:{password}\n\n\
             By hand: {base} as {email} with the password {password}. Ctrl-C ends it and leaves nothing."
        )),
        Err(failure) => say(&format!("error: the demo could not be made: {failure:?}")),
    }
}

/// The provider with which people may sign in.
fn provider(settings: &Settings) -> Result<Option<IdentityProvider>, String> {
    let text = |key: &str| settings.text(key).map(str::to_owned);
    let (Some(issuer), Some(client_id), Some(public)) =
        (text("oidc_issuer"), text("oidc_client_id"), text("public_url"))
    else {
        return Ok(None);
    };
    let redirect = format!("{}{WAY_BACK}", public.trim_end_matches('/'));
    let client_secret = text("oidc_client_secret").map(Into::into);
    IdentityProvider::new(IdentitySettings { issuer, client_id, client_secret, redirect }).map(Some)
}

/// Says where the service is, and how to set it up where nobody is there yet.
async fn greet(store: &Store, base: &str, role: Role) -> Result<(), StoreError> {
    if role == Role::Worker {
        say(&format!("Earmark works ({}); whether it is well is told at {base}/ready", store.engine()));
        return Ok(());
    }
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
async fn workshop(settings: &Settings, store: &Store, no_cache: bool) -> Result<Workshop, Exit> {
    let chat = ChatArguments::of_settings(|key| settings.text(key));
    let cache = match (settings.text("cache"), no_cache) {
        (_, true) => None,
        (Some(folder), _) => Some(PathBuf::from(folder)),
        (None, false) => dirs::cache_dir().map(|folder| folder.join("earmark")),
    };
    let judge = if settings.text("judge") == Some("openai") {
        let (mut chat, _) = chat.settings(None).map_err(|unusable| {
            match unusable {
                Unusable::Prices(error) => complain(&error),
                Unusable::Words(words) => say(&format!("error: {words}")),
            }
            Exit::Usage
        })?;
        shared::ration(store, &mut chat.endpoint);
        shared::pool(store, &mut chat);
        Judge::chat(chat).map_err(|error| {
            complain(&error);
            Exit::Judge
        })?
    } else {
        Judge::local()
    };
    let retrieval = retrieval(settings, store, cache).await.map_err(|error| {
        complain(&error);
        Exit::Failure
    })?;
    let settings = EvaluationSettings { mask: chat.masks(), ..EvaluationSettings::default() };
    Ok(Workshop { retrieval: Arc::new(retrieval), judge, settings })
}

/// A Qdrant server that is away keeps no process from starting: what needs it waits.
pub(super) async fn retrieval(
    settings: &Settings,
    store: &Store,
    cache: Option<PathBuf>,
) -> Result<Retrieval, RetrievalError> {
    let embeddings = shared::embeddings(store, &ChatArguments::of_settings(|key| settings.text(key)));
    match (embeddings, qdrant(settings)) {
        (embeddings, Some(qdrant)) => Box::pin(Retrieval::for_service(embeddings.as_ref(), &qdrant)).await,
        (Some(embeddings), None) => Box::pin(Retrieval::with_endpoint(&embeddings, cache.as_deref(), None)).await,
        (None, None) => match Retrieval::local(cache.as_deref()) {
            // A cache that cannot be written, as in a container, is done without.
            Err(RetrievalError::Cache { .. }) if settings.text("cache").is_none() => Retrieval::local(None),
            other => other,
        },
    }
}

fn qdrant(settings: &Settings) -> Option<QdrantSettings> {
    let url = settings.text("qdrant_url")?;
    let text = |key: &str| settings.text(key).unwrap_or_default().to_owned();
    let number = |key: &str| settings.text(key).and_then(|value| value.parse::<u32>().ok());
    let seconds = settings.text("qdrant_seconds").and_then(|value| value.parse().ok()).unwrap_or(10.0);
    Some(QdrantSettings {
        url: url.to_owned(),
        api_key: settings.text("qdrant_api_key").map(Into::into),
        collection_prefix: text("qdrant_prefix"),
        tenant: text("qdrant_tenant"),
        timeout: Duration::from_secs_f64(seconds),
        retries: number("qdrant_retries").unwrap_or_default(),
        replicas: number("qdrant_replicas").unwrap_or(1),
        shards: number("qdrant_shards"),
    })
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
