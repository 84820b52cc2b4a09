//! What is wrong with a file that a person wrote: all of it at once, each with its place and what to do.

use serde::Serialize;
use std::fmt;

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Line in the file, from 1; `None` when the fault has no single line (an empty file, binary data).
    pub line: Option<usize>,
    /// What is wrong, in one sentence without a full stop.
    pub what: String,
    /// What to do about it.
    pub hint: String,
}

impl Fault {
    /// A fault at `line` (from 1).
    pub fn at(line: usize, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { line: Some(line), what: what.into(), hint: hint.into() }
    }

    /// A fault of the file as a whole.
    pub fn whole(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { line: None, what: what.into(), hint: hint.into() }
    }
}

/// All faults of one file, in the order of its lines. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// The file's name as the user gave it.
    pub file: String,
    faults: Vec<Fault>,
}

impl Faults {
    /// Sorts `faults` by line; `None` when there is none, so that an empty list cannot be mistaken for a refusal.
    pub fn new(file: impl Into<String>, mut faults: Vec<Fault>) -> Option<Self> {
        faults.sort_by_key(|fault| fault.line);
        (!faults.is_empty()).then(|| Self { file: file.into(), faults })
    }

    /// A single fault.
    pub fn one(file: impl Into<String>, fault: Fault) -> Self {
        Self { file: file.into(), faults: vec![fault] }
    }

    /// The faults, in the order of their lines.
    #[must_use]
    pub fn all(&self) -> &[Fault] {
        &self.faults
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.faults.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{}", self.file)?;
            if let Some(line) = fault.line {
                write!(f, ":{line}")?;
            }
            write!(f, ": {}\n  hint: {}", fault.what, fault.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
