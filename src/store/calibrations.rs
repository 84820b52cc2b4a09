//! Calibrations of rubrics: what each said, and whose profile is used with which version of a rubric.

use super::audit::Event;
use super::{Result, Store, StoreError, Tx, get};
use serde::Serialize;
use serde_json::json;
use sqlx::any::AnyRow;
use utoipa::ToSchema;

/// A calibration, in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Calibration {
    /// Its id.
    pub id: String,
    /// The rubric's id.
    pub rubric: String,
    /// The version of the rubric, as in its file.
    pub number: String,
    /// The name of the eval set.
    pub eval_set: String,
    /// How many labelled answers it rests on.
    pub answers: i64,
    /// Whether the rubric can be switched on: `yes`, `no` or `cannot_say`.
    pub ready: String,
    /// The digest of its profile's file; of the report where it has no profile of its own.
    pub digest: String,
    /// Whether it has a profile that could be used: a run with a profile that was fitted before makes none.
    pub has_profile: bool,
    /// Whether its profile makes the suggestions of this version.
    pub is_used: bool,
    /// Who uploaded it.
    pub created_by: String,
    /// When.
    pub created_at: String,
}

impl Calibration {
    fn read(row: &AnyRow) -> Result<Self> {
        let id: String = get(row, "id")?;
        Ok(Self {
            rubric: get(row, "rubric_id")?,
            number: get(row, "number")?,
            eval_set: get(row, "eval_set")?,
            answers: get(row, "answers")?,
            ready: get(row, "ready")?,
            digest: get(row, "digest")?,
            has_profile: get::<i64>(row, "has_profile")? != 0,
            is_used: get::<Option<String>>(row, "used")?.as_ref() == Some(&id),
            created_by: get(row, "created_by")?,
            created_at: get(row, "created_at")?,
            id,
        })
    }

    /// Why its profile cannot make the suggestions of version `number` of `rubric`; `None` where it can.
    pub(crate) fn misfit(&self, rubric: &str, number: &str) -> Option<String> {
        if self.rubric != rubric || self.number != number {
            return Some(format!(
                "this calibration is of {} {}: calibrate {rubric} {number}",
                self.rubric, self.number
            ));
        }
        let none = "this calibration has no profile of its own: use the one that it was made with";
        (!self.has_profile).then(|| none.to_owned())
    }
}

/// A calibration that is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCalibration {
    /// The id of the version of the rubric.
    pub rubric_version: String,
    /// The name of the eval set.
    pub eval_set: String,
    /// How many labelled answers.
    pub answers: i64,
    /// `yes`, `no` or `cannot_say`.
    pub ready: String,
    /// The digest of the profile's file, or of the report.
    pub digest: String,
    /// The profile's file.
    pub profile: Option<String>,
    /// The report, without the words of answers.
    pub report: String,
}

/// The calibration that an evaluation is to be made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedCalibration<'a> {
    /// The one that is used with the version of the rubric, if one is.
    InUse,
    /// None.
    Without,
    /// The one with this id.
    This(&'a str),
}

// All but the two long texts.
const ENTRY: &str = "SELECT calibrations.id, calibrations.eval_set, calibrations.answers, calibrations.ready, \
                     calibrations.digest, calibrations.created_by, calibrations.created_at, \
                     CASE WHEN calibrations.profile = '' THEN 0 ELSE 1 END AS has_profile, \
                     rubric_versions.rubric_id, rubric_versions.number, rubric_versions.calibration_id AS used FROM calibrations \
                     JOIN rubric_versions ON rubric_versions.id = calibrations.rubric_version_id";

