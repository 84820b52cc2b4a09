//! How much a suggestion moves when only the way of speaking changes: `cargo run --release --example robust`.
//!
//! Answers of `eval_sets/backend-written`, each as it is and changed by rule: as a careless transcription (fillers, no
//! punctuation, lower case, one word in twenty replaced), under another name, in the other spelling of English, with slips of
//! grammar. Printed is the mean and the largest distance between the expected scores, in levels. Every run is the same.

#![allow(clippy::pedantic, missing_docs, reason = "pedantry serves the library's interface")]

use earmark::config::EvaluationSettings;
use earmark::domain::Rubric;
use earmark::evaluation::{Tools, judge_given};
use earmark::judge::Judge;
use earmark::library;
use earmark::retrieval::Retrieval;
use std::path::Path;

/// Numbers that look random and are the same in every run (Knuth's MMIX constants).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
}

const FILLERS: [&str; 8] = ["um", "uh", "like", "you know", "I mean", "sort of", "so", "well"];

const SPELLINGS: [(&str, &str); 26] = [
    ("colour", "color"),
    ("behaviour", "behavior"),
    ("favour", "favor"),
    ("labour", "labor"),
    ("neighbour", "neighbor"),
    ("centre", "center"),
    ("defence", "defense"),
    ("licence", "license"),
    ("catalogue", "catalog"),
    ("dialogue", "dialog"),
    ("analyse", "analyze"),
    ("organise", "organize"),
    ("optimise", "optimize"),
    ("normalise", "normalize"),
    ("serialise", "serialize"),
    ("prioritise", "prioritize"),
    ("recognise", "recognize"),
    ("realise", "realize"),
    ("parameterise", "parameterize"),
    ("containerise", "containerize"),
    ("cancelled", "canceled"),
    ("modelled", "modeled"),
    ("travelling", "traveling"),
    ("whilst", "while"),
    ("programme", "program"),
    ("grey", "gray"),
];

fn careless(answer: &str, pool: &[String], chance: &mut Chance) -> String {
    let mut out: Vec<String> = Vec::new();
    for word in answer.split_whitespace() {
        if chance.below(8) == 0 {
            out.push(FILLERS[chance.below(FILLERS.len())].to_owned());
        }
        let heard = if chance.below(20) == 0 { pool[chance.below(pool.len())].clone() } else { word.to_owned() };
        out.push(heard.chars().filter(|c| c.is_alphanumeric() || "'-/".contains(*c)).collect());
    }
    out.join(" ").to_lowercase()
}

fn respelled(answer: &str) -> String {
    let swap = |text: String, from: &str, to: &str| {
        let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
        text.replace(from, to).replace(&capital(from), &capital(to))
    };
    let mut out = answer.to_owned();
    for (british, american) in SPELLINGS {
        out = if out.contains(british) { swap(out, british, american) } else { swap(out, american, british) };
    }
    out
}

