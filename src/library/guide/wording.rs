//! How guides word things: what asks, what speaks to the interviewer, what sells, and which kind of question is meant.

use crate::domain::QuestionKind;

/// First words of what is asked without a question mark.
const ASKING: [&str; 44] = [
    "explain",
    "describe",
    "define",
    "name",
    "tell",
    "talk",
    "share",
    "give",
    "walk",
    "list",
    "discuss",
    "outline",
    "compare",
    "contrast",
    "imagine",
    "suppose",
    "summarise",
    "summarize",
    "illustrate",
    "identify",
    "differentiate",
    "distinguish",
    "state",
    "show",
    "recall",
    "think",
    "rate",
    "introduce",
    "design",
    "write",
    "sketch",
    "estimate",
    "say",
    "briefly",
    "pick",
    "consider",
    "take",
    "picture",
    "pretend",
    "assume",
    "mention",
    "sell",
    "convince",
    "teach",
];

/// First words of which only a few sentences ask: more of the words after them have to.
const UNSURE: [&str; 16] = [
    "show", "think", "rate", "write", "say", "consider", "take", "mention", "state", "pick", "list", "design",
    "discuss", "compare", "identify", "estimate",
];

/// Whether all of a text puts something to a candidate: a question, or a request such as "Explain ...".
pub(super) fn asks(text: &str) -> bool {
    let text = unquoted(text);
    let lower = text.to_lowercase();
    if text.split_whitespace().count() > 110 || speaks_to_interviewer(&lower) || sells(&lower) {
        return false;
    }
    let ends_asking = text.trim_end_matches([')', '”', '"', '*', ' ', '’']).ends_with('?');
    if ends_asking {
        return text.split_whitespace().count() >= 2;
    }
    let asks_somewhere = text.contains("? ");
    asks_somewhere && last_sentence_requests(text)
        || requests(&lower)
        || sets_a_scene(&lower) && last_sentence_requests(text)
}

/// Whether a text begins with a request.
fn requests(lower: &str) -> bool {
    let mut words = lower.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let (Some(first), second) = (words.next(), words.next().unwrap_or_default()) else { return false };
    let (first, second) = match first {
        "please" | "now" | "then" | "so" => (second, words.next().unwrap_or_default()),
        first => (first, second),
    };
    if !ASKING.contains(&first) || second.is_empty() {
        return false;
    }
    if UNSURE.contains(&first) {
        return lower
            .split_whitespace()
            .any(|word| matches!(word.trim_end_matches([',', '.']), "you" | "your" | "you've" | "me" | "us"))
            || matches!(first, "compare" | "discuss" | "list" | "design" | "identify");
    }
    match first {
        "tell" | "give" | "walk" => {
            matches!(second, "me" | "us" | "an" | "some" | "the" | "two" | "three" | "one" | "a")
        }
        "talk" => matches!(second, "about" | "me" | "us" | "through"),
        "share" => matches!(second, "an" | "a" | "with" | "your" | "some" | "the" | "one" | "how"),
        "teach" | "sell" | "convince" => matches!(second, "me" | "us"),
        _ => true,
    }
}

fn last_sentence_requests(text: &str) -> bool {
    let last =
        text.trim_end_matches(['.', ' ']).rsplit(['.', '?', '!']).next().unwrap_or_default().trim().to_lowercase();
    last.split(", ").any(|clause| requests(clause.trim_start_matches("and ")))
}

fn sets_a_scene(lower: &str) -> bool {
    ["you ", "you’", "you'", "your ", "a ", "an ", "one ", "the ", "two ", "it ", "it’", "it'"]
        .iter()
        .any(|start| lower.starts_with(start))
}

/// Whether a sentence asks or tells the interviewer something about candidates.
pub(super) fn speaks_to_interviewer(lower: &str) -> bool {
    let people = [
        "your applicant",
        "your candidate",
        "the candidate",
        "your interviewee",
        "the applicant",
        "applicants ",
        "candidates ",
        "interviewees ",
    ];
    let start: String = lower.chars().take(60).collect();
    let about_them = people.iter().any(|who| start.contains(who))
        && !["if you were the candidate", "two candidates"].iter().any(|not| lower.contains(not));
    let they = [
        "do they ",
        "are they ",
        "can they ",
        "did they ",
        "have they ",
        "does he ",
        "does she ",
        "is the candidate ",
        "would they ",
        "were they ",
        "could they ",
        "has the candidate",
    ];
    about_them || they.iter().any(|words| lower.starts_with(words))
}

