//! What changed between two rubrics, in the words of the trade. Pure.
//!
//! Parts are matched by their ids; what is left over on both sides by how like its text is, so that a renamed id is no
//! removal and addition.

use crate::domain::{Anchor, Criterion, CriterionKind, Digest, FollowUp, Question, Rubric};
use serde::Serialize;

/// Texts from this likeness on (Sørensen-Dice on pairs of letters) are one text that was worked on.
const SAME_TEXT: f64 = 0.6;
/// The same for whole paragraphs, which keep more when they are worked on.
const SAME_PARAGRAPH: f64 = 0.5;
/// A level's description this like another level's was moved and not rewritten.
const SAME_LEVEL: f64 = 0.9;

/// What kind of change it is. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ChangeKind {
    RubricRenamed,
    LanguageChanged,
    ScaleChanged,
    CompetencyAdded,
    CompetencyRemoved,
    CompetencyRenamed,
    CompetencyReweighted,
    QuestionAdded,
    QuestionRemoved,
    QuestionRenamed,
    QuestionReworded,
    QuestionMoved,
    QuestionsReordered,
    KindChanged,
    PurposeChanged,
    WordingAdded,
    WordingRemoved,
    CriterionAdded,
    CriterionRemoved,
    CriterionRenamed,
    CriterionReworded,
    CriterionReweighted,
    CriterionTurned,
    LevelAdded,
    LevelRemoved,
    LevelReworded,
    LevelMoved,
    IdealAnswerAdded,
    IdealAnswerRemoved,
    IdealAnswerChanged,
    FollowUpAdded,
    FollowUpRemoved,
    FollowUpReworded,
    OrderChanged,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What kind it is.
    pub kind: ChangeKind,
    /// The question's id, the new one where it has two.
    pub question: Option<String>,
    /// One line for people.
    pub what: String,
    /// What it said, where it said something.
    pub before: Option<String>,
    /// What it says.
    pub after: Option<String>,
}

/// Which rubric it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The digest of all that it says; profiles are bound to it.
    pub digest: Digest,
}

/// What changed from one rubric to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RubricDiff {
    /// The first.
    pub before: Identity,
    /// The second.
    pub after: Identity,
    /// The rubric as a whole, then its competencies, then its questions in the order of the second; what was removed
    /// comes last.
    pub changes: Vec<Change>,
}

impl RubricDiff {
    /// Compares two rubrics.
    #[must_use]
    pub fn of(before: &Rubric, after: &Rubric) -> Self {
        let mut changes = Changes::default();
        changes.whole(before, after);
        changes.competencies(before, after);
        changes.questions(before, after);
        let identity = |rubric: &Rubric| Identity {
            id: rubric.id.clone(),
            version: rubric.version.clone(),
            digest: rubric.digest(),
        };
        Self { before: identity(before), after: identity(after), changes: changes.found }
    }

    /// Whether a profile that is bound to the first does not hold for the second.
    #[must_use]
    pub fn makes_profiles_stale(&self) -> bool {
        self.before.digest != self.after.digest
    }
}

#[derive(Default)]
struct Changes {
    question: Option<String>,
    found: Vec<Change>,
}