/// Slips at the places where chance says so, at most `most` of them.
fn slipped(answer: &str, most: usize, chance: &mut Chance) -> String {
    let mut made = 0;
    let mut slip = |word: &str| -> Option<String> {
        let wrong = match word {
            "the" | "a" | "an" if chance.below(4) == 0 => None,
            "was" if chance.below(3) == 0 => Some("were"),
            "were" if chance.below(3) == 0 => Some("was"),
            "have" if chance.below(4) == 0 => Some("has"),
            "doesn't" => Some("don't"),
            "wasn't" => Some("weren't"),
            "isn't" => Some("ain't"),
            "those" => Some("them"),
            other => Some(other),
        };
        if wrong == Some(word) || made == most {
            return Some(word.to_owned());
        }
        made += 1;
        wrong.map(str::to_owned)
    };
    answer.split_whitespace().filter_map(&mut slip).collect::<Vec<_>>().join(" ")
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rubric = library::load(&root.join("rubrics/backend-developer.toml")).expect("the rubric is good").rubric;
    let lines =
        std::fs::read_to_string(root.join("eval_sets/backend-written/answers.jsonl")).expect("the set is there");
    let rows: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let said: Vec<(&str, &str)> =
        rows.iter().filter_map(|row| Some((row["question_id"].as_str()?, row["answer"].as_str()?))).collect();
    let pool: Vec<String> = said.iter().flat_map(|(_, a)| a.split_whitespace().map(str::to_owned)).collect();

    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let retrieval = Retrieval::local(None).expect("no cache, no failure");
    let judge = Judge::local();
    let tools = Tools { retrieval: &retrieval, judge: &judge, settings: EvaluationSettings::default(), profile: None };
    let expected = |answers: &[String]| -> Vec<f64> { scores(&tools, &runtime, &rubric, &said, answers) };

    let mut chance = Chance(7);
    let plain: Vec<String> = said.iter().map(|(_, answer)| (*answer).to_owned()).collect();
    let named = |name: &str| -> Vec<String> {
        plain.iter().map(|a| format!("I'm {name}, thanks for having me. {a}")).collect()
    };
    let noisy: Vec<String> = plain.iter().map(|answer| careless(answer, &pool, &mut chance)).collect();
    let other_spelling: Vec<String> = plain.iter().map(|answer| respelled(answer)).collect();
    let slips: Vec<String> = plain.iter().map(|answer| slipped(answer, usize::MAX, &mut chance)).collect();
    let one_slip: Vec<String> = plain.iter().map(|answer| slipped(answer, 1, &mut chance)).collect();

    let as_it_is = expected(&plain);
    let john = expected(&named("John Miller"));
    told("careless transcription", &as_it_is, &expected(&noisy), |_| true);
    for name in ["Lakisha Okonkwo", "Nguyen Thi Hoa", "Mohammed al-Rashid"] {
        told(&format!("{name} for John Miller"), &john, &expected(&named(name)), |_| true);
    }
    told("the other spelling", &as_it_is, &expected(&other_spelling), |n| other_spelling[n] != plain[n]);
    told("one slip of grammar", &as_it_is, &expected(&one_slip), |n| one_slip[n] != plain[n]);
    told("slips throughout", &as_it_is, &expected(&slips), |n| slips[n] != plain[n]);
}

/// The expected score of each answer; the lowest where none is suggested.
fn scores(
    tools: &Tools<'_>,
    runtime: &tokio::runtime::Runtime,
    rubric: &Rubric,
    said: &[(&str, &str)],
    answers: &[String],
) -> Vec<f64> {
    let mut out = vec![f64::from(rubric.scale.min()); answers.len()];
    let mut rest: Vec<usize> = (0..answers.len()).collect();
    // One answer to each question at a time, as in an interview.
    while !rest.is_empty() {
        let mut here: Vec<Option<usize>> = vec![None; rubric.questions.len()];
        rest.retain(|n| {
            let place = rubric.questions.iter().position(|q| q.id == said[*n].0).expect("a question of the rubric");
            let is_taken = here[place].is_some();
            if !is_taken {
                here[place] = Some(*n);
            }
            is_taken
        });
        let given: Vec<Option<&str>> = here.iter().map(|n| n.map(|n| answers[n].as_str())).collect();
        let results = runtime.block_on(judge_given(tools, rubric, &given, &mut |_| {})).expect("judges");
        for (n, result) in here.iter().zip(&results).filter_map(|(n, result)| Some(((*n)?, result))) {
            if let Some(expected) = result.suggestion.as_ref().and_then(|suggestion| suggestion.expected()) {
                out[n] = expected;
            }
        }
    }
    out
}

fn told(what: &str, before: &[f64], after: &[f64], counts: impl Fn(usize) -> bool) {
    let moved: Vec<f64> =
        before.iter().zip(after).enumerate().filter(|(n, _)| counts(*n)).map(|(_, (a, b))| (b - a).abs()).collect();
    let drift: f64 = before.iter().zip(after).enumerate().filter(|(n, _)| counts(*n)).map(|(_, (a, b))| b - a).sum();
    let count = moved.len().max(1) as f64;
    let most = moved.iter().copied().fold(0.0, f64::max);
    let mean = moved.iter().sum::<f64>() / count;
    println!(
        "{what}: {mean:.3} levels on average, {most:.2} at most, drift {:+.3}, {} answers",
        drift / count,
        moved.len()
    );
}
