//! From what a judge claims about an answer to verdicts, verified evidence and a suggested score. Pure.
//!
//! The score is an ordinal (cumulative logit) model over what was shown, contradicted, warned of and covered:
//! `P(score <= k) = 1 / (1 + exp(s * (eta - theta_k)))`. Where that speaks for a score above the lowest and nothing that was said
//! can be quoted for it, none is suggested.

use super::injection::aimed_at_the_grader;
use super::speech::{is_keyword_list, mostly_latin, repeats, wordlike};
use super::wording;
use crate::config::EvaluationSettings;
use crate::domain::{
    Abstention, CharSpan, ChatClaim, Claim, CriterionKind, CriterionResult, Distribution, Evidence, Flag, NotEvidence,
    PassageClaim, Question, Scale, Stance, Suggestion, Transcript, Verdict, Voice, words,
};
use std::fmt::Write as _;

/// Weights of the ordinal model and thresholds of the verdicts: the best of random searches over the orderings of the
/// written interviews (tests/fixtures/interviews: backend and data-analyst; support-lead was kept out), half of the
/// questions of eval_sets/backend-written, half of those that ship (an ideal answer belongs at the top, and that of another
/// question at the bottom), half of training/graded-apart, and the labels of 1,400 answers of the training part of SemEval
/// 2013 task 7: correlation, distance and log loss. `OUTWEIGHS` and `REACH` are not the best of them but
/// those of several nearly as good that show more of what is contradicted, and that leave room to suggest nothing.
mod weigh {
    /// From this probability on a passage shows a criterion.
    pub(super) const MET: f64 = 0.55;
    /// From this on it goes some way.
    pub(super) const PARTLY: f64 = 0.24;
    /// From this probability of the opposite on, and when it outweighs support by so much, a criterion is contradicted.
    pub(super) const CONTRADICTED: f64 = 0.42;
    pub(super) const OUTWEIGHS: f64 = 0.4;
    /// From these on a red flag is met, and met in part: a false warning does more harm than a missed one.
    pub(super) const WARNED: f64 = 0.92;
    pub(super) const PARTLY_WARNED: f64 = 0.9;
    /// The less like a criterion a passage is below this similarity, the less counts what the entailment model makes of it: it
    /// is about something else. What is far off is sooner taken for a contradiction than for support.
    pub(super) const SIMILARITY: f64 = 0.31;
    pub(super) const SIMILARITY_AGAINST: f64 = 0.332;

    pub(super) const SHOWN: f64 = 16.0;
    /// Mistrusts weak support: half a probability is worth far less than half a criterion.
    pub(super) const SHOWN_POWER: f64 = 3.5;
    pub(super) const CONTRADICTION: f64 = 16.0;
    pub(super) const RED_FLAG: f64 = 3.0;
    /// Coverage of the ideal answer.
    pub(super) const COVERED: f64 = 12.2;
    /// How much of coverage is by words; the rest is by what sentences mean.
    pub(super) const BY_WORDS: f64 = 0.8;
    /// Thresholds between the levels of a five-level scale; other scales take theirs from the same curve.
    pub(super) const THRESHOLDS: [f64; 4] = [2.2, 4.6, 7.0, 9.2];
    /// How sharply the thresholds divide: as far as people's scores allow (log loss on the sets above), since nothing else says how
    /// sure a suggestion may be.
    pub(super) const SHARPNESS: f64 = 0.45;
    /// What an answer can reach at most: with nothing shown, and for all that was shown. The top of the scale is for
    /// answers that show what was listened for, however like an ideal answer their words are.
    pub(super) const REACH: (f64, f64) = (5.0, 12.0);
    /// What a keyword list or an echo of the question may at most reach, unless this share of the listen-fors is met: such
    /// an answer is only put in few words, or in those of the question.
    pub(super) const FLAGGED: f64 = -1.0;
    pub(super) const SHOWN_ALL_THE_SAME: f64 = 0.5;
}

