//! `earmark compare`.

use super::calibrate::{HowArguments, calibration, loaded};
use super::evaluate::read_profile;
use super::output::{complain, say, write};
use super::tools::ToolArguments;
use super::{Exit, render};
use crate::calibration::{PROFILE_SCHEMA, REPORT_SCHEMA, Side, compare};
use clap::{Args, ValueEnum};
use serde_json::Value;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct CompareArguments {
    /// A report.json, or with --eval-set a rubric or a profile
    a: PathBuf,
    /// Another
    b: PathBuf,
    /// The labelled answers on which rubrics or profiles are compared
    #[arg(long, value_name = "DIR")]
    eval_set: Option<PathBuf>,
    /// The rubric of the profiles
    #[arg(long, value_name = "FILE")]
    rubric: Option<PathBuf>,
    /// How to show the comparison
    #[arg(long, value_enum, default_value_t = ComparisonFormat::Text)]
    format: ComparisonFormat,
    #[command(flatten)]
    how: HowArguments,
    #[command(flatten)]
    tools: ToolArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ComparisonFormat {
    /// For a terminal
    Text,
    /// The form earmark.comparison/1
    Json,
}

pub(super) fn run(arguments: &CompareArguments) -> Exit {
    let made = side(arguments, &arguments.a).and_then(|a| Ok((a, side(arguments, &arguments.b)?)));
    let (a, b) = match made {
        Ok(sides) => sides,
        Err(exit) => return exit,
    };
    let comparison = match compare(&a, &b, arguments.how.rounds as usize, arguments.how.resample_seed) {
        Ok(comparison) => comparison,
        Err(why) => {
            say(&format!("error: these cannot be compared: {why}"));
            return Exit::EvalSet;
        }
    };
    let text = match arguments.format {
        ComparisonFormat::Text => render::comparison(&comparison),
        // Plain data with string keys: serialising it cannot fail.
        ComparisonFormat::Json => serde_json::to_string_pretty(&comparison).unwrap_or_default() + "\n",
    };
    match write(&text, None) {
        Ok(()) => Exit::Success,
        Err(error) => {
            complain(&error);
            Exit::Failure
        }
    }
}

/// A report as it is, or one made of a rubric or a profile.
fn side(arguments: &CompareArguments, path: &Path) -> Result<Side, Exit> {
    let usage = |what: &str| {
        say(&format!("error: {}: {what}", path.display()));
        Exit::Usage
    };
    let text = std::fs::read_to_string(path).map_err(|error| usage(&format!("cannot be read: {error}")))?;
    let name = path.display().to_string();
    let value: Option<Value> = serde_json::from_str(&text).ok();
    let schema = value.as_ref().and_then(|value| value["schema"].as_str());
    if schema == Some(REPORT_SCHEMA) {
        let mut value = value.unwrap_or_default();
        value["name"] = name.into();
        return serde_json::from_value(value).map_err(|error| usage(&format!("this report cannot be read: {error}")));
    }
    let Some(set) = &arguments.eval_set else {
        return Err(usage("rubrics and profiles are compared on labelled answers: name them with --eval-set"));
    };
    let settings = arguments.how.settings()?;
    let (rubric, profile) = if schema == Some(PROFILE_SCHEMA) {
        let Some(rubric) = &arguments.rubric else {
            return Err(usage("name the rubric that the profile was fitted to with --rubric"));
        };
        (rubric.as_path(), Some(read_profile(path)?))
    } else {
        (path, None)
    };
    let (rubric, set) = loaded(rubric, set)?;
    let report = calibration(&arguments.tools, &settings, &rubric, &set, profile.as_ref())?.report;
    Ok(Side { name, scale: report.scale, predictions: report.predictions })
}
