//! What `rubric check` finds by the words alone, on files and on lists of questions.

use earmark::library::lint;

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
        .filter(|(about, question)| lint::concern(question).map(|concern| named(concern.about)) != Some(*about))
        .map(|(about, question)| (about, question, lint::concern(question).map(|concern| concern.about)))
        .collect();
    assert!(list.len() >= 40);
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn lawful_neighbours_of_such_questions_are_left_alone() {
    let list: Vec<&str> = lines(include_str!("../fixtures/lint/lawful.txt")).collect();
    let flagged: Vec<_> = list.iter().filter_map(|q| Some((q, lint::concern(q)?.about))).collect();
    assert!(list.len() >= 60);
    assert!(flagged.is_empty(), "{flagged:#?}");
}
