//! What a model proposes for the parts of a question that a guide leaves out.

use serde::Serialize;

/// Words of a model for a person to correct and confirm. There is no place for an ideal answer in it: a made-up answer
/// would pass for the guide's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Proposal {
    /// What the question assesses.
    pub assesses: Option<String>,
    /// Other ways of asking it.
    pub also_asked: Vec<String>,
    /// Criteria to listen for.
    pub listen_for: Vec<String>,
    /// Red flags.
    pub red_flags: Vec<String>,
    /// What each level looks like, lowest first; empty, or one for each score of the scale.
    pub anchors: Vec<String>,
}

impl Proposal {
    /// The parts that it proposes, as rubric files name them.
    #[must_use]
    pub fn parts(&self) -> Vec<&'static str> {
        [
            ("assesses", self.assesses.is_some()),
            ("also_asked", !self.also_asked.is_empty()),
            ("listen_for", !self.listen_for.is_empty()),
            ("red_flags", !self.red_flags.is_empty()),
            ("anchors", !self.anchors.is_empty()),
        ]
        .into_iter()
        .filter_map(|(part, there)| there.then_some(part))
        .collect()
    }
}
