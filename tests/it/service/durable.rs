//! A killed process loses nothing and repeats nothing that was finished.

use crate::harness::service::{Actor, Database, PASSWORD, RUBRIC, Service, TRANSCRIPT, databases, signed_in, sqlite};
use earmark::config::ServiceSettings;
use earmark::store::{Outlook, StoreError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The program itself.
struct Process {
    child: Child,
    nobody: Actor,
    secrets: Receiver<String>,
}

impl Process {
    /// Starts it and waits until it says where it listens.
    async fn start(database: &str) -> Self {
        let database = database.to_owned();
        let started = tokio::task::spawn_blocking(move || {
            let cache = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
            let mut child = Command::new(env!("CARGO_BIN_EXE_earmark"))
                .args(["serve", "--listen", "127.0.0.1:0", "--database", &database])
                .env("EARMARK_LEASE_SECONDS", "1")
                .env("EARMARK_ATTEMPTS", "100")
                .env("EARMARK_SIGNINS_PER_MINUTE", "1000")
                .env("EARMARK_CACHE", cache)
                .stderr(Stdio::piped())
                .spawn()
                .expect("the program starts");
            let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
            let mut address = None;
            while let Some(Ok(line)) = lines.next() {
                if let Some(rest) = line.strip_prefix("Earmark listens on http://") {
                    address = rest.split(' ').next().and_then(|address| address.parse().ok());
                    break;
                }
            }
            // What comes next is the set-up link or the log; somebody has to read it.
            let (send, receive) = channel();
            std::thread::spawn(move || {
                for line in lines.map_while(Result::ok) {
                    if let Some((_, found)) = line.split_once("/setup#") {
                        drop(send.send(found.to_owned()));
                    }
                    if std::env::var_os("EARMARK_TEST_LOG").is_some() {
                        eprintln!("{line}");
                    }
                }
            });
            (child, address.expect("it listens"), receive)
        });
        let (child, address, secrets) = started.await.expect("a thread");
        Self { child, nobody: Actor::nobody(address), secrets }
    }

    /// The secret of the set-up link.
    fn secret(&self) -> String {
        self.secrets.recv_timeout(Duration::from_secs(60)).expect("a set-up link is printed")
    }

    fn kill(&mut self) {
        // SIGKILL: nothing of the process runs after it.
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }
}

/// Numbers that the seed gives again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// EARMARK_TEST_KILLS, EARMARK_TEST_INTERVIEWS and EARMARK_TEST_SEED make it longer and other.
#[tokio::test(flavor = "multi_thread")]
async fn killing_the_process_at_any_moment_loses_nothing_and_doubles_nothing() {
    let (kills, interviews) = (setting("EARMARK_TEST_KILLS", 4), setting("EARMARK_TEST_INTERVIEWS", 12));
    for database in databases().await {
        let mut chance = Chance(setting("EARMARK_TEST_SEED", 7));
        let mut process = Process::start(&database.url).await;
        let body = json!({
            "secret": process.secret(), "email": "admin@example.org", "name": "Admin", "password": PASSWORD,
        });
        let id = process.nobody.post("/api/v1/setup", body).await.id();
        let mut admin = signed_in(&process.nobody, "admin@example.org", id).await;
        let kind = [("content-type", "application/toml")];
        admin.send("POST", "/api/v1/rubrics", &kind, RUBRIC.as_bytes()).await.expect(201);

        let (mut stored, mut killed) = (BTreeMap::new(), 0);
        let mut next_kill = chance.below(interviews * 2);
        let mut answers = 0;
        // Uploads until each is answered, and kills the process in the midst of it and while it evaluates.
        while stored.len() < interviews as usize || killed < kills {
            let number = stored.len().min(interviews as usize - 1);
            let key = format!("upload-{number}");
            let query = format!("rubric=small&title=Interview%20{number}");
            let path = format!("/api/v1/interviews?{query}");
            let sender = admin.clone();
            let sent = tokio::spawn(async move {
                let headers = [("content-type", "application/octet-stream"), ("idempotency-key", key.as_str())];
                sender.try_send("POST", &path, &headers, TRANSCRIPT.as_bytes()).await
            });
            if killed < kills && answers >= next_kill {
                // Somewhere between the request's first byte and its answer.
                for _ in 0..chance.below(400) {
                    tokio::task::yield_now().await;
                }
                process.kill();
                killed += 1;
                next_kill = answers + 1 + chance.below(interviews);
                process = Process::start(&database.url).await;
                admin.address = process.nobody.address;
            }
            if let Ok(Ok(answer)) = sent.await {
                assert!([200, 202].contains(&answer.status), "{}", answer.text);
                stored.insert(number, answer.id());
            }
            answers += 1;
        }
        assert_all_is_there_once(&admin, &stored).await;
        process.kill();
        let run = crate::harness::program::earmark(&["audit", "verify", "--database", &database.url]);
        assert!(run.out.contains("whole"), "{}{}", run.out, run.err);
    }
}

async fn assert_all_is_there_once(admin: &Actor, stored: &BTreeMap<usize, String>) {
    let page = admin.get("/api/v1/interviews?size=200").await.expect(200);
    let listed = page["items"].as_array().expect("a list");
    assert_eq!(listed.len(), stored.len(), "every upload that was answered is there, once");
    for id in stored.values() {
        let evaluations = admin.get(&format!("/api/v1/interviews/{id}/evaluations")).await.expect(200);
        let evaluations = evaluations.as_array().expect("a list");
        assert_eq!(evaluations.len(), 1, "{evaluations:?}");
        let evaluation = evaluations[0]["id"].as_str().expect("an id");
        let events = admin.get(&format!("/api/v1/evaluations/{evaluation}/events")).await;
        assert!(events.text.contains("finished\"}"), "{}", events.text);
        let shown = admin.get(&format!("/api/v1/evaluations/{evaluation}")).await.expect(200);
        assert_eq!(shown["result"]["questions"].as_array().expect("questions").len(), 3);
        let entries = admin.get(&format!("/api/v1/audit?interview={id}")).await.expect(200);
        let count = |action: &str| {
            entries.as_array().expect("entries").iter().filter(|entry| entry["action"] == action).count()
        };
        assert_eq!(
            [count("interview.uploaded"), count("question.suggested"), count("evaluation.finished")],
            [1, 3, 1],
            "nothing is done twice"
        );
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn told_to_end_the_service_ends_in_order_and_goes_on_later() {
    let database = sqlite();
    let mut process = Process::start(&database.url).await;
    assert!(!process.secret().is_empty());
    let told = Command::new("kill").args(["-TERM", &process.child.id().to_string()]).status().expect("told");
    assert!(told.success());
    let status = tokio::task::spawn_blocking(move || process.child.wait().expect("it ends")).await.expect("a thread");
    assert_eq!(status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_worker_fell_silent_is_taken_over_and_the_silent_one_writes_nothing_any_more() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        service.rubric().await;
        service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.expect(202);
        // A lease that has run out as soon as it is given.
        let silent = service.store.take_job("silent", -1, 5).await.expect("asked").expect("a job");
        let other = service.store.take_job("other", 60_000, 5).await.expect("asked").expect("the same job");
        assert_eq!((silent.job.id.as_str(), other.job.attempts), (other.job.id.as_str(), 2));
        assert!(matches!(service.store.save_questions(&silent, &[]).await, Err(StoreError::LeaseLost)));
        assert!(matches!(service.store.heartbeat(&silent).await, Err(StoreError::LeaseLost)));
        service.store.heartbeat(&other).await.expect("it is its own");
        assert!(service.store.take_job("third", 60_000, 5).await.expect("asked").is_none());
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_workers_one_gets_the_job() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        service.rubric().await;
        service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.expect(202);
        let take = |name: usize| {
            let store = service.store.clone();
            tokio::spawn(
                async move { store.take_job(&format!("worker {name}"), 60_000, 5).await.expect("asked").is_some() },
            )
        };
        let mut taken = 0;
        for worker in (0..10).map(take).collect::<Vec<_>>() {
            taken += usize::from(worker.await.expect("a task"));
        }
        assert_eq!(taken, 1);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_too_often_is_dead_and_a_person_can_have_it_tried_again() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        service.rubric().await;
        let id = service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.id();
        for _ in 0..2 {
            let taken = service.store.take_job("w", 60_000, 3).await.expect("asked").expect("a job");
            service.store.fail_job(&taken, "the judge was away", Outlook::Again(0)).await.expect("noted");
        }
        let taken = service.store.take_job("w", 60_000, 3).await.expect("asked").expect("a job");
        service.store.fail_job(&taken, "the judge was away", Outlook::GivenUp).await.expect("noted");
        let dead = service.admin.get("/api/v1/jobs").await.expect(200);
        assert_eq!((&dead[0]["attempts"], &dead[0]["failure"]), (&json!(3), &json!("the judge was away")));
        let shown = service.admin.get(&format!("/api/v1/interviews/{id}")).await.expect(200);
        assert_eq!(shown["status"], "failed");
        let retry = format!("/api/v1/jobs/{}/retry", dead[0]["id"].as_str().expect("an id"));
        assert_eq!(service.admin.post(&retry, json!({})).await.expect(200)["state"], "queued");
        service.admin.post(&retry, json!({})).await.expect(409);
        assert!(service.store.take_job("w", 60_000, 3).await.expect("asked").is_some());
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_kills_its_process_every_time_is_given_up() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    service.rubric().await;
    service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.expect(202);
    for _ in 0..2 {
        assert!(service.store.take_job("w", -1, 2).await.expect("asked").is_some());
    }
    assert!(service.store.take_job("w", -1, 2).await.expect("asked").is_none());
    let dead = service.admin.get("/api/v1/jobs").await.expect(200);
    assert_eq!(dead.as_array().map(Vec::len), Some(1), "{dead}");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interview_without_a_candidate_fails_with_its_reason() {
    let service = Service::start(sqlite()).await;
    service.rubric().await;
    let query = "rubric=small&title=x&speaker=Nobody";
    let id = service.admin.upload(query, &[], TRANSCRIPT.as_bytes()).await.id();
    let shown = service.wait_for(&id).await;
    assert_eq!(shown["state"], "failed");
    assert!(shown["failure"].as_str().expect("why").contains("no single speaker"), "{shown}");
    service.admin.change("PATCH", &format!("/api/v1/interviews/{id}"), json!({"speaker": "Dana"})).await.expect(200);
    service.admin.post(&format!("/api/v1/interviews/{id}/evaluations"), json!({})).await.expect(202);
    assert_eq!(service.wait_for(&id).await["state"], "finished");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_tell_each_question_once_and_then_the_end() {
    let service = Service::start(sqlite()).await;
    service.rubric().await;
    let id = service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.id();
    let all = service.admin.get(&format!("/api/v1/interviews/{id}/evaluations")).await.expect(200);
    let evaluation = all[0]["id"].as_str().expect("an id");
    let events = service.admin.get(&format!("/api/v1/evaluations/{evaluation}/events")).await;
    assert_eq!(events.header("content-type"), Some("text/event-stream"));
    let told: Vec<Value> = events
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect();
    let questions: Vec<&str> = told.iter().filter_map(|event| event["question"].as_str()).collect();
    assert_eq!(questions, ["tests", "conflict", "databases"]);
    assert_eq!(told.last(), Some(&json!({"state": "finished"})));
    let database: Database = service.end().await;
    drop(database);
}
