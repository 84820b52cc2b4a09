//! Answers that a guide gives apart from its questions: each is put under the question that it answers, by its number
//! or by its meaning, with a confidence.

use super::found::{Answers, Found, Passage};
use crate::domain::words;
use std::collections::{BTreeMap, BTreeSet};

/// How alike texts are, from 0 to 1 or a little beyond: a row for each of the first, a column for each of the second.
pub type Likeness<'l> = &'l dyn Fn(&[String], &[String]) -> Vec<Vec<f64>>;

/// How much the words count beside the meaning.
const BY_WORDS: f64 = 0.4;

/// What a new answer has to gain over going on with the last one.
const NEW: f64 = 0.06;

/// The same where the words say that they go on.
const NEW_IN_SPITE: f64 = 0.35;

/// By how much another question has to be nearer to an answer as a whole.
const BETTER: f64 = 0.01;

/// A passage that is less alike than this to every question answers none of them.
const NEAR_ENOUGH: f64 = 0.25;

/// What a text that speaks of all that a question compares has over one on a single side.
const BOTH_SIDES: f64 = 0.3;

/// Ways of telling the answers apart that are followed at a time, for each number of answers where one is announced.
const BEAM: usize = 40;

/// Questions that are considered for each passage.
const CANDIDATES: usize = 12;

/// The passages of one answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Matched {
    /// Which question; `None` when no question is near enough.
    pub question: Option<usize>,
    pub passages: Vec<Passage>,
    /// From 0 to 1.
    pub confidence: f64,
}

/// Tells for a list of answers which question each passage belongs to.
pub(super) fn place(answers: &Answers, questions: &[Found], likeness: Likeness<'_>) -> Vec<Matched> {
    let open: Vec<usize> = (0..questions.len()).filter(|at| answers.lists.contains(&questions[*at].list)).collect();
    let units = units(&answers.passages);
    if open.is_empty() || units.is_empty() {
        return units.into_iter().map(|passages| Matched { question: None, passages, confidence: 0.0 }).collect();
    }
    by_number(&units, &open, questions).unwrap_or_else(|| by_meaning(&units, &open, questions, answers.count, likeness))
}

/// Passages that cannot be parted: a list with the sentence that announces it.
fn units(passages: &[Passage]) -> Vec<Vec<Passage>> {
    let mut units: Vec<Vec<Passage>> = Vec::new();
    let mut in_list = false;
    for passage in passages {
        let announces = passage.text.ends_with(':');
        let item = passage.item && passage.number.is_none() || !passage.text.ends_with(['.', '?', '!', '”', '"', ':']);
        match units.last_mut() {
            Some(unit) if in_list && item && !announces => unit.push(passage.clone()),
            _ => units.push(vec![passage.clone()]),
        }
        in_list = announces || in_list && item;
    }
    units
}

/// Answers with the numbers of their questions.
fn by_number(units: &[Vec<Passage>], open: &[usize], questions: &[Found]) -> Option<Vec<Matched>> {
    let numbers: Vec<Option<u32>> = units.iter().map(|unit| unit[0].number).collect();
    let known: BTreeSet<u32> = numbers.iter().copied().flatten().collect();
    let asked: BTreeMap<u32, usize> = open.iter().filter_map(|at| Some((questions[*at].number?, *at))).collect();
    let numbered = open.iter().filter(|at| questions[**at].number.is_some()).count();
    let unique = asked.len() == numbered && known.len() == numbers.iter().flatten().count();
    if known.len() < 2 || !unique || numbers[0].is_none() || !known.iter().all(|number| asked.contains_key(number)) {
        return None;
    }
    let mut out: Vec<Matched> = Vec::new();
    for (unit, number) in units.iter().zip(numbers) {
        if let (None, Some(last)) = (number, out.last_mut()) {
            last.passages.extend(unit.iter().cloned());
        } else {
            let question = number.and_then(|number| asked.get(&number)).copied();
            out.push(Matched { question, passages: unit.clone(), confidence: 0.95 });
        }
    }
    Some(out)
}