/// The answer to one question, with what is needed to judge it.
pub(super) struct Answer<'a> {
    pub question: &'a Question,
    pub transcript: &'a Transcript,
    pub voice: &'a Voice,
    /// For each criterion, the similarity of each passage that the judge was shown, by place in the transcript.
    pub similarity: Box<dyn Fn(usize, usize, CharSpan) -> f32 + 'a>,
    /// How far the answer covers the ideal answer it covers most of, 0 to 1: [`covered`].
    pub covered: f64,
}

/// Everything concluded about one answer.
pub(super) struct Conclusion {
    /// `None` when the question was not asked.
    pub suggestion: Option<Suggestion>,
    pub criteria: Vec<CriterionResult>,
    pub flags: Vec<Flag>,
    /// Quotations that a judge claimed and that were not found.
    pub unfound: Vec<NotEvidence>,
    /// What a chat model said.
    pub claim: Option<Box<ChatClaim>>,
}

/// How far an ideal answer is covered, from the mean over its sentences of the most similar sentence of the answer, and the
/// share of its words that are said.
pub(super) fn covered(meant: f64, said: f64) -> f64 {
    (1.0 - weigh::BY_WORDS) * meant + weigh::BY_WORDS * said
}

/// Flags that the words alone call for.
pub(super) fn flags(text: &str, question: &Question, settings: &EvaluationSettings) -> Vec<Flag> {
    let mut flags = Vec::new();
    let sentences = crate::domain::sentences(text);
    let sentences: Vec<&str> = sentences.iter().filter_map(|span| span.of(text)).collect();
    if aimed_at_the_grader(&sentences).contains(&true) {
        flags.push(Flag::AddressesTheGrader);
    }
    // Some questions ask for a list, and some are answered in their own words.
    if is_keyword_list(text) && !question.ideal_answers.iter().any(|ideal| is_keyword_list(ideal)) {
        flags.push(Flag::KeywordList);
    }
    if question.wordings().any(|asked| repeats(text, asked)) && !wording::adds(text, question) {
        flags.push(Flag::RepeatsTheQuestion);
    }
    if words(text).count() < fewest(settings.short_words, question) {
        flags.push(Flag::VeryShort);
    }
    flags
}

/// So many words, or half of those of the shortest ideal answer where that is less: some questions are answered in three.
fn fewest(most: usize, question: &Question) -> usize {
    let ideal = question.ideal_answers.iter().map(|answer| words(answer).count()).min();
    ideal.map_or(most, |ideal| most.min(ideal.div_ceil(2)))
}

/// Why the answer cannot be judged at all, if so.
pub(super) fn unjudgeable(text: &str, question: &Question, settings: &EvaluationSettings) -> Option<Abstention> {
    if question.listen_fors().next().is_none() {
        Some(Abstention::NothingToCompare)
    } else if words(text).count() < fewest(settings.fewest_words, question) {
        Some(Abstention::TooLittleSaid)
    } else if !mostly_latin(text) {
        Some(Abstention::OtherLanguage)
    } else if wordlike(text) < 0.6 {
        Some(Abstention::Garbled)
    } else {
        None
    }
}

/// Verdicts for all criteria without a judge: nothing is met.
pub(super) fn nothing_found(question: &Question) -> Vec<CriterionResult> {
    let empty = |criterion: &crate::domain::Criterion| CriterionResult {
        id: criterion.id.clone(),
        kind: criterion.kind,
        verdict: Verdict::NotMet,
        strength: 0.0,
        evidence: vec![],
    };
    question.criteria.iter().map(empty).collect()
}

/// Concludes from a claim.
pub(super) fn conclude(answer: &Answer, claim: &Claim, scale: &Scale, mut flags: Vec<Flag>) -> Conclusion {
    let criteria: Vec<CriterionResult> =
        (0..answer.question.criteria.len()).map(|c| verdict(answer, claim, c)).collect();
    let sums = Sums::of(answer.question, &criteria);
    if sums.disagree(answer.covered) {
        flags.push(Flag::LowAgreement);
    }
    let suggestion = Some(suggest(answer, &criteria, &sums, scale, &flags));
    Conclusion { suggestion, criteria, flags, unfound: vec![], claim: None }
}

