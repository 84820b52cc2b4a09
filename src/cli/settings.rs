//! What is set for the service: defaults, then a TOML file, then the environment, then flags. Each value remembers where
//! it came from; everything that is wrong is said at once.

use crate::config::ServiceSettings;
use crate::domain::{Fault, Faults};
use crate::endpoint::OPENAI;
use clap::Args;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use toml::de::{DeTable, DeValue};

#[derive(Debug, Args)]
pub(super) struct SettingsArguments {
    /// Settings, a TOML file
    #[arg(long, value_name = "FILE", env = "EARMARK_CONFIG")]
    config: Option<PathBuf>,
    /// The database: `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/NAME` [default: a file in the user's data folder]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Where to listen [default: 127.0.0.1:8340]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

/// What a value may be.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Number(i64, i64),
    Real(f64, f64),
    YesOrNo,
    Networks,
    Secret,
    OneOf(&'static [&'static str]),
}

/// A setting: its key in the file, what it may be, its default, what it means.
struct Known {
    key: &'static str,
    kind: Kind,
    default: Option<String>,
    meaning: &'static str,
}

/// A setting with its value.
pub(super) struct Held {
    /// Its key.
    pub key: &'static str,
    /// Its value; `None` when it is not set and has no default.
    pub value: Option<String>,
    /// Where the value came from.
    pub origin: String,
    /// What it means.
    pub meaning: &'static str,
    /// Whether it is not to be shown.
    pub is_secret: bool,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogForm {
    Text,
    Json,
}

/// Everything that is set.
pub(super) struct Settings {
    /// Each value with its origin.
    pub held: Vec<Held>,
    /// The database.
    pub database: String,
    /// Where to listen.
    pub listen: SocketAddr,
    /// How the log is written.
    pub log: LogForm,
    /// What this process does of the service.
    pub role: Role,
    /// How the service runs.
    pub service: ServiceSettings,
}

/// What a process does of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Everything.
    All,
    /// Answers requests.
    Web,
    /// Evaluates.
    Worker,
}

impl Settings {
    /// The value of a setting; `None` when it is not set and has no default.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.held.iter().find(|one| one.key == key).and_then(|one| one.value.as_deref())
    }
}

fn known() -> Vec<Known> {
    let d = ServiceSettings::default();
    let data = dirs::data_dir().map(|folder| format!("sqlite:{}", folder.join("earmark/earmark.db").display()));
    let number = |value: i64| Some(value.to_string());
    let row = |key, kind, default, meaning| Known { key, kind, default, meaning };
    vec![
        row("database", Kind::Text, data, "where everything is stored"),
        row("listen", Kind::Text, Some("127.0.0.1:8340".into()), "address and port"),
        row(
            "role",
            Kind::OneOf(&["all", "web", "worker"]),
            Some("all".into()),
            "what this process does of the service: answers requests, evaluates, or both",
        ),
        row("public_url", Kind::Text, None, "what the service is called from outside"),
        row("log", Kind::OneOf(&["text", "json"]), Some("text".into()), "form of the log"),
        row("workers", Kind::Number(0, 256), number(d.workers as i64), "evaluations at the same time in this process"),
        row(
            "lease_seconds",
            Kind::Number(1, 3_600),
            number(d.lease_ms / 1_000),
            "a job is taken over after this silence",
        ),
        row("attempts", Kind::Number(1, 100), number(d.attempts), "how often a job is begun"),
        row(
            "longest_queue",
            Kind::Number(1, 1_000_000),
            number(d.longest_queue),
            "waiting jobs above which uploads wait",
        ),
        row(
            "longest_upload_mib",
            Kind::Number(1, 1_024),
            number((d.longest_upload >> 20) as i64),
            "longest transcript file",
        ),
        row("request_seconds", Kind::Number(1, 3_600), number(d.request_seconds as i64), "time for a request"),
        row("requests_at_once", Kind::Number(1, 100_000), number(d.requests_at_once as i64), "requests under way"),
        row(
            "signins_per_minute",
            Kind::Number(1, 100_000),
            number(i64::from(d.signins_per_minute)),
            "from one address",
        ),
        row("session_hours", Kind::Number(1, 8_760), number(d.session_hours), "how long a session lasts"),
        row(
            "requires_consent",
            Kind::YesOrNo,
            Some("false".into()),
            "evaluate only with the candidate's consent noted",
        ),
        row("oidc_issuer", Kind::Text, None, "an OpenID Connect provider with which people may sign in"),
        row("oidc_client_id", Kind::Text, None, "the name of this service there"),
        row("oidc_client_secret", Kind::Secret, None, "its secret there"),
        row(
            "oidc_sign_up",
            Kind::OneOf(&["interviewer", "author", "manager", "auditor"]),
            None,
            "role of those who come from there without an account; left out, they are turned away",
        ),
        row(
            "otlp_endpoint",
            Kind::Text,
            None,
            "a collector that is sent traces, such as http://localhost:4318/v1/traces",
        ),
        row("trusted_proxies", Kind::Networks, None, "proxies that say where a request comes from"),
        row("webhook_networks", Kind::Networks, None, "private networks that webhooks may go to"),
    ]
    .into_iter()
    .chain(judging())
    .collect()
}

