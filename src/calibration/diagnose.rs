//! What of a rubric does not do its work, as far as labelled answers and its own texts show it.

use super::features::Is;
use super::measure::Truth;
use super::report::Finding;
use super::{Fitted, Material};
use crate::agreement::{Pairs, pearson};
use crate::domain::{CriterionKind, Question, Seen, SeenCriterion, Verdict};
use std::collections::BTreeMap;

/// A text of the rubric that was judged as if it were an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Place of the question in the rubric.
    pub question: usize,
    /// Which text.
    pub kind: ProbeKind,
    /// What was seen in it.
    pub seen: Seen,
}

/// Which text of a rubric was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeKind {
    /// An ideal answer, by place.
    Ideal(usize),
    /// The anchor of a score.
    Anchor(i32),
}

/// Fewer answers to a question than this say nothing of its criteria.
const FEWEST: usize = 8;
/// A criterion that goes with the rest of the score less than this does not go with it.
const GOES_WITH: f64 = 0.1;
/// Two criteria that go together more than this are one.
const OVERLAPS: f64 = 0.85;
/// An ideal answer that is suggested less than this far below the top is at the top.
const NEAR_TOP: f64 = 1.0;
/// An anchor's expected score may lie this much below a lower one's.
const OUT_OF_ORDER: f64 = 0.3;

/// Everything that was found, question by question.
pub(super) fn findings(material: &Material<'_>, truth: &Truth<'_>, seen: &[&Seen], fitted: &Fitted) -> Vec<Finding> {
    let mut of_question: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, answer) in truth.answers.iter().enumerate() {
        of_question.entry(&answer.question_id).or_default().push(row);
    }
    let mut out = Vec::new();
    for (place, question) in material.rubric.questions.iter().enumerate() {
        let rows = of_question.get(question.id.as_str()).cloned().unwrap_or_default();
        if rows.len() >= FEWEST {
            out.extend(criteria(question, &rows, truth, seen));
        }
        out.extend(own_texts(material, place, question, fitted));
    }
    out
}

fn criteria(question: &Question, rows: &[usize], truth: &Truth<'_>, seen: &[&Seen]) -> Vec<Finding> {
    let finding = |kind: &str, place: usize, what: String, figures: Vec<String>, advice: &str| Finding {
        kind: kind.to_owned(),
        question_id: question.id.clone(),
        criterion: Some(question.criteria[place].id.clone()),
        quoted: vec![question.criteria[place].text.clone()],
        figures,
        what,
        advice: advice.to_owned(),
    };
    let at = |row: usize, place: usize| seen[row].criteria.get(place);
    let is_met = |c: &SeenCriterion| matches!(c.verdict, Verdict::Met | Verdict::Partly);
    let people: Vec<f64> = rows.iter().map(|row| truth.means[*row]).collect();
    let strengths: Vec<Vec<f64>> = (0..question.criteria.len())
        .map(|place| rows.iter().map(|row| at(*row, place).map_or(0.0, signed)).collect())
        .collect();
    let mut out = Vec::new();
    for (place, criterion) in question.criteria.iter().enumerate() {
        let met = rows.iter().filter(|row| at(**row, place).is_some_and(is_met)).count();
        let listens = criterion.kind == crate::domain::CriterionKind::ListenFor;
        let n = rows.len();
        if met == 0 && listens {
            let what = format!("\u{201c}{}\u{201d} is found in none of {n} answers", criterion.text);
            let advice = "say it as a candidate would show it, or split it up";
            out.push(finding("never_met", place, what, vec![n.to_string()], advice));
        } else if met == n {
            let what = format!("\u{201c}{}\u{201d} is found in all {n} answers", criterion.text);
            let advice = "ask for more, or leave it out: it tells nobody apart";
            out.push(finding("always_met", place, what, vec![n.to_string()], advice));
        } else if let Ok(together) = Pairs::new(people.clone(), strengths[place].clone()).and_then(|p| pearson(&p)) {
            let together = if listens { together } else { -together };
            if together < GOES_WITH {
                let what = format!(
                    "\u{201c}{}\u{201d} does not go with people\u{2019}s scores (correlation {together:.2} in {n} answers)",
                    criterion.text
                );
                let figures = vec![format!("{together:.2}"), n.to_string()];
                let advice = "check that people score by it, or reword it";
                out.push(finding("does_not_go_with_score", place, what, figures, advice));
            }
        }
        for other in 0..place {
            let same = Pairs::new(strengths[place].clone(), strengths[other].clone()).and_then(|p| pearson(&p));
            if same.is_ok_and(|r| r > OVERLAPS) {
                let what = format!(
                    "\u{201c}{}\u{201d} and \u{201c}{}\u{201d} are found in the same answers",
                    question.criteria[other].text, criterion.text
                );
                let one = finding("overlaps", place, what, vec![], "make one of them, or say what tells them apart");
                out.push(Finding {
                    quoted: vec![question.criteria[other].text.clone(), criterion.text.clone()],
                    ..one
                });
            }
        }
    }
    out
}

/// The strength of a finding, below 0 for a contradiction.
fn signed(criterion: &SeenCriterion) -> f64 {
    if criterion.verdict == Verdict::Contradicted { -criterion.strength } else { criterion.strength }
}

