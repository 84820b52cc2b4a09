//! Retrieval through its public door. What holds of one index holds of the other: most tests here run against the
//! index in memory, against our own Qdrant server (`harness/qdrant.rs`), and against the one at `QDRANT_URL` (its key
//! in `QDRANT_API_KEY`) where that is set.

use crate::harness::program::{earmark_with, folder};
use crate::harness::qdrant::QdrantServer;
use crate::harness::service::{RUBRIC, TRANSCRIPT};
use crate::harness::tls;
use earmark::domain::{Anchor, Criterion, CriterionKind, Digest, FollowUp, Question, QuestionKind, Rubric, Scale};
use earmark::retrieval::{Filter, Hit, Kind, Point, QdrantSettings, Retrieval, RetrievalError, Vector};
use secrecy::SecretString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

const ALL: usize = usize::MAX;

fn question(id: &str, ask: &str) -> Question {
    Question {
        id: id.into(),
        competency: None,
        kind: QuestionKind::Technical,
        ask: ask.into(),
        also_asked: vec![],
        assesses: None,
        ideal_answers: vec![],
        criteria: vec![],
        anchors: vec![],
        follow_ups: vec![],
    }
}

fn criterion(id: &str, kind: CriterionKind, text: &str) -> Criterion {
    Criterion { id: id.into(), kind, text: text.into(), weight: 1.0 }
}

/// `id` keeps the rubrics of tests apart on a shared server.
fn rubric(id: &str) -> Rubric {
    let api = Question {
        also_asked: vec!["Walk me through an API you have built.".into()],
        ideal_answers: vec![
            "I model the API around resources. Errors use HTTP status codes.".into(),
            "Plain nouns in the path.".into(),
        ],
        criteria: vec![
            criterion("naming", CriterionKind::ListenFor, "Names endpoints after resources"),
            criterion("always-200", CriterionKind::RedFlag, "Answers every request with 200"),
        ],
        anchors: vec![Anchor { score: 3, text: "Knows nouns and verbs, vague on status codes".into() }],
        follow_ups: vec![FollowUp { part: None, ask: "What would you do about authentication?".into() }],
        ..question("api", "How do you lay out a REST API?")
    };
    let unicode = Question {
        criteria: vec![
            criterion(
                "zolc",
                CriterionKind::ListenFor,
                "Za\u{17c}\u{f3}\u{142}\u{107} g\u{119}\u{15b}l\u{105} ja\u{17a}\u{144}",
            ),
            criterion("kanji", CriterionKind::ListenFor, "\u{65e5}\u{672c}\u{8a9e}\u{306e}\u{30c6}\u{30b9}\u{30c8}"),
            criterion("emoji", CriterionKind::RedFlag, "\u{1f469}\u{200d}\u{1f4bb} ships on Friday \u{1f642}"),
        ],
        ..question("any script", "Kubernetes")
    };
    Rubric {
        id: id.into(),
        title: "Back-end developer".into(),
        version: "1.0.0".into(),
        language: "en".into(),
        scale: Scale::default(),
        competencies: vec![],
        questions: vec![api, unicode],
    }
}

fn settings(url: &str) -> QdrantSettings {
    QdrantSettings {
        url: url.into(),
        api_key: None,
        collection_prefix: "earmark-test".into(),
        timeout: Duration::from_secs(30),
        ..QdrantSettings::default()
    }
}

/// Runs a check against every index there is.
async fn with_each_index(check: impl AsyncFn(Retrieval)) {
    check(Retrieval::local(None).expect("needs nothing")).await;
    let server = QdrantServer::start(None).await;
    check(Retrieval::with_qdrant(&settings(server.url())).await.expect("it runs")).await;
    if let Ok(url) = std::env::var("QDRANT_URL") {
        let api_key = std::env::var("QDRANT_API_KEY").ok().map(SecretString::from);
        let real = QdrantSettings { api_key, ..settings(&url) };
        check(Retrieval::with_qdrant(&real).await.expect("QDRANT_URL answers")).await;
    }
}

async fn index(retrieval: &Retrieval, rubric: &Rubric) -> Digest {
    // On a server that outlives the test, an earlier run may have left it there.
    retrieval.remove_rubric(&rubric.digest()).await.expect("can be removed");
    retrieval.index_rubric(rubric).await.expect("can be indexed").rubric
}

async fn embed(retrieval: &Retrieval, texts: &[&str]) -> Vec<Vector> {
    retrieval.embed(texts).await.expect("the model runs")
}

