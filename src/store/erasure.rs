//! Erasing a candidate: what they said and who they are goes, that it went stays. Rules that say when, and holds that
//! keep an interview in spite of them.
//!
//! What stays of an erased interview: its id, rubric, dates, digests, and scores without words. The audit log keeps all
//! its entries; the words that stood beside them go.
//!
//! Deleting a row leaves its bytes in the file. Erasing therefore also notes that the file is to be rewritten
//! ([`Store::scrub`]), in the same transaction, so that a process that is killed in between does not forget it.

use super::audit::Event;
use super::interviews::Interview;
use super::{Kind, Moment, Result, Store, StoreError, Tx, get, words};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::any::AnyRow;
use std::sync::Arc;
use utoipa::ToSchema;

/// Milliseconds in a day.
const DAY: i64 = 86_400_000;

/// Tables in which words of candidates may have stood.
const WORDY: &str = "interviews, transcripts, spans, evaluations, evaluation_questions, jobs, reviews, review_decisions, \
                     review_evidence, review_comments, audit_payloads, idempotency_keys, passages";

words! {
    /// Why an interview is erased.
    ErasureCause {
        /// A person asked for it.
        Asked = "asked",
        /// Its time was over.
        Retention = "retention",
    }
}

/// How long interviews that were held at a place are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlaceRule {
    /// The place, as it is written at the interviews.
    pub place: String,
    /// Days from the upload on.
    pub days: i64,
    /// When the rule was made.
    pub created_at: String,
}

impl Store {
    /// Erases an interview: transcript, quotations, remarks, names, and the words beside the audit log. What is under way
    /// for it is called off.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Refused`] when it is held or was erased before.
    pub async fn erase(&self, actor: &str, id: &str, cause: ErasureCause) -> Result<Interview> {
        let mut tx = self.begin().await?;
        // First, so that whoever writes to this interview waits, and then sees that it is erased.
        let erased = sqlx::query(
            "UPDATE interviews SET title = 'erased', candidate = NULL, speaker = NULL, place = NULL, consent = NULL, \
             parse_report = '{}', status = 'erased', keep_until = NULL, erased_at = $1, version = version + 1 \
             WHERE id = $2 AND is_held = 0 AND erased_at IS NULL",
        )
        .bind(tx.at.as_str())
        .bind(id)
        .execute(&mut *tx.inner)
        .await?;
        if erased.rows_affected() == 0 {
            drop(tx);
            let known = self.interview(id).await?;
            return Err(StoreError::Refused(if known.is_held {
                "a legal hold keeps this interview: end the hold first".into()
            } else {
                "this interview is erased already".into()
            }));
        }
        tx.call_off(id).await?;
        tx.erase_evaluations(id).await?;
        tx.erase_reviews(id).await?;
        for text in [
            "DELETE FROM transcripts WHERE interview_id = $1",
            "DELETE FROM spans WHERE interview_id = $1",
            "DELETE FROM audit_payloads WHERE interview_id = $1",
            "DELETE FROM idempotency_keys WHERE answer = $1",
        ] {
            sqlx::query(text).bind(id).execute(&mut *tx.inner).await?;
        }
        sqlx::query("UPDATE upkeep SET scrubs_due = scrubs_due + 1 WHERE one = 1").execute(&mut *tx.inner).await?;
        let facts = json!({"because": cause});
        let event = Event { actor, action: "interview.erased", interview: Some(id), subject: id, facts, payload: None };
        tx.record(event).await?;
        tx.erase_passages(id).await?;
        tx.commit().await?;
        self.erased.notify_one();
        self.interview(id).await
    }

