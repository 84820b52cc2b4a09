//! The exact index in memory: for each rubric one flat array of numbers, compared from end to end.

use super::cache::{Cache, Key};
use super::embedder::Embedder;
use super::vector::dot;
use super::{Filter, Hit, Point, RetrievalError, Vector};
use crate::domain::Digest;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Rubrics by digest, and where their vectors outlive the process.
pub(super) struct MemoryIndex {
    cache: Option<Cache>,
    rubrics: RwLock<HashMap<Digest, Arc<Held>>>,
}

/// One rubric: its points, and their vectors one after another.
struct Held {
    points: Vec<Arc<Point>>,
    numbers: Vec<f32>,
}

impl MemoryIndex {
    pub(super) fn new(cache: Option<Cache>) -> Self {
        Self { cache, rubrics: RwLock::default() }
    }

    /// Whether exactly these points are in the index, or can be taken into it from the cache.
    pub(super) async fn holds(
        &self,
        rubric: &Digest,
        points: &[Point],
        embedder: &Embedder,
    ) -> Result<bool, RetrievalError> {
        if self.held(rubric).is_some_and(|held| held.points.iter().map(Arc::as_ref).eq(points)) {
            return Ok(true);
        }
        let Some(cache) = &self.cache else { return Ok(false) };
        let Some(numbers) = cache.read(&key(rubric, points, embedder).await?) else { return Ok(false) };
        self.set(rubric, Held { points: points.iter().cloned().map(Arc::new).collect(), numbers });
        Ok(true)
    }

    pub(super) async fn put(
        &self,
        rubric: &Digest,
        points: Vec<Point>,
        vectors: &[Vector],
        embedder: &Embedder,
    ) -> Result<(), RetrievalError> {
        let numbers: Vec<f32> = vectors.iter().flat_map(Vector::as_slice).copied().collect();
        if let Some(cache) = &self.cache {
            cache.write(&key(rubric, &points, embedder).await?, &numbers);
        }
        self.set(rubric, Held { points: points.into_iter().map(Arc::new).collect(), numbers });
        Ok(())
    }

    pub(super) fn nearest(
        &self,
        rubric: &Digest,
        queries: &[Vector],
        filter: Filter<'_>,
        k: usize,
    ) -> Result<Vec<Vec<Hit>>, RetrievalError> {
        let held = self.held(rubric).ok_or_else(|| RetrievalError::UnknownRubric(rubric.clone()))?;
        Ok(held.nearest(queries, filter, k))
    }

    pub(super) fn remove(&self, rubric: &Digest) -> Result<usize, RetrievalError> {
        if let Some(cache) = &self.cache {
            cache.remove(rubric)?;
        }
        let removed = self.rubrics.write().unwrap_or_else(PoisonError::into_inner).remove(rubric);
        Ok(removed.map_or(0, |held| held.points.len()))
    }

    // A rubric is put in whole or not at all, so a panic elsewhere leaves nothing half done behind the lock.
    fn held(&self, rubric: &Digest) -> Option<Arc<Held>> {
        self.rubrics.read().unwrap_or_else(PoisonError::into_inner).get(rubric).cloned()
    }

    fn set(&self, rubric: &Digest, held: Held) {
        self.rubrics.write().unwrap_or_else(PoisonError::into_inner).insert(rubric.clone(), Arc::new(held));
    }
}

async fn key(rubric: &Digest, points: &[Point], embedder: &Embedder) -> Result<Key, RetrievalError> {
    let fingerprint = embedder.fingerprint().await?;
    let with = [embedder.identity(), fingerprint.as_str()];
    let texts: Vec<&str> = points.iter().map(|point| point.text.as_str()).collect();
    Ok(Key::new(rubric, with, &texts, embedder.dimensions()))
}

impl Held {
    fn nearest(&self, queries: &[Vector], filter: Filter<'_>, k: usize) -> Vec<Vec<Hit>> {
        let mut best: Vec<Best> = queries.iter().map(|_| Best::of(k)).collect();
        // Every query meets a row while the row is in the cache: the array is read from memory once, not once a query.
        for (place, row) in self.rows().enumerate().filter(|(place, _)| filter.passes(&self.points[*place])) {
            for (query, best) in queries.iter().zip(&mut best) {
                best.offer(dot(query.as_slice(), row), place);
            }
        }
        let hit = |(similarity, place): (f32, usize)| Hit { point: Arc::clone(&self.points[place]), similarity };
        best.into_iter().map(|best| best.sorted().into_iter().map(hit).collect()).collect()
    }

    fn rows(&self) -> impl Iterator<Item = &[f32]> {
        // A rubric without points has no rows, whatever their width.
        self.numbers.chunks_exact((self.numbers.len() / self.points.len().max(1)).max(1))
    }
}

/// The best `k` of what is offered: more similar first, then the earlier place.
struct Best {
    k: usize,
    found: Vec<(f32, usize)>,
    /// What is below this is not among the best.
    least: f32,
}

impl Best {
    fn of(k: usize) -> Self {
        Self { k, found: Vec::new(), least: f32::NEG_INFINITY }
    }

    /// Places must be offered in rising order.
    fn offer(&mut self, similarity: f32, place: usize) {
        if similarity < self.least || self.k == 0 {
            return;
        }
        self.found.push((similarity, place));
        // Letting twice as many gather before throwing half away makes each offer cheap however large k is.
        if self.found.len() >= self.k.saturating_mul(2).max(64) {
            self.found.select_nth_unstable_by(self.k - 1, before);
            self.found.truncate(self.k);
            self.least = self.found[self.k - 1].0;
        }
    }

    fn sorted(mut self) -> Vec<(f32, usize)> {
        self.found.sort_unstable_by(before);
        self.found.truncate(self.k);
        self.found
    }
}

fn before(a: &(f32, usize), b: &(f32, usize)) -> Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_best_are_the_front_of_the_sorted(raw in prop::collection::vec(0_u8..20, 0..400), k in 0_usize..70) {
            let mut best = Best::of(k);
            let mut all: Vec<(f32, usize)> = raw.iter().map(|x| f32::from(*x)).zip(0..).collect();
            for (similarity, place) in &all {
                best.offer(*similarity, *place);
            }
            all.sort_by(before);
            all.truncate(k);
            prop_assert_eq!(best.sorted(), all);
        }
    }
}
