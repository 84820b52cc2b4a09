//! Decides what the passages of a question are that no label names: what it assesses, what to listen for, an answer, a
//! remark. Only words that say so decide; anything else stays a remark.

use super::elsewhere::Matched;
use super::found::{Answer, AnswerBy, Found, Passage};
use super::wording::{is_quoted, speaks_to_interviewer};
use crate::domain::sentences;

/// What a sentence without a label is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Assesses,
    ListenFor,
    Advice,
    /// It speaks of the matter itself.
    Matter,
}

/// Settles what stands below a question without a label.
pub(super) fn settle(found: &mut Found) {
    demote_bare_answers(found);
    for passage in std::mem::take(&mut found.loose) {
        if is_quoted(&passage.text) {
            found.answers.push(Answer { passage, by: AnswerBy::Label });
        } else if let Some((before, answer)) = with_answer(&passage.text) {
            let answer = Passage { text: answer.to_owned(), item: false, ..passage.clone() };
            found.answers.push(Answer { passage: answer, by: AnswerBy::Label });
            if !before.is_empty() {
                place(found, &Passage { text: before.to_owned(), ..passage }, false);
            }
        } else {
            place(found, &passage, false);
        }
    }
}

/// `You could say: "..."`: the words before the sentence that announces an answer, and the answer.
fn with_answer(text: &str) -> Option<(&str, &str)> {
    let at = text.find(": “").or_else(|| text.find(": \""))?;
    let answer = text[at + 2..].trim();
    let start = text[..at].rfind(['.', '?', '!']).map_or(0, |end| end + 1);
    let announcing = text[start..at].to_lowercase();
    let announces =
        ["answer", "response", "reply", "example", " say", "sound like"].iter().any(|word| announcing.contains(word));
    (announces && is_quoted(answer)).then(|| (text[..start].trim(), answer))
}

/// Adds what was found elsewhere in the guide.
pub(super) fn add(found: &mut Found, matched: Matched) {
    found.confidence = Some(found.confidence.map_or(matched.confidence, |sure| sure.min(matched.confidence)));
    let advice = matched.passages.iter().any(|passage| is_advice(&passage.text));
    for passage in matched.passages {
        if passage.text.ends_with(':') {
            found.remarks.push(passage);
        } else if passage.number.is_some() {
            // The number is its question's; it is no item of a list.
            place(found, &Passage { item: false, ..passage }, advice);
        } else if passage.item
            || advice && sentences(&passage.text).len() == 1 && !passage.text.ends_with(['.', '?', '!'])
        {
            found.listen_for.push(Passage { item: true, ..passage });
        } else {
            place(found, &passage, advice);
        }
    }
}

/// `A:` before something that is only advice, where a real answer follows.
fn demote_bare_answers(found: &mut Found) {
    let labelled = found.answers.iter().any(|answer| answer.by == AnswerBy::Label);
    let answers = std::mem::take(&mut found.answers);
    let (bare, rest): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.by == AnswerBy::BareLabel);
    found.answers = rest;
    for answer in bare {
        if labelled && !is_quoted(&answer.passage.text) || is_advice(&answer.passage.text) {
            place(found, &answer.passage, false);
        } else {
            found.answers.push(answer);
        }
    }
}

/// Puts a passage where its sentences say that it belongs; neighbours of one sort stay together. `in_advice` says that
/// others around it tell what to listen for, so that what it says of the matter is to be listened for too.
fn place(found: &mut Found, passage: &Passage, in_advice: bool) {
    let text = &passage.text;
    let sorts: Vec<(Sort, &str)> =
        sentences(text).iter().filter_map(|span| span.of(text)).map(|one| (sort(one), one)).collect();
    let matter_only = sorts.iter().all(|(sort, _)| *sort == Sort::Matter);
    let mut groups: Vec<(Sort, String)> = Vec::new();
    for (sort, sentence) in sorts {
        match groups.last_mut() {
            Some((last, words)) if *last == sort || sort == Sort::Matter && *last != Sort::ListenFor => {
                words.push(' ');
                words.push_str(sentence);
            }
            _ => groups.push((sort, sentence.to_owned())),
        }
    }
    for (sort, text) in groups {
        let passage = Passage { text, ..passage.clone() };
        let says = passage.text.split_whitespace().count() >= 8 || passage.text.ends_with(['.', '!', '”', '"']);
        match sort {
            Sort::Matter if in_advice && says => found.listen_for.push(passage),
            Sort::Assesses => found.assesses.push(passage),
            Sort::ListenFor => found.listen_for.push(passage),
            Sort::Matter if matter_only && says && answers_by_place(found) => {
                found.answers.push(Answer { passage, by: AnswerBy::Place });
            }
            Sort::Matter | Sort::Advice => found.remarks.push(passage),
        }
    }
}

