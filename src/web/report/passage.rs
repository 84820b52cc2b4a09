//! The transcript with its quotations marked: which words are quoted for what, also where quotations overlap.

use super::{RenderError, Words};
use crate::domain::{
    CharSpan, Criterion, Evidence, QuestionResult, Role, Rubric, Speaker, SpeakerId, Transcript, Utterance,
};
use crate::web::texts::Texts;
use crate::web::wording;
use std::collections::{BTreeMap, BTreeSet};

/// A quotation with its names on the page.
pub(in crate::web) struct Quotation<'a> {
    /// Name of its place in the transcript: `e12`.
    pub id: String,
    /// Name of its criterion's row: `q3-a`.
    pub criterion: String,
    /// What the reader sees of that name: `3a`.
    pub short: String,
    /// The criterion, for tooltips and screen readers.
    pub about: String,
    /// Whether it speaks against the candidate.
    pub against: bool,
    pub evidence: &'a Evidence,
}

/// Every quotation of an evaluation, in the order of the questions and their criteria.
pub(in crate::web) struct Quotations<'a> {
    all: Vec<Quotation<'a>>,
    by_utterance: BTreeMap<usize, Vec<usize>>,
}

impl<'a> Quotations<'a> {
    pub fn of(
        questions: &'a [QuestionResult],
        rubric: &Rubric,
        transcript: &Transcript,
        t: &Texts,
    ) -> Result<Self, RenderError> {
        let mut out = Self { all: Vec::new(), by_utterance: BTreeMap::new() };
        for (n, question) in questions.iter().enumerate() {
            let asked = rubric.question(&question.id).ok_or(RenderError::OtherRubric)?;
            for (m, found) in question.criteria.iter().enumerate() {
                let criterion = asked.criteria.iter().find(|c| c.id == found.id).ok_or(RenderError::OtherRubric)?;
                for evidence in &found.evidence {
                    out.add((n + 1, wording::letter(m)), criterion, (evidence, transcript), t)?;
                }
            }
        }
        Ok(out)
    }

    fn add(
        &mut self,
        (question, letter): (usize, String),
        criterion: &Criterion,
        (evidence, transcript): (&'a Evidence, &Transcript),
        t: &Texts,
    ) -> Result<(), RenderError> {
        let utterance = transcript.utterances().get(evidence.utterance()).ok_or(RenderError::OtherTranscript)?;
        if utterance.slice(evidence.span()) != Some(evidence.quote()) {
            return Err(RenderError::OtherTranscript);
        }
        let against = wording::speaks_against(criterion.kind, evidence.stance());
        self.by_utterance.entry(evidence.utterance()).or_default().push(self.all.len());
        self.all.push(Quotation {
            id: format!("e{}", self.all.len() + 1),
            criterion: format!("q{question}-{letter}"),
            about: t.about_quotation(against, question, &letter, &wording::on_one_line(&criterion.text)),
            short: format!("{question}{letter}"),
            against,
            evidence,
        });
        Ok(())
    }

    /// Adds a passage that a reviewer marked; code has found it in the transcript.
    pub fn mark(&mut self, quotation: Quotation<'a>) {
        self.by_utterance.entry(quotation.evidence.utterance()).or_default().push(self.all.len());
        self.all.push(quotation);
    }

    pub fn all(&self) -> &[Quotation<'a>] {
        &self.all
    }

    /// The quotation made of this evidence.
    pub fn made_of(&self, evidence: &Evidence) -> Option<&Quotation<'a>> {
        self.all.iter().find(|quotation| std::ptr::eq(quotation.evidence, evidence))
    }

    fn of_utterance(&self, index: usize) -> Vec<&Quotation<'a>> {
        self.by_utterance.get(&index).into_iter().flatten().filter_map(|at| self.all.get(*at)).collect()
    }
}

/// A stretch of an utterance that is quoted by the same quotations throughout.
pub(in crate::web) struct Segment<'a> {
    pub words: Words<'a>,
    /// Names of the quotations that begin here.
    pub begin: Vec<&'a str>,
    /// Names of the quotations that cover it, with a space between; empty for words that nobody quotes.
    pub quotations: String,
    /// Names of the criteria these are for.
    pub criteria: String,
    /// `for`, `against` or `both`.
    pub side: &'static str,
    /// The quotations that end here.
    pub end: Vec<&'a Quotation<'a>>,
}

/// Cuts a text wherever a quotation begins or ends.
fn segments<'a>(text: &'a str, quotations: &[&'a Quotation<'a>]) -> Vec<Segment<'a>> {
    let length = text.chars().count();
    let mut cuts = vec![0, length];
    cuts.extend(quotations.iter().flat_map(|q| [q.evidence.span().start, q.evidence.span().end]));
    cuts.sort_unstable();
    cuts.dedup();
    let pieces = cuts.windows(2).filter_map(|pair| {
        let span = CharSpan { start: pair[0], end: pair[1] };
        span.of(text).map(|words| segment(words, span, quotations))
    });
    pieces.collect()
}

