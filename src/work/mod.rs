//! The workers: they take jobs from the store, evaluate, and keep each finished question at once.
//!
//! A worker is a thread. An evaluation is computing from end to end, and on a thread of the server it would keep requests
//! waiting; the thread waits for the store by way of the server's runtime. Nothing about a job is remembered outside the
//! store, so a process that is killed leaves a job whose lease runs out, and whoever takes it next goes on after the last
//! question that was kept.

mod deliver;
mod evaluate;
mod follow;
mod sweep;

pub use sweep::sweep;

use crate::config::{EvaluationSettings, ServiceSettings, TRACED};
use crate::endpoint::Courier;
use crate::judge::Judge;
use crate::retrieval::Retrieval;
use crate::search::Search;
use crate::store::{Outlook, Store, StoreError, Taken};
use evaluate::Failure;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

/// How long a worker waits for the bell before it looks for jobs of other processes, and for those that may be tried
/// again by now.
const LOOK: Duration = Duration::from_millis(500);

/// Deliveries under way in a process; a receiver that does not answer holds up one of them.
const COURIERS: usize = 2;

/// What evaluations are made with.
pub struct Workshop {
    /// Embedder and vector index.
    pub retrieval: Arc<Retrieval>,
    /// The judge.
    pub judge: Judge,
    /// How it is done.
    pub settings: EvaluationSettings,
}

/// Workers that run.
pub struct Workers {
    threads: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

impl Workers {
    /// Starts as many workers as the settings say.
    #[must_use]
    pub fn start(store: &Store, workshop: &Arc<Workshop>, settings: &ServiceSettings) -> Self {
        let (stop, stopping) = watch::channel(false);
        let start = |_| {
            let worker = Worker {
                store: store.clone(),
                workshop: Arc::clone(workshop),
                owner: store.edge().id(),
                lease: settings.lease_ms,
                attempts: settings.attempts,
                stopping: stopping.clone(),
            };
            let handle = Handle::current();
            tokio::task::spawn_blocking(move || handle.block_on(worker.run()))
        };
        let mut threads: Vec<JoinHandle<()>> = (0..settings.workers).map(start).collect();
        if settings.workers > 0 {
            threads.push(tokio::spawn(sweep::run(store.clone(), stopping.clone())));
            if workshop.retrieval.answers_reached().is_none() {
                let search = Search::new(store.clone(), Arc::clone(&workshop.retrieval));
                threads.push(tokio::spawn(follow::run(search, stopping.clone())));
            }
            for _ in 0..COURIERS {
                let courier = Courier::new(settings.webhook_networks.clone());
                threads.push(tokio::spawn(deliver::run(store.clone(), courier, stopping.clone())));
            }
        }
        Self { threads, stop }
    }

    /// Has every worker stop after the questions it is judging; what is left of its job waits for the next start.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        for thread in std::mem::take(&mut self.threads) {
            if thread.await.is_err() {
                tracing::error!("a worker ended before it was told to");
            }
        }
    }
}

impl Drop for Workers {
    /// A worker's thread that nobody tells to end would outlive whoever started it.
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

struct Worker {
    store: Store,
    workshop: Arc<Workshop>,
    owner: String,
    lease: i64,
    attempts: i64,
    stopping: watch::Receiver<bool>,
}

impl Worker {
    async fn run(mut self) {
        let mut bell = self.store.changes();
        while !*self.stopping.borrow() {
            bell.mark_unchanged();
            match self.store.take_job(&self.owner, self.lease, self.attempts).await {
                Ok(Some(taken)) => Box::pin(self.work(&taken)).await,
                Ok(None) => self.rest(&mut bell).await,
                Err(error) => {
                    log(&error, "no job could be taken");
                    self.rest(&mut bell).await;
                }
            }
        }
    }

