//! Eval sets as folders: `answers.jsonl`, a labelled answer a line, and `card.md`, which says who labelled them and how.
//!
//! A set with any fault is refused with all of them. [`import`] makes such folders from the tables and JSON Lines in which
//! public sets come.

mod answer;
pub mod import;
mod references;
mod source;

use super::LibraryError;
use crate::domain::{Digest, EvalSet, Fault, Faults, LabelledAnswer, Rubric};
use answer::Reader;
use std::io;
use std::path::Path;

/// The largest file of answers, in bytes.
pub(super) const MAX_BYTES: u64 = 512 * 1024 * 1024;
/// How many faults are listed.
const MOST: usize = 200;

/// The file of the answers, within the folder of a set.
pub const ANSWERS: &str = "answers.jsonl";
/// The file that says what the set is.
pub const CARD: &str = "card.md";
/// The rubric that [`import`] makes of a set's own questions.
pub const RUBRIC: &str = "rubric.toml";

/// What a card must say, each with the words that it may say it by.
const SAID: [(&str, &[&str]); 3] = [
    ("who labelled the answers", &["labelled by", "labeled by", "scored by"]),
    ("how many raters there were", &["rater"]),
    ("under what licence the set may be used", &["licence", "license"]),
];

/// Reads the set in `folder`, held against `rubric` where one is given: its questions, criteria and scale.
///
/// # Errors
/// [`LibraryError::Unreadable`] when the file system would not give a file, otherwise [`LibraryError::Faulty`] with every
/// fault of the set at once.
pub fn load(folder: &Path, rubric: Option<&Rubric>) -> Result<EvalSet, LibraryError> {
    let path = folder.join(ANSWERS);
    let file = path.display().to_string();
    let bytes = read(&path)?;
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return Err(Faults::one(file, Fault::whole("the file is not UTF-8 text", "save it as UTF-8")).into());
    };
    let card = match std::fs::read_to_string(folder.join(CARD)) {
        Ok(card) => Some(card),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(source) => return Err(LibraryError::Unreadable { path: folder.join(CARD), source }),
    };
    let mut faults = card_faults(card.as_deref());
    let answers = answers(text, rubric, &mut faults);
    cut(&mut faults);
    if let Some(faults) = Faults::new(file, faults) {
        return Err(faults.into());
    }
    let name = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = name.file_name().map_or_else(|| "eval set".into(), |name| name.to_string_lossy().into_owned());
    Ok(EvalSet { name, answers, about: card.as_deref().and_then(about), digest: Digest::of(&bytes) })
}

/// The bytes of a file that is not too long to be read.
fn read(path: &Path) -> Result<Vec<u8>, LibraryError> {
    let unreadable = |source| LibraryError::Unreadable { path: path.to_owned(), source };
    let about = std::fs::metadata(path).map_err(unreadable)?;
    let refuse = |what: &str, hint: &str| {
        Err(LibraryError::Faulty(Faults::one(path.display().to_string(), Fault::whole(what, hint))))
    };
    if !about.is_file() {
        return refuse("this is a directory or a device, not a file", "name the file itself");
    }
    if about.len() > MAX_BYTES {
        return refuse("the file is longer than the 512 MiB that are read", "split it into several sets");
    }
    std::fs::read(path).map_err(unreadable)
}

fn answers(text: &str, rubric: Option<&Rubric>, faults: &mut Vec<Fault>) -> Vec<LabelledAnswer> {
    let mut reader = Reader::new(rubric);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        reader.line(place + 1, line);
    }
    let (answers, found) = reader.done();
    if answers.is_empty() && found.is_empty() {
        faults.push(Fault::whole("the file holds no answers", "write one JSON object a line, with `id` and `answer`"));
    }
    faults.extend(found);
    answers
}

fn card_faults(card: Option<&str>) -> Vec<Fault> {
    let Some(card) = card else {
        let hint = "write who labelled the answers, how, how many raters, and the licence into `card.md` beside it";
        return vec![Fault::whole("the set has no card", hint)];
    };
    let card = card.to_lowercase();
    SAID.iter()
        .filter(|(_, words)| !words.iter().any(|word| card.contains(word)))
        .map(|(what, words)| {
            Fault::whole(format!("card.md does not say {what}"), format!("add a line with `{}`", words[0]))
        })
        .collect()
}

/// The first paragraph below the heading.
fn about(card: &str) -> Option<String> {
    let lines = card.lines().skip_while(|line| line.trim().is_empty() || line.starts_with('#'));
    let paragraph: Vec<&str> = lines.take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    (!paragraph.is_empty()).then(|| paragraph.join(" "))
}

fn cut(faults: &mut Vec<Fault>) {
    faults.sort_by_key(|fault| fault.line);
    if faults.len() > MOST {
        let more = faults.len() - MOST;
        faults.truncate(MOST);
        let line = faults.last().and_then(|fault| fault.line);
        faults.push(Fault { line, what: format!("and {more} more faults"), hint: "mend those above first".into() });
    }
}
