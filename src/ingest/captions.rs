//! `WebVTT` and SRT: timing lines with words under them. Hides blocks, cue ids, comments, headers and rolling captions.

use super::clock::{self, Fraction};
use super::cue::{Cue, Reading, between, counted, shortened, without_turn_mark};
use super::markup;
use super::names::{self, Names};
use super::{Limits, detect};
use crate::domain::{Fault, Format, Note};
use std::ops::Range;

/// A cue as it lies in the file: which lines hold its words, and when they are said.
#[derive(Debug)]
struct Block {
    line: usize,
    words: Range<usize>,
    start: Option<i64>,
    end: Option<i64>,
    timing: Timing,
}

#[derive(Debug, PartialEq, Eq)]
enum Timing {
    Read,
    Unreadable,
    Missing,
}

/// Words of one voice, before it is known whether `Name:` names a speaker in this file.
#[derive(Debug)]
struct Piece {
    block: usize,
    voice: Option<String>,
    text: String,
}

pub(super) fn read(text: &str, limits: &Limits) -> Result<Reading, Vec<Fault>> {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut reading = Reading::new(format(&lines), limits);
    let mut blocks = scan(&lines, &mut reading);
    check_times(&lines, &blocks, &mut reading)?;
    unroll(&lines, &mut blocks, &mut reading);
    clamp(&mut blocks, &mut reading);
    let mut pieces = pieces(&lines, &blocks);
    names_on_first_lines(&mut pieces, blocks.len());
    Speech::of(&pieces).tell(&pieces, &blocks, &mut reading);
    Ok(reading)
}

fn format(lines: &[&str]) -> Format {
    if detect::is_webvtt_header(lines[0]) {
        return Format::WebVtt;
    }
    let Some(at) = lines.iter().position(|line| detect::is_timing(line)) else { return Format::WebVtt };
    let numbered =
        at > 0 && lines[at - 1].trim().bytes().all(|b| b.is_ascii_digit()) && !lines[at - 1].trim().is_empty();
    if lines[at].contains(',') || numbered { Format::Srt } else { Format::WebVtt }
}

/// Finds the blocks. Only a line with nothing in it ends one: rolling captions hold lines with a lone space.
fn scan(lines: &[&str], reading: &mut Reading) -> Vec<Block> {
    let fraction = fraction(lines);
    let mut blocks = Vec::new();
    let mut comments = 0;
    let mut at = if detect::is_webvtt_header(lines[0]) { block_end(lines, 0, true) } else { 0 };
    while at < lines.len() {
        if lines[at].is_empty() {
            at += 1;
        } else if reading.format == Format::WebVtt && is_comment(lines[at]) {
            comments += 1;
            at = block_end(lines, at, true);
        } else {
            let end = block_end(lines, at, false);
            split_block(lines, at..end, fraction, &mut blocks, reading);
            at = end;
        }
    }
    if comments > 0 {
        reading.note(None, format!("passed over {} of comment or style", counted(comments, "block")));
    }
    blocks
}

/// The line after the block that begins at `from`.
fn block_end(lines: &[&str], from: usize, or_timing: bool) -> usize {
    let ends = |line: &&str| line.is_empty() || (or_timing && detect::is_timing(line));
    lines[from + 1..].iter().position(ends).map_or(lines.len(), |n| from + 1 + n)
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_end();
    matches!(line, "NOTE" | "STYLE" | "REGION") || line.starts_with("NOTE ") || line.starts_with("NOTE\t")
}

fn fraction(lines: &[&str]) -> Fraction {
    let unpadded = lines
        .iter()
        .filter(|line| detect::is_timing(line))
        .any(|line| line.split("-->").filter_map(|half| half.split_whitespace().next()).any(clock::is_unpadded));
    if unpadded { Fraction::Milliseconds } else { Fraction::Decimal }
}

/// One block may hold several cues (blank lines forgotten), or words without any time (a blank line too many).
fn split_block(lines: &[&str], at: Range<usize>, fraction: Fraction, blocks: &mut Vec<Block>, reading: &mut Reading) {
    let timings: Vec<usize> = at.clone().filter(|&n| detect::is_timing(lines[n])).collect();
    // The line above the first time is its id, whatever it holds; above a later one only what can be nothing else.
    let first = timings.first().map_or(at.end, |&first| first.saturating_sub(1).max(at.start));
    if first > at.start {
        stray(lines, at.start..first, blocks, reading);
    }
    for (n, &timing) in timings.iter().enumerate() {
        let end = match timings.get(n + 1) {
            Some(&next) if next > timing + 1 && is_id(lines[next - 1]) => next - 1,
            Some(&next) => next,
            None => at.end,
        };
        let (start_ms, end_ms) = times(lines[timing], fraction);
        blocks.push(Block {
            line: timing + 1,
            words: timing + 1..end,
            start: start_ms,
            end: end_ms,
            timing: if start_ms.is_some() { Timing::Read } else { Timing::Unreadable },
        });
    }
}

