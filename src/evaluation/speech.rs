//! What kind of speech it is, told by its words alone: backchannels, requests to repeat, keyword lists, echoes of the
//! question. Pure rules, each deliberately narrow.

use crate::domain::words;
use std::collections::HashSet;

/// Words that glue sentences together. Running speech in English is nearly half of these; a list of terms has few.
const FUNCTION_WORDS: &str = "a an the and or but so if then because when while that this these those it its i i'm i've \
    i'd i'll me my we we're we've our us you your you're they their them he she his her him who which what how why \
    where there here is are was were be been being am do does did don't doesn't didn't have has had haven't hasn't \
    will would can could should might may must not no never to of in on at by for with from as into about over after \
    before out up down off than too very just also only all any some each every one it's that's there's really \
    actually basically like get got make made go going went want think know say said use used";

fn function_words() -> &'static HashSet<&'static str> {
    static WORDS: std::sync::OnceLock<HashSet<&'static str>> = std::sync::OnceLock::new();
    WORDS.get_or_init(|| FUNCTION_WORDS.split_whitespace().collect())
}

/// The words of a text that carry its subject.
pub(super) fn content_words(text: &str) -> Vec<String> {
    words(text).filter(|word| !function_words().contains(word.as_str()) && word.chars().count() > 2).collect()
}

/// Whether these few words only keep the talk going: "mm-hm", "right, okay", "sure, thanks".
pub(super) fn is_backchannel(text: &str) -> bool {
    let said: Vec<String> = words(text).collect();
    said.len() <= 5
        && said.iter().all(|word| {
            matches!(
                word.as_str(),
                "mm" | "hm"
                    | "hmm"
                    | "mhm"
                    | "mmm"
                    | "uh"
                    | "huh"
                    | "um"
                    | "ah"
                    | "oh"
                    | "okay"
                    | "ok"
                    | "right"
                    | "yeah"
                    | "yes"
                    | "yep"
                    | "yup"
                    | "sure"
                    | "got"
                    | "it"
                    | "i"
                    | "see"
                    | "cool"
                    | "great"
                    | "good"
                    | "nice"
                    | "thanks"
                    | "thank"
                    | "you"
                    | "alright"
                    | "all"
                    | "fine"
                    | "perfect"
                    | "exactly"
                    | "interesting"
                    | "of"
                    | "course"
                    | "go"
                    | "on"
                    | "wow"
                    | "please"
                    | "continue"
                    | "no"
                    | "problem"
                    | "worries"
                    | "absolutely"
                    | "fair"
                    | "enough"
                    | "makes"
                    | "sense"
                    | "understood"
            )
        })
}

/// Whether the words ask for the question again or what it means, and answer nothing.
pub(super) fn asks_to_repeat(text: &str) -> bool {
    let said: Vec<String> = words(text).collect();
    // Who tells of a deadline that was missed, or tested one more time, asks nobody for anything.
    let asks = |word: &String| matches!(word.as_str(), "you" | "your" | "sorry" | "please" | "pardon" | "question");
    if said.len() > 24 || (said.len() > 6 && !text.contains('?') && !said.iter().any(asks)) {
        return false;
    }
    let line = format!(" {} ", said.join(" "));
    [
        " repeat that ",
        " repeat the question ",
        " say that again ",
        " say it again ",
        " come again ",
        " one more time ",
        " rephrase ",
        " didn't catch ",
        " did not catch ",
        " didn't hear ",
        " couldn't hear ",
        " lost you ",
        " you broke up ",
        " you cut out ",
        " cutting out ",
        " breaking up ",
        " what was the question ",
        " repeat it ",
        " what do you mean by ",
        " can you clarify ",
        " could you clarify ",
        " missed that ",
        " didn't get that ",
        " you froze ",
        " bad line ",
        " ask that again ",
        " ask it again ",
        " hear that ",
        " run that by me again ",
        " say again ",
        " the question again ",
        " that again ",
        " dropped out ",
        " what was that ",
        " didn't quite get ",
        " pardon ",
    ]
    .iter()
    .any(|phrase| line.contains(phrase))
}

