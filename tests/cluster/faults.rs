//! Two web and four worker processes under load, killed at random, the database restarted, the index away.

use super::machine::{Process, Setup, postgres};
use super::{quantile, setting};
use crate::harness::openai::OpenAiServer;
use crate::harness::program::earmark;
use crate::harness::qdrant::QdrantServer;
use crate::harness::service::{Actor, PASSWORD, RUBRIC, TRANSCRIPT, signed_in};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::time::sleep;

const WEB: usize = 2;
const WORKERS: usize = 4;

/// What a reader measured: milliseconds, and whether a fault of the database was going on.
#[derive(Default)]
struct Reads {
    calm: Mutex<Vec<f64>>,
    troubled: AtomicUsize,
    broken: AtomicUsize,
}

/// What the faults say to the readers.
#[derive(Default)]
struct Trouble {
    database: AtomicBool,
    over: AtomicBool,
}

/// An actor at one of the web processes, the next one each time.
fn at(admin: &Actor, addresses: &[SocketAddr], turn: usize) -> Actor {
    Actor { address: addresses[turn % addresses.len()], ..admin.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn nothing_is_lost_or_done_twice_while_processes_are_killed_and_servers_restart() {
    let interviews = setting("EARMARK_TEST_INTERVIEWS", 2_000) as usize;
    let between = Duration::from_secs(setting("EARMARK_TEST_SECONDS", 3));
    let mut database = postgres().await;
    let chat = OpenAiServer::start().await;
    let mut index = Some(QdrantServer::start(None).await);
    let qdrant = std::env::var("QDRANT_URL").unwrap_or_else(|_| index.as_ref().expect("it runs").url().to_owned());
    let is_real = std::env::var("QDRANT_URL").is_ok();
    let set = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let setup = Setup {
        database: format!("{}/postgres", database.url),
        environment: vec![
            set("EARMARK_LEASE_SECONDS", "5"),
            set("EARMARK_ATTEMPTS", "100"),
            set("EARMARK_LONGEST_QUEUE", "100000"),
            set("EARMARK_SIGNINS_PER_MINUTE", "1000"),
            set("EARMARK_JUDGE", "openai"),
            set("EARMARK_MODEL", "m"),
            set("OPENAI_BASE_URL", chat.url()),
            set("EARMARK_QDRANT_URL", &qdrant),
            set("EARMARK_QDRANT_SECONDS", "5"),
        ],
    };
    let first = Process::start("web", &setup).await;
    let body = json!({"secret": first.secret(), "email": "admin@example.org", "name": "Admin", "password": PASSWORD});
    let id = first.nobody().post("/api/v1/setup", body).await.id();
    let admin = signed_in(&first.nobody(), "admin@example.org", id).await;
    let kind = [("content-type", "application/toml")];
    admin.send("POST", "/api/v1/rubrics", &kind, RUBRIC.as_bytes()).await.expect(201);
    let mut processes = vec![first];
    for role in std::iter::repeat_n("web", WEB - 1).chain(std::iter::repeat_n("worker", WORKERS)) {
        processes.push(Process::start(role, &setup).await);
    }
    let web: Vec<SocketAddr> = processes[..WEB].iter().map(|process| process.address).collect();

    let (reads, trouble) = (Arc::new(Reads::default()), Arc::new(Trouble::default()));
    let begun = Instant::now();
    let uploads = tokio::spawn(upload(admin.clone(), web.clone(), interviews));
    let reader = tokio::spawn(read(admin.clone(), web.clone(), Arc::clone(&reads), Arc::clone(&trouble)));
    let mut kills = 0;
    let (mut restarts, mut was_away) = (0, false);
    // A random order that a seed gives again.
    let mut chance = setting("EARMARK_TEST_SEED", 11);
    loop {
        sleep(between).await;
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let finished = finished(&admin, &web).await;
        if uploads.is_finished() && finished >= interviews {
            break;
        }
        if begun.elapsed().as_secs() % 30 < between.as_secs() {
            println!("{:4} s: {finished} of {interviews} evaluated, {kills} kills", begun.elapsed().as_secs());
        }
        if restarts < 2 && finished > interviews * (restarts + 1) / 3 {
            restarts += 1;
            trouble.database.store(true, Ordering::SeqCst);
            database = tokio::task::spawn_blocking(move || database.restarted()).await.expect("a thread");
            sleep(Duration::from_secs(2)).await;
            trouble.database.store(false, Ordering::SeqCst);
            println!("{:4} s: PostgreSQL restarted", begun.elapsed().as_secs());
        } else if !was_away && !is_real && finished > interviews / 2 {
            was_away = true;
            let away = index.take().expect("it runs").away().await;
            println!("{:4} s: the index is away", begun.elapsed().as_secs());
            sleep(Duration::from_secs(setting("EARMARK_TEST_AWAY", 60))).await;
            index = Some(away.back().await);
            println!("{:4} s: the index is back", begun.elapsed().as_secs());
        } else {
            let place = (chance >> 33) as usize % processes.len();
            let process = processes.swap_remove(place);
            processes.push(process.kill_and_start().await);
            kills += 1;
        }
    }
    trouble.over.store(true, Ordering::SeqCst);
    reader.await.expect("a reader");
    let stored = uploads.await.expect("uploads");
    let took = begun.elapsed();
    let memory: Vec<u64> = processes.iter().map(Process::memory).collect();
    println!(
        "{interviews} interviews in {took:.0?} with {kills} kills, {restarts} restarts of PostgreSQL; MiB: {memory:?}"
    );
    let mut calm = std::mem::take(&mut *reads.calm.lock().expect("no reader panics"));
    calm.sort_by(f64::total_cmp);
    println!(
        "{} reads outside restarts: median {:.1} ms, p99 {:.1} ms, most {:.1} ms; {} within restarts, {} at a process that was \
         just killed",
        calm.len(),
        quantile(&calm, 0.5),
        quantile(&calm, 0.99),
        quantile(&calm, 1.0),
        reads.troubled.load(Ordering::Relaxed),
        reads.broken.load(Ordering::Relaxed)
    );
    // A process that was killed last may still be starting.
    sleep(Duration::from_secs(2)).await;
    verify(&setup.database, &stored).await;
    let run = earmark(&["audit", "verify", "--database", &setup.database]);
    println!("{}", run.out);
    assert!(run.out.contains("whole"), "{}{}", run.out, run.err);
}

/// Uploads until each is answered; the key makes each count once, however often it has to be sent.
async fn upload(admin: Actor, web: Vec<SocketAddr>, interviews: usize) -> Vec<String> {
    let mut stored = Vec::new();
    for number in 0..interviews {
        let key = format!("upload-{number}");
        let path = format!("/api/v1/interviews?rubric=small&title=Interview%20{number}");
        let headers = [("content-type", "application/octet-stream"), ("idempotency-key", key.as_str())];
        for turn in number.. {
            let sender = at(&admin, &web, turn);
            match sender.try_send("POST", &path, &headers, TRANSCRIPT.as_bytes()).await {
                Ok(answer) if matches!(answer.status, 200 | 202) => {
                    stored.push(answer.id());
                    break;
                }
                _ => sleep(Duration::from_millis(100)).await,
            }
        }
    }
    stored
}

/// Reads what people read, one after another, until all is over.
async fn read(admin: Actor, web: Vec<SocketAddr>, reads: Arc<Reads>, trouble: Arc<Trouble>) {
    let mut interview: Option<String> = None;
    for turn in 0.. {
        if trouble.over.load(Ordering::SeqCst) {
            return;
        }
        let reader = at(&admin, &web, turn);
        let path = match (&interview, turn % 3) {
            (Some(id), 1) => format!("/api/v1/interviews/{id}"),
            (Some(id), 2) => format!("/api/v1/interviews/{id}/evaluations"),
            _ => "/api/v1/interviews?size=50".to_owned(),
        };
        let was_troubled = trouble.database.load(Ordering::SeqCst);
        let begun = Instant::now();
        let answer = reader.try_send("GET", &path, &[], b"").await;
        let took = begun.elapsed().as_secs_f64() * 1_000.0;
        let is_troubled = was_troubled || trouble.database.load(Ordering::SeqCst);
        match answer {
            _ if is_troubled => drop(reads.troubled.fetch_add(1, Ordering::Relaxed)),
            Ok(answer) if answer.status == 200 => {
                reads.calm.lock().expect("no reader panics").push(took);
                if turn % 3 == 0 {
                    interview = answer.json()["items"][0]["id"].as_str().map(str::to_owned);
                }
            }
            // Nobody listens there for the moment; a balancer would not have sent anybody.
            Err(_) => drop(reads.broken.fetch_add(1, Ordering::Relaxed)),
            Ok(answer) => panic!("{}: {}", answer.status, answer.text),
        }
        sleep(Duration::from_millis(20)).await;
    }
}

async fn finished(admin: &Actor, web: &[SocketAddr]) -> usize {
    for turn in 0..200 {
        let Ok(answer) = at(admin, web, turn).try_send("GET", "/metrics", &[], b"").await else { continue };
        let line = answer.text.lines().find(|line| line.starts_with("earmark_interviews{state=\"evaluated\"}"));
        if answer.status == 200 {
            return line.and_then(|line| line.split(' ').nth(1)).and_then(|count| count.parse().ok()).unwrap_or(0);
        }
        sleep(Duration::from_millis(50)).await;
    }
    0
}

async fn verify(database: &str, stored: &[String]) {
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(database).await.expect("connects");
    let count = async |text: &str| -> i64 {
        use sqlx::Row;
        let row = sqlx::query(sqlx::AssertSqlSafe(text.to_owned())).fetch_one(&pool).await.expect("counted");
        row.try_get(0).expect("a number")
    };
    let all = stored.len() as i64;
    assert_eq!(count("SELECT COUNT(*) FROM interviews").await, all, "every upload that was answered is there, once");
    for (what, text, wanted) in [
        ("evaluations", "SELECT COUNT(*) FROM evaluations", all),
        ("finished", "SELECT COUNT(*) FROM evaluations WHERE state = 'finished'", all),
        ("jobs that ended well", "SELECT COUNT(*) FROM jobs WHERE state = 'done'", all),
        ("questions", "SELECT COUNT(*) FROM evaluation_questions", 3 * all),
        ("entries of uploads", "SELECT COUNT(*) FROM audit WHERE action = 'interview.uploaded'", all),
        ("entries of suggestions", "SELECT COUNT(*) FROM audit WHERE action = 'question.suggested'", 3 * all),
        ("entries of ends", "SELECT COUNT(*) FROM audit WHERE action = 'evaluation.finished'", all),
        (
            "suggestions recorded twice",
            "SELECT COUNT(*) FROM (SELECT 1 FROM audit WHERE action = 'question.suggested' \
             GROUP BY subject, facts HAVING COUNT(*) > 1) AS twice",
            0,
        ),
    ] {
        assert_eq!(count(text).await, wanted, "{what}");
    }
    let known: Value = json!(stored);
    let once: std::collections::BTreeSet<&str> =
        known.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(once.len(), stored.len(), "no two uploads became one");
    pool.close().await;
}
