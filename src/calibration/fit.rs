//! The model: a pooled ordinal regression, what near scored answers to the same question add, and the mapping of both to
//! the scale.

use super::features::FEATURES;
use crate::agreement::{Neighbours, Ordinal, Scale, Sign, Trust, Undefined};
use crate::domain::direction;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The ridge on every weight: a prior of standard deviation .3.
const RIDGE: f64 = 10.0;
/// And on the two weights of the second step, which have few to share the blame with.
const SECOND_RIDGE: f64 = 1.0;
/// More scored answers than this to one question are thinned out evenly: each new one says little more.
const MOST_NEIGHBOURS: usize = 250;

/// One answer with its numbers and its score.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub question: String,
    pub features: Vec<f64>,
    pub vector: Vec<i8>,
    /// The mean of what people gave.
    pub score: f64,
}

/// A scored answer that pulls on those near it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Scored {
    #[serde(with = "direction")]
    vector: Vec<i8>,
    pull: f64,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Model {
    pooled: Ordinal,
    /// From the place by the pooled model and what near answers add; `None` where there are too few of them.
    near: Option<Ordinal>,
    scored: BTreeMap<String, Vec<Scored>>,
}

/// Which part of the model a forecast is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// Scored answers to the question may be asked.
    Question,
    /// The question is taken for a new one.
    Nothing,
}

impl Model {
    /// Fits to `rows`.
    pub(super) fn fit(scale: Scale, rows: &[&Row], known: Known) -> Result<Self, Undefined> {
        let signs: Vec<Sign> = FEATURES.iter().map(|(_, sign)| *sign).collect();
        let features: Vec<Vec<f64>> = rows.iter().map(|row| row.features.clone()).collect();
        let scores: Vec<f64> = rows.iter().map(|row| row.score).collect();
        let pooled = Ordinal::fit(scale, &features, &scores, &signs, RIDGE)?;
        let mut model = Self { pooled, near: None, scored: BTreeMap::new() };
        if known == Known::Question {
            model.add_neighbours(scale, rows, &features, &scores);
        }
        Ok(model)
    }

    fn add_neighbours(&mut self, scale: Scale, rows: &[&Row], features: &[Vec<f64>], scores: &[f64]) {
        let mut of_question: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, row) in rows.iter().enumerate() {
            of_question.entry(&row.question).or_default().push(place);
        }
        let trust = Trust::default();
        let mut places = Vec::new();
        let mut second = Vec::new();
        for (question, members) in of_question {
            let members = thinned(&members);
            let left: Vec<f64> = members.iter().map(|i| scores[*i] - self.pooled.expected(&features[*i])).collect();
            let vectors: Vec<Vec<f64>> = members.iter().map(|i| unit(&rows[*i].vector)).collect();
            let Ok(weighed) = Neighbours::weigh(&left, &trust, |i, j| dot(&vectors[i], &vectors[j])) else { continue };
            for (place, said) in members.iter().zip(&weighed.without_itself) {
                places.push(*place);
                second.push(vec![self.pooled.place(&features[*place]), *said]);
            }
            let pairs = members.iter().zip(&weighed.pulls);
            let known = pairs.map(|(i, pull)| Scored { vector: rows[*i].vector.clone(), pull: *pull }).collect();
            self.scored.insert(question.to_owned(), known);
        }
        let given: Vec<f64> = places.iter().map(|place| scores[*place]).collect();
        self.near = Ordinal::fit(scale, &second, &given, &[Sign::Raises, Sign::Raises], SECOND_RIDGE).ok();
        if self.near.is_none() {
            self.scored.clear();
        }
    }

    /// The chance of each level.
    pub(super) fn chances(&self, question: &str, features: &[f64], vector: &[i8]) -> Vec<f64> {
        match (&self.near, self.scored.get(question)) {
            (Some(near), Some(scored)) => {
                let (trust, own) = (Trust::default(), unit(vector));
                let pull = |s: &Scored| s.pull * trust.kinship(dot(&unit(&s.vector), &own));
                near.chances(&[self.pooled.place(features), scored.iter().map(pull).sum()])
            }
            _ => self.pooled.chances(features),
        }
    }

    /// Whether scored answers to `question` are part of the model.
    pub(super) fn knows(&self, question: &str) -> bool {
        self.near.is_some() && self.scored.contains_key(question)
    }

    /// Whether the parts fit together, as those read from a file may not.
    pub(super) fn is_sound(&self, scale: Scale) -> bool {
        self.pooled.is_sound(scale)
            && self.pooled.features() == FEATURES.len()
            && self.near.as_ref().is_none_or(|near| near.is_sound(scale) && near.features() == 2)
            && self.scored.values().flatten().all(|scored| scored.pull.is_finite())
    }

    /// The pooled weights by name, the heaviest first.
    pub(super) fn weights(&self) -> Vec<(&'static str, f64)> {
        let mut out: Vec<(&'static str, f64)> =
            FEATURES.iter().zip(self.pooled.weights()).map(|((name, _), weight)| (*name, *weight)).collect();
        out.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        out
    }
}

fn thinned(members: &[usize]) -> Vec<usize> {
    let n = members.len();
    if n <= MOST_NEIGHBOURS {
        return members.to_vec();
    }
    (0..MOST_NEIGHBOURS).map(|i| members[i * n / MOST_NEIGHBOURS]).collect()
}

/// The direction at length 1.
fn unit(vector: &[i8]) -> Vec<f64> {
    let length = vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt().max(1e-9);
    vector.iter().map(|x| f64::from(*x) / length).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
