//! Transcripts written for people: Zoom and Otter text, Google Meet, `Name: words`, Markdown, plain text, and the lines
//! of a Word document. Hides headers, trailers, headings and where on a line the name and the time stand.

use super::clock::{self, Shown};
use super::cue::{Cue, Reading, counted, ends_sentence, without_turn_mark};
use super::names::{self, Names};
use super::{Limits, markdown};
use crate::domain::Format;
use std::borrow::Cow;
use std::ops::Range;

/// A header has at most this many lines; what is longer is speech.
const LONGEST_HEADER: usize = 30;

/// A line, its markup taken off.
#[derive(Debug, Default)]
pub(super) struct Line<'t> {
    /// From 1.
    pub number: usize,
    pub text: Cow<'t, str>,
    pub heading: bool,
    pub strong: Option<Range<usize>>,
    pub after_blank: bool,
}

/// Reads any text: what has no names or times is plain speech.
pub(super) fn read(text: &str, limits: &Limits) -> Reading {
    let mut reading = Reading::new(Format::PlainText, limits);
    let lines = lines(text, &mut reading);
    tell(&lines, &mut reading);
    reading
}

/// Reads the lines of a Word document: the shapes are those of text files.
pub(super) fn read_document(lines: &[Line<'_>], limits: &Limits) -> Reading {
    let mut reading = Reading::new(Format::Docx, limits);
    tell(lines, &mut reading);
    reading
}

fn lines<'t>(text: &'t str, reading: &mut Reading) -> Vec<Line<'t>> {
    let in_markdown = markdown::is_markdown(text.lines());
    let skipped = if in_markdown { front_matter(text) } else { 0 };
    if skipped > 0 {
        reading.note(Some(1), format!("passed over {} of front matter", counted(skipped, "line")));
    }
    let mut out = Vec::new();
    let mut after_blank = false;
    for (n, line) in text.split('\n').enumerate().skip(skipped) {
        if line.trim().is_empty() {
            after_blank = true;
            continue;
        }
        let mut read = Line { number: n + 1, text: Cow::Borrowed(line), after_blank, ..Line::default() };
        if in_markdown {
            let reduced = markdown::reduce(line);
            if reduced.no_speech {
                reading.drop_line(n + 1, "a link, a picture or a rule");
                continue;
            }
            read = Line { text: Cow::Owned(reduced.text), heading: reduced.heading, strong: reduced.strong, ..read };
        }
        after_blank = false;
        out.push(read);
    }
    out
}

/// How many lines of `---` … `---` a Markdown file begins with.
fn front_matter(text: &str) -> usize {
    let mut lines = text.split('\n').map(str::trim_end);
    if lines.next() != Some("---") {
        return 0;
    }
    lines.take(100).position(|line| line == "---").map_or(0, |n| n + 2)
}

/// What a line begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `[Name] 00:01:02`, the words on the next line.
    Zoom,
    /// `00:01:02 Name`, the words on the next line.
    TimeName,
    /// `Name  1:02`, the words on the next line.
    Otter,
    /// `Name (1:02): words`.
    NameTime,
    /// `Name: words`.
    Colon,
    /// A heading that is a name.
    Alone,
    /// Nothing but a time.
    Time,
    /// A time or nothing, then words.
    Words,
}

#[derive(Debug)]
struct Head<'t> {
    form: Form,
    name: Option<&'t str>,
    time: Option<i64>,
    words: &'t str,
}

impl<'t> Head<'t> {
    fn of(line: &'t Line<'_>) -> Self {
        let text = line.text.trim();
        if let Some((time, rest)) = clock::leading(text) {
            return Self::after_time(line, time, rest.trim_start_matches(is_separator));
        }
        Self::zoom(text)
            .or_else(|| Self::name_then_time(text))
            .or_else(|| Self::otter(text))
            .or_else(|| Self::strong(line, text))
            .or_else(|| Self::colon(text))
            .or_else(|| (line.heading && names::is_name(text)).then(|| Self::named(Form::Alone, text, None, "")))
            .unwrap_or_else(|| Self::words(text))
    }

