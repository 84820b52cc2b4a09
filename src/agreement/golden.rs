//! Every number against other implementations, on the tables that `tests/golden/agreement.py` drew and computed.

use super::bootstrap::{corrected, quantile};
use super::proportion::upper_bound;
use super::*;
use serde_json::Value;

const TABLES: &str = include_str!("../../tests/golden/agreement.json");
const CLOSE: f64 = 1e-9;

struct Case(Value);

impl Case {
    fn all(kind: &str) -> Vec<Self> {
        let cases: Vec<Value> = serde_json::from_str(TABLES).unwrap();
        let of_kind: Vec<Self> = cases.into_iter().filter(|case| case["kind"] == kind).map(Self).collect();
        assert!(!of_kind.is_empty(), "no tables of {kind}");
        of_kind
    }

    fn given(&self, name: &str) -> &Value {
        &self.0["given"][name]
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        serde_json::from_value(self.given(name).clone()).unwrap()
    }

    fn whole(&self, name: &str) -> Vec<i32> {
        serde_json::from_value(self.given(name).clone()).unwrap()
    }

    fn yes_no(&self, name: &str) -> Vec<bool> {
        serde_json::from_value(self.given(name).clone()).unwrap()
    }

    fn expected(&self, name: &str) -> &Value {
        let found = &self.0["expect"][name];
        assert!(self.0["expect"].get(name).is_some(), "{name} is not in the tables");
        found
    }

    /// Undefined here where it is there, and otherwise the same number.
    fn agrees(&self, name: &str, found: Result<f64, Undefined>) {
        self.is(name, self.expected(name), found);
    }

    fn agrees_all(&self, name: &str, found: Vec<f64>) {
        let expected = self.expected(name).as_array().unwrap();
        assert_eq!(expected.len(), found.len(), "{name}");
        expected.iter().zip(found).for_each(|(expected, found)| self.is(name, expected, Ok(found)));
    }

    fn is(&self, name: &str, expected: &Value, found: Result<f64, Undefined>) {
        match (expected.as_f64(), found) {
            (None, Err(_)) => {}
            (Some(expected), Ok(found)) => {
                let off = (expected - found).abs();
                println!("deviation {off:e} {name}");
                assert!(off <= CLOSE * expected.abs().max(1.0), "{name}: {found} is not {expected} in {}", self.0);
            }
            (expected, found) => panic!("{name}: {found:?} is not {expected:?} in {}", self.0),
        }
    }
}

#[test]
fn scores_on_a_scale() {
    for case in Case::all("scored") {
        let scale = case.whole("scale");
        let scale = Scale::new(scale[0], scale[1]).unwrap();
        let scored = Scored::new(scale, case.whole("first"), case.whole("second")).unwrap();
        case.agrees("cohen", cohen_kappa(&scored));
        case.agrees("linear", linear_kappa(&scored));
        case.agrees("quadratic", quadratic_kappa(&scored));
        case.agrees("exact", Ok(exact_agreement(&scored)));
        case.agrees("adjacent", Ok(adjacent_agreement(&scored)));
        assert_eq!(&serde_json::json!(scored.confusion()), case.expected("confusion"));
    }
}

#[test]
fn pairs_of_numbers() {
    for case in Case::all("pairs") {
        let pairs = Pairs::new(case.numbers("first"), case.numbers("second")).unwrap();
        case.agrees("pearson", pearson(&pairs));
        case.agrees("spearman", spearman(&pairs));
        case.agrees("kendall", kendall_tau_b(&pairs));
        case.agrees("mae", mean_absolute_error(&pairs));
        case.agrees("rmse", root_mean_squared_error(&pairs));
        let shift = |spread: Result<Spread, Undefined>| standardised_mean_difference(&pairs, spread?);
        case.agrees("smd_pooled", shift(Spread::pooled(&pairs)));
        case.agrees("smd_people", shift(Spread::people(&pairs)));
    }
}

#[test]
fn tables_of_ratings() {
    for case in Case::all("ratings") {
        let rows: Vec<Vec<Option<f64>>> = serde_json::from_value(case.given("scores").clone()).unwrap();
        let ratings = Ratings::new(&rows).unwrap();
        case.agrees("nominal", krippendorff_alpha(&ratings, Measure::Nominal));
        case.agrees("ordinal", krippendorff_alpha(&ratings, Measure::Ordinal));
        case.agrees("interval", krippendorff_alpha(&ratings, Measure::Interval));
        case.agrees("icc_1", icc_1(&ratings));
        case.agrees("icc_2_1", icc_2_1(&ratings));
        case.agrees("icc_3_k", icc_3_k(&ratings));
        case.agrees("fleiss", fleiss_kappa(&ratings));
        case.agrees("prmse", prmse(&case.numbers("machine"), &ratings));
    }
}

