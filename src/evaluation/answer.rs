//! What is seen in answers that stand alone, as those of an eval set do: the same judge, rules and verdicts as in an
//! interview, without anything to locate.
//!
//! Answers are put into rounds with at most one answer to each question, and a round is read as an interview in which
//! every utterance is the candidate's and is known to answer its question.

use super::affinity::{Affinity, partial};
use super::locate::Located;
use super::mask::Mask;
use super::suggest::{Sums, distribution};
use super::{EvaluateError, Interview, Texts, Tools, answering, heard};
use crate::domain::{
    Abstention, Digest, Distribution, Format, ParseReport, Question, QuestionResult, Rubric, Scale, Seen,
    SeenCriterion, Status, Transcript, Uncalibrated, Utterance, Voice,
};
use crate::retrieval::Vector;
use std::collections::{BTreeMap, HashMap};

/// An answer and the place of its question in the rubric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alone<'a> {
    /// Place in [`Rubric::questions`].
    pub question: usize,
    /// The words of the answer.
    pub text: &'a str,
}

/// Names everything besides answer and question that decides on what is seen.
#[must_use]
pub fn seen_with(tools: &Tools<'_>) -> Digest {
    let settings = format!("{:?}", tools.settings);
    let prompt = tools.judge.prompt().map_or_else(String::new, |digest| digest.to_string());
    // What is shown to a judge, and what verdicts and sums it comes to, hangs on these rules as much as on the judge.
    let rules = [
        include_str!("suggest.rs"),
        include_str!("conclude_chat.rs"),
        include_str!("wording.rs"),
        include_str!("speech.rs"),
        include_str!("injection.rs"),
        include_str!("affinity.rs"),
    ];
    let model = tools.judge.model();
    let parts = ["earmark.seen/4", tools.judge.kind(), &model, &prompt, tools.retrieval.embedder(), &settings];
    Digest::of_parts(parts.into_iter().chain(rules).map(str::as_bytes))
}