/// What the judge's words about one criterion come to, with the passages found again in the transcript.
fn verdict(answer: &Answer, claim: &Claim, place: usize) -> CriterionResult {
    let criterion = &answer.question.criteria[place];
    let claimed = claim.criteria.iter().find(|c| c.criterion == criterion.id);
    let passages = claimed.map(|c| c.passages.as_slice()).unwrap_or_default();
    let weighed = |passage: &PassageClaim, stance: Stance| {
        let similarity = f64::from((answer.similarity)(place, passage.utterance, passage.span));
        let (share, full) = match stance {
            Stance::Supports => (passage.support.supports, weigh::SIMILARITY),
            Stance::Contradicts => (passage.support.contradicts, weigh::SIMILARITY_AGAINST),
        };
        f64::from(share) * (similarity / full).clamp(0.0, 1.0)
    };
    let strongest = |stance: Stance| passages.iter().map(|p| weighed(p, stance)).fold(0.0, f64::max);
    let (supports, contradicts) = (strongest(Stance::Supports), strongest(Stance::Contradicts));
    let (met, partly) = match criterion.kind {
        CriterionKind::ListenFor => (weigh::MET, weigh::PARTLY),
        CriterionKind::RedFlag => (weigh::WARNED, weigh::PARTLY_WARNED),
    };
    let (verdict, stance) = if contradicts >= weigh::CONTRADICTED && contradicts > supports + weigh::OUTWEIGHS {
        (Verdict::Contradicted, Stance::Contradicts)
    } else if supports >= met {
        (Verdict::Met, Stance::Supports)
    } else if supports >= partly {
        (Verdict::Partly, Stance::Supports)
    } else {
        (Verdict::NotMet, Stance::Supports)
    };
    let mut telling: Vec<(f64, &PassageClaim)> = passages.iter().map(|p| (weighed(p, stance), p)).collect();
    let least = if stance == Stance::Contradicts { weigh::CONTRADICTED } else { partly };
    telling.retain(|(strength, _)| *strength >= least);
    telling.sort_by(|a, b| b.0.total_cmp(&a.0));
    let evidence = if verdict == Verdict::NotMet { vec![] } else { verified(answer, &telling, stance) };
    // A claim of which nothing is found in the transcript is worth nothing.
    let (verdict, strength) = match (evidence.is_empty(), stance) {
        (true, _) if verdict != Verdict::NotMet => (Verdict::NotMet, 0.0),
        (_, Stance::Supports) => (verdict, supports),
        (_, Stance::Contradicts) => (verdict, contradicts),
    };
    CriterionResult { id: criterion.id.clone(), kind: criterion.kind, verdict, strength: round(strength), evidence }
}

/// The strongest passages that code finds, at most two, none inside another.
fn verified(answer: &Answer, telling: &[(f64, &PassageClaim)], stance: Stance) -> Vec<Evidence> {
    let mut found: Vec<Evidence> = Vec::new();
    for (_, passage) in telling {
        let apart = |e: &Evidence| {
            e.utterance() != passage.utterance
                || e.span().end <= passage.span.start
                || passage.span.end <= e.span().start
        };
        if found.len() == 2 || !found.iter().all(apart) {
            continue;
        }
        found.extend(Evidence::at(answer.transcript, answer.voice, passage.utterance, passage.span, stance));
    }
    found
}

fn round(share: f64) -> f64 {
    (share * 1e3).round() / 1e3
}

/// Weighted shares of a question's criteria.
pub(super) struct Sums {
    /// Strength of what was shown, weak support mistrusted.
    pub shown: f64,
    /// Verdicts alone: met counts 1, partly a half.
    pub met: f64,
    pub contradicted: f64,
    pub warned: f64,
}

