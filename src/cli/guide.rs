//! `earmark rubric import` and `earmark rubric export`: question guides to rubrics, rubrics to documents.

use super::output::{complain, say, write};
use super::{Exit, ExportFormat, ImportFormat};
use crate::domain::{Fault, Faults};
use crate::library::{self, guide};
use crate::retrieval::{Retrieval, RetrievalError, Vector};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Drafts a rubric from a guide; what was done is said on standard error, or is part of the JSON.
pub(super) fn import(file: &Path, out: Option<&Path>, format: ImportFormat) -> Exit {
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
    let import = match imported {
        Ok(import) => import,
        Err(faults) => {
            say(&format!("error: the guide cannot be imported\n{faults}"));
            return Exit::Rubric;
        }
    };
    if let Some(error) = failed.into_inner() {
        complain(&error);
        say("note: answers that stand apart from their questions were matched by their words alone");
    }
    let text = match format {
        ImportFormat::Toml => {
            import.report.iter().for_each(|report| say(report.to_string().trim_end()));
            import.toml
        }
        ImportFormat::Json => as_json(&import),
    };
    written(&text, out)
}

fn as_json(import: &guide::Import) -> String {
    let rubric: Value = serde_json::from_str(&library::to_json(&import.rubric)).unwrap_or_default();
    let value = json!({"schema": "earmark.import/1", "rubric": rubric, "report": import.report});
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