/// What is seen in each of `answers`, in their order. `progress` hears how many are done. Nothing is kept: what was seen
/// before need not be asked for again, and whoever calls knows that.
///
/// # Errors
/// As [`super::evaluate`].
pub async fn answer(
    tools: &Tools<'_>,
    rubric: &Rubric,
    answers: &[Alone<'_>],
    progress: &mut (dyn FnMut(usize) + Send),
) -> Result<Vec<Seen>, EvaluateError> {
    let affinity = Affinity::to(tools.retrieval, rubric).await?;
    let likeness = Likeness::of(tools, rubric).await?;
    let mut out: Vec<Option<Seen>> = answers.iter().map(|_| None).collect();
    let mut done = 0;
    for round in rounds(answers) {
        let (results, mask) = judged(tools, rubric, &affinity, answers, &round).await?;
        let texts: Vec<&str> = round.iter().map(|place| answers[*place].text).collect();
        let vectors = likeness.vectors(tools, &mask, &texts).await?;
        for ((place, (result, covered)), vector) in round.iter().zip(results).zip(vectors) {
            let question = answers[*place].question;
            out[*place] = Some(seen(
                &rubric.questions[question],
                &rubric.scale,
                &result,
                covered,
                &likeness.measured(question, &vector),
                &vector,
            ));
        }
        done += round.len();
        progress(done);
    }
    Ok(out.into_iter().flatten().collect())
}

/// Places of answers, at most one to each question, and as many together as there are questions: the judge reads a round
/// at once.
fn rounds(answers: &[Alone<'_>]) -> Vec<Vec<usize>> {
    let mut of_question: BTreeMap<usize, usize> = BTreeMap::new();
    let mut rounds: Vec<Vec<usize>> = Vec::new();
    for (place, answer) in answers.iter().enumerate() {
        let round = of_question.entry(answer.question).or_insert(0);
        if *round == rounds.len() {
            rounds.push(vec![]);
        }
        rounds[*round].push(place);
        *round += 1;
    }
    rounds
}

/// The results of a round, each with how far its ideal answer is covered; and what hides the people in its answers.
async fn judged(
    tools: &Tools<'_>,
    rubric: &Rubric,
    affinity: &Affinity<'_>,
    answers: &[Alone<'_>],
    round: &[usize],
) -> Result<(Vec<(QuestionResult, f64)>, Mask), EvaluateError> {
    let said = |place: &usize| Utterance {
        speaker: None,
        start_ms: None,
        end_ms: None,
        // An utterance without a word would be dropped, and those after it would move up.
        text: if answers[*place].text.contains(char::is_alphanumeric) { answers[*place].text } else { "-" }.to_owned(),
        marks: vec![],
    };
    let utterances = round.iter().map(said).collect();
    let Some(transcript) = Transcript::new(b"", Format::PlainText, vec![], utterances, ParseReport::default()) else {
        return Ok((vec![], Mask::default()));
    };
    let mask = if tools.settings.mask { Mask::of(&transcript) } else { Mask::default() };
    let mut texts = Texts { retrieval: tools.retrieval, mask: &mask, known: HashMap::new() };
    let said: Vec<usize> = (0..round.len()).collect();
    let (heard, near) = heard(&transcript, &said, &mut texts, affinity).await?;
    let nowhere = Located { status: Status::NotAsked, asked_at: vec![], answer: vec![], flags: vec![] };
    let mut located = vec![nowhere; rubric.questions.len()];
    for (utterance, place) in round.iter().enumerate() {
        let answered = &mut located[answers[*place].question];
        answered.status = Status::Answered;
        answered.answer = vec![utterance];
    }
    let answering = located.iter().map(|located| answering(located, &heard)).collect();
    let voice = Voice::unnamed(&transcript, |_| true);
    let interview = Interview { transcript: &transcript, voice, labelled: true, located, heard, near, answering, mask };
    let places: Vec<usize> = round.iter().map(|place| answers[*place].question).collect();
    // What a profile is fitted to is seen without one.
    let plain = Tools { profile: None, ..*tools };
    let results = interview.results(&plain, rubric, &places, &mut |_| {}).await?;
    let covered = places.iter().map(|q| interview.covered(*q, &rubric.questions[*q]));
    let results = results.into_iter().zip(covered).collect();
    Ok((results, interview.mask))
}

/// The whole texts of a rubric as directions.
pub(super) struct Likeness {
    asks: Vec<Vector>,
    ideals: Vec<Vec<Vector>>,
}

/// How like whole texts are.
pub(super) struct Measured {
    ideal: f64,
    beyond_question: f64,
    question: f64,
}

impl Likeness {
    pub(super) async fn of(tools: &Tools<'_>, rubric: &Rubric) -> Result<Self, EvaluateError> {
        let asks: Vec<&str> = rubric.questions.iter().map(|q| q.ask.as_str()).collect();
        let ideals: Vec<&str> = rubric.questions.iter().flat_map(|q| &q.ideal_answers).map(String::as_str).collect();
        let asks = tools.retrieval.embed(&asks).await?;
        let mut all = tools.retrieval.embed(&ideals).await?.into_iter();
        let ideals = rubric.questions.iter().map(|q| all.by_ref().take(q.ideal_answers.len()).collect()).collect();
        Ok(Self { asks, ideals })
    }

    /// The directions of whole answers, masked where they are sent out for that.
    pub(super) async fn vectors(
        &self,
        tools: &Tools<'_>,
        mask: &Mask,
        texts: &[&str],
    ) -> Result<Vec<Vector>, EvaluateError> {
        if !tools.retrieval.sends_texts_out() {
            return Ok(tools.retrieval.embed(texts).await?);
        }
        let masked: Vec<String> = texts.iter().map(|text| mask.masked(text).text).collect();
        Ok(tools.retrieval.embed(&masked.iter().map(String::as_str).collect::<Vec<_>>()).await?)
    }

    pub(super) fn measured(&self, question: usize, answer: &Vector) -> Measured {
        let ask = &self.asks[question];
        let likest = self.ideals[question].iter().map(|ideal| (f64::from(ideal.similarity(answer)), ideal));
        let likest = likest.fold(None, |best: Option<(f64, &Vector)>, next| match best {
            Some(known) if known.0 >= next.0 => Some(known),
            _ => Some(next),
        });
        Measured {
            ideal: likest.map_or(0.0, |(similarity, _)| similarity),
            beyond_question: likest.map_or(0.0, |(_, ideal)| beyond(answer, ideal, ask)),
            question: f64::from(ask.similarity(answer)),
        }
    }
}

/// The similarity of two texts beyond what they have of a third.
fn beyond(a: &Vector, b: &Vector, c: &Vector) -> f64 {
    partial(a.similarity(b).into(), a.similarity(c).into(), b.similarity(c).into())
}

/// What is seen, from a result and the likeness of whole texts.
pub(super) fn seen(
    question: &Question,
    scale: &Scale,
    result: &QuestionResult,
    covered: f64,
    like: &Measured,
    whole: &Vector,
) -> Seen {
    let sums = Sums::of(question, &result.criteria);
    let suggestion = result.suggestion.as_ref();
    // Where nothing can be quoted for a score the judge was able to tell it all the same, and a profile may be.
    let unquoted = suggestion
        .filter(|s| matches!(s.abstention(), Some(Abstention::NothingQuotable)))
        .and_then(|_| distribution(&sums, covered, &result.flags, scale));
    let abstained = suggestion.and_then(|s| s.abstention()).filter(|_| unquoted.is_none());
    let chances = |d: &Distribution| d.iter().map(|(_, share)| share).collect();
    let uncalibrated = match &unquoted {
        Some(d) => Some(Uncalibrated { score: d.median(), expected: d.expected(), chances: Some(chances(d)) }),
        None => suggestion.and_then(|s| {
            Some(Uncalibrated { score: s.score()?, expected: s.expected()?, chances: s.distribution().map(chances) })
        }),
    };
    let criterion = |c: &crate::domain::CriterionResult| SeenCriterion {
        id: c.id.clone(),
        kind: c.kind,
        verdict: c.verdict,
        strength: c.strength,
        quotes: c.evidence.iter().map(|e| (e.quote().to_owned(), e.stance())).collect(),
    };
    Seen {
        shown: sums.shown,
        met: sums.met,
        contradicted: sums.contradicted,
        warned: sums.warned,
        covered,
        ideal: like.ideal,
        beyond_question: like.beyond_question,
        question: like.question,
        flags: result.flags.clone(),
        readable: matches!(abstained, None | Some(Abstention::TooLittleSaid)),
        abstained: abstained.map(Abstention::reason),
        uncalibrated,
        criteria: result.criteria.iter().map(criterion).collect(),
        vector: whole.as_slice().iter().map(|x| (x * 127.0).round().clamp(-127.0, 127.0) as i8).collect(),
    }
}