    /// The head after a dash or `>>`, the text it was read from, and whether there was such a mark.
    fn after_mark(line: &'t Line<'_>) -> (Self, &'t str, bool) {
        let (text, mark) = without_turn_mark(&line.text);
        let head = if mark { Self::colon(text).unwrap_or_else(|| Self::words(text)) } else { Self::of(line) };
        (head, text, mark)
    }

    fn named(form: Form, name: &'t str, time: Option<i64>, words: &'t str) -> Self {
        Self { form, name: Some(name), time, words: words.trim() }
    }

    fn words(text: &'t str) -> Self {
        Self { form: Form::Words, name: None, time: None, words: text }
    }

    fn after_time(line: &'t Line<'_>, time: i64, rest: &'t str) -> Self {
        if rest.is_empty() {
            return Self { form: Form::Time, name: None, time: Some(time), words: "" };
        }
        let head = Self::strong(line, rest).or_else(|| Self::colon(rest));
        let is_name = || names::is_name(rest) && !ends_sentence(rest);
        let head = head.or_else(|| is_name().then(|| Self::named(Form::TimeName, rest, None, "")));
        Self { time: Some(time), ..head.unwrap_or_else(|| Self::words(rest)) }
    }

    /// `[Name] 00:01:02`.
    fn zoom(text: &'t str) -> Option<Self> {
        let (name, rest) = text.strip_prefix('[')?.split_once(']')?;
        let (time, words) = clock::leading(rest.trim_start())?;
        names::is_plausible(name).then(|| Self::named(Form::Zoom, name, Some(time), words))
    }

    /// `Name (1:02): words`, `Name [1:02] words`.
    fn name_then_time(text: &'t str) -> Option<Self> {
        let (at, _) = text
            .char_indices()
            .take(60)
            .find(|(at, c)| matches!(c, '(' | '[') && text[at + 1..].starts_with(|c: char| c.is_ascii_digit()))?;
        let name = text[..at].trim().trim_end_matches(':');
        let (time, words) = clock::leading(&text[at..])?;
        let words = words.trim_start_matches(is_separator);
        names::is_name(name).then(|| Self::named(Form::NameTime, name, Some(time), words))
    }

    /// `Name  1:02`.
    fn otter(text: &'t str) -> Option<Self> {
        let (name, time) = clock::trailing(text)?;
        names::is_plausible(name).then(|| Self::named(Form::Otter, name.trim(), Some(time), ""))
    }

    /// `**Name:** words`, `**Name** words`.
    fn strong(line: &'t Line<'_>, from: &'t str) -> Option<Self> {
        let strong = line.strong.clone()?;
        // `from` is the end of the line's text, so its place is known by its length.
        let trimmed = line.text.trim_end();
        let name = trimmed.get(strong.clone())?.trim();
        if trimmed.len() - from.len() != strong.start || !names::is_name(name.trim_end_matches(':')) {
            return None;
        }
        let rest = &trimmed[strong.end..];
        let colon = name.ends_with(':') || rest.trim_start().starts_with(':');
        let form = if rest.trim().is_empty() && !colon { Form::Alone } else { Form::Colon };
        Some(Self::named(form, name.trim_end_matches(':'), None, "").with_words(rest.trim_start_matches(is_separator)))
    }

    fn colon(text: &'t str) -> Option<Self> {
        let (name, words) = names::prefix(text)?;
        Some(Self::named(Form::Colon, name, None, "").with_words(words))
    }

    /// Words after a name may begin with a time in brackets: `Dana: [08:08] I would`.
    fn with_words(mut self, words: &'t str) -> Self {
        let (time, rest) = match clock::leading(words) {
            Some((time, rest)) if words.starts_with(['[', '(']) => (Some(time), rest),
            _ => (None, words),
        };
        (self.time, self.words) = (time, rest.trim());
        self
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2013}' | '\u{2014}' | ':' | '|')
}

/// What the file as a whole shows about its lines.
#[derive(Debug, Default)]
struct Shape {
    names: Names,
    headings: Names,
    /// Heads with a name and a time on one line, and whether one stands where a turn may begin.
    stamped: usize,
    begins_stamped: bool,
    zoom: usize,
    otter: usize,
    /// Lines that begin with a time: before what may be a name, and before words.
    times_before_names: usize,
    times_before_words: usize,
    meet: bool,
    /// Where speech begins: after a heading `Transcript`.
    begin: usize,
}

