//! Two evaluations of one interview, side by side: what came out differently, question by question, and what could be the
//! reason. Pure.
//!
//! Evaluations are taken as they were kept (`earmark.evaluation/1`), so that those of older versions compare as well.

use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// What a difference can come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The question was looked for in another place.
    Place,
    /// The rubric says something else of it.
    Rubric,
    /// Another judge, model or prompt.
    Judge,
    /// Another embedder or version of the program.
    Program,
    /// Another speaker was taken for the candidate.
    Candidate,
}

/// A criterion whose verdict is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Turned {
    /// Its id.
    pub criterion: String,
    /// What was found before; `None` where there was no such criterion.
    pub before: Option<String>,
    /// What is found now.
    pub after: Option<String>,
}

/// What became of one question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// Its id.
    pub question: String,
    /// Suggested score, before and after.
    pub score: [Option<i64>; 2],
    /// Mean of the suggestion, before and after.
    pub expected: [Option<f64>; 2],
    /// What became of it in the interview, before and after; `None` where the rubric does not have it.
    pub status: [Option<String>; 2],
    /// Criteria whose verdict is another.
    pub verdicts: Vec<Turned>,
    /// Quotations that are no longer there.
    pub lost: Vec<String>,
    /// Quotations that are new.
    pub found: Vec<String>,
    /// Whether anything of this is different.
    pub is_different: bool,
    /// What it can come from; empty when nothing is different.
    pub because: Vec<Cause>,
}

/// Compares two evaluations of one interview; the questions in the order of the second, what it does not have last.
/// `reworded` tells whether the two rubrics say something else of a question.
#[must_use]
pub fn compare(before: &Value, after: &Value, reworded: impl Fn(&str) -> bool) -> Vec<Compared> {
    let general = general(before, after);
    let ids = |whole: &Value| -> Vec<String> { list(&whole["questions"]).filter_map(|one| text(&one["id"])).collect() };
    let mut all = ids(after);
    let gone: Vec<String> = ids(before).into_iter().filter(|id| !all.contains(id)).collect();
    all.extend(gone);
    all.into_iter().map(|id| question(before, after, id, &general, &reworded)).collect()
}

/// Causes that hold for every question.
fn general(before: &Value, after: &Value) -> Vec<Cause> {
    let differ = |path: [&str; 2]| before[path[0]][path[1]] != after[path[0]][path[1]];
    let mut causes = Vec::new();
    if ["judge", "model", "prompt", "profile"].iter().any(|key| differ(["made_with", key])) {
        causes.push(Cause::Judge);
    }
    if ["embedder", "earmark"].iter().any(|key| differ(["made_with", key])) {
        causes.push(Cause::Program);
    }
    if differ(["transcript", "candidate"]) {
        causes.push(Cause::Candidate);
    }
    causes
}

fn question(before: &Value, after: &Value, id: String, general: &[Cause], reworded: impl Fn(&str) -> bool) -> Compared {
    let of =
        |whole: &Value| list(&whole["questions"]).find(|one| one["id"] == id.as_str()).cloned().unwrap_or_default();
    let (was, is) = (of(before), of(after));
    let both = |read: &dyn Fn(&Value) -> Value| [read(&was), read(&is)];
    let score = both(&|one| one["suggestion"]["score"].clone()).map(|score| score.as_i64());
    let expected = both(&|one| one["suggestion"]["expected"].clone()).map(|mean| mean.as_f64());
    let status = both(&|one| one["status"].clone()).map(|status| text(&status));
    let (had, has) = (quotations(&was), quotations(&is));
    let verdicts = turned(&was, &is);
    let (lost, found): (Vec<String>, Vec<String>) =
        (had.difference(&has).cloned().collect(), has.difference(&had).cloned().collect());
    let is_different = score[0] != score[1]
        || expected[0] != expected[1]
        || status[0] != status[1]
        || !verdicts.is_empty()
        || !lost.is_empty()
        || !found.is_empty();
    let mut because = Vec::new();
    if is_different {
        let moved = was["asked_at"] != is["asked_at"] || was["answer"] != is["answer"];
        because.extend(moved.then_some(Cause::Place));
        because.extend(reworded(&id).then_some(Cause::Rubric));
        because.extend(general);
    }
    Compared { question: id, score, expected, status, verdicts, lost, found, is_different, because }
}