impl Store {
    /// The calibrations of a rubric, of all its versions, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn calibrations(&self, rubric: &str) -> Result<Vec<Calibration>> {
        let text = format!("{ENTRY} WHERE rubric_versions.rubric_id = $1 ORDER BY calibrations.id DESC");
        let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(rubric);
        query.fetch_all(&self.pool).await?.iter().map(Calibration::read).collect()
    }

    /// One calibration.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn calibration(&self, id: &str) -> Result<Calibration> {
        let query = sqlx::query(sqlx::AssertSqlSafe(format!("{ENTRY} WHERE calibrations.id = $1"))).bind(id);
        let row = query.fetch_optional(&self.pool).await?.ok_or(StoreError::Missing("calibration"))?;
        Calibration::read(&row)
    }

    /// The report of a calibration, as JSON text.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn calibration_report(&self, id: &str) -> Result<String> {
        let query = sqlx::query("SELECT report FROM calibrations WHERE id = $1").bind(id);
        let row = query.fetch_optional(&self.pool).await?.ok_or(StoreError::Missing("calibration"))?;
        get(&row, "report")
    }

    /// The file of a calibration's profile.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn profile_of(&self, calibration: &str) -> Result<String> {
        let query = sqlx::query("SELECT profile FROM calibrations WHERE id = $1").bind(calibration);
        get(&query.fetch_optional(&self.pool).await?.ok_or(StoreError::Missing("calibration"))?, "profile")
    }

    /// Keeps a calibration; the same one of the same version counts once. It is not used before somebody says so.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn add_calibration(&self, actor: &str, new: &NewCalibration) -> Result<Calibration> {
        let mut tx = self.begin().await?;
        let known = sqlx::query("SELECT id FROM calibrations WHERE rubric_version_id = $1 AND digest = $2")
            .bind(&new.rubric_version)
            .bind(&new.digest)
            .fetch_optional(&mut *tx.inner)
            .await?;
        if let Some(row) = known {
            let id: String = get(&row, "id")?;
            drop(tx);
            return self.calibration(&id).await;
        }
        let id = tx.edge.id();
        sqlx::query(
            "INSERT INTO calibrations (id, rubric_version_id, eval_set, answers, ready, digest, profile, report, \
             created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(&id)
        .bind(&new.rubric_version)
        .bind(&new.eval_set)
        .bind(new.answers)
        .bind(&new.ready)
        .bind(&new.digest)
        // None is kept as an empty text: the column was there before calibrations without a profile were.
        .bind(new.profile.as_deref().unwrap_or_default())
        .bind(&new.report)
        .bind(actor)
        .bind(tx.at.as_str())
        .execute(&mut *tx.inner)
        .await?;
        let facts = json!({"rubric_version": new.rubric_version, "profile": new.digest, "ready": new.ready});
        let subject = id.as_str();
        let action = "calibration.uploaded";
        tx.record(Event { actor, action, interview: None, subject, facts, payload: None }).await?;
        tx.commit().await?;
        self.calibration(&id).await
    }

    /// Has the profile of a calibration make the suggestions of the rubric's version that it belongs to, or with `None`
    /// none. `expected` is the version counter of the rubric.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Changed`]; [`StoreError::Refused`] for a calibration of another version or
    /// without a profile.
    pub async fn use_calibration(
        &self,
        actor: &str,
        rubric: &str,
        number: &str,
        expected: Option<i64>,
        calibration: Option<&str>,
    ) -> Result<()> {
        if let Some(id) = calibration
            && let Some(why) = self.calibration(id).await?.misfit(rubric, number)
        {
            return Err(StoreError::Refused(why));
        }
        let mut tx = self.begin().await?;
        let changed =
            sqlx::query("UPDATE rubrics SET version = version + 1 WHERE id = $1 AND version = COALESCE($2, version)")
                .bind(rubric)
                .bind(expected)
                .execute(&mut *tx.inner)
                .await?;
        if changed.rows_affected() == 0 {
            drop(tx);
            self.rubric(rubric).await?;
            return Err(StoreError::Changed);
        }
        let set = sqlx::query("UPDATE rubric_versions SET calibration_id = $1 WHERE rubric_id = $2 AND number = $3")
            .bind(calibration)
            .bind(rubric)
            .bind(number)
            .execute(&mut *tx.inner)
            .await?;
        if set.rows_affected() == 0 {
            return Err(StoreError::Missing("rubric version"));
        }
        let facts = json!({"number": number, "calibration": calibration});
        tx.record(Event { actor, action: "calibration.used", interview: None, subject: rubric, facts, payload: None })
            .await?;
        tx.commit().await
    }
}

impl Tx {
    /// The id of the calibration that is asked for.
    pub(super) async fn calibration_for(
        &mut self,
        version: &str,
        asked: AskedCalibration<'_>,
    ) -> Result<Option<String>> {
        match asked {
            AskedCalibration::Without => Ok(None),
            AskedCalibration::This(id) => Ok(Some(id.to_owned())),
            AskedCalibration::InUse => {
                let query = sqlx::query("SELECT calibration_id FROM rubric_versions WHERE id = $1").bind(version);
                let row = query.fetch_optional(&mut *self.inner).await?;
                row.map_or(Ok(None), |row| get(&row, "calibration_id"))
            }
        }
    }
}
