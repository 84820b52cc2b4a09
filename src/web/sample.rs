//! One small evaluation for tests, with everything in it that a form might get wrong: markup, terminal codes, writing
//! direction, wide characters, spans that overlap.

use crate::domain::{
    Abstention, Anchor, Competency, CompetencyScore, Criterion, CriterionKind, CriterionResult, Digest, Distribution,
    Dropped, Evaluation, Evidence, Flag, Format, MadeWith, NotEvidence, Note, Overall, ParseReport, Question,
    QuestionKind, QuestionResult, Rubric, RubricRef, SCHEMA, Scale, Speaker, Stance, Status, Suggestion, Transcript,
    TranscriptRef, Utterance, Verdict, Voice,
};

/// What the candidate says to attack whoever shows it.
pub const ATTACK: &str = "<script>alert('x')</script> [click](javascript:alert(1)) | **bold** \u{202e}desrever\u{202c} \
                          \u{1b}[31mred # none https://evil.example a@evil.example </style> &amp; {{ 7 }} \u{2069}end";

pub fn hostile() -> (Evaluation, Rubric, Transcript) {
    let rubric = rubric();
    let transcript = transcript();
    let voice = Voice::of_speaker(&transcript, 1).expect("Dana speaks");
    let quoted = |utterance, words: &str, stance| {
        Evidence::quoted(&transcript, &voice, utterance, words, stance).expect("the words are there")
    };
    let criteria = vec![
        found(
            "resource-naming",
            CriterionKind::ListenFor,
            Verdict::Met,
            vec![
                quoted(1, "orders and customers, never verbs", Stance::Supports),
                quoted(4, "名詞を使い、動詞は使いません", Stance::Supports),
            ],
        ),
        found(
            "status-codes",
            CriterionKind::ListenFor,
            Verdict::Contradicted,
            vec![quoted(1, "never verbs, and errors come back as 200 with a body", Stance::Contradicts)],
        ),
        found(
            "attack",
            CriterionKind::ListenFor,
            Verdict::Partly,
            vec![
                quoted(3, "</script> [click](javascript:alert(1)) | **bold** \u{202e}desrever", Stance::Supports),
                quoted(3, ATTACK, Stance::Supports),
            ],
        ),
        found("always-200", CriterionKind::RedFlag, Verdict::Met, vec![quoted(1, "200 with", Stance::Supports)]),
    ];
    let every: Vec<&Evidence> = criteria.iter().flat_map(|c| &c.evidence).collect();
    let shares = Distribution::new(&rubric.scale, vec![0.01, 0.06, 0.31, 0.5, 0.12]).expect("a distribution");
    let why = "One of three listen-fors shown, one contradicted.".to_owned();
    let scored = Suggestion::scored(&rubric.scale, shares, &every, why).expect("there is evidence");
    let unavailable = Suggestion::abstained(Abstention::JudgeUnavailable("<b>timeout</b>".into()));
    let first = QuestionResult {
        criteria,
        flags: vec![Flag::AddressesTheGrader, Flag::AskedAgain],
        unfound: vec![NotEvidence::NotFound],
        ..question("rest", Status::Answered, &[0, 2], &[1, 3, 4], Some(scored))
    };
    let questions = vec![
        first,
        question("volunteered", Status::Volunteered, &[], &[3], Some(unavailable)),
        question("silent", Status::NotAnswered, &[2], &[], Some(Suggestion::abstained(Abstention::NotAnswered))),
        question("open", Status::NotAsked, &[], &[], None),
    ];
    (evaluation(&rubric, &transcript, questions), rubric, transcript)
}

fn found(id: &str, kind: CriterionKind, verdict: Verdict, evidence: Vec<Evidence>) -> CriterionResult {
    CriterionResult { id: id.into(), kind, verdict, strength: 0.8, evidence }
}

fn question(
    id: &str,
    status: Status,
    asked_at: &[usize],
    answer: &[usize],
    suggestion: Option<Suggestion>,
) -> QuestionResult {
    QuestionResult {
        id: id.into(),
        status,
        asked_at: asked_at.to_vec(),
        answer: answer.to_vec(),
        suggestion,
        criteria: vec![],
        flags: vec![],
        unfound: vec![],
        claim: None,
    }
}