impl Shape {
    fn of(lines: &[Line<'_>]) -> Self {
        let title = lines.iter().take(LONGEST_HEADER).position(|line| is_transcript_title(&line.text));
        let begin = title.map_or(0, |n| n + 1);
        let mut shape = Self { begin, ..Self::default() };
        let attendees = |line: &Line<'_>| line.text.trim().eq_ignore_ascii_case("attendees");
        shape.meet = lines[..begin].iter().any(attendees);
        for (n, line) in lines.iter().enumerate().skip(begin) {
            shape.see(n, line);
        }
        shape
    }

    fn see(&mut self, n: usize, line: &Line<'_>) {
        if let Some(said) = said_by_the_tool(&line.text) {
            self.meet |= said == Tool::Meet;
            return;
        }
        let (head, ..) = Head::after_mark(line);
        match head.form {
            Form::Time => return,
            Form::Zoom | Form::Otter | Form::NameTime => {
                self.stamped += 1;
                self.begins_stamped |= n == self.begin || line.after_blank;
                self.zoom += usize::from(head.form == Form::Zoom);
                self.otter += usize::from(head.form == Form::Otter);
            }
            Form::TimeName => self.times_before_names += 1,
            Form::Words => self.times_before_words += usize::from(head.time.is_some()),
            Form::Alone => self.headings.see(head.name),
            Form::Colon => {}
        }
        self.names.see(head.name);
    }

    /// Whether the name that a line seems to begin with is one.
    fn accepts(&self, head: &Head<'_>) -> bool {
        let Some(name) = head.name else { return false };
        match head.form {
            Form::Zoom => true,
            // A single line like `Monday 5:30` among others is no heading.
            Form::Otter | Form::NameTime => {
                let stands = self.stamped > 1 || self.begins_stamped;
                (names::is_proper(name) && stands) || self.names.repeats(name)
            }
            // Where times stand before sentences, `0:05 Right` is one.
            Form::TimeName => self.times_before_words == 0 || (self.names_after_times() && self.names.repeats(name)),
            Form::Alone => self.headings.accept_heading(name),
            Form::Colon | Form::Time | Form::Words => self.names.accept(name),
        }
    }

    fn names_after_times(&self) -> bool {
        self.times_before_names > self.times_before_words
    }

    /// Whether most turns begin with a line of their own, so that what comes before the first is no speech.
    fn is_export(&self) -> bool {
        (self.zoom + self.otter) * 2 > self.stamped || self.names_after_times()
    }

    fn format(&self, named: bool) -> Format {
        if self.meet {
            Format::GoogleMeet
        } else if !named {
            Format::PlainText
        } else if self.zoom * 2 > self.stamped || self.names_after_times() {
            Format::ZoomText
        } else if self.otter * 2 > self.stamped {
            Format::Otter
        } else {
            Format::NamedText
        }
    }
}

fn is_transcript_title(text: &str) -> bool {
    text.trim_matches(|c: char| !c.is_alphanumeric()).eq_ignore_ascii_case("transcript")
}

/// Which tool put in a line that nobody said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tool {
    Meet,
    Other,
}

fn said_by_the_tool(text: &str) -> Option<Tool> {
    if text.len() > 250 {
        return None;
    }
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    let ended = ["Meeting ended after", "Transcription ended after"].iter().find_map(|start| text.strip_prefix(start));
    if text.starts_with("This editable transcript was computer generated")
        || ended.is_some_and(|rest| clock::leading(rest.trim_start()).is_some())
    {
        return Some(Tool::Meet);
    }
    let who = text.strip_suffix("started transcription").or_else(|| text.strip_suffix("stopped transcription"));
    let other = text.starts_with("Transcribed by https://otter.ai") || who.is_some_and(names::is_proper);
    other.then_some(Tool::Other)
}

