//! Maps what was seen in an interview's answers by a calibration profile. The rules stand above any profile: nothing above
//! the lowest score without a quotation, and what could not be judged stays an abstention.

use super::answer::{Likeness, seen, seen_with};
use super::suggest::reason;
use super::{EvaluateError, Interview, Tools};
use crate::calibration::{Bound, Profile};
use crate::domain::{
    Abstention, CriterionKind, Distribution, Evidence, Question, QuestionResult, Rubric, Scale, Suggestion, Verdict,
};

/// What results made with `tools` are bound to.
#[must_use]
pub fn bound(tools: &Tools<'_>) -> Bound {
    Bound {
        judge: tools.judge.kind().to_owned(),
        model: tools.judge.model(),
        embedder: tools.retrieval.embedder().to_owned(),
        prompt: tools.judge.prompt(),
        seen_with: seen_with(tools),
    }
}

/// Puts calibrated suggestions in the place of those that have a score; one result for each question at `places`.
pub(super) async fn calibrated(
    tools: &Tools<'_>,
    profile: &Profile,
    rubric: &Rubric,
    interview: &Interview<'_>,
    places: &[usize],
    results: &mut [QuestionResult],
) -> Result<(), EvaluateError> {
    let likeness = Likeness::of(tools, rubric).await?;
    for (q, result) in places.iter().copied().zip(results) {
        let question = &rubric.questions[q];
        // What could not be quoted may be the lowest score by the profile.
        let is_judged = |s: &Suggestion| matches!(s.abstention(), None | Some(Abstention::NothingQuotable));
        if !result.suggestion.as_ref().is_some_and(is_judged) {
            continue;
        }
        let words = interview.words(q);
        let Some(vector) = likeness.vectors(tools, &interview.mask, &[&words]).await?.pop() else { continue };
        let seen = seen(
            question,
            &rubric.scale,
            result,
            interview.covered(q, question),
            &likeness.measured(q, &vector),
            &vector,
        );
        let found = profile.apply(question, &words, &seen);
        let old = result.suggestion.take();
        result.suggestion = old.map(|old| suggestion(old, found, question, result, &rubric.scale));
    }
    Ok(())
}

fn suggestion(
    old: Suggestion,
    found: crate::calibration::Calibrated,
    question: &Question,
    result: &QuestionResult,
    scale: &Scale,
) -> Suggestion {
    if !found.sure {
        return Suggestion::abstained(Abstention::Unsure);
    }
    let made = match found.chances.and_then(|chances| Distribution::new(scale, chances).ok()) {
        Some(distribution) => {
            let shown = result
                .criteria
                .iter()
                .filter(|c| c.kind == CriterionKind::ListenFor && matches!(c.verdict, Verdict::Met | Verdict::Partly));
            let evidence: Vec<&Evidence> = shown.flat_map(|c| &c.evidence).collect();
            let why = match old.abstention() {
                None => old.why().to_owned(),
                Some(_) => reason(question, &result.criteria, &result.flags),
            };
            match Suggestion::scored(scale, distribution, &evidence, why) {
                Ok(made) => made,
                Err(_) => return Suggestion::abstained(Abstention::NothingQuotable),
            }
        }
        None => old,
    };
    match found.range {
        Some(range) => made.within(range),
        None => made,
    }
}
