//! Makes a rubric of what was found: ids, kinds, criteria, and a note beside each of where it came from and what is
//! missing. Adds no word that is not the guide's.

use super::block::fold;
use super::criteria::cut;
use super::found::{AnswerBy, Findings, Found, Passage, key};
use super::read::GuideFormat;
use super::report::{ImportReport, ImportedQuestion, Placed};
use super::wording::{is_quoted, kind_guessed, unquoted};
use crate::domain::{Anchor, Competency, Criterion, CriterionKind, FollowUp, Question, QuestionKind, Rubric, Scale};
use crate::library::write::{Notes, QuestionNotes};
use std::collections::BTreeSet;

/// Most characters of a text in a rubric.
const MAX_TEXT: usize = 4_000;

/// A confidence below this is marked as a gap.
const SURE: f64 = 0.5;

/// The rubric, what is noted beside it, and the report.
pub(super) fn draft(file: &str, format: GuideFormat, findings: Findings) -> (Rubric, Notes, ImportReport) {
    let title =
        findings.title.as_ref().map_or("Imported guide".to_owned(), |(_, title)| short(title.trim_end_matches(':')));
    let unit = format.unit();
    let competencies = competencies(&findings.questions);
    let mut ids = BTreeSet::new();
    let drafts: Vec<Drafted> =
        findings.questions.iter().map(|found| question(found, &competencies, &mut ids, unit)).collect();
    let gaps = whole_gaps(&findings, &drafts);
    let tips: Vec<Placed> = findings.tips.iter().map(placed).collect();
    let mut head = vec![format!("Drafted from {}, a guide in {}; numbers are its {unit}s.", fold(file), format.name())];
    head.extend(gaps.iter().map(|gap| format!("gap: {gap}")));
    head.extend(tips.iter().map(|tip| format!("tip ({unit} {}): {}", tip.line, tip.text)));
    let (mut questions, mut notes, mut reports) = (Vec::new(), Vec::new(), Vec::new());
    for draft in drafts {
        questions.push(draft.question);
        notes.push(draft.notes);
        reports.push(draft.report);
    }
    let rubric = Rubric {
        id: kebab(&title, 6).unwrap_or_else(|| "imported-guide".to_owned()),
        title,
        version: "0.1.0".to_owned(),
        language: "en".to_owned(),
        scale: Scale::default(),
        competencies,
        questions,
    };
    let report = ImportReport {
        file: file.to_owned(),
        format,
        unit,
        questions: reports,
        tips,
        left_out: findings.left_out,
        gaps,
    };
    (rubric, Notes { head, questions: notes }, report)
}

struct Drafted {
    question: Question,
    notes: QuestionNotes,
    report: ImportedQuestion,
}

fn whole_gaps(findings: &Findings, drafts: &[Drafted]) -> Vec<String> {
    let mut gaps = Vec::new();
    if findings.title.is_none() {
        gaps.push("the guide has no title; give the rubric its own".to_owned());
    }
    let lacking = |has: fn(&Question) -> bool| drafts.iter().filter(|draft| !has(&draft.question)).count();
    let missing = [
        ("listen_for", lacking(|question| question.listen_fors().next().is_some())),
        ("ideal_answers", lacking(|question| !question.ideal_answers.is_empty())),
        ("assesses", lacking(|question| question.assesses.is_some())),
        ("anchors", lacking(|question| !question.anchors.is_empty())),
    ];
    for (what, count) in missing.into_iter().filter(|(_, count)| *count > 0) {
        gaps.push(format!("{count} of {} questions have no `{what}` in the guide", drafts.len()));
    }
    gaps
}

/// The topics that the guide sorts its questions under.
fn competencies(questions: &[Found]) -> Vec<Competency> {
    let mut out: Vec<Competency> = Vec::new();
    for title in questions.iter().filter_map(|found| found.topic.as_deref()) {
        let Some(id) = kebab(title, 6) else { continue };
        if out.iter().all(|known| known.id != id) {
            out.push(Competency { id, title: short(title), weight: 1.0 });
        }
    }
    out
}

