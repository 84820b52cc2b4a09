//! Drafts a rubric from a question guide: text, Markdown, HTML or a Word document, whatever its labels are called.
//!
//! A guide is read in four steps. A reader for its format ([`plain`], [`markdown`], [`html`], [`docx`]) turns it into
//! blocks, each with its place. [`outline`] tells which part each block is in, [`gather`] puts it under its question by
//! the [labels](label) and the [wording], and [`elsewhere`] gives answers that stand apart to the questions they answer.
//! [`draft`] makes a rubric of that, with a note beside everything of where it came from, and what is missing. No step
//! adds a word that is not the guide's.

mod block;
mod criteria;
mod docx;
mod draft;
mod elsewhere;
mod found;
mod gather;
mod html;
mod label;
mod markdown;
mod outline;
mod page;
mod plain;
mod proposals;
mod read;
mod report;
mod settle;
mod wording;

pub use block::{LeftOut, Reason};
pub use elsewhere::{Likeness, by_shared_words};
pub use read::GuideFormat;
pub use report::{ImportReport, ImportedQuestion, Placed};

use crate::domain::{Fault, Faults, Rubric};
use crate::library::write;
use found::Findings;
use read::Content;

/// Most questions of a guide; a rubric file holds no more.
const MAX_QUESTIONS: usize = 1_000;

/// A drafted rubric.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The rubric.
    pub rubric: Rubric,
    /// The rubric as a file, with what was found where, and what is missing, as comments.
    pub toml: String,
    /// What was done; `None` for a rubric that was exported by Earmark and is whole.
    pub report: Option<ImportReport>,
    notes: write::Notes,
}

/// Drafts a rubric from the bytes of a guide. `name` is the file's, for messages only; what the file is, is found in its
/// content. `likeness` is asked only where answers stand apart from their questions.
///
/// # Errors
/// Every fault of the file at once: it is no guide, is damaged, or has no question.
pub fn import(name: &str, bytes: &[u8], likeness: Likeness<'_>) -> Result<Import, Faults> {
    match read::read(bytes).map_err(|fault| Faults::one(name, fault))? {
        Content::Json(text) => whole(name, &super::export::from_json(name, &text)?),
        Content::Guide(format, source) => match exported(&source) {
            Some(Ok(rubric)) => whole(name, &rubric),
            Some(Err(faults)) => Err(Faults::new(name, faults).unwrap_or_else(|| Faults::one(name, unread()))),
            None => drafted(name, format, source, likeness),
        },
    }
}

/// The rubric in a document that Earmark exported; `None` when it is another document.
fn exported(source: &block::Source) -> Option<Result<Rubric, Vec<Fault>>> {
    let level = |mark| match mark {
        block::Mark::Heading(level) => Some(level),
        _ => None,
    };
    super::export::read(source.blocks.iter().map(|block| (block.line, level(block.mark), block.text.clone())))
}

fn unread() -> Fault {
    Fault::whole("the exported rubric cannot be read", "export it again")
}

/// An exported rubric, held to the rules of the file format.
fn whole(name: &str, rubric: &Rubric) -> Result<Import, Faults> {
    let toml = write::to_toml(rubric);
    let rubric = super::parse(name, &toml)?.rubric;
    Ok(Import { rubric, toml, report: None, notes: write::Notes::default() })
}

fn drafted(name: &str, format: GuideFormat, source: block::Source, likeness: Likeness<'_>) -> Result<Import, Faults> {
    let mut findings = gather::gather(source);
    if let Some(fault) = unusable(&findings) {
        return Err(Faults::one(name, fault));
    }
    findings.questions.iter_mut().for_each(settle::settle);
    place_answers(&mut findings, likeness);
    findings.left_out.sort_by_key(|out| out.line);
    let (rubric, notes, report) = draft::draft(name, format, findings);
    let toml = write::annotated(&rubric, &notes);
    // What is drafted keeps the rules of the format, or it is a fault of ours that must not reach a file.
    let rubric = super::parse(name, &toml)?.rubric;
    Ok(Import { rubric, toml, report: Some(report), notes })
}

fn unusable(findings: &Findings) -> Option<Fault> {
    let hint = "questions are known by a question mark, by words such as \"Describe\", or by the labels below them";
    match findings.questions.len() {
        0 => Some(Fault::whole("no interview question was found in the guide", hint)),
        1..=MAX_QUESTIONS => None,
        count => {
            let what = format!("the guide has {count} questions, more than the {MAX_QUESTIONS} that a rubric holds");
            Some(Fault::whole(what, "cut the guide into several"))
        }
    }
}

fn place_answers(findings: &mut Findings, likeness: Likeness<'_>) {
    for answers in std::mem::take(&mut findings.answers) {
        for matched in elsewhere::place(&answers, &findings.questions, likeness) {
            if let Some(question) = matched.question {
                settle::add(&mut findings.questions[question], matched);
            } else {
                let out = |passage: &found::Passage| LeftOut::new(passage.line, Reason::NoPlace, &passage.text);
                findings.left_out.extend(matched.passages.iter().map(out));
            }
        }
    }
}
