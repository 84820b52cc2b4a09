//! Eval sets, calibration and comparison: what they say of odd sets, and what they never say.

use crate::harness::program::{earmark, folder};
use earmark::calibration::{
    Bound, Calibration, CalibrationSettings, Material, Number, Outcome, Probe, Profile, ProfileError, Side, calibrate,
    compare,
};
use earmark::domain::{Digest, EvalSet, GivenScore, LabelledAnswer, Rubric, Seen, Uncalibrated};
use earmark::library;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const RUBRIC: &str = r#"
id = "small"
title = "Small"
version = "1.0.0"
language = "en"

[[questions]]
id = "tests"
kind = "technical"
ask = "How do you test your code?"
ideal_answers = ["I write unit tests before the code and run them on every commit."]
  [[questions.listen_for]]
  id = "unit-tests"
  text = "Writes unit tests"

[[questions]]
id = "reviews"
kind = "technical"
ask = "What do you look for in a code review?"
ideal_answers = ["I look for bugs first, then for names that mislead."]
  [[questions.listen_for]]
  id = "bugs"
  text = "Looks for bugs"

[[questions]]
id = "outage"
kind = "technical"
ask = "What do you do in an outage?"
ideal_answers = ["I roll back first and look for the cause afterwards."]
  [[questions.listen_for]]
  id = "roll-back"
  text = "Rolls back before looking for the cause"
"#;

fn rubric() -> Rubric {
    library::parse("small.toml", RUBRIC).expect("a good rubric").rubric
}

fn bound() -> Bound {
    Bound {
        judge: "local".into(),
        model: "m".into(),
        embedder: "e".into(),
        prompt: None,
        seen_with: Digest::of(b"settings"),
    }
}

/// A number from 0 up to 1 that looks drawn.
fn drawn(n: usize) -> f64 {
    let mut x = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 31;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 29;
    (x >> 11) as f64 / (1_u64 << 53) as f64
}

/// What a judge might see in an answer worth `quality`, from 0 to 1.
fn seen(quality: f64, n: usize) -> Seen {
    let noisy = (quality + 0.3 * (drawn(n) - 0.5)).clamp(0.0, 1.0);
    let expected = 1.0 + 4.0 * drawn(n + 77_777);
    Seen {
        shown: noisy,
        met: noisy,
        contradicted: 0.0,
        warned: 0.0,
        covered: noisy,
        ideal: noisy,
        beyond_question: noisy,
        question: 0.3,
        flags: vec![],
        abstained: None,
        readable: true,
        uncalibrated: Some(Uncalibrated { score: expected.round() as i32, expected, chances: Some(vec![0.2; 5]) }),
        criteria: vec![],
        vector: (0..8).map(|i| (100.0 * (drawn(n * 8 + i) - 0.5)) as i8).collect(),
    }
}

/// `count` answers that are seen as worth what people give them, more or less.
fn set(count: usize, change: impl Fn(usize, &mut LabelledAnswer)) -> (EvalSet, Vec<Seen>) {
    let questions = ["tests", "reviews", "outage"];
    let (answers, seen) = (0..count)
        .map(|n| {
            let quality = drawn(n + 10_000);
            let score = (1.0 + quality * 4.0).round();
            let mut answer = LabelledAnswer {
                id: format!("a{n}"),
                question_id: questions[n % 3].into(),
                answer: format!("I would say that answer number {n} has {score} parts to it."),
                scores: vec![
                    GivenScore { rater: "one".into(), score },
                    GivenScore { rater: "two".into(), score: (score + (drawn(n + 5) * 1.4).floor()).min(5.0) },
                ],
                criteria: BTreeMap::new(),
                evidence: vec![],
                group: BTreeMap::new(),
                candidate: None,
            };
            change(n, &mut answer);
            (answer, seen(quality, n))
        })
        .unzip();
    (EvalSet { name: "drawn".into(), answers, about: None, digest: Digest::of(b"drawn") }, seen)
}

fn calibrated(set: &EvalSet, seen: &[Seen]) -> Calibration {
    let rubric = rubric();
    let probes: [Probe; 0] = [];
    let material = Material { rubric: &rubric, set, seen, probes: &probes, bound: bound(), profile: None };
    let settings = CalibrationSettings { rounds: 200, ..CalibrationSettings::default() };
    calibrate(&material, &settings, &|_| {}).expect("there are answers")
}

