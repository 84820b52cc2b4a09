//! From what a chat model claims about an answer to verdicts, verified evidence and a suggested score. Pure.
//!
//! No word of the claim is taken on trust:
//!
//! 1. **A quotation** counts when the sentence that it points at was shown to the model, when its words stand in that
//!    sentence (case, white space and typographic marks aside), when they are at least three or all of it, when they are
//!    not aimed at whoever scores, and when the sentence is about the criterion at all (its similarity). The rest is kept
//!    as unfound.
//! 2. **A verdict** needs such a quotation; without one it is *not met*, and with one that is only somewhat about the
//!    criterion it is met *in part*. One sentence carries two listen-fors, those that it is most like; what else rests on
//!    it alone is *not met*.
//! 3. **A score** reaches no higher than what was verified: with `m` the share of the listen-fors that are met (half for
//!    those met in part, by weight), `min + ceil(m * (max - min))`. So on 1 to 5, nothing verified reaches 1, a quarter
//!    reaches 2, a half 3, three quarters 4, and 5 needs more than that. Probability above the bound is moved to it. A keyword
//!    list or an echo of the question reaches 1 unless at least half is met.

use super::Interview;
use super::chat::Asked;
use super::injection::addresses_the_grader;
use super::suggest::{Conclusion, reason};
use crate::domain::{
    Abstention, CharSpan, ChatClaim, CriterionKind, CriterionResult, Distribution, Evidence, Flag, NotEvidence,
    Question, QuoteClaim, Scale, Stance, Suggestion, Verdict, VerdictClaim, find_words, words,
};

/// A sentence less like a criterion than this is about something else, whatever a model says.
const ABOUT_SOMETHING_ELSE: f32 = 0.20;
/// From this similarity on a verdict stands as it was claimed; below, it stands in part.
const CLEARLY_ABOUT: f32 = 0.32;
/// Fewest words of a quotation that is not a whole sentence.
const FEWEST_WORDS: usize = 3;
/// How many listen-fors one sentence can carry.
const CARRIED: usize = 2;
/// How much of a criterion counts as met in part.
const IN_PART: f64 = 0.5;
/// From this share on an answer that reads like a keyword list is only put in few words.
const SHOWN_ALL_THE_SAME: f64 = 0.5;

/// Concludes from a claim.
pub(super) fn conclude(
    interview: &Interview,
    asked: &Asked,
    mut claim: ChatClaim,
    scale: &Scale,
    mut flags: Vec<Flag>,
) -> Conclusion {
    let question = &asked.brief.question;
    let mut unfound = Vec::new();
    let mut found: Vec<Found> =
        (0..question.criteria.len()).map(|place| Found::of(interview, asked, &claim, place, &mut unfound)).collect();
    share_sentences(question, &mut found);
    let criteria: Vec<CriterionResult> = question
        .criteria
        .iter()
        .zip(found)
        .map(|(criterion, found)| found.result(&criterion.id, criterion.kind))
        .collect();
    let bound = bound(question, &criteria, scale, &flags);
    if claim.score > bound {
        flags.push(Flag::LowAgreement);
    }
    if !claim.left_out.is_empty() {
        flags.push(Flag::Shortened);
    }
    let mut why = reason(question, &criteria, &flags);
    if claim.score > bound {
        why.push_str(" The model\u{2019}s own score was higher than what was found in the answer carries.");
    }
    let suggestion = suggestion(&claim, &criteria, scale, bound, why);
    for text in [&mut claim.reason, &mut claim.missing] {
        *text = interview.mask.restored(text);
    }
    for quote in claim.criteria.iter_mut().flat_map(|c| &mut c.quotes) {
        quote.words = interview.mask.restored(&quote.words);
    }
    Conclusion { suggestion: Some(suggestion), criteria, flags, unfound, claim: Some(Box::new(claim)) }
}

/// What was found of a claim about one criterion.
struct Found {
    verdict: Verdict,
    /// Number of the sentence, how like the criterion it is, and the quotation.
    quotes: Vec<(usize, f32, Evidence)>,
}

impl Found {
    fn of(
        interview: &Interview,
        asked: &Asked,
        claim: &ChatClaim,
        place: usize,
        unfound: &mut Vec<NotEvidence>,
    ) -> Self {
        let criterion = &asked.brief.question.criteria[place];
        let nothing = VerdictClaim { criterion: criterion.id.clone(), verdict: Verdict::NotMet, quotes: vec![] };
        let claimed = claim.criteria.iter().find(|c| c.criterion == criterion.id).unwrap_or(&nothing);
        let stance = if claimed.verdict == Verdict::Contradicted { Stance::Contradicts } else { Stance::Supports };
        let mut quotes: Vec<(usize, f32, Evidence)> = Vec::new();
        for quote in &claimed.quotes {
            match verified(interview, asked, claim, quote, place, stance) {
                Ok(found) => {
                    let apart = |(_, _, known): &(usize, f32, Evidence)| {
                        known.utterance() != found.2.utterance()
                            || known.span().end <= found.2.span().start
                            || found.2.span().end <= known.span().start
                    };
                    if quotes.iter().all(apart) {
                        quotes.push(found);
                    }
                }
                Err(why) => unfound.push(why),
            }
        }
        quotes.sort_by(|a, b| b.1.total_cmp(&a.1));
        let clear = quotes.first().is_some_and(|(_, near, _)| *near >= CLEARLY_ABOUT);
        let verdict = match claimed.verdict {
            _ if quotes.is_empty() => Verdict::NotMet,
            Verdict::Met if !clear => Verdict::Partly,
            verdict => verdict,
        };
        if verdict == Verdict::NotMet {
            quotes.clear();
        }
        Self { verdict, quotes }
    }

