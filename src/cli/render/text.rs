//! An evaluation as text for a terminal. Hides wrapping, column widths and colour.

use super::{
    ask, competency, counts, criterion, distribution, label, made_with, of_max, of_transcript, parse_notes, place, when,
};
use crate::domain::{
    CriterionKind, CriterionResult, Evaluation, Evidence, QuestionResult, Rubric, Scale, Stance, Status, Suggestion,
    Transcript,
};
use crate::web::wording::{self, Tone};
use anstyle::{AnsiColor, Effects};
use std::fmt::Write as _;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How text is dressed: in colour or plain, and how wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    colour: bool,
    width: usize,
}

impl Style {
    /// Without any escape sequence. The width is kept within 60 and 120 columns.
    #[must_use]
    pub fn plain(width: usize) -> Self {
        Self { colour: false, width: width.clamp(60, 120) }
    }

    /// With ANSI colours; no colour carries a meaning that the words do not. Widths as in [`Style::plain`].
    #[must_use]
    pub fn colour(width: usize) -> Self {
        Self { colour: true, ..Self::plain(width) }
    }
}

const TITLE: anstyle::Style = anstyle::Style::new().effects(Effects::BOLD);
const QUIET: anstyle::Style = anstyle::Style::new().effects(Effects::DIMMED);
const GOOD: anstyle::Style = AnsiColor::Green.on_default();
const FAIR: anstyle::Style = AnsiColor::Yellow.on_default();
const BAD: anstyle::Style = AnsiColor::Red.on_default();
const NONE: anstyle::Style = anstyle::Style::new();

/// The evaluation as text, in lines no wider than the style says.
#[must_use]
pub fn text(evaluation: &Evaluation, rubric: &Rubric, transcript: &Transcript, style: Style) -> String {
    let mut page = Page { out: String::new(), style };
    head(&mut page, evaluation, rubric);
    table(&mut page, evaluation, rubric);
    scores(&mut page, evaluation, rubric);
    for (number, result) in numbered(evaluation).filter(|(_, result)| result.status != Status::NotAsked) {
        question(&mut page, number, result, rubric, transcript);
    }
    foot(&mut page, evaluation, transcript);
    page.out
}

/// Questions with their number in the rubric, from 1.
fn numbered(evaluation: &Evaluation) -> impl Iterator<Item = (usize, &QuestionResult)> {
    evaluation.questions.iter().enumerate().map(|(index, result)| (index + 1, result))
}

fn head(page: &mut Page, evaluation: &Evaluation, rubric: &Rubric) {
    let title = format!("{} {}", wording::on_one_line(&rubric.title), wording::on_one_line(&evaluation.rubric.version));
    page.wrapped("", TITLE, &title);
    let candidate =
        evaluation.transcript.candidate.as_deref().map_or("not named in the file".into(), wording::on_one_line);
    let made = &evaluation.made_with;
    let facts = [
        ("Candidate ", candidate),
        ("Transcript", of_transcript(evaluation)),
        ("Judge     ", wording::on_one_line(&format!("{} ({})", made.judge, made.model))),
    ];
    for (name, value) in facts {
        page.wrapped(&format!("{name}  "), NONE, &value);
    }
    page.gap();
}

/// Widths of the columns before the question's words.
struct Columns {
    number: usize,
    score: usize,
    expected: &'static str,
}

fn table(page: &mut Page, evaluation: &Evaluation, rubric: &Rubric) {
    let scale = &rubric.scale;
    let columns = Columns {
        number: evaluation.questions.len().to_string().len(),
        score: of_max(rubric, scale.max()).len().max(of_max(rubric, scale.min()).len()) + 2 + steps(scale),
        expected: if page.style.width < 80 { "exp." } else { "expected" },
    };
    let Columns { number, score, expected } = columns;
    page.line(&[(
        QUIET,
        &format!("{:>number$}  {:<score$}  {expected}  range  {:<12}  question", "#", "score", "status"),
    )]);
    for (n, result) in numbered(evaluation).filter(|(_, result)| result.status != Status::NotAsked) {
        row(page, &columns, n, result, rubric);
    }
    not_asked(page, evaluation);
    page.gap();
}

/// One paragraph however many they are: a rubric is often longer than an interview.
fn not_asked(page: &mut Page, evaluation: &Evaluation) {
    let open = evaluation.questions.iter().filter(|result| result.status == Status::NotAsked);
    let ids: Vec<String> = open.map(|result| wording::on_one_line(&result.id)).collect();
    if !ids.is_empty() {
        let head = format!(
            "{} not asked, so nothing is lowered by them: ",
            wording::count(ids.len(), "question", "questions")
        );
        page.wrapped("", QUIET, &(head + &ids.join(", ")));
    }
}

