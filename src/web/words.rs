//! Words that somebody else wrote, as HTML: escaped, and with hidden characters shown by number.

use super::wording;
use askama::filters::{Escaper, Html, HtmlSafe};
use std::fmt;

/// Text of a transcript or a rubric, on its way into element content. Not for attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words<'a>(pub(super) &'a str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| wording::hidden(*c)) {
            Html.write_escaped_str(&mut *f, &rest[..at])?;
            write!(f, "<span class=\"unseen\">{}</span>", wording::code_point(c))?;
            rest = &rest[at + c.len_utf8()..];
        }
        Html.write_escaped_str(f, rest)
    }
}

// What `Display` writes is escaped already.
impl HtmlSafe for Words<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_and_hidden_characters_are_shown() {
        assert_eq!(
            Words("<b>a</b> & \u{202e}\"x\"").to_string(),
            "&#60;b&#62;a&#60;/b&#62; &#38; <span class=\"unseen\">U+202E</span>&#34;x&#34;"
        );
    }
}
