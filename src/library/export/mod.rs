//! Rubrics as documents and back: Markdown and HTML for people who edit in a word processor, JSON for machines. What is
//! exported reads back as the same rubric.
//!
//! Markdown and HTML are one [sheet] of headings and items, each item a key and a text, in two notations; so there is
//! one reader for both, on the blocks that the guide readers give.

mod json;
mod sheet;

pub(super) use json::from_json;
pub use json::to_json;
pub(super) use sheet::{FORM, read};

use crate::domain::Rubric;
use sheet::{Line, lines};
use std::fmt::Write as _;

/// The rubric as Markdown.
#[must_use]
pub fn to_markdown(rubric: &Rubric) -> String {
    let mut out = String::new();
    let mut after_item = false;
    for line in lines(rubric) {
        let (item, text) = match line {
            Line::Heading(level, text) => (false, format!("{} {}", "#".repeat(usize::from(level)), markdown(&text))),
            Line::Item(key, text) => (true, format!("- {}: {}", markdown(&key), markdown(&text))),
        };
        if !(out.is_empty() || item && after_item) {
            out.push('\n');
        }
        out.push_str(text.trim_end());
        out.push('\n');
        after_item = item;
    }
    out
}

/// Text with backslashes before what Markdown takes for markup.
fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_[]<>#|~&!$^".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The rubric as a page of headings and lists, as word processors open it.
#[must_use]
pub fn to_html(rubric: &Rubric) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n</head>\n<body>\n",
        html(&rubric.language),
        html(&rubric.title)
    );
    let mut in_list = false;
    for line in lines(rubric) {
        let is_item = matches!(line, Line::Item(..));
        if is_item != in_list {
            out.push_str(if is_item { "<ul>\n" } else { "</ul>\n" });
            in_list = is_item;
        }
        // Writing to a String cannot fail.
        let _ = match line {
            Line::Heading(level, text) => writeln!(out, "<h{level}>{}</h{level}>", html(&text)),
            Line::Item(key, text) => writeln!(out, "<li>{}: {}</li>", html(&key), html(&text)),
        };
    }
    if in_list {
        out.push_str("</ul>\n");
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
