//! What turns texts into vectors: the embedded sentence model all-MiniLM-L6-v2, loaded at its first use, once a process,
//! or a server.

use super::openai::OpenAiEmbedder;
use super::{RetrievalError, Vector};
use crate::domain::Digest;
use crate::inference::{Encoder, InferenceError};
use std::collections::HashMap;
use std::panic;
use std::sync::{LazyLock, OnceLock};

// Paths from the crate's root, so that what a file is called does not depend on where this one lies.
static MODEL: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/all-minilm-l6-v2/model.onnx"));
static TOKENIZER: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/all-minilm-l6-v2/tokenizer.json"));

/// The length that the model was published for; it was trained on 128.
const MAX_TOKENS: usize = 256;

/// A command that embeds nothing pays nothing.
static ENCODER: LazyLock<Result<Encoder, InferenceError>> =
    LazyLock::new(|| Encoder::load(MODEL, TOKENIZER, "embedding", MAX_TOKENS));
static IDENTITY: LazyLock<String> =
    LazyLock::new(|| format!("all-minilm-l6-v2:int8:{}", Digest::of_parts([MODEL, TOKENIZER.as_bytes()]).short()));

/// Turns texts into vectors.
#[expect(clippy::large_enum_variant, reason = "a run has one of it")]
pub(super) enum Embedder {
    Local(LocalEmbedder),
    OpenAi(OpenAiEmbedder),
}

impl Embedder {
    /// Everything that decides on a vector besides its text and the machine.
    pub(super) fn identity(&self) -> &str {
        match self {
            Self::Local(_) => LocalEmbedder::identity(),
            Self::OpenAi(embedder) => embedder.identity(),
        }
    }

    /// How many numbers a vector has.
    pub(super) fn dimensions(&self) -> usize {
        match self {
            Self::Local(_) => LocalEmbedder::DIMENSIONS,
            Self::OpenAi(embedder) => embedder.dimensions(),
        }
    }

    /// What besides the identity decides on the bits of a vector: this machine's arithmetic, if it is done here. A
    /// server may round otherwise from one request to the next, and its vectors are good all the same.
    pub(super) async fn fingerprint(&self) -> Result<Digest, RetrievalError> {
        match self {
            Self::Local(embedder) => embedder.fingerprint().await,
            Self::OpenAi(embedder) => Ok(Digest::of(embedder.identity().as_bytes())),
        }
    }

    /// A vector for each text, in their order.
    pub(super) async fn embed(&self, texts: &[&str]) -> Result<Vec<Vector>, RetrievalError> {
        match self {
            Self::Local(embedder) => embedder.embed(texts).await,
            Self::OpenAi(embedder) => embedder.embed(texts).await,
        }
    }
}

/// Turns texts into vectors, on this machine.
#[derive(Clone, Copy)]
pub(super) struct LocalEmbedder;

impl LocalEmbedder {
    /// How many numbers a vector has.
    const DIMENSIONS: usize = 384;

    /// Model, arithmetic and digest of the weights.
    fn identity() -> &'static str {
        &IDENTITY
    }

    /// The bytes of one text's vector. Two machines may round differently (they add in other orders when their vector
    /// registers have other widths), and this tells: where it is the same, so is the arithmetic.
    async fn fingerprint(self) -> Result<Digest, RetrievalError> {
        const TEXT: &str = "Tell me about a service you built, what went wrong with it, and what you changed.";
        static KNOWN: OnceLock<Digest> = OnceLock::new();
        if let Some(known) = KNOWN.get() {
            return Ok(known.clone());
        }
        let vectors = self.embed(&[TEXT]).await?;
        let fingerprint = Digest::of(&bytes_of(vectors.iter().flat_map(Vector::as_slice)));
        Ok(KNOWN.get_or_init(|| fingerprint).clone())
    }

    /// A vector for each text, in their order.
    pub(super) async fn embed(self, texts: &[&str]) -> Result<Vec<Vector>, RetrievalError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let texts: Vec<String> = texts.iter().copied().map(str::to_owned).collect();
        let work = tokio::task::spawn_blocking(move || embed(&texts));
        work.await.unwrap_or_else(|failed| match failed.try_into_panic() {
            Ok(panic) => panic::resume_unwind(panic),
            Err(_) => Err(RetrievalError::Stopped),
        })
    }
}

/// Embeds each different text once: criteria and sentences recur within a rubric.
fn embed(texts: &[String]) -> Result<Vec<Vector>, RetrievalError> {
    let encoder = ENCODER.as_ref().map_err(InferenceError::clone)?;
    let mut place_of: HashMap<&str, usize> = HashMap::new();
    let mut different = Vec::new();
    let places: Vec<usize> = texts
        .iter()
        .map(|text| {
            *place_of.entry(text).or_insert_with(|| {
                different.push(encoder.tokens(text, None));
                different.len() - 1
            })
        })
        .collect();
    let rows = encoder.run(&different)?;
    let vectors: Option<Vec<Vector>> = rows.into_iter().map(Vector::of).collect();
    let vectors = vectors.ok_or(RetrievalError::NoDirection)?;
    Ok(places.into_iter().map(|place| vectors[place].clone()).collect())
}

/// Little-endian, as in the files of the cache.
pub(super) fn bytes_of<'a>(numbers: impl IntoIterator<Item = &'a f32>) -> Vec<u8> {
    numbers.into_iter().flat_map(|number| number.to_le_bytes()).collect()
}