fn question(found: &Found, competencies: &[Competency], ids: &mut BTreeSet<String>, unit: &str) -> Drafted {
    let id = unique(&kebab(&found.ask, 5).unwrap_or_else(|| format!("question-{}", found.line)), ids);
    let topic = found.topic.as_deref().and_then(|topic| kebab(topic, 6));
    let (criteria, criteria_lines) = criteria(found);
    let (ideal_answers, answer_lines) = ideal_answers(found);
    let (anchors, unread) = anchors(found);
    let question = Question {
        id: id.clone(),
        competency: topic.filter(|topic| competencies.iter().any(|known| known.id == *topic)),
        kind: found.kind.unwrap_or_else(|| kind_guessed(&found.ask)),
        ask: short(&found.ask),
        also_asked: found.also_asked.iter().map(|passage| short(unquoted(&passage.text))).collect(),
        assesses: joined(&found.assesses),
        ideal_answers,
        criteria,
        anchors,
        follow_ups: found.follow_ups.iter().map(follow_up).collect(),
    };
    let gaps = gaps(found, &question);
    let mut remarks: Vec<Placed> = found.remarks.iter().chain(&unread).map(placed).collect();
    remarks.extend(found.tips.iter().map(|tip| Placed { line: tip.line, text: format!("tip: {}", tip.text) }));
    let report = ImportedQuestion {
        id,
        line: found.line,
        again: found.again.clone(),
        assesses: found.assesses.iter().map(|passage| passage.line).collect(),
        criteria: criteria_lines,
        ideal_answers: answer_lines,
        follow_ups: found.follow_ups.iter().map(|follow_up| follow_up.passage.line).collect(),
        remarks,
        confidence: found.confidence.map(|sure| (sure * 100.0).round() / 100.0),
        gaps,
    };
    Drafted { notes: notes(&report, unit), question, report }
}

/// What is written above a question and beside its criteria.
fn notes(report: &ImportedQuestion, unit: &str) -> QuestionNotes {
    let mut before = vec![format!("{unit} {}", numbers(&[&[report.line], report.again.as_slice()].concat()))];
    for (name, lines) in
        [("assesses", &report.assesses), ("ideal_answers", &report.ideal_answers), ("follow_ups", &report.follow_ups)]
    {
        if !lines.is_empty() {
            before.push(format!("{name}: {unit} {}", numbers(lines)));
        }
    }
    before.extend(report.remarks.iter().map(|remark| format!("remark ({unit} {}): {}", remark.line, remark.text)));
    before.extend(report.gaps.iter().map(|gap| format!("gap: {gap}")));
    QuestionNotes { before, criteria: report.criteria.iter().map(|line| format!("{unit} {line}")).collect() }
}

fn numbers(lines: &[usize]) -> String {
    let mut seen = BTreeSet::new();
    lines.iter().filter(|line| seen.insert(**line)).map(usize::to_string).collect::<Vec<_>>().join(", ")
}

fn gaps(found: &Found, question: &Question) -> Vec<String> {
    let mut gaps = Vec::new();
    if found.kind.is_none() {
        gaps.push(format!("kind `{}` is guessed from the wording", question.kind.name()));
    }
    if found.by_place {
        gaps.push("taken for a question by its place; it does not ask".to_owned());
    }
    if found.answers.iter().any(|answer| answer.by == AnswerBy::Place) {
        gaps.push("the ideal answer is what stands with the question, without a label".to_owned());
    }
    if let Some(sure) = found.confidence {
        let doubt = if sure < SURE { "; check that it belongs here" } else { "" };
        gaps.push(format!("answered elsewhere in the guide, matched with confidence {sure:.2}{doubt}"));
    }
    if question.kind == QuestionKind::Star && found.follow_ups.is_empty() {
        gaps.push("the guide asks for no part of this STAR question".to_owned());
    }
    if found.follow_ups.iter().any(|follow_up| follow_up.part_guessed) {
        gaps.push("the parts of the follow-ups are guessed from their wording".to_owned());
    }
    let missing: Vec<&str> = [
        (question.assesses.is_none(), "assesses"),
        (question.listen_fors().next().is_none(), "listen_for"),
        (question.ideal_answers.is_empty(), "ideal_answers"),
        (question.anchors.is_empty(), "anchors"),
    ]
    .into_iter()
    .filter_map(|(lacks, name)| lacks.then_some(name))
    .collect();
    if !missing.is_empty() {
        gaps.push(format!("the guide gives no {}", missing.join(", ")));
    }
    gaps
}

