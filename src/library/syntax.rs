//! From text to TOML: says in plain words what is wrong with the syntax, and mends what would hide the rest of it.
//!
//! The parser recovers from most faults within a value. A line without `=`, a heading without its bracket and a list
//! without its end make it lose what follows, so such a line is mended and the text is parsed again. Mending never adds
//! or takes away a line: the lines of the mended text are those of the file.

use super::lines::Lines;
use super::table::shown;
use crate::domain::Fault;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;
use toml::de::DeTable;

/// How many faults of syntax are listed.
const MOST: usize = 50;

/// How many faults of content are listed; far above what a rubric that somebody wrote can have.
const MOST_OF_CONTENT: usize = 500;

/// How many bytes are parsed to find them, all rounds together; some dozens of rounds for a rubric of usual length.
const MOST_PARSED: usize = 10_000_000;

/// A text that the parser gets through, and what was wrong with it.
pub(super) struct Mended {
    pub(super) text: String,
    pub(super) faults: Vec<Fault>,
    /// Whether nothing that the author wrote was lost on the way.
    pub(super) complete: bool,
}

impl Mended {
    /// What could be understood.
    pub(super) fn tree(&self) -> Spanned<DeTable<'_>> {
        DeTable::parse_recoverable(&self.text).0
    }
}

/// Faults of syntax and faults of content in one list, without those that only follow from others on their line.
pub(super) fn together(syntax: Vec<Fault>, mut content: Vec<Fault>) -> Vec<Fault> {
    let taken: BTreeSet<usize> = syntax.iter().filter_map(|fault| fault.line).collect();
    content.retain(|fault| fault.line.is_none_or(|line| !taken.contains(&line)));
    cut(&mut content, MOST_OF_CONTENT, 0);
    syntax.into_iter().chain(content).collect()
}

/// What is wrong when a file is nothing like TOML; one message instead of one for every line.
pub(super) fn not_toml(text: &str) -> Option<Fault> {
    let hint = "a rubric is TOML: lines such as `title = \"...\"`, and `[[questions]]` above each question";
    if text.trim().is_empty() {
        return Some(Fault::whole("the file is empty", hint));
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next()?;
    let in_bracket = first.strip_prefix('[').map(str::trim_start);
    if first.starts_with('{') || in_bracket.is_some_and(|rest| rest.starts_with('{')) {
        return Some(Fault::whole("this is JSON, not TOML", hint));
    }
    let is_like_toml = |line: &str| line.contains(" = ") || line.starts_with("[[");
    if (first == "---" || is_yaml_key(first)) && !lines.any(is_like_toml) {
        return Some(Fault::whole("this is YAML, not TOML", hint));
    }
    None
}

fn is_yaml_key(line: &str) -> bool {
    line.split_once(':').is_some_and(|(key, rest)| is_bare_key(key) && (rest.is_empty() || rest.starts_with(' ')))
}

fn is_bare_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Parses `text`, mending it until the parser gets to its end.
pub(super) fn mend(text: &str) -> Mended {
    // The parser has words of its own for a carriage return where it did not expect the line to end.
    let mut text = text.replace("\r\n", "\n");
    let mut faults = Vec::new();
    let mut complete = true;
    let mut parsed = 0;
    let unlisted = loop {
        let source = Source { lines: Lines::of(&text), text: &text };
        let problems = source.problems();
        // However short the text, a hundred rounds are enough.
        parsed += text.len().max(MOST_PARSED / 100);
        let mending = if parsed < MOST_PARSED { source.mending(&problems) } else { Mending::default() };
        if mending.edits.is_empty() {
            complete &= problems.iter().all(Problem::loses_nothing);
            faults.extend(problems.iter().take(MOST).map(|problem| source.fault(problem)));
            break problems.len().saturating_sub(MOST);
        }
        complete &= mending.edits.values().all(|content| !content.is_empty());
        faults.extend(mending.faults);
        text = with_edits(&text, &mending.edits);
    };
    cut(&mut faults, MOST, unlisted);
    Mended { text, faults, complete }
}

fn with_edits(text: &str, edits: &BTreeMap<usize, String>) -> String {
    let line = |(n, old): (usize, &str)| match edits.get(&(n + 1)) {
        Some(new) => format!("{new}\n"),
        None => old.to_owned(),
    };
    text.split_inclusive('\n').enumerate().map(line).collect()
}

/// Sorts `faults` by line and keeps the first `most`; `unlisted` more are known of.
fn cut(faults: &mut Vec<Fault>, most: usize, unlisted: usize) {
    faults.sort_by_key(|fault| fault.line);
    let more = faults.len().saturating_sub(most) + unlisted;
    if more > 0 {
        let line = faults[most.min(faults.len() - 1)].line;
        faults.truncate(most);
        let hint = "mend the ones above first; the rest often follow from them".to_owned();
        faults.push(Fault { line, what: format!("and {more} more faults"), hint });
    }
}

/// A fault as the parser tells it.
struct Problem {
    span: Range<usize>,
    line: usize,
    message: String,
}

impl Problem {
    fn is(&self, start: &str) -> bool {
        self.message.starts_with(start)
    }

    /// Whether a text in three quotes runs to the end of the file.
    fn is_open_text(&self) -> bool {
        self.is("invalid multi-line") && self.span.is_empty()
    }

    /// Whether the parser kept every key that is written where this problem is.
    fn loses_nothing(&self) -> bool {
        const HARMLESS: [&str; 7] = [
            "string values must",
            "invalid boolean",
            "invalid basic string",
            "invalid literal string",
            "missing escaped",
            "missing comma between array",
            "duplicate key",
        ];
        HARMLESS.iter().any(|start| self.is(start))
    }
}

/// New content for some lines, and what was wrong with them.
#[derive(Default)]
struct Mending {
    edits: BTreeMap<usize, String>,
    faults: Vec<Fault>,
}

/// A text and its lines.
struct Source<'t> {
    text: &'t str,
    lines: Lines,
}

