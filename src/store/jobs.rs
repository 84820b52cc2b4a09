//! Work that outlives the process: a table of jobs, taken with a lease.
//!
//! # Why a table of our own
//!
//! `apalis` (1.0) and `sqlxmq` were weighed. Both keep their own tables with their own migrations and connection pools; a
//! job would then be written in another transaction than the transcript, the state of the evaluation and the entry of the
//! audit log that belong to it, and "an upload answers when transcript and job are stored" could no longer be promised.
//! `apalis` also has a backend for each database, so the queries would exist twice. What is needed is one table, three
//! statements (take, extend, finish) and a rule; that is this file.
//!
//! # The rule
//!
//! Every write of a worker first extends the lease of its job in the same transaction ([`Tx::hold`]). A worker whose lease
//! ran out, or whose job was cancelled, changes no row there and so writes nothing at all: what another worker took over
//! is never written twice. Attempts count when a job is taken, so that a job that kills its process ends as dead too.

use super::audit::Event;
use super::{Kind, Moment, Result, Store, StoreError, Tx, get, words};
use serde::Serialize;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use utoipa::ToSchema;

words! {
    /// Where a job is.
    JobState {
        /// Waits for a worker.
        Queued = "queued",
        /// A worker has it.
        Running = "running",
        /// Finished.
        Done = "done",
        /// Given up after too many attempts, or after a failure that another attempt would not mend. A person can have it
        /// tried again.
        Dead = "dead",
        /// A person called it off.
        Cancelled = "cancelled",
    }
}

words! {
    /// What a job does.
    JobKind {
        /// Evaluates an interview.
        Evaluate = "evaluate",
        /// Tells a webhook of an event.
        Deliver = "deliver",
    }
}

/// A piece of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// What is to be done.
    pub kind: JobKind,
    /// The evaluation, or the delivery, it is for.
    pub evaluation: String,
    /// The interview it is for.
    pub interview: String,
    /// Where it is.
    pub state: JobState,
    /// How often it was begun.
    pub attempts: i64,
    /// When it is begun again, at the earliest.
    pub not_before: String,
    /// Why the last attempt failed.
    pub failure: Option<String>,
    /// When it was asked for.
    pub created_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
}

impl Job {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: get(row, "id")?,
            kind: JobKind::read(row, "kind")?,
            evaluation: get(row, "subject")?,
            interview: get(row, "interview_id")?,
            state: JobState::read(row, "state")?,
            attempts: get(row, "attempts")?,
            not_before: get(row, "not_before")?,
            failure: get(row, "failure")?,
            created_at: get(row, "created_at")?,
            finished_at: get(row, "finished_at")?,
        })
    }
}

/// A job and the name under which a worker holds it.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The job.
    pub job: Job,
    owner: String,
    lease: i64,
}

/// What becomes of a job that failed.
#[derive(Debug, Clone)]
pub enum Outlook {
    /// It is tried again, so many milliseconds later at the earliest.
    Again(i64),
    /// What it needs is away: as before, but the attempt does not count.
    Waits(i64),
    /// It is dead.
    GivenUp,
    /// The worker stops; the attempt does not count.
    HandedBack,
}

impl Tx {
    /// Adds a job. It belongs to the transaction of what asks for it.
    pub(super) async fn add_job(&mut self, kind: JobKind, subject: &str, interview: &str) -> Result<()> {
        sqlx::query(
            "INSERT INTO jobs (id, kind, subject, interview_id, state, attempts, not_before, created_at) \
             VALUES ($1, $5, $2, $3, 'queued', 0, $4, $4)",
        )
        .bind(self.edge.id())
        .bind(subject)
        .bind(interview)
        .bind(self.at.as_str())
        .bind(kind.word())
        .execute(&mut *self.inner)
        .await?;
        self.has_news = true;
        Ok(())
    }

    /// Extends the lease; fails when the job is somebody else's by now.
    pub(super) async fn hold(&mut self, taken: &Taken) -> Result<()> {
        let until = self.at.after(taken.lease);
        let held =
            sqlx::query("UPDATE jobs SET lease_until = $1 WHERE id = $2 AND lease_owner = $3 AND state = 'running'")
                .bind(until.as_str())
                .bind(&taken.job.id)
                .bind(&taken.owner)
                .execute(&mut *self.inner)
                .await?;
        self.has_news = true;
        if held.rows_affected() == 1 { Ok(()) } else { Err(StoreError::LeaseLost) }
    }

