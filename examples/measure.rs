//! Measures location and orderings on the written interviews: `cargo run --release --example measure -- [SET ...]`.
//!
//! For each question of each interview: was it located (asked at a right utterance, and the utterances of the answer
//! found with an F1 of at least 0.9), and do the suggestions order the five candidates as they were written?

#![allow(clippy::pedantic, missing_docs, reason = "pedantry serves the library's interface")]

#[path = "../tests/it/harness/interviews.rs"]
#[allow(dead_code)]
mod interviews;

use earmark::config::EvaluationSettings;
use earmark::domain::{Evaluation, Rubric, Status, Transcript};
use earmark::evaluation::{Tools, evaluate};
use earmark::ingest::{self, Limits};
use earmark::judge::Judge;
use earmark::library;
use earmark::retrieval::Retrieval;
use interviews::{CANDIDATES, Written};
use std::collections::HashMap;

fn main() {
    let mut sets: Vec<String> = std::env::args().skip(1).collect();
    let verbose = sets.iter().any(|s| s == "-v");
    sets.retain(|s| s != "-v");
    if sets.is_empty() {
        sets = ["backend", "data-analyst", "support-lead"].map(String::from).to_vec();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let retrieval = Retrieval::local(None).expect("no cache, no failure");
    let judge = Judge::local();
    for set in &sets {
        let rubric = library::load(&interviews::rubric_of(set)).expect("the rubric is good").rubric;
        for form in ["named", "turns without names", "sentences without names"] {
            let mut located = (0, 0);
            let mut scores: HashMap<(String, &str), f64> = HashMap::new();
            for candidate in CANDIDATES {
                let written = Written::load(set, candidate);
                let file = match form {
                    "named" => written.zoom_vtt(),
                    "turns without names" => written.unlabelled_vtt(),
                    _ => written.whisper_vtt(),
                };
                let transcript = ingest::read(candidate, file.as_bytes(), &Limits::default()).expect("reads");
                let tools = Tools {
                    retrieval: &retrieval,
                    judge: &judge,
                    settings: EvaluationSettings::default(),
                    profile: None,
                };
                let evaluation =
                    runtime.block_on(evaluate(&tools, &rubric, &transcript, None, &mut |_| {})).expect("evaluates");
                for question in written.questions() {
                    located.1 += 1;
                    let problem = misplaced(&written, &evaluation, &transcript, &question);
                    located.0 += usize::from(problem.is_none());
                    if let Some(problem) = problem.filter(|_| verbose) {
                        println!("  {set} {form} {candidate} {question}: {problem}");
                    }
                    let result = evaluation.questions.iter().find(|q| q.id == question).expect("in the rubric");
                    let expected = result.suggestion.as_ref().and_then(|s| s.expected()).unwrap_or(1.0);
                    scores.insert((question, candidate), expected);
                }
                extra(&written, &evaluation, verbose, &format!("{set} {form} {candidate}"));
            }
            println!(
                "{set} {form}: located {}/{} = {:.1} %",
                located.0,
                located.1,
                100.0 * located.0 as f64 / located.1 as f64
            );
            orderings(&rubric, &scores);
        }
    }
}

/// Questions found although nobody asked them.
fn extra(written: &Written, evaluation: &Evaluation, verbose: bool, label: &str) {
    let asked = written.questions();
    for q in &evaluation.questions {
        if q.status != Status::NotAsked && !asked.contains(&q.id) && verbose {
            println!("  {label}: {} taken as {:?} at {:?}, answer {:?}", q.id, q.status, q.asked_at, q.answer);
        }
    }
}

fn truth(written: &Written, transcript: &Transcript, question: &str) -> (Vec<usize>, Vec<usize>) {
    let of = |wanted: &dyn Fn(&interviews::Line) -> bool| -> Vec<usize> {
        let texts: Vec<&str> = written.lines.iter().filter(|l| wanted(l)).map(|l| l.text.as_str()).collect();
        (0..transcript.utterances().len())
            .filter(|i| {
                let said = &transcript.utterances()[*i].text;
                texts.iter().any(|text| said.contains(text) || (said.len() > 15 && text.contains(said.as_str())))
            })
            .collect()
    };
    (of(&|l| l.asks.as_deref() == Some(question)), of(&|l| l.answers.as_deref() == Some(question)))
}

fn misplaced(written: &Written, evaluation: &Evaluation, transcript: &Transcript, question: &str) -> Option<String> {
    let (asks, answers) = truth(written, transcript, question);
    let found = evaluation.questions.iter().find(|q| q.id == question)?;
    if !found.asked_at.iter().any(|at| asks.contains(at)) {
        return Some(format!("asked at {asks:?}, found {:?} ({:?})", found.asked_at, found.status));
    }
    let hit = found.answer.iter().filter(|at| answers.contains(at)).count() as f64;
    let f1 = 2.0 * hit / (found.answer.len() + answers.len()).max(1) as f64;
    (f1 < 0.9).then(|| format!("answer {answers:?}, found {:?}", found.answer))
}

fn orderings(rubric: &Rubric, scores: &HashMap<(String, &str), f64>) {
    let (mut right, mut all) = (0, 0);
    for question in &rubric.questions {
        let score = |candidate| scores.get(&(question.id.clone(), candidate)).copied();
        let Some(row) = CANDIDATES.iter().map(|c| score(c)).collect::<Option<Vec<f64>>>() else { continue };
        let holds = [row[0] > row[1], row[1] > row[2], row[3] <= row[1], row[4] <= row[1]];
        right += holds.iter().filter(|h| **h).count();
        all += holds.len();
        let marks: String = holds.iter().map(|h| if *h { '.' } else { 'X' }).collect();
        println!("    {:32} {marks}  {}", question.id, row.iter().map(|s| format!("{s:5.2}")).collect::<String>());
    }
    println!("  orderings right: {right}/{all} = {:.1} %", 100.0 * right as f64 / all.max(1) as f64);
}
