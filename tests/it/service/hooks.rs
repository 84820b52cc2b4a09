//! Webhooks: signed, repeated until taken, never into a private network by accident.

use crate::harness::service::{Service, TRANSCRIPT, databases, in_time, sqlite};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use earmark::config::ServiceSettings;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A receiver that answers with these statuses, then with 200.
async fn receiver(statuses: &[u16]) -> (String, UnboundedReceiver<(HeaderMap, Bytes)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let (send, receive) = unbounded_channel();
    let statuses = Arc::new(Mutex::new(VecDeque::from(statuses.to_vec())));
    let take = move |headers: HeaderMap, body: Bytes| async move {
        send.send((headers, body)).expect("the test listens");
        let status = statuses.lock().expect("no panic").pop_front().unwrap_or(200);
        let moved = [("location", "/elsewhere")];
        (StatusCode::from_u16(status).expect("a status"), moved)
    };
    let router = Router::new().route("/hook", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, receive)
}

fn loopback() -> ServiceSettings {
    let webhook_networks = vec!["127.0.0.0/8".parse().expect("a network")];
    ServiceSettings { webhook_networks, signins_per_minute: 1_000, ..ServiceSettings::default() }
}

fn is_signed(headers: &HeaderMap, body: &Bytes, secret: &str) -> bool {
    let signature = headers["earmark-signature"].to_str().expect("text");
    let (time, hex) = signature.split_once(",v1=").expect("two parts");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(time.strip_prefix("t=").expect("a time").as_bytes());
    mac.update(b".");
    mac.update(body);
    let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    hex == expected
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_told_signed_and_again_until_it_is_taken() {
    for database in databases().await {
        let service = Service::with(database, loopback()).await;
        service.rubric().await;
        let (url, mut told) = receiver(&[500, 302]).await;
        let body = json!({"url": url, "events": ["evaluation.finished", "interview.erased"]});
        let made = service.admin.post("/api/v1/webhooks", body).await.expect(201);
        let secret = made["secret"].as_str().expect("a secret");
        let id = service.evaluated(&service.admin).await;
        let mut seen = Vec::new();
        for delivery in 0..4 {
            if delivery == 2 {
                // What is on its way is not called off by this: it happened, and holds nothing of the interview but its id.
                service.admin.send("DELETE", &format!("/api/v1/interviews/{id}"), &[], b"").await.expect(200);
            }
            let (headers, body) = in_time("a delivery", told.recv()).await.expect("the receiver is there");
            assert!(is_signed(&headers, &body, secret));
            assert!(!is_signed(&headers, &body, "another secret"));
            let event: Value = serde_json::from_slice(&body).expect("JSON");
            assert_eq!(event["interview"], id);
            seen.push((event["event"].to_string(), headers["earmark-delivery"].clone()));
        }
        let erased = seen.iter().position(|(event, _)| event == "\"interview.erased\"").expect("told of the erasure");
        assert!(erased >= 2);
        seen.remove(erased);
        assert_eq!(seen[0].0, "\"evaluation.finished\"");
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "a repetition can be told");
        let hook = made["webhook"]["id"].as_str().expect("an id");
        let listed = service.admin.get("/api/v1/webhooks").await;
        assert!(listed.text.contains(hook) && !listed.text.contains(secret));
        // The receiver knows that it took a delivery before the courier does.
        let path = format!("/api/v1/webhooks/{hook}/deliveries");
        let deliveries = service.until(&path, |all| all[1]["state"] == "done").await;
        assert_eq!(deliveries[1]["attempts"], 3);
        service.admin.send("DELETE", &format!("/api/v1/webhooks/{hook}"), &[], b"").await.expect(204);
        service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.expect(202);
        service.store.verify_audit().await.expect("whole");
        service.end().await;
        assert!(told.try_recv().is_err(), "an ended webhook is told nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_into_a_private_network_unless_it_is_allowed() {
    let settings = ServiceSettings { signins_per_minute: 1_000, ..ServiceSettings::default() };
    let service = Service::with(sqlite(), settings).await;
    service.rubric().await;
    let (url, mut told) = receiver(&[]).await;
    let port = url.rsplit(':').next().expect("a port");
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"] {
        let body = json!({"url": format!("http://{host}:{port}"), "events": ["interview.uploaded"]});
        service.admin.post("/api/v1/webhooks", body).await.expect(201);
    }
    service.evaluated(&service.admin).await;
    let hooks = service.admin.get("/api/v1/webhooks").await.expect(200);
    for hook in hooks.as_array().expect("a list") {
        let path = format!("/api/v1/webhooks/{}/deliveries", hook["id"].as_str().expect("an id"));
        let ended = |all: &Value| !["queued", "running"].contains(&all[0]["state"].as_str().expect("a state"));
        let deliveries = service.until(&path, ended).await;
        assert_eq!(deliveries[0]["state"], "dead");
        let why = deliveries[0]["failure"].as_str().expect("a reason");
        assert!(why.contains("private network"), "{why}");
    }
    assert!(told.try_recv().is_err());
    let shown = service.admin.get("/api/v1/interviews").await.expect(200);
    assert_eq!(shown["items"][0]["status"], "evaluated", "a webhook that fails fails nothing else");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_makes_no_sense_is_refused() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    for url in ["ftp://example.org", "https://", "https://a:b@example.org", "example.org", "https://exa mple.org"] {
        let body = json!({"url": url, "events": ["interview.uploaded"]});
        service.admin.post("/api/v1/webhooks", body).await.expect(422);
    }
    service.admin.post("/api/v1/webhooks", json!({"url": "https://example.org", "events": []})).await.expect(422);
    service.admin.post("/api/v1/webhooks", json!({"url": "https://example.org", "events": ["x"]})).await.expect(400);
    service.end().await;
}
