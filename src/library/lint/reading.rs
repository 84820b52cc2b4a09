//! How hard a question is to follow when it is heard.

use crate::domain::{Code, Finding, Rubric, Spot, sentences, words};

/// Longest sentence, in words, that is followed on hearing it once.
const LONGEST: usize = 35;
/// Highest grade of a wording; that of a scientific paper.
const HIGHEST: f64 = 16.0;
/// Fewer words have no grade worth the name.
const FEWEST: usize = 12;

pub(super) fn findings(rubric: &Rubric) -> Vec<Finding> {
    let mut found = Vec::new();
    for (q, question) in rubric.questions.iter().enumerate() {
        let asked = question.wordings().enumerate().map(|(n, text)| (Spot::Wording(q, n), text));
        let more = question.follow_ups.iter().enumerate().map(|(n, one)| (Spot::FollowUp(q, n), one.ask.as_str()));
        for (spot, text) in asked.chain(more) {
            if let Some(what) = hard(text) {
                let hint = "cut it in two, and put the plain words first: nobody reads it, it is heard once";
                found.push(Finding::new(Code::HardToRead, spot, what, hint));
            }
        }
    }
    found
}

fn hard(text: &str) -> Option<String> {
    let longest = sentences(text).iter().filter_map(|span| span.of(text)).map(|one| words(one).count()).max()?;
    if longest > LONGEST {
        return Some(format!("a sentence of {longest} words is hard to follow when it is heard"));
    }
    let grade = grade(text).filter(|grade| *grade > HIGHEST)?;
    Some(format!(
        "its reading grade is {grade:.0}: long sentences of long words are hard to follow when they are heard"
    ))
}

/// The Flesch-Kincaid grade of an English text: the years of school that reading it takes, from about 0 up. Counts of
/// syllables are estimates. `None` for fewer than 12 words.
///
/// `.39 · words / sentences + 11.8 · syllables / words − 15.59` (Kincaid et al. 1975, Research Branch Report 8-75).
#[must_use]
pub fn grade(text: &str) -> Option<f64> {
    let (mut count, mut sounded) = (0_usize, 0_usize);
    for word in words(text) {
        count += 1;
        sounded += syllables(&word);
    }
    let cut = sentences(text).len().max(1);
    let (count_f, cut) = (count as f64, cut as f64);
    (count >= FEWEST).then(|| 0.39 * count_f / cut + 11.8 * sounded as f64 / count_f - 15.59)
}

/// Runs of vowels, without a silent `e` at the end; at least 1.
fn syllables(word: &str) -> usize {
    let is_vowel = |c: char| "aeiouy".contains(c);
    let mut runs = 0;
    let mut before = false;
    for c in word.chars() {
        runs += usize::from(is_vowel(c) && !before);
        before = is_vowel(c);
    }
    let silent = word.ends_with('e') && !word.ends_with("le") && runs > 1;
    (runs - usize::from(silent)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_counted_about_right() {
        let counted = ["a", "table", "like", "database", "query", "architecture", "the"].map(syllables);
        assert_eq!(counted, [1, 2, 1, 3, 2, 4, 1]);
    }

    #[test]
    fn long_sentences_of_long_words_have_a_high_grade() {
        let plain = grade("You find that a page is slow. What do you look at first, and why do you look there?");
        let heavy = grade(
            "Characterise organisational communication methodologies facilitating interdepartmental collaborative prioritisation within heterogeneous multidisciplinary environments.",
        );
        assert!(plain.is_some_and(|grade| grade < 5.0), "{plain:?}");
        assert!(heavy.is_some_and(|grade| grade > 20.0), "{heavy:?}");
        assert_eq!(grade("Why?"), None);
    }

    #[test]
    fn a_sentence_too_long_to_be_heard_is_told_by_its_length() {
        let long = format!("How do you {}?", "go on and ".repeat(15));
        assert!(hard(&long).is_some_and(|what| what.contains("44 words")), "{:?}", hard(&long));
        assert_eq!(hard("How do you test a thing that talks to a slow service of somebody else?"), None);
    }
}
