//! Bytes of a guide to blocks: what kind of file it is, from its content and never from its name.

use super::block::Source;
use super::{docx, html, markdown, plain};
use crate::domain::Fault;
use crate::library::export::FORM;
use encoding_rs::{Encoding, WINDOWS_1252};
use serde::Serialize;
use std::borrow::Cow;

/// How images begin: PNG, JPEG, GIF, TIFF in both orders, WebP and its kin.
const IMAGES: [&[u8]; 6] = [b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"RIFF"];

/// Longest guide, in bytes.
const MAX_BYTES: usize = 20_000_000;

/// What kind of file a guide is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuideFormat {
    /// Text without markup.
    Text,
    /// Markdown.
    Markdown,
    /// A page.
    Html,
    /// A Word document; its places are paragraphs, not lines.
    Docx,
    /// A rubric as JSON, as it is exported.
    Json,
}

impl GuideFormat {
    /// For people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "Markdown",
            Self::Html => "HTML",
            Self::Docx => "DOCX",
            Self::Json => "JSON",
        }
    }

    /// What its places count.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Docx => "paragraph",
            _ => "line",
        }
    }
}

/// What a file holds.
pub(super) enum Content {
    Guide(GuideFormat, Source),
    /// The text of a rubric in JSON.
    Json(String),
}

pub(super) fn read(bytes: &[u8]) -> Result<Content, Fault> {
    if bytes.len() > MAX_BYTES {
        let hint = "a guide is a few pages; check that this is the right file";
        return Err(Fault::whole("the file is longer than the 20 MB that are read", hint));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Ok(Content::Guide(GuideFormat::Docx, docx::read(bytes)?));
    }
    let text = decode(bytes)?;
    if text.trim().is_empty() {
        return Err(Fault::whole("the file is empty", "give the guide as text, Markdown, HTML or DOCX"));
    }
    if text.trim_start().starts_with('{') && serde_json::from_str::<serde_json::Value>(&text).is_ok() {
        return Ok(Content::Json(text.into_owned()));
    }
    let text = if text.contains(FORM) { text } else { visible(text) };
    let (format, source) = if html::is_html(&text) {
        (GuideFormat::Html, html::read(&text))
    } else if markdown::is_markdown(&text) {
        (GuideFormat::Markdown, markdown::read(&text))
    } else {
        (GuideFormat::Text, plain::read(&text))
    };
    Ok(Content::Guide(format, source))
}

/// Pages hold characters that nobody sees: places to break words, marks of direction.
fn visible(text: Cow<'_, str>) -> Cow<'_, str> {
    let hidden = |c: char| matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}');
    if text.contains(hidden) { Cow::Owned(text.replace(hidden, "")) } else { text }
}

/// The text in the bytes, with `\n` as its only line break.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Fault> {
    let hint = "give the guide as text, Markdown, HTML or DOCX";
    if bytes.starts_with(b"%PDF-") {
        return Err(Fault::whole("this is a PDF, which is not read", "save it as DOCX or copy its text into a file"));
    }
    if IMAGES.iter().any(|start| bytes.starts_with(start)) {
        let hint = "have its words recognised (most scanners and phones do), correct them, and give the text";
        return Err(Fault::whole("this is an image, and its words are not read", hint));
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Err(Fault::whole("this is an old Word document (.doc)", "save it as .docx and give that"));
    }
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => encoding.decode_without_bom_handling(&bytes[mark..]).0,
        None => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
        },
    };
    let odd = text.chars().take(4_000).filter(|c| c.is_control() && !c.is_whitespace()).count();
    if odd > 8 || text.contains('\0') {
        return Err(Fault::whole("the file is binary data, not a guide", hint));
    }
    Ok(if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(bytes: &[u8]) -> GuideFormat {
        match read(bytes).unwrap_or_else(|fault| panic!("{fault:?}")) {
            Content::Guide(format, _) => format,
            Content::Json(_) => GuideFormat::Json,
        }
    }

    #[test]
    fn the_format_is_found_in_the_content() {
        assert_eq!(format(b"Why?\r\n\r\n- How?\n"), GuideFormat::Text);
        assert_eq!(format(b"# Guide\n\nWhy?"), GuideFormat::Markdown);
        assert_eq!(format(b"1. **Why?**\n"), GuideFormat::Markdown);
        assert_eq!(format(b"\xef\xbb\xbf<!DOCTYPE html><p>Why?"), GuideFormat::Html);
        assert_eq!(format(b"{\"id\": \"a\"}"), GuideFormat::Json);
        assert_eq!(format(b"\xff\xfeW\0h\0y\0?\0"), GuideFormat::Text);
    }

    #[test]
    fn what_is_no_guide_is_refused_by_its_name() {
        for (bytes, what) in [(&b"%PDF-1.7"[..], "PDF"), (b" \n", "empty"), (b"a\0b", "binary data")] {
            assert!(read(bytes).err().expect("refused").what.contains(what));
        }
    }
}
