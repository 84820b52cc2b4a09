//! Runs the built program as a user does.

use std::path::Path;
use std::process::{Command, Output};

/// What a run of the program came to.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs `earmark` with `arguments` in the repository's root, without colour, with no cache but the given one.
pub fn earmark(arguments: &[&str]) -> Run {
    earmark_with(arguments, &[])
}

/// The same, with variables of the environment.
pub fn earmark_with(arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_earmark"))
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .env_remove("EARMARK_QDRANT_URL")
        .env_remove("OPENAI_API_KEY")
        .env_remove("OPENAI_BASE_URL")
        .env("EARMARK_CACHE", cache())
        .envs(environment.iter().copied())
        .output()
        .expect("the program starts");
    Run {
        code: output.status.code().expect("the program ends by itself"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// A cache that the tests of one build share.
fn cache() -> std::path::PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

/// A fresh folder for a test.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}
