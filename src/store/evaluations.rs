//! Evaluations: asked for, filled question by question, finished. A finished question is never written again; asking anew
//! makes a new evaluation, and the ones before stay.

use super::audit::Event;
use super::calibrations::AskedCalibration;
use super::jobs::{JobKind, JobState, Taken};
use super::{Result, Store, StoreError, Tx, get, json as read_json, to_json, words};
use crate::domain::Digest;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use utoipa::ToSchema;

words! {
    /// Where an evaluation is.
    EvaluationState {
        /// Waits for a worker.
        Queued = "queued",
        /// A worker has it.
        Running = "running",
        /// All questions are finished.
        Finished = "finished",
        /// It could not be made; `failure` says why.
        Failed = "failed",
        /// A person called it off.
        Cancelled = "cancelled",
    }
}

words! {
    /// A judge, as an evaluation asks for it.
    AskedJudge {
        /// The entailment model inside the program.
        Local = "local",
        /// The chat model that is set.
        Openai = "openai",
    }
}

/// An evaluation without its questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EvaluationHead {
    /// Its id.
    pub id: String,
    /// The interview's id.
    pub interview: String,
    /// The id of the version of the rubric it is made with.
    pub rubric_version: String,
    /// Where it is.
    pub state: EvaluationState,
    /// Questions in the rubric.
    pub questions: i64,
    /// Questions that are finished.
    pub finished: i64,
    /// Who is taken for the candidate, where that was set.
    pub speaker: Option<String>,
    /// The judge that was asked for; the service's own where it is `null`.
    pub judge: Option<AskedJudge>,
    /// The calibration whose profile it is made with.
    pub calibration: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
    /// The evaluation whose finished questions it began with.
    pub replaces: Option<String>,
    /// Who asked for it.
    pub created_by: String,
    /// When.
    pub created_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// What it was made of and with; JSON.
    #[serde(skip)]
    pub head: Option<String>,
    /// Competencies and the whole; JSON.
    #[serde(skip)]
    pub summary: Option<String>,
}

impl EvaluationHead {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: get(row, "id")?,
            interview: get(row, "interview_id")?,
            rubric_version: get(row, "rubric_version_id")?,
            state: EvaluationState::read(row, "state")?,
            questions: get(row, "questions")?,
            finished: get(row, "finished")?,
            speaker: get(row, "speaker")?,
            judge: match get::<Option<String>>(row, "judge")? {
                Some(_) => Some(AskedJudge::read(row, "judge")?),
                None => None,
            },
            calibration: get(row, "calibration_id")?,
            failure: get(row, "failure")?,
            replaces: get(row, "replaces")?,
            created_by: get(row, "created_by")?,
            created_at: get(row, "created_at")?,
            finished_at: get(row, "finished_at")?,
            head: get(row, "head")?,
            summary: get(row, "summary")?,
        })
    }
}

/// A question that a worker has finished.
#[derive(Debug, Clone)]
pub struct FinishedQuestion {
    /// Its place in the rubric, from 0.
    pub place: usize,
    /// Its id.
    pub question: String,
    /// The suggested score.
    pub score: Option<i32>,
    /// What the summary needs of it; JSON.
    pub outcome: Value,
    /// The result as it is shown; JSON.
    pub result: Value,
}

/// A finished question as it is stored.
#[derive(Debug, Clone)]
pub struct StoredQuestion {
    /// Its place in the rubric, from 0.
    pub place: usize,
    /// Its id.
    pub question: String,
    /// The suggested score.
    pub score: Option<i32>,
    /// What the summary needs of it.
    pub outcome: Value,
    /// The result as it is shown.
    pub result: Value,
}

/// What a worker saves at the end.
#[derive(Debug, Clone)]
pub struct Saved {
    /// What the evaluation was made of and with.
    pub head: Value,
    /// Competencies and the whole.
    pub summary: Value,
}

const HEAD: &str = "SELECT evaluations.*, (SELECT COUNT(*) FROM evaluation_questions WHERE evaluation_id = \
                    evaluations.id) AS finished FROM evaluations";

/// An evaluation that is asked for.
pub(super) struct Asked<'a> {
    pub actor: &'a str,
    pub interview: &'a str,
    pub version: &'a str,
    pub questions: i64,
    pub speaker: Option<&'a str>,
    /// The judge, where it is another than the service's own.
    pub judge: Option<AskedJudge>,
    /// The calibration whose profile is to be used.
    pub calibration: AskedCalibration<'a>,
    /// An evaluation whose finished questions stay, and the one question that does not.
    pub keeps: Option<(&'a str, &'a str)>,
}

