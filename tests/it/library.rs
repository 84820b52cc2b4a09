//! Rubric files through the library's public doors: what is refused and how, what is remarked on, and that writing and
//! reading are each other's reverse.

use earmark::domain::{
    Anchor, Competency, Criterion, CriterionKind, Fault, Finding, FollowUp, Question, QuestionKind, Rubric, Scale,
};
use earmark::library::{LibraryError, LoadedRubric, lint, load, parse, to_toml};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

const SHIPPED: &str = include_str!("../../rubrics/backend-developer.toml");

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The smallest rubric there is; the tests below change one thing each.
const SMALL: &str = r#"id = "small"
title = "Small"
version = "1.0.0"

[[competencies]]
id = "craft"
title = "Craft"

[[questions]]
id = "first"
competency = "craft"
kind = "general"
ask = "Why?"
ideal_answers = ["Because it was there."]
"#;

/// The faults of `text` as rendered for people, without the hints.
fn faults(text: &str) -> Vec<String> {
    let faults = parse("r.toml", text).expect_err("a faulty rubric");
    faults.to_string().lines().filter(|line| !line.starts_with("  hint: ")).map(str::to_owned).collect()
}

fn loaded(text: &str) -> LoadedRubric {
    parse("r.toml", text).unwrap_or_else(|faults| panic!("{faults}"))
}

fn remarks(text: &str) -> Vec<String> {
    let loaded = loaded(text);
    let line = |finding: &Finding| loaded.places.line(finding.spot).unwrap_or(0);
    lint::lint(&loaded).iter().map(|finding| format!("{}: {}", line(finding), finding.reason)).collect()
}

#[test]
fn a_file_with_ten_faults_is_refused_with_exactly_those_ten() {
    let text = include_str!("../fixtures/rubrics/ten-faults.toml");
    let faults = parse("ten-faults.toml", text).expect_err("ten faults");
    let expected = r"ten-faults.toml:2: `Field Engineer` is not an id
  hint: use lower-case letters, digits and hyphens, 64 at most, such as `api-design`
ten-faults.toml:4: `version` must be a string, found a decimal number
  hint: put the value of `version` in double quotes
ten-faults.toml:9: 3 labels for a scale of 4 levels, 1 to 4
  hint: give one label for each level, lowest first, or leave `labels` out
ten-faults.toml:14: `weight` must be a number, found a string
  hint: write it without quotes: `weight = 1.0`
ten-faults.toml:18: there is no competency `diagnostics`
  hint: did you mean `diagnosis`? the competencies are: diagnosis
ten-faults.toml:19: `behavioral` is no `kind`
  hint: did you mean `behavioural`? it is one of: general, behavioural, situational, technical, soft-skill, star
ten-faults.toml:24: [[questions]] has no key `also_askd`
  hint: did you mean `also_asked`? the keys here are: id, competency, kind, ask, also_asked, assesses, ideal_answers, listen_for, red_flags, anchors, follow_ups
ten-faults.toml:32: a second criterion has the id `checks-power`
  hint: the first is on line 28; give this one another id
ten-faults.toml:36: 5 is not on the scale of 1 to 4
  hint: give the anchor a score of the scale, or widen `[scale]`
ten-faults.toml:40: a second question has the id `first-look`
  hint: the first is on line 17; give this one another id";
    assert_eq!(faults.to_string(), expected);
    assert_eq!(faults.all().len(), 10);
}

#[test]
fn faults_stay_on_their_lines_with_windows_line_ends_and_a_byte_order_mark() {
    let text = include_str!("../fixtures/rubrics/ten-faults.toml");
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(parse("r.toml", &windows), parse("r.toml", text));
}

#[test]
fn the_shipped_rubric_has_no_fault_and_no_remark() {
    let loaded = load(&in_repository("rubrics/backend-developer.toml")).expect("the shipped rubric");
    assert_eq!(lint::lint(&loaded), []);
    assert_eq!(loaded.rubric.id, "backend-developer");
    assert_eq!((loaded.rubric.questions.len(), loaded.rubric.competencies.len()), (48, 6));
    assert_eq!(loaded.rubric.language, "en");
}

