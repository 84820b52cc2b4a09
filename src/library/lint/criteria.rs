//! Criteria that two listeners would decide in two ways, by their words: vague ones, double ones, and ones that cannot
//! be heard in an answer.

use crate::domain::{Code, Finding, Rubric, Spot};
use regex::Regex;
use std::sync::LazyLock;

/// A criterion with more words is hard to keep in mind while listening.
const MOST_WORDS: usize = 25;

const GRASP: &str = "understanding|knowledge|grasp|command|sense|awareness|familiarity|experience|skills?|abilit(?:y|ies)|competence|expertise|proficiency|communication|communicator|examples?|answers?|explanations?|attitude|judge?ment|approach|reasoning|thinking|fit";

static VAGUE: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let quality = "good|great|solid|strong|deep|clear|thorough|basic|sound|firm|broad|proper|adequate|sufficient|excellent|extensive|nuanced|fair|reasonable|in-depth|decent|advanced|high-level";
    compiled(&[
        &format!(r"\b(?:{quality})(?: \w+)? (?:{GRASP})\b"),
        r"^(?:understands|knows|comprehends|grasps|appreciates|is (?:familiar with|aware of|knowledgeable|good|skilled|proficient|competent|experienced|well-versed|able to))\b",
        &format!(r"^(?:has|shows|demonstrates|displays|possesses|exhibits) (?:an? |the )?(?:\w+ ){{0,2}}(?:{GRASP})\b"),
        r"\b(?:appropriately|properly|effectively|efficiently|adequately|suitably|satisfactorily|thoroughly|convincingly|meaningfully|correctly and clearly|clearly|articulately|as appropriate|where appropriate|if applicable|and so on|best practices?)\b|\betc\b",
    ])
});

/// Verbs in the third person that are hardly ever nouns.
const VERBS: &str = "explains|gives|describes|says|tells|asks|keeps|writes|adds|takes|reads|finds|builds|avoids|considers|admits|compares|refuses|proposes|suggests|identifies|demonstrates|provides|discusses|acknowledges|understands|knows|applies|ensures|makes|chooses|defines|distinguishes|recogni[sz]es|prioriti[sz]es|follows|learns|helps|handles|listens|communicates|creates|seeks|involves|offers|escalates|reflects|has|relates|connects|evaluates|justifies|stays|remains|raises|resolves|brings|draws|delegates|negotiates|adapts|maintains|manages|leads|looks|tries|works|gets|puts|goes|thinks|treats|weighs|verifies|validates|confirms|informs|illustrates|outlines|cites|lists|is able";
/// Verbs that are nouns as well; verbs where an article or the like follows.
const DOUBTFUL: &str = "names|mentions|states|uses|checks|tests|plans|documents|reviews|reports|monitors|measures|shows|sets|shares|links|notes|limits|tracks|changes|runs|points|starts|stops|records|logs";

static DOUBLE: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let joint = r"(?:,? (?:and|or)(?: then| also| not| never| always| \w+ly)*|, then|;| as well as)";
    compiled(&[
        &format!(r"{joint} (?:{VERBS})\b"),
        &format!(
            r"{joint} (?:{DOUBTFUL}) (?:an?|the|their|its|how|why|what|that|when|whether|each|every|one|two|three|at)\b"
        ),
        r"\b(?:what|how|why|when|where|whether|that)\b.* and (?:what|how|why|when|where|whether|that)\b",
        r"\bboth\b.* and\b",
    ])
});

/// What is named after these verbs is one fact each.
static NAMING: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^(?:names|mentions|cites|lists|states|describes|explains|discusses|covers|identifies|provides|gives|outlines) .* and \w",
    )
});
/// An `and` that joins what is one thing.
static ONE_THING: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:between|such as|like|versus|vs|trade-offs?|differences?|combination|pair|read and write|request and response|back and forth)\b",
    )
});

static UNDECIDABLE: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let quality = "passionate|motivated|enthusiastic|confident|honest|sincere|genuine|humble|smart|intelligent|bright|likeable|trustworthy|reliable|nervous|calm|curious|ambitious|mature|energetic|positive|friendly|professional|committed|dedicated|interested|comfortable|open-minded|self-aware|creative|proactive|eager|excited|loyal|hard-?working|personable|a team player|a (?:good|cultural|culture|great) fit|a self-starter|a leader";
    compiled(&[
        &format!(r"\b(?:is|seems|appears|looks|sounds|feels|comes across as)(?: to be)?(?: \w+)? (?:{quality})\b"),
        r"\b(?:passion|enthusiasm|motivation|self-confidence|honesty|integrity|sincerity|charisma|personality|(?:culture|cultural) fit|team player|growth mindset|positive attitude|willingness|eagerness|emotional intelligence|maturity|gut feeling)\b",
        r"\b(?:genuinely|sincerely|truly|deep down|really (?:wants|cares|means|understands))\b",
        r"^(?:cares about|is willing to|is open to|wants|believes|values|enjoys|respects|feels|assumes|trusts|dislikes|hopes|has no wish|takes credit)\b",
        r"\b(?:will (?:be able|succeed|perform|stay|fit|become)|has (?:the |great )?potential|would be (?:a good|an asset|a great))\b",
    ])
});

