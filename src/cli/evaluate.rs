//! `earmark evaluate`.

use super::output::{complain, say, width, write};
use super::render::{Style, markdown, text};
use super::{Colour, EvaluateArguments, Exit, Format, JudgeKind};
use crate::config::EvaluationSettings;
use crate::domain::{Evaluation, Fault, Faults, Rubric, Transcript};
use crate::evaluation::{EvaluateError, Step, Tools, evaluate};
use crate::ingest::{self, Limits};
use crate::judge::Judge;
use crate::library;
use crate::retrieval::{QdrantSettings, Retrieval, RetrievalError};
use crate::web;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) fn run(arguments: &EvaluateArguments) -> Exit {
    // The rubric first: it is quick, and both files' faults are better known before anything is embedded.
    let rubric = match library::load(&arguments.rubric) {
        Ok(loaded) => Ok(loaded.rubric),
        Err(error) => {
            complain(&error);
            Err(Exit::Rubric)
        }
    };
    let transcript = read(&arguments.transcript, arguments.max_size).map_err(|faults| {
        say(&format!("error: the transcript cannot be read\n{faults}"));
        Exit::Transcript
    });
    let (rubric, transcript) = match (rubric, transcript) {
        (Ok(rubric), Ok(transcript)) => (rubric, transcript),
        (Err(exit), _) | (_, Err(exit)) => return exit,
    };
    match evaluated(arguments, &rubric, &transcript) {
        Ok(evaluation) => show(arguments, &evaluation, &rubric, &transcript),
        Err(error) => {
            complain(&error);
            match error {
                EvaluateError::UnknownCandidate { .. } => Exit::Usage,
                EvaluateError::NoCandidateSpeech { .. } => {
                    say("hint: name the candidate with --candidate, or check that the file holds the answers");
                    Exit::Transcript
                }
                EvaluateError::Retrieval(_) => Exit::Failure,
            }
        }
    }
}

/// Reads and parses a transcript file. A file beyond the limit is never read whole.
fn read(path: &Path, max_mib: usize) -> Result<Transcript, Faults> {
    let name = path.display().to_string();
    let limits = Limits { max_bytes: max_mib.saturating_mul(1024 * 1024), ..Limits::default() };
    let whole = |what: String, hint: &str| Faults::one(name.clone(), Fault::whole(what, hint));
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| {
            if file.metadata()?.is_dir() {
                return Err(std::io::Error::other("it is a folder"));
            }
            file.take(limits.max_bytes as u64 + 1).read_to_end(&mut bytes)
        })
        .map_err(|error| whole(format!("cannot be opened: {error}"), "check the path and who may read it"))?;
    ingest::read(&name, &bytes, &limits)
}

fn evaluated(
    arguments: &EvaluateArguments,
    rubric: &Rubric,
    transcript: &Transcript,
) -> Result<Evaluation, EvaluateError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|_| EvaluateError::Retrieval(RetrievalError::Stopped))?;
    let bar = progress_bar();
    let result = runtime.block_on(async {
        let retrieval = retrieval(arguments).await?;
        let judge = match arguments.judge {
            JudgeKind::Local => Judge::local(),
        };
        let tools = Tools { retrieval: &retrieval, judge: &judge, settings: EvaluationSettings::default() };
        let mut progress = |step: Step| {
            bar.set_message(match step {
                Step::Indexing => "indexing the rubric".to_owned(),
                Step::Reading => "reading the interview".to_owned(),
                Step::Judging(answers) => format!("judging {answers} answers"),
            });
        };
        evaluate(&tools, rubric, transcript, arguments.candidate.as_deref(), &mut progress).await
    });
    bar.finish_and_clear();
    result
}

async fn retrieval(arguments: &EvaluateArguments) -> Result<Retrieval, RetrievalError> {
    if let Some(url) = &arguments.qdrant {
        let settings = QdrantSettings {
            url: url.clone(),
            api_key: arguments.qdrant_api_key.clone().map(Into::into),
            ..QdrantSettings::default()
        };
        return Retrieval::with_qdrant(&settings).await;
    }
    let folder: Option<PathBuf> = match (&arguments.cache, arguments.no_cache) {
        (_, true) => None,
        (Some(folder), _) => Some(folder.clone()),
        (None, false) => dirs::cache_dir().map(|folder| folder.join("earmark")),
    };
    match Retrieval::local(folder.as_deref()) {
        // The user's own cache is a convenience: where it cannot be written, as in a container, work goes on without.
        Err(RetrievalError::Cache { .. }) if arguments.cache.is_none() => Retrieval::local(None),
        other => other,
    }
}

/// Shown on a terminal only, and only on standard error.
fn progress_bar() -> ProgressBar {
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

fn show(arguments: &EvaluateArguments, evaluation: &Evaluation, rubric: &Rubric, transcript: &Transcript) -> Exit {
    let shown = match arguments.format {
        Format::Text => Ok(text(evaluation, rubric, transcript, style(arguments))),
        Format::Markdown => Ok(markdown(evaluation, rubric, transcript)),
        Format::Json => serde_json::to_string_pretty(evaluation).map(|json| json + "\n").map_err(|e| e.to_string()),
        Format::Html => web::report::page(evaluation, rubric, transcript).map_err(|e| e.to_string()),
    };
    let written = shown.and_then(|text: String| {
        write(&text, arguments.out.as_deref()).map_err(|error| {
            let place = arguments.out.as_ref().map_or("standard output".into(), |path| path.display().to_string());
            format!("{place} cannot be written: {error}")
        })
    });
    match written {
        Ok(()) => Exit::Success,
        Err(message) => {
            say(&format!("error: {message}"));
            Exit::Failure
        }
    }
}

fn style(arguments: &EvaluateArguments) -> Style {
    let terminal = arguments.out.is_none() && std::io::stdout().is_terminal();
    let colour = match arguments.color {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    if colour { Style::colour(width()) } else { Style::plain(width()) }
}