fn evaluation(rubric: &Rubric, transcript: &Transcript, questions: Vec<QuestionResult>) -> Evaluation {
    Evaluation {
        schema: SCHEMA,
        rubric: RubricRef::from(rubric),
        transcript: TranscriptRef::new(transcript, Some("Dana")),
        made_with: MadeWith {
            judge: "local".into(),
            embedder: "embedder-s".into(),
            model: "entailment-s".into(),
            prompt: Some(Digest::of(b"prompt")),
            profile: None,
            earmark: "0.1.0".into(),
        },
        questions,
        competencies: vec![
            CompetencyScore { id: "api".into(), score: Some(3.66), questions: 1 },
            CompetencyScore { id: "people".into(), score: None, questions: 0 },
        ],
        overall: Overall { score: Some(3.66), scored: 1, not_asked: 1, abstained: 2 },
    }
}

fn rubric() -> Rubric {
    let criterion = |id: &str, kind, text: &str| Criterion { id: id.into(), kind, text: text.into(), weight: 1.0 };
    let ask = |id: &str, ask: &str| Question {
        id: id.into(),
        competency: Some("api".into()),
        kind: QuestionKind::Technical,
        ask: ask.into(),
        also_asked: vec![],
        assesses: None,
        ideal_answers: vec![],
        criteria: vec![],
        anchors: vec![],
        follow_ups: vec![],
    };
    let rest = Question {
        criteria: vec![
            criterion("resource-naming", CriterionKind::ListenFor, "Names endpoints after resources"),
            criterion("status-codes", CriterionKind::ListenFor, "Returns status codes that match"),
            criterion("attack", CriterionKind::ListenFor, "Says <i>\"anything\"</i> 'else'"),
            criterion("always-200", CriterionKind::RedFlag, "Returns 200 for requests that failed"),
        ],
        anchors: vec![Anchor { score: 4, text: "A consistent layout with a separate layer for the rules.".into() }],
        ..ask("rest", "How do you usually lay out a REST API? <img src=x onerror=alert(1)>")
    };
    let competency = |id: &str, title: &str| Competency { id: id.into(), title: title.into(), weight: 1.0 };
    Rubric {
        id: "backend".into(),
        title: "Back-end <b>developer</b>".into(),
        version: "1.0.0".into(),
        language: "en".into(),
        scale: Scale::default(),
        competencies: vec![competency("api", "API design | systems"), competency("people", "Working with people")],
        questions: vec![
            rest,
            ask("volunteered", "What went wrong?"),
            ask("silent", "Who did you explain it to?"),
            ask("open", "Why *this* company?"),
        ],
    }
}

fn transcript() -> Transcript {
    let speaker = |name: &str| Speaker { name: name.into(), stated_role: None };
    let said = |at: u64, speaker, text: &str| Utterance {
        speaker: Some(speaker),
        start_ms: Some(at * 1000),
        end_ms: Some(at * 1000 + 4000),
        text: text.into(),
        marks: vec![],
    };
    let layout = "I name things for what they are, orders and customers, never verbs, and errors come back as 200 with a \
                  body, to be honest.";
    let japanese =
        "設計は、資源から始めます。名詞を使い、動詞は使いません。それから、規則はサービスに置きます。とても大切です。";
    Transcript::new(
        b"the file",
        Format::WebVtt,
        vec![speaker("Priya <img src=x onerror=alert(1)>"), speaker("Dana")],
        vec![
            said(1, 0, "How do you lay out a REST API?"),
            said(7, 1, layout),
            said(30, 0, "Tell me more, and who did you explain it to?"),
            said(40, 1, ATTACK),
            said(50, 1, japanese),
        ],
        ParseReport {
            read: 6,
            dropped: vec![Dropped { line: Some(12), why: "a cue without words".into() }],
            notes: vec![Note { line: None, text: "A <b>gap</b> of 9 s.".into() }],
        },
    )
    .expect("has words")
}
