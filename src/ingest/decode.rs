//! Bytes to text: encodings found and undone, what is no text refused by its name. Hides byte order marks and code pages.

use super::cue::counted;
use crate::domain::{Fault, Note};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// How much of a file is looked at to guess its encoding.
const SAMPLE: usize = 64 << 10;

/// What the bytes are.
pub(super) enum Content<'b> {
    /// Text with `\n` as its only line break and no byte order mark.
    Text { text: Cow<'b, str>, note: Option<Note> },
    /// A ZIP archive; a Word document is one.
    Zip,
}

pub(super) fn decode(bytes: &[u8]) -> Result<Content<'_>, Vec<Fault>> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Ok(Content::Zip);
    }
    if let Some(what) = seems_to_be(bytes) {
        return Err(vec![Fault::whole(format!("this is {what}, not a transcript"), hint(what))]);
    }
    let (text, note) = text(bytes);
    if is_binary(&text) {
        return Err(vec![Fault::whole(
            "the file seems to be binary data, not a transcript",
            "export the transcript as WebVTT, text, DOCX or JSON",
        )]);
    }
    let note = note.map(|text| Note { line: None, text });
    Ok(Content::Text { text: with_plain_line_breaks(text), note })
}

/// Names what the first bytes are known to begin.
fn seems_to_be(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 16] = [
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"%PDF-", "a PDF"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"Rar!\x1a", "a RAR archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Word or Office document (.doc)"),
        (b"ID3", "MP3 audio"),
        (b"\xff\xfb", "MP3 audio"),
        (b"\xff\xf3", "MP3 audio"),
        (b"OggS", "Ogg audio"),
        (b"fLaC", "FLAC audio"),
        (b"\x1a\x45\xdf\xa3", "a WebM or Matroska video"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"\x7fELF", "a program"),
    ];
    if bytes.len() >= 12 && &bytes[4..8] == b"ftyp" {
        return Some("an MP4 recording");
    }
    if bytes.len() >= 12 && bytes.starts_with(b"RIFF") && &bytes[8..12] == b"WAVE" {
        return Some("WAV audio");
    }
    KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, what)| *what)
}

fn hint(what: &str) -> &'static str {
    if what.contains("audio") || what.contains("video") || what.contains("recording") {
        "transcribe the recording first; Earmark reads transcripts, not sound"
    } else if what.contains("archive") {
        "unpack it and give the transcript inside"
    } else if what.contains(".doc") {
        "save it as .docx and give that"
    } else {
        "export the transcript as WebVTT, text, DOCX or JSON"
    }
}

fn text(bytes: &[u8]) -> (Cow<'_, str>, Option<String>) {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let (text, broken) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return (text, note(encoding, broken));
    }
    if let Some(encoding) = utf_16_without_mark(bytes) {
        let (text, broken) = encoding.decode_without_bom_handling(bytes);
        return (text, note(encoding, broken));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), None),
        Err(_) => not_utf_8(bytes),
    }
}

fn note(encoding: &'static Encoding, broken: bool) -> Option<String> {
    let repaired = if broken { "; what could not be read in it was replaced" } else { "" };
    (broken || encoding != encoding_rs::UTF_8).then(|| format!("the file was read as {}{repaired}", encoding.name()))
}

/// Text in UTF-16 without a mark shows by its spaces, digits and line breaks: every other byte of them is zero.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let zeros = |from: usize| sample.iter().skip(from).step_by(2).filter(|b| **b == 0).count();
    let (high, low) = (zeros(0), zeros(1));
    let enough = sample.len() / 20;
    if sample.len() < 4 || high.max(low) <= enough || high.min(low) * 50 > high.max(low) {
        return None;
    }
    Some(if low > high { UTF_16LE } else { UTF_16BE })
}

/// UTF-8 with a few broken places keeps its other letters; anything else is taken for windows-1252, which reads all.
fn not_utf_8(bytes: &[u8]) -> (Cow<'_, str>, Option<String>) {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    if good > bad {
        let repaired = format!("replaced what is not UTF-8 in {}", counted(bad, "place"));
        return (String::from_utf8_lossy(bytes), Some(repaired));
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    (text, Some("the file is not UTF-8 and was read as windows-1252".into()))
}

fn is_binary(text: &str) -> bool {
    if text.as_bytes().contains(&0) {
        return true;
    }
    let (mut all, mut odd) = (0_usize, 0_usize);
    for c in text.chars().take(SAMPLE) {
        all += 1;
        odd += usize::from(c == '\u{fffd}' || (c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}')));
    }
    odd > 4 && odd * 20 > all
}

fn with_plain_line_breaks(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &str, noted: Option<&str>) {
        match decode(bytes) {
            Ok(Content::Text { text, note }) => {
                assert_eq!(text, expected);
                assert_eq!(note.map(|note| note.text).as_deref(), noted);
            }
            Ok(Content::Zip) => panic!("a ZIP"),
            Err(faults) => panic!("{faults:?}"),
        }
    }

    fn utf_16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn utf_8_is_read_with_and_without_its_mark() {
        check("Zo\u{eb}\r\nb\rc".as_bytes(), "Zo\u{eb}\nb\nc", None);
        check("\u{feff}Zo\u{eb}".as_bytes(), "Zo\u{eb}", None);
    }

    #[test]
    fn utf_16_is_read_in_either_order_with_and_without_its_mark() {
        for mark in ["\u{feff}", ""] {
            let text = format!("{mark}WEBVTT \u{17b}\u{f3}\u{142}w");
            check(
                &utf_16(&text, u16::to_le_bytes),
                "WEBVTT \u{17b}\u{f3}\u{142}w",
                Some("the file was read as UTF-16LE"),
            );
            check(
                &utf_16(&text, u16::to_be_bytes),
                "WEBVTT \u{17b}\u{f3}\u{142}w",
                Some("the file was read as UTF-16BE"),
            );
        }
    }

    #[test]
    fn windows_1252_is_read_and_noted() {
        check(
            b"Zo\xeb said \x93no\x94",
            "Zo\u{eb} said \u{201c}no\u{201d}",
            Some("the file is not UTF-8 and was read as windows-1252"),
        );
    }

    #[test]
    fn a_broken_place_in_utf_8_does_not_cost_the_other_letters() {
        check(
            b"Zo\xc3\xab \xc3\xa9t\xc3\xa9 \xff.",
            "Zo\u{eb} \u{e9}t\u{e9} \u{fffd}.",
            Some("replaced what is not UTF-8 in 1 place"),
        );
    }

    #[test]
    fn what_is_no_text_is_refused_by_its_name() {
        for (bytes, what) in [
            (&b"\x89PNG\r\n\x1a\n\0\0"[..], "a PNG image"),
            (b"\0\0\0\x20ftypisom\0\0", "an MP4 recording"),
            (b"RIFF\0\0\0\0WAVEfmt ", "WAV audio"),
            (b"\x1f\x8b\x08", "a gzip archive"),
            (b"ab\0cd\0\0\0\0\0ef", "binary data"),
            (b"\x01\x02\x03\x04\x05\x06\x07\x08abc", "binary data"),
        ] {
            let faults = decode(bytes).err().expect("refused");
            assert!(faults[0].what.contains(what), "{faults:?}");
        }
    }
}