impl<'t> Source<'t> {
    fn line(&self, line: usize) -> &'t str {
        self.lines.get(self.text, line)
    }

    /// The parser's faults in the order of the text, each once.
    fn problems(&self) -> Vec<Problem> {
        let (_, errors) = DeTable::parse_recoverable(self.text);
        let problem = |error: &toml::de::Error| {
            let span = error.span().unwrap_or(0..0);
            Problem { line: self.lines.at(span.start), span, message: error.message().to_owned() }
        };
        let mut problems: Vec<Problem> = errors.iter().map(problem).collect();
        problems.sort_by_key(|problem| problem.span.start);
        problems.dedup_by(|a, b| a.line == b.line && a.message == b.message);
        if let Some(open) = problems.iter().find(|problem| problem.is_open_text()) {
            // What is wrong from the quotes on was meant as text, or follows from them.
            let opened = self.opening_line(open.span.start);
            problems.retain(|problem| problem.line < opened || problem.is_open_text());
        }
        problems
    }

    /// How to go on when the parser loses what follows. What comes after a list without an end is left for the next
    /// round, as most of it follows from that.
    fn mending(&self, problems: &[Problem]) -> Mending {
        let mut mending = Mending::default();
        // A list that cannot be ended is looked for once only: looking is linear in the text.
        let list = problems.iter().find_map(|problem| Some((problem, self.below_list(problem)?)));
        let reach = list.map_or(usize::MAX, |(problem, _)| problem.span.start);
        for problem in problems.iter().take_while(|problem| problem.span.start < reach) {
            let Some(content) = self.mended_line(problem) else { continue };
            if mending.edits.insert(problem.line, content).is_none() {
                mending.faults.push(self.fault(problem));
            }
        }
        if mending.edits.is_empty()
            && let Some((line, content, fault)) = list.and_then(|(_, below)| self.end_of_list(below))
        {
            mending.edits.insert(line, content);
            mending.faults.push(fault);
        }
        mending
    }

    /// What the problem's line is to be; `None` when that is not known, or changes nothing.
    fn mended_line(&self, problem: &Problem) -> Option<String> {
        let line = self.line(problem.line);
        let content = if problem.is("key with no value") {
            String::new()
        } else if problem.is("unclosed table") || problem.is("unclosed array table") {
            closed_heading(line)
        } else {
            return None;
        };
        (content != line).then_some(content)
    }

    /// The first line that cannot belong to a list which has no end, if that is the problem.
    fn below_list(&self, problem: &Problem) -> Option<usize> {
        let is_key = problem.is("unexpected `=` in array") && key_of(self.line(problem.line)).is_some();
        let is_end = problem.is("unclosed array,");
        (is_key || is_end).then(|| problem.line + usize::from(is_end))
    }

    /// Ends the list that runs on to `line`: the line of its last item, that line with a bracket, the fault.
    fn end_of_list(&self, line: usize) -> Option<(usize, String, Fault)> {
        let is_item = |line: &str| !(line.is_empty() || line.starts_with('[') && line.ends_with(']'));
        let last = (1..line).rev().find(|line| is_item(self.line(*line).trim()))?;
        let content = self.line(last).trim_end();
        if !content.ends_with([',', '"', '\'', '[']) {
            return None;
        }
        let key = |line: usize| key_of(self.line(line)).filter(|(_, rest)| rest.starts_with('['));
        let (first, key) = (1..=last).rev().find_map(|line| Some((line, key(line)?.0)))?;
        let hint = format!("put `]` after its last item, which looks to be on line {last}");
        Some((last, format!("{content}]"), Fault::at(first, format!("the list `{key}` is not closed"), hint)))
    }

    fn fault(&self, problem: &Problem) -> Fault {
        let (what, hint) = self.in_plain_words(problem);
        let line = if problem.is_open_text() { self.opening_line(problem.span.start) } else { problem.line };
        Fault::at(line, what, hint)
    }

    /// The line on which the text that runs to `end` was opened.
    fn opening_line(&self, end: usize) -> usize {
        let before = self.text.get(..end).unwrap_or(self.text);
        let opening = before.rfind("\"\"\"").max(before.rfind("'''"));
        self.lines.at(opening.unwrap_or(end))
    }

    /// What is wrong, and a hint.
    fn in_plain_words(&self, problem: &Problem) -> (String, String) {
        let line = shown(self.line(problem.line).trim());
        let found = shown(self.text.get(problem.span.clone()).unwrap_or_default());
        if problem.is("key with no value") && !line.is_empty() {
            let hint =
                if is_yaml_key(&line) { "write `=` instead of `:`" } else { "write `key = \"...\"`, or `#` before it" };
            (format!("there is no `=` in `{line}`"), hint.to_owned())
        } else if problem.is("string values must") && found.contains(['“', '”', '„', '‘', '’']) {
            (format!("`{found}` has curly quotes"), "write straight double quotes: \"...\"".to_owned())
        } else if (problem.is("string values must") || problem.is("invalid boolean")) && !found.is_empty() {
            (format!("`{found}` is not in quotes"), "write text in double quotes: \"...\"".to_owned())
        } else if problem.is("unclosed table") || problem.is("unclosed array table") {
            (format!("the heading `{line}` is not closed"), format!("write `{}`", closed_heading(&line)))
        } else if problem.is("duplicate key") {
            self.twice(problem, &line, &found)
        } else if problem.is("cannot extend") {
            (format!("`{found}` is already set to something else"), "give it its value in one place only".to_owned())
        } else {
            plain_words(problem)
        }
    }

    fn twice(&self, problem: &Problem, line: &str, key: &str) -> (String, String) {
        if line.starts_with('[') {
            let hint =
                "write `[scale]` once; begin each question, criterion, anchor and follow-up with double brackets";
            return (format!("`{key}` is already there, and `{line}` cannot add to it"), hint.to_owned());
        }
        let is_first = |line: &usize| key_of(self.line(*line)).is_some_and(|(name, _)| name == key);
        let hint = match (1..problem.line).rev().find(is_first) {
            Some(first) => format!("the first is on line {first}; keep one of them"),
            None => "keep one of them".to_owned(),
        };
        (format!("`{key}` is set twice"), hint)
    }
}