impl Tx {
    /// Adds an evaluation with its job and gives its id.
    pub(super) async fn add_evaluation(&mut self, asked: &Asked<'_>) -> Result<String> {
        let id = self.edge.id();
        let calibration = self.calibration_for(asked.version, asked.calibration).await?;
        sqlx::query(
            "INSERT INTO evaluations (id, interview_id, rubric_version_id, state, questions, speaker, replaces, \
             created_by, created_at, judge, calibration_id) VALUES ($1, $2, $3, 'queued', $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(&id)
        .bind(asked.interview)
        .bind(asked.version)
        .bind(asked.questions)
        .bind(asked.speaker)
        .bind(asked.keeps.map(|(old, _)| old))
        .bind(asked.actor)
        .bind(self.at.as_str())
        .bind(asked.judge.map(AskedJudge::word))
        .bind(&calibration)
        .execute(&mut *self.inner)
        .await?;
        if let Some((old, question)) = asked.keeps {
            sqlx::query(
                "INSERT INTO evaluation_questions (evaluation_id, place, question_id, score, outcome, result, \
                 finished_at) SELECT $1, place, question_id, score, outcome, result, finished_at \
                 FROM evaluation_questions WHERE evaluation_id = $2 AND question_id <> $3",
            )
            .bind(&id)
            .bind(old)
            .bind(question)
            .execute(&mut *self.inner)
            .await?;
        }
        self.add_job(JobKind::Evaluate, &id, asked.interview).await?;
        sqlx::query("UPDATE interviews SET status = 'evaluating', version = version + 1 WHERE id = $1")
            .bind(asked.interview)
            .execute(&mut *self.inner)
            .await?;
        self.record(Event {
            actor: asked.actor,
            action: "evaluation.asked",
            interview: Some(asked.interview),
            subject: &id,
            facts: json!({
                "rubric_version": asked.version,
                "judge": asked.judge,
                "calibration": calibration,
                "keeps": asked.keeps.map(|(old, _)| old),
                "moved": asked.keeps.map(|(_, question)| question),
            }),
            payload: None,
        })
        .await?;
        Ok(id)
    }
}

impl Store {
    /// Asks for a new evaluation of an interview.
    ///
    /// # Errors
    /// [`StoreError::Refused`] while another one is under way.
    pub async fn ask_evaluation(
        &self,
        actor: &str,
        interview: &str,
        version: &str,
        questions: usize,
        judge: Option<AskedJudge>,
        calibration: AskedCalibration<'_>,
    ) -> Result<String> {
        let mut tx = self.begin().await?;
        tx.refuse_second(interview).await?;
        let row = sqlx::query("SELECT speaker FROM interviews WHERE id = $1")
            .bind(interview)
            .fetch_optional(&mut *tx.inner)
            .await?
            .ok_or(StoreError::Missing("interview"))?;
        let speaker: Option<String> = get(&row, "speaker")?;
        let questions = questions as i64;
        let speaker = speaker.as_deref();
        let asked = Asked { actor, interview, version, questions, speaker, judge, calibration, keeps: None };
        let id = tx.add_evaluation(&asked).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// An evaluation without its questions.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn evaluation(&self, id: &str) -> Result<EvaluationHead> {
        let query = sqlx::query(sqlx::AssertSqlSafe(format!("{HEAD} WHERE evaluations.id = $1"))).bind(id);
        let row = query.fetch_optional(&self.pool).await?.ok_or(StoreError::Missing("evaluation"))?;
        EvaluationHead::read(&row)
    }

    /// The evaluations of an interview, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn evaluations(&self, interview: &str) -> Result<Vec<EvaluationHead>> {
        let text = format!("{HEAD} WHERE interview_id = $1 ORDER BY evaluations.id DESC");
        let rows = sqlx::query(sqlx::AssertSqlSafe(text)).bind(interview).fetch_all(&self.pool).await?;
        rows.iter().map(EvaluationHead::read).collect()
    }

    /// The newest finished evaluation of an interview.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when there is none.
    pub async fn latest_evaluation(&self, interview: &str) -> Result<EvaluationHead> {
        let text =
            format!("{HEAD} WHERE interview_id = $1 AND state = 'finished' ORDER BY evaluations.id DESC LIMIT 1");
        let row = sqlx::query(sqlx::AssertSqlSafe(text)).bind(interview).fetch_optional(&self.pool).await?;
        let none = || StoreError::Refused("the interview has no finished evaluation yet".into());
        EvaluationHead::read(&row.ok_or_else(none)?)
    }

