//! Puts the report together, section by section.

use super::diagnose;
use super::measure::{Column, Slack, Truth, is_sure, outcome};
use super::profile::Cut;
use super::report::{
    Choice, ComputedWith, Disagreement, Groups, Line, Marking, Number, Outcome, Part, Predicted, REPORT_SCHEMA, Ranges,
    Ready, Report, SetRef, Subgroup, Verdict,
};
use super::{CalibrationSettings, Fitted, Material};
use crate::agreement::{
    Marks, Outcomes, Overlap, SmallCells, Undefined, above_median, calibration_error, impact_ratios, reliability_curve,
    risk_coverage,
};
use crate::domain::{LabelledAnswer, Seen, Stance, Verdict as Found, find_words};
use std::collections::{BTreeMap, BTreeSet};

/// How many disagreements are shown.
const WORST: usize = 20;
/// Bins of the reliability curve.
const BINS: usize = 10;
/// Points of the curve of error against coverage that are kept.
const POINTS: usize = 60;

/// Ranges, or why there are none, for each kind of question.
type NamedRanges = Vec<(String, Result<Ranges, String>)>;

pub(super) struct Sections<'a> {
    pub material: &'a Material<'a>,
    pub settings: &'a CalibrationSettings,
    pub truth: &'a Truth<'a>,
    pub seen: &'a [&'a Seen],
    pub uncalibrated: &'a Column,
}

