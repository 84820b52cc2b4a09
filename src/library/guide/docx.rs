//! Word documents to blocks: headings, lists, tables and bold words by their styles. Hides ZIP and XML.

use super::block::{Mark, Source};
use super::page::Page;
use crate::domain::Fault;
use quick_xml::Reader;
use quick_xml::errors::Error;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// Most bytes that a part of a document may unpack to.
const MAX_UNPACKED: u64 = 50_000_000;

pub(super) fn read(bytes: &[u8]) -> Result<Source, Fault> {
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&format!("the ZIP is damaged: {error}")))?;
    if archive.index_for_name("word/document.xml").is_none() {
        let what = "this is a ZIP archive, not a Word document";
        return Err(Fault::whole(what, "give the guide as DOCX, HTML, Markdown or text"));
    }
    let document = part(&mut archive, "word/document.xml")?;
    let numbering = archive.index_for_name("word/numbering.xml").map(|_| part(&mut archive, "word/numbering.xml"));
    let bullets = numbering.transpose()?.map(|xml| bullets(&xml)).transpose().map_err(|error| malformed(&error))?;
    blocks(&document, bullets.unwrap_or_default()).map_err(|error| malformed(&error))
}

fn part(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<String, Fault> {
    let entry = archive.by_name(name).map_err(|error| broken(&format!("it cannot be unpacked: {error}")))?;
    let mut xml = Vec::new();
    // What the ZIP says of its sizes is not asked.
    let count = entry.take(MAX_UNPACKED + 1).read_to_end(&mut xml);
    if xml.len() as u64 > MAX_UNPACKED {
        let what = format!("the document unpacks to more than {MAX_UNPACKED} bytes");
        return Err(Fault::whole(what, "this looks like a ZIP bomb; save the guide as text and give that"));
    }
    count.map_err(|error| broken(&format!("it cannot be unpacked: {error}")))?;
    String::from_utf8(xml).map_err(|_| broken("its XML is not UTF-8"))
}

fn malformed(error: &Error) -> Fault {
    broken(&format!("its XML is not well formed: {error}"))
}

fn broken(what: &str) -> Fault {
    Fault::whole(format!("the Word document is damaged: {what}"), "open it in Word, save it again and give that")
}

/// Which levels of which lists have bullets instead of numbers.
#[derive(Debug, Default)]
struct Bullets {
    /// From a list to its definition.
    lists: BTreeMap<String, String>,
    /// A definition's levels that have numbers.
    numbered: BTreeMap<(String, u8), bool>,
}

impl Bullets {
    fn is_numbered(&self, list: &str, level: u8) -> bool {
        let definition = self.lists.get(list);
        definition.is_some_and(|id| self.numbered.get(&(id.clone(), level)).copied().unwrap_or(false))
    }
}

fn bullets(xml: &str) -> Result<Bullets, Error> {
    let mut found = Bullets::default();
    let (mut definition, mut level, mut list) = (String::new(), 0, String::new());
    let mut reader = Reader::from_str(xml);
    loop {
        let (Event::Start(tag) | Event::Empty(tag)) = (match reader.read_event()? {
            Event::Eof => return Ok(found),
            event @ (Event::Start(_) | Event::Empty(_)) => event,
            _ => continue,
        }) else {
            continue;
        };
        match tag.local_name().as_ref() {
            "abstractNum" => definition = attribute(&tag, "abstractNumId").unwrap_or_default(),
            "lvl" => level = attribute(&tag, "ilvl").and_then(|level| level.parse().ok()).unwrap_or(0),
            "numFmt" => {
                let numbered = value(&tag).is_some_and(|format| format != "bullet" && format != "none");
                found.numbered.insert((definition.clone(), level), numbered);
            }
            "num" => list = attribute(&tag, "numId").unwrap_or_default(),
            "abstractNumId" => drop(found.lists.insert(list.clone(), value(&tag).unwrap_or_default())),
            _ => {}
        }
    }
}

/// Goes through the XML once, without recursion and without resolving any entity a document may define.
fn blocks(xml: &str, bullets: Bullets) -> Result<Source, Error> {
    let mut reader = Reader::from_str(xml);
    let mut state = State { bullets, ..State::default() };
    loop {
        match reader.read_event()? {
            Event::Start(tag) => state.open(&tag, false),
            Event::Empty(tag) => {
                state.open(&tag, true);
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
    state.page.end_row();
    state.page.end();
    Ok(state.page.source)
}

#[derive(Default)]
struct State {
    page: Page,
    bullets: Bullets,
    /// How many paragraphs have begun.
    paragraph: usize,
    style: Style,
    in_text: bool,
    in_run: bool,
    bold: bool,
    /// How deep inside a part that repeats another in older words, or was deleted.
    skipping: usize,
    counters: BTreeMap<(String, u8), u32>,
    tables: usize,
}

/// What a paragraph's properties say.
#[derive(Default)]
struct Style {
    name: String,
    outline: Option<u8>,
    list: Option<String>,
    level: u8,
    begun: bool,
}

impl State {
    fn open(&mut self, tag: &BytesStart<'_>, empty: bool) {
        match tag.local_name().as_ref() {
            "Fallback" | "del" | "moveFrom" => self.skipping += 1,
            "tbl" => self.tables += 1,
            "tr" if self.tables == 1 => self.page.begin_row(self.paragraph + 1),
            "p" => {
                self.paragraph += 1;
                self.style = Style::default();
            }
            "pStyle" => self.style.name = value(tag).unwrap_or_default(),
            "outlineLvl" => {
                self.style.outline = value(tag).and_then(|level| level.parse().ok()).filter(|level| *level < 6);
            }
            "numId" => self.style.list = value(tag).filter(|list| list != "0"),
            "ilvl" => self.style.level = value(tag).and_then(|level| level.parse().ok()).unwrap_or(0),
            "r" => (self.in_run, self.bold) = (!empty, false),
            "b" | "i" if self.in_run => {
                self.bold = !value(tag).is_some_and(|on| matches!(on.as_str(), "0" | "false" | "off"));
            }
            "t" => self.in_text = true,
            "br" | "cr" => self.page.end(),
            "tab" | "ptab" if self.in_run => self.put(" "),
            "noBreakHyphen" => self.put("-"),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "Fallback" | "del" | "moveFrom" => self.skipping = self.skipping.saturating_sub(1),
            "t" => self.in_text = false,
            "r" => self.in_run = false,
            "p" => self.page.end(),
            "tbl" => self.tables = self.tables.saturating_sub(1),
            "tc" if self.tables == 1 => self.page.end_cell(),
            "tr" if self.tables == 1 => self.page.end_row(),
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
        if self.skipping > 0 {
            return;
        }
        if !std::mem::replace(&mut self.style.begun, true) {
            let mark = self.mark();
            self.page.begin(mark);
        }
        if self.bold {
            self.page.bold(true);
        }
        self.page.words(text, self.paragraph);
        if self.bold {
            self.page.bold(false);
        }
    }

    fn mark(&mut self) -> Mark {
        let name = self.style.name.to_ascii_lowercase();
        let digit = |name: &str| name.bytes().last().filter(u8::is_ascii_digit).map(|digit| digit - b'0');
        if let Some(level) = self.style.outline {
            return Mark::Heading(level + 1);
        }
        if name.starts_with("heading") {
            return Mark::Heading(digit(&name).unwrap_or(1).clamp(1, 6));
        }
        if name == "title" {
            return Mark::Heading(1);
        }
        let depth = self.style.level;
        let numbered = match &self.style.list {
            Some(list) => self.bullets.is_numbered(list, depth),
            None if name.starts_with("listnumber") => true,
            None if name.starts_with("listbullet") => false,
            None => return Mark::Plain,
        };
        if !numbered {
            return Mark::Bullet { depth };
        }
        let list = self.style.list.clone().unwrap_or_default();
        let number = self.counters.entry((list, depth)).or_insert(0);
        *number += 1;
        Mark::Number { depth, number: *number }
    }
}

fn value(tag: &BytesStart<'_>) -> Option<String> {
    attribute(tag, "val")
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == name);
    found.map(|attribute| attribute.value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_lists_tables_and_bold_words_are_read() {
        let xml = "<w:body><w:p><w:pPr><w:pStyle w:val=\"Heading2\"/></w:pPr><w:r><w:t>Tests</w:t></w:r></w:p>\
            <w:p><w:pPr><w:numPr><w:ilvl w:val=\"1\"/><w:numId w:val=\"3\"/></w:numPr></w:pPr><w:r><w:t>deep</w:t></w:r></w:p>\
            <w:p><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">Look for: </w:t></w:r><w:r><w:t>R&amp;D</w:t></w:r></w:p>\
            <w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
            </w:body>";
        let source = blocks(xml, Bullets::default()).expect("well formed");
        let seen: Vec<_> = source.blocks.iter().map(|b| (b.line, b.mark, b.text.as_str(), b.strong)).collect();
        assert_eq!(
            seen,
            [
                (1, Mark::Heading(2), "Tests", 0),
                (2, Mark::Bullet { depth: 1 }, "deep", 0),
                (3, Mark::Plain, "Look for: R&D", 9),
                (4, Mark::Plain, "a | b", 0),
            ]
        );
    }

    #[test]
    fn a_zip_that_is_no_document_is_refused() {
        assert!(read(b"PK\x03\x04rest").expect_err("damaged").what.contains("damaged"));
    }
}
