//! Tells the candidate's words from the interviewer's in a file without speaker labels, by what is said.

use super::Texts;
use super::affinity::Affinity;
use super::roles::{asks_something, invites};
use super::speech::{asks_to_repeat, is_backchannel};
use crate::domain::{Transcript, Voice, words};
use crate::retrieval::RetrievalError;

/// A sentence this similar to a question of the rubric, and shaped like a question, asks it.
const ASKS: f32 = 0.45;
/// This similar, it asks it whatever its shape.
const SURELY_ASKS: f32 = 0.72;

/// The candidate's voice: every utterance that does not sound like the interviewer. Utterances of such files are
/// single sentences, so question and answer are apart.
pub(super) async fn told_by_words(
    transcript: &Transcript,
    texts: &mut Texts<'_>,
    affinity: &Affinity<'_>,
) -> Result<Voice, RetrievalError> {
    let said: Vec<String> = transcript.utterances().iter().map(|u| u.text.clone()).collect();
    let shaped: Vec<usize> = (0..said.len()).filter(|i| words(&said[*i]).count() >= 3).collect();
    let vectors = texts.vectors(&shaped.iter().map(|i| said[*i].clone()).collect::<Vec<_>>()).await?;
    let near = affinity.of_asks(&vectors).await?;
    let mut asking = vec![false; said.len()];
    for (i, near) in shaped.iter().zip(&near) {
        let ask = near.iter().map(|n| n.ask.max(n.follow_up)).fold(0.0, f32::max);
        asking[*i] = ask >= SURELY_ASKS || (asks_something(&said[*i]) && (ask >= ASKS || puts_a_question(&said[*i])));
    }
    let theirs = grown(&said, asking);
    Ok(Voice::unnamed(transcript, |i| !theirs[i]))
}

/// Adds to the interviewer's questions the sentences that lead up to them: thanks, announcements, the scenario that the
/// question is about, a remark on the answer before. Rather a candidate's last few words are lost than an
/// interviewer's quoted as the candidate's.
fn grown(said: &[String], mut theirs: Vec<bool>) -> Vec<bool> {
    for i in (0..said.len().saturating_sub(1)).rev() {
        theirs[i] |= theirs[i + 1] && (leads_up(&said[i]) || remarks(&said[i]));
    }
    theirs
}

/// A few words that speak of nobody's own doings.
fn remarks(sentence: &str) -> bool {
    let said: Vec<String> = words(sentence).collect();
    said.len() <= 8 && !said.iter().any(|word| speaks_of_self(word)) && !asks_to_repeat(sentence)
}

fn speaks_of_self(word: &str) -> bool {
    matches!(
        word,
        "i" | "i'm" | "i've" | "i'd" | "i'll" | "my" | "me" | "we" | "we've" | "we'd" | "our" | "we're" | "us"
    )
}

fn leads_up(sentence: &str) -> bool {
    let said: Vec<String> = words(sentence).collect();
    let has = |wanted: &[&str]| said.iter().any(|word| wanted.contains(&word.as_str()));
    let announces =
        has(&["question", "next", "moving", "topic", "scenario", "imagine", "suppose", "let's", "thanks", "thank"]);
    let of_self = said.iter().any(|word| speaks_of_self(word));
    !asks_to_repeat(sentence)
        && (is_backchannel(sentence) || (announces && said.len() <= 25) || (speaks_to_you(sentence) && !of_self))
}

/// Candidates seldom ask, and when they do it is mostly what they asked others, told in the first person.
fn puts_a_question(sentence: &str) -> bool {
    let said: Vec<String> = words(sentence).collect();
    let marked = sentence.trim_end().ends_with('?') && !said.iter().any(|word| speaks_of_self(word));
    (invites(&said) || marked || speaks_to_you(sentence)) && !asks_to_repeat(sentence)
}

fn speaks_to_you(sentence: &str) -> bool {
    let said: Vec<String> = words(sentence).collect();
    let you = said.iter().filter(|w| matches!(w.as_str(), "you" | "your" | "you've" | "you're" | "yourself" | "you'd"));
    let me = said.iter().filter(|w| matches!(w.as_str(), "i" | "my" | "we" | "our" | "i've" | "i'm" | "we've" | "i'd"));
    let phrase = said.windows(2).any(|pair| pair[0] == "you" && matches!(pair[1].as_str(), "know" | "see"));
    let (you, me) = (you.count() - usize::from(phrase).min(1), me.count());
    you > me
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_up_to_a_question_is_the_interviewers() {
        let said = [
            "We shipped it in two weeks.",
            "Great, thank you.",
            "Suppose your manager halves the time.",
            "What would you do?",
            "I would cut the scope.",
        ]
        .map(str::to_owned);
        assert_eq!(grown(&said, vec![false, false, false, true, false]), [false, true, true, true, false]);
    }
}
