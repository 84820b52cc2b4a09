//! What the judge makes of a rubric's ideal answers: criteria that none of them shows, answers below the top.

use crate::domain::{
    Code, CriterionKind, CriterionResult, Finding, Question, QuestionResult, Rubric, Scale, Spot, Suggestion, Verdict,
    sentences,
};
use crate::evaluation::{EvaluateError, Step, Tools, judge_given};
use crate::retrieval::RetrievalError;

/// Share of the levels, from the top, that an ideal answer is to reach: 4 or 5 of 5.
const UPPER: f64 = 0.4;

/// Below this similarity no sentence of an answer is about a criterion. The judge reads most sentences rightly and some
/// not; where it finds nothing although a sentence is about the criterion, it is mostly the judge that errs.
const ABOUT: f32 = 0.27;

/// Below this strength the judge finds nothing at all.
const NOTHING: f64 = 0.15;

/// From this strength on an ideal answer is said to show a red flag: answers are written to say the opposite of what they are
/// warned of, and the judge is more often wrong than they are. More is asked for than for an opposite
/// ([`Verdict::is_surely_opposite`]): that has to be read in every ideal answer, this in a single one.
const SURELY: f64 = 0.97;

/// What is found, in the order of the rubric.
pub(super) async fn findings(
    tools: &Tools<'_>,
    rubric: &Rubric,
    progress: &mut (dyn FnMut(Step) + Send),
) -> Result<Vec<Finding>, EvaluateError> {
    let judged = judged(tools, rubric, progress).await?;
    let mut found = Vec::new();
    for (q, (question, judged)) in rubric.questions.iter().zip(&judged).enumerate() {
        let mut ideals = Ideals { question, judged, near: vec![], scale: &rubric.scale };
        if ideals.is_doubtful() {
            // Only now, for it takes about as long as judging does.
            ideals.near = nearness(tools, question).await?;
        }
        found.extend(ideals.weak(q));
        found.extend((0..question.criteria.len()).filter_map(|c| match question.criteria[c].kind {
            CriterionKind::ListenFor => ideals.unmet(q, c),
            CriterionKind::RedFlag => ideals.warned(q, c),
        }));
    }
    Ok(found)
}

/// For each question, what the judge makes of each of its ideal answers.
async fn judged(
    tools: &Tools<'_>,
    rubric: &Rubric,
    progress: &mut (dyn FnMut(Step) + Send),
) -> Result<Vec<Vec<QuestionResult>>, EvaluateError> {
    let most = rubric.questions.iter().map(|question| question.ideal_answers.len()).max().unwrap_or(0);
    let mut judged = vec![Vec::new(); rubric.questions.len()];
    for style in 0..most {
        let answers: Vec<Option<&str>> =
            rubric.questions.iter().map(|question| question.ideal_answers.get(style).map(String::as_str)).collect();
        let results = judge_given(tools, rubric, &answers, progress).await?;
        for ((all, result), _) in judged.iter_mut().zip(results).zip(&answers).filter(|(_, answer)| answer.is_some()) {
            all.push(result);
        }
    }
    Ok(judged)
}

/// For each criterion and ideal answer, the similarity of the sentence that is most like the criterion.
async fn nearness(tools: &Tools<'_>, question: &Question) -> Result<Vec<Vec<f32>>, RetrievalError> {
    let criteria: Vec<&str> = question.criteria.iter().map(|criterion| criterion.text.as_str()).collect();
    let criteria = tools.retrieval.embed_here(&criteria).await?;
    let mut near = vec![Vec::new(); criteria.len()];
    for answer in &question.ideal_answers {
        let spans = sentences(answer);
        let said: Vec<&str> = spans.iter().filter_map(|span| span.of(answer)).collect();
        let said = tools.retrieval.embed_here(&said).await?;
        for (near, criterion) in near.iter_mut().zip(&criteria) {
            near.push(said.iter().map(|sentence| sentence.similarity(criterion)).fold(-1.0, f32::max));
        }
    }
    Ok(near)
}

fn is_shown(result: &CriterionResult) -> bool {
    matches!(result.verdict, Verdict::Met | Verdict::Partly)
}

