//! The command line. The only module that knows clap; wires the others together and says how it went.

mod audit;
mod calibrate;
mod chat;
mod check;
mod compare;
mod diff;
mod edge;
mod eval_set;
mod evaluate;
mod exit;
mod guide;
mod output;
mod reindex;
pub mod render;
mod rubric;
mod serve;
mod settings;
mod shared;
mod tools;
mod upkeep;

pub use exit::Exit;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Reads an interview transcript against a rubric, quotes what was said, and suggests scores for a person to confirm.
#[derive(Debug, Parser)]
#[command(name = "earmark", version, max_term_width = 100, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Evaluate a transcript: where each question was answered, what the answer shows, a suggested score
    #[command(after_help = exit::HELP)]
    Evaluate(Box<EvaluateArguments>),
    /// Say how far a rubric's suggestions agree with people, and fit a profile that agrees more
    #[command(after_help = exit::HELP)]
    Calibrate(Box<calibrate::CalibrateArguments>),
    /// Put two reports, profiles or versions of a rubric side by side
    #[command(after_help = exit::HELP)]
    Compare(Box<compare::CompareArguments>),
    /// Check or import a set of labelled answers
    #[command(subcommand, name = "eval-set")]
    EvalSet(eval_set::EvalSetCommand),
    /// Check, compare, show, import or export rubrics
    #[command(subcommand)]
    Rubric(RubricCommand),
    /// Run the service: upload, evaluate, review, keep a record
    Serve(Box<serve::ServeArguments>),
    /// Try the service: sample rubric, interview and review, in a temporary place
    Demo(Box<serve::ServeArguments>),
    /// Say what is set, and where it came from
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Verify the service's audit log, or export one interview's part of it
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Copy the service's database to a file, while it runs (`SQLite`)
    Backup {
        /// The file to write; must not be there yet
        file: PathBuf,
        #[command(flatten)]
        settings: settings::SettingsArguments,
    },
    /// Put a copy made by `backup` in the place of the service's database, which must not be there yet (`SQLite`)
    Restore {
        /// The copy
        file: PathBuf,
        #[command(flatten)]
        settings: settings::SettingsArguments,
    },
    /// Erase an interview, or all whose time is over, from the service's database and its files
    Erase {
        /// The interview
        #[arg(long, value_name = "ID", required_unless_present = "due")]
        interview: Option<String>,
        /// Every interview that the rules of retention keep no longer
        #[arg(long, conflicts_with = "interview")]
        due: bool,
        #[command(flatten)]
        settings: settings::SettingsArguments,
    },
    /// Look for what could keep the service from working
    Doctor(settings::SettingsArguments),
    /// Make the index of what candidates said anew, with the embedder that is set, while the old one is searched
    #[command(after_help = exit::HELP)]
    Reindex(settings::SettingsArguments),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print every setting with its value and where that came from, secrets masked; say everything that is wrong
    Check(settings::SettingsArguments),
}

#[derive(Debug, Args)]
struct EvaluateArguments {
    /// The transcript: WebVTT, SRT, Zoom, Otter or Meet text, "Name: words", DOCX, or a transcription service's JSON
    transcript: PathBuf,
    /// The rubric, a TOML file
    #[arg(long, value_name = "FILE")]
    rubric: PathBuf,
    /// Who is the candidate, by name or part of it [default: inferred, and shown]
    #[arg(long, value_name = "SPEAKER")]
    candidate: Option<String>,
    /// How to show the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Largest transcript file to read, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 64, env = "EARMARK_MAX_TRANSCRIPT_MIB")]
    max_size: usize,
    /// When to use colour
    #[arg(long, value_enum, default_value_t = Colour::Auto)]
    color: Colour,
    /// Map scores by this calibration profile; refused where it was fitted with something else
    #[arg(long, value_name = "FILE", env = "EARMARK_PROFILE")]
    profile: Option<PathBuf>,
    #[command(flatten)]
    tools: tools::ToolArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum JudgeKind {
    /// The entailment model inside this program: no network, no key
    Local,
    /// A chat model behind any OpenAI-compatible server
    Openai,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// The form earmark.evaluation/1
    Json,
    /// For pasting into a document
    Markdown,
    /// One self-contained page
    Html,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
enum RubricCommand {
    /// Say everything that is wrong with a rubric file, and everything that could be better
    #[command(after_help = exit::CHECK_HELP)]
    Check(check::CheckArguments),
    /// Say what changed between two rubrics, and which calibration profiles that makes stale
    #[command(after_help = exit::HELP)]
    Diff(diff::DiffArguments),
    /// Show a rubric as people read it
    #[command(after_help = exit::HELP)]
    Show {
        /// The rubric, a TOML file
        file: PathBuf,
    },
    /// Draft a rubric from a question guide: what was found where, and what is missing, is noted in it
    #[command(after_help = exit::HELP)]
    Import(Box<guide::ImportArguments>),
    /// Write a rubric as a document that can be edited and imported again
    #[command(after_help = exit::HELP)]
    Export {
        /// The rubric, a TOML file
        file: PathBuf,
        /// How to write it
        #[arg(long, value_enum)]
        format: ExportFormat,
        /// Write to this file instead of standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// For a terminal
    Text,
    /// For machines: the form earmark.check/1 or earmark.diff/1
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ImportFormat {
    /// A rubric file, with notes as comments; the report goes to standard error
    Toml,
    /// The rubric and the report
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// For editing as text
    Markdown,
    /// For a word processor
    Html,
    /// For machines
    Json,
}

/// Runs the command line `arguments`, program name first, and says how it went.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => match arguments.command {
            Command::Evaluate(arguments) => evaluate::run(&arguments),
            Command::Calibrate(arguments) => calibrate::run(&arguments),
            Command::Compare(arguments) => compare::run(&arguments),
            Command::EvalSet(command) => eval_set::run(&command),
            Command::Rubric(RubricCommand::Check(arguments)) => check::check(&arguments),
            Command::Rubric(RubricCommand::Diff(arguments)) => diff::diff(&arguments),
            Command::Rubric(RubricCommand::Show { file }) => rubric::show(&file),
            Command::Rubric(RubricCommand::Import(arguments)) => guide::import(&arguments),
            Command::Rubric(RubricCommand::Export { file, format, out }) => {
                guide::export(&file, out.as_deref(), format)
            }
            Command::Serve(arguments) => serve::run(&arguments),
            Command::Demo(arguments) => serve::demo(&arguments),
            Command::Config(ConfigCommand::Check(arguments)) => upkeep::check(&arguments),
            Command::Audit(command) => audit::run(&command),
            Command::Backup { file, settings } => upkeep::backup(&file, &settings),
            Command::Restore { file, settings } => upkeep::restore(&file, &settings),
            Command::Erase { interview, settings, .. } => upkeep::erase(interview.as_deref(), &settings),
            Command::Doctor(arguments) => upkeep::doctor(&arguments),
            Command::Reindex(arguments) => reindex::run(&arguments),
        },
        Err(message) => {
            // Help and version are no errors; clap knows which stream each belongs to.
            let exit = if message.use_stderr() { Exit::Usage } else { Exit::Success };
            let _ = message.print();
            exit
        }
    }
}
