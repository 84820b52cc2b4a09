//! Reading transcript files: every shape from a file, every refusal with its reason, and nothing that panics.
//!
//! `EARMARK_FUZZ_SECONDS=600 cargo test --release mutated_files` repeats the long run over mutated files.

use earmark::domain::{Digest, Faults, Format, Role, Transcript};
use earmark::ingest::{Limits, read};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use zip::write::SimpleFileOptions;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixture(name: &str) -> Vec<u8> {
    let path = root().join("tests/fixtures/transcripts").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn parse(name: &str, bytes: &[u8]) -> Transcript {
    let transcript = read(name, bytes, &Limits::default()).unwrap_or_else(|faults| panic!("{faults}"));
    holds(bytes, &transcript);
    transcript
}

fn refused(bytes: &[u8]) -> Faults {
    read("a.vtt", bytes, &Limits::default()).expect_err("no transcript")
}

/// What is true of every transcript, whatever the file was.
fn holds(bytes: &[u8], transcript: &Transcript) {
    assert_eq!(transcript.digest(), &Digest::of(bytes));
    assert!(!transcript.utterances().is_empty());
    for utterance in transcript.utterances() {
        assert!(utterance.text.contains(char::is_alphanumeric), "{utterance:?}");
        assert_eq!(utterance.text.split_whitespace().collect::<Vec<_>>().join(" "), utterance.text);
        assert!(utterance.speaker.is_none_or(|id| id < transcript.speakers().len()));
        assert!(utterance.start_ms.zip(utterance.end_ms).is_none_or(|(start, end)| start <= end), "{utterance:?}");
        let scalars = utterance.text.chars().count();
        assert!(utterance.marks.iter().all(|(at, _)| (1..scalars).contains(at)), "{utterance:?}");
        assert!(utterance.marks.is_sorted_by(|a, b| a.0 < b.0), "{utterance:?}");
    }
    let mut first = transcript.utterances().iter().filter_map(|u| u.speaker).collect::<Vec<_>>();
    let mut seen = std::collections::HashSet::new();
    first.retain(|id| seen.insert(*id));
    assert!(
        first.iter().copied().eq(0..transcript.speakers().len()),
        "speakers stand in the order of their first words"
    );
}

/// A transcript as text: the format, a line an utterance, then what the report says.
fn shown(transcript: &Transcript) -> String {
    let mut out = format!("{}\n", transcript.format());
    let ms = |time: Option<u64>| time.map_or("?".into(), |ms| format!("{}.{:03}", ms / 1_000, ms % 1_000));
    for (n, utterance) in transcript.utterances().iter().enumerate() {
        let name = transcript.speaker_of(n).map_or("-", |speaker| &speaker.name);
        let _ = write!(out, "{}..{} {name}: {}", ms(utterance.start_ms), ms(utterance.end_ms), utterance.text);
        for (at, time) in &utterance.marks {
            let _ = write!(out, " @{at}={}", ms(Some(*time)));
        }
        out.push('\n');
    }
    let line = |line: Option<usize>| line.map_or(String::new(), |line| format!("{line}: "));
    let report = transcript.report();
    let _ = writeln!(out, "read {}", report.read);
    for dropped in &report.dropped {
        let _ = writeln!(out, "dropped {}{}", line(dropped.line), dropped.why);
    }
    for note in &report.notes {
        let _ = writeln!(out, "note {}{}", line(note.line), note.text);
    }
    out
}

#[track_caller]
fn check(name: &str, expected: &str) {
    assert_eq!(shown(&parse(name, &fixture(name))).trim(), expected.trim(), "{name}");
}

#[test]
fn zoom_captions_name_the_speaker_in_the_text() {
    check(
        "zoom.vtt",
        "
webvtt
12.920..15.730 Mira Okafor: Thanks for joining. How do you test a service?
16.420..24.929 Jonas Weld: I start with unit tests. Then I run it against a real database: no mocks. @25=19.930
25.000..26.000 guestbot: Recording.
26.100..27.000 Mira Okafor: Good.
read 5
note joined 5 cues to 4 utterances
",
    );
}

#[test]
fn teams_captions_name_the_speaker_in_tags() {
    check(
        "teams.vtt",
        "
webvtt
6.620..9.900 Mira Okafor: What is an index for?
10.310..14.910 Jonas Weld: To find rows without reading all of them.
14.000..14.500 Mira Okafor: Mhm.
14.910..17.258 Jonas Weld: R&D taught me that.
17.258..18.000 Mira Okafor: Right.
read 5
note sorted by time: 1 cue out of order
note people speak at once: 1 start while another speaker has not ended
",
    );
}

#[test]
fn a_negative_time_is_clamped_and_noted_and_fractions_without_padding_are_milliseconds() {
    check(
        "teams-unpadded.vtt",
        "
webvtt
0.000..0.250 Okafor, Mira: Yeah.
0.000..8.970 Weld, Jonas: I wrote the parser first.
10.020..14.490 Okafor, Mira: Why first?
read 3
note 6: a time before the recording began was set to 0
note people speak at once: 1 start while another speaker has not ended
",
    );
}

#[test]
fn captions_without_speakers_are_cut_into_sentences_with_times_of_their_own() {
    check(
        "whisper.vtt",
        "
webvtt
0.000..3.000 -: How do you debug a slow query?
3.100..5.666 -: I look at the plan first. @10=4.000
5.777..8.000 -: Then I add an index.
90.000..94.000 -: And I measure again.
read 3
dropped 9: a sound, no words: [Music]
note 12: nobody speaks from 0:00:08 to 0:01:30
note the file names no speakers: cut 3 cues into 4 sentences
",
    );
}

#[test]
fn rolling_captions_say_everything_once() {
    check(
        "rolling.vtt",
        "
webvtt
0.000..4.000 -: so tell me about your work. @11=2.010
4.010..6.000 -: I build parsers.
read 3
note rolling captions: took out 4 lines that said the one before again
note the file names no speakers: cut 3 cues into 2 sentences
",
    );
}

#[test]
fn a_name_in_subtitles_holds_until_the_next() {
    check(
        "named.srt",
        "
srt
0.179..4.799 Mira: When did you first use a queue? And was it worth it? @32=2.400
4.801..10.109 Jonas: In my second job. Here is the thing: it was not. We had ten messages a day. @49=7.980
10.111..12.109 Mira: And then?
12.200..13.500 Jonas: We took it out.
read 6
note joined 6 cues to 4 utterances
",
    );
}

#[test]
fn dashes_and_angle_marks_part_people_without_names() {
    check(
        "dialogue.srt",
        "
srt
1.000..1.974 -: What is a deadlock?
1.974..3.000 -: Two waits in a ring.
4.000..4.893 -: How do you avoid one?
4.893..6.000 -: I take locks in one order.
read 4
note the file names no speakers: cut 4 cues into 4 sentences
",
    );
}

#[test]
fn zoom_text_is_counted_from_its_first_time_of_day() {
    check(
        "zoom-captions.txt",
        "
zoom_text
0.000..? Mira Okafor: What is a transaction?
3.000..? Jonas Weld: All or nothing. It either happens or it does not.
13.000..? Mira Okafor: Good.
read 4
note times of day were counted from the first, 14:03:12
note joined 4 cues to 3 utterances
",
    );
}

#[test]
fn otter_text_loses_its_header_and_trailer_and_says_so() {
    check(
        "otter.txt",
        "
otter
0.000..? Mira Okafor: How do you release?
4.000..? Unknown Speaker: Every day. We have a pipeline.
3723.000..? Mira Okafor: Thank you.
read 3
dropped 1: header before the first words
dropped 2: header before the first words
dropped 4: header before the first words
dropped 5: header before the first words
dropped 16: written by the tool, said by nobody
",
    );
}

#[test]
fn google_meet_text_has_a_time_every_five_minutes() {
    check(
        "meet.txt",
        "
google_meet
0.000..? Mira Okafor: What is a cache for?
?..? Jonas Weld: For reads that repeat. Note: it can be stale.
300.000..? Mira Okafor: How do you know that it is stale?
?..? Jonas Weld: I set a time to live.
read 4
dropped 1: header before the first words
dropped 2: header before the first words
dropped 3: header before the first words
dropped 4: header before the first words
dropped 15: written by the tool, said by nobody
dropped 16: written by the tool, said by nobody
",
    );
}

#[test]
fn markdown_is_reduced_to_names_and_words() {
    check(
        "interview.md",
        "
named_text
?..? Mira Okafor: What do you like about Rust?
42.000..? Jonas Weld: The compiler. It finds things I would not. It also makes refactoring dull, in a good way.
?..? Mira Okafor: And what not?
?..? Jonas Weld: [laughs] The compile times: they are long.
read 5
dropped 5: header before the first words
dropped 7: a link, a picture or a rule
dropped 17: a speaker without words
note 1: passed over 3 lines of front matter
note joined 5 cues to 4 utterances
",
    );
    check(
        "headings.md",
        "
named_text
?..? Mira Okafor: What is a mutex?
?..? Jonas Weld: A lock that one holds.
?..? Mira Okafor: And a semaphore?
?..? Jonas Weld: A counter of holders.
read 4
",
    );
}

#[test]
fn text_without_names_is_cut_into_sentences() {
    check(
        "plain.txt",
        "
plain_text
?..? -: What do you do when a deployment fails?
?..? -: I roll back first.
?..? -: Then I look at the logs, and only then at the code.
?..? -: Does that always work?
?..? -: It does not: sometimes data has moved.
read 5
note the file names no speakers: cut 5 cues into 5 sentences
",
    );
}

#[test]
fn letters_that_repeat_are_speakers() {
    check(
        "labels.txt",
        "
named_text
?..? Q: What is idempotency?
?..? A: Doing it twice is doing it once.
?..? Q: Where do you need it?
?..? A: Wherever a client retries.
read 4
",
    );
}

#[test]
fn whisper_json_is_read_in_all_its_shapes() {
    check(
        "whisper.json",
        "
whisper_json
0.000..2.000 -: How do you review code?
2.000..4.500 -: I read the tests first.
read 2
note the file names no speakers: cut 2 cues into 2 sentences
",
    );
    check(
        "whisper-cpp.json",
        "
whisper_json
0.000..2.500 -: What is a hash?
2.500..5.000 -: A short name for bytes.
read 2
note the file names no speakers: cut 2 cues into 2 sentences
",
    );
    check(
        "whisper-timestamped.json",
        "
whisper_json
0.100..0.400 -: Why?
1.200..2.000 -: Because.
read 2
note the file names no speakers: cut 2 cues into 2 sentences
",
    );
    check(
        "openai-verbose.json",
        "
whisper_json
0.100..0.400 -: Why?
1.200..2.000 -: Because.
read 2
note the file names no speakers: cut 2 cues into 2 sentences
",
    );
}

#[test]
fn a_whisperx_segment_with_two_speakers_is_two_utterances() {
    check(
        "whisperx.json",
        "
whisperx_json
0.000..0.900 SPEAKER_00: What is REST?
1.500..4.000 SPEAKER_01: A style. Of resources. @9=2.500
read 3
note joined 3 cues to 2 utterances
",
    );
}

#[test]
fn deepgram_json_is_read_in_all_its_shapes() {
    check(
        "deepgram-utterances.json",
        "
deepgram_json
0.500..1.500 Speaker 0: What is a join?
1.750..3.500 Speaker 1: Two tables, one row.
read 2
",
    );
    check(
        "deepgram-paragraphs.json",
        "
deepgram_json
0.500..1.500 Speaker 0: What is a join?
1.750..3.500 Speaker 1: Two tables.
read 2
",
    );
    check(
        "deepgram-words.json",
        "
deepgram_json
0.500..1.500 Speaker 0: What is a join?
1.750..3.500 Speaker 1: Two tables.
read 2
",
    );
}

#[test]
fn assemblyai_json_is_read_in_all_its_shapes() {
    check(
        "assemblyai.json",
        "
assemblyai_json
0.170..0.900 A: What is a view?
1.000..3.000 B: A stored query. I use them. @16=2.000
read 3
note joined 3 cues to 2 utterances
",
    );
    check(
        "assemblyai-words.json",
        "
assemblyai_json
0.100..0.400 -: Why?
1.200..2.000 -: Because.
read 2
note the file names no speakers: cut 2 cues into 2 sentences
",
    );
}

#[test]
fn aws_json_is_read_in_all_its_shapes() {
    check(
        "aws.json",
        "
aws_transcribe_json
0.500..1.500 spk_0: What locks?
2.000..2.200 spk_1: Waits.
read 2
",
    );
    check(
        "aws-segments.json",
        "
aws_transcribe_json
0.000..0.900 spk_0: Why?
1.000..2.000 spk_1: Because.
read 2
",
    );
    check(
        "aws-channels.json",
        "
aws_transcribe_json
0.000..0.900 ch_0: Why?
1.000..2.000 ch_1: Because
3.000..3.900 ch_0: Sure
read 3
note sorted by time: 1 cue out of order
",
    );
    check(
        "aws-call.json",
        "
aws_call_analytics_json
0.040..1.500 AGENT: Why this job?
1.800..4.000 CUSTOMER: I like hard problems.
read 2
",
    );
}

#[test]
fn rev_json_is_read_from_the_api_and_from_the_editor() {
    check(
        "rev.json",
        "
rev_json
0.300..0.500 Mira Okafor: Why?
1.000..1.500 Speaker 1: It works, <inaudible>.
read 2
",
    );
    check(
        "rev-editor.json",
        "
rev_editor_json
0.300..0.500 Mira Okafor: Why?
1.000..1.200 Jonas Weld: It works.
read 2
",
    );
}

fn said(transcript: &Transcript, n: usize) -> (Option<&str>, Option<u64>, &str) {
    let utterance = &transcript.utterances()[n];
    (transcript.speaker_of(n).map(|speaker| speaker.name.as_str()), utterance.start_ms, &utterance.text)
}

#[test]
fn a_call_export_states_roles_as_hints() {
    let call = parse("aws-call.json", &fixture("aws-call.json"));
    let roles: Vec<_> = call.speakers().iter().map(|speaker| speaker.stated_role).collect();
    assert_eq!(roles, [Some(Role::Interviewer), Some(Role::Candidate)]);
}

#[test]
fn the_name_of_the_file_decides_nothing() {
    for name in ["teams.vtt", "named.srt", "otter.txt", "interview.md", "rev.json"] {
        let bytes = fixture(name);
        assert_eq!(parse("transcript.png", &bytes), parse("", &bytes), "{name}");
    }
}

#[test]
fn line_breaks_and_encodings_change_nothing_but_a_note() {
    for name in ["zoom.vtt", "teams.vtt", "named.srt", "otter.txt", "meet.txt", "interview.md", "plain.txt", "rev.json"]
    {
        let text = String::from_utf8(fixture(name)).unwrap();
        let plain = parse(name, text.as_bytes());
        let windows = text.replace('\n', "\r\n");
        let old = text.replace('\n', "\r");
        let utf_16 = |text: &str, unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let marked = format!("\u{feff}{windows}");
        for (bytes, notes) in [
            (windows.clone().into_bytes(), 0),
            (old.into_bytes(), 0),
            (marked.clone().into_bytes(), 0),
            (utf_16(&marked, u16::to_le_bytes), 1),
            (utf_16(&marked, u16::to_be_bytes), 1),
            (utf_16(&windows, u16::to_le_bytes), 1),
            (utf_16(&windows, u16::to_be_bytes), 1),
        ] {
            let other = parse(name, &bytes);
            assert_eq!((other.utterances(), other.speakers()), (plain.utterances(), plain.speakers()), "{name}");
            assert_eq!(other.report().notes.len(), plain.report().notes.len() + notes, "{name}");
        }
    }
}

#[test]
fn windows_1252_is_read_and_noted() {
    let made = parse("a.txt", b"Zo\xeb: That\x92s it.\nAn\xef: Yes.\n");
    assert_eq!(said(&made, 0), (Some("Zo\u{eb}"), None, "That\u{2019}s it."));
    assert!(made.report().notes[0].text.contains("windows-1252"));
}

/// A Word document with these paragraphs; `\n` is a line break, `\t` a tab, `# ` a heading.
fn docx(paragraphs: &[&str]) -> Vec<u8> {
    let mut xml = String::from(r#"<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="w"><w:body>"#);
    for paragraph in paragraphs {
        let (style, text) = match paragraph.strip_prefix("# ") {
            Some(text) => (r#"<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>"#, text),
            None => ("", *paragraph),
        };
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let text = text.replace('\n', "</w:t><w:br/><w:t>").replace('\t', "</w:t><w:tab/><w:t xml:space=\"preserve\">");
        let _ = write!(xml, "<w:p>{style}<w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r></w:p>");
    }
    xml.push_str("</w:body></w:document>");
    zipped("word/document.xml", xml.as_bytes())
}

fn zipped(name: &str, content: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, SimpleFileOptions::default()).expect("a file begins");
    archive.write_all(content).expect("memory takes it");
    archive.finish().expect("a whole archive").into_inner()
}

fn teams_docx() -> Vec<u8> {
    docx(&[
        "Interview-20240507_140000-Meeting Recording",
        "May 7, 2024, 2:00PM",
        "41m 20s",
        "Mira Okafor started transcription",
        "Mira Okafor   0:03\nWhat does R&D build?",
        "Weld, Jonas (Guest)   0:08\nA parser for List<T>.\nIt is fast.",
        "Mira Okafor\t1:00:12",
        "Good.",
        "Mira Okafor stopped transcription",
    ])
}

#[test]
fn a_teams_document_is_read_with_breaks_or_with_paragraphs() {
    let made = parse("a.docx", &teams_docx());
    assert_eq!(made.format(), Format::Docx);
    let expected = [
        (Some("Mira Okafor"), Some(3_000), "What does R&D build?"),
        (Some("Weld, Jonas (Guest)"), Some(8_000), "A parser for List<T>. It is fast."),
        (Some("Mira Okafor"), Some(3_612_000), "Good."),
    ];
    assert_eq!((0..made.utterances().len()).map(|n| said(&made, n)).collect::<Vec<_>>(), expected);
    assert_eq!(made.report().dropped.len(), 5);
}

#[test]
fn an_early_teams_document_with_timing_lines_is_read() {
    let made = parse(
        "a.docx",
        &docx(&[
            "0:0:0.0 --> 0:0:2.350\nOkafor, Mira\nWhat is a heap?",
            "0:0:3.20 --> 0:0:5.0\nWeld, Jonas\nA tree that is half sorted.",
            "0:0:6.0 --> 0:0:7.0\nOkafor, Mira\nRight.",
            "0:0:8.0 --> 0:0:9.0\nWeld, Jonas\nYes.",
        ]),
    );
    assert_eq!(said(&made, 1), (Some("Weld, Jonas"), Some(3_020), "A tree that is half sorted."));
    assert_eq!(made.format(), Format::Docx);
}

#[test]
fn a_google_meet_document_is_read() {
    let made = parse(
        "a.docx",
        &docx(&[
            "# Interview",
            "# Attendees",
            "Mira Okafor, Jonas Weld",
            "# Transcript",
            "# 00:00:00",
            "Mira Okafor: What is a trie?",
            "Jonas Weld: A tree of letters.",
            "# 00:05:00",
            "Mira Okafor: Thanks.",
            "Transcription ended after 00:05:31",
        ]),
    );
    assert_eq!(said(&made, 1), (Some("Jonas Weld"), None, "A tree of letters."));
    assert_eq!(said(&made, 2), (Some("Mira Okafor"), Some(300_000), "Thanks."));
}

#[test]
fn what_is_no_transcript_is_refused_with_a_reason() {
    for (bytes, reason) in [
        (&b""[..], "the file is empty"),
        (b" \r\n\t\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"WEBVTT", "a caption header and no captions"),
        (b"WEBVTT\n\nNOTE nothing\n\n", "a caption header and no captions"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\n[Music]\n", "the file holds no speech"),
        (b"00:01.000 --> 00:02.000\n", "the file holds no speech"),
        (b"WEBVTT\n\nHello there.\n", "these words have no timing line"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
        (b"%PDF-1.7", "a PDF"),
        (b"RIFF\0\0\0\0WAVEfmt ", "WAV audio"),
        (b"\xff\xfb\x90\x44", "MP3 audio"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Word"),
        (b"{\\rtf1\\ansi Hello}", "an RTF document"),
        (b"<!DOCTYPE html><html><body>Hello", "an HTML page"),
        (b"PK\x03\x04", "the Word document is damaged"),
        (b"{\"text\": \"", "the JSON cannot be read"),
        (b"{\"text\": \"\"}", "the file holds no speech"),
        (b"{\"monologues\": 7}", "of no known shape; its keys are: monologues"),
        (b"...\n!!!\n", "the file holds no speech"),
    ] {
        let faults = refused(bytes);
        assert!(faults.to_string().contains(reason), "{reason}: {faults}");
        assert!(faults.all().iter().all(|fault| !fault.hint.is_empty()));
    }
    assert!(refused(&zipped("xl/workbook.xml", b"<x/>")).to_string().contains("an Excel workbook"));
}

#[test]
fn every_time_that_cannot_be_read_is_named_by_its_line() {
    let mut text = String::from("WEBVTT\n");
    (0..60).for_each(|n| write!(text, "\n00:0x.000 --> 00:{n:02}.000\nWords.\n").unwrap());
    let faults = refused(text.as_bytes());
    assert_eq!(faults.all().len(), 51);
    assert_eq!(faults.all()[0].line, Some(3));
    assert_eq!(faults.all()[50].what, "and 10 more");
}

#[test]
fn a_document_that_unpacks_to_too_much_is_refused() {
    let bomb = zipped("word/document.xml", &vec![b' '; 40 << 20]);
    assert!(bomb.len() < 100_000);
    assert!(refused(&bomb).to_string().contains("ZIP bomb"));
}

#[test]
fn a_very_long_line_is_read_or_refused_soon() {
    let words = "and so on it goes ".repeat(60_000);
    for text in [
        words.clone(),
        format!("Dana: {words}"),
        "a".repeat(1 << 20),
        format!("WEBVTT\n\n00:01.000 --> 00:02.000\n{words}"),
    ] {
        let begun = Instant::now();
        let _ = read("a.txt", text.as_bytes(), &Limits::default()).map(|made| holds(text.as_bytes(), &made));
        assert!(begun.elapsed() < Duration::from_mins(1), "an unoptimised build needs a few seconds");
    }
}

#[test]
fn hostile_repetitions_take_linear_time() {
    for unit in [
        "<",
        "<v",
        "<v a>b",
        "&",
        "&#",
        "{\\",
        ">>",
        "- ",
        "**",
        "[",
        "[a](",
        "`",
        "--> ",
        "0:0 --> ",
        "? ",
        "A: ",
        "[0:1]",
        "\n",
        "\n\n-->\n",
        ":",
        "\u{266a}",
        "( ",
        "_a",
        "\\[",
    ] {
        for start in ["WEBVTT\n\n00:01.000 --> 00:02.000\n", "# a\n", ""] {
            let text = format!("{start}{}", unit.repeat(20_000 / unit.len()));
            let begun = Instant::now();
            let _ = read("a.txt", text.as_bytes(), &Limits::default()).map(|made| holds(text.as_bytes(), &made));
            assert!(begun.elapsed() < Duration::from_secs(20), "{start:?} {unit:?} took {:?}", begun.elapsed());
        }
    }
}

/// Real files of real tools, where they are at hand.
fn shared_files() -> Vec<PathBuf> {
    let Ok(folders) = std::fs::read_dir(root().join("../shared/transcripts")) else { return Vec::new() };
    let files = folders.flatten().filter_map(|folder| std::fs::read_dir(folder.path()).ok()).flatten().flatten();
    files.map(|file| file.path()).collect()
}

#[test]
fn every_shared_file_is_read() {
    for path in shared_files() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let made = parse(&name, &std::fs::read(&path).unwrap());
        assert!(made.report().dropped.len() * 20 < made.report().read + 20, "{name}: {:?}", made.report().dropped);
    }
}

/// Every fixture's bytes, read once.
fn fixtures() -> &'static [Vec<u8>] {
    static ALL: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    ALL.get_or_init(read_fixtures)
}

fn read_fixtures() -> Vec<Vec<u8>> {
    let folder = std::fs::read_dir(root().join("tests/fixtures/transcripts")).expect("the fixtures");
    let mut paths: Vec<PathBuf> = folder.flatten().map(|file| file.path()).collect();
    paths.sort();
    let mut all: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).expect("a fixture")).collect();
    all.push(teams_docx());
    all
}

/// Reads whatever it is given; a transcript must hold what every one holds, a refusal must say why.
fn survives(bytes: &[u8]) -> bool {
    match read("a", bytes, &Limits::default()) {
        Ok(transcript) => {
            holds(bytes, &transcript);
            true
        }
        Err(faults) => {
            assert!((1..=51).contains(&faults.all().len()));
            assert!(faults.all().iter().all(|fault| !fault.what.is_empty() && !fault.hint.is_empty()));
            false
        }
    }
}

/// Numbers from a seed (xorshift64*), so that a run can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let wide = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d);
        usize::try_from(wide >> 33).unwrap_or(0) % n.max(1)
    }

    fn range(&mut self, length: usize, most: usize) -> std::ops::Range<usize> {
        let from = self.below(length + 1);
        from..(from + self.below(most)).min(length)
    }
}

