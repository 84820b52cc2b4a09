//! The keys of a rubric file and the rules they keep, as one walk from the top of the file to the bottom.

use super::places::{Places, QuestionPlaces};
use super::table::{Table, one_of, shown};
use crate::domain::{
    Anchor, Competency, Criterion, CriterionKind, FollowUp, Question, QuestionKind, Rubric, Scale, ScaleError,
};
use std::collections::BTreeMap;

/// The parts of a STAR question, as follow-ups name them.
pub(super) const PARTS: [&str; 4] = ["situation", "task", "action", "result"];

/// What questions refer to. `None` where it is at fault itself: what refers to it is then not judged.
struct Context {
    scale: Option<Scale>,
    competencies: Option<Vec<String>>,
}

/// The rubric of a whole file, and where its parts stand. Worth something only if the walk reported no fault.
pub(super) fn rubric(file: &Table<'_>) -> (Rubric, Places) {
    file.only(&["id", "title", "version", "language", "scale", "competencies", "questions"]);
    let scale = scale(file);
    let tables = file.tables("competencies", "[[competencies]]");
    let mut places = Places {
        version: file.line_of("version"),
        language: file.line_of("language"),
        competencies: tables.iter().flatten().map(Table::line).collect(),
        questions: vec![],
    };
    let competencies = tables.map(competencies);
    let ids = competencies.as_ref().map(|list| list.iter().map(|competency| competency.id.clone()).collect());
    let context = Context { scale, competencies: ids };
    let rubric = Rubric {
        id: file.required_id("id"),
        title: file.required_text("title"),
        version: file.required_text("version"),
        language: language(file),
        questions: questions(file, &context, &mut places.questions),
        scale: context.scale.unwrap_or_default(),
        competencies: competencies.unwrap_or_default(),
    };
    (rubric, places)
}

fn language(file: &Table<'_>) -> String {
    let Some(tag) = file.optional_text("language") else { return "en".to_owned() };
    if !tag.is_empty() && !is_language_tag(&tag) {
        let hint = "write a tag such as `en`, `de` or `pt-BR`, with a hyphen between its parts";
        file.fault(file.line_of("language"), format!("`{}` is not a language tag", shown(&tag)), hint);
    }
    tag
}

/// The shape of BCP 47 only: letters, then parts of letters and digits. Whether there is such a language is not asked.
fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    (2..=8).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn scale(file: &Table<'_>) -> Option<Scale> {
    if !file.has("scale") {
        return Some(Scale::default());
    }
    let table = file.table("scale", "[scale]")?;
    table.only(&["min", "max", "labels"]);
    let end = |key: &str, default: i32| match table.whole_number(key) {
        Some((number, _)) => Some(number),
        None => (!table.has(key)).then_some(default),
    };
    let (min, max) = (end("min", 1), end("max", 5));
    let labels = table.texts("labels");
    let (min, max, count) = (min?, max?, labels.len());
    match Scale::new(min, max, labels) {
        Ok(scale) => Some(scale),
        Err(ScaleError::Levels) => {
            let line = if table.has("max") { table.line_of("max") } else { table.line_of("min") };
            table.fault(
                line,
                format!("the scale from {min} to {max} does not have 2 to 21 levels"),
                "set `max` above `min`; most scales are 1 to 5",
            );
            None
        }
        Err(ScaleError::Labels) => {
            let levels = i64::from(max) - i64::from(min) + 1;
            let what = format!("{count} labels for a scale of {levels} levels, {min} to {max}");
            table.fault(
                table.line_of("labels"),
                what,
                "give one label for each level, lowest first, or leave `labels` out",
            );
            // The levels are right, so anchors can still be judged by them.
            Scale::new(min, max, Vec::new()).ok()
        }
    }
}

fn competencies(tables: Vec<Table<'_>>) -> Vec<Competency> {
    let mut ids = Ids::of("competency");
    let competency = |table: Table<'_>| {
        table.only(&["id", "title", "weight"]);
        Competency { id: ids.unique(&table), title: table.required_text("title"), weight: table.weight() }
    };
    tables.into_iter().map(competency).collect()
}

fn questions(file: &Table<'_>, context: &Context, places: &mut Vec<QuestionPlaces>) -> Vec<Question> {
    let Some(tables) = file.tables("questions", "[[questions]]") else { return Vec::new() };
    if tables.is_empty() {
        file.missing("questions", "begin each question with `[[questions]]`, then `id`, `kind` and `ask`".to_owned());
    }
    let mut ids = Ids::of("question");
    tables.iter().map(|table| question(table, &mut ids, context, places)).collect()
}

fn question(table: &Table<'_>, ids: &mut Ids, context: &Context, places: &mut Vec<QuestionPlaces>) -> Question {
    table.only(&[
        "id",
        "competency",
        "kind",
        "ask",
        "also_asked",
        "assesses",
        "ideal_answers",
        "listen_for",
        "red_flags",
        "anchors",
        "follow_ups",
    ]);
    let mut at = QuestionPlaces {
        heading: table.line(),
        wordings: [vec![table.line_of("ask")], table.lines_of_items("also_asked")].concat(),
        assesses: table.line_of("assesses"),
        ideal_answers: table.lines_of_items("ideal_answers"),
        ..QuestionPlaces::default()
    };
    let question = Question {
        id: ids.unique(table),
        competency: competency_of(table, context),
        kind: kind(table),
        ask: table.required_text("ask"),
        also_asked: table.texts("also_asked"),
        assesses: table.optional_text("assesses"),
        ideal_answers: table.texts("ideal_answers"),
        criteria: criteria(table, &mut at.criteria),
        anchors: anchors(table, context.scale.as_ref(), &mut at.anchors),
        follow_ups: follow_ups(table, &mut at.follow_ups),
    };
    places.push(at);
    // An empty `listen_for` says that the author knows of the gap; a remark says it again.
    if !table.has("listen_for") && table.lacks("ideal_answers") {
        let what = "the question has neither `listen_for` nor `ideal_answers`";
        let hint = "say what a good answer shows: add `[[questions.listen_for]]` with `id` and `text`";
        table.absence(Some(table.line()), what.to_owned(), hint.to_owned());
    }
    question
}

