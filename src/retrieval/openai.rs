//! The embedder over the network: any server with `OpenAI`'s interface. Its vectors never meet those of another: where it
//! is, its model and its dimensions are part of its identity, and so of every cache key and collection.

use super::{RetrievalError, Vector};
use crate::endpoint::{Endpoint, EndpointSettings};
use serde_json::json;
use std::collections::HashMap;

/// Texts in one request; servers take some hundred to two thousand.
const TOGETHER: usize = 128;
/// A text is cut here; embedding models take 512 to 8,192 tokens, and what matters of a sentence comes first.
const LONGEST_TEXT: usize = 4_000;

/// Which vectors, from where.
#[derive(Debug, Clone)]
pub struct EmbeddingSettings {
    /// The server.
    pub endpoint: EndpointSettings,
    /// Its model.
    pub model: String,
    /// How many numbers a vector shall have, for models that can shorten theirs.
    pub dimensions: Option<usize>,
}

/// Turns texts into vectors on a server.
pub(super) struct OpenAiEmbedder {
    endpoint: Endpoint,
    model: String,
    wanted: Option<usize>,
    dimensions: usize,
    identity: String,
}

impl OpenAiEmbedder {
    /// Asks for one vector, to know how many numbers they have.
    pub(super) async fn connect(settings: &EmbeddingSettings) -> Result<Self, RetrievalError> {
        let endpoint = Endpoint::new(settings.endpoint.clone())?;
        let model = settings.model.clone();
        let mut it = Self { endpoint, model, wanted: settings.dimensions, dimensions: 0, identity: String::new() };
        let first = it.rows(&["How long is a vector?"]).await?;
        it.dimensions = first.first().map_or(0, |vector| vector.as_slice().len());
        if settings.dimensions.is_some_and(|wanted| wanted != it.dimensions) {
            return Err(RetrievalError::Embeddings(
                "it does not shorten its vectors: leave --embedding-dimensions out",
            ));
        }
        it.identity = format!("openai:{}:{}:{}", it.endpoint.url(), it.model, it.dimensions);
        Ok(it)
    }

    pub(super) fn hope(&self) {
        self.endpoint.hope();
    }

    pub(super) fn identity(&self) -> &str {
        &self.identity
    }

    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// A vector for each text, in their order; each different text is sent once.
    pub(super) async fn embed(&self, texts: &[&str]) -> Result<Vec<Vector>, RetrievalError> {
        let mut place_of: HashMap<&str, usize> = HashMap::new();
        let mut different: Vec<&str> = Vec::new();
        for text in texts {
            place_of.entry(text).or_insert_with(|| {
                different.push(text);
                different.len() - 1
            });
        }
        let mut vectors = Vec::with_capacity(different.len());
        for together in different.chunks(TOGETHER) {
            vectors.extend(self.rows(together).await?);
        }
        if vectors.iter().any(|vector| vector.as_slice().len() != self.dimensions) {
            return Err(RetrievalError::Embeddings("its vectors do not all have one length"));
        }
        Ok(texts.iter().filter_map(|text| vectors.get(*place_of.get(text)?).cloned()).collect())
    }

    async fn rows(&self, texts: &[&str]) -> Result<Vec<Vector>, RetrievalError> {
        let cut = |text: &&str| text.chars().take(LONGEST_TEXT).collect::<String>();
        let mut body = json!({
            "model": self.model,
            "input": texts.iter().map(cut).collect::<Vec<_>>(),
            "encoding_format": "float",
        });
        if let Some(wanted) = self.wanted {
            body["dimensions"] = json!(wanted);
        }
        // About four letters make a token.
        let tokens = texts.iter().map(|text| text.len() as u64 / 4 + 1).sum();
        let mut rows = self.endpoint.embeddings(&body, tokens).await?.data;
        rows.sort_by_key(|row| row.index);
        if !rows.iter().map(|row| row.index).eq(0..texts.len()) {
            return Err(RetrievalError::Embeddings("it did not give one vector for each text"));
        }
        rows.into_iter().map(|row| Vector::of(row.embedding).ok_or(RetrievalError::NoDirection)).collect()
    }
}
