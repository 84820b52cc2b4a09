//! What a candidate said to a question, cut into passages for those who search across interviews: whole sentences of one
//! utterance, each a verified quotation.

use super::{EvaluateError, Interview, Texts, Tools};
use crate::domain::{CharSpan, Evidence, QuestionResult, Stance, sentences, words};
use crate::retrieval::Vector;
use std::collections::HashMap;

/// Words of a passage, unless one sentence has more: a sentence, or a few short ones. A vector of several sentences is near
/// to what all of them are about, and to nothing that only one of them says.
const LONGEST: usize = 24;
/// Passages with fewer words say nothing that anybody would look for.
const FEWEST: usize = 4;

/// A passage of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct SpokenPassage {
    /// The candidate's words and their place.
    pub quotation: Evidence,
    /// Their direction in the embedder's space.
    pub vector: Vector,
}

impl Interview<'_> {
    /// The passages of the answers that `results` tell of, a list for each.
    pub(super) async fn passages(
        &self,
        tools: &Tools<'_>,
        results: &[QuestionResult],
    ) -> Result<Vec<Vec<SpokenPassage>>, EvaluateError> {
        let quotations: Vec<Vec<Evidence>> =
            results.iter().map(|result| result.answer.iter().flat_map(|place| self.cut(*place)).collect()).collect();
        let said: Vec<String> = quotations.iter().flatten().map(|one| one.quote().to_owned()).collect();
        let mut texts = Texts { retrieval: tools.retrieval, mask: &self.mask, known: HashMap::new() };
        let mut vectors = texts.vectors(&said).await?.into_iter();
        let with_vector = |quotation| vectors.next().map(|vector| SpokenPassage { quotation, vector });
        let mut with_vector = with_vector;
        Ok(quotations.into_iter().map(|list| list.into_iter().filter_map(&mut with_vector).collect()).collect())
    }

    fn cut(&self, utterance: usize) -> Vec<Evidence> {
        let Some(said) = self.transcript.utterances().get(utterance) else { return vec![] };
        let found = pieces(&said.text);
        let at = |span| Evidence::at(self.transcript, &self.voice, utterance, span, Stance::Supports).ok();
        found.into_iter().filter_map(at).collect()
    }
}

/// Stretches of whole sentences with at most [`LONGEST`] words where a sentence allows it.
fn pieces(text: &str) -> Vec<CharSpan> {
    let mut out: Vec<(CharSpan, usize)> = Vec::new();
    for sentence in sentences(text) {
        let long = sentence.of(text).map_or(0, |said| words(said).count());
        match out.last_mut() {
            Some((last, so_far)) if *so_far + long <= LONGEST => {
                last.end = sentence.end;
                *so_far += long;
            }
            _ => out.push((sentence, long)),
        }
    }
    out.into_iter().filter(|(_, long)| *long >= FEWEST).map(|(span, _)| span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_are_whole_sentences_and_short_enough_to_read() {
        let sentence = "I write a test for every change that I make to the code. ";
        let text = format!("Yes. {}Okay.", sentence.repeat(12));
        let found: Vec<&str> = pieces(&text).into_iter().filter_map(|span| span.of(&text)).collect();
        assert!(found.len() > 1, "{found:?}");
        assert!(found.iter().all(|one| words(one).count() <= LONGEST && one.ends_with('.')), "{found:?}");
        assert!(found.concat().len() + found.len() >= text.len() - "Okay.".len() - 2, "nothing long is left out");
        assert_eq!(pieces("Mhm. Yes."), vec![]);
    }
}
