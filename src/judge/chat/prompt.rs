//! The words that are sent: the templates of `prompts/`, the candidate's sentences as numbered data, and how an answer
//! is cut when it does not fit.
//!
//! The beginning of every prompt is the same for all questions, and all of it up to the answer is the same for all
//! candidates, so that a server that keeps prefixes reads them once.

use super::draft::Wanted;
use super::{Brief, JudgeError};
use crate::domain::{Criterion, Digest, Question, Scale};
use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use serde::Serialize;
use std::sync::LazyLock;

static JUDGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/prompts/judge.md"));
static DRAFT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/prompts/draft.md"));
static REASK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/prompts/reask.md"));

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    // The delimiters are the usual ones, which cannot clash; blocks leave no empty lines behind.
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        templates.set_syntax(syntax);
    }
    let parts = [
        ("system", JUDGE, "system"),
        ("user", JUDGE, "user"),
        ("draft-system", DRAFT, "system"),
        ("draft-user", DRAFT, "user"),
        ("reask", REASK, "user"),
    ];
    for (name, file, part) in parts {
        // The templates are part of the program; a test renders each.
        let _ = templates.add_template(name, section(file, part));
    }
    templates
});

/// What stands where sentences were left out.
const LEFT_OUT: &str = "[...]";
/// Tokens that servers put around two messages.
pub(super) const AROUND: u64 = 12;

/// Digest of all that is fixed in the prompts.
pub(super) fn digest() -> Digest {
    Digest::of_parts([JUDGE.as_bytes(), REASK.as_bytes()])
}

/// The name of the schema in the prompt's front matter.
pub(super) fn schema_name() -> &'static str {
    let front = JUDGE.split("---").nth(1).unwrap_or_default();
    front.lines().find_map(|line| line.strip_prefix("schema: ")).unwrap_or_default()
}

fn section(file: &'static str, name: &str) -> &'static str {
    let heading = format!("# {name}\n");
    let text = file.split_once(&heading).map_or("", |(_, rest)| rest);
    text.split("\n# ").next().unwrap_or_default().trim()
}

/// A prompt ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prompt {
    pub system: String,
    pub user: String,
    /// All that is sent, the schema included.
    pub tokens: u64,
    /// Numbers of sentences that did not fit.
    pub left_out: Vec<usize>,
}

#[derive(Serialize)]
struct Shown<'a> {
    question: ShownQuestion<'a>,
    scale: ShownScale<'a>,
    answer: &'a str,
}

#[derive(Serialize)]
struct ShownQuestion<'a> {
    ask: &'a str,
    assesses: Option<&'a str>,
    listen_fors: Vec<&'a Criterion>,
    red_flags: Vec<&'a Criterion>,
    ideal_answers: &'a [String],
}

#[derive(Serialize)]
struct ShownScale<'a> {
    min: i32,
    max: i32,
    levels: Vec<Level<'a>>,
}

#[derive(Serialize)]
struct Level<'a> {
    score: i32,
    label: Option<&'a str>,
    text: Option<&'a str>,
}

/// Renders the prompt for `brief`, of at most `room` tokens together with `schema`.
pub(super) fn prompt(brief: &Brief, schema: &str, room: u64) -> Result<Prompt, JudgeError> {
    let system = rendered("system", &())?;
    let fixed = AROUND + count(&system) + count(schema);
    let lines: Vec<String> = brief.sentences.iter().enumerate().map(|(i, s)| line(i + 1, &s.text)).collect();
    let user_with = |kept: &[usize]| user(&brief.question, &brief.scale, &block(&lines, kept));
    let every: Vec<usize> = (0..lines.len()).collect();
    let user = user_with(&every)?;
    let tokens = fixed + count(&user);
    if tokens <= room {
        return Ok(Prompt { system, user, tokens, left_out: vec![] });
    }
    let empty = fixed + count(&user_with(&[])?);
    let mut kept = fitting(brief, &lines, room.saturating_sub(empty));
    loop {
        if kept.is_empty() {
            return Err(JudgeError::TooLong { tokens: empty, room });
        }
        let mut places = kept.clone();
        places.sort_unstable();
        let user = user_with(&places)?;
        let tokens = fixed + count(&user);
        if tokens <= room {
            let left_out = (0..lines.len()).filter(|i| !places.contains(i)).map(|i| i + 1).collect();
            return Ok(Prompt { system, user, tokens, left_out });
        }
        // Counted line by line the sum can be a little too small.
        kept.pop();
    }
}

/// What to say to a model whose reply was of no use.
pub(super) fn reask(complaint: &str) -> Result<String, JudgeError> {
    #[derive(Serialize)]
    struct Complaint<'a> {
        complaint: &'a str,
    }
    rendered("reask", &Complaint { complaint })
}

/// What a model is told about a question with parts missing. The guide's words are data, so what could end their block
/// is made harmless.
#[derive(Serialize)]
pub(super) struct Drafting {
    role: String,
    missing: String,
    levels: usize,
    min: i32,
    max: i32,
    ask: String,
    assesses: Option<String>,
    criteria: Vec<String>,
    ideal_answers: Vec<String>,
}

impl Drafting {
    pub(super) fn of(wanted: &Wanted, missing: &str) -> Self {
        let (question, scale) = (&wanted.question, &wanted.scale);
        let safe = |text: &String| neutral(text).0;
        Self {
            role: safe(&wanted.role),
            missing: missing.to_owned(),
            levels: scale.levels(),
            min: scale.min(),
            max: scale.max(),
            ask: safe(&question.ask),
            assesses: question.assesses.as_ref().map(safe),
            criteria: question.listen_fors().map(|criterion| safe(&criterion.text)).collect(),
            ideal_answers: question.ideal_answers.iter().map(safe).collect(),
        }
    }
}

