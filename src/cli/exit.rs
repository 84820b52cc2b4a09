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
    /// The labelled answers cannot be read, or hold nothing that can be measured.
    EvalSet = 6,
    /// The calibration profile cannot be read, or was fitted with something else.
    Profile = 7,
    /// A pass line failed, and `--gate` was given.
    Gate = 8,
    /// The rubric can be used, and `rubric check` found errors or warnings in it; notes alone are a success.
    Findings = 9,
}

/// For `--help`.
pub(super) const HELP: &str = "Exit codes: 0 done, 1 failed, 2 usage, 3 transcript refused, 4 rubric refused, \
    5 judge refused, 6 eval set refused, 7 profile refused, 8 a pass line failed";

/// For `rubric check --help`.
pub(super) const CHECK_HELP: &str = "Exit codes: 0 nothing but notes, 1 failed, 2 usage, 4 rubric refused (its faults come \
    first and alone), 9 errors or warnings were found";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
