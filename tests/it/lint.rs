//! What `rubric check` finds by the words alone, on files and on lists of questions.

use crate::harness::program::{earmark, folder};
use earmark::domain::{Code, Finding};
use earmark::library::{LoadedRubric, RubricDiff, lint, load, parse};
use serde_json::Value;
use std::fs;

/// Of 30 unlawful questions and of 30 lawful ones, how many the rules take for unlawful, and how many with the model.
const FIRST: [(usize, usize); 2] = [(14, 30), (0, 0)];
const AFTER: [(usize, usize); 2] = [(2, 26), (1, 3)];

/// `about | question` for each line that is no comment.
fn unlawful(list: &'static str) -> Vec<(&'static str, &'static str)> {
    lines(list).map(|line| line.split_once(" | ").expect("what it touches, then the question")).collect()
}

fn lines(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The name in the list of what a finding is about.
fn named(about: &str) -> &'static str {
    const NAMES: [(&str, &str); 12] = [
        ("age", "age"),
        ("family", "family"),
        ("religion", "religion"),
        ("health", "health"),
        ("origin", "origin"),
        ("sexual", "orientation"),
        ("sex or", "gender"),
        ("union", "union"),
        ("political", "politics"),
        ("criminal", "record"),
        ("salary", "salary"),
        ("private", "means"),
    ];
    NAMES.iter().find(|(start, _)| about.starts_with(start)).map(|(_, name)| *name).expect("a known name")
}

#[test]
fn questions_that_may_not_be_asked_are_found_with_what_they_touch() {
    let list = unlawful(include_str!("../fixtures/lint/unlawful.txt"));
    let missed: Vec<_> = list
        .iter()
        .filter(|(about, question)| lint::concern(question).map(|concern| named(concern.about())) != Some(*about))
        .map(|(about, question)| (about, question, lint::concern(question).map(|concern| concern.about())))
        .collect();
    assert!(list.len() >= 40);
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn lawful_neighbours_of_such_questions_are_left_alone() {
    let list: Vec<&str> = lines(include_str!("../fixtures/lint/lawful.txt")).collect();
    let flagged: Vec<_> = list.iter().filter_map(|q| Some((q, lint::concern(q)?.about()))).collect();
    assert!(list.len() >= 60);
    assert!(flagged.is_empty(), "{flagged:#?}");
}

/// A rubric that asks these questions and nothing else, one a line from line 7 on.
fn rubric_of(questions: &[&str]) -> String {
    let head = "id = \"asked\"\ntitle = \"Asked\"\nversion = \"1.0.0\"\n\n\n\n";
    let question = |(n, ask): (usize, &&str)| {
        let ask = ask.replace('"', "'");
        format!("[[questions]]\nid = \"q{n}\"\nkind = \"general\"\nlisten_for = []\nask = \"{ask}\"\n")
    };
    head.to_owned() + &questions.iter().enumerate().map(question).collect::<String>()
}

/// For each question, what the check says that it touches, by the words and by the model.
fn touched(questions: &[&str]) -> Vec<Option<String>> {
    let folder = folder();
    let path = folder.path().join("asked.toml");
    fs::write(&path, rubric_of(questions)).expect("a file");
    let path = path.to_str().expect("a path");
    let run = earmark(&["rubric", "check", path, "--only", "protected-trait", "--format", "json"]);
    let json: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}{}", run.out, run.err));
    let mut found = vec![None; questions.len()];
    for finding in json["findings"].as_array().expect("a list") {
        let place: usize = finding["question"].as_str().expect("an id")[1..].parse().expect("a number");
        let reason = finding["reason"].as_str().expect("a reason");
        let about = reason.split(": ").next().and_then(|start| start.split("touch").nth(1)).expect("what");
        assert!(found[place].is_none(), "one finding for a question: {}", questions[place]);
        found[place] = Some(about.trim_start_matches("es").trim().to_owned());
    }
    found
}

/// How many of a list the rules find, and how many the rules and the model.
fn told(questions: &[&str]) -> (usize, usize) {
    let found = touched(questions);
    for (question, found) in questions.iter().zip(&found).filter(|_| std::env::var_os("EARMARK_SHOW").is_some()) {
        eprintln!("{} {found:?} {question}", u8::from(lint::concern(question).is_some()));
    }
    let by_rules = questions.iter().filter(|question| lint::concern(question).is_some()).count();
    (by_rules, found.iter().flatten().count())
}