fn row(page: &mut Page, columns: &Columns, number: usize, result: &QuestionResult, rubric: &Rubric) {
    let suggestion = result.suggestion.as_ref();
    let score = suggestion.and_then(Suggestion::score);
    let shown = score.map_or("\u{2013}".into(), |s| format!("{}  {}", of_max(rubric, s), dots(&rubric.scale, s)));
    let expected = suggestion.and_then(Suggestion::expected).map_or(String::new(), |e| format!("{e:.1}"));
    let range = suggestion.and_then(Suggestion::range).map_or(String::new(), wording::range);
    let abstained = score.is_none() && matches!(result.status, Status::Answered | Status::Volunteered);
    let status = if abstained { "abstained" } else { wording::status(result.status) };
    let (n, width) = (columns.number, columns.expected.len());
    let before =
        format!("{number:>n$}  {}  {expected:<width$}  {range:<5}  {status:<12}  ", padded(&shown, columns.score));
    let words = cut(&wording::on_one_line(ask(rubric, result)), page.style.width.saturating_sub(before.width()));
    let style = if score.is_some() { NONE } else { QUIET };
    page.line(&[(style, &before), (style, &words)]);
}

fn scores(page: &mut Page, evaluation: &Evaluation, rubric: &Rubric) {
    let titles: Vec<String> =
        evaluation.competencies.iter().map(|c| wording::on_one_line(competency(rubric, &c.id))).collect();
    let widest = titles.iter().map(|t| t.width()).max().unwrap_or(0).max("Overall".len()).min(page.style.width - 36);
    let overall = &evaluation.overall;
    let scored = wording::count(overall.scored, "question", "questions");
    mean(page, ("Overall", widest, TITLE), overall.score, &scored, rubric);
    for (result, title) in evaluation.competencies.iter().zip(&titles) {
        let scored = wording::count(result.questions, "question", "questions");
        mean(page, (title, widest, NONE), result.score, &scored, rubric);
    }
    page.gap();
    page.wrapped("", NONE, &format!("{}.", counts(evaluation)));
    page.wrapped("", QUIET, "u50 stands for utterance 50 of the transcript, counted from 0.");
}

fn mean(
    page: &mut Page,
    (name, widest, style): (&str, usize, anstyle::Style),
    score: Option<f64>,
    of: &str,
    rubric: &Rubric,
) {
    let name = padded(&cut(name, widest), widest);
    match score {
        Some(score) => {
            let full = (wording::height(&rubric.scale, score) * 10.0).round() as usize;
            let bar = format!("{}{}", "\u{2588}".repeat(full), "\u{2591}".repeat(10 - full));
            page.line(&[(style, &format!("{name}  {score:>4.1}  {bar}")), (QUIET, &format!("  {of}"))]);
        }
        None => page.line(&[(style, &name), (QUIET, "     \u{2013}  nothing scored")]),
    }
}

fn question(page: &mut Page, number: usize, result: &QuestionResult, rubric: &Rubric, transcript: &Transcript) {
    page.gap();
    page.rule();
    let number = format!("{number}  ");
    page.wrapped(&number, TITLE, &wording::on_one_line(ask(rubric, result)));
    let indent = " ".repeat(number.len());
    page.wrapped(&indent, QUIET, &when(transcript, result));
    if let Some(suggestion) = &result.suggestion {
        suggested(page, &indent, suggestion, rubric);
        page.wrapped(&indent, QUIET, &distribution(result).unwrap_or_default());
    }
    for flag in &result.flags {
        page.wrapped(&format!("{indent}Note: "), FAIR, wording::flag(*flag));
    }
    page.wrapped(&indent, FAIR, &wording::unfound(result.unfound.len()).unwrap_or_default());
    for (index, found) in result.criteria.iter().enumerate() {
        finding(page, &indent, &wording::letter(index), (found, criterion(rubric, result, found)));
    }
}

