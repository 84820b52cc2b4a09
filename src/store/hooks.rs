//! Webhooks: who wants to know of which events. A delivery and its job are written in the transaction of the event itself,
//! so that no event is told that did not happen, and none that happened is forgotten.

use super::audit::{Entry, Event};
use super::jobs::{JobKind, JobState, Taken};
use super::{Result, Store, StoreError, Tx, get, words};
use serde::Serialize;
use serde_json::json;
use sqlx::any::AnyRow;
use utoipa::ToSchema;

words! {
    /// What can be told of; the same words as in the audit log.
    HookEvent {
        /// An interview was uploaded.
        Uploaded = "interview.uploaded",
        /// An interview was erased.
        Erased = "interview.erased",
        /// An evaluation is finished.
        Finished = "evaluation.finished",
        /// An evaluation was given up.
        Failed = "evaluation.failed",
        /// A review was submitted.
        Submitted = "review.submitted",
        /// A submitted review was reopened.
        Reopened = "review.reopened",
    }
}

/// Somebody who is told, without the secret that what they are told is signed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Webhook {
    /// Its id.
    pub id: String,
    /// Where it is told.
    pub url: String,
    /// Of what.
    pub events: Vec<HookEvent>,
    /// Who set it up.
    pub created_by: String,
    /// When.
    pub created_at: String,
}

/// Something that is or was to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Delivery {
    /// Its id; sent along, so that a receiver can tell a repetition.
    pub id: String,
    /// The event.
    pub event: HookEvent,
    /// The interview it belongs to.
    pub interview: String,
    /// Where its job is.
    pub state: JobState,
    /// How often it was tried.
    pub attempts: i64,
    /// Why the last attempt failed.
    pub failure: Option<String>,
    /// When it happened.
    pub created_at: String,
    /// When the receiver took it.
    pub delivered_at: Option<String>,
}

/// What a courier carries.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// The delivery's id.
    pub id: String,
    /// Where to.
    pub url: String,
    /// What it is signed with.
    pub secret: String,
    /// What is told; JSON.
    pub body: String,
}

fn events(text: &str) -> Vec<HookEvent> {
    HookEvent::ALL.iter().copied().filter(|event| text.split(' ').any(|word| word == event.word())).collect()
}

fn read(row: &AnyRow) -> Result<Webhook> {
    Ok(Webhook {
        id: get(row, "id")?,
        url: get(row, "url")?,
        events: events(&get::<String>(row, "events")?),
        created_by: get(row, "created_by")?,
        created_at: get(row, "created_at")?,
    })
}

impl Store {
    /// Sets up a webhook whose deliveries are signed with `secret`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn add_webhook(&self, actor: &str, url: &str, secret: &str, wanted: &[HookEvent]) -> Result<Webhook> {
        let mut tx = self.begin().await?;
        let words: Vec<&str> = wanted.iter().map(|event| event.word()).collect();
        let hook = Webhook {
            id: tx.edge.id(),
            url: url.to_owned(),
            events: events(&words.join(" ")),
            created_by: actor.to_owned(),
            created_at: tx.at.as_str().to_owned(),
        };
        sqlx::query(
            "INSERT INTO webhooks (id, url, secret, events, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&hook.id)
        .bind(url)
        .bind(secret)
        .bind(words.join(" "))
        .bind(actor)
        .bind(&hook.created_at)
        .execute(&mut *tx.inner)
        .await?;
        let (subject, facts) = (hook.id.as_str(), json!({"url": url, "events": hook.events}));
        tx.record(Event { actor, action: "webhook.added", interview: None, subject, facts, payload: None }).await?;
        tx.commit().await?;
        Ok(hook)
    }

