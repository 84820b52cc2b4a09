//! Question guides through the library's public doors: what is found in guides of many shapes, that nothing is made up,
//! and that exported rubrics read back as they were.

use earmark::domain::{CriterionKind, Rubric};
use earmark::library::guide::{Import, ImportReport, by_shared_words, import};
use earmark::library::{lint, parse, to_html, to_json, to_markdown};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use zip::write::SimpleFileOptions;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/guides")
}

fn imported(name: &str, bytes: &[u8]) -> Import {
    import(name, bytes, &by_shared_words).unwrap_or_else(|faults| panic!("{faults}"))
}

/// All that a rubric says, a line each.
fn shown(rubric: &Rubric, report: &ImportReport) -> String {
    let mut out = format!("{} | {} | {}\n", rubric.title, rubric.id, report.format.name());
    for (question, from) in rubric.questions.iter().zip(&report.questions) {
        let topic = question.competency.as_ref().map(|id| format!(" / {id}")).unwrap_or_default();
        let again = from.again.iter().map(|line| format!("+{line}")).collect::<String>();
        writeln!(out, "\n{}{again} [{}{topic}] {}", from.line, question.kind.name(), question.ask).expect("a string");
        let mut line = |mark: &str, text: &str| writeln!(out, "  {mark} {text}").expect("a string");
        question.also_asked.iter().for_each(|text| line("~", text));
        question.assesses.iter().for_each(|text| line("=", text));
        for (criterion, at) in question.criteria.iter().zip(&from.criteria) {
            let mark = if criterion.kind == CriterionKind::RedFlag { "!" } else { "+" };
            line(&format!("{at} {mark}"), &criterion.text);
        }
        for (answer, at) in question.ideal_answers.iter().zip(&from.ideal_answers) {
            line(&format!("{at} >"), answer);
        }
        question.anchors.iter().for_each(|anchor| line("#", &format!("{}: {}", anchor.score, anchor.text)));
        for follow_up in &question.follow_ups {
            line(
                "?",
                &format!(
                    "{}{}",
                    follow_up.part.as_ref().map(|part| format!("({part}) ")).unwrap_or_default(),
                    follow_up.ask
                ),
            );
        }
        from.remarks.iter().for_each(|remark| line(&format!("{} *", remark.line), &remark.text));
        from.confidence.iter().for_each(|sure| line("sure", &format!("{sure:.2}")));
    }
    out.push('\n');
    report.tips.iter().for_each(|tip| writeln!(out, "tip {}: {}", tip.line, tip.text).expect("a string"));
    report
        .left_out
        .iter()
        .for_each(|left| writeln!(out, "out {} ({}): {}", left.line, left.reason.name(), left.text).expect("a string"));
    out
}

