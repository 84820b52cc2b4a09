//! The labels of a guide: the words that say what the text beside or below them is.

/// What a label announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Question,
    AlsoAsked,
    Assesses,
    ListenFor,
    RedFlags,
    Answer,
    /// `A:`, which may hold advice as well as an answer.
    BareAnswer,
    Levels,
    FollowUps,
    Competency,
    Kind,
    Tip,
    Remark,
}

/// Longest label, in words.
const LONGEST: usize = 8;

/// The words of labels. `..` stands for any words, also none; a `*` at the end of a word for any ending. The first that
/// fits counts, so what is more particular stands first.
const PATTERNS: [(Field, &str); 14] = [
    (
        Field::FollowUps,
        ".. follow up ..|.. follow ups ..|.. followup*|.. followup* questions|prob* \
         questions|probes|probing|prompts|dig deeper ..|go deeper|additional questions|sub questions|then \
         ask|further questions|ask next|ask also|drill down ..",
    ),
    (
        Field::AlsoAsked,
        "also asked ..|other ways .. ask ..|other wording*|alternative wording*|alternative \
         phrasing*|variation*|variants|similar questions|or ask|rephrased|alternatively ask",
    ),
    (
        Field::RedFlags,
        ".. red flag*|red flag* ..|.. warning sign*|warning*|what to avoid|things to avoid|avoid|weak answer* \
         ..|poor answer* ..|bad answer* ..|weak response* ..|poor response* ..|bad sign*|bad response* \
         ..|concern*|be wary of|beware of|negative sign*|negative indicator*|negative signal*|weak sign*|sign* of a weak ..|sign* of \
         a poor ..|sign* of a bad ..|watch out for|deal breaker*|dealbreaker*|danger sign*|what a weak ..|what a poor ..|what a bad ..|what poor ..|what weak ..|what bad ..|cause for \
         concern|not so good",
    ),
    (
        Field::Answer,
        ".. answer sounds like|.. response sounds like|expected answer*|expected response*|answer* to \
         expect|what you might hear|what a good answer sounds like|in the candidate s words",
    ),
    (
        Field::ListenFor,
        ".. listen for ..|look fors|lookfors|.. listening for ..|.. look for ..|.. looking for ..|look out for ..|watch for|listen \
         out for|.. green flag*|good sign*|positive sign*|strong sign*|positive indicator*|sign* of ..|mark* of ..|hallmark* of ..|key \
         indicator*|indicator* of ..|indicators|key point*|main point*|talking point*|point* to cover|expected \
         point*|criteria|.. criteria|criterion|.. should mention|.. should cover|.. should include|.. should \
         contain|.. should say|.. should show|.. must mention|.. must include|.. answer* include*|.. response* \
         include*|.. answer* mention*|.. answer* cover*|.. answer* show*|what .. answer .. like|what .. answer* \
         ..|what .. response* ..|what .. good looks like|what great looks like|what good sounds like|what to \
         hear|expect|what to expect|expect* to hear|hear ..|signals|positive signal*|strong \
         signal*|evidence|evidence of|evidence to ..|pay attention to|strong candidate*|good candidate*|great \
         candidate*|top candidate*|notice|must have*|checklist|mark scheme|marking points|assessment points|what \
         we want to hear|what you want to hear|want to hear|ideally|what .. want .. see|what .. want .. \
         hear|what .. should hear",
    ),
    (
        Field::Tip,
        "tip|tips|.. pro tip*|.. tip*|tip* ..|advice|note|notes|hint|remember|interviewer note*|note* to \
         interviewer|note* for ..|keep in mind|caution",
    ),
    (Field::Remark, "how to answer ..|how .. answer it|comment*|explanation|context|discussion|remarks|guidance"),
    (
        Field::Assesses,
        "what .. assess*|what .. evaluat*|what .. test* ..|what .. measur*|what .. reveal*|what .. show*|what .. \
         tell* ..|what .. learn ..|what .. find out ..|what it s for|what it is for|what this is for|why .. ask \
         ..|why .. ask*|why .. matter*|why .. question ..|why .. work*|why .. important|why it s asked|why \
         this|why|purpose ..|.. purpose|rationale ..|intent ..|intention ..|goal ..|aim ..|objective ..|reason* \
         for ..|reason* behind ..|reason|assesses ..|assessment|assessing|evaluates ..|measures|tests for|skill* \
         assess*|skill* test*|skill* evaluat*|skill* measured|skills|trait* ..|.. being assess*|.. being \
         test*|.. being evaluat*|.. assessed|.. tested|.. evaluated|the point ..|background|focus|probes \
         for|competenc* assessed|shows|reveals|the idea behind it",
    ),
    (
        Field::Answer,
        "sample|example|for example|e g|eg|example answer* ..|sample answer* ..|ideal answer* ..|.. ideal \
         answer*|.. sample answer*|.. example answer*|.. model answer*|.. good answer*|.. great answer*|.. \
         strong answer*|.. excellent answer*|.. perfect answer*|.. possible answer*|.. suggested answer*|.. best \
         answer*|.. right answer|.. correct answer|.. standout answer*|.. ideal response*|.. sample response*|.. \
         example response*|.. model response*|.. good response*|.. great response*|.. strong response*|.. \
         excellent response*|.. perfect response*|.. possible response*|.. suggested response*|.. best \
         response*|.. sample reply|.. example of .. answer|.. say something like ..|candidate* might \
         say|candidate* may say|candidate* could say|you might say|you could say|a candidate might say|answer* \
         example*|response* example*|answer sample|short answer|here s an example ..|here is an example ..|in \
         practice|.. answer|.. response|.. answers",
    ),
    (Field::BareAnswer, "a|answer|answers|response|responses|reply|ans"),
    (Field::Competency, "competency|competencies|topic|area|skill area|category|dimension|theme"),
    (Field::Kind, "kind|type|question type|type of question"),
    (
        Field::Levels,
        "scoring ..|scoring|rating*|rating scale|levels|score guide|anchors|scale|.. scoring guide|how to score \
         ..|.. rating guide",
    ),
    (
        Field::Question,
        "q|question|questions|interview question|sample question|ask|ask this|the question|prompt|main \
         question|primary question|opening question|lead question|what to ask",
    ),
];