    /// The webhooks that are told.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn webhooks(&self) -> Result<Vec<Webhook>> {
        let rows =
            sqlx::query("SELECT * FROM webhooks WHERE ended_at IS NULL ORDER BY id").fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// Tells a webhook nothing any more; what was on its way is called off, and its secret forgotten.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn end_webhook(&self, actor: &str, id: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let ended = sqlx::query("UPDATE webhooks SET ended_at = $1, secret = '' WHERE id = $2 AND ended_at IS NULL")
            .bind(tx.at.as_str())
            .bind(id)
            .execute(&mut *tx.inner)
            .await?;
        if ended.rows_affected() == 0 {
            return Err(StoreError::Missing("webhook"));
        }
        sqlx::query(
            "UPDATE jobs SET state = 'cancelled', finished_at = $1, lease_owner = NULL, lease_until = NULL \
             WHERE state IN ('queued', 'running') AND subject IN (SELECT id FROM deliveries WHERE webhook_id = $2)",
        )
        .bind(tx.at.as_str())
        .bind(id)
        .execute(&mut *tx.inner)
        .await?;
        let (subject, facts) = (id, json!({}));
        tx.record(Event { actor, action: "webhook.ended", interview: None, subject, facts, payload: None }).await?;
        tx.commit().await
    }

    /// The last deliveries of a webhook, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn deliveries(&self, webhook: &str, most: i64) -> Result<Vec<Delivery>> {
        let rows = sqlx::query(
            "SELECT deliveries.*, jobs.state AS state, jobs.attempts AS attempts, jobs.failure AS failure FROM deliveries \
             JOIN jobs ON jobs.subject = deliveries.id WHERE webhook_id = $1 ORDER BY deliveries.id DESC LIMIT $2",
        )
        .bind(webhook)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let one = |row: &AnyRow| {
            Ok(Delivery {
                id: get(row, "id")?,
                event: HookEvent::read(row, "event")?,
                interview: get(row, "interview_id")?,
                state: JobState::read(row, "state")?,
                attempts: get(row, "attempts")?,
                failure: get(row, "failure")?,
                created_at: get(row, "created_at")?,
                delivered_at: get(row, "delivered_at")?,
            })
        };
        rows.iter().map(one).collect()
    }

    /// What a delivery's job is to carry.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn parcel(&self, taken: &Taken) -> Result<Parcel> {
        let row = sqlx::query(
            "SELECT deliveries.id AS id, body, url, secret FROM deliveries JOIN webhooks \
             ON webhooks.id = deliveries.webhook_id WHERE deliveries.id = $1 AND webhooks.ended_at IS NULL",
        )
        .bind(&taken.job.evaluation)
        .fetch_optional(&self.pool)
        .await?
        .ok_or(StoreError::Missing("delivery"))?;
        Ok(Parcel {
            id: get(&row, "id")?,
            url: get(&row, "url")?,
            secret: get(&row, "secret")?,
            body: get(&row, "body")?,
        })
    }

    /// Notes that the receiver took it.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn delivered(&self, taken: &Taken) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.hold(taken).await?;
        sqlx::query("UPDATE deliveries SET delivered_at = $1 WHERE id = $2")
            .bind(tx.at.as_str())
            .bind(&taken.job.evaluation)
            .execute(&mut *tx.inner)
            .await?;
        tx.end_job(&taken.job.id, JobState::Done, None).await?;
        let facts = json!({"attempts": taken.job.attempts});
        let (interview, subject) = (Some(taken.job.interview.as_str()), taken.job.evaluation.as_str());
        let event = Event { actor: "courier", action: "webhook.delivered", interview, subject, facts, payload: None };
        tx.record(event).await?;
        tx.commit().await
    }
}

impl Tx {
    /// Writes a delivery for every webhook that wants to know of this entry of the log.
    pub(super) async fn tell(&mut self, entry: &Entry) -> Result<()> {
        let Some(event) = HookEvent::ALL.iter().find(|event| event.word() == entry.action) else { return Ok(()) };
        let Some(interview) = &entry.interview else { return Ok(()) };
        let hooks = sqlx::query("SELECT * FROM webhooks WHERE ended_at IS NULL").fetch_all(&mut *self.inner).await?;
        for hook in hooks.iter().map(read).collect::<Result<Vec<_>>>()? {
            if !hook.events.contains(event) {
                continue;
            }
            let id = self.edge.id();
            let body = json!({
                "schema": "earmark.event/1", "id": id, "event": event, "at": entry.at, "interview": interview,
                "subject": entry.subject,
            });
            sqlx::query(
                "INSERT INTO deliveries (id, webhook_id, interview_id, event, body, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(&id)
            .bind(&hook.id)
            .bind(interview)
            .bind(event.word())
            .bind(body.to_string())
            .bind(&entry.at)
            .execute(&mut *self.inner)
            .await?;
            self.add_job(JobKind::Deliver, &id, interview).await?;
        }
        Ok(())
    }
}