/// The settings of the judge and of retrieval; those of the chat model count where it is asked.
fn judging() -> Vec<Known> {
    let row =
        |key, kind, default: Option<&str>, meaning| Known { key, kind, default: default.map(str::to_owned), meaning };
    let many = Kind::Number(1, i64::MAX);
    let sides: Kind = Kind::OneOf(&["local", "openai"]);
    vec![
        row("judge", sides, Some("local"), "who judges what an answer shows"),
        row("embedder", sides, Some("local"), "who turns texts into vectors"),
        row("cache", Kind::Text, None, "folder for vectors of rubrics; left out, the user's cache"),
        row("qdrant_url", Kind::Text, None, "a Qdrant server as the vector index (gRPC address)"),
        row("qdrant_api_key", Kind::Secret, None, "its key"),
        row("qdrant_prefix", Kind::Text, Some("earmark"), "what the names of its collections begin with"),
        row("qdrant_tenant", Kind::Text, Some("earmark"), "whose points are whose, where teams share it"),
        row("qdrant_seconds", Kind::Real(0.001, 3_600.0), Some("10"), "time for one call to it"),
        row("qdrant_retries", Kind::Number(0, 20), Some("2"), "attempts after one that failed in passing"),
        row("qdrant_replicas", Kind::Number(1, 100), Some("1"), "copies of each shard of a new collection"),
        row("qdrant_shards", Kind::Number(1, 10_000), None, "shards of a new collection"),
        row("base_url", Kind::Text, Some(OPENAI), "a server with OpenAI's interface"),
        row("api_key", Kind::Secret, None, "its key"),
        row("model", Kind::Text, Some("gpt-4.1-mini"), "the chat model"),
        row("temperature", Kind::Real(0.0, 2.0), None, "how freely it chooses its words"),
        row("seed", Kind::Number(i64::MIN, i64::MAX), Some("1"), "for servers that can repeat themselves"),
        row("samples", Kind::Number(1, 32), Some("1"), "replies for each question without log probabilities"),
        row("timeout", Kind::Real(0.001, 86_400.0), Some("60"), "seconds for one attempt at a request"),
        row("retries", Kind::Number(0, 20), Some("4"), "attempts after one that failed in passing"),
        row("in_flight", Kind::Number(1, 1_000), Some("8"), "requests under way to the server"),
        row("requests_per_minute", many, None, "requests to the server within any minute, from all processes"),
        row("tokens_per_minute", many, None, "tokens within any minute, from all processes"),
        row("context", many, Some("32768"), "tokens of prompt and reply together"),
        row("longest_reply", many, Some("2048"), "tokens of a reply"),
        row("budget_tokens", Kind::Number(0, i64::MAX), None, "tokens that all processes may use on a day (UTC)"),
        row("budget_money", Kind::Real(0.0, f64::MAX), None, "money that all processes may spend on a day (UTC)"),
        row("prices", Kind::Text, None, "what models cost, a TOML file"),
        row("mask", Kind::YesOrNo, Some("true"), "mask names, addresses and numbers in what is sent"),
        row("embedding_model", Kind::Text, Some("text-embedding-3-small"), "the server's embedding model"),
        row("embedding_dimensions", Kind::Number(1, 100_000), None, "numbers in a vector"),
    ]
}

/// The variable of the environment that a setting is read from.
fn variable(key: &str) -> String {
    match key {
        "base_url" => "OPENAI_BASE_URL".to_owned(),
        "api_key" => "OPENAI_API_KEY".to_owned(),
        key => format!("EARMARK_{}", key.to_uppercase()),
    }
}

impl SettingsArguments {
    /// Reads and checks everything that is set.
    pub(super) fn read(&self) -> Result<Settings, Faults> {
        self.read_with(&[])
    }

