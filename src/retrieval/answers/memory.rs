//! The index of answers in memory: one flat array of bytes, compared from end to end on all cores.

use super::{AnswerFilter, AnswerHit, AnswerRemoval, AnswerVector, Small};
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// Rows that one core compares at a stretch.
const STRETCH: usize = 16_384;
/// Removed rows are cleared away once they are this part of all.
const CLEAR_AT: usize = 4;

/// Passages, by rows.
#[derive(Default)]
pub(in crate::retrieval) struct MemoryAnswers(RwLock<Rows>);

/// What is known of a row besides its numbers.
#[derive(Clone, Copy)]
struct Row {
    number: i64,
    interview: u32,
    asked: u32,
    score: Option<i8>,
    scale: f32,
}

/// Ids as small numbers: a million passages share some ten thousand of them.
#[derive(Default)]
struct Names {
    places: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Names {
    fn place(&mut self, text: &str) -> u32 {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = self.texts.len() as u32;
        self.places.insert(text.to_owned(), place);
        self.texts.push(text.to_owned());
        place
    }
}

#[derive(Default)]
struct Rows {
    interviews: Names,
    /// Rubric and question, with a line break in between.
    asked: Names,
    all: Vec<Row>,
    numbers: Vec<i8>,
    /// Rows of removed passages; their interview is `GONE`.
    gone: usize,
    reached: i64,
}

const GONE: u32 = u32::MAX;

impl MemoryAnswers {
    /// The highest number that was taken in, with everything below it.
    pub(in crate::retrieval) fn reached(&self) -> i64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).reached
    }

    /// Takes in passages, those of lower numbers first, after what is removed; all below `reached` is known then.
    pub(in crate::retrieval) fn take_in(&self, removed: &[AnswerRemoval], added: &[AnswerVector], reached: i64) {
        let mut rows = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Two searches may have asked for the same news.
        let known = rows.reached;
        for one in added.iter().filter(|one| one.number > known) {
            rows.add(one);
        }
        for removal in removed {
            rows.remove(removal);
        }
        rows.reached = known.max(reached);
    }

    /// The `k` nearest that pass, the most similar first, ties by number.
    pub(in crate::retrieval) fn nearest(&self, query: &Small, filter: &AnswerFilter, k: usize) -> Vec<AnswerHit> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).nearest(query, filter, k)
    }
}

impl Rows {
    fn add(&mut self, one: &AnswerVector) {
        let width = one.vector.numbers().len();
        // Vectors of another embedder are not comparable; the database gives none.
        if !self.all.is_empty() && self.numbers.len() != self.all.len() * width {
            return;
        }
        let row = Row {
            number: one.number,
            interview: self.interviews.place(&one.interview),
            asked: self.asked.place(&format!("{}\n{}", one.rubric, one.question)),
            score: one.score.and_then(|score| i8::try_from(score).ok()),
            scale: one.vector.scale(),
        };
        self.all.push(row);
        self.numbers.extend_from_slice(one.vector.numbers());
    }

    fn remove(&mut self, removal: &AnswerRemoval) {
        let Some(interview) = self.interviews.places.get(&removal.interview).copied() else { return };
        let is_of = |asked: u32| match &removal.question {
            None => true,
            Some(question) => self.asked.texts[asked as usize].split('\n').nth(1) == Some(question),
        };
        let mut gone = 0;
        for row in &mut self.all {
            if row.interview == interview && row.number < removal.before && is_of(row.asked) {
                row.interview = GONE;
                gone += 1;
            }
        }
        self.gone += gone;
        if self.gone * CLEAR_AT > self.all.len() {
            self.clear();
        }
    }

    fn clear(&mut self) {
        let width = self.width();
        let kept = self.all.iter().zip(self.numbers.chunks_exact(width)).filter(|(row, _)| row.interview != GONE);
        let (rows, numbers): (Vec<Row>, Vec<&[i8]>) = kept.map(|(row, numbers)| (*row, numbers)).unzip();
        (self.numbers, self.all, self.gone) = (numbers.concat(), rows, 0);
    }

    fn width(&self) -> usize {
        (self.numbers.len() / self.all.len().max(1)).max(1)
    }

    fn nearest(&self, query: &Small, filter: &AnswerFilter, k: usize) -> Vec<AnswerHit> {
        let width = self.width();
        if k == 0 || query.numbers().len() != width {
            return vec![];
        }
        let passes = self.passing(filter);
        let wanted: Vec<i16> = query.numbers().iter().map(|x| i16::from(*x)).collect();
        let stretches = self.all.par_chunks(STRETCH).zip(self.numbers.par_chunks(STRETCH * width));
        let found = stretches.map(|(rows, numbers)| {
            let mut best = Vec::with_capacity(2 * k);
            let mut least = f32::NEG_INFINITY;
            for (row, numbers) in rows.iter().zip(numbers.chunks_exact(width)).filter(|(row, _)| passes(row)) {
                let similarity = dot(&wanted, numbers) as f32 * row.scale * query.scale();
                if similarity > least {
                    best.push(AnswerHit { number: row.number, similarity });
                    if best.len() == 2 * k {
                        cut(&mut best, k);
                        least = best[k - 1].similarity;
                    }
                }
            }
            best
        });
        let mut best: Vec<AnswerHit> = found.flatten().collect();
        cut(&mut best, k);
        best
    }

