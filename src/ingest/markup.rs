//! The markup inside caption text: voices, styling tags, time tags and entities. Hides everything but words and names.

/// Longest tag; what is longer is text with a `<` in it.
const LONGEST_TAG: usize = 300;

/// Most voices in one cue; what follows stays with the last.
const MOST_VOICES: usize = 1_000;

/// Words of one voice in a cue.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spoken {
    /// The name in the voice tag, if the words are inside one.
    pub voice: Option<String>,
    pub text: String,
}

/// Cuts caption text at its voice tags and takes out all other markup. `open` is the voice that an earlier block left
/// open; the second value is the voice this one leaves open.
pub(super) fn spoken(text: &str, open: Option<String>) -> (Vec<Spoken>, Option<String>) {
    if !text.contains(['<', '&', '{']) {
        return (vec![Spoken { voice: open.clone(), text: text.to_owned() }], open);
    }
    let mut out = vec![Spoken { voice: open, text: String::new() }];
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&', '{']) {
        let (before, from) = rest.split_at(at);
        let (read, after) = read_markup(from);
        rest = after;
        let current = out.len() - 1;
        out[current].text.push_str(before);
        match read {
            Read::Text(text) => out[current].text.push_str(text),
            Read::Char(c) => out[current].text.push(c),
            Read::Nothing => {}
            Read::Voice(voice) if out.len() < MOST_VOICES => out.push(Spoken { voice, text: String::new() }),
            Read::Voice(_) => out[current].text.push(' '),
        }
    }
    let current = out.len() - 1;
    out[current].text.push_str(rest);
    let open = out[current].voice.clone();
    out.retain(|spoken| spoken.text.contains(|c: char| !c.is_whitespace()));
    (out, open)
}

enum Read<'t> {
    Text(&'t str),
    Char(char),
    Nothing,
    /// From here on this voice speaks; `None` after a closing tag.
    Voice(Option<String>),
}

/// Reads what may be markup at the beginning of `from`, which is not empty; gives it and what follows.
fn read_markup(from: &str) -> (Read<'_>, &str) {
    let literal = || (Read::Text(&from[..1]), &from[1..]);
    match from.as_bytes()[0] {
        b'&' => entity(from).map_or_else(literal, |(c, rest)| (Read::Char(c), rest)),
        // {\an8} and its kind: where to put the caption.
        b'{' => match from.strip_prefix("{\\").and_then(|inside| up_to(inside, b'}')) {
            Some((_, rest)) => (Read::Nothing, rest),
            None => literal(),
        },
        _ => match up_to(&from[1..], b'>') {
            Some((inside, rest)) => tag(inside).map_or_else(literal, |read| (read, rest)),
            None => literal(),
        },
    }
}

/// What is before the next `end`, and what is after it, if it comes soon and nothing else begins before.
fn up_to(text: &str, end: u8) -> Option<(&str, &str)> {
    let at = text.bytes().take(LONGEST_TAG).position(|b| b == end || matches!(b, b'<' | b'{'))?;
    (text.as_bytes()[at] == end).then(|| (&text[..at], &text[at + 1..]))
}

fn tag(inside: &str) -> Option<Read<'static>> {
    let name_end = inside.find(|c: char| c.is_whitespace() || c == '.').unwrap_or(inside.len());
    let (closing, name) = match inside[..name_end].strip_prefix('/') {
        Some(name) => (true, name),
        None => (false, &inside[..name_end]),
    };
    match name.to_ascii_lowercase().as_str() {
        "v" if closing => Some(Read::Voice(None)),
        "v" => Some(Read::Voice(voice_name(inside))),
        "" | "c" | "i" | "b" | "u" | "s" | "ruby" | "rt" | "lang" | "font" | "span" | "em" | "strong" => {
            Some(Read::Nothing)
        }
        "br" | "br/" | "p" => Some(Read::Char('\n')),
        _ if is_time(inside) => Some(Read::Nothing),
        // An unknown tag may be a word: `Vec<String>`.
        _ => None,
    }
}

fn is_time(inside: &str) -> bool {
    super::clock::parse(inside, super::clock::Fraction::Decimal).is_some()
}

/// The annotation of `v.class Name`.
fn voice_name(inside: &str) -> Option<String> {
    let (_, name) = inside.split_once(char::is_whitespace)?;
    let name = unescape(name);
    (!name.trim().is_empty()).then_some(name)
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let (c, after) = entity(&rest[at..]).unwrap_or(('&', &rest[at + 1..]));
        out.push(c);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The character of the entity that `from` begins with, and what follows.
fn entity(from: &str) -> Option<(char, &str)> {
    let at = from.bytes().take(12).position(|b| b == b';')?;
    let (name, rest) = (&from[1..at], &from[at + 1..]);
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "lrm" => '\u{200e}',
        "rlm" => '\u{200f}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((c, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(Option<&str>, &str)]) {
        let (spoken, _) = spoken(text, None);
        let got: Vec<_> = spoken.iter().map(|s| (s.voice.as_deref(), s.text.as_str())).collect();
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn a_voice_tag_names_who_speaks_until_it_closes() {
        check("<v Hurst, Peter>Yeah.</v>", &[(Some("Hurst, Peter"), "Yeah.")]);
        check("<v.loud.first Ana B>Hi</v> all", &[(Some("Ana B"), "Hi"), (None, " all")]);
        check("<v Ana>Hi\n<v Bo>Ho", &[(Some("Ana"), "Hi\n"), (Some("Bo"), "Ho")]);
        check("<v R&amp;D>Hi", &[(Some("R&D"), "Hi")]);
        check("<v>Hi", &[(None, "Hi")]);
    }

    #[test]
    fn other_markup_goes_and_its_words_stay() {
        check("<i>so</i> <c.x>it</c> <00:00:01.000>is<br>now", &[(None, "so it is\nnow")]);
        check("{\\an8}Top <font color=\"red\">red</font>", &[(None, "Top red")]);
        check("R&amp;D &lt;3 &#39;x&#x27; &nope; &", &[(None, "R&D <3 'x' &nope; &")]);
    }

    #[test]
    fn what_only_looks_like_a_tag_is_text() {
        check("a Vec<String> with a < b and {c}", &[(None, "a Vec<String> with a < b and {c}")]);
        check("<", &[(None, "<")]);
    }

    #[test]
    fn a_voice_that_is_not_closed_stays_open() {
        assert_eq!(spoken("<v Ana>Hi", None).1.as_deref(), Some("Ana"));
        assert_eq!(spoken("<v Ana>Hi</v>", None).1, None);
        assert_eq!(spoken("more", Some("Ana".into())).0[0].voice.as_deref(), Some("Ana"));
    }
}