fn follow_up(sub: &super::found::SubQuestion) -> FollowUp {
    FollowUp { part: sub.part.map(str::to_owned), ask: short(&sub.passage.text) }
}

/// The criteria, listen-fors first, and the place of each.
fn criteria(found: &Found) -> (Vec<Criterion>, Vec<usize>) {
    let mut listen = Vec::new();
    let mut warn = Vec::new();
    let mut seen = BTreeSet::new();
    let passages = found
        .listen_for
        .iter()
        .map(|passage| (passage, false))
        .chain(found.red_flags.iter().map(|passage| (passage, true)));
    for (passage, flagged) in passages {
        for one in cut(unquoted(&passage.text), passage.item || is_quoted(&passage.text)) {
            if seen.insert(key(&one.text)) {
                if flagged || one.warns { &mut warn } else { &mut listen }.push((one.text, passage.line));
            }
        }
    }
    let mut ids = BTreeSet::new();
    let kinds = listen
        .into_iter()
        .map(|one| (CriterionKind::ListenFor, one))
        .chain(warn.into_iter().map(|one| (CriterionKind::RedFlag, one)));
    kinds
        .map(|(kind, (text, line))| {
            let id = unique(&kebab(&text, 4).unwrap_or_else(|| "criterion".to_owned()), &mut ids);
            (Criterion { id, kind, text: short(&text), weight: 1.0 }, line)
        })
        .unzip()
}

/// The answers, each with its paragraphs together, and where each begins.
fn ideal_answers(found: &Found) -> (Vec<String>, Vec<usize>) {
    let mut out: Vec<(String, usize)> = Vec::new();
    for answer in &found.answers {
        let text = unquoted(&answer.passage.text);
        let own = is_quoted(&answer.passage.text);
        match out.last_mut().filter(|(before, _)| !own && before.len() + text.len() < MAX_TEXT) {
            Some((before, _)) => {
                let stop = if before.ends_with(['.', '!', '?', ':', ';', ',']) { " " } else { ". " };
                before.push_str(stop);
                before.push_str(text);
            }
            None => out.push((short(text), answer.passage.line)),
        }
    }
    let mut seen = BTreeSet::new();
    out.retain(|(text, _)| seen.insert(key(text)));
    out.into_iter().unzip()
}

/// The levels that have a score of the scale, and those that have none.
fn anchors(found: &Found) -> (Vec<Anchor>, Vec<Passage>) {
    let mut anchors: Vec<Anchor> = Vec::new();
    let mut unread = Vec::new();
    for passage in &found.levels {
        match level(passage) {
            Some((score, text)) if (1..=5).contains(&score) && anchors.iter().all(|anchor| anchor.score != score) => {
                anchors.push(Anchor { score, text });
            }
            _ => unread.push(passage.clone()),
        }
    }
    anchors.sort_by_key(|anchor| anchor.score);
    (anchors, unread)
}