fn segment<'a>(words: &'a str, span: CharSpan, quotations: &[&'a Quotation<'a>]) -> Segment<'a> {
    let inside = |q: &Quotation| q.evidence.span().start <= span.start && span.end <= q.evidence.span().end;
    let covering: Vec<&Quotation> = quotations.iter().copied().filter(|q| inside(q)).collect();
    let mut criteria: Vec<&str> = covering.iter().map(|q| q.criterion.as_str()).collect();
    criteria.dedup();
    let side = match (covering.iter().any(|q| q.against), covering.iter().any(|q| !q.against)) {
        (true, true) => "both",
        (true, false) => "against",
        _ => "for",
    };
    Segment {
        words: Words(words),
        begin: covering.iter().filter(|q| q.evidence.span().start == span.start).map(|q| q.id.as_str()).collect(),
        quotations: covering.iter().map(|q| q.id.as_str()).collect::<Vec<_>>().join(" "),
        criteria: criteria.join(" "),
        side,
        end: covering.into_iter().filter(|q| q.evidence.span().end == span.end).collect(),
    }
}

const ASKS: &str = "asks";
const ANSWERS: &str = "answers";

/// That an utterance asks or answers a question.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::web) struct Part {
    pub question: usize,
    /// [`ASKS`] or [`ANSWERS`].
    pub verb: &'static str,
}

/// An utterance as the page shows it.
pub(in crate::web) struct Said<'a> {
    /// Place in the transcript, from 0.
    pub index: usize,
    pub time: Option<String>,
    /// Who speaks.
    pub name: Option<Words<'a>>,
    /// `candidate`, `interviewer`, `other` or `unknown`.
    pub role: &'static str,
    /// Whether the speaker is another one than before.
    pub turn: bool,
    /// What it does, where that is other than before.
    pub parts: Vec<Part>,
    /// Whether it answers something.
    pub answers: bool,
    pub asks: bool,
    pub segments: Vec<Segment<'a>>,
}

/// Every utterance, ready to be shown.
pub(in crate::web) fn said<'a>(
    questions: &'a [QuestionResult],
    candidate: Option<&str>,
    transcript: &'a Transcript,
    quotations: &'a Quotations<'a>,
) -> Vec<Said<'a>> {
    let parts = parts(questions);
    let none = Vec::new();
    let roles = roles(candidate, transcript, &parts);
    let utterances = transcript.utterances();
    let each = utterances.iter().enumerate().map(|(index, utterance)| {
        let role = roles[index];
        let turn = index == 0
            || utterances[index - 1].speaker != utterance.speaker
            || (utterance.speaker.is_none() && roles[index - 1] != role);
        let here = parts.get(&index).unwrap_or(&none);
        let before = index.checked_sub(1).and_then(|i| parts.get(&i)).unwrap_or(&none);
        let new = here.iter().filter(|part| turn || !before.contains(part));
        Said {
            index,
            time: utterance.start_ms.map(wording::clock),
            name: transcript.speaker_of(index).map(|speaker| Words(&speaker.name)),
            role,
            turn,
            parts: new.copied().collect(),
            answers: here.iter().any(|part| part.verb == ANSWERS),
            asks: here.iter().any(|part| part.verb == ASKS),
            segments: segments(&utterance.text, &quotations.of_utterance(index)),
        }
    });
    each.collect()
}

fn parts(questions: &[QuestionResult]) -> BTreeMap<usize, Vec<Part>> {
    let mut out: BTreeMap<usize, Vec<Part>> = BTreeMap::new();
    for (n, question) in questions.iter().enumerate() {
        for (list, verb) in [(&question.asked_at, ASKS), (&question.answer, ANSWERS)] {
            for at in list {
                out.entry(*at).or_default().push(Part { question: n + 1, verb });
            }
        }
    }
    out
}

/// The role of each utterance's speaker, for showing: the candidate as the evaluation says, interviewers as the file
/// says or as they ask.
fn roles(candidate: Option<&str>, transcript: &Transcript, parts: &BTreeMap<usize, Vec<Part>>) -> Vec<&'static str> {
    let does = |index: usize, verb| parts.get(&index).is_some_and(|here| here.iter().any(|part| part.verb == verb));
    let utterances = || transcript.utterances().iter().enumerate();
    let asking: BTreeSet<SpeakerId> =
        utterances().filter(|(i, _)| does(*i, ASKS)).filter_map(|(_, u)| u.speaker).collect();
    let of_speaker = |id: SpeakerId, speaker: &Speaker| {
        if candidate == Some(speaker.name.as_str()) {
            return Role::Candidate;
        }
        let seen = if asking.contains(&id) { Role::Interviewer } else { Role::Other };
        speaker.stated_role.unwrap_or(seen)
    };
    let known: Vec<Role> = transcript.speakers().iter().enumerate().map(|(id, s)| of_speaker(id, s)).collect();
    let name = |(index, utterance): (usize, &Utterance)| match utterance.speaker.and_then(|id| known.get(id)) {
        Some(Role::Candidate) => "candidate",
        Some(Role::Interviewer) => "interviewer",
        Some(Role::Other) => "other",
        None if does(index, ANSWERS) => "candidate",
        None if does(index, ASKS) => "interviewer",
        None => "unknown",
    };
    utterances().map(name).collect()
}