fn stray(lines: &[&str], words: Range<usize>, blocks: &mut Vec<Block>, reading: &mut Reading) {
    if words.len() == 1 && is_id(lines[words.start]) {
        reading.drop_line(words.start + 1, "a cue id without a cue");
    } else {
        blocks.push(Block { line: words.start + 1, words, start: None, end: None, timing: Timing::Missing });
    }
}

/// `12`, or `fbbdef90-042d-4d6b-86d5-8c9c38e7021c/9-0` as Teams writes it.
fn is_id(line: &str) -> bool {
    let line = line.trim();
    let digits = line.bytes().all(|b| b.is_ascii_digit());
    let guid = line.len() >= 32 && line.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'-' | b'/'));
    !line.is_empty() && (digits || guid)
}

fn times(line: &str, fraction: Fraction) -> (Option<i64>, Option<i64>) {
    let Some((start, end)) = line.split_once("-->") else { return (None, None) };
    let read = |time: Option<&str>| time.and_then(|time| clock::parse(time, fraction));
    (read(start.split_whitespace().next_back()), read(end.split_whitespace().next()))
}

/// Words without a readable time are kept as long as they are the exception; else this is no caption file we know.
fn check_times(lines: &[&str], blocks: &[Block], reading: &mut Reading) -> Result<(), Vec<Fault>> {
    let odd: Vec<&Block> = blocks.iter().filter(|block| block.timing != Timing::Read).collect();
    if blocks.is_empty() || odd.len() * 2 > blocks.len() {
        return Err(refused(lines, &odd));
    }
    let notes = odd.iter().map(|block| Note { line: Some(block.line), text: odd_time(lines, block) }).collect();
    reading.note_each(notes, "cues without a readable time");
    Ok(())
}

fn odd_time(lines: &[&str], block: &Block) -> String {
    match block.timing {
        Timing::Missing => "words without a time of their own were kept where they stand".into(),
        _ => format!("the time cannot be read, the words were kept: {}", shortened(lines[block.line - 1])),
    }
}

fn refused(lines: &[&str], odd: &[&Block]) -> Vec<Fault> {
    const SHAPE: &str = "write it as 00:01:02.500 --> 00:01:04.000, or export the captions again";
    if odd.is_empty() {
        return vec![Fault::whole("the file has a caption header and no captions", "export the captions again")];
    }
    let fault = |block: &&Block| match block.timing {
        Timing::Missing => Fault::at(block.line, "these words have no timing line", SHAPE),
        _ => Fault::at(block.line, format!("this time cannot be read: {}", shortened(lines[block.line - 1])), SHAPE),
    };
    odd.iter().map(fault).collect()
}

/// Rolling captions say every line twice: as it comes, and again above the next one. Takes out the repetitions when so
/// many cues begin with the line before that nobody can have said it.
fn unroll(lines: &[&str], blocks: &mut [Block], reading: &mut Reading) {
    let said = |block: &Block| block.words.clone().filter(|n| !lines[*n].trim().is_empty());
    let repeats = repeats(lines, blocks);
    // Somebody may say the same again and again; rolling captions go on to say something new.
    let go_on = repeats.iter().filter(|&&n| said(&blocks[n]).nth(1).is_some()).count();
    if repeats.len() < 3 || repeats.len() * 3 < blocks.len() || go_on * 3 < repeats.len() {
        return;
    }
    for &n in &repeats {
        blocks[n].words.start = said(&blocks[n]).next().map_or(blocks[n].words.end, |first| first + 1);
    }
    // What says nothing new is no cue.
    for block in blocks.iter_mut().filter(|block| said(block).next().is_none()) {
        block.timing = Timing::Missing;
        block.words = 0..0;
    }
    reading.note(
        None,
        format!("rolling captions: took out {} that said the one before again", counted(repeats.len(), "line")),
    );
}

