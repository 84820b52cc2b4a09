//! `earmark rubric import` and `earmark rubric export`: question guides to rubrics, rubrics to documents.

use super::chat::{ChatArguments, Unusable, forecast, prompts};
use super::output::{complain, say, write};
use super::tools::progress_bar;
use super::{Exit, ExportFormat, ImportFormat};
use crate::domain::{Fault, Faults, Proposal};
use crate::judge::{ChatJudge, JudgeError, Wanted};
use crate::library::{self, guide};
use crate::retrieval::{Retrieval, RetrievalError, Vector};
use clap::Args;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct ImportArguments {
    /// The guide: text, Markdown, HTML or DOCX, or a rubric exported by this program
    file: PathBuf,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How to write the draft
    #[arg(long, value_enum, default_value_t = ImportFormat::Toml)]
    format: ImportFormat,
    /// Let a chat model propose what the guide leaves out, never an ideal answer; each part is marked as a draft
    #[arg(long)]
    draft_missing: bool,
    /// Where replies of chat models are kept between runs [default: the user's cache]
    #[arg(long, value_name = "DIR", env = "EARMARK_CACHE")]
    cache: Option<PathBuf>,
    /// Keep nothing between runs, whatever --cache says
    #[arg(long)]
    no_cache: bool,
    #[command(flatten)]
    chat: ChatArguments,
}

/// Drafts a rubric from a guide; what was done is said on standard error, or is part of the JSON.
pub(super) fn import(arguments: &ImportArguments) -> Exit {
    let import = match read(&arguments.file) {
        Ok(import) => import,
        Err(exit) => return exit,
    };
    let (import, drafts) = if arguments.draft_missing {
        match with_drafts(arguments, import) {
            Ok(drafted) => drafted,
            Err(exit) => return exit,
        }
    } else {
        (import, Value::Null)
    };
    let text = match arguments.format {
        ImportFormat::Toml => {
            import.report.iter().for_each(|report| say(report.to_string().trim_end()));
            import.toml
        }
        ImportFormat::Json => as_json(&import, &drafts),
    };
    written(&text, arguments.out.as_deref())
}

/// Asks the chat model for what is missing. A proposal that cannot be had leaves its gap open and is said.
fn with_drafts(arguments: &ImportArguments, import: guide::Import) -> Result<(guide::Import, Value), Exit> {
    let folder = match (&arguments.cache, arguments.no_cache) {
        (_, true) => None,
        (Some(folder), _) => Some(folder.clone()),
        (None, false) => dirs::cache_dir().map(|folder| folder.join("earmark")),
    };
    let (settings, prices) = arguments.chat.settings(folder).map_err(|unusable| {
        match unusable {
            Unusable::Prices(error) => complain(&error),
            Unusable::Words(words) => say(&format!("error: {words}")),
        }
        Exit::Usage
    })?;
    let wanted: Vec<Wanted> = import.rubric.questions.iter().map(|question| wanted(&import, question)).collect();
    let failed = |error: &JudgeError| {
        complain(error);
        if error.is_for_all() { Exit::Judge } else { Exit::Failure }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        complain(&error);
        Exit::Failure
    })?;
    let model = settings.model.clone();
    let bar = progress_bar();
    let proposed = runtime.block_on(async {
        let judge = ChatJudge::new(settings).map_err(|error| failed(&error))?;
        if arguments.chat.is_dry_run() || arguments.chat.shows_prompts() {
            let plan = judge.plan_drafts(&wanted);
            if arguments.chat.shows_prompts() {
                say(&prompts(&plan));
            }
            if arguments.chat.is_dry_run() {
                return Err(written(&forecast(&plan, &arguments.chat, &prices), arguments.out.as_deref()));
            }
        }
        let all = wanted.iter().filter(|wanted| !wanted.missing().is_empty()).count();
        let mut progress = |done| bar.set_message(format!("drafted {done} of {all} questions"));
        Ok(judge.drafts(wanted, &mut progress).await)
    });
    bar.finish_and_clear();
    let proposed = proposed?;
    if let Some(Err(error)) = proposed.iter().find(|one| one.as_ref().is_err_and(JudgeError::is_for_all)) {
        return Err(failed(error));
    }
    let mut drafts = serde_json::Map::new();
    let mut proposals = Vec::new();
    for (question, proposed) in import.rubric.questions.iter().zip(proposed) {
        let proposal = proposed.unwrap_or_else(|error| {
            say(&format!("note: nothing was drafted for {}: {error}", question.id));
            Proposal::default()
        });
        drafts.insert(question.id.clone(), json!(proposal.parts()));
        proposals.push(proposal);
    }
    let import = import.with_proposals(&model, &proposals).map_err(|faults| {
        say(&format!("error: what the model drafted makes no rubric\n{faults}"));
        Exit::Failure
    })?;
    Ok((import, json!({"by": model, "parts": drafts})))
}