/// Whether the words only win time before the answer: "that's a good question, let me think".
pub(super) fn only_fills_time(text: &str) -> bool {
    let said: Vec<String> = words(text).collect();
    if said.len() > 16 {
        return false;
    }
    let mut line = format!(" {} ", said.join(" "));
    let all = line.len();
    for phrase in [
        " good question ",
        " great question ",
        " let me think ",
        " give me a second ",
        " give me a moment ",
        " one second ",
    ] {
        line = line.replace(phrase, " ");
    }
    // After the pleasantry the answer may begin.
    line.len() < all && content_words(&line).len() < 4
}

/// Whether the interviewer brings the interview to its end or turns the asking round.
pub(super) fn closes(text: &str) -> bool {
    let line = format!(" {} ", words(text).collect::<Vec<_>>().join(" "));
    [
        " questions for me ",
        " question for me ",
        " questions for us ",
        " question for us ",
        " questions of your own ",
        " ask me ",
        " ask us ",
        " want to ask ",
        " like to ask ",
        " my list ",
        " that's everything ",
        " that's all ",
        " that is everything ",
        " that is all ",
        " hear back ",
        " next step ",
        " next steps ",
    ]
    .iter()
    .any(|phrase| line.contains(phrase))
}

/// Whether the words decline to answer: "no idea", "I'd rather skip that one", "pass".
pub(super) fn declines(text: &str) -> bool {
    let said: Vec<String> = words(text).collect();
    if said.len() > 16 {
        return false;
    }
    let line = format!(" {} ", said.join(" "));
    [
        " no idea ",
        " don't know ",
        " do not know ",
        " dunno ",
        " pass on that ",
        " pass on this ",
        " pass on it ",
        " i'll pass ",
        " i will pass ",
        " skip that ",
        " skip this ",
        " can we skip ",
        " rather not ",
        " can't think of ",
        " cannot think of ",
        " nothing comes to mind ",
        " not sure what to say ",
        " next question ",
        " can't answer ",
    ]
    .iter()
    .any(|phrase| line.contains(phrase))
        || (said.len() <= 4 && said.iter().any(|word| word == "pass"))
}

/// Whether an answer lists terms without saying anything about them.
///
/// Measured on its word stream: few function words, or nearly all of it in fragments of at most three words.
pub(super) fn is_keyword_list(text: &str) -> bool {
    let said: Vec<String> = words(text).collect();
    if said.len() < 6 {
        return false;
    }
    let glue = said.iter().filter(|word| function_words().contains(word.as_str())).count() as f64 / said.len() as f64;
    let fragments: Vec<usize> = text
        .split([',', '.', ';', ':', '!', '?', '\n', '\u{2014}'])
        .map(|piece| words(piece).count())
        .filter(|count| *count > 0)
        .collect();
    let in_short: usize = fragments.iter().filter(|count| **count <= 4).sum();
    let short = in_short as f64 / said.len() as f64;
    glue < 0.22 || (glue < 0.36 && short > 0.5) || (glue < 0.42 && short > 0.75)
}

/// Whether nearly everything an answer is about stands in the question already.
pub(super) fn repeats(answer: &str, question: &str) -> bool {
    let asked: HashSet<String> = content_words(question).iter().map(|word| stem(word)).collect();
    let said: HashSet<String> = content_words(answer).iter().map(|word| stem(word)).collect();
    if said.len() < 2 {
        return false;
    }
    let fresh = said.iter().filter(|word| !asked.contains(*word)).count();
    fresh * 10 <= said.len() * 4 && fresh < 6
}

/// The word without its commonest endings: enough to see that "tested" and "testing" are one.
fn stem(word: &str) -> String {
    let cut =
        ["ing", "ed", "es", "s", "ly"].iter().find_map(|end| word.strip_suffix(end).filter(|rest| rest.len() > 3));
    cut.unwrap_or(word).to_owned()
}

