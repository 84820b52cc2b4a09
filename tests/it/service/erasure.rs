//! Erasing: the words are gone from everywhere, the record still stands.

use crate::harness::program::earmark;
use crate::harness::service::{Actor, Database, Service, TRANSCRIPT, databases, sqlite};
use earmark::config::ServiceSettings;
use earmark::store::audit::{Exported, verify_export};
use earmark::work::sweep;
use serde_json::json;
use std::path::PathBuf;

/// Words that stand nowhere but with the candidate to be erased.
const TOLD: [&str; 6] = ["zinnober", "quastenflosser", "Wilhelmine", "by fax from her", "chartreuse", "mondkalb"];

/// An interview with a word to be found in every place where words can be.
async fn with_words(service: &Service) -> String {
    let admin = &service.admin;
    let said = TRANSCRIPT.replace("unit tests", "zinnober unit tests").replace("Dana", "Wilhelmine");
    let query = "rubric=small&title=mondkalb&candidate=Wilhelmine&consent=by%20fax%20from%20her&place=chartreuse";
    let key = [("idempotency-key", "Wilhelmine-1")];
    let id = admin.upload(query, &key, said.as_bytes()).await.id();
    service.wait_for(&id).await;
    let review = admin.post(&format!("/api/v1/interviews/{id}/reviews"), json!({})).await.id();
    let path = format!("/api/v1/reviews/{review}");
    let mark = json!({"question": "tests", "utterance": 1, "start": 0, "end": 20});
    admin.change("POST", &format!("{path}/evidence"), mark).await.expect(201);
    let remark = json!({"question": "tests", "text": "quastenflosser"});
    admin.change("POST", &format!("{path}/comments"), remark).await.expect(201);
    for question in ["tests", "conflict"] {
        let decision = json!({"score": 1, "reason": "other", "words": "quastenflosser"});
        admin.change("PUT", &format!("{path}/decisions/{question}"), decision).await.expect(200);
    }
    admin.change("POST", &format!("{path}/submit"), json!({})).await.expect(200);
    let again = json!({"reason": "quastenflosser"});
    admin.post(&format!("{path}/reopen"), again).await.expect(201);
    id
}

/// Which of the words are in the files of a SQLite database.
fn left_in_files(database: &Database) -> Vec<&'static str> {
    let file = database.url.strip_prefix("sqlite:").expect("a file");
    let files = ["", "-wal", "-journal"].map(|end| PathBuf::from(format!("{file}{end}")));
    let bytes: Vec<u8> = files.iter().filter_map(|file| std::fs::read(file).ok()).flatten().collect();
    let has = |word: &&&str| bytes.windows(word.len()).any(|some| some == word.as_bytes());
    TOLD.iter().filter(has).copied().collect()
}

