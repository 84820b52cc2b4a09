//! An evaluation that was kept as JSON, read again beside its rubric and transcript.
//!
//! Nothing is believed for having been written once: each quotation is found in the transcript anew, and a score above the
//! lowest without one cannot be read either. What a chat model claimed is left in the JSON; it is no part of the result.

use super::{
    CompetencyScore, CriterionResult, Evaluation, Evidence, Flag, Kept, MadeWith, Overall, QuestionResult, Rubric,
    RubricRef, SCHEMA, Stance, Status, Suggestion, Transcript, TranscriptRef, Verdict, Voice,
};
use crate::domain::CharSpan;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// Why what was kept cannot be read.
#[derive(Debug, Error)]
pub enum NotAsKept {
    /// It does not have the form of an evaluation.
    #[error("the evaluation does not have its form")]
    Form(#[from] serde_json::Error),
    /// It is of another rubric or transcript.
    #[error("the evaluation is of another rubric or transcript")]
    Other,
    /// A quotation does not stand where it stood: the file is read differently by this version.
    #[error("a quotation of {0} does not stand where it stood: evaluate again")]
    Moved(String),
}

#[derive(Deserialize)]
struct Whole {
    rubric: RubricRef,
    transcript: Heard,
    made_with: MadeWith,
    questions: Vec<Question>,
    competencies: Vec<CompetencyScore>,
    overall: Overall,
}

#[derive(Deserialize)]
struct Heard {
    digest: super::Digest,
    candidate: Option<String>,
}

#[derive(Deserialize)]
struct Question {
    id: String,
    status: Status,
    asked_at: Vec<usize>,
    answer: Vec<usize>,
    suggestion: Option<Kept>,
    criteria: Vec<Criterion>,
    flags: Vec<Flag>,
}

#[derive(Deserialize)]
struct Criterion {
    id: String,
    verdict: Verdict,
    strength: f64,
    evidence: Vec<Quotation>,
}

/// A quotation as [`Evidence`] is written, before it is found again.
#[derive(Debug, Clone, Deserialize)]
pub struct Quotation {
    utterance: usize,
    start: usize,
    end: usize,
    quote: String,
    stance: Stance,
}

impl Quotation {
    /// The evidence; `None` when the candidate does not say these very words in that place.
    #[must_use]
    pub fn found(&self, transcript: &Transcript, voice: &Voice) -> Option<Evidence> {
        let span = CharSpan { start: self.start, end: self.end };
        let found = Evidence::at(transcript, voice, self.utterance, span, self.stance).ok();
        found.filter(|found| found.quote() == self.quote)
    }
}

impl Evaluation {
    /// Reads `kept`, an evaluation as JSON (`earmark.evaluation/1`), made of `transcript` against `rubric`.
    ///
    /// # Errors
    /// [`NotAsKept`].
    pub fn of_kept(kept: Value, rubric: &Rubric, transcript: &Transcript) -> Result<Self, NotAsKept> {
        let kept: Whole = serde_json::from_value(kept)?;
        if kept.rubric.digest != rubric.digest() || kept.transcript.digest != *transcript.digest() {
            return Err(NotAsKept::Other);
        }
        let candidate = kept.transcript.candidate.as_deref();
        let speaker = candidate.and_then(|name| transcript.speakers().iter().position(|known| known.name == name));
        let voice = speaker.and_then(|speaker| Voice::of_speaker(transcript, speaker)).unwrap_or_else(|| {
            Voice::unnamed(transcript, |place| kept.questions.iter().any(|question| question.answer.contains(&place)))
        });
        let reading = Reading { rubric, transcript, voice: &voice };
        let questions = kept.questions.into_iter().map(|question| reading.question(question));
        Ok(Self {
            schema: SCHEMA,
            rubric: kept.rubric,
            transcript: TranscriptRef::new(transcript, candidate),
            made_with: kept.made_with,
            questions: questions.collect::<Result<_, _>>()?,
            competencies: kept.competencies,
            overall: kept.overall,
        })
    }
}

struct Reading<'a> {
    rubric: &'a Rubric,
    transcript: &'a Transcript,
    voice: &'a Voice,
}

impl Reading<'_> {
    fn question(&self, kept: Question) -> Result<QuestionResult, NotAsKept> {
        let known = self.rubric.question(&kept.id).ok_or(NotAsKept::Other)?;
        let mut criteria = Vec::new();
        for one in kept.criteria {
            let kind = known.criteria.iter().find(|c| c.id == one.id).ok_or(NotAsKept::Other)?.kind;
            let evidence = one.evidence.iter().map(|quotation| {
                let found = quotation.found(self.transcript, self.voice);
                found.ok_or_else(|| NotAsKept::Moved(kept.id.clone()))
            });
            criteria.push(CriterionResult {
                id: one.id,
                kind,
                verdict: one.verdict,
                strength: one.strength,
                evidence: evidence.collect::<Result<_, _>>()?,
            });
        }
        let shown: Vec<&Evidence> = criteria.iter().flat_map(|criterion| &criterion.evidence).collect();
        let suggestion = kept.suggestion.map(|kept| Suggestion::recalled(&self.rubric.scale, kept, &shown));
        let suggestion = suggestion.transpose().map_err(|_| NotAsKept::Other)?;
        Ok(QuestionResult {
            id: kept.id,
            status: kept.status,
            asked_at: kept.asked_at,
            answer: kept.answer,
            suggestion,
            criteria,
            flags: kept.flags,
            unfound: vec![],
            claim: None,
        })
    }
}
