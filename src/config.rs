//! What may be set, its default and its meaning. Plain data: nothing here reads a file or the environment.

/// How an interview is evaluated. The defaults are what the figures in the README were measured with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EvaluationSettings {
    /// How many of an answer's sentences the entailment model reads for each criterion, the most similar first.
    /// More finds more and takes longer.
    pub sentences_per_criterion: usize,
    /// Answers with fewer words than this are not scored.
    pub fewest_words: usize,
    /// Answers with fewer words than this are flagged as very short.
    pub short_words: usize,
    /// Whether names, addresses, numbers and links of the people in the transcript are masked in what leaves the
    /// machine.
    pub mask: bool,
}

impl Default for EvaluationSettings {
    fn default() -> Self {
        Self { sentences_per_criterion: 2, fewest_words: 5, short_words: 15, mask: true }
    }
}
