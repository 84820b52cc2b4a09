//! Cuts what a guide says to listen for into single criteria: one fact or act each, in the guide's own words.

use crate::domain::sentences;

/// A single thing to listen for, or to be warned of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut {
    pub text: String,
    pub warns: bool,
}

/// What a sentence begins with that warns.
const WARNINGS: [&str; 16] = [
    "avoid candidates who ",
    "avoid candidates that ",
    "avoid applicants who ",
    "avoid answers that ",
    "avoid those who ",
    "be wary of ",
    "beware of ",
    "be cautious of ",
    "watch out for ",
    "red flags include ",
    "red flag: ",
    "red flags: ",
    "weak answers ",
    "poor answers ",
    "weak candidates ",
    "a weak answer ",
];

/// What a sentence begins with that says no more than "listen for this".
const LEADS: [&str; 34] = [
    "look out for ",
    "look for candidates who ",
    "look for candidates that ",
    "look for answers that ",
    "look for responses that ",
    "look for someone who ",
    "look for ",
    "listen out for ",
    "listen for ",
    "you should listen for ",
    "you want to hear ",
    "you should expect ",
    "expect to hear ",
    "expect ",
    "watch for ",
    "check for ",
    "check that they ",
    "check whether they ",
    "check if they ",
    "pay attention to ",
    "ideally, they ",
    "ideally, ",
    "ideally they ",
    "bonus if they ",
    "bonus points for ",
    "bonus points if they ",
    "bonus for ",
    "it is a plus if they ",
    "a plus if they ",
    "note whether they ",
    "notice whether they ",
    "see whether they ",
    "see if they ",
    "notice how they ",
];

/// Who a sentence speaks of.
const PEOPLE: [&str; 17] = [
    "answers",
    "answer",
    "responses",
    "response",
    "candidates",
    "candidate",
    "applicants",
    "applicant",
    "interviewees",
    "interviewee",
    "they",
    "developers",
    "engineers",
    "someone",
    "professionals",
    "people",
    "person",
];

/// What may stand before them.
const BEFORE_PEOPLE: [&str; 31] = [
    "a",
    "an",
    "the",
    "your",
    "best",
    "strong",
    "good",
    "great",
    "ideal",
    "top",
    "excellent",
    "skilled",
    "knowledgeable",
    "experienced",
    "qualified",
    "better",
    "stronger",
    "high-quality",
    "can",
    "do",
    "are",
    "should",
    "is",
    "would",
    "does",
    "any",
    "suitable",
    "successful",
    "backend",
    "back-end",
    "strongest",
];

/// What may stand between them and what they do.
const MODALS: [&str; 22] = [
    "should",
    "will",
    "may",
    "might",
    "must",
    "can",
    "could",
    "would",
    "also",
    "often",
    "typically",
    "usually",
    "then",
    "be",
    "able",
    "to",
    "likely",
    "ought",
    "need",
    "needs",
    "who",
    "that",
];

/// What opens a fact: the fact itself is the criterion.
const KNOWING: [&str; 16] = [
    "know that ",
    "knows that ",
    "aware that ",
    "aware of the fact that ",
    "understand that ",
    "understands that ",
    "explain that ",
    "say that ",
    "state that ",
    "be aware that ",
    "be able to explain that ",
    "mention that ",
    "note that ",
    "also aware that ",
    "explain how ",
    "aware of ",
];

/// Verbs that many things in a list may follow, and how a criterion says them.
const SAYING: [(&str, &str); 34] = [
    ("references to", "Mentions"),
    ("mentions of", "Mentions"),
    ("mention of", "Mentions"),
    ("mention", "Mentions"),
    ("mentions", "Mentions"),
    ("reference", "Mentions"),
    ("references", "Mentions"),
    ("refer to", "Mentions"),
    ("include", "Includes"),
    ("includes", "Includes"),
    ("cover", "Covers"),
    ("covers", "Covers"),
    ("discuss", "Discusses"),
    ("discusses", "Discusses"),
    ("describe", "Describes"),
    ("describes", "Describes"),
    ("show", "Shows"),
    ("shows", "Shows"),
    ("demonstrate", "Demonstrates"),
    ("demonstrates", "Demonstrates"),
    ("highlight", "Highlights"),
    ("highlights", "Highlights"),
    ("explain", "Explains"),
    ("explains", "Explains"),
    ("name", "Names"),
    ("names", "Names"),
    ("list", "Lists"),
    ("lists", "Lists"),
    ("care about", "Cares about"),
    ("reflect", "Reflects"),
    ("explanations of", "Explains"),
    ("explanation of", "Explains"),
    ("provide", "Gives"),
    ("give", "Gives"),
];

