//! A rubric as JSON with the keys of the file format, and back by way of that format, so that its rules hold.

use crate::domain::{Criterion, CriterionKind, Fault, Faults, Question, Rubric};
use serde_json::{Map, Value, json};

/// The rubric as JSON, with the keys of rubric files.
#[must_use]
pub fn to_json(rubric: &Rubric) -> String {
    let labels: Vec<&str> = rubric.scale.scores().filter_map(|score| rubric.scale.label(score)).collect();
    let mut scale = json!({"min": rubric.scale.min(), "max": rubric.scale.max()});
    if !labels.is_empty() {
        scale["labels"] = json!(labels);
    }
    let competency = |one: &crate::domain::Competency| json!({"id": one.id, "title": one.title, "weight": one.weight});
    let value = json!({
        "id": rubric.id,
        "title": rubric.title,
        "version": rubric.version,
        "language": rubric.language,
        "scale": scale,
        "competencies": rubric.competencies.iter().map(competency).collect::<Vec<_>>(),
        "questions": rubric.questions.iter().map(question).collect::<Vec<_>>(),
    });
    // Plain data with string keys: serialising it cannot fail.
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}

fn question(question: &Question) -> Value {
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(question.id));
    question.competency.iter().for_each(|id| drop(out.insert("competency".to_owned(), json!(id))));
    out.insert("kind".to_owned(), json!(question.kind.name()));
    out.insert("ask".to_owned(), json!(question.ask));
    out.insert("also_asked".to_owned(), json!(question.also_asked));
    question.assesses.iter().for_each(|text| drop(out.insert("assesses".to_owned(), json!(text))));
    out.insert("ideal_answers".to_owned(), json!(question.ideal_answers));
    out.insert("listen_for".to_owned(), criteria(question, CriterionKind::ListenFor));
    out.insert("red_flags".to_owned(), criteria(question, CriterionKind::RedFlag));
    let anchors: Vec<Value> =
        question.anchors.iter().map(|one| json!({"score": one.score, "text": one.text})).collect();
    out.insert("anchors".to_owned(), json!(anchors));
    let follow_up = |one: &crate::domain::FollowUp| match &one.part {
        Some(part) => json!({"part": part, "ask": one.ask}),
        None => json!({"ask": one.ask}),
    };
    out.insert("follow_ups".to_owned(), question.follow_ups.iter().map(follow_up).collect());
    Value::Object(out)
}

fn criteria(question: &Question, kind: CriterionKind) -> Value {
    let one = |one: &Criterion| json!({"id": one.id, "text": one.text, "weight": one.weight});
    question.criteria.iter().filter(|criterion| criterion.kind == kind).map(one).collect()
}

/// The rubric in JSON, held to every rule of rubric files.
///
/// # Errors
/// Every fault at once. They have no lines: the text of the JSON has none that a person wrote.
pub(in crate::library) fn from_json(name: &str, text: &str) -> Result<Rubric, Faults> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        Faults::one(
            name,
            Fault::at(error.line().max(1), format!("the JSON is not well formed: {error}"), "export the rubric again"),
        )
    })?;
    let Some(object) = value.as_object().filter(|object| object.contains_key("questions")) else {
        let hint = "give a rubric that was exported as JSON, or a guide as text, Markdown, HTML or DOCX";
        return Err(Faults::one(name, Fault::whole("this is JSON, but no rubric", hint)));
    };
    let lines: Vec<String> = object.iter().map(|(key, value)| format!("{} = {}", quoted(key), toml(value))).collect();
    let toml = lines.join("\n");
    crate::library::parse(name, &toml).map(|loaded| loaded.rubric).map_err(|faults| {
        let without_line = |fault: &Fault| Fault::whole(fault.what.clone(), fault.hint.clone());
        let all = faults.all().iter().map(without_line).collect();
        Faults::new(name, all).unwrap_or(faults)
    })
}

/// A value as TOML on one line. What TOML has no word for becomes an empty text, which the rules then refuse.
fn toml(value: &Value) -> String {
    let list = |items: Vec<String>| items.join(", ");
    match value {
        Value::Null => "\"\"".to_owned(),
        Value::Bool(on) => on.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", list(items.iter().map(toml).collect())),
        Value::Object(entries) => {
            format!(
                "{{{}}}",
                list(entries.iter().map(|(key, value)| format!("{} = {}", quoted(key), toml(value))).collect())
            )
        }
    }
}

fn quoted(text: &str) -> String {
    crate::library::write::quoted(text)
}
