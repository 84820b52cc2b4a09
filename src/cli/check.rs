//! `earmark rubric check`: the faults of a file, first and alone; then everything that is legal and could be better.

use super::output::{complain, write};
use super::tools::progress_bar;
use super::{CheckFormat, Exit};
use crate::config::EvaluationSettings;
use crate::domain::{Code, Fault, Finding, Level, Rubric};
use crate::evaluation::{EvaluateError, Step, Tools, lint};
use crate::judge::Judge;
use crate::library::{self, LibraryError, LoadedRubric, lint as words};
use crate::retrieval::{Retrieval, RetrievalError};
use clap::Args;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// The rubric, a TOML file
    file: PathBuf,
    /// How to show what was found
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    format: CheckFormat,
    /// Look for this only; may be given several times. Without a code that takes a model, no model is run
    #[arg(long, value_name = "CODE", value_parser = code)]
    only: Vec<Code>,
    /// Do not look for this; may be given several times
    #[arg(long, value_name = "CODE", value_parser = code)]
    allow: Vec<Code>,
    /// Where vectors of rubrics are kept between runs [default: the user's cache]
    #[arg(long, value_name = "DIR", env = "EARMARK_CACHE")]
    cache: Option<PathBuf>,
}

fn code(name: &str) -> Result<Code, String> {
    let names = || Code::ALL.map(Code::name).join(", ");
    Code::named(name).ok_or_else(|| format!("there is no such code; the codes are: {}", names()))
}

impl CheckArguments {
    fn wants(&self, code: Code) -> bool {
        (self.only.is_empty() || self.only.contains(&code)) && !self.allow.contains(&code)
    }
}

pub(super) fn check(arguments: &CheckArguments) -> Exit {
    let loaded = match library::load(&arguments.file) {
        Ok(loaded) => loaded,
        Err(error) => return refused(arguments, &error),
    };
    let mut findings = words::lint(&loaded);
    findings.retain(|finding| arguments.wants(finding.code));
    let mut made_with = Value::Null;
    let by_a_model = |code: Code| (code.takes_the_embedder() || code.takes_the_judge()) && arguments.wants(code);
    if Code::ALL.into_iter().any(by_a_model) {
        match by_models(arguments, &loaded.rubric) {
            Ok((found, made)) => {
                // What the words tell too is said once, in the words' way.
                let is_known = |new: &Finding| findings.iter().any(|one| (one.code, one.spot) == (new.code, new.spot));
                let new: Vec<Finding> = found.into_iter().filter(|finding| !is_known(finding)).collect();
                findings.extend(new);
                made_with = made;
            }
            Err(error) => {
                complain(&error);
                return Exit::Failure;
            }
        }
    }
    findings.sort_by_key(|finding| (loaded.places.line(finding.spot), finding.code));
    let checked = Checked { file: arguments.file.display().to_string(), loaded, findings, made_with };
    let text = match arguments.format {
        CheckFormat::Text => checked.text(),
        CheckFormat::Json => pretty(&checked.json()),
    };
    let found = checked.findings.iter().any(|finding| finding.code.level() > Level::Note);
    match write(&text, None) {
        Ok(()) if found => Exit::Findings,
        Ok(()) => Exit::Success,
        Err(error) => {
            complain(&error);
            Exit::Failure
        }
    }
}

/// The faults, and nothing else: what is found in a file with faults would be found in something else tomorrow.
fn refused(arguments: &CheckArguments, error: &LibraryError) -> Exit {
    match (arguments.format, error) {
        (CheckFormat::Json, LibraryError::Faulty(faults)) => {
            let file = arguments.file.display().to_string();
            let faults: Vec<&Fault> = faults.all().iter().collect();
            let value = json!({"schema": SCHEMA, "file": file, "faults": faults, "findings": []});
            if let Err(error) = write(&pretty(&value), None) {
                complain(&error);
            }
        }
        _ => complain(error),
    }
    Exit::Rubric
}

