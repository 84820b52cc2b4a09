//! The eval set that ships holds together: every label names what the rubric has, every quotation stands in its answer.

use earmark::library::load;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

fn answers() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("eval_sets/backend-written/answers.jsonl");
    let text = fs::read_to_string(path).expect("it is there");
    text.lines().map(|line| serde_json::from_str(line).expect("an answer")).collect()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{value} has no {key}"))
}

#[test]
fn the_eval_set_fits_its_rubric() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rubrics/backend-developer.toml");
    let rubric = load(&path).expect("the shipped rubric").rubric;
    let mut ids = BTreeSet::new();
    for answer in answers() {
        let id = text(&answer, "id");
        assert!(ids.insert(id.to_owned()), "{id} is there twice");
        let question = rubric.questions.iter().find(|q| q.id == text(&answer, "question_id")).expect("its question");
        let verdicts = answer["criteria"].as_object().expect("verdicts");
        let known: BTreeSet<&str> = question.criteria.iter().map(|c| c.id.as_str()).collect();
        assert_eq!(verdicts.keys().map(String::as_str).collect::<BTreeSet<_>>(), known, "{id}");
        let evidence = answer["evidence"].as_array().expect("evidence");
        for quotation in evidence {
            assert!(text(&answer, "answer").contains(text(quotation, "quote")), "{id}: {quotation}");
        }
        for (criterion, verdict) in verdicts {
            let quoted = evidence.iter().any(|e| text(e, "criterion") == criterion);
            assert_eq!(quoted, verdict != "not_met", "{id}: {criterion} is {verdict}");
        }
        for score in answer["scores"].as_array().expect("scores") {
            let score = score["score"].as_i64().expect("a whole number");
            assert!((1..=5).contains(&score), "{id}: {score}");
        }
    }
}

#[test]
fn the_eval_set_has_many_questions_with_answers_of_all_levels_and_kinds() {
    let mut levels: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut kinds: BTreeSet<String> = BTreeSet::new();
    for answer in answers() {
        let question = text(&answer, "question_id").to_owned();
        levels.entry(question.clone()).or_default().insert(answer["scores"][0]["score"].as_i64().expect("a score"));
        *counts.entry(question).or_default() += 1;
        kinds.insert(text(&answer["group"], "kind").to_owned());
    }
    assert!(counts.len() >= 20 && counts.values().all(|n| *n >= 8), "{counts:?}");
    assert!(levels.values().all(|seen| seen.len() >= 4), "{levels:?}");
    for kind in ["plain", "opposite", "keywords", "off_topic", "very_short", "rambling", "injection"] {
        assert!(kinds.contains(kind), "{kind}");
    }
}