/// Whether a text sells something, or is a piece of the page around the guide.
pub(super) fn sells(lower: &str) -> bool {
    const OFFERS: &str = "free trial|start your free|start my free|day trial|-day free|sign up|try it for free|for free today|for \
        free,|subscribe|newsletter|book a demo|free demo|request a demo|no spam|we won't spam|we won’t \
        spam|privacy policy|terms of service|terms of use|all rights reserved|accept cookies|we use cookies|our \
        platform|our software|our skills test|our screening|our assessment|recruitment software|hiring \
        software|something went wrong while|your submission|job description template|cheat \
        sheet|ebook|e-book|whitepaper|white paper|webinar|this handbook|this checklist|this in-depth \
        guide|comprehensive guide packed|email templates|step-by-step blueprint|with skills tests";
    // Said in passing in longer texts.
    const CALLS: &str = "download|read more|learn more|share this|follow us|contact us|get started|click here|log in|back to \
        top|sign in|view all|confirm skill";
    const LURES: &str = "want to |ready to |looking for |looking to |need help|need a |tired of |struggling";
    let few = lower.split_whitespace().count() <= 14 && !lower.ends_with('?');
    OFFERS.split('|').any(|offer| lower.contains(offer)) && !lower.starts_with(['“', '"'])
        || few && CALLS.split('|').any(|call| lower.starts_with(call))
        || LURES.split('|').any(|lure| lower.starts_with(lure)) && lower.contains('?')
        || lower.starts_with("one more step")
        || lower.starts_with('©')
        || lower.starts_with("start evaluating")
}

/// Whether it is one of the short lines around a text: a date, an author, a reading time, a menu.
pub(super) fn is_page_part(lower: &str) -> bool {
    let words: Vec<&str> = lower.split_whitespace().collect();
    let minutes = words.len() <= 4
        && words.iter().any(|word| matches!(*word, "min" | "mins" | "minutes"))
        && lower.contains(|c: char| c.is_ascii_digit());
    let author = words.len() <= 8
        && ["author:", "by ", "posted ", "published ", "updated ", "last updated", "written by", "reviewed by"]
            .iter()
            .any(|start| lower.starts_with(start));
    let months = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let date = words.len() <= 4
        && months.iter().any(|month| words.contains(month))
        && lower.contains(|c: char| c.is_ascii_digit());
    let menu = matches!(
        lower,
        "home"
            | "menu"
            | "search"
            | "left arrow"
            | "right arrow"
            | "share"
            | "print"
            | "next"
            | "previous"
            | "skip to content"
            | "table of contents"
            | "contents"
    );
    let trail = words.len() <= 12 && (lower.contains(" > ") || lower.contains(" » "));
    minutes || author || date || menu || trail
}

/// Words that name a kind of question, in headings and in sentences that introduce a list.
const KINDS: [(QuestionKind, &[&str]); 6] = [
    (QuestionKind::Star, &["star interview", "star question", "star method", "star-"]),
    (
        QuestionKind::SoftSkill,
        &[
            "soft skill",
            "soft-skill",
            "interpersonal",
            "personality",
            "teamwork",
            "culture",
            "cultural",
            "communication",
            "people skill",
            "collaboration",
            "values",
            "leadership",
        ],
    ),
    (QuestionKind::Behavioural, &["behavior", "behaviour", "competency-based", "past experience"]),
    (
        QuestionKind::Situational,
        &["situation", "scenario", "hypothetical", "problem-solving", "case question", "case-based"],
    ),
    (
        QuestionKind::Technical,
        &[
            "technical",
            "functional",
            "definition",
            "role-specific",
            "job-specific",
            "role specific",
            "job specific",
            "skill-based",
            "skills-based",
            "performance-based",
            "coding",
            "programming",
            "hard skill",
            "hard-skill",
            "operational",
            "knowledge",
            "clinical",
            "practical",
            "domain",
            "tools",
        ],
    ),
    (
        QuestionKind::General,
        &[
            "general",
            "introductory",
            "background",
            "opening",
            "basic",
            "warm-up",
            "warm up",
            "warmup",
            "ice-breaker",
            "icebreaker",
            "about you",
            "experience",
            "motivation",
            "getting to know",
            "career",
            "intro question",
            "screening question",
        ],
    ),
];

/// The kind that a heading or an introducing sentence names first.
pub(super) fn kind_named(text: &str) -> Option<QuestionKind> {
    let lower = text.to_lowercase();
    if text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "STAR") {
        return Some(QuestionKind::Star);
    }
    let first = |words: &[&str]| words.iter().filter_map(|word| at_word(&lower, word)).min();
    KINDS
        .iter()
        .filter_map(|(kind, words)| Some((first(words)?, *kind)))
        .min_by_key(|(at, _)| *at)
        .map(|(_, kind)| kind)
}

fn at_word(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word).map(|(at, _)| at).find(|at| !text[..*at].ends_with(char::is_alphanumeric))
}

/// The kind that the wording of a question speaks for.
pub(super) fn kind_guessed(ask: &str) -> QuestionKind {
    let lower = ask.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&[
        "tell me about a ",
        "tell us about a ",
        "tell me about the last",
        "describe a ",
        " a time",
        "an example of",
        "an instance",
        "have you ever",
        "a situation where",
        "a situation in which",
        "did you handle",
        "most challenging",
        "last time",
        "you had to",
        "you have had",
    ]) {
        QuestionKind::Behavioural
    } else if has(&[
        "imagine",
        "suppose",
        "what would you do",
        "how would you handle",
        "how would you react",
        "you discover",
        "you notice",
        "you’re given",
        "you are given",
        "what do you do",
        "how would you respond",
    ]) {
        QuestionKind::Situational
    } else if has(&[
        "yourself",
        "why do you want",
        "why did you",
        "your experience",
        "five years",
        "three years",
        "your strength",
        "your weakness",
        "motivat",
        "favourite",
        "favorite",
    ]) {
        QuestionKind::General
    } else if has(&["co-worker", "colleague", "conflict", "teammate", "feedback", "as part of a team", "communicat"]) {
        QuestionKind::SoftSkill
    } else if has(&[
        "what is",
        "what are",
        "explain",
        "define",
        "difference",
        "differ",
        "how does",
        "how would you",
        "which method",
        "what happens",
        "advantages",
    ]) {
        QuestionKind::Technical
    } else {
        QuestionKind::General
    }
}

