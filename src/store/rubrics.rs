//! Rubrics in use: each version as the file that was uploaded, and which of them is active.

use super::audit::Event;
use super::reviews::Mode;
use super::{Result, Store, StoreError, get};
use serde::Serialize;
use serde_json::json;
use sqlx::any::AnyRow;
use utoipa::ToSchema;

/// A rubric, in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RubricEntry {
    /// Its id, as in its file.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether interviewers see the suggestion before they score.
    pub mode: Mode,
    /// The version that interviews are evaluated with.
    pub active_version: Option<String>,
    /// Days for which interviews are kept; for ever where it is `null` or 0.
    pub retention_days: Option<i64>,
    /// Counts changes; the `ETag`.
    pub version: i64,
    /// When its first version was uploaded.
    pub created_at: String,
}

impl RubricEntry {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: get(row, "id")?,
            title: get(row, "title")?,
            mode: Mode::read(row, "mode")?,
            active_version: get(row, "number")?,
            retention_days: get(row, "retention_days")?,
            version: get(row, "version")?,
            created_at: get(row, "created_at")?,
        })
    }
}

/// One version of a rubric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RubricVersion {
    /// Its id.
    pub id: String,
    /// The rubric's id.
    pub rubric: String,
    /// The version, as in the file.
    pub number: String,
    /// The digest of what it says.
    pub digest: String,
    /// The file as it was uploaded.
    pub source: String,
    /// Who uploaded it.
    pub created_by: String,
    /// When.
    pub created_at: String,
}

impl RubricVersion {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: get(row, "id")?,
            rubric: get(row, "rubric_id")?,
            number: get(row, "number")?,
            digest: get(row, "digest")?,
            source: get(row, "source")?,
            created_by: get(row, "created_by")?,
            created_at: get(row, "created_at")?,
        })
    }
}

const ENTRY: &str = "SELECT rubrics.*, rubric_versions.number AS number FROM rubrics LEFT JOIN rubric_versions \
                     ON rubric_versions.id = rubrics.active_version_id";

