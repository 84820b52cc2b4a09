//! What a guide is made of, whatever file it came in: headings, paragraphs, list items and table rows, each with its place.

use serde::Serialize;

/// How a block is set off from the text around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// A heading; 1 is the highest level.
    Heading(u8),
    /// A list item with a number, or a paragraph that begins with one.
    Number { depth: u8, number: u32 },
    /// A list item with a bullet.
    Bullet { depth: u8 },
    /// A paragraph.
    Plain,
}

/// A stretch of the guide that its author set off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Where it begins, from 1: its line, or its paragraph in a Word document.
    pub line: usize,
    pub mark: Mark,
    /// White space folded; never empty.
    pub text: String,
    /// How many bytes at the beginning of `text` are bold.
    pub strong: usize,
    /// The cells of a table row; empty for anything else.
    pub cells: Vec<String>,
    /// Whether something empty was before it.
    pub after_blank: bool,
}

impl Block {
    /// A block of text; `None` when it says nothing. A number or bullet that is written out becomes its mark.
    pub(super) fn new(line: usize, mark: Mark, text: &str, strong: usize) -> Option<Self> {
        let before = fold(text.get(..strong).unwrap_or(text));
        let text = fold(text);
        let (text, mark) = match (written_mark(&text, mark), mark) {
            (Some((rest, written)), Mark::Plain) => (rest, written),
            (Some((rest, Mark::Number { number, .. })), Mark::Bullet { depth }) => {
                (rest, Mark::Number { depth, number })
            }
            (Some((rest, _)), mark) => (rest, mark),
            (None, mark) => (text.as_str(), mark),
        };
        let strong = before.trim_end().len().saturating_sub(fold_len(&before, text));
        let block = Self { line, mark, text: text.to_owned(), strong, cells: Vec::new(), after_blank: false };
        block.text.contains(char::is_alphanumeric).then_some(block)
    }

    /// A row of a table.
    pub(super) fn row(line: usize, cells: &[String]) -> Option<Self> {
        let cells: Vec<String> = cells.iter().map(|cell| fold(cell)).collect();
        let text = cells.iter().filter(|cell| !cell.is_empty()).cloned().collect::<Vec<_>>().join(" | ");
        let block = Self { line, mark: Mark::Plain, text, strong: 0, cells, after_blank: false };
        block.text.contains(char::is_alphanumeric).then_some(block)
    }

    pub(super) fn is_heading(&self) -> bool {
        matches!(self.mark, Mark::Heading(_))
    }

    /// Whether all of it stands out: a heading, or bold from end to end.
    pub(super) fn stands_out(&self) -> bool {
        self.is_heading() || self.strong + 1 >= self.text.len()
    }

    pub(super) fn is_item(&self) -> bool {
        matches!(self.mark, Mark::Number { .. } | Mark::Bullet { .. })
    }

    pub(super) fn number(&self) -> Option<u32> {
        match self.mark {
            Mark::Number { number, .. } => Some(number),
            _ => None,
        }
    }

    /// How high it stands in the outline: the lower, the higher. Plain text is lowest.
    pub(super) fn rank(&self) -> u8 {
        match self.mark {
            Mark::Heading(level) => level,
            _ if self.strong > 0 && self.stands_out() && !self.is_item() => 10,
            Mark::Number { depth, .. } => 20 + 2 * depth.min(20),
            Mark::Bullet { depth } => 21 + 2 * depth.min(20),
            Mark::Plain => PLAIN,
        }
    }
}

/// The rank of text that nothing sets off.
pub(super) const PLAIN: u8 = 100;

/// How many bytes a written mark took off the front of `before`.
fn fold_len(before: &str, rest: &str) -> usize {
    let shared = before.char_indices().map(|(at, _)| at).find(|at| rest.starts_with(before[*at..].trim_end()));
    shared.unwrap_or(before.len())
}