    /// Whether something was erased since the file was rewritten.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn scrubs_due(&self) -> Result<i64> {
        let row = sqlx::query("SELECT scrubs_due FROM upkeep WHERE one = 1").fetch_one(&self.pool).await?;
        get(&row, "scrubs_due")
    }

    /// Rewrites what the database keeps on the disk, so that nothing that was erased is left in it: with `SQLite` the file
    /// and its write-ahead log, with `PostgreSQL` the tables. Does nothing when nothing was erased. Writers wait for it.
    ///
    /// # Errors
    /// [`StoreError::Database`]; [`StoreError::Refused`] when a reader holds on to the old file: try again later.
    pub async fn scrub(&self) -> Result<()> {
        if self.scrubs_due().await? == 0 {
            return Ok(());
        }
        let all = if self.kind == Kind::Sqlite { 1 } else { super::WRITERS as u32 };
        let _line = Arc::clone(&self.writers).acquire_many_owned(all).await.map_err(|_| sqlx::Error::PoolClosed)?;
        // Another scrub may have been in the line before this one.
        let due = self.scrubs_due().await?;
        if due == 0 {
            return Ok(());
        }
        match self.kind {
            Kind::Postgres => {
                sqlx::query(sqlx::AssertSqlSafe(format!("VACUUM (FULL) {WORDY}"))).execute(&self.pool).await?;
            }
            Kind::Sqlite => {
                sqlx::query("VACUUM").execute(&self.pool).await?;
                let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&self.pool).await?;
                if row.try_get::<i64, _>(0)? != 0 {
                    return Err(StoreError::Refused(
                        "a reader keeps the log of the database from being emptied".into(),
                    ));
                }
            }
        }
        // What was erased while this ran has not been seen to.
        let query = sqlx::query(
            "UPDATE upkeep SET scrubs_due = CASE WHEN scrubs_due > $1 THEN scrubs_due - $1 ELSE 0 END WHERE one = 1",
        );
        query.bind(due).execute(&self.pool).await?;
        Ok(())
    }

    /// Waits until something is erased by this process.
    pub async fn erasure(&self) {
        self.erased.notified().await;
    }

    /// Interviews whose time is over and that no hold keeps, at most `most` for each rule.
    ///
    /// A date at the interview itself goes before the rules; of the rules the shorter one.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn over_time(&self, most: i64) -> Result<Vec<String>> {
        let now = self.edge.now();
        let dated = sqlx::query(
            "SELECT id FROM interviews WHERE keep_until <= $1 AND is_held = 0 AND erased_at IS NULL \
             ORDER BY keep_until LIMIT $2",
        );
        let mut rows = dated.bind(now.as_str()).bind(most).fetch_all(&self.pool).await?;
        let by_rubric = "SELECT id AS rule, retention_days AS days FROM rubrics WHERE retention_days > 0";
        let by_place = "SELECT place AS rule, days FROM retention_places";
        for (rules, column) in [(by_rubric, "rubric_id"), (by_place, "place")] {
            let over = format!(
                "SELECT id FROM interviews WHERE {column} = $1 AND erased_at IS NULL AND id < $2 AND is_held = 0 \
                 AND keep_until IS NULL ORDER BY id LIMIT $3"
            );
            for rule in sqlx::query(rules).fetch_all(&self.pool).await? {
                let query = sqlx::query(sqlx::AssertSqlSafe(over.clone()));
                let query = query.bind(get::<String>(&rule, "rule")?).bind(limit(&now, &rule)?).bind(most);
                rows.extend(query.fetch_all(&self.pool).await?);
            }
        }
        let mut ids: Vec<String> = rows.iter().map(|row| get(row, "id")).collect::<Result<_>>()?;
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// Puts an interview under a legal hold or ends it, and sets until when it is kept whatever the rules say.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Changed`], [`StoreError::Refused`] when it is erased.
    pub async fn set_keeping(
        &self,
        actor: &str,
        id: &str,
        expected: Option<i64>,
        is_held: bool,
        until: Option<&Moment>,
    ) -> Result<Interview> {
        let mut tx = self.begin().await?;
        tx.refuse_erased(id).await?;
        let until = until.map(Moment::as_str);
        let changed = sqlx::query(
            "UPDATE interviews SET is_held = $1, keep_until = $2, version = version + 1 WHERE id = $3 \
             AND erased_at IS NULL AND version = COALESCE($4, version)",
        )
        .bind(i64::from(is_held))
        .bind(until)
        .bind(id)
        .bind(expected)
        .execute(&mut *tx.inner)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::Changed);
        }
        let facts = json!({"is_held": is_held, "keep_until": until});
        let event =
            Event { actor, action: "interview.keeping_set", interview: Some(id), subject: id, facts, payload: None };
        tx.record(event).await?;
        tx.commit().await?;
        self.interview(id).await
    }

    /// The rules for places, by name.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn place_rules(&self) -> Result<Vec<PlaceRule>> {
        let rows = sqlx::query("SELECT * FROM retention_places ORDER BY place").fetch_all(&self.pool).await?;
        let one = |row: &AnyRow| {
            Ok(PlaceRule { place: get(row, "place")?, days: get(row, "days")?, created_at: get(row, "created_at")? })
        };
        rows.iter().map(one).collect()
    }

    /// Sets how long interviews of a place are kept; `None` ends the rule.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no rule to end.
    pub async fn set_place_rule(&self, actor: &str, place: &str, days: Option<i64>) -> Result<()> {
        let mut tx = self.begin().await?;
        let query = match days {
            Some(days) => sqlx::query(
                "INSERT INTO retention_places (place, days, created_at) VALUES ($1, $2, $3) \
                 ON CONFLICT (place) DO UPDATE SET days = excluded.days, created_at = excluded.created_at",
            )
            .bind(place)
            .bind(days)
            .bind(tx.at.as_str().to_owned()),
            None => sqlx::query("DELETE FROM retention_places WHERE place = $1").bind(place),
        };
        if query.execute(&mut *tx.inner).await?.rows_affected() == 0 {
            return Err(StoreError::Missing("rule"));
        }
        let facts = json!({"place": place, "days": days});
        let event = Event { actor, action: "retention.set", interview: None, subject: "place", facts, payload: None };
        tx.record(event).await?;
        tx.commit().await
    }
}