#[test]
fn the_rubrics_of_the_sample_interviews_have_no_fault() {
    for interview in ["data-analyst", "support-lead"] {
        let path = in_repository(&format!("tests/fixtures/interviews/{interview}/rubric.toml"));
        load(&path).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn what_is_left_out_has_its_default() {
    let rubric = loaded(SMALL).rubric;
    assert_eq!((rubric.language.as_str(), &rubric.scale), ("en", &Scale::default()));
    assert!((rubric.competencies[0].weight - 1.0).abs() < f64::EPSILON);
    let question = &rubric.questions[0];
    assert_eq!((&question.assesses, question.criteria.len(), question.follow_ups.len()), (&None, 0, 0));
}

#[test]
fn a_scale_of_its_own_has_labels_only_when_it_gives_them() {
    let scale = |table: &str| loaded(&format!("{SMALL}[scale]\n{table}")).rubric.scale;
    assert_eq!(scale("min = 0\nmax = 3"), Scale::new(0, 3, vec![]).expect("a scale"));
    assert_eq!(scale("min = 1\nmax = 5"), Scale::new(1, 5, vec![]).expect("a scale"));
    assert_eq!(scale("labels = ['a', 'b', 'c', 'd', 'e']").label(5), Some("e"));
}

#[test]
fn anchors_are_sorted_and_criteria_begin_with_what_to_listen_for() {
    let text = format!(
        "{SMALL}{}",
        "anchors = [{ score = 4, text = 'good' }, { score = 1, text = 'bad' }]\n\
         red_flags = [{ id = 'r', text = 'red' }]\n\
         listen_for = [{ id = 'b', text = 'b', weight = 2 }, { id = 'a', text = 'a' }]\n"
    );
    let question = loaded(&text).rubric.questions.remove(0);
    assert_eq!(question.anchors.iter().map(|anchor| anchor.score).collect::<Vec<_>>(), [1, 4]);
    assert_eq!(question.criteria.iter().map(|criterion| criterion.id.as_str()).collect::<Vec<_>>(), ["b", "a", "r"]);
}

#[test]
fn two_files_that_differ_only_in_layout_have_the_same_digest() {
    let other = SMALL.replace("ask = \"Why?\"", "ask = \"\"\"\n\n  Why?\n\"\"\"").replace('\n', "\r\n")
        + "assesses = ''' A\nB '''";
    let one = format!("{SMALL}assesses = 'A B'");
    assert_eq!(loaded(&one).rubric.digest(), loaded(&other).rubric.digest());
}

#[test]
fn each_missing_key_is_a_fault_of_the_table_that_lacks_it() {
    assert_eq!(
        faults("language = 'en'"),
        [
            "r.toml: the rubric has no `id`",
            "r.toml: the rubric has no `title`",
            "r.toml: the rubric has no `version`",
            "r.toml: the rubric has no `questions`",
        ]
    );
    assert_eq!(
        faults(&format!("{SMALL}[[questions]]\n[[questions.anchors]]\n[[questions.follow_ups]]")),
        [
            "r.toml:15: [[questions]] has no `id`",
            "r.toml:15: [[questions]] has no `kind`",
            "r.toml:15: [[questions]] has no `ask`",
            "r.toml:15: the question has neither `listen_for` nor `ideal_answers`",
            "r.toml:16: [[questions.anchors]] has no `text`",
            "r.toml:16: [[questions.anchors]] has no `score`",
            "r.toml:17: [[questions.follow_ups]] has no `ask`",
        ]
    );
}

#[test]
fn each_rule_of_the_format_has_its_fault() {
    let with = |lines: &str| faults(&format!("{SMALL}{lines}"));
    assert_eq!(
        faults(&SMALL.replace("title = \"Small\"", "language = 'en_GB'\ntitle = ' '")),
        ["r.toml:2: `en_GB` is not a language tag", "r.toml:3: `title` is empty",]
    );
    assert_eq!(with("[scale]\nmin = 3\nmax = 3"), ["r.toml:17: the scale from 3 to 3 does not have 2 to 21 levels"]);
    assert_eq!(with("[scale]\nmax = 99999999999"), ["r.toml:16: `max` is too large a number"]);
    assert_eq!(with("[scale]\nmax = 3.0"), ["r.toml:16: `max` must be a whole number, found a decimal number"]);
    assert_eq!(with("[[scale]]\n"), ["r.toml:15: `scale` must be a table, found a list"]);
    assert_eq!(
        with("anchors = [{ score = 2, text = 'a' },\n{ score = 2, text = 'b' }]"),
        ["r.toml:16: a second anchor for the score 2"]
    );
    assert_eq!(with("anchors = [{ score = 0, text = 'a' }]"), ["r.toml:15: 0 is not on the scale of 1 to 5"]);
    assert_eq!(with("follow_ups = [{ part = 'resalt', ask = 'a' }]"), ["r.toml:15: `resalt` is no `part`"]);
    assert_eq!(
        with("listen_for = [{ id = 'a', text = 'a', weight = 0 }]"),
        ["r.toml:15: a criterion that weighs nothing has no effect"]
    );
    assert_eq!(
        with("[[competencies]]\nid = 'craft'\ntitle = 'Again'\nweight = -1"),
        ["r.toml:16: a second competency has the id `craft`", "r.toml:18: `weight` must be from 0 to 1000000",]
    );
    assert_eq!(with("follow_ups = ['Why not?']"), ["r.toml:15: `follow_ups` must be a list of tables, found a string"]);
}

#[test]
fn of_two_criteria_with_one_id_the_second_in_the_file_is_at_fault() {
    let red_flag = "[[questions.red_flags]]\nid = 'same'\ntext = 'red'\n";
    let text = format!("{SMALL}{red_flag}[[questions.listen_for]]\nid = 'same'\ntext = 'good'\n");
    let faults = parse("r.toml", &text).expect_err("one id, two criteria").to_string();
    assert_eq!(
        faults,
        "r.toml:19: a second criterion has the id `same`\n  hint: the first is on line 16; give this one another id"
    );
}

#[test]
fn faults_of_syntax_and_of_content_are_reported_together() {
    let text = SMALL.replace("title = \"Small\"", "title: Small").replace("kind = \"general\"", "kind = \"odd\"")
        + "asks = 1\n[[questions]\n";
    assert_eq!(
        faults(&text),
        [
            "r.toml:2: there is no `=` in `title: Small`",
            "r.toml:12: `odd` is no `kind`",
            "r.toml:15: [[questions]] has no key `asks`",
            "r.toml:16: the heading `[[questions]` is not closed",
        ]
    );
}

#[test]
fn what_may_stand_in_a_lost_line_is_not_called_missing() {
    assert_eq!(
        faults(&SMALL.replace("id = \"craft\"", "id \"craft\"")),
        ["r.toml:6: there is no `=` in `id \"craft\"`"]
    );
    // Without a fault of syntax it is.
    assert_eq!(
        faults(&SMALL.replace("id = \"craft\"", "")),
        ["r.toml:5: [[competencies]] has no `id`", "r.toml:11: there is no competency `craft`",]
    );
}

#[test]
fn a_key_that_is_set_twice_names_the_line_of_the_first() {
    let faults = parse("r.toml", &format!("{SMALL}ask = \"Who?\"\n")).expect_err("two asks").to_string();
    assert_eq!(faults, "r.toml:15: `ask` is set twice\n  hint: the first is on line 13; keep one of them");
}

#[test]
fn what_is_legal_but_weak_is_remarked_on() {
    assert_eq!(
        remarks(&SMALL.replace("1.0.0", "draft")),
        [
            "3: the version `draft` is not of the form 1.2.3",
            "9: question `first` has no `also_asked`",
            "9: question `first` has no `listen_for`",
            "9: question `first` has no `anchors`",
        ]
    );
    let star = SMALL.replace("general", "star").replace("title = \"Craft\"", "title = \"Craft\"\nweight = 0")
        + "also_asked = ['How so?']\n\
           anchors = [{ score = 1, text = 'Names nothing' }, { score = 4, text = 'Names two reasons' }]\n\
           listen_for = [{ id = 'a', text = 'a' }]\n\
           follow_ups = [{ part = 'action', ask = 'What did you do?' }]\n\
           [[competencies]]\nid = 'unused'\ntitle = 'Unused'\n";
    assert_eq!(
        remarks(&star),
        [
            "5: the weights of the competencies sum to nothing, so there will be no overall score",
            "10: question `first` has only 1 `listen_for`, fewer than 3",
            "10: question `first` has no anchor for 2, 3, 5",
            "10: question `first` has no follow-up for situation, task, result",
            "20: no question belongs to the competency `unused`",
        ]
    );
    let parts = format!("{SMALL}follow_ups = [{{ part = 'task', ask = 'What was yours to do?' }}]");
    assert!(
        remarks(&parts)
            .contains(&"9: question `first` names a `part` in a follow-up, but is not of the kind `star`".to_owned())
    );
}

#[test]
fn an_empty_listen_for_is_a_gap_that_the_author_knows_of() {
    let open = SMALL.replace("ideal_answers = [\"Because it was there.\"]", "listen_for = []");
    assert!(remarks(&open).contains(&"9: question `first` has no `listen_for`".to_owned()));
    assert_eq!(loaded(&to_toml(&loaded(&open).rubric)).rubric, loaded(&open).rubric);
}

#[test]
fn a_file_that_is_not_there_is_told_from_a_faulty_one() {
    let path = in_repository("rubrics/no-such-role.toml");
    let error = load(&path).expect_err("no file");
    assert!(matches!(&error, LibraryError::Unreadable { path: named, .. } if *named == path));
    assert_eq!(error.to_string(), format!("{} cannot be read", path.display()));
    let error = load(&in_repository("rubrics")).expect_err("a directory");
    assert!(matches!(&error, LibraryError::Faulty(faults) if faults.all().len() == 1));
    assert!(error.to_string().contains("a directory or a device, not a file"));
}

#[test]
fn the_shipped_rubric_is_written_and_read_back_unchanged() {
    let rubric = loaded(SHIPPED).rubric;
    assert_eq!(loaded(&to_toml(&rubric)).rubric, rubric);
}

fn text() -> impl Strategy<Value = String> {
    vec(r#"[a-zäß日\\"'#=\[\]{},.🙂]{1,8}"#, 1..6).prop_map(|words| words.join(" "))
}

fn ids(range: std::ops::Range<usize>) -> impl Strategy<Value = Vec<String>> {
    proptest::collection::btree_set("[a-z0-9][a-z0-9-]{0,12}", range)
        .prop_map(|set| set.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
}

fn weight() -> impl Strategy<Value = f64> {
    prop_oneof![1e-6..1e6, Just(1.0), Just(1e-9)]
}

fn scale() -> impl Strategy<Value = Scale> {
    (-50..50, 1..8, any::<bool>(), text()).prop_map(|(min, above, labelled, label)| {
        let labels = if labelled { vec![label; above as usize + 1] } else { vec![] };
        Scale::new(min, min + above, labels).expect("2 to 8 levels")
    })
}

fn criteria() -> impl Strategy<Value = Vec<Criterion>> {
    // At least one listen-for, so that the question has something to judge by.
    (ids(1..6), 1..6_usize, text(), weight()).prop_map(|(ids, listen_fors, text, weight)| {
        let kind = |n| if n < listen_fors { CriterionKind::ListenFor } else { CriterionKind::RedFlag };
        let criterion = |(n, id)| Criterion { id, kind: kind(n), text: text.clone(), weight };
        ids.into_iter().enumerate().map(criterion).collect()
    })
}

fn question(scale: &Scale, competencies: Vec<String>) -> impl Strategy<Value = Question> + use<> {
    let described = proptest::sample::subsequence(scale.scores().collect::<Vec<_>>(), 0..=scale.levels());
    let competency = if competencies.is_empty() {
        Just(None).boxed()
    } else {
        option::of(proptest::sample::select(competencies)).boxed()
    };
    let part = option::of(proptest::sample::select(vec!["situation", "task", "action", "result"]));
    let follow_up = (part, text()).prop_map(|(part, ask)| FollowUp { part: part.map(str::to_owned), ask });
    let words = (text(), vec(text(), 0..3), option::of(text()), vec(text(), 0..3));
    let kind = proptest::sample::select(QuestionKind::ALL.to_vec());
    (competency, kind, words, criteria(), described, text(), vec(follow_up, 0..3)).prop_map(
        |(competency, kind, (ask, also_asked, assesses, ideal_answers), criteria, scores, text, follow_ups)| Question {
            id: String::new(),
            competency,
            kind,
            ask,
            also_asked,
            assesses,
            ideal_answers,
            criteria,
            anchors: scores.into_iter().map(|score| Anchor { score, text: text.clone() }).collect(),
            follow_ups,
        },
    )
}

fn rubric() -> impl Strategy<Value = Rubric> {
    let languages = vec!["en", "de", "pt-BR", "zh-Hant-TW"];
    (scale(), ids(0..4), ids(1..5), weight())
        .prop_flat_map(move |(scale, competencies, ids, weight)| {
            let questions = vec(question(&scale, competencies.clone()), ids.len());
            let head = ("[a-z0-9][a-z0-9-]{0,63}", text(), text(), proptest::sample::select(languages.clone()));
            (head, Just((scale, competencies, ids, weight)), questions)
        })
        .prop_map(|((id, title, version, language), (scale, competencies, ids, weight), questions)| Rubric {
            id,
            version,
            language: language.to_owned(),
            scale,
            competencies: competencies.into_iter().map(|id| Competency { id, title: title.clone(), weight }).collect(),
            questions: ids.into_iter().zip(questions).map(|(id, question)| Question { id, ..question }).collect(),
            title,
        })
}

/// One way a file gets spoiled.
#[derive(Debug, Clone)]
enum Slip {
    Delete(usize),
    Duplicate(usize),
    Swap(usize, usize),
    Insert(usize, String),
}

fn slip() -> impl Strategy<Value = Slip> {
    let bits = prop_oneof!["[\\[\\]\"'=#,{}.:\\\\\r\n\0 a1]{1,5}", any::<char>().prop_map(String::from)];
    let at = 0..100_000_usize;
    prop_oneof![
        at.clone().prop_map(Slip::Delete),
        at.clone().prop_map(Slip::Duplicate),
        (at.clone(), at.clone()).prop_map(|(a, b)| Slip::Swap(a, b)),
        (at, bits).prop_map(|(at, bits)| Slip::Insert(at, bits)),
    ]
}

fn spoiled(text: &str, slips: &[Slip]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for slip in slips {
        let count = lines.len();
        match slip {
            Slip::Delete(n) => drop(lines.remove(n % count)),
            Slip::Duplicate(n) => lines.insert(n % count, lines[n % count].clone()),
            Slip::Swap(a, b) => lines.swap(a % count, b % count),
            Slip::Insert(at, bits) => {
                let line = &mut lines[at % count];
                let at =
                    line.char_indices().map(|(at, _)| at).nth(at % (line.chars().count() + 1)).unwrap_or(line.len());
                line.insert_str(at, bits);
            }
        }
    }
    lines.join("\n")
}

/// Either a rubric, or faults on lines that the file has.
fn holds_together(text: &str) -> Result<(), TestCaseError> {
    let lines = text.split('\n').count();
    let faults = match parse("r.toml", text) {
        Ok(loaded) => {
            let fault = |finding: Finding| Fault {
                line: loaded.places.line(finding.spot),
                what: finding.reason,
                hint: finding.hint,
            };
            lint::lint(&loaded).into_iter().map(fault).collect()
        }
        Err(faults) => faults.all().to_vec(),
    };
    prop_assert!(faults.iter().all(|fault| fault.line.is_none_or(|line| (1..=lines).contains(&line))), "{:?}", faults);
    prop_assert!(
        faults.iter().all(|fault| !fault.what.is_empty() && !fault.what.ends_with('.') && !fault.hint.is_empty())
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rubric_is_written_and_read_back_unchanged(rubric in rubric()) {
        let text = to_toml(&rubric);
        let read = parse("r.toml", &text).map_err(|faults| TestCaseError::fail(format!("{faults}\n{text}")))?;
        prop_assert_eq!(&read.rubric, &rubric, "{}", text);
        prop_assert_eq!(read.rubric.digest(), rubric.digest());
    }

    #[test]
    fn a_spoiled_rubric_is_read_or_refused_but_never_a_crash(slips in vec(slip(), 1..8)) {
        holds_together(&spoiled(SHIPPED, &slips))?;
    }

    #[test]
    fn a_small_rubric_much_spoiled_is_read_or_refused_but_never_a_crash(slips in vec(slip(), 1..12)) {
        holds_together(&spoiled(SMALL, &slips))?;
    }

    #[test]
    fn any_text_is_read_or_refused_but_never_a_crash(text in "(\\PC|[\\[\\]\"'=#,{}.\r\n\0a1]){0,200}") {
        holds_together(&text)?;
    }
}
