//! How near each sentence of the interview is to each text of the rubric, asked of the vector index.

use super::locate::Near;
use crate::domain::{Digest, Rubric, sentences};
use crate::retrieval::{Filter, Hit, Kind, Retrieval, RetrievalError, Vector};
use std::collections::HashMap;

/// More than the texts of any rubric: every point is wanted.
const ALL: usize = 10_000;

/// Similarities of texts to a rubric.
pub(super) struct Affinity<'a> {
    retrieval: &'a Retrieval,
    rubric: &'a Rubric,
    digest: Digest,
    questions: HashMap<&'a str, usize>,
}

/// Similarities of one sentence of the candidate's.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SentenceAffinity {
    /// For each question and each of its criteria, in the order of the rubric.
    pub criteria: Vec<Vec<f32>>,
    /// For each question and each sentence of its ideal answers.
    pub ideal: Vec<Vec<f32>>,
}

impl SentenceAffinity {
    /// The highest similarity to what question `q` hopes to hear.
    pub(super) fn content(&self, q: usize) -> f32 {
        self.criteria[q].iter().chain(&self.ideal[q]).copied().fold(0.0, f32::max)
    }
}

impl<'a> Affinity<'a> {
    /// Puts the rubric into the index where it is not there yet.
    pub(super) async fn to(retrieval: &'a Retrieval, rubric: &'a Rubric) -> Result<Self, RetrievalError> {
        let digest = retrieval.index_rubric(rubric).await?.rubric;
        let questions = rubric.questions.iter().enumerate().map(|(place, q)| (q.id.as_str(), place)).collect();
        Ok(Self { retrieval, rubric, digest, questions })
    }

    /// How near texts of the interviewer's are to the questions as asked.
    pub(super) async fn of_asks(&self, vectors: &[Vector]) -> Result<Vec<Vec<Near>>, RetrievalError> {
        let kinds = [Kind::Ask, Kind::FollowUp, Kind::IdealAnswer, Kind::IdealSentence, Kind::ListenFor];
        let hits = self.hits(vectors, &kinds).await?;
        Ok(hits.iter().map(|hits| self.near(hits)).collect())
    }

    fn near(&self, hits: &[Hit]) -> Vec<Near> {
        let mut near = vec![Near::default(); self.rubric.questions.len()];
        for hit in hits {
            let Some(q) = self.questions.get(hit.point.question.as_str()) else { continue };
            let place = match hit.point.kind {
                Kind::Ask => &mut near[*q].ask,
                Kind::FollowUp => &mut near[*q].follow_up,
                _ => &mut near[*q].content,
            };
            *place = place.max(hit.similarity);
        }
        near
    }

    /// How near sentences of the candidate's are to criteria and ideal answers.
    pub(super) async fn of_answers(&self, vectors: &[Vector]) -> Result<Vec<SentenceAffinity>, RetrievalError> {
        let hits = self.hits(vectors, &[Kind::IdealSentence, Kind::ListenFor, Kind::RedFlag]).await?;
        let questions = &self.rubric.questions;
        let empty = SentenceAffinity {
            criteria: questions.iter().map(|q| vec![0.0; q.criteria.len()]).collect(),
            ideal: questions
                .iter()
                .map(|q| vec![0.0; q.ideal_answers.iter().map(|i| sentences(i).len()).sum()])
                .collect(),
        };
        let filled = |hits: &Vec<Hit>| {
            let mut row = empty.clone();
            for hit in hits {
                let Some(q) = self.questions.get(hit.point.question.as_str()) else { continue };
                let table = if hit.point.kind == Kind::IdealSentence { &mut row.ideal } else { &mut row.criteria };
                if let Some(place) = table[*q].get_mut(hit.point.part) {
                    *place = hit.similarity;
                }
            }
            row
        };
        Ok(hits.iter().map(filled).collect())
    }

    async fn hits(&self, vectors: &[Vector], kinds: &[Kind]) -> Result<Vec<Vec<Hit>>, RetrievalError> {
        self.retrieval.nearest(&self.digest, vectors, Filter { question: None, kinds }, ALL).await
    }
}
