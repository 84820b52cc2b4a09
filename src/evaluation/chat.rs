//! Asks a chat model: what of an answer it is shown, and what it would be asked.
//!
//! Words aimed at whoever scores are withheld, and so is what is in another script; both would only be there to be
//! obeyed. What is shown is masked.

use super::affinity::Affinity;
use super::mask::Masked;
use super::{EvaluateError, Interview, Step, Tools, injection};
use crate::domain::{CharSpan, ChatClaim, Claim, Rubric, Transcript, sentences};
use crate::judge::{Brief, ChatJudge, Judge, JudgeError, Planned, Said};

/// Beside words aimed at whoever scores, a sentence less like every criterion than this goes with them.
const BESIDE_THE_POINT: f32 = 0.3;

/// What a judge said, with what is needed to find its words again.
pub(super) enum Claimed {
    Local(Claim),
    Chat(Box<Asked>, Box<ChatClaim>),
}

/// What a chat model is asked about one answer, and where its sentences come from.
pub(super) struct Asked {
    pub brief: Brief,
    /// Where each sentence of the brief stands.
    pub places: Vec<(usize, CharSpan)>,
    /// The sentences as they are sent.
    pub masked: Vec<Masked>,
}

/// One claim, or the lack of one, for each of the questions at `places`; `None` where there is nothing to ask.
pub(super) async fn claims(
    interview: &Interview<'_>,
    judge: &ChatJudge,
    rubric: &Rubric,
    places: &[usize],
    tools: &Tools<'_>,
    progress: &mut (dyn FnMut(Step) + Send),
) -> Result<Vec<Option<Result<Claimed, JudgeError>>>, EvaluateError> {
    let asked: Vec<Option<Asked>> = places.iter().map(|q| interview.asked(*q, rubric, tools)).collect();
    let briefs: Vec<Brief> = asked.iter().flatten().map(|asked| asked.brief.clone()).collect();
    progress(Step::Judging(briefs.len()));
    let claims = judge.claims(briefs, &mut |done| progress(Step::Judged(done))).await;
    if claims.iter().all(Result::is_err)
        && let Some(Err(error)) = claims.iter().find(|claim| claim.as_ref().is_err_and(JudgeError::is_for_all))
    {
        return Err(EvaluateError::Judge(error.clone()));
    }
    let mut claims = claims.into_iter();
    let claimed = |asked: Option<Asked>| {
        let asked = asked?;
        Some(claims.next()?.map(|claim| Claimed::Chat(Box::new(asked), Box::new(claim))))
    };
    Ok(asked.into_iter().map(claimed).collect())
}

/// What a chat model would be asked about `transcript`, without asking it. The local judge is asked nothing over the
/// network, so its plan is empty.
///
/// # Errors
/// As [`super::evaluate`]; a [`JudgeError`] in the place of an answer that cannot be made to fit.
pub async fn plan(
    tools: &Tools<'_>,
    rubric: &Rubric,
    transcript: &Transcript,
    candidate: Option<&str>,
    progress: &mut (dyn FnMut(Step) + Send),
) -> Result<Vec<Result<Planned, JudgeError>>, EvaluateError> {
    let Judge::Chat(judge) = tools.judge else { return Ok(vec![]) };
    progress(Step::Indexing);
    let affinity = Affinity::to(tools.retrieval, rubric).await?;
    progress(Step::Reading);
    let interview = Interview::read(tools, &affinity, transcript, candidate, rubric, &[]).await?;
    let asked = (0..rubric.questions.len()).filter_map(|q| interview.asked(q, rubric, tools));
    Ok(judge.plan(&asked.map(|asked| asked.brief).collect::<Vec<_>>()))
}

impl Interview<'_> {
    /// What to ask a chat model about question `q`; `None` when there is nothing to ask.
    fn asked(&self, q: usize, rubric: &Rubric, tools: &Tools) -> Option<Asked> {
        let question = &rubric.questions[q];
        if !self.is_judgeable(q, question, tools) {
            return None;
        }
        let mut asked = Asked {
            brief: Brief { question: question.clone(), scale: rubric.scale.clone(), sentences: vec![] },
            places: vec![],
            masked: vec![],
        };
        for utterance in &self.located[q].answer {
            let text = self.transcript.utterances()[*utterance].text.as_str();
            let spans = sentences(text);
            let said: Vec<&str> = spans.iter().filter_map(|span| span.of(text)).collect();
            let near: Vec<Vec<f32>> =
                spans.iter().map(|span| self.near_criteria(q, *utterance, *span, question.criteria.len())).collect();
            let aimed: Vec<bool> = spans.iter().map(|span| self.is_aimed(*utterance, *span)).collect();
            let withheld = withheld(&said, &near, &aimed);
            for (((span, said), near), _) in spans.iter().zip(said).zip(near).zip(withheld).filter(|(_, held)| !held) {
                let masked = self.mask.masked(said);
                asked.brief.sentences.push(Said { text: masked.text.clone(), near });
                asked.places.push((*utterance, *span));
                asked.masked.push(masked);
            }
        }
        // Nothing but words aimed at whoever scores: there is no answer in it.
        (!asked.places.is_empty()).then_some(asked)
    }

    /// Whether a sentence was found to be aimed at whoever scores, by more than its words.
    fn is_aimed(&self, utterance: usize, span: CharSpan) -> bool {
        self.heard.iter().any(|heard| heard.aimed && heard.utterance == utterance && heard.span == span)
    }

    /// How like each criterion a sentence is; nothing is known of those too short to be compared.
    fn near_criteria(&self, q: usize, utterance: usize, span: CharSpan, criteria: usize) -> Vec<f32> {
        let place = self.heard.iter().position(|heard| heard.utterance == utterance && heard.span == span);
        place.map_or_else(|| vec![0.0; criteria], |place| self.near[place].criteria[q].clone())
    }
}

/// Which sentences of an utterance are not sent: those that [`injection::withheld`] names, those found `aimed` otherwise, and
/// those around words aimed at whoever scores, as far as they are beside the point: such a request is rarely one
/// sentence long.
fn withheld(said: &[&str], near: &[Vec<f32>], aimed: &[bool]) -> Vec<bool> {
    let mut out: Vec<bool> = injection::withheld(said).iter().zip(aimed).map(|(held, aimed)| *held || *aimed).collect();
    let beside: Vec<bool> = near.iter().map(|near| near.iter().all(|n| *n < BESIDE_THE_POINT)).collect();
    let aimed: Vec<bool> = injection::aimed_at_the_grader(said).iter().zip(aimed).map(|(a, b)| *a || *b).collect();
    for place in (0..said.len()).filter(|place| aimed[*place]) {
        let before = (0..place).rev().take_while(|i| aimed[*i] || beside[*i]);
        let after = (place + 1..said.len()).take_while(|i| aimed[*i] || beside[*i]);
        for i in before.chain(after) {
            out[i] = true;
        }
    }
    out
}
