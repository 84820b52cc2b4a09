//! From a table of labelled answers, as public sets come, to an eval set; with a rubric made of its questions where it is
//! asked for. Hides which column is what when nobody says.

use super::source::{Row, Source, read as rows_of};
use super::{ANSWERS, references};
use crate::domain::{Fault, Faults, GivenScore, Rubric, Scale};
use crate::library::LibraryError;
use crate::library::table::{one_of, shown};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;

/// How a file is read.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// `column=field`; a score's field is `score`, or `score:rater`. Empty: told by the columns' names.
    pub map: Vec<(String, String)>,
    /// The scale that scores are put on; else the file's own.
    pub scale: Option<(i32, i32)>,
    /// What a label is worth on the scale; else the three labels of the student response analysis sets are known.
    pub labels: Vec<(String, f64)>,
}

/// An eval set as its files, and the rubric that its questions make.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The text of `answers.jsonl`.
    pub answers: String,
    /// The text of `card.md`, as far as the file says anything; the rest is for a person to write.
    pub card: String,
    /// A rubric of the questions and reference answers; `None` where the file has no questions.
    pub rubric: Option<Rubric>,
    /// How many answers.
    pub count: usize,
    /// Rows that were left out, with the reason.
    pub left_out: Vec<Fault>,
    /// What was taken for what.
    pub columns: Vec<(String, String)>,
}

/// The fields that a column can be.
const FIELDS: [&str; 11] = [
    "id",
    "question_id",
    "question",
    "reference",
    "references",
    "answer",
    "score",
    "max_score",
    "label",
    "candidate",
    "group",
];

/// Names that columns have in public sets.
const KNOWN: [(&str, &[&str]); 9] = [
    ("id", &["id", "answer_id", "response_id"]),
    ("question_id", &["question_id", "questionid", "qid", "item", "prompt_id"]),
    ("question", &["question", "prompt", "question_text"]),
    ("reference", &["reference_answer", "desired_answer", "model_answer", "reference", "ideal_answer"]),
    ("references", &["reference_answers", "references"]),
    ("answer", &["answer", "student_answer", "response", "provided_answer", "text"]),
    ("max_score", &["max_score", "max", "points"]),
    ("label", &["label_3way", "label"]),
    ("candidate", &["candidate", "student", "student_id", "author"]),
];
/// Columns that hold a mean of raters who have columns of their own.
const MEANS: [&str; 4] = ["score", "score_avg", "score_mean", "score_norm"];

/// What three-way labels are worth, as far as a set does not say otherwise: the opposite is worse than nothing to the point.
const LABELS: [(&str, f64); 3] = [("contradictory", 0.0), ("incorrect", 1.0), ("correct", 2.0)];

/// Scores out of a maximum that is no whole number, or differs between questions, are put on 0 to this.
const QUARTERS: i32 = 4;

/// Reads `path`.
///
/// # Errors
/// As [`super::load`], with every fault at once.
pub fn import(path: &Path, wanted: &Wanted) -> Result<Imported, LibraryError> {
    let name = path.display().to_string();
    let bytes = super::read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    let faulty = |faults: Vec<Fault>| {
        let unknown = || Faults::one(name.clone(), Fault::whole("the file cannot be read", "check it"));
        LibraryError::Faulty(Faults::new(name.clone(), faults).unwrap_or_else(unknown))
    };
    let source = rows_of(&text).map_err(faulty)?;
    let columns = Columns::of(&source, wanted).map_err(faulty)?;
    Importer::new(&columns, &source, wanted).and_then(|importer| importer.run(path, &source)).map_err(faulty)
}

/// Which column is what.
struct Columns {
    fields: BTreeMap<&'static str, String>,
    /// Column and rater.
    scores: Vec<(String, String)>,
    /// Column and attribute.
    groups: Vec<(String, String)>,
}

