//! Which answers are left out together: by answer, spread over the questions, or by question. Decided by the answers' own
//! ids, so that neither the order of the file nor a seed changes a fold.

use crate::domain::Digest;

/// How many folds there are by answer.
const BY_ANSWER: usize = 10;
/// How many there are at most by question.
const BY_QUESTION: usize = 60;

/// The fold of each answer.
pub(super) struct Folds {
    pub count: usize,
    pub of: Vec<usize>,
}

impl Folds {
    /// Spread evenly over each question.
    pub(super) fn by_answer(questions: &[&str], ids: &[&str]) -> Self {
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by_cached_key(|place| (questions[*place], Digest::of(ids[*place].as_bytes()), *place));
        let mut of = vec![0; ids.len()];
        for (rank, place) in order.into_iter().enumerate() {
            of[place] = rank % BY_ANSWER;
        }
        Self { count: BY_ANSWER.min(ids.len().max(1)), of }
    }

    /// All answers to a question together; `None` where there is one question alone.
    pub(super) fn by_question(questions: &[&str]) -> Option<Self> {
        let mut known: Vec<&str> = questions.to_vec();
        known.sort_unstable();
        known.dedup();
        if known.len() < 2 {
            return None;
        }
        known.sort_by_cached_key(|question| Digest::of(question.as_bytes()));
        let count = known.len().min(BY_QUESTION);
        let fold = |question: &&str| known.iter().position(|k| k == question).unwrap_or(0) % count;
        Some(Self { count, of: questions.iter().map(fold).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_left_out_whole_and_answers_are_spread() {
        let questions: Vec<String> = (0..40).map(|i| format!("q{}", i % 4)).collect();
        let ids: Vec<String> = (0..40).map(|i| format!("a{i}")).collect();
        let (questions, ids): (Vec<&str>, Vec<&str>) =
            (questions.iter().map(String::as_str).collect(), ids.iter().map(String::as_str).collect());
        let folds = Folds::by_question(&questions).expect("four questions");
        for (place, question) in questions.iter().enumerate() {
            let same = questions.iter().position(|q| q == question).expect("itself at least");
            assert_eq!(folds.of[place], folds.of[same]);
        }
        assert_eq!(folds.count, 4);
        let folds = Folds::by_answer(&questions, &ids);
        for fold in 0..10 {
            assert_eq!(folds.of.iter().filter(|f| **f == fold).count(), 4);
        }
        assert!(Folds::by_question(&questions[..1]).is_none());
    }
}
