//! The command line, as a user meets it.

use crate::harness::program::{earmark, folder};
use earmark::domain::Code;
use serde_json::Value;
use std::fs;
use std::path::Path;

const EXAMPLE: &str = "examples/backend-interview.vtt";
const RUBRIC: &str = "rubrics/backend-developer.toml";

fn write(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("written");
    path.display().to_string()
}

fn refused(bytes: &[u8], says: &str) {
    let folder = folder();
    let path = write(folder.path(), "interview.vtt", bytes);
    let run = earmark(&["evaluate", &path, "--rubric", RUBRIC]);
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.err.to_lowercase().contains(&says.to_lowercase()), "{} does not say {says:?}", run.err);
    assert!(run.out.is_empty());
}

#[test]
fn the_example_is_evaluated_and_the_same_twice() {
    let arguments = ["evaluate", EXAMPLE, "--rubric", RUBRIC, "--format", "json"];
    let (first, second) = (earmark(&arguments), earmark(&[&arguments[..], &["--no-cache"]].concat()));
    assert_eq!((first.code, first.err.as_str()), (0, ""));
    assert_eq!(first.out, second.out, "a cache, or a second run, changes no byte");
    let json: Value = serde_json::from_str(&first.out).expect("JSON");
    assert_eq!(json["schema"], "earmark.evaluation/1");
    assert_eq!(json["transcript"]["candidate"], "Dana Whitfield");
    assert_eq!(json["questions"].as_array().map(Vec::len), Some(48));
    for question in json["questions"].as_array().expect("questions") {
        let asked = question["status"] != "not_asked";
        assert_eq!(question["suggestion"].is_object(), asked, "only what was asked has a suggestion");
    }
}

#[test]
fn every_quotation_of_the_json_form_is_the_candidates_own_words() {
    let run = earmark(&["evaluate", EXAMPLE, "--rubric", RUBRIC, "--format", "json"]);
    let json: Value = serde_json::from_str(&run.out).expect("JSON");
    let file = fs::read_to_string(EXAMPLE).expect("the example");
    let words: String = file
        .lines()
        .filter(|l| l.starts_with("Dana"))
        .flat_map(|l| l.split_once(": "))
        .map(|(_, w)| w.to_owned() + " ")
        .collect();
    let mut quotations = 0;
    for evidence in json["questions"]
        .as_array()
        .expect("questions")
        .iter()
        .flat_map(|q| q["criteria"].as_array().expect("criteria"))
        .flat_map(|c| c["evidence"].as_array().expect("evidence"))
    {
        let quote = evidence["quote"].as_str().expect("a quotation");
        assert!(words.contains(quote), "not verbatim: {quote:?}");
        assert_eq!(evidence["speaker"], "Dana Whitfield");
        assert_eq!(
            evidence["end"].as_u64().expect("end") - evidence["start"].as_u64().expect("start"),
            quote.chars().count() as u64
        );
        assert!(evidence["time_ms"].is_u64());
        quotations += 1;
    }
    assert!(quotations > 10, "only {quotations} quotations");
}

#[test]
fn every_form_is_written_whole_and_without_colour_to_a_file() {
    let folder = folder();
    for (format, starts) in
        [("text", "Back-end developer"), ("markdown", "# "), ("html", "<!doctype html>"), ("json", "{")]
    {
        let path = folder.path().join(format).display().to_string();
        let run = earmark(&["evaluate", EXAMPLE, "--rubric", RUBRIC, "--format", format, "--out", &path]);
        assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", ""));
        let text = fs::read_to_string(&path).expect("written");
        assert!(text.to_lowercase().starts_with(&starts.to_lowercase()), "{format}: {}", &text[..60]);
        assert!(!text.contains('\u{1b}'));
    }
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 4, "nothing else is left behind");
}

#[test]
fn a_failed_run_leaves_nothing_behind() {
    let folder = folder();
    let path = write(folder.path(), "empty.vtt", b"");
    let out = folder.path().join("out.json").display().to_string();
    let run = earmark(&["evaluate", &path, "--rubric", RUBRIC, "--out", &out]);
    assert_eq!(run.code, 3);
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 1);
}

#[test]
fn an_empty_file_is_refused() {
    refused(b"", "empty");
}

#[test]
fn a_picture_named_as_a_transcript_is_refused() {
    refused(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01", "png");
}

#[test]
fn a_file_beyond_the_limit_is_refused() {
    let folder = folder();
    let path = write(folder.path(), "long.txt", &vec![b'a'; 2 * 1024 * 1024]);
    let run = earmark(&["evaluate", &path, "--rubric", RUBRIC, "--max-size", "1"]);
    assert_eq!(run.code, 3, "{}", run.err);
}

#[test]
fn a_transcript_in_which_no_candidate_speaks_is_refused() {
    let folder = folder();
    let path = write(
        folder.path(),
        "silent.txt",
        b"Interviewer: How do you lay out a REST API?\nCandidate: Okay.\nInterviewer: Hello?\n",
    );
    let run = earmark(&["evaluate", &path, "--rubric", RUBRIC]);
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.err.contains("no words of a candidate"), "{}", run.err);
}