    /// Waits for the bell, for a while, or for the end.
    async fn rest(&mut self, bell: &mut watch::Receiver<u64>) {
        tokio::select! {
            _ = bell.changed() => {}
            _ = self.stopping.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }

    async fn work(&self, taken: &Taken) {
        let job = &taken.job;
        let heart = tokio::spawn(beat(self.store.clone(), taken.clone(), self.lease));
        let span =
            tracing::info_span!(target: TRACED, "evaluation", evaluation = job.evaluation, attempt = job.attempts);
        let ended = Box::pin(evaluate::run(self, taken)).instrument(span).await;
        heart.abort();
        let outcome = match ended {
            Ok(()) => {
                tracing::info!(job = job.id, evaluation = job.evaluation, "evaluated");
                return;
            }
            Err(Failure::Lost) => {
                tracing::info!(job = job.id, "left: it was cancelled or taken over");
                return;
            }
            Err(Failure::Stopped) => self.store.fail_job(taken, "", Outlook::HandedBack).await,
            Err(Failure::Waits(why, pause)) => {
                tracing::warn!(job = job.id, evaluation = job.evaluation, why, "waits");
                self.store.fail_job(taken, &why, Outlook::Waits(pause.of(&job.id))).await
            }
            Err(Failure::ForGood(why)) => {
                tracing::warn!(job = job.id, evaluation = job.evaluation, "given up");
                self.store.fail_job(taken, &why, Outlook::GivenUp).await
            }
            Err(Failure::ForNow(why)) => {
                tracing::warn!(job = job.id, evaluation = job.evaluation, attempt = job.attempts, "failed");
                let outlook = if self.is_last_attempt(taken) {
                    Outlook::GivenUp
                } else {
                    Outlook::Again(backoff(job.attempts, &job.id))
                };
                self.store.fail_job(taken, &why, outlook).await
            }
        };
        if let Err(error) = outcome {
            log(&error, "the end of a job could not be noted: its lease will run out");
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    fn is_last_attempt(&self, taken: &Taken) -> bool {
        taken.job.attempts >= self.attempts
    }
}

/// For how long a job waits until it is looked whether what it lacks is there.
#[derive(Debug, Clone, Copy)]
enum Pause {
    /// Something is away: five seconds, and up to as much again, so that not all evaluations that wait come at once.
    Away,
    /// Nothing is left to spend: a quarter of an hour and up to as much again, since a budget is a day's, and may be raised.
    Spent,
}

impl Pause {
    /// In milliseconds.
    fn of(self, job: &str) -> i64 {
        let least = match self {
            Self::Away => 5_000,
            Self::Spent => 15 * 60_000,
        };
        least + least / 1_000 * spread(job)
    }
}

/// 0 to 999, depending on the job.
fn spread(job: &str) -> i64 {
    job.bytes().fold(0_i64, |sum, byte| (sum * 31 + i64::from(byte)) % 1_000)
}

/// Milliseconds before attempt `attempts + 1`: 2 s, 4 s, 8 s and so on up to five minutes, and up to a quarter more that
/// depends on the job, so that jobs that failed together do not come back together.
fn backoff(attempts: i64, job: &str) -> i64 {
    let whole = (1_000_i64 << attempts.clamp(1, 9)).min(300_000);
    whole + whole / 4 * spread(job) / 1_000
}

/// Keeps a lease alive. Ends by itself when it is lost: the worker learns of that at its next write.
async fn beat(store: Store, taken: Taken, lease: i64) {
    let pause = Duration::from_millis(u64::try_from(lease / 3).unwrap_or(1_000).max(10));
    loop {
        tokio::time::sleep(pause).await;
        match store.heartbeat(&taken).await {
            Ok(()) => {}
            Err(StoreError::LeaseLost) => return,
            Err(error) => log(&error, "a lease could not be extended"),
        }
    }
}

fn log(error: &StoreError, what: &str) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(error = %error, cause, "{what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_later_and_later_and_not_all_at_once() {
        let waits: Vec<i64> = (1..12).map(|attempt| backoff(attempt, "a")).collect();
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]), "{waits:?}");
        assert!((2_000..=2_500).contains(&waits[0]) && waits[10] <= 375_000, "{waits:?}");
        assert_ne!(backoff(3, "a"), backoff(3, "b"));
    }
}