    /// The same, with more flags: the key of a setting and its value.
    pub(super) fn read_with(&self, flags: &[(&'static str, String)]) -> Result<Settings, Faults> {
        let name = self.config.as_ref().map_or("settings".to_owned(), |path| path.display().to_string());
        let mut faults = Vec::new();
        let known = known();
        let file = self.file(&known, &mut faults);
        let mut held = Vec::new();
        for one in &known {
            let flag = match one.key {
                "database" => self.database.clone().map(|value| (value, "--database".to_owned())),
                "listen" => self.listen.clone().map(|value| (value, "--listen".to_owned())),
                key => {
                    let given = flags.iter().find(|(flag, _)| *flag == key);
                    given.map(|(_, value)| (value.clone(), format!("--{}", key.replace('_', "-"))))
                }
            };
            let variable = variable(one.key);
            let environment = std::env::var(&variable).ok().map(|value| (value, variable));
            let written = file.iter().find(|(key, _, _)| key == one.key);
            let written = written.map(|(_, value, line)| (value.clone(), format!("{name}:{line}")));
            let given = flag.or(environment).or(written);
            if let Some((value, origin)) = &given
                && let Some(why) = unfit(one.kind, value)
            {
                let shown = if matches!(one.kind, Kind::Secret) { "***" } else { value };
                faults.push(Fault::whole(format!("{} is {shown:?} ({origin})", one.key), why));
            }
            let (value, origin) = match given {
                Some((value, origin)) => (Some(value), origin),
                None => (one.default.clone(), "default".to_owned()),
            };
            let is_secret = matches!(one.kind, Kind::Secret);
            held.push(Held { key: one.key, value, origin, meaning: one.meaning, is_secret });
        }
        let settings = lowered(held, &mut faults);
        match Faults::new(name, faults) {
            Some(faults) => Err(faults),
            None => Ok(settings),
        }
    }

    /// The keys of the file with their values and lines.
    fn file(&self, known: &[Known], faults: &mut Vec<Fault>) -> Vec<(String, String, usize)> {
        let Some(path) = &self.config else { return vec![] };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                faults.push(Fault::whole(format!("cannot be read: {error}"), "check the path and who may read it"));
                return vec![];
            }
        };
        let line_of = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        let table = match DeTable::parse(&text) {
            Ok(table) => table,
            Err(error) => {
                let line = error.span().map_or(1, |span| line_of(span.start));
                faults.push(Fault::at(line, error.message(), "write key = value, a line each"));
                return vec![];
            }
        };
        let mut out = Vec::new();
        for (key, value) in table.get_ref() {
            let (name, line) = (key.get_ref().to_string(), line_of(key.span().start));
            if !known.iter().any(|one| one.key == name) {
                let near = known
                    .iter()
                    .max_by(|a, b| strsim::jaro_winkler(a.key, &name).total_cmp(&strsim::jaro_winkler(b.key, &name)));
                let hint = near.map_or(String::new(), |near| format!("did you mean {}?", near.key));
                faults.push(Fault::at(line, format!("there is no setting {name}"), hint));
                continue;
            }
            let value = match value.get_ref() {
                DeValue::String(text) => text.to_string(),
                DeValue::Integer(number) => number.to_string(),
                DeValue::Float(number) => number.to_string(),
                DeValue::Boolean(is) => is.to_string(),
                _ => {
                    faults.push(Fault::at(
                        line,
                        format!("{name} is a list, a table or a date"),
                        "write one plain value",
                    ));
                    continue;
                }
            };
            out.push((name, value, line));
        }
        out
    }
}

/// Why a value will not do.
fn unfit(kind: Kind, value: &str) -> Option<String> {
    match kind {
        Kind::Text | Kind::Secret => value.is_empty().then(|| "leave it out instead of leaving it empty".to_owned()),
        Kind::Number(least, most) => {
            let fits = value.parse::<i64>().is_ok_and(|number| (least..=most).contains(&number));
            (!fits).then(|| format!("write a whole number from {least} to {most}"))
        }
        Kind::Real(least, most) => {
            let fits = value.parse::<f64>().is_ok_and(|number| (least..=most).contains(&number));
            (!fits).then(|| {
                if most < f64::MAX {
                    format!("write a number from {least} to {most}")
                } else {
                    "write 0 or more".into()
                }
            })
        }
        Kind::Networks => {
            let bad = value.split(',').find(|part| network(part).is_none())?;
            Some(format!("{:?} is no address or network: write them as 10.0.0.0/8, 192.168.1.7", bad.trim()))
        }
        Kind::YesOrNo => (!["true", "false"].contains(&value)).then(|| "write true or false".to_owned()),
        Kind::OneOf(words) => (!words.contains(&value)).then(|| format!("write one of {}", words.join(", "))),
    }
}