fn tell(lines: &[Line<'_>], reading: &mut Reading) {
    let shape = Shape::of(lines);
    let first = lines
        .iter()
        .skip(shape.begin)
        .position(|line| shape.accepts(&Head::after_mark(line).0))
        .map(|n| n + shape.begin);
    if reading.format != Format::Docx {
        reading.format = shape.format(first.is_some());
    }
    let mut teller = Teller { shape: &shape, reading, speaker: None, time: None, owed: None };
    for (n, line) in lines.iter().enumerate() {
        if said_by_the_tool(&line.text).is_some() {
            teller.reading.drop_line(line.number, "written by the tool, said by nobody");
        } else if n < shape.begin || first.is_some_and(|first| n < first && shape.is_header(line, first)) {
            teller.reading.drop_line(line.number, "header before the first words");
        } else {
            teller.line(line);
        }
    }
    teller.pay_owed();
    if reading.format == Format::ZoomText {
        from_time_of_day(reading);
    }
}

impl Shape {
    /// Whether a line before the first name is no speech: in an export nothing is, in a text only what has no sentence.
    fn is_header(&self, line: &Line<'_>, first: usize) -> bool {
        let text = line.text.trim();
        let is_time = clock::leading(text).is_some_and(|(_, rest)| rest.trim().is_empty());
        if is_time || first > self.begin + LONGEST_HEADER {
            return false;
        }
        let title = !ends_sentence(text) && text.split_whitespace().nth(12).is_none();
        self.is_export() || line.heading || title
    }
}

/// Goes through the lines and keeps who is speaking.
struct Teller<'s> {
    shape: &'s Shape,
    reading: &'s mut Reading,
    speaker: Option<String>,
    time: Option<i64>,
    /// A line that names a speaker whose words are still to come.
    owed: Option<usize>,
}

impl Teller<'_> {
    fn line(&mut self, line: &Line<'_>) {
        let (head, text, mark) = Head::after_mark(line);
        let named = self.shape.accepts(&head);
        if named || mark {
            self.pay_owed();
            self.speaker = if named { head.name.map(str::to_owned) } else { None };
        }
        let (time, words) = match head.name {
            // What looked like a name and is none belongs to the words.
            Some(_) if !named => match clock::leading(text.trim()) {
                Some((time, rest)) => (Some(time), rest.trim_start_matches(is_separator)),
                None => (None, text),
            },
            _ => (head.time, head.words),
        };
        self.time = time.or(self.time);
        if !words.is_empty() {
            self.owed = None;
            let new_turn = mark || self.begins_a_paragraph(line, words);
            self.say(line.number, words, new_turn);
        } else if named {
            self.owed = Some(line.number);
        }
    }

    fn pay_owed(&mut self) {
        if let Some(line) = self.owed.take() {
            self.reading.drop_line(line, "a speaker without words");
            self.time = None;
        }
    }

    /// Without names a new paragraph may be somebody else's, unless the sentence plainly goes on.
    fn begins_a_paragraph(&self, line: &Line<'_>, words: &str) -> bool {
        let before = self.reading.cues.last().is_none_or(|cue| ends_sentence(&cue.text));
        self.speaker.is_none()
            && (line.heading || (line.after_blank && (before || !words.starts_with(char::is_lowercase))))
    }

    /// Says the words, cut where a time in brackets stands among them.
    fn say(&mut self, line: usize, words: &str, mut new_turn: bool) {
        let mut rest = words;
        let mut from = 0;
        while let Some(at) = rest[from..].find('[').map(|at| from + at) {
            if let Some((time, after)) = clock::leading(&rest[at..]) {
                self.cue(line, &rest[..at], std::mem::take(&mut new_turn));
                self.time = Some(time);
                (rest, from) = (after, 0);
            } else {
                from = at + 1;
            }
        }
        self.cue(line, rest, new_turn);
    }

    fn cue(&mut self, line: usize, words: &str, new_turn: bool) {
        if words.trim().is_empty() {
            return;
        }
        let start_ms = self.time.take().and_then(|ms| u64::try_from(ms).ok());
        self.reading.push(Cue {
            speaker: self.speaker.clone(),
            start_ms,
            end_ms: None,
            text: words.to_owned(),
            line: Some(line),
            new_turn,
        });
    }
}

