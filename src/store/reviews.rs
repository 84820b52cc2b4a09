//! Reviews: what people decided. Decisions are added and never overwritten; the last one on a question counts. A submitted
//! review never changes: reopening makes the next revision.

use super::audit::Event;
use super::{Result, Store, StoreError, Tx, get, json as read_json, words};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use utoipa::ToSchema;

words! {
    /// Whether interviewers see the suggestion before they score.
    Mode {
        /// The suggestion is shown at once.
        Assisted = "assisted",
        /// Their own score first, then the suggestion; both are kept.
        BlindFirst = "blind_first",
    }
}

words! {
    /// Where a review is.
    ReviewState {
        /// Being written.
        Draft = "draft",
        /// Final.
        Submitted = "submitted",
    }
}

words! {
    /// What a person did with a question.
    DecisionKind {
        /// Scored it before seeing the suggestion.
        First = "first",
        /// Took the suggested score.
        Confirmed = "confirmed",
        /// Gave another score than suggested.
        Overridden = "overridden",
        /// Gave a score where none was suggested.
        Scored = "scored",
        /// Left it without a score.
        LeftOut = "left_out",
        /// Took the decision before back; the question is open again.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// Why a person gave another score than suggested.
    Reason {
        /// The candidate showed more than the suggestion found.
        MissedEvidence = "missed_evidence",
        /// The suggestion rests on words that do not show what it says.
        WrongEvidence = "wrong_evidence",
        /// The answer was looked for in the wrong place.
        WrongPlace = "wrong_place",
        /// The transcript does not say what was said.
        TranscriptError = "transcript_error",
        /// Something that is not in the transcript counts.
        OutsideTranscript = "outside_transcript",
        /// The rubric does not fit this answer.
        RubricDoesNotFit = "rubric_does_not_fit",
        /// Something else, told in words.
        Other = "other",
    }
}

/// A decision on one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Decision {
    /// Its id.
    pub id: String,
    /// The question's id.
    pub question: String,
    /// What was done.
    pub kind: DecisionKind,
    /// The person's score.
    pub score: Option<i64>,
    /// The score that was suggested at that time.
    pub suggested: Option<i64>,
    /// The evaluation that suggested it.
    pub evaluation: Option<String>,
    /// Why another score was given.
    pub reason: Option<Reason>,
    /// The same in the person's words.
    pub words: Option<String>,
    /// When.
    pub decided_at: String,
}

impl Decision {
    fn read(row: &AnyRow) -> Result<Self> {
        let reason = match get::<Option<String>>(row, "reason_code")? {
            Some(_) => Some(Reason::read(row, "reason_code")?),
            None => None,
        };
        Ok(Self {
            id: get(row, "id")?,
            question: get(row, "question_id")?,
            kind: DecisionKind::read(row, "kind")?,
            score: get(row, "score")?,
            suggested: get(row, "suggested")?,
            evaluation: get(row, "evaluation_id")?,
            reason,
            words: get(row, "reason")?,
            decided_at: get(row, "decided_at")?,
        })
    }
}

/// A passage that a reviewer marked; code has found it in the transcript.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OwnEvidence {
    /// Its id.
    pub id: String,
    /// The question it belongs to.
    pub question: String,
    /// The criterion it shows, where one is named.
    pub criterion: Option<String>,
    /// The passage, as in an evaluation.
    #[schema(value_type = Object)]
    pub evidence: Value,
    /// When it was marked.
    pub created_at: String,
}

/// A remark of a reviewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Comment {
    /// Its id.
    pub id: String,
    /// The question it is about; `null` for the whole interview.
    pub question: Option<String>,
    /// The words.
    pub text: String,
    /// When.
    pub created_at: String,
}

/// A person's review of an interview.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Review {
    /// Its id.
    pub id: String,
    /// The interview's id.
    pub interview: String,
    /// Who reviews.
    pub person: String,
    /// The version of the rubric it is made with.
    pub rubric_version: String,
    /// 1 for the first; each reopening counts one up.
    pub revision: i64,
    /// Whether the suggestion was shown first.
    pub mode: Mode,
    /// Where it is.
    pub state: ReviewState,
    /// Why the revision before was reopened.
    pub reopened_because: Option<String>,
    /// When it was begun.
    pub created_at: String,
    /// When it was submitted.
    pub submitted_at: Option<String>,
    /// Counts changes; the `ETag`.
    pub version: i64,
    /// Every decision, oldest first; the last on a question counts.
    pub decisions: Vec<Decision>,
    /// Passages the reviewer marked.
    pub evidence: Vec<OwnEvidence>,
    /// Remarks.
    pub comments: Vec<Comment>,
}