impl Changes {
    fn add(&mut self, kind: ChangeKind, what: impl Into<String>, before: Option<&str>, after: Option<&str>) {
        self.found.push(Change {
            kind,
            question: self.question.clone(),
            what: what.into(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        });
    }

    /// A change of one text, if there is one.
    fn text(&mut self, kind: ChangeKind, what: &str, before: &str, after: &str) {
        if before != after {
            self.add(kind, what, Some(before), Some(after));
        }
    }

    fn weight(&mut self, kind: ChangeKind, name: &str, before: f64, after: f64) {
        if before.total_cmp(&after).is_ne() {
            let what = format!("{name} weighs {after} instead of {before}");
            self.add(kind, what, Some(&before.to_string()), Some(&after.to_string()));
        }
    }

    fn whole(&mut self, before: &Rubric, after: &Rubric) {
        use ChangeKind::{LanguageChanged, RubricRenamed, ScaleChanged};
        self.text(RubricRenamed, "the rubric has another id", &before.id, &after.id);
        self.text(RubricRenamed, "the rubric has another title", &before.title, &after.title);
        self.text(LanguageChanged, "the rubric is in another language", &before.language, &after.language);
        if before.scale != after.scale {
            let shown = |rubric: &Rubric| {
                let level =
                    |score: i32| rubric.scale.label(score).map_or(score.to_string(), |l| format!("{score} {l}"));
                rubric.scale.scores().map(level).collect::<Vec<_>>().join(", ")
            };
            self.text(ScaleChanged, "the scale changed", &shown(before), &shown(after));
        }
    }

    fn competencies(&mut self, before: &Rubric, after: &Rubric) {
        use ChangeKind::{CompetencyAdded, CompetencyRemoved, CompetencyRenamed, CompetencyReweighted};
        let pairs = matched(&before.competencies, &after.competencies, |c| &c.id, |c| &c.title, SAME_TEXT);
        for (old, new) in &pairs.both {
            let name = format!("competency \u{201c}{}\u{201d}", new.title);
            self.text(CompetencyRenamed, &format!("{name} has another id"), &old.id, &new.id);
            self.text(CompetencyRenamed, &format!("{name} has another title"), &old.title, &new.title);
            self.weight(CompetencyReweighted, &name, old.weight, new.weight);
        }
        for new in &pairs.added {
            self.add(CompetencyAdded, "a competency was added", None, Some(&new.title));
        }
        for old in &pairs.removed {
            self.add(CompetencyRemoved, "a competency was removed", Some(&old.title), None);
        }
        if pairs.in_other_order {
            self.add(ChangeKind::OrderChanged, "the competencies are in another order", None, None);
        }
    }

    fn questions(&mut self, before: &Rubric, after: &Rubric) {
        use ChangeKind::{QuestionAdded, QuestionRemoved, QuestionsReordered};
        let pairs = matched(&before.questions, &after.questions, |q| &q.id, |q| &q.ask, SAME_TEXT);
        for (old, new) in &pairs.both {
            self.question = Some(new.id.clone());
            self.question(old, new, before, after);
        }
        for new in &pairs.added {
            self.question = Some(new.id.clone());
            self.add(QuestionAdded, "the question was added", None, Some(&new.ask));
        }
        for old in &pairs.removed {
            self.question = Some(old.id.clone());
            self.add(QuestionRemoved, "the question was removed", Some(&old.ask), None);
        }
        self.question = None;
        if pairs.in_other_order {
            self.add(QuestionsReordered, "the questions are in another order", None, None);
        }
    }

    fn question(&mut self, old: &Question, new: &Question, before: &Rubric, after: &Rubric) {
        use ChangeKind::{KindChanged, PurposeChanged, QuestionMoved, QuestionRenamed, QuestionReworded};
        self.text(QuestionRenamed, "the question has another id", &old.id, &new.id);
        self.text(QuestionReworded, "the question was reworded", &old.ask, &new.ask);
        let title = |rubric: &Rubric, question: &Question| {
            let id = question.competency.as_deref();
            id.and_then(|id| rubric.competency(id)).map_or("none".to_owned(), |competency| competency.title.clone())
        };
        self.text(QuestionMoved, "the question moved to another competency", &title(before, old), &title(after, new));
        self.text(KindChanged, "the question is of another kind", old.kind.name(), new.kind.name());
        let purpose = |question: &Question| question.assesses.clone().unwrap_or_default();
        self.text(PurposeChanged, "what it assesses changed", &purpose(old), &purpose(new));
        self.wordings(old, new);
        self.criteria(old, new);
        self.levels(&old.anchors, &new.anchors);
        self.ideal_answers(old, new);
        self.follow_ups(&old.follow_ups, &new.follow_ups);
    }

    fn wordings(&mut self, old: &Question, new: &Question) {
        for wording in new.also_asked.iter().filter(|wording| !old.also_asked.contains(wording)) {
            self.add(ChangeKind::WordingAdded, "another way of asking was added", None, Some(wording));
        }
        for wording in old.also_asked.iter().filter(|wording| !new.also_asked.contains(wording)) {
            self.add(ChangeKind::WordingRemoved, "another way of asking was removed", Some(wording), None);
        }
        let same = old.also_asked.len() == new.also_asked.len() && old.also_asked != new.also_asked;
        if same && old.also_asked.iter().all(|wording| new.also_asked.contains(wording)) {
            self.add(ChangeKind::OrderChanged, "the other ways of asking are in another order", None, None);
        }
    }

    fn criteria(&mut self, old: &Question, new: &Question) {
        use ChangeKind::{CriterionAdded, CriterionRemoved, OrderChanged};
        let pairs = matched(&old.criteria, &new.criteria, |c| &c.id, |c| &c.text, SAME_TEXT);
        for (old, new) in &pairs.both {
            self.criterion(old, new);
        }
        for new in &pairs.added {
            self.add(CriterionAdded, format!("{} `{}` was added", sort(new), new.id), None, Some(&new.text));
        }
        for old in &pairs.removed {
            self.add(CriterionRemoved, format!("{} `{}` was removed", sort(old), old.id), Some(&old.text), None);
        }
        if pairs.in_other_order && !pairs.both.iter().any(|(old, new)| old.kind != new.kind) {
            self.add(OrderChanged, "the criteria are in another order", None, None);
        }
    }

    fn criterion(&mut self, old: &Criterion, new: &Criterion) {
        use ChangeKind::{CriterionRenamed, CriterionReweighted, CriterionReworded, CriterionTurned};
        let name = format!("{} `{}`", sort(new), new.id);
        self.text(CriterionRenamed, &format!("{name} has another id"), &old.id, &new.id);
        if old.kind != new.kind {
            let what = format!("`{}` moved from {} to {}", new.id, sort(old), sort(new));
            self.add(CriterionTurned, what, Some(sort(old)), Some(sort(new)));
        }
        self.text(CriterionReworded, &format!("{name} was reworded"), &old.text, &new.text);
        self.weight(CriterionReweighted, &name, old.weight, new.weight);
    }

    fn levels(&mut self, old: &[Anchor], new: &[Anchor]) {
        use ChangeKind::{LevelAdded, LevelMoved, LevelRemoved, LevelReworded};
        let mut left: Vec<&Anchor> = old.iter().filter(|anchor| !new.contains(anchor)).collect();
        let changed: Vec<&Anchor> = new.iter().filter(|anchor| !old.contains(anchor)).collect();
        let mut rest = Vec::new();
        for anchor in changed {
            let moved = |other: &&Anchor| other.score != anchor.score && alike(&other.text, &anchor.text) >= SAME_LEVEL;
            if let Some(at) = left.iter().position(moved) {
                let from = left.remove(at);
                let what = format!("what was level {} is now level {}", from.score, anchor.score);
                self.add(LevelMoved, what, Some(&from.text), Some(&anchor.text));
            } else {
                rest.push(anchor);
            }
        }
        for anchor in rest {
            match left.iter().position(|other| other.score == anchor.score) {
                Some(at) => {
                    let from = left.remove(at);
                    self.text(LevelReworded, &format!("level {} was reworded", anchor.score), &from.text, &anchor.text);
                }
                None => self.add(LevelAdded, format!("level {} was described", anchor.score), None, Some(&anchor.text)),
            }
        }
        for anchor in left {
            let what = format!("level {} lost its description", anchor.score);
            self.add(LevelRemoved, what, Some(&anchor.text), None);
        }
    }

    fn ideal_answers(&mut self, old: &Question, new: &Question) {
        use ChangeKind::{IdealAnswerAdded, IdealAnswerChanged, IdealAnswerRemoved, OrderChanged};
        let pairs = matched(&old.ideal_answers, &new.ideal_answers, |text| text, |text| text, SAME_PARAGRAPH);
        for (old, new) in &pairs.both {
            self.text(IdealAnswerChanged, "an ideal answer changed", old, new);
        }
        for new in &pairs.added {
            self.add(IdealAnswerAdded, "an ideal answer was added", None, Some(new));
        }
        for old in &pairs.removed {
            self.add(IdealAnswerRemoved, "an ideal answer was removed", Some(old), None);
        }
        if pairs.in_other_order {
            self.add(OrderChanged, "the ideal answers are in another order", None, None);
        }
    }

    fn follow_ups(&mut self, old: &[FollowUp], new: &[FollowUp]) {
        use ChangeKind::{FollowUpAdded, FollowUpRemoved, FollowUpReworded, OrderChanged};
        let pairs = matched(old, new, |one| &one.ask, |one| &one.ask, SAME_TEXT);
        for (old, new) in &pairs.both {
            self.text(FollowUpReworded, "a follow-up was reworded", &old.ask, &new.ask);
            let part = |one: &FollowUp| one.part.clone().unwrap_or_default();
            self.text(FollowUpReworded, "a follow-up asks for another STAR part", &part(old), &part(new));
        }
        for new in &pairs.added {
            self.add(FollowUpAdded, "a follow-up was added", None, Some(&new.ask));
        }
        for old in &pairs.removed {
            self.add(FollowUpRemoved, "a follow-up was removed", Some(&old.ask), None);
        }
        if pairs.in_other_order {
            self.add(OrderChanged, "the follow-ups are in another order", None, None);
        }
    }
}

fn sort(criterion: &Criterion) -> &'static str {
    match criterion.kind {
        CriterionKind::ListenFor => "listen-for",
        CriterionKind::RedFlag => "red flag",
    }
}

