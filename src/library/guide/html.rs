//! HTML to blocks, without what is no part of the text: scripts, forms, menus, advertising. Hides the HTML tokenizer.

use super::block::{LeftOut, Mark, Reason, Source};
use super::page::Page;
use crate::library::lines::Lines;
use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

/// Elements that have no end tag.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

pub(super) fn is_html(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(2_000).collect::<String>().to_ascii_lowercase();
    let known = [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<article",
        "<main",
        "<div",
        "<section",
        "<h1",
        "<h2",
        "<p>",
        "<p ",
        "<ul",
        "<ol",
        "<table",
    ];
    start.starts_with("<?xml") && start.contains("<html")
        || start.starts_with("<!--") && known.iter().any(|tag| start.contains(tag))
        || known.iter().any(|tag| start.starts_with(tag))
}

pub(super) fn read(text: &str) -> Source {
    let lines = Lines::of(text);
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    let mut state = State::default();
    for token in Tokenizer::new_with_emitter(text, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => state.open(&tag, lines.at(tag.span.start)),
            Token::EndTag(tag) => state.close(&String::from_utf8_lossy(&tag.name)),
            Token::String(words) => state.words(&String::from_utf8_lossy(&words.value), lines.at(words.span.start)),
            _ => {}
        }
    }
    state.finish()
}

/// A stretch that is left out until its element closes.
struct Skipped {
    element: String,
    /// Elements of the same name that are open inside it.
    inside: usize,
    reason: Reason,
    line: usize,
    text: String,
}

#[derive(Default)]
struct State {
    page: Page,
    skipped: Option<Skipped>,
    lists: Vec<Option<u32>>,
}

impl State {
    fn open(&mut self, tag: &StartTag<usize>, line: usize) {
        let name = String::from_utf8_lossy(&tag.name).to_ascii_lowercase();
        if let Some(skipped) = &mut self.skipped {
            skipped.inside += usize::from(skipped.element == name && !tag.self_closing);
            return;
        }
        if !VOID.contains(&name.as_str())
            && let Some(reason) = unwanted(&name, tag)
        {
            self.page.end();
            self.skipped = Some(Skipped { element: name, inside: 0, reason, line, text: String::new() });
            return;
        }
        self.enter(&name, line, tag);
    }

    fn enter(&mut self, name: &str, line: usize, tag: &StartTag<usize>) {
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.page.begin(Mark::Heading(name.as_bytes()[1] - b'0')),
            "summary" | "dt" | "caption" => {
                self.page.end();
                self.page.bold(true);
            }
            "b" | "strong" | "em" | "i" => self.page.bold(true),
            "a" => self.page.link(true),
            "ol" => {
                self.page.end();
                let start = tag.attributes.get(&b"start"[..]).map(|value| String::from_utf8_lossy(value).into_owned());
                self.lists.push(Some(start.and_then(|start| start.parse().ok()).unwrap_or(1)));
            }
            "ul" | "menu" => {
                self.page.end();
                self.lists.push(None);
            }
            "li" => self.item(),
            "tr" => self.page.begin_row(line),
            _ if is_block(name) => self.page.end(),
            _ => {}
        }
    }

    fn item(&mut self) {
        let depth = self.lists.len().saturating_sub(1) as u8;
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number = number.saturating_add(1);
                Mark::Number { depth, number: *number - 1 }
            }
            _ => Mark::Bullet { depth },
        };
        self.page.begin(mark);
    }

    fn close(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        if let Some(skipped) = &mut self.skipped {
            if skipped.element != name {
                return;
            }
            if skipped.inside > 0 {
                skipped.inside -= 1;
                return;
            }
            self.end_skipped();
            return;
        }
        match name.as_str() {
            "b" | "strong" | "em" | "i" => self.page.bold(false),
            "a" => self.page.link(false),
            "summary" | "dt" | "caption" => {
                self.page.end();
                self.page.bold(false);
            }
            "ol" | "ul" | "menu" => {
                self.page.end();
                self.lists.pop();
            }
            "td" | "th" => self.page.end_cell(),
            "tr" => self.page.end_row(),
            _ if is_block(&name) => self.page.end(),
            _ => {}
        }
    }

    fn end_skipped(&mut self) {
        let Some(skipped) = self.skipped.take() else { return };
        let quiet = skipped.reason == Reason::PageParts && skipped.element != "form";
        if quiet || !skipped.text.trim().is_empty() {
            let text = if quiet { format!("<{}>", skipped.element) } else { skipped.text };
            self.page.source.left_out.push(LeftOut::new(skipped.line, skipped.reason, &text));
        }
    }

    fn words(&mut self, text: &str, line: usize) {
        match &mut self.skipped {
            Some(skipped) if skipped.text.len() < 400 => skipped.text.push_str(text),
            Some(_) => {}
            None => self.page.words(text, line),
        }
    }

    fn finish(mut self) -> Source {
        self.end_skipped();
        self.page.end_row();
        self.page.end();
        self.page.source
    }
}

