//! What the judge makes of a rubric's ideal answers: criteria that none of them shows, answers below the top.

use crate::domain::{Code, CriterionKind, Finding, Question, QuestionResult, Rubric, Scale, Spot, Suggestion, Verdict};
use crate::evaluation::{EvaluateError, Step, Tools, judge_given};

/// Share of the levels, from the top, that an ideal answer is to reach: 4 or 5 of 5.
const UPPER: f64 = 0.4;

/// What is found, in the order of the rubric.
pub(super) async fn findings(
    tools: &Tools<'_>,
    rubric: &Rubric,
    progress: &mut (dyn FnMut(Step) + Send),
) -> Result<Vec<Finding>, EvaluateError> {
    let judged = judged(tools, rubric, progress).await?;
    let questions = rubric.questions.iter().zip(judged).enumerate();
    Ok(questions.flat_map(|(q, (question, judged))| by_ideal_answers(q, question, &judged, &rubric.scale)).collect())
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