    /// The finished questions of an evaluation, in the order of the rubric.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn finished_questions(&self, evaluation: &str) -> Result<Vec<StoredQuestion>> {
        let rows = sqlx::query("SELECT * FROM evaluation_questions WHERE evaluation_id = $1 ORDER BY place")
            .bind(evaluation)
            .fetch_all(&self.pool)
            .await?;
        let one = |row: &AnyRow| {
            Ok(StoredQuestion {
                place: get::<i64>(row, "place")? as usize,
                question: get(row, "question_id")?,
                score: get::<Option<i64>>(row, "score")?.map(|score| score as i32),
                outcome: read_json(row, "outcome")?,
                result: read_json(row, "result")?,
            })
        };
        rows.iter().map(one).collect()
    }

    /// Saves finished questions, and with them that the worker is alive.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]: nothing was saved.
    pub async fn save_questions(&self, taken: &Taken, finished: &[FinishedQuestion]) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.hold(taken).await?;
        for question in finished {
            let result = question.result.to_string();
            sqlx::query(
                "INSERT INTO evaluation_questions (evaluation_id, place, question_id, score, outcome, result, \
                 finished_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(&taken.job.evaluation)
            .bind(question.place as i64)
            .bind(&question.question)
            .bind(question.score.map(i64::from))
            .bind(question.outcome.to_string())
            .bind(&result)
            .bind(tx.at.as_str())
            .execute(&mut *tx.inner)
            .await?;
            tx.record(Event {
                actor: "worker",
                action: "question.suggested",
                interview: Some(&taken.job.interview),
                subject: &taken.job.evaluation,
                facts: json!({"question": question.question, "score": question.score}),
                payload: Some(result),
            })
            .await?;
        }
        tx.commit().await
    }

    /// Finishes an evaluation and its job.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]: nothing was saved.
    pub async fn finish_evaluation(&self, taken: &Taken, saved: &Saved) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.hold(taken).await?;
        let (head, summary) = (to_json(&saved.head), to_json(&saved.summary));
        sqlx::query(
            "UPDATE evaluations SET state = 'finished', head = $1, summary = $2, finished_at = $3 WHERE id = $4",
        )
        .bind(&head)
        .bind(&summary)
        .bind(tx.at.as_str())
        .bind(&taken.job.evaluation)
        .execute(&mut *tx.inner)
        .await?;
        sqlx::query("UPDATE interviews SET status = 'evaluated', version = version + 1 WHERE id = $1")
            .bind(&taken.job.interview)
            .execute(&mut *tx.inner)
            .await?;
        tx.end_job(&taken.job.id, JobState::Done, None).await?;
        tx.record(Event {
            actor: "worker",
            action: "evaluation.finished",
            interview: Some(&taken.job.interview),
            subject: &taken.job.evaluation,
            facts: json!({
                "made_with": saved.head["made_with"],
                "rubric": saved.head["rubric"],
                "summary": Digest::of(summary.as_bytes()),
            }),
            payload: None,
        })
        .await?;
        tx.commit().await
    }

    /// Calls an evaluation off. A worker that has it writes nothing any more.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Refused`] when it has ended already.
    pub async fn cancel_evaluation(&self, actor: &str, id: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let row = sqlx::query("SELECT interview_id, state FROM evaluations WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut *tx.inner)
            .await?
            .ok_or(StoreError::Missing("evaluation"))?;
        let (interview, state): (String, _) = (get(&row, "interview_id")?, EvaluationState::read(&row, "state")?);
        let jobs = sqlx::query(
            "UPDATE jobs SET state = 'cancelled', finished_at = $1, lease_owner = NULL, lease_until = NULL \
             WHERE subject = $2 AND state IN ('queued', 'running')",
        )
        .bind(tx.at.as_str())
        .bind(id)
        .execute(&mut *tx.inner)
        .await?;
        if jobs.rows_affected() == 0 {
            return Err(StoreError::Refused(format!("the evaluation is {}: there is nothing to cancel", state.word())));
        }
        sqlx::query("UPDATE evaluations SET state = 'cancelled', finished_at = $1 WHERE id = $2")
            .bind(tx.at.as_str())
            .bind(id)
            .execute(&mut *tx.inner)
            .await?;
        // What was evaluated before stands.
        sqlx::query(
            "UPDATE interviews SET version = version + 1, status = CASE WHEN EXISTS (SELECT 1 FROM evaluations \
             WHERE interview_id = $1 AND state = 'finished') THEN 'evaluated' ELSE 'cancelled' END WHERE id = $1",
        )
        .bind(&interview)
        .execute(&mut *tx.inner)
        .await?;
        let interview = Some(interview.as_str());
        let event =
            Event { actor, action: "evaluation.cancelled", interview, subject: id, facts: json!({}), payload: None };
        tx.record(event).await?;
        tx.commit().await
    }
}

impl Tx {
    /// Refuses a second evaluation of an interview while one is under way.
    pub(super) async fn refuse_second(&mut self, interview: &str) -> Result<()> {
        // Writing the row, even with what it holds, makes a second request wait here until this one has ended.
        sqlx::query("UPDATE interviews SET version = version WHERE id = $1")
            .bind(interview)
            .execute(&mut *self.inner)
            .await?;
        self.refuse_erased(interview).await?;
        let row = sqlx::query(
            "SELECT COUNT(*) AS n FROM evaluations WHERE interview_id = $1 AND state IN ('queued', 'running')",
        )
        .bind(interview)
        .fetch_one(&mut *self.inner)
        .await?;
        match get::<i64>(&row, "n")? {
            0 => Ok(()),
            _ => Err(StoreError::Refused(
                "an evaluation of this interview is under way: wait for it or cancel it".into(),
            )),
        }
    }
}
