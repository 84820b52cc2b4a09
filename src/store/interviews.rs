//! Interviews: the transcript as it came, what the parser made of it, who may see it, and where it is.

use super::audit::Event;
use super::calibrations::AskedCalibration;
use super::evaluations::Asked;
use super::{Moment, Result, Store, StoreError, Tx, get, json as read_json, words};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use std::fmt::Write as _;
use utoipa::ToSchema;

words! {
    /// Where an interview is.
    InterviewStatus {
        /// It may not be evaluated before the candidate's consent is noted.
        AwaitingConsent = "awaiting_consent",
        /// An evaluation is queued or running.
        Evaluating = "evaluating",
        /// There is a finished evaluation.
        Evaluated = "evaluated",
        /// The last evaluation failed.
        Failed = "failed",
        /// The only evaluation was called off.
        Cancelled = "cancelled",
        /// What the candidate said is gone for good.
        Erased = "erased",
    }
}

/// An interview without its transcript.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Interview {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The candidate's name, as the uploader gave it.
    pub candidate: Option<String>,
    /// The rubric's id.
    pub rubric: String,
    /// Where it is.
    pub status: InterviewStatus,
    /// The digest of the transcript file.
    pub digest: String,
    /// Its format.
    pub format: String,
    /// Its length in bytes.
    pub bytes: i64,
    /// Its utterances.
    pub utterances: i64,
    /// What the parser read, dropped and noted.
    #[schema(value_type = Object)]
    pub parse_report: Value,
    /// The speaker who is the candidate, where that was set.
    pub speaker: Option<String>,
    /// Where the interview was held, for rules of retention.
    pub place: Option<String>,
    /// The candidate's consent, in the operator's words.
    pub consent: Option<String>,
    /// When it is to be erased.
    pub keep_until: Option<String>,
    /// Whether a legal hold keeps it from being erased.
    pub is_held: bool,
    /// When it was erased.
    pub erased_at: Option<String>,
    /// Who uploaded it.
    pub created_by: String,
    /// When.
    pub created_at: String,
    /// Counts changes; the `ETag`.
    pub version: i64,
}

impl Interview {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: get(row, "id")?,
            title: get(row, "title")?,
            candidate: get(row, "candidate")?,
            rubric: get(row, "rubric_id")?,
            status: InterviewStatus::read(row, "status")?,
            digest: get(row, "digest")?,
            format: get(row, "format")?,
            bytes: get(row, "bytes")?,
            utterances: get(row, "utterances")?,
            parse_report: read_json(row, "parse_report")?,
            speaker: get(row, "speaker")?,
            place: get(row, "place")?,
            consent: get(row, "consent")?,
            keep_until: get(row, "keep_until")?,
            is_held: get::<i64>(row, "is_held")? != 0,
            erased_at: get(row, "erased_at")?,
            created_by: get(row, "created_by")?,
            created_at: get(row, "created_at")?,
            version: get(row, "version")?,
        })
    }
}

/// What the parser made of a transcript.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The digest of the file.
    pub digest: String,
    /// Its format.
    pub format: String,
    /// Its utterances.
    pub utterances: usize,
    /// The parse report.
    pub report: Value,
}

/// An interview that is uploaded.
#[derive(Debug, Clone)]
pub struct NewInterview {
    /// Its title.
    pub title: String,
    /// The candidate's name.
    pub candidate: Option<String>,
    /// The rubric's id.
    pub rubric: String,
    /// The version of it that is active.
    pub rubric_version: String,
    /// How many questions that has.
    pub questions: usize,
    /// The speaker who is the candidate.
    pub speaker: Option<String>,
    /// Where it was held.
    pub place: Option<String>,
    /// The candidate's consent.
    pub consent: Option<String>,
    /// Whether it is evaluated at once; otherwise it waits for consent.
    pub begins: bool,
    /// The transcript file.
    pub content: Vec<u8>,
    /// What the parser made of it.
    pub parsed: Stored,
}