    fn result(self, id: &str, kind: CriterionKind) -> CriterionResult {
        let strength = match self.verdict {
            Verdict::Met | Verdict::Contradicted => 1.0,
            Verdict::Partly => IN_PART,
            Verdict::NotMet => 0.0,
        };
        let evidence = self.quotes.into_iter().take(2).map(|(_, _, evidence)| evidence).collect();
        CriterionResult { id: id.to_owned(), kind, verdict: self.verdict, strength, evidence }
    }
}

/// The quotation as code finds it, with the place of its sentence and how like the criterion that is.
fn verified(
    interview: &Interview,
    asked: &Asked,
    claim: &ChatClaim,
    quote: &QuoteClaim,
    criterion: usize,
    stance: Stance,
) -> Result<(usize, f32, Evidence), NotEvidence> {
    let number = usize::try_from(quote.sentence).map_err(|_| NotEvidence::NoSuchUtterance)?;
    let place = number.checked_sub(1).filter(|place| *place < asked.places.len() && !claim.left_out.contains(&number));
    let place = place.ok_or(NotEvidence::NoSuchUtterance)?;
    let masked = &asked.masked[place];
    let found = find_words(&masked.text, &quote.words).ok_or(NotEvidence::NotFound)?;
    let within = masked.origin(found).ok_or(NotEvidence::NotFound)?;
    let (utterance, sentence) = asked.places[place];
    let span = CharSpan { start: sentence.start + within.start, end: sentence.start + within.end };
    let evidence = Evidence::at(interview.transcript, &interview.voice, utterance, span, stance)?;
    let whole = words(&masked.text).count();
    if words(evidence.quote()).count() < FEWEST_WORDS.min(whole) || addresses_the_grader(evidence.quote()) {
        return Err(NotEvidence::NotFound);
    }
    let near = asked.brief.sentences[place].near.get(criterion).copied().unwrap_or(0.0);
    if near < ABOUT_SOMETHING_ELSE {
        return Err(NotEvidence::NotFound);
    }
    Ok((place, near, evidence))
}

/// Lets each sentence carry only the listen-fors that it is most like.
fn share_sentences(question: &Question, found: &mut [Found]) {
    let mut rests: Vec<(usize, f32, usize)> = Vec::new();
    for (place, criterion) in found.iter().enumerate() {
        if is_shared(question, place, criterion) {
            rests.extend(criterion.quotes.iter().map(|q| (q.0, q.1, place)));
        }
    }
    rests.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.2.cmp(&b.2)));
    let mut carried: Vec<(usize, usize)> = Vec::new();
    for (sentence, _, criterion) in rests {
        let free = carried.iter().filter(|(s, _)| *s == sentence).count() < CARRIED;
        // What another sentence carries already needs this one no more.
        if free && !carried.iter().any(|(_, c)| *c == criterion) {
            carried.push((sentence, criterion));
        }
    }
    for (place, criterion) in found.iter_mut().enumerate() {
        if is_shared(question, place, criterion) && !carried.iter().any(|(_, c)| *c == place) {
            criterion.verdict = Verdict::NotMet;
            criterion.quotes.clear();
        }
    }
}

fn is_shared(question: &Question, place: usize, found: &Found) -> bool {
    let speaks_for = matches!(found.verdict, Verdict::Met | Verdict::Partly);
    speaks_for && question.criteria[place].kind == CriterionKind::ListenFor
}

/// The highest score that what was verified carries.
fn bound(question: &Question, criteria: &[CriterionResult], scale: &Scale, flags: &[Flag]) -> i32 {
    let (mut met, mut all) = (0.0, 0.0);
    for (criterion, result) in question.criteria.iter().zip(criteria) {
        if criterion.kind == CriterionKind::ListenFor {
            all += criterion.weight;
            met += criterion.weight
                * match result.verdict {
                    Verdict::Met => 1.0,
                    Verdict::Partly => IN_PART,
                    Verdict::NotMet | Verdict::Contradicted => 0.0,
                };
        }
    }
    let share = if all > 0.0 { met / all } else { 0.0 };
    let says_little = flags.iter().any(|flag| matches!(flag, Flag::KeywordList | Flag::RepeatsTheQuestion));
    if says_little && share < SHOWN_ALL_THE_SAME {
        return scale.min();
    }
    // A share that is a whole number of steps but for rounding is no more than that.
    let steps = (share * (scale.levels() - 1) as f64 - 1e-9).ceil().max(0.0);
    scale.min() + steps as i32
}

fn suggestion(claim: &ChatClaim, criteria: &[CriterionResult], scale: &Scale, bound: i32, why: String) -> Suggestion {
    let evidence: Vec<&Evidence> = criteria
        .iter()
        .filter(|c| c.kind == CriterionKind::ListenFor && matches!(c.verdict, Verdict::Met | Verdict::Partly))
        .flat_map(|c| &c.evidence)
        .collect();
    let distribution = claim.shares.clone().and_then(|mut shares| {
        let top = usize::try_from(bound - scale.min()).ok()?;
        let above: f64 = shares.get(top + 1..)?.iter().sum();
        shares[top + 1..].fill(0.0);
        *shares.get_mut(top)? += above;
        Distribution::new(scale, shares).ok()
    });
    let made = match distribution {
        Some(distribution) => Suggestion::scored(scale, distribution, &evidence, why),
        None => Suggestion::stated(scale, claim.score.min(bound), &evidence, why),
    };
    made.unwrap_or_else(|_| Suggestion::abstained(Abstention::NothingQuotable))
}