/// Elements that begin and end a block; `br` is one too, since guides set their lines with it.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "li"
            | "section"
            | "article"
            | "main"
            | "header"
            | "dd"
            | "dl"
            | "dt"
            | "blockquote"
            | "pre"
            | "table"
            | "tbody"
            | "thead"
            | "figure"
            | "figcaption"
            | "details"
            | "address"
            | "hr"
            | "br"
            | "body"
            | "fieldset"
    )
}

/// Why an element is left out with all that it holds, if it is.
fn unwanted(name: &str, tag: &StartTag<usize>) -> Option<Reason> {
    match name {
        "script" | "style" | "noscript" | "template" | "svg" | "iframe" | "object" | "head" | "form" | "button"
        | "select" | "textarea" | "dialog" | "video" | "audio" | "canvas" => return Some(Reason::PageParts),
        "nav" | "footer" => return Some(Reason::Navigation),
        "aside" => return Some(Reason::Advertising),
        _ => {}
    }
    if matches!(name, "html" | "body" | "main" | "article" | "h1" | "h2" | "h3" | "p" | "li" | "td") {
        return None;
    }
    let attribute =
        |key: &[u8]| tag.attributes.get(key).map(|value| String::from_utf8_lossy(value).to_ascii_lowercase());
    if tag.attributes.contains_key(&b"hidden"[..]) || attribute(b"aria-hidden").is_some_and(|value| value == "true") {
        return Some(Reason::PageParts);
    }
    if attribute(b"role").is_some_and(|role| matches!(role.as_str(), "navigation" | "menu" | "search" | "contentinfo"))
    {
        return Some(Reason::Navigation);
    }
    let names = [attribute(b"class"), attribute(b"id")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    names.split(|c: char| !c.is_ascii_alphanumeric()).find_map(by_name)
}

fn by_name(word: &str) -> Option<Reason> {
    match word {
        "nav" | "navbar" | "navigation" | "menu" | "breadcrumb" | "breadcrumbs" | "sidebar" | "footer" | "toc"
        | "pagination" | "skip" => Some(Reason::Navigation),
        "ad" | "ads" | "advert" | "advertisement" | "banner" | "promo" | "promotion" | "newsletter" | "subscribe"
        | "signup" | "cta" | "cookie" | "cookies" | "popup" | "modal" | "related" | "share" | "social"
        | "sponsored" | "comments" => Some(Reason::Advertising),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_of_the_page_is_left_out_and_counted() {
        let page = "<!DOCTYPE html><html><head><title>T</title></head><body>\n<nav><ul><li>Home</ul></nav>\n\
            <script>if (a < b) { '<p>' }</script><div class='promo box'><div>Buy</div> now</div>\n\
            <h2>General &amp; more</h2><p>One<br>two <b>three</b></p></body></html>";
        let source = read(page);
        let seen: Vec<_> = source.blocks.iter().map(|block| (block.line, block.text.as_str())).collect();
        assert_eq!(seen, [(4, "General & more"), (4, "One"), (4, "two three")]);
        let reasons: Vec<_> = source.left_out.iter().map(|out| (out.line, out.reason)).collect();
        assert_eq!(
            reasons,
            [(1, Reason::PageParts), (2, Reason::Navigation), (3, Reason::PageParts), (3, Reason::Advertising)]
        );
    }

    #[test]
    fn items_have_their_depth_and_rows_their_cells() {
        let source =
            read("<ol start=4><li>a<ul><li>b</ul><li>c</ol><table><tr><th>Q</th><td>d <p>e</p></td></tr></table>");
        let seen: Vec<_> = source.blocks.iter().map(|block| (block.mark, block.text.as_str())).collect();
        assert_eq!(
            seen,
            [
                (Mark::Number { depth: 0, number: 4 }, "a"),
                (Mark::Bullet { depth: 1 }, "b"),
                (Mark::Number { depth: 0, number: 5 }, "c"),
                (Mark::Plain, "Q | d; e"),
            ]
        );
    }
}