/// White space folded to single blanks; a control character is white space.
pub(super) fn fold(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The number or bullet that a text begins with, and what follows it.
pub(super) fn written_mark(text: &str, of: Mark) -> Option<(&str, Mark)> {
    let depth = match of {
        Mark::Number { depth, .. } | Mark::Bullet { depth } => depth,
        _ => 0,
    };
    let first = text.chars().next()?;
    if "•▪◦●○‣·–—-*+➢✓✔►".contains(first) {
        let rest = text[first.len_utf8()..].strip_prefix(' ')?;
        return (!rest.is_empty()).then_some((rest.trim_start(), Mark::Bullet { depth }));
    }
    let open = text.strip_prefix(['(', '#']).or_else(|| after_name(text)).unwrap_or(text);
    let digits = open.bytes().take_while(u8::is_ascii_digit).count();
    let number = open.get(..digits).filter(|digits| (1..=3).contains(&digits.len()))?.parse().ok()?;
    let after = open[digits..].trim_start();
    let rest = after.strip_prefix(['.', ')', ':', '–', '—', '-'])?;
    let glued = rest.starts_with(|c: char| c.is_alphabetic()) && after.starts_with(['.', ')']);
    (rest.starts_with(' ') || glued).then(|| (rest.trim_start(), Mark::Number { depth, number }))
}

/// What follows "Q" or "Question" where it names a number: `Q3) ...`. With a colon it is a label.
fn after_name(text: &str) -> Option<&str> {
    let rest = ["Question ", "Q.", "Q"].iter().find_map(|name| text.strip_prefix(name))?;
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    (rest.starts_with(|c: char| c.is_ascii_digit()) && !after.starts_with(':')).then_some(rest)
}

/// Why something of the guide is not in the rubric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Menus, links and what else leads elsewhere.
    Navigation,
    /// Offers, sign-ups and what else sells.
    Advertising,
    /// Scripts, styles and forms of a page.
    PageParts,
    /// Words to the reader before and between the questions.
    Introduction,
    /// Words to the reader after them.
    Closing,
    /// Questions that readers of the page ask, with their answers.
    ReadersQuestions,
    /// What stands under no question and is none.
    NoPlace,
}

impl Reason {
    /// For people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Navigation => "navigation",
            Self::Advertising => "advertising",
            Self::PageParts => "scripts, styles and forms",
            Self::Introduction => "introduction",
            Self::Closing => "closing words",
            Self::ReadersQuestions => "questions of the page's readers",
            Self::NoPlace => "belongs to no question",
        }
    }
}

/// Something of the guide that is not in the rubric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its line, or its paragraph in a Word document.
    pub line: usize,
    /// Why.
    pub reason: Reason,
    /// How it begins.
    pub text: String,
}

impl LeftOut {
    pub(super) fn new(line: usize, reason: Reason, text: &str) -> Self {
        const LONGEST: usize = 80;
        let folded = fold(text);
        let mut text: String = folded.chars().take(LONGEST).collect();
        if folded.chars().nth(LONGEST).is_some() {
            text.push('…');
        }
        Self { line, reason, text }
    }
}

/// A guide as it was read.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub blocks: Vec<Block>,
    pub left_out: Vec<LeftOut>,
}

impl Source {
    pub(super) fn push(&mut self, block: Option<Block>, after_blank: bool) {
        self.blocks.extend(block.map(|block| Block { after_blank, ..block }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_bullets_that_are_written_out_are_marks() {
        let mark =
            |text: &str| Block::new(1, Mark::Plain, text, 0).map(|block| (block.mark, block.text)).expect("text");
        let number = |number| Mark::Number { depth: 0, number };
        for (text, expected, rest) in [
            ("3. Why?", number(3), "Why?"),
            ("12 – Why?", number(12), "Why?"),
            ("(4) Why?", number(4), "Why?"),
            ("5) Why?", number(5), "Why?"),
            ("Q6) Why?", number(6), "Why?"),
            ("Question 7 - Why?", number(7), "Why?"),
            ("Q8: Why?", Mark::Plain, "Q8: Why?"),
            ("• Why?", Mark::Bullet { depth: 0 }, "Why?"),
            ("- Why?", Mark::Bullet { depth: 0 }, "Why?"),
            ("-1 is odd", Mark::Plain, "-1 is odd"),
            ("3.5 years", Mark::Plain, "3.5 years"),
            ("2024 was long", Mark::Plain, "2024 was long"),
        ] {
            assert_eq!(mark(text), (expected, rest.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_number_inside_the_bold_words_shortens_them() {
        let block = Block::new(1, Mark::Plain, "1. Why? Because", "1. Why?".len()).expect("text");
        assert_eq!(&block.text[..block.strong], "Why?");
    }
}
