//! Exports: whole, recorded, and without what the person may not see.

use crate::harness::service::{Actor, Service, TRANSCRIPT, databases, sqlite};
use serde_json::{Value, json};

async fn reviewed(by: &Actor, interview: &str) -> String {
    let review = by.post(&format!("/api/v1/interviews/{interview}/reviews"), json!({})).await.id();
    for question in ["tests", "conflict"] {
        let decision = json!({"score": 2, "reason": "other", "words": "=1+1, I was \"there\""});
        let path = format!("/api/v1/reviews/{review}/decisions/{question}");
        for _ in 0..2 {
            by.change("PUT", &path, decision.clone()).await.expect(200);
        }
    }
    by.change("POST", &format!("/api/v1/reviews/{review}/submit"), json!({})).await.expect(200);
    review
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interview_is_exported_as_json_table_and_page() {
    for database in databases().await {
        let service = Service::start(database).await;
        service.rubric().await;
        let admin = &service.admin;
        let said = TRANSCRIPT.replace("I write unit tests", "<script>alert(1)</script> I write unit tests");
        let id = admin.upload("rubric=small&title=%3Dcmd%2C%201", &[], said.as_bytes()).await.id();
        let shown = service.wait_for(&id).await;
        reviewed(admin, &id).await;
        let path = format!("/api/v1/interviews/{id}/export?format=");
        let whole = admin.get(&format!("{path}json")).await.expect(200);
        assert_eq!(whole["evaluation"], shown["result"]);
        assert_eq!(whole["reviews"][0]["decisions"].as_array().expect("decisions").len(), 4);
        let table = admin.get(&format!("{path}csv")).await;
        assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8"));
        let lines: Vec<&str> = table.text.split("\r\n").filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), 4, "{}", table.text);
        assert!(lines[1].contains("\"'=cmd, 1\"") && lines[1].contains(",2,overridden,other"), "{}", lines[1]);
        let page = admin.get(&format!("{path}html")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains("unit tests") && !page.text.contains("<script>alert(1)"));
        admin.get(&format!("{path}docx")).await.expect(400);
        let log = admin.get(&format!("/api/v1/audit?interview={id}")).await.expect(200);
        let exports = log.as_array().expect("entries").iter().filter(|entry| entry["action"] == "interview.exported");
        assert_eq!(exports.count(), 3);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exported_page_is_the_one_of_the_command() {
    let service = Service::start(sqlite()).await;
    service.rubric().await;
    let id = service.evaluated(&service.admin).await;
    let page = service.admin.get(&format!("/api/v1/interviews/{id}/export?format=html")).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (rubric, transcript) = (folder.path().join("r.toml"), folder.path().join("t.vtt"));
    std::fs::write(&rubric, crate::harness::service::RUBRIC).expect("written");
    std::fs::write(&transcript, TRANSCRIPT).expect("written");
    let (rubric, transcript) = (rubric.display().to_string(), transcript.display().to_string());
    let run = crate::harness::program::earmark(&["evaluate", &transcript, "--rubric", &rubric, "--format", "html"]);
    assert_eq!(page.text.trim(), run.out.trim());
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_waits_for_the_own_score_where_that_comes_first() {
    let service = Service::start(sqlite()).await;
    service.rubric().await;
    service.admin.change("PATCH", "/api/v1/rubrics/small", json!({"mode": "blind_first"})).await.expect(200);
    let ines = service.person("interviewer", "ines").await;
    let id = service.evaluated(&ines).await;
    let path = format!("/api/v1/interviews/{id}/export?format=json");
    ines.get(&path).await.expect(409);
    reviewed(&ines, &id).await;
    ines.get(&path).await.expect(200);
    let omar = service.person("interviewer", "omar").await;
    omar.get(&path).await.expect(404);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submitted_review_takes_the_shape_of_other_systems_and_recommends_nothing() {
    let service = Service::start(sqlite()).await;
    service.rubric().await;
    let id = service.evaluated(&service.admin).await;
    let draft = service.admin.post(&format!("/api/v1/interviews/{id}/reviews"), json!({})).await.id();
    service.admin.get(&format!("/api/v1/reviews/{draft}/scorecard?shape=lever")).await.expect(409);
    let review = reviewed(&service.admin, &id).await;
    let path = format!("/api/v1/reviews/{review}/scorecard?shape=");
    let card: Value = service.admin.get(&format!("{path}greenhouse")).await.expect(200);
    assert_eq!(
        (&card["overall_recommendation"], &card["attributes"][0]["rating"]),
        (&json!("no_decision"), &json!("no"))
    );
    assert_eq!(card["ratings"]["no"], json!(["tests", "conflict"]));
    let card: Value = service.admin.get(&format!("{path}lever")).await.expect(200);
    assert_eq!(card["fields"][0]["value"][0]["score"], 2);
    service.end().await;
}
