//! What is set for the service: defaults, then a TOML file, then the environment, then flags. Each value remembers where
//! it came from; everything that is wrong is said at once.

use crate::config::ServiceSettings;
use crate::domain::{Fault, Faults};
use clap::Args;
use std::net::SocketAddr;
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
    YesOrNo,
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
    /// How the service runs.
    pub service: ServiceSettings,
}

fn known() -> Vec<Known> {
    let d = ServiceSettings::default();
    let data = dirs::data_dir().map(|folder| format!("sqlite:{}", folder.join("earmark/earmark.db").display()));
    let number = |value: i64| Some(value.to_string());
    let row = |key, kind, default, meaning| Known { key, kind, default, meaning };
    vec![
        row("database", Kind::Text, data, "where everything is stored"),
        row("listen", Kind::Text, Some("127.0.0.1:8340".into()), "address and port"),
        row("public_url", Kind::Text, None, "what the service is called from outside"),
        row("calibrations", Kind::Text, None, "folder of what `calibrate --out` wrote, a folder for each run"),
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
    ]
}

impl SettingsArguments {
    /// Reads and checks everything that is set.
    pub(super) fn read(&self) -> Result<Settings, Faults> {
        let name = self.config.as_ref().map_or("settings".to_owned(), |path| path.display().to_string());
        let mut faults = Vec::new();
        let known = known();
        let file = self.file(&known, &mut faults);
        let mut held = Vec::new();
        for one in &known {
            let flag = match one.key {
                "database" => self.database.clone().map(|value| (value, "--database".to_owned())),
                "listen" => self.listen.clone().map(|value| (value, "--listen".to_owned())),
                _ => None,
            };
            let variable = format!("EARMARK_{}", one.key.to_uppercase());
            let environment = std::env::var(&variable).ok().map(|value| (value, variable));
            let written = file.iter().find(|(key, _, _)| key == one.key);
            let written = written.map(|(_, value, line)| (value.clone(), format!("{name}:{line}")));
            let given = flag.or(environment).or(written);
            if let Some((value, origin)) = &given
                && let Some(why) = unfit(one.kind, value)
            {
                faults.push(Fault::whole(format!("{} is {value:?} ({origin})", one.key), why));
            }
            let (value, origin) = match given {
                Some((value, origin)) => (Some(value), origin),
                None => (one.default.clone(), "default".to_owned()),
            };
            held.push(Held { key: one.key, value, origin, meaning: one.meaning });
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
        Kind::Text => value.is_empty().then(|| "leave it out instead of leaving it empty".to_owned()),
        Kind::Number(least, most) => {
            let fits = value.parse::<i64>().is_ok_and(|number| (least..=most).contains(&number));
            (!fits).then(|| format!("write a whole number from {least} to {most}"))
        }
        Kind::YesOrNo => (!["true", "false"].contains(&value)).then(|| "write true or false".to_owned()),
        Kind::OneOf(words) => (!words.contains(&value)).then(|| format!("write one of {}", words.join(", "))),
    }
}

fn lowered(held: Vec<Held>, faults: &mut Vec<Fault>) -> Settings {
    let text = |key: &str| held.iter().find(|one| one.key == key).and_then(|one| one.value.clone());
    let number = |key: &str| text(key).and_then(|value| value.parse::<i64>().ok()).unwrap_or_default();
    let database = text("database").unwrap_or_else(|| {
        faults.push(Fault::whole("database is not set, and this user has no data folder", "set it with --database"));
        String::new()
    });
    let listen = text("listen").unwrap_or_default().parse().unwrap_or_else(|_| {
        faults.push(Fault::whole("listen is no address with a port", "write it as 127.0.0.1:8340"));
        SocketAddr::from(([127, 0, 0, 1], 0))
    });
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
        calibrations: text("calibrations").map(PathBuf::from),
    };
    let log = if text("log").as_deref() == Some("json") { LogForm::Json } else { LogForm::Text };
    Settings { held, database, listen, log, service }
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
