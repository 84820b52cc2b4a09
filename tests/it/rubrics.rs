//! The rubrics that ship: each is complete, and together they cover every question of the guides they were started from.

use crate::harness::program::{earmark, folder as scratch};
use earmark::domain::Rubric;
use earmark::library::{lint, load};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Coverage {
    questions: Vec<Covered>,
    not_asked: Vec<NotAsked>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Covered {
    guide: String,
    lines: Vec<usize>,
    wording: String,
    covered_by: Place,
    note: Option<String>,
}

#[derive(Deserialize, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    rubric: String,
    question: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NotAsked {
    guide: String,
    lines: Vec<usize>,
    why: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rubrics")
}

fn coverage() -> Coverage {
    toml::from_str(&fs::read_to_string(folder().join("coverage.toml")).expect("it is there"))
        .expect("it is well formed")
}

/// Every rubric file that ships, loaded; nothing may be found in any by its words.
fn shipped() -> BTreeMap<String, Rubric> {
    let files = fs::read_dir(folder()).expect("the folder").map(|entry| entry.expect("an entry").path());
    let rubrics = files.filter(|path| path.file_name().is_some_and(|name| name != "coverage.toml"));
    rubrics
        .map(|path| {
            let loaded = load(&path).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(lint::lint(&loaded), [], "{}", path.display());
            assert_eq!(path.file_stem().and_then(|s| s.to_str()), Some(loaded.rubric.id.as_str()));
            (loaded.rubric.id.clone(), loaded.rubric)
        })
        .collect()
}

#[test]
fn every_question_that_ships_is_complete() {
    for (id, rubric) in shipped() {
        for question in &rubric.questions {
            let place = format!("{id}/{}", question.id);
            assert!(question.assesses.is_some() && question.competency.is_some(), "{place}: what it assesses");
            assert!((3..=6).contains(&question.listen_fors().count()), "{place}: listen-fors");
            assert!((1..=3).contains(&question.red_flags().count()), "{place}: red flags");
            assert_eq!(question.ideal_answers.len(), 2, "{place}: ideal answers");
            assert_eq!(question.anchors.len(), rubric.scale.levels(), "{place}: anchors");
            assert!(question.also_asked.len() >= 2, "{place}: other ways of asking");
            assert!(!question.follow_ups.is_empty(), "{place}: follow-ups");
        }
    }
}

#[test]
fn no_question_ships_twice() {
    let rubrics = shipped();
    let mut asked = BTreeSet::new();
    for question in rubrics.values().flat_map(|rubric| &rubric.questions) {
        assert!(asked.insert(question.ask.to_lowercase()), "{} is asked twice", question.ask);
    }
}

#[test]
fn every_question_of_the_guides_is_covered_by_one_that_exists_and_none_is_without_a_guide() {
    let rubrics = shipped();
    let coverage = coverage();
    let mut used = BTreeSet::new();
    for covered in &coverage.questions {
        let place = &covered.covered_by;
        let rubric = rubrics.get(&place.rubric).unwrap_or_else(|| panic!("there is no rubric {}", place.rubric));
        let found = rubric.questions.iter().any(|question| question.id == place.question);
        assert!(found, "{} has no question {}", place.rubric, place.question);
        assert!(!covered.lines.is_empty() && !covered.wording.is_empty(), "{}", place.question);
        assert!(covered.note.as_ref().is_none_or(|note| note.ends_with('.')), "{}", place.question);
        used.insert(place.clone());
    }
    for (id, rubric) in &rubrics {
        for question in &rubric.questions {
            let place = Place { rubric: id.clone(), question: question.id.clone() };
            assert!(used.contains(&place), "{id}/{} covers no question of a guide", question.id);
        }
    }
}

/// The guides are not part of the project; where they lie beside it, every line of theirs that asks is accounted for.
#[test]
fn every_line_of_a_guide_that_asks_something_is_accounted_for() {
    let guides = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/seeds");
    let Ok(entries) = fs::read_dir(&guides) else { return };
    let coverage = coverage();
    assert!(coverage.not_asked.iter().all(|it| !it.why.is_empty()));
    let covered = coverage.questions.iter().map(|c| (&c.guide, &c.lines));
    let left_out = coverage.not_asked.iter().map(|n| (&n.guide, &n.lines));
    let known: BTreeSet<(String, usize)> = covered
        .chain(left_out)
        .flat_map(|(guide, lines)| lines.iter().map(move |line| (guide.clone(), *line)))
        .collect();
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let text = fs::read_to_string(&path).expect("a guide");
        for (place, line) in text.lines().enumerate().filter(|(_, line)| line.trim_end().ends_with('?')) {
            assert!(known.contains(&(name.clone(), place + 1)), "{name}:{}: {line}", place + 1);
        }
        let lines = text.lines().count();
        assert!(known.iter().filter(|(guide, _)| *guide == name).all(|(_, line)| *line <= lines), "{name}");
    }
}

/// The first questions of a rubric that ships, `change`d, as `rubric check` sees them with the models: exit code, output.
fn checked(change: impl Fn(String) -> String) -> (i32, String) {
    let text = fs::read_to_string(folder().join("soft-skills.toml")).expect("it ships");
    let some = text.split("\n[[questions]]\n").take(4).collect::<Vec<_>>().join("\n[[questions]]\n");
    let scratch = scratch();
    let path = scratch.path().join("some.toml");
    fs::write(&path, change(some)).expect("a file");
    let run = earmark(&["rubric", "check", path.to_str().expect("a path")]);
    (run.code, run.out + &run.err)
}

#[test]
fn by_the_models_the_beginning_of_a_rubric_that_ships_is_clean_and_a_planted_fault_is_found() {
    let (code, out) = checked(|text| text);
    assert_eq!(code, 0, "{out}");
    let planted = "  [[questions.listen_for]]\n  id = \"planted\"\n  text = \"Names the price of copper in Chile\"\n";
    let (code, out) = checked(|text| format!("{text}\n{planted}"));
    assert!(code == 9 && out.contains("unmet-criterion") && out.matches("warning[").count() == 1, "{out}");
}

/// Minutes in an unoptimised build: `cargo test --test it clean_by_the_models -- --ignored`.
#[test]
#[ignore = "reads 232 ideal answers with the judge"]
fn every_rubric_that_ships_is_clean_by_the_models() {
    for id in shipped().keys() {
        let run = earmark(&["rubric", "check", &format!("rubrics/{id}.toml")]);
        assert_eq!(run.code, 0, "{}", run.out);
    }
}

/// Every question that ships is lawful, by the words and by its meaning.
#[test]
fn no_question_that_ships_touches_a_protected_trait() {
    for id in shipped().keys() {
        let run = earmark(&["rubric", "check", &format!("rubrics/{id}.toml"), "--only", "protected-trait"]);
        assert_eq!(run.code, 0, "{}", run.out);
    }
}
