//! Search across interviews: who talked about something, and which answers are like one. Follows what the store records,
//! asks the index of answers, and gives passages as the store has them; what is erased there is found no more, whatever
//! the index still holds.
//!
//! Who may see what it finds is for the caller to decide.

use crate::domain::{Digest, words};
use crate::retrieval::{AnswerRemoval, AnswerVector, Retrieval, RetrievalError, Small};
use crate::store::{AfterFilling, Passage, PassageNews, Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::Mutex;

pub use crate::retrieval::AnswerFilter;

/// What saying all the words that are sought is worth, as similarity.
const LITERAL: f32 = 0.4;
/// Passages that are brought to the index at a time.
const TOGETHER: i64 = 4_096;
/// Passages that are embedded anew at a time.
const EMBEDDED_TOGETHER: i64 = 256;

/// Why nothing was found.
#[derive(Debug, Error)]
pub enum SearchError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index or the embedder failed.
    #[error(transparent)]
    Retrieval(#[from] RetrievalError),
}

/// A passage that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What was said.
    pub passage: Passage,
    /// Cosine of the angle to what was looked for, in -1..=1.
    pub similarity: f32,
}

/// The index of answers, kept up with the store.
pub struct Search {
    store: Store,
    retrieval: Arc<Retrieval>,
    /// What this process is called while it fills an index that others share.
    holder: String,
    /// One at a time brings news to an index in memory.
    following: Mutex<()>,
}

impl Search {
    /// Knows nothing yet.
    #[must_use]
    pub fn new(store: Store, retrieval: Arc<Retrieval>) -> Self {
        let holder = store.edge().id();
        Self { store, retrieval, holder, following: Mutex::default() }
    }

    /// The `k` passages nearest to `words` among those that pass. Among them those come first that are most similar, where
    /// saying the very words counts as much as [`LITERAL`] of similarity: the embedder knows few rare words.
    ///
    /// # Errors
    /// [`SearchError`].
    pub async fn find(&self, words: &str, filter: &AnswerFilter, k: usize) -> Result<Vec<Found>, SearchError> {
        let vectors = self.retrieval.embed(&[words]).await?;
        let Some(vector) = vectors.first() else { return Ok(vec![]) };
        self.follow_in_memory().await?;
        let mut found = self.nearest(&Small::of(vector), filter, k).await?;
        let sought = telling(words);
        let rank = |one: &Found| one.similarity + LITERAL * share(&sought, &telling(&one.passage.quote));
        found.sort_by(|a, b| rank(b).total_cmp(&rank(a)).then(a.passage.number.cmp(&b.passage.number)));
        Ok(found)
    }