impl Review {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: get(row, "id")?,
            interview: get(row, "interview_id")?,
            person: get(row, "person_id")?,
            rubric_version: get(row, "rubric_version_id")?,
            revision: get(row, "revision")?,
            mode: Mode::read(row, "mode")?,
            state: ReviewState::read(row, "state")?,
            reopened_because: get(row, "reopened_because")?,
            created_at: get(row, "created_at")?,
            submitted_at: get(row, "submitted_at")?,
            version: get(row, "version")?,
            decisions: vec![],
            evidence: vec![],
            comments: vec![],
        })
    }

    /// The score before the suggestion was seen, where there is one.
    #[must_use]
    pub fn first(&self, question: &str) -> Option<&Decision> {
        self.decisions.iter().find(|d| d.question == question && d.kind == DecisionKind::First)
    }

    /// The decision that counts; a score given before the suggestion was seen is not yet one, and one that was taken back
    /// is none any more.
    #[must_use]
    pub fn decided(&self, question: &str) -> Option<&Decision> {
        let last = self.decisions.iter().rev().find(|d| d.question == question && d.kind != DecisionKind::First);
        last.filter(|decision| decision.kind != DecisionKind::Withdrawn)
    }
}

/// A decision that is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDecision {
    /// The question's id.
    pub question: String,
    /// What was done.
    pub kind: DecisionKind,
    /// The person's score.
    pub score: Option<i32>,
    /// The score that is suggested.
    pub suggested: Option<i32>,
    /// The evaluation that suggests it.
    pub evaluation: Option<String>,
    /// Why another score is given.
    pub reason: Option<Reason>,
    /// The same in the person's words.
    pub words: Option<String>,
}