/// The criteria in a passage. A list item is one, unless it has several sentences.
pub(super) fn cut(text: &str, item: bool) -> Vec<Cut> {
    let spans = sentences(text);
    let parts: Vec<&str> = spans.iter().filter_map(|span| span.of(text)).collect();
    let mut out = Vec::new();
    for part in parts {
        let bare = part.trim().trim_end_matches(['.', '?', '!', ':', ';', ',', ' ']);
        out.extend(if item { vec![of_item(bare)] } else { of_sentence(bare) });
    }
    out.retain(|cut| cut.text.contains(char::is_alphabetic));
    out
}

fn of_item(text: &str) -> Cut {
    let (text, warns) = warning(text);
    let text = LEADS.iter().find_map(|lead| after(text, lead)).unwrap_or(text);
    Cut { text: capital(text), warns }
}

fn of_sentence(text: &str) -> Vec<Cut> {
    let (text, warns) = warning(text);
    let (rest, led) = without_lead(after_clause(text));
    if let Some(fact) = KNOWING.iter().find_map(|lead| after(rest, lead)) {
        return vec![Cut { text: capital(fact), warns }];
    }
    let saying =
        SAYING.iter().find_map(|(verb, says)| Some((after(rest, &format!("{verb} "))?, *says))).filter(|_| led);
    let (list, says) = saying.map_or((rest, None), |(list, says)| (list, Some(says)));
    let items = items(list);
    let is_list = led || says.is_some() || items.iter().all(|item| item.split_whitespace().count() <= 6);
    if !is_list || items.len() < 2 {
        return vec![Cut { text: said(says, rest_or(list, rest, says)), warns }];
    }
    items.into_iter().map(|item| Cut { text: said(says, item), warns }).collect()
}

fn rest_or<'t>(list: &'t str, rest: &'t str, says: Option<&str>) -> &'t str {
    if says.is_some() { list } else { rest }
}

/// An item of a list, with the verb before the list where there was one.
fn said(says: Option<&str>, item: &str) -> String {
    let own = SAYING
        .iter()
        .filter(|(verb, _)| !verb.ends_with('s') || verb.contains(' '))
        .find_map(|(verb, says)| Some((after(item, &format!("{verb} "))?, *says)));
    match (own, says) {
        (Some((rest, says)), _) => format!("{says} {rest}"),
        (None, Some(says)) => format!("{says} {item}"),
        (None, None) => capital(item),
    }
}

fn warning(text: &str) -> (&str, bool) {
    WARNINGS.iter().find_map(|lead| after(text, lead)).map_or((text, false), |rest| (rest, true))
}

/// A sentence without the words that only say to listen, and whether it had such words.
fn without_lead(text: &str) -> (&str, bool) {
    if let Some(rest) = LEADS.iter().find_map(|lead| after(text, lead)) {
        return (without_lead(rest).0, true);
    }
    let mut words = Words { rest: text };
    let mut count = 0;
    while let Some(word) = words.peek() {
        let lower = word.trim_end_matches(',').to_lowercase();
        if PEOPLE.contains(&lower.as_str()) {
            words.next();
            while words.peek().is_some_and(|word| MODALS.contains(&word.to_lowercase().as_str())) {
                words.next();
            }
            return if words.rest.is_empty() { (text, false) } else { (words.rest, true) };
        }
        if count > 4 || !BEFORE_PEOPLE.contains(&lower.as_str()) {
            return (text, false);
        }
        words.next();
        count += 1;
    }
    (text, false)
}

/// "In addition, they may mention ...": what stands before may go.
fn after_clause(text: &str) -> &str {
    let lead = ["for instance, they ", "for example, they ", "in addition, they ", "also, they "];
    lead.iter().find_map(|lead| after(text, lead).map(|rest| &text[text.len() - rest.len() - 5..])).unwrap_or(text)
}

struct Words<'t> {
    rest: &'t str,
}

impl<'t> Words<'t> {
    fn peek(&self) -> Option<&'t str> {
        self.rest.split_whitespace().next()
    }

    fn next(&mut self) {
        let rest = self.rest.trim_start();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.rest = rest[end..].trim_start();
    }
}

/// What follows `lead` at the beginning of `text`, whatever its case.
fn after<'t>(text: &'t str, lead: &str) -> Option<&'t str> {
    let start = text.get(..lead.len())?;
    start.eq_ignore_ascii_case(lead).then(|| text[lead.len()..].trim_start())
}

