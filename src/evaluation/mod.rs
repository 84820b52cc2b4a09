//! The use cases: evaluate a transcript against a rubric, at once ([`evaluate`]) or some questions at a time ([`Sitting`]);
//! judge answers whose questions are known ([`judge_given`]); decide on what is suggested ([`settle`]); and say what a
//! rubric's own words reveal about it when the models read them ([`lint()`]).
//!
//! Evaluating works in four steps: tell the candidate's words from the interviewer's, locate each question and its answer, let the
//! judge say what the answer shows, and conclude a suggestion from what of that code finds in the transcript. The
//! steps are pure files; this one asks index and judge and puts the result together.

mod affinity;
mod answer;
mod calibrated;
mod chat;
mod compare;
mod conclude_chat;
mod given;
mod injection;
mod kept;
mod lint;
mod locate;
mod mask;
mod passages;
mod review;
mod roles;
mod sitting;
mod speech;
mod suggest;
mod voice;
mod wording;

use crate::calibration::{Profile, ProfileError};
use crate::config::EvaluationSettings;
use crate::domain::{
    Abstention, CharSpan, CompetencyScore, CriterionKind, Evaluation, Flag, Question, QuestionResult, Rubric, Status,
    Suggestion, Transcript, Voice, sentences, words,
};
use crate::judge::{Judge, JudgeError, Look, Passage, Task, is_aimed_at_the_grader};
use crate::retrieval::{Retrieval, RetrievalError, Vector};
use affinity::{Affinity, SentenceAffinity};
pub use answer::{Alone, answer, seen_with};
pub use calibrated::bound;
use chat::Claimed;
pub use chat::plan;
pub use compare::{Cause, Compared, Turned, compare};
pub use given::judge_given;
pub use kept::seen_in;
pub use lint::lint;
use locate::{Exchange, Heard, Located, Window};
use mask::Mask;
pub use passages::SpokenPassage;
pub use review::{Circumstances, Settled, Unfit, Wanted, settle};
pub use sitting::{Outcome, Placed, Sitting, summary};
use std::collections::HashMap;
use suggest::{Answer, Conclusion};
use thiserror::Error;

/// Why there is no evaluation.
#[derive(Debug, Error)]
pub enum EvaluateError {
    /// The transcript has no speaker of that name, or several.
    #[error("no single speaker is called {given:?}: the transcript has {}", list(.speakers))]
    UnknownCandidate {
        /// As given.
        given: String,
        /// Who speaks.
        speakers: Vec<String>,
    },
    /// Nobody in the transcript says anything that could be an answer.
    #[error("the transcript has no words of a candidate{}", .candidate.as_ref().map(|c| format!(" ({c} was taken for the candidate)")).unwrap_or_default())]
    NoCandidateSpeech {
        /// Who was taken for the candidate.
        candidate: Option<String>,
    },
    /// A question was placed where it cannot be.
    #[error("the question {question:?} cannot be placed there: {why}")]
    Misplaced {
        /// The question's id.
        question: String,
        /// What is wrong.
        why: String,
    },
    /// The vector index failed.
    #[error(transparent)]
    Retrieval(#[from] RetrievalError),
    /// The judge cannot be used at all until a person changes something: a wrong key, an unknown model.
    #[error(transparent)]
    Judge(JudgeError),
    /// The calibration profile was fitted with something else.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

fn list(speakers: &[String]) -> String {
    if speakers.is_empty() { "no speaker names".to_owned() } else { speakers.join(", ") }
}

/// What an evaluation is made with.
pub struct Tools<'a> {
    /// Embedder and vector index.
    pub retrieval: &'a Retrieval,
    /// The judge.
    pub judge: &'a Judge,
    /// How it is done.
    pub settings: EvaluationSettings,
    /// Maps scores, where there is one.
    pub profile: Option<&'a Profile>,
}

/// How far an evaluation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The rubric's texts are being embedded, or were found in the cache.
    Indexing,
    /// The interview's sentences are being embedded.
    Reading,
    /// The judge is looking at this many answers.
    Judging(usize),
    /// So many of them are judged.
    Judged(usize),
}

/// Evaluates `transcript` against `rubric`. `candidate` names the candidate where the way of speaking does not tell.
///
/// The result depends on the two files, the candidate, the settings and the models alone.
///
/// # Errors
/// [`EvaluateError`] when there is nothing to evaluate, the index fails or the judge is set up wrongly. A judge that fails
/// otherwise is no error: the questions it did not answer are abstained from, with the reason.
pub async fn evaluate(
    tools: &Tools<'_>,
    rubric: &Rubric,
    transcript: &Transcript,
    candidate: Option<&str>,
    progress: &mut (dyn FnMut(Step) + Send),
) -> Result<Evaluation, EvaluateError> {
    let sitting = Sitting::open(tools, rubric, transcript, candidate, &[], progress).await?;
    let all: Vec<usize> = (0..rubric.questions.len()).collect();
    let questions = sitting.judge(&all, progress).await?;
    Ok(sitting.whole(questions))
}

