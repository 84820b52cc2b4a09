//! The distribution of a suggestion as a small bar chart. Hides its geometry.

use crate::domain::Suggestion;
use crate::web::wording;

/// One score's bar.
pub(in crate::web) struct Bar {
    pub score: i32,
    pub x: usize,
    pub y: f64,
    pub height: f64,
    /// Middle of the bar, where its numbers stand.
    pub middle: f64,
    /// Where the number of the share stands.
    pub above: f64,
    /// Its share in percent.
    pub share: String,
    /// Whether it is the suggested score.
    pub suggested: bool,
}

/// A chart with its places in the units of its `viewBox`.
pub(in crate::web) struct Chart {
    pub width: usize,
    /// Where the drawing begins: nothing is drawn above the number over the tallest bar.
    pub top: f64,
    pub height: f64,
    pub bars: Vec<Bar>,
    /// The band under the scores that are in the 80 % range: from where, how wide.
    pub range: Option<(usize, usize)>,
    /// The whole of it in words.
    pub words: String,
}

/// Width of a bar and of the gap after it.
const BAR: usize = 26;
const GAP: usize = 6;
/// Where bars stand, how high a certainty is, where the drawing ends, and the height of a line of text.
const GROUND: f64 = 58.0;
const TALL: f64 = 60.0;
const BOTTOM: f64 = 82.0;
const LINE: f64 = 10.0;

impl Chart {
    /// The chart of a suggestion; `None` when it has no distribution.
    pub fn of(suggestion: &Suggestion) -> Option<Self> {
        let shares: Vec<(i32, f64)> = suggestion.distribution()?.iter().collect();
        let bars: Vec<Bar> =
            shares.iter().enumerate().map(|(n, &(score, share))| bar(n, score, share, suggestion)).collect();
        let place = |score: i32| bars.iter().find(|bar| bar.score == score).map(|bar| bar.x);
        let range = suggestion.range().and_then(|[low, high]| {
            let (from, to) = (place(low)?, place(high)?);
            Some((from, to + BAR - from))
        });
        let each: Vec<String> =
            shares.iter().map(|(score, share)| format!("{score}: {} %", wording::percent(*share))).collect();
        let top = bars.iter().map(|bar| bar.above).fold(GROUND, f64::min) - LINE;
        Some(Self {
            top,
            height: BOTTOM - top,
            width: bars.len() * (BAR + GAP) - GAP,
            range,
            words: each.join(", "),
            bars,
        })
    }
}

fn bar(n: usize, score: i32, share: f64, suggestion: &Suggestion) -> Bar {
    let x = n * (BAR + GAP);
    // A sliver stays visible, so that "unlikely" and "impossible" look different.
    let height = if share > 0.0 { (share * TALL).max(1.5) } else { 0.0 };
    let height = (height * 10.0).round() / 10.0;
    let y = ((GROUND - height) * 10.0).round() / 10.0;
    Bar {
        score,
        x,
        y,
        height,
        middle: x as f64 + BAR as f64 / 2.0,
        above: ((y - 4.0) * 10.0).round() / 10.0,
        share: wording::percent(share),
        suggested: suggestion.score() == Some(score),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    #[test]
    fn the_chart_stands_for_the_distribution() {
        let (evaluation, ..) = sample::hostile();
        let chart = Chart::of(evaluation.questions[0].suggestion.as_ref().expect("scored")).expect("has one");
        let shares: Vec<&str> = chart.bars.iter().map(|bar| bar.share.as_str()).collect();
        assert_eq!(shares, ["1", "6", "31", "50", "12"]);
        assert_eq!(chart.range, Some((64, 58)));
        assert!(chart.bars.iter().all(|bar| (bar.y + bar.height - GROUND).abs() < 0.11));
        assert!(chart.bars[3].suggested);
    }

    #[test]
    fn an_abstention_has_no_chart() {
        let (evaluation, ..) = sample::hostile();
        assert!(Chart::of(evaluation.questions[1].suggestion.as_ref().expect("abstained")).is_none());
    }
}
