//! An evaluation as Markdown for pasting into a document. Hides escaping: words that somebody else wrote stay words.

use super::{
    ask, competency, counts, criterion, distribution, label, made_with, of_max, of_transcript, parse_notes, place, when,
};
use crate::domain::{
    Abstention, CriterionResult, Evaluation, Evidence, QuestionResult, Rubric, Stance, Status, Suggestion, Transcript,
};
use crate::web::wording;

/// The evaluation as Markdown (`CommonMark` with tables).
#[must_use]
pub fn markdown(evaluation: &Evaluation, rubric: &Rubric, transcript: &Transcript) -> String {
    let mut out = String::new();
    head(&mut out, evaluation, rubric);
    table(&mut out, evaluation, rubric);
    competencies(&mut out, evaluation, rubric);
    let all = || evaluation.questions.iter().enumerate().map(|(index, result)| (index + 1, result));
    for (number, result) in all().filter(|(_, result)| result.status != Status::NotAsked) {
        question(&mut out, number, result, rubric, transcript);
    }
    let open: Vec<String> = all()
        .filter(|(_, result)| result.status == Status::NotAsked)
        .map(|(number, result)| format!("- {number}\\. {}", escaped(ask(rubric, result))))
        .collect();
    if !open.is_empty() {
        push(&mut out, &format!("\n## Not asked\n\nNothing is lowered by them.\n\n{}", open.join("\n")));
    }
    foot(&mut out, evaluation, transcript);
    out
}

fn push(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

fn head(out: &mut String, evaluation: &Evaluation, rubric: &Rubric) {
    push(out, &format!("# {} {}\n", escaped(&rubric.title), escaped(&evaluation.rubric.version)));
    let candidate = evaluation.transcript.candidate.as_deref().map_or("not named in the file".into(), escaped);
    let made = &evaluation.made_with;
    push(out, &format!("- **Candidate:** {candidate}"));
    push(out, &format!("- **Transcript:** {}", of_transcript(evaluation)));
    push(out, &format!("- **Judge:** {} ({})", escaped(&made.judge), escaped(&made.model)));
    if let Some(score) = evaluation.overall.score {
        push(out, &format!("- **Overall:** {score:.1} of {}; {}", rubric.scale.max(), counts(evaluation)));
    } else {
        push(out, &format!("- **Overall:** nothing scored; {}", counts(evaluation)));
    }
    push(out, &format!("\n*{}*", wording::ADVICE));
}

fn table(out: &mut String, evaluation: &Evaluation, rubric: &Rubric) {
    push(out, "\n## Questions\n\n| # | Question | Status | Score | Expected | Range |");
    push(out, "| ---: | --- | --- | ---: | ---: | ---: |");
    for (index, result) in evaluation.questions.iter().enumerate() {
        let suggestion = result.suggestion.as_ref();
        let score = suggestion.and_then(Suggestion::score).map_or("\u{2013}".into(), |s| of_max(rubric, s));
        let expected = suggestion.and_then(Suggestion::expected).map_or(String::new(), |e| format!("{e:.1}"));
        let range = suggestion.and_then(Suggestion::range).map_or(String::new(), wording::range);
        let abstained = suggestion.is_some_and(|s| s.abstention().is_some()) && result.status != Status::NotAnswered;
        let status = if abstained { "abstained" } else { wording::status(result.status) };
        let words = escaped(ask(rubric, result));
        push(out, &format!("| {} | {words} | {status} | {score} | {expected} | {range} |", index + 1));
    }
}

fn competencies(out: &mut String, evaluation: &Evaluation, rubric: &Rubric) {
    if evaluation.competencies.is_empty() {
        return;
    }
    push(out, "\n## Competencies\n\n| Competency | Score | Questions scored |\n| --- | ---: | ---: |");
    for result in &evaluation.competencies {
        let score = result.score.map_or("\u{2013}".into(), |score| format!("{score:.1}"));
        push(out, &format!("| {} | {score} | {} |", escaped(competency(rubric, &result.id)), result.questions));
    }
}

fn question(out: &mut String, number: usize, result: &QuestionResult, rubric: &Rubric, transcript: &Transcript) {
    push(out, &format!("\n## {number}. {}\n", escaped(ask(rubric, result))));
    if let Some(suggestion) = &result.suggestion {
        suggested(out, suggestion, rubric);
    }
    let facts =
        [Some(when(transcript, result)), distribution(result).map(|line| line.replace("  ", ", ").replace('<', "\\<"))];
    let facts: Vec<String> = facts.into_iter().flatten().filter(|fact| !fact.is_empty()).collect();
    if !facts.is_empty() {
        push(out, &format!("{}\n", facts.join(" Probabilities: ")));
    }
    for flag in &result.flags {
        push(out, &format!("> **Note:** {}\n", wording::flag(*flag)));
    }
    if let Some(unfound) = wording::unfound(result.unfound.len()) {
        push(out, &format!("> **Note:** {unfound}\n"));
    }
    for found in &result.criteria {
        finding(out, found, criterion(rubric, result, found));
    }
}

fn suggested(out: &mut String, suggestion: &Suggestion, rubric: &Rubric) {
    if let (Some(score), Some(expected), Some(range)) = (suggestion.score(), suggestion.expected(), suggestion.range())
    {
        let of = of_max(rubric, score);
        let label = rubric.scale.label(score).map(|_| escaped(&label(rubric, score))).unwrap_or_default();
        let range = wording::range(range);
        push(
            out,
            &format!(
                "**Suggested {of}{label}** (expected {expected:.1}, range {range}). {}\n",
                escaped(suggestion.why())
            ),
        );
    } else {
        let reason = suggestion.abstention().map(Abstention::reason).unwrap_or_default();
        push(out, &format!("**No suggestion:** {}\n", escaped(&reason)));
    }
}

fn finding(out: &mut String, found: &CriterionResult, words: &str) {
    let (name, _) = wording::verdict(found.kind, found.verdict);
    let mark = wording::mark(found.kind, found.verdict);
    push(out, &format!("- {mark} **{name}:** {}", escaped(words)));
    for evidence in &found.evidence {
        push(out, &format!("  - {}", quotation(evidence)));
    }
}

fn quotation(evidence: &Evidence) -> String {
    let speaker = evidence.speaker().map(|name| format!("{}, ", escaped(name))).unwrap_or_default();
    let against = if evidence.stance() == Stance::Contradicts { " (says the opposite)" } else { "" };
    let place = place(evidence).replace('[', "").replace(']', ",");
    format!("\u{201c}{}\u{201d} \u{2014} {speaker}{place}{against}", escaped(evidence.quote()))
}

fn foot(out: &mut String, evaluation: &Evaluation, transcript: &Transcript) {
    let notes = parse_notes(evaluation, transcript);
    if !notes.is_empty() {
        push(out, "\n## How the file was read\n");
        for note in notes {
            push(out, &format!("- {}", escaped(&note)));
        }
    }
    push(out, "\n## Made with\n");
    for (name, value) in made_with(evaluation) {
        push(out, &format!("- {name}: {}", escaped(&value)));
    }
    push(out, "\nu50 stands for utterance 50 of the transcript, counted from 0.");
}

/// The text on one line, so that every Markdown reader shows exactly these characters: no emphasis, link, picture,
/// HTML, table cell, list, heading, formula or footnote begins in it, and no bare address becomes a link.
fn escaped(text: &str) -> String {
    let text = wording::on_one_line(text);
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 8);
    for (at, &c) in chars.iter().enumerate() {
        let after = chars.get(at + 1).copied();
        if needs_escape(c, &chars[..at], after) {
            out.push('\\');
        }
        out.push(c);
        if matches!(c, '@' | '#') && after.is_some_and(char::is_alphanumeric) {
            // GitHub makes links of `a@b.c`, `@name` and `#1` even after a backslash; a word joiner stops it unseen.
            out.push('\u{2060}');
        }
    }
    out
}