/// What a transcript does not hold.
static UNHEARD: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:eye contact|body language|smil(?:es|ing)|tone of voice|handshake|dress(?:es|ed)|well-groomed|posture|appearance|facial expressions?|arrives? on time|punctual)\b",
    )
});

/// What somebody says can be heard, whatever it is about.
static SAID: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"^(?:says|states|names|mentions|tells|claims|admits|describes|gives|asks|explains|quotes|cites)\b")
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns of this file are well formed; a test compiles each")
}

fn compiled(patterns: &[&str]) -> Vec<Regex> {
    patterns.iter().map(|pattern| regex(pattern)).collect()
}

pub(super) fn findings(rubric: &Rubric) -> Vec<Finding> {
    let mut found = Vec::new();
    for (q, question) in rubric.questions.iter().enumerate() {
        for (c, criterion) in question.criteria.iter().enumerate() {
            let faults = faults(&criterion.text);
            let finding =
                |(code, what, hint): (Code, String, &str)| Finding::new(code, Spot::Criterion(q, c), what, hint);
            found.extend(faults.into_iter().map(finding));
        }
    }
    found
}

/// What is the matter with one criterion: code, reason, hint.
fn faults(text: &str) -> Vec<(Code, String, &'static str)> {
    let words = text.trim_end_matches('.').to_lowercase().replace('\u{2019}', "'");
    let first =
        |patterns: &[Regex]| patterns.iter().find_map(|one| one.find(&words)).map(|hit| hit.as_str().trim().to_owned());
    let mut found = Vec::new();
    if let Some(hit) = first(&VAGUE) {
        let what =
            format!("\u{201c}{hit}\u{201d} is in the eye of the listener, so two people will decide it in two ways");
        found.push((
            Code::VagueCriterion,
            what,
            "name one fact or act that can be heard: `Says ...`, `Names ...`, `Describes ...`",
        ));
    }
    let unheard = UNHEARD.find(&words).map(|hit| hit.as_str().to_owned());
    let inner = if SAID.is_match(&words) { None } else { first(&UNDECIDABLE) };
    if let Some(hit) = unheard.or(inner) {
        let what = format!("\u{201c}{hit}\u{201d} cannot be decided from the words of an answer");
        found.push((
            Code::UndecidableCriterion,
            what,
            "say what a candidate of whom this is true would say or have done",
        ));
    }
    let named = NAMING.is_match(&words) && !ONE_THING.is_match(&words);
    if first(&DOUBLE).is_some() || named {
        let what = "it joins two facts, so an answer that has one of them can be neither met nor missed".to_owned();
        found.push((Code::DoubleCriterion, what, "make two criteria of it, each with its weight"));
    }
    if words.split_whitespace().count() > MOST_WORDS {
        let what = format!("it has more than {MOST_WORDS} words, too many to keep in mind while listening");
        found.push((Code::HardToRead, what, "say the one fact or act in a dozen words"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        faults(text).iter().map(|(code, _, _)| code.name()).collect()
    }

    #[test]
    fn words_without_a_measure_are_vague() {
        for text in [
            "Shows a good understanding of caching",
            "Good knowledge of SQL",
            "Understands transactions",
            "Is familiar with Docker",
            "Demonstrates strong communication skills",
            "Handles errors appropriately",
            "Follows best practices",
            "Has solid experience with queues",
            "Uses HTTP verbs, status codes, etc.",
        ] {
            assert!(codes(text).contains(&"vague-criterion"), "{text}: {:?}", codes(text));
        }
    }

    #[test]
    fn two_facts_in_one_criterion_are_double() {
        for text in [
            "Names a lock and explains when it is released",
            "Measures first, then gives a figure",
            "Explains what an index is and why it costs writes",
            "Mentions indexing and caching",
            "Says who was told; describes the fix",
            "Names both a lock and a queue",
            "Rolls back or writes a post-mortem",
            "Reads the plan and checks the indexes on it, and names the join",
        ] {
            assert!(codes(text).contains(&"double-criterion"), "{text}: {:?}", codes(text));
        }
    }

    #[test]
    fn what_no_answer_can_show_is_undecidable() {
        for text in [
            "Is passionate about technology",
            "Seems confident",
            "Makes eye contact",
            "Shows enthusiasm for the role",
            "Would be a good fit for the team",
            "Genuinely wants to learn",
            "Is willing to learn",
            "Has potential",
        ] {
            assert!(codes(text).contains(&"undecidable-criterion"), "{text}: {:?}", codes(text));
        }
    }

    #[test]
    fn one_fact_that_can_be_heard_is_left_alone() {
        for text in [
            "Names a framework",
            "Says a network split forces a choice between consistency and availability",
            "Names a standard such as HTTP or JSON",
            "Says the traffic between client and server is encrypted",
            "Would keep payments or orders in Redis alone",
            "Says they were nervous before the talk",
            "Describes a mistake of their own",
            "Says either every participant commits or none does",
            "Gives a figure for the time that was saved",
            "Says unit tests and integration tests find different faults",
        ] {
            assert_eq!(codes(text), Vec::<&str>::new(), "{text}");
        }
    }
}
