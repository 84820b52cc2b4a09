//! A cursor over one table of a TOML file: each method reads a key and reports what is wrong with it at its line.
//!
//! Where a value cannot be read, its type's default stands in for it, so that the walk goes on and finds the rest. That
//! is safe because the fault that goes with it keeps the rubric from being made.

use super::lines::Lines;
use crate::domain::Fault;
use std::cell::RefCell;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Longest text, in characters; a page has about half as many.
const MAX_TEXT: usize = 4_000;
const MAX_ID: usize = 64;
/// Most items of a list, and most tables under one heading; an interview has some dozens of questions.
const MAX_ITEMS: usize = 1_000;
/// Far above any sensible weight; keeps every sum of weights finite.
const MAX_WEIGHT: f64 = 1_000_000.0;

/// What the walk over a file has found so far.
pub(super) struct Report {
    lines: Lines,
    /// Whether the whole text was understood. Of a text with holes nobody can say what is missing.
    complete: bool,
    faults: RefCell<Vec<Fault>>,
}

impl Report {
    pub(super) fn new(text: &str, complete: bool) -> Self {
        Self { lines: Lines::of(text), complete, faults: RefCell::default() }
    }

    /// The cursor over the whole file.
    pub(super) fn root<'t>(&'t self, table: &'t DeTable<'t>) -> Table<'t> {
        Table { heading: "the rubric", line: None, entries: table, report: self }
    }

    /// What is wrong.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults.into_inner()
    }

    fn line<T>(&self, spanned: &Spanned<T>) -> usize {
        self.lines.at(spanned.span().start)
    }
}

/// One table of the file.
#[derive(Clone, Copy)]
pub(super) struct Table<'t> {
    /// The table's heading as it is written in files.
    heading: &'static str,
    /// The heading's line; the file as a whole has none.
    line: Option<usize>,
    entries: &'t DeTable<'t>,
    report: &'t Report,
}

impl<'t> Table<'t> {
    /// Where the table begins.
    pub(super) fn line(&self) -> usize {
        self.line.unwrap_or(1)
    }

    /// The line of `key`, or of the table that lacks it.
    pub(super) fn line_of(&self, key: &str) -> usize {
        self.value(key).map_or(self.line(), |(_, line)| line)
    }

