//! From what was seen in an answer to the numbers that a model is fitted to.
//!
//! Besides the answer itself they rest on the *words* of the other answers to its question: what most good-looking answers
//! to a question say is worth something although no ideal answer says it. The scores of those answers play no part here.
//!
//! Source of that idea: M. Mohler and R. Mihalcea, "Text-to-text semantic similarity for automatic short answer grading",
//! EACL 2009 (relevance feedback).

use super::words::{Bag, Direction, Rarity, References};
use crate::agreement::Sign;
use crate::domain::{Flag, Question, Rubric, Seen};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name and direction of each number. What a rubric asks for can only raise a score; what it warns of can only lower it.
pub(super) const FEATURES: [(&str, Sign); 21] = [
    ("uncalibrated score", Sign::Raises),
    ("listen-fors shown", Sign::Raises),
    ("listen-fors contradicted", Sign::Lowers),
    ("red flags", Sign::Lowers),
    ("ideal answer covered", Sign::Raises),
    ("like the ideal answer", Sign::Raises),
    ("like it beyond the question", Sign::Raises),
    ("words of the ideal answer", Sign::Raises),
    ("share of its words that are those", Sign::Free),
    ("words of it beyond the question", Sign::Raises),
    ("pieces of words of it", Sign::Raises),
    ("neighbouring words of it", Sign::Raises),
    ("length", Sign::Free),
    ("length over that of the ideal answer", Sign::Free),
    ("like the question", Sign::Free),
    ("near what others say", Sign::Free),
    ("in the direction of what others say", Sign::Free),
    ("in others' words", Sign::Free),
    ("in the direction of others' words", Sign::Free),
    ("keyword list or echo", Sign::Lowers),
    ("words aimed at the grader", Sign::Lowers),
];
/// Where the four numbers on other answers begin.
const OTHERS: usize = 15;

/// How sharply the others are weighed by their likeness to the ideal answer: in direction, in words.
const SHARPNESS: (f64, f64) = (10.0, 1.0 / 0.15);
/// Fewer other answers than this say nothing.
const FEWEST_OTHERS: f64 = 2.0;

/// One answer, as the model sees it.
pub(super) struct Given<'a> {
    pub question: &'a str,
    pub text: &'a str,
    pub seen: &'a Seen,
}

/// What the features of an answer rest on besides itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Context {
    rarity: Rarity,
    others: BTreeMap<String, Others>,
    /// What stands in for the numbers on other answers where there are none.
    usual: [f64; 4],
}

/// The other answers to one question, added up.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Others {
    direction: Vec<f64>,
    direction_weight: f64,
    words: Direction,
    words_length: f64,
    words_weight: f64,
    answers: f64,
}

/// One answer's part in what others say.
struct Part {
    direction: Vec<f64>,
    direction_weight: f64,
    words: Direction,
    words_weight: f64,
}

impl Others {
    fn add(&mut self, part: &Part, times: f64) {
        self.direction.resize(part.direction.len(), 0.0);
        for (sum, x) in self.direction.iter_mut().zip(&part.direction) {
            *sum += times * part.direction_weight * x;
        }
        self.direction_weight += times * part.direction_weight;
        self.words.add(&part.words, times * part.words_weight);
        self.words_weight += times * part.words_weight;
        self.answers += times;
    }

    /// The four numbers, `part` itself counted out where it is among the others.
    fn said(&self, part: &Part, is_among: bool) -> Option<[f64; 4]> {
        let own = if is_among { 1.0 } else { 0.0 };
        if self.answers - own < FEWEST_OTHERS {
            return None;
        }
        let (own_direction, own_words) = (own * part.direction_weight, own * part.words_weight);
        let rest = |sum: f64, x: f64| sum - own_direction * x;
        let dot: f64 = self.direction.iter().zip(&part.direction).map(|(sum, x)| rest(*sum, *x) * x).sum();
        let length: f64 =
            self.direction.iter().zip(&part.direction).map(|(sum, x)| rest(*sum, *x).powi(2)).sum::<f64>().sqrt();
        let with = self.words.dot(&part.words);
        let unit = part.words.dot(&part.words);
        let words = with - own_words * unit;
        // |S - w x|^2 = |S|^2 - 2 w S.x + w^2 |x|^2
        let words_length = (self.words_length - 2.0 * own_words * with + own_words * own_words * unit).max(0.0).sqrt();
        let share = |part: f64, whole: f64| if whole > 1e-9 { part / whole } else { 0.0 };
        Some([
            share(dot, self.direction_weight - own_direction),
            share(dot, length),
            share(words, self.words_weight - own_words),
            share(words, words_length),
        ])
    }
}