/// The parser's words, what they mean to an author, and what to do.
const PLAIN_WORDS: [(&str, &str, &str); 9] = [
    ("string values must", "there is no value after `=`", "give one, or delete the line"),
    ("missing escaped", "a backslash has no meaning here", "write `\\\\` for a backslash and `\\\"` for a quote"),
    ("missing comma between array", "there is no comma before this item of a list", "put a comma after each item"),
    ("unclosed array", "a list is not closed", "put `]` after its last item"),
    (
        "unexpected key or value",
        "something is left over after the value",
        "write one key on a line, `#` before a comment",
    ),
    (
        "invalid unquoted key",
        "a key holds a character that it may not",
        "keys are lower-case words with `_` between them",
    ),
    (
        "unquoted keys cannot be empty",
        "there is no key",
        "write a key before `=` and between the brackets of a heading",
    ),
    ("unexpected leading zero", "a number begins with 0", "write it without the zero, or in quotes if it is text"),
    ("cannot recurse", "lists or tables are nested too deeply", "a rubric has no list within a list"),
];

fn plain_words(problem: &Problem) -> (String, String) {
    let known = PLAIN_WORDS.iter().find(|(start, _, _)| problem.is(start));
    let (what, hint) = match known {
        Some((_, what, hint)) => (*what, *hint),
        None if problem.is_open_text() => {
            ("a text that opens with three quotes here is never closed", "end it with the same three quotes")
        }
        None if problem.message.contains(" string") && problem.span.is_empty() => {
            ("a text is not closed on its line", "end it with its quote, or use three double quotes for several lines")
        }
        None if problem.message.contains(" string") => {
            ("a text holds a character that cannot be seen", "delete it, or paste the text again as plain text")
        }
        None => {
            let hint = "compare with `key = \"text\"`, `number = 1.5` and `list = [\"a\", \"b\"]`";
            return (format!("this is not TOML: {}", problem.message), hint.to_owned());
        }
    };
    (what.to_owned(), hint.to_owned())
}