async fn nearest(retrieval: &Retrieval, rubric: &Digest, text: &str, filter: Filter<'_>, k: usize) -> Vec<Hit> {
    let queries = embed(retrieval, &[text]).await;
    let mut found = retrieval.nearest(rubric, &queries, filter, k).await.expect("the rubric is there");
    assert_eq!(found.len(), 1, "one list a query");
    found.remove(0)
}

fn name(point: &Point) -> String {
    format!("{}/{:?}/{}/{}", point.question, point.kind, point.part, point.criterion.as_deref().unwrap_or("-"))
}

fn names(hits: &[Hit]) -> Vec<String> {
    hits.iter().map(|hit| name(&hit.point)).collect()
}

/// The rubric's points in its order, by hand.
const POINTS: [&str; 15] = [
    "api/Ask/0/-",
    "api/Ask/1/-",
    "api/FollowUp/0/-",
    "api/IdealAnswer/0/-",
    "api/IdealAnswer/1/-",
    "api/IdealSentence/0/-",
    "api/IdealSentence/1/-",
    "api/IdealSentence/2/-",
    "api/ListenFor/0/naming",
    "api/RedFlag/1/always-200",
    "api/Anchor/0/-",
    "any script/Ask/0/-",
    "any script/ListenFor/0/zolc",
    "any script/ListenFor/1/kanji",
    "any script/RedFlag/2/emoji",
];

#[tokio::test]
async fn every_text_of_a_rubric_is_found_by_itself() {
    with_each_index(async |retrieval| {
        let rubric = index(&retrieval, &rubric("found-by-itself")).await;
        let all = nearest(&retrieval, &rubric, "anything", Filter::default(), ALL).await;
        let mut sorted = names(&all);
        sorted.sort_unstable();
        let mut expected = POINTS.to_vec();
        expected.sort_unstable();
        assert_eq!(sorted, expected);
        for hit in all {
            let first = nearest(&retrieval, &rubric, &hit.point.text, Filter::default(), 1).await.remove(0);
            assert_eq!(first.point.text, hit.point.text);
            assert!((first.similarity - 1.0).abs() < 1e-5, "{}", first.similarity);
        }
    })
    .await;
}

#[tokio::test]
async fn hits_are_those_of_comparing_everything() {
    with_each_index(async |retrieval| {
        let digest = index(&retrieval, &rubric("brute-force")).await;
        let texts = ["We return 404 when it is missing", "Tokens, then roles", "\u{1f642}", "kubernetes", ""];
        let queries = embed(&retrieval, &texts).await;
        let all = nearest(&retrieval, &digest, "anything", Filter::default(), ALL).await;
        for k in [1, 4, 15] {
            let found = retrieval.nearest(&digest, &queries, Filter::default(), k).await.expect("is there");
            for (query, hits) in queries.iter().zip(found) {
                assert_eq!(hits.len(), k);
                let expected = compare_everything(&retrieval, query, &all).await;
                for (hit, (similarity, expected)) in hits.iter().zip(&expected) {
                    assert!((f64::from(hit.similarity) - similarity).abs() < 1e-5);
                    // One-sentence answers tie with their sentence, and the order of the rubric decides.
                    assert_eq!(name(&hit.point), *expected, "k = {k}");
                }
            }
        }
    })
    .await;
}

/// Cosines by the textbook, in double precision, the most similar first, ties in the order of the rubric.
async fn compare_everything(retrieval: &Retrieval, query: &Vector, all: &[Hit]) -> Vec<(f64, String)> {
    let texts: Vec<&str> = all.iter().map(|hit| hit.point.text.as_str()).collect();
    let vectors = embed(retrieval, &texts).await;
    let mut expected: Vec<(f64, String)> = Vec::new();
    for (hit, vector) in all.iter().zip(&vectors) {
        let product = |a: &Vector, b: &Vector| {
            a.as_slice().iter().zip(b.as_slice()).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>()
        };
        let cosine = product(query, vector) / (product(query, query) * product(vector, vector)).sqrt();
        expected.push((cosine, name(&hit.point)));
    }
    let order = |name: &str| POINTS.iter().position(|point| *point == name);
    expected.sort_by(|(a, a_name), (b, b_name)| b.total_cmp(a).then(order(a_name).cmp(&order(b_name))));
    expected
}

