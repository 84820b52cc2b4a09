//! Reports of calibrations as `earmark calibrate --out` wrote them: a folder for each run. Hides the folder, and reads of a
//! report only what the pages show.

use super::plots::Curves;
use crate::calibration::{Number, Outcome, REPORT_SCHEMA, Ready, Side};
use serde::Deserialize;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Runs that are looked at, the newest first.
const MOST: usize = 200;
/// Longest report, in bytes.
const LONGEST: u64 = 64 << 20;

/// A run.
pub(in crate::web) struct Run {
    /// The name of its folder.
    pub name: String,
    /// When it was written, in milliseconds since 1970.
    pub written: i64,
    /// What it found.
    pub brief: Brief,
}

/// A report, as far as pages show it.
#[derive(Deserialize)]
pub(in crate::web) struct Brief {
    pub rubric: OfRubric,
    pub rubric_title: String,
    pub scale: [i32; 2],
    pub eval_set: OfSet,
    pub verdict: Told,
    pub answers_unseen: Agreed,
    pub people: Option<People>,
    pub lines: Vec<Line>,
    distribution: [Vec<usize>; 2],
    reliability: Vec<Bin>,
    coverage: Vec<Point>,
    pub questions: Vec<Part>,
    pub findings: Vec<Finding>,
}

#[derive(Deserialize)]
pub(in crate::web) struct OfRubric {
    pub version: String,
    pub digest: String,
}

#[derive(Deserialize)]
pub(in crate::web) struct OfSet {
    pub name: String,
    pub answers: usize,
}

#[derive(Deserialize)]
pub(in crate::web) struct Told {
    pub ready: Ready,
    pub words: String,
    pub because: Vec<String>,
}

#[derive(Deserialize)]
pub(in crate::web) struct Agreed {
    pub quadratic_kappa: Number,
    pub exact: Number,
    pub adjacent: Number,
    pub mae: Number,
}

#[derive(Deserialize)]
pub(in crate::web) struct People {
    pub quadratic_kappa: Number,
}

#[derive(Deserialize)]
pub(in crate::web) struct Line {
    pub name: String,
    pub limit: String,
    pub measured: Number,
    pub outcome: Outcome,
}

#[derive(Deserialize)]
struct Bin {
    items: usize,
    confidence: f64,
    right: usize,
}

#[derive(Deserialize)]
struct Point {
    coverage: f64,
    risk: f64,
}

/// Agreement on one question.
#[derive(Deserialize)]
pub(in crate::web) struct Part {
    pub name: String,
    pub title: String,
    pub n: usize,
    pub quadratic_kappa: Number,
    pub exact: Number,
    pub smd: Number,
}

/// What to change in the rubric.
#[derive(Deserialize)]
pub(in crate::web) struct Finding {
    pub question_id: Option<String>,
    pub what: String,
    pub advice: String,
}

impl Brief {
    /// What is drawn of it.
    pub fn curves(&self) -> Curves {
        let bins = self.reliability.iter().filter(|bin| bin.items > 0);
        Curves {
            scale: self.scale,
            reliability: bins.map(|bin| (bin.confidence, bin.right as f64 / bin.items as f64)).collect(),
            coverage: self.coverage.iter().map(|point| (point.coverage, point.risk)).collect(),
            distribution: self.distribution.clone(),
        }
    }
}

/// Every run of a folder that can be read, the newest first. A folder that is not there has none.
pub(in crate::web) fn runs(folder: &Path) -> Vec<Run> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut runs: Vec<Run> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            is_name(&name).then(|| run(folder, name)).flatten()
        })
        .collect();
    runs.sort_by(|a, b| b.written.cmp(&a.written).then_with(|| b.name.cmp(&a.name)));
    runs.truncate(MOST);
    runs
}

/// One run; `None` when there is none of this name.
pub(in crate::web) fn run(folder: &Path, name: String) -> Option<Run> {
    let (written, value) = value(folder, &name)?;
    Some(Run { name, written, brief: serde_json::from_value(value).ok()? })
}

/// One side of a comparison.
pub(in crate::web) fn side(folder: &Path, name: &str) -> Option<Side> {
    let (_, mut value) = value(folder, name)?;
    value["name"] = name.into();
    serde_json::from_value(value).ok()
}

/// The page that was written beside the report.
pub(in crate::web) fn page(folder: &Path, name: &str) -> Option<String> {
    let path = is_name(name).then(|| folder.join(name).join("report.html"))?;
    fs::read_to_string(path).ok()
}

fn value(folder: &Path, name: &str) -> Option<(i64, Value)> {
    let path = is_name(name).then(|| folder.join(name).join("report.json"))?;
    let about = fs::metadata(&path).ok().filter(|about| about.len() <= LONGEST)?;
    let since = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let value: Value = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
    (value["schema"] == REPORT_SCHEMA).then(|| (i64::try_from(since.as_millis()).unwrap_or(i64::MAX), value))
}

/// Whether this can be the name of a run: one folder below, and nothing else.
fn is_name(name: &str) -> bool {
    let is_fit = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | '+');
    !name.is_empty() && !name.starts_with('.') && name.len() <= 200 && name.chars().all(is_fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leads_out_of_the_folder() {
        assert!(is_name("2026-03 small_1.2"));
        for away in ["", "..", ".hidden", "a/b", "a\\b", "../x", "a\0b"] {
            assert!(!is_name(away), "{away:?}");
        }
    }

    #[test]
    fn what_is_no_report_is_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [("a", "{}"), ("b", "no json")] {
            fs::create_dir(folder.path().join(name)).expect("made");
            fs::write(folder.path().join(name).join("report.json"), text).expect("written");
        }
        assert!(runs(folder.path()).is_empty());
        assert!(runs(&folder.path().join("nowhere")).is_empty());
    }
}