/// What the models find, and which they are.
fn by_models(arguments: &CheckArguments, rubric: &Rubric) -> Result<(Vec<Finding>, Value), EvaluateError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|_| EvaluateError::Retrieval(RetrievalError::Stopped))?;
    let folder = arguments.cache.clone().or_else(|| dirs::cache_dir().map(|folder| folder.join("earmark")));
    let bar = progress_bar();
    let result = runtime.block_on(async {
        // The cache is a convenience: where it cannot be written, work goes on without.
        let retrieval = Retrieval::local(folder.as_deref()).or_else(|_| Retrieval::local(None))?;
        let judge = Judge::local();
        let tools =
            Tools { retrieval: &retrieval, judge: &judge, settings: EvaluationSettings::default(), profile: None };
        let mut progress = |step: Step| {
            bar.set_message(match step {
                Step::Indexing => "comparing the rubric's texts".to_owned(),
                Step::Reading => "reading the ideal answers".to_owned(),
                Step::Judging(all) => format!("judging {all} ideal answers"),
                Step::Judged(done) => format!("judged {done} ideal answers"),
            });
        };
        let found = lint(&tools, rubric, &|code| arguments.wants(code), &mut progress).await?;
        Ok((found, json!({"judge": judge.model(), "embedder": retrieval.embedder()})))
    });
    bar.finish_and_clear();
    result
}

const SCHEMA: &str = "earmark.check/1";

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

struct Checked {
    file: String,
    loaded: LoadedRubric,
    findings: Vec<Finding>,
    made_with: Value,
}

impl Checked {
    fn line(&self, finding: &Finding) -> Option<usize> {
        self.loaded.places.line(finding.spot)
    }

    fn count(&self, is_counted: impl Fn(Code) -> bool) -> usize {
        self.findings.iter().filter(|finding| is_counted(finding.code)).count()
    }

    /// The median reading grade of the written questions, to one decimal; `None` where none is long enough for one.
    fn grade(&self) -> Option<f64> {
        let mut grades: Vec<f64> =
            self.loaded.rubric.questions.iter().filter_map(|question| words::grade(&question.ask)).collect();
        grades.sort_by(f64::total_cmp);
        grades.get(grades.len() / 2).map(|grade| (grade * 10.0).round() / 10.0)
    }

    fn text(&self) -> String {
        let mut out = String::new();
        for finding in &self.findings {
            let line = self.line(finding).map(|line| format!(":{line}")).unwrap_or_default();
            let level = finding.code.level().name();
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "{}{line}: {level}[{}]: {}\n  hint: {}",
                self.file, finding.code, finding.reason, finding.hint
            );
        }
        let rubric = &self.loaded.rubric;
        let criteria: usize = rubric.questions.iter().map(|question| question.criteria.len()).sum();
        let at = |level: Level| self.count(|code| code.level() == level);
        let grade = self.grade().map(|grade| format!(", median reading grade {grade}")).unwrap_or_default();
        let gaps = self.count(|code| code == Code::Gap);
        let drafts = self.count(|code| code == Code::Draft);
        out + &format!(
            "{}: {} {}: {} questions, {criteria} criteria{grade}: {} errors, {} warnings, {} notes; {gaps} gaps, {drafts} drafts\n",
            self.file,
            rubric.id,
            rubric.version,
            rubric.questions.len(),
            at(Level::Error),
            at(Level::Warning),
            at(Level::Note),
        )
    }

    fn json(&self) -> Value {
        let rubric = &self.loaded.rubric;
        let finding = |finding: &Finding| {
            let question = finding.spot.question().and_then(|place| rubric.questions.get(place));
            json!({
                "code": finding.code,
                "level": finding.code.level(),
                "line": self.line(finding),
                "question": question.map(|question| question.id.as_str()),
                "reason": finding.reason,
                "hint": finding.hint,
            })
        };
        json!({
            "schema": SCHEMA,
            "file": self.file,
            "rubric": {"id": rubric.id, "version": rubric.version, "digest": rubric.digest()},
            "made_with": self.made_with,
            "reading_grade": self.grade(),
            "counts": {
                "error": self.count(|code| code.level() == Level::Error),
                "warning": self.count(|code| code.level() == Level::Warning),
                "note": self.count(|code| code.level() == Level::Note),
                "gap": self.count(|code| code == Code::Gap),
                "draft": self.count(|code| code == Code::Draft),
            },
            "faults": [],
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
        })
    }
}