const PARTS: [(&str, &[&str]); 4] = [
    ("situation", &["situation", "s", "s situation", "context"]),
    ("task", &["task", "t", "t task", "tasks"]),
    ("action", &["action", "a action", "actions"]),
    ("result", &["result", "r", "r result", "results", "outcome"]),
];

/// The label that a text begins with or is, and what follows it. `strong` is how many bytes at its beginning stand out;
/// `alone` says that the whole of it stands out or comes again and again, so that it may be a label without a colon.
pub(super) fn of(text: &str, strong: usize, alone: bool) -> Option<(Field, &str)> {
    if let Some((head, rest)) = head(text, strong) {
        return Some((field(head)?, rest));
    }
    let may_be = alone && !text.ends_with(['.', '!']) && !(text.ends_with('?') && asks_of_candidate(text));
    may_be.then(|| field(text)).flatten().map(|field| (field, ""))
}

/// Whether a text with a question mark asks something of its own, not something about the question above it.
fn asks_of_candidate(text: &str) -> bool {
    let words = words(text);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    !has(&["this", "it", "question", "ask", "listen", "look", "answer", "asked"])
        || has(&["you", "your"]) && !has(&["this", "question", "ask"])
}

/// The words before a colon, or those that stand out at the beginning, and the rest.
fn head(text: &str, strong: usize) -> Option<(&str, &str)> {
    let colon = text.find(": ").or_else(|| text.strip_suffix(':').map(str::len));
    if let Some(at) = colon.filter(|at| text[..*at].split_whitespace().count() <= LONGEST) {
        return Some((&text[..at], text[at + 1..].trim_start()));
    }
    let bold = text.get(..strong).filter(|bold| !bold.is_empty() && bold.len() + 1 < text.len())?;
    let rest = text[strong..].trim_start().trim_start_matches(['–', '—', '-', ':']).trim_start();
    (bold.split_whitespace().count() <= LONGEST).then_some((bold, rest))
}