/// Each list was written once and nothing was changed for it; the second pair after the model was trained. The figures
/// are those of the README.
#[test]
fn questions_kept_apart_are_told_as_well_as_the_readme_says() {
    let asked = |list: &'static str| lines(list).map(|line| line.split(" | ").last().expect("a question")).collect();
    let first: [Vec<&str>; 2] = [
        asked(include_str!("../fixtures/lint/unlawful-kept-apart.txt")),
        asked(include_str!("../fixtures/lint/lawful-kept-apart.txt")),
    ];
    let after: [Vec<&str>; 2] = [
        asked(include_str!("../fixtures/lint/unlawful-after-the-model.txt")),
        asked(include_str!("../fixtures/lint/lawful-after-the-model.txt")),
    ];
    assert!(first.iter().chain(&after).all(|list| list.len() == 30));
    assert_eq!(first.map(|list| told(&list)), FIRST);
    assert_eq!(after.map(|list| told(&list)), AFTER);
}

#[test]
fn a_question_that_no_rule_knows_is_found_by_its_meaning_with_its_reason() {
    let asked = ["Where do you go on Sunday mornings?", "How do you lay out a REST API?"];
    assert_eq!(asked.map(lint::concern), [None, None], "no rule knows them");
    assert_eq!(touched(&asked), [Some("religion or belief".to_owned()), None]);
    let asked = ["Thanks for coming. I hope you found us easily. Would your beliefs keep you from working on Sunday?"];
    assert_eq!(touched(&asked), [Some("religion or belief".to_owned())]);
}

#[test]
fn levels_that_are_turned_round_do_not_rise_and_those_that_ship_do() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rubrics/backend-developer.toml");
    let mut loaded = load(&file).expect("it ships");
    let flat = |loaded: &LoadedRubric| {
        let found = lint::lint(loaded);
        found.iter().filter(|finding| finding.code == Code::FlatAnchors).count()
    };
    assert_eq!(flat(&loaded), 0);
    for question in &mut loaded.rubric.questions {
        let texts: Vec<String> = question.anchors.iter().rev().map(|anchor| anchor.text.clone()).collect();
        question.anchors.iter_mut().zip(texts).for_each(|(anchor, text)| anchor.text = text);
    }
    assert_eq!(flat(&loaded), loaded.rubric.questions.len());
}

const WEAK: &str = r#"id = "weak"
title = "Weak"
version = "1.0.0"

# gap: the guide gives no competencies
[[questions]]
# draft: `anchors` is proposed by some-model; the guide gives none
id = "family"
kind = "general"
ask = "How do you test?"
also_asked = [
  "What do your tests look like?",
  "Do you plan to have children?",
]
ideal_answers = ["I write a test for each fault that I find, before I mend it."]

  [[questions.listen_for]]
  id = "vague"
  text = "Shows a good understanding of testing"

  [[questions.listen_for]]
  id = "double"
  text = "Writes a test first and explains why"

  [[questions.listen_for]]
  id = "inner"
  text = "Is passionate about quality"
"#;

#[test]
fn each_finding_has_its_code_and_the_line_of_what_it_is_about() {
    let loaded = parse("r.toml", WEAK).expect("a rubric");
    let line = |finding: &Finding| loaded.places.line(finding.spot).unwrap_or(0);
    let found: Vec<String> =
        lint::lint(&loaded).iter().map(|finding| format!("{} {}", line(finding), finding.code)).collect();
    assert_eq!(
        found,
        [
            "5 gap",
            "6 missing-level",
            "7 draft",
            "13 protected-trait",
            "19 vague-criterion",
            "23 double-criterion",
            "27 undecidable-criterion",
        ]
    );
}

#[test]
fn the_words_of_another_language_are_not_judged_by_english_rules() {
    let loaded = parse("r.toml", &WEAK.replacen("\n\n", "\nlanguage = \"de\"\n\n", 1)).expect("a rubric");
    let codes: Vec<&str> = lint::lint(&loaded).iter().map(|finding| finding.code.name()).collect();
    assert_eq!(codes, ["unchecked-language", "gap", "missing-level", "draft"]);
}

#[test]
fn a_check_says_everything_at_once_and_ends_with_a_code_for_scripts() {
    let folder = folder();
    let path = folder.path().join("weak.toml");
    fs::write(&path, WEAK).expect("a file");
    let path = path.to_str().expect("a path");
    let run = earmark(&["rubric", "check", path, "--format", "json"]);
    assert_eq!((run.code, run.err.as_str()), (9, ""));
    let json: Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!((&json["schema"], &json["counts"]["error"]), (&"earmark.check/1".into(), &1.into()));
    assert_eq!((&json["counts"]["gap"], &json["counts"]["draft"]), (&1.into(), &1.into()));
    let codes: Vec<&str> =
        json["findings"].as_array().expect("a list").iter().filter_map(|f| f["code"].as_str()).collect();
    assert!(codes.contains(&"unmet-criterion"), "the models were asked: {codes:?}");
    assert!(json["findings"].as_array().expect("a list").iter().all(|f| f["hint"].is_string() && f["line"].is_u64()));
    let run = earmark(&["rubric", "check", path, "--only", "gap"]);
    assert_eq!(run.code, 0);
    assert!(
        run.out.contains("weak.toml:5: note[gap]: a gap: the guide gives no competencies\n  hint: "),
        "{}",
        run.out
    );
    assert_eq!(earmark(&["rubric", "check", path, "--only", "good"]).code, 2);
    let run = earmark(&["rubric", "check", path, "--only", "protected-trait", "--allow", "protected-trait"]);
    assert_eq!(run.code, 0);
}

