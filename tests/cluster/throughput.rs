//! How many interviews a minute: with a chat model that takes half a second, by the number of workers; and what the
//! database has to do for it.

use super::machine::{Process, Setup, postgres};
use super::setting;
use crate::harness::openai::OpenAiServer;
use crate::harness::service::{Actor, PASSWORD, RUBRIC, TRANSCRIPT, signed_in};
use serde_json::json;
use sqlx::{AssertSqlSafe, Row};
use std::time::{Duration, Instant};
use tokio::time::sleep;

async fn evaluated(admin: &Actor) -> usize {
    let text = admin.get("/metrics").await.text;
    let line = text.lines().find(|line| line.starts_with("earmark_interviews{state=\"evaluated\"}"));
    line.and_then(|line| line.split(' ').nth(1)).and_then(|count| count.parse().ok()).unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn throughput_grows_with_workers() {
    let database = postgres().await;
    let chat = OpenAiServer::start().await;
    chat.latency(Duration::from_millis(500));
    let set = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let setup = |workers: usize| Setup {
        database: format!("{}/postgres", database.url),
        environment: vec![
            set("EARMARK_WORKERS", &workers.to_string()),
            set("EARMARK_LONGEST_QUEUE", "100000"),
            set("EARMARK_JUDGE", "openai"),
            set("EARMARK_MODEL", "m"),
            set("EARMARK_IN_FLIGHT", "256"),
            set("OPENAI_BASE_URL", chat.url()),
        ],
    };
    let web = Process::start("web", &setup(1)).await;
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&setup(1).database).await.expect("connects");
    let body = json!({"secret": web.secret(), "email": "admin@example.org", "name": "Admin", "password": PASSWORD});
    let id = web.nobody().post("/api/v1/setup", body).await.id();
    let admin = signed_in(&web.nobody(), "admin@example.org", id).await;
    let kind = [("content-type", "application/toml")];
    admin.send("POST", "/api/v1/rubrics", &kind, RUBRIC.as_bytes()).await.expect(201);
    let counted = sqlx::query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").execute(&pool).await.is_ok();
    let most = setting("EARMARK_TEST_WORKERS", 32) as usize;
    let mut workers = 1;
    while workers <= most {
        let before = evaluated(&admin).await;
        let wanted = (workers * 12).clamp(24, 240);
        let uploading = Instant::now();
        for number in 0..wanted {
            let query = format!("rubric=small&title={workers}-{number}");
            admin.upload(&query, &[], TRANSCRIPT.as_bytes()).await.expect(202);
        }
        let uploading = uploading.elapsed();
        let worker = Process::start("worker", &setup(workers)).await;
        let begun = Instant::now();
        while evaluated(&admin).await < before + wanted {
            sleep(Duration::from_millis(50)).await;
        }
        let took = begun.elapsed().as_secs_f64();
        println!(
            "{workers:3} workers: {:6.1} interviews a minute ({wanted} in {took:.1} s, {} MiB); uploads {:.0} a second",
            wanted as f64 / took * 60.0,
            worker.memory(),
            wanted as f64 / uploading.as_secs_f64()
        );
        workers *= 2;
    }
    if counted {
        slowest(&pool).await;
    }
    pool.close().await;
}

/// The statements that cost the database most, and the plan of the slowest.
async fn slowest(pool: &sqlx::AnyPool) {
    let text = "SELECT CAST(calls AS BIGINT) AS calls, CAST(mean_exec_time AS DOUBLE PRECISION) AS mean, \
                CAST(total_exec_time AS DOUBLE PRECISION) AS total, CAST(query AS TEXT) AS query \
                FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat%' AND query NOT LIKE 'CREATE%' AND calls > 20 \
                ORDER BY total_exec_time DESC LIMIT 12";
    for row in sqlx::query(AssertSqlSafe(text)).fetch_all(pool).await.expect("statements") {
        let (calls, mean, total): (i64, f64, f64) = (row.get("calls"), row.get("mean"), row.get("total"));
        let query: String = row.get("query");
        let query: String = query.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(150).collect();
        println!("{total:8.0} ms in all, {mean:6.2} ms each, {calls:6} times: {query}");
    }
}