    pub(super) async fn end_job(&mut self, id: &str, state: JobState, failure: Option<&str>) -> Result<()> {
        sqlx::query(
            "UPDATE jobs SET state = $1, failure = $2, finished_at = $3, lease_owner = NULL, lease_until = NULL \
             WHERE id = $4",
        )
        .bind(state.word())
        .bind(failure)
        .bind(self.at.as_str())
        .bind(id)
        .execute(&mut *self.inner)
        .await?;
        self.has_news = true;
        Ok(())
    }
}

impl Store {
    /// Takes the evaluation that has waited longest, for `lease` milliseconds; one whose lease ran out counts as waiting. One
    /// that was begun `most` times without coming to an end is given up instead.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn take_job(&self, owner: &str, lease: i64, most: i64) -> Result<Option<Taken>> {
        self.take(JobKind::Evaluate, owner, lease, most).await
    }

    /// The same for deliveries. They wait in a line of their own: an evaluation takes seconds, a receiver that does not
    /// answer takes as long.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn take_delivery(&self, owner: &str, lease: i64, most: i64) -> Result<Option<Taken>> {
        self.take(JobKind::Deliver, owner, lease, most).await
    }

    async fn take(&self, kind: JobKind, owner: &str, lease: i64, most: i64) -> Result<Option<Taken>> {
        // Looking costs no place in the line of those who write.
        let now = self.edge.now();
        if waiting_job(&mut *self.pool.acquire().await?, kind, &now, "").await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.begin().await?;
        // What another worker is just taking is passed over, so that many of them take many at once.
        let lock = if self.kind == Kind::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
        let Some(candidate) = waiting_job(&mut tx.inner, kind, &now, lock).await? else { return Ok(None) };
        let row = sqlx::query(
            "UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_owner = $1, lease_until = $2 \
             WHERE id = $3 AND ((state = 'queued' AND not_before <= $4) OR (state = 'running' AND lease_until < $4)) \
             RETURNING *",
        )
        .bind(owner)
        .bind(tx.at.after(lease).as_str())
        .bind(&candidate)
        .bind(tx.at.as_str())
        .fetch_optional(&mut *tx.inner)
        .await?;
        // Another worker was quicker: there may be more, so that is not the same as having found nothing.
        let Some(row) = row else { return Ok(None) };
        let taken = Taken { job: Job::read(&row)?, owner: owner.to_owned(), lease };
        if taken.job.attempts > most {
            let why = format!("{most} attempts ended without a result: the process may have been killed by it");
            tx.give_up(&taken, &why).await?;
            tx.commit().await?;
            return Ok(None);
        }
        sqlx::query("UPDATE evaluations SET state = 'running' WHERE id = $1")
            .bind(&taken.job.evaluation)
            .execute(&mut *tx.inner)
            .await?;
        tx.commit().await?;
        Ok(Some(taken))
    }

    /// Says that the worker is alive.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when it has to stop.
    pub async fn heartbeat(&self, taken: &Taken) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.hold(taken).await?;
        // Nobody waits for news of this: the bell stays silent.
        Ok(tx.inner.commit().await?)
    }

    /// Ends an attempt that failed.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], [`StoreError::Database`].
    pub async fn fail_job(&self, taken: &Taken, why: &str, outlook: Outlook) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.hold(taken).await?;
        let (wait, uncounted) = match outlook {
            Outlook::GivenUp => {
                tx.give_up(taken, why).await?;
                return tx.commit().await;
            }
            Outlook::Again(wait) => (wait, 0),
            Outlook::Waits(wait) => (wait, 1),
            Outlook::HandedBack => (0, 1),
        };
        sqlx::query(
            "UPDATE jobs SET state = 'queued', not_before = $1, failure = $2, attempts = attempts - $3, \
             lease_owner = NULL, lease_until = NULL WHERE id = $4",
        )
        .bind(tx.at.after(wait).as_str())
        .bind((!why.is_empty()).then_some(why))
        .bind(i64::from(uncounted))
        .bind(&taken.job.id)
        .execute(&mut *tx.inner)
        .await?;
        sqlx::query("UPDATE evaluations SET state = 'queued' WHERE id = $1 AND state = 'running'")
            .bind(&taken.job.evaluation)
            .execute(&mut *tx.inner)
            .await?;
        tx.commit().await
    }

    /// How many evaluations wait or run; counts no further than `most`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn unfinished_jobs(&self, most: i64) -> Result<i64> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS n FROM (SELECT id FROM jobs WHERE state IN ('queued', 'running') \
             AND kind = 'evaluate' LIMIT $1) AS counted",
        )
        .bind(most)
        .fetch_one(&self.pool)
        .await?;
        get(&row, "n")
    }

    /// How many jobs there are in each state.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn job_counts(&self) -> Result<Vec<(JobState, i64)>> {
        let rows = sqlx::query("SELECT state, COUNT(*) AS n FROM jobs GROUP BY state").fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((JobState::read(row, "state")?, get(row, "n")?))).collect()
    }

    /// Jobs in a state, newest first, before `before`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn jobs(&self, state: JobState, before: Option<&str>, size: i64) -> Result<Vec<Job>> {
        let rows = sqlx::query("SELECT * FROM jobs WHERE state = $1 AND id < $2 ORDER BY id DESC LIMIT $3")
            .bind(state.word())
            .bind(before.unwrap_or("g"))
            .bind(size)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(Job::read).collect()
    }

    /// Has a dead job tried again.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Refused`] when it is not dead.
    pub async fn retry_job(&self, actor: &str, id: &str) -> Result<Job> {
        let mut tx = self.begin().await?;
        let known = sqlx::query("SELECT * FROM jobs WHERE id = $1").bind(id).fetch_optional(&mut *tx.inner).await?;
        let job = Job::read(&known.ok_or(StoreError::Missing("job"))?)?;
        if job.kind == JobKind::Evaluate {
            tx.refuse_erased(&job.interview).await?;
        }
        let changed = sqlx::query(
            "UPDATE jobs SET state = 'queued', attempts = 0, not_before = $1, finished_at = NULL \
             WHERE id = $2 AND (state = 'dead' OR (state = 'queued' AND not_before > $1)) RETURNING *",
        )
        .bind(tx.at.as_str())
        .bind(id)
        .fetch_optional(&mut *tx.inner)
        .await?;
        let Some(row) = changed else {
            return Err(StoreError::Refused(format!(
                "the job is {}: only dead and waiting ones are tried again",
                job.state.word()
            )));
        };
        sqlx::query("UPDATE evaluations SET state = 'queued', failure = NULL WHERE id = $1")
            .bind(&job.evaluation)
            .execute(&mut *tx.inner)
            .await?;
        if job.kind == JobKind::Evaluate {
            sqlx::query("UPDATE interviews SET status = 'evaluating' WHERE id = $1 AND status = 'failed'")
                .bind(&job.interview)
                .execute(&mut *tx.inner)
                .await?;
        }
        let interview = Some(job.interview.as_str());
        let event = Event { actor, action: "job.retried", interview, subject: id, facts: json!({}), payload: None };
        tx.record(event).await?;
        tx.has_news = true;
        let job = Job::read(&row)?;
        tx.commit().await?;
        Ok(job)
    }
}