#[test]
fn the_faults_of_a_file_come_first_and_alone() {
    let file = "tests/fixtures/rubrics/ten-faults.toml";
    let run = earmark(&["rubric", "check", file, "--format", "json"]);
    let json: Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!((run.code, json["faults"].as_array().map(Vec::len)), (4, Some(10)));
    assert_eq!(json["findings"], Value::Array(vec![]));
}

/// What changed, as `question: kind`.
fn changes(before: &str, after: &str) -> Vec<String> {
    let rubric = |text: &str| parse("r.toml", text).unwrap_or_else(|faults| panic!("{faults}")).rubric;
    let diff = RubricDiff::of(&rubric(before), &rubric(after));
    assert_eq!(diff.changes.is_empty(), !diff.makes_profiles_stale(), "every change of the digest has its word");
    let json = serde_json::to_value(&diff).expect("JSON");
    let shown = |change: &Value| {
        format!("{}: {}", change["question"].as_str().unwrap_or("-"), change["kind"].as_str().expect("a kind"))
    };
    json["changes"].as_array().expect("a list").iter().map(shown).collect()
}

#[test]
fn what_changed_between_two_rubrics_is_said_in_the_words_of_the_trade() {
    assert!(changes(WEAK, WEAK).is_empty());
    let check = |from: &str, to: &str, expected: &[&str]| assert_eq!(changes(WEAK, &WEAK.replace(from, to)), expected);
    check("How do you test?", "How do you test your work?", &["family: question-reworded"]);
    check("id = \"family\"", "id = \"testing\"", &["testing: question-renamed"]);
    check("  \"Do you plan to have children?\",\n", "", &["family: wording-removed"]);
    check("a good understanding of", "an understanding of", &["family: criterion-reworded"]);
    check("id = \"vague\"", "id = \"grasp\"", &["family: criterion-renamed"]);
    check("quality\"\n", "quality\"\n  weight = 2.0\n", &["family: criterion-reweighted"]);
    check("before I mend it", "and only then mend it", &["family: ideal-answer-changed"]);
    check("kind = \"general\"", "kind = \"technical\"", &["family: kind-changed"]);
    let turned =
        WEAK.replacen("  [[questions.listen_for]]\n  id = \"inner\"", "  [[questions.red_flags]]\n  id = \"inner\"", 1);
    assert_eq!(changes(WEAK, &turned), ["family: criterion-turned"]);
    let question =
        "\n[[questions]]\nid = \"other\"\nkind = \"general\"\nask = \"Where is the key?\"\nlisten_for = []\n";
    assert_eq!(changes(WEAK, &format!("{WEAK}{question}")), ["other: question-added"]);
    assert_eq!(changes(&format!("{WEAK}{question}"), WEAK), ["other: question-removed"]);
    let level = |score: u8| format!("{WEAK}\n  [[questions.anchors]]\n  score = {score}\n  text = \"Names a test\"\n");
    assert_eq!(changes(&level(2), &level(3)), ["family: level-moved"]);
    assert_eq!(changes(WEAK, &level(3)), ["family: level-added"]);
}

#[test]
fn a_diff_names_the_profiles_that_are_bound_to_the_first_rubric() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("a.toml"), WEAK).expect("a file");
    fs::write(path("b.toml"), WEAK.replace("How do you test?", "How do you test it?")).expect("a file");
    let digest = parse("a.toml", WEAK).expect("a rubric").rubric.digest();
    fs::create_dir(path("profiles")).expect("a folder");
    fs::write(path("profiles/bound.json"), format!("{{\"rubric\": {{\"digest\": \"{digest}\"}}}}")).expect("a file");
    fs::write(path("profiles/other.json"), "{\"rubric\": {\"digest\": \"00\"}}").expect("a file");
    let (a, b, profiles) = (path("a.toml"), path("b.toml"), path("profiles"));
    let run = earmark(&["rubric", "diff", &a, &b, "--profiles", &profiles]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.contains("the question was reworded\n    - How do you test?\n    + How do you test it?"),
        "{}",
        run.out
    );
    assert!(run.out.contains("bound.json") && !run.out.contains("other.json"), "{}", run.out);
    let run = earmark(&["rubric", "diff", &a, &b, "--profiles", &profiles, "--format", "json"]);
    let json: Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!((&json["profiles_stale"], json["stale_profiles"].as_array().map(Vec::len)), (&true.into(), Some(1)));
    assert!(earmark(&["rubric", "diff", &a, &a]).out.contains("The two say the same"));
    assert_eq!(earmark(&["rubric", "diff", &a, "no-such.toml"]).code, 4);
}