/// The two parts of the prompt that asks for a draft.
pub(super) fn drafting(with: &Drafting) -> Result<[String; 2], JudgeError> {
    Ok([rendered("draft-system", &())?, rendered("draft-user", with)?])
}

fn user(question: &Question, scale: &Scale, answer: &str) -> Result<String, JudgeError> {
    let anchor = |score| question.anchors.iter().find(|a| a.score == score).map(|a| a.text.as_str());
    let levels = scale.scores().map(|score| Level { score, label: scale.label(score), text: anchor(score) }).collect();
    let shown = Shown {
        question: ShownQuestion {
            ask: &question.ask,
            assesses: question.assesses.as_deref(),
            listen_fors: question.listen_fors().collect(),
            red_flags: question.red_flags().collect(),
            ideal_answers: &question.ideal_answers,
        },
        scale: ShownScale { min: scale.min(), max: scale.max(), levels },
        answer,
    };
    rendered("user", &shown)
}

fn rendered(template: &str, with: &impl Serialize) -> Result<String, JudgeError> {
    let broken = |error: minijinja::Error| JudgeError::Model(format!("the prompt cannot be rendered: {error}"));
    TEMPLATES.get_template(template).and_then(|it| it.render(Value::from(Serde(with)))).map_err(broken)
}

/// How many tokens of o200k a text has. The vocabulary is read at the first call.
pub(super) fn count(text: &str) -> u64 {
    tiktoken_rs::o200k_base_singleton().encode_ordinary(text).len() as u64
}

/// Reads the vocabulary on another thread, so that the first prompt does not wait for it.
pub(super) fn prepare_counting() {
    // Where no thread is to be had, the first count takes longer; that is all.
    let _ = std::thread::Builder::new().name("vocabulary".into()).spawn(tiktoken_rs::o200k_base_singleton);
}

fn line(number: usize, text: &str) -> String {
    format!("[{number}] {}", neutral(text).0)
}

fn block(lines: &[String], kept: &[usize]) -> String {
    let mut out: Vec<&str> = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        if kept.contains(&place) {
            out.push(line);
        } else if out.last() != Some(&LEFT_OUT) {
            out.push(LEFT_OUT);
        }
    }
    out.join("\n")
}

/// The most relevant sentences that have room: in turn for each criterion the next that is most like it.
fn fitting(brief: &Brief, lines: &[String], room: u64) -> Vec<usize> {
    let criteria = brief.question.criteria.len();
    let near = |place: usize, c: usize| brief.sentences[place].near.get(c).copied().unwrap_or(0.0);
    let ranked = |c: usize| {
        let mut places: Vec<usize> = (0..lines.len()).collect();
        places.sort_by(|a, b| near(*b, c).total_cmp(&near(*a, c)).then(a.cmp(b)));
        places
    };
    let ranks: Vec<Vec<usize>> = (0..criteria.max(1)).map(ranked).collect();
    let (mut kept, mut used) = (Vec::new(), 0);
    for turn in 0..lines.len() {
        for rank in &ranks {
            let place = rank[turn];
            // A mark for what is left out before it and the end of the line.
            let cost = count(&lines[place]) + 4;
            if !kept.contains(&place) && used + cost <= room {
                kept.push(place);
                used += cost;
            }
        }
    }
    kept
}

/// The text as it can do no harm inside the block: nothing in it looks like a delimiter or a number of ours, nothing
/// is invisible, and it stays on one line. With it, for each of its characters, the place of the original one.
pub(super) fn neutral(text: &str) -> (String, Vec<usize>) {
    let mut out = (String::with_capacity(text.len()), Vec::new());
    for (place, c) in text.chars().enumerate() {
        let shown = match c {
            '<' | '\u{ff1c}' | '\u{fe64}' | '\u{27e8}' | '\u{2329}' | '\u{3008}' => '\u{2039}',
            '>' | '\u{ff1e}' | '\u{fe65}' | '\u{27e9}' | '\u{232a}' | '\u{3009}' => '\u{203a}',
            '[' | '\u{ff3b}' | '\u{27e6}' => '(',
            ']' | '\u{ff3d}' | '\u{27e7}' => ')',
            c if is_invisible(c) => continue,
            c if c.is_whitespace() || c.is_control() => ' ',
            c => c,
        };
        out.0.push(shown);
        out.1.push(place);
    }
    out
}

/// Characters that nobody sees and that can carry words nobody said: joiners, direction marks, tags, selectors,
/// private ones.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}'
        | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_there_and_names_its_schema() {
        for name in ["system", "user", "reask"] {
            assert!(TEMPLATES.get_template(name).is_ok_and(|t| t.source().len() > 80), "{name}");
        }
        assert_eq!(schema_name(), "earmark.judgement/1");
        assert!(rendered("system", &()).expect("renders").ends_with("\"score\": 1}"));
    }

    #[test]
    fn nothing_in_a_neutral_text_is_a_delimiter_or_unseen() {
        let (text, places) = neutral("</answer>\u{2028}[9] \u{200b}x\u{e0041}\u{202e}y\u{ff1c}/answer\u{ff1e}");
        assert_eq!(text, "\u{2039}/answer\u{203a} (9) xy\u{2039}/answer\u{203a}");
        assert_eq!((places.len(), places[14], places[15]), (text.chars().count(), 15, 18));
    }

    #[test]
    fn ordinary_words_stay_as_they_are() {
        let said =
            "I'd say \u{201c}it depends\u{201d} \u{2014} na\u{ef}ve, caf\u{e9}, \u{65e5}\u{672c}\u{8a9e}, 50 % & more";
        assert_eq!(neutral(said).0, said);
    }
}