/// A request that may be sent twice and counts once.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The key that the client chose.
    pub key: String,
    /// The digest of the request.
    pub request: String,
}

/// Whether an upload was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// It was.
    New,
    /// The same request was answered before; nothing was done now.
    Again,
}

/// An upload that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The interview's id.
    pub interview: String,
    /// Whether it was new.
    pub replay: Replay,
}

/// Which interviews are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In this state.
    pub status: Option<InterviewStatus>,
    /// Of this rubric.
    pub rubric: Option<String>,
    /// Uploaded by this person.
    pub uploader: Option<String>,
    /// Assigned to this person.
    pub assigned: Option<String>,
    /// Uploaded at this moment or later.
    pub from: Option<Moment>,
    /// Uploaded before this moment.
    pub to: Option<Moment>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Page {
    /// The interviews, newest first.
    pub items: Vec<Interview>,
    /// What to pass as `after` for the next page; `null` at the end.
    pub next: Option<String>,
}

/// Where a question was asked and answered, as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanMove {
    /// The question's id.
    pub question: String,
    /// Utterances that ask it.
    pub asked_at: Vec<usize>,
    /// The candidate's utterances that answer it.
    pub answer: Vec<usize>,
}

/// What may be changed about an interview; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct InterviewChange {
    /// Its title.
    pub title: Option<String>,
    /// The candidate's name.
    pub candidate: Option<String>,
    /// The speaker who is the candidate.
    pub speaker: Option<String>,
    /// Where it was held.
    pub place: Option<String>,
    /// The candidate's consent.
    pub consent: Option<String>,
    /// What a new reading of the file gave.
    pub parsed: Option<Stored>,
}

impl Store {
    /// Stores an interview with its transcript, its job and its entry in the log, or nothing.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the key was used for another request.
    pub async fn upload(&self, actor: &str, new: &NewInterview, kept: Option<&Kept>) -> Result<Uploaded> {
        let mut tx = self.begin().await?;
        let id = tx.edge.id();
        if let Some(kept) = kept
            && let Some(interview) = tx.claim(actor, kept, &id).await?
        {
            return Ok(Uploaded { interview, replay: Replay::Again });
        }
        tx.insert_interview(actor, &id, new).await?;
        tx.record(Event {
            actor,
            action: "interview.uploaded",
            interview: Some(&id),
            subject: &id,
            facts: json!({
                "transcript": new.parsed.digest,
                "format": new.parsed.format,
                "bytes": new.content.len(),
                "utterances": new.parsed.utterances,
                "rubric": new.rubric,
                "consent": new.consent.is_some(),
            }),
            payload: Some(json!({"title": new.title, "report": new.parsed.report}).to_string()),
        })
        .await?;
        tx.assign(&id, actor).await?;
        if new.begins {
            tx.add_evaluation(&Asked {
                actor,
                interview: &id,
                version: &new.rubric_version,
                questions: new.questions as i64,
                speaker: new.speaker.as_deref(),
                judge: None,
                calibration: AskedCalibration::InUse,
                keeps: None,
            })
            .await?;
        }
        tx.commit().await?;
        Ok(Uploaded { interview: id, replay: Replay::New })
    }