/// The blocks whose first line is the last line of the one before.
fn repeats(lines: &[&str], blocks: &[Block]) -> Vec<usize> {
    let mut out = Vec::new();
    let mut last: Option<String> = None;
    for (n, block) in blocks.iter().enumerate() {
        let mut words = block.words.clone().map(|n| bare(lines[n])).filter(|line| !line.is_empty());
        let Some(first) = words.next() else { continue };
        if last.as_ref().is_some_and(|last| last.len() > 2 && *last == first) {
            out.push(n);
        }
        last = words.next_back().or(Some(first));
    }
    out
}

/// A line without its markup, to compare.
fn bare(line: &str) -> String {
    let (spoken, _) = markup::spoken(line, None);
    spoken.into_iter().map(|spoken| spoken.text).collect::<String>().trim().to_owned()
}

fn clamp(blocks: &mut [Block], reading: &mut Reading) {
    let mut notes = Vec::new();
    for block in blocks {
        if block.start.is_some_and(|ms| ms < 0) || block.end.is_some_and(|ms| ms < 0) {
            notes.push(Note { line: Some(block.line), text: "a time before the recording began was set to 0".into() });
            block.start = block.start.map(|ms| ms.max(0));
            block.end = block.end.map(|ms| ms.max(0));
        }
    }
    reading.note_each(notes, "times before the recording began");
}

fn pieces(lines: &[&str], blocks: &[Block]) -> Vec<Piece> {
    let mut out = Vec::with_capacity(blocks.len());
    let mut open = None;
    for (block, Block { words, timing, .. }) in blocks.iter().enumerate() {
        if words.is_empty() && *timing == Timing::Missing {
            continue;
        }
        // A blank line inside a voice does not end it; a new time does.
        let carried = if *timing == Timing::Missing { open.take() } else { None };
        let (spoken, left_open) = markup::spoken(&lines[words.clone()].join("\n"), carried);
        open = left_open;
        if spoken.is_empty() {
            out.push(Piece { block, voice: None, text: String::new() });
        }
        out.extend(spoken.into_iter().map(|spoken| Piece { block, voice: spoken.voice, text: spoken.text }));
    }
    out
}

/// Early Teams documents put the name on a line of its own above the words, in every cue.
fn names_on_first_lines(pieces: &mut [Piece], blocks: usize) {
    let named = |piece: &Piece| {
        let (first, rest) = piece.text.trim().split_once('\n').unwrap_or_default();
        piece.voice.is_none()
            && !rest.trim().is_empty()
            && names::is_name(first)
            && first.starts_with(char::is_uppercase)
    };
    if blocks < 2 || pieces.len() != blocks || !pieces.iter().all(named) {
        return;
    }
    let mut first: Vec<String> =
        pieces.iter().filter_map(|p| p.text.trim().lines().next()).map(names::folded).collect();
    first.sort_unstable();
    first.dedup();
    if first.len() * 2 > pieces.len() {
        return;
    }
    for piece in pieces {
        let (name, words) = piece.text.trim().split_once('\n').unwrap_or_default();
        (piece.voice, piece.text) = (Some(name.to_owned()), words.to_owned());
    }
}

/// How the file says who speaks.
enum Speech {
    /// In voice tags.
    Voices,
    /// `Name: words`, or not at all.
    Prefixes(Names),
}

/// A part of a cue that one speaker says.
struct Turn<'t> {
    /// Who, where it is said here.
    name: Option<&'t str>,
    /// A dash, `>>` or an end of a voice stands before it.
    marked: bool,
    text: String,
}

impl Speech {
    fn of(pieces: &[Piece]) -> Self {
        if pieces.iter().any(|piece| piece.voice.is_some()) {
            return Self::Voices;
        }
        let mut names = Names::default();
        for piece in pieces.iter().filter(|piece| !piece.text.trim().is_empty()) {
            let mut prefixes = spoken_lines(&piece.text).map(|(_, line)| names::prefix(line).map(|(name, _)| name));
            names.see(prefixes.next().flatten());
            prefixes.flatten().for_each(|name| names.see_inside(name));
        }
        Self::Prefixes(names)
    }

    fn tell(&self, pieces: &[Piece], blocks: &[Block], reading: &mut Reading) {
        let mut speaker = None;
        for pieces in pieces.chunk_by(|a, b| a.block == b.block) {
            let turns = match self {
                Self::Voices => pieces.iter().map(Turn::of_voice).collect(),
                Self::Prefixes(names) => pieces.iter().flat_map(|piece| turns(&piece.text, names)).collect(),
            };
            // Where nearly every cue has its name, one without is somebody unknown.
            if matches!(self, Self::Prefixes(names) if names.every_cue_is_named()) {
                speaker = None;
            }
            tell_turns(turns, &blocks[pieces[0].block], &mut speaker, reading);
        }
    }
}

