//! An evaluation that was kept as JSON, read again beside its rubric and transcript.
//!
//! Nothing is believed for having been written once: each quotation is found in the transcript anew, and a score above the
//! lowest without one cannot be read either. What a chat model claimed is left in the JSON; it is no part of the result.

use super::{
    Abstention, CompetencyScore, CriterionResult, Distribution, Evaluation, Evidence, Flag, MadeWith, Overall,
    QuestionResult, Rubric, RubricRef, SCHEMA, Stance, Status, Suggestion, Transcript, TranscriptRef, Verdict, Voice,
};
use crate::domain::{CharSpan, Scale};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
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
    suggestion: Option<Suggested>,
    criteria: Vec<Criterion>,
    flags: Vec<Flag>,
}

#[derive(Deserialize)]
struct Suggested {
    score: Option<i32>,
    expected: Option<f64>,
    range: Option<[i32; 2]>,
    distribution: Option<BTreeMap<String, f64>>,
    abstained: Option<String>,
    why: String,
}

#[derive(Deserialize)]
struct Criterion {
    id: String,
    verdict: Verdict,
    strength: f64,
    evidence: Vec<Quotation>,
}

#[derive(Deserialize)]
struct Quotation {
    utterance: usize,
    start: usize,
    end: usize,
    quote: String,
    stance: Stance,
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
            let evidence = one.evidence.into_iter().map(|quotation| self.evidence(&quotation, &kept.id));
            criteria.push(CriterionResult {
                id: one.id,
                kind,
                verdict: one.verdict,
                strength: one.strength,
                evidence: evidence.collect::<Result<_, _>>()?,
            });
        }
        let shown: Vec<&Evidence> = criteria.iter().flat_map(|criterion| &criterion.evidence).collect();
        let suggestion = kept.suggestion.map(|suggested| self.suggestion(suggested, &shown)).transpose()?;
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

    fn evidence(&self, kept: &Quotation, question: &str) -> Result<Evidence, NotAsKept> {
        let span = CharSpan { start: kept.start, end: kept.end };
        let found = Evidence::at(self.transcript, self.voice, kept.utterance, span, kept.stance).ok();
        let found = found.filter(|found| found.quote() == kept.quote);
        found.ok_or_else(|| NotAsKept::Moved(question.to_owned()))
    }

    fn suggestion(&self, kept: Suggested, evidence: &[&Evidence]) -> Result<Suggestion, NotAsKept> {
        let Some(((score, expected), range)) = kept.score.zip(kept.expected).zip(kept.range) else {
            return Ok(Suggestion::abstained(Abstention::of_reason(&kept.abstained.unwrap_or(kept.why))));
        };
        let scale: &Scale = &self.rubric.scale;
        let distribution = kept.distribution.map(|shares| {
            let share = |score: i32| shares.get(&score.to_string()).copied().unwrap_or_default();
            Distribution::new(scale, scale.scores().map(share).collect())
        });
        let distribution = distribution.transpose().map_err(|_| NotAsKept::Other)?;
        let scored = Suggestion::kept(scale, (score, expected, range), distribution, evidence, kept.why);
        scored.map_err(|_| NotAsKept::Other)
    }
}