/// Which part of one list is which of the other.
struct Matched<'a, T> {
    /// In the order of the second list.
    both: Vec<(&'a T, &'a T)>,
    added: Vec<&'a T>,
    removed: Vec<&'a T>,
    in_other_order: bool,
}

fn matched<'a, T>(
    before: &'a [T],
    after: &'a [T],
    id: impl Fn(&T) -> &String,
    text: impl Fn(&T) -> &String,
    likeness: f64,
) -> Matched<'a, T> {
    let mut partner: Vec<Option<usize>> =
        after.iter().map(|new| before.iter().position(|old| id(old) == id(new))).collect();
    let free = |partner: &[Option<usize>], old: usize| !partner.contains(&Some(old));
    let mut near: Vec<(f64, usize, usize)> = Vec::new();
    for (n, new) in after.iter().enumerate().filter(|(n, _)| partner[*n].is_none()) {
        let old = before.iter().enumerate().filter(|(o, _)| free(&partner, *o));
        near.extend(old.map(|(o, old)| (alike(text(old), text(new)), n, o)).filter(|(near, ..)| *near >= likeness));
    }
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    for (_, n, o) in near {
        if partner[n].is_none() && free(&partner, o) {
            partner[n] = Some(o);
        }
    }
    let kept: Vec<usize> = partner.iter().copied().flatten().collect();
    Matched {
        both: after.iter().zip(&partner).filter_map(|(new, old)| Some((&before[(*old)?], new))).collect(),
        added: after.iter().zip(&partner).filter(|(_, old)| old.is_none()).map(|(new, _)| new).collect(),
        removed: before.iter().enumerate().filter(|(o, _)| free(&partner, *o)).map(|(_, old)| old).collect(),
        in_other_order: !kept.is_sorted(),
    }
}

/// In 0..=1.
fn alike(a: &str, b: &str) -> f64 {
    strsim::sorensen_dice(&a.to_lowercase(), &b.to_lowercase())
}
