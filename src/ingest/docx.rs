//! Word documents of Teams and Google Meet: unpacked within limits, their paragraphs read as lines of text. Hides ZIP and
//! XML.

use super::cue::Reading;
use super::text::{self, Line};
use super::{Limits, captions, detect};
use crate::domain::{Fault, Format};
use quick_xml::Reader;
use quick_xml::errors::Error;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::borrow::Cow;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// A document below this size may be packed as tightly as it likes.
const SMALL: usize = 1 << 20;

pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Reading, Vec<Fault>> {
    let xml = unpack(bytes, limits).map_err(|fault| vec![fault])?;
    let paragraphs = paragraphs(&xml).map_err(|error| vec![broken(&format!("its XML is not well formed: {error}"))])?;
    if paragraphs.iter().any(|paragraph| paragraph.text.split('\n').any(detect::is_timing)) {
        return as_captions(&paragraphs, limits);
    }
    let lines: Vec<Line<'_>> = lines(&paragraphs);
    if lines.len() > limits.max_lines {
        return Err(vec![Fault::whole(
            format!("the document has more than {} lines", limits.max_lines),
            "a transcript of a whole day has fewer; cut the document into its interviews",
        )]);
    }
    Ok(text::read_document(&lines, limits))
}

/// Early Teams documents hold a timing line, a name and words, one paragraph a cue.
fn as_captions(paragraphs: &[Paragraph], limits: &Limits) -> Result<Reading, Vec<Fault>> {
    let text = paragraphs.iter().map(|paragraph| paragraph.text.as_str()).collect::<Vec<_>>().join("\n\n");
    let mut reading = captions::read(&text, limits)?;
    reading.format = Format::Docx;
    Ok(reading)
}

fn lines(paragraphs: &[Paragraph]) -> Vec<Line<'_>> {
    let mut out = Vec::new();
    for paragraph in paragraphs {
        let lines = paragraph.text.split('\n').enumerate().filter(|(_, line)| !line.trim().is_empty());
        out.extend(lines.map(|(n, line)| (n == 0, line)).map(|(after_blank, line)| Line {
            text: Cow::Borrowed(line),
            heading: paragraph.heading,
            after_blank,
            ..Line::default()
        }));
    }
    for (n, line) in out.iter_mut().enumerate() {
        line.number = n + 1;
    }
    out
}

fn unpack(bytes: &[u8], limits: &Limits) -> Result<String, Fault> {
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&format!("the ZIP is damaged: {error}")))?;
    let Some(index) = archive.index_for_name("word/document.xml") else {
        let what = seems_to_be(&archive);
        return Err(Fault::whole(
            format!("this is {what}, not a Word document"),
            "give the transcript as DOCX, WebVTT, text or JSON",
        ));
    };
    let entry = archive.by_index(index).map_err(|error| broken(&format!("it cannot be unpacked: {error}")))?;
    let by_ratio = bytes.len().saturating_mul(limits.max_unpacked_ratio).max(SMALL);
    let most = limits.max_unpacked_bytes.min(by_ratio);
    let mut xml = Vec::new();
    // One byte more than allowed tells a document that is just small enough from a bomb; what the ZIP says is not asked.
    let count = entry.take(most as u64 + 1).read_to_end(&mut xml);
    if xml.len() > most {
        return Err(Fault::whole(
            format!("the document unpacks to more than {most} bytes"),
            "this looks like a ZIP bomb; save the transcript as text and give that",
        ));
    }
    count.map_err(|error| broken(&format!("it cannot be unpacked: {error}")))?;
    String::from_utf8(xml).map_err(|_| broken("its XML is not UTF-8"))
}

fn broken(what: &str) -> Fault {
    Fault::whole(format!("the Word document is damaged: {what}"), "open it in Word, save it again and give that")
}

fn seems_to_be(archive: &ZipArchive<Cursor<&[u8]>>) -> &'static str {
    let has = |start: &str| archive.file_names_raw().any(|name| name.starts_with(start.as_bytes()));
    if has("xl/") {
        "an Excel workbook"
    } else if has("ppt/") {
        "a PowerPoint presentation"
    } else if has("META-INF/manifest.xml") && has("content.xml") {
        "an OpenDocument file"
    } else {
        "a ZIP archive"
    }
}

/// A paragraph with its line breaks.
#[derive(Debug, Default, PartialEq, Eq)]
struct Paragraph {
    text: String,
    heading: bool,
}