/// The job to take next: one whose worker fell silent, or the one that has waited longest.
async fn waiting_job(
    connection: &mut AnyConnection,
    kind: JobKind,
    now: &Moment,
    lock: &str,
) -> Result<Option<String>> {
    for text in [
        "SELECT id FROM jobs WHERE state = 'running' AND lease_until < $1 AND kind = $2 ORDER BY id LIMIT 1",
        "SELECT id FROM jobs WHERE state = 'queued' AND not_before <= $1 AND kind = $2 ORDER BY not_before, id LIMIT 1",
    ] {
        let query = sqlx::query(AssertSqlSafe(format!("{text} {lock}"))).bind(now.as_str()).bind(kind.word());
        if let Some(row) = query.fetch_optional(&mut *connection).await? {
            return get(&row, "id").map(Some);
        }
    }
    Ok(None)
}

impl Tx {
    async fn give_up(&mut self, taken: &Taken, why: &str) -> Result<()> {
        let job = &taken.job;
        self.end_job(&job.id, JobState::Dead, Some(why)).await?;
        let (interview, facts) = (Some(job.interview.as_str()), json!({"attempts": job.attempts}));
        if job.kind == JobKind::Deliver {
            let (actor, action, subject) = ("courier", "webhook.given_up", job.evaluation.as_str());
            return self.record(Event { actor, action, interview, subject, facts, payload: None }).await;
        }
        sqlx::query("UPDATE evaluations SET state = 'failed', failure = $1, finished_at = $2 WHERE id = $3")
            .bind(why)
            .bind(self.at.as_str())
            .bind(&job.evaluation)
            .execute(&mut *self.inner)
            .await?;
        sqlx::query("UPDATE interviews SET status = 'failed', version = version + 1 WHERE id = $1")
            .bind(&job.interview)
            .execute(&mut *self.inner)
            .await?;
        self.record(Event {
            actor: "worker",
            action: "evaluation.failed",
            interview,
            subject: &job.evaluation,
            facts,
            payload: Some(why.to_owned()),
        })
        .await
    }
}