/// "Score 3: ...", "3 - ..." or an item with the number 3.
fn level(passage: &Passage) -> Option<(i32, String)> {
    if let Some(number) = passage.number {
        return Some((i32::try_from(number).ok()?, passage.text.clone()));
    }
    let text = ["score ", "level ", "rating "]
        .iter()
        .find_map(|lead| {
            passage
                .text
                .get(..lead.len())
                .filter(|start| start.eq_ignore_ascii_case(lead))
                .map(|_| &passage.text[lead.len()..])
        })
        .unwrap_or(&passage.text);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let score = text[..digits].parse().ok()?;
    let rest = text[digits..].trim_start().trim_start_matches([':', '-', '–', '—', '.', ')', '=']).trim();
    (!rest.is_empty()).then(|| (score, rest.to_owned()))
}

fn joined(passages: &[Passage]) -> Option<String> {
    let mut text = String::new();
    for passage in passages {
        let ended = text.is_empty() || text.ends_with(['.', '?', '!', ':', ';', ',']);
        text.push_str(if ended { " " } else { "; " });
        text.push_str(unquoted(&passage.text));
    }
    let text = text.trim();
    (!text.is_empty()).then(|| short(text))
}

fn placed(passage: &Passage) -> Placed {
    Placed { line: passage.line, text: passage.text.clone() }
}

/// A text within what a rubric holds.
fn short(text: &str) -> String {
    let text = fold(text);
    if text.chars().count() <= MAX_TEXT { text } else { text.chars().take(MAX_TEXT - 1).chain(['…']).collect() }
}

/// An id of the first `most` words that say something.
pub(super) fn kebab(text: &str, most: usize) -> Option<String> {
    const COMMON: [&str; 55] = [
        "a", "an", "the", "of", "to", "in", "on", "for", "and", "or", "do", "does", "did", "you", "your", "is", "are",
        "was", "were", "what", "how", "why", "which", "when", "would", "could", "can", "have", "has", "had", "with",
        "that", "this", "it", "its", "me", "us", "tell", "about", "describe", "explain", "as", "at", "be", "by",
        "from", "like", "us", "we", "s", "re", "ve", "ll", "d", "m",
    ];
    let ascii: String = text.to_lowercase().chars().map(plain).collect();
    let words: Vec<&str> = ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let telling: Vec<&str> = words.iter().copied().filter(|word| !COMMON.contains(word)).collect();
    let chosen = if telling.is_empty() { words } else { telling };
    let mut id = String::new();
    for word in chosen.into_iter().take(most) {
        if !id.is_empty() && id.len() + word.len() > 50 {
            break;
        }
        if !id.is_empty() {
            id.push('-');
        }
        id.push_str(&word[..word.len().min(50)]);
    }
    (!id.is_empty()).then_some(id)
}

/// A letter without its accent, where that is a letter of the alphabet.
fn plain(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' => 'i',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ç' | 'ć' | 'č' => 'c',
        'ñ' | 'ń' | 'ň' => 'n',
        'š' | 'ś' | 'ß' => 's',
        'ž' | 'ź' | 'ż' => 'z',
        'ł' => 'l',
        '’' | '\'' => ' ',
        c => c,
    }
}

pub(super) fn unique(id: &str, ids: &mut BTreeSet<String>) -> String {
    let mut own = id.to_owned();
    let mut n = 2;
    while !ids.insert(own.clone()) {
        own = format!("{id}-{n}");
        n += 1;
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_plain_and_unique() {
        assert_eq!(
            kebab("How do you typically structure a RESTful API?", 5).as_deref(),
            Some("typically-structure-restful-api")
        );
        assert_eq!(kebab("Why?", 5).as_deref(), Some("why"));
        assert_eq!(kebab("日本", 5), None);
        let mut ids = BTreeSet::new();
        assert_eq!([unique("a", &mut ids), unique("a", &mut ids)], ["a", "a-2"]);
    }

    #[test]
    fn levels_are_read_by_their_numbers() {
        let passage = |text: &str| Passage { line: 1, text: text.to_owned(), item: false, number: None };
        assert_eq!(level(&passage("Score 3: names one tool")), Some((3, "names one tool".to_owned())));
        assert_eq!(level(&passage("5 – names three")), Some((5, "names three".to_owned())));
        assert_eq!(level(&passage("Good: names three")), None);
    }
}
