//! Reads rubric files into [`Rubric`]s and writes them, reads eval sets and tables of prices, and hides what the files
//! look like.
//!
//! A file is read in three steps: [`syntax`] turns its text into TOML and mends what would hide the rest of it,
//! [`schema`] walks the keys with [`table`]'s cursor, and [`places`] keeps where each part stood. A file with any fault is
//! refused with all of them; no rubric is ever made from part of a file. What is legal but could be better is for
//! [`lint`] to say.

mod diff;
pub mod eval_set;
mod export;
pub mod guide;
mod lines;
pub mod lint;
mod places;
mod prices;
mod schema;
mod syntax;
mod table;
mod write;

pub use diff::{Change, ChangeKind, Identity, RubricDiff};
pub use export::{to_html, to_json, to_markdown};
pub use places::Places;
pub use prices::Prices;
pub use write::to_toml;

use crate::domain::{Fault, Faults, Rubric};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use table::Report;
use thiserror::Error;

/// Longest rubric file, in bytes; the longest known has a fiftieth of it.
const MAX_BYTES: usize = 5_000_000;

/// A rubric and its file.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedRubric {
    /// The rubric.
    pub rubric: Rubric,
    /// Where its parts stand.
    pub places: Places,
    /// The comments that stand on lines of their own, each with its line; an author's or an import's notes.
    pub comments: Vec<(usize, String)>,
}

/// Why a file gave no rubric.
#[derive(Debug, Error)]
pub enum LibraryError {
    /// The file system would not give the file: it is not there, or may not be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file as asked for.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// What is there is no rubric: everything that is wrong with it.
    #[error(transparent)]
    Faulty(#[from] Faults),
}

/// Reads the rubric file at `path`.
///
/// # Errors
///
/// [`LibraryError::Unreadable`] when the file system would not give the file, otherwise [`LibraryError::Faulty`] with
/// every fault of the file at once, each with its line, what is wrong, and a hint.
pub fn load(path: &Path) -> Result<LoadedRubric, LibraryError> {
    let name = path.display().to_string();
    let bytes = bytes_of(path).map_err(|source| LibraryError::Unreadable { path: path.to_owned(), source })?;
    let Some(bytes) = bytes else {
        let what = "this is a directory or a device, not a file";
        return Err(Faults::one(name, Fault::whole(what, "name one rubric file, such as `my-role.toml`")).into());
    };
    let text = decode(&bytes).map_err(|fault| Faults::one(name.as_str(), fault))?;
    Ok(parse(&name, text)?)
}

/// Reads the text of a rubric file. `name` is the file's, for messages only.
///
/// # Errors
///
/// Every fault of the text at once, each with its line, what is wrong, and a hint.
pub fn parse(name: &str, text: &str) -> Result<LoadedRubric, Faults> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(fault) = too_long(text.len()).or_else(|| syntax::not_toml(text)) {
        return Err(Faults::one(name, fault));
    }
    let mended = syntax::mend(text);
    let tree = mended.tree();
    let report = Report::new(&mended.text, mended.complete);
    let (rubric, places) = schema::rubric(&report.root(tree.get_ref()));
    if let Some(faults) = Faults::new(name, syntax::together(mended.faults, report.into_faults())) {
        return Err(faults);
    }
    Ok(LoadedRubric { rubric, places, comments: comments(text) })
}

fn comments(text: &str) -> Vec<(usize, String)> {
    let comment = |(at, line): (usize, &str)| Some((at + 1, line.trim().strip_prefix('#')?.trim().to_owned()));
    text.lines().enumerate().filter_map(comment).collect()
}

/// The file's bytes, one more than may be read at most; `None` when it is no file at all.
fn bytes_of(path: &Path) -> io::Result<Option<Vec<u8>>> {
    // Asked before opening: opening a named pipe would wait for whoever writes to it.
    if !std::fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn decode(bytes: &[u8]) -> Result<&str, Fault> {
    if let Some(fault) = too_long(bytes.len()) {
        return Err(fault);
    }
    std::str::from_utf8(bytes).map_err(|error| {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Fault::whole("the file is UTF-16 text", "save it as UTF-8; editors offer that under \"Save as\"");
        }
        let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
        let hint = "save the file as UTF-8; if it is no text file, this is the wrong file";
        Fault::at(line, "the file is not UTF-8 text from here on", hint)
    })
}

fn too_long(bytes: usize) -> Option<Fault> {
    (bytes > MAX_BYTES).then(|| {
        let hint = "a rubric holds questions and short texts only; check that this is the right file";
        Fault::whole("the file is longer than the 5 MB that are read", hint)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        let refused = |fault| Faults::one("r.toml", fault);
        let faults = decode(bytes).map_err(refused).and_then(|text| parse("r.toml", text)).expect_err("no rubric");
        assert_eq!(faults.all().len(), 1, "{faults}");
        faults.to_string()
    }

    #[test]
    fn a_file_that_is_no_rubric_at_all_gets_one_clear_message() {
        assert!(refusal(b"").starts_with("r.toml: the file is empty\n"));
        assert!(refusal("\u{feff} \n\n".as_bytes()).starts_with("r.toml: the file is empty\n"));
        assert!(refusal(b"{\n  \"id\": \"a\"\n}").starts_with("r.toml: this is JSON, not TOML\n"));
        assert!(refusal(b"[{\"id\": 1}]").starts_with("r.toml: this is JSON, not TOML\n"));
        assert!(refusal(b"# mine\nid: a\nquestions:\n  - id: b\n").starts_with("r.toml: this is YAML, not TOML\n"));
        assert!(refusal(b"---\nid: a\n").starts_with("r.toml: this is YAML, not TOML\n"));
        assert!(refusal(b"id = \"a\"\n\xff\n").starts_with("r.toml:2: the file is not UTF-8 text from here on\n"));
        assert!(refusal(b"\xff\xfei\0d\0").starts_with("r.toml: the file is UTF-16 text\n"));
        assert!(refusal(&vec![b'#'; MAX_BYTES + 1]).starts_with("r.toml: the file is longer than the 5 MB"));
    }

    #[test]
    fn a_long_file_cut_within_a_letter_is_long_and_not_badly_encoded() {
        let bytes = "ä".repeat(MAX_BYTES).into_bytes();
        assert!(refusal(&bytes[..=MAX_BYTES]).contains("longer than the 5 MB"));
    }
}
