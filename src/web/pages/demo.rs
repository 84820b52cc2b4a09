//! Something to look at: the sample rubric, the sample interview and its evaluation, a review that was begun, a panel of two
//! reviewers who have submitted, and two calibrations.

use crate::store::{DecisionKind, InterviewStatus, Mode, NewDecision, PersonRole, Reason, StoredQuestion};
use crate::web::api::Api;
use crate::web::api::calibrations::checked as checked_calibration;
use crate::web::api::signin::new_person;
use crate::web::api::upload::{About, checked};
use crate::web::problem::Failure;
use flate2::read::GzDecoder;
use std::io::Read as _;

const RUBRIC: &str = include_str!("../../../rubrics/backend-developer.toml");
const INTERVIEW: &[u8] = include_bytes!("../../../examples/backend-interview.vtt");
/// What `earmark calibrate` wrote of the eval set that comes with the program: of half of it first, then of all of it.
const CALIBRATIONS: [(&str, &[u8]); 2] = [
    (
        include_str!("../../../examples/calibrations/backend-1-pilot/report.json"),
        include_bytes!("../../../examples/calibrations/backend-1-pilot/profile.json.gz"),
    ),
    (
        include_str!("../../../examples/calibrations/backend-2-full/report.json"),
        include_bytes!("../../../examples/calibrations/backend-2-full/profile.json.gz"),
    ),
];
/// Questions that are decided when the demo opens.
const DECIDED: usize = 2;

/// Fills an empty store. Workers have to run: it waits until the interviews are evaluated. Gives the path of the review.
///
/// # Errors
/// [`Failure`] when the store fails, or an evaluation does.
pub async fn fill(api: &Api, email: &str, password: &str) -> Result<String, Failure> {
    let new = new_person(api, email, "Demo", PersonRole::Administrator, Some(password)).await?;
    let store = &api.store;
    let person = store.add_person("demo", &new).await?.id;
    let rubric = crate::library::parse("rubric", RUBRIC)?.rubric;
    let version = store.add_rubric(&person, &rubric, RUBRIC).await?;
    for (report, profile) in CALIBRATIONS {
        let mut text = String::new();
        GzDecoder::new(profile).read_to_string(&mut text).map_err(|error| Failure::Inside(Box::new(error)))?;
        store.add_calibration(&person, &checked_calibration(&version, report, Some(text))?).await?;
    }
    let version = version.id;
    let before = uploaded(api, &person, &rubric.id, "Back-end developer, panel").await?;
    let interview = uploaded(api, &person, &rubric.id, "Back-end developer, first round").await?;
    evaluated(api, &before).await?;
    evaluated(api, &interview).await?;
    let mut panel = Vec::new();
    for (email, name) in [("first@example.org", "First reviewer"), ("second@example.org", "Second reviewer")] {
        let new = new_person(api, email, name, PersonRole::Interviewer, Some(password)).await?;
        panel.push(store.add_person(&person, &new).await?.id);
    }
    store.set_assigned(&person, &before, &panel).await?;
    for (place, reviewer) in panel.iter().enumerate() {
        submitted(api, reviewer, &before, &version, place).await?;
    }
    let evaluation = store.latest_evaluation(&interview).await?.id;
    let mut review = store.start_review(&person, &interview, &version, Mode::Assisted).await?;
    let questions = store.finished_questions(&evaluation).await?;
    for question in questions.iter().filter(|question| question.score.is_some()).take(DECIDED) {
        review = store.decide(&review, None, &decision(question, &evaluation, 0)).await?;
    }
    Ok(format!("/interviews/{interview}"))
}

async fn uploaded(api: &Api, person: &str, rubric: &str, title: &str) -> Result<String, Failure> {
    let about = About { rubric: rubric.to_owned(), title: title.to_owned(), ..About::default() };
    let new = checked(api, about, INTERVIEW.to_vec()).await?;
    Ok(api.store.upload(person, &new, None).await?.interview)
}

/// Waits until an interview is evaluated.
async fn evaluated(api: &Api, interview: &str) -> Result<(), Failure> {
    let mut bell = api.store.changes();
    loop {
        bell.mark_unchanged();
        match api.store.interview(interview).await?.status {
            InterviewStatus::Evaluating => {}
            InterviewStatus::Evaluated => return Ok(()),
            other => return Err(Failure::Conflict(format!("the sample interview is {}", other.word()))),
        }
        if bell.changed().await.is_err() {
            return Err(Failure::Conflict("the service ended".into()));
        }
    }
}

/// A whole review. The first reviewer mostly follows the suggestion, the second one less so.
async fn submitted(api: &Api, reviewer: &str, interview: &str, version: &str, place: usize) -> Result<(), Failure> {
    let store = &api.store;
    let evaluation = store.latest_evaluation(interview).await?.id;
    let mut review = store.start_review(reviewer, interview, version, Mode::Assisted).await?;
    let asked = store.finished_questions(&evaluation).await?;
    let asked = asked.iter().filter(|question| question.result["status"] != "not_asked");
    for (n, question) in asked.enumerate() {
        let by = match (place, n % 4) {
            (0, 3) | (1, 2) => -1,
            (1, 1) => 1,
            _ => 0,
        };
        review = store.decide(&review, None, &decision(question, &evaluation, by)).await?;
    }
    store.submit_review(&review, None).await?;
    Ok(())
}

/// The suggested score, or one that is `by` away from it.
fn decision(question: &StoredQuestion, evaluation: &str, by: i32) -> NewDecision {
    let score = question.score.map(|score| (score + by).clamp(1, 5));
    let kind = match (score, score == question.score) {
        (None, _) => DecisionKind::LeftOut,
        (Some(_), true) => DecisionKind::Confirmed,
        (Some(_), false) => DecisionKind::Overridden,
    };
    let reason = if by > 0 { Reason::MissedEvidence } else { Reason::WrongEvidence };
    NewDecision {
        question: question.question.clone(),
        kind,
        score,
        suggested: question.score,
        evaluation: Some(evaluation.to_owned()),
        reason: (kind == DecisionKind::Overridden).then_some(reason),
        words: None,
    }
}
