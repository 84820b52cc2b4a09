//! Puts what a model proposed into a drafted rubric, each part marked as a draft that somebody has to confirm.

use super::Import;
use crate::domain::{Anchor, Criterion, CriterionKind, Faults, Proposal, Question, Scale};
use crate::library::write::{self, QuestionNotes};
use std::collections::BTreeSet;

impl Import {
    /// The same with `proposals`, one for each question; what a question has already stays as it is. Everything that is
    /// added has a comment `draft:` beside it, which names `by`, the model; `rubric check` counts these comments.
    ///
    /// # Errors
    /// Every fault of the file that this would make.
    pub fn with_proposals(mut self, by: &str, proposals: &[Proposal]) -> Result<Self, Faults> {
        self.notes.questions.resize_with(self.rubric.questions.len(), QuestionNotes::default);
        let scale = self.rubric.scale.clone();
        for ((question, notes), proposal) in
            self.rubric.questions.iter_mut().zip(&mut self.notes.questions).zip(proposals)
        {
            put(question, notes, proposal, &scale, by);
        }
        self.toml = write::annotated(&self.rubric, &self.notes);
        self.rubric = crate::library::parse("the draft", &self.toml)?.rubric;
        Ok(self)
    }
}

fn put(question: &mut Question, notes: &mut QuestionNotes, proposal: &Proposal, scale: &Scale, by: &str) {
    let mut drafted = Vec::new();
    if question.assesses.is_none() && proposal.assesses.is_some() {
        question.assesses.clone_from(&proposal.assesses);
        drafted.push("assesses");
    }
    if question.also_asked.is_empty() && !proposal.also_asked.is_empty() {
        question.also_asked.clone_from(&proposal.also_asked);
        drafted.push("also_asked");
    }
    if question.anchors.is_empty() && proposal.anchors.len() == scale.levels() {
        let anchor = |(score, text): (i32, &String)| Anchor { score, text: text.clone() };
        question.anchors = scale.scores().zip(&proposal.anchors).map(anchor).collect();
        drafted.push("anchors");
    }
    let drafts = drafted.iter().map(|part| format!("draft: `{part}` is proposed by {by}; the guide gives none"));
    notes.before.extend(drafts);
    notes.criteria.resize(question.criteria.len(), String::new());
    for (kind, texts) in
        [(CriterionKind::ListenFor, &proposal.listen_for), (CriterionKind::RedFlag, &proposal.red_flags)]
    {
        if question.criteria.iter().all(|criterion| criterion.kind != kind) {
            criteria(question, notes, kind, texts, by);
        }
    }
}

/// Listen-fors stand before red flags.
fn criteria(question: &mut Question, notes: &mut QuestionNotes, kind: CriterionKind, texts: &[String], by: &str) {
    let mut ids: BTreeSet<String> = question.criteria.iter().map(|criterion| criterion.id.clone()).collect();
    let from = if kind == CriterionKind::ListenFor { 0 } else { question.criteria.len() };
    for (n, text) in texts.iter().enumerate() {
        let id = super::draft::unique(&super::draft::kebab(text, 4).unwrap_or_else(|| "draft".to_owned()), &mut ids);
        question.criteria.insert(from + n, Criterion { id, kind, text: text.clone(), weight: 1.0 });
        notes.criteria.insert(from + n, format!("draft: proposed by {by}; the guide gives none"));
    }
}
