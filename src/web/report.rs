//! One evaluation as one HTML page that needs nothing else: no request leaves it, and it works without scripts.
//!
//! Everything is prepared here as plain views; the templates only lay it out. Text that somebody else wrote is a
//! [`Words`] in element content and a plain string in attributes, and both are escaped.

pub(in crate::web) mod card;
mod chart;
pub(in crate::web) mod passage;

use super::texts::{EN, Texts};
use super::wording;
use super::words::Words;
use crate::domain::{Evaluation, Rubric, Transcript};
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use card::{Card, cards};
use passage::{Quotations, Said, said};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use thiserror::Error;

/// Why a page cannot be made.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The evaluation is of another transcript, so that its quotations stand at other places.
    #[error("the evaluation was not made of this transcript")]
    OtherTranscript,
    /// The evaluation is against another rubric, so that its criteria have other words.
    #[error("the evaluation was not made with this rubric")]
    OtherRubric,
    /// The template failed.
    #[error("the page could not be written")]
    Template(#[from] askama::Error),
}

/// The evaluation beside its transcript, as a complete HTML document.
///
/// # Errors
/// [`RenderError`] when evaluation, rubric and transcript do not belong together.
pub fn page(evaluation: &Evaluation, rubric: &Rubric, transcript: &Transcript) -> Result<String, RenderError> {
    if evaluation.transcript.digest != *transcript.digest() {
        return Err(RenderError::OtherTranscript);
    }
    if evaluation.rubric.digest != rubric.digest() {
        return Err(RenderError::OtherRubric);
    }
    let quotations = Quotations::of(&evaluation.questions, rubric, transcript, &EN)?;
    let style = style(&quotations);
    let page = Page {
        title: title(evaluation, rubric),
        candidate: evaluation.transcript.candidate.as_deref().map(Words),
        rubric: Words(&rubric.title),
        version: Words(&rubric.version),
        language: &rubric.language,
        policy: policy(&style),
        style,
        script: SCRIPT,
        icon: ICON,
        overview: Overview::of(evaluation, rubric, &quotations),
        cards: cards(&evaluation.questions, rubric, transcript, &quotations, &EN)?,
        utterances: said(&evaluation.questions, evaluation.transcript.candidate.as_deref(), transcript, &quotations),
        facts: facts(evaluation),
        reading: Reading::of(evaluation, transcript),
        advice: wording::ADVICE_IN_FULL,
        t: &EN,
    };
    Ok(page.render()?)
}

pub(super) const STYLE: &str = include_str!("templates/report.css");
const SCRIPT: &str = include_str!("templates/report.js");

/// The folded corner, percent-encoded for a `data:` address: without it a browser asks the server for an icon.
pub(super) const ICON: &str = "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2032%2032'%3E%3Cpath%20fill='%231d4f5c'%20d='M5%202h15l8%208v20H5z'/%3E%3Cpath%20fill='%23f2c744'%20d='M20%202l8%208h-8z'/%3E%3C/svg%3E";

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    title: String,
    candidate: Option<Words<'a>>,
    rubric: Words<'a>,
    version: Words<'a>,
    language: &'a str,
    policy: String,
    style: String,
    script: &'static str,
    icon: &'static str,
    overview: Overview<'a>,
    cards: Vec<Card<'a>>,
    utterances: Vec<Said<'a>>,
    facts: Vec<(&'static str, String)>,
    reading: Reading<'a>,
    advice: &'static str,
    t: &'static Texts,
}

impl Page<'_> {
    fn not_asked(&self) -> usize {
        self.cards.iter().filter(|card| card.not_asked).count()
    }
}

fn title(evaluation: &Evaluation, rubric: &Rubric) -> String {
    let rubric = wording::on_one_line(&rubric.title);
    match &evaluation.transcript.candidate {
        Some(name) => format!("{}: {rubric}", wording::on_one_line(name)),
        None => rubric,
    }
}

/// A rule for each quotation that lights all its pieces when the address names it: a quotation
/// is in pieces where others overlap it, and `:target` alone would reach only one. Names are made by code.
pub(in crate::web) fn target_rules(quotations: &Quotations) -> String {
    let mut style = String::new();
    let lit = "{background:var(--lit);color:var(--lit-ink)}";
    for quotation in quotations.all() {
        let id = &quotation.id;
        // Writing to a String cannot fail.
        let _ = writeln!(style, "#{id}:target~[data-e~={id}]{lit}");
    }
    style
}

