//! What processes on one database agree on. Most of it is tested on PostgreSQL, where one can be had.

use crate::harness::program::earmark;
use crate::harness::service::{Actor, EDGE, PASSWORD, Service, TRANSCRIPT, databases, in_time, postgres, signed_in};
use earmark::config::ServiceSettings;
use earmark::store::{Spent, Store};
use earmark::web::Api;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Another web process on the database of a service: as an actor of it, with the same token.
async fn second(service: &Service, settings: ServiceSettings) -> (Actor, watch::Sender<bool>) {
    let store = Store::open(&service.database.url, EDGE).await.expect("the store opens a second time");
    let (stop, stopping) = watch::channel(false);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Api::new(store, settings, stopping).router();
    let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>());
    tokio::spawn(async move { server.await.expect("serves") });
    (Actor { address, ..service.admin.clone() }, stop)
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_once_migrate_once() {
    for database in databases().await {
        let open = |_| {
            let url = database.url.clone();
            tokio::spawn(async move { Store::open(&url, EDGE).await.map(drop) })
        };
        // The file of SQLite has to be there before several can wait for its lock.
        let at_once = if database.url.starts_with("sqlite") { 1 } else { 8 };
        for opened in (0..at_once).map(open).collect::<Vec<_>>() {
            opened.await.expect("a task").expect("it opens");
        }
        let store = Store::open(&database.url, EDGE).await.expect("it opens");
        assert!(store.is_new().await.expect("a schema"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_starts_on_a_schema_that_a_newer_one_has_moved_on() {
    for database in databases().await {
        Store::open(&database.url, EDGE).await.expect("it opens").close().await;
        sqlx::any::install_default_drivers();
        let pool = sqlx::AnyPool::connect(&database.url).await.expect("connects");
        let done = if database.url.starts_with("sqlite") { "1" } else { "true" };
        let bytes = if database.url.starts_with("sqlite") { "x'00'" } else { "'\\x00'::bytea" };
        let newer = format!(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9000, 'newer', {done}, {bytes}, 0)"
        );
        sqlx::query(sqlx::AssertSqlSafe(newer)).execute(&pool).await.expect("written");
        sqlx::query("ALTER TABLE people ADD COLUMN newer TEXT").execute(&pool).await.expect("added");
        pool.close().await;
        let service = Service::idle(database, ServiceSettings::default()).await;
        service.rubric().await;
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_tokens_and_idempotency_keys_of_one_process_hold_at_another() {
    let Some(database) = postgres().await else { return };
    let service = Service::idle(database, ServiceSettings::default()).await;
    service.rubric().await;
    let settings = ServiceSettings { workers: 0, signins_per_minute: 1_000, ..ServiceSettings::default() };
    let (there, _stop) = second(&service, settings).await;
    there.get("/api/v1/session").await.expect(200);
    let nobody = Actor::nobody(there.address);
    let signed = nobody.post("/api/v1/session", json!({"email": "admin@example.org", "password": PASSWORD})).await;
    let cookie = signed.header("set-cookie").expect("a cookie").split(';').next().expect("its value").to_owned();
    let here = Actor::nobody(service.admin.address);
    let headers = [("cookie", cookie.as_str())];
    assert_eq!(here.send("GET", "/api/v1/session", &headers, b"").await.status, 200);

    let key = [("idempotency-key", "the same")];
    let (one, two) = tokio::join!(
        service.admin.upload("rubric=small&title=x", &key, TRANSCRIPT.as_bytes()),
        there.upload("rubric=small&title=x", &key, TRANSCRIPT.as_bytes()),
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!((statuses, one.id()), ([200, 202], two.id()), "one of them stores it, both give its id");
    // Signing out at one ends the session at the other.
    let csrf = signed.json()["csrf_token"].as_str().expect("a token").to_owned();
    let headers = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
    assert_eq!(here.send("DELETE", "/api/v1/session", &headers, b"").await.status, 204);
    assert_eq!(nobody.send("GET", "/api/v1/session", &headers[..1], b"").await.status, 401);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_to_sign_in_are_counted_over_all_processes() {
    let Some(database) = postgres().await else { return };
    let service = Service::idle(database, ServiceSettings::default()).await;
    let few = ServiceSettings { workers: 0, signins_per_minute: 6, ..ServiceSettings::default() };
    let (one, _stop) = second(&service, few.clone()).await;
    let (two, _stop) = second(&service, few).await;
    let wrong = json!({"email": "admin@example.org", "password": "wrong but long enough"});
    let mut statuses = Vec::new();
    // More than fit into two minutes, so that a minute that ends on the way does not matter.
    for _ in 0..8 {
        for process in [&one, &two] {
            let answer = Actor::nobody(process.address).post("/api/v1/session", wrong.clone()).await;
            statuses.push(answer.status);
        }
    }
    let refused = statuses.iter().filter(|status| **status == 429).count();
    // Setting up and signing in came from the same address.
    assert!((4..=12).contains(&refused), "{statuses:?}");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn news_of_one_process_reach_another() {
    let Some(database) = postgres().await else { return };
    let service = Service::idle(database, ServiceSettings::default()).await;
    service.rubric().await;
    let other = Store::open(&service.database.url, EDGE).await.expect("the store opens a second time");
    let mut bell = other.changes();
    // Rings once when the other has begun to listen.
    in_time("it listens", bell.changed()).await.expect("the store is there");
    service.admin.get("/api/v1/interviews").await.expect(200);
    assert!(!bell.has_changed().expect("there"), "a look is no news");
    service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.expect(202);
    in_time("it is told", bell.changed()).await.expect("the store is there");
    other.close().await;
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_many_workers_gets_a_job_of_its_own() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        service.rubric().await;
        for number in 0..8 {
            let query = format!("rubric=small&title={number}");
            service.admin.upload(&query, &[], TRANSCRIPT.as_bytes()).await.expect(202);
        }
        let take = |name: usize| {
            let store = service.store.clone();
            tokio::spawn(async move { store.take_job(&format!("worker {name}"), 60_000, 5).await.expect("asked") })
        };
        let mut taken = BTreeSet::new();
        for worker in (0..8).map(take).collect::<Vec<_>>() {
            taken.insert(worker.await.expect("a task").expect("there is a job for everybody").job.id);
        }
        assert_eq!(taken.len(), 8, "nobody stands in another's way, and no job is taken twice");
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_is_found_whole_while_another_process_writes_to_it() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        service.rubric().await;
        let other = Store::open(&service.database.url, EDGE).await.expect("opens");
        let admin = service.admin.clone();
        let writing = tokio::spawn(async move {
            for number in 0..15 {
                let query = format!("rubric=small&title={number}");
                admin.upload(&query, &[], TRANSCRIPT.as_bytes()).await.expect(202);
            }
        });
        while !writing.is_finished() {
            other.verify_audit().await.expect("whole at every moment");
        }
        writing.await.expect("written");
        assert!(other.verify_audit().await.expect("whole").entries > 30);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_and_budgets_are_shared_out_once() {
    for database in databases().await {
        let one = Store::open(&database.url, EDGE).await.expect("opens");
        let two = Store::open(&database.url, EDGE).await.expect("opens");
        let mut begins = Vec::new();
        for store in [&one, &two, &one, &two] {
            begins.push(store.book_turn("requests", 60_000_000).await.expect("booked"));
        }
        // A minute each; the clock runs on a little between the calls.
        for (place, micros) in begins.iter().enumerate() {
            let due = place as i64 * 60_000_000;
            assert!((due - 30_000_000..=due).contains(micros), "{begins:?}");
        }
        let most = Spent { tokens: 100, millionths: 1_000 };
        let spend = async |store: &Store, tokens, millionths| {
            store.spend("model", Spent { tokens, millionths }, most).await.expect("asked")
        };
        assert!(spend(&one, 60, 0).await);
        assert!(!spend(&two, 60, 0).await, "there is not so much left");
        assert!(spend(&two, -20, 0).await && spend(&two, 60, 1_000).await, "what comes back can be spent");
        assert!(!spend(&one, 0, 1).await);
    }
}

/// The program in a role.
struct Role {
    child: Child,
    address: SocketAddr,
}

impl Drop for Role {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn start(role: &str, database: &str) -> Role {
    let cache = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let mut child = Command::new(env!("CARGO_BIN_EXE_earmark"))
        .args(["serve", "--role", role, "--listen", "127.0.0.1:0", "--database", database])
        .env("EARMARK_CACHE", cache)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
    let said = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let (_, rest) = line.split_once("http://")?;
        rest.split(['/', ' ']).next()?.parse().ok()
    });
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    Role { child, address: said.expect("it says where it is") }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_process_takes_interviews_and_a_worker_process_evaluates_them() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        service.rubric().await;
        let url = service.database.url.clone();
        let roles = ["web", "worker"].map(|role| (role, url.clone()));
        let [web, worker] = roles.map(|(role, url)| tokio::task::spawn_blocking(move || start(role, &url)));
        let (web, worker) = (web.await.expect("starts"), worker.await.expect("starts"));
        let there = Actor { address: web.address, ..service.admin.clone() };
        let id = there.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.id();
        let all = there.get(&format!("/api/v1/interviews/{id}/evaluations")).await.expect(200);
        let evaluation = all[0]["id"].as_str().expect("an id").to_owned();
        let events = there.get(&format!("/api/v1/evaluations/{evaluation}/events")).await;
        assert!(events.text.contains("{\"state\":\"finished\"}"), "{}", events.text);
        let probe = Actor::nobody(worker.address);
        assert_eq!(probe.get("/ready").await.expect(200)["index"], "ok");
        assert_eq!(probe.get("/health").await.status, 200);
        assert_eq!(Actor { address: worker.address, ..there.clone() }.get("/api/v1/interviews").await.status, 404);
        service.end().await;
    }
}

#[test]
fn a_role_that_is_none_is_refused_with_those_that_are() {
    let run = earmark(&["serve", "--role", "both", "--database", "sqlite:nowhere.db"]);
    assert!(run.err.contains("all, web, worker"), "{}", run.err);
    assert_eq!(run.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_needs_the_same_password_at_every_process() {
    let Some(database) = postgres().await else { return };
    let service = Service::idle(database, ServiceSettings::default()).await;
    let person = service.person("interviewer", "ines").await;
    let settings = ServiceSettings { workers: 0, signins_per_minute: 1_000, ..ServiceSettings::default() };
    let (there, _stop) = second(&service, settings).await;
    let again = signed_in(&Actor::nobody(there.address), "ines@example.org", person.id.clone()).await;
    let me: Value = again.get("/api/v1/session").await.expect(200);
    assert_eq!(me["person"]["id"], person.id.as_str());
    service.end().await;
}
