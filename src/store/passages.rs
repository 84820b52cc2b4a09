//! What candidates said, passage by passage: the words for those who search, and the vectors for an index of them. An index
//! is a copy that follows the numbers of passages and of removals; this is where it can be made anew from.

use super::evaluations::FinishedQuestion;
use super::jobs::Taken;
use super::{Result, Store, StoreError, Tx, get};
use serde::Serialize;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use utoipa::ToSchema;

/// Passages that one entry of the audit log can have.
const PART_BITS: u32 = 10;
/// Longest time for which a process keeps others from filling an index, in milliseconds.
const HOLD: i64 = 60_000;

/// A passage of an answer, before it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPassage {
    /// The utterance, from 0.
    pub utterance: usize,
    /// Its first character within the utterance.
    pub start: usize,
    /// One past its last.
    pub end: usize,
    /// When it was said.
    pub time_ms: Option<u64>,
    /// Exactly that slice.
    pub quote: String,
    /// Its direction, in bytes that the index understands.
    pub vector: Vec<u8>,
}

/// A passage with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Passage {
    /// Its number.
    #[serde(skip)]
    pub number: i64,
    /// The interview's id.
    pub interview: String,
    /// The evaluation that it was found with.
    pub evaluation: String,
    /// The rubric's id.
    pub rubric: String,
    /// The question's id.
    pub question: String,
    /// The score that was suggested for the answer.
    pub score: Option<i64>,
    /// The utterance, from 0.
    pub utterance: i64,
    /// Its first character within the utterance.
    pub start: i64,
    /// One past its last.
    pub end: i64,
    /// When it was said, in milliseconds.
    pub time_ms: Option<i64>,
    /// The candidate's words, as the transcript has them.
    pub quote: String,
}

/// A passage as an index wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassageVector {
    /// Its number.
    pub number: i64,
    /// The interview's id.
    pub interview: String,
    /// The rubric's id.
    pub rubric: String,
    /// The question's id.
    pub question: String,
    /// The score that was suggested.
    pub score: Option<i64>,
    /// Its direction.
    pub vector: Vec<u8>,
}

/// Passages that are no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassageRemoval {
    /// Only those with lower numbers.
    pub before: i64,
    /// The interview's id.
    pub interview: String,
    /// The question; all of them where it is `None`.
    pub question: Option<String>,
}

/// What happened after a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassageNews {
    /// What is gone.
    pub removed: Vec<PassageRemoval>,
    /// What is new.
    pub added: Vec<PassageVector>,
    /// Everything below this is known with these news.
    pub reached: i64,
    /// Whether there is nothing after that.
    pub is_all: bool,
}

impl Tx {
    /// The number of the first passage that belongs to the last entry of the audit log. That entry's row keeps other
    /// transactions from ending before this one, so numbers rise in the order in which they can be seen.
    async fn first_number(&mut self) -> Result<i64> {
        let row = sqlx::query("SELECT sequence FROM audit_head WHERE one = 1").fetch_one(&mut *self.inner).await?;
        Ok(get::<i64>(&row, "sequence")? << PART_BITS)
    }

    /// Stores the passages of an answer in the place of those that were known of it. Comes after the answer's entry in the
    /// audit log.
    pub(super) async fn put_passages(&mut self, taken: &Taken, finished: &FinishedQuestion) -> Result<()> {
        let interview = taken.job.interview.as_str();
        let number = self.first_number().await?;
        let known = sqlx::query("DELETE FROM passages WHERE interview_id = $1 AND question_id = $2")
            .bind(interview)
            .bind(&finished.question)
            .execute(&mut *self.inner)
            .await?;
        if known.rows_affected() > 0 {
            self.remove_from_indexes(number, interview, Some(&finished.question)).await?;
        }
        let row = sqlx::query("SELECT rubric_id FROM interviews WHERE id = $1")
            .bind(interview)
            .fetch_one(&mut *self.inner)
            .await?;
        let rubric: String = get(&row, "rubric_id")?;
        for (passage, number) in finished.passages.iter().take(1 << PART_BITS).zip(number..) {
            sqlx::query(
                "INSERT INTO passages (number, interview_id, evaluation_id, rubric_id, question_id, score, utterance, \
                 start_at, end_at, time_ms, quote, embedder, vector) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
                 $11, $12, $13)",
            )
            .bind(number)
            .bind(interview)
            .bind(&taken.job.evaluation)
            .bind(&rubric)
            .bind(&finished.question)
            .bind(finished.score.map(i64::from))
            .bind(passage.utterance as i64)
            .bind(passage.start as i64)
            .bind(passage.end as i64)
            .bind(passage.time_ms.and_then(|time| i64::try_from(time).ok()))
            .bind(&passage.quote)
            .bind(&finished.embedder)
            .bind(passage.vector.clone())
            .execute(&mut *self.inner)
            .await?;
        }
        Ok(())
    }

    /// Takes the passages of an interview away, and out of every index. Comes after the entry in the audit log.
    pub(super) async fn erase_passages(&mut self, interview: &str) -> Result<()> {
        let number = self.first_number().await?;
        sqlx::query("DELETE FROM passages WHERE interview_id = $1").bind(interview).execute(&mut *self.inner).await?;
        self.remove_from_indexes(number, interview, None).await
    }

    async fn remove_from_indexes(&mut self, number: i64, interview: &str, question: Option<&str>) -> Result<()> {
        sqlx::query("INSERT INTO passage_removals (number, interview_id, question_id) VALUES ($1, $2, $3)")
            .bind(number)
            .bind(interview)
            .bind(question.unwrap_or_default())
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }
}