impl Sections<'_> {
    pub(super) fn report(&self, fitted: &Fitted) -> (Report, [Option<Cut>; 2]) {
        let (material, truth) = (self.material, self.truth);
        let kept = &fitted.known;
        let all: Vec<usize> = (0..self.seen.len()).collect();
        let rule = truth.rule(kept, &all, self.settings.error, self.settings.answered);
        let least = material.profile.map_or(rule.surer_than, |profile| profile.surer_than);
        let suggested: Vec<usize> = all.iter().copied().filter(|row| self.is_suggested(kept, *row, least)).collect();
        let people = truth.people(kept);
        let answers_unseen = truth.agreement(kept, &all);
        let groups = self.groups(kept, &all);
        let lines =
            self.lines(&answers_unseen.quadratic_kappa, &answers_unseen.smd, people.as_ref().map(|p| &p.1), &groups);
        let (ranges, cuts) = self.ranges(fitted, &all);
        let confidences = truth.confidences(kept, &all, Slack::None);
        let near = truth.confidences(kept, &all, Slack::Usual);
        let unseen = fitted.new.as_ref().map(|column| truth.agreement(column, &all));
        let choice = self.choice(fitted);
        let report = Report {
            schema: REPORT_SCHEMA.to_owned(),
            rubric: material.rubric.into(),
            rubric_title: material.rubric.title.clone(),
            scale: [truth.scale.min(), truth.scale.max()],
            eval_set: self.set(),
            made_with: ComputedWith {
                bound: material.bound.clone(),
                seed: self.settings.seed,
                rounds: self.settings.rounds,
                clusters: if truth.by_candidate { "candidate" } else { "answer" }.to_owned(),
                folds: fitted.folds,
                earmark: env!("CARGO_PKG_VERSION").to_owned(),
                measured_profile: material.profile.map(|p| (p.digest(), p.fitted_to().clone())),
            },
            verdict: verdict(&lines, all.len(), suggested.len()),
            choice,
            uncalibrated: truth.agreement(self.uncalibrated, &all),
            as_suggested: truth.agreement(kept, &suggested),
            answers_unseen,
            questions_unseen: unseen,
            majority: self.majority(&all),
            people: people.map(|(people, _)| people),
            lines,
            confusion: self.confusion(kept),
            distribution: self.distribution(kept),
            reliability: confidences.clone().and_then(|c| reliability_curve(&c, BINS)).unwrap_or_default(),
            calibration_error: Number::plain(confidences.and_then(|c| calibration_error(&c, BINS)), all.len()),
            coverage: thinned(near.map(|c| risk_coverage(&c)).unwrap_or_default()),
            ranges,
            rule,
            questions: self.questions(kept, &all),
            competencies: self.competencies(kept, &all),
            bands: self.bands(kept, &all),
            groups,
            marking: self.marking(),
            worst: self.worst(kept),
            findings: diagnose::findings(material, truth, self.seen, fitted),
            label_next: diagnose::label_next(material, truth),
            predictions: self.predictions(kept),
        };
        (report, cuts)
    }

    /// Whether the service would suggest the score: the lowest needs no quotation, every other does, and a profile with a
    /// rule has to be surer than `least`.
    fn is_suggested(&self, kept: &Column, row: usize, least: Option<f64>) -> bool {
        let seen = self.seen[row];
        is_sure(least, kept.chances[row].as_deref())
            && seen.abstained.is_none()
            && (kept.suggested[row] == self.truth.scale.min() || seen.is_supported())
    }

    fn set(&self) -> SetRef {
        let set = self.material.set;
        let questions: BTreeSet<&str> = set.answers.iter().map(|a| a.question_id.as_str()).collect();
        SetRef {
            name: set.name.clone(),
            digest: set.digest.clone(),
            about: set.about.clone(),
            answers: set.answers.len(),
            questions: questions.len(),
            unreadable: set.answers.len() - self.seen.len(),
            raters: set.raters().into_iter().map(str::to_owned).collect(),
        }
    }

    fn choice(&self, fitted: &Fitted) -> Choice {
        let fitted_here = fitted.mapping.is_some();
        let measured = self.material.profile.is_some();
        let (kept, why) = match (&fitted.why, measured) {
            (Ok(()), false) => ("fitted", "the fit beats the mapping without a profile out of fold".to_owned()),
            (Ok(()), true) => ("fitted", "a profile fitted to another set is measured here".to_owned()),
            (Err(why), _) => ("uncalibrated", why.clone()),
        };
        let weights = fitted.mapping.as_ref().filter(|_| fitted_here).map(|(_, model)| model.weights());
        let weights = weights.unwrap_or_default().into_iter().take(8).map(|(name, w)| (name.to_owned(), w)).collect();
        Choice { kept: kept.to_owned(), why, difference: fitted.difference.clone(), weights }
    }

    fn majority(&self, all: &[usize]) -> Number {
        let mut counts: BTreeMap<i32, usize> = BTreeMap::new();
        for level in &self.truth.levels {
            *counts.entry(*level).or_default() += 1;
        }
        let most = counts.values().copied().max().unwrap_or(0);
        Number::plain(Ok(most as f64 / all.len().max(1) as f64), all.len())
    }

    fn confusion(&self, kept: &Column) -> Vec<Vec<usize>> {
        let scale = self.truth.scale;
        let mut table = vec![vec![0; scale.levels()]; scale.levels()];
        for (people, machine) in self.truth.levels.iter().zip(&kept.suggested) {
            if let (Some(row), Some(column)) = (scale.place(*people), scale.place(*machine)) {
                table[row][column] += 1;
            }
        }
        table
    }

    fn distribution(&self, kept: &Column) -> [Vec<usize>; 2] {
        let scale = self.truth.scale;
        let count = |levels: &[i32]| {
            let on = |place: usize| levels.iter().filter(|level| scale.place(**level) == Some(place)).count();
            (0..scale.levels()).map(on).collect()
        };
        [count(&self.truth.levels), count(&kept.suggested)]
    }

    fn ranges(&self, fitted: &Fitted, all: &[usize]) -> (NamedRanges, [Option<Cut>; 2]) {
        let mut out = Vec::new();
        let mut cuts = [None, None];
        let columns =
            [("questions with scored answers", Some(&fitted.known)), ("other questions", fitted.new.as_ref())];
        for (place, (name, column)) in columns.into_iter().enumerate() {
            let Some(column) = column else { continue };
            match self.truth.ranges(column, all, self.settings.coverage) {
                Ok((sets, ranges)) => {
                    cuts[place] =
                        Some(Cut { miss: sets.miss(), most_before: sets.cut(), answers: sets.calibrated_on() });
                    out.push((name.to_owned(), Ok(ranges)));
                }
                Err(why) => out.push((name.to_owned(), Err(why.to_string()))),
            }
        }
        (out, cuts)
    }

    fn rows_by<'k>(&self, key: impl Fn(&LabelledAnswer) -> Option<&'k str>) -> BTreeMap<&'k str, Vec<usize>> {
        let mut out: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (row, answer) in self.truth.answers.iter().enumerate() {
            if let Some(key) = key(answer) {
                out.entry(key).or_default().push(row);
            }
        }
        out
    }

    fn questions(&self, kept: &Column, all: &[usize]) -> Vec<Part> {
        let rubric = self.material.rubric;
        let of = self.rows_by(|a| rubric.question(&a.question_id).map(|q| q.id.as_str()));
        let asked = rubric.questions.iter().filter_map(|q| Some((q, of.get(q.id.as_str())?)));
        asked.map(|(question, rows)| self.truth.part(kept, &question.id, &question.ask, rows, all)).collect()
    }

    fn competencies(&self, kept: &Column, all: &[usize]) -> Vec<Part> {
        let rubric = self.material.rubric;
        let of = self.rows_by(|a| rubric.question(&a.question_id)?.competency.as_deref());
        let known = rubric.competencies.iter().filter_map(|c| Some((c, of.get(c.id.as_str())?)));
        known.map(|(competency, rows)| self.truth.part(kept, &competency.id, &competency.title, rows, all)).collect()
    }

    fn bands(&self, kept: &Column, all: &[usize]) -> Vec<Part> {
        let (min, max) = (f64::from(self.truth.scale.min()), f64::from(self.truth.scale.max()));
        let third = |row: usize| (((self.truth.means[row] - min) / (max - min) * 3.0).floor() as usize).min(2);
        let names = ["low", "middle", "high"];
        let part = |(band, name): (usize, &&str)| {
            let rows: Vec<usize> = all.iter().copied().filter(|row| third(*row) == band).collect();
            (!rows.is_empty()).then(|| self.truth.part(kept, name, name, &rows, all))
        };
        names.iter().enumerate().filter_map(part).collect()
    }

    fn groups(&self, kept: &Column, all: &[usize]) -> Vec<Groups> {
        let attributes: BTreeSet<&str> =
            self.truth.answers.iter().flat_map(|a| a.group.keys()).map(String::as_str).collect();
        attributes.into_iter().map(|attribute| self.attribute(attribute, kept, all)).collect()
    }

    fn attribute(&self, attribute: &str, kept: &Column, all: &[usize]) -> Groups {
        let answers = &self.truth.answers;
        let mut rows_of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut groups_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (row, answer) in answers.iter().enumerate() {
            if let Some(group) = answer.group.get(attribute) {
                rows_of.entry(group).or_default().push(row);
                groups_of.entry(&self.truth.keys[row]).or_default().insert(group);
            }
        }
        // An attribute of the person, unless somebody's answers differ in it.
        let by_person = self.truth.by_candidate && groups_of.values().all(|groups| groups.len() == 1);
        let case = |row: usize| if by_person { self.truth.keys[row].as_str() } else { answers[row].id.as_str() };
        let impact = |score: &dyn Fn(usize) -> f64| -> BTreeMap<String, Number> {
            let mut cases: BTreeMap<&str, (Vec<f64>, &str)> = BTreeMap::new();
            for (group, rows) in &rows_of {
                for row in rows {
                    cases.entry(case(*row)).or_insert_with(|| (vec![], group)).0.push(score(*row));
                }
            }
            let means: Vec<f64> = cases.values().map(|(s, _)| s.iter().sum::<f64>() / s.len() as f64).collect();
            let Ok(above) = above_median(&means) else { return BTreeMap::new() };
            let people: Vec<(&str, bool)> = cases.values().map(|(_, group)| *group).zip(above).collect();
            let found = Outcomes::new(&people).and_then(|o| impact_ratios(&o, &SmallCells::default()));
            let number = |i: crate::agreement::Impact| (i.group, Number::plain(i.ratio, i.people));
            found.map(|impacts| impacts.into_iter().map(number).collect()).unwrap_or_default()
        };
        let suggested = impact(&|row| kept.expected[row]);
        let people = impact(&|row| self.truth.means[row]);
        let small = SmallCells::default();
        let cases = |rows: &[usize]| rows.iter().map(|row| case(*row)).collect::<BTreeSet<_>>().len();
        let total = cases(&rows_of.values().flatten().copied().collect::<Vec<_>>());
        let need = small.people.max((small.share * total as f64).ceil() as usize);
        let groups = rows_of.iter().map(|(group, rows)| {
            let have = cases(rows);
            let none = |n: usize| Number::Undefined { undefined: "too few to be compared".into(), n };
            let part = if have < need {
                hidden(group, rows.len(), &Undefined::TooFew { what: "people in the group", have, need })
            } else {
                self.truth.part(kept, group, group, rows, all)
            };
            let line = self.settings.lines.group_shift;
            Subgroup {
                outcome: outcome(&part.smd, -line, line),
                impact_suggested: suggested.get(*group).cloned().unwrap_or_else(|| none(have)),
                impact_people: people.get(*group).cloned().unwrap_or_else(|| none(have)),
                part,
            }
        });
        Groups {
            attribute: attribute.to_owned(),
            unit: if by_person { "candidate" } else { "answer" }.to_owned(),
            groups: groups.collect(),
        }
    }

    fn lines(&self, kappa: &Number, shift: &Number, worse: Option<&Number>, groups: &[Groups]) -> Vec<Line> {
        let limits = self.settings.lines;
        let line = |name: &str, limit: String, measured: Number, least: f64, most: f64| Line {
            name: name.to_owned(),
            limit,
            outcome: outcome(&measured, least, most),
            measured,
        };
        let one_rater = || Number::Undefined { undefined: Undefined::OneRater.to_string(), n: self.seen.len() };
        let mut out = vec![
            line(
                "Agreement with people (weighted kappa)",
                format!("at least {:.2}", limits.kappa),
                kappa.clone(),
                limits.kappa,
                1.0,
            ),
            line(
                "Kappa below people\u{2019}s own (degradation)",
                format!("at most {:.2}", limits.degradation),
                worse.cloned().unwrap_or_else(one_rater),
                f64::NEG_INFINITY,
                limits.degradation,
            ),
            line(
                "Shift against people (standardised mean difference)",
                format!("within \u{b1}{:.2}", limits.shift),
                shift.clone(),
                -limits.shift,
                limits.shift,
            ),
        ];
        for groups in groups {
            for group in &groups.groups {
                out.push(Line {
                    name: format!("Shift for {}: {}", groups.attribute, group.part.name),
                    limit: format!("within \u{b1}{:.2}", limits.group_shift),
                    measured: group.part.smd.clone(),
                    outcome: group.outcome,
                });
            }
        }
        out
    }

    fn marking(&self) -> Option<Marking> {
        let marked: Vec<(&LabelledAnswer, &Seen)> = self
            .truth
            .answers
            .iter()
            .zip(self.seen)
            .filter(|(a, _)| !a.evidence.is_empty() || !a.criteria.is_empty())
            .map(|(answer, seen)| (*answer, *seen))
            .collect();
        if marked.is_empty() {
            return None;
        }
        let overlap = |(answer, seen): &(&LabelledAnswer, &Seen)| {
            let spans = |quotes: Vec<&str>| -> Marks {
                let found = quotes.into_iter().filter_map(|quote| find_words(&answer.answer, quote));
                found.map(|span| (0, span.start..span.end)).collect()
            };
            let wanted = spans(answer.evidence.iter().map(|e| e.quote.as_str()).collect());
            let found =
                seen.criteria.iter().flat_map(|c| &c.quotes).map(|(quote, _): &(String, Stance)| quote.as_str());
            Overlap::between(&spans(found.collect()), &wanted)
        };
        let sum: Overlap = marked.iter().filter(|(a, _)| !a.evidence.is_empty()).map(overlap).sum();
        let (mut same, mut verdicts) = (0, 0);
        for (answer, seen) in &marked {
            for criterion in &seen.criteria {
                if let Some(given) = answer.criteria.get(&criterion.id) {
                    verdicts += 1;
                    same += usize::from(*given == criterion.verdict);
                }
            }
        }
        let few = Undefined::TooFew { what: "verdicts of people", have: 0, need: 1 };
        let share = if verdicts == 0 { Err(few) } else { Ok(same as f64 / verdicts as f64) };
        Some(Marking {
            answers: marked.len(),
            precision: Number::plain(sum.precision(), marked.len()),
            recall: Number::plain(sum.recall(), marked.len()),
            f1: Number::plain(sum.f1(), marked.len()),
            verdicts: Number::plain(share, verdicts),
        })
    }

    fn worst(&self, kept: &Column) -> Vec<Disagreement> {
        let apart = |row: &usize| (kept.expected[*row] - self.truth.means[*row]).abs();
        let mut rows: Vec<usize> = (0..self.seen.len()).collect();
        rows.sort_by(|a, b| apart(b).total_cmp(&apart(a)).then(a.cmp(b)));
        rows.into_iter().take(WORST).filter_map(|row| self.disagreement(kept, row)).collect()
    }

    fn disagreement(&self, kept: &Column, row: usize) -> Option<Disagreement> {
        let (answer, seen) = (self.truth.answers[row], self.seen[row]);
        let question = self.material.rubric.question(&answer.question_id)?;
        let text =
            |id: &str| question.criteria.iter().find(|c| c.id == id).map_or_else(|| id.to_owned(), |c| c.text.clone());
        let verdict = |verdict: Found| match verdict {
            Found::Met => "met",
            Found::Partly => "in part",
            Found::NotMet => "not met",
            Found::Contradicted => "contradicted",
        };
        let found = seen.criteria.iter().flat_map(|c| {
            c.quotes.iter().map(move |(quote, _)| (text(&c.id), verdict(c.verdict).to_owned(), quote.clone()))
        });
        Some(Disagreement {
            id: answer.id.clone(),
            question_id: question.id.clone(),
            ask: question.ask.clone(),
            answer: answer.answer.clone(),
            people: answer.scores.iter().map(|s| (s.rater.clone(), s.score)).collect(),
            expected: kept.expected[row],
            suggested: kept.suggested[row],
            marked: answer.evidence.iter().map(|e| (text(&e.criterion), e.quote.clone())).collect(),
            found: found.collect(),
        })
    }

    fn predictions(&self, kept: &Column) -> Vec<Predicted> {
        let one = |row: usize| Predicted {
            id: self.truth.answers[row].id.clone(),
            cluster: self.truth.keys[row].clone(),
            people: self.truth.means[row],
            suggested: kept.suggested[row],
            expected: (kept.expected[row] * 1e6).round() / 1e6,
        };
        (0..self.seen.len()).map(one).collect()
    }
}

