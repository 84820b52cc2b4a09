//! Texts to vectors, and a rubric's texts nearest to them. One type with few methods, [`Retrieval`]; the embedder and
//! the vector index are private to it.
//!
//! Search is exact, in both indexes. A rubric has some hundred texts, and every search is within one rubric, so the
//! whole of it is compared in microseconds (100,000 vectors take some ten milliseconds), nothing is missed, and the
//! same input always gives the same hits. An approximate index would buy nothing here and cost that. The embedded
//! index is therefore a flat array of our own: `qdrant-edge`, the in-process Qdrant, was weighed and left, because it
//! does not compile on the toolchain in use and takes minutes of building for a search that a loop does. The Qdrant
//! *server* is for several processes that share one index, and is asked for exact search too.
//!
//! Hits are ordered by similarity and, where that is equal, by the order of the rubric. The two indexes agree to
//! about 1e-6 in similarity, since a server adds in an order of its own.

mod answers;
mod cache;
mod embedder;
mod memory;
mod openai;
mod point;
mod qdrant;
mod server;
mod vector;

pub use answers::{AnswerFilter, AnswerHit, AnswerRemoval, AnswerVector, Small};
pub use openai::EmbeddingSettings;
pub use point::{Filter, Hit, Kind, Point};
pub use server::QdrantSettings;
pub use vector::Vector;

