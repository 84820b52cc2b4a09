//! How a run ended, as a type; scripts rely on the numbers.

use std::process::ExitCode;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything that was asked for was done.
    Success = 0,
    /// Something failed that is not the fault of the input: a disk, a server, this program.
    Failure = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// The transcript cannot be read, or holds no words of a candidate.
    Transcript = 3,
    /// The rubric, or the guide that was to become one, cannot be read.
    Rubric = 4,
    /// The judge or the embedder cannot be used until a setting is changed: a wrong key, an unknown model.
    Judge = 5,
    /// The rubric can be used, and `rubric check` found errors or warnings in it; notes alone are a success.
    Findings = 6,
}

/// For `--help`.
pub(super) const HELP: &str = "Exit codes: 0 done, 1 failed, 2 usage, 3 transcript refused, 4 rubric refused, \
    5 judge refused";

/// For `rubric check --help`.
pub(super) const CHECK_HELP: &str = "Exit codes: 0 nothing but notes, 1 failed, 2 usage, 4 rubric refused (its faults come \
    first and alone), 6 errors or warnings were found";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