/// The items of an enumeration: what commas, semicolons and a last "and" keep apart outside brackets and quotation
/// marks. Examples after "like" or "such as" stay with what they are examples of.
fn items(text: &str) -> Vec<&str> {
    let strong = if text.contains("; ") { ';' } else { ',' };
    let mut cuts = vec![0];
    let mut depth = 0_i32;
    let mut examples = false;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '“' => depth += 1,
            ')' | ']' | '”' => depth -= 1,
            '—' if depth == 0 && text[at..].contains(", ") => cuts.push(at + c.len_utf8()),
            ' ' if depth == 0 => {
                let rest = &text[at + 1..];
                examples |= EXAMPLES.iter().any(|word| rest.starts_with(word));
            }
            c if c == strong && depth == 0 && !examples && ends_item(&text[at + 1..]) => cuts.push(at + 1),
            _ => {}
        }
    }
    cuts.push(text.len());
    let pieces: Vec<&str> = cuts
        .windows(2)
        .map(|pair| text[pair[0]..pair[1]].trim().trim_end_matches([',', ';', '—']).trim())
        .filter(|piece| !piece.is_empty())
        .collect();
    if !is_enumeration(text, &pieces) {
        return vec![text];
    }
    let joint = |piece| {
        ["and ", "or ", "as well as ", "plus ", "and/or "].iter().find_map(|word| after(piece, word)).unwrap_or(piece)
    };
    with_last(pieces.into_iter().map(joint).collect())
}

/// Words before examples.
const EXAMPLES: [&str; 5] = ["like ", "such as ", "e.g. ", "including ", "for example "];

/// Whether a comma with this after it ends an item, and not what examples are given of.
fn ends_item(rest: &str) -> bool {
    rest.strip_prefix(' ').is_some_and(|rest| !EXAMPLES.iter().any(|word| rest.starts_with(word)))
}

/// Commas also set clauses apart; a list has "and" or "or" before its last item, or short items only.
fn is_enumeration(text: &str, items: &[&str]) -> bool {
    let joined = [", and ", ", or ", ", as well as ", "; and ", ", plus "].iter().any(|word| text.contains(word));
    let last_joined = items.last().is_some_and(|last| last.contains(" and ") || last.contains(" or "));
    let clause = [
        "which",
        "who",
        "where",
        "but",
        "so",
        "because",
        "since",
        "while",
        "whereas",
        "however",
        "if",
        "when",
        "they",
        "it",
        "not",
        "for instance",
        "rather",
    ];
    let no_clause = items[1.min(items.len())..]
        .iter()
        .all(|item| !clause.iter().any(|word| after(item, &format!("{word} ")).is_some()));
    items.len() >= 2
        && no_clause
        && (joined
            || last_joined
            || text.contains("; ")
            || items.len() > 2 && items.iter().all(|item| item.split_whitespace().count() <= 5))
}

/// "a, b and c": the last piece still holds two, if both are short.
fn with_last(mut items: Vec<&str>) -> Vec<&str> {
    let Some(last) = items.last().copied() else { return items };
    let halves = last.split_once(" and ");
    let short = |half: &str| (1..=3).contains(&half.split_whitespace().count());
    if let Some((one, two)) = halves
        && items.len() >= 2
        && short(one)
        && short(two)
        && !last.contains(" of ")
        && one.split_whitespace().count() + 1 >= two.split_whitespace().count()
        && items[0].split_whitespace().count() <= 4
    {
        items.pop();
        items.extend([one, two]);
    }
    items
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let texts: Vec<_> = cut(text, false).into_iter().map(|cut| cut.text).collect();
        assert_eq!(texts, expected, "{text}");
    }

    #[test]
    fn an_enumeration_is_cut_and_keeps_its_verb() {
        check(
            "Expect references to naming, status codes, and separation of routes and rules.",
            &["Mentions naming", "Mentions status codes", "Mentions separation of routes and rules"],
        );
        check(
            "Strong candidates use pictures or comparisons, name risks without jargon, and adjust to their listeners.",
            &["Use pictures or comparisons", "Names risks without jargon", "Adjust to their listeners"],
        );
        check("Clear goals; honest limits; figures", &["Clear goals", "Honest limits", "Figures"]);
    }

    #[test]
    fn examples_stay_with_what_they_are_examples_of() {
        check("Look for use of tools like Vim, Make, or Git.", &["Use of tools like Vim, Make, or Git"]);
        check("Look for databases (one, two) and tests.", &["Databases (one, two) and tests"]);
    }

    #[test]
    fn a_fact_to_be_known_is_the_criterion() {
        check("Applicants should know that a cache may be stale.", &["A cache may be stale"]);
        check(
            "Can your applicants explain that order matters, whereas size does not?",
            &["Order matters, whereas size does not"],
        );
    }

    #[test]
    fn a_warning_is_a_red_flag() {
        let cuts = cut("Look for a plan. Avoid candidates who rush.", false);
        assert_eq!(
            cuts.iter().map(|cut| (cut.text.as_str(), cut.warns)).collect::<Vec<_>>(),
            [("A plan", false), ("Rush", true)]
        );
    }

    #[test]
    fn a_list_item_is_one_criterion() {
        let texts: Vec<_> = cut("Names cost, time, and risk", true).into_iter().map(|cut| cut.text).collect();
        assert_eq!(texts, ["Names cost, time, and risk"]);
    }
}