fn turned(was: &Value, is: &Value) -> Vec<Turned> {
    let verdict = |one: &Value, id: &str| {
        list(&one["criteria"]).find(|criterion| criterion["id"] == id).and_then(|criterion| text(&criterion["verdict"]))
    };
    let ids: BTreeSet<String> =
        list(&was["criteria"]).chain(list(&is["criteria"])).filter_map(|one| text(&one["id"])).collect();
    let all = ids.into_iter().map(|id| Turned { before: verdict(was, &id), after: verdict(is, &id), criterion: id });
    all.filter(|one| one.before != one.after).collect()
}

fn quotations(question: &Value) -> BTreeSet<String> {
    let evidence = list(&question["criteria"]).flat_map(|criterion| list(&criterion["evidence"]));
    evidence.filter_map(|one| text(&one["quote"])).collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn evaluation(score: i64, answer: &[usize], verdict: &str, model: &str) -> Value {
        json!({
            "made_with": {"judge": "local", "model": model, "embedder": "e", "earmark": "1"},
            "transcript": {"candidate": "c"},
            "questions": [{
                "id": "q", "status": "answered", "asked_at": [0], "answer": answer,
                "suggestion": {"score": score, "expected": score},
                "criteria": [{"id": "k", "verdict": verdict, "evidence": [{"quote": verdict}]}],
            }],
        })
    }

    #[test]
    fn the_same_twice_has_no_difference_and_no_cause() {
        let one = evaluation(3, &[1], "met", "m");
        let compared = compare(&one, &one, |_| true);
        assert!(!compared[0].is_different && compared[0].because.is_empty(), "{compared:?}");
    }

    #[test]
    fn a_difference_names_what_it_can_come_from_and_nothing_else() {
        let was = evaluation(3, &[1], "met", "m");
        for (is, reworded, causes) in [
            (evaluation(4, &[2], "met", "m"), false, vec![Cause::Place]),
            (evaluation(4, &[1], "met", "m"), true, vec![Cause::Rubric]),
            (evaluation(4, &[1], "met", "n"), false, vec![Cause::Judge]),
            (evaluation(3, &[2], "partly", "n"), true, vec![Cause::Place, Cause::Rubric, Cause::Judge]),
        ] {
            assert_eq!(compare(&was, &is, |_| reworded)[0].because, causes);
        }
    }

    #[test]
    fn turned_verdicts_and_quotations_are_named() {
        let compared = compare(&evaluation(3, &[1], "met", "m"), &evaluation(3, &[1], "not_met", "m"), |_| false);
        let turned = &compared[0].verdicts[0];
        assert_eq!((turned.before.as_deref(), turned.after.as_deref()), (Some("met"), Some("not_met")));
        assert_eq!(
            (&compared[0].lost[..], &compared[0].found[..]),
            (&["met".to_owned()][..], &["not_met".to_owned()][..])
        );
    }

    #[test]
    fn a_question_that_one_rubric_does_not_have_is_there_once() {
        let (was, mut is) = (evaluation(3, &[1], "met", "m"), evaluation(3, &[1], "met", "m"));
        is["questions"][0]["id"] = json!("other");
        let compared = compare(&was, &is, |_| true);
        assert_eq!(compared.iter().map(|one| one.question.as_str()).collect::<Vec<_>>(), ["other", "q"]);
        assert_eq!((compared[0].status[0].as_deref(), compared[1].status[1].as_deref()), (None, None));
    }
}
