//! The record: the audit log notices every change, and an export stands by itself.

use crate::harness::program::earmark;
use crate::harness::service::{Service, databases, sqlite};
use earmark::config::ServiceSettings;
use earmark::store::audit::{Exported, verify_export};
use serde_json::json;
use sqlx::AnyPool;

async fn recorded(database: crate::harness::service::Database) -> (Service, String) {
    let service = Service::start(database).await;
    service.rubric().await;
    let interview = service.evaluated(&service.admin).await;
    (service, interview)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_what_was_done_and_is_whole() {
    for database in databases().await {
        let (service, interview) = recorded(database).await;
        let verified = service.store.verify_audit().await.expect("whole");
        let entries = service.admin.get("/api/v1/audit").await.expect(200);
        let actions: Vec<&str> =
            entries.as_array().expect("entries").iter().filter_map(|entry| entry["action"].as_str()).collect();
        for action in [
            "person.added",
            "signin.accepted",
            "token.made",
            "rubric.uploaded",
            "interview.uploaded",
            "evaluation.asked",
            "question.suggested",
            "evaluation.finished",
        ] {
            assert!(actions.contains(&action), "{action} in {actions:?}");
        }
        assert!(!entries.to_string().contains("unit tests"), "no words of the candidate stand in the chain");
        assert!(verified.entries >= 8);
        let exported = service.admin.get(&format!("/api/v1/audit/interviews/{interview}")).await;
        let exported: Vec<Exported> = serde_json::from_str(&exported.text).expect("entries");
        assert!(exported.iter().any(|one| one.words.as_ref().is_some_and(|words| words.contains("unit tests"))));
        verify_export(&exported).expect("whole by itself");
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_is_changed_missing_or_moved_is_found() {
    for database in databases().await {
        let (service, _) = recorded(database).await;
        let pool = AnyPool::connect(&service.database.url).await.expect("connects");
        for (harm, mend, word) in [
            (
                "UPDATE audit SET actor = 'x' || actor WHERE sequence = 3",
                "UPDATE audit SET actor = substr(actor, 2) WHERE sequence = 3",
                "changed",
            ),
            (
                "UPDATE audit SET sequence = -5 WHERE sequence = 5",
                "UPDATE audit SET sequence = 5 WHERE sequence = -5",
                "missing",
            ),
            (
                "UPDATE audit_head SET sequence = sequence + 1",
                "UPDATE audit_head SET sequence = sequence - 1",
                "last ones are missing",
            ),
            (
                "UPDATE audit_payloads SET content = content || ' '",
                "UPDATE audit_payloads SET content = substr(content, 1, length(content) - 1)",
                "words",
            ),
        ] {
            sqlx::query(harm).execute(&pool).await.expect("harmed");
            let found = service.store.verify_audit().await.expect_err("found").to_string();
            assert!(found.contains(word), "{word} in {found}");
            sqlx::query(mend).execute(&pool).await.expect("mended");
            service.store.verify_audit().await.expect("whole again");
        }
        sqlx::query("DELETE FROM audit_payloads").execute(&pool).await.expect("erased");
        let verified = service.store.verify_audit().await.expect("erased words leave the chain whole");
        assert!(verified.erased > 0);
        pool.close().await;
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_from_which_something_was_taken_does_not_verify() {
    let (service, interview) = recorded(sqlite()).await;
    let whole = service.store.audit_export(&interview).await.expect("an export");
    verify_export(&whole).expect("whole");
    for taken in 0..whole.len() - 1 {
        let mut less = whole.clone();
        less.remove(taken);
        assert!(verify_export(&less).is_err(), "without entry {taken}");
    }
    let mut swapped = whole.clone();
    swapped.swap(0, 1);
    assert!(verify_export(&swapped).is_err());
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_the_running_service_is_restored_whole() {
    let (service, interview) = recorded(sqlite()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (copy, new) = (folder.path().join("copy.db"), folder.path().join("new.db"));
    let (copy_text, database) = (copy.display().to_string(), service.database.url.clone());
    let saved = tokio::task::spawn_blocking(move || earmark(&["backup", &copy_text, "--database", &database])).await;
    assert_eq!(saved.expect("ran").code, 0);
    service.end().await;
    let url = format!("sqlite:{}", new.display());
    let copy = copy.display().to_string();
    let restored = earmark(&["restore", &copy, "--database", &url]);
    assert_eq!(restored.code, 0, "{}", restored.err);
    assert_eq!(earmark(&["restore", &copy, "--database", &url]).code, 1, "what is there is not overwritten");
    let verified = earmark(&["audit", "verify", "--database", &url]);
    assert!(verified.out.contains("whole"), "{}{}", verified.out, verified.err);
    let export = folder.path().join("export.jsonl").display().to_string();
    let exported = earmark(&["audit", "export", "--interview", &interview, "--out", &export, "--database", &url]);
    assert_eq!(exported.code, 0, "{}", exported.err);
    assert_eq!(earmark(&["audit", "verify", "--file", &export]).code, 0);
    let text =
        std::fs::read_to_string(&export).expect("written").replacen("interview.uploaded", "interview.imagined", 1);
    std::fs::write(&export, text).expect("written");
    assert_eq!(earmark(&["audit", "verify", "--file", &export]).code, 1);
    let doctor = earmark(&["doctor", "--database", &url]);
    assert_eq!(doctor.code, 0, "{}{}", doctor.out, doctor.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_health_the_metrics_and_the_document_are_open() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    service.nobody.get("/health").await.expect(200);
    service.nobody.get("/ready").await.expect(200);
    let metrics = service.nobody.get("/metrics").await;
    assert!(metrics.text.contains("earmark_http_requests_total"), "{}", metrics.text);
    let document = service.nobody.get("/api/openapi.json").await.expect(200);
    assert_eq!(document["info"]["title"], "Earmark");
    let page = service.nobody.get("/api/docs").await;
    assert!(page.text.contains("/api/docs.js") && !page.text.contains("http://") && !page.text.contains("https://"));
    assert_eq!(service.nobody.get("/api/v1/nowhere").await.expect(404)["type"], "urn:earmark:problem:missing");
    assert_eq!(service.nobody.post("/health", json!({})).await.expect(405)["status"], 405);
    service.end().await;
}
