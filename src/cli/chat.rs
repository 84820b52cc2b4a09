//! The settings of the chat-model judge and of embeddings from a server, and what `--dry-run` and `--show-prompts` say.

use crate::endpoint::{EndpointSettings, OPENAI};
use crate::judge::{BudgetSettings, ChatSettings, JudgeError, Planned, Price};
use crate::library::{LibraryError, Prices};
use crate::retrieval::EmbeddingSettings;
use clap::{Args, ValueEnum};
use secrecy::SecretString;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// The longest time-out that makes sense: a day.
const LONGEST_TIMEOUT: f64 = 86_400.0;

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Args)]
#[command(next_help_heading = "Chat model (--judge openai, --embedder openai, --draft-missing)")]
pub(super) struct ChatArguments {
    /// The server: any with OpenAI's interface, such as Ollama's, <http://localhost:11434/v1>
    #[arg(long, value_name = "URL", env = "OPENAI_BASE_URL", default_value = OPENAI)]
    base_url: String,
    /// The key, where the server wants one; better set in the environment than on the command line
    #[arg(long, value_name = "KEY", env = "OPENAI_API_KEY", hide_env_values = true)]
    api_key: Option<SecretString>,
    /// The chat model
    #[arg(long, value_name = "NAME", env = "EARMARK_MODEL", default_value = "gpt-4.1-mini")]
    model: String,
    /// How freely the model chooses its words, from 0 to 2 [default: 0, or 0.7 with several samples]
    #[arg(long, value_name = "NUMBER", env = "EARMARK_TEMPERATURE")]
    temperature: Option<f64>,
    /// For servers that can repeat themselves
    #[arg(long, value_name = "NUMBER", env = "EARMARK_SEED", default_value_t = 1)]
    seed: i64,
    /// Replies for each question where the server gives no log probabilities; 1 claims no distribution
    #[arg(long, value_name = "N", env = "EARMARK_SAMPLES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=32))]
    samples: u32,
    /// Seconds that one attempt at a request may take
    #[arg(long, value_name = "SECONDS", env = "EARMARK_TIMEOUT", default_value_t = 60.0)]
    timeout: f64,
    /// How often a request that failed in passing is tried again
    #[arg(long, value_name = "N", env = "EARMARK_RETRIES", default_value_t = 4, value_parser = clap::value_parser!(u32).range(..=20))]
    retries: u32,
    /// Requests under way at the same time
    #[arg(long, value_name = "N", env = "EARMARK_IN_FLIGHT", default_value_t = 8)]
    in_flight: usize,
    /// Requests within any minute [default: no limit]
    #[arg(long, value_name = "N", env = "EARMARK_REQUESTS_PER_MINUTE")]
    requests_per_minute: Option<u64>,
    /// Tokens within any minute [default: no limit]
    #[arg(long, value_name = "N", env = "EARMARK_TOKENS_PER_MINUTE")]
    tokens_per_minute: Option<u64>,
    /// Tokens that prompt and reply may have together; a longer answer is cut, and flagged
    #[arg(long, value_name = "TOKENS", env = "EARMARK_CONTEXT", default_value_t = 32_768)]
    context: u64,
    /// Tokens that a reply may have
    #[arg(long, value_name = "TOKENS", env = "EARMARK_LONGEST_REPLY", default_value_t = 2_048)]
    longest_reply: u64,
    /// Tokens that this run may use, sent and written [default: no limit]
    #[arg(long, value_name = "TOKENS", env = "EARMARK_BUDGET_TOKENS")]
    budget_tokens: Option<u64>,
    /// Money that this run may spend, in the currency of the prices [default: no limit]
    #[arg(long, value_name = "AMOUNT", env = "EARMARK_BUDGET_MONEY")]
    budget_money: Option<f64>,
    /// What models cost, a TOML file [default: the table that ships with Earmark]
    #[arg(long, value_name = "FILE", env = "EARMARK_PRICES")]
    prices: Option<PathBuf>,
    /// Send names, e-mail addresses, phone numbers and links as they are
    #[arg(long)]
    no_mask: bool,
    /// Show on standard error what is sent
    #[arg(long)]
    show_prompts: bool,
    /// Send nothing; say how many requests, tokens and how much money it would take
    #[arg(long)]
    dry_run: bool,
    /// Use the replies of earlier runs alone, and ask nobody
    #[arg(long, conflicts_with = "no_cache")]
    replay: bool,
    /// Who turns texts into vectors
    #[arg(long, value_enum, default_value_t = EmbedderKind::Local, env = "EARMARK_EMBEDDER")]
    embedder: EmbedderKind,
    /// The embedding model of --embedder openai
    #[arg(long, value_name = "NAME", env = "EARMARK_EMBEDDING_MODEL", default_value = "text-embedding-3-small")]
    embedding_model: String,
    /// Numbers in a vector, for models that can shorten theirs [default: as many as the model gives]
    #[arg(long, value_name = "N", env = "EARMARK_EMBEDDING_DIMENSIONS")]
    embedding_dimensions: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EmbedderKind {
    /// The model inside this program: no network, no key
    Local,
    /// The server of --base-url
    Openai,
}

/// What is wrong with the settings.
pub(super) enum Unusable {
    Prices(LibraryError),
    Words(String),
}

impl ChatArguments {
    /// As the settings of the service have it; `get` gives the value of a key, which has been checked.
    pub(super) fn of_settings<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let text = |key: &str| get(key).unwrap_or_default().to_owned();
        let whole = |key: &str| get(key).and_then(|value| value.parse::<i64>().ok());
        let count = |key: &str| whole(key).and_then(|value| u64::try_from(value).ok());
        let real = |key: &str| get(key).and_then(|value| value.parse::<f64>().ok());
        let few = |key: &str| whole(key).and_then(|value| u32::try_from(value).ok()).unwrap_or(1);
        Self {
            base_url: text("base_url"),
            api_key: get("api_key").map(Into::into),
            model: text("model"),
            temperature: real("temperature"),
            seed: whole("seed").unwrap_or(1),
            samples: few("samples"),
            timeout: real("timeout").unwrap_or(60.0),
            retries: few("retries"),
            in_flight: few("in_flight") as usize,
            requests_per_minute: count("requests_per_minute"),
            tokens_per_minute: count("tokens_per_minute"),
            context: count("context").unwrap_or(32_768),
            longest_reply: count("longest_reply").unwrap_or(2_048),
            budget_tokens: count("budget_tokens"),
            budget_money: real("budget_money"),
            prices: get("prices").map(PathBuf::from),
            no_mask: get("mask") == Some("false"),
            show_prompts: false,
            dry_run: false,
            replay: false,
            embedder: if get("embedder") == Some("openai") { EmbedderKind::Openai } else { EmbedderKind::Local },
            embedding_model: text("embedding_model"),
            embedding_dimensions: count("embedding_dimensions").map(|count| count as usize),
        }
    }

