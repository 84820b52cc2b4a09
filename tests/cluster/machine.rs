//! Processes that can be killed: a PostgreSQL server of its own, and the program in its roles.

use crate::harness::postgres::{Own, own};
use crate::harness::service::Actor;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The PostgreSQL server of a load test: made anew, with its data safe on the disk as in use.
pub async fn postgres() -> Own {
    let options = ["-c", "fsync=on", "-c", "shared_preload_libraries=pg_stat_statements"];
    tokio::task::spawn_blocking(move || own(&options)).await.expect("a thread").expect("PostgreSQL is installed")
}

/// What every process of a test is started with.
#[derive(Clone)]
pub struct Setup {
    pub database: String,
    pub environment: Vec<(String, String)>,
}

/// The program in a role. It keeps its port when it is started again.
pub struct Process {
    role: &'static str,
    setup: Setup,
    child: Child,
    pub address: SocketAddr,
    secrets: Receiver<String>,
}

impl Process {
    pub async fn start(role: &'static str, setup: &Setup) -> Self {
        let setup = setup.clone();
        tokio::task::spawn_blocking(move || Self::begin(role, setup, "127.0.0.1:0")).await.expect("a thread")
    }

    fn begin(role: &'static str, setup: Setup, listen: &str) -> Self {
        let cache = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        let program = std::env::var("EARMARK_TEST_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_earmark").into());
        // Where the database is just restarting, a process ends and is started again, as a service manager does it.
        loop {
            let mut child = Command::new(&program)
                .args(["serve", "--role", role, "--listen", listen, "--database", &setup.database])
                .env("EARMARK_CACHE", &cache)
                .envs(setup.environment.iter().cloned())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the program starts");
            let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
            let said = lines.by_ref().map_while(Result::ok).find_map(|line| {
                let (_, rest) = line.split_once(" http://")?;
                rest.split(['/', ' ']).next()?.parse().ok()
            });
            let Some(address) = said else {
                drop(child.wait());
                std::thread::sleep(Duration::from_millis(200));
                continue;
            };
            let (send, secrets) = channel();
            std::thread::spawn(move || {
                for line in lines.map_while(Result::ok) {
                    if let Some((_, found)) = line.split_once("/setup#") {
                        drop(send.send(found.to_owned()));
                    }
                    if std::env::var_os("EARMARK_TEST_LOG").is_some() {
                        eprintln!("{role}: {line}");
                    }
                }
            });
            return Self { role, setup, child, address, secrets };
        }
    }

    /// The secret of the set-up link.
    pub fn secret(&self) -> String {
        self.secrets.recv_timeout(Duration::from_secs(60)).expect("a set-up link is printed")
    }

    /// Kills it without a warning and starts it again.
    pub async fn kill_and_start(mut self) -> Self {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
        let (role, setup, listen) = (self.role, self.setup.clone(), self.address.to_string());
        tokio::task::spawn_blocking(move || Self::begin(role, setup, &listen)).await.expect("a thread")
    }

    pub fn nobody(&self) -> Actor {
        Actor::nobody(self.address)
    }

    /// Memory that it holds, in MiB.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() / 1_024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
