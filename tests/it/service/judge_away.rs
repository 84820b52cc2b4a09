//! A chat judge that is away while the service evaluates: tried again, an abstention in the end, never a score.

use crate::harness::openai::{Act, OpenAiServer, error_body};
use crate::harness::service::{Service, TRANSCRIPT, databases, sqlite};
use earmark::config::ServiceSettings;
use earmark::endpoint::{EndpointSettings, Shared};
use earmark::judge::{ChatSettings, Judge};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

async fn judged_by(server: &OpenAiServer, attempts: i64, database: crate::harness::service::Database) -> Service {
    let endpoint = EndpointSettings { base_url: server.url().to_owned(), retries: 0, ..EndpointSettings::default() };
    let judge = Judge::chat(ChatSettings::of(endpoint, "m")).expect("a judge");
    let settings =
        ServiceSettings { attempts, has_chat_model: true, signins_per_minute: 1_000, ..ServiceSettings::default() };
    let service = Service::judged(database, settings, judge).await;
    service.rubric().await;
    service
}

/// The first job as soon as it waits for a reason that holds `why`.
async fn waits(service: &Service, why: &str) -> Value {
    let is_it = |all: &Value| all[0]["failure"].as_str().is_some_and(|said| said.contains(why));
    service.until("/api/v1/jobs?state=queued", is_it).await[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nothing_is_left_to_spend_an_evaluation_waits_and_loses_nothing() {
    for database in databases().await {
        let server = OpenAiServer::start().await;
        // Requests that are paid for: one, until more is allowed.
        let left = Arc::new(AtomicI64::new(1));
        let allowance = Arc::clone(&left);
        let purse = Shared::of(move |(tokens, _): (i64, i64)| {
            let allowed = tokens <= 0 || allowance.fetch_sub(1, Ordering::SeqCst) > 0;
            async move { allowed }
        });
        let endpoint = EndpointSettings { base_url: server.url().to_owned(), ..EndpointSettings::default() };
        let chat = ChatSettings { purse: Some(purse), ..ChatSettings::of(endpoint, "m") };
        let settings = ServiceSettings {
            attempts: 1,
            has_chat_model: true,
            signins_per_minute: 1_000,
            ..ServiceSettings::default()
        };
        let service = Service::judged(database, settings, Judge::chat(chat).expect("a judge")).await;
        service.rubric().await;
        let id = service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.id();
        let job = waits(&service, "budget for the chat model is used up").await;
        assert_eq!(
            (&job["state"], &job["attempts"]),
            (&json!("queued"), &json!(0)),
            "it waits, and no attempt is lost"
        );
        assert_eq!(server.requests().len(), 1);
        left.store(100, Ordering::SeqCst);
        let retry = format!("/api/v1/jobs/{}/retry", job["id"].as_str().expect("an id"));
        service.admin.post(&retry, json!({})).await.expect(200);
        let shown = service.wait_for(&id).await;
        let questions = shown["result"]["questions"].as_array().expect("questions");
        assert!(questions[..2].iter().all(|one| one["suggestion"]["score"].is_number()), "{shown}");
        assert_eq!(server.requests().len(), 2, "what was paid for is not asked again");
        service.end().await;
    }
}

fn away() -> Act {
    Act::Status(503, vec![], "{}".into())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judge_that_stays_away_is_an_abstention_and_one_that_is_back_scores() {
    let server = OpenAiServer::start().await;
    server.otherwise(away());
    let service = judged_by(&server, 1, sqlite()).await;
    let id = service.evaluated(&service.admin).await;
    let shown = service.wait_for(&id).await;
    assert_eq!(shown["state"], "finished");
    let suggestion = &shown["result"]["questions"][0]["suggestion"];
    assert_eq!(suggestion["score"], Value::Null);
    assert!(suggestion["abstained"].as_str().expect("a reason").contains("judge unavailable"), "{suggestion}");
    assert_eq!(shown["result"]["overall"]["scored"], 0);

    server.otherwise(Act::Honest);
    service.admin.post(&format!("/api/v1/interviews/{id}/evaluations"), json!({})).await.expect(202);
    let shown = service.wait_for(&id).await;
    assert!(shown["result"]["questions"][0]["suggestion"]["score"].is_number(), "{shown}");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_goes_on_by_itself_when_the_judge_is_back_and_asks_again_only_what_is_open() {
    for database in databases().await {
        let server = OpenAiServer::start().await;
        // The first request of two is answered, the second is not.
        server.script([Act::Honest]).otherwise(away());
        let service = judged_by(&server, 5, database).await;
        let id = service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.id();
        waits(&service, "judge unavailable").await;
        server.otherwise(Act::Honest);
        let shown = service.wait_for(&id).await;
        let questions = shown["result"]["questions"].as_array().expect("questions");
        assert!(questions[..2].iter().all(|one| one["suggestion"]["score"].is_number()), "{shown}");
        let entries = service.admin.get(&format!("/api/v1/audit?interview={id}")).await.expect(200);
        let suggested = entries.as_array().expect("a list").iter().filter(|one| one["action"] == "question.suggested");
        assert_eq!(suggested.count(), 3, "nothing is suggested twice");
        assert_eq!(server.requests().len(), 3, "what was answered is not asked again");
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_refused_ends_as_a_dead_letter_that_can_be_retried() {
    let server = OpenAiServer::start().await;
    server.otherwise(Act::Status(401, vec![], error_body("Incorrect API key provided.", json!("invalid_api_key"))));
    let service = judged_by(&server, 1, sqlite()).await;
    let id = service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.id();
    assert_eq!(service.wait_for(&id).await["state"], "failed");
    let dead = service.admin.get("/api/v1/jobs").await.expect(200);
    assert!(dead[0]["failure"].as_str().expect("why").contains("key"), "{dead}");
    server.otherwise(Act::Honest);
    let retry = format!("/api/v1/jobs/{}/retry", dead[0]["id"].as_str().expect("an id"));
    service.admin.post(&retry, json!({})).await.expect(200);
    let shown = service.wait_for(&id).await;
    assert_eq!(shown["state"], "finished");
    service.end().await;
}
