//! Text without markup to blocks: a line is a block, but lines that were cut at a margin are put together again.

use super::block::{Block, Mark, Source, fold, written_mark};
use super::label;

/// Lines that end near a margin no wider than this may have been cut there.
const WIDEST_MARGIN: usize = 110;

pub(super) fn read(text: &str) -> Source {
    let margin = margin(text);
    let mut source = Source::default();
    let mut open: Option<(usize, String, bool)> = None;
    let mut indents: Vec<usize> = Vec::new();
    let mut blank = true;
    let mut cut_at = 0;
    for (n, line) in text.split('\n').enumerate() {
        let (indent, words) = (indent(line), line.trim());
        if is_underline(words) {
            as_heading(&mut open, &mut source, words);
            blank = true;
            continue;
        }
        if words.is_empty() || is_rule(words) {
            close(&mut open, &mut source, &mut indents);
            blank = true;
            continue;
        }
        match &mut open {
            Some((_, before, _)) if goes_on(before, cut_at, words, margin) => {
                before.push(' ');
                before.push_str(words);
            }
            _ => {
                close(&mut open, &mut source, &mut indents);
                open = Some((n + 1, format!("{}{words}", " ".repeat(indent)), blank));
            }
        }
        cut_at = line.trim_end().chars().count();
        blank = false;
    }
    close(&mut open, &mut source, &mut indents);
    source
}

fn close(open: &mut Option<(usize, String, bool)>, source: &mut Source, indents: &mut Vec<usize>) {
    let Some((line, text, after_blank)) = open.take() else { return };
    let mut block = Block::new(line, Mark::Plain, &text, 0);
    if let Some(block) = &mut block {
        block.mark = match block.mark {
            Mark::Number { number, .. } => Mark::Number { depth: depth(indents, indent(&text)), number },
            Mark::Bullet { .. } => Mark::Bullet { depth: depth(indents, indent(&text)) },
            mark => mark,
        };
        if !block.is_item() {
            indents.clear();
        }
    }
    source.push(block, after_blank);
}

/// How deep an item with this indent is among those before it.
fn depth(indents: &mut Vec<usize>, indent: usize) -> u8 {
    while indents.last().is_some_and(|last| *last > indent) {
        indents.pop();
    }
    if indents.last() != Some(&indent) {
        indents.push(indent);
    }
    (indents.len() - 1) as u8
}

fn as_heading(open: &mut Option<(usize, String, bool)>, source: &mut Source, underline: &str) {
    let Some((line, text, after_blank)) = open.take() else { return };
    let level = if underline.starts_with('=') { 1 } else { 2 };
    source.push(Block::new(line, Mark::Heading(level), &text, 0), after_blank);
}

fn is_underline(words: &str) -> bool {
    words.len() >= 3 && (words.chars().all(|c| c == '=') || words.chars().all(|c| c == '-'))
}

fn is_rule(words: &str) -> bool {
    words.chars().count() >= 3 && !words.contains(char::is_alphanumeric)
}

fn indent(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).map(|c| if c == '\t' { 4 } else { 1 }).sum()
}

/// The margin that lines were cut at, if they were: many lines go near it, none beyond.
fn margin(text: &str) -> Option<usize> {
    let lengths: Vec<usize> = text.lines().map(|line| line.trim_end().chars().count()).filter(|n| *n > 0).collect();
    let longest = lengths.iter().copied().max()?;
    let near = lengths.iter().filter(|length| **length * 5 >= longest * 4).count();
    ((50..=WIDEST_MARGIN).contains(&longest) && near >= 4 && near * 8 >= lengths.len()).then_some(longest)
}

/// Whether a line goes on with the one before it, which ended at `cut_at`.
fn goes_on(before: &str, cut_at: usize, line: &str, margin: Option<usize>) -> bool {
    if written_mark(line, Mark::Plain).is_some() || label::of(&fold(line), 0, false).is_some() {
        return false;
    }
    let lower = line.starts_with(char::is_lowercase);
    let ended = before.trim_end().ends_with(['.', '?', '!', ':', '”', '"']);
    let first_word = line.split_whitespace().next().map_or(0, |word| word.chars().count());
    match margin {
        // The next word would not have fitted.
        Some(margin) => cut_at + 1 + first_word > margin.saturating_sub(4) && cut_at * 5 >= margin * 3,
        None => lower && !ended && cut_at >= 40 && before.len() < 4_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<(usize, Mark, String)> {
        read(text).blocks.into_iter().map(|block| (block.line, block.mark, block.text)).collect()
    }

    #[test]
    fn lines_that_were_cut_at_a_margin_are_put_together() {
        let text = "1. How would you go about finding out why a query that used to be\n   fast has become slow over the last month, and what would you\n   change first?\nListen for:\n- The plan of the query is read before anything is changed, and\n  compared with the one of a faster time\n- One thing is changed at a time and the effect of it measured on\n  data of a real size\n";
        let blocks = texts(text);
        assert_eq!(blocks.iter().map(|block| block.0).collect::<Vec<_>>(), [1, 4, 5, 7]);
        assert!(blocks[0].2.ends_with("change first?"), "{blocks:?}");
    }

    #[test]
    fn long_lines_are_paragraphs() {
        let long = "word ".repeat(40);
        assert_eq!(texts(&format!("{long}\nAnother one\n{long}")).len(), 3);
    }

    #[test]
    fn items_are_as_deep_as_their_indent_says() {
        let depths: Vec<u8> = texts("- a\n  - b\n    - c\n- d")
            .iter()
            .map(|(_, mark, _)| match mark {
                Mark::Bullet { depth } => *depth,
                _ => 99,
            })
            .collect();
        assert_eq!(depths, [0, 1, 2, 0]);
    }

    #[test]
    fn an_underlined_line_is_a_heading() {
        assert_eq!(texts("Title\n=====\ntext")[0].1, Mark::Heading(1));
    }
}
