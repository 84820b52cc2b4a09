//! Markdown to blocks. Hides the Markdown parser.

use super::block::{Mark, Source};
use super::html;
use super::page::Page;
use crate::library::lines::Lines;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// Whether the text has marks that text without markup does not have.
pub(super) fn is_markdown(text: &str) -> bool {
    let heading = |line: &str| {
        let level = line.len() - line.trim_start_matches('#').len();
        (1..=6).contains(&level) && line[level..].starts_with(' ')
    };
    let table = |line: &str| {
        line.len() >= 5 && line.contains('|') && line.contains("---") && !line.contains(char::is_alphanumeric)
    };
    let bold = |line: &str| line.matches("**").count() >= 2 || line.trim_start().starts_with("__");
    let link = |line: &str| line.contains("](http") || line.contains("](#") || line.contains("](/");
    text.lines().any(|line| heading(line) || table(line) || bold(line) || link(line))
}

pub(super) fn read(text: &str) -> Source {
    let lines = Lines::of(text);
    let options = Options::ENABLE_TASKLISTS
        | Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut state = State::default();
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        state.event(event, lines.at(range.start));
    }
    state.page.end();
    state.page.source
}

#[derive(Default)]
struct State {
    page: Page,
    /// For each open list, the number of its next item.
    lists: Vec<Option<u64>>,
    /// How deep inside a picture or a document's metadata.
    silent: usize,
}

impl State {
    fn event(&mut self, event: Event<'_>, line: usize) {
        match event {
            Event::Start(tag) => self.start(&tag, line),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) if self.silent == 0 => self.page.words(&text, line),
            Event::SoftBreak => self.page.soft_break(),
            Event::HardBreak => self.page.end(),
            Event::Html(code) | Event::InlineHtml(code) => self.html(&code, line),
            _ => {}
        }
    }

    /// A page's markup inside the Markdown: its words only.
    fn html(&mut self, code: &str, line: usize) {
        let inner = html::read(code);
        for block in inner.blocks {
            self.page.words(&block.text, line + block.line - 1);
        }
        if code.trim_start().to_ascii_lowercase().starts_with("<br") {
            self.page.end();
        }
        self.page.source.left_out.extend(inner.left_out);
    }

    fn start(&mut self, tag: &Tag<'_>, line: usize) {
        match tag {
            Tag::Heading { level, .. } => self.page.begin(Mark::Heading(level_of(*level))),
            Tag::List(first) => {
                self.page.end();
                self.lists.push(*first);
            }
            Tag::Item => {
                let depth = self.lists.len().saturating_sub(1) as u8;
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        Mark::Number { depth, number: (*number - 1) as u32 }
                    }
                    _ => Mark::Bullet { depth },
                };
                self.page.begin(mark);
            }
            Tag::TableHead | Tag::TableRow => self.page.begin_row(line),
            Tag::Strong | Tag::Emphasis => self.page.bold(true),
            Tag::Link { .. } => self.page.link(true),
            Tag::Image { .. } | Tag::MetadataBlock(_) => self.silent += 1,
            Tag::BlockQuote(_) | Tag::CodeBlock(_) => self.page.end(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::List(_) => {
                self.page.end();
                self.lists.pop();
            }
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::BlockQuote(_) | TagEnd::CodeBlock => {
                self.page.end();
            }
            TagEnd::TableCell => self.page.end_cell(),
            TagEnd::TableHead | TagEnd::TableRow => self.page.end_row(),
            TagEnd::Strong | TagEnd::Emphasis => self.page.bold(false),
            TagEnd::Link => self.page.link(false),
            TagEnd::Image | TagEnd::MetadataBlock(_) => self.silent = self.silent.saturating_sub(1),
            _ => {}
        }
    }
}

fn level_of(level: HeadingLevel) -> u8 {
    level as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_items_rows_and_bold_words_are_told_apart() {
        let text = "# Guide\n\n1. **Why?**\n   Look for: reasons\n   - deep\n\n| Question | Answer |\n|---|---|\n| How? | So |\n";
        let source = read(text);
        let seen: Vec<_> = source.blocks.iter().map(|b| (b.line, b.mark, b.text.as_str(), b.strong)).collect();
        assert_eq!(
            seen,
            [
                (1, Mark::Heading(1), "Guide", 0),
                (3, Mark::Number { depth: 0, number: 1 }, "Why?", 4),
                (4, Mark::Plain, "Look for: reasons", 0),
                (5, Mark::Bullet { depth: 1 }, "deep", 0),
                (7, Mark::Plain, "Question | Answer", 0),
                (9, Mark::Plain, "How? | So", 0),
            ]
        );
        assert_eq!(source.blocks[5].cells, ["How?", "So"]);
    }

    #[test]
    fn a_soft_break_before_bold_words_begins_a_block() {
        let seen: Vec<_> = read("**Why?**\n**Look for:** a\nreason\n").blocks.into_iter().map(|b| b.text).collect();
        assert_eq!(seen, ["Why?", "Look for: a reason"]);
    }
}
