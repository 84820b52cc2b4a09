//! Lists by cursor: whole, without doubles, and quick when there is much.

use crate::harness::service::{Database, Service, TRANSCRIPT, databases, sqlite};
use earmark::config::ServiceSettings;
use sqlx::AnyPool;
use std::collections::BTreeSet;
use std::time::Instant;

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_every_interview_once_newest_first() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        service.rubric().await;
        let ines = service.person("interviewer", "ines").await;
        for number in 0..7 {
            let by = if number % 2 == 0 { &ines } else { &service.admin };
            by.upload(&format!("rubric=small&title=n{number}"), &[], TRANSCRIPT.as_bytes()).await.expect(202);
        }
        for (actor, filter, count) in [
            (&service.admin, "", 7),
            (&ines, "", 4),
            (&service.admin, "&status=evaluated", 0),
            (&service.admin, "&rubric=small&status=evaluating", 7),
        ] {
            let (mut seen, mut after) = (Vec::new(), String::new());
            loop {
                let page = actor.get(&format!("/api/v1/interviews?size=3{filter}{after}")).await.expect(200);
                let ids = page["items"].as_array().expect("a list").iter().map(|one| one["id"].to_string());
                seen.extend(ids);
                match page["next"].as_str() {
                    Some(next) => after = format!("&after={next}"),
                    None => break,
                }
            }
            assert_eq!(seen.len(), count, "{filter}");
            assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "{seen:?}");
            assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), count);
        }
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn interviews_are_found_by_when_they_were_uploaded() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    service.rubric().await;
    service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.expect(202);
    for (query, count) in
        [("from=2020-01-01T00:00:00Z", 1), ("to=2020-01-01T00:00:00Z", 0), ("from=2999-01-01T00:00:00Z", 0)]
    {
        let page = service.admin.get(&format!("/api/v1/interviews?{query}")).await.expect(200);
        assert_eq!(page["items"].as_array().expect("a list").len(), count, "{query}");
    }
    service.admin.get("/api/v1/interviews?from=yesterday").await.expect(422);
    service.end().await;
}

/// Prints how long lists take with 100,000 interviews: `cargo test --test it lists -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; a busy machine says nothing"]
async fn a_hundred_thousand_interviews_are_listed_filtered_and_opened() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        service.rubric().await;
        let id = service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.id();
        fill(&service.database, &id).await;
        let ines = service.person("interviewer", "ines").await;
        for query in
            ["?size=50", "?status=evaluated", "?rubric=small&status=failed", "?rubric=none", "?to=2021-01-01T00:00:00Z"]
        {
            let mut times: Vec<u128> = Vec::new();
            for _ in 0..50 {
                let begun = Instant::now();
                service.admin.get(&format!("/api/v1/interviews{query}")).await.expect(200);
                times.push(begun.elapsed().as_micros());
            }
            times.sort_unstable();
            println!("{} {query}: median {} us, highest {} us", service.store.engine(), times[25], times[49]);
        }
        let begun = Instant::now();
        service.admin.get(&format!("/api/v1/interviews/{id}")).await.expect(200);
        println!("{} open: {} us", service.store.engine(), begun.elapsed().as_micros());
        ines.get("/api/v1/interviews").await.expect(200);
        service.end().await;
    }
}

async fn fill(database: &Database, like: &str) {
    let pool = AnyPool::connect(&database.url).await.expect("connects");
    let text = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
                INSERT INTO interviews (id, title, candidate, rubric_id, status, digest, format, bytes, utterances, \
                parse_report, speaker, place, consent, is_held, created_by, created_at, version) \
                SELECT '01700000-0000-7000-8000-' || substr('000000000000' || i, -12), title || i, candidate, rubric_id, \
                CASE WHEN i % 10 = 0 THEN 'failed' ELSE 'evaluated' END, digest, format, bytes, utterances, parse_report, \
                speaker, place, consent, is_held, created_by, created_at, version FROM interviews, n WHERE id = $1";
    let text = if database.url.starts_with("sqlite") {
        text.to_owned()
    } else {
        text.replace("substr('000000000000' || i, -12)", "lpad(CAST(i AS TEXT), 12, '0')")
    };
    sqlx::query(sqlx::AssertSqlSafe(text)).bind(like).execute(&pool).await.expect("filled");
    pool.close().await;
}
