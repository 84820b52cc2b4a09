//! `earmark evaluate`.

use super::chat::{forecast, prompts};
use super::output::{complain, say, width, write};
use super::render::{Style, markdown, text};
use super::tools::{Asked, judge, progress_bar};
use super::{Colour, EvaluateArguments, Exit, Format};
use crate::calibration::Profile;
use crate::domain::{Evaluation, Fault, Faults, Rubric, Transcript};
use crate::evaluation::{EvaluateError, Step, Tools, evaluate, plan};
use crate::ingest::{self, Limits};
use crate::library;
use crate::retrieval::RetrievalError;
use crate::web;
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;

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
    let asked = match arguments.tools.asked() {
        Ok(asked) => asked,
        Err(exit) => return exit,
    };
    let profile = match arguments.profile.as_deref().map(read_profile).transpose() {
        Ok(profile) => profile,
        Err(exit) => return exit,
    };
    match evaluated(arguments, asked, profile.as_ref(), &rubric, &transcript) {
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
                EvaluateError::Profile(_) => Exit::Profile,
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

/// Reads a calibration profile, and says what is wrong with it.
pub(super) fn read_profile(path: &Path) -> Result<Profile, Exit> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        say(&format!("error: {} cannot be read: {error}", path.display()));
        Exit::Profile
    })?;
    Profile::parse(&text).map_err(|error| {
        say(&format!("error: {}: {error}", path.display()));
        Exit::Profile
    })
}

/// What `evaluate` comes to: an evaluation, or what one would take.
enum Outcome {
    Evaluation(Box<Evaluation>),
    Forecast(String),
}

fn evaluated(
    arguments: &EvaluateArguments,
    asked: Asked,
    profile: Option<&Profile>,
    rubric: &Rubric,
    transcript: &Transcript,
) -> Result<Outcome, EvaluateError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|_| EvaluateError::Retrieval(RetrievalError::Stopped))?;
    let bar = progress_bar();
    let result = runtime.block_on(async {
        let (judge, prices) = judge(asked).map_err(EvaluateError::Judge)?;
        let retrieval = arguments.tools.retrieval().await?;
        let tools = Tools { retrieval: &retrieval, judge: &judge, settings: arguments.tools.settings(), profile };
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
        if arguments.tools.chat.is_dry_run() || arguments.tools.chat.shows_prompts() {
            let plan = plan(&tools, rubric, transcript, candidate, &mut progress).await?;
            if arguments.tools.chat.shows_prompts() {
                bar.suspend(|| say(&prompts(&plan)));
            }
            if arguments.tools.chat.is_dry_run() {
                return Ok(Outcome::Forecast(forecast(&plan, &arguments.tools.chat, &prices)));
            }
        }
        let evaluation = evaluate(&tools, rubric, transcript, candidate, &mut progress).await?;
        Ok(Outcome::Evaluation(Box::new(evaluation)))
    });
    bar.finish_and_clear();
    result
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