fn why(number: &Number) -> &str {
    match number {
        Number::Undefined { undefined, .. } => undefined,
        Number::Known { value, .. } => panic!("it is {value}"),
    }
}

/// Nothing in the JSON form is a number that is none: serde would write `null` for it where a number belongs.
fn has_only_numbers(report: &earmark::calibration::Report) {
    fn walk(value: &Value, path: &str) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| {
                let may_lack = ["low", "high", "about", "prompt", "people", "questions_unseen", "marking", "answered"];
                let optional = may_lack.contains(&key.as_str())
                    || ["surer_than", "measured_profile", "criterion"].contains(&key.as_str());
                assert!(optional || !value.is_null(), "{path}.{key}");
                walk(value, &format!("{path}.{key}"));
            }),
            Value::Array(list) => list.iter().for_each(|value| walk(value, path)),
            Value::String(text) => assert!(!text.contains("NaN"), "{path}: {text}"),
            _ => {}
        }
    }
    walk(&serde_json::to_value(report).expect("plain data"), "report");
    assert!(!format!("{report:?}").contains("NaN"));
}

#[test]
fn a_fit_that_agrees_more_is_kept_and_is_the_same_twice() {
    let (set, seen) = set(240, |_, _| {});
    let first = calibrated(&set, &seen);
    has_only_numbers(&first.report);
    assert_eq!(first.report.choice.kept, "fitted", "{}", first.report.choice.why);
    let r = |a: &earmark::calibration::Agreement| a.pearson.value().expect("has a value");
    assert!(r(&first.report.answers_unseen) > 0.8 && r(&first.report.uncalibrated) < 0.3);
    assert!(first.report.questions_unseen.is_some() && first.report.people.is_some());
    let second = calibrated(&set, &seen);
    let bytes =
        |c: &Calibration| (serde_json::to_string(&c.report).expect("data"), c.profile.as_ref().map(Profile::to_json));
    assert_eq!(bytes(&first), bytes(&second));
}

#[test]
fn a_fit_of_what_says_nothing_is_not_kept() {
    let (set, mut seen) = set(90, |_, _| {});
    for (n, seen) in seen.iter_mut().enumerate() {
        // The mapping without a profile already says what people say.
        let score = set.answers[n].mean_score();
        seen.uncalibrated = Some(Uncalibrated { score: score.round() as i32, expected: score, chances: None });
    }
    let made = calibrated(&set, &seen);
    assert_eq!(made.report.choice.kept, "uncalibrated");
    assert!(made.report.choice.why.contains("does not beat"), "{}", made.report.choice.why);
    assert!(made.profile.is_some_and(|profile| !profile.is_fitted()));
    has_only_numbers(&made.report);
}

#[test]
fn with_one_rater_nobody_knows_how_far_people_agree() {
    let (set, seen) = set(90, |_, answer| answer.scores.truncate(1));
    let report = calibrated(&set, &seen).report;
    assert!(report.people.is_none());
    let line = report.lines.iter().find(|line| line.name.contains("degradation")).expect("the line is there");
    assert_eq!((line.outcome, why(&line.measured)), (Outcome::TooFew, "no item has scores from two raters"));
    assert!(why(&report.answers_unseen.prmse).contains("two raters"));
    assert!(report.label_next.iter().any(|hint| hint.contains("second person")));
    has_only_numbers(&report);
}

#[test]
fn with_one_question_there_is_no_column_of_unseen_questions() {
    let (set, seen) = set(60, |_, answer| answer.question_id = "tests".into());
    let report = calibrated(&set, &seen).report;
    assert!(report.questions_unseen.is_none());
    assert!(report.answers_unseen.pearson.value().is_some());
    has_only_numbers(&report);
}

#[test]
fn scores_that_are_all_equal_are_undefined_with_the_reason() {
    let (set, seen) = set(60, |_, answer| answer.scores.iter_mut().for_each(|given| given.score = 3.0));
    let report = calibrated(&set, &seen).report;
    assert_eq!(report.choice.kept, "uncalibrated");
    assert!(report.choice.why.contains("all equal"), "{}", report.choice.why);
    assert!(why(&report.answers_unseen.pearson).contains("all equal"));
    assert!(report.lines.iter().all(|line| line.outcome != Outcome::Passes || line.measured.value().is_some()));
    has_only_numbers(&report);
}