fn wanted(import: &guide::Import, question: &crate::domain::Question) -> Wanted {
    Wanted { role: import.rubric.title.clone(), question: question.clone(), scale: import.rubric.scale.clone() }
}

/// The draft of a guide, without any model's words.
fn read(file: &Path) -> Result<guide::Import, Exit> {
    let name = file.display().to_string();
    let shown = file.file_name().map_or_else(|| name.clone(), |name| name.to_string_lossy().into_owned());
    let (failed, known) = (RefCell::new(None), RefCell::new(BTreeMap::new()));
    let likeness = |texts: &[String], asks: &[String]| {
        likeness(texts, asks, &mut known.borrow_mut()).unwrap_or_else(|error| {
            *failed.borrow_mut() = Some(error);
            guide::by_shared_words(texts, asks)
        })
    };
    let imported = fs::read(file)
        .map_err(|error| {
            let fault = Fault::whole(format!("cannot be read: {error}"), "check the path and who may read it");
            Faults::one(name, fault)
        })
        .and_then(|bytes| guide::import(&shown, &bytes, &likeness));
    let import = imported.map_err(|faults| {
        say(&format!("error: the guide cannot be imported\n{faults}"));
        Exit::Rubric
    })?;
    if let Some(error) = failed.into_inner() {
        complain(&error);
        say("note: answers that stand apart from their questions were matched by their words alone");
    }
    Ok(import)
}

fn as_json(import: &guide::Import, drafts: &Value) -> String {
    let rubric: Value = serde_json::from_str(&library::to_json(&import.rubric)).unwrap_or_default();
    let mut value = json!({"schema": "earmark.import/1", "rubric": rubric, "report": import.report});
    if !drafts.is_null() {
        value["drafts"] = drafts.clone();
    }
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}

/// How alike texts are by their meaning: cosines of the embedded model's vectors. `known` keeps the vectors, since the
/// same questions are asked about again and again.
fn likeness(
    texts: &[String],
    asks: &[String],
    known: &mut BTreeMap<String, Vector>,
) -> Result<Vec<Vec<f64>>, RetrievalError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|_| RetrievalError::Stopped)?;
    runtime.block_on(async {
        let retrieval = Retrieval::local(None)?;
        let new: BTreeSet<&str> =
            texts.iter().chain(asks).map(String::as_str).filter(|text| !known.contains_key(*text)).collect();
        let new: Vec<&str> = new.into_iter().collect();
        let vectors = retrieval.embed(&new).await?;
        known.extend(new.into_iter().map(str::to_owned).zip(vectors));
        let near = |text, ask| f64::from(known[text].similarity(&known[ask]));
        Ok(texts.iter().map(|text| asks.iter().map(|ask| near(text, ask)).collect()).collect())
    })
}

/// Writes a rubric as a document that reads back as the same rubric.
pub(super) fn export(file: &Path, out: Option<&Path>, format: ExportFormat) -> Exit {
    match library::load(file) {
        Ok(loaded) => {
            let text = match format {
                ExportFormat::Markdown => library::to_markdown(&loaded.rubric),
                ExportFormat::Html => library::to_html(&loaded.rubric),
                ExportFormat::Json => library::to_json(&loaded.rubric),
            };
            written(&text, out)
        }
        Err(error) => {
            complain(&error);
            Exit::Rubric
        }
    }
}

fn written(text: &str, out: Option<&Path>) -> Exit {
    match write(text, out) {
        Ok(()) => Exit::Success,
        Err(error) => {
            complain(&error);
            Exit::Failure
        }
    }
}