/// A group that is too small to be spoken of: how many answers, and nothing else.
fn hidden(group: &str, n: usize, why: &Undefined) -> Part {
    let none = || Number::plain(Err(why.clone()), n);
    Part {
        name: group.to_owned(),
        title: group.to_owned(),
        n,
        people_mean: 0.0,
        suggested_mean: 0.0,
        quadratic_kappa: none(),
        exact: none(),
        pearson: none(),
        rmse: none(),
        smd: none(),
    }
}

fn thinned(points: Vec<crate::agreement::RiskPoint>) -> Vec<crate::agreement::RiskPoint> {
    let n = points.len();
    let last = n.saturating_sub(1);
    points
        .into_iter()
        .enumerate()
        .filter(|(i, _)| n <= POINTS || i % n.div_ceil(POINTS) == 0 || *i == last)
        .map(|(_, p)| p)
        .collect()
}

/// Whether to switch the rubric on, by its lines.
fn verdict(lines: &[Line], answers: usize, suggested: usize) -> Verdict {
    let of = |outcome: Outcome| lines.iter().filter(move |line| line.outcome == outcome);
    let told = |line: &Line| match &line.measured {
        Number::Known { value, low: Some(low), high: Some(high), .. } => {
            format!("{} is {value:.2} ({low:.2} to {high:.2}); asked for is {}.", line.name, line.limit)
        }
        Number::Known { value, .. } => {
            format!("{} is {value:.2}, without an interval; asked for is {}.", line.name, line.limit)
        }
        Number::Undefined { undefined, .. } => format!("{} cannot be told: {undefined}.", line.name),
    };
    let (fails, unsure) = (of(Outcome::Fails).count(), of(Outcome::TooFew).count());
    let (ready, words) = if fails > 0 {
        let word = if fails == 1 { "one pass line fails" } else { "several pass lines fail" };
        (Ready::No, format!("Do not switch it on: {word}."))
    } else if unsure > 0 {
        (
            Ready::CannotSay,
            format!("Too early to say: {answers} answers do not settle every pass line, and none fails."),
        )
    } else {
        (Ready::Yes, "It can be switched on: every pass line holds.".to_owned())
    };
    let held_back = format!(
        "Of {answers} answers {suggested} would get a suggestion ({:.0} %); the others have nothing to quote, too few words or too unsure a score.",
        suggested as f64 / answers.max(1) as f64 * 100.0
    );
    let first = if ready == Ready::No { Outcome::Fails } else { Outcome::TooFew };
    let mut because: Vec<String> = of(first).map(told).collect();
    because.extend(of(Outcome::Passes).map(told));
    if ready == Ready::No {
        because.extend(of(Outcome::TooFew).map(told));
    }
    because.insert(1.min(because.len()), held_back);
    Verdict { ready, words, because }
}