fn needs_escape(c: char, all_before: &[char], after: Option<char>) -> bool {
    let before = all_before.last().copied();
    match c {
        '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '$' | '{' | '}' | '^' | '#' | '@' | '~' => true,
        // Lists, rules and `==marks==`; a single one within a sentence is only punctuation.
        '+' | '-' | '=' => before.is_none() || before == Some(c) || after == Some(c),
        // `1.` and `1)` begin a list.
        '.' | ')' if before.is_some() && all_before.iter().all(char::is_ascii_digit) => true,
        // `www.example.com`, `example.com`
        '.' => after.is_some_and(char::is_alphabetic) && before.is_some_and(char::is_alphanumeric),
        // `https://…`, `:smile:`, but not 10:30
        ':' => after.is_some_and(|c| !c.is_whitespace() && !c.is_ascii_digit()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    fn made() -> String {
        let (evaluation, rubric, transcript) = sample::hostile();
        markdown(&evaluation, &rubric, &transcript)
    }

    #[test]
    fn words_that_look_like_markup_are_escaped() {
        for (text, safe) in [
            ("# Title", "\\# Title"),
            ("[x](javascript:alert(1))", "\\[x\\](javascript\\:alert(1))"),
            ("![x](data:a)", "!\\[x\\](data\\:a)"),
            ("<script>", "\\<script\\>"),
            ("a | b", "a \\| b"),
            ("**b** __c__ `d`", "\\*\\*b\\*\\* \\_\\_c\\_\\_ \\`d\\`"),
            ("https://evil.example www.evil.example", "https\\://evil\\.example www\\.evil\\.example"),
            ("1. one", "1\\. one"),
            ("- one", "\\- one"),
            ("me@evil.example", "me\\@\u{2060}evil\\.example"),
            ("&lt;", "\\&lt;"),
            ("back\\slash", "back\\\\slash"),
            ("line\n# two", "line \\# two"),
        ] {
            assert_eq!(escaped(text), safe);
        }
    }

    #[test]
    fn plain_speech_is_left_alone() {
        let speech = "I\u{2019}d say 10:30, maybe 3.5 seconds (all 12) - it's \"fine\" (mostly).";
        assert_eq!(escaped(speech), speech);
    }

    #[test]
    fn hostile_text_adds_no_line_and_no_structure() {
        let made = made();
        assert!(!made.replace("\\<", "").contains("<script"), "{made}");
        assert!(!made.replace("\\]", "").contains("]("), "{made}");
        assert!(made.chars().all(|c| c == '\n' || !wording::hidden(c)));
        let headings: Vec<&str> = made.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(headings.len(), 9, "{headings:#?}");
    }

    #[test]
    fn every_row_of_the_table_has_the_columns_of_its_head() {
        let made = made();
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        for line in made.lines().filter(|line| line.starts_with('|')) {
            assert!([4, 7].contains(&cells(line)), "{line}");
        }
    }

    #[test]
    fn a_quotation_has_its_speaker_time_and_utterance() {
        assert!(made().contains("\u{201d} \u{2014} Dana, 00:07, u1"), "{}", made());
    }
}
