//! What parsing, judging and a whole evaluation take. `cargo bench --bench evaluation`.
//!
//! The long interview is the written strong, middling and weak interviews one after another, about an hour of talk.

#![allow(clippy::pedantic, missing_docs, reason = "pedantry serves the library's interface")]

#[path = "../tests/it/harness/interviews.rs"]
#[allow(dead_code)]
mod interviews;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use earmark::config::EvaluationSettings;
use earmark::domain::CharSpan;
use earmark::evaluation::{Tools, evaluate};
use earmark::ingest::{self, Limits};
use earmark::judge::{Judge, LocalJudge, Look, Passage, Task};
use earmark::library;
use earmark::retrieval::Retrieval;
use interviews::{Written, rubric_of};
use std::fmt::Write as _;
use std::hint::black_box;

fn parse(c: &mut Criterion) {
    let mut file = String::from("WEBVTT\n\n");
    for n in 0..120_000_u64 {
        let (a, b) = (n * 300, n * 300 + 280);
        let at =
            |ms: u64| format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000);
        let name = if n % 7 < 2 { "Robin Meyer" } else { "Sam Okafor" };
        let _ = write!(file, "{n}\n{} --> {}\n{name}: we kept the queue and the table in step here\n\n", at(a), at(b));
    }
    let mut group = c.benchmark_group("parse");
    group.sample_size(10).throughput(Throughput::Bytes(file.len() as u64));
    group.bench_function("webvtt", |b| b.iter(|| ingest::read("x", black_box(file.as_bytes()), &Limits::default())));
    group.finish();
}

fn judge(c: &mut Criterion) {
    let judge = LocalJudge::new();
    let text = "We had the pipeline run every test on each merge, and nothing went out that had not been green.";
    let passage = Passage { utterance: 0, span: CharSpan { start: 0, end: text.len() }, text: text.into() };
    let look = |n: usize| Look {
        criterion: n.to_string(),
        hypothesis: format!("Runs the automated tests before release number {n}"),
        passages: vec![0],
    };
    let task =
        Task { question: "How do you test?".into(), passages: vec![passage], looks: (0..100).map(look).collect() };
    let tasks = [task];
    judge.claims(&tasks);
    let mut group = c.benchmark_group("judge");
    group.sample_size(10).throughput(Throughput::Elements(100));
    group.bench_function("pairs", |b| b.iter(|| judge.claims(black_box(&tasks))));
    group.finish();
}

fn whole(c: &mut Criterion) {
    let rubric = library::load(&rubric_of("backend")).expect("good").rubric;
    let file: String =
        ["strong", "middling", "weak"].map(|candidate| Written::load("backend", candidate).named_text()).concat();
    let transcript = ingest::read("x", file.as_bytes(), &Limits::default()).expect("reads");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (retrieval, judge) = (Retrieval::local(None).expect("no cache"), Judge::local());
    let tools = Tools { retrieval: &retrieval, judge: &judge, settings: EvaluationSettings::default(), profile: None };
    let mut group = c.benchmark_group("evaluate");
    group.sample_size(10);
    group.bench_function("three interviews in one", |b| {
        b.iter(|| runtime.block_on(evaluate(&tools, &rubric, &transcript, None, &mut |_| {})));
    });
    group.finish();
}

criterion_group!(benches, parse, judge, whole);
criterion_main!(benches);