impl Sums {
    pub(super) fn of(question: &Question, criteria: &[CriterionResult]) -> Self {
        let share = |kind: CriterionKind, value: &dyn Fn(&CriterionResult) -> f64| {
            let mut sum = (0.0, 0.0);
            for (criterion, result) in question.criteria.iter().zip(criteria).filter(|(c, _)| c.kind == kind) {
                sum = (sum.0 + criterion.weight * value(result), sum.1 + criterion.weight);
            }
            if sum.1 > 0.0 { sum.0 / sum.1 } else { 0.0 }
        };
        let shown = |r: &CriterionResult| match r.verdict {
            Verdict::Contradicted => 0.0,
            _ => r.strength.powf(weigh::SHOWN_POWER),
        };
        let against = |r: &CriterionResult| if r.verdict == Verdict::Contradicted { r.strength } else { 0.0 };
        let warned = |r: &CriterionResult| match r.verdict {
            Verdict::Met | Verdict::Partly => r.strength,
            _ => 0.0,
        };
        // One red flag is as bad as all of them.
        let warned = criteria.iter().filter(|r| r.kind == CriterionKind::RedFlag).map(warned).fold(0.0, f64::max);
        let met = |r: &CriterionResult| match r.verdict {
            Verdict::Met => 1.0,
            Verdict::Partly => 0.5,
            Verdict::NotMet | Verdict::Contradicted => 0.0,
        };
        Self {
            shown: share(CriterionKind::ListenFor, &shown),
            met: share(CriterionKind::ListenFor, &met),
            contradicted: share(CriterionKind::ListenFor, &against),
            warned,
        }
    }

    fn eta(&self, covered: f64) -> f64 {
        let eta = weigh::SHOWN * self.shown - weigh::CONTRADICTION * self.contradicted - weigh::RED_FLAG * self.warned
            + weigh::COVERED * covered;
        eta.min(weigh::REACH.0 + weigh::REACH.1 * self.met)
    }

    /// Whether what was shown and what the words are like point in different directions.
    fn disagree(&self, covered: f64) -> bool {
        (self.met > 0.4 && (self.contradicted > 0.25 || self.warned > 0.5)) || (self.met < 0.2 && covered > 0.6)
    }
}

/// How sums, coverage of the ideal answer and flags map to the levels of `scale`, whether or not anything can be quoted for it.
pub(super) fn distribution(sums: &Sums, covered: f64, flags: &[Flag], scale: &Scale) -> Option<Distribution> {
    let mut eta = sums.eta(covered);
    // Words aimed at the grader were left out before judging; what else was said still counts.
    let says_little = flags.iter().any(|flag| matches!(flag, Flag::KeywordList | Flag::RepeatsTheQuestion));
    if says_little && sums.met < weigh::SHOWN_ALL_THE_SAME {
        eta = eta.min(weigh::FLAGGED);
    }
    Distribution::new(scale, shares(eta, scale.levels())).ok()
}

fn suggest(answer: &Answer, criteria: &[CriterionResult], sums: &Sums, scale: &Scale, flags: &[Flag]) -> Suggestion {
    let why = reason(answer.question, criteria, flags);
    let evidence: Vec<&Evidence> = criteria
        .iter()
        .filter(|c| c.kind == CriterionKind::ListenFor && matches!(c.verdict, Verdict::Met | Verdict::Partly))
        .flat_map(|c| &c.evidence)
        .collect();
    distribution(sums, answer.covered, flags, scale)
        .and_then(|distribution| Suggestion::scored(scale, distribution, &evidence, why).ok())
        .unwrap_or_else(|| Suggestion::abstained(Abstention::NothingQuotable))
}

/// Probabilities of the levels, lowest first, by the cumulative logit model.
fn shares(eta: f64, levels: usize) -> Vec<f64> {
    let below = |k: usize| 1.0 / (1.0 + (weigh::SHARPNESS * (eta - threshold(k, levels))).exp());
    let cumulative: Vec<f64> = (1..levels).map(below).chain([1.0]).collect();
    let mut before = 0.0;
    cumulative
        .into_iter()
        .map(|c| {
            let share = (c - before).max(0.0);
            before = c;
            share
        })
        .collect()
}

/// The threshold below level `k` (1 to levels - 1), read off the curve through those of the five-level scale.
fn threshold(k: usize, levels: usize) -> f64 {
    let known = weigh::THRESHOLDS;
    let place = if levels == 2 { 1.5 } else { (k - 1) as f64 * 3.0 / (levels - 2) as f64 };
    let low = (place.floor() as usize).min(2);
    known[low] + (known[low + 1] - known[low]) * (place - low as f64)
}