/// The style sheet of the self-contained page.
fn style(quotations: &Quotations) -> String {
    STYLE.to_owned() + &target_rules(quotations)
}

/// Lets in exactly this page's style sheet and script, by hash, and nothing from anywhere else.
fn policy(style: &str) -> String {
    let (style, script) = (policy_source(style), policy_source(SCRIPT));
    format!(
        "default-src 'none'; style-src {style}; script-src {script}; img-src data:; base-uri 'none'; form-action 'none'"
    )
}

/// What lets exactly this text in, in a policy.
pub(in crate::web) fn policy_source(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

/// The interview at a glance.
struct Overview<'a> {
    score: Option<String>,
    /// Percent of the way up the scale.
    fill: String,
    min: i32,
    max: i32,
    competencies: Vec<Mean<'a>>,
    /// Number, what it counts.
    counts: Vec<(usize, &'static str)>,
}

/// A competency's score.
struct Mean<'a> {
    title: Words<'a>,
    score: Option<String>,
    fill: String,
    questions: String,
}

impl<'a> Overview<'a> {
    fn of(evaluation: &'a Evaluation, rubric: &'a Rubric, quotations: &Quotations) -> Self {
        let overall = &evaluation.overall;
        let fill =
            |score: Option<f64>| format!("{:.1}", score.map_or(0.0, |s| wording::height(&rubric.scale, s)) * 100.0);
        let competencies = evaluation.competencies.iter().map(|result| Mean {
            title: Words(rubric.competency(&result.id).map_or(&result.id, |competency| &competency.title)),
            score: result.score.map(|score| format!("{score:.1}")),
            fill: fill(result.score),
            questions: wording::count(result.questions, "question", "questions"),
        });
        let counts = vec![
            (overall.scored, "scored"),
            (overall.abstained, "without a suggestion"),
            (overall.not_asked, "not asked"),
            (quotations.all().len(), "verified quotations"),
        ];
        Self {
            score: overall.score.map(|score| format!("{score:.1}")),
            fill: fill(overall.score),
            min: rubric.scale.min(),
            max: rubric.scale.max(),
            competencies: competencies.collect(),
            counts,
        }
    }
}

/// Everything the result depends on, as name and value.
fn facts(evaluation: &Evaluation) -> Vec<(&'static str, String)> {
    let made = &evaluation.made_with;
    let short = |digest: &crate::domain::Digest| digest.short().to_owned();
    let rubric = &evaluation.rubric;
    let mut out = vec![
        ("Judge", format!("{}, {}", made.judge, made.model)),
        ("Embedder", made.embedder.clone()),
        ("Rubric", format!("{} {} ({})", rubric.id, rubric.version, short(&rubric.digest))),
        ("Transcript", short(&evaluation.transcript.digest)),
    ];
    out.extend(made.prompt.as_ref().map(|prompt| ("Prompt", short(prompt))));
    out.push(("Calibration", made.profile.as_ref().map_or("none for this rubric".into(), short)));
    out.push(("Earmark", made.earmark.clone()));
    out.into_iter().map(|(name, value)| (name, wording::on_one_line(&value))).collect()
}

/// What the parser made of the file.
struct Reading<'a> {
    summary: String,
    dropped: String,
    items: Vec<(Option<usize>, Words<'a>)>,
    more: usize,
}

/// More notes than this are counted, not listed.
const LISTED: usize = 40;

