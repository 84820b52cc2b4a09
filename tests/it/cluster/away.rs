//! An index that goes away and comes back: evaluations wait, reviews go on, nothing fails for good.

use crate::harness::qdrant::QdrantServer;
use crate::harness::service::{Service, TRANSCRIPT, databases};
use earmark::config::ServiceSettings;
use earmark::judge::Judge;
use earmark::retrieval::{QdrantSettings, Retrieval};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

fn settings(server: &QdrantServer) -> QdrantSettings {
    QdrantSettings {
        url: server.url().into(),
        retries: 0,
        timeout: Duration::from_secs(30),
        ..QdrantSettings::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_index_is_away_evaluations_wait_and_reviews_go_on() {
    for database in databases().await {
        let server = QdrantServer::start(None).await;
        let retrieval = Arc::new(Retrieval::for_service(None, &settings(&server)).await.expect("settings"));
        // One attempt: if waiting counted as one, the job would be dead.
        let one = ServiceSettings { attempts: 1, signins_per_minute: 1_000, ..ServiceSettings::default() };
        let service = Service::with_index(database, one, Judge::local(), retrieval).await;
        service.rubric().await;
        let before = service.evaluated(&service.admin).await;
        assert_eq!(service.admin.get("/ready").await.expect(200)["index"], "ok");

        let away = server.away().await;
        let ready = service.admin.get("/ready").await.expect(200);
        assert_eq!((&ready["status"], &ready["index"]), (&json!("ok"), &json!("away")));
        let id = service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.id();
        let waits = service.until("/api/v1/jobs?state=queued", |all| all[0]["failure"].is_string()).await;
        assert!(waits[0]["failure"].as_str().expect("why").contains("Qdrant"), "{waits}");
        assert_eq!(waits[0]["attempts"], 0, "{waits}");
        let review = service.admin.post(&format!("/api/v1/interviews/{before}/reviews"), json!({})).await.id();
        for question in ["tests", "conflict"] {
            let path = format!("/api/v1/reviews/{review}/decisions/{question}");
            let body = json!({"score": 3, "reason": "other", "words": "I was there."});
            service.admin.change("PUT", &path, body).await.expect(200);
        }
        service.admin.change("POST", &format!("/api/v1/reviews/{review}/submit"), json!({})).await.expect(200);
        assert_eq!(service.admin.get("/api/v1/answers?q=tests").await.status, 503, "searching waits too");

        let _server = away.back().await;
        assert_eq!(service.wait_for(&id).await["state"], "finished");
        service.end().await;
    }
}