    /// One interview.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn interview(&self, id: &str) -> Result<Interview> {
        let query = sqlx::query("SELECT * FROM interviews WHERE id = $1").bind(id);
        Interview::read(&query.fetch_optional(&self.pool).await?.ok_or(StoreError::Missing("interview"))?)
    }

    /// The transcript file as it came.
    ///
    /// # Errors
    /// [`StoreError::Missing`], also after it was erased.
    pub async fn transcript(&self, id: &str) -> Result<Vec<u8>> {
        let query = sqlx::query("SELECT content FROM transcripts WHERE interview_id = $1").bind(id);
        get(&query.fetch_optional(&self.pool).await?.ok_or(StoreError::Missing("transcript"))?, "content")
    }

    /// A page of interviews, newest first, after the one with the id `after`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn interviews(&self, filter: &Filter, after: Option<&str>, size: usize) -> Result<Page> {
        // Conditions are added as needed: an index is of no use to `column = $1 OR $1 IS NULL`.
        let to = filter.to.as_ref().map(Moment::first_id);
        let before = match (after, to.as_deref()) {
            (Some(after), Some(to)) => after.min(to),
            (one, other) => one.or(other).unwrap_or("g"),
        };
        let (mut values, mut conditions) = (vec![before.to_owned()], String::new());
        let mut add = |column: &str, value: Option<String>| {
            if let Some(value) = value {
                values.push(value);
                // Writing to a String cannot fail.
                let _ = write!(conditions, " AND {column} ${}", values.len());
            }
        };
        add("interviews.status =", filter.status.map(|status| status.word().to_owned()));
        add("interviews.rubric_id =", filter.rubric.clone());
        add("interviews.created_by =", filter.uploader.clone());
        add("assignments.person_id =", filter.assigned.clone());
        add("interviews.id >=", filter.from.as_ref().map(Moment::first_id));
        let (tables, id) = match filter.assigned {
            Some(_) => {
                ("assignments JOIN interviews ON interviews.id = assignments.interview_id", "assignments.interview_id")
            }
            None => ("interviews", "interviews.id"),
        };
        let text = format!(
            "SELECT interviews.* FROM {tables} WHERE {id} < $1{conditions} ORDER BY {id} DESC LIMIT {}",
            size + 1
        );
        let mut query = sqlx::query(AssertSqlSafe(text));
        for value in values {
            query = query.bind(value);
        }
        let rows = query.fetch_all(&self.pool).await?;
        let mut items = rows.iter().map(Interview::read).collect::<Result<Vec<_>>>()?;
        let more = items.len() > size;
        items.truncate(size);
        let next = if more { items.last().map(|last| last.id.clone()) } else { None };
        Ok(Page { items, next })
    }

    /// Whether a person is assigned to an interview.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn is_assigned(&self, interview: &str, person: &str) -> Result<bool> {
        let query = sqlx::query("SELECT 1 AS one FROM assignments WHERE person_id = $1 AND interview_id = $2")
            .bind(person)
            .bind(interview);
        Ok(query.fetch_optional(&self.pool).await?.is_some())
    }

    /// Who is assigned to an interview.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn assigned(&self, interview: &str) -> Result<Vec<String>> {
        let query = sqlx::query("SELECT person_id FROM assignments WHERE interview_id = $1 ORDER BY person_id");
        let rows = query.bind(interview).fetch_all(&self.pool).await?;
        rows.iter().map(|row| get(row, "person_id")).collect()
    }

    /// The interviews that a person is assigned to.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn assignments(&self, person: &str) -> Result<Vec<String>> {
        let query = sqlx::query("SELECT interview_id FROM assignments WHERE person_id = $1 ORDER BY interview_id");
        let rows = query.bind(person).fetch_all(&self.pool).await?;
        rows.iter().map(|row| get(row, "interview_id")).collect()
    }

    /// Sets exactly who is assigned to an interview.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the interview or one of the people does not exist.
    pub async fn set_assigned(&self, actor: &str, interview: &str, people: &[String]) -> Result<()> {
        self.interview(interview).await?;
        for person in people {
            self.person(person).await?;
        }
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM assignments WHERE interview_id = $1").bind(interview).execute(&mut *tx.inner).await?;
        for person in people {
            tx.assign(interview, person).await?;
        }
        let facts = json!({"people": people});
        let event = Event {
            actor,
            action: "interview.assigned",
            interview: Some(interview),
            subject: interview,
            facts,
            payload: None,
        };
        tx.record(event).await?;
        tx.commit().await
    }

    /// Changes what may be changed about an interview.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Changed`].
    pub async fn set_interview(
        &self,
        actor: &str,
        id: &str,
        expected: Option<i64>,
        change: &InterviewChange,
    ) -> Result<Interview> {
        let known = self.interview(id).await?;
        let mut tx = self.begin().await?;
        tx.refuse_erased(id).await?;
        let parsed = change.parsed.as_ref();
        let changed = sqlx::query(
            "UPDATE interviews SET version = version + 1, title = COALESCE($1, title), \
             candidate = COALESCE($2, candidate), speaker = COALESCE($3, speaker), place = COALESCE($4, place), \
             consent = COALESCE($5, consent), parse_report = COALESCE($6, parse_report), \
             utterances = COALESCE($7, utterances), format = COALESCE($8, format) WHERE id = $9 AND version = $10 AND erased_at IS NULL",
        )
        .bind(&change.title)
        .bind(&change.candidate)
        .bind(&change.speaker)
        .bind(&change.place)
        .bind(&change.consent)
        .bind(parsed.map(|parsed| parsed.report.to_string()))
        .bind(parsed.map(|parsed| parsed.utterances as i64))
        .bind(parsed.map(|parsed| parsed.format.clone()))
        .bind(id)
        .bind(expected.unwrap_or(known.version))
        .execute(&mut *tx.inner)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::Changed);
        }
        let set = |is: bool, name: &'static str| is.then_some(name);
        let names: Vec<&str> = [
            set(change.title.is_some(), "title"),
            set(change.candidate.is_some(), "candidate"),
            set(change.speaker.is_some(), "speaker"),
            set(change.place.is_some(), "place"),
            set(change.consent.is_some(), "consent"),
            set(parsed.is_some(), "parse_report"),
        ]
        .into_iter()
        .flatten()
        .collect();
        let words = json!({"title": change.title, "candidate": change.candidate, "speaker": change.speaker});
        tx.record(Event {
            actor,
            action: "interview.changed",
            interview: Some(id),
            subject: id,
            facts: json!({"changed": names}),
            payload: Some(words.to_string()),
        })
        .await?;
        tx.commit().await?;
        self.interview(id).await
    }

    /// Moves the span of one question and asks for an evaluation that scores only that question anew.
    ///
    /// # Errors
    /// [`StoreError::Changed`], [`StoreError::Refused`] when no evaluation is finished or one is under way.
    pub async fn move_span(
        &self,
        actor: &str,
        interview: &str,
        expected: Option<i64>,
        moved: &SpanMove,
    ) -> Result<String> {
        let last = self.latest_evaluation(interview).await?;
        let version = self.rubric_version(&last.rubric_version).await?;
        let mut tx = self.begin().await?;
        tx.refuse_second(interview).await?;
        let changed = sqlx::query(
            "UPDATE interviews SET version = version + 1 WHERE id = $1 AND version = COALESCE($2, version)",
        )
        .bind(interview)
        .bind(expected)
        .execute(&mut *tx.inner)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::Changed);
        }
        let numbers = |given: &[usize]| json!(given).to_string();
        sqlx::query(
            "INSERT INTO spans (interview_id, rubric_id, question_id, asked_at, answer, moved_by, moved_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (interview_id, rubric_id, question_id) \
             DO UPDATE SET asked_at = excluded.asked_at, answer = excluded.answer, moved_by = excluded.moved_by, \
             moved_at = excluded.moved_at",
        )
        .bind(interview)
        .bind(&version.rubric)
        .bind(&moved.question)
        .bind(numbers(&moved.asked_at))
        .bind(numbers(&moved.answer))
        .bind(actor)
        .bind(tx.at.as_str())
        .execute(&mut *tx.inner)
        .await?;
        let facts = json!({"question": moved.question, "asked_at": moved.asked_at, "answer": moved.answer});
        let subject = interview;
        let event = Event { actor, action: "span.moved", interview: Some(interview), subject, facts, payload: None };
        tx.record(event).await?;
        let asked = Asked {
            actor,
            interview,
            version: &last.rubric_version,
            questions: last.questions,
            speaker: last.speaker.as_deref(),
            judge: last.judge,
            calibration: last.calibration.as_deref().map_or(AskedCalibration::Without, AskedCalibration::This),
            keeps: Some((&last.id, &moved.question)),
        };
        let id = tx.add_evaluation(&asked).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The spans that people have moved.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn moved_spans(&self, interview: &str, rubric: &str) -> Result<Vec<SpanMove>> {
        let rows = sqlx::query("SELECT * FROM spans WHERE interview_id = $1 AND rubric_id = $2 ORDER BY question_id")
            .bind(interview)
            .bind(rubric)
            .fetch_all(&self.pool)
            .await?;
        let one = |row: &AnyRow| {
            Ok(SpanMove {
                question: get(row, "question_id")?,
                asked_at: read_json(row, "asked_at")?,
                answer: read_json(row, "answer")?,
            })
        };
        rows.iter().map(one).collect()
    }

    /// How many interviews there are in each state.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn interview_counts(&self) -> Result<Vec<(InterviewStatus, i64)>> {
        let rows =
            sqlx::query("SELECT status, COUNT(*) AS n FROM interviews GROUP BY status").fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((InterviewStatus::read(row, "status")?, get(row, "n")?))).collect()
    }
}

