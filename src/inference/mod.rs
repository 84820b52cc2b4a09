//! Runs a BERT-like ONNX model that is part of the program: text to tokens, tokens to one row of numbers an input.
//!
//! Imports nothing of the crate; rten stays in here, and takes as many threads as `RTEN_NUM_THREADS` says, or else one
//! a core. Inputs are run together with others of exactly their own length, so there is no padding and no attention
//! mask, and a row depends on its input alone: not on the batch it came in, nor on the order of the inputs. (That needs
//! a model that quantises its activations row by row; the tests of `retrieval` hold ours to it.)

mod wordpiece;

use rayon::prelude::*;
use rten::{Model, ModelOptions, NodeId};
use rten_tensor::{NdTensor, prelude::*};
use std::error::Error;
use std::sync::Arc;
use thiserror::Error as ThisError;
use wordpiece::WordPiece;

/// Why a model gave no rows.
#[derive(Debug, Clone, ThisError)]
pub enum InferenceError {
    /// The bytes are no model that can be run.
    #[error("the embedded model cannot be loaded: this build is broken")]
    Model(#[source] Arc<dyn Error + Send + Sync>),
    /// The model has other inputs or outputs than expected, or an output that is not one row an input.
    #[error("the embedded model has no {0}: it does not fit this build")]
    Shape(&'static str),
    /// The tokeniser is not one of an uncased BERT.
    #[error("the embedded tokenizer.json cannot be used: {0}")]
    Tokenizer(String),
    /// The model failed on an input.
    #[error("the embedded model failed")]
    Run(#[source] Arc<dyn Error + Send + Sync>),
}

/// A text, or a pair of texts, as a model reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    ids: Vec<i32>,
    type_ids: Vec<i32>,
    cut: bool,
}

impl Tokens {
    /// Whether something was left out because it did not fit the model's input.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// How many tokens there are, those around the texts included.
    #[expect(clippy::len_without_is_empty, reason = "there are always the tokens around the text")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }
}

/// How many tokens run together: enough to use a core well, few enough to stay in its cache.
const TOKENS_TOGETHER: usize = 512;

/// A loaded model with its tokeniser. Can be shared between threads.
pub struct Encoder {
    model: Model,
    tokenizer: WordPiece,
    ids: NodeId,
    type_ids: NodeId,
    output: NodeId,
    max_tokens: usize,
}

impl Encoder {
    /// Loads a model with the inputs `input_ids` and `token_type_ids`, both [batch, length], and an output named
    /// `output`, [batch, width]. Inputs longer than `max_tokens` tokens (at least 8) are cut.
    ///
    /// # Errors
    /// [`InferenceError`] when the model or the tokeniser is not of that kind.
    pub fn load(
        model: &'static [u8],
        tokenizer_json: &str,
        output: &'static str,
        max_tokens: usize,
    ) -> Result<Self, InferenceError> {
        // Laying the weights out for multiplication costs a few milliseconds once and halves every run.
        let model = ModelOptions::with_all_ops()
            .prepack_weights(true)
            .load_static_slice(model)
            .map_err(|error| InferenceError::Model(Arc::new(error)))?;
        let node = |name| model.find_node(name).ok_or(InferenceError::Shape(name));
        let (ids, type_ids, output) = (node("input_ids")?, node("token_type_ids")?, node(output)?);
        let tokenizer = WordPiece::from_json(tokenizer_json)?;
        Ok(Self { model, tokenizer, ids, type_ids, output, max_tokens: max_tokens.max(8) })
    }

    /// The tokens of `first`, or of the pair `first`, `second`. What does not fit is cut from the end: of a pair,
    /// from whichever part is longer.
    #[must_use]
    pub fn tokens(&self, first: &str, second: Option<&str>) -> Tokens {
        let room = self.max_tokens - if second.is_some() { 3 } else { 2 };
        // One more than fits tells a text that just fits from one that does not.
        let mut a = self.tokenizer.pieces(first, room + 1);
        let mut b = second.map(|text| self.tokenizer.pieces(text, room + 1)).unwrap_or_default();
        let cut = a.len() + b.len() > room;
        while a.len() + b.len() > room {
            let longer = if a.len() > b.len() { &mut a } else { &mut b };
            longer.pop();
        }
        self.framed(&a, second.map(|_| b.as_slice()), cut)
    }

    fn framed(&self, a: &[i32], b: Option<&[i32]>, cut: bool) -> Tokens {
        let mut ids = vec![self.tokenizer.begin];
        ids.extend_from_slice(a);
        ids.push(self.tokenizer.end);
        let mut type_ids = vec![0; ids.len()];
        if let Some(b) = b {
            ids.extend_from_slice(b);
            ids.push(self.tokenizer.end);
            type_ids.resize(ids.len(), 1);
        }
        Tokens { ids, type_ids, cut }
    }

    /// The model's row for each of `inputs`, in their order. What runs together changes no row. Takes milliseconds an
    /// input, on all cores: not for an async thread.
    ///
    /// # Errors
    /// [`InferenceError::Run`] when the model fails, [`InferenceError::Shape`] when its output is not one row an input.
    pub fn run(&self, inputs: &[Tokens]) -> Result<Vec<Vec<f32>>, InferenceError> {
        let mut places: Vec<usize> = (0..inputs.len()).collect();
        places.sort_by_key(|place| inputs[*place].len());
        let batches: Vec<&[usize]> = places
            .chunk_by(|a, b| inputs[*a].len() == inputs[*b].len())
            .flat_map(|alike| alike.chunks((TOKENS_TOGETHER / inputs[alike[0]].len()).max(1)))
            .collect();
        // A core to each batch wastes less than all cores on one: half of the operations in a model run on one core.
        let outputs: Vec<_> = rten::thread_pool()
            .run(|| batches.par_iter().rev().map(|batch| self.run_together(inputs, batch)).collect::<Result<_, _>>())?;
        let mut rows = vec![Vec::new(); inputs.len()];
        for (batch, output) in batches.iter().rev().zip(outputs) {
            for (row, place) in batch.iter().enumerate() {
                rows[*place] = output.slice(row).to_vec();
            }
        }
        Ok(rows)
    }

    fn run_together(&self, inputs: &[Tokens], places: &[usize]) -> Result<NdTensor<f32, 2>, InferenceError> {
        let shape = [places.len(), inputs[places[0]].len()];
        let gather = |numbers: fn(&Tokens) -> &[i32]| {
            let all = places.iter().flat_map(|place| numbers(&inputs[*place])).copied().collect::<Vec<_>>();
            NdTensor::from_data(shape, all)
        };
        let (ids, type_ids) = (gather(|tokens| &tokens.ids), gather(|tokens| &tokens.type_ids));
        let given = vec![(self.ids, ids.into()), (self.type_ids, type_ids.into())];
        let [output] =
            self.model.run_n(given, [self.output], None).map_err(|error| InferenceError::Run(Arc::new(error)))?;
        NdTensor::try_from(output)
            .ok()
            .filter(|output: &NdTensor<f32, 2>| output.size(0) == places.len())
            .ok_or(InferenceError::Shape("output of one row an input"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::LazyLock;

    static ENCODER: LazyLock<Encoder> = LazyLock::new(|| {
        let model = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/all-minilm-l6-v2/model.onnx"));
        let tokenizer = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/all-minilm-l6-v2/tokenizer.json"));
        Encoder::load(model, tokenizer, "embedding", 16).expect("our own model loads")
    });

    #[test]
    fn a_pair_is_framed_and_its_second_part_has_its_own_type() {
        let pair = ENCODER.tokens("Kubernetes", Some("I test."));
        assert_eq!(pair.ids, [101, 13970, 5677, 7159, 2229, 102, 1045, 3231, 1012, 102]);
        assert_eq!(pair.type_ids, [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
        assert!(!pair.is_cut());
    }

    #[test]
    fn what_does_not_fit_is_cut_from_the_longer_part() {
        let pair = ENCODER.tokens("one two three", Some(&"word ".repeat(40)));
        assert_eq!((pair.len(), pair.is_cut()), (16, true));
        assert_eq!(pair.type_ids.iter().filter(|kind| **kind == 0).count(), 5);
        let alone = ENCODER.tokens(&"word ".repeat(14), None);
        assert_eq!((alone.len(), alone.is_cut()), (16, false));
        assert!(ENCODER.tokens(&"word ".repeat(15), None).is_cut());
    }

    #[test]
    fn an_empty_text_still_has_a_row() {
        let rows = ENCODER.run(&[ENCODER.tokens("", None)]).expect("the model runs");
        assert!(!rows[0].is_empty() && rows[0].iter().all(|number| number.is_finite()));
    }

    #[test]
    fn a_model_without_the_output_is_refused() {
        let model = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/all-minilm-l6-v2/model.onnx"));
        assert!(matches!(Encoder::load(model, "{}", "logits", 16), Err(InferenceError::Shape("logits"))));
        assert!(matches!(Encoder::load(b"no model", "{}", "logits", 16), Err(InferenceError::Model(_))));
    }
}
