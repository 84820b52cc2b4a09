//! `earmark calibrate`.

use super::evaluate::read_profile;
use super::output::{complain, say, write};
use super::tools::{Asked, ToolArguments, judge, progress_bar};
use super::{Exit, render};
use crate::calibration::{
    Calibration, CalibrationSettings, Material, PassLines, Probe, ProbeKind, Profile, Report, Stage, calibrate,
};
use crate::domain::{EvalSet, Rubric, Seen};
use crate::evaluation::{Alone, EvaluateError, Tools, bound, seen_in};
use crate::library::{self, eval_set};
use crate::retrieval::RetrievalError;
use crate::web;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug, Args)]
pub(super) struct CalibrateArguments {
    /// The rubric, a TOML file
    #[arg(long, value_name = "FILE")]
    rubric: PathBuf,
    /// The labelled answers: a folder with answers.jsonl and card.md
    #[arg(long, value_name = "DIR")]
    eval_set: PathBuf,
    /// Measure this profile, fitted to another set, instead of fitting one
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Write report.html, report.json and profile.json into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How to show the report on standard output
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    /// End with code 8 when a pass line fails
    #[arg(long)]
    gate: bool,
    #[command(flatten)]
    how: HowArguments,
    #[command(flatten)]
    tools: ToolArguments,
}

/// How a calibration is done.
#[derive(Debug, Args)]
pub(super) struct HowArguments {
    /// Seed of the resamples
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub resample_seed: u64,
    /// Rounds of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    pub rounds: u32,
    /// Pass line: the least quadratic weighted kappa
    #[arg(long, value_name = "NUMBER", default_value_t = 0.70, help_heading = "Pass lines")]
    least_kappa: f64,
    /// Pass line: the most that kappa may lie below people's own
    #[arg(long, value_name = "NUMBER", default_value_t = 0.10, help_heading = "Pass lines")]
    most_degradation: f64,
    /// Pass line: the largest standardised mean difference
    #[arg(long, value_name = "NUMBER", default_value_t = 0.15, help_heading = "Pass lines")]
    most_shift: f64,
    /// Pass line: the same within a group
    #[arg(long, value_name = "NUMBER", default_value_t = 0.10, help_heading = "Pass lines")]
    most_group_shift: f64,
    /// The share of answers whose score lies within its range
    #[arg(long, value_name = "SHARE", default_value_t = 0.9, help_heading = "Ranges and abstentions")]
    range_coverage: f64,
    /// The largest share of suggestions that may be wrong under the rule for suggesting nothing
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, help_heading = "Ranges and abstentions")]
    most_wrong: f64,
    /// The least share of answers that must get a suggestion under it
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, help_heading = "Ranges and abstentions")]
    least_answered: f64,
}