    /// The line of each item of the list under `key`; none where there is no list.
    pub(super) fn lines_of_items(&self, key: &str) -> Vec<usize> {
        let items = self.value(key).and_then(|(value, _)| value.as_array());
        items.into_iter().flat_map(|items| items.iter()).map(|item| self.report.line(item)).collect()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Whether `key` is not there or is an empty list.
    pub(super) fn lacks(&self, key: &str) -> bool {
        self.entries.get(key).is_none_or(|value| value.get_ref().as_array().is_some_and(|items| items.is_empty()))
    }

    pub(super) fn fault(&self, line: usize, what: impl Into<String>, hint: impl Into<String>) {
        self.report.faults.borrow_mut().push(Fault::at(line, what, hint));
    }

    /// Something that should be in the file and is not found in it; `line` is where it was looked for.
    pub(super) fn absence(&self, line: Option<usize>, what: String, hint: String) {
        if self.report.complete {
            self.report.faults.borrow_mut().push(Fault { line, what, hint });
        }
    }

    /// Reports every key that is not among `known`.
    pub(super) fn only(&self, known: &[&str]) {
        for key in self.entries.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let hint = one_of(name, known, "the keys here are");
                self.fault(self.report.line(key), format!("{} has no key `{}`", self.heading, shown(name)), hint);
            }
        }
    }

    /// A text that must be there.
    pub(super) fn required_text(&self, key: &str) -> String {
        if !self.has(key) {
            self.missing(key, format!("add `{key} = \"...\"`"));
        }
        self.optional_text(key).unwrap_or_default()
    }

    /// A text with its white space folded; `None` when it is left out, and when it is wrong in its type.
    pub(super) fn optional_text(&self, key: &str) -> Option<String> {
        let (value, line) = self.value(key)?;
        self.text(&format!("`{key}`"), value, line, || match value {
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
                format!("put the value of `{key}` in double quotes")
            }
            _ => format!("write `{key} = \"...\"`"),
        })
    }

    /// A list of texts; empty when it is left out.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let Some((value, line)) = self.value(key) else { return Vec::new() };
        let hint = || format!("write `{key} = [\"...\", \"...\"]`");
        let Some(items) = value.as_array() else {
            self.wrong_type(line, &format!("`{key}`"), "a list of strings", value, hint());
            return Vec::new();
        };
        if self.has_too_many(key, items.len(), line) {
            return Vec::new();
        }
        // What is no text leaves an empty one behind: how many there are stays right.
        let text = |(n, item): (usize, &Spanned<DeValue<'_>>)| {
            let name = format!("item {} of `{key}`", n + 1);
            self.text(&name, item.get_ref(), self.report.line(item), hint).unwrap_or_default()
        };
        items.iter().enumerate().map(text).collect()
    }

    /// An id that must be there. One of the wrong form is given back too, as others may refer to it.
    pub(super) fn required_id(&self, key: &str) -> String {
        let id = self.required_text(key);
        if !id.is_empty() && !is_id(&id) {
            let what = format!("`{}` is not an id", shown(&id));
            let hint = format!("use lower-case letters, digits and hyphens, {MAX_ID} at most, such as `api-design`");
            self.fault(self.line_of(key), what, hint);
        }
        id
    }

    /// One of a closed set of names; `None` when it is left out or none of them.
    pub(super) fn choice(&self, key: &str, names: &[&str]) -> Option<String> {
        let name = self.optional_text(key).filter(|name| !name.is_empty())?;
        if names.contains(&name.as_str()) {
            return Some(name);
        }
        let hint = one_of(&name, names, "it is one of");
        self.fault(self.line_of(key), format!("`{}` is no `{key}`", shown(&name)), hint);
        None
    }

    /// A weight; 1 when it is left out.
    pub(super) fn weight(&self) -> f64 {
        let Some((value, line)) = self.value("weight") else { return 1.0 };
        let number = match value {
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).map_or(f64::INFINITY, |n| n as f64)
            }
            DeValue::Float(number) => number.as_str().parse().unwrap_or(f64::NAN),
            _ => {
                self.wrong_type(line, "`weight`", "a number", value, "write it without quotes: `weight = 1.0`".into());
                return 1.0;
            }
        };
        if !(0.0..=MAX_WEIGHT).contains(&number) {
            let what = format!("`weight` must be from 0 to {MAX_WEIGHT}");
            self.fault(line, what, "weights say how much one counts beside the others; most are from 0.5 to 3");
        }
        // Turns -0 into 0, so that both have the same digest.
        number + 0.0
    }

    /// A whole number and its line; `None` when it is left out or none.
    pub(super) fn whole_number(&self, key: &str) -> Option<(i32, usize)> {
        let (value, line) = self.value(key)?;
        let DeValue::Integer(number) = value else {
            let hint = format!("write `{key} = 3`, without quotes or decimals");
            self.wrong_type(line, &format!("`{key}`"), "a whole number", value, hint);
            return None;
        };
        let read = i32::from_str_radix(number.as_str(), number.radix());
        if read.is_err() {
            let what = format!("`{key}` is too large a number");
            self.fault(line, what, "scores are small whole numbers, such as 1 to 5");
        }
        read.ok().map(|number| (number, line))
    }

    /// Reports that `key`, which must be there, is not.
    pub(super) fn missing(&self, key: &str, hint: String) {
        self.absence(self.line, format!("{} has no `{key}`", self.heading), hint);
    }

    /// The table under `key`, such as `[scale]`.
    pub(super) fn table(&self, key: &str, heading: &'static str) -> Option<Table<'t>> {
        let (value, line) = self.value(key)?;
        let table = value.as_table();
        if table.is_none() {
            self.wrong_type(
                line,
                &format!("`{key}`"),
                "a table",
                value,
                format!("write `{heading}` on a line of its own"),
            );
        }
        table.map(|table| Table { heading, line: Some(line), entries: table, report: self.report })
    }

    /// The tables under `key`, such as each `[[questions]]`; `None` when what is there is no list of
    /// tables, or one of more than are read.
    pub(super) fn tables(&self, key: &str, heading: &'static str) -> Option<Vec<Table<'t>>> {
        let Some((value, line)) = self.value(key) else { return Some(Vec::new()) };
        let wrong = |value, line| {
            let hint = format!("begin each with `{heading}` on a line of its own, in double brackets");
            self.wrong_type(line, &format!("`{key}`"), "a list of tables", value, hint);
        };
        let Some(items) = value.as_array() else {
            wrong(value, line);
            return None;
        };
        if self.has_too_many(key, items.len(), line) {
            return None;
        }
        let mut tables = Vec::new();
        for item in items {
            let line = self.report.line(item);
            let Some(table) = item.get_ref().as_table() else {
                wrong(item.get_ref(), line);
                return None;
            };
            tables.push(Table { heading, line: Some(line), entries: table, report: self.report });
        }
        Some(tables)
    }

    /// The value of `key` and its line; `None` when it is left out, or was lost in a fault of syntax.
    fn value(&self, key: &str) -> Option<(&'t DeValue<'t>, usize)> {
        let value = self.entries.get(key)?;
        // The parser puts a number without a place where it found no value at all.
        (value.span() != (0..0)).then(|| (value.get_ref(), self.report.line(value)))
    }

    fn has_too_many(&self, key: &str, count: usize, line: usize) -> bool {
        let too_many = count > MAX_ITEMS;
        if too_many {
            let what = format!("`{key}` has {count} entries, more than the {MAX_ITEMS} that are read");
            self.fault(line, what, "an interview has some dozens of questions; cut the file into several rubrics");
        }
        too_many
    }

    /// The text in `value`, whatever its length and form; `None` when it is no text.
    fn text(&self, name: &str, value: &DeValue<'_>, line: usize, hint: impl FnOnce() -> String) -> Option<String> {
        let Some(raw) = value.as_str() else {
            self.wrong_type(line, name, "a string", value, hint());
            return None;
        };
        let text = raw.split_whitespace().collect::<Vec<_>>().join(" ");
        let length = text.chars().count();
        if text.is_empty() {
            self.fault(line, format!("{name} is empty"), "say something, or delete it if it may be left out");
        } else if length > MAX_TEXT {
            let what = format!("{name} has {length} characters, more than the {MAX_TEXT} that are read");
            self.fault(line, what, "say it shorter; nobody listens for a page of text");
        } else if text.contains(char::is_control) {
            self.fault(line, format!("{name} holds a control character"), "delete the escape that writes it");
        }
        Some(text)
    }

    fn wrong_type(&self, line: usize, name: &str, wanted: &str, found: &DeValue<'_>, hint: String) {
        self.fault(line, format!("{name} must be {wanted}, found {}", type_name(found)), hint);
    }
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= MAX_ID
        && text.bytes().next().is_some_and(plain)
        && text.bytes().all(|byte| plain(byte) || byte == b'-')
}

/// The hint for a name that is none of `known`: the nearest one if any is near, then what there is.
pub(super) fn one_of(name: &str, known: &[&str], lead: &str) -> String {
    const LISTED: usize = 30;
    let nearest = known
        .iter()
        .take(LISTED)
        .map(|candidate| (strsim::osa_distance(&shown(name), &shown(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(3))
        .min_by_key(|(distance, _)| *distance);
    let list = known.iter().take(LISTED).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    let more = if known.len() > LISTED { ", ..." } else { "" };
    let proposal = nearest.map(|(_, near)| format!("did you mean `{near}`? ")).unwrap_or_default();
    format!("{proposal}{lead}: {list}{more}")
}

/// A name from the file as it is put into messages: cut, and without what would act on a terminal.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks `text` and gives the faults as `line what`.
    fn faults(text: &str, walk: impl FnOnce(&Table<'_>)) -> Vec<String> {
        let tree = DeTable::parse(text).expect("right syntax");
        let report = Report::new(text, true);
        walk(&report.root(tree.get_ref()));
        let line = |fault: &Fault| fault.line.map_or("-".to_owned(), |line| line.to_string());
        report.into_faults().iter().map(|fault| format!("{} {}", line(fault), fault.what)).collect()
    }

    #[test]
    fn white_space_in_a_text_is_folded() {
        let text = "ask = \"\"\"\n  How do you\r\n  test, \\\n   and\twhy?  \n\"\"\"";
        assert!(faults(text, |table| assert_eq!(table.required_text("ask"), "How do you test, and why?")).is_empty());
    }

    #[test]
    fn a_weight_is_a_number_of_either_sort_that_is_finite_and_not_negative() {
        let weight = |value: &str| {
            faults(&format!("\n\nweight = {value}"), |table| {
                table.weight();
            })
        };
        for good in ["0", "2", "1.5", "0x10", "1_000", "-0.0", "+3", "1e3"] {
            assert_eq!(weight(good), [""; 0], "{good}");
        }
        for bad in ["-1", "-0.5", "nan", "inf", "-inf", "1e999", "99999999999999999999", "1000001"] {
            assert_eq!(weight(bad), ["3 `weight` must be from 0 to 1000000"], "{bad}");
        }
        assert_eq!(weight("'heavy'"), ["3 `weight` must be a number, found a string"]);
        faults("weight = -0.0", |table| assert!(table.weight().is_sign_positive()));
        faults("", |table| assert!((table.weight() - 1.0).abs() < f64::EPSILON));
    }

    #[test]
    fn an_id_is_kebab_case_of_64_characters_at_most() {
        for good in ["a", "7", "api-design", "2-phase-commit", "a-", &"x".repeat(64)] {
            assert!(is_id(good), "{good}");
        }
        for bad in ["", "-a", "Api", "a_b", "a b", "ä", "a.b", &"x".repeat(65)] {
            assert!(!is_id(bad), "{bad}");
        }
    }

    #[test]
    fn each_wrong_type_is_named_in_plain_words() {
        let wrong = |value: &str| faults(&format!("title = {value}"), |table| drop(table.required_text("title")));
        assert_eq!(wrong("1"), ["1 `title` must be a string, found a whole number"]);
        assert_eq!(wrong("1.0"), ["1 `title` must be a string, found a decimal number"]);
        assert_eq!(wrong("true"), ["1 `title` must be a string, found a boolean"]);
        assert_eq!(wrong("2020-01-01"), ["1 `title` must be a string, found a date or time"]);
        assert_eq!(wrong("['a']"), ["1 `title` must be a string, found a list"]);
        assert_eq!(wrong("{ a = 1 }"), ["1 `title` must be a string, found a table"]);
    }

    #[test]
    fn a_text_says_something_within_4000_characters() {
        let text = |value: &str| faults(&format!("ask = \"{value}\""), |table| drop(table.required_text("ask")));
        assert_eq!(text(" \\n\\t"), ["1 `ask` is empty"]);
        assert_eq!(text(&"ä".repeat(4_000)), [""; 0]);
        assert_eq!(text(&"ä".repeat(4_001)), ["1 `ask` has 4001 characters, more than the 4000 that are read"]);
        assert_eq!(text("bell\\u0007"), ["1 `ask` holds a control character"]);
        assert_eq!(faults("", |table| drop(table.required_text("ask"))), ["- the rubric has no `ask`"]);
    }

    #[test]
    fn a_fault_in_a_list_is_at_the_line_of_its_item() {
        let text = "also_asked = [\n  'one',\n  '',\n  4,\n]\n";
        let found = faults(text, |table| assert_eq!(table.texts("also_asked"), ["one", "", ""]));
        assert_eq!(
            found,
            ["3 item 2 of `also_asked` is empty", "4 item 3 of `also_asked` must be a string, found a whole number"]
        );
    }

    #[test]
    fn a_list_of_more_than_a_thousand_is_one_fault() {
        let text = "also_asked = [".to_owned() + &"0,".repeat(1_001) + "]";
        let found = faults(&text, |table| assert!(table.texts("also_asked").is_empty()));
        assert_eq!(found, ["1 `also_asked` has 1001 entries, more than the 1000 that are read"]);
        let found = faults(&"[[questions]]\n".repeat(1_001), |table| {
            assert!(table.tables("questions", "[[questions]]").is_none());
        });
        assert_eq!(found, ["1 `questions` has 1001 entries, more than the 1000 that are read"]);
    }

    #[test]
    fn the_nearest_name_is_proposed_only_when_it_is_near() {
        assert_eq!(
            one_of("listen-for", &["ask", "listen_for"], "keys"),
            "did you mean `listen_for`? keys: ask, listen_for"
        );
        assert_eq!(one_of("behavioral", &["behavioural"], "one of"), "did you mean `behavioural`? one of: behavioural");
        assert_eq!(one_of("notes", &["ask", "kind"], "keys"), "keys: ask, kind");
    }
}
