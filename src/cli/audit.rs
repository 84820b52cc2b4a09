//! `earmark audit`: verify the log, or export one interview's part of it.

use super::Exit;
use super::output::{complain, say, write};
use super::settings::SettingsArguments;
use super::upkeep::with_store;
use crate::store::audit::{Exported, Verified, verify_export};
use clap::Subcommand;
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Find any entry that was changed, is missing or stands in another place
    Verify {
        /// Verify this export instead of the database
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// Write one interview's entries, which can be verified without the database
    Export {
        /// The interview
        #[arg(long, value_name = "ID")]
        interview: String,
        /// Write to this file instead of standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        settings: SettingsArguments,
    },
}

pub(super) fn run(command: &AuditCommand) -> Exit {
    match command {
        AuditCommand::Verify { file: Some(file), .. } => verify_file(file),
        AuditCommand::Verify { file: None, settings } => {
            with_store(settings, async |store| verified(store.verify_audit().await.map_err(|error| error.to_string())))
        }
        AuditCommand::Export { interview, out, settings } => with_store(settings, async |store| {
            let exported = match store.audit_export(interview).await {
                Ok(exported) => exported,
                Err(error) => {
                    complain(&error);
                    return Exit::Failure;
                }
            };
            let facts = json!({"entries": exported.len()});
            // Before it is handed out: an export that is not recorded must not happen.
            if let Err(error) = store.record_look("command line", "audit.exported", Some(interview), facts).await {
                complain(&error);
                return Exit::Failure;
            }
            let lines: Result<Vec<String>, _> = exported.iter().map(serde_json::to_string).collect();
            let written = lines
                .map_err(std::io::Error::other)
                .and_then(|lines| write(&(lines.join("\n") + "\n"), out.as_deref()));
            match written {
                Ok(()) => Exit::Success,
                Err(error) => {
                    complain(&error);
                    Exit::Failure
                }
            }
        }),
    }
}

/// Reads an export: JSON lines as `audit export` writes them, or the JSON array that the API answers.
fn verify_file(file: &Path) -> Exit {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            say(&format!("error: {} cannot be read: {error}", file.display()));
            return Exit::Failure;
        }
    };
    let entries: Result<Vec<Exported>, _> = if text.trim_start().starts_with('[') {
        serde_json::from_str(&text)
    } else {
        text.lines().map(serde_json::from_str).collect()
    };
    let entries = entries.map_err(|error| format!("{} is no export of the audit log: {error}", file.display()));
    verified(entries.and_then(|entries| verify_export(&entries)))
}

fn verified(found: Result<Verified, String>) -> Exit {
    match found {
        Ok(Verified { entries, head, erased }) => {
            let line = format!("{entries} entries, whole; words of {erased} erased; head {head}\n");
            drop(write(&line, None));
            Exit::Success
        }
        Err(what) => {
            say(&format!("error: the audit log is not as it was written: {what}"));
            Exit::Failure
        }
    }
}