/// Interviews with ids below this are older than a rule allows.
fn limit(now: &Moment, rule: &AnyRow) -> Result<String> {
    Ok(now.after(-get::<i64>(rule, "days")?.saturating_mul(DAY)).first_id())
}

impl Tx {
    /// Refuses what would write to an erased interview.
    pub(super) async fn refuse_erased(&mut self, interview: &str) -> Result<()> {
        let row = sqlx::query("SELECT erased_at FROM interviews WHERE id = $1")
            .bind(interview)
            .fetch_optional(&mut *self.inner)
            .await?
            .ok_or(StoreError::Missing("interview"))?;
        match get::<Option<String>>(&row, "erased_at")? {
            None => Ok(()),
            Some(_) => Err(StoreError::Refused("this interview is erased".into())),
        }
    }

    /// Calls off its evaluations. What webhooks are still to be told of it holds no words, and was promised to them.
    async fn call_off(&mut self, interview: &str) -> Result<()> {
        sqlx::query(
            "UPDATE jobs SET state = 'cancelled', finished_at = $1, lease_owner = NULL, lease_until = NULL \
             WHERE interview_id = $2 AND kind = 'evaluate' AND state IN ('queued', 'running', 'dead')",
        )
        .bind(self.at.as_str())
        .bind(interview)
        .execute(&mut *self.inner)
        .await?;
        // Why a job failed may name speakers.
        sqlx::query("UPDATE jobs SET failure = NULL WHERE interview_id = $1")
            .bind(interview)
            .execute(&mut *self.inner)
            .await?;
        sqlx::query(
            "UPDATE evaluations SET state = 'cancelled', finished_at = $1 WHERE interview_id = $2 \
             AND state IN ('queued', 'running')",
        )
        .bind(self.at.as_str())
        .bind(interview)
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn erase_evaluations(&mut self, interview: &str) -> Result<()> {
        let rows = sqlx::query("SELECT id, head FROM evaluations WHERE interview_id = $1")
            .bind(interview)
            .fetch_all(&mut *self.inner)
            .await?;
        for row in rows {
            let (id, head): (String, Option<String>) = (get(&row, "id")?, get(&row, "head")?);
            sqlx::query("UPDATE evaluations SET speaker = NULL, failure = NULL, head = $1 WHERE id = $2")
                .bind(head.map(|head| wordless_head(&head)))
                .bind(&id)
                .execute(&mut *self.inner)
                .await?;
            let questions = sqlx::query("SELECT place, result FROM evaluation_questions WHERE evaluation_id = $1")
                .bind(&id)
                .fetch_all(&mut *self.inner)
                .await?;
            for question in questions {
                let result: String = get(&question, "result")?;
                sqlx::query("UPDATE evaluation_questions SET result = $1 WHERE evaluation_id = $2 AND place = $3")
                    .bind(wordless_result(&result))
                    .bind(&id)
                    .bind(get::<i64>(&question, "place")?)
                    .execute(&mut *self.inner)
                    .await?;
            }
        }
        Ok(())
    }

    async fn erase_reviews(&mut self, interview: &str) -> Result<()> {
        for text in [
            "UPDATE reviews SET reopened_because = NULL, version = version + 1 WHERE interview_id = $1",
            "UPDATE review_decisions SET reason = NULL WHERE review_id IN (SELECT id FROM reviews WHERE interview_id = $1)",
            "DELETE FROM review_evidence WHERE review_id IN (SELECT id FROM reviews WHERE interview_id = $1)",
            "DELETE FROM review_comments WHERE review_id IN (SELECT id FROM reviews WHERE interview_id = $1)",
        ] {
            sqlx::query(text).bind(interview).execute(&mut *self.inner).await?;
        }
        Ok(())
    }
}

/// What an evaluation was made with, without who spoke and what the file was like.
fn wordless_head(head: &str) -> String {
    let head: Value = serde_json::from_str(head).unwrap_or_default();
    json!({
        "schema": head["schema"],
        "rubric": head["rubric"],
        "transcript": {"digest": head["transcript"]["digest"]},
        "made_with": head["made_with"],
        "erased": true,
    })
    .to_string()
}

/// The numbers of a result. Written anew from what is known to be no word of anybody, not by taking words out: a field
/// that is added later does not slip through.
fn wordless_result(result: &str) -> String {
    let result: Value = serde_json::from_str(result).unwrap_or_default();
    json!({"id": result["id"], "status": result["status"], "asked_at": [], "answer": [], "erased": true}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_numbers_and_names_of_the_rubric_is_left_of_a_result() {
        let result = r#"{"id":"tests","status":"answered","asked_at":[0],"answer":[1],"claim":{"reply":"she said x"},
                         "criteria":[{"evidence":[{"quote":"x"}]}],"new_field":"x"}"#;
        let left: Value = serde_json::from_str(&wordless_result(result)).expect("JSON");
        assert_eq!(left, json!({"id": "tests", "status": "answered", "asked_at": [], "answer": [], "erased": true}));
    }
}
