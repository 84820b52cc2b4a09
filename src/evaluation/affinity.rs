//! How near each sentence of the interview is to each text of the rubric, asked of the vector index.

use super::locate::Near;
use crate::domain::{Digest, Question, Rubric, sentences};
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
    /// For each question and each sentence of its ideal answers, the similarity to the question itself.
    asked: Vec<Vec<f32>>,
}

/// Similarities of one sentence of the candidate's.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SentenceAffinity {
    /// For each question and each of its criteria, in the order of the rubric.
    pub criteria: Vec<Vec<f32>>,
    /// For each question and each sentence of its ideal answers.
    pub ideal: Vec<Vec<f32>>,
    /// The same beyond what both have of the question: any talk on the topic is like an ideal answer in that.
    pub beyond: Vec<Vec<f32>>,
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
        let mut affinity = Self { retrieval, rubric, digest, questions, asked: per_ideal_sentence(rubric) };
        let asks: Vec<&str> = rubric.questions.iter().map(|question| question.ask.as_str()).collect();
        let hits = affinity.hits(&retrieval.embed(&asks).await?, &[Kind::IdealSentence]).await?;
        for (q, hits) in hits.iter().enumerate() {
            for hit in hits.iter().filter(|hit| affinity.questions.get(hit.point.question.as_str()) == Some(&q)) {
                if let Some(place) = affinity.asked[q].get_mut(hit.point.part) {
                    *place = hit.similarity;
                }
            }
        }
        Ok(affinity)
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
        let hits = self.hits(vectors, &[Kind::Ask, Kind::IdealSentence, Kind::ListenFor, Kind::RedFlag]).await?;
        let questions = &self.rubric.questions;
        let empty = SentenceAffinity {
            criteria: questions.iter().map(|q| vec![0.0; q.criteria.len()]).collect(),
            ideal: per_ideal_sentence(self.rubric),
            beyond: vec![],
        };
        let filled = |hits: &Vec<Hit>| {
            let mut row = empty.clone();
            let mut asks = vec![0.0; questions.len()];
            for hit in hits {
                let Some(q) = self.questions.get(hit.point.question.as_str()) else { continue };
                let place = match hit.point.kind {
                    Kind::Ask if hit.point.part == 0 => asks.get_mut(*q),
                    Kind::Ask => None,
                    Kind::IdealSentence => row.ideal[*q].get_mut(hit.point.part),
                    _ => row.criteria[*q].get_mut(hit.point.part),
                };
                if let Some(place) = place {
                    *place = hit.similarity;
                }
            }
            let beyond = |q: usize| {
                let pairs = row.ideal[q].iter().zip(&self.asked[q]);
                pairs.map(|(like, asked)| partial((*like).into(), asks[q].into(), (*asked).into()) as f32).collect()
            };
            row.beyond = (0..questions.len()).map(beyond).collect();
            row
        };
        Ok(hits.iter().map(filled).collect())
    }

    async fn hits(&self, vectors: &[Vector], kinds: &[Kind]) -> Result<Vec<Vec<Hit>>, RetrievalError> {
        self.retrieval.nearest(&self.digest, vectors, Filter { question: None, kinds }, ALL).await
    }
}

/// A zero for each question and each sentence of its ideal answers.
fn per_ideal_sentence(rubric: &Rubric) -> Vec<Vec<f32>> {
    let count = |question: &Question| question.ideal_answers.iter().map(|ideal| sentences(ideal).len()).sum();
    rubric.questions.iter().map(|question| vec![0.0; count(question)]).collect()
}

/// The cosine of two directions with their parts along a third taken away, from the cosines of the three (the formula of
/// partial correlation): `(ab - ac bc) / sqrt((1 - ac^2)(1 - bc^2))`.
pub(super) fn partial(ab: f64, ac: f64, bc: f64) -> f64 {
    let length = ((1.0 - ac * ac) * (1.0 - bc * bc)).max(0.0).sqrt();
    if length < 1e-3 { 0.0 } else { ((ab - ac * bc) / length).clamp(-1.0, 1.0) }
}