    pub(super) fn masks(&self) -> bool {
        !self.no_mask
    }

    pub(super) fn shows_prompts(&self) -> bool {
        self.show_prompts
    }

    pub(super) fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    fn endpoint(&self) -> EndpointSettings {
        EndpointSettings {
            base_url: self.base_url.clone(),
            key: self.api_key.clone(),
            timeout: Duration::from_secs_f64(self.timeout.clamp(0.001, LONGEST_TIMEOUT)),
            retries: self.retries,
            in_flight: self.in_flight,
            requests_per_minute: self.requests_per_minute,
            tokens_per_minute: self.tokens_per_minute,
            ..EndpointSettings::default()
        }
    }

    /// The settings of the judge; replies are kept in `cache`.
    pub(super) fn settings(&self, cache: Option<PathBuf>) -> Result<(ChatSettings, Prices), Unusable> {
        let wrong = |what: &str| Err(Unusable::Words(what.to_owned()));
        let prices = self.prices.as_deref().map_or_else(|| Ok(Prices::shipped()), Prices::load);
        let prices = prices.map_err(Unusable::Prices)?;
        let price = prices.of(&self.model).map(|(input, output)| Price { input, output });
        if self.budget_money.is_some() && price.is_none() {
            return wrong("--budget-money needs the model's price: give a table that has it with --prices");
        }
        if !self.timeout.is_finite() || self.timeout <= 0.0 {
            return wrong("--timeout is a number of seconds above 0");
        }
        if self.budget_money.is_some_and(|money| !money.is_finite() || money < 0.0) {
            return wrong("--budget-money is an amount of 0 or more");
        }
        if self.longest_reply == 0 || self.longest_reply >= self.context {
            return wrong("--longest-reply is above 0 and below --context");
        }
        let temperature = self.temperature.unwrap_or(if self.samples > 1 { 0.7 } else { 0.0 });
        if !(0.0..=2.0).contains(&temperature) {
            return wrong("--temperature is a number from 0 to 2");
        }
        if self.samples > 1 && temperature == 0.0 {
            return wrong("--samples at --temperature 0 are all the same: allow more than 0");
        }
        if self.replay && cache.is_none() {
            return wrong("--replay needs the replies of earlier runs: name their folder with --cache");
        }
        let settings = ChatSettings {
            temperature,
            seed: self.seed,
            samples: self.samples,
            longest_reply: self.longest_reply,
            context: self.context,
            budget: BudgetSettings { tokens: self.budget_tokens, money: self.budget_money, price },
            cache,
            replay: self.replay,
            ..ChatSettings::of(self.endpoint(), &self.model)
        };
        Ok((settings, prices))
    }

