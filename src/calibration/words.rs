//! What the words of an answer and of its ideal answers have in common, weighed by how rare they are in the set.

use crate::domain::{Question, words};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How rare each word is among the answers of a set: `ln((n + 1) / (answers with it + 1))`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Rarity {
    /// How many texts were counted.
    texts: usize,
    /// Texts that a word stands in; words of one text alone are left out.
    seen_in: BTreeMap<String, usize>,
}

impl Rarity {
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a Bag>) -> Self {
        let mut seen_in: BTreeMap<String, usize> = BTreeMap::new();
        let mut count = 0;
        for bag in texts {
            count += 1;
            for word in bag.counts.keys() {
                *seen_in.entry(word.clone()).or_default() += 1;
            }
        }
        seen_in.retain(|_, texts| *texts > 1);
        Self { texts: count, seen_in }
    }

    fn weight(&self, word: &str) -> f64 {
        let seen = self.seen_in.get(word).copied().unwrap_or(1);
        ((self.texts as f64 + 1.0) / (seen as f64 + 1.0)).ln().max(0.0)
    }

    fn sum<'a>(&self, words: impl Iterator<Item = &'a String>) -> f64 {
        words.map(|word| self.weight(word)).sum()
    }
}

/// The words of a text, cut to their stems.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Bag {
    pub counts: BTreeMap<String, usize>,
    pairs: BTreeSet<(String, String)>,
    pieces: BTreeSet<[char; 4]>,
    pub words: usize,
}

impl Bag {
    pub(super) fn of(text: &str) -> Self {
        let stems: Vec<String> = words(text).map(|word| stem(&word).to_owned()).collect();
        let mut counts = BTreeMap::new();
        for stem in &stems {
            *counts.entry(stem.clone()).or_default() += 1;
        }
        let letters: Vec<char> = text.to_lowercase().chars().collect();
        Self {
            counts,
            pairs: stems.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect(),
            pieces: letters.windows(4).map(|w| [w[0], w[1], w[2], w[3]]).collect(),
            words: stems.len(),
        }
    }

    /// The direction of the words, each by how often and how rare.
    pub(super) fn direction(&self, rarity: &Rarity) -> Direction {
        let weigh =
            |(word, count): (&String, &usize)| (word.clone(), (1.0 + (*count as f64).ln()) * rarity.weight(word));
        let mut out = Direction(self.counts.iter().map(weigh).filter(|(_, weight)| *weight > 0.0).collect());
        let length = out.0.values().map(|w| w * w).sum::<f64>().sqrt();
        if length > 0.0 {
            out.0.values_mut().for_each(|weight| *weight /= length);
        }
        out
    }
}

/// A sparse direction in the space of words, or a sum of such.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Direction(BTreeMap<String, f64>);

impl Direction {
    pub(super) fn dot(&self, other: &Self) -> f64 {
        let (few, many) = if self.0.len() < other.0.len() { (self, other) } else { (other, self) };
        few.0.iter().filter_map(|(word, weight)| Some(weight * many.0.get(word)?)).sum()
    }

    pub(super) fn add(&mut self, other: &Self, times: f64) {
        for (word, weight) in &other.0 {
            *self.0.entry(word.clone()).or_default() += weight * times;
        }
    }
}

/// Endings that are taken off a word, longest first, as long as three letters are left.
const ENDINGS: [&str; 9] = ["ations", "ation", "ing", "edly", "ies", "es", "ed", "ly", "s"];

fn stem(word: &str) -> &str {
    let cut = ENDINGS.iter().find_map(|ending| word.strip_suffix(ending).filter(|rest| rest.chars().count() >= 3));
    cut.unwrap_or(word)
}

/// What an answer shares with the ideal answer that it shares most with.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Shared {
    /// Weight of the ideal answer's words that the answer has, 0 to 1.
    pub recall: f64,
    /// Weight of the answer's words that the ideal answer has, 0 to 1.
    pub precision: f64,
    /// Recall of the words that the question does not have.
    pub new_recall: f64,
    /// Share of the ideal answer's neighbouring words that the answer has.
    pub pairs: f64,
    /// Share of its four-letter pieces.
    pub pieces: f64,
    /// Length of the answer over that of the ideal answer, at most 2.
    pub length: f64,
}

/// The reference texts of one question.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct References {
    ask: Bag,
    ideals: Vec<Bag>,
}

impl References {
    /// The ideal answers, or where there is none what is listened for.
    pub(super) fn of(question: &Question) -> Self {
        let ideals: Vec<Bag> = if question.ideal_answers.is_empty() {
            vec![Bag::of(&question.listen_fors().map(|c| c.text.as_str()).collect::<Vec<_>>().join(". "))]
        } else {
            question.ideal_answers.iter().map(|ideal| Bag::of(ideal)).collect()
        };
        Self { ask: Bag::of(&question.ask), ideals }
    }

    pub(super) fn bags(&self) -> impl Iterator<Item = &Bag> {
        self.ideals.iter()
    }

    pub(super) fn shared(&self, answer: &Bag, rarity: &Rarity) -> Shared {
        let all = self.ideals.iter().map(|ideal| shared(answer, ideal, &self.ask, rarity));
        all.fold(Shared::default(), |best, next| if next.recall > best.recall { next } else { best })
    }
}

fn shared(answer: &Bag, ideal: &Bag, ask: &Bag, rarity: &Rarity) -> Shared {
    let common = ideal.counts.keys().filter(|word| answer.counts.contains_key(*word));
    let both = rarity.sum(common.clone());
    let is_new = |word: &&String| !ask.counts.contains_key(*word);
    let new = rarity.sum(ideal.counts.keys().filter(is_new));
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let recall = share(both, rarity.sum(ideal.counts.keys()));
    Shared {
        recall,
        precision: share(both, rarity.sum(answer.counts.keys())),
        new_recall: if new > 0.0 { rarity.sum(common.filter(is_new)) / new } else { recall },
        pairs: share(ideal.pairs.intersection(&answer.pairs).count() as f64, ideal.pairs.len() as f64),
        pieces: share(ideal.pieces.intersection(&answer.pieces).count() as f64, ideal.pieces.len() as f64),
        length: share(answer.words as f64, ideal.words as f64).min(2.0),
    }
}