#[tokio::test]
async fn ties_come_in_the_order_of_the_rubric_wherever_they_are_cut() {
    with_each_index(async |retrieval| {
        let same = |n: usize| Question {
            criteria: vec![criterion("same", CriterionKind::ListenFor, "Writes automated tests")],
            ..question(&format!("question-{n:02}"), "Why?")
        };
        let rubric = Rubric { questions: (0..40).map(same).collect(), ..rubric("ties") };
        let digest = index(&retrieval, &rubric).await;
        for k in [1, 7, 39, 40] {
            let hits = nearest(&retrieval, &digest, "She tests", Filter::default(), k).await;
            let expected: Vec<String> = (0..k).map(|n| format!("question-{n:02}/ListenFor/0/same")).collect();
            assert_eq!(names(&hits), expected);
        }
    })
    .await;
}

#[tokio::test]
async fn indexing_again_changes_nothing() {
    with_each_index(async |retrieval| {
        let rubric = rubric("again");
        let digest = index(&retrieval, &rubric).await;
        let before = nearest(&retrieval, &digest, "status codes", Filter::default(), ALL).await;
        let again = retrieval.index_rubric(&rubric).await.expect("is there");
        assert_eq!((again.points, again.embedded), (POINTS.len(), 0));
        let after = nearest(&retrieval, &digest, "status codes", Filter::default(), ALL).await;
        assert_eq!(before, after);
    })
    .await;
}

#[tokio::test]
async fn a_changed_rubric_does_not_mix_with_the_old_one() {
    with_each_index(async |retrieval| {
        let old = rubric("changed");
        let mut new = old.clone();
        new.questions[1].ask = "Do you know Kubernetes?".into();
        let (old, new) = (index(&retrieval, &old).await, index(&retrieval, &new).await);
        let ask = Filter { question: Some("any script"), kinds: &[Kind::Ask] };
        for (rubric, text) in [(&old, "Kubernetes"), (&new, "Do you know Kubernetes?")] {
            let hits = nearest(&retrieval, rubric, "kubernetes", ask, ALL).await;
            assert_eq!(hits.iter().map(|hit| hit.point.text.as_str()).collect::<Vec<_>>(), [text]);
        }
        assert_eq!(retrieval.remove_rubric(&old).await.expect("can be removed"), POINTS.len());
        assert_eq!(nearest(&retrieval, &new, "kubernetes", Filter::default(), ALL).await.len(), POINTS.len());
    })
    .await;
}

