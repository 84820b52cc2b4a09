//! The local judge: a small cross-encoder that reads a passage and a criterion together. Hides the model file, the
//! wording of its input.

use super::{JudgeError, Look, Passage, Task};
use crate::domain::{Claim, CriterionClaim, Digest, PassageClaim, Support};
use crate::inference::{Encoder, Tokens};
use std::sync::OnceLock;

static WEIGHTS: &[u8] = include_bytes!("../../models/entailment/model.onnx");
static TOKENIZER: &str = include_str!("../../models/entailment/tokenizer.json");

/// Longest input in tokens; passages are a sentence or two, so little is ever cut.
const MAX_TOKENS: usize = 160;
/// A passage with fewer words than this is read together with the question: "yes, always" means nothing alone.
const SHORT: usize = 8;
/// Words of a question that such a passage is read with: the last ones, since a long question ends with what it asks.
const ASKED: usize = 50;

/// The entailment model that ships with Earmark.
pub struct LocalJudge {
    encoder: OnceLock<Result<Encoder, String>>,
}

impl Default for LocalJudge {
    fn default() -> Self {
        Self::new()
    }
}

impl LocalJudge {
    /// Nothing is loaded before the first claim.
    #[must_use]
    pub fn new() -> Self {
        Self { encoder: OnceLock::new() }
    }

    pub(super) fn identity() -> String {
        static DIGEST: OnceLock<Digest> = OnceLock::new();
        format!("earmark-entailment@{}", DIGEST.get_or_init(|| Digest::of(WEIGHTS)).short())
    }

    /// One claim for each task, in their order.
    ///
    /// # Errors
    /// [`JudgeError`] in the place of a claim that could not be had; the others stand.
    pub fn claims(&self, tasks: &[Task]) -> Vec<Result<Claim, JudgeError>> {
        match self.supports(tasks) {
            Ok(supports) => {
                let mut supports = supports.into_iter();
                tasks.iter().map(|task| Ok(claim(task, &mut supports))).collect()
            }
            Err(error) => tasks.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    /// Probabilities for every pair of every task, in the order of [`pairs`]. All tasks go through the model together,
    /// so that batches of one length are large.
    fn supports(&self, tasks: &[Task]) -> Result<Vec<Support>, JudgeError> {
        let encoder = self
            .encoder
            .get_or_init(|| Encoder::load(WEIGHTS, TOKENIZER, "logits", MAX_TOKENS).map_err(|e| e.to_string()))
            .as_ref()
            .map_err(|cause| JudgeError::Model(cause.clone()))?;
        let inputs: Vec<Tokens> = tasks
            .iter()
            .flat_map(|task| {
                pairs(task).map(|(look, passage)| encoder.tokens(&premise(task, passage), Some(&look.hypothesis)))
            })
            .collect();
        let logits = encoder.run(&inputs).map_err(|e| JudgeError::Model(e.to_string()))?;
        Ok(logits.iter().map(|row| probabilities(row)).collect())
    }
}

fn pairs(task: &Task) -> impl Iterator<Item = (&Look, &Passage)> {
    task.looks.iter().flat_map(move |look| look.passages.iter().map(move |place| (look, &task.passages[*place])))
}

fn premise(task: &Task, passage: &Passage) -> String {
    let said = without_marks(&passage.text);
    if said.split_whitespace().count() >= SHORT {
        return said;
    }
    let asked: Vec<&str> = task.question.split_whitespace().collect();
    format!("Q: {} A: {said}", asked[asked.len().saturating_sub(ASKED)..].join(" "))
}

/// The text without what stands in square brackets: "[crosstalk]", "[4]", "[...]" are a transcriber's, or a forger's, and
/// nobody says them.
fn without_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        // A bracket that is not closed is a bracket.
        let Some((_, after)) = after.split_once(']') else { break };
        out.push_str(before.trim_end());
        if !out.is_empty() && after.starts_with(char::is_alphanumeric) {
            out.push(' ');
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn claim(task: &Task, supports: &mut impl Iterator<Item = Support>) -> Claim {
    let criteria = task
        .looks
        .iter()
        .map(|look| {
            let passages = look
                .passages
                .iter()
                .map(|place| &task.passages[*place])
                .zip(&mut *supports)
                .map(|(passage, support)| PassageClaim { utterance: passage.utterance, span: passage.span, support })
                .collect();
            CriterionClaim { criterion: look.criterion.clone(), passages }
        })
        .collect();
    Claim { criteria }
}

/// Softmax of the logits (supports, neither, contradicts); what makes a probability right as often as it says is in the model's
/// last layer.
fn probabilities(logits: &[f32]) -> Support {
    let top = logits.iter().copied().fold(f32::MIN, f32::max);
    let shares: Vec<f32> = logits.iter().map(|logit| (logit - top).exp()).collect();
    let sum: f32 = shares.iter().sum();
    let share = |i: usize| shares.get(i).map_or(0.0, |share| share / sum);
    Support { supports: share(0), neither: share(1), contradicts: share(2) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CharSpan;

    #[test]
    fn what_stands_in_brackets_is_not_what_was_said() {
        assert_eq!(without_marks("We deploy [crosstalk] daily. [...] [4]"), "We deploy daily.");
        assert_eq!(without_marks("A list is [1, 2"), "A list is [1, 2");
        assert_eq!(without_marks("We [crosstalk]deploy"), "We deploy");
    }

    #[test]
    fn a_short_passage_is_read_with_the_end_of_its_question() {
        let said = |text: &str| Passage { utterance: 0, span: CharSpan { start: 0, end: 0 }, text: text.to_owned() };
        let task = Task { question: format!("{}Do you test it?", "Imagine this. ".repeat(60)), ..Task::default() };
        let read = premise(&task, &said("Yes, always."));
        assert!(read.starts_with("Q: Imagine this.") && read.ends_with("Do you test it? A: Yes, always."), "{read}");
        assert_eq!(read.split_whitespace().count(), ASKED + 4);
        let long = "I write a test for every fault before I mend it.";
        assert_eq!(premise(&task, &said(long)), long);
    }

    #[test]
    fn probabilities_are_a_softmax() {
        // scipy.special.softmax([1.0, 2.0, 0.5]) = [0.2312239, 0.62853172, 0.14024438]
        let p = probabilities(&[1.0, 2.0, 0.5]);
        assert!((p.supports - 0.231_223_9).abs() < 1e-6);
        assert!((p.neither - 0.628_531_7).abs() < 1e-6);
        assert!((p.contradicts - 0.140_244_4).abs() < 1e-6);
    }
}
