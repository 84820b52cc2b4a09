//! Measures the shipped rubrics by their own words: `cargo run --example ideals -- [-v] [FILE ...]`.
//!
//! For every question, what the local judge gives each ideal answer with the rubric as it ships and with that answer
//! taken out of it, and what it gives an ideal answer of another question: the next one, and one far off.

#![allow(clippy::pedantic, missing_docs, reason = "pedantry serves the library's interface")]

use earmark::config::EvaluationSettings;
use earmark::domain::{QuestionResult, Rubric, Verdict};
use earmark::evaluation::{Tools, judge_given};
use earmark::judge::Judge;
use earmark::library;
use earmark::retrieval::Retrieval;
use std::path::{Path, PathBuf};

fn main() {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    let verbose = files.iter().any(|file| file == "-v");
    files.retain(|file| file != "-v");
    if files.is_empty() {
        files = ["backend-developer", "backend-definitions", "soft-skills", "introductory"]
            .map(|name| format!("rubrics/{name}.toml"))
            .to_vec();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let retrieval = Retrieval::local(None).expect("no cache, no failure");
    let judge = Judge::local();
    let tools = Tools { retrieval: &retrieval, judge: &judge, settings: EvaluationSettings::default(), profile: None };
    let judged = |rubric: &Rubric, answers: &[&str]| {
        let answers: Vec<Option<&str>> = answers.iter().map(|answer| Some(*answer)).collect();
        runtime.block_on(judge_given(&tools, rubric, &answers, &mut |_| {})).expect("judges")
    };
    let mut all = [Tally::default(); 4];
    for file in &files {
        let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let rubric = library::load(&path).expect("the rubric is good").rubric;
        let count = rubric.questions.len();
        let mut here = [Tally::default(); 4];
        for style in 0..2 {
            let answers: Vec<&str> = rubric.questions.iter().map(|q| q.ideal_answers[style].as_str()).collect();
            let shifted = |by: usize| (0..count).map(|q| answers[(q + by) % count]).collect::<Vec<_>>();
            let mut without = rubric.clone();
            without.questions.iter_mut().for_each(|q| drop(q.ideal_answers.remove(style)));
            let within = judged(&rubric, &answers);
            let apart = judged(&without, &answers);
            let next = judged(&rubric, &shifted(1));
            let far = judged(&rubric, &shifted(count / 2));
            for (q, question) in rubric.questions.iter().enumerate() {
                here[0].add(&within[q], true);
                here[1].add(&apart[q], true);
                here[2].add(&next[q], false);
                here[3].add(&far[q], false);
                if verbose {
                    report(&question.id, style, [&within[q], &apart[q], &next[q], &far[q]], &rubric);
                }
            }
        }
        println!("{file}: {}", shown(&here));
        all.iter_mut().zip(here).for_each(|(all, here)| all.join(here));
    }
    println!("all: {}", shown(&all));
}

#[derive(Default, Clone, Copy)]
struct Tally {
    right: usize,
    all: usize,
}

impl Tally {
    /// Right is 4 or 5 where `high` is wanted, else 1 or 2.
    fn add(&mut self, result: &QuestionResult, high: bool) {
        let score = score(result);
        self.all += 1;
        self.right += usize::from(score.is_some_and(|score| if high { score >= 4 } else { score <= 2 }));
    }

    fn join(&mut self, other: Self) {
        *self = Self { right: self.right + other.right, all: self.all + other.all };
    }
}

fn score(result: &QuestionResult) -> Option<i32> {
    result.suggestion.as_ref().and_then(|suggestion| suggestion.score())
}

fn shown(tallies: &[Tally; 4]) -> String {
    let names = ["ideal 4-5", "ideal 4-5 when left out", "next question's 1-2", "far question's 1-2"];
    let part = |(name, tally): (&&str, &Tally)| {
        format!("{name} {}/{} = {:.1} %", tally.right, tally.all, 100.0 * tally.right as f64 / tally.all.max(1) as f64)
    };
    names.iter().zip(tallies).map(part).collect::<Vec<_>>().join("; ")
}

fn report(id: &str, style: usize, results: [&QuestionResult; 4], rubric: &Rubric) {
    let scores: Vec<String> = results.iter().map(|r| score(r).map_or("-".into(), |s| s.to_string())).collect();
    let scores = scores.join(" ");
    println!("  {id} [{style}] {scores} {:?}", results[1].flags);
    let question = rubric.question(id).expect("in the rubric");
    for (criterion, result) in question.criteria.iter().zip(&results[1].criteria) {
        let flag = criterion.kind == earmark::domain::CriterionKind::RedFlag;
        let wrong = if flag { result.verdict == Verdict::Met } else { result.verdict != Verdict::Met };
        if wrong {
            let mark = if flag { "!" } else { "-" };
            println!("      {mark} {:?} {:.2} {}: {}", result.verdict, result.strength, criterion.id, criterion.text);
        }
    }
}