/// What these words announce, if they are a label.
pub(super) fn field(head: &str) -> Option<Field> {
    let words = words(head);
    if words.is_empty() || words.len() > LONGEST {
        return None;
    }
    let is = |patterns: &str| patterns.split('|').any(|pattern| fits(pattern, &words));
    PATTERNS.iter().find(|(_, patterns)| is(patterns)).map(|(field, _)| *field)
}

/// The part of a STAR question that a text names before a colon or a dash, and what follows it. `last` is the part that
/// was asked for before it: an `A` after the task is the action, and elsewhere an answer.
pub(super) fn part<'t>(text: &'t str, strong: usize, last: Option<&str>) -> Option<(&'static str, &'t str)> {
    let dash =
        || [" – ", " — ", " - "].iter().filter_map(|dash| text.split_once(dash)).min_by_key(|(head, _)| head.len());
    let (head, rest) = head(text, strong).or_else(dash)?;
    let words = words(head);
    if last == Some("task") && words == ["a"] {
        return Some(("action", rest));
    }
    PARTS.iter().find(|(_, names)| names.iter().any(|name| fits(name, &words))).map(|(part, _)| (*part, rest))
}

/// Lower-case words without punctuation and without a number or an article around them.
fn words(head: &str) -> Vec<String> {
    let lower = head.to_lowercase().replace('&', " and ");
    let mut words: Vec<String> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    if words.len() > 1 {
        words.retain(|word| !word.bytes().all(|byte| byte.is_ascii_digit()));
        if words.first().is_some_and(|word| matches!(word.as_str(), "the" | "our" | "your" | "an" | "some")) {
            words.remove(0);
        }
    }
    if let [word] = words.as_mut_slice()
        && let Some(letter) =
            word.strip_suffix(|c: char| c.is_ascii_digit()).filter(|rest| *rest == "q" || *rest == "a")
    {
        *word = letter.to_owned();
    }
    words
}

fn fits(pattern: &str, words: &[String]) -> bool {
    let pattern: Vec<&str> = pattern.split(' ').collect();
    fits_from(&pattern, words)
}

fn fits_from(pattern: &[&str], words: &[String]) -> bool {
    match pattern {
        [] => words.is_empty(),
        ["..", rest @ ..] => (0..=words.len()).any(|skipped| fits_from(rest, &words[skipped..])),
        [first, rest @ ..] => {
            words.split_first().is_some_and(|(word, left)| same(first, word) && fits_from(rest, left))
        }
    }
}

fn same(pattern: &str, word: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == word, |stem| word.starts_with(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_known_by_their_words_whatever_their_wording() {
        for (label, expected) in [
            ("What it Assesses:", Field::Assesses),
            ("What this shows", Field::Assesses),
            ("Why ask it", Field::Assesses),
            ("Why we ask this question", Field::Assesses),
            ("Purpose", Field::Assesses),
            ("What to Listen For:", Field::ListenFor),
            ("Look for", Field::ListenFor),
            ("What a good answer includes", Field::ListenFor),
            ("Key points", Field::ListenFor),
            ("What good looks like", Field::ListenFor),
            ("Sample Ideal Answer:", Field::Answer),
            ("Good answer", Field::Answer),
            ("Sample response", Field::Answer),
            ("For example:", Field::Answer),
            ("Follow-up questions:", Field::FollowUps),
            ("Red flags", Field::RedFlags),
            ("Weak answer", Field::RedFlags),
            ("Tip", Field::Tip),
            ("Pro tip", Field::Tip),
            ("A", Field::BareAnswer),
            ("Q3", Field::Question),
        ] {
            assert_eq!(field(label), Some(expected), "{label}");
        }
        for none in
            ["Testing", "Databases", "Explain what SSL is", "State the problem", "Mentions tests", "Assessing risk"]
        {
            assert_eq!(field(none), None, "{none}");
        }
    }

    #[test]
    fn a_label_ends_at_its_colon_or_with_its_bold_words() {
        assert_eq!(of("Tip: be kind", 0, false), Some((Field::Tip, "be kind")));
        assert_eq!(of("Look for a plan", 8, false), Some((Field::ListenFor, "a plan")));
        assert_eq!(of("Look for a plan", 0, false), None);
        assert_eq!(of("Look for", 0, true), Some((Field::ListenFor, "")));
        assert_eq!(of("They met at 10:30 and left", 0, false), None);
    }
}
