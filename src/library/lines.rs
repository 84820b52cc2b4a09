//! Where the lines of a text are, found once and then looked up.

use std::ops::Range;

/// Where each line of a text starts, in bytes.
pub(super) struct Lines {
    starts: Vec<usize>,
    end: usize,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { starts, end: text.len() }
    }

    /// The number, from 1, of the line that holds the byte `at`.
    pub(super) fn at(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    /// The line with this number, without its end.
    pub(super) fn get<'t>(&self, text: &'t str, line: usize) -> &'t str {
        text.get(self.range(line)).unwrap_or_default().trim_end_matches(['\r', '\n'])
    }

    fn range(&self, line: usize) -> Range<usize> {
        let start = |line: usize| self.starts.get(line - 1).copied().unwrap_or(self.end);
        start(line)..start(line + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_from_1_whatever_ends_them() {
        let text = "ä\r\n\nlast";
        let lines = Lines::of(text);
        assert_eq!([0, 2, 3, 4, 5, 8, 99].map(|at| lines.at(at)), [1, 1, 1, 2, 3, 3, 3]);
        assert_eq!([1, 2, 3, 4].map(|line| lines.get(text, line)), ["ä", "", "last", ""]);
    }
}