impl<'t> Turn<'t> {
    fn of_voice(piece: &'t Piece) -> Self {
        Self { name: piece.voice.as_deref(), marked: piece.voice.is_none(), text: piece.text.clone() }
    }
}

fn tell_turns(turns: Vec<Turn<'_>>, block: &Block, speaker: &mut Option<String>, reading: &mut Reading) {
    let whole = turns.iter().map(|turn| turn.text.len()).sum();
    let mut from = 0;
    for turn in turns {
        let to = from + turn.text.len();
        if turn.marked || turn.name.is_some() {
            *speaker = turn.name.map(str::to_owned);
        }
        reading.push(cue(block, speaker.clone(), turn.text, turn.marked, (from, to, whole)));
        from = to;
    }
}

/// The cue of a part of a block, its times by its share of the text.
fn cue(
    block: &Block,
    speaker: Option<String>,
    text: String,
    new_turn: bool,
    (from, to, whole): (usize, usize, usize),
) -> Cue {
    let [start, end] = [block.start, block.end].map(|time| time.and_then(|ms| u64::try_from(ms).ok()));
    let (start_ms, end_ms) = match (start, end) {
        (Some(start), Some(end)) if start <= end => {
            (Some(between(start, end, from, whole)), Some(between(start, end, to, whole)))
        }
        // An end before the start is told of, and left out, where the cues are put in order.
        times => times,
    };
    Cue { speaker, start_ms, end_ms, text, line: Some(block.line), new_turn }
}

fn turns<'t>(text: &'t str, names: &Names) -> Vec<Turn<'t>> {
    let mut out: Vec<Turn<'t>> = Vec::new();
    for (marked, line) in spoken_lines(text) {
        let (name, words) = match names::prefix(line) {
            Some((name, words)) if names.accept(name) => (Some(name), words),
            _ => (None, line),
        };
        match out.last_mut() {
            Some(last) if name.is_none() && !marked => {
                last.text.push(' ');
                last.text.push_str(words);
            }
            _ => out.push(Turn { name, marked, text: words.to_owned() }),
        }
    }
    if out.is_empty() {
        out.push(Turn { name: None, marked: false, text: String::new() });
    }
    out
}

