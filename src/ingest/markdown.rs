//! Markdown lines to the words in them. Hides headings, emphasis, links, quotes, lists and escapes.

use std::ops::Range;

/// Longest link text and longest address that are looked for.
const LONGEST_LINK: usize = 2_000;

/// A line without its markup.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reduced {
    pub text: String,
    pub heading: bool,
    /// Where in `text` the first strong words are: `**Name:** words` has the name there.
    pub strong: Option<Range<usize>>,
    /// The line shows or links something and says nothing.
    pub no_speech: bool,
}

/// Whether the lines are Markdown: a heading, strong words or a link is somewhere among them.
pub(super) fn is_markdown<'t>(mut lines: impl Iterator<Item = &'t str>) -> bool {
    lines.any(|line| {
        heading(line).is_some() || line.split("**").nth(2).is_some() || (line.contains("](") && line.contains('['))
    })
}

/// Takes the markup off a line.
pub(super) fn reduce(line: &str) -> Reduced {
    let line = line.trim();
    if is_rule(line) || is_embedded(line) || is_lone_link(line) {
        return Reduced { no_speech: true, ..Reduced::default() };
    }
    let (line, heading) = heading(line).map_or((line, false), |words| (words, true));
    let mut reduced = inline(without_list_mark(line));
    reduced.heading = heading;
    reduced
}

fn heading(line: &str) -> Option<&str> {
    let words = line.trim_start_matches('#');
    let level = line.len() - words.len();
    ((1..=6).contains(&level) && words.starts_with(' ')).then(|| words.trim().trim_end_matches('#').trim_end())
}

fn without_list_mark(line: &str) -> &str {
    let line = line.strip_prefix("> ").unwrap_or(line).trim_start();
    line.strip_prefix("* ").or_else(|| line.strip_prefix("+ ")).unwrap_or(line).trim_start()
}

fn is_rule(line: &str) -> bool {
    line.len() >= 3 && ['-', '*', '_', '='].iter().any(|mark| line.chars().all(|c| c == *mark))
}

fn is_embedded(line: &str) -> bool {
    ["<audio", "<video", "<iframe", "<img", "<!--", "</audio", "</video", "</iframe", "<source", "<script"]
        .iter()
        .any(|tag| line.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)))
}

fn is_lone_link(line: &str) -> bool {
    let bare_address = |text: &str| {
        let text = text.trim_start_matches('<').trim_end_matches('>');
        (text.starts_with("http://") || text.starts_with("https://")) && !text.contains(char::is_whitespace)
    };
    let from = usize::from(line.starts_with('!'));
    bare_address(line) || line.get(from..).and_then(link_at).is_some_and(|link| from + link.length == line.len())
}

struct Link {
    /// Where the text ends.
    text_end: usize,
    /// How long all of it is, address included.
    length: usize,
}

/// A link that `from` begins with: `[text](address)`.
fn link_at(from: &str) -> Option<Link> {
    let bytes = from.as_bytes();
    if bytes.first() != Some(&b'[') {
        return None;
    }
    // No look goes past the next bracket, so a line of nothing but brackets still takes linear time.
    let text_end = 1 + bytes[1..].iter().take(LONGEST_LINK).position(|b| matches!(b, b'[' | b']'))?;
    let address = from[text_end..].strip_prefix("](")?;
    let length = address.bytes().take(LONGEST_LINK).position(|b| matches!(b, b')' | b'['))?;
    (address.as_bytes()[length] == b')').then_some(Link { text_end, length: text_end + 2 + length + 1 })
}

fn inline(line: &str) -> Reduced {
    let mut out = Reduced::default();
    let mut strong_from = None;
    // The end of a link's text, and how much of the line its address takes.
    let mut inside: Option<(usize, usize)> = None;
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        let rest = &line[at..];
        if let Some((_, skip)) = inside.take_if(|(end, _)| *end == at) {
            at += skip;
            continue;
        }
        at += match c {
            '\\' if rest[1..].starts_with(|c: char| c.is_ascii_punctuation()) => {
                out.text.push_str(&rest[1..2]);
                2
            }
            '!' | '[' => bracket(rest, at, &mut inside, &mut out.text),
            '*' | '_' if is_strong(line, at) => {
                mark_strong(&mut strong_from, &mut out);
                2
            }
            '*' | '_' if is_emphasis(line, at) => 1,
            '`' => 1,
            _ => {
                out.text.push(c);
                c.len_utf8()
            }
        };
    }
    out.no_speech = out.text.trim().is_empty() && !line.is_empty();
    out
}

/// Passes over a picture; enters a link's text. Gives how far to go on.
fn bracket(rest: &str, at: usize, link: &mut Option<(usize, usize)>, out: &mut String) -> usize {
    if let Some(picture) = rest.strip_prefix('!').and_then(link_at) {
        return picture.length + 1;
    }
    if link.is_none()
        && let Some(found) = link_at(rest)
    {
        *link = Some((at + found.text_end, found.length - found.text_end));
        return 1;
    }
    out.push_str(&rest[..1]);
    1
}

fn mark_strong(from: &mut Option<usize>, out: &mut Reduced) {
    match *from {
        None => *from = Some(out.text.len()),
        Some(start) if out.strong.is_none() => out.strong = Some(start..out.text.len()),
        Some(_) => {}
    }
}

fn is_strong(line: &str, at: usize) -> bool {
    let double = line[at..].starts_with("**") || line[at..].starts_with("__");
    double && !(is_space(before(line, at)) && is_space(line[at + 2..].chars().next()))
}

/// `*` and `_` that touch a word on one side only; `2 * 3` and `snake_case` keep theirs.
fn is_emphasis(line: &str, at: usize) -> bool {
    let (left, right) = (before(line, at), line[at + 1..].chars().next());
    let inside_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !(is_space(left) && is_space(right) || inside_word(left) && inside_word(right))
}

fn before(line: &str, at: usize) -> Option<char> {
    line[..at].chars().next_back()
}

fn is_space(c: Option<char>) -> bool {
    c.is_none_or(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_and_words_stay() {
        for (line, expected) in [
            ("**Dana:** I *really* like `cargo`", "Dana: I really like cargo"),
            ("### Dana Reyes ###", "Dana Reyes"),
            ("see [the **docs**](https://a.b/c_d) now", "see the docs now"),
            ("2 * 3 and 2*3 and snake_case and _this_", "2 * 3 and 2*3 and snake_case and this"),
            ("\\[20:16\\] So", "[20:16] So"),
            ("![logo](a.png) Hi", " Hi"),
            ("[Music] and [a][b]", "[Music] and [a][b]"),
            ("> quoted", "quoted"),
            ("[open", "[open"),
        ] {
            assert_eq!(reduce(line).text, expected, "{line}");
        }
    }

    #[test]
    fn a_line_that_only_shows_or_links_something_is_no_speech() {
        for line in
            ["---", "<audio src=\"a.mp3\">", "[Listen](a.mp3)", "![x](y.png)", "https://example.org/a", "![x](y) "]
        {
            assert!(reduce(line).no_speech, "{line}");
        }
        assert!(!reduce("[Music]").no_speech);
    }

    #[test]
    fn the_first_strong_words_are_found() {
        let reduced = reduce("[00:01] **Dana**: Hi **there**");
        assert_eq!(&reduced.text[reduced.strong.expect("strong")], "Dana");
    }
}
