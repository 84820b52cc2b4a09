//! What a rubric's own words reveal about it when the models read them: criteria and questions that say the same,
//! and ideal answers that do not show what the rubric listens for.

use super::{EvaluateError, Step, Tools, judge_given};
use crate::domain::{
    Code, CriterionKind, Finding, Question, QuestionResult, Rubric, Scale, Spot, Suggestion, Verdict, words,
};
use crate::retrieval::{RetrievalError, Vector};
use std::collections::HashMap;

/// Two criteria of a question this alike say the same.
const OVERLAPPING: f32 = 0.88;
/// Two questions of which some wordings are this alike cannot be told apart.
const SIMILAR: f32 = 0.9;
/// Share of the levels, from the top, that an ideal answer is to reach: 4 or 5 of 5.
const UPPER: f64 = 0.4;

/// Everything found by models, in the order of the rubric. Takes about as long as evaluating an interview in which every
/// question is answered once for each of its ideal answers.
///
/// # Errors
/// As [`judge_given`].
pub async fn lint(
    tools: &Tools<'_>,
    rubric: &Rubric,
    progress: &mut (dyn FnMut(Step) + Send),
) -> Result<Vec<Finding>, EvaluateError> {
    progress(Step::Indexing);
    let meanings = Meanings::of(tools, rubric).await?;
    let mut found = similar(rubric, &meanings);
    for (q, question) in rubric.questions.iter().enumerate() {
        found.extend(overlapping(q, question, &meanings));
    }
    let judged = judged(tools, rubric, progress).await?;
    for (q, question) in rubric.questions.iter().enumerate() {
        found.extend(by_ideal_answers(q, question, &judged[q], &rubric.scale));
    }
    Ok(found)
}

/// The meaning of every text that is compared with others.
struct Meanings<'a>(HashMap<&'a str, Vector>);

impl<'a> Meanings<'a> {
    async fn of(tools: &Tools<'_>, rubric: &'a Rubric) -> Result<Self, RetrievalError> {
        let texts = |question: &'a Question| {
            let criteria = question.criteria.iter().map(|criterion| criterion.text.as_str());
            question.wordings().chain(criteria)
        };
        let mut texts: Vec<&str> = rubric.questions.iter().flat_map(texts).collect();
        texts.sort_unstable();
        texts.dedup();
        let vectors = tools.retrieval.embed(&texts).await?;
        Ok(Self(texts.into_iter().zip(vectors).collect()))
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

/// For each question, what the judge makes of each of its ideal answers.
async fn judged(
    tools: &Tools<'_>,
    rubric: &Rubric,
    progress: &mut (dyn FnMut(Step) + Send),
) -> Result<Vec<Vec<QuestionResult>>, EvaluateError> {
    let most = rubric.questions.iter().map(|question| question.ideal_answers.len()).max().unwrap_or(0);
    let mut judged = vec![Vec::new(); rubric.questions.len()];
    for style in 0..most {
        let answers: Vec<Option<&str>> =
            rubric.questions.iter().map(|question| question.ideal_answers.get(style).map(String::as_str)).collect();
        let results = judge_given(tools, rubric, &answers, progress).await?;
        for ((all, result), _) in judged.iter_mut().zip(results).zip(&answers).filter(|(_, answer)| answer.is_some()) {
            all.push(result);
        }
    }
    Ok(judged)
}

fn by_ideal_answers(q: usize, question: &Question, judged: &[QuestionResult], scale: &Scale) -> Vec<Finding> {
    let mut found = Vec::new();
    for (n, result) in judged.iter().enumerate() {
        let Some(score) = result.suggestion.as_ref().and_then(Suggestion::score) else { continue };
        let upper = (scale.levels() as f64 * UPPER).ceil() as i32;
        if score <= scale.max() - upper {
            let what = format!("the judge gives this ideal answer {score} of {}", scale.max());
            let hint = "let it say in plain words what the listen-fors ask for, as somebody would; or listen for what it shows";
            found.push(Finding::new(Code::WeakIdealAnswer, Spot::IdealAnswer(q, n), what, hint));
        }
    }
    for (c, criterion) in question.criteria.iter().enumerate() {
        let verdicts: Vec<Verdict> = judged.iter().map(|result| result.criteria[c].verdict).collect();
        let at = |wanted: &[Verdict]| verdicts.iter().position(|verdict| wanted.contains(verdict));
        let quote = |n: usize| {
            let quote = judged[n].criteria[c].evidence.first().map(|evidence| evidence.quote().to_owned());
            quote.unwrap_or_default()
        };
        let spot = Spot::Criterion(q, c);
        match criterion.kind {
            CriterionKind::ListenFor => {
                let shown = at(&[Verdict::Met, Verdict::Partly]);
                if let (None, Some(n)) = (shown, at(&[Verdict::Contradicted])) {
                    let what = format!(
                        "no ideal answer shows it, and the judge reads the opposite in answer {}: \u{201c}{}\u{201d}",
                        n + 1,
                        quote(n)
                    );
                    let hint =
                        "correct the one that is wrong; if neither is, word the criterion so that it cannot be misread";
                    found.push(Finding::new(Code::ContradictedCriterion, spot, what, hint));
                } else if !verdicts.is_empty() && shown.is_none() {
                    let what = "the judge finds it in no ideal answer of the question".to_owned();
                    let hint =
                        "say it in an ideal answer, in a sentence of its own; or word it as a fact that can be heard";
                    found.push(Finding::new(Code::UnmetCriterion, spot, what, hint));
                }
            }
            CriterionKind::RedFlag => {
                if let Some(n) = at(&[Verdict::Met]) {
                    let what = format!("ideal answer {} shows this red flag: \u{201c}{}\u{201d}", n + 1, quote(n));
                    let hint = "change the answer, or word the red flag so that it is true of bad answers only";
                    found.push(Finding::new(Code::WarnedIdealAnswer, Spot::IdealAnswer(q, n), what, hint));
                }
            }
        }
    }
    found
}