    /// The filter in terms of rows.
    fn passing(&self, filter: &AnswerFilter) -> impl Fn(&Row) -> bool + Sync {
        let asked: Vec<bool> = self
            .asked
            .texts
            .iter()
            .map(|text| {
                let (rubric, question) = text.split_once('\n').unwrap_or_default();
                filter.rubric.as_ref().is_none_or(|id| id == rubric)
                    && filter.question.as_ref().is_none_or(|id| id == question)
            })
            .collect();
        let mut heard = vec![filter.interviews.is_none(); self.interviews.texts.len()];
        let place = |id: &String| self.interviews.places.get(id).map(|place| *place as usize);
        for place in filter.interviews.iter().flatten().filter_map(place) {
            heard[place] = true;
        }
        if let Some(place) = filter.except.as_ref().and_then(place) {
            heard[place] = false;
        }
        let (least, most) = (filter.least, filter.most);
        move |row| {
            let score = row.score.map(i64::from);
            row.interview != GONE
                && heard[row.interview as usize]
                && asked[row.asked as usize]
                && least.is_none_or(|least| score.is_some_and(|score| score >= least))
                && most.is_none_or(|most| score.is_some_and(|score| score <= most))
        }
    }
}

/// Sorts and keeps the best `k`.
fn cut(best: &mut Vec<AnswerHit>, k: usize) {
    best.sort_unstable_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.number.cmp(&b.number)));
    best.truncate(k);
}

/// The sum of products. Whole numbers: the order of adding does not matter, so the compiler does many at a time.
fn dot(a: &[i16], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(x, y)| i32::from(*x) * i32::from(i16::from(*y))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrieval::Vector;

    fn vector(number: i64, interview: &str, question: &str, score: i64) -> AnswerVector {
        let turn = number as f32 / 100.0;
        let direction = Vector::of(vec![turn.cos(), turn.sin(), 0.1]).expect("a direction");
        AnswerVector {
            number,
            interview: interview.into(),
            rubric: "r".into(),
            question: question.into(),
            score: Some(score),
            vector: Small::of(&direction),
        }
    }

    fn index() -> MemoryAnswers {
        let all = MemoryAnswers::default();
        let added: Vec<AnswerVector> = (1..=100)
            .map(|n| vector(n, if n % 2 == 0 { "even" } else { "odd" }, if n <= 50 { "a" } else { "b" }, n % 5 + 1))
            .collect();
        all.take_in(&[], &added, 100);
        all
    }

    fn found(all: &MemoryAnswers, near: i64, filter: &AnswerFilter, k: usize) -> Vec<i64> {
        all.nearest(&vector(near, "", "", 1).vector, filter, k).iter().map(|hit| hit.number).collect()
    }

    #[test]
    fn the_nearest_come_first_and_only_those_that_pass() {
        let all = index();
        assert_eq!(found(&all, 40, &AnswerFilter::default(), 1), [40]);
        let odd = AnswerFilter { interviews: Some(vec!["odd".into()]), ..AnswerFilter::default() };
        assert!(found(&all, 40, &odd, 10).iter().all(|n| n % 2 == 1));
        let not_odd = AnswerFilter { except: Some("odd".into()), ..AnswerFilter::default() };
        assert!(found(&all, 40, &not_odd, 10).iter().all(|n| n % 2 == 0));
        let b = AnswerFilter { question: Some("b".into()), ..AnswerFilter::default() };
        assert_eq!(found(&all, 40, &b, 1), [51]);
        let fives = AnswerFilter { least: Some(5), ..AnswerFilter::default() };
        assert!(found(&all, 40, &fives, 10).iter().all(|n| n % 5 == 4));
        let other = AnswerFilter { rubric: Some("other".into()), ..AnswerFilter::default() };
        assert_eq!(found(&all, 40, &other, 10), Vec::<i64>::new());
    }

    #[test]
    fn what_is_removed_is_not_found_and_what_comes_after_it_is() {
        let all = index();
        let odd = |before, question: Option<&str>| AnswerRemoval {
            before,
            interview: "odd".into(),
            question: question.map(str::to_owned),
        };
        all.take_in(&[odd(101, Some("a"))], &[], 101);
        assert_eq!(
            found(&all, 41, &AnswerFilter { question: Some("a".into()), ..AnswerFilter::default() }, 100).len(),
            25
        );
        all.take_in(&[odd(150, None)], &[vector(150, "odd", "a", 3)], 150);
        let left = found(&all, 41, &AnswerFilter::default(), 200);
        assert_eq!(left.iter().filter(|n| *n % 2 == 1).count(), 0);
        assert!(left.contains(&150) && left.len() == 51);
        assert_eq!(all.reached(), 150);
        all.take_in(&[], &[vector(150, "odd", "a", 3)], 150);
        assert_eq!(found(&all, 41, &AnswerFilter::default(), 200).len(), 51, "the same news twice changes nothing");
    }
}