impl Store {
    /// All rubrics, by id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rubrics(&self) -> Result<Vec<RubricEntry>> {
        let query = sqlx::query(sqlx::AssertSqlSafe(format!("{ENTRY} ORDER BY rubrics.id")));
        query.fetch_all(&self.pool).await?.iter().map(RubricEntry::read).collect()
    }

    /// One rubric.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn rubric(&self, id: &str) -> Result<RubricEntry> {
        let query = sqlx::query(sqlx::AssertSqlSafe(format!("{ENTRY} WHERE rubrics.id = $1"))).bind(id);
        let row = query.fetch_optional(&self.pool).await?.ok_or(StoreError::Missing("rubric"))?;
        RubricEntry::read(&row)
    }

    /// The versions of a rubric, newest first.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such rubric.
    pub async fn rubric_versions(&self, id: &str) -> Result<Vec<RubricVersion>> {
        let rows = sqlx::query("SELECT * FROM rubric_versions WHERE rubric_id = $1 ORDER BY id DESC")
            .bind(id)
            .fetch_all(&self.pool)
            .await?;
        if rows.is_empty() {
            return Err(StoreError::Missing("rubric"));
        }
        rows.iter().map(RubricVersion::read).collect()
    }

    /// One version of a rubric, by its number.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn numbered_version(&self, rubric: &str, number: &str) -> Result<RubricVersion> {
        let query = sqlx::query("SELECT * FROM rubric_versions WHERE rubric_id = $1 AND number = $2");
        let row = query.bind(rubric).bind(number).fetch_optional(&self.pool).await?;
        RubricVersion::read(&row.ok_or(StoreError::Missing("rubric version"))?)
    }

    /// One version, by its own id.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn rubric_version(&self, id: &str) -> Result<RubricVersion> {
        let query = sqlx::query("SELECT * FROM rubric_versions WHERE id = $1").bind(id);
        let row = query.fetch_optional(&self.pool).await?.ok_or(StoreError::Missing("rubric version"))?;
        RubricVersion::read(&row)
    }

    /// The version of a rubric that interviews are evaluated with.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Refused`] when none is active.
    pub async fn active_version(&self, rubric: &str) -> Result<RubricVersion> {
        let query = sqlx::query(
            "SELECT rubric_versions.* FROM rubrics LEFT JOIN rubric_versions \
             ON rubric_versions.id = rubrics.active_version_id WHERE rubrics.id = $1",
        )
        .bind(rubric);
        let row = query.fetch_optional(&self.pool).await?.ok_or(StoreError::Missing("rubric"))?;
        match get::<Option<String>>(&row, "id")? {
            Some(_) => RubricVersion::read(&row),
            None => Err(StoreError::Refused(format!("no version of the rubric {rubric} is active: activate one"))),
        }
    }

    /// Keeps a version of a rubric; the first of a rubric becomes active.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when this version is kept already with other words: a version never changes.
    pub async fn add_rubric(&self, actor: &str, rubric: &crate::domain::Rubric, source: &str) -> Result<RubricVersion> {
        let mut tx = self.begin().await?;
        let digest = rubric.digest();
        let known = sqlx::query("SELECT * FROM rubric_versions WHERE rubric_id = $1 AND number = $2")
            .bind(&rubric.id)
            .bind(&rubric.version)
            .fetch_optional(&mut *tx.inner)
            .await?;
        if let Some(row) = known {
            let known = RubricVersion::read(&row)?;
            if known.digest == digest.as_str() {
                return Ok(known);
            }
            let (id, number) = (&rubric.id, &rubric.version);
            let what = format!("version {number} of {id} is kept already and says something else: raise the version");
            return Err(StoreError::Refused(what));
        }
        let added = RubricVersion {
            id: tx.edge.id(),
            rubric: rubric.id.clone(),
            number: rubric.version.clone(),
            digest: digest.as_str().to_owned(),
            source: source.to_owned(),
            created_by: actor.to_owned(),
            created_at: tx.at.as_str().to_owned(),
        };
        sqlx::query(
            "INSERT INTO rubrics (id, title, mode, active_version_id, retention_days, version, created_at) \
             VALUES ($1, $2, $3, $4, NULL, 1, $5) ON CONFLICT (id) DO UPDATE SET version = rubrics.version + 1",
        )
        .bind(&rubric.id)
        .bind(&rubric.title)
        .bind(Mode::Assisted.word())
        .bind(&added.id)
        .bind(&added.created_at)
        .execute(&mut *tx.inner)
        .await?;
        sqlx::query(
            "INSERT INTO rubric_versions (id, rubric_id, number, digest, source, created_by, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&added.id)
        .bind(&added.rubric)
        .bind(&added.number)
        .bind(&added.digest)
        .bind(&added.source)
        .bind(&added.created_by)
        .bind(&added.created_at)
        .execute(&mut *tx.inner)
        .await?;
        let facts = json!({"rubric": added.rubric, "version": added.number, "digest": added.digest});
        let subject = added.id.as_str();
        tx.record(Event { actor, action: "rubric.uploaded", interview: None, subject, facts, payload: None }).await?;
        tx.commit().await?;
        Ok(added)
    }

    /// Sets which version is active, its mode of review, and for how many days its interviews are kept (0 for ever); what
    /// is left out stays.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Changed`].
    pub async fn set_rubric(
        &self,
        actor: &str,
        id: &str,
        expected: Option<i64>,
        number: Option<&str>,
        mode: Option<Mode>,
        days: Option<i64>,
    ) -> Result<RubricEntry> {
        let known = self.rubric(id).await?;
        let version = match number {
            None => None,
            Some(number) => Some(self.numbered_version(id, number).await?),
        };
        let mut tx = self.begin().await?;
        let changed = sqlx::query(
            "UPDATE rubrics SET version = version + 1, mode = $1, active_version_id = COALESCE($2, active_version_id), \
             retention_days = COALESCE($5, retention_days) WHERE id = $3 AND version = $4",
        )
        .bind(mode.unwrap_or(known.mode).word())
        .bind(version.as_ref().map(|version| version.id.as_str()))
        .bind(id)
        .bind(expected.unwrap_or(known.version))
        .bind(days)
        .execute(&mut *tx.inner)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::Changed);
        }
        let facts = json!({"active": version.as_ref().map(|v| &v.number), "mode": mode, "retention_days": days});
        tx.record(Event { actor, action: "rubric.set", interview: None, subject: id, facts, payload: None }).await?;
        tx.commit().await?;
        self.rubric(id).await
    }
}