/// Which part of a STAR answer a question asks for, as far as its words say.
pub(super) fn part_guessed(ask: &str) -> Option<&'static str> {
    let lower = ask.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["result", "outcome", "impact", "contribut", "end up", "turn out", "learn from", "what happened"]) {
        Some("result")
    } else if has(&["your task", "your role", "responsib", "your goal", "asked to do", "your job", "expected of you"]) {
        Some("task")
    } else if has(&[
        "action",
        "steps",
        "did you do",
        "did you go about",
        "did you approach",
        "your approach",
        "did you handle",
        "did you take",
    ]) {
        Some("action")
    } else if has(&[
        "situation",
        "context",
        "background",
        "circumstance",
        "scenario",
        "set the scene",
        "what was going on",
    ]) {
        Some("situation")
    } else {
        None
    }
}

/// Opening and closing quotation marks around a whole text taken off.
pub(super) fn unquoted(text: &str) -> &str {
    let inner = text.trim();
    let Some(rest) = inner.strip_prefix(['“', '"', '„', '«', '‘']) else {
        return inner;
    };
    let closed = rest.trim_end_matches(['”', '"', '“', '»', '’']);
    // Only if the quotation does not end before: "A" and "B".
    if closed.contains(['”', '"', '»']) { inner } else { closed.trim() }
}

/// Whether a text is somebody's words from its beginning.
pub(super) fn is_quoted(text: &str) -> bool {
    text.starts_with(['“', '"', '„', '«'])
        && text.split_whitespace().count() >= 5
        && (unquoted(text).len() < text.len() || text.ends_with(['”', '"', '»', '“']))
}

/// Questions in quotation marks that a sentence proposes to ask.
pub(super) fn proposed(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['“', '"']) {
        let (before, inside) = rest.split_at(at);
        let inside = &inside[inside.chars().next().map_or(1, char::len_utf8)..];
        let Some(end) = inside.find(['”', '"']) else { break };
        let quoted = inside[..end].trim();
        let sentence =
            text[..text.len() - rest.len() + before.len()].rsplit(['.', '!']).next().unwrap_or_default().to_lowercase();
        let proposes = [" ask", "ask ", "question such as", "questions like", "questions such as"]
            .iter()
            .any(|word| sentence.contains(word));
        if proposes && quoted.ends_with('?') && quoted.split_whitespace().count() >= 4 {
            found.push(quoted.to_owned());
        }
        rest = &inside[end + inside[end..].chars().next().map_or(1, char::len_utf8)..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_to_a_candidate_is_told_from_what_is_said_to_the_interviewer() {
        for ask in [
            "How do you test?",
            "Explain what SSL is.",
            "Tell me about yourself",
            "“Why us?”",
            "You discover a hole in the login. Describe how you would close it, and propose a fix.",
            "Describe your best project. What made it successful? Were there any challenges?",
            "A customer calls at night. What do you do?",
            "What is JavaScript? When is it used?",
            "In which situation would you use Redis?",
        ] {
            assert!(asks(ask), "{ask}");
        }
        for none in [
            "Can your applicants explain that structure matters?",
            "Do they have projects of their own?",
            "Are they also aware that there is only one?",
            "Want to unlock the secrets of interviews?",
            "Go beyond fluency and test for thinking.",
            "Give practical challenges instead.",
            "State the problem",
            "Applicants may mention a few key responsibilities.",
            "Use problem scenarios instead of puzzles.",
        ] {
            assert!(!asks(none), "{none}");
        }
    }

    #[test]
    fn questions_that_a_sentence_proposes_are_found() {
        let text = "You may ask, “Which words do you use?” or “How do you end it?”. They said “no way at all?”.";
        assert_eq!(proposed(text), ["Which words do you use?", "How do you end it?"]);
    }

    #[test]
    fn a_kind_is_named_by_the_first_word_that_fits() {
        use QuestionKind::{Behavioural, General, Situational, SoftSkill, Star, Technical};
        for (heading, kind) in [
            ("Behavioral Interview Questions", Some(Behavioural)),
            ("STAR interview questions", Some(Star)),
            ("Soft skills", Some(SoftSkill)),
            ("Questions about processes and situations", Some(Situational)),
            ("Technical or Functional Questions", Some(Technical)),
            ("General questions", Some(General)),
            ("Databases", None),
        ] {
            assert_eq!(kind_named(heading), kind, "{heading}");
        }
    }
}