const ODD: [&str; 40] = [
    "\0",
    "\u{feff}",
    "-->",
    "00:00:01.000 --> 00:00:02.000",
    "0:0:-1.-5 --> 0:0:1.1",
    "<v Ana>",
    "</v>",
    "<c>",
    "&amp;",
    "\n\n",
    "\r\n",
    "\r",
    "Ana:",
    "Ana Ito  0:03",
    "[Ana] 00:00:01",
    "[0:01]",
    "**",
    "# ",
    "](",
    "![",
    "\\",
    "`",
    ">>",
    "- ",
    "[Music]",
    "99999999999",
    "-1",
    "1e999",
    "null",
    "{",
    "[",
    "\"",
    "}",
    "]",
    ",",
    "\u{202e}",
    "\u{1f44b}",
    "\u{301}",
    "\u{3002}",
    "WEBVTT\n",
];

/// Changes a few places: bytes or lines are deleted, doubled, moved in from another file, or odd ones put in.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    for _ in 0..=dice.below(6) {
        let at = dice.range(bytes.len(), 40);
        match dice.below(8) {
            0 => drop(bytes.drain(at)),
            1 => {
                let piece = bytes[at.clone()].to_vec();
                bytes.splice(at.start..at.start, piece);
            }
            2 => {
                let piece = other[dice.range(other.len(), 400)].to_vec();
                bytes.splice(at, piece);
            }
            3 => drop(bytes.splice(at.start..at.start, ODD[dice.below(ODD.len())].bytes())),
            4 if at.start < bytes.len() => bytes[at.start] = u8::try_from(dice.below(256)).unwrap_or(0),
            5 => bytes.truncate(at.start.max(bytes.len() / 4)),
            _ => mutate_lines(bytes, dice),
        }
    }
}

