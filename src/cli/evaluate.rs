//! `earmark evaluate`.

use super::chat::{Unusable, forecast, prompts};
use super::output::{complain, say, width, write};
use super::render::{Style, markdown, text};
use super::{Colour, EvaluateArguments, Exit, Format, JudgeKind};
use crate::config::EvaluationSettings;
use crate::domain::{Evaluation, Fault, Faults, Rubric, Transcript};
use crate::evaluation::{EvaluateError, Step, Tools, evaluate, plan};
use crate::ingest::{self, Limits};
use crate::judge::{ChatSettings, Judge};
use crate::library::{self, Prices};
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
    // Before anything is embedded: what is wrong with a setting is known at once.
    let asked = match asked(arguments) {
        Ok(asked) => asked,
        Err(exit) => return exit,
    };
    match evaluated(arguments, asked, &rubric, &transcript) {
        Ok(Outcome::Evaluation(evaluation)) => show(arguments, &evaluation, &rubric, &transcript),
        Ok(Outcome::Forecast(text)) => put(arguments, &text),
        Err(error) => {
            complain(&error);
            match error {
                EvaluateError::UnknownCandidate { .. } | EvaluateError::Misplaced { .. } => Exit::Usage,
                EvaluateError::NoCandidateSpeech { .. } => {
                    say("hint: name the candidate with --candidate, or check that the file holds the answers");
                    Exit::Transcript
                }
                EvaluateError::Judge(_) => Exit::Judge,
                EvaluateError::Retrieval(RetrievalError::Endpoint(error)) if error.is_for_all() => Exit::Judge,
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

/// What `evaluate` comes to: an evaluation, or what one would take.
enum Outcome {
    Evaluation(Box<Evaluation>),
    Forecast(String),
}

/// How the chat model is asked, where one is.
fn asked(arguments: &EvaluateArguments) -> Result<Option<(ChatSettings, Prices)>, Exit> {
    if arguments.judge == JudgeKind::Local {
        if arguments.chat.is_dry_run() || arguments.chat.shows_prompts() {
            say(
                "error: --dry-run and --show-prompts are of use with --judge openai only: the local judge sends nothing",
            );
            return Err(Exit::Usage);
        }
        return Ok(None);
    }
    arguments.chat.settings(folder(arguments)).map(Some).map_err(|unusable| match unusable {
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

fn evaluated(
    arguments: &EvaluateArguments,
    asked: Option<(ChatSettings, Prices)>,
    rubric: &Rubric,
    transcript: &Transcript,
) -> Result<Outcome, EvaluateError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|_| EvaluateError::Retrieval(RetrievalError::Stopped))?;
    let bar = progress_bar();
    let result = runtime.block_on(async {
        let (judge, prices) = match asked {
            Some((settings, prices)) => (Judge::chat(settings).map_err(EvaluateError::Judge)?, prices),
            None => (Judge::local(), Prices::default()),
        };
        let retrieval = retrieval(arguments).await?;
        let settings = EvaluationSettings { mask: arguments.chat.masks(), ..EvaluationSettings::default() };
        let tools = Tools { retrieval: &retrieval, judge: &judge, settings };
        let candidate = arguments.candidate.as_deref();
        let mut answers = 0;
        let mut progress = |step: Step| {
            bar.set_message(match step {
                Step::Indexing => "indexing the rubric".to_owned(),
                Step::Reading => "reading the interview".to_owned(),
                Step::Judging(all) => {
                    answers = all;
                    format!("judging {all} answers")
                }
                Step::Judged(done) => format!("judged {done} of {answers} answers"),
            });
        };
        if arguments.chat.is_dry_run() || arguments.chat.shows_prompts() {
            let plan = plan(&tools, rubric, transcript, candidate, &mut progress).await?;
            if arguments.chat.shows_prompts() {
                bar.suspend(|| say(&prompts(&plan)));
            }
            if arguments.chat.is_dry_run() {
                return Ok(Outcome::Forecast(forecast(&plan, &arguments.chat, &prices)));
            }
        }
        let evaluation = evaluate(&tools, rubric, transcript, candidate, &mut progress).await?;
        Ok(Outcome::Evaluation(Box::new(evaluation)))
    });
    bar.finish_and_clear();
    result
}

/// Where vectors and replies are kept between runs.
fn folder(arguments: &EvaluateArguments) -> Option<PathBuf> {
    match (&arguments.cache, arguments.no_cache) {
        (_, true) => None,
        (Some(folder), _) => Some(folder.clone()),
        (None, false) => dirs::cache_dir().map(|folder| folder.join("earmark")),
    }
}

async fn retrieval(arguments: &EvaluateArguments) -> Result<Retrieval, RetrievalError> {
    let qdrant = arguments.qdrant.as_ref().map(|url| QdrantSettings {
        url: url.clone(),
        api_key: arguments.qdrant_api_key.clone().map(Into::into),
        ..QdrantSettings::default()
    });
    let embeddings = arguments.chat.embeddings();
    let folder = folder(arguments);
    let made = match (&embeddings, &qdrant) {
        (Some(embeddings), _) => Retrieval::with_endpoint(embeddings, folder.as_deref(), qdrant.as_ref()).await,
        (None, Some(qdrant)) => Retrieval::with_qdrant(qdrant).await,
        (None, None) => Retrieval::local(folder.as_deref()),
    };
    match made {
        // The user's own cache is a convenience: where it cannot be written, as in a container, work goes on without.
        Err(RetrievalError::Cache { .. }) if arguments.cache.is_none() => match &embeddings {
            Some(embeddings) => Retrieval::with_endpoint(embeddings, None, qdrant.as_ref()).await,
            None => Retrieval::local(None),
        },
        other => other,
    }
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

fn show(arguments: &EvaluateArguments, evaluation: &Evaluation, rubric: &Rubric, transcript: &Transcript) -> Exit {
    let shown = match arguments.format {
        Format::Text => Ok(text(evaluation, rubric, transcript, style(arguments))),
        Format::Markdown => Ok(markdown(evaluation, rubric, transcript)),
        Format::Json => serde_json::to_string_pretty(evaluation).map(|json| json + "\n").map_err(|e| e.to_string()),
        Format::Html => web::report::page(evaluation, rubric, transcript).map_err(|e| e.to_string()),
    };
    match shown {
        Ok(text) => put(arguments, &text),
        Err(message) => {
            say(&format!("error: {message}"));
            Exit::Failure
        }
    }
}

/// Writes `text` to where it was asked for.
fn put(arguments: &EvaluateArguments, text: &str) -> Exit {
    match write(text, arguments.out.as_deref()) {
        Ok(()) => Exit::Success,
        Err(error) => {
            let place = arguments.out.as_ref().map_or("standard output".into(), |path| path.display().to_string());
            say(&format!("error: {place} cannot be written: {error}"));
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
