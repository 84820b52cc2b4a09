//! The audit log: append-only, each entry bound to the one before by its hash, written in the transaction of what it
//! records.
//!
//! An entry holds facts and digests. Words of people stand beside it as a payload that the entry names by digest, so that
//! they can be erased and the chain still verifies. An entry of an interview also names the interview's entry before it
//! (its *thread*): the entries of one interview can be handed out and verified by themselves.
//!
//! What a chain cannot show by itself is that its *last* entries were cut off together with the head that counts them;
//! keep the head that `earmark audit verify` prints somewhere else to notice that too.

use super::{Result, Store, StoreError, Tx, get};
use crate::domain::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row;
use sqlx::any::AnyRow;

/// What stands before the first entry.
const START: &str = "start";
/// Entries that are read at a time.
const BATCH: i64 = 1_000;

/// Something that happened, to be recorded.
pub(super) struct Event<'a> {
    /// A person's id, or what else did it.
    pub actor: &'a str,
    /// What was done: `interview.uploaded`.
    pub action: &'static str,
    /// The interview it belongs to.
    pub interview: Option<&'a str>,
    /// The id of what it was done to.
    pub subject: &'a str,
    /// Numbers, ids, digests and words of the service; never words of a candidate.
    pub facts: Value,
    /// Words of people, kept apart.
    pub payload: Option<String>,
}

/// An entry as it is stored and exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// From 1, without gaps.
    pub sequence: i64,
    /// When.
    pub at: String,
    /// Who: a person's id, or `worker`, `set-up link`, `command line`.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// The interview it belongs to.
    pub interview: Option<String>,
    /// The id of what it was done to.
    pub subject: String,
    /// JSON, to the letter: the hash is over it.
    pub facts: String,
    /// Digest of the words that belong to it.
    pub payload: Option<String>,
    /// Hash of the interview's entry before this one; `start` for its first.
    pub thread: Option<String>,
    /// Hash of the entry before this one; `start` for the first.
    pub previous: String,
    /// SHA-256 over all of the above.
    pub hash: String,
}

impl Entry {
    /// The hash of what the entry says.
    fn computed(&self) -> String {
        let sequence = self.sequence.to_string();
        let optional = |value: &Option<String>| value.as_ref().map_or_else(String::new, |text| format!("+{text}"));
        let (interview, payload, thread) = (optional(&self.interview), optional(&self.payload), optional(&self.thread));
        let parts = [
            "earmark.audit/1",
            sequence.as_str(),
            &self.at,
            &self.actor,
            &self.action,
            &interview,
            &self.subject,
            &self.facts,
            &payload,
            &thread,
            &self.previous,
        ];
        Digest::of_parts(parts.map(str::as_bytes)).as_str().to_owned()
    }

    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            sequence: get(row, "sequence")?,
            at: get(row, "at")?,
            actor: get(row, "actor")?,
            action: get(row, "action")?,
            interview: get(row, "interview_id")?,
            subject: get(row, "subject")?,
            facts: get(row, "facts")?,
            payload: get(row, "payload")?,
            thread: get(row, "thread")?,
            previous: get(row, "previous")?,
            hash: get(row, "hash")?,
        })
    }
}

/// An entry together with the words that belong to it, as far as they are not erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Exported {
    /// The entry.
    pub entry: Entry,
    /// Its words; `null` when it has none, or they are erased.
    pub words: Option<String>,
}

/// What a verification found to be whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Entries.
    pub entries: i64,
    /// Hash of the last one.
    pub head: String,
    /// Entries whose words are erased.
    pub erased: i64,
}

impl Tx {
    /// Adds an entry. Taking the head's row keeps others from adding one before this transaction ends.
    pub(super) async fn record(&mut self, event: Event<'_>) -> Result<()> {
        let head = sqlx::query("UPDATE audit_head SET sequence = sequence + 1 WHERE one = 1 RETURNING sequence, hash")
            .fetch_one(&mut *self.inner)
            .await?;
        let thread = match event.interview {
            None => None,
            Some(id) => {
                let last = sqlx::query("SELECT hash FROM audit WHERE interview_id = $1 ORDER BY sequence DESC LIMIT 1")
                    .bind(id)
                    .fetch_optional(&mut *self.inner)
                    .await?;
                Some(last.map_or_else(|| Ok(START.to_owned()), |row| get(&row, "hash"))?)
            }
        };
        let mut entry = Entry {
            sequence: get(&head, "sequence")?,
            at: self.at.as_str().to_owned(),
            actor: event.actor.to_owned(),
            action: event.action.to_owned(),
            interview: event.interview.map(str::to_owned),
            subject: event.subject.to_owned(),
            facts: event.facts.to_string(),
            payload: event.payload.as_ref().map(|words| Digest::of(words.as_bytes()).as_str().to_owned()),
            thread,
            previous: get(&head, "hash")?,
            hash: String::new(),
        };
        entry.hash = entry.computed();
        self.insert_entry(&entry).await?;
        if let Some(words) = event.payload {
            sqlx::query("INSERT INTO audit_payloads (sequence, interview_id, content) VALUES ($1, $2, $3)")
                .bind(entry.sequence)
                .bind(event.interview)
                .bind(words)
                .execute(&mut *self.inner)
                .await?;
        }
        sqlx::query("UPDATE audit_head SET hash = $1 WHERE one = 1")
            .bind(&entry.hash)
            .execute(&mut *self.inner)
            .await?;
        self.tell(&entry).await
    }