fn mutate_lines(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let mut lines: Vec<Vec<u8>> = bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    let (at, to) = (dice.below(lines.len()), dice.below(lines.len()));
    match dice.below(4) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(to, lines[at].clone()),
        2 => lines.swap(at, to),
        _ => lines.insert(to, ODD[dice.below(ODD.len())].as_bytes().to_vec()),
    }
    *bytes = lines.join(&b'\n');
}

/// A fraction of a second, or as long as `EARMARK_FUZZ_SECONDS` says from the seed `EARMARK_FUZZ_SEED`.
#[test]
fn mutated_files_never_panic_and_hold_what_every_transcript_holds() {
    let set = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<f64>().ok());
    let duration = Duration::from_secs_f64(set("EARMARK_FUZZ_SECONDS").unwrap_or(0.3));
    let seed = set("EARMARK_FUZZ_SEED").unwrap_or(1.0).to_bits() | 1;
    let mut files = fixtures().to_vec();
    let own = files.len();
    files.extend(
        shared_files().iter().filter_map(|path| std::fs::read(path).ok()).filter(|bytes| bytes.len() < 100_000),
    );
    let (mut tried, mut accepted) = (0_u64, 0_u64);
    let begun = Instant::now();
    while begun.elapsed() < duration {
        let seed = seed.wrapping_add(tried.wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1;
        let mut dice = Dice(seed);
        let most = if dice.below(20) == 0 { files.len() } else { own };
        let mut bytes = files[dice.below(most)].clone();
        let other = dice.below(files.len());
        mutate(&mut bytes, &files[other], &mut dice);
        let Ok(read) = std::panic::catch_unwind(|| survives(&bytes)) else {
            panic!("input {tried} of this seed fails: {:?}", String::from_utf8_lossy(&bytes));
        };
        accepted += u64::from(read);
        tried += 1;
    }
    println!("{tried} inputs tried, {accepted} of them read");
    assert!(accepted > 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        survives(&bytes);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,300}") {
        survives(text.as_bytes());
    }

    #[test]
    fn any_text_of_a_family_is_read_or_refused(
        start in prop::sample::select(vec!["WEBVTT\n\n", "1\n00:00:01,000 --> 00:00:02,000\n", "[Ana] 00:00:01\n", "Ana  0:01\n", "# T\n**Ana:** ", "Ana: ", "{\"segments\": [", "[{"]),
        parts in proptest::collection::vec(prop_oneof![prop::sample::select(ODD.to_vec()).prop_map(str::to_owned), "[ -~\n]{0,30}", "\\PC{0,10}"], 0..30),
    ) {
        survives(format!("{start}{}", parts.concat()).as_bytes());
    }

    #[test]
    fn a_mutated_fixture_of_every_family_is_read_or_refused(seed in any::<u64>()) {
        let files = fixtures();
        let mut dice = Dice(seed | 1);
        let other = dice.below(files.len());
        for file in files {
            let mut bytes = file.clone();
            mutate(&mut bytes, &files[other], &mut dice);
            survives(&bytes);
        }
    }

    #[test]
    fn the_words_of_a_plain_text_all_arrive(words in proptest::collection::vec("[a-z]{1,12}[.?!,]?", 1..300)) {
        let text = words.join(" ");
        let made = parse("a.txt", text.as_bytes());
        let read: Vec<&str> = made.utterances().iter().map(|utterance| utterance.text.as_str()).collect();
        prop_assert_eq!(read.join(" "), text);
    }
}