impl Columns {
    fn of(source: &Source, wanted: &Wanted) -> Result<Self, Vec<Fault>> {
        let mut out = Self { fields: BTreeMap::new(), scores: vec![], groups: vec![] };
        let mut faults = Vec::new();
        let names: Vec<&str> = source.columns.iter().map(String::as_str).collect();
        for (column, field) in &wanted.map {
            if !names.contains(&column.as_str()) {
                let what = format!("--map: there is no column `{}`", shown(column));
                faults.push(Fault::whole(what, one_of(column, &names, "the columns are")));
                continue;
            }
            let (field, part) = field.split_once(':').unwrap_or((field, ""));
            match field {
                "score" => out.scores.push((column.clone(), if part.is_empty() { column } else { part }.to_owned())),
                "group" => out.groups.push((column.clone(), if part.is_empty() { column } else { part }.to_owned())),
                _ => {
                    if let Some(known) = FIELDS.iter().find(|known| **known == field) {
                        out.fields.insert(known, column.clone());
                    } else {
                        let what = format!("--map: `{}` is no field", shown(field));
                        faults.push(Fault::whole(what, one_of(field, &FIELDS, "the fields are")));
                    }
                }
            }
        }
        out.guess(&names);
        if !out.fields.contains_key("answer") {
            let hint = format!("name it: --map COLUMN=answer; the columns are {}", names.join(", "));
            faults.push(Fault::whole("no column is known to hold the answers", hint));
        }
        if !out.fields.contains_key("question_id") && !out.fields.contains_key("question") {
            let hint = "name it: --map COLUMN=question_id, or --map COLUMN=question";
            faults.push(Fault::whole("no column is known to say which question is answered", hint));
        }
        if out.scores.is_empty() && !out.fields.contains_key("label") {
            let hint = "name it: --map COLUMN=score:RATER for each rater, or --map COLUMN=label";
            faults.push(Fault::whole("no column is known to hold scores", hint));
        }
        if faults.is_empty() { Ok(out) } else { Err(faults) }
    }

    /// Fills what nobody named from the columns' names.
    fn guess(&mut self, names: &[&str]) {
        let lower: Vec<String> = names.iter().map(|name| name.to_lowercase().replace([' ', '-'], "_")).collect();
        let taken = |this: &Self, column: &str| {
            this.fields.values().any(|c| c == column) || this.scores.iter().any(|(c, _)| c == column)
        };
        let named_scores = !self.scores.is_empty() || self.fields.contains_key("label");
        for (field, known) in KNOWN {
            // A label beside scores is another telling of them, except the three-way one, which says more.
            let found = known.iter().find_map(|name| lower.iter().position(|column| column == name));
            let Some(found) = found.filter(|place| !taken(self, names[*place])) else { continue };
            let says_more = field != "label" || (!named_scores && lower[found] == "label_3way");
            if says_more && !self.fields.contains_key(field) {
                self.fields.insert(field, names[found].to_owned());
            }
        }
        if named_scores || self.fields.contains_key("label") {
            return;
        }
        let raters = (0..names.len())
            .filter(|place| lower[*place].starts_with("score_") && !MEANS.contains(&lower[*place].as_str()));
        self.scores =
            raters.map(|place| (names[place].to_owned(), lower[place]["score_".len()..].to_owned())).collect();
        if self.scores.is_empty()
            && let Some(place) = lower.iter().position(|column| MEANS.contains(&column.as_str()) || column == "grade")
        {
            self.scores.push((names[place].to_owned(), "people".to_owned()));
        }
    }

    fn told(&self) -> Vec<(String, String)> {
        let fields = self.fields.iter().map(|(field, column)| (column.clone(), (*field).to_owned()));
        let scores = self.scores.iter().map(|(column, rater)| (column.clone(), format!("score of {rater}")));
        let groups = self.groups.iter().map(|(column, group)| (column.clone(), format!("group {group}")));
        fields.chain(scores).chain(groups).collect()
    }
}

/// How scores get onto the scale.
struct Importer<'a> {
    columns: &'a Columns,
    labels: Vec<(String, f64)>,
    scale: Scale,
    /// The maximum that scores are given out of, where there is a column for it.
    out_of: bool,
}

impl<'a> Importer<'a> {
    fn new(columns: &'a Columns, source: &Source, wanted: &Wanted) -> Result<Self, Vec<Fault>> {
        let by_label = columns.scores.is_empty();
        let mut labels = wanted.labels.clone();
        if labels.is_empty() {
            labels = LABELS.iter().map(|(name, worth)| ((*name).to_owned(), *worth)).collect();
        }
        let out_of = !by_label && columns.fields.contains_key("max_score");
        let (min, max) = match wanted.scale {
            Some(scale) => scale,
            None if by_label => {
                let worth = |pick: fn(f64, f64) -> f64| labels.iter().map(|(_, w)| *w).reduce(pick).unwrap_or(0.0);
                (worth(f64::min).floor() as i32, worth(f64::max).ceil() as i32)
            }
            None if out_of => (0, own_maximum(columns, source).unwrap_or(QUARTERS)),
            None => span(columns, source),
        };
        let scale = Scale::new(min, max, vec![]).map_err(|error| {
            vec![Fault::whole(format!("{min} to {max} is no scale: {error}"), "set one with --scale MIN-MAX")]
        })?;
        Ok(Self { columns, labels, scale, out_of })
    }