impl Tx {
    /// Takes a key for `interview`, or gives the interview that it was taken for. The row is written first: of two
    /// requests at the same time one waits here for the other.
    async fn claim(&mut self, actor: &str, kept: &Kept, interview: &str) -> Result<Option<String>> {
        let written = sqlx::query(
            "INSERT INTO idempotency_keys (person_id, idempotency_key, request, answer, created_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (person_id, idempotency_key) DO NOTHING",
        )
        .bind(actor)
        .bind(&kept.key)
        .bind(&kept.request)
        .bind(interview)
        .bind(self.at.as_str())
        .execute(&mut *self.inner)
        .await?;
        if written.rows_affected() == 1 {
            return Ok(None);
        }
        let row =
            sqlx::query("SELECT request, answer FROM idempotency_keys WHERE person_id = $1 AND idempotency_key = $2")
                .bind(actor)
                .bind(&kept.key)
                .fetch_one(&mut *self.inner)
                .await?;
        if get::<String>(&row, "request")? != kept.request {
            return Err(StoreError::Refused(
                "this Idempotency-Key was used for another upload: choose a new one".into(),
            ));
        }
        get(&row, "answer").map(Some)
    }

    async fn insert_interview(&mut self, actor: &str, id: &str, new: &NewInterview) -> Result<()> {
        let status = if new.begins { InterviewStatus::Evaluating } else { InterviewStatus::AwaitingConsent };
        sqlx::query(
            "INSERT INTO interviews (id, title, candidate, rubric_id, status, digest, format, bytes, utterances, \
             parse_report, speaker, place, consent, is_held, created_by, created_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15, 1)",
        )
        .bind(id)
        .bind(&new.title)
        .bind(&new.candidate)
        .bind(&new.rubric)
        .bind(status.word())
        .bind(&new.parsed.digest)
        .bind(&new.parsed.format)
        .bind(new.content.len() as i64)
        .bind(new.parsed.utterances as i64)
        .bind(new.parsed.report.to_string())
        .bind(&new.speaker)
        .bind(&new.place)
        .bind(&new.consent)
        .bind(actor)
        .bind(self.at.as_str())
        .execute(&mut *self.inner)
        .await?;
        sqlx::query("INSERT INTO transcripts (interview_id, content) VALUES ($1, $2)")
            .bind(id)
            .bind(new.content.clone())
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    async fn assign(&mut self, interview: &str, person: &str) -> Result<()> {
        sqlx::query(
            "INSERT INTO assignments (person_id, interview_id, created_at) VALUES ($1, $2, $3) \
             ON CONFLICT (person_id, interview_id) DO NOTHING",
        )
        .bind(person)
        .bind(interview)
        .bind(self.at.as_str())
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }
}