/// What was shown, what was contradicted and what is missing, in a sentence or two.
pub(super) fn reason(question: &Question, criteria: &[CriterionResult], flags: &[Flag]) -> String {
    let of = |kind: CriterionKind, wanted: &[Verdict]| {
        let pairs = question.criteria.iter().zip(criteria);
        pairs
            .filter(|(c, r)| c.kind == kind && wanted.contains(&r.verdict))
            .map(|(c, _)| c.text.as_str())
            .collect::<Vec<_>>()
    };
    let all = question.listen_fors().count();
    let met = of(CriterionKind::ListenFor, &[Verdict::Met]).len();
    let partly = of(CriterionKind::ListenFor, &[Verdict::Partly]).len();
    let mut out = match (all, met, partly) {
        (0, _, _) => "The rubric names nothing to listen for here".to_owned(),
        (_, 0, 0) => format!("None of {all} listen-fors shown"),
        (_, _, 0) => format!("{met} of {all} listen-fors shown"),
        _ => format!("{met} of {all} listen-fors shown, {partly} in part"),
    };
    let mut add = |label: &str, texts: &[&str]| {
        if !texts.is_empty() {
            let texts: Vec<String> = texts.iter().map(|t| lower_first(t)).collect();
            // Writing to a String cannot fail.
            let _ = write!(out, "; {label}: {}", texts.join("; "));
        }
    };
    add("says the opposite of", &of(CriterionKind::ListenFor, &[Verdict::Contradicted]));
    add("red flag", &of(CriterionKind::RedFlag, &[Verdict::Met, Verdict::Partly]));
    if met > 0 || partly > 0 {
        add("nothing on", &of(CriterionKind::ListenFor, &[Verdict::NotMet]));
    }
    out.push('.');
    for (flag, text) in [
        (Flag::KeywordList, " Terms are listed without saying anything about them."),
        (Flag::RepeatsTheQuestion, " The answer repeats the question."),
        (Flag::VeryShort, " The answer is very short."),
        (Flag::AddressesTheGrader, " Words aimed at whoever scores were left out."),
    ] {
        if flags.contains(&flag) {
            out.push_str(text);
        }
    }
    out
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    let rest = chars.as_str();
    // "REST" and "I" stay as they are.
    if rest.chars().next().is_some_and(char::is_lowercase) {
        first.to_lowercase().chain(rest.chars()).collect()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_sum_to_one_and_rise_with_eta_on_every_scale() {
        for levels in [2, 3, 4, 5, 7, 11] {
            let mean = |eta: f64| shares(eta, levels).iter().enumerate().map(|(i, p)| i as f64 * p).sum::<f64>();
            let sum: f64 = shares(1.3, levels).iter().sum();
            assert!((sum - 1.0).abs() < 1e-12);
            assert!(mean(-2.0) < mean(2.0) && mean(2.0) < mean(5.0) && mean(5.0) < mean(9.0), "{levels} levels");
        }
    }

    #[test]
    fn more_of_an_ideal_answer_never_lowers_what_is_suggested() {
        let scale = Scale::default();
        let nothing = Sums { shown: 0.0, met: 0.0, contradicted: 0.0, warned: 0.0 };
        let means: Vec<f64> = (0..=20)
            .map(|i| distribution(&nothing, f64::from(i) / 20.0, &[], &scale).expect("shares").expected())
            .collect();
        assert!(means.windows(2).all(|pair| pair[0] <= pair[1] + 1e-3), "{means:?}");
        let flagged = distribution(&nothing, 0.9, &[Flag::KeywordList], &scale).expect("shares");
        assert_eq!(flagged.median(), 1);
    }

    #[test]
    fn five_levels_use_the_thresholds_as_they_stand() {
        let used: Vec<f64> = (1..5).map(|k| threshold(k, 5)).collect();
        assert_eq!(used, weigh::THRESHOLDS);
    }
}
