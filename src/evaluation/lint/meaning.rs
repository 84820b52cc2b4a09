//! What the vectors of a rubric's texts reveal: questions and criteria that say the same, and questions that touch a
//! protected trait in words that no rule knows.

use crate::domain::{Code, Finding, Question, Rubric, Spot, Trait, sentences, words};
use crate::evaluation::Tools;
use crate::judge::protected_trait;
use crate::retrieval::{RetrievalError, Vector};
use std::collections::HashMap;

/// Two criteria of a question this alike say the same.
const OVERLAPPING: f32 = 0.88;
/// Two questions of which some wordings are this alike cannot be told apart.
const SIMILAR: f32 = 0.9;
/// A sentence of fewer words touches nothing by itself.
const FEWEST_WORDS: usize = 3;

/// The meaning of every text that is compared with others.
pub(super) struct Meanings<'a>(HashMap<&'a str, Vector>);

impl<'a> Meanings<'a> {
    pub(super) async fn of(tools: &Tools<'_>, rubric: &'a Rubric) -> Result<Self, RetrievalError> {
        let texts = |question: &'a Question| {
            let asked = asked(question).flat_map(|text| std::iter::once(text).chain(parts(text)));
            asked.chain(question.criteria.iter().map(|criterion| criterion.text.as_str()))
        };
        let mut texts: Vec<&str> = rubric.questions.iter().flat_map(texts).collect();
        texts.sort_unstable();
        texts.dedup();
        let vectors = tools.retrieval.embed_here(&texts).await?;
        Ok(Self(texts.into_iter().zip(vectors).collect()))
    }

    /// What is found by comparing texts, and by what they mean alone.
    pub(super) fn findings(&self, rubric: &Rubric) -> Vec<Finding> {
        let mut found = similar(rubric, self);
        for (q, question) in rubric.questions.iter().enumerate() {
            found.extend(overlapping(q, question, self));
            if rubric.is_english() {
                found.extend(protected(q, question, self));
            }
        }
        found
    }

    /// The trait that a text, or a sentence of it, touches by what it means.
    fn touches(&self, text: &str) -> Option<Trait> {
        let vectors = std::iter::once(text).chain(parts(text)).filter_map(|part| self.0.get(part));
        vectors.into_iter().find_map(|vector| protected_trait(vector.as_slice()))
    }

    /// In -1..=1; 0 for what has no meaning here.
    fn alike(&self, a: &str, b: &str) -> f32 {
        match (self.0.get(a), self.0.get(b)) {
            (Some(a), Some(b)) => a.similarity(b),
            _ => 0.0,
        }
    }
}

fn similar(rubric: &Rubric, meanings: &Meanings) -> Vec<Finding> {
    let mut found = Vec::new();
    for (later, question) in rubric.questions.iter().enumerate() {
        for earlier in &rubric.questions[..later] {
            let pairs =
                question.wordings().enumerate().flat_map(|(n, one)| earlier.wordings().map(move |two| (n, one, two)));
            let nearest =
                pairs.map(|(n, one, two)| (meanings.alike(one, two), n, two)).max_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((alike, n, other)) = nearest.filter(|(alike, ..)| *alike >= SIMILAR) {
                let what = format!(
                    "it can hardly be told from \u{201c}{other}\u{201d} of `{}` (similarity {alike:.2}), so an answer may be put under the wrong one",
                    earlier.id
                );
                let hint = "make one question of the two, or word what only this one asks for";
                found.push(Finding::new(Code::SimilarQuestions, Spot::Wording(later, n), what, hint));
            }
        }
    }
    found
}

fn overlapping(q: usize, question: &Question, meanings: &Meanings) -> Vec<Finding> {
    let mut found = Vec::new();
    for (later, criterion) in question.criteria.iter().enumerate() {
        let same_kind = question.criteria[..later]
            .iter()
            .filter(|other| other.kind == criterion.kind && !are_opposites(&other.text, &criterion.text));
        let nearest = same_kind.map(|other| (meanings.alike(&criterion.text, &other.text), other));
        if let Some((alike, other)) =
            nearest.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(alike, _)| *alike >= OVERLAPPING)
        {
            let what =
                format!("it says nearly the same as `{}` (similarity {alike:.2}), so one fact counts twice", other.id);
            let hint = "keep the better of the two, or say what only this one asks for";
            found.push(Finding::new(Code::OverlappingCriteria, Spot::Criterion(q, later), what, hint));
        }
    }
    found
}

/// Whether one text denies what the other says: the embedder takes the two for nearly the same.
fn are_opposites(a: &str, b: &str) -> bool {
    const DENIALS: [&str; 5] = ["non", "not", "no", "never", "without"];
    let denials = |text: &str| words(text).filter(|word| DENIALS.contains(&word.as_str())).count();
    denials(a) != denials(b)
}

/// All that is asked of the candidate: the wordings, then the follow-ups.
fn asked(question: &Question) -> impl Iterator<Item = &str> {
    question.wordings().chain(question.follow_ups.iter().map(|follow_up| follow_up.ask.as_str()))
}

/// The sentences of a text that has several.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let spans = sentences(text);
    let several = spans.len() > 1;
    let parts: Vec<&str> = spans.iter().filter_map(|span| span.of(text)).collect();
    parts.into_iter().filter(move |part| several && words(part).count() >= FEWEST_WORDS)
}

fn protected(q: usize, question: &Question, meanings: &Meanings) -> Vec<Finding> {
    let wordings = question.wordings().count();
    let spot = |n: usize| if n < wordings { Spot::Wording(q, n) } else { Spot::FollowUp(q, n - wordings) };
    let finding = |(n, text): (usize, &str)| {
        let touched = meanings.touches(text)?;
        let what = format!("by its meaning this seems to touch {}: {}", touched.about(), touched.reason());
        Some(Finding::new(Code::ProtectedTrait, spot(n), what, touched.hint()))
    };
    asked(question).enumerate().filter_map(finding).collect()
}