/// A transcript that has been read against a rubric: whose words are whose, and where each question is.
struct Interview<'a> {
    transcript: &'a Transcript,
    voice: Voice,
    labelled: bool,
    located: Vec<Located>,
    /// The candidate's sentences, in order.
    heard: Vec<Heard>,
    near: Vec<SentenceAffinity>,
    /// For each question the sentences that answer it, as places in `heard`. Words aimed at whoever scores are no
    /// answer: they are shown to no judge and cover nothing.
    answering: Vec<Vec<usize>>,
    mask: Mask,
}

/// Sentences with fewer words carry too little to be compared.
const FEWEST_WORDS: usize = 3;

impl<'a> Interview<'a> {
    async fn read(
        tools: &Tools<'_>,
        affinity: &Affinity<'_>,
        transcript: &'a Transcript,
        candidate: Option<&str>,
        rubric: &Rubric,
        placed: &[Placed],
    ) -> Result<Self, EvaluateError> {
        let speaker = match candidate {
            Some(name) => Some(roles::named(transcript, name)?),
            None => roles::inferred(transcript),
        };
        let mask = if tools.settings.mask { Mask::of(transcript) } else { Mask::default() };
        let mut texts = Texts { retrieval: tools.retrieval, mask: &mask, known: HashMap::new() };
        let known = speaker.and_then(|id| Voice::of_speaker(transcript, id));
        let labelled = known.is_some();
        let voice = match known {
            Some(voice) => voice,
            None => voice::told_by_words(transcript, &mut texts, affinity).await?,
        };
        let exchanges = locate::exchanges(transcript, &voice);
        if exchanges.iter().all(|e| e.replies.is_empty()) {
            return Err(EvaluateError::NoCandidateSpeech { candidate: voice.name().map(str::to_owned) });
        }
        let windows = windows(transcript, &exchanges, &mut texts, affinity).await?;
        let mut replies: Vec<usize> = exchanges.iter().flat_map(|exchange| exchange.replies.iter().copied()).collect();
        // What a person takes for an answer is heard, whatever else it was taken for.
        replies.extend(placed.iter().flat_map(|placed| &placed.answer).filter(|utterance| voice.speaks(**utterance)));
        replies.sort_unstable();
        replies.dedup();
        let (heard, near) = heard(transcript, &replies, &mut texts, affinity).await?;
        let mut located = locate::locate(transcript, &exchanges, &windows, &heard, rubric.questions.len());
        for placed in placed {
            sitting::place(placed, rubric, &voice, &mut located)?;
        }
        let answering = located.iter().map(|located| answering(located, &heard)).collect();
        Ok(Self { transcript, voice, labelled, located, heard, near, answering, mask })
    }

    /// What the judge says of the questions at `places` of the rubric, and what is concluded from it, in that order.
    async fn results(
        &self,
        tools: &Tools<'_>,
        rubric: &Rubric,
        places: &[usize],
        progress: &mut (dyn FnMut(Step) + Send),
    ) -> Result<Vec<QuestionResult>, EvaluateError> {
        let claims = match tools.judge {
            Judge::Local(judge) => {
                let tasks: Vec<Option<Task>> = places.iter().map(|q| self.task(*q, rubric, tools)).collect();
                let asked: Vec<Task> = tasks.iter().flatten().cloned().collect();
                progress(Step::Judging(asked.len()));
                let mut claims = judge.claims(&asked).into_iter();
                let claimed =
                    |task: &Option<Task>| task.as_ref().and_then(|_| claims.next()).map(|c| c.map(Claimed::Local));
                tasks.iter().map(claimed).collect()
            }
            Judge::Chat(judge) => chat::claims(self, judge, rubric, places, tools, progress).await?,
        };
        let result = |(q, claim): (&usize, _)| self.result(*q, &rubric.questions[*q], rubric, claim, tools);
        let mut results: Vec<QuestionResult> = places.iter().zip(claims).map(result).collect();
        if let Some(profile) = tools.profile {
            calibrated::calibrated(tools, profile, rubric, self, places, &mut results).await?;
        }
        Ok(results)
    }