/// Zoom saves captions with the time of day. Counts from the first one, over midnight if need be.
fn from_time_of_day(reading: &mut Reading) {
    const HOUR: u64 = 3_600_000;
    let Some(first) = reading.cues.iter().find_map(|cue| cue.start_ms).filter(|first| *first >= HOUR) else { return };
    let mut days = 0;
    let mut last = first;
    for time in reading.cues.iter_mut().filter_map(|cue| cue.start_ms.as_mut()) {
        if *time + 12 * HOUR < last {
            days += 1;
        }
        last = *time;
        *time = (*time + days * 24 * HOUR).saturating_sub(first);
    }
    reading.note(None, format!("times of day were counted from the first, {}", Shown(first)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, format: Format, expected: &[(Option<&str>, Option<u64>, &str)]) -> Reading {
        let reading = read(text, &Limits::default());
        let got: Vec<_> = reading.cues.iter().map(|c| (c.speaker.as_deref(), c.start_ms, c.text.as_str())).collect();
        assert_eq!(got, expected, "{text}");
        assert_eq!(reading.format, format, "{text}");
        reading
    }

    #[test]
    fn zoom_captions_are_counted_from_the_first() {
        let text = "[Ana Ito] 23:59:58\nHello there.\n\n[Bo Lund] 00:00:03\nHi.\nGood.";
        let expected = [
            (Some("Ana Ito"), Some(0), "Hello there."),
            (Some("Bo Lund"), Some(5_000), "Hi."),
            (Some("Bo Lund"), None, "Good."),
        ];
        let reading = check(text, Format::ZoomText, &expected);
        assert!(reading.notes[0].text.contains("23:59:58"));
        check(
            "00:00:01 Ana Ito\nHello.\n00:00:04 Bo Lund\nHi.",
            Format::ZoomText,
            &[(Some("Ana Ito"), Some(1_000), "Hello."), (Some("Bo Lund"), Some(4_000), "Hi.")],
        );
    }

    #[test]
    fn otter_headers_and_trailers_are_dropped() {
        let text = "Interview\nTue, May 2\n\nSUMMARY KEYWORDS\ntests, rust.\n\nUnknown Speaker  0:00\nHello.\n\nAna Ito  1:02:03\nHi.\n\nTranscribed by https://otter.ai";
        let reading = check(
            text,
            Format::Otter,
            &[(Some("Unknown Speaker"), Some(0), "Hello."), (Some("Ana Ito"), Some(3_723_000), "Hi.")],
        );
        assert_eq!(reading.dropped.len(), 5);
    }

    #[test]
    fn google_meet_states_a_time_every_five_minutes() {
        let text = "Chat (2024)\nAttendees\nAna Ito, Bo Lund\nTranscript\n00:00:00\n\nAna Ito: Hello.\nBo Lund: Hi.\n\n00:05:00\n\nAna Ito: So.\n\
                    Meeting ended after 00:06:02\nThis editable transcript was computer generated and might contain errors.";
        let reading = check(
            text,
            Format::GoogleMeet,
            &[
                (Some("Ana Ito"), Some(0), "Hello."),
                (Some("Bo Lund"), None, "Hi."),
                (Some("Ana Ito"), Some(300_000), "So."),
            ],
        );
        assert_eq!(reading.dropped.len(), 6);
    }

    #[test]
    fn markdown_names_and_times_stand_in_many_places() {
        for line in [
            "**Ana Ito:** \\[00:01:02\\] Hello *there*.",
            "**Ana Ito** [00:01:02] Hello there.",
            "[00:01:02] **Ana Ito:** Hello [there](x).",
            "**Ana Ito** (1:02): Hello there.",
            "Ana Ito [1:02]: Hello **there**.",
        ] {
            let text = format!("# Title\n\n{line}\n\n{line}");
            let turn = (Some("Ana Ito"), Some(62_000), "Hello there.");
            check(&text, Format::NamedText, &[turn, turn]);
        }
        check(
            "### Ana Ito\nHello.\n### Bo\nHi.\n### Ana Ito\nSo.\n### Bo\nNo.",
            Format::NamedText,
            &[
                (Some("Ana Ito"), None, "Hello."),
                (Some("Bo"), None, "Hi."),
                (Some("Ana Ito"), None, "So."),
                (Some("Bo"), None, "No."),
            ],
        );
    }

    #[test]
    fn a_heading_that_stands_once_among_names_is_a_name() {
        check(
            "**Ana**\n\nWhy?\n\n**Bo**\n\nSo. **Indeed** so.\n\n**Ana**\n\nGood.",
            Format::NamedText,
            &[(Some("Ana"), None, "Why?"), (Some("Bo"), None, "So. Indeed so."), (Some("Ana"), None, "Good.")],
        );
    }

    #[test]
    fn a_remark_before_a_colon_is_no_speaker() {
        check(
            "Ana: Here is the thing: it works.\nNote: it does.\nBo: At 12:30?\nAna: http://a.b is it.",
            Format::NamedText,
            &[
                (Some("Ana"), None, "Here is the thing: it works."),
                (Some("Ana"), None, "Note: it does."),
                (Some("Bo"), None, "At 12:30?"),
                (Some("Ana"), None, "http://a.b is it."),
            ],
        );
        check(
            "We met on\nMonday 5:30\nand so on.",
            Format::PlainText,
            &[(None, None, "We met on"), (None, None, "Monday 5:30"), (None, None, "and so on.")],
        );
    }

    #[test]
    fn a_time_before_words_is_no_heading() {
        check(
            "0:01 So I test.\n0:05 Right\n0:07 And then",
            Format::PlainText,
            &[(None, Some(1_000), "So I test."), (None, Some(5_000), "Right"), (None, Some(7_000), "And then")],
        );
    }

    #[test]
    fn names_in_small_letters_are_read_where_the_shape_is_plain() {
        check(
            "[ana] 00:00:01\nHello.\n[bo lund] 00:00:04\nHi.",
            Format::ZoomText,
            &[(Some("ana"), Some(1_000), "Hello."), (Some("bo lund"), Some(4_000), "Hi.")],
        );
        check(
            "ana ito  0:01\nHello.\n\nana ito  0:04\nHi.",
            Format::Otter,
            &[(Some("ana ito"), Some(1_000), "Hello."), (Some("ana ito"), Some(4_000), "Hi.")],
        );
    }

    #[test]
    fn what_only_sounds_like_a_notice_of_the_tool_is_speech() {
        check(
            "Ana Ito: Well.\nand then we started transcription\nMeeting ended after that.",
            Format::NamedText,
            &[
                (Some("Ana Ito"), None, "Well."),
                (Some("Ana Ito"), None, "and then we started transcription"),
                (Some("Ana Ito"), None, "Meeting ended after that."),
            ],
        );
    }

    #[test]
    fn a_single_turn_or_a_single_speaker_is_read() {
        check("Ana: Hello.", Format::NamedText, &[(Some("Ana"), None, "Hello.")]);
        check("Ana Ito  0:03\nHello.", Format::Otter, &[(Some("Ana Ito"), Some(3_000), "Hello.")]);
        check("Hello.", Format::PlainText, &[(None, None, "Hello.")]);
    }

    #[test]
    fn a_name_without_words_is_dropped_and_a_time_among_words_cuts_them() {
        let text = "**Break**: [1:00]\n\n**Ana:** One. [1:05] Two.\n\n**Break**: [2:00]\n\n**Ana:** Three.";
        let reading = check(
            text,
            Format::NamedText,
            &[(Some("Ana"), None, "One."), (Some("Ana"), Some(65_000), "Two."), (Some("Ana"), None, "Three.")],
        );
        assert_eq!(reading.dropped.len(), 2);
    }

    #[test]
    fn a_paragraph_without_a_name_may_be_somebody_else() {
        let reading = check(
            "Why?\n\nBecause\n\nof it.\n- So",
            Format::PlainText,
            &[(None, None, "Why?"), (None, None, "Because"), (None, None, "of it."), (None, None, "So")],
        );
        assert_eq!(reading.cues.iter().map(|c| c.new_turn).collect::<Vec<_>>(), [false, true, false, true]);
    }
}