    fn run(&self, path: &Path, source: &Source) -> Result<Imported, Vec<Fault>> {
        let ids = QuestionIds::of(self.columns, source);
        let (mut faults, mut left_out, mut lines) = (Vec::new(), Vec::new(), String::new());
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut count = 0;
        for (place, row) in source.rows.iter().enumerate() {
            let Some(answer) = self.text(row, "answer") else {
                left_out.push(Fault::at(row.line, "there is no answer", "left out"));
                continue;
            };
            let (scores, wrong) = self.scores(row);
            faults.extend(wrong);
            let Some(question) = ids.of_row(self.columns, row) else {
                faults.push(Fault::at(row.line, "the row does not say which question it answers", "fill the column"));
                continue;
            };
            if scores.is_empty() {
                left_out.push(Fault::at(row.line, "nobody scored it", "left out"));
                continue;
            }
            let id = self.text(row, "id").unwrap_or_else(|| format!("answer-{}", place + 1));
            if let Some(first) = seen.insert(id.clone(), row.line) {
                let what = format!("a second row has the id `{}`", shown(&id));
                faults.push(Fault::at(
                    row.line,
                    what,
                    format!("the first is on line {first}; mend it, or leave the column out of --map"),
                ));
            }
            count += 1;
            // Writing to a String cannot fail.
            let _ = writeln!(lines, "{}", self.line(row, &id, question, &answer, &scores));
        }
        if count == 0 && faults.is_empty() {
            faults.push(Fault::whole("no row has an answer and a score", "check the columns with --map"));
        }
        if !faults.is_empty() {
            super::cut(&mut faults);
            return Err(faults);
        }
        let raters: BTreeSet<&str> = self.columns.scores.iter().map(|(_, rater)| rater.as_str()).collect();
        Ok(Imported {
            answers: lines,
            card: card(path, source, &self.scale, raters.len().max(1), count),
            rubric: references::rubric(path, &self.columns_of(), source, &ids.by_key, &self.scale),
            count,
            left_out,
            columns: self.columns.told(),
        })
    }

    fn columns_of(&self) -> references::Columns<'_> {
        let column = |field: &str| self.columns.fields.get(field).map(String::as_str);
        references::Columns {
            question_id: column("question_id"),
            question: column("question"),
            reference: column("reference"),
            references: column("references"),
        }
    }

    fn text(&self, row: &Row, field: &str) -> Option<String> {
        row.text(self.columns.fields.get(field)?)
    }

    fn line(&self, row: &Row, id: &str, question: &str, answer: &str, scores: &[GivenScore]) -> Value {
        let score = |given: &GivenScore| json!({"rater": given.rater, "score": given.score});
        let mut line = json!({
            "id": id,
            "question_id": question,
            "answer": answer,
            "scores": scores.iter().map(score).collect::<Vec<_>>(),
        });
        let groups = self.columns.groups.iter().filter_map(|(column, name)| Some((name.clone(), row.text(column)?)));
        let groups: BTreeMap<String, String> = groups.collect();
        if !groups.is_empty() {
            line["group"] = json!(groups);
        }
        if let Some(candidate) = self.text(row, "candidate") {
            line["candidate"] = json!(candidate);
        }
        line
    }

    /// The scores of a row on the scale, and what is wrong with them.
    fn scores(&self, row: &Row) -> (Vec<GivenScore>, Vec<Fault>) {
        let (mut scores, mut faults) = (Vec::new(), Vec::new());
        let given: Vec<(&str, Result<f64, String>)> = if self.columns.scores.is_empty() {
            let label = self.text(row, "label");
            label.map(|label| ("people", self.worth(&label))).into_iter().collect()
        } else {
            let columns = self.columns.scores.iter();
            columns.filter_map(|(column, rater)| Some((rater.as_str(), number(&row.text(column)?)))).collect()
        };
        let out_of = if self.out_of { self.text(row, "max_score").map(|text| number(&text)) } else { None };
        for (rater, score) in given {
            let score = match (score, &out_of) {
                (Ok(score), Some(Ok(most))) if *most > 0.0 => {
                    let (min, max) = (f64::from(self.scale.min()), f64::from(self.scale.max()));
                    Ok(min + score / most * (max - min))
                }
                (Ok(_), Some(_)) => Err("the maximum is no number above 0".to_owned()),
                (score, None) => score,
                (Err(what), _) => Err(what),
            };
            match score {
                Ok(score) if !(f64::from(self.scale.min())..=f64::from(self.scale.max())).contains(&score) => {
                    let what =
                        format!("the score {score} is off the scale of {} to {}", self.scale.min(), self.scale.max());
                    faults.push(Fault::at(row.line, what, "set the scale with --scale MIN-MAX"));
                }
                Ok(score) => scores.push(GivenScore { rater: rater.to_owned(), score: (score * 1e6).round() / 1e6 }),
                Err(what) => faults.push(Fault::at(row.line, what, "correct it, or map another column")),
            }
        }
        (scores, faults)
    }

    fn worth(&self, label: &str) -> Result<f64, String> {
        let known = self.labels.iter().find(|(name, _)| name.eq_ignore_ascii_case(label));
        known.map(|(_, worth)| *worth).ok_or_else(|| {
            let names: Vec<&str> = self.labels.iter().map(|(name, _)| name.as_str()).collect();
            format!("the label `{}` is not known ({}); say its worth with --label", shown(label), names.join(", "))
        })
    }
}