/// Whether the answer is one of those that a context was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Is {
    Among,
    New,
}

impl Context {
    /// What `answers` say together.
    pub(super) fn of(rubric: &Rubric, answers: &[Given<'_>]) -> Self {
        let bags: Vec<Bag> = answers.iter().map(|given| Bag::of(given.text)).collect();
        let references: BTreeMap<&str, References> =
            rubric.questions.iter().map(|q| (q.id.as_str(), References::of(q))).collect();
        let rarity = Rarity::of(bags.iter().chain(references.values().flat_map(References::bags)));
        let mut out = Self { rarity, others: BTreeMap::new(), usual: [0.0; 4] };
        let parts: Vec<Option<Part>> = answers
            .iter()
            .zip(&bags)
            .map(|(given, bag)| Some(out.part(given.seen, bag, references.get(given.question)?)))
            .collect();
        for (given, part) in answers.iter().zip(&parts) {
            if let Some(part) = part {
                out.others.entry(given.question.to_owned()).or_default().add(part, 1.0);
            }
        }
        for others in out.others.values_mut() {
            others.words_length = others.words.dot(&others.words);
        }
        let said =
            |(given, part): (&Given<'_>, &Option<Part>)| out.others.get(given.question)?.said(part.as_ref()?, true);
        let all: Vec<[f64; 4]> = answers.iter().zip(&parts).filter_map(said).collect();
        if !all.is_empty() {
            out.usual = [0, 1, 2, 3].map(|i| all.iter().map(|row| row[i]).sum::<f64>() / all.len() as f64);
        }
        out
    }

    fn part(&self, seen: &Seen, bag: &Bag, references: &References) -> Part {
        let recall = references.shared(bag, &self.rarity).recall;
        Part {
            direction: seen.vector.iter().map(|x| f64::from(*x) / 127.0).collect(),
            // Both likenesses are at most 1, so the weights are too.
            direction_weight: (SHARPNESS.0 * (seen.ideal.min(1.0) - 1.0)).exp(),
            words: bag.direction(&self.rarity),
            words_weight: (SHARPNESS.1 * (recall.min(1.0) - 1.0)).exp(),
        }
    }

    /// The numbers of one answer, in the order of [`FEATURES`].
    pub(super) fn features(
        &self,
        question: &Question,
        min: i32,
        max: i32,
        text: &str,
        seen: &Seen,
        is: Is,
    ) -> Vec<f64> {
        let references = References::of(question);
        let bag = Bag::of(text);
        let shared = references.shared(&bag, &self.rarity);
        let part = self.part(seen, &bag, &references);
        let others = self.others.get(&question.id).and_then(|others| others.said(&part, is == Is::Among));
        let known = |flag: Flag| f64::from(u8::from(seen.flags.contains(&flag)));
        let expected = seen.uncalibrated.as_ref().map_or(f64::from(min), |u| u.expected);
        let mut out = vec![
            (expected - f64::from(min)) / f64::from(max - min),
            seen.shown,
            seen.contradicted,
            seen.warned,
            seen.covered,
            seen.ideal,
            seen.beyond_question,
            shared.recall,
            shared.precision,
            shared.new_recall,
            shared.pieces,
            shared.pairs,
            (bag.words as f64 + 1.0).ln(),
            shared.length,
            seen.question,
        ];
        debug_assert_eq!(out.len(), OTHERS, "the others come next");
        out.extend(others.unwrap_or(self.usual));
        out.push(known(Flag::KeywordList).max(known(Flag::RepeatsTheQuestion)));
        out.push(known(Flag::AddressesTheGrader));
        out
    }
}