async fn assert_erased(service: &Service, id: &str) {
    let admin: &Actor = &service.admin;
    let mut shown = String::new();
    for path in ["", "/evaluations", "/reviews", "/panel", "/transcript"] {
        shown += &admin.get(&format!("/api/v1/interviews/{id}{path}")).await.text;
    }
    let evaluations = admin.get(&format!("/api/v1/interviews/{id}/evaluations")).await.expect(200);
    let evaluation = evaluations[0]["id"].as_str().expect("an id");
    shown += &admin.get(&format!("/api/v1/evaluations/{evaluation}")).await.text;
    let export = admin.get(&format!("/api/v1/audit/interviews/{id}")).await.text;
    shown += &export;
    shown += &admin.get("/api/v1/rubrics/small/eval-set").await.text;
    for word in TOLD {
        assert!(!shown.contains(word), "{word} in {shown}");
    }
    let exported: Vec<Exported> = serde_json::from_str(&export).expect("entries");
    assert!(exported.iter().any(|one| one.entry.action == "interview.erased"));
    assert!(verify_export(&exported).expect("whole by itself").erased > 0);
    service.store.verify_audit().await.expect("whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_candidate_has_left_no_word_and_the_chain_still_verifies() {
    for database in databases().await {
        let service = Service::start(database).await;
        service.rubric().await;
        let other = service.evaluated(&service.admin).await;
        let id = with_words(&service).await;
        let is_file = service.database.url.starts_with("sqlite");
        if is_file {
            assert_eq!(left_in_files(&service.database), TOLD, "the words are there to be found");
        }
        let path = format!("/api/v1/interviews/{id}");
        let left = service.admin.send("DELETE", &path, &[], b"").await.expect(200);
        assert_eq!((left["status"].as_str(), left["candidate"].as_str()), (Some("erased"), None));
        sweep(&service.store).await.expect("swept");
        assert_eq!(service.store.scrubs_due().await.expect("asked"), 0);
        if is_file {
            assert_eq!(left_in_files(&service.database), Vec::<&str>::new());
        }
        assert_erased(&service, &id).await;
        let shown = service.wait_for(&other).await;
        assert!(shown.to_string().contains("unit tests"), "what others said stays");

        service.admin.send("DELETE", &path, &[], b"").await.expect(409);
        service.admin.change("PATCH", &path, json!({"title": "back"})).await.expect(409);
        service.admin.post(&format!("{path}/evaluations"), json!({})).await.expect(409);
        let reviews = service.admin.get(&format!("{path}/reviews")).await.expect(200);
        let draft = reviews.as_array().expect("a list").last().expect("a draft")["id"].as_str().expect("an id");
        let comments = format!("/api/v1/reviews/{draft}/comments");
        let remark = service.admin.change("POST", &comments, json!({"text": "x"}));
        remark.await.expect(409);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_erases_from_the_file_while_the_service_runs() {
    let service = Service::start(sqlite()).await;
    service.rubric().await;
    let id = with_words(&service).await;
    let (url, interview) = (service.database.url.clone(), id.clone());
    let run = tokio::task::spawn_blocking(move || earmark(&["erase", "--interview", &interview, "--database", &url]));
    let run = run.await.expect("ran");
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(left_in_files(&service.database), Vec::<&str>::new());
    assert_erased(&service, &id).await;
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_for_an_erased_interview_is_called_off() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        service.rubric().await;
        let id = service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.id();
        let taken = service.store.take_job("w", 60_000, 5).await.expect("asked").expect("a job");
        service.admin.send("DELETE", &format!("/api/v1/interviews/{id}"), &[], b"").await.expect(200);
        assert!(service.store.save_questions(&taken, &[]).await.is_err(), "the worker writes nothing any more");
        assert!(service.store.take_job("w", -1, 5).await.expect("asked").is_none());
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_keeps_an_interview_from_every_rule_until_it_ends() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        service.rubric().await;
        let admin = &service.admin;
        let id = admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.id();
        let keeping = format!("/api/v1/interviews/{id}/keeping");
        let long_ago = "2020-01-01T00:00:00Z";
        let held = json!({"is_held": true, "keep_until": long_ago});
        assert_eq!(admin.change("PUT", &keeping, held).await.expect(200)["is_held"], true);
        assert_eq!(sweep(&service.store).await.expect("swept"), 0);
        admin.send("DELETE", &format!("/api/v1/interviews/{id}"), &[], b"").await.expect(409);
        admin.change("PUT", &keeping, json!({"is_held": false, "keep_until": long_ago})).await.expect(200);
        assert_eq!(sweep(&service.store).await.expect("swept"), 1);
        let left = admin.get(&format!("/api/v1/interviews/{id}")).await.expect(200);
        assert_eq!(left["status"], "erased");
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn interviews_are_erased_by_the_rule_of_their_rubric_or_place_and_no_others() {
    for database in databases().await {
        let url = database.url.clone();
        let service = Service::idle(database, ServiceSettings::default()).await;
        service.rubric().await;
        let admin = &service.admin;
        let mut ids = Vec::new();
        for place in ["Lund", "Porto", "Porto", "Lund"] {
            ids.push(
                admin.upload(&format!("rubric=small&title=x&place={place}"), &[], TRANSCRIPT.as_bytes()).await.id(),
            );
        }
        // An id begins with its time: these two become twenty and forty days old.
        let pool = sqlx::AnyPool::connect(&url).await.expect("connects");
        let now = (crate::harness::service::EDGE.clock)();
        let mut aged = Vec::new();
        for (id, days) in [(&ids[0], 20), (&ids[1], 40)] {
            let old = earmark::store::Moment::from_millis(now - days * 86_400_000).first_id();
            for text in [
                "INSERT INTO interviews SELECT $1, title, candidate, rubric_id, status, digest, format, bytes, utterances, \
                 parse_report, speaker, place, consent, keep_until, is_held, erased_at, created_by, created_at, version \
                 FROM interviews WHERE id = $2",
            ] {
                sqlx::query(text).bind(&old).bind(id).execute(&pool).await.expect("aged");
            }
            aged.push(old);
        }
        pool.close().await;
        assert_eq!(sweep(&service.store).await.expect("swept"), 0, "without a rule everything is kept");
        admin.json("PUT", "/api/v1/retention/Porto", &[], &json!({"days": 30})).await.expect(200);
        assert_eq!(sweep(&service.store).await.expect("swept"), 1);
        assert_eq!(admin.get(&format!("/api/v1/interviews/{}", aged[1])).await.expect(200)["status"], "erased");
        admin.change("PATCH", "/api/v1/rubrics/small", json!({"retention_days": 10})).await.expect(200);
        assert_eq!(sweep(&service.store).await.expect("swept"), 1);
        assert_eq!(admin.get(&format!("/api/v1/interviews/{}", aged[0])).await.expect(200)["status"], "erased");
        assert_eq!(admin.get(&format!("/api/v1/interviews/{}", ids[3])).await.expect(200)["status"], "evaluating");
        let log = admin.get("/api/v1/audit?after=8").await.text;
        assert!(log.contains("\\\"because\\\":\\\"retention\\\"") && log.contains("retention.set"), "{log}");
        admin.send("DELETE", "/api/v1/retention/Porto", &[], b"").await.expect(204);
        admin.send("DELETE", "/api/v1/retention/Porto", &[], b"").await.expect(404);
        admin.json("PUT", "/api/v1/retention/Porto", &[], &json!({"days": 0})).await.expect(422);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_not_put_beside_the_log_of_another_database() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy.db");
    service.store.backup(&copy).await.expect("copied");
    let new = folder.path().join("new.db");
    std::fs::write(folder.path().join("new.db-wal"), b"of another database").expect("written");
    let (copy, url) = (copy.display().to_string(), format!("sqlite:{}", new.display()));
    let run = earmark(&["restore", &copy, "--database", &url]);
    assert!(run.code == 1 && run.err.contains("new.db-wal"), "{}", run.err);
    service.end().await;
}
