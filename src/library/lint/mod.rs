//! What is legal in a rubric and could be better, as far as its words tell without a model: gaps, criteria that cannot be
//! decided, questions that an employer may not ask. What takes a model is in `evaluation`.

mod anchors;
mod complete;
mod criteria;
mod protected;
mod reading;

pub use protected::concern;
pub use reading::grade;

use super::LoadedRubric;
use crate::domain::{Code, Finding, Spot};

/// Everything found, in the order of the file's lines. The rules on words know English; of a rubric in another
/// language they say that they were not applied.
#[must_use]
pub fn lint(loaded: &LoadedRubric) -> Vec<Finding> {
    let rubric = &loaded.rubric;
    let mut found = complete::findings(rubric);
    found.extend(notes(&loaded.comments));
    if rubric.is_english() {
        found.extend(anchors::findings(rubric));
        found.extend(protected::findings(rubric));
        found.extend(criteria::findings(rubric));
        found.extend(reading::findings(rubric));
    } else {
        let what = format!("the words of a rubric in `{}` are not checked", rubric.language);
        let hint = "have somebody read it for vague criteria and for questions that may not be asked";
        found.push(Finding::new(Code::UncheckedLanguage, Spot::Language, what, hint));
    }
    found.sort_by_key(|finding| (loaded.places.line(finding.spot), finding.code));
    found
}

/// Gaps and drafts that stand in the file as comments, as `rubric import` writes them.
fn notes(comments: &[(usize, String)]) -> Vec<Finding> {
    let note = |(line, comment): &(usize, String)| {
        let spot = Spot::Line(*line);
        if let Some(gap) = comment.strip_prefix("gap:") {
            let hint = "fill it, then delete the comment";
            return Some(Finding::new(Code::Gap, spot, format!("a gap: {}", gap.trim()), hint));
        }
        let drafted = comment.strip_prefix("draft:")?;
        let hint = "read it, correct it, then delete the comment";
        Some(Finding::new(Code::Draft, spot, format!("a draft that nobody has confirmed: {}", drafted.trim()), hint))
    };
    comments.iter().filter_map(note).collect()
}
