//! What retrieval costs: embedding the sentences of an answer, and searching small and large rubrics.

#![allow(clippy::pedantic, missing_docs, reason = "pedantry serves the library's interface")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use earmark::domain::{Criterion as Listened, CriterionKind, Question, QuestionKind, Rubric, Scale};
use earmark::retrieval::{Filter, Retrieval};
use std::hint::black_box;
use tokio::runtime::{Builder, Runtime};

const SUBJECTS: [&str; 10] = [
    "the REST interface",
    "our database",
    "the deployment",
    "a code review",
    "the incident",
    "unit tests",
    "the queue of messages",
    "a new colleague",
    "the customer's complaint",
    "the cache",
];

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime without drivers")
}

/// Sentences of the lengths that people speak in, 8 to 40 tokens, all different.
fn sentences(count: usize) -> Vec<String> {
    let sentence = |n: usize| {
        let more = "and I checked with the team before going on ".repeat(n % 4);
        format!("In case {n} I looked at {} first {more}because it mattered.", SUBJECTS[n % SUBJECTS.len()])
    };
    (0..count).map(sentence).collect()
}

/// A rubric of `points` points. Their texts recur, so that making it embeds few; searching it compares every one.
fn rubric(points: usize) -> Rubric {
    let texts = sentences(50);
    let criterion = |n: usize| Listened {
        id: format!("c{n}"),
        kind: CriterionKind::ListenFor,
        text: texts[n % texts.len()].clone(),
        weight: 1.0,
    };
    let question = Question {
        id: "q".into(),
        competency: None,
        kind: QuestionKind::General,
        ask: "What did you look at first?".into(),
        also_asked: vec![],
        assesses: None,
        ideal_answers: vec![],
        criteria: (1..points).map(criterion).collect(),
        anchors: vec![],
        follow_ups: vec![],
    };
    Rubric {
        id: "bench".into(),
        title: "Bench".into(),
        version: "1".into(),
        language: "en".into(),
        scale: Scale::default(),
        competencies: vec![],
        questions: vec![question],
    }
}

fn embed(c: &mut Criterion) {
    let (runtime, retrieval) = (runtime(), Retrieval::local(None).expect("needs nothing"));
    let sentences = sentences(200);
    let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
    let mut group = c.benchmark_group("embed");
    group.sample_size(10).throughput(Throughput::Elements(sentences.len() as u64));
    group.bench_function("200 sentences", |b| {
        b.iter(|| runtime.block_on(retrieval.embed(black_box(&sentences))).expect("the model runs"));
    });
    group.finish();
}

fn search(c: &mut Criterion) {
    let (runtime, retrieval) = (runtime(), Retrieval::local(None).expect("needs nothing"));
    let mut group = c.benchmark_group("search");
    group.sample_size(20);
    for (points, queries) in [(1_000, 1), (1_000, 100), (100_000, 1), (100_000, 10)] {
        let rubric = runtime.block_on(retrieval.index_rubric(&rubric(points))).expect("can be indexed").rubric;
        let texts = sentences(queries);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let vectors = runtime.block_on(retrieval.embed(&texts)).expect("the model runs");
        group.throughput(Throughput::Elements((points * queries) as u64));
        group.bench_function(BenchmarkId::new(format!("{points} vectors"), format!("{queries} queries")), |b| {
            b.iter(|| runtime.block_on(retrieval.nearest(&rubric, &vectors, Filter::default(), 10)).expect("is there"));
        });
    }
    group.finish();
}

criterion_group!(benches, embed, search);
criterion_main!(benches);