    /// Whether there is an answer to question `q` that a judge can be asked about.
    fn is_judgeable(&self, q: usize, question: &Question, tools: &Tools) -> bool {
        !self.located[q].answer.is_empty() && unjudgeable(&self.words(q), question, tools).is_none()
    }

    fn words(&self, q: usize) -> String {
        let said = self.located[q].answer.iter().map(|i| self.transcript.utterances()[*i].text.as_str());
        said.collect::<Vec<_>>().join(" ")
    }

    /// What to ask the judge about question `q`; `None` when there is nothing to ask.
    fn task(&self, q: usize, rubric: &Rubric, tools: &Tools) -> Option<Task> {
        let question = &rubric.questions[q];
        if !self.is_judgeable(q, question, tools) {
            return None;
        }
        let spoken = &self.answering[q];
        // Of fragments alone, or of words aimed at the grader, there is nothing that could show anything.
        if spoken.is_empty() {
            return None;
        }
        let mut task = Task { question: question.ask.clone(), ..Task::default() };
        for (c, criterion) in question.criteria.iter().enumerate() {
            let mut best = spoken.clone();
            best.sort_by(|a, b| self.near[*b].criteria[q][c].total_cmp(&self.near[*a].criteria[q][c]).then(a.cmp(b)));
            best.truncate(tools.settings.sentences_per_criterion);
            let mut passages: Vec<Passage> = best.iter().map(|i| self.passage(*i, *i)).collect();
            if let Some(first) = best.first() {
                passages.extend(self.neighbours(*first, spoken, q, c));
            }
            let places = passages.into_iter().map(|passage| place_of(&mut task.passages, passage)).collect();
            task.looks.push(Look {
                criterion: criterion.id.clone(),
                hypothesis: criterion.text.clone(),
                passages: places,
            });
        }
        Some(task)
    }

    /// The sentence together with the one before or after it in the same utterance, whichever is nearer to the
    /// criterion: support is often spread over two sentences.
    fn neighbours(&self, place: usize, spoken: &[usize], q: usize, c: usize) -> Option<Passage> {
        let same = |i: &usize| spoken.contains(i) && self.heard[*i].utterance == self.heard[place].utterance;
        let before = place.checked_sub(1).filter(same);
        let after = Some(place + 1).filter(same);
        let near = |i: usize| self.near[i].criteria[q][c];
        match (before, after) {
            (Some(b), Some(a)) if near(b) > near(a) => Some(self.passage(b, place)),
            (_, Some(a)) => Some(self.passage(place, a)),
            (Some(b), None) => Some(self.passage(b, place)),
            (None, None) => None,
        }
    }

    /// The words from one sentence to another of the same utterance.
    fn passage(&self, first: usize, last: usize) -> Passage {
        let utterance = self.heard[first].utterance;
        let span = CharSpan { start: self.heard[first].span.start, end: self.heard[last].span.end };
        let text = self.transcript.utterances()[utterance].slice(span).unwrap_or_default().to_owned();
        Passage { utterance, span, text }
    }

    /// The highest similarity of criterion `c` to a sentence inside `span`.
    fn similarity(&self, q: usize, c: usize, utterance: usize, span: CharSpan) -> f32 {
        let inside = |h: &Heard| h.utterance == utterance && h.span.start >= span.start && h.span.end <= span.end;
        let near = self.heard.iter().zip(&self.near).filter(|(h, _)| inside(h)).map(|(_, n)| n.criteria[q][c]);
        near.fold(0.0, f32::max)
    }

    /// How far the answer covers the ideal answer it is most like, beyond what both have of the question, in 0..=1; where
    /// the rubric gives none, how far it is like the listen-fors.
    fn covered(&self, q: usize, question: &Question) -> f64 {
        let said = &self.answering[q];
        if question.ideal_answers.is_empty() {
            let listen_fors =
                (0..question.criteria.len()).filter(|c| question.criteria[*c].kind == CriterionKind::ListenFor);
            let nearest = listen_fors.map(|c| said.iter().map(|s| self.near[*s].criteria[q][c]).fold(0.0, f32::max));
            return f64::from(nearest.sum::<f32>()) / question.listen_fors().count().max(1) as f64;
        }
        let words: Vec<String> = said.iter().flat_map(|s| speech::content_words(&self.passage(*s, *s).text)).collect();
        let mut from = 0;
        let mut best = 0.0_f64;
        for ideal in &question.ideal_answers {
            let to = from + sentences(ideal).len();
            let nearest = (from..to).map(|i| said.iter().map(|s| self.near[*s].beyond[q][i]).fold(0.0, f32::max));
            let meant = f64::from(nearest.sum::<f32>()) / (to - from).max(1) as f64;
            best = best.max(suggest::covered(meant, wording::said(&words, ideal, &question.ask)));
            from = to;
        }
        best.clamp(0.0, 1.0)
    }

