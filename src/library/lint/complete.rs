//! What a rubric leaves out: each makes suggestions weaker than they could be.

use crate::domain::{Code, Finding, Question, QuestionKind, Rubric, Scale, Spot};
use crate::library::schema::PARTS;
use crate::library::table::shown;
use std::collections::BTreeSet;

/// Listen-fors below this number leave little between the levels of a scale.
const FEW_LISTEN_FORS: usize = 3;

/// Everything that could be there and is not.
pub(super) fn findings(rubric: &Rubric) -> Vec<Finding> {
    let mut found: Vec<Finding> = version(&rubric.version).into_iter().collect();
    found.extend(competencies(rubric));
    for (place, one) in rubric.questions.iter().enumerate() {
        found.extend(question(one, &rubric.scale, Spot::Question(place)));
    }
    found
}

fn version(version: &str) -> Option<Finding> {
    let what = format!("the version `{}` is not of the form 1.2.3", shown(version));
    let hint = "number versions by semver.org, so that they can be put in order";
    (!is_semantic(version)).then(|| Finding::new(Code::VersionForm, Spot::Version, what, hint))
}

/// Whether it is three numbers with dots, then perhaps a pre-release and a build (<https://semver.org>, lightly).
fn is_semantic(version: &str) -> bool {
    let (core, rest) =
        version.find(['-', '+']).map_or((version, None), |at| (&version[..at], Some(&version[at + 1..])));
    let number = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    let label = |c: char| c.is_ascii_alphanumeric() || "-.+".contains(c);
    core.split('.').count() == 3
        && core.split('.').all(number)
        && rest.is_none_or(|rest| !rest.is_empty() && rest.chars().all(label))
}

fn competencies(rubric: &Rubric) -> Vec<Finding> {
    let named: BTreeSet<&str> = rubric.questions.iter().filter_map(|question| question.competency.as_deref()).collect();
    let (used, unused): (Vec<_>, Vec<_>) =
        rubric.competencies.iter().enumerate().partition(|(_, competency)| named.contains(competency.id.as_str()));
    let mut found: Vec<Finding> = unused
        .into_iter()
        .map(|(place, competency)| {
            let what = format!("no question belongs to the competency `{}`", competency.id);
            let hint = "set `competency` in the questions that show it, or delete it";
            Finding::new(Code::UnusedCompetency, Spot::Competency(place), what, hint)
        })
        .collect();
    if let Some((place, _)) = used.first()
        && used.iter().all(|(_, competency)| competency.weight == 0.0)
    {
        let what = "the weights of the competencies sum to nothing, so there will be no overall score";
        let hint = "give at least one competency a weight above 0";
        found.push(Finding::new(Code::NoWeight, Spot::Competency(*place), what, hint));
    }
    found
}

fn question(question: &Question, scale: &Scale, spot: Spot) -> Vec<Finding> {
    [
        (Code::OneWording, wordings(question)),
        (Code::NoIdealAnswer, ideal_answers(question)),
        (Code::FewListenFors, listen_fors(question)),
        (Code::MissingLevel, anchors(question, scale)),
        (Code::StarParts, parts(question)),
    ]
    .into_iter()
    .filter_map(|(code, remark)| {
        let (what, hint) = remark?;
        Some(Finding::new(code, spot, format!("question `{}` {what}", question.id), hint))
    })
    .collect()
}

type Remark = Option<(String, &'static str)>;

fn wordings(question: &Question) -> Remark {
    let hint = "interviewers rarely read out the written words; give two or three other ways to ask it";
    question.also_asked.is_empty().then(|| ("has no `also_asked`".to_owned(), hint))
}

fn ideal_answers(question: &Question) -> Remark {
    let hint = "add one or two answers as somebody would say them; passages are found by their likeness to them";
    question.ideal_answers.is_empty().then(|| ("has no `ideal_answers`".to_owned(), hint))
}

fn listen_fors(question: &Question) -> Remark {
    let count = question.listen_fors().count();
    let what = match count {
        0 => "has no `listen_for`".to_owned(),
        _ => format!("has only {count} `listen_for`, fewer than {FEW_LISTEN_FORS}"),
    };
    let hint = "three to five things to listen for tell the levels of the scale apart";
    (count < FEW_LISTEN_FORS).then_some((what, hint))
}

fn anchors(question: &Question, scale: &Scale) -> Remark {
    let hint = "describe every level of the scale, so that people and suggestion mean the same by a score";
    if question.anchors.is_empty() {
        return Some(("has no `anchors`".to_owned(), hint));
    }
    let is_described = |score: &i32| question.anchors.iter().any(|anchor| anchor.score == *score);
    let gaps: Vec<String> =
        scale.scores().filter(|score| !is_described(score)).map(|score| score.to_string()).collect();
    (!gaps.is_empty()).then(|| (format!("has no anchor for {}", gaps.join(", ")), hint))
}

fn parts(question: &Question) -> Remark {
    let has = |part: &str| question.follow_ups.iter().any(|follow_up| follow_up.part.as_deref() == Some(part));
    if question.kind != QuestionKind::Star {
        let what = "names a `part` in a follow-up, but is not of the kind `star`";
        return PARTS.into_iter().any(has).then(|| (what.to_owned(), "set `kind = \"star\"`, or delete `part`"));
    }
    let missing: Vec<&str> = PARTS.into_iter().filter(|part| !has(part)).collect();
    let hint = "add a follow-up with `part` and `ask` for each, so that the parts of an answer are told apart";
    (!missing.is_empty()).then(|| (format!("has no follow-up for {}", missing.join(", ")), hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semantic_versions_are_told_from_other_versions() {
        for good in ["0.1.0", "1.0.0", "10.20.30", "1.0.0-rc.1", "1.0.0+2024", "1.0.0-a+b"] {
            assert!(is_semantic(good), "{good}");
        }
        for bad in ["1", "1.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0.0", "2024-05-01", "draft", "1..0"] {
            assert!(!is_semantic(bad), "{bad}");
        }
    }
}