/// What the judge makes of the rubric's own texts.
fn own_texts(material: &Material<'_>, place: usize, question: &Question, fitted: &Fitted) -> Vec<Finding> {
    let scale = &material.rubric.scale;
    let mut out = Vec::new();
    let mut anchors: Vec<(i32, f64)> = Vec::new();
    for probe in material.probes.iter().filter(|probe| probe.question == place) {
        let Some(expected) = expected(material, question, probe, fitted) else { continue };
        match probe.kind {
            ProbeKind::Anchor(score) => anchors.push((score, expected)),
            ProbeKind::Ideal(number) => {
                for (criterion, found) in question.criteria.iter().zip(&probe.seen.criteria) {
                    // An ideal answer is meant to say the opposite of what it is warned of.
                    if criterion.kind == CriterionKind::ListenFor && found.verdict.is_surely_opposite(found.strength) {
                        out.push(Finding {
                            kind: "contradicts_ideal".to_owned(),
                            question_id: question.id.clone(),
                            criterion: Some(criterion.id.clone()),
                            quoted: vec![criterion.text.clone()],
                            figures: vec![(number + 1).to_string()],
                            what: format!(
                                "ideal answer {} is read as the opposite of \u{201c}{}\u{201d}",
                                number + 1,
                                criterion.text
                            ),
                            advice: "one of the two is to be reworded".into(),
                        });
                    }
                }
                if expected < f64::from(scale.max()) - NEAR_TOP {
                    out.push(Finding {
                        kind: "ideal_not_top".to_owned(),
                        question_id: question.id.clone(),
                        criterion: None,
                        quoted: vec![],
                        figures: vec![(number + 1).to_string(), format!("{expected:.1}"), scale.max().to_string()],
                        what: format!(
                            "ideal answer {} is itself suggested {:.1} of {}",
                            number + 1,
                            expected,
                            scale.max()
                        ),
                        advice: "let it show every listen-for, or listen for what it shows".into(),
                    });
                }
            }
        }
    }
    anchors.sort_by_key(|(score, _)| *score);
    for pair in anchors.windows(2) {
        let ((low, below), (high, above)) = (pair[0], pair[1]);
        if above + OUT_OF_ORDER < below {
            out.push(Finding {
                kind: "anchors_out_of_order".to_owned(),
                question_id: question.id.clone(),
                criterion: None,
                quoted: vec![],
                figures: vec![high.to_string(), low.to_string(), format!("{above:.1}"), format!("{below:.1}")],
                what: format!(
                    "the anchor of {high} is read as worth less than that of {low} ({above:.1} and {below:.1})"
                ),
                advice: "say in each anchor what such an answer shows, in the words of the listen-fors".into(),
            });
        }
    }
    out
}

/// What the mapping that is kept makes of a text of the rubric.
fn expected(material: &Material<'_>, question: &Question, probe: &Probe, fitted: &Fitted) -> Option<f64> {
    let uncalibrated = probe.seen.uncalibrated.as_ref().map(|u| u.expected);
    let Some((context, model)) = &fitted.mapping else { return uncalibrated };
    let text = match probe.kind {
        ProbeKind::Ideal(number) => question.ideal_answers.get(number)?,
        ProbeKind::Anchor(score) => &question.anchors.iter().find(|anchor| anchor.score == score)?.text,
    };
    let (min, max) = (material.rubric.scale.min(), material.rubric.scale.max());
    let features = context.features(question, min, max, text, &probe.seen, Is::New);
    let chances = model.chances(&question.id, &features, &probe.seen.vector);
    Some(f64::from(min) + chances.iter().enumerate().map(|(level, chance)| level as f64 * chance).sum::<f64>())
}

/// How many suggestions for labelling are made at most.
const MOST: usize = 8;
/// Answers to a question that are worth having.
const WANTED: usize = 20;
/// Answers for each level that are worth having.
const OF_A_LEVEL: usize = 30;

/// What to label next: what the figures are least sure for want of.
pub(super) fn label_next(material: &Material<'_>, truth: &Truth<'_>) -> Vec<String> {
    let mut out = Vec::new();
    if truth.answers.iter().all(|answer| answer.scores.len() < 2) {
        out.push(
            "Let a second person score at least 100 of these answers: without it nobody knows how far people agree."
                .into(),
        );
    }
    let counts: BTreeMap<&str, usize> = truth.answers.iter().fold(BTreeMap::new(), |mut counts, answer| {
        *counts.entry(answer.question_id.as_str()).or_default() += 1;
        counts
    });
    let none: Vec<&str> =
        material.rubric.questions.iter().map(|q| q.id.as_str()).filter(|id| !counts.contains_key(id)).collect();
    if !none.is_empty() {
        let named: Vec<&str> = none.iter().copied().take(5).collect();
        let more =
            if none.len() > named.len() { format!(" and {} more", none.len() - named.len()) } else { String::new() };
        out.push(format!(
            "{} have no labelled answer: {}{more}.",
            count(none.len(), "question", "questions"),
            named.join(", ")
        ));
    }
    let few: Vec<(&str, usize)> = counts.iter().map(|(id, n)| (*id, *n)).filter(|(_, n)| *n < WANTED).collect();
    if !few.is_empty() {
        let total: usize = few.iter().map(|(_, n)| WANTED - n).sum();
        out.push(format!(
            "{} have fewer than {WANTED} answers; {total} more would let each be judged on its own.",
            count(few.len(), "question", "questions")
        ));
    }
    for level in material.rubric.scale.scores() {
        let n = truth.levels.iter().filter(|given| **given == level).count();
        if n < OF_A_LEVEL {
            out.push(format!("Only {} scored {level}: look for more.", count(n, "answer is", "answers are")));
        }
    }
    out.truncate(MOST);
    out
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