fn kind(table: &Table<'_>) -> QuestionKind {
    let names = QuestionKind::ALL.map(QuestionKind::name);
    if !table.has("kind") {
        table.missing("kind", format!("add `kind = \"...\"`, one of: {}", names.join(", ")));
    }
    table.choice("kind", &names).and_then(|name| QuestionKind::named(&name)).unwrap_or(QuestionKind::General)
}

fn competency_of(table: &Table<'_>, context: &Context) -> Option<String> {
    let id = table.optional_text("competency")?;
    let Some(known) = &context.competencies else { return Some(id) };
    if !id.is_empty() && !known.contains(&id) {
        let known: Vec<&str> = known.iter().map(String::as_str).filter(|id| !id.is_empty()).collect();
        let hint = if known.is_empty() {
            "declare it with `[[competencies]]`, `id` and `title`".to_owned()
        } else {
            one_of(&id, &known, "the competencies are")
        };
        table.absence(Some(table.line_of("competency")), format!("there is no competency `{}`", shown(&id)), hint);
    }
    Some(id)
}

fn criteria(question: &Table<'_>, lines: &mut Vec<usize>) -> Vec<Criterion> {
    let mut ids = Ids::of("criterion");
    let listen_for = tables(question, "listen_for", "[[questions.listen_for]]");
    let red_flags = tables(question, "red_flags", "[[questions.red_flags]]");
    let listen_for = listen_for.into_iter().map(|table| (CriterionKind::ListenFor, table));
    let red_flags = red_flags.into_iter().map(|table| (CriterionKind::RedFlag, table));
    let criterion = |(kind, table): (CriterionKind, Table<'_>)| {
        table.only(&["id", "text", "weight"]);
        lines.push(table.line_of("text"));
        let weight = table.weight();
        if weight == 0.0 {
            let hint = "give it a weight above 0, or delete what is not to count";
            table.fault(table.line_of("weight"), "a criterion that weighs nothing has no effect", hint);
        }
        Criterion { id: ids.unique(&table), kind, text: table.required_text("text"), weight }
    };
    listen_for.chain(red_flags).map(criterion).collect()
}

fn anchors(question: &Table<'_>, scale: Option<&Scale>, places: &mut Vec<usize>) -> Vec<Anchor> {
    let mut lines = BTreeMap::new();
    let mut anchors = Vec::new();
    for table in tables(question, "anchors", "[[questions.anchors]]") {
        table.only(&["score", "text"]);
        let text = table.required_text("text");
        if !table.has("score") {
            table.missing("score", "add `score = 3`, the level that the text describes".to_owned());
        }
        let Some((score, line)) = table.whole_number("score") else { continue };
        if let Some(scale) = scale.filter(|scale| !(scale.min()..=scale.max()).contains(&score)) {
            let what = format!("{score} is not on the scale of {} to {}", scale.min(), scale.max());
            table.fault(line, what, "give the anchor a score of the scale, or widen `[scale]`");
        } else if let Some(first) = lines.insert(score, line) {
            let hint = format!("the first is on line {first}; keep one of them");
            table.fault(line, format!("a second anchor for the score {score}"), hint);
        }
        anchors.push((Anchor { score, text }, table.line_of("text")));
    }
    anchors.sort_by_key(|(anchor, _)| anchor.score);
    let (anchors, at): (Vec<Anchor>, Vec<usize>) = anchors.into_iter().unzip();
    places.extend(at);
    anchors
}

fn follow_ups(question: &Table<'_>, lines: &mut Vec<usize>) -> Vec<FollowUp> {
    let follow_up = |table: Table<'_>| {
        table.only(&["part", "ask"]);
        lines.push(table.line_of("ask"));
        FollowUp { part: table.choice("part", &PARTS), ask: table.required_text("ask") }
    };
    tables(question, "follow_ups", "[[questions.follow_ups]]").into_iter().map(follow_up).collect()
}

fn tables<'t>(of: &Table<'t>, key: &str, heading: &'static str) -> Vec<Table<'t>> {
    of.tables(key, heading).unwrap_or_default()
}

/// The ids of one sort that have been seen, each with its line.
struct Ids {
    sort: &'static str,
    lines: BTreeMap<String, usize>,
}

impl Ids {
    fn of(sort: &'static str) -> Self {
        Self { sort, lines: BTreeMap::new() }
    }

    /// The table's `id`, reported if it has been seen before.
    fn unique(&mut self, table: &Table<'_>) -> String {
        let id = table.required_id("id");
        let line = table.line_of("id");
        match self.lines.get_mut(&id) {
            Some(seen) => {
                // Red flags are read after the listen-fors, wherever they stand.
                let (first, second) = (line.min(*seen), line.max(*seen));
                let hint = format!("the first is on line {first}; give this one another id");
                table.fault(second, format!("a second {} has the id `{}`", self.sort, shown(&id)), hint);
                *seen = first;
            }
            None if !id.is_empty() => drop(self.lines.insert(id.clone(), line)),
            None => {}
        }
        id
    }
}