    async fn insert_entry(&mut self, entry: &Entry) -> Result<()> {
        sqlx::query(
            "INSERT INTO audit (sequence, at, actor, action, interview_id, subject, facts, payload, thread, previous, \
             hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(entry.sequence)
        .bind(&entry.at)
        .bind(&entry.actor)
        .bind(&entry.action)
        .bind(&entry.interview)
        .bind(&entry.subject)
        .bind(&entry.facts)
        .bind(&entry.payload)
        .bind(&entry.thread)
        .bind(&entry.previous)
        .bind(&entry.hash)
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }
}

impl Store {
    /// Records something that changes nothing else: a look, an export, a failed sign-in.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn record_look(
        &self,
        actor: &str,
        action: &'static str,
        interview: Option<&str>,
        facts: Value,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let subject = interview.unwrap_or(actor);
        tx.record(Event { actor, action, interview, subject, facts, payload: None }).await?;
        tx.commit().await
    }

    /// Entries after `sequence`, oldest first, of one interview or of all.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn audit_page(&self, interview: Option<&str>, after: i64, size: i64) -> Result<Vec<Entry>> {
        let query = match interview {
            Some(id) => {
                sqlx::query("SELECT * FROM audit WHERE sequence > $1 AND interview_id = $3 ORDER BY sequence LIMIT $2")
                    .bind(after)
                    .bind(size)
                    .bind(id)
            }
            None => {
                sqlx::query("SELECT * FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT $2").bind(after).bind(size)
            }
        };
        query.fetch_all(&self.pool).await?.iter().map(Entry::read).collect()
    }

    /// One interview's entries with their words.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it has none.
    pub async fn audit_export(&self, interview: &str) -> Result<Vec<Exported>> {
        let rows = sqlx::query(
            "SELECT audit.*, audit_payloads.content AS content FROM audit LEFT JOIN audit_payloads \
             ON audit_payloads.sequence = audit.sequence WHERE audit.interview_id = $1 ORDER BY audit.sequence",
        )
        .bind(interview)
        .fetch_all(&self.pool)
        .await?;
        if rows.is_empty() {
            return Err(StoreError::Missing("interview"));
        }
        rows.iter().map(|row| Ok(Exported { entry: Entry::read(row)?, words: get(row, "content")? })).collect()
    }

    /// Reads the whole log and computes every hash again.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] names the first entry that was changed, is missing or stands in another place.
    pub async fn verify_audit(&self) -> Result<Verified> {
        // One transaction: the log must not grow while it is read.
        let mut tx = self.begin().await?;
        let mut link = Link { sequence: 0, hash: START.to_owned() };
        let mut erased = 0;
        loop {
            let rows = sqlx::query(
                "SELECT audit.*, audit_payloads.content AS content FROM audit LEFT JOIN audit_payloads \
                 ON audit_payloads.sequence = audit.sequence WHERE audit.sequence > $1 ORDER BY audit.sequence LIMIT $2",
            )
            .bind(link.sequence)
            .bind(BATCH)
            .fetch_all(&mut *tx.inner)
            .await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let exported = Exported { entry: Entry::read(row)?, words: get(row, "content")? };
                erased += i64::from(exported.entry.payload.is_some() && exported.words.is_none());
                link = link.joined(&exported).map_err(StoreError::Corrupt)?;
            }
        }
        let head = sqlx::query("SELECT sequence, hash FROM audit_head WHERE one = 1").fetch_one(&mut *tx.inner).await?;
        let (sequence, hash): (i64, String) = (head.try_get("sequence")?, head.try_get("hash")?);
        if sequence != link.sequence || hash != link.hash {
            return Err(StoreError::Corrupt(format!(
                "the log counts {sequence} entries and ends after {}: the last ones are missing",
                link.sequence
            )));
        }
        Ok(Verified { entries: sequence, head: hash, erased })
    }
}

/// How far a chain is verified.
struct Link {
    sequence: i64,
    hash: String,
}

impl Link {
    fn joined(self, exported: &Exported) -> std::result::Result<Self, String> {
        let entry = &exported.entry;
        if entry.sequence != self.sequence + 1 {
            return Err(format!("entry {} is missing", self.sequence + 1));
        }
        if entry.previous != self.hash {
            return Err(format!("entry {} does not follow the one before it", entry.sequence));
        }
        sound(exported)?;
        Ok(Self { sequence: entry.sequence, hash: entry.hash.clone() })
    }
}

/// Whether an entry and its words are what its hash says.
fn sound(exported: &Exported) -> std::result::Result<(), String> {
    let Exported { entry, words } = exported;
    if entry.computed() != entry.hash {
        return Err(format!("entry {} was changed", entry.sequence));
    }
    let digest = words.as_ref().map(|words| Digest::of(words.as_bytes()).as_str().to_owned());
    match (&entry.payload, digest) {
        (None, Some(_)) => Err(format!("entry {} has words that it does not name", entry.sequence)),
        (Some(named), Some(found)) if *named != found => {
            Err(format!("the words of entry {} were changed", entry.sequence))
        }
        _ => Ok(()),
    }
}

/// Verifies an export of one interview without any database: its entries, their words, and that none is missing between
/// them.
///
/// # Errors
/// What is wrong with the first entry that is not as it was.
pub fn verify_export(entries: &[Exported]) -> std::result::Result<Verified, String> {
    let mut head = START.to_owned();
    let mut erased = 0;
    let interview = entries.first().and_then(|first| first.entry.interview.clone());
    for exported in entries {
        sound(exported)?;
        let entry = &exported.entry;
        if entry.interview != interview || entry.thread.as_deref() != Some(head.as_str()) {
            return Err(format!("entry {} does not follow the one before it", entry.sequence));
        }
        erased += i64::from(entry.payload.is_some() && exported.words.is_none());
        head.clone_from(&entry.hash);
    }
    Ok(Verified { entries: entries.len() as i64, head, erased })
}