/// The key and what follows its `=`, for a line that sets one.
fn key_of(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = line.split_once('=')?;
    is_bare_key(key.trim()).then(|| (key.trim(), rest.trim_start()))
}

/// `[[questions]` and the like with the brackets that are missing.
fn closed_heading(line: &str) -> String {
    let line = line.trim();
    let name = line.trim_start_matches('[').split(['#', ']']).next().unwrap_or_default().trim();
    if line.starts_with("[[") { format!("[[{name}]]") } else { format!("[{name}]") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The faults of `text` as `line what`, and whether the rest of it was read.
    fn faults(text: &str) -> Vec<String> {
        let mended = mend(text);
        assert_eq!(mended.text.lines().count(), text.lines().count(), "mending moved lines");
        assert!(mended.tree().get_ref().contains_key("last"), "the rest was lost: {}", mended.text);
        mended.faults.iter().map(|fault| format!("{} {}", fault.line.unwrap_or(0), fault.what)).collect()
    }

    fn check<const N: usize>(text: &str, expected: [&str; N]) {
        assert_eq!(faults(&format!("{text}\nlast = 1\n")), expected, "{text}");
        assert_eq!(faults(&format!("{text}\nlast = 1\n").replace('\n', "\r\n")), expected, "with CRLF: {text}");
    }

    #[test]
    fn a_text_without_faults_stays_as_it_is() {
        let mended = mend("a = [\n  1,\n]\n\n[b]\nc = 'd'");
        assert_eq!(
            (mended.text.as_str(), mended.faults.len(), mended.complete),
            ("a = [\n  1,\n]\n\n[b]\nc = 'd'", 0, true)
        );
    }

    #[test]
    fn faults_of_syntax_are_told_in_plain_words_at_their_lines() {
        check("a = hello world", ["1 `hello world` is not in quotes"]);
        check("a = “hello”", ["1 `“hello”` has curly quotes"]);
        check("a = True", ["1 `True` is not in quotes"]);
        check("a =", ["1 there is no value after `=`"]);
        check("a = \"x", ["1 a text is not closed on its line"]);
        check("a = \"C:\\data\"", ["1 a backslash has no meaning here"]);
        check("a = \"\u{1}\"", ["1 a text holds a character that cannot be seen"]);
        check("a = [\n  'x'\n  'y'\n]", ["3 there is no comma before this item of a list"]);
        check("a = 'x',", ["1 something is left over after the value"]);
        check("a = 01", ["1 a number begins with 0"]);
        check("= 1", ["1 there is no key"]);
        check("\n\na = 1\nb = 2\na = 3", ["5 `a` is set twice"]);
        check("last = 1\n[s]\n[s]", ["3 `s` is already there, and `[s]` cannot add to it"]);
    }

    #[test]
    fn a_line_without_an_equals_sign_does_not_hide_the_rest() {
        check(
            "a: x\nb = y\nsome prose\n",
            ["1 there is no `=` in `a: x`", "2 `y` is not in quotes", "3 there is no `=` in `some prose`"],
        );
    }

    #[test]
    fn a_heading_without_its_bracket_does_not_hide_its_table() {
        let mended = mend("[[q]\na = 1\n[[q]] \nb = 2\n[s\nc = 3\n");
        let faults: Vec<&str> = mended.faults.iter().map(|fault| fault.what.as_str()).collect();
        assert_eq!(faults, ["the heading `[[q]` is not closed", "the heading `[s` is not closed"]);
        assert_eq!(mended.text, "[[q]]\na = 1\n[[q]] \nb = 2\n[s]\nc = 3\n");
        assert!(mended.complete);
    }

    #[test]
    fn a_list_without_its_end_is_told_once_where_it_begins() {
        check("\na = [\n  'x',\n  'y',\nb = 1\nc = 2", ["2 the list `a` is not closed"]);
        check("a = ['x'\nb = [\n  'y',\n\nc = 2", ["1 the list `a` is not closed", "2 the list `b` is not closed"]);
        assert_eq!(mend("last = [\n  'x'").faults[0].what, "the list `last` is not closed");
        let mended = mend("a = [\n  'x',\n\n[[q]]\nb = 1\n[[q]]\nb = 2\n");
        assert_eq!(mended.text, "a = [\n  'x',]\n\n[[q]]\nb = 1\n[[q]]\nb = 2\n");
    }

    #[test]
    fn a_text_in_three_quotes_without_an_end_is_told_where_it_begins() {
        let mended = mend("a = 1\nb = \"\"\"\nmuch\ntext\n");
        assert_eq!(mended.faults.len(), 1);
        assert_eq!(mended.faults[0].line, Some(2));
        assert!(!mended.complete);
    }

    #[test]
    fn quotes_without_an_end_at_any_place_are_one_fault() {
        for text in ["a = 'x'\n.\"\"\"\nb = 1\n", "a = '''\nx\n\n[[q]\nb: c\n"] {
            let mended = mend(text);
            assert_eq!(mended.faults.len(), 1, "{:?}", mended.faults);
            assert!(mended.faults.iter().any(|fault| fault.what.contains("is never closed")), "{:?}", mended.faults);
            assert!(!mended.complete);
        }
    }

    #[test]
    fn control_characters_of_the_file_do_not_get_into_messages() {
        assert_eq!(mend("\u{1b}[2J\u{7}").faults[0].what, "there is no `=` in `\u{fffd}[2J\u{fffd}`");
    }

    #[test]
    fn prose_is_refused_with_fifty_faults_and_the_number_of_the_rest() {
        let mended = mend(&"It goes on and on.\n".repeat(1_000));
        assert_eq!(mended.faults.len(), MOST + 1);
        assert_eq!(mended.faults[MOST].what, "and 950 more faults");
        assert_eq!(mended.faults[MOST].line, Some(51));
    }
}
