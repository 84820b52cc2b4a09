//! Traces: what a collector is sent, and what it is not.

use crate::harness::program::folder;
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use tokio::net::TcpListener;
use tokio::sync::mpsc::unbounded_channel;

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_is_sent_routes_and_times_and_no_ids_from_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let collector = format!("http://{}/v1/traces", listener.local_addr().expect("an address"));
    let (send, mut sent) = unbounded_channel();
    let take = move |body: Bytes| async move { send.send(body).expect("the test listens") };
    let router = Router::new().route("/v1/traces", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let dir = folder();
    let database = format!("sqlite:{}", dir.path().join("earmark.db").display());
    let mut child = Command::new(env!("CARGO_BIN_EXE_earmark"))
        .args(["serve", "--listen", "127.0.0.1:0", "--database", &database])
        .env("EARMARK_OTLP_ENDPOINT", &collector)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
    let address = loop {
        let line = lines.next().expect("a line").expect("text");
        if let Some(rest) = line.strip_prefix("Earmark listens on http://") {
            break rest.split(' ').next().expect("an address").parse().expect("an address");
        }
    };
    let reader = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>().join("\n"));
    let nobody = crate::harness::service::Actor::nobody(address);
    nobody.get("/health").await.expect(200);
    nobody.get("/api/v1/interviews/a-candidates-name?title=a-candidates-name").await.expect(401);
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("told");
    assert!(told.success());
    let ended = tokio::task::spawn_blocking(move || child.wait().expect("it ends")).await.expect("a thread");
    assert_eq!(ended.code(), Some(0));
    let mut told = String::new();
    while let Ok(body) = sent.try_recv() {
        let batch: Value = serde_json::from_slice(&body).expect("JSON");
        assert!(batch["resourceSpans"].is_array(), "{batch}");
        told += &batch.to_string();
    }
    for part in ["GET /health", "GET /api/v1/interviews/{id}", "http.response.status_code", "\"earmark\""] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let log = reader.join().expect("read");
    assert!(!told.contains("a-candidates-name") && !log.contains("a-candidates-name"), "{told} {log}");
    assert!(log.contains("answered") && !log.contains("otel"), "the log is as it is without a collector: {log}");
}