impl<'a> Reading<'a> {
    fn of(evaluation: &'a Evaluation, transcript: &'a Transcript) -> Self {
        let about = &evaluation.transcript;
        let utterances = wording::count(about.utterances, "utterance", "utterances");
        let length = about.duration_ms.map(|ms| format!(", {}", wording::clock(ms))).unwrap_or_default();
        let all = || {
            let dropped = transcript.report().dropped.iter().map(|d| (d.line, Words(&d.why)));
            dropped.chain(about.report.notes.iter().map(|note| (note.line, Words(&note.text))))
        };
        Self {
            summary: format!("{}, {utterances}{length}", wording::format(about.format)),
            dropped: match about.report.dropped {
                0 => "Nothing in the file was left out.".into(),
                n => format!("{} of the file did not become speech.", wording::count(n, "piece", "pieces")),
            },
            items: all().take(LISTED).collect(),
            more: all().count().saturating_sub(LISTED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Utterance;
    use crate::web::sample;

    fn made() -> String {
        let (evaluation, rubric, transcript) = sample::hostile();
        page(&evaluation, &rubric, &transcript).expect("they belong together")
    }

    fn between<'t>(text: &'t str, from: &str, to: &str) -> Vec<&'t str> {
        text.split(from).skip(1).filter_map(|rest| rest.split_once(to)).map(|(inside, _)| inside).collect()
    }

    /// The text of escaped HTML, with the marks for hidden characters turned back into the characters.
    fn text_of(html: &str) -> String {
        let mut out = String::new();
        let mut rest = html;
        while let Some((before, tag_on)) = rest.split_once('<') {
            out.push_str(before);
            let (tag, after) = tag_on.split_once('>').expect("a tag ends");
            rest = after;
            if tag == "span class=\"unseen\"" {
                let (code, after) = rest.split_once("</span>").expect("a span ends");
                let code = u32::from_str_radix(code.trim_start_matches("U+"), 16).expect("a code point");
                out.push(char::from_u32(code).expect("a scalar"));
                rest = after;
            }
        }
        out.push_str(rest);
        let entities = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
        entities.iter().fold(out, |text, (entity, plain)| text.replace(entity, plain))
    }

    #[test]
    fn the_highlight_of_every_quotation_is_exactly_the_quotation() {
        let (evaluation, rubric, transcript) = sample::hostile();
        let made = page(&evaluation, &rubric, &transcript).expect("they belong together");
        let quotations =
            Quotations::of(&evaluation.questions, &rubric, &transcript, &EN).expect("they belong together");
        assert_eq!(quotations.all().len(), 6);
        for quotation in quotations.all() {
            let pieces = between(&made, "<mark", "</mark>").into_iter().filter_map(|mark| {
                let (attributes, inside) = mark.split_once('>')?;
                let names = *between(attributes, "data-e=\"", "\"").first()?;
                names.split(' ').any(|name| name == quotation.id).then(|| text_of(inside))
            });
            assert_eq!(pieces.collect::<String>(), quotation.evidence.quote());
            assert_eq!(made.matches(&format!("id=\"{}\"", quotation.id)).count(), 1);
            assert!(made.contains(&format!("href=\"#{}\"", quotation.id)));
            assert_eq!(made.matches(&format!("id=\"{}\"", quotation.criterion)).count(), 1);
        }
    }

    #[test]
    fn every_utterance_keeps_all_its_words() {
        let (_, _, transcript) = sample::hostile();
        let made = made();
        for (index, utterance) in transcript.utterances().iter().enumerate() {
            let row = between(&made, &format!("id=\"u{index}\""), "</li>")[0];
            let words = between(row, "<p class=\"text\" dir=\"auto\">", "</p>")[0];
            assert_eq!(text_of(words), utterance.text);
        }
    }

    #[test]
    fn a_quotation_is_jumped_to_at_its_first_word_and_leads_back_after_its_last() {
        let (evaluation, rubric, transcript) = sample::hostile();
        let made = page(&evaluation, &rubric, &transcript).expect("they belong together");
        for quotation in
            Quotations::of(&evaluation.questions, &rubric, &transcript, &EN).expect("they belong together").all()
        {
            let covers =
                |html: &str| between(html, "data-e=\"", "\"").iter().any(|e| e.split(' ').any(|e| e == quotation.id));
            let row = between(&made, &format!("id=\"u{}\"", quotation.evidence.utterance()), "</li>")[0];
            let (before, after) = row.split_once(&format!("<span id=\"{}\"></span>", quotation.id)).expect("a place");
            assert!(!covers(before), "{} begins before its place", quotation.id);
            let way_back = format!("href=\"#{}\" data-ref=\"{}\"", quotation.criterion, quotation.short);
            // Two quotations of one utterance may lead back to the same criterion, each after its own last word.
            let at_its_end = |at: usize| {
                between(&after[..at], "<mark", "</mark>").last().is_some_and(|m| covers(m)) && !covers(&after[at..])
            };
            assert!(after.match_indices(&way_back).any(|(at, _)| at_its_end(at)), "{} has no way back", quotation.id);
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        let made = made();
        assert_eq!(made.matches("<script").count(), 1);
        assert_eq!(made.matches("</script>").count(), 1);
        assert_eq!(made.matches("<style").count(), 1);
        assert_eq!(made.matches("</style>").count(), 1);
        for tag in ["<img", "<b>timeout", "<b>developer", "<b>gap", "<i>", "href=\"javascript", " src=\""] {
            assert!(!made.contains(tag), "{tag}");
        }
        assert!(made.chars().all(|c| c == '\n' || !wording::hidden(c)));
        assert!(text_of(&made).contains(sample::ATTACK));
    }

    #[test]
    fn the_policy_admits_exactly_the_inline_style_and_script() {
        let made = made();
        let policy = between(&made, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
        let policy = policy.first().expect("there is a policy").replace("&#39;", "'");
        for (tag, source) in [("style", "style-src"), ("script", "script-src")] {
            let inline = between(&made, &format!("<{tag}>"), &format!("</{tag}>"));
            let hash = STANDARD.encode(Sha256::digest(inline[0]));
            assert!(policy.contains(&format!("{source} 'sha256-{hash}'")), "{policy}");
        }
        assert!(policy.starts_with("default-src 'none';"));
        assert!(!made.contains(" style=\""), "a style attribute would be blocked");
        for tag in between(&made, "<", ">") {
            let names: String = tag.split('"').step_by(2).collect();
            assert!(!names.contains(" on"), "an event handler would be blocked: {tag}");
        }
    }

    #[test]
    fn nothing_is_asked_of_another_place() {
        let made = made().replace("http://www.w3.org/2000/svg", "");
        let links = between(&made, "href=\"", "\"");
        assert!(links.iter().all(|link| link.starts_with('#') || link.starts_with("data:")), "{links:?}");
        assert!(!made.contains("@import") && !made.contains("url("));
    }

    #[test]
    fn every_link_leads_somewhere_and_no_name_is_used_twice() {
        let made = made();
        let made = made.split("<script>").next().expect("there is a first part");
        let mut ids = between(made, " id=\"", "\"");
        for link in between(made, "href=\"#", "\"") {
            assert!(ids.contains(&link), "{link}");
        }
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }

    #[test]
    fn an_abstention_shows_its_reason_and_no_score() {
        let made = made();
        let card = between(&made, "id=\"q2\"", "</article>")[0];
        assert!(text_of(card).contains("judge unavailable: <b>timeout</b>"));
        assert!(!card.contains("class=\"big\""), "{card}");
    }

    #[test]
    fn a_question_that_was_not_asked_is_listed_without_a_score() {
        let made = made();
        let open = between(&made, "id=\"not-asked\"", "</section>")[0];
        assert!(text_of(open).contains("Why *this* company?"));
        assert_eq!(made.matches("<article").count(), 3);
    }

    #[test]
    fn parts_that_do_not_belong_together_are_refused() {
        let (evaluation, rubric, transcript) = sample::hostile();
        let other = Transcript::new(
            b"another",
            transcript.format(),
            vec![],
            transcript.utterances().to_vec(),
            transcript.report().clone(),
        );
        let made = page(&evaluation, &rubric, &other.expect("has words"));
        assert!(matches!(made, Err(RenderError::OtherTranscript)));
        let other = Rubric { title: "Another".into(), ..rubric };
        assert!(matches!(page(&evaluation, &other, &transcript), Err(RenderError::OtherRubric)));
    }

    #[test]
    fn without_speaker_labels_roles_follow_from_what_was_said() {
        let (evaluation, rubric, transcript) = sample::hostile();
        let unnamed = transcript.utterances().iter().map(|u| Utterance { speaker: None, ..u.clone() }).collect();
        let report = transcript.report().clone();
        let transcript = Transcript::new(b"the file", transcript.format(), vec![], unnamed, report).expect("has words");
        let made = page(&evaluation, &rubric, &transcript).expect("the file is the same");
        assert!(between(&made, "id=\"u0\"", "</li>")[0].contains("interviewer, by what is said"));
        assert!(between(&made, "id=\"u1\"", "</li>")[0].contains("candidate, by what is said"));
    }

    #[test]
    fn the_advice_is_on_the_page() {
        assert!(made().contains(wording::ADVICE_IN_FULL));
    }
}