/// Goes through the XML once, without recursion and without resolving any entity a document may define.
fn paragraphs(xml: &str) -> Result<Vec<Paragraph>, Error> {
    let mut reader = Reader::from_str(xml);
    let mut state = State::default();
    loop {
        match reader.read_event()? {
            Event::Start(tag) => state.open(&tag),
            Event::Empty(tag) => {
                state.open(&tag);
                state.close(tag.local_name().as_ref());
            }
            Event::End(tag) => state.close(tag.local_name().as_ref()),
            Event::Text(text) => state.text(&text.xml10_content()),
            Event::CData(text) => state.text(&text.xml10_content()),
            Event::GeneralRef(reference) => state.reference(&reference),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    state.end_paragraph();
    Ok(state.done)
}

#[derive(Default)]
struct State {
    done: Vec<Paragraph>,
    current: Paragraph,
    in_text: bool,
    /// How deep inside a part that repeats another in older words, or was deleted.
    skipping: usize,
}

impl State {
    fn open(&mut self, tag: &BytesStart<'_>) {
        match tag.local_name().as_ref() {
            "Fallback" | "del" | "moveFrom" => self.skipping += 1,
            "t" => self.in_text = true,
            "br" | "cr" => self.put("\n"),
            "tab" | "ptab" => self.put("\t"),
            "noBreakHyphen" => self.put("-"),
            "pStyle" => self.current.heading |= is_heading(tag),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "Fallback" | "del" | "moveFrom" => self.skipping = self.skipping.saturating_sub(1),
            "t" => self.in_text = false,
            "p" => self.end_paragraph(),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_text {
            self.put(text);
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>) {
        let named = || quick_xml::escape::resolve_predefined_entity(reference);
        match reference.resolve_char_ref() {
            Ok(Some(c)) => self.text(c.encode_utf8(&mut [0; 4])),
            _ => self.text(named().unwrap_or(" ")),
        }
    }

    fn put(&mut self, text: &str) {
        if self.skipping == 0 {
            self.current.text.push_str(text);
        }
    }

    fn end_paragraph(&mut self) {
        let paragraph = std::mem::take(&mut self.current);
        if !paragraph.text.trim().is_empty() {
            self.done.push(paragraph);
        }
    }
}

fn is_heading(style: &BytesStart<'_>) -> bool {
    let value = style.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == "val");
    value.is_some_and(|attribute| attribute.value.starts_with("Heading") || attribute.value.starts_with("Title"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(xml: &str, expected: &[(&str, bool)]) {
        let read = paragraphs(xml).expect("well formed");
        assert_eq!(read.iter().map(|p| (p.text.as_str(), p.heading)).collect::<Vec<_>>(), expected, "{xml}");
    }

    #[test]
    fn a_paragraph_has_its_words_its_breaks_and_its_tabs() {
        check(
            "<w:p><w:r><w:t>Ana</w:t><w:tab/><w:t>0:03</w:t><w:br/><w:t>R&amp;D &#x2014; so</w:t></w:r></w:p><w:p> </w:p>",
            &[("Ana\t0:03\nR&D \u{2014} so", false)],
        );
        check(
            "<w:p><w:pPr><w:pStyle w:val=\"Heading1\"/></w:pPr><w:r><w:t>Transcript</w:t></w:r></w:p>",
            &[("Transcript", true)],
        );
    }

    #[test]
    fn what_was_deleted_or_is_said_twice_is_left_out() {
        check(
            "<w:p><w:del><w:r><w:delText>no</w:delText><w:t>no</w:t></w:r></w:del><w:t>yes</w:t></w:p>",
            &[("yes", false)],
        );
        check("<w:p><mc:Fallback><w:t>twice</w:t></mc:Fallback><w:t>once</w:t></w:p>", &[("once", false)]);
    }

    #[test]
    fn entities_that_a_document_defines_are_not_expanded() {
        check("<!DOCTYPE x [<!ENTITY a \"bomb\">]><w:p><w:t>a&a;b</w:t></w:p>", &[("a b", false)]);
    }

    #[test]
    fn a_zip_that_is_damaged_is_refused() {
        let faults = read(b"PK\x03\x04rest", &Limits::default()).expect_err("damaged");
        assert!(faults[0].what.starts_with("the Word document is damaged"), "{faults:?}");
    }
}