#[test]
fn a_handful_of_answers_is_too_few_for_every_line() {
    let (set, seen) = set(4, |_, _| {});
    let report = calibrated(&set, &seen).report;
    assert!(report.lines.iter().all(|line| line.outcome == Outcome::TooFew), "{:?}", report.lines);
    assert!(report.choice.why.contains("too few"), "{}", report.choice.why);
    has_only_numbers(&report);
}

#[test]
fn a_group_of_two_people_is_not_spoken_of() {
    let (set, seen) = set(120, |n, answer| {
        answer.candidate = Some(format!("c{}", n % 40));
        let group = if n % 40 < 2 { "few" } else { "many" };
        answer.group.insert("region".into(), group.into());
    });
    let report = calibrated(&set, &seen).report;
    let groups = &report.groups[0];
    assert_eq!((groups.unit.as_str(), groups.groups.len()), ("candidate", 2));
    let few = &groups.groups[0];
    assert_eq!(few.outcome, Outcome::TooFew);
    assert!(why(&few.part.smd).contains("too few people in the group: there are 2"));
    assert!(why(&few.impact_suggested).contains("too few people in the group"));
    assert!(groups.groups[1].part.smd.value().is_some());
    has_only_numbers(&report);
}

#[test]
fn answers_that_the_judge_cannot_read_are_counted_and_left_out() {
    let (set, mut seen) = set(60, |_, _| {});
    for seen in seen.iter_mut().take(20) {
        seen.readable = false;
        seen.uncalibrated = None;
        seen.abstained = Some("the answer is in a language this judge does not read".into());
    }
    assert_eq!(calibrated(&set, &seen).report.eval_set.unreadable, 20);
    seen.iter_mut().for_each(|seen| seen.readable = false);
    let rubric = rubric();
    let material = Material { rubric: &rubric, set: &set, seen: &seen, probes: &[], bound: bound(), profile: None };
    let none = calibrate(&material, &CalibrationSettings::default(), &|_| {}).expect_err("nothing is left");
    assert!(none.to_string().contains("answers that the judge can read"), "{none}");
}

#[test]
fn ranges_hold_about_what_they_state() {
    let (set, seen) = set(900, |_, _| {});
    let report = calibrated(&set, &seen).report;
    let (_, ranges) = &report.ranges[0];
    let covered = ranges.as_ref().expect("enough answers").covered.value().expect("a share");
    assert!((0.87..=0.94).contains(&covered), "{covered}");
}