    fn result(
        &self,
        q: usize,
        question: &Question,
        rubric: &Rubric,
        claim: Option<Result<Claimed, JudgeError>>,
        tools: &Tools,
    ) -> QuestionResult {
        let located = &self.located[q];
        let text = self.words(q);
        let mut flags = located.flags.clone();
        if !self.labelled && located.status != Status::NotAsked {
            flags.push(Flag::NoSpeakerLabels);
        }
        if !text.is_empty() {
            flags.extend(suggest::flags(&text, question, &tools.settings));
            if self.heard.iter().any(|h| h.aimed && located.answer.contains(&h.utterance)) {
                flags.push(Flag::AddressesTheGrader);
            }
        }
        let without = |suggestion, flags| Conclusion {
            suggestion,
            criteria: suggest::nothing_found(question),
            flags,
            unfound: vec![],
            claim: None,
        };
        let abstained = |reason, flags| without(Some(Suggestion::abstained(reason)), flags);
        let conclusion = match (located.status, claim) {
            (Status::NotAsked, _) => without(None, flags),
            (Status::NotAnswered, _) => abstained(Abstention::NotAnswered, flags),
            (_, None) => {
                let reason = unjudgeable(&text, question, tools).unwrap_or(Abstention::TooLittleSaid);
                abstained(reason, flags)
            }
            (_, Some(Err(JudgeError::Budget))) => abstained(Abstention::BudgetSpent, flags),
            (_, Some(Err(error))) => abstained(Abstention::JudgeUnavailable(error.to_string()), flags),
            (_, Some(Ok(Claimed::Chat(asked, claim)))) => {
                conclude_chat::conclude(self, &asked, *claim, &rubric.scale, flags)
            }
            (_, Some(Ok(Claimed::Local(claim)))) => {
                let answer = Answer {
                    question,
                    transcript: self.transcript,
                    voice: &self.voice,
                    similarity: Box::new(move |c, utterance, span| self.similarity(q, c, utterance, span)),
                    covered: self.covered(q, question),
                };
                suggest::conclude(&answer, &claim, &rubric.scale, flags)
            }
        };
        let mut flags = conclusion.flags;
        flags.sort_unstable();
        flags.dedup();
        QuestionResult {
            id: question.id.clone(),
            status: located.status,
            asked_at: located.asked_at.clone(),
            answer: located.answer.clone(),
            suggestion: conclusion.suggestion,
            criteria: conclusion.criteria,
            flags,
            unfound: conclusion.unfound,
            claim: conclusion.claim,
        }
    }
}

/// Why an answer cannot be judged by the judge at hand, if so.
fn unjudgeable(text: &str, question: &Question, tools: &Tools) -> Option<Abstention> {
    let by_any = suggest::unjudgeable(text, question, &tools.settings);
    let unread = matches!(tools.judge, Judge::Local(_)) && speech::is_not_english(text);
    by_any.or(unread.then_some(Abstention::OtherLanguage))
}

fn place_of(passages: &mut Vec<Passage>, passage: Passage) -> usize {
    passages.iter().position(|known| *known == passage).unwrap_or_else(|| {
        passages.push(passage);
        passages.len() - 1
    })
}

/// Embeds each text once, however often it is asked for; masked, where it is sent out for that.
struct Texts<'a> {
    retrieval: &'a Retrieval,
    mask: &'a Mask,
    known: HashMap<String, Vector>,
}

impl Texts<'_> {
    async fn vectors(&mut self, texts: &[String]) -> Result<Vec<Vector>, RetrievalError> {
        let mut fresh: Vec<&str> = texts.iter().map(String::as_str).filter(|t| !self.known.contains_key(*t)).collect();
        fresh.sort_unstable();
        fresh.dedup();
        let vectors = if self.retrieval.sends_texts_out() {
            let masked: Vec<String> = fresh.iter().map(|text| self.mask.masked(text).text).collect();
            self.retrieval.embed(&masked.iter().map(String::as_str).collect::<Vec<_>>()).await?
        } else {
            self.retrieval.embed(&fresh).await?
        };
        for (text, vector) in fresh.iter().zip(vectors) {
            self.known.insert((*text).to_owned(), vector);
        }
        Ok(texts.iter().filter_map(|text| self.known.get(text).cloned()).collect())
    }

    /// Vectors of this machine's model, whoever embeds otherwise.
    async fn directions(&mut self, texts: &[String]) -> Result<Vec<Vector>, RetrievalError> {
        if self.retrieval.sends_texts_out() {
            return self.retrieval.embed_here(&texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
        }
        self.vectors(texts).await
    }
}

