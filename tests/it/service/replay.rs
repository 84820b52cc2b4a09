//! Replay: an interview under another version of its rubric or another judge, and what that changed.

use crate::harness::openai::OpenAiServer;
use crate::harness::service::{RUBRIC, Service, databases, sqlite};
use earmark::config::ServiceSettings;
use earmark::endpoint::EndpointSettings;
use earmark::judge::{ChatSettings, Judge};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_under_another_rubric_says_what_changed_and_why() {
    for database in databases().await {
        let service = Service::start(database).await;
        service.rubric().await;
        let admin = &service.admin;
        let id = service.evaluated(admin).await;
        let first = service.wait_for(&id).await;
        let changed =
            RUBRIC.replace("version = \"1.0.0\"", "version = \"1.1.0\"").replace("id = \"listens\"", "id = \"hears\"");
        admin
            .send("POST", "/api/v1/rubrics", &[("content-type", "application/toml")], changed.as_bytes())
            .await
            .expect(201);
        let diff = admin.get("/api/v1/rubrics/small/diff?from=1.0.0&to=1.1.0").await.expect(200);
        assert_eq!(diff["changes"].as_array().map(Vec::len), Some(1), "{diff}");
        admin.get("/api/v1/rubrics/small/diff?from=1.0.0&to=9").await.expect(404);

        let path = format!("/api/v1/interviews/{id}/evaluations");
        admin.post(&path, json!({"rubric_version": "1.1.0"})).await.expect(202);
        let second = service.wait_for(&id).await;
        let of = |shown: &serde_json::Value| shown["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1/evaluations/{}/diff?to={}", of(&first), of(&second));
        let diff = admin.get(&path).await.expect(200);
        let questions = diff["questions"].as_array().expect("questions");
        let because: Vec<(&str, String)> = questions
            .iter()
            .map(|one| (one["question"].as_str().expect("an id"), one["because"].to_string()))
            .collect();
        assert_eq!(because[0], ("tests", "[]".into()), "{diff}");
        assert_eq!(because[1], ("conflict", "[\"rubric\"]".into()), "{diff}");
        assert_eq!(diff["different"], 1);
        let same = admin.get(&format!("/api/v1/evaluations/{}/diff?to={}", of(&first), of(&first))).await.expect(200);
        assert_eq!(same["different"], 0);
        admin.get(&format!("/api/v1/evaluations/{}/diff", of(&first))).await.expect(400);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interview_is_replayed_with_the_other_judge_where_there_is_one() {
    let server = OpenAiServer::start().await;
    let endpoint = EndpointSettings { base_url: server.url().to_owned(), ..EndpointSettings::default() };
    let judge = Judge::chat(ChatSettings::of(endpoint, "m")).expect("a judge");
    let settings = ServiceSettings { has_chat_model: true, signins_per_minute: 1_000, ..ServiceSettings::default() };
    let service = Service::judged(sqlite(), settings, judge).await;
    service.rubric().await;
    let admin = &service.admin;
    let id = service.evaluated(admin).await;
    let first = service.wait_for(&id).await;
    assert_eq!(first["result"]["made_with"]["judge"], "openai");
    // The record holds prompt and reply to the letter.
    let chain = admin.get(&format!("/api/v1/audit/interviews/{id}")).await.expect(200);
    let mut entries = chain.as_array().expect("a list").iter();
    let entry = entries.find(|one| one["entry"]["action"] == "question.suggested").expect("an entry");
    let result: Value = serde_json::from_str(entry["words"].as_str().expect("its words")).expect("JSON");
    let claim = &result["claim"];
    let sent = server.requests();
    assert!(sent.iter().any(|request| request["messages"] == claim["messages"]), "{claim}");
    assert!(claim["reply"].as_str().is_some_and(|reply| reply.contains("criteria")), "{claim}");
    let path = format!("/api/v1/interviews/{id}/evaluations");
    admin.post(&path, json!({"judge": "local"})).await.expect(202);
    let second = service.wait_for(&id).await;
    assert_eq!((&second["judge"], &second["result"]["made_with"]["judge"]), (&json!("local"), &json!("local")));
    let path = format!(
        "/api/v1/evaluations/{}/diff?to={}",
        first["id"].as_str().expect("an id"),
        second["id"].as_str().expect("an id")
    );
    let diff = admin.get(&path).await.expect(200);
    assert!(diff["questions"].to_string().contains("[\"judge\"]"), "{diff}");
    service.end().await;
    let plain = Service::idle(sqlite(), ServiceSettings::default()).await;
    plain.rubric().await;
    let id = plain.admin.upload("rubric=small&title=x", &[], b"A: hello there\nB: I test.\n").await.id();
    plain.admin.post(&format!("/api/v1/interviews/{id}/evaluations"), json!({"judge": "openai"})).await.expect(422);
    plain.end().await;
}