/// A network, or an address as a network of one.
fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn lowered(held: Vec<Held>, faults: &mut Vec<Fault>) -> Settings {
    let text = |key: &str| held.iter().find(|one| one.key == key).and_then(|one| one.value.clone());
    let number = |key: &str| text(key).and_then(|value| value.parse::<i64>().ok()).unwrap_or_default();
    let networks = |key: &str| -> Vec<IpNet> {
        text(key).map(|value| value.split(',').filter_map(network).collect()).unwrap_or_default()
    };
    let database = text("database").unwrap_or_else(|| {
        faults.push(Fault::whole("database is not set, and this user has no data folder", "set it with --database"));
        String::new()
    });
    let listen = text("listen").unwrap_or_default().parse().unwrap_or_else(|_| {
        faults.push(Fault::whole("listen is no address with a port", "write it as 127.0.0.1:8340"));
        SocketAddr::from(([127, 0, 0, 1], 0))
    });
    for needed in ["oidc_client_id", "public_url"] {
        if text("oidc_issuer").is_some() && text(needed).is_none() {
            faults.push(Fault::whole(
                format!("oidc_issuer is set, {needed} is not"),
                "people could not come back: set both",
            ));
        }
    }
    let service = ServiceSettings {
        workers: number("workers") as usize,
        lease_ms: number("lease_seconds") * 1_000,
        attempts: number("attempts"),
        longest_queue: number("longest_queue"),
        longest_upload: (number("longest_upload_mib") as usize) << 20,
        request_seconds: number("request_seconds") as u64,
        requests_at_once: number("requests_at_once") as usize,
        signins_per_minute: number("signins_per_minute") as u32,
        session_hours: number("session_hours"),
        requires_consent: text("requires_consent").as_deref() == Some("true"),
        public_url: text("public_url"),
        has_chat_model: text("judge").as_deref() == Some("openai"),
        trusted_proxies: networks("trusted_proxies"),
        webhook_networks: networks("webhook_networks"),
    };
    let log = if text("log").as_deref() == Some("json") { LogForm::Json } else { LogForm::Text };
    let role = match text("role").as_deref() {
        Some("web") => Role::Web,
        Some("worker") => Role::Worker,
        _ => Role::All,
    };
    Settings { held, database, listen, log, role, service }
}

/// A value for people: passwords inside addresses are masked.
pub(super) fn masked(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else { return value.to_owned() };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    match authority.rsplit_once('@') {
        Some((user, host)) if user.contains(':') => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:***@{host}{path}")
        }
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_in_an_address_is_masked_and_nothing_else() {
        assert_eq!(masked("postgres://me:secret@db:5432/earmark"), "postgres://me:***@db:5432/earmark");
        assert_eq!(masked("postgres://me:p@ss@db/earmark"), "postgres://me:***@db/earmark");
        assert_eq!(masked("postgres://me@db/earmark"), "postgres://me@db/earmark");
        assert_eq!(masked("sqlite:/var/lib/earmark.db"), "sqlite:/var/lib/earmark.db");
    }

    #[test]
    fn a_flag_goes_before_the_file_and_a_secret_that_is_wrong_is_not_said() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "model = \"small\"\nsamples = 3\ntemperature = 0.5\napi_key = \"\"\n")
            .expect("written");
        let arguments =
            SettingsArguments { config: Some(file.path().to_owned()), database: Some("sqlite:x".into()), listen: None };
        let faults = arguments.read().err().expect("an empty key").to_string();
        assert!(faults.contains("api_key is \"***\""), "{faults}");
        std::fs::write(file.path(), "model = \"small\"\nsamples = 3\ntemperature = 0.5\n").expect("written");
        let settings = arguments.read_with(&[("model", "large".into())]).unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!((settings.text("model"), settings.text("samples")), (Some("large"), Some("3")));
        assert_eq!(settings.text("temperature"), Some("0.5"));
    }

    #[test]
    fn every_fault_of_a_settings_file_is_said_at_once() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "workers = 1000\nlisten = \"here\"\nworker = 2\nlog = [1]\n").expect("written");
        let arguments = SettingsArguments { config: Some(file.path().to_owned()), database: None, listen: None };
        let faults = arguments.read().err().expect("faults").to_string();
        for part in [
            "whole number from 0 to 256",
            "no address with a port",
            ":3: there is no setting worker",
            "did you mean workers?",
            ":4: log is a list",
        ] {
            assert!(faults.contains(part), "{part} in {faults}");
        }
    }
}