/// Every sentence of the interviewer's, and every two neighbouring ones: a question is often put in two.
async fn windows(
    transcript: &Transcript,
    exchanges: &[Exchange],
    texts: &mut Texts<'_>,
    affinity: &Affinity<'_>,
) -> Result<Vec<Window>, RetrievalError> {
    let mut places = Vec::new();
    let mut spoken = Vec::new();
    for exchange in exchanges {
        let said: Vec<(usize, &str)> = exchange.asks.iter().flat_map(|i| sentences_of(transcript, *i)).collect();
        for (at, (utterance, text)) in said.iter().enumerate() {
            let next = said.get(at + 1);
            if words(text).count() >= FEWEST_WORDS {
                places.push((*utterance, *utterance));
                spoken.push((*text).to_owned());
            }
            if let Some((last, more)) = next
                && words(text).count() + words(more).count() <= 60
            {
                places.push((*utterance, *last));
                spoken.push(format!("{text} {more}"));
            }
        }
    }
    let vectors = texts.vectors(&spoken).await?;
    let near = affinity.of_asks(&vectors).await?;
    Ok(places.into_iter().zip(near).map(|(utterances, near)| Window { utterances, near }).collect())
}

fn sentences_of(transcript: &Transcript, utterance: usize) -> Vec<(usize, &str)> {
    let said = &transcript.utterances()[utterance];
    sentences(&said.text).into_iter().filter_map(|span| said.slice(span)).map(|text| (utterance, text)).collect()
}

/// The sentences that answer a question, as places in `heard`.
fn answering(located: &Located, heard: &[Heard]) -> Vec<usize> {
    let theirs = |i: &usize| located.answer.contains(&heard[*i].utterance) && !heard[*i].aimed;
    (0..heard.len()).filter(theirs).collect()
}

/// Every sentence of the candidate's that answers something; `replies` are utterances.
async fn heard(
    transcript: &Transcript,
    replies: &[usize],
    texts: &mut Texts<'_>,
    affinity: &Affinity<'_>,
) -> Result<(Vec<Heard>, Vec<SentenceAffinity>), RetrievalError> {
    let mut found: Vec<(usize, CharSpan, bool)> = Vec::new();
    let mut spoken = Vec::new();
    for utterance in replies {
        let said = &transcript.utterances()[*utterance];
        let spans = sentences(&said.text);
        let parts: Vec<&str> = spans.iter().filter_map(|span| said.slice(*span)).collect();
        let aimed = injection::aimed_at_the_grader(&parts);
        for ((span, text), aimed) in spans.iter().zip(&parts).zip(aimed) {
            if words(text).count() >= FEWEST_WORDS {
                found.push((*utterance, *span, aimed));
                spoken.push((*text).to_owned());
            }
        }
    }
    let vectors = texts.vectors(&spoken).await?;
    let near = affinity.of_answers(&vectors).await?;
    let seen: Vec<String> = spoken.iter().map(|text| injection::as_seen(text)).collect();
    let directions = texts.directions(&seen).await?;
    let heard = (0..found.len())
        .map(|i| Heard {
            utterance: found[i].0,
            span: found[i].1,
            words: words(&spoken[i]).count(),
            aimed: found[i].2 || is_aimed_at_the_grader(directions[i].as_slice()),
            near: (0..near[i].criteria.len())
                .map(|q| locate::Near { content: near[i].content(q), ..Default::default() })
                .collect(),
        })
        .collect();
    Ok((heard, near))
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| round(values.iter().sum::<f64>() / values.len() as f64))
}

/// The mean of the competencies by weight, or of the questions where the rubric names no competencies.
fn overall(rubric: &Rubric, questions: &[Outcome], competencies: &[CompetencyScore]) -> Option<f64> {
    let weighed: Vec<(f64, f64)> = rubric
        .competencies
        .iter()
        .zip(competencies)
        .filter_map(|(competency, score)| score.score.map(|s| (s, competency.weight)))
        .filter(|(_, weight)| *weight > 0.0)
        .collect();
    if weighed.is_empty() {
        let scores: Vec<f64> = questions.iter().filter_map(|question| question.expected).collect();
        return mean(&scores);
    }
    let total: f64 = weighed.iter().map(|(_, weight)| weight).sum();
    Some(round(weighed.iter().map(|(score, weight)| score * weight).sum::<f64>() / total))
}

fn round(score: f64) -> f64 {
    (score * 100.0).round() / 100.0
}