impl HowArguments {
    /// The settings; says what is wrong with them.
    pub(super) fn settings(&self) -> Result<CalibrationSettings, Exit> {
        let shares = [
            ("--range-coverage", self.range_coverage),
            ("--most-wrong", self.most_wrong),
            ("--least-answered", self.least_answered),
        ];
        for (name, share) in shares {
            if !(share > 0.0 && share < 1.0) {
                say(&format!("error: {name} is a share above 0 and below 1, such as 0.9"));
                return Err(Exit::Usage);
            }
        }
        let lines = PassLines {
            kappa: self.least_kappa,
            degradation: self.most_degradation,
            shift: self.most_shift,
            group_shift: self.most_group_shift,
        };
        if ![lines.kappa, lines.degradation, lines.shift, lines.group_shift].iter().all(|n| (0.0..=2.0).contains(n)) {
            say("error: pass lines are numbers from 0 to 2");
            return Err(Exit::Usage);
        }
        Ok(CalibrationSettings {
            seed: self.resample_seed,
            rounds: self.rounds as usize,
            coverage: self.range_coverage,
            error: self.most_wrong,
            answered: self.least_answered,
            lines,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For a terminal
    Text,
    /// The form earmark.calibration/1
    Json,
    /// One self-contained page
    Html,
}

pub(super) fn run(arguments: &CalibrateArguments) -> Exit {
    match made(arguments).and_then(|calibration| shown(arguments, &calibration)) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn made(arguments: &CalibrateArguments) -> Result<Calibration, Exit> {
    let settings = arguments.how.settings()?;
    let (rubric, set) = loaded(&arguments.rubric, &arguments.eval_set)?;
    let profile = arguments.profile.as_deref().map(read_profile).transpose()?;
    calibration(&arguments.tools, &settings, &rubric, &set, profile.as_ref())
}

/// The rubric and the set that is checked against it; says what is wrong with either.
pub(super) fn loaded(rubric: &Path, set: &Path) -> Result<(Rubric, EvalSet), Exit> {
    let rubric = library::load(rubric).map_err(|error| {
        complain(&error);
        Exit::Rubric
    })?;
    let set = eval_set::load(set, Some(&rubric.rubric)).map_err(|error| {
        complain(&error);
        Exit::EvalSet
    })?;
    Ok((rubric.rubric, set))
}

/// Looks at the answers and calibrates on what was seen; says what went wrong.
pub(super) fn calibration(
    arguments: &ToolArguments,
    settings: &CalibrationSettings,
    rubric: &Rubric,
    set: &EvalSet,
    profile: Option<&Profile>,
) -> Result<Calibration, Exit> {
    let asked = arguments.asked()?;
    if arguments.chat.is_dry_run() || arguments.chat.shows_prompts() {
        say("error: --dry-run and --show-prompts are for `earmark evaluate`; limit this run with --budget-tokens");
        return Err(Exit::Usage);
    }
    let looked = looked_at(arguments, asked, rubric, set, profile).map_err(|error| {
        complain(&error);
        match error {
            EvaluateError::Judge(_) => Exit::Judge,
            EvaluateError::Profile(_) => Exit::Profile,
            EvaluateError::Retrieval(RetrievalError::Endpoint(error)) if error.is_for_all() => Exit::Judge,
            _ => Exit::Failure,
        }
    })?;
    let material = Material { rubric, set, seen: &looked.seen, probes: &looked.probes, bound: looked.bound, profile };
    let bar = progress_bar();
    let resampled = AtomicUsize::new(0);
    let progress = |stage: Stage| match stage {
        Stage::Fitting => bar.set_message("fitting, a model for each fold"),
        Stage::Resampled => {
            let done = resampled.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of(settings.rounds) {
                bar.set_message(format!("resampling: {} intervals", done / settings.rounds));
            }
        }
    };
    let made = calibrate(&material, settings, &progress);
    bar.finish_and_clear();
    made.map_err(|why| {
        say(&format!("error: nothing can be measured: {why}"));
        Exit::EvalSet
    })
}

/// What was seen in the answers and in the rubric's own texts.
struct Looked {
    seen: Vec<Seen>,
    probes: Vec<Probe>,
    bound: crate::calibration::Bound,
}

fn looked_at(
    arguments: &ToolArguments,
    asked: Asked,
    rubric: &Rubric,
    set: &EvalSet,
    profile: Option<&Profile>,
) -> Result<Looked, EvaluateError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|_| EvaluateError::Retrieval(RetrievalError::Stopped))?;
    let bar = progress_bar();
    let result = runtime.block_on(async {
        let (judge, _) = judge(asked).map_err(EvaluateError::Judge)?;
        let retrieval = arguments.retrieval().await?;
        let tools = Tools { retrieval: &retrieval, judge: &judge, settings: arguments.settings(), profile: None };
        let bound = bound(&tools);
        // Before minutes of work.
        if let Some(profile) = profile {
            profile.check(rubric, &bound)?;
        }
        let place = |id: &str| rubric.questions.iter().position(|q| q.id == id);
        let answers: Vec<Alone<'_>> = set
            .answers
            .iter()
            .filter_map(|a| Some(Alone { question: place(&a.question_id)?, text: &a.answer }))
            .collect();
        let own = own_texts(rubric);
        let texts: Vec<Alone<'_>> = own.iter().map(|(alone, _)| *alone).collect();
        let folder = arguments.folder();
        let mut told = |done: usize, all: usize| bar.set_message(format!("judged {done} of {all} answers"));
        let seen = seen_in(&tools, rubric, &answers, folder.as_deref(), &mut told).await?;
        let mut told = |done: usize, all: usize| bar.set_message(format!("judged {done} of {all} texts of the rubric"));
        let found = seen_in(&tools, rubric, &texts, folder.as_deref(), &mut told).await?;
        let probe =
            |((alone, kind), seen): ((Alone<'_>, ProbeKind), Seen)| Probe { question: alone.question, kind, seen };
        Ok(Looked { seen, probes: own.into_iter().zip(found).map(probe).collect(), bound })
    });
    bar.finish_and_clear();
    result
}

/// Ideal answers and anchors, to be judged as if they were answers.
fn own_texts(rubric: &Rubric) -> Vec<(Alone<'_>, ProbeKind)> {
    let mut out = Vec::new();
    for (question, q) in rubric.questions.iter().enumerate() {
        for (number, text) in q.ideal_answers.iter().enumerate() {
            out.push((Alone { question, text }, ProbeKind::Ideal(number)));
        }
        for anchor in &q.anchors {
            out.push((Alone { question, text: &anchor.text }, ProbeKind::Anchor(anchor.score)));
        }
    }
    out
}

fn shown(arguments: &CalibrateArguments, calibration: &Calibration) -> Result<Exit, Exit> {
    let report = &calibration.report;
    let text = match arguments.format {
        ReportFormat::Text => render::calibration(report),
        ReportFormat::Json => json(report),
        ReportFormat::Html => html(report)?,
    };
    if let Some(folder) = &arguments.out {
        let failed = |path: &Path, error: std::io::Error| {
            say(&format!("error: {} cannot be written: {error}", path.display()));
            Exit::Failure
        };
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
        let profile = calibration.profile.as_ref().map(|profile| ("profile.json", profile.to_json()));
        let files = [("report.json", json(report)), ("report.html", html(report)?)];
        for (name, text) in files.into_iter().chain(profile) {
            let path = folder.join(name);
            write(&text, Some(&path)).map_err(|error| failed(&path, error))?;
        }
    }
    write(&text, None).map_err(|error| {
        complain(&error);
        Exit::Failure
    })?;
    Ok(if arguments.gate && report.is_held() { Exit::Gate } else { Exit::Success })
}

fn json(report: &Report) -> String {
    // Plain data with string keys: serialising it cannot fail.
    serde_json::to_string_pretty(report).unwrap_or_default() + "\n"
}

fn html(report: &Report) -> Result<String, Exit> {
    web::calibration::page(report).map_err(|error| {
        complain(&error);
        Exit::Failure
    })
}
