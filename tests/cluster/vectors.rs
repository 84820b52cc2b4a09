//! A million passages: how long a search takes, and what they take of memory and disk. Only a release build says something
//! of it: checks for overflow keep the compiler from comparing many numbers at a time.
//!
//! ```sh
//! cargo test --release --test it a_million -- --ignored --nocapture
//! ```

use super::machine::postgres;
use super::{quantile, setting};
use crate::harness::service::{Database, Service, TRANSCRIPT};
use earmark::config::ServiceSettings;
use earmark::retrieval::{AnswerFilter, Retrieval, Small};
use earmark::search::Search;
use sqlx::{AssertSqlSafe, Row};
use std::sync::Arc;
use std::time::Instant;

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() / 1_024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes and a gigabyte"]
async fn a_million_passages_are_searched_in_a_moment() {
    let count = setting("EARMARK_TEST_PASSAGES", 1_000_000);
    let server = postgres().await;
    let database = Database::at(format!("{}/postgres", server.url));
    let service = Service::idle(database, ServiceSettings::default()).await;
    service.rubric().await;
    let interview = service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.id();
    let pool = sqlx::AnyPool::connect(&service.database.url).await.expect("connects");
    let retrieval = Arc::new(Retrieval::local(None).expect("an index"));
    // As long as real ones: 384 numbers of a byte after a scale of 1/1024, 250 characters of words.
    let text = format!(
        "INSERT INTO passages SELECT n, '{interview}', 'e', 'small', 'q' || (n % 20), n % 5 + 1, 0, 0, 1, NULL, \
         repeat(md5(n::text), 8), $1, decode('0000803a' || md5(n::text) || md5((n + 1)::text) || md5((n * 7)::text) || \
         repeat(md5((n * 13)::text), 21), 'hex') FROM generate_series(1, {count}) AS n"
    );
    sqlx::query(AssertSqlSafe(text)).bind(retrieval.embedder()).execute(&pool).await.expect("passages");
    // As if each had come with an entry of the log: numbers run up to the log's end.
    sqlx::query(AssertSqlSafe(format!("UPDATE audit_head SET sequence = {count}")))
        .execute(&pool)
        .await
        .expect("moved");
    let row = sqlx::query("SELECT pg_total_relation_size('passages') AS bytes").fetch_one(&pool).await.expect("a size");
    println!("{count} passages: {} MB in PostgreSQL", row.get::<i64, _>("bytes") / 1_000_000);

    let before = resident();
    let search = Search::new(service.store.clone(), Arc::clone(&retrieval));
    let begun = Instant::now();
    search.follow_in_memory().await.expect("filled");
    println!("filled in {:.1} s; {} MiB", begun.elapsed().as_secs_f64(), resident() - before);
    let question = AnswerFilter { question: Some("q7".into()), ..AnswerFilter::default() };
    for (what, filter) in [("all", AnswerFilter::default()), ("one question of 20", question)] {
        let mut took = Vec::new();
        for turn in 0_u32..50 {
            let mut bytes = 0.001_f32.to_le_bytes().to_vec();
            bytes.extend(
                (0..384_u32).map(|place| (place.wrapping_mul(2_654_435_761).wrapping_add(turn * 97) >> 13) as u8),
            );
            let query = Small::from_bytes(&bytes).expect("a vector");
            let begun = Instant::now();
            let hits = retrieval.nearest_answers(&query, &filter, 10).await.expect("found");
            took.push(begun.elapsed().as_secs_f64() * 1_000.0);
            assert_eq!(hits.len(), 10);
        }
        took.sort_by(f64::total_cmp);
        println!("{what}: median {:.1} ms, most {:.1} ms", quantile(&took, 0.5), quantile(&took, 1.0));
    }
    let begun = Instant::now();
    search.find("who talked about idempotency?", &AnswerFilter::default(), 10).await.expect("found");
    println!("with embedding the question and reading the words: {:.1} ms", begun.elapsed().as_secs_f64() * 1_000.0);
    pool.close().await;
    service.end().await;
}