/// A question's ideal answers, with what the models make of them.
struct Ideals<'a> {
    question: &'a Question,
    judged: &'a [QuestionResult],
    /// As [`nearness`] gives it; empty where there is no doubt.
    near: Vec<Vec<f32>>,
    scale: &'a Scale,
}

impl Ideals<'_> {
    /// Whether the judge misses a listen-for in every answer, or puts an answer below the upper levels.
    fn is_doubtful(&self) -> bool {
        let is_missed = |c: usize| !self.judged.iter().any(|result| is_shown(&result.criteria[c]));
        self.listened().any(is_missed) || self.judged.iter().any(|result| self.low(result).is_some())
    }

    /// The places of the listen-fors.
    fn listened(&self) -> impl Iterator<Item = usize> {
        let criteria = self.question.criteria.iter().enumerate();
        criteria.filter(|(_, criterion)| criterion.kind == CriterionKind::ListenFor).map(|(c, _)| c)
    }

    /// The score of an answer that is below the upper levels.
    fn low(&self, result: &QuestionResult) -> Option<i32> {
        let upper = (self.scale.levels() as f64 * UPPER).ceil() as i32;
        let score = result.suggestion.as_ref().and_then(Suggestion::score)?;
        (score <= self.scale.max() - upper).then_some(score)
    }

    /// Whether both models find nothing on a criterion in an answer.
    fn is_silent(&self, c: usize, n: usize) -> bool {
        let near = self.near.get(c).and_then(|near| near.get(n));
        let found = &self.judged[n].criteria[c];
        !is_shown(found) && found.strength < NOTHING && near.is_some_and(|near| *near < ABOUT)
    }

    fn quote(&self, c: usize, n: usize) -> &str {
        self.judged[n].criteria[c].evidence.first().map_or("", |evidence| evidence.quote())
    }

    /// Answers below the upper levels that are silent on half of what is listened for.
    fn weak(&self, q: usize) -> Vec<Finding> {
        let all = self.listened().count();
        let weak = |(n, result): (usize, &QuestionResult)| {
            let score = self.low(result)?;
            let silent = self.listened().filter(|c| self.is_silent(*c, n)).count();
            let what = format!(
                "the judge gives this ideal answer {score} of {}, and nothing in it is about {silent} of {all} listen-fors",
                self.scale.max(),
            );
            let hint = "let it say in plain words what the listen-fors ask for, as somebody would; or listen for what it shows";
            (2 * silent >= all).then(|| Finding::new(Code::WeakIdealAnswer, Spot::IdealAnswer(q, n), what, hint))
        };
        self.judged.iter().enumerate().filter_map(weak).collect()
    }

    /// A listen-for that no ideal answer shows, or that all of them surely contradict.
    fn unmet(&self, q: usize, c: usize) -> Option<Finding> {
        let surely_opposite = |result: &QuestionResult| {
            let result = &result.criteria[c];
            result.verdict.is_surely_opposite(result.strength)
        };
        let spot = Spot::Criterion(q, c);
        if self.judged.is_empty() {
            None
        } else if self.judged.iter().all(surely_opposite) {
            let what =
                format!("the judge reads the opposite in every ideal answer: \u{201c}{}\u{201d}", self.quote(c, 0));
            let hint = "correct what is wrong; if nothing is, word the criterion so that it cannot be misread";
            Some(Finding::new(Code::ContradictedCriterion, spot, what, hint))
        } else if (0..self.judged.len()).all(|n| self.is_silent(c, n)) {
            let what = "the judge finds it in no ideal answer of the question, and no sentence is about it".to_owned();
            let hint = "say it in an ideal answer, in a sentence of its own; or word it as a fact that can be heard";
            Some(Finding::new(Code::UnmetCriterion, spot, what, hint))
        } else {
            None
        }
    }

    /// An ideal answer that shows a red flag.
    fn warned(&self, q: usize, c: usize) -> Option<Finding> {
        let n = self.judged.iter().position(|result| {
            let found = &result.criteria[c];
            found.verdict == Verdict::Met && found.strength >= SURELY
        })?;
        let what = format!("ideal answer {} shows this red flag: \u{201c}{}\u{201d}", n + 1, self.quote(c, n));
        let hint = "change the answer, or word the red flag so that it is true of bad answers only";
        Some(Finding::new(Code::WarnedIdealAnswer, Spot::IdealAnswer(q, n), what, hint))
    }
}
