//! `earmark rubric diff`: what changed between two rubrics, and which profiles do not hold any more.

use super::output::{complain, say, write};
use super::{CheckFormat, Exit};
use crate::library::{self, RubricDiff};
use clap::Args;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct DiffArguments {
    /// The rubric as it was
    before: PathBuf,
    /// The rubric as it is
    after: PathBuf,
    /// How to show what changed
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    format: CheckFormat,
    /// Look in this folder for calibration profiles (JSON) that are bound to the first rubric
    #[arg(long, value_name = "DIR")]
    profiles: Option<PathBuf>,
}

pub(super) fn diff(arguments: &DiffArguments) -> Exit {
    // Both files' faults are told, not those of the first alone.
    let read = |path: &Path| library::load(path).map_err(|error| complain(&error));
    let (before, after) = match (read(&arguments.before), read(&arguments.after)) {
        (Ok(before), Ok(after)) => (before.rubric, after.rubric),
        _ => return Exit::Rubric,
    };
    let diff = RubricDiff::of(&before, &after);
    let bound = match arguments.profiles.as_deref().map(|folder| bound_to(folder, &diff)).transpose() {
        Ok(bound) => bound,
        Err(error) => {
            let folder = arguments.profiles.as_deref().unwrap_or(Path::new("")).display();
            say(&format!("error: the profiles in {folder} cannot be read: {error}"));
            return Exit::Failure;
        }
    };
    let text = match arguments.format {
        CheckFormat::Text => shown(&diff, bound.as_deref()),
        CheckFormat::Json => as_json(&diff, bound.as_deref()),
    };
    match write(&text, None) {
        Ok(()) => Exit::Success,
        Err(error) => {
            complain(&error);
            Exit::Failure
        }
    }
}

/// The JSON files of a folder that name the digest of the first rubric, in the order of their names.
fn bound_to(folder: &Path, diff: &RubricDiff) -> io::Result<Vec<String>> {
    let digest = diff.before.digest.to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "json") {
            let bytes = fs::read(&path)?;
            if serde_json::from_slice(&bytes).is_ok_and(|value: Value| names(&value, &digest)) {
                found.push(path.display().to_string());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn names(value: &Value, digest: &str) -> bool {
    match value {
        Value::String(text) => text == digest,
        Value::Array(items) => items.iter().any(|item| names(item, digest)),
        Value::Object(fields) => fields.values().any(|field| names(field, digest)),
        _ => false,
    }
}

fn shown(diff: &RubricDiff, bound: Option<&[String]>) -> String {
    let mut out = String::new();
    for (name, rubric) in [("from", &diff.before), ("to  ", &diff.after)] {
        let _ = writeln!(out, "{name} {} {} ({})", rubric.id, rubric.version, rubric.digest);
    }
    let mut under = None;
    for change in &diff.changes {
        if under != Some(&change.question) {
            under = Some(&change.question);
            let _ = writeln!(out, "\n{}", change.question.as_deref().unwrap_or("the rubric"));
        }
        let _ = writeln!(out, "  {}", change.what);
        for (mark, text) in [('-', &change.before), ('+', &change.after)] {
            if let Some(text) = text {
                let _ = writeln!(out, "    {mark} {}", if text.is_empty() { "nothing" } else { text });
            }
        }
    }
    let _ = writeln!(out, "\n{}", stale(diff, bound));
    out
}

/// What becomes of the profiles.
fn stale(diff: &RubricDiff, bound: Option<&[String]>) -> String {
    if !diff.makes_profiles_stale() {
        return "The two say the same: profiles of one hold for the other.".to_owned();
    }
    let rule = "Profiles that are bound to the first digest are stale under the second: calibrate again";
    match bound {
        None => format!("{rule} (--profiles DIR names them)."),
        Some([]) => format!("{rule}. No file of the folder is bound to it."),
        Some(files) => format!("{rule}. They are:\n  {}", files.join("\n  ")),
    }
}

fn as_json(diff: &RubricDiff, bound: Option<&[String]>) -> String {
    let value = json!({
        "schema": "earmark.diff/1",
        "before": diff.before,
        "after": diff.after,
        "profiles_stale": diff.makes_profiles_stale(),
        "stale_profiles": bound,
        "changes": diff.changes,
    });
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}