impl Store {
    /// Begins a person's review of an interview, or gives the one they have.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn start_review(
        &self,
        person: &str,
        interview: &str,
        rubric_version: &str,
        mode: Mode,
    ) -> Result<Review> {
        let mut tx = self.begin().await?;
        tx.refuse_erased(interview).await?;
        let id = tx.edge.id();
        let begun = sqlx::query(
            "INSERT INTO reviews (id, interview_id, person_id, rubric_version_id, revision, mode, state, created_at, \
             version) VALUES ($1, $2, $3, $4, 1, $5, 'draft', $6, 1) \
             ON CONFLICT (interview_id, person_id, revision) DO NOTHING",
        )
        .bind(&id)
        .bind(interview)
        .bind(person)
        .bind(rubric_version)
        .bind(mode.word())
        .bind(tx.at.as_str())
        .execute(&mut *tx.inner)
        .await?;
        if begun.rows_affected() == 1 {
            let facts = json!({"mode": mode, "rubric_version": rubric_version});
            tx.note(person, "review.started", interview, &id, facts, None).await?;
        }
        tx.commit().await?;
        let own = self.reviews(interview).await?.into_iter().rfind(|review| review.person == person);
        own.ok_or(StoreError::Missing("review"))
    }

    /// One review with all that is in it.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn review(&self, id: &str) -> Result<Review> {
        let row = sqlx::query("SELECT * FROM reviews WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        self.filled(Review::read(&row.ok_or(StoreError::Missing("review"))?)?).await
    }

    /// All reviews of an interview, in the order of their beginning.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn reviews(&self, interview: &str) -> Result<Vec<Review>> {
        let rows = sqlx::query("SELECT * FROM reviews WHERE interview_id = $1 ORDER BY id")
            .bind(interview)
            .fetch_all(&self.pool)
            .await?;
        let mut reviews = Vec::new();
        for row in &rows {
            reviews.push(self.filled(Review::read(row)?).await?);
        }
        Ok(reviews)
    }

    /// Where the last revision of each review of a person is, by the interview's id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn review_states(&self, person: &str) -> Result<Vec<(String, ReviewState)>> {
        let rows = sqlx::query("SELECT interview_id, state FROM reviews WHERE person_id = $1 ORDER BY id")
            .bind(person)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok((get(row, "interview_id")?, ReviewState::read(row, "state")?))).collect()
    }

    /// A page of submitted reviews, oldest first, after the one with the id `after`; of one rubric where one is named.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn submitted_reviews(&self, rubric: &str, after: Option<&str>, size: i64) -> Result<Vec<Review>> {
        let rows = sqlx::query(
            "SELECT reviews.* FROM reviews JOIN rubric_versions ON rubric_versions.id = reviews.rubric_version_id \
             WHERE reviews.state = 'submitted' AND rubric_versions.rubric_id = $1 AND reviews.id > $2 \
             AND NOT EXISTS (SELECT 1 FROM reviews AS later WHERE later.interview_id = reviews.interview_id \
             AND later.person_id = reviews.person_id AND later.revision > reviews.revision \
             AND later.state = 'submitted') ORDER BY reviews.id LIMIT $3",
        )
        .bind(rubric)
        .bind(after.unwrap_or_default())
        .bind(size)
        .fetch_all(&self.pool)
        .await?;
        let mut reviews = Vec::new();
        for row in &rows {
            reviews.push(self.filled(Review::read(row)?).await?);
        }
        Ok(reviews)
    }

    async fn filled(&self, mut review: Review) -> Result<Review> {
        let decisions = sqlx::query("SELECT * FROM review_decisions WHERE review_id = $1 ORDER BY id");
        let rows = decisions.bind(&review.id).fetch_all(&self.pool).await?;
        review.decisions = rows.iter().map(Decision::read).collect::<Result<_>>()?;
        let evidence = sqlx::query("SELECT * FROM review_evidence WHERE review_id = $1 ORDER BY id");
        let rows = evidence.bind(&review.id).fetch_all(&self.pool).await?;
        let one = |row: &AnyRow| {
            Ok(OwnEvidence {
                id: get(row, "id")?,
                question: get(row, "question_id")?,
                criterion: get(row, "criterion")?,
                evidence: read_json(row, "evidence")?,
                created_at: get(row, "created_at")?,
            })
        };
        review.evidence = rows.iter().map(one).collect::<Result<_>>()?;
        let comments = sqlx::query("SELECT * FROM review_comments WHERE review_id = $1 ORDER BY id");
        let rows = comments.bind(&review.id).fetch_all(&self.pool).await?;
        let one = |row: &AnyRow| {
            Ok(Comment {
                id: get(row, "id")?,
                question: get(row, "question_id")?,
                text: get(row, "text")?,
                created_at: get(row, "created_at")?,
            })
        };
        review.comments = rows.iter().map(one).collect::<Result<_>>()?;
        Ok(review)
    }

    /// Adds a decision.
    ///
    /// # Errors
    /// [`StoreError::Changed`], [`StoreError::Refused`] when the review is submitted.
    pub async fn decide(&self, review: &Review, expected: Option<i64>, new: &NewDecision) -> Result<Review> {
        let mut tx = self.begin().await?;
        tx.touch(review, expected).await?;
        sqlx::query(
            "INSERT INTO review_decisions (id, review_id, question_id, kind, score, suggested, evaluation_id, \
             reason_code, reason, decided_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(tx.edge.id())
        .bind(&review.id)
        .bind(&new.question)
        .bind(new.kind.word())
        .bind(new.score.map(i64::from))
        .bind(new.suggested.map(i64::from))
        .bind(&new.evaluation)
        .bind(new.reason.map(Reason::word))
        .bind(&new.words)
        .bind(tx.at.as_str())
        .execute(&mut *tx.inner)
        .await?;
        let facts = json!({
            "question": new.question, "kind": new.kind, "score": new.score, "suggested": new.suggested,
            "evaluation": new.evaluation, "reason": new.reason, "revision": review.revision,
        });
        let (person, words) = (review.person.as_str(), new.words.clone());
        tx.note(person, "review.decided", &review.interview, &review.id, facts, words).await?;
        tx.commit().await?;
        self.review(&review.id).await
    }

    /// Adds a passage that code has found in the transcript.
    ///
    /// # Errors
    /// As [`Store::decide`].
    pub async fn add_evidence(
        &self,
        review: &Review,
        expected: Option<i64>,
        question: &str,
        criterion: Option<&str>,
        evidence: &Value,
    ) -> Result<Review> {
        let mut tx = self.begin().await?;
        tx.touch(review, expected).await?;
        sqlx::query(
            "INSERT INTO review_evidence (id, review_id, question_id, criterion, evidence, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(tx.edge.id())
        .bind(&review.id)
        .bind(question)
        .bind(criterion)
        .bind(evidence.to_string())
        .bind(tx.at.as_str())
        .execute(&mut *tx.inner)
        .await?;
        let facts = json!({"question": question, "criterion": criterion, "utterance": evidence["utterance"]});
        let words = Some(evidence.to_string());
        tx.note(&review.person, "review.evidence_added", &review.interview, &review.id, facts, words).await?;
        tx.commit().await?;
        self.review(&review.id).await
    }

    /// Takes a passage away again.
    ///
    /// # Errors
    /// As [`Store::decide`]; [`StoreError::Missing`].
    pub async fn remove_evidence(&self, review: &Review, expected: Option<i64>, id: &str) -> Result<Review> {
        self.remove_part(review, expected, ("review_evidence", "evidence", "review.evidence_removed"), id).await
    }

    /// Adds a remark.
    ///
    /// # Errors
    /// As [`Store::decide`].
    pub async fn comment(
        &self,
        review: &Review,
        expected: Option<i64>,
        question: Option<&str>,
        text: &str,
    ) -> Result<Review> {
        let mut tx = self.begin().await?;
        tx.touch(review, expected).await?;
        sqlx::query(
            "INSERT INTO review_comments (id, review_id, question_id, text, created_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(tx.edge.id())
        .bind(&review.id)
        .bind(question)
        .bind(text)
        .bind(tx.at.as_str())
        .execute(&mut *tx.inner)
        .await?;
        let (facts, words) = (json!({"question": question}), Some(text.to_owned()));
        tx.note(&review.person, "review.commented", &review.interview, &review.id, facts, words).await?;
        tx.commit().await?;
        self.review(&review.id).await
    }

    /// Takes a remark away again; what the audit log holds of it stays.
    ///
    /// # Errors
    /// As [`Store::decide`]; [`StoreError::Missing`].
    pub async fn remove_comment(&self, review: &Review, expected: Option<i64>, id: &str) -> Result<Review> {
        self.remove_part(review, expected, ("review_comments", "comment", "review.comment_removed"), id).await
    }

    async fn remove_part(
        &self,
        review: &Review,
        expected: Option<i64>,
        (table, what, action): (&'static str, &'static str, &'static str),
        id: &str,
    ) -> Result<Review> {
        let mut tx = self.begin().await?;
        tx.touch(review, expected).await?;
        let text = format!("DELETE FROM {table} WHERE id = $1 AND review_id = $2");
        let gone = sqlx::query(sqlx::AssertSqlSafe(text)).bind(id).bind(&review.id).execute(&mut *tx.inner).await?;
        if gone.rows_affected() == 0 {
            return Err(StoreError::Missing(what));
        }
        tx.note(&review.person, action, &review.interview, &review.id, json!({what: id}), None).await?;
        tx.commit().await?;
        self.review(&review.id).await
    }

    /// Makes a review final.
    ///
    /// # Errors
    /// As [`Store::decide`].
    pub async fn submit_review(&self, review: &Review, expected: Option<i64>) -> Result<Review> {
        let mut tx = self.begin().await?;
        tx.touch(review, expected).await?;
        sqlx::query("UPDATE reviews SET state = 'submitted', submitted_at = $1 WHERE id = $2")
            .bind(tx.at.as_str())
            .bind(&review.id)
            .execute(&mut *tx.inner)
            .await?;
        let facts = json!({"revision": review.revision, "decisions": review.decisions.len()});
        tx.note(&review.person, "review.submitted", &review.interview, &review.id, facts, None).await?;
        tx.commit().await?;
        self.review(&review.id).await
    }

    /// Begins the next revision of a submitted review, with all that is in it.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the review is not submitted, [`StoreError::Changed`] when it was reopened already.
    pub async fn reopen_review(&self, review: &Review, because: &str) -> Result<Review> {
        if review.state != ReviewState::Submitted {
            return Err(StoreError::Refused("only a submitted review is reopened".into()));
        }
        let mut tx = self.begin().await?;
        tx.refuse_erased(&review.interview).await?;
        let id = tx.edge.id();
        let begun = sqlx::query(
            "INSERT INTO reviews (id, interview_id, person_id, rubric_version_id, revision, mode, state, \
             reopened_because, created_at, version) VALUES ($1, $2, $3, $4, $5, $6, 'draft', $7, $8, 1) \
             ON CONFLICT (interview_id, person_id, revision) DO NOTHING",
        )
        .bind(&id)
        .bind(&review.interview)
        .bind(&review.person)
        .bind(&review.rubric_version)
        .bind(review.revision + 1)
        .bind(review.mode.word())
        .bind(because)
        .bind(tx.at.as_str())
        .execute(&mut *tx.inner)
        .await?;
        if begun.rows_affected() == 0 {
            return Err(StoreError::Changed);
        }
        tx.copy_review(review, &id).await?;
        let facts = json!({"revision": review.revision + 1, "of": review.id});
        let words = Some(because.to_owned());
        tx.note(&review.person, "review.reopened", &review.interview, &id, facts, words).await?;
        tx.commit().await?;
        self.review(&id).await
    }
}

impl Tx {
    /// Counts a change of a review, if it is still as the person saw it and not submitted.
    async fn touch(&mut self, review: &Review, expected: Option<i64>) -> Result<()> {
        let changed = sqlx::query(
            "UPDATE reviews SET version = version + 1 WHERE id = $1 AND state = 'draft' \
             AND version = COALESCE($2, version)",
        )
        .bind(&review.id)
        .bind(expected)
        .execute(&mut *self.inner)
        .await?;
        if changed.rows_affected() == 1 {
            return self.refuse_erased(&review.interview).await;
        }
        let row =
            sqlx::query("SELECT state FROM reviews WHERE id = $1").bind(&review.id).fetch_one(&mut *self.inner).await?;
        match ReviewState::read(&row, "state")? {
            ReviewState::Draft => Err(StoreError::Changed),
            ReviewState::Submitted => {
                Err(StoreError::Refused("the review is submitted: reopen it to change it".into()))
            }
        }
    }

    async fn copy_review(&mut self, review: &Review, id: &str) -> Result<()> {
        for decision in &review.decisions {
            sqlx::query(
                "INSERT INTO review_decisions (id, review_id, question_id, kind, score, suggested, evaluation_id, \
                 reason_code, reason, decided_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            )
            .bind(self.edge.id())
            .bind(id)
            .bind(&decision.question)
            .bind(decision.kind.word())
            .bind(decision.score)
            .bind(decision.suggested)
            .bind(&decision.evaluation)
            .bind(decision.reason.map(Reason::word))
            .bind(&decision.words)
            .bind(&decision.decided_at)
            .execute(&mut *self.inner)
            .await?;
        }
        for evidence in &review.evidence {
            sqlx::query(
                "INSERT INTO review_evidence (id, review_id, question_id, criterion, evidence, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(self.edge.id())
            .bind(id)
            .bind(&evidence.question)
            .bind(&evidence.criterion)
            .bind(evidence.evidence.to_string())
            .bind(&evidence.created_at)
            .execute(&mut *self.inner)
            .await?;
        }
        for comment in &review.comments {
            sqlx::query(
                "INSERT INTO review_comments (id, review_id, question_id, text, created_at) \
                 VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(self.edge.id())
            .bind(id)
            .bind(&comment.question)
            .bind(&comment.text)
            .bind(&comment.created_at)
            .execute(&mut *self.inner)
            .await?;
        }
        Ok(())
    }

    async fn note(
        &mut self,
        actor: &str,
        action: &'static str,
        interview: &str,
        subject: &str,
        facts: Value,
        payload: Option<String>,
    ) -> Result<()> {
        self.record(Event { actor, action, interview: Some(interview), subject, facts, payload }).await
    }
}