#[test]
fn a_stale_profile_is_refused_with_the_reason() {
    let (set, seen) = set(120, |_, _| {});
    let profile = calibrated(&set, &seen).profile.expect("fitted here");
    let again = Profile::parse(&profile.to_json()).expect("the same");
    assert_eq!((again.digest(), again.check(&rubric(), &bound())), (profile.digest(), Ok(())));
    let mut other = rubric();
    other.questions[0].criteria[0].text.push('!');
    let says = |rubric: &Rubric, bound: &Bound| match profile.check(rubric, bound) {
        Err(ProfileError::Stale(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(says(&other, &bound()).contains("fitted to rubric small 1.0.0"));
    assert!(says(&rubric(), &Bound { model: "n".into(), ..bound() }).contains("the model was m, and is n"));
    assert!(says(&rubric(), &Bound { prompt: Some(Digest::of(b"p")), ..bound() }).contains("the prompt was none"));
    assert!(Profile::parse("{}").is_err() && Profile::parse("no").is_err());
}

#[test]
fn two_reports_are_compared_answer_by_answer() {
    let (set, seen) = set(150, |_, _| {});
    let report = calibrated(&set, &seen).report;
    let side = |name: &str, shift: f64| {
        let mut predictions = report.predictions.clone();
        for (n, one) in predictions.iter_mut().enumerate() {
            one.expected = (one.expected + shift * (drawn(n) - 0.5)).clamp(1.0, 5.0);
            one.suggested = one.expected.round() as i32;
        }
        Side { name: name.into(), scale: [1, 5], predictions }
    };
    let found = compare(&side("good", 0.0), &side("noisy", 6.0), 200, 1).expect("the same answers");
    assert_eq!(found.answers, 150);
    assert!(found.figures.iter().any(|figure| figure.verdict == "A is better"), "{found:?}");
    let same = compare(&side("a", 0.0), &side("b", 0.0), 200, 1).expect("the same answers");
    assert!(same.figures.iter().all(|figure| figure.verdict == "no difference can be told"));
    let mut none = side("none", 0.0);
    none.predictions.clear();
    assert!(compare(&none, &side("b", 0.0), 200, 1).is_err());
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    fs::write(folder.join(name), text).expect("written");
    folder.join(name).display().to_string()
}

const CARD: &str = "# Small\n\nWritten for a test.\n\nLabelled by: nobody. Raters: one. Licence: none.\n";

#[test]
fn everything_that_is_wrong_with_a_set_is_said_at_once() {
    let dir = folder();
    write(dir.path(), "rubric.toml", RUBRIC);
    let lines = [
        r#"{"id": "a", "question_id": "tests", "answer": "I test.", "scores": [{"rater": "r", "score": 9}]}"#,
        r#"{"id": "a", "question_id": "test", "answer": "I test.", "scores": [{"rater": "r", "score": 3}]}"#,
        r#"{"id": "b", "question_id": "tests", "answer": "I test.", "scores": [], "criteria": {"unit-test": "met"}}"#,
        r#"{"id": "c", "question_id": "tests", "answer": "I test.", "scores": [{"rater": "r", "score": 3}], "evidence": [{"criterion": "unit-tests", "quote": "never"}]}"#,
        r#"{"id": "d", "question_id": "tests", "answer": "I test.", "scores": [{"rater": "r", "score": 1}, {"rater": "r", "score": 2}], "grup": {}}"#,
        "not json",
    ];
    write(dir.path(), "answers.jsonl", &lines.join("\n"));
    let run = earmark(&["eval-set", "check", &dir.path().display().to_string()]);
    assert_eq!(run.code, 6, "{}", run.err);
    for said in [
        "the set has no card",
        ":1: the score 9 is off the scale of 1 to 5",
        ":2: a second answer has the id `a`",
        ":2: the rubric `small` has no question `test`",
        "did you mean `tests`?",
        ":3: nobody scored this answer",
        ":3: the question `tests` has no criterion `unit-test`",
        ":4: the quotation `never` does not stand in the answer",
        ":5: rater `r` scores this answer twice",
        ":5: `grup` is not known here",
        ":6: this line is no JSON",
    ] {
        assert!(run.err.contains(said), "{said} is not in\n{}", run.err);
    }
}

#[test]
fn a_table_comes_in_as_it_is_and_makes_its_own_rubric() {
    let dir = folder();
    let table = "id,question,desired_answer,student_answer,score_me,score_other,score_avg\n\
        1,What is a stack?,A last-in first-out list. It has push and pop.,\"A list, last in first out\",5,4,4.5\n\
        2,What is a stack?,A last-in first-out list. It has push and pop.,A queue,0,1,0.5\n\
        3,What is a tree?,Nodes with children.,Nodes with children under them,5,5,5\n";
    let path = write(dir.path(), "mohler.csv", table);
    let out = dir.path().join("set").display().to_string();
    let run = earmark(&["eval-set", "import", &path, "--rubric", "from-references", "--out", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("score_me is score of me") && run.out.contains("3 answers, 2 questions"), "{}", run.err);
    let rubric = library::load(&dir.path().join("set/rubric.toml")).expect("a good rubric").rubric;
    assert_eq!((rubric.scale.min(), rubric.scale.max(), rubric.questions[0].criteria.len()), (0, 5, 2));
    assert_eq!(earmark(&["eval-set", "check", &out]).code, 0);
}

#[test]
fn scores_out_of_their_own_maximum_and_labels_are_put_on_a_scale() {
    let dir = folder();
    let saf = write(
        dir.path(),
        "saf.jsonl",
        "{\"id\": \"a\", \"question_id\": \"1.6\", \"answer\": \"x y\", \"score\": 1.25, \"max_score\": 2.5}\n\
         {\"id\": \"b\", \"question_id\": \"1.7\", \"answer\": \"x y\", \"score\": 1, \"max_score\": 1}\n",
    );
    let out = dir.path().join("saf").display().to_string();
    assert_eq!(earmark(&["eval-set", "import", &saf, "--out", &out]).code, 0);
    let lines = fs::read_to_string(dir.path().join("saf/answers.jsonl")).expect("written");
    let scores: Vec<Value> =
        lines.lines().map(|l| serde_json::from_str::<Value>(l).expect("JSON")["scores"][0]["score"].clone()).collect();
    assert_eq!(scores, [2.0, 4.0]);
    let labels = write(
        dir.path(),
        "sem.jsonl",
        "{\"id\": \"a\", \"question_id\": \"Q_1\", \"answer\": \"x\", \"label_3way\": \"contradictory\", \"score\": 0, \"max_score\": 1}\n\
         {\"id\": \"b\", \"question_id\": \"Q_1\", \"answer\": \"y\", \"label_3way\": \"odd\", \"score\": 0, \"max_score\": 1}\n",
    );
    let run = earmark(&["eval-set", "import", &labels, "--out", &out]);
    assert_eq!(run.code, 6);
    assert!(run.err.contains(":2: the label `odd` is not known"), "{}", run.err);
    let told = ["--label", "contradictory=0", "--label", "odd=3"];
    assert_eq!(earmark(&[&["eval-set", "import", &labels, "--out", &out][..], &told].concat()).code, 0);
    let unknown = earmark(&["eval-set", "import", &saf, "--map", "scor=score", "--out", &out]);
    assert!(unknown.code == 6 && unknown.err.contains("did you mean `score`?"), "{}", unknown.err);
}

#[test]
fn a_set_is_calibrated_from_the_command_line_and_a_failed_line_stops_a_gate() {
    let dir = folder();
    let rubric = write(dir.path(), "small.toml", RUBRIC);
    write(dir.path(), "card.md", CARD);
    let good = "I write unit tests before the code, and they run on every commit.";
    let bad = "We never write any tests, the customers find the bugs for us.";
    let line = |n: usize| {
        // People give the opposite of what is shown, so that agreement fails for certain.
        let (answer, score) = if n.is_multiple_of(2) { (good, 1 + n % 3 / 2) } else { (bad, 5 - n % 3 / 2) };
        format!(
            "{{\"id\": \"a{n}\", \"question_id\": \"tests\", \"answer\": \"{answer}\", \"scores\": [{{\"rater\": \"r\", \"score\": {score}}}]}}\n"
        )
    };
    write(dir.path(), "answers.jsonl", &(0..48).map(line).collect::<String>());
    let (set, out) = (dir.path().display().to_string(), dir.path().join("made").display().to_string());
    let base = ["calibrate", "--rubric", &rubric, "--eval-set", &set, "--rounds", "100"];
    let gated = earmark(&[&base[..], &["--gate", "--least-kappa", "1", "--most-shift", "0", "--out", &out]].concat());
    assert_eq!(gated.code, 8, "{}{}", gated.out, gated.err);
    assert!(gated.out.starts_with("Do not switch it on"), "{}", gated.out);
    let read = |name: &str| fs::read_to_string(dir.path().join("made").join(name)).expect("written");
    let report: Value = serde_json::from_str(&read("report.json")).expect("JSON");
    assert_eq!(report["schema"], "earmark.calibration/1");
    let whole: earmark::calibration::Report = serde_json::from_str(&read("report.json")).expect("the report as it was");
    assert_eq!(serde_json::to_value(&whole).expect("JSON"), report, "nothing is lost by reading it");
    let page = read("report.html");
    assert!(page.contains("<svg") && page.contains("Do not switch it on") && !page.contains("NaN"));
    let page = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!page.contains("http:") && !page.contains("https:"), "nothing is asked of another place");
    assert!(!page.contains(" style="), "the policy would block it");
    let profile = dir.path().join("made/profile.json").display().to_string();
    let again = earmark(&[&base[..], &["--profile", &profile, "--format", "json"]].concat());
    assert_eq!(again.code, 0, "{}", again.err);
    let evaluate = ["evaluate", "examples/backend-interview.vtt", "--rubric", "rubrics/backend-developer.toml"];
    let stale = earmark(&[&evaluate[..], &["--profile", &profile]].concat());
    assert_eq!(stale.code, 7, "{}", stale.err);
    assert!(stale.err.contains("the profile is stale: it was fitted to rubric small"), "{}", stale.err);
    let json = dir.path().join("made/report.json").display().to_string();
    let compared = earmark(&["compare", &json, &json, "--rounds", "100"]);
    assert!(compared.code == 0 && compared.out.contains("no difference can be told"), "{}", compared.err);
}