fn text_of(unit: &[Passage]) -> String {
    unit.iter().map(|passage| passage.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn by_meaning(
    units: &[Vec<Passage>],
    open: &[usize],
    questions: &[Found],
    count: Option<usize>,
    likeness: Likeness<'_>,
) -> Vec<Matched> {
    let asks: Vec<String> = open.iter().map(|at| questions[*at].ask.clone()).collect();
    let unit_near = near(&units.iter().map(|unit| text_of(unit)).collect::<Vec<_>>(), &asks, likeness);
    let goes_on: Vec<bool> = units.iter().map(|unit| goes_on(&unit[0].text)).collect();
    let path = best_path(&unit_near, &goes_on, count.filter(|count| *count <= units.len()));
    let mut groups: Vec<(Option<usize>, Vec<Passage>)> = Vec::new();
    for (unit, chosen) in units.iter().zip(path) {
        match groups.last_mut().filter(|(last, _)| *last == chosen && chosen.is_some()) {
            Some((_, passages)) => passages.extend(unit.iter().cloned()),
            None => groups.push((chosen, unit.clone())),
        }
    }
    let group_near = near(&groups.iter().map(|(_, passages)| text_of(passages)).collect::<Vec<_>>(), &asks, likeness);
    settle_groups(&mut groups, &group_near);
    let matched = |((chosen, passages), near): ((Option<usize>, Vec<Passage>), &Vec<f64>)| Matched {
        question: chosen.map(|column| open[column]),
        passages,
        confidence: chosen.map_or(0.0, |column| confidence(near, column)),
    };
    groups.into_iter().zip(&group_near).map(matched).collect()
}

/// How near each text is to each question, by meaning and by words.
fn near(texts: &[String], asks: &[String], likeness: Likeness<'_>) -> Vec<Vec<f64>> {
    let both = |(meaning, shared): (Vec<f64>, Vec<f64>)| {
        meaning.iter().zip(shared).map(|(meaning, shared)| (1.0 - BY_WORDS) * meaning + BY_WORDS * shared).collect()
    };
    likeness(texts, asks).into_iter().zip(shared_words(texts, asks)).map(both).collect()
}

/// An answer as a whole may fit a question that none of its passages fits alone, such as one on a difference.
fn settle_groups(groups: &mut [(Option<usize>, Vec<Passage>)], near: &[Vec<f64>]) {
    for at in 0..groups.len() {
        let Some(chosen) = groups[at].0 else { continue };
        let taken: BTreeSet<usize> = groups.iter().filter_map(|(chosen, _)| *chosen).collect();
        let free = (0..near[at].len()).filter(|column| !taken.contains(column));
        let best = free.max_by(|a, b| near[at][*a].total_cmp(&near[at][*b]));
        if let Some(best) = best.filter(|best| near[at][*best] > near[at][chosen] + BETTER) {
            groups[at].0 = Some(best);
        }
    }
}

/// How much one question stands out among all of them, as a soft maximum, held down by how near it is at all.
fn confidence(near: &[f64], chosen: usize) -> f64 {
    const SHARPNESS: f64 = 15.0;
    let weight = |value: f64| ((value - near[chosen]) * SHARPNESS).exp();
    let share = 1.0 / near.iter().map(|value| weight(*value)).sum::<f64>();
    (share * (near[chosen] / 0.5).clamp(0.0, 1.0)).clamp(0.0, 0.99)
}

/// Whether a passage begins with words that go on from another.
fn goes_on(text: &str) -> bool {
    let lower = text.to_lowercase();
    let starts = [
        "they ",
        "are they",
        "do they",
        "can they",
        "also",
        "in addition",
        "some of the",
        "for instance",
        "for example",
        "these ",
        "this ",
        "with ",
        "it’s ",
        "it's ",
        "it is ",
        "then",
        "moreover",
        "furthermore",
        "additionally",
        "another ",
        "however",
        "such ",
    ];
    starts.iter().any(|start| lower.starts_with(start)) || lower.split_whitespace().take(5).any(|word| word == "also")
}

#[derive(Debug, Clone)]
struct Way {
    value: f64,
    path: Vec<Option<usize>>,
    used: BTreeSet<usize>,
}

/// The best way to give each passage a question, each question being answered in one stretch.
fn best_path(near: &[Vec<f64>], goes_on: &[bool], count: Option<usize>) -> Vec<Option<usize>> {
    let mut ways = vec![Way { value: 0.0, path: Vec::new(), used: BTreeSet::new() }];
    for (near, goes_on) in near.iter().zip(goes_on) {
        let mut columns: Vec<usize> = (0..near.len()).collect();
        columns.sort_by(|a, b| near[*b].total_cmp(&near[*a]).then(a.cmp(b)));
        columns.truncate(CANDIDATES);
        let mut next: Vec<Way> = Vec::new();
        for way in &ways {
            next.extend(steps(way, near, &columns, *goes_on, count.is_none()));
        }
        ways = prune(next, count);
    }
    let fits = |way: &Way| count.is_none_or(|count| way.used.len() == count);
    let best = |ways: &mut dyn Iterator<Item = &Way>| {
        ways.max_by(|a, b| a.value.total_cmp(&b.value)).map(|way| way.path.clone())
    };
    best(&mut ways.iter().filter(|way| fits(way))).or_else(|| best(&mut ways.iter())).unwrap_or_default()
}

fn steps(way: &Way, near: &[f64], columns: &[usize], goes_on: bool, may_skip: bool) -> Vec<Way> {
    let with = |step: Option<usize>, value: f64| {
        let mut next = way.clone();
        next.value += value;
        next.path.push(step);
        next.used.extend(step);
        next
    };
    let last = way.path.last().copied().flatten();
    let cost = if goes_on { NEW_IN_SPITE } else { NEW };
    let fresh = columns
        .iter()
        .filter(|column| !way.used.contains(column))
        .map(|column| with(Some(*column), near[*column] - cost));
    let mut out: Vec<Way> = fresh.collect();
    out.extend(last.map(|column| with(Some(column), near[column])));
    if may_skip {
        out.push(with(None, NEAR_ENOUGH));
    }
    out
}

/// The best ways; where a number of answers is announced, the best for each number up to it.
fn prune(mut ways: Vec<Way>, count: Option<usize>) -> Vec<Way> {
    ways.sort_by(|a, b| b.value.total_cmp(&a.value));
    let Some(count) = count else {
        ways.truncate(BEAM);
        return ways;
    };
    ways.retain(|way| way.used.len() <= count);
    let mut kept: BTreeMap<usize, usize> = BTreeMap::new();
    ways.retain(|way| {
        let count = kept.entry(way.used.len()).or_default();
        *count += 1;
        *count <= BEAM
    });
    ways
}

/// How alike texts are by their words alone, for where there is no embedder.
#[must_use]
pub fn by_shared_words(texts: &[String], asks: &[String]) -> Vec<Vec<f64>> {
    shared_words(texts, asks)
}

/// For each text and each question, which share of the question's words is in the text. Words that few questions have
/// count more, and common ones nothing.
fn shared_words(texts: &[String], asks: &[String]) -> Vec<Vec<f64>> {
    let asked: Vec<BTreeSet<String>> = asks.iter().map(|ask| stems(ask)).collect();
    let compares = |ask: &String| {
        ["differ", "compar", "distinguish", " vs", "versus"].iter().any(|word| ask.to_lowercase().contains(word))
    };
    let comparing: Vec<bool> = asks.iter().map(compares).collect();
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    asked.iter().flatten().for_each(|word| *counts.entry(word).or_default() += 1);
    let weight = |word: &String| {
        ((1.0 + asks.len() as f64) / (0.5 + counts.get(word).copied().unwrap_or(0) as f64)).ln().max(0.0)
    };
    let of = |text: &String| {
        let said = stems(text);
        asked
            .iter()
            .zip(&comparing)
            .map(|(ask, compares)| {
                let all: f64 = ask.iter().map(weight).sum();
                let met: f64 = ask.iter().filter(|word| said.contains(*word)).map(weight).sum();
                // Of two questions whose words are all there, the one with more of them is meant.
                let share = if all > 0.0 { met / all * (1.0 - (-met / 3.0).exp()) } else { 0.0 };
                if *compares && all > 0.0 && met >= all { share + BOTH_SIDES } else { share }
            })
            .collect()
    };
    texts.iter().map(of).collect()
}

/// Words that say what a text is about, without their endings.
fn stems(text: &str) -> BTreeSet<String> {
    // What two things differ in is said without the word.
    const COMMON: [&str; 68] = [
        "difference",
        "differences",
        "different",
        "differ",
        "differentiate",
        "compare",
        "the",
        "and",
        "for",
        "you",
        "your",
        "are",
        "how",
        "what",
        "which",
        "with",
        "that",
        "this",
        "have",
        "has",
        "had",
        "can",
        "could",
        "would",
        "will",
        "does",
        "did",
        "explain",
        "describe",
        "define",
        "name",
        "tell",
        "give",
        "from",
        "into",
        "when",
        "where",
        "who",
        "why",
        "use",
        "used",
        "using",
        "they",
        "their",
        "them",
        "should",
        "may",
        "might",
        "about",
        "was",
        "were",
        "been",
        "being",
        "our",
        "its",
        "not",
        "but",
        "any",
        "some",
        "there",
        "then",
        "than",
        "these",
        "those",
        "refer",
        "refers",
        "know",
        "work",
    ];
    let stem = |word: String| {
        let endings = ["ations", "ation", "ings", "ing", "ies", "ied", "es", "ed", "s", "e", "y"];
        let cut = endings.iter().find_map(|ending| word.strip_suffix(ending).filter(|stem| stem.len() >= 3));
        cut.map_or(word.clone(), str::to_owned)
    };
    words(text).filter(|word| word.len() >= 3 && !COMMON.contains(&word.as_str())).map(stem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(asks: &[&str]) -> Vec<Found> {
        let number = |n: usize| Some(n as u32 + 1);
        asks.iter()
            .enumerate()
            .map(|(n, ask)| Found { ask: (*ask).to_owned(), number: number(n), list: 1, ..Found::default() })
            .collect()
    }

    fn answers(texts: &[&str], count: Option<usize>) -> Answers {
        let passage =
            |(n, text): (usize, &&str)| Passage { line: n + 1, text: (*text).to_owned(), item: false, number: None };
        Answers { lists: 0..=1, count, passages: texts.iter().enumerate().map(passage).collect() }
    }

    fn placed(answers: &Answers, questions: &[Found]) -> Vec<(Option<usize>, usize)> {
        place(answers, questions, &by_shared_words).into_iter().map(|one| (one.question, one.passages.len())).collect()
    }

    #[test]
    fn answers_go_to_the_questions_that_they_speak_of() {
        let questions =
            found(&["What is a mutex?", "How do you tune a garbage collector?", "Explain the borrow checker."]);
        let texts = answers(
            &[
                "Applicants should say that a borrow ends before the next one begins, which the checker holds.",
                "They may also give an example.",
                "Listen for pauses of the garbage collector. Steps are to:",
                "Measure first",
                "Change one thing",
            ],
            Some(2),
        );
        assert_eq!(placed(&texts, &questions), [(Some(2), 2), (Some(1), 3)]);
    }

    #[test]
    fn a_passage_that_is_near_no_question_answers_none() {
        let questions = found(&["What is a mutex?", "What is a queue?"]);
        assert_eq!(placed(&answers(&["Our office is in the middle of town."], None), &questions), [(None, 1)]);
    }

    #[test]
    fn answers_with_numbers_go_by_them() {
        let questions = found(&["Why?", "How?", "When?"]);
        let mut texts = answers(&["Because.", "So.", "Carefully."], None);
        texts.passages[0].number = Some(3);
        texts.passages[1].number = Some(1);
        assert_eq!(placed(&texts, &questions), [(Some(2), 1), (Some(0), 2)]);
    }
}
