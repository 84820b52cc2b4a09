//! Tells the candidate's words from the interviewer's in a file without speaker labels, by what is said.

use super::affinity::Affinity;
use super::roles::{asks_something, invites};
use super::speech::{asks_to_repeat, is_backchannel};
use super::{Texts, sentences_of};
use crate::domain::{Transcript, Voice, sentences, words};
use crate::retrieval::RetrievalError;

/// A sentence this similar to a question of the rubric, and shaped like a question, asks it.
const ASKS: f32 = 0.45;
/// This similar, it asks it whatever its shape.
const SURELY_ASKS: f32 = 0.72;

/// So many words may follow a question in what the interviewer says at a time; who says more after one answers it.
const AFTER_A_QUESTION: usize = 12;

/// The candidate's voice: every utterance that does not sound like the interviewer. Utterances of such files are
/// single sentences or what one person said at a time, so question and answer are apart.
pub(super) async fn told_by_words(
    transcript: &Transcript,
    texts: &mut Texts<'_>,
    affinity: &Affinity<'_>,
) -> Result<Voice, RetrievalError> {
    let said: Vec<Said> = (0..transcript.utterances().len())
        .flat_map(|i| sentences_of(transcript, i))
        .map(|(utterance, text)| Said { utterance, text: text.to_owned(), words: words(text).count() })
        .collect();
    let shaped: Vec<usize> = (0..said.len()).filter(|i| said[*i].words >= 3).collect();
    let vectors = texts.vectors(&shaped.iter().map(|i| said[*i].text.clone()).collect::<Vec<_>>()).await?;
    let near = affinity.of_asks(&vectors).await?;
    let (mut asking, mut ask_near) = (vec![false; said.len()], vec![0.0; said.len()]);
    for (i, near) in shaped.iter().zip(&near) {
        let (text, ask) = (&said[*i].text, near.iter().map(|n| n.ask.max(n.follow_up)).fold(0.0, f32::max));
        ask_near[*i] = ask;
        asking[*i] = ask >= SURELY_ASKS || (asks_something(text) && (ask >= ASKS || puts_a_question(text)));
    }
    let texts: Vec<&str> = transcript.utterances().iter().map(|u| u.text.as_str()).collect();
    let mut theirs = vec![false; texts.len()];
    let mut asks = vec![0.0; texts.len()];
    for of_one in (0..said.len()).collect::<Vec<_>>().chunk_by(|a, b| said[*a].utterance == said[*b].utterance) {
        let after = of_one.iter().rev().take_while(|i| !asking[**i]).map(|i| said[*i].words).sum::<usize>();
        theirs[said[of_one[0]].utterance] = of_one.iter().any(|i| asking[*i]) && after <= AFTER_A_QUESTION;
        asks[said[of_one[0]].utterance] = of_one.iter().map(|i| ask_near[*i]).fold(0.0, f32::max);
    }
    if said.len() * 4 >= texts.len() * 5 {
        let turns: Vec<[f32; 11]> = (0..texts.len()).map(|i| manner(texts[i], theirs[i], asks[i])).collect();
        let theirs = spoken_in_turns(&turns);
        return Ok(Voice::unnamed(transcript, |i| !theirs[i]));
    }
    let theirs = grown(&texts, theirs);
    Ok(Voice::unnamed(transcript, |i| !theirs[i]))
}

/// A linear-chain conditional random field over turns, fitted by maximum likelihood (L2 of 0.3) to the interviews of
/// tests/fixtures/interviews, support-lead kept out. The candidate's side scores 0.
const INTERVIEWER: [f32; 11] = [0.23, 1.20, 1.61, -0.59, 0.08, 0.75, 0.62, 1.53, -0.32, 0.92, -0.72];
/// For a turn whose speaker is not the one before. Set by hand: the fit's 4.5 lets one missed turn flip all that follow.
const ANOTHER: f32 = 2.0;

/// How a turn sounds: constant, puts a question, its similarity to one of the rubric, length, share of its sentences
/// that ask, whether the last does, speaks to you, share of words on oneself, backchannel, leads up to something, asks
/// to repeat.
fn manner(text: &str, asks: bool, near: f32) -> [f32; 11] {
    let when = |holds: bool| f32::from(u8::from(holds));
    let said: Vec<String> = words(text).collect();
    let parts: Vec<&str> = sentences(text).into_iter().filter_map(|span| span.of(text)).collect();
    let asking = parts.iter().filter(|part| asks_something(part)).count();
    let of_self = said.iter().filter(|word| speaks_of_self(word)).count();
    [
        1.0,
        when(asks),
        near,
        (1.0 + said.len() as f32).ln(),
        asking as f32 / parts.len().max(1) as f32,
        when(parts.last().is_some_and(|part| asks_something(part))),
        when(speaks_to_you(text)),
        of_self as f32 / said.len().max(1) as f32,
        when(is_backchannel(text)),
        when(leads_up(text)),
        when(asks_to_repeat(text)),
    ]
}

/// Which turns are the interviewer's: the likeliest sequence, in which speakers mostly take turns.
fn spoken_in_turns(turns: &[[f32; 11]]) -> Vec<bool> {
    let mut totals = [0.0_f32; 2];
    let mut from: Vec<[usize; 2]> = Vec::with_capacity(turns.len());
    for (at, turn) in turns.iter().enumerate() {
        let theirs: f32 = turn.iter().zip(INTERVIEWER).map(|(feature, weight)| feature * weight).sum();
        let another = if at == 0 { 0.0 } else { ANOTHER };
        let came = [0, 1].map(|side| usize::from(totals[1 - side] + another > totals[side]) ^ side);
        let best = |side: usize| totals[came[side]] + if came[side] == side { 0.0 } else { another };
        totals = [best(0), best(1) + theirs];
        from.push(came);
    }
    let mut side = usize::from(totals[1] > totals[0]);
    let mut theirs = vec![false; turns.len()];
    for (at, came) in from.iter().enumerate().rev() {
        theirs[at] = side == 1;
        side = came[side];
    }
    theirs
}

/// A sentence and the utterance that it stands in.
struct Said {
    utterance: usize,
    text: String,
    words: usize,
}

/// Adds to the interviewer's questions the sentences that lead up to them: thanks, announcements, the scenario that the
/// question is about, a remark on the answer before. Rather a candidate's last few words are lost than an
/// interviewer's quoted as the candidate's.
fn grown(said: &[&str], mut theirs: Vec<bool>) -> Vec<bool> {
    for i in (0..said.len().saturating_sub(1)).rev() {
        theirs[i] |= theirs[i + 1] && (leads_up(said[i]) || remarks(said[i]));
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
    fn speakers_mostly_take_turns() {
        let said = [
            "Tell me about a time you were wrong.",
            "We shipped a migration that I had not tried on real data, and I had to roll it back that night.",
            "And the team, I'd like to hear how they took it.",
            "I told them before they saw it, and we wrote down what I had missed.",
        ];
        let turns: Vec<[f32; 11]> = said.iter().map(|text| manner(text, asks_something(text), 0.0)).collect();
        assert_eq!(spoken_in_turns(&turns), [true, false, true, false]);
    }

    #[test]
    fn what_leads_up_to_a_question_is_the_interviewers() {
        let said = [
            "We shipped it in two weeks.",
            "Great, thank you.",
            "Suppose your manager halves the time.",
            "What would you do?",
            "I would cut the scope.",
        ];
        assert_eq!(grown(&said, vec![false, false, false, true, false]), [false, true, true, true, false]);
    }
}
