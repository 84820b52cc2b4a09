//! Judges answers of which it is known what question they answer, as a transcript with nothing to locate.

use super::affinity::Affinity;
use super::locate::Located;
use super::mask::Mask;
use super::{EvaluateError, Interview, Step, Texts, Tools, answering, heard};
use crate::domain::{Format, ParseReport, QuestionResult, Role, Rubric, Speaker, Status, Transcript, Utterance, Voice};
use std::collections::HashMap;

/// What the judge makes of `answers`, one for each question of `rubric` in its order; `None` where a question is not
/// answered. The question is asked in the rubric's words, and the whole answer counts as one utterance.
///
/// # Errors
/// As [`super::evaluate`], but never for want of a candidate: without any answer, every question is not asked.
pub async fn judge_given(
    tools: &Tools<'_>,
    rubric: &Rubric,
    answers: &[Option<&str>],
    progress: &mut (dyn FnMut(Step) + Send),
) -> Result<Vec<QuestionResult>, EvaluateError> {
    progress(Step::Indexing);
    let affinity = Affinity::to(tools.retrieval, rubric).await?;
    progress(Step::Reading);
    let Some((transcript, located)) = spoken(rubric, answers) else { return Ok(vec![]) };
    let mask = if tools.settings.mask { Mask::of(&transcript) } else { Mask::default() };
    let said: Vec<usize> = located.iter().flat_map(|located| located.answer.iter().copied()).collect();
    let mut texts = Texts { retrieval: tools.retrieval, mask: &mask, known: HashMap::new() };
    let (heard, near) = heard(&transcript, &said, &mut texts, &affinity).await?;
    let voice = Voice::unnamed(&transcript, |utterance| said.contains(&utterance));
    let answering = located.iter().map(|located| answering(located, &heard)).collect();
    let interview = Interview { transcript: &transcript, voice, labelled: true, located, heard, near, answering, mask };
    let all: Vec<usize> = (0..rubric.questions.len()).collect();
    interview.results(tools, rubric, &all, progress).await
}

/// The questions and answers as a transcript, and where each question is in it; `None` for a rubric without questions.
fn spoken(rubric: &Rubric, answers: &[Option<&str>]) -> Option<(Transcript, Vec<Located>)> {
    let speakers = [("Interviewer", Role::Interviewer), ("Candidate", Role::Candidate)]
        .map(|(name, role)| Speaker { name: name.to_owned(), stated_role: Some(role) });
    let mut utterances = Vec::new();
    let mut say = |speaker: usize, text: &str| {
        let text = text.to_owned();
        utterances.push(Utterance { speaker: Some(speaker), start_ms: None, end_ms: None, text, marks: vec![] });
        utterances.len() - 1
    };
    let mut located = Vec::new();
    for (place, question) in rubric.questions.iter().enumerate() {
        let asked = say(0, &question.ask);
        let answer = answers.get(place).copied().flatten().filter(|answer| !answer.trim().is_empty());
        located.push(Located {
            status: if answer.is_some() { Status::Answered } else { Status::NotAsked },
            asked_at: answer.map(|_| asked).into_iter().collect(),
            answer: answer.map(|answer| say(1, answer)).into_iter().collect(),
            flags: vec![],
        });
    }
    let source: Vec<u8> = utterances.iter().flat_map(|utterance| utterance.text.bytes().chain([b'\n'])).collect();
    let transcript =
        Transcript::new(&source, Format::NamedText, speakers.to_vec(), utterances, ParseReport::default())?;
    Some((transcript, located))
}