    /// The `k` answers of other interviews that are most like what was said in `interview` to `question`, each by its most
    /// similar passage; none where nothing was said.
    ///
    /// # Errors
    /// [`SearchError`].
    pub async fn like(
        &self,
        interview: &str,
        question: &str,
        filter: &AnswerFilter,
        k: usize,
    ) -> Result<Vec<Found>, SearchError> {
        let said = self.store.passages_of(interview, question, self.retrieval.embedder()).await?;
        self.follow_in_memory().await?;
        let filter =
            AnswerFilter { question: Some(question.to_owned()), except: Some(interview.to_owned()), ..filter.clone() };
        let mut best: BTreeMap<String, Found> = BTreeMap::new();
        for vector in said.iter().filter_map(|bytes| Small::from_bytes(bytes)) {
            for found in self.nearest(&vector, &filter, k).await? {
                let known = best.get(&found.passage.interview).map_or(f32::NEG_INFINITY, |known| known.similarity);
                if found.similarity > known {
                    best.insert(found.passage.interview.clone(), found);
                }
            }
        }
        let mut all: Vec<Found> = best.into_values().collect();
        all.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.passage.number.cmp(&b.passage.number)));
        all.truncate(k);
        Ok(all)
    }

    async fn nearest(&self, query: &Small, filter: &AnswerFilter, k: usize) -> Result<Vec<Found>, SearchError> {
        let hits = self.retrieval.nearest_answers(query, filter, k).await?;
        let numbers: Vec<i64> = hits.iter().map(|hit| hit.number).collect();
        let passages = self.store.passages(&numbers).await?;
        let mut passages: BTreeMap<i64, Passage> = passages.into_iter().map(|one| (one.number, one)).collect();
        let found = |hit: &crate::retrieval::AnswerHit| {
            passages.remove(&hit.number).map(|passage| Found { passage, similarity: hit.similarity })
        };
        Ok(hits.iter().filter_map(found).collect())
    }

    /// Whether the index can be asked.
    ///
    /// # Errors
    /// [`SearchError::Retrieval`], which says what to do.
    pub async fn health(&self) -> Result<(), SearchError> {
        Ok(self.retrieval.health().await?)
    }

    /// Brings an index in memory up to date; one on a server is kept up by the workers.
    ///
    /// # Errors
    /// [`SearchError::Store`].
    pub async fn follow_in_memory(&self) -> Result<(), SearchError> {
        if self.retrieval.answers_reached().is_none() {
            return Ok(());
        }
        let _alone = self.following.lock().await;
        while let Some(reached) = self.retrieval.answers_reached() {
            let news = self.news(reached).await?;
            self.bring(&news, None).await?;
            if news.is_all {
                break;
            }
        }
        Ok(())
    }

    /// Brings an index on a server up to date, where no other process is at it; gives how many passages that were.
    ///
    /// # Errors
    /// [`SearchError`]; what was brought before stays.
    pub async fn follow_on_server(&self) -> Result<usize, SearchError> {
        let made = self.retrieval.ensure_answers().await?;
        let name = self.index_name();
        let mut reached = if made { 0 } else { self.store.index_reached(&name).await? };
        if is_nothing(&self.news(reached).await?) {
            return Ok(0);
        }
        let Some(held) = self.store.hold_index(&name, &self.holder).await? else { return Ok(0) };
        reached = if made { 0 } else { held };
        let filled = self.fill(&name, reached, None).await;
        match filled {
            Ok((_, count)) => Ok(count),
            // Another process has taken over: it goes on from where this one was.
            Err(SearchError::Store(StoreError::LeaseLost)) => Ok(0),
            Err(other) => Err(other),
        }
    }

    /// Brings everything after `reached` to the index, or to the collection `anew` that is to take its place.
    async fn fill(&self, name: &str, mut reached: i64, anew: Option<&str>) -> Result<(i64, usize), SearchError> {
        let mut count = 0;
        loop {
            let news = self.news(reached).await?;
            self.bring(&news, anew).await?;
            (reached, count) = (news.reached, count + news.added.len());
            let then = if news.is_all && anew.is_none() { AfterFilling::LetGo } else { AfterFilling::Hold };
            // A new collection is not what others search: the mark moves when it takes the old one's place.
            let mark = if anew.is_none() { reached } else { self.store.index_reached(name).await? };
            self.store.index_filled(name, &self.holder, mark, then).await?;
            if news.is_all {
                return Ok((reached, count));
            }
        }
    }

    /// Makes the index on a server anew beside the one that is searched, with the vectors of the embedder that is set, and
    /// then puts it in its place. Gives how many passages it has; `None` where the index is in memory or another process
    /// is at it.
    ///
    /// # Errors
    /// [`SearchError`]; the old index stays in use.
    pub async fn make_anew(&self) -> Result<Option<usize>, SearchError> {
        self.embed_anew().await?;
        let name = self.index_name();
        if self.retrieval.answers_reached().is_some() || self.store.hold_index(&name, &self.holder).await?.is_none() {
            return Ok(None);
        }
        let Some(anew) = self.retrieval.begin_answers_anew().await? else { return Ok(None) };
        let (reached, count) = self.fill(&name, 0, Some(&anew)).await?;
        self.retrieval.finish_answers_anew(&anew).await?;
        self.store.index_filled(&name, &self.holder, reached, AfterFilling::LetGo).await?;
        Ok(Some(count))
    }

    /// Embeds what another embedder embedded.
    async fn embed_anew(&self) -> Result<(), SearchError> {
        let embedder = self.retrieval.embedder();
        loop {
            let others = self.store.passages_of_others(embedder, EMBEDDED_TOGETHER).await?;
            if others.is_empty() {
                return Ok(());
            }
            let texts: Vec<&str> = others.iter().map(|(_, quote)| quote.as_str()).collect();
            let vectors = self.retrieval.embed(&texts).await?;
            let vectors: Vec<(i64, Vec<u8>)> = others
                .iter()
                .zip(&vectors)
                .map(|((number, _), vector)| (*number, Small::of(vector).to_bytes()))
                .collect();
            self.store.put_vectors(embedder, &vectors).await?;
        }
    }

    fn index_name(&self) -> String {
        format!("answers of {}", Digest::of(self.retrieval.embedder().as_bytes()).short())
    }

    async fn news(&self, reached: i64) -> Result<PassageNews, SearchError> {
        Ok(self.store.passage_news(self.retrieval.embedder(), reached, TOGETHER).await?)
    }

    async fn bring(&self, news: &PassageNews, anew: Option<&str>) -> Result<(), SearchError> {
        let removed: Vec<AnswerRemoval> = news
            .removed
            .iter()
            .map(|one| AnswerRemoval {
                before: one.before,
                interview: one.interview.clone(),
                question: one.question.clone(),
            })
            .collect();
        let added: Vec<AnswerVector> = news
            .added
            .iter()
            .filter_map(|one| {
                Some(AnswerVector {
                    number: one.number,
                    interview: one.interview.clone(),
                    rubric: one.rubric.clone(),
                    question: one.question.clone(),
                    score: one.score,
                    vector: Small::from_bytes(&one.vector)?,
                })
            })
            .collect();
        Ok(self.retrieval.put_answers(&removed, &added, news.reached, anew).await?)
    }
}

/// Words that say what a text is about, by their length.
fn telling(text: &str) -> BTreeSet<String> {
    words(text).filter(|word| word.chars().count() > 3).map(|word| word.to_lowercase()).collect()
}

/// How much of what is sought is said; nothing where nothing telling is sought.
fn share(sought: &BTreeSet<String>, said: &BTreeSet<String>) -> f32 {
    sought.intersection(said).count() as f32 / sought.len().max(1) as f32
}

fn is_nothing(news: &PassageNews) -> bool {
    news.added.is_empty() && news.removed.is_empty() && news.is_all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saying_the_very_words_counts_by_how_many_of_them_are_said() {
        let sought = telling("Who talked about idempotency keys?");
        let of = |said: &str| share(&sought, &telling(said));
        assert!((of("We talked about idempotency keys.") - 1.0).abs() < f32::EPSILON);
        assert!((of("An IDEMPOTENCY key.") - 0.25).abs() < f32::EPSILON);
        assert_eq!((of("Nothing of it."), share(&telling("a b"), &telling("a b"))), (0.0, 0.0));
    }
}