    /// The settings of embeddings from the server, if that is who embeds.
    pub(super) fn embeddings(&self) -> Option<EmbeddingSettings> {
        (self.embedder == EmbedderKind::Openai).then(|| EmbeddingSettings {
            endpoint: self.endpoint(),
            model: self.embedding_model.clone(),
            dimensions: self.embedding_dimensions,
        })
    }
}

/// The prompts as they are sent.
pub(super) fn prompts(plan: &[Result<Planned, JudgeError>]) -> String {
    let mut out = String::new();
    for planned in plan.iter().flatten() {
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "--- {} ({} tokens) ---\n[system]\n{}\n[user]\n{}\n\n",
            planned.question, planned.tokens, planned.system, planned.user
        );
    }
    out
}

/// What a run would take, a line a question and a sum.
pub(super) fn forecast(plan: &[Result<Planned, JudgeError>], arguments: &ChatArguments, prices: &Prices) -> String {
    let model = &arguments.model;
    let price = prices.of(model).map(|(input, output)| Price { input, output });
    let mut out = String::new();
    let (mut requests, mut sent, mut written) = (0, 0, 0);
    for planned in plan {
        let Ok(planned) = planned else {
            if let Err(error) = planned {
                let _ = writeln!(out, "not asked: {error}");
            }
            continue;
        };
        let cut = match planned.left_out {
            0 => String::new(),
            n => format!(", {n} sentences left out"),
        };
        let _ = if planned.kept {
            writeln!(out, "{}: reply kept from an earlier run{cut}", planned.question)
        } else {
            requests += planned.times;
            sent += u64::from(planned.times) * planned.tokens;
            written += u64::from(planned.times) * planned.reply_tokens;
            writeln!(out, "{}: {} tokens{cut}", planned.question, planned.tokens)
        };
    }
    let _ = write!(out, "{requests} requests to {model}: {sent} tokens sent, at most {written} written");
    let _ = match price {
        Some(price) => {
            let (least, most) = (price.of(sent, 0), price.of(sent, written));
            writeln!(out, "; {least:.4} to {most:.4} {}", prices.currency)
        }
        None => writeln!(out, "; no price is known for this model"),
    };
    out
}
