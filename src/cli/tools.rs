//! Judge, embedder, index and cache, as commands are told which to use.

use super::chat::{ChatArguments, Unusable};
use super::output::{complain, say};
use super::{Exit, JudgeKind};
use crate::config::EvaluationSettings;
use crate::judge::{ChatSettings, Judge, JudgeError};
use crate::library::Prices;
use crate::retrieval::{QdrantSettings, Retrieval, RetrievalError};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct ToolArguments {
    /// Who judges what an answer shows
    #[arg(long, value_enum, default_value_t = JudgeKind::Local)]
    pub judge: JudgeKind,
    /// Where vectors of rubrics and replies of chat models are kept between runs [default: the user's cache]
    #[arg(long, value_name = "DIR", env = "EARMARK_CACHE")]
    cache: Option<PathBuf>,
    /// Keep nothing between runs, whatever --cache says
    #[arg(long)]
    no_cache: bool,
    /// Use this Qdrant server (gRPC address) as the vector index instead of the embedded one
    #[arg(long, value_name = "URL", env = "EARMARK_QDRANT_URL")]
    qdrant: Option<String>,
    /// The Qdrant server's API key
    #[arg(long, value_name = "KEY", env = "EARMARK_QDRANT_API_KEY", hide_env_values = true, requires = "qdrant")]
    qdrant_api_key: Option<String>,
    #[command(flatten)]
    pub chat: ChatArguments,
}

/// How a chat model is asked, where one is.
pub(super) type Asked = Option<(ChatSettings, Prices)>;

impl ToolArguments {
    /// How the chat model is asked, where one is; says what is wrong with the settings.
    pub(super) fn asked(&self) -> Result<Asked, Exit> {
        if self.judge == JudgeKind::Local {
            if self.chat.is_dry_run() || self.chat.shows_prompts() {
                say(
                    "error: --dry-run and --show-prompts are of use with --judge openai only: the local judge sends nothing",
                );
                return Err(Exit::Usage);
            }
            return Ok(None);
        }
        self.chat.settings(self.folder()).map(Some).map_err(|unusable| match unusable {
            Unusable::Prices(error) => {
                complain(&error);
                Exit::Usage
            }
            Unusable::Words(words) => {
                say(&format!("error: {words}"));
                Exit::Usage
            }
        })
    }

    pub(super) fn settings(&self) -> EvaluationSettings {
        EvaluationSettings { mask: self.chat.masks(), ..EvaluationSettings::default() }
    }

    /// Where vectors, replies and what was seen in answers are kept between runs.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        match (&self.cache, self.no_cache) {
            (_, true) => None,
            (Some(folder), _) => Some(folder.clone()),
            (None, false) => dirs::cache_dir().map(|folder| folder.join("earmark")),
        }
    }

    pub(super) async fn retrieval(&self) -> Result<Retrieval, RetrievalError> {
        let qdrant = self.qdrant.as_ref().map(|url| QdrantSettings {
            url: url.clone(),
            api_key: self.qdrant_api_key.clone().map(Into::into),
            ..QdrantSettings::default()
        });
        let embeddings = self.chat.embeddings();
        let folder = self.folder();
        let made = match (&embeddings, &qdrant) {
            (Some(embeddings), _) => {
                Box::pin(Retrieval::with_endpoint(embeddings, folder.as_deref(), qdrant.as_ref())).await
            }
            (None, Some(qdrant)) => Box::pin(Retrieval::with_qdrant(qdrant)).await,
            (None, None) => Retrieval::local(folder.as_deref()),
        };
        match made {
            // The user's own cache is a convenience: where it cannot be written, as in a container, work goes on without.
            Err(RetrievalError::Cache { .. }) if self.cache.is_none() => match &embeddings {
                Some(embeddings) => Box::pin(Retrieval::with_endpoint(embeddings, None, qdrant.as_ref())).await,
                None => Retrieval::local(None),
            },
            other => other,
        }
    }
}

/// The judge, with the prices of what it is asked.
pub(super) fn judge(asked: Asked) -> Result<(Judge, Prices), JudgeError> {
    Ok(match asked {
        Some((settings, prices)) => (Judge::chat(settings)?, prices),
        None => (Judge::local(), Prices::default()),
    })
}

/// Shown on a terminal only, and only on standard error.
pub(super) fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
