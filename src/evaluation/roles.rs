//! Who is the candidate: as told, as the file states, or as the way of speaking suggests.

use super::EvaluateError;
use crate::domain::{Role, SpeakerId, Transcript, words};

/// Finds the candidate by `name`: the whole name, or a part of exactly one name, in any case.
pub(super) fn named(transcript: &Transcript, name: &str) -> Result<SpeakerId, EvaluateError> {
    let wanted = name.trim().to_lowercase();
    let speakers = transcript.speakers();
    if let Some(exact) = speakers.iter().position(|s| s.name.to_lowercase() == wanted) {
        return Ok(exact);
    }
    let mut partly = (0..speakers.len()).filter(|i| speakers[*i].name.to_lowercase().contains(&wanted));
    match (wanted.is_empty(), partly.next(), partly.next()) {
        (false, Some(only), None) => Ok(only),
        _ => Err(EvaluateError::UnknownCandidate {
            given: name.to_owned(),
            speakers: speakers.iter().map(|s| s.name.clone()).collect(),
        }),
    }
}

/// The speaker who talks most like a candidate; `None` when the file tells no two speakers apart.
///
/// A candidate talks much and asks little. Each speaker's words count, less the share of their sentences that put a
/// question; a label such as "Interviewer" or "Candidate" settles it.
pub(super) fn inferred(transcript: &Transcript) -> Option<SpeakerId> {
    let speakers = transcript.speakers();
    let stated = |role| speakers.iter().position(|s| s.stated_role == Some(role) || label(&s.name) == Some(role));
    if let Some(candidate) = stated(Role::Candidate) {
        return Some(candidate);
    }
    if speakers.len() < 2 {
        return None;
    }
    let interviewer = stated(Role::Interviewer);
    (0..speakers.len())
        .filter(|id| Some(*id) != interviewer)
        .map(|id| (id, candidacy(transcript, id)))
        .fold(None, |best: Option<(SpeakerId, f64)>, next| match best {
            Some(best) if best.1 >= next.1 => Some(best),
            _ => Some(next),
        })
        .map(|(id, _)| id)
}

fn label(name: &str) -> Option<Role> {
    match name.to_lowercase().trim_matches(|c: char| !c.is_alphanumeric()) {
        "candidate" | "interviewee" | "applicant" | "answer" | "a" => Some(Role::Candidate),
        "interviewer" | "recruiter" | "hiring manager" | "question" | "q" => Some(Role::Interviewer),
        _ => None,
    }
}

fn candidacy(transcript: &Transcript, id: SpeakerId) -> f64 {
    let mut spoken = 0_usize;
    let (mut turns, mut asking) = (0_usize, 0_usize);
    for utterance in transcript.utterances().iter().filter(|u| u.speaker == Some(id)) {
        let count = words(&utterance.text).count();
        spoken += count;
        if count >= 4 {
            turns += 1;
            asking += usize::from(asks_something(&utterance.text));
        }
    }
    let asking = if turns == 0 { 1.0 } else { asking as f64 / turns as f64 };
    spoken as f64 * (1.0 - 0.8 * asking)
}

/// Whether a text puts a question or a request to somebody.
pub(super) fn asks_something(text: &str) -> bool {
    if text.contains(['?', '\u{ff1f}', '\u{61f}']) {
        return true;
    }
    let said: Vec<String> = words(text).take(40).collect();
    let opens = |pair: &[String]| {
        let second = pair[1].as_str();
        match pair[0].as_str() {
            "how" => matches!(second, "do" | "would" | "did" | "have" | "are" | "does"),
            "what" => matches!(second, "do" | "would" | "did" | "are" | "is" | "was" | "does" | "kind"),
            "could" | "can" | "would" | "have" | "do" | "did" => second == "you",
            "imagine" | "suppose" | "say" => matches!(second, "you" | "you're" | "that" | "a" | "the" | "we"),
            _ => false,
        }
    };
    invites(&said)
        || said.windows(2).any(opens)
        || said.first().is_some_and(|first| {
            matches!(
                first.as_str(),
                "describe" | "explain" | "why" | "how" | "what" | "which" | "where" | "when" | "who"
            )
        })
}

/// Whether the words ask for something to be told: "walk me through", "give us an example".
pub(super) fn invites(said: &[String]) -> bool {
    said.windows(2).any(|pair| {
        matches!(pair[0].as_str(), "tell" | "walk" | "talk" | "take" | "give")
            && matches!(pair[1].as_str(), "me" | "us")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_told_by_their_shape_when_the_mark_is_missing() {
        for text in
            ["tell me about a bug", "So how would you go about that", "What's a deadlock?", "describe a conflict"]
        {
            assert!(asks_something(text), "{text}");
        }
        for text in ["I told them about the bug.", "We shipped it on Friday.", "yeah exactly"] {
            assert!(!asks_something(text), "{text}");
        }
    }
}