#[test]
fn confidence_and_outcome() {
    for case in Case::all("confidences") {
        let of = Confidences::new(case.numbers("sure"), case.yes_no("right")).unwrap();
        let bins = case.given("bins").as_u64().unwrap() as usize;
        let curve = reliability_curve(&of, bins).unwrap();
        case.agrees_all("shares", curve.iter().map(Bin::share_right).collect());
        case.agrees_all("means", curve.iter().map(|bin| bin.confidence).collect());
        case.agrees("ece", calibration_error(&of, bins));
    }
}

#[test]
fn marked_characters() {
    for case in Case::all("spans") {
        let marks = |name: &str| -> Marks {
            let spans: Vec<[usize; 3]> = serde_json::from_value(case.given(name).clone()).unwrap();
            spans.into_iter().map(|[text, start, end]| (text, start..end)).collect()
        };
        let overlap = Overlap::between(&marks("found"), &marks("wanted"));
        case.agrees("precision", overlap.precision());
        case.agrees("recall", overlap.recall());
        case.agrees("f1", overlap.f1());
        case.agrees("iou", overlap.iou());
    }
}

#[test]
fn intervals_of_shares() {
    for case in Case::all("proportion") {
        let count = |name: &str| case.given(name).as_u64().unwrap() as usize;
        let (hits, trials, level) = (count("hits"), count("trials"), case.given("level").as_f64().unwrap());
        let (low, high) = wilson(hits, trials, level).unwrap();
        case.agrees_all("wilson", vec![low, high]);
        case.agrees("upper", Ok(upper_bound(hits, trials, 1.0 - level)));
    }
}

#[test]
fn ranges_of_scores() {
    for case in Case::all("forecasts") {
        let chances: Vec<Vec<f64>> = serde_json::from_value(case.given("chances").clone()).unwrap();
        let scale = Scale::new(1, 5).unwrap();
        let forecasts = chances.iter().map(|chances| Forecast::new(scale, chances).unwrap());
        let answers: Vec<(Forecast, i32)> = forecasts.zip(case.whole("truth")).collect();
        let (calibration, others) = answers.split_at(case.given("calibrate").as_u64().unwrap() as usize);
        let sets = ScoreSets::calibrate(calibration, case.given("miss").as_f64().unwrap());
        case.agrees("cut", sets.clone().map(|sets| sets.cut()));
        if let Ok(sets) = sets {
            let ranges: Vec<_> = others.iter().map(|(forecast, _)| sets.range(forecast).unwrap()).collect();
            case.agrees_all("lows", ranges.iter().map(|range| f64::from(*range.start())).collect());
            case.agrees_all("highs", ranges.iter().map(|range| f64::from(*range.end())).collect());
            let (low, high) = sets.coverage_band(0.95).unwrap();
            case.agrees_all("band", vec![low, high]);
        }
    }
}

#[test]
fn intervals_of_resamples() {
    for case in Case::all("interval") {
        let number = |name: &str| case.given(name).as_f64().unwrap();
        let (mut drawn, level) = (case.numbers("drawn"), number("level"));
        drawn.sort_unstable_by(f64::total_cmp);
        let (low, high) = corrected(number("estimate"), &drawn, &case.numbers("parts"), level).unwrap();
        case.agrees_all("bca", vec![quantile(&drawn, low), quantile(&drawn, high)]);
        let tail = (1.0 - level) / 2.0;
        case.agrees_all("percentile", vec![quantile(&drawn, tail), quantile(&drawn, 1.0 - tail)]);
    }
}

#[test]
fn groups_of_people() {
    for case in Case::all("groups") {
        let names = case.whole("group").into_iter().map(|number| ["a", "b", "c"][number as usize]);
        let people: Vec<(&str, bool)> = names.zip(case.yes_no("selected")).collect();
        let small = SmallCells { people: 10, share: 0.0 };
        let impacts = impact_ratios(&Outcomes::new(&people).unwrap(), &small).unwrap();
        for (at, impact) in impacts.into_iter().enumerate() {
            case.is("rate", &case.expected("rates")[at], impact.rate);
            case.is("ratio", &case.expected("ratios")[at], impact.ratio);
        }
    }
}
