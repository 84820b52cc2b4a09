//! What a rubric's own words reveal about it when the models read them: criteria and questions that say the same,
//! questions that touch what they may not, and ideal answers that do not show what the rubric listens for.

mod ideals;
mod meaning;

use super::{EvaluateError, Step, Tools};
use crate::domain::{Code, Finding, Rubric};
use meaning::Meanings;

/// Everything found by models that is `wanted`, in the order of the rubric. With codes that take the judge it takes about
/// as long as evaluating an interview in which every question is answered once for each of its ideal answers.
///
/// # Errors
/// As [`super::judge_given`].
pub async fn lint(
    tools: &Tools<'_>,
    rubric: &Rubric,
    wanted: &(dyn Fn(Code) -> bool + Sync),
    progress: &mut (dyn FnMut(Step) + Send),
) -> Result<Vec<Finding>, EvaluateError> {
    let mut found = Vec::new();
    if Code::ALL.into_iter().any(|code| code.takes_the_embedder() && wanted(code)) {
        progress(Step::Indexing);
        found.extend(Meanings::of(tools, rubric).await?.findings(rubric));
    }
    if Code::ALL.into_iter().any(|code| code.takes_the_judge() && wanted(code)) {
        found.extend(ideals::findings(tools, rubric, progress).await?);
    }
    found.retain(|finding| wanted(finding.code));
    Ok(found)
}
