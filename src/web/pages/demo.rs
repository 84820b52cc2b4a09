//! Something to look at: the sample rubric, the sample interview, its evaluation, and a review that was begun.

use crate::store::{DecisionKind, InterviewStatus, Mode, NewDecision, PersonRole, ReviewState};
use crate::web::api::Api;
use crate::web::api::signin::new_person;
use crate::web::api::upload::{About, checked};
use crate::web::problem::Failure;

const RUBRIC: &str = include_str!("../../../rubrics/backend-developer.toml");
const INTERVIEW: &[u8] = include_bytes!("../../../examples/backend-interview.vtt");
/// Questions that are decided when the demo opens.
const DECIDED: usize = 2;

/// Fills an empty store. Workers have to run: it waits until the interview is evaluated. Gives the path of the review.
///
/// # Errors
/// [`Failure`] when the store fails, or the evaluation does.
pub async fn fill(api: &Api, email: &str, password: &str) -> Result<String, Failure> {
    let new = new_person(api, email, "Demo", PersonRole::Administrator, Some(password)).await?;
    let store = &api.store;
    let person = store.add_person("demo", &new).await?.id;
    let rubric = crate::library::parse("rubric", RUBRIC)?.rubric;
    let version = store.add_rubric(&person, &rubric, RUBRIC).await?;
    let about = |title: &str| About { rubric: rubric.id.clone(), title: title.to_owned(), ..About::default() };
    let first = checked(api, about("Back-end developer, first round"), INTERVIEW.to_vec()).await?;
    let mut bell = store.changes();
    let interview = store.upload(&person, &first, None).await?.interview;
    loop {
        bell.mark_unchanged();
        match store.interview(&interview).await?.status {
            InterviewStatus::Evaluating => {}
            InterviewStatus::Evaluated => break,
            other => return Err(Failure::Conflict(format!("the sample interview is {}", other.word()))),
        }
        if bell.changed().await.is_err() {
            return Err(Failure::Conflict("the service ended".into()));
        }
    }
    let mut review = store.start_review(&person, &interview, &version.id, Mode::Assisted).await?;
    debug_assert_eq!(review.state, ReviewState::Draft);
    let evaluation = store.latest_evaluation(&interview).await?;
    let questions = store.finished_questions(&evaluation.id).await?;
    for question in questions.iter().filter(|question| question.score.is_some()).take(DECIDED) {
        let decision = NewDecision {
            question: question.question.clone(),
            kind: DecisionKind::Confirmed,
            score: question.score,
            suggested: question.score,
            evaluation: Some(evaluation.id.clone()),
            reason: None,
            words: None,
        };
        review = store.decide(&review, None, &decision).await?;
    }
    Ok(format!("/interviews/{interview}"))
}