impl Store {
    /// What an index that knows everything up to `after` has to learn, at most `most` passages of it. Only passages of this
    /// embedder can be compared with each other.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn passage_news(&self, embedder: &str, after: i64, most: i64) -> Result<PassageNews> {
        // What is seen of the log is whole up to its head: whoever writes holds the head until all of it can be seen.
        let row = sqlx::query("SELECT sequence FROM audit_head WHERE one = 1").fetch_one(&self.pool).await?;
        let end = ((get::<i64>(&row, "sequence")? + 1) << PART_BITS) - 1;
        let rows = sqlx::query(
            "SELECT number, interview_id, rubric_id, question_id, score, embedder, vector FROM passages \
             WHERE number > $1 AND number <= $2 ORDER BY number LIMIT $3",
        )
        .bind(after)
        .bind(end)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let is_all = (rows.len() as i64) < most;
        let mut last = after;
        let mut added = Vec::new();
        for row in &rows {
            last = get(row, "number")?;
            if get::<String>(row, "embedder")? == embedder {
                added.push(PassageVector {
                    number: last,
                    interview: get(row, "interview_id")?,
                    rubric: get(row, "rubric_id")?,
                    question: get(row, "question_id")?,
                    score: get(row, "score")?,
                    vector: get(row, "vector")?,
                });
            }
        }
        let reached = if is_all { end } else { last };
        // An index that begins knows nothing that could be gone.
        let removed = if after == 0 { vec![] } else { self.removals(after, reached).await? };
        Ok(PassageNews { removed, added, reached, is_all })
    }

    async fn removals(&self, after: i64, until: i64) -> Result<Vec<PassageRemoval>> {
        let rows = sqlx::query("SELECT * FROM passage_removals WHERE number > $1 AND number <= $2 ORDER BY number")
            .bind(after)
            .bind(until)
            .fetch_all(&self.pool)
            .await?;
        let one = |row: &AnyRow| {
            let question: String = get(row, "question_id")?;
            Ok(PassageRemoval {
                before: get(row, "number")?,
                interview: get(row, "interview_id")?,
                question: Some(question).filter(|question| !question.is_empty()),
            })
        };
        rows.iter().map(one).collect()
    }

    /// The passages with these numbers, as far as they are still there, in no order.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn passages(&self, numbers: &[i64]) -> Result<Vec<Passage>> {
        if numbers.is_empty() {
            return Ok(vec![]);
        }
        let list: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        let text = format!("SELECT * FROM passages WHERE number IN ({})", list.join(", "));
        let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// Numbers and words of at most `most` passages that other embedders embedded.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn passages_of_others(&self, embedder: &str, most: i64) -> Result<Vec<(i64, String)>> {
        let rows = sqlx::query("SELECT number, quote FROM passages WHERE embedder <> $1 ORDER BY number LIMIT $2")
            .bind(embedder)
            .bind(most)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok((get(row, "number")?, get(row, "quote")?))).collect()
    }

    /// Gives passages other vectors.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn put_vectors(&self, embedder: &str, vectors: &[(i64, Vec<u8>)]) -> Result<()> {
        let mut tx = self.begin().await?;
        for (number, vector) in vectors {
            sqlx::query("UPDATE passages SET embedder = $1, vector = $2 WHERE number = $3")
                .bind(embedder)
                .bind(vector.clone())
                .bind(*number)
                .execute(&mut *tx.inner)
                .await?;
        }
        tx.commit().await
    }

    /// The vectors of an answer, in the order in which it was said.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn passages_of(&self, interview: &str, question: &str, embedder: &str) -> Result<Vec<Vec<u8>>> {
        let rows = sqlx::query(
            "SELECT vector FROM passages WHERE interview_id = $1 AND question_id = $2 AND embedder = $3 ORDER BY number",
        )
        .bind(interview)
        .bind(question)
        .bind(embedder)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| get(row, "vector")).collect()
    }

    /// The interviews that a person is assigned to.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn assigned_interviews(&self, person: &str) -> Result<Vec<String>> {
        let rows = sqlx::query("SELECT interview_id FROM assignments WHERE person_id = $1")
            .bind(person)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| get(row, "interview_id")).collect()
    }

    /// The score of record that an answer has: that of the review that was submitted last; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn score_of_record(&self, interview: &str, question: &str) -> Result<Option<i64>> {
        let row = sqlx::query(
            "SELECT review_decisions.score AS score FROM review_decisions JOIN reviews ON reviews.id = review_id \
             WHERE reviews.interview_id = $1 AND reviews.state = 'submitted' AND review_decisions.question_id = $2 \
             ORDER BY reviews.submitted_at DESC, review_decisions.id DESC LIMIT 1",
        )
        .bind(interview)
        .bind(question)
        .fetch_optional(&self.pool)
        .await?;
        row.map_or(Ok(None), |row| get(&row, "score"))
    }

    /// How far the index `name` on a server has been filled.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn index_reached(&self, name: &str) -> Result<i64> {
        let row = sqlx::query("SELECT reached FROM index_cursors WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        row.map_or(Ok(0), |row| get(&row, "reached"))
    }

    /// Takes the filling of the index `name` for `holder`, for a minute; gives how far it is, or `None` while another
    /// process has it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn hold_index(&self, name: &str, holder: &str) -> Result<Option<i64>> {
        let mut tx = self.begin().await?;
        let row = sqlx::query(
            "INSERT INTO index_cursors (name, reached, holder, held_until) VALUES ($1, 0, $2, $3) \
             ON CONFLICT (name) DO UPDATE SET holder = $2, held_until = $3 WHERE index_cursors.holder IS NULL \
             OR index_cursors.holder = $2 OR index_cursors.held_until < $4 RETURNING reached",
        )
        .bind(name)
        .bind(holder)
        .bind(tx.at.after(HOLD).as_str())
        .bind(tx.at.as_str())
        .fetch_optional(&mut *tx.inner)
        .await?;
        tx.commit().await?;
        row.map(|row| get(&row, "reached")).transpose()
    }

    /// Notes that the index has been filled up to `reached`, and lets go of it or holds it for another minute.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when it is another process's by now.
    pub async fn index_filled(&self, name: &str, holder: &str, reached: i64, then: AfterFilling) -> Result<()> {
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "UPDATE index_cursors SET reached = $1, holder = CASE WHEN $2 = 1 THEN holder ELSE NULL END, \
             held_until = $3 WHERE name = $4 AND holder = $5",
        )
        .bind(reached)
        .bind(i64::from(then == AfterFilling::Hold))
        .bind(tx.at.after(HOLD).as_str())
        .bind(name)
        .bind(holder)
        .execute(&mut *tx.inner)
        .await?;
        tx.commit().await?;
        if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::LeaseLost) }
    }
}

/// What a process does after it has filled an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFilling {
    /// It goes on.
    Hold,
    /// Others may.
    LetGo,
}

fn read(row: &AnyRow) -> Result<Passage> {
    Ok(Passage {
        number: get(row, "number")?,
        interview: get(row, "interview_id")?,
        evaluation: get(row, "evaluation_id")?,
        rubric: get(row, "rubric_id")?,
        question: get(row, "question_id")?,
        score: get(row, "score")?,
        utterance: get(row, "utterance")?,
        start: get(row, "start_at")?,
        end: get(row, "end_at")?,
        time_ms: get(row, "time_ms")?,
        quote: get(row, "quote")?,
    })
}