/// The share of an answer's tokens that look like words at all; low when transcription has broken down.
pub(super) fn wordlike(text: &str) -> f64 {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    if tokens.is_empty() {
        return 0.0;
    }
    let good = tokens.iter().filter(|token| {
        let letters = token.chars().filter(|c| c.is_alphabetic()).count();
        let rest =
            token.chars().filter(|c| !c.is_alphanumeric() && !".,;:!?'\u{2019}\"-\u{2014}()%$€£/".contains(*c)).count();
        (letters > 0 || token.chars().any(char::is_numeric))
            && rest <= letters
            && !token.contains(['\u{fffd}', '\u{25a1}'])
    });
    good.count() as f64 / tokens.len() as f64
}

/// Whether most letters are of a script that an English model can read.
pub(super) fn mostly_latin(text: &str) -> bool {
    let (mut latin, mut all) = (0_usize, 0_usize);
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        all += 1;
        latin += usize::from(matches!(c, 'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}'));
    }
    all == 0 || latin * 10 >= all * 6
}

/// Whether a text is surely in another language than English, the only one that the local judge reads. Not one of 2,857
/// answers in English (those of Mohler, `SemEval` 2013 and SAF) was taken for another.
pub(super) fn is_not_english(text: &str) -> bool {
    whatlang::detect(text).is_some_and(|found| found.is_reliable() && found.lang() != whatlang::Lang::Eng)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_in_another_language_is_told_and_english_full_of_terms_is_not() {
        let german = "Ja, da es zu Schwankungen kommen kann, wenn die Auslastung einer Leitung als Mass genommen wird.";
        let terms = "Kubernetes, Kafka, Redis, PostgreSQL, gRPC, Terraform, idempotency, sharding, quorum.";
        assert!(is_not_english(german));
        assert!(!is_not_english(terms));
        assert!(!is_not_english("Die Hard with a cron job, then."));
    }

    #[test]
    fn terms_without_sentences_are_a_keyword_list() {
        for text in [
            "REST, resources, status codes, JWT, middleware. Yeah. Swagger, versioning, all of that.",
            "unit tests integration tests mocking jest mocha pytest coverage pipelines",
            "Root cause, rollback, logs, post-mortem. Stakeholders, communication. Monitoring, alerts.",
        ] {
            assert!(is_keyword_list(text), "{text}");
        }
        for text in [
            "I write unit tests for the rules and integration tests against a real database, and they run in the pipeline.",
            "We had Redis, Postgres and Kafka, and I was the one who kept the three of them in step with each other.",
            "Honestly, not much. I just fixed it and moved on.",
        ] {
            assert!(!is_keyword_list(text), "{text}");
        }
    }

    #[test]
    fn an_echo_of_the_question_is_no_answer() {
        let question = "How do you make sure that your code stays maintainable and scalable?";
        assert!(repeats(
            "So, making sure that code stays maintainable and scalable. Yes, maintainable, scalable code.",
            question
        ));
        assert!(!repeats("Small modules, reviews, and I write down why a decision was taken.", question));
    }

    #[test]
    fn asking_to_repeat_and_keeping_the_talk_going_answer_nothing() {
        assert!(asks_to_repeat("Sorry, could you repeat that?"));
        assert!(asks_to_repeat("I didn't hear the last part."));
        for answer in [
            "I repeat the measurement until it is stable, and then I write it down.",
            "We missed the deadline, so I told the client and moved the date.",
            "We ran it one more time before the release and it held.",
        ] {
            assert!(!asks_to_repeat(answer), "{answer}");
        }
        assert!(only_fills_time("That's a good question, let me think about that for a second."));
        assert!(!only_fills_time("Great question, I index the foreign keys and read the plan."));
        assert!(declines("Pass.") && declines("I think I'll pass on that one."));
        assert!(!declines("I wait until all the tests pass and then I merge."));
        assert!(is_backchannel("Mm-hm.") && is_backchannel("Okay, great, thanks."));
        assert!(!is_backchannel("Yes, always, for every release."));
        assert!(
            declines("Honestly, I don't know.")
                && !declines("I don't know how others do it, but we always wrote the test first and it paid off.")
        );
    }
}