/// Holds an import against the file of the same name that ends in `.expected`.
fn holds(name: &str, bytes: &[u8]) {
    let import = imported(name, bytes);
    let found = shown(&import.rubric, import.report.as_ref().expect("a draft"));
    let path = folder().join(format!("{name}.expected"));
    if std::env::var_os("EARMARK_WRITE_EXPECTED").is_some() {
        std::fs::write(&path, &found).expect("written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{name}\n{found}");
}

fn holds_file(name: &str) {
    holds(name, &std::fs::read(folder().join(name)).expect("the guide"));
}

/// A Word document with this body.
fn docx(body: &str) -> Vec<u8> {
    const NUMBERING: &str = "<w:numbering xmlns:w=\"w\"><w:abstractNum w:abstractNumId=\"1\"><w:lvl w:ilvl=\"0\">\
        <w:numFmt w:val=\"decimal\"/></w:lvl></w:abstractNum><w:abstractNum w:abstractNumId=\"2\"><w:lvl w:ilvl=\"0\">\
        <w:numFmt w:val=\"bullet\"/></w:lvl></w:abstractNum><w:num w:numId=\"1\"><w:abstractNumId w:val=\"1\"/></w:num>\
        <w:num w:numId=\"2\"><w:abstractNumId w:val=\"2\"/></w:num></w:numbering>";
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let document = format!("<w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>");
    for (name, text) in [("word/document.xml", document.as_str()), ("word/numbering.xml", NUMBERING)] {
        zip.start_file(name, SimpleFileOptions::default()).expect("a part");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("a document").into_inner()
}

fn paragraph(properties: &str, runs: &[(&str, bool)]) -> String {
    let run = |(text, bold): &(&str, bool)| {
        let bold = if *bold { "<w:rPr><w:b/></w:rPr>" } else { "" };
        format!("<w:r>{bold}<w:t xml:space=\"preserve\">{}</w:t></w:r>", text.replace('&', "&amp;"))
    };
    format!("<w:p><w:pPr>{properties}</w:pPr>{}</w:p>", runs.iter().map(run).collect::<String>())
}

fn heading(level: u8, text: &str) -> String {
    paragraph(&format!("<w:pStyle w:val=\"Heading{level}\"/>"), &[(text, false)])
}

fn item(list: u8, text: &str) -> String {
    paragraph(&format!("<w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"{list}\"/></w:numPr>"), &[(text, false)])
}

#[test]
fn bold_labels_below_numbered_headings() {
    holds_file("bold-labels.md");
}

#[test]
fn a_table_with_a_column_for_each_field() {
    holds_file("table.md");
}

#[test]
fn text_that_was_cut_at_a_margin() {
    holds_file("wrapped.txt");
}

#[test]
fn answers_that_stand_apart_go_by_their_numbers() {
    holds_file("answer-key.txt");
}

#[test]
fn answers_that_stand_apart_go_by_their_meaning() {
    holds_file("meaning.md");
}

#[test]
fn a_page_with_menus_forms_scripts_and_advertising() {
    holds_file("page.html");
}

#[test]
fn labels_in_nested_lists() {
    holds_file("nested.md");
}

#[test]
fn short_questions_and_answers() {
    holds_file("question-answer.txt");
}

#[test]
fn star_questions_with_and_without_named_parts() {
    holds_file("star.md");
}

#[test]
fn a_scorecard_with_levels_competencies_and_kinds() {
    holds_file("scored.txt");
}

#[test]
fn bare_lists_under_topics() {
    holds_file("by-topic.txt");
}

#[test]
fn a_word_document_with_headings_lists_bold_labels_and_a_table() {
    let cell = |text: &str| format!("<w:tc>{}</w:tc>", paragraph("", &[(text, false)]));
    let row = |cells: &[&str]| format!("<w:tr>{}</w:tr>", cells.iter().map(|text| cell(text)).collect::<String>());
    let body = [
        paragraph("<w:pStyle w:val=\"Title\"/>", &[("Interview guide for a train guard", false)]),
        paragraph("", &[("Please bring this sheet back to the office.", false)]),
        heading(1, "Situational questions"),
        item(1, "A passenger without a ticket says that she has lost her purse. What do you do?"),
        paragraph("", &[("What we want to see: ", true), ("Fairness & calm.", false)]),
        paragraph("", &[("Listen for", true)]),
        item(2, "Asks before assuming"),
        item(2, "Knows what the rules allow"),
        paragraph(
            "",
            &[("Model answer: ", true), ("“I sit down next to her, take her address and give her the form.”", false)],
        ),
        item(1, "The train stops between two stations. What do you tell the passengers?"),
        paragraph("", &[("Listen for", true)]),
        item(2, "Says something within two minutes, even without news"),
        heading(1, "Technical questions"),
        format!(
            "<w:tbl>{}{}{}</w:tbl>",
            row(&["Question", "Why we ask", "Points to cover"]),
            row(&["Which doors do you check before leaving?", "Safety", "Both sides. The last one by hand."]),
            row(&["What is the signal for an emergency stop?", "Safety", "Three long tones"])
        ),
    ];
    holds("word.docx", &docx(&body.concat()));
}

const SMALL: [(&str, &str, &str); 2] = [
    (
        "How do you open a shop in the morning?",
        "Walks through the shop before the doors open",
        "I walk the aisles with the lights on before I count the till.",
    ),
    ("What do you do about a thief?", "Stays out of reach", "I let him go, I remember his face and I call the police."),
];

#[test]
fn the_same_guide_is_the_same_rubric_in_every_format() {
    let markdown = |(ask, listen, answer): &(&str, &str, &str)| {
        format!("## {ask}\n\n**Look for:**\n\n- {listen}\n\n**Sample answer:** {answer}\n\n")
    };
    let text = |(n, (ask, listen, answer)): (usize, &(&str, &str, &str))| {
        format!("{}. {ask}\n\nLook for:\n- {listen}\n\nSample answer: {answer}\n\n", n + 1)
    };
    let html = |(ask, listen, answer): &(&str, &str, &str)| {
        format!("<h2>{ask}</h2><p><b>Look for:</b></p><ul><li>{listen}</ul><p><b>Sample answer:</b> {answer}</p>")
    };
    let word = |(ask, listen, answer): &(&str, &str, &str)| {
        let answer = paragraph("", &[("Sample answer: ", true), (answer, false)]);
        [heading(2, ask), paragraph("", &[("Look for:", true)]), item(2, listen), answer].concat()
    };
    let title = "Shop questions";
    let guides = [
        format!("# {title}\n\n{}", SMALL.iter().map(markdown).collect::<String>()).into_bytes(),
        format!("{title}\n\n{}", SMALL.iter().enumerate().map(text).collect::<String>()).into_bytes(),
        format!("<h1>{title}</h1>{}", SMALL.iter().map(html).collect::<String>()).into_bytes(),
        docx(&format!("{}{}", heading(1, title), SMALL.iter().map(word).collect::<String>())),
    ];
    let rubrics: Vec<Rubric> = guides.iter().map(|bytes| imported("shop", bytes).rubric).collect();
    assert_eq!(rubrics[0].questions.iter().map(|question| question.criteria.len()).collect::<Vec<_>>(), [1, 1]);
    for rubric in &rubrics {
        assert_eq!(rubric, &rubrics[0]);
    }
}

#[test]
fn the_encoding_of_a_guide_changes_nothing() {
    let text = "Caf\u{e9} questions\r\n\r\n1. What is a \u{201c}flat white\u{201d}?\r\n2. What is a cr\u{e8}me?\r\n";
    let expected = imported("g", text.as_bytes()).rubric;
    let utf_16: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let windows: Vec<u8> = text
        .chars()
        .map(|c| match c {
            '\u{201c}' => 0x93,
            '\u{201d}' => 0x94,
            c => c as u8,
        })
        .collect();
    assert_eq!(expected.questions.len(), 2);
    assert_eq!(imported("g", &utf_16).rubric, expected);
    assert_eq!(imported("g", &windows).rubric, expected);
}

#[test]
fn a_file_that_is_no_guide_is_refused_with_a_hint() {
    for (bytes, says) in [
        (&b"%PDF-1.7"[..], "this is a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "this is an image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "this is an image"),
        (b"a\0\x01\x02\x03", "binary data"),
        (b"", "the file is empty"),
        (b"The weather was fine.\nWe stayed out.\n", "no interview question was found"),
        (b"{\"a\": 1}", "this is JSON, but no rubric"),
        (b"PK\x03\x04abc", "the Word document is damaged"),
    ] {
        let faults = import("g", bytes, &by_shared_words).expect_err("refused");
        assert!(faults.to_string().contains(says), "{faults}");
        assert!(faults.all().iter().all(|fault| !fault.hint.is_empty()));
    }
}

#[test]
fn what_is_missing_is_a_gap_in_the_file_that_loads_all_the_same() {
    let import = imported("g", b"Questions\n\n1. Why us?\n2. Why now?\n");
    assert!(
        import.toml.contains("# gap: the guide gives no assesses, listen_for, ideal_answers, anchors"),
        "{}",
        import.toml
    );
    let loaded = parse("r.toml", &import.toml).expect("a rubric");
    assert_eq!(loaded.rubric, import.rubric);
    assert!(lint::lint(&loaded).iter().any(|finding| finding.reason.contains("has no `listen_for`")));
}

#[test]
fn three_hundred_questions_are_imported_in_time() {
    let mut guide = "# Three hundred questions\n\n".to_owned();
    for n in 0..300 {
        write!(guide, "## {n}. How do you handle case {n} of the book?\n\n**Purpose:** To see {n}.\n\n**Listen for:** steps, names, and figures.\n\n**Sample answer:** \"I begin with step {n} and write it down.\"\n\n").expect("a string");
    }
    let began = std::time::Instant::now();
    assert_eq!(imported("g", guide.as_bytes()).rubric.questions.len(), 300);
    assert!(began.elapsed().as_secs() < 5);
}

/// The guides that the project began with, where they are at hand.
fn seed(name: &str) -> Option<Vec<u8>> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/seeds");
    let folder = std::env::var_os("EARMARK_SEEDS").map_or(shared, PathBuf::from);
    let file =
        std::fs::read_dir(folder).ok()?.flatten().find(|file| file.file_name().to_string_lossy().starts_with(name))?;
    std::fs::read(file.path()).ok()
}

/// Where questions and their follow-ups stand in a guide, as it was imported.
fn places(report: &ImportReport) -> BTreeSet<usize> {
    let of = |question: &earmark::library::guide::ImportedQuestion| {
        [vec![question.line], question.again.clone(), question.follow_ups.clone()].concat()
    };
    report.questions.iter().flat_map(of).collect()
}

fn seed_report(name: &str) -> Option<ImportReport> {
    Some(imported(name, &seed(name)?).report.expect("a draft"))
}

#[test]
fn every_question_of_the_bare_lists_is_found_and_none_invented() {
    let Some(report) = seed_report("000") else { return };
    let star = [35, 37, 39, 41, 45, 47, 49, 51, 53, 57, 59, 61, 63, 65, 69, 71, 73, 75, 77, 81, 83, 85, 87];
    let expected: BTreeSet<usize> = (11..=15).chain(19..=23).chain(27..=31).chain(star).collect();
    assert_eq!(places(&report), expected);
}

#[test]
fn answers_given_elsewhere_are_under_their_questions() {
    let Some(report) = seed_report("001") else { return };
    let expected: BTreeSet<usize> = (7..=24).chain(43..=83).chain(96..=108).chain([148]).collect();
    assert_eq!(places(&report), expected);
    assert_eq!(report.questions.len(), 73, "one is asked twice, and two are in one sentence");
    let answered: [(usize, std::ops::RangeInclusive<usize>); 15] = [
        (9, 26..=27),
        (23, 28..=35),
        (16, 36..=37),
        (10, 38..=39),
        (7, 40..=41),
        (50, 85..=86),
        (48, 87..=88),
        (63, 89..=89),
        (64, 90..=91),
        (61, 92..=94),
        (104, 110..=110),
        (107, 111..=112),
        (108, 113..=114),
        (98, 115..=118),
        (99, 119..=126),
    ];
    for (line, lines) in answered {
        let question = report.questions.iter().find(|question| question.line == line).expect("the question");
        let found: BTreeSet<usize> = question
            .criteria
            .iter()
            .chain(&question.assesses)
            .chain(&question.ideal_answers)
            .copied()
            .chain(question.remarks.iter().map(|remark| remark.line))
            .collect();
        assert_eq!(found, lines.collect(), "{question:?}");
        assert!(question.confidence.is_some());
    }
}

#[test]
fn labelled_passages_are_under_their_questions() {
    let Some(report) = seed_report("002") else { return };
    let first = [34, 108, 182, 242];
    let expected: BTreeSet<usize> =
        first.iter().zip([5, 5, 4, 5]).flat_map(|(line, count)| (0..count).map(move |n| line + 14 * n)).collect();
    assert_eq!(places(&report), expected);
    for question in &report.questions {
        assert_eq!(
            (&question.assesses[..], &question.ideal_answers[..]),
            (&[question.line + 4][..], &[question.line + 12][..])
        );
        assert!(
            !question.criteria.is_empty() && question.criteria.iter().all(|line| *line == question.line + 8),
            "{question:?}"
        );
    }
}

#[test]
fn remarks_answers_and_tips_are_told_apart() {
    let Some(report) = seed_report("003") else { return };
    let expected = [7, 11, 15, 19, 23, 27, 31, 35, 39, 43, 47, 51, 55, 59, 63, 67];
    assert_eq!(places(&report), BTreeSet::from(expected));
    let answers = [9, 13, 17, 0, 26, 30, 34, 38, 42, 46, 50, 54, 58, 62, 66, 70];
    for (question, answer) in report.questions.iter().zip(answers) {
        assert_eq!(question.ideal_answers, if answer == 0 { vec![] } else { vec![answer] });
    }
    let tips: Vec<usize> = report
        .questions
        .iter()
        .flat_map(|question| &question.remarks)
        .filter(|remark| remark.text.starts_with("tip: "))
        .map(|tip| tip.line)
        .collect();
    assert_eq!(tips, [10, 14, 18, 21]);
}

/// Each word of a rubric that a guide may have given.
fn words(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[test]
fn no_word_of_a_draft_is_made_up() {
    // A verb before a list stands before each of its items, in the form that a criterion has.
    let verbs = words(
        "mentions includes covers discusses describes shows demonstrates highlights explains names lists cares reflects gives",
    );
    let fixtures = std::fs::read_dir(folder()).expect("the guides").flatten().map(|file| file.path());
    let texts = fixtures
        .filter(|path| path.extension().is_some_and(|end| end != "expected"))
        .map(|path| std::fs::read(path).expect("a guide"));
    for bytes in texts.chain(["000", "001", "002", "003"].iter().filter_map(|name| seed(name))) {
        let source: BTreeSet<String> = words(&String::from_utf8_lossy(&bytes)).union(&verbs).cloned().collect();
        for question in &imported("g", &bytes).rubric.questions {
            let asked = question.wordings().chain(question.assesses.as_deref());
            let said = question
                .ideal_answers
                .iter()
                .map(String::as_str)
                .chain(question.criteria.iter().map(|one| one.text.as_str()));
            for text in asked.chain(said) {
                let made_up: Vec<_> = words(text).difference(&source).cloned().collect();
                assert_eq!(made_up, [""; 0], "{text}");
            }
        }
    }
}

/// The rubrics that ship, and two others.
static RUBRICS: LazyLock<Vec<Rubric>> = LazyLock::new(|| {
    let shipped = ["backend-developer", "backend-definitions", "soft-skills", "introductory"];
    let others = ["data-analyst", "support-lead"].map(|name| format!("tests/fixtures/interviews/{name}/rubric.toml"));
    let paths = shipped.map(|name| format!("rubrics/{name}.toml")).into_iter().chain(others);
    let load = |path: String| earmark::library::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
    paths.map(|path| load(path).expect("a rubric").rubric).collect()
});

#[test]
fn exported_rubrics_read_back_as_they_were() {
    for rubric in RUBRICS.iter() {
        for text in [to_markdown(rubric), to_html(rubric), to_json(rubric)] {
            let back = imported("r", text.as_bytes());
            assert_eq!(back.rubric, *rubric, "{text}");
            assert_eq!(back.rubric.digest(), rubric.digest());
            assert!(back.report.is_none());
        }
    }
}

#[test]
fn an_exported_rubric_that_was_spoiled_names_every_place() {
    let rubric = imported("g", b"Questions\n\n1. Why us?\n2. Why now?\n").rubric;
    let text = to_markdown(&rubric).replace("Kind: ", "Sort: ").replace("## Scale", "## Skale");
    let faults = import("r.md", text.as_bytes(), &by_shared_words).expect_err("spoiled");
    assert!(faults.all().iter().filter(|fault| fault.line.is_some()).count() >= 3, "{faults}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_guide_is_read_or_refused_but_never_a_crash(lines in vec("(#{1,3} |- |[0-9]{1,2}[.)] |\\*\\*|\\| |<[hp/b]{1,2}>|Look for: |Answer: |Tip: |“)?[a-zA-Zéß日🙂,;:()“” ]{0,40}[?.:|*]{0,2}", 0..30)) {
        let text = lines.join("\n");
        if let Ok(import) = import("g", text.as_bytes(), &by_shared_words) {
            let loaded = parse("r.toml", &import.toml).map_err(|faults| TestCaseError::fail(format!("{faults}\n{text}")))?;
            prop_assert_eq!(loaded.rubric, import.rubric);
        }
    }

    #[test]
    fn any_part_of_what_ships_survives_an_export(which in 0_usize..6, from in 0_usize..48, count in 1_usize..4, drop in 0_usize..64) {
        let mut rubric = RUBRICS[which].clone();
        let from = from % rubric.questions.len();
        rubric.questions = rubric.questions.into_iter().skip(from).take(count).collect();
        // A question in the making lacks what it may lack.
        let question = &mut rubric.questions[0];
        let lacks = |bit: usize| drop & (1 << bit) != 0;
        if lacks(0) { question.assesses = None; }
        if lacks(1) { question.ideal_answers.truncate(1); }
        if lacks(2) { question.anchors.truncate(2); }
        if lacks(3) { question.follow_ups.clear(); }
        if lacks(4) { question.also_asked.clear(); }
        if lacks(5) { question.criteria.clear(); }
        for text in [to_markdown(&rubric), to_html(&rubric), to_json(&rubric)] {
            let back = import("r", text.as_bytes(), &by_shared_words).map_err(|faults| TestCaseError::fail(format!("{faults}\n{text}")))?;
            prop_assert_eq!(&back.rubric, &rubric, "{}", text);
        }
    }

    #[test]
    fn any_text_survives_an_export(texts in vec(r#"[a-zß日\\"'#=\[\]{}()*_`<>&|~!.:;,0-9+/-]{1,9}( [a-zß🙂\\"'#*_`<>&|!.:0-9-]{1,9}){0,3}"#, 6)) {
        let mut rubric = imported("g", b"Questions\n\n1. Why us?\nLook for: a; b\n2. Why now?\n").rubric;
        rubric.title = texts[0].clone();
        rubric.version = texts[1].clone();
        rubric.questions[0].ask = texts[2].clone();
        rubric.questions[0].ideal_answers = vec![texts[3].clone(), texts[4].clone()];
        rubric.questions[0].criteria[0].text = texts[5].clone();
        rubric.questions[0].criteria[0].weight = 0.1;
        for text in [to_markdown(&rubric), to_html(&rubric), to_json(&rubric)] {
            let back = import("r", text.as_bytes(), &by_shared_words).map_err(|faults| TestCaseError::fail(format!("{faults}\n{text}")))?;
            prop_assert_eq!(&back.rubric, &rubric, "{}", text);
        }
    }
}

/// Written to the shapes of the four guides, in other layouts, before the importer was looked at.
#[test]
fn guides_of_other_layouts_give_every_question_and_invent_none() {
    let apart = folder().join("kept-apart");
    let expected = fs::read_to_string(apart.join("expected.json")).expect("it is there");
    let expected: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&expected).expect("JSON");
    let (mut questions, mut found, mut passages, mut placed) = (0, 0, 0, 0);
    for (name, guide) in &expected {
        let import = imported(name, &fs::read(apart.join(name)).expect("a guide"));
        assert_eq!(Some(import.rubric.questions.len() as u64), guide["questions"].as_u64(), "{name}");
        // What belongs to a question stands between its heading and the next one, remarks and tips among it.
        let parts: Vec<&str> = import.toml.split("[[questions]]").skip(1).collect();
        for (ask, wanted) in guide["places"].as_object().expect("a table") {
            questions += 1;
            let part = parts.iter().find(|part| part.contains(ask.as_str()));
            found += usize::from(part.is_some());
            for passage in wanted.as_array().expect("a list").iter().filter_map(|passage| passage.as_str()) {
                passages += 1;
                let there = part.is_some_and(|part| part.to_lowercase().contains(&passage.to_lowercase()));
                placed += usize::from(there);
                if !there {
                    eprintln!("{name}: {ask}: {passage}");
                }
            }
        }
    }
    assert_eq!((found, questions), (28, 28));
    assert!(placed * 10 >= passages * 9, "{placed} of {passages} passages are under their question");
}
