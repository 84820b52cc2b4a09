//! `earmark eval-set`.

use super::Exit;
use super::output::{complain, say, write};
use crate::domain::Rubric;
use crate::library::eval_set::{self, ANSWERS, CARD, RUBRIC, import::Imported, import::Wanted};
use crate::library::{self, to_toml};
use clap::{Subcommand, ValueEnum};
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum EvalSetCommand {
    /// Say everything that is wrong with a set
    #[command(after_help = super::exit::HELP)]
    Check {
        /// The set: a folder with answers.jsonl and card.md
        folder: PathBuf,
        /// The rubric that it is for [default: rubric.toml in the folder, where there is one]
        #[arg(long, value_name = "FILE")]
        rubric: Option<PathBuf>,
    },
    /// Make a set from a table of labelled answers: CSV, TSV or JSON Lines
    #[command(after_help = super::exit::HELP)]
    Import {
        /// The table
        file: PathBuf,
        /// What a column is: id, `question_id`, question, reference, references, answer, `score:RATER`, `max_score`, label,
        /// candidate, `group:NAME` [default: told by the columns' names]
        #[arg(long = "map", value_name = "COLUMN=FIELD")]
        map: Vec<String>,
        /// The scale to put scores on [default: the table's own; 0-4 where each question has its own maximum]
        #[arg(long, value_name = "MIN-MAX")]
        scale: Option<String>,
        /// What a label is worth on the scale [default: contradictory 0, incorrect 1, correct 2]
        #[arg(long = "label", value_name = "LABEL=SCORE")]
        labels: Vec<String>,
        /// Also make a rubric of the set's questions
        #[arg(long, value_enum)]
        rubric: Option<RubricFrom>,
        /// The folder to make
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RubricFrom {
    /// Each sentence of a reference answer becomes something to listen for
    FromReferences,
}

pub(super) fn run(command: &EvalSetCommand) -> Exit {
    match command {
        EvalSetCommand::Check { folder, rubric } => check(folder, rubric.as_deref()),
        EvalSetCommand::Import { file, map, scale, labels, rubric, out } => {
            match wanted(map, scale.as_deref(), labels) {
                Ok(wanted) => import(file, &wanted, *rubric, out),
                Err(what) => {
                    say(&format!("error: {what}"));
                    Exit::Usage
                }
            }
        }
    }
}

fn check(folder: &Path, rubric: Option<&Path>) -> Exit {
    let own = folder.join(RUBRIC);
    let path = rubric.or_else(|| own.is_file().then_some(own.as_path()));
    let rubric: Option<Rubric> = match path.map(library::load).transpose() {
        Ok(loaded) => loaded.map(|loaded| loaded.rubric),
        Err(error) => {
            complain(&error);
            return Exit::Rubric;
        }
    };
    match eval_set::load(folder, rubric.as_ref()) {
        Ok(set) => {
            let against = rubric.map_or_else(
                || "held against no rubric: name one with --rubric".to_owned(),
                |rubric| format!("for {} {}", rubric.id, rubric.version),
            );
            let raters = set.raters().len();
            done(&format!(
                "{}: {} answers, {raters} raters, {against}; nothing is wrong\n",
                set.name,
                set.answers.len()
            ))
        }
        Err(error) => {
            complain(&error);
            Exit::EvalSet
        }
    }
}

fn pair<'t>(text: &'t str, option: &str) -> Result<(&'t str, &'t str), String> {
    // A column's name may hold the sign itself; a field does not.
    text.rsplit_once('=')
        .filter(|(a, b)| !a.is_empty() && !b.is_empty())
        .ok_or(format!("{option} {text}: write {option} A=B"))
}

fn wanted(map: &[String], scale: Option<&str>, labels: &[String]) -> Result<Wanted, String> {
    let mut wanted = Wanted::default();
    for text in map {
        let (column, field) = pair(text, "--map")?;
        wanted.map.push((column.to_owned(), field.to_owned()));
    }
    for text in labels {
        let (label, score) = pair(text, "--label")?;
        let score: f64 = score.parse().map_err(|_| format!("--label {text}: `{score}` is no number"))?;
        wanted.labels.push((label.to_owned(), score));
    }
    if let Some(text) = scale {
        let ends = text.rsplit_once('-').and_then(|(min, max)| Some((min.parse().ok()?, max.parse().ok()?)));
        wanted.scale = Some(ends.ok_or(format!("--scale {text}: write two whole numbers, such as --scale 0-5"))?);
    }
    Ok(wanted)
}

fn import(file: &Path, wanted: &Wanted, rubric: Option<RubricFrom>, out: &Path) -> Exit {
    let imported = match eval_set::import::import(file, wanted) {
        Ok(imported) => imported,
        Err(error) => {
            complain(&error);
            return Exit::EvalSet;
        }
    };
    let columns: Vec<String> = imported.columns.iter().map(|(column, field)| format!("{column} is {field}")).collect();
    say(&format!("taken: {}", columns.join(", ")));
    for row in imported.left_out.iter().take(10) {
        say(&format!("line {}: left out, {}", row.line.unwrap_or(0), row.what));
    }
    if imported.left_out.len() > 10 {
        say(&format!("and {} more left out", imported.left_out.len() - 10));
    }
    match put(&imported, rubric, out) {
        Ok(None) => done(&format!("{}: {} answers\n", out.display(), imported.count)),
        Ok(Some(questions)) => {
            done(&format!("{}: {} answers, {questions} questions in {RUBRIC}\n", out.display(), imported.count))
        }
        Err(what) => {
            say(&format!("error: {what}"));
            Exit::Failure
        }
    }
}

/// Writes the folder; says how many questions the rubric has, where one was asked for.
fn put(imported: &Imported, rubric: Option<RubricFrom>, out: &Path) -> Result<Option<usize>, String> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| format!("{} cannot be written: {error}", path.display());
    std::fs::create_dir_all(out).map_err(|error| failed(out, &error))?;
    let put = |name: &str, text: &str| {
        let path = out.join(name);
        write(text, Some(&path)).map_err(|error| failed(&path, &error))
    };
    put(ANSWERS, &imported.answers)?;
    // What a person has written about the set is not written over.
    if !out.join(CARD).exists() {
        put(CARD, &imported.card)?;
    }
    if rubric.is_none() {
        return Ok(None);
    }
    let Some(rubric) = &imported.rubric else {
        return Err("the table has no words of the questions: name the column with --map COLUMN=question".to_owned());
    };
    put(RUBRIC, &to_toml(rubric))?;
    Ok(Some(rubric.questions.len()))
}

fn done(text: &str) -> Exit {
    match write(text, None) {
        Ok(()) => Exit::Success,
        Err(error) => {
            complain(&error);
            Exit::Failure
        }
    }
}