/// Whether words on the matter may be the answer: nothing else is.
fn answers_by_place(found: &Found) -> bool {
    found.answers.iter().all(|answer| answer.by == AnswerBy::Place) && found.listen_for.is_empty()
}

fn is_advice(text: &str) -> bool {
    sentences(text).iter().filter_map(|span| span.of(text)).any(|sentence| sort(sentence) != Sort::Matter)
}

fn sort(sentence: &str) -> Sort {
    // "Your" of somebody who hires.
    const OF_THEIRS: &str = "your applicant|your candidate|your interviewee|your team|your role|your open|your organi|\
        your compan|you require|you listen|tell you|show you|give you";
    const PURPOSE: &str = "want to find out|want to see |to find out |to see if |to see whether |helps determine|to determine \
        |insight into|ask this because|asking this|asking you this|asking applicants this|asking candidates \
        this|this question helps|this question tests|this question reveals|this question shows|this question \
        assess|this question evaluat|this question gauges|this question will|question is designed to|question \
        allows|question aims|help you learn|helps you learn|help you understand|helps you understand|helps you \
        find out|helps you see|to gauge|to figure out|attempting to|want to know|allow interviewers to assess|to \
        test your|interested in learning|employers ask";
    const LISTEN: &str = "look for|listen for|expect |should mention|should know|should be able|may mention|might mention|good \
        answer|strong answer|ideal answer|best answer|good response|a strong response|watch for";
    const ADVICE: &str = "employer|interviewer|interviewee|recruiter|this question|these questions|type of question|types of \
        question|type of questions|these type|of those questions|another question|easy like this|your \
        response|your answer|you should|you might|you may|you can say|make sure|be prepared|try to|be precise|be \
        honest|don’t |avoid |prepare|explain your|highlight|show that you|demonstrate |the interview|practice your";
    const SHOWS: &str = "demonstrates |reveals |tests |evaluates |assesses |shows |highlights |determines |illustrates |measures \
        |indicates |gauges |explores";
    let lower = sentence.to_lowercase();
    let has = |words: &str| words.split('|').any(|word| lower.contains(word));
    let to_candidate = has(" you |your |you’|you'") && !has(OF_THEIRS);
    if has(PURPOSE) || SHOWS.split('|').any(|verb| lower.starts_with(verb)) {
        Sort::Assesses
    } else if lower.ends_with(':') || to_candidate || has("find it difficult|find it hard") {
        Sort::Advice
    } else if has(LISTEN) || speaks_to_interviewer(&lower) || of_candidates(&lower) {
        Sort::ListenFor
    } else if has(ADVICE) {
        Sort::Advice
    } else {
        Sort::Matter
    }
}

/// Whether a sentence says what candidates may say or do.
fn of_candidates(lower: &str) -> bool {
    if lower.contains("may not ") || lower.contains("might not ") {
        return false;
    }
    let who = [
        "applicant",
        "candidate",
        "interviewee",
        "developers should",
        "engineers should",
        "they must",
        "they should",
        "they may",
        "they might",
        "they have",
        "they will",
    ];
    who.iter().any(|who| lower.contains(who))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(texts: &[&str]) -> Found {
        let passage =
            |(n, text): (usize, &&str)| Passage { line: n + 1, text: (*text).to_owned(), item: false, number: None };
        let mut found = Found { loose: texts.iter().enumerate().map(passage).collect(), ..Found::default() };
        settle(&mut found);
        found
    }

    #[test]
    fn what_has_no_label_is_sorted_by_what_it_speaks_of() {
        let found = settled(&[
            "Employers ask this because they want to know you. Smile.",
            "Make sure to prepare.",
            "“I came here for the work itself, and I stayed.”",
        ]);
        assert_eq!((found.assesses.len(), found.remarks.len(), found.answers.len()), (1, 1, 1));
    }

    #[test]
    fn an_answer_inside_a_paragraph_is_taken_out_of_it() {
        let found = settled(&["Look for a plan. A good answer might be: “I plan the day before the day begins.”"]);
        assert_eq!((found.listen_for.len(), found.answers.len()), (1, 1));
        assert_eq!(found.listen_for[0].text, "Look for a plan.");
    }

    #[test]
    fn words_on_the_matter_alone_are_taken_for_the_answer() {
        let found = settled(&["A mutex lets one thread in at a time.", "The others wait."]);
        assert_eq!(found.answers.iter().map(|answer| answer.by).collect::<Vec<_>>(), [AnswerBy::Place; 2]);
    }
}