/// The lines of a cue, cut at `>>` as well; with each whether a dash or `>>` marks a change of speaker before it.
fn spoken_lines(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split('\n').flat_map(|line| {
        line.split(">>").enumerate().filter_map(|(n, part)| {
            let (words, dash) = without_turn_mark(part.trim_start_matches('>'));
            (!words.trim().is_empty()).then_some((n > 0 || dash, words.trim()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Reading {
        read(text, &Limits::default()).expect("captions")
    }

    fn check(text: &str, expected: &[(Option<&str>, Option<u64>, &str)]) -> Reading {
        let reading = read_all(text);
        let got: Vec<_> = reading.cues.iter().map(|c| (c.speaker.as_deref(), c.start_ms, c.text.as_str())).collect();
        assert_eq!(got, expected, "{text}");
        reading
    }

    #[test]
    fn a_cue_has_its_time_its_voice_and_its_words() {
        let text = "WEBVTT - made by hand\nKind: captions\n\nNOTE\nskip me\n\n1\n00:01.000 --> 00:02.000 align:start\n<v Ana>Hi\nthere</v>\n";
        let reading = check(text, &[(Some("Ana"), Some(1_000), "Hi there")]);
        assert_eq!(reading.notes[0].text, "passed over 1 block of comment or style");
    }

    #[test]
    fn blank_lines_may_be_missing_or_too_many() {
        let tight = "WEBVTT\n00:01.000 --> 00:02.000\nOne\n2\n00:02.000 --> 00:03.000\nTwo";
        check(tight, &[(None, Some(1_000), "One"), (None, Some(2_000), "Two")]);
        let loose = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana>One\n\ntwo</v>\n\n00:03.000 --> 00:04.000\nThree";
        let reading = check(
            loose,
            &[(Some("Ana"), Some(1_000), "One"), (Some("Ana"), None, "two"), (None, Some(3_000), "Three")],
        );
        assert!(reading.notes[0].text.contains("kept where they stand"));
    }

    #[test]
    fn a_time_that_cannot_be_read_costs_no_words() {
        let text = "WEBVTT\n\n00:01.000 --> 00:02.000\nOne\n\n00:0x.000 --> 00:03.000\nTwo";
        let reading = check(text, &[(None, Some(1_000), "One"), (None, None, "Two")]);
        assert_eq!(reading.notes[0].line, Some(6));
    }

    #[test]
    fn a_file_whose_times_mostly_cannot_be_read_is_refused_with_every_line() {
        let text = "WEBVTT\n\n0x:1 --> 00:02.000\nOne\n\n0y:1 --> 00:02.000\nTwo\n\n00:01.000 --> 00:02.000\nThree";
        let faults = read(text, &Limits::default()).expect_err("refused");
        assert_eq!(faults.iter().map(|f| f.line).collect::<Vec<_>>(), [Some(3), Some(6)]);
    }

    #[test]
    fn a_negative_time_is_clamped_and_noted() {
        let text = "WEBVTT\n\n0:0:-6.-820 --> 0:0:8.970\nOne\n\n0:0:10.20 --> 0:0:14.490\nTwo";
        let reading = check(text, &[(None, Some(0), "One"), (None, Some(10_020), "Two")]);
        assert_eq!(reading.notes[0].line, Some(3));
    }

    #[test]
    fn names_before_a_colon_hold_until_the_next() {
        let text = "1\n00:00:01,000 --> 00:00:02,000\nAna: One\n\n2\n00:00:02,000 --> 00:00:03,000\ntwo\n\n3\n00:00:03,000 --> \
                    00:00:04,000\nBo: Three\nNote: four\n\n4\n00:00:04,000 --> 00:00:05,000\nAna: Five\n\n5\n00:00:05,000 --> 00:00:06,000\nBo: Six";
        let reading = check(
            text,
            &[
                (Some("Ana"), Some(1_000), "One"),
                (Some("Ana"), Some(2_000), "two"),
                (Some("Bo"), Some(3_000), "Three Note: four"),
                (Some("Ana"), Some(4_000), "Five"),
                (Some("Bo"), Some(5_000), "Six"),
            ],
        );
        assert_eq!(reading.format, Format::Srt);
    }

    #[test]
    fn a_dash_or_an_angle_mark_is_a_change_of_speaker() {
        let text =
            "00:00:01,000 --> 00:00:03,000\n- Why?\n- Because.\n\n00:00:03,000 --> 00:00:05,000\n&gt;&gt; Oh. >> Yes.";
        let reading = check(
            text,
            &[
                (None, Some(1_000), "Why?"),
                (None, Some(1_666), "Because."),
                (None, Some(3_000), "Oh."),
                (None, Some(3_857), "Yes."),
            ],
        );
        assert!(reading.cues.iter().all(|cue| cue.new_turn));
    }

    #[test]
    fn rolling_captions_say_everything_once() {
        let text = "WEBVTT\n\n00:01.000 --> 00:02.000\n \nhello<00:01.500><c> all</c>\n\n00:02.000 --> 00:02.010\nhello all\n \n\n\
                    00:02.010 --> 00:03.000\nhello all\nand welcome\n\n00:03.000 --> 00:03.010\nand welcome\n \n\n\
                    00:03.010 --> 00:04.000\nand welcome\nback";
        let reading = check(
            text,
            &[(None, Some(1_000), "hello all"), (None, Some(2_010), "and welcome"), (None, Some(3_010), "back")],
        );
        assert!(reading.notes[0].text.starts_with("rolling captions: took out 4 lines"));
    }

    #[test]
    fn an_end_before_the_start_is_left_for_the_order_to_tell() {
        let reading = read_all("00:00:09,000 --> 00:00:08,000\nHi.");
        assert_eq!((reading.cues[0].start_ms, reading.cues[0].end_ms), (Some(9_000), Some(8_000)));
    }

    #[test]
    fn somebody_who_repeats_himself_is_no_rolling_caption() {
        let text = "00:01.000 --> 00:01.900\nThank you.\n\n".repeat(6);
        assert_eq!(read_all(&text).cues.len(), 6);
    }

    #[test]
    fn a_name_on_the_line_above_the_words_is_the_speaker() {
        let text = "0:0:0.0 --> 0:0:2.350\nHurst, Peter\nHello there.\n\n0:0:3.0 --> 0:0:4.0\nHurst, Peter\nAgain.";
        check(text, &[(Some("Hurst, Peter"), Some(0), "Hello there."), (Some("Hurst, Peter"), Some(3_000), "Again.")]);
    }
}