#[test]
fn a_candidate_who_is_not_there_is_named_with_those_who_are() {
    let run = earmark(&["evaluate", EXAMPLE, "--rubric", RUBRIC, "--candidate", "Nobody"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("Dana Whitfield") && run.err.contains("Priya Raman"), "{}", run.err);
}

#[test]
fn the_candidate_can_be_set_by_a_part_of_the_name() {
    let run = earmark(&["evaluate", EXAMPLE, "--rubric", RUBRIC, "--candidate", "dana", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.err);
}

#[test]
fn a_rubric_with_ten_faults_names_all_ten() {
    let run = earmark(&["rubric", "check", "tests/fixtures/rubrics/ten-faults.toml"]);
    assert_eq!(run.code, 4);
    assert_eq!(run.err.matches("hint:").count(), 10, "{}", run.err);
    let run = earmark(&["evaluate", EXAMPLE, "--rubric", "tests/fixtures/rubrics/ten-faults.toml"]);
    assert_eq!(run.code, 4);
}

#[test]
fn the_shipped_rubric_is_good_and_can_be_shown() {
    let by_models =
        Code::ALL.into_iter().filter(|code| code.takes_the_judge()).flat_map(|code| ["--allow", code.name()]);
    let run = earmark(&["rubric", "check", RUBRIC].into_iter().chain(by_models).collect::<Vec<_>>());
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.contains("48 questions"), "{}", run.out);
    let run = earmark(&["rubric", "show", RUBRIC]);
    assert_eq!(run.code, 0);
    assert!(run.out.contains("Listen for") && run.out.contains("Red flags"));
}

#[test]
fn missing_files_are_said_to_be_missing() {
    let run = earmark(&["evaluate", "no-such-file.vtt", "--rubric", RUBRIC]);
    assert_eq!(run.code, 3);
    assert!(run.err.contains("no-such-file.vtt"), "{}", run.err);
    let run = earmark(&["evaluate", EXAMPLE, "--rubric", "no-such-rubric.toml"]);
    assert_eq!(run.code, 4);
    assert!(run.err.contains("no-such-rubric.toml"), "{}", run.err);
}

#[test]
fn a_command_line_that_makes_no_sense_is_a_usage_error() {
    assert_eq!(earmark(&["evaluate"]).code, 2);
    assert_eq!(earmark(&["--version"]).code, 0);
}

#[test]
fn a_guide_is_imported_checked_exported_and_imported_again() {
    let folder = folder();
    let (draft, page) = (folder.path().join("nurse.toml"), folder.path().join("nurse.html"));
    let (draft, page) = (draft.to_str().expect("a path"), page.to_str().expect("a path"));
    let run = earmark(&["rubric", "import", "tests/fixtures/guides/bold-labels.md", "--out", draft]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    assert!(run.err.starts_with("bold-labels.md: Markdown, 3 questions, 11 criteria, 2 ideal answers"), "{}", run.err);
    assert!(run.err.contains("left out: 1 × navigation, 1 × introduction, 1 × closing words"), "{}", run.err);
    assert!(fs::read_to_string(draft).expect("the draft").contains("# line 9\n"));
    // What a guide leaves out are notes; its criteria have to be worked on before anything but those is left.
    assert_eq!(earmark(&["rubric", "check", draft, "--only", "gap"]).code, 0);
    assert_eq!(earmark(&["rubric", "export", draft, "--format", "html", "--out", page]).code, 0);
    let (again, draft) =
        (earmark(&["rubric", "import", page]), earmark(&["rubric", "export", draft, "--format", "json"]));
    assert_eq!((again.code, again.err.as_str()), (0, ""));
    let path = write(folder.path(), "again.toml", again.out.as_bytes());
    assert_eq!(earmark(&["rubric", "export", &path, "--format", "json"]).out, draft.out);
}

#[test]
fn answers_that_stand_apart_are_matched_by_meaning_and_say_how_surely() {
    let run = earmark(&["rubric", "import", "tests/fixtures/guides/meaning.md", "--format", "json"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let json: Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!(json["schema"], "earmark.import/1");
    let questions = json["report"]["questions"].as_array().expect("questions");
    let answered = |question: &Value| question["confidence"].as_f64().is_some_and(|sure| (0.0..=1.0).contains(&sure));
    assert_eq!(questions.iter().map(answered).collect::<Vec<_>>(), [false, true, true, true]);
}

#[test]
fn a_file_that_is_no_guide_is_refused_whole() {
    let folder = folder();
    let out = folder.path().join("never.toml");
    let path = write(folder.path(), "diary.txt", b"It rained.\nWe stayed in.\n");
    let run = earmark(&["rubric", "import", &path, "--out", out.to_str().expect("a path")]);
    assert_eq!(run.code, 4);
    assert!(run.err.contains("no interview question was found"), "{}", run.err);
    assert!(!out.exists());
    assert_eq!(earmark(&["rubric", "import", "no-such-guide.txt"]).code, 4);
}