fn suggested(page: &mut Page, indent: &str, suggestion: &Suggestion, rubric: &Rubric) {
    let (Some(score), Some(expected), Some(range)) = (suggestion.score(), suggestion.expected(), suggestion.range())
    else {
        let reason = suggestion.abstention().map(crate::domain::Abstention::reason).unwrap_or_default();
        page.wrapped(&format!("{indent}No suggestion: "), FAIR, &wording::on_one_line(&reason));
        return;
    };
    let of = of_max(rubric, score);
    let range = wording::range(range);
    let head = format!("Suggested {of}{} {}", label(rubric, score), dots(&rubric.scale, score));
    page.wrapped(indent, TITLE, &format!("{head}  expected {expected:.1}, range {range}"));
    page.wrapped(indent, NONE, &wording::on_one_line(suggestion.why()));
}

fn finding(page: &mut Page, indent: &str, letter: &str, (found, words): (&CriterionResult, &str)) {
    let (name, tone) = wording::verdict(found.kind, found.verdict);
    let style = match tone {
        Tone::Good => GOOD,
        Tone::Fair => FAIR,
        Tone::Silent => QUIET,
        Tone::Bad => BAD,
    };
    let mark = wording::mark(found.kind, found.verdict);
    let head = format!("{indent}{mark} {letter}  ");
    // A plain verdict is said by its mark; one that turns the criterion round is said in words too.
    let said = match (found.kind, tone) {
        (CriterionKind::ListenFor, Tone::Good | Tone::Silent) => String::new(),
        _ => format!("{name}: "),
    };
    page.wrapped(&head, style, &format!("{said}{}", wording::on_one_line(words)));
    for evidence in &found.evidence {
        quotation(page, &" ".repeat(head.width()), evidence);
    }
}

fn quotation(page: &mut Page, indent: &str, evidence: &Evidence) {
    let against = if evidence.stance() == Stance::Contradicts { "says the opposite: " } else { "" };
    let head = format!("{indent}{}  {against}", place(evidence));
    page.wrapped(&head, NONE, &format!("\u{201c}{}\u{201d}", wording::on_one_line(evidence.quote())));
}

fn foot(page: &mut Page, evaluation: &Evaluation, transcript: &Transcript) {
    page.gap();
    page.rule();
    let notes = parse_notes(evaluation, transcript);
    if !notes.is_empty() {
        page.line(&[(TITLE, "How the file was read")]);
        for note in notes {
            page.wrapped("- ", NONE, &note);
        }
        page.gap();
    }
    let made: Vec<String> = made_with(evaluation).into_iter().map(|(name, value)| format!("{name} {value}")).collect();
    page.wrapped("Made with ", QUIET, &format!("{}.", made.join(", ")));
    page.wrapped("", TITLE, wording::ADVICE);
}

/// How many dots stand for a score: one a level, ten where that would be too many.
fn steps(scale: &Scale) -> usize {
    if scale.levels() <= 10 { scale.levels() } else { 10 }
}

/// A score as dots, as many filled as levels are reached.
fn dots(scale: &Scale, score: i32) -> String {
    let reached = (score - scale.min() + 1).clamp(0, scale.levels() as i32) as usize;
    let full = (reached * steps(scale)).div_ceil(scale.levels());
    format!("{}{}", "\u{25cf}".repeat(full), "\u{25cb}".repeat(steps(scale) - full))
}

/// The text with spaces up to `width` columns.
fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// The text within `width` columns, an ellipsis in place of what does not fit.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    for grapheme in text.graphemes(true) {
        if out.width() + grapheme.width() + 1 > width {
            break;
        }
        out.push_str(grapheme);
    }
    format!("{}\u{2026}", out.trim_end())
}

/// Text in the making.
struct Page {
    out: String,
    style: Style,
}

impl Page {
    fn gap(&mut self) {
        self.out.push('\n');
    }

    fn rule(&mut self) {
        self.line(&[(QUIET, &"\u{2500}".repeat(self.style.width))]);
    }

    fn line(&mut self, parts: &[(anstyle::Style, &str)]) {
        let last = parts.len().saturating_sub(1);
        for (index, (style, part)) in parts.iter().enumerate() {
            let part = if index == last { part.trim_end() } else { part };
            if self.style.colour && *style != NONE && !part.is_empty() {
                // Writing to a String cannot fail.
                let _ = write!(self.out, "{style}{part}{style:#}");
            } else {
                self.out.push_str(part);
            }
        }
        self.out.push('\n');
    }

    /// `head`, then `text` wrapped to the width with a hanging indent as wide as the head. Nothing for empty text.
    fn wrapped(&mut self, head: &str, style: anstyle::Style, text: &str) {
        let indent = " ".repeat(head.width());
        for (index, line) in wrap(text, self.style.width.saturating_sub(indent.len())).into_iter().enumerate() {
            self.line(&[(NONE, if index == 0 { head } else { &indent }), (style, &line)]);
        }
    }
}