#[tokio::test]
async fn a_filter_lets_through_its_question_and_its_kinds_only() {
    with_each_index(async |retrieval| {
        let digest = index(&retrieval, &rubric("filter")).await;
        let found = async |filter| {
            let mut found = names(&nearest(&retrieval, &digest, "anything", filter, ALL).await);
            found.sort_unstable();
            found
        };
        let criteria = [Kind::ListenFor, Kind::RedFlag];
        let of_both = found(Filter { question: None, kinds: &criteria }).await;
        assert_eq!(of_both.len(), 5);
        let of_one = found(Filter { question: Some("api"), kinds: &criteria }).await;
        assert_eq!(of_one, ["api/ListenFor/0/naming", "api/RedFlag/1/always-200"]);
        assert_eq!(found(Filter { question: Some("any script"), kinds: &[] }).await.len(), 4);
        assert_eq!(found(Filter { question: Some("nobody asks"), kinds: &[] }).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_or_removed_rubric_is_an_error() {
    with_each_index(async |retrieval| {
        let digest = rubric("unknown").digest();
        assert_eq!(retrieval.remove_rubric(&digest).await.expect("nothing to do"), 0);
        let queries = embed(&retrieval, &["anything"]).await;
        let unknown = retrieval.nearest(&digest, &queries, Filter::default(), 3).await;
        assert!(matches!(unknown, Err(RetrievalError::UnknownRubric(which)) if which == digest));
        index(&retrieval, &rubric("unknown")).await;
        assert_eq!(retrieval.remove_rubric(&digest).await.expect("is there"), POINTS.len());
        let removed = retrieval.nearest(&digest, &queries, Filter::default(), 3).await;
        assert!(matches!(removed, Err(RetrievalError::UnknownRubric(_))));
    })
    .await;
}

#[tokio::test]
async fn nothing_asked_is_nothing_found() {
    with_each_index(async |retrieval| {
        let digest = index(&retrieval, &rubric("nothing")).await;
        assert_eq!(retrieval.nearest(&digest, &[], Filter::default(), 3).await.expect("is there"), [[]; 0]);
        assert_eq!(nearest(&retrieval, &digest, "anything", Filter::default(), 0).await, []);
        assert_eq!(embed(&retrieval, &[]).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_vector_depends_on_its_text_alone() {
    let retrieval = Retrieval::local(None).expect("needs nothing");
    // Lengths that meet in batches of every size, in three orders.
    let texts: Vec<String> = (0..60_usize).map(|n| format!("word {}{n}", "and then ".repeat(n % 7))).collect();
    let mut alone = Vec::new();
    for text in &texts {
        alone.extend(embed(&retrieval, &[text]).await);
    }
    for step in [1, 7, 43] {
        let order: Vec<usize> = (0..texts.len()).map(|n| n * step % texts.len()).collect();
        let shuffled: Vec<&str> = order.iter().map(|place| texts[*place].as_str()).collect();
        for together in [texts.len(), 11] {
            let mut vectors = Vec::new();
            for some in shuffled.chunks(together) {
                vectors.extend(embed(&retrieval, some).await);
            }
            for (vector, place) in vectors.iter().zip(&order) {
                assert_eq!(bits(vector), bits(&alone[*place]), "{}", texts[*place]);
            }
        }
    }
}

fn bits(vector: &Vector) -> Vec<u32> {
    vector.as_slice().iter().map(|number| number.to_bits()).collect()
}

#[tokio::test]
async fn a_paraphrase_is_nearer_than_another_subject() {
    let retrieval = Retrieval::local(None).expect("needs nothing");
    let texts = ["I write tests before the code.", "My unit tests come first.", "The canteen serves soup on Mondays."];
    let vectors = embed(&retrieval, &texts).await;
    let (near, far) = (vectors[0].similarity(&vectors[1]), vectors[0].similarity(&vectors[2]));
    assert!(near > 0.5 && far < 0.2, "{near} and {far}");
}

#[tokio::test]
async fn a_text_counts_by_its_first_256_tokens() {
    let retrieval = Retrieval::local(None).expect("needs nothing");
    let (fits, longer) = ("word ".repeat(254), "word ".repeat(300));
    let vectors = embed(&retrieval, &[&fits, &longer]).await;
    assert_eq!(bits(&vectors[0]), bits(&vectors[1]));
}

#[tokio::test]
async fn the_cache_saves_the_work_and_never_changes_the_hits() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let rubric = rubric("cache");
    let fresh = async || Retrieval::local(Some(folder.path())).expect("can be made");
    let hits = async |retrieval: &Retrieval| {
        nearest(retrieval, &rubric.digest(), "status codes", Filter::default(), ALL).await
    };

    let first = fresh().await;
    assert_eq!(first.index_rubric(&rubric).await.expect("can be indexed").embedded, POINTS.len());
    let expected = hits(&first).await;

    let second = fresh().await;
    assert_eq!(second.index_rubric(&rubric).await.expect("is kept").embedded, 0);
    assert_eq!(hits(&second).await, expected);

    let file = std::fs::read_dir(folder.path().join("vectors")).expect("is there").next().expect("one file");
    let path = file.expect("can be read").path();
    let mut bytes = std::fs::read(&path).expect("can be read");
    *bytes.last_mut().expect("not empty") ^= 1;
    std::fs::write(&path, &bytes).expect("can be written");
    let third = fresh().await;
    assert_eq!(third.index_rubric(&rubric).await.expect("is made again").embedded, POINTS.len());
    assert_eq!(hits(&third).await, expected);

    third.remove_rubric(&rubric.digest()).await.expect("can be removed");
    assert!(!path.exists());
}

#[test]
fn a_cache_directory_that_cannot_be_made_is_an_error() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").expect("can be written");
    assert!(matches!(Retrieval::local(Some(&file)), Err(RetrievalError::Cache { .. })));
}

#[tokio::test]
async fn a_server_holds_one_collection_an_embedder_with_what_it_filters_by_indexed() {
    let server = QdrantServer::start(None).await;
    for _ in 0..2 {
        let retrieval = Retrieval::with_qdrant(&settings(server.url())).await.expect("it runs");
        retrieval.index_rubric(&rubric("collection")).await.expect("can be indexed");
    }
    let collections = server.collections();
    assert_eq!(collections.len(), 1);
    let (name, indexed, points) = &collections[0];
    assert!(name.starts_with("earmark-test-"), "{name}");
    assert_eq!(indexed, &["kind", "question", "rubric_digest", "tenant"]);
    assert_eq!(*points, POINTS.len());
}

#[tokio::test]
async fn an_interrupted_write_is_made_whole() {
    let server = QdrantServer::start(None).await;
    let retrieval = Retrieval::with_qdrant(&settings(server.url())).await.expect("it runs");
    let digest = index(&retrieval, &rubric("interrupted")).await;
    let expected = nearest(&retrieval, &digest, "status codes", Filter::default(), ALL).await;
    server.lose_a_point();
    assert_eq!(nearest(&retrieval, &digest, "status codes", Filter::default(), ALL).await.len(), POINTS.len() - 1);
    retrieval.index_rubric(&rubric("interrupted")).await.expect("can be indexed");
    assert_eq!(nearest(&retrieval, &digest, "status codes", Filter::default(), ALL).await, expected);
}

#[tokio::test]
async fn the_servers_key_is_needed_and_enough() {
    let server = QdrantServer::start(Some("open-sesame")).await;
    for wrong in [None, Some(SecretString::from("sesame"))] {
        let with_wrong = QdrantSettings { api_key: wrong, ..settings(server.url()) };
        let refused = Retrieval::with_qdrant(&with_wrong).await.err();
        assert!(matches!(refused, Some(RetrievalError::Refused { .. })), "{refused:?}");
    }
    let right = QdrantSettings { api_key: Some("open-sesame".into()), ..settings(server.url()) };
    assert!(Retrieval::with_qdrant(&right).await.is_ok());
    assert!(!format!("{right:?}").contains("sesame"), "a key is not printed");
}

#[tokio::test]
async fn a_server_that_is_not_there_or_does_not_answer_is_unreachable() {
    // Nobody listens at a port that was free a moment ago; at the other somebody listens and says nothing.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let nobody = format!("http://{}", gone.local_addr().expect("it is bound"));
    drop(gone);
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let silent = format!("http://{}", mute.local_addr().expect("it is bound"));
    for url in [nobody, silent] {
        let hasty = QdrantSettings { timeout: Duration::from_millis(300), ..settings(&url) };
        let error = Retrieval::with_qdrant(&hasty).await.err().expect("there is no server");
        assert!(matches!(error, RetrievalError::Unreachable { .. }), "{error:?}");
        assert!(error.to_string().contains(&url), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_behind_tls_is_used_where_its_certificate_is_trusted_and_not_otherwise() {
    let server = QdrantServer::start(None).await;
    let url = tls::before(server.url()).await;
    let run = async |authority: PathBuf| {
        let url = url.clone();
        let run = move || {
            let dir = folder();
            let path = |name: &str| dir.path().join(name).display().to_string();
            fs::write(path("small.toml"), RUBRIC).expect("written");
            fs::write(path("talk.vtt"), TRANSCRIPT).expect("written");
            let arguments = ["evaluate", &path("talk.vtt"), "--rubric", &path("small.toml"), "--qdrant", &url];
            earmark_with(&arguments, &[("SSL_CERT_FILE", &authority.display().to_string())])
        };
        tokio::task::spawn_blocking(run).await.expect("it runs")
    };
    // Trusts nobody who signed this certificate: the certificate that was signed is no authority.
    let refused = run(tls::fixture("server.pem")).await;
    assert_ne!(refused.code, 0, "{}", refused.out);
    assert!(refused.err.contains("https://localhost") && refused.out.is_empty(), "{}", refused.err);
    assert_eq!(server.calls(), 0, "nothing was sent");
    let trusted = run(tls::fixture("ca.pem")).await;
    assert_eq!(trusted.code, 0, "{}", trusted.err);
    assert!(server.calls() > 0 && trusted.out.contains("unit tests"), "{}", trusted.out);
}

#[tokio::test]
async fn a_collection_of_another_size_is_left_alone() {
    let server = QdrantServer::start(None).await;
    let retrieval = Retrieval::with_qdrant(&settings(server.url())).await.expect("it runs");
    server.resize(3);
    let error = retrieval.index_rubric(&rubric("size")).await.expect_err("it does not fit");
    assert!(matches!(&error, RetrievalError::Collection { why, .. } if why.contains("3 dimensions")), "{error:?}");
}

#[tokio::test]
async fn settings_that_cannot_be_right_are_refused_before_anything_is_sent() {
    let fine = settings("http://localhost:6334");
    let bad = [
        QdrantSettings { url: "localhost:6334".into(), ..fine.clone() },
        QdrantSettings { url: "http://".into(), ..fine.clone() },
        QdrantSettings { collection_prefix: "a/b".into(), ..fine.clone() },
        QdrantSettings { collection_prefix: String::new(), ..fine.clone() },
        QdrantSettings { api_key: Some("line\nbreak".into()), ..fine.clone() },
    ];
    for settings in bad {
        let error = Retrieval::with_qdrant(&settings).await.err().expect("cannot be right");
        assert!(matches!(error, RetrievalError::Settings(_)), "{error:?}");
    }
}
