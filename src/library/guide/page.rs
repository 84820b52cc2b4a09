//! Puts the pieces of a marked-up document together to blocks; what its readers share.

use super::block::{Block, LeftOut, Mark, Reason, Source, fold, written_mark};
use super::label;
use super::wording::asks;

/// Collects text until a block ends.
#[derive(Default)]
pub(super) struct Page {
    pub source: Source,
    text: String,
    strong: usize,
    line: usize,
    mark: Option<Mark>,
    bold: usize,
    /// Inside how many links, and how many letters were linked.
    links: usize,
    linked: usize,
    soft_break: bool,
    row: Option<(usize, Vec<String>)>,
}

impl Page {
    /// Ends the block that is open, and begins one with this mark.
    pub(super) fn begin(&mut self, mark: Mark) {
        self.end();
        self.mark = Some(mark);
    }

    /// Ends the block that is open. In a table row, cells hold what would be blocks elsewhere.
    pub(super) fn end(&mut self) {
        self.soft_break = false;
        if self.row.is_some() {
            let inside = self.text.trim_end();
            let open = !inside.is_empty() && !inside.ends_with(['.', '?', '!', ':', ';', '”', '"']);
            self.text.truncate(inside.len());
            self.text.push_str(if open { "; " } else { " " });
            return;
        }
        let text = std::mem::take(&mut self.text);
        let mark = self.mark.take().unwrap_or(Mark::Plain);
        let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
        let linked = std::mem::take(&mut self.linked);
        if linked > 0 && linked * 10 >= letters * 9 && !matches!(mark, Mark::Heading(_)) && !asks(&fold(&text)) {
            self.strong = 0;
            self.source.left_out.push(LeftOut::new(self.line, Reason::Navigation, &text));
            return;
        }
        let block = Block::new(self.line, mark, &text, std::mem::take(&mut self.strong));
        self.source.push(block, true);
    }

    pub(super) fn bold(&mut self, on: bool) {
        if on {
            self.bold += 1;
            // Bold words at the beginning of a line begin something of their own.
            self.settle(true);
        } else {
            self.bold = self.bold.saturating_sub(1);
        }
    }

    pub(super) fn link(&mut self, on: bool) {
        self.links = if on { self.links + 1 } else { self.links.saturating_sub(1) };
    }

    /// Words that begin at `line`.
    pub(super) fn words(&mut self, text: &str, line: usize) {
        self.settle(begins_something(text));
        if self.text.trim().is_empty() {
            if text.trim().is_empty() {
                return;
            }
            self.line = line + text[..text.len() - text.trim_start().len()].matches('\n').count();
        }
        let all_bold = self.strong == self.text.len() || self.text.trim().is_empty();
        self.text.push_str(text);
        if self.links > 0 {
            self.linked += text.chars().filter(|c| c.is_alphanumeric()).count();
        }
        if self.bold > 0 && all_bold {
            self.strong = self.text.len();
        }
    }

    /// A line break that the author may not have meant.
    pub(super) fn soft_break(&mut self) {
        self.soft_break = true;
    }

    fn settle(&mut self, begins: bool) {
        if !std::mem::take(&mut self.soft_break) {
            return;
        }
        if begins || self.text.trim_end().ends_with(['?', ':']) {
            self.end();
        } else {
            self.words(" ", self.line);
        }
    }

    pub(super) fn begin_row(&mut self, line: usize) {
        self.end();
        self.row = Some((line, Vec::new()));
    }

    pub(super) fn end_cell(&mut self) {
        let text = std::mem::take(&mut self.text);
        let text = text.trim_end().trim_end_matches(';').to_owned();
        (self.strong, self.linked) = (0, 0);
        if let Some((_, cells)) = &mut self.row {
            cells.push(text);
        }
    }

    pub(super) fn end_row(&mut self) {
        if let Some((line, cells)) = self.row.take() {
            self.text.clear();
            self.source.push(Block::row(line, &cells), true);
        }
    }
}

fn begins_something(text: &str) -> bool {
    let text = fold(text);
    written_mark(&text, Mark::Plain).is_some() || label::of(&text, 0, false).is_some()
}