/// Cuts text into lines of at most `width` columns: between words, between wide characters, and within a word only
/// where it fits no line.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if line.width() + piece.trim_end().width() <= width {
            line.push_str(piece);
            continue;
        }
        if !line.trim_end().is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        for grapheme in piece.graphemes(true) {
            if line.width() + grapheme.trim_end().width() > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line.push_str(grapheme);
        }
    }
    if !line.trim_end().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The pieces between which a line may end. Punctuation of East Asian scripts that must not begin a line stays with
/// what is before it.
fn pieces(text: &str) -> Vec<&str> {
    let graphemes: Vec<(usize, &str)> = text.grapheme_indices(true).collect();
    let mut out = Vec::new();
    let mut from = 0;
    for pair in graphemes.windows(2) {
        let ((_, before), (at, after)) = (pair[0], pair[1]);
        let spaced = before == " " && after != " ";
        let wide = before.width() == 2 && after.width() == 2 && !"、。，．！？；：」』）】〉》…ー".contains(after);
        if spaced || wide {
            out.push(&text[from..at]);
            from = at;
        }
    }
    out.push(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    fn plain(width: usize) -> String {
        let (evaluation, rubric, transcript) = sample::hostile();
        text(&evaluation, &rubric, &transcript, Style::plain(width))
    }

    #[test]
    fn no_line_is_wider_than_asked_for() {
        for width in [60, 73, 100, 120] {
            for line in plain(width).lines() {
                assert!(line.width() <= width, "{} > {width}: {line}", line.width());
            }
        }
        assert_eq!(plain(10), plain(60));
        assert_eq!(plain(900), plain(120));
    }

    #[test]
    fn plain_text_has_no_colour_codes_and_colour_changes_no_word() {
        let (evaluation, rubric, transcript) = sample::hostile();
        let plain = text(&evaluation, &rubric, &transcript, Style::plain(100));
        assert!(!plain.contains('\u{1b}'));
        let coloured = text(&evaluation, &rubric, &transcript, Style::colour(100));
        assert!(coloured.contains('\u{1b}'));
        let mut bare = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            bare.push_str(before);
            rest = after.split_once('m').map_or("", |(_, rest)| rest);
        }
        bare.push_str(rest);
        assert_eq!(bare, plain);
    }

    #[test]
    fn hostile_text_cannot_act_on_the_terminal() {
        let text = plain(120);
        assert!(text.chars().all(|c| c == '\n' || !wording::hidden(c)));
        assert!(text.contains("⟨U+001B⟩[31m"));
        assert!(text.contains("⟨U+202E⟩"));
    }

    #[test]
    fn every_quotation_stands_under_its_criterion_with_time_and_utterance() {
        let text = plain(120);
        for part in ["✓ a  Names endpoints", "[00:07] u1  “orders and customers,", "! d  Red flag: Returns 200"] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }

    #[test]
    fn questions_that_were_not_asked_are_counted_and_named_in_one_paragraph() {
        let text = plain(120);
        assert!(text.contains("question not asked, so nothing is lowered by them: open"), "{text}");
        assert!(!text.lines().any(|line| line.contains("not asked") && line.contains('\u{2013}')), "{text}");
    }

    #[test]
    fn an_abstention_shows_its_reason_and_no_score() {
        let text = plain(120);
        assert!(text.contains("No suggestion: judge unavailable: <b>timeout</b>"), "{text}");
    }

    #[test]
    fn wide_characters_count_twice_and_wrap_between_each_other() {
        assert_eq!(wrap("設計は資源、から始めます", 9), ["設計は資", "源、から", "始めます"]);
        assert_eq!(wrap("a verylongword b", 6), ["a", "verylo", "ngword", "b"]);
        assert_eq!(cut("設計は資源", 7), "設計は…");
        assert_eq!(wrap("", 9), Vec::<String>::new());
    }

    #[test]
    fn a_score_has_a_dot_for_each_level_it_reaches() {
        assert_eq!(dots(&Scale::default(), 4), "●●●●○");
        let long = Scale::new(0, 20, vec![]).expect("21 levels");
        assert_eq!(dots(&long, 20), "●●●●●●●●●●");
        assert_eq!(dots(&long, 0), "●○○○○○○○○○");
    }

    #[test]
    fn the_advice_ends_the_text() {
        assert!(plain(100).ends_with("Suggestions are for a person to confirm or override.\n"));
    }
}
