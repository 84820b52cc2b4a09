//! Levels whose descriptions do not rise, told by their words: a higher level says more, and less of it is missing.

use crate::domain::{Anchor, Code, Finding, Rubric, Spot, words};

/// Words that say that something is missing.
const LACK: [&str; 25] = [
    "no", "not", "without", "nothing", "none", "cannot", "vague", "vaguely", "only", "never", "neither", "little",
    "hardly", "wrong", "misses", "lacks", "but", "confuses", "mere", "merely", "unable", "unclear", "barely", "just",
    "nobody",
];
/// Words that say that something comes on top.
const MORE: [&str; 21] = [
    "adds", "also", "several", "measured", "both", "two", "three", "example", "weighs", "limits", "cost", "costs",
    "when", "reason", "reasons", "figures", "figure", "result", "results", "number", "and",
];
/// How much a word of lack, a word of more, and a doubling of the length weigh. Set so that none of the 155 questions
/// of the rubrics at hand is found to fall, and all are when their levels are turned round.
const WEIGHTS: (f64, f64, f64) = (-0.6, 0.3, 0.5);

pub(super) fn findings(rubric: &Rubric) -> Vec<Finding> {
    let mut found = Vec::new();
    for (q, question) in rubric.questions.iter().enumerate() {
        let anchors = &question.anchors;
        found.extend(twice(q, anchors));
        let says: Vec<f64> = anchors.iter().map(|anchor| said(&anchor.text)).collect();
        if let [lowest, .., highest] = anchors.as_slice()
            && rank_correlation(&says) <= 0.0
        {
            let what = format!(
                "the levels do not rise: by their words, level {} asks for no more than level {}",
                highest.score, lowest.score
            );
            let hint = "describe each level by what an answer shows, more at each, the lowest by what is missing";
            found.push(Finding::new(Code::FlatAnchors, Spot::Anchor(q, anchors.len() - 1), what, hint));
        }
    }
    found
}

/// Levels that are described in the same words.
fn twice(q: usize, anchors: &[Anchor]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (a, anchor) in anchors.iter().enumerate() {
        let same = |lower: &&Anchor| lower.text.to_lowercase() == anchor.text.to_lowercase();
        if let Some(lower) = anchors[..a].iter().find(same) {
            let what = format!("level {} is described in the words of level {}", anchor.score, lower.score);
            let hint = "say what an answer of this level shows that one below it does not";
            found.push(Finding::new(Code::FlatAnchors, Spot::Anchor(q, a), what, hint));
        }
    }
    found
}

/// How much a level's text asks for; of use beside that of another level only.
fn said(text: &str) -> f64 {
    let all: Vec<String> = words(text).collect();
    let among = |list: &[&str]| all.iter().filter(|word| list.contains(&word.as_str())).count().min(2) as f64;
    let (lack, more, length) = WEIGHTS;
    lack * among(&LACK) + more * among(&MORE) + length * (all.len() as f64).ln_1p()
}

/// Kendall's tau of `values` with their own order: 1 when they rise, -1 when they fall.
fn rank_correlation(values: &[f64]) -> f64 {
    let (mut sum, mut pairs) = (0.0, 0.0_f64);
    for (later, high) in values.iter().enumerate() {
        for low in &values[..later] {
            sum += match high.total_cmp(low) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.0,
                std::cmp::Ordering::Less => -1.0,
            };
            pairs += 1.0;
        }
    }
    sum / pairs.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_correlation_is_that_of_kendall() {
        assert!((rank_correlation(&[1.0, 2.0, 3.0]) - 1.0).abs() < 1e-12);
        assert!((rank_correlation(&[3.0, 2.0, 1.0]) + 1.0).abs() < 1e-12);
        assert!(rank_correlation(&[2.0]).abs() < 1e-12, "one level neither rises nor falls");
        // scipy.stats.kendalltau([1, 2, 3, 4], [1, 3, 2, 4]) is 2 / 3.
        assert!((rank_correlation(&[1.0, 3.0, 2.0, 4.0]) - 2.0 / 3.0).abs() < 1e-12);
    }
}