use crate::domain::{Digest, Rubric};
use crate::endpoint::EndpointError;
use crate::inference::InferenceError;
use answers::{MemoryAnswers, QdrantAnswers};
use cache::Cache;
use embedder::{Embedder, LocalEmbedder};
use memory::MemoryIndex;
use openai::OpenAiEmbedder;
use qdrant::QdrantIndex;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// The cause of a failure outside the crate.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why nothing was embedded, indexed or found.
#[derive(Debug, Error)]
pub enum RetrievalError {
    /// The rubric has not been indexed here, or has been removed.
    #[error("rubric {} is not in the vector index: index it first", .0.short())]
    UnknownRubric(Digest),
    /// The directory for vectors cannot be made.
    #[error("cannot keep vectors in {}: choose another cache directory, or none", .path.display())]
    Cache {
        /// The directory.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// What is set for the Qdrant server cannot be right.
    #[error("the Qdrant settings cannot be used: {0}")]
    Settings(&'static str),
    /// No answer from the Qdrant server in time.
    #[error("no answer from the Qdrant server at {url}: check that it runs, and that this is its gRPC address")]
    Unreachable {
        /// Where it was looked for.
        url: String,
        /// What the client says.
        source: BoxError,
    },
    /// The Qdrant server wants another API key, or one at all.
    #[error("the Qdrant server at {url} refuses the API key: set the key that it expects")]
    Refused {
        /// Where it is.
        url: String,
        /// What the server says.
        source: BoxError,
    },
    /// A collection of our name that is not of our making.
    #[error("the Qdrant collection {name} {why}: set another collection prefix, or delete that collection")]
    Collection {
        /// The collection.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// The Qdrant server failed otherwise.
    #[error("the Qdrant server at {url} failed: see its log")]
    Server {
        /// Where it is.
        url: String,
        /// What the client says.
        source: BoxError,
    },
    /// The embedding model failed.
    #[error("the texts could not be embedded")]
    Embedding(#[from] InferenceError),
    /// The embedding model gave a row without a direction.
    #[error("the embedding model gave a row that has no direction")]
    NoDirection,
    /// The server that embeds gave no answer.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The server that embeds gave vectors that cannot be used.
    #[error("the embedding server cannot be used: {0}")]
    Embeddings(&'static str),
    /// The process is shutting down.
    #[error("embedding was stopped: the process is shutting down")]
    Stopped,
}

/// What indexing did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    /// The rubric, to search in it.
    pub rubric: Digest,
    /// How many points it has in the index.
    pub points: usize,
    /// How many of them were embedded for it: all, or none when it was there already.
    pub embedded: usize,
}

/// An embedder and a vector index. Meant to be made once and shared.
pub struct Retrieval {
    embedder: Embedder,
    index: Index,
}

enum Index {
    Memory(MemoryIndex, Arc<MemoryAnswers>),
    Qdrant(Box<QdrantIndex>, Box<QdrantAnswers>),
}

impl Retrieval {
    /// The embedded model and an exact index in memory; needs nothing outside the process. The vectors of rubrics are
    /// kept as files in `cache`, where one is given, so that a rubric is embedded once and not at every start. What
    /// is in those files cannot change a result: each is checked, and made again when anything about it is off.
    ///
    /// # Errors
    /// [`RetrievalError::Cache`] when the directory is not there and cannot be made.
    pub fn local(cache: Option<&Path>) -> Result<Self, RetrievalError> {
        let cache = cache.map(Cache::at).transpose()?;
        Ok(Self {
            embedder: Embedder::Local(LocalEmbedder),
            index: Index::Memory(MemoryIndex::new(cache), Arc::default()),
        })
    }

    /// The embedded model and a Qdrant server, which several processes may share. Makes the collection when it is not
    /// there; there is one for each embedder, so vectors of different models never meet.
    ///
    /// # Errors
    /// [`RetrievalError::Settings`], [`RetrievalError::Unreachable`], [`RetrievalError::Refused`],
    /// [`RetrievalError::Collection`] and [`RetrievalError::Server`], each saying what to do.
    pub async fn with_qdrant(settings: &QdrantSettings) -> Result<Self, RetrievalError> {
        Self::on_qdrant(Embedder::Local(LocalEmbedder), settings).await
    }

    /// The embedding model of a server, with the index in memory and its `cache`, or on a Qdrant server. Texts leave the
    /// machine with it.
    ///
    /// # Errors
    /// [`RetrievalError::Endpoint`] and [`RetrievalError::Embeddings`] when the server gives no vectors; otherwise as
    /// [`Retrieval::local`] and [`Retrieval::with_qdrant`].
    pub async fn with_endpoint(
        embeddings: &EmbeddingSettings,
        cache: Option<&Path>,
        qdrant: Option<&QdrantSettings>,
    ) -> Result<Self, RetrievalError> {
        let embedder = Embedder::OpenAi(OpenAiEmbedder::connect(embeddings).await?);
        if let Some(settings) = qdrant {
            return Self::on_qdrant(embedder, settings).await;
        }
        let cache = cache.map(Cache::at).transpose()?;
        Ok(Self { embedder, index: Index::Memory(MemoryIndex::new(cache), Arc::default()) })
    }

    async fn on_qdrant(embedder: Embedder, settings: &QdrantSettings) -> Result<Self, RetrievalError> {
        let made = Self::at_qdrant(embedder, settings)?;
        if let Index::Qdrant(index, _) = &made.index {
            index.ensure_collection().await?;
        }
        Ok(made)
    }

    /// The same without a look at the Qdrant server: for a service that is to start while that is away. What needs the
    /// server fails until it is there.
    ///
    /// # Errors
    /// [`RetrievalError::Settings`]; with `embeddings`, as [`Retrieval::with_endpoint`].
    pub async fn for_service(
        embeddings: Option<&EmbeddingSettings>,
        settings: &QdrantSettings,
    ) -> Result<Self, RetrievalError> {
        let embedder = match embeddings {
            Some(embeddings) => Embedder::OpenAi(OpenAiEmbedder::connect(embeddings).await?),
            None => Embedder::Local(LocalEmbedder),
        };
        Self::at_qdrant(embedder, settings)
    }

    fn at_qdrant(embedder: Embedder, settings: &QdrantSettings) -> Result<Self, RetrievalError> {
        let index = QdrantIndex::new(settings, embedder.identity(), embedder.dimensions())?;
        let answers = QdrantAnswers::new(settings, embedder.identity(), embedder.dimensions())?;
        Ok(Self { embedder, index: Index::Qdrant(Box::new(index), Box::new(answers)) })
    }

    /// Whether the index can be used: the one in memory always, a server when it answers.
    ///
    /// # Errors
    /// As [`Retrieval::with_qdrant`].
    pub async fn health(&self) -> Result<(), RetrievalError> {
        match &self.index {
            Index::Memory(..) => Ok(()),
            Index::Qdrant(_, answers) => answers.health().await,
        }
    }

    /// Asks a server again that was given up because request after request failed.
    pub fn hope(&self) {
        if let Embedder::OpenAi(embedder) = &self.embedder {
            embedder.hope();
        }
    }

    /// Whether texts are sent to a server to be embedded.
    #[must_use]
    pub fn sends_texts_out(&self) -> bool {
        matches!(self.embedder, Embedder::OpenAi(_))
    }

    /// What the embedder is, for the record of a result: model, arithmetic and digest of the weights.
    #[must_use]
    pub fn embedder(&self) -> &str {
        self.embedder.identity()
    }

    /// A vector for each of `texts`, in their order. A text of more than 256 tokens counts by its beginning. A vector
    /// depends on its text alone, not on the texts around it. Must be called within a Tokio runtime, whose blocking
    /// threads do the work.
    ///
    /// # Errors
    /// [`RetrievalError::Embedding`] and [`RetrievalError::NoDirection`] when the model fails,
    /// [`RetrievalError::Stopped`] at shutdown.
    pub async fn embed(&self, texts: &[&str]) -> Result<Vec<Vector>, RetrievalError> {
        self.embedder.embed(texts).await
    }

    /// A vector of the embedded model for each of `texts`, in their order, whatever embedder is set: for what was trained
    /// on its vectors. Otherwise as [`Retrieval::embed`].
    ///
    /// # Errors
    /// As [`Retrieval::embed`].
    pub async fn embed_here(&self, texts: &[&str]) -> Result<Vec<Vector>, RetrievalError> {
        LocalEmbedder.embed(texts).await
    }

    /// Puts a rubric's texts into the index: every wording of its questions, its ideal answers, whole and by
    /// sentence, criteria, anchors and follow-ups. Indexing a rubric again does nothing; a changed rubric has another
    /// digest and stands beside the old one until that is [removed](Self::remove_rubric).
    ///
    /// # Errors
    /// As [`Retrieval::embed`] and, with a server, [`Retrieval::with_qdrant`].
    pub async fn index_rubric(&self, rubric: &Rubric) -> Result<Indexed, RetrievalError> {
        let digest = rubric.digest();
        let points = point::of_rubric(rubric);
        let there = match &self.index {
            Index::Memory(index, _) => index.holds(&digest, &points, &self.embedder).await?,
            Index::Qdrant(index, _) => index.holds(&digest, &points).await?,
        };
        let mut indexed = Indexed { rubric: digest, points: points.len(), embedded: 0 };
        if !there {
            let texts: Vec<&str> = points.iter().map(|point| point.text.as_str()).collect();
            let vectors = self.embedder.embed(&texts).await?;
            indexed.embedded = vectors.len();
            match &self.index {
                Index::Memory(index, _) => index.put(&indexed.rubric, points, &vectors, &self.embedder).await?,
                Index::Qdrant(index, _) => index.put(rubric, &indexed.rubric, points, vectors).await?,
            }
        }
        Ok(indexed)
    }

    /// For each of `queries`, the `k` points of the rubric that are nearest to it among those that pass `filter`, the
    /// most similar first, ties in the order of the rubric; fewer where fewer pass.
    ///
    /// # Errors
    /// [`RetrievalError::UnknownRubric`] when the rubric is not in the index and, with a server, as
    /// [`Retrieval::with_qdrant`].
    pub async fn nearest(
        &self,
        rubric: &Digest,
        queries: &[Vector],
        filter: Filter<'_>,
        k: usize,
    ) -> Result<Vec<Vec<Hit>>, RetrievalError> {
        match &self.index {
            Index::Memory(index, _) => index.nearest(rubric, queries, filter, k),
            Index::Qdrant(index, _) => index.nearest(rubric, queries, filter, k).await,
        }
    }

    /// Takes a rubric out of the index, and its vectors out of the cache. Says how many points that were; a rubric
    /// that was not there has none.
    ///
    /// # Errors
    /// With a server, as [`Retrieval::with_qdrant`]; [`RetrievalError::Cache`] when a file cannot be removed.
    pub async fn remove_rubric(&self, rubric: &Digest) -> Result<usize, RetrievalError> {
        match &self.index {
            Index::Memory(index, _) => index.remove(rubric),
            Index::Qdrant(index, _) => index.remove(rubric).await,
        }
    }

    /// How far the index of answers in memory has been filled: the number below which it knows everything. `None` when the
    /// index is on a server, which several processes share and one of them fills.
    #[must_use]
    pub fn answers_reached(&self) -> Option<i64> {
        match &self.index {
            Index::Memory(_, answers) => Some(answers.reached()),
            Index::Qdrant(..) => None,
        }
    }

    /// Brings news to the index of answers: `removed` is taken out, `added` taken in, and everything below `reached` is
    /// known then. `anew` is a collection that is being filled instead of the one that is searched.
    ///
    /// # Errors
    /// With a server, as [`Retrieval::with_qdrant`]; bringing the same news again does no harm.
    pub async fn put_answers(
        &self,
        removed: &[AnswerRemoval],
        added: &[AnswerVector],
        reached: i64,
        anew: Option<&str>,
    ) -> Result<(), RetrievalError> {
        match &self.index {
            Index::Memory(_, answers) => {
                answers.take_in(removed, added, reached);
                Ok(())
            }
            Index::Qdrant(_, answers) => answers.put(removed, added, anew).await,
        }
    }

    /// Makes the index of answers on a server where it is not there, and says whether it did: then it is empty. The one in
    /// memory is always there.
    ///
    /// # Errors
    /// As [`Retrieval::with_qdrant`].
    pub async fn ensure_answers(&self) -> Result<bool, RetrievalError> {
        match &self.index {
            Index::Memory(..) => Ok(false),
            Index::Qdrant(_, answers) => answers.ensure().await,
        }
    }

    /// The `k` passages of answers that are nearest to `query` among those that pass, the most similar first.
    ///
    /// # Errors
    /// With a server, as [`Retrieval::with_qdrant`].
    pub async fn nearest_answers(
        &self,
        query: &Small,
        filter: &AnswerFilter,
        k: usize,
    ) -> Result<Vec<AnswerHit>, RetrievalError> {
        match &self.index {
            Index::Memory(_, answers) => {
                let (answers, query, filter) = (Arc::clone(answers), query.clone(), filter.clone());
                // A million passages keep a core busy for a while, and requests must not wait for that.
                let found = tokio::task::spawn_blocking(move || answers.nearest(&query, &filter, k)).await;
                found.map_err(|_| RetrievalError::Stopped)
            }
            Index::Qdrant(_, answers) => answers.nearest(query, filter, k).await,
        }
    }

    /// Begins to build the index of answers anew on a server while the old one is searched; gives the name of what is to be
    /// filled. `None` for the index in memory, which is built anew at each start.
    ///
    /// # Errors
    /// As [`Retrieval::with_qdrant`].
    pub async fn begin_answers_anew(&self) -> Result<Option<String>, RetrievalError> {
        match &self.index {
            Index::Memory(..) => Ok(None),
            Index::Qdrant(_, answers) => answers.begin_anew().await.map(Some),
        }
    }

    /// Has searches go to what was filled, and drops the old one.
    ///
    /// # Errors
    /// As [`Retrieval::with_qdrant`].
    pub async fn finish_answers_anew(&self, name: &str) -> Result<(), RetrievalError> {
        match &self.index {
            Index::Memory(..) => Ok(()),
            Index::Qdrant(_, answers) => answers.finish_anew(name).await,
        }
    }
}
