//! Stored results, as the types that hold their invariants: every quotation is found in the transcript again before it is
//! shown, and a suggestion whose quotations are gone is none.

use crate::domain::{
    Abstention, CriterionResult, Evidence, Flag, Kept, NotEvidence, Question, QuestionResult, Quotation, Rubric,
    Status, Suggestion, Transcript, Verdict, Voice,
};
use crate::store::StoredQuestion;
use serde::Deserialize;
use serde_json::Value;

/// A criterion as it is stored.
#[derive(Deserialize)]
struct Found {
    id: String,
    verdict: Verdict,
    strength: f64,
    evidence: Vec<Value>,
}

/// A question as it is stored.
#[derive(Deserialize)]
struct Answered {
    status: Status,
    #[serde(default)]
    asked_at: Vec<usize>,
    #[serde(default)]
    answer: Vec<usize>,
    suggestion: Option<Kept>,
    #[serde(default)]
    criteria: Vec<Found>,
    #[serde(default)]
    flags: Vec<Flag>,
    #[serde(default)]
    unfound: Vec<NotEvidence>,
}

/// A stored passage, found again; `None` when it is no longer the candidate's words.
pub(in crate::web) fn passage(stored: &Value, transcript: &Transcript, voice: &Voice) -> Option<Evidence> {
    Quotation::deserialize(stored).ok()?.found(transcript, voice)
}

/// One result for each question of the rubric, in its order. A question that is not among the stored ones was not asked
/// as far as this evaluation knows. What `is_shown` does not hold of keeps its place and nothing of what was made of it.
pub(in crate::web) fn results(
    stored: &[StoredQuestion],
    rubric: &Rubric,
    (transcript, voice): (&Transcript, &Voice),
    is_shown: impl Fn(&str) -> bool,
) -> Vec<QuestionResult> {
    let each = rubric.questions.iter().map(|question| {
        let known = stored.iter().find(|known| known.question == question.id);
        let read = known.and_then(|known| Answered::deserialize(&known.result).ok());
        let Some(read) = read else { return empty(question, Status::NotAsked) };
        if !is_shown(&question.id) {
            return QuestionResult { asked_at: read.asked_at, answer: read.answer, ..empty(question, read.status) };
        }
        one(question, read, rubric, (transcript, voice))
    });
    each.collect()
}

fn empty(question: &Question, status: Status) -> QuestionResult {
    QuestionResult {
        id: question.id.clone(),
        status,
        asked_at: vec![],
        answer: vec![],
        suggestion: None,
        criteria: vec![],
        flags: vec![],
        unfound: vec![],
        claim: None,
    }
}

fn one(
    question: &Question,
    read: Answered,
    rubric: &Rubric,
    (transcript, voice): (&Transcript, &Voice),
) -> QuestionResult {
    let criteria: Vec<CriterionResult> = read
        .criteria
        .into_iter()
        .filter_map(|found| {
            let kind = question.criteria.iter().find(|known| known.id == found.id)?.kind;
            let evidence = found.evidence.iter().filter_map(|stored| passage(stored, transcript, voice)).collect();
            Some(CriterionResult { id: found.id, kind, verdict: found.verdict, strength: found.strength, evidence })
        })
        .collect();
    let evidence: Vec<&Evidence> = criteria.iter().flat_map(|found| &found.evidence).collect();
    let suggestion = read.suggestion.map(|kept| {
        let gone = |_| Suggestion::abstained(Abstention::JudgeUnavailable("its quotations are no longer found".into()));
        Suggestion::recalled(&rubric.scale, kept, &evidence).unwrap_or_else(gone)
    });
    QuestionResult {
        asked_at: read.asked_at,
        answer: read.answer,
        suggestion,
        flags: read.flags,
        unfound: read.unfound,
        criteria,
        ..empty(question, read.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;
    use serde_json::json;

    fn stored() -> (Vec<StoredQuestion>, Rubric, Transcript, Voice, Vec<QuestionResult>) {
        let (evaluation, rubric, transcript) = sample::hostile();
        let stored = evaluation.questions.iter().enumerate().map(|(place, question)| StoredQuestion {
            place,
            question: question.id.clone(),
            score: question.suggestion.as_ref().and_then(Suggestion::score),
            outcome: json!({}),
            result: json!(question),
        });
        let voice = Voice::of_speaker(&transcript, 1).expect("Dana speaks");
        (stored.collect(), rubric, transcript, voice, evaluation.questions)
    }

    #[test]
    fn what_was_stored_comes_back_the_same() {
        let (stored, rubric, transcript, voice, before) = stored();
        let after = results(&stored, &rubric, (&transcript, &voice), |_| true);
        assert_eq!(json!(after), json!(before));
    }

    #[test]
    fn a_withheld_question_keeps_its_place_and_nothing_else() {
        let (stored, rubric, transcript, voice, before) = stored();
        let after = results(&stored, &rubric, (&transcript, &voice), |_| false);
        assert_eq!(after[0].answer, before[0].answer);
        assert!(after.iter().all(|q| q.suggestion.is_none() && q.criteria.is_empty() && q.flags.is_empty()));
    }

    #[test]
    fn a_quotation_of_other_words_than_stand_there_is_not_shown() {
        let (mut stored, rubric, transcript, voice, before) = stored();
        let quoted = before[0].criteria.iter().position(|found| !found.evidence.is_empty()).expect("a quotation");
        let kept = before[0].criteria[quoted].evidence.len();
        stored[0].result["criteria"][quoted]["evidence"][0]["quote"] = json!("other words");
        let after = results(&stored, &rubric, (&transcript, &voice), |_| true);
        assert_eq!(after[0].criteria[quoted].evidence.len(), kept - 1);
    }

    #[test]
    fn a_suggestion_whose_quotations_are_not_found_is_none() {
        let (mut stored, rubric, transcript, _, _) = stored();
        let interviewer = Voice::of_speaker(&transcript, 0).expect("somebody asks");
        stored.truncate(1);
        let after = results(&stored, &rubric, (&transcript, &interviewer), |_| true);
        let suggestion = after[0].suggestion.as_ref().expect("there is one");
        assert!(suggestion.abstention().is_some() && suggestion.score().is_none());
    }
}