fn number(text: &str) -> Result<f64, String> {
    // Some tables write decimals with a comma.
    let read = text.parse().or_else(|_| text.replace(',', ".").parse());
    read.ok().filter(|n: &f64| n.is_finite()).ok_or_else(|| format!("`{}` is no number", shown(text)))
}

/// The one whole number that all scores are given out of, if there is one.
fn own_maximum(columns: &Columns, source: &Source) -> Option<i32> {
    let column = columns.fields.get("max_score")?;
    let all: BTreeSet<String> = source.rows.iter().filter_map(|row| row.text(column)).collect();
    let only = if all.len() == 1 { number(all.first()?).ok()? } else { return None };
    (only.fract() == 0.0 && (2.0..=20.0).contains(&only)).then_some(only as i32)
}

/// From the lowest to the highest score that occurs, widened to whole numbers; usual scales begin at 0 or 1.
fn span(columns: &Columns, source: &Source) -> (i32, i32) {
    let cells = source.rows.iter().flat_map(|row| columns.scores.iter().filter_map(|(column, _)| row.text(column)));
    let scores: Vec<f64> = cells.filter_map(|text| number(&text).ok()).collect();
    let low = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let high = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return (1, 5);
    }
    let low = if low < 1.0 { low.min(0.0) } else { 1.0 };
    (low.floor() as i32, (high.ceil() as i32).max(low.floor() as i32 + 1))
}

/// The id in the rubric of each question of the file.
struct QuestionIds {
    by_key: BTreeMap<String, String>,
}

impl QuestionIds {
    fn of(columns: &Columns, source: &Source) -> Self {
        let mut by_key = BTreeMap::new();
        let mut taken = BTreeSet::new();
        let named = columns.fields.contains_key("question_id");
        for row in &source.rows {
            let Some(key) = key_of(columns, row) else { continue };
            if by_key.contains_key(&key) {
                continue;
            }
            let plain = if named { slug(&key) } else { format!("question-{}", by_key.len() + 1) };
            let mut id = plain.clone();
            let mut again = 1;
            while !taken.insert(id.clone()) {
                again += 1;
                id = format!("{plain}-{again}");
            }
            by_key.insert(key, id);
        }
        Self { by_key }
    }

    fn of_row(&self, columns: &Columns, row: &Row) -> Option<&str> {
        self.by_key.get(&key_of(columns, row)?).map(String::as_str)
    }
}

fn key_of(columns: &Columns, row: &Row) -> Option<String> {
    let column = columns.fields.get("question_id").or_else(|| columns.fields.get("question"))?;
    row.text(column)
}

/// Lower-case letters, digits and hyphens, as ids of a rubric are.
pub(super) fn slug(text: &str) -> String {
    let plain: String =
        text.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(56).collect();
    let plain = plain.trim_matches('-').to_owned();
    if plain.is_empty() { "question".to_owned() } else { plain }
}

fn card(path: &Path, source: &Source, scale: &Scale, raters: usize, count: usize) -> String {
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    format!(
        "# Imported from {name}\n\n{count} answers read from a {form} file into `{ANSWERS}`.\n\n| | |\n| --- | --- |\n\
         | Labelled by | not said in the file: write down who, and how |\n| Raters | {raters} |\n\
         | Scores | {min} to {max} |\n| Licence | not said in the file: write it down before the set is passed on |\n",
        form = source.form,
        min = scale.min(),
        max = scale.max(),
    )
}
