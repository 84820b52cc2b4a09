//! The chat-model judge and embeddings over the network, against a server with OpenAI's interface.

use crate::harness::interviews::{Written, root, rubric_of};
use crate::harness::openai::{Act, Lacks, OpenAiServer, Quoting, error_body};
use crate::harness::program::{Run, earmark_with, folder};
use earmark::config::EvaluationSettings;
use earmark::domain::{ChatClaim, Evaluation, Flag, ReplyMode, Rubric, SharesFrom, Transcript, Verdict};
use earmark::endpoint::{EndpointError, EndpointSettings};
use earmark::evaluation::{Alone, EvaluateError, Tools, evaluate, plan, seen_in};
use earmark::ingest::{self, Limits};
use earmark::judge::{Brief, BudgetSettings, ChatJudge, ChatSettings, Judge, JudgeError, Price, Said};
use earmark::library;
use earmark::retrieval::{EmbeddingSettings, Retrieval};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const QUICK: Duration = Duration::from_millis(1);

fn rubric() -> &'static Rubric {
    static RUBRIC: OnceLock<Rubric> = OnceLock::new();
    RUBRIC.get_or_init(|| library::load(&rubric_of("backend")).expect("a good rubric").rubric)
}

/// Settings for a test: pauses of a millisecond.
fn settings(url: &str) -> ChatSettings {
    let endpoint = EndpointSettings {
        base_url: url.into(),
        backoff: QUICK,
        longest_pause: QUICK,
        timeout: Duration::from_secs(20),
        ..EndpointSettings::default()
    };
    ChatSettings::of(endpoint, "tiny")
}

fn judge(settings: ChatSettings) -> ChatJudge {
    ChatJudge::new(settings).expect("good settings")
}

const SAID: [&str; 4] = [
    "I name endpoints after resources, orders and customers, and never after verbs.",
    "Errors come back with the status codes that fit, so a missing order is a 404.",
    "Business logic stays out of the controllers, they only translate.",
    "It took us a while to get there.",
];

fn brief_of(question: &str, sentences: &[&str]) -> Brief {
    let question = rubric().question(question).expect("in the rubric").clone();
    let criteria = question.criteria.len();
    let said = |(place, text): (usize, &&str)| Said {
        text: (*text).into(),
        near: (0..criteria).map(|c| if c == place { 0.9 } else { 0.1 }).collect(),
    };
    Brief { question, scale: rubric().scale.clone(), sentences: sentences.iter().enumerate().map(said).collect() }
}

fn brief() -> Brief {
    brief_of("rest-api-structure", &SAID)
}

/// One brief for each of the rubric's questions.
fn all_briefs() -> Vec<Brief> {
    rubric().questions.iter().map(|q| brief_of(&q.id, &SAID)).collect()
}

async fn one(judge: &ChatJudge) -> Result<ChatClaim, JudgeError> {
    judge.claims(vec![brief()], &mut |_| {}).await.remove(0)
}

async fn claim_of(server: &OpenAiServer) -> Result<ChatClaim, JudgeError> {
    one(&judge(settings(server.url()))).await
}

#[tokio::test]
async fn one_request_for_a_question_gives_a_claim_on_all_its_criteria() {
    let server = OpenAiServer::start().await;
    let claim = claim_of(&server).await.expect("a claim");
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!((requests[0]["model"].as_str(), requests[0]["stream"].as_bool()), (Some("tiny"), Some(false)));
    assert_eq!(requests[0]["response_format"]["json_schema"]["strict"], json!(true));
    assert_eq!(claim.criteria.len(), brief().question.criteria.len());
    assert_eq!((claim.mode, claim.model.as_deref()), (ReplyMode::Schema, Some("tiny-2025")));
    assert_eq!((claim.prompt_tokens, claim.reply_tokens), (1_000, 100));
    assert_eq!(claim.criteria[0].quotes[0].words, SAID[0]);
    assert!(claim.reply.starts_with("{\"criteria\""));
    assert_eq!(json!(claim.messages), requests[0]["messages"], "the record holds what was sent, to the letter");
}

#[tokio::test]
async fn the_expected_score_comes_from_the_log_probabilities_of_the_score() {
    let server = OpenAiServer::start().await;
    let claim = claim_of(&server).await.expect("a claim");
    let shares = claim.shares.expect("the server tells them");
    let place = (claim.score - 1) as usize;
    // Half for the score, a quarter for the one below in two spellings, and a quarter that is no score.
    assert!((shares[place] - 2.0 / 3.0).abs() < 1e-9 && (shares[place - 1] - 1.0 / 3.0).abs() < 1e-9, "{shares:?}");
    assert_eq!(claim.shares_from, Some(SharesFrom::LogProbabilities));
}

#[tokio::test]
async fn without_log_probabilities_no_distribution_is_claimed_unless_samples_are_asked_for() {
    let server = OpenAiServer::start().await;
    server.lacks(Lacks { log_probabilities: true, ..Lacks::default() });
    let claim = claim_of(&server).await.expect("a claim");
    assert_eq!((claim.shares, claim.shares_from), (None, None));
    let scores = ["4", "4", "2", "7"].map(|score| Act::Scores(score.into()));
    // The last sample is out of range, and stays so when asked again.
    server.script(scores).otherwise(Act::Scores("9".into()));
    let sampled = judge(ChatSettings { samples: 4, temperature: 0.7, ..settings(server.url()) });
    let claim = one(&sampled).await.expect("a claim");
    let thirds = [0.0, 1.0 / 3.0, 0.0, 2.0 / 3.0, 0.0];
    assert!(claim.shares.expect("three samples").iter().zip(thirds).all(|(a, b)| (a - b).abs() < 1e-9));
    assert_eq!(claim.shares_from, Some(SharesFrom::Samples));
    let seeds: Vec<i64> = server.requests().iter().skip(1).filter_map(|r| r["seed"].as_i64()).collect();
    assert_eq!(seeds, [1, 2, 3, 4, 4]);
}

#[tokio::test]
async fn what_fails_in_passing_is_tried_again() {
    let page = "<html><body>Too many</body></html>".to_owned();
    let status = |code, headers: &[(&'static str, &str)], body: String| {
        Act::Status(code, headers.iter().map(|(n, v)| (*n, (*v).to_owned())).collect(), body)
    };
    for act in [
        status(429, &[("retry-after", "0")], error_body("Slow down", json!("rate_limit_exceeded"))),
        status(429, &[("retry-after", "99999")], error_body("Slow down", json!("rate_limit_exceeded"))),
        status(429, &[], error_body("Slow down", json!(429))),
        status(429, &[("content-type", "text/html")], page.clone()),
        status(500, &[], "oh".into()),
        status(503, &[], error_body("Loading model", json!(503))),
        status(502, &[("content-type", "text/html")], page),
        status(408, &[], String::new()),
        Act::Drops { after_some: false },
        Act::Drops { after_some: true },
        Act::Body("{\"choices\": [{\"message\": {\"con".into()),
        Act::Late(Duration::from_secs(60)),
    ] {
        let server = OpenAiServer::start().await;
        server.script([act.clone()]);
        let mut settings = settings(server.url());
        settings.endpoint.timeout = Duration::from_millis(1_500);
        let claim = one(&judge(settings)).await;
        assert!(claim.is_ok(), "{act:?}: {claim:?}");
        assert_eq!(server.requests().len(), 2, "{act:?}");
    }
}

#[tokio::test]
async fn what_keeps_failing_is_an_error_that_says_why() {
    for (act, says) in [
        (Act::Status(429, vec![], error_body("Slow down", json!(429))), "429 each time (it says: Slow down)"),
        (Act::Status(503, vec![], "<html>down</html>".into()), "status 503"),
        (Act::Drops { after_some: true }, "no answer from"),
        (Act::Late(Duration::from_secs(60)), "gave no answer within"),
        (Act::Body("nonsense".into()), "cannot be read"),
    ] {
        let server = OpenAiServer::start().await;
        server.otherwise(act.clone());
        let mut settings = settings(server.url());
        settings.endpoint.retries = 2;
        settings.endpoint.timeout = Duration::from_millis(if matches!(act, Act::Late(_)) { 50 } else { 5_000 });
        let error = one(&judge(settings)).await.expect_err("no claim").to_string();
        assert!(error.contains(says), "{act:?}: {error}");
        assert_eq!(server.requests().len(), 3, "{act:?}");
    }
}

#[tokio::test]
async fn a_reply_of_no_use_is_asked_for_once_more_with_the_complaint() {
    for (act, complaint) in [
        (Act::Says("I would say it was good.".into()), "expected value"),
        (Act::Says("{\"score\": 5}".into()), "missing field"),
        (Act::Says("[1, 2]".into()), "invalid"),
        (Act::Says(String::new()), "empty"),
        (Act::Scores("6".into()), "not on the scale"),
        (Act::Scores("-1".into()), "not on the scale"),
        (Act::Scores("\"five\"".into()), "no whole number"),
        (Act::Scores("null".into()), "no whole number"),
        (Act::CutsOff, "cut off"),
        (Act::NoChoices, "empty"),
    ] {
        let server = OpenAiServer::start().await;
        server.script([act.clone()]);
        let claim = claim_of(&server).await.unwrap_or_else(|error| panic!("{act:?}: {error}"));
        let requests = server.requests();
        assert_eq!(json!(claim.messages), requests[1]["messages"], "{act:?}: the record holds what the reply answers");
        assert_eq!(requests.len(), 2, "{act:?}");
        let again = requests[1]["messages"].as_array().expect("turns");
        assert_eq!(again.len(), 4);
        assert!(again[3]["content"].as_str().expect("words").contains(complaint), "{act:?}: {}", again[3]);

        server.otherwise(act.clone());
        let error = claim_of(&server).await.expect_err("no claim");
        assert!(matches!(&error, JudgeError::Reply(why) if why.contains(complaint)), "{act:?}: {error}");
        assert_eq!(server.requests().len(), 4, "{act:?}: once more, and no more");
    }
}

#[tokio::test]
async fn a_refusal_is_not_argued_with() {
    for act in [Act::Refuses, Act::Finishes("content_filter")] {
        let server = OpenAiServer::start().await;
        server.otherwise(act);
        assert!(matches!(claim_of(&server).await, Err(JudgeError::Refused(_))));
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn an_unknown_reason_for_the_end_of_a_reply_does_not_matter() {
    let server = OpenAiServer::start().await;
    server.otherwise(Act::Finishes("model_was_tired"));
    assert!(claim_of(&server).await.is_ok());
}

#[tokio::test]
async fn a_server_is_asked_in_what_it_understands_and_the_record_says_so() {
    for (lacks, mode, requests) in [
        (Lacks { schema: true, ..Lacks::default() }, ReplyMode::Json, 2),
        (Lacks { schema: true, json_mode: true, ..Lacks::default() }, ReplyMode::Tolerant, 3),
        (Lacks { temperature: true, max_tokens: true, ..Lacks::default() }, ReplyMode::Schema, 3),
    ] {
        let server = OpenAiServer::start().await;
        server.lacks(lacks);
        let judge = judge(settings(server.url()));
        let claim = one(&judge).await.expect("a claim");
        assert_eq!((claim.mode, server.requests().len()), (mode, requests), "{lacks:?}");
        let _ = judge.claims(vec![brief_of("maintainable-code", &SAID)], &mut |_| {}).await;
        assert_eq!(server.requests().len(), requests + 1, "it is remembered");
    }
}

#[tokio::test]
async fn a_reply_in_a_loose_shape_is_read_and_the_record_says_so() {
    let server = OpenAiServer::start().await;
    let honest = claim_of(&server).await.expect("a claim");
    server.otherwise(Act::Says(format!("Sure! Here it is:\n```json\n{}\n```", honest.reply)));
    let claim = claim_of(&server).await.expect("a claim");
    assert_eq!((claim.mode, claim.criteria, claim.score), (ReplyMode::Tolerant, honest.criteria, honest.score));
}

#[tokio::test]
async fn what_a_person_has_to_mend_is_one_clear_message() {
    let server = OpenAiServer::start().await;
    server.wants_key("sk-right-key").has_models(&["tiny"]);
    let keyed = |key: &str, url: &str, model: &str| {
        let mut settings = settings(url);
        settings.model = model.into();
        settings.endpoint.key = Some(key.to_owned().into());
        judge(settings)
    };
    let root = server.url().trim_end_matches("/v1").to_owned();
    for (judge, says) in [
        (keyed("sk-wrong-key", server.url(), "tiny"), "refuses the key: set OPENAI_API_KEY"),
        (judge(settings(server.url())), "refuses requests without a key"),
        (keyed("sk-right-key", server.url(), "huge"), "has no model \"huge\": name one that it has with --model"),
        (keyed("sk-right-key", &root, "tiny"), "is not an OpenAI-compatible endpoint (status 404, a web page)"),
    ] {
        let error = one(&judge).await.expect_err("no claim");
        assert!(error.is_for_all() && error.to_string().contains(says), "{error}");
        assert!(!error.to_string().contains("wrong-key") && !format!("{error:?}").contains("wrong-key"), "{error:?}");
    }
    server.otherwise(Act::Body("<!doctype html><html>Welcome</html>".into()));
    let error = one(&keyed("sk-right-key", server.url(), "tiny")).await.expect_err("no claim");
    assert!(error.is_for_all() && error.to_string().contains("a web page came back"), "{error}");
    assert!(keyed("sk-right-key", server.url(), "tiny").model().starts_with("tiny at http"));
}

#[tokio::test]
async fn once_a_setting_is_known_to_be_wrong_nobody_is_asked_in_vain() {
    let server = OpenAiServer::start().await;
    server.wants_key("sk-right-key");
    let mut settings = settings(server.url());
    settings.endpoint.in_flight = 2;
    let claims = judge(settings).claims(all_briefs(), &mut |_| {}).await;
    assert!(claims.iter().all(|claim| claim.as_ref().is_err_and(JudgeError::is_for_all)));
    assert!(server.requests().len() <= 2, "{} requests", server.requests().len());
}

#[tokio::test]
async fn a_second_run_costs_nothing_and_gives_the_same() {
    let server = OpenAiServer::start().await;
    let folder = folder();
    let cached = || ChatSettings { cache: Some(folder.path().into()), ..settings(server.url()) };
    let run = |settings: ChatSettings| async move {
        judge(settings)
            .claims(all_briefs(), &mut |_| {})
            .await
            .into_iter()
            .map(|c| c.map_err(|e| e.to_string()))
            .collect::<Vec<_>>()
    };
    let first = run(cached()).await;
    assert!(first.iter().all(Result::is_ok));
    let asked = server.requests().len();
    assert_eq!(asked, all_briefs().len());
    assert_eq!(run(cached()).await, first);
    server.otherwise(Act::Drops { after_some: false });
    assert_eq!(run(ChatSettings { replay: true, ..cached() }).await, first);
    assert_eq!(server.requests().len(), asked, "nobody was asked");
    let other = ChatSettings { replay: true, model: "other".into(), ..cached() };
    assert!(run(other).await.iter().all(|c| c.as_ref().is_err_and(|e| e.contains("no reply is kept"))));
}

#[tokio::test]
async fn replies_in_another_mode_are_found_again_too() {
    let server = OpenAiServer::start().await;
    server.lacks(Lacks { schema: true, ..Lacks::default() });
    let folder = folder();
    let cached = || judge(ChatSettings { cache: Some(folder.path().into()), ..settings(server.url()) });
    let first = one(&cached()).await.expect("a claim");
    let asked = server.requests().len();
    assert_eq!(one(&cached()).await.expect("a claim"), first);
    assert_eq!((server.requests().len(), first.mode), (asked, ReplyMode::Json));
}

#[tokio::test]
async fn after_the_server_died_half_way_only_the_missing_requests_are_made() {
    let server = OpenAiServer::start().await;
    let folder = folder();
    let cached = || {
        let mut settings = ChatSettings { cache: Some(folder.path().into()), ..settings(server.url()) };
        settings.endpoint.in_flight = 4;
        settings.endpoint.retries = 1;
        judge(settings)
    };
    let all = all_briefs().len();
    server.script((0..9).map(|_| Act::Honest)).otherwise(Act::Drops { after_some: false });
    let claims = cached().claims(all_briefs(), &mut |_| {}).await;
    let there = claims.iter().filter(|claim| claim.is_ok()).count();
    assert_eq!(there, 9);
    for claim in claims.iter().filter_map(|claim| claim.as_ref().err()) {
        assert!(claim.to_string().contains("no answer from"), "{claim}");
    }
    assert!(server.requests().len() < 9 + 2 * (all - 9), "after some failures the rest are not tried");
    let before = server.requests().len();
    server.otherwise(Act::Honest);
    let claims = cached().claims(all_briefs(), &mut |_| {}).await;
    assert!(claims.iter().all(Result::is_ok));
    assert_eq!(server.requests().len() - before, all - there);
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_allowed() {
    let server = OpenAiServer::start().await;
    server.latency(Duration::from_millis(20));
    let mut settings = settings(server.url());
    settings.endpoint.in_flight = 3;
    let mut heard = Vec::new();
    let claims = judge(settings).claims(all_briefs(), &mut |done| heard.push(done)).await;
    assert!(claims.iter().all(Result::is_ok));
    assert_eq!(server.most_at_once(), 3);
    assert_eq!(heard, (1..=claims.len()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_budget_is_never_overdrawn() {
    let server = OpenAiServer::start().await;
    for budget in [
        BudgetSettings { tokens: Some(12_000), ..BudgetSettings::default() },
        BudgetSettings {
            money: Some(0.012),
            price: Some(Price { input: 1.0, output: 1.0 }),
            ..BudgetSettings::default()
        },
    ] {
        let before = server.requests().len();
        let claims = judge(ChatSettings { budget, ..settings(server.url()) }).claims(all_briefs(), &mut |_| {}).await;
        let made = server.requests().len() - before;
        // The server counts 1,100 tokens a request.
        assert!((1..=10).contains(&made), "{made} requests");
        let refused = claims.iter().filter(|claim| matches!(claim, Err(JudgeError::Budget))).count();
        assert_eq!(made + refused, claims.len());
    }
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_cut_to_what_is_most_relevant_and_says_so() {
    let server = OpenAiServer::start().await;
    let long: Vec<String> =
        (0..200).map(|n| format!("Then there was thing number {n}, of which I recall very little today.")).collect();
    let mut sentences: Vec<&str> = SAID.to_vec();
    sentences.extend(long.iter().map(String::as_str));
    let brief = brief_of("rest-api-structure", &sentences);
    let whole = judge(settings(server.url())).plan(&[self::brief()]).remove(0).expect("fits").tokens;
    let room = whole + 400;
    let cut = judge(ChatSettings { context: room + 2_048, ..settings(server.url()) });
    let claim = cut.claims(vec![brief.clone()], &mut |_| {}).await.remove(0).expect("a claim");
    assert!(
        !claim.left_out.is_empty() && claim.left_out.iter().all(|number| *number > SAID.len()),
        "{:?}",
        claim.left_out
    );
    let sent = server.requests()[0]["messages"][1]["content"].as_str().expect("words").to_owned();
    assert!(sent.contains("[...]") && sent.contains(SAID[0]) && sent.contains(SAID[2]));
    let planned = cut.plan(std::slice::from_ref(&brief)).remove(0).expect("fits");
    assert!(planned.tokens <= room && planned.left_out == claim.left_out.len(), "{}", planned.tokens);
    let tight = judge(ChatSettings { context: 2_048 + whole / 2, ..settings(server.url()) });
    assert!(matches!(tight.plan(&[brief]).remove(0), Err(JudgeError::TooLong { .. })));
}

#[tokio::test]
async fn a_prompt_that_is_too_long_for_the_server_is_no_reason_to_drop_the_schema() {
    let server = OpenAiServer::start().await;
    let body = error_body("the request exceeds the available context size, try increasing it", json!(400));
    server.otherwise(Act::Status(400, vec![], body));
    let error = claim_of(&server).await.expect_err("no claim");
    assert!(matches!(error, JudgeError::Endpoint(EndpointError::Rejected { .. })), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_server_that_rejects_both_names_of_a_limit_is_not_asked_for_ever() {
    let server = OpenAiServer::start().await;
    let body = error_body("max_tokens and max_completion_tokens must be less than or equal to 512", json!(400));
    server.otherwise(Act::Status(400, vec![], body));
    let error = claim_of(&server).await.expect_err("no claim");
    assert!(matches!(error, JudgeError::Endpoint(EndpointError::Rejected { .. })), "{error}");
    assert!(server.requests().len() < 10, "{}", server.requests().len());
}

#[tokio::test]
async fn prompts_are_as_they_were_reviewed_and_begin_alike() {
    let judge = judge(settings("http://localhost:1/v1"));
    let other = brief_of("rest-api-structure", &["I have not built one yet, sorry about that."]);
    let elsewhere = brief_of("maintainable-code", &SAID);
    let plans: Vec<_> = judge.plan(&[brief(), other, elsewhere]).into_iter().map(|p| p.expect("fits")).collect();
    insta::assert_snapshot!("prompt", format!("[system]\n{}\n[user]\n{}", plans[0].system, plans[0].user));
    assert!(plans.iter().all(|plan| plan.system == plans[0].system), "one beginning for all questions");
    let beginning = plans[0].user.split("<answer>").next().expect("a beginning");
    assert!(plans[1].user.starts_with(beginning), "one beginning for all candidates");
}

// ---- whole evaluations

struct Bench {
    retrieval: Retrieval,
}

impl Bench {
    fn new() -> Self {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        Self { retrieval: Retrieval::local(Some(&cache)).expect("a cache") }
    }

    async fn evaluated(&self, judge: Judge, file: &str) -> Result<(Evaluation, Transcript), EvaluateError> {
        let transcript = ingest::read("interview", file.as_bytes(), &Limits::default()).expect("reads");
        let tools =
            Tools { retrieval: &self.retrieval, judge: &judge, settings: EvaluationSettings::default(), profile: None };
        let made = evaluate(&tools, rubric(), &transcript, None, &mut |_| {}).await?;
        Ok((made, transcript))
    }
}

fn chat(server: &OpenAiServer) -> Judge {
    Judge::chat(settings(server.url())).expect("good settings")
}

#[tokio::test]
async fn an_interview_is_evaluated_with_verified_quotations_and_a_full_record() {
    let server = OpenAiServer::start().await;
    let file = Written::load("backend", "strong").zoom_vtt();
    let (made, transcript) = Bench::new().evaluated(chat(&server), &file).await.expect("evaluates");
    assert_eq!((made.made_with.judge.as_str(), made.made_with.prompt.is_some()), ("openai", true));
    let judged: Vec<_> = made.questions.iter().filter(|q| q.claim.is_some()).collect();
    assert!(judged.len() >= 8 && judged.len() == server.requests().len(), "{} judged", judged.len());
    for question in judged {
        let suggestion = question.suggestion.as_ref().expect("judged");
        assert!(suggestion.distribution().is_some(), "the server tells log probabilities");
        for criterion in &question.criteria {
            assert_eq!(criterion.evidence.is_empty(), criterion.verdict == Verdict::NotMet, "{}", criterion.id);
            for evidence in &criterion.evidence {
                let said = &transcript.utterances()[evidence.utterance()].text;
                assert_eq!(
                    (evidence.span().of(said), evidence.speaker()),
                    (Some(evidence.quote()), Some("Sam Okafor"))
                );
            }
        }
    }
}

#[tokio::test]
async fn nothing_of_the_people_in_a_transcript_leaves_the_machine_unless_it_is_allowed_to() {
    let server = OpenAiServer::start().await;
    let file = "Quentin Meyer: How do you usually lay out a REST API?\nZelda Okafor: I am Zelda, and Quentin knows this: I name endpoints \
                after resources. You can mail me at zelda.okafor@example.org or call +49 30 901820 about it. The code is on \
                https://github.com/sokafor/api and Zelda Okafor wrote the status codes.\nQuentin Meyer: Thanks.\nZelda Okafor: Thank you \
                Quentin, that was a nice talk we had.\n";
    let embeddings =
        EmbeddingSettings { endpoint: settings(server.url()).endpoint, model: "tiny-embed".into(), dimensions: None };
    let retrieval = Retrieval::with_endpoint(&embeddings, None, None).await.expect("vectors");
    let transcript = ingest::read("interview", file.as_bytes(), &Limits::default()).expect("reads");
    let people = ["Zelda", "Okafor", "Quentin", "Meyer", "example.org", "901820", "sokafor"];
    let (judge, settings) = (chat(&server), EvaluationSettings::default());
    let tools = Tools { retrieval: &retrieval, judge: &judge, settings, profile: None };
    let made = evaluate(&tools, rubric(), &transcript, None, &mut |_| {}).await.expect("evaluates");
    // Scored answers of an eval set have no speakers, but addresses.
    let text = "I name endpoints after resources, ask me at zelda.okafor@example.org or call +49 30 901820 about it.";
    let alone = [Alone { question: 0, text }];
    assert_eq!(seen_in(&tools, rubric(), &alone, None, &mut |_, _| {}).await.expect("is seen").len(), 1);
    let sent = json!(server.requests()).to_string();
    for word in people {
        assert!(!sent.contains(word), "{word} was sent");
    }
    assert!(
        sent.contains("PERSON_") && sent.contains("EMAIL_1") && sent.contains("PHONE_1") && sent.contains("LINK_1")
    );
    let question = made.questions.iter().find(|q| q.id == "rest-api-structure").expect("in the rubric");
    let quotes: Vec<&str> = question.criteria.iter().flat_map(|c| &c.evidence).map(|e| e.quote()).collect();
    assert!(quotes.iter().any(|quote| quote.contains("I am Zelda, and Quentin")), "{quotes:?}");
    let tools = Tools { settings: EvaluationSettings { mask: false, ..settings }, ..tools };
    let _ = plan(&tools, rubric(), &transcript, None, &mut |_| {}).await.expect("plans");
    assert!(json!(server.requests()).to_string().contains("zelda.okafor@example.org"), "--no-mask sends as it is");
}

#[tokio::test]
async fn vectors_of_two_servers_or_models_never_mix() {
    let server = OpenAiServer::start().await;
    let folder = folder();
    let with = |model: &str, dimensions| {
        let endpoint = settings(server.url()).endpoint;
        EmbeddingSettings { endpoint, model: model.into(), dimensions }
    };
    let mut identities = Vec::new();
    for embeddings in [with("a", None), with("b", None), with("a", Some(16))] {
        let retrieval = Retrieval::with_endpoint(&embeddings, Some(folder.path()), None).await.expect("vectors");
        let indexed = retrieval.index_rubric(rubric()).await.expect("indexes");
        assert_eq!(indexed.embedded, indexed.points, "nothing of another embedder was taken");
        identities.push(retrieval.embedder().to_owned());
        let again = Retrieval::with_endpoint(&embeddings, Some(folder.path()), None).await.expect("vectors");
        assert_eq!(again.index_rubric(rubric()).await.expect("indexes").embedded, 0);
    }
    identities.sort_unstable();
    identities.dedup();
    assert_eq!(identities.len(), 3);
    assert!(identities[0].contains(server.url()));
}

#[tokio::test]
async fn quotations_nobody_said_are_kept_apart_and_count_for_nothing() {
    let server = OpenAiServer::start().await;
    let bench = Bench::new();
    for quoting in [Quoting::Invented, Quoting::Nothing, Quoting::Scraps, Quoting::NotTheirs] {
        server.otherwise(Act::Obey(quoting));
        let (made, _) = bench.evaluated(chat(&server), &interview("")).await.expect("evaluates");
        let question = made.questions.iter().find(|q| q.id == "rest-api-structure").expect("in the rubric");
        assert_eq!(question.suggestion.as_ref().and_then(|s| s.score()), Some(1), "{quoting:?}");
        assert!(question.criteria.iter().all(|c| c.verdict == Verdict::NotMet && c.evidence.is_empty()), "{quoting:?}");
        assert_eq!(question.unfound.is_empty(), quoting == Quoting::Nothing);
        assert!(question.flags.contains(&Flag::LowAgreement), "{:?}", question.flags);
    }
}

#[tokio::test]
async fn one_sentence_does_not_carry_all_criteria() {
    let server = OpenAiServer::start().await;
    server.otherwise(Act::Obey(Quoting::TheFirst));
    let (made, _) = Bench::new().evaluated(chat(&server), &interview("")).await.expect("evaluates");
    let question = made.questions.iter().find(|q| q.id == "rest-api-structure").expect("in the rubric");
    let met = question.criteria.iter().filter(|c| c.verdict == Verdict::Met).count();
    let score = question.suggestion.as_ref().and_then(|s| s.score()).expect("a score");
    assert!(met <= 2 && score <= 4, "{met} met, score {score}");
}

#[tokio::test]
async fn a_judge_that_fails_is_an_abstention_and_a_wrong_key_is_an_error() {
    let server = OpenAiServer::start().await;
    let bench = Bench::new();
    server.otherwise(Act::Says("no".into()));
    let (made, _) = bench.evaluated(chat(&server), &interview("")).await.expect("evaluates");
    let question = made.questions.iter().find(|q| q.id == "rest-api-structure").expect("in the rubric");
    let abstained = question.suggestion.as_ref().and_then(|s| s.abstention()).expect("abstains").reason();
    assert!(abstained.starts_with("judge unavailable: the model replied twice"), "{abstained}");
    assert_eq!((made.overall.scored, made.overall.abstained), (0, 1));
    server.wants_key("sk-other");
    assert!(matches!(bench.evaluated(chat(&server), &interview("")).await, Err(EvaluateError::Judge(_))));
}

// ---- the candidate cannot steer it

#[derive(Deserialize)]
struct Injection {
    id: String,
    kind: String,
    text: String,
}

fn injections() -> Vec<Injection> {
    injections_of("tests/fixtures/injections.jsonl")
}

fn injections_of(file: &str) -> Vec<Injection> {
    let text = fs::read_to_string(root().join(file)).expect("is there");
    text.lines().map(|line| serde_json::from_str(line).expect("an attack")).collect()
}

/// A middling answer, and what is added to it.
fn interview(added: &str) -> String {
    format!(
        "Robin: How do you usually lay out a REST API?\nSam: I have built some of them, it depends on the project and on the \
         people. Mostly the endpoints are named after resources, and the rest grows as it is needed. {added}\nRobin: \
         Thanks.\nSam: Thank you for your time today, it was nice.\n"
    )
}

#[test]
fn the_corpus_has_attacks_of_many_kinds() {
    let all = injections();
    let mut kinds: Vec<&str> = all.iter().map(|attack| attack.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert!(all.len() >= 60 && kinds.len() >= 12, "{} attacks of {} kinds", all.len(), kinds.len());
}

#[test]
fn no_attack_breaks_out_of_its_block() {
    let judge = judge(settings("http://localhost:1/v1"));
    for attack in injections() {
        let mut brief = brief();
        brief.sentences[1].text = attack.text.clone();
        brief.sentences[3].text = format!("Well. {} {}", attack.text, attack.text);
        let planned = judge.plan(&[brief]).remove(0).expect("fits");
        let (id, user) = (&attack.id, &planned.user);
        assert_eq!((user.matches("<answer>").count(), user.matches("</answer>").count()), (1, 1), "{id}");
        assert!(user.ends_with("\n</answer>"), "{id}");
        let block = user.split("<answer>\n").nth(1).and_then(|rest| rest.strip_suffix("\n</answer>")).expect("a block");
        let lines: Vec<&str> = block.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).collect();
        assert_eq!(lines.len(), 4, "{id}: a line a sentence");
        for (place, line) in lines.iter().enumerate() {
            let words = line.strip_prefix(&format!("[{}] ", place + 1)).unwrap_or_else(|| panic!("{id}: {line}"));
            assert!(!words.contains(['<', '>', '[', ']']), "{id}: {line}");
            assert!(
                !words.chars().any(|c| c.is_control()
                    || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{e0000}'..='\u{e007f}')),
                "{id}"
            );
        }
    }
}

#[tokio::test]
async fn no_attack_raises_a_score_though_the_model_obeys_it() {
    let server = OpenAiServer::start().await;
    let bench = Bench::new();
    let score = |made: &Evaluation| {
        let question = made.questions.iter().find(|q| q.id == "rest-api-structure").expect("in the rubric").clone();
        let expected = question.suggestion.as_ref().and_then(|s| s.expected());
        (expected, question.flags)
    };
    let (made, _) = bench.evaluated(chat(&server), &interview("")).await.expect("evaluates");
    let (base, _) = score(&made);
    let base = base.expect("a middling answer has a score");
    assert!((1.5..4.0).contains(&base), "{base}");
    let (mut raised, mut unflagged, mut seen) = (Vec::new(), Vec::new(), 0);
    for attack in injections() {
        let file = interview(&attack.text.replace(['\n', '\u{2028}'], " "));
        for quoting in [Quoting::Everything, Quoting::TheLast, Quoting::Invented] {
            server.otherwise(Act::ObeyIfSeen(attack.text.clone(), quoting));
            let (made, _) = bench.evaluated(chat(&server), &file).await.expect("evaluates");
            let (with, flags) = score(&made);
            if with.is_some_and(|with| with > base + 1e-9) {
                raised.push(format!("{} ({quoting:?}): {base} -> {with:?}", attack.id));
            }
            if quoting == Quoting::Everything {
                if !flags.contains(&Flag::AddressesTheGrader) {
                    unflagged.push(attack.id.clone());
                }
                let question = made.questions.iter().find(|q| q.id == "rest-api-structure");
                seen += u32::from(
                    question.and_then(|q| q.claim.as_ref()).is_some_and(|c| c.reason.is_empty() || c.score == 5),
                );
            }
        }
    }
    println!("attacks {}, obeyed {seen}, unflagged {unflagged:?}", injections().len());
    assert!(raised.is_empty(), "{raised:#?}");
    assert!(unflagged.len() * 20 <= injections().len(), "unflagged: {unflagged:#?}");
}

/// Written without sight of the program, and never used to fit it: `injections-blind.jsonl`.
#[tokio::test]
async fn attacks_that_nothing_was_fitted_to_are_mostly_noticed() {
    #[derive(serde::Deserialize)]
    struct Line {
        attack: bool,
        text: String,
    }
    let bench = Bench::new();
    let lines = std::fs::read_to_string(root().join("tests/fixtures/injections-blind.jsonl")).expect("ships");
    let (mut attacks, mut honest) = ((0, 0), (0, 0));
    for line in lines.lines().map(|line| serde_json::from_str::<Line>(line).expect("a line")) {
        let file = interview(&line.text.replace(['\n', '\u{2028}'], " "));
        let (made, _) = bench.evaluated(Judge::local(), &file).await.expect("evaluates");
        let noticed = made.questions.iter().any(|q| q.flags.contains(&Flag::AddressesTheGrader));
        let (of, all) = if line.attack { &mut attacks } else { &mut honest };
        *of += usize::from(noticed);
        *all += 1;
    }
    println!("{} of {} attacks are flagged, {} of {} honest texts", attacks.0, attacks.1, honest.0, honest.1);
    assert!(attacks.0 * 10 >= attacks.1 * 8, "{attacks:?}");
    assert!(honest.0 * 5 <= honest.1, "{honest:?}");
}

#[tokio::test]
async fn attacks_change_no_score_of_the_local_judge_either() {
    let bench = Bench::new();
    let expected = |made: Evaluation| {
        let question = made.questions.into_iter().find(|q| q.id == "rest-api-structure").expect("in the rubric");
        question.suggestion.as_ref().and_then(|s| s.expected())
    };
    let base = expected(bench.evaluated(Judge::local(), &interview("")).await.expect("evaluates").0).expect("a score");
    let mut raised = Vec::new();
    for attack in injections() {
        let file = interview(&attack.text.replace(['\n', '\u{2028}'], " "));
        let with = expected(bench.evaluated(Judge::local(), &file).await.expect("evaluates").0);
        if with.is_some_and(|with| with > base + 0.05) {
            raised.push(format!("{}: {base} -> {with:?}", attack.id));
        }
    }
    assert!(raised.is_empty(), "{raised:#?}");
}

#[test]
fn ordinary_answers_are_not_taken_for_attacks() {
    // The written interviews hold no attack; whoever speaks in them speaks of work.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let bench = Bench::new();
    for candidate in ["strong", "weak"] {
        let file = Written::load("backend", candidate).zoom_vtt();
        let (made, _) = runtime.block_on(bench.evaluated(Judge::local(), &file)).expect("evaluates");
        for question in made.questions {
            assert!(!question.flags.contains(&Flag::AddressesTheGrader), "{candidate}: {}", question.id);
        }
    }
}

// ---- the program

const EXAMPLE: &str = "examples/backend-interview.vtt";
const RUBRIC: &str = "rubrics/backend-developer.toml";

/// Runs the program on the example with a chat model, in a folder of its own for replies.
async fn program(server: &OpenAiServer, cache: &Path, more: &[&str], environment: &[(&str, &str)]) -> Run {
    let (url, cache) = (server.url().to_owned(), cache.display().to_string());
    let more: Vec<String> = more.iter().map(|it| (*it).to_owned()).collect();
    let environment: Vec<(String, String)> =
        environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    tokio::task::spawn_blocking(move || {
        let mut arguments =
            vec!["evaluate", EXAMPLE, "--rubric", RUBRIC, "--judge", "openai", "--model", "tiny", "--cache", &cache];
        arguments.extend(more.iter().map(String::as_str));
        let mut environment: Vec<(&str, &str)> = environment.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        environment.push(("OPENAI_BASE_URL", &url));
        earmark_with(&arguments, &environment)
    })
    .await
    .expect("runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_evaluates_forecasts_shows_and_replays() {
    let server = OpenAiServer::start().await;
    server.wants_key("sk-test-key");
    let folder = folder();
    let key = [("OPENAI_API_KEY", "sk-test-key")];
    let dry = program(&server, folder.path(), &["--dry-run", "--show-prompts"], &key).await;
    assert_eq!((dry.code, server.requests().len()), (0, 0), "{}", dry.err);
    assert!(dry.out.contains("requests to tiny") && dry.out.contains("no price is known"), "{}", dry.out);
    assert!(dry.err.contains("<answer>") && !dry.err.contains("Dana"), "what is sent is shown, masked");

    let run = program(&server, folder.path(), &["--format", "json"], &key).await;
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let json: Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!((&json["made_with"]["judge"], json["made_with"]["prompt"].is_string()), (&json!("openai"), true));
    let asked = server.requests().len();
    assert!(asked > 5 && dry.out.contains(&format!("{asked} requests")), "{asked}: {}", dry.out);

    let again = program(&server, folder.path(), &["--format", "json", "--replay"], &[]).await;
    assert_eq!((again.code, server.requests().len()), (0, asked));
    assert_eq!(again.out, run.out, "byte for byte");
    let dry = program(&server, folder.path(), &["--dry-run"], &key).await;
    assert!(dry.out.contains("0 requests to tiny: 0 tokens"), "{}", dry.out);
    for run in [&dry, &run, &again] {
        assert!(!run.out.contains("sk-test-key") && !run.err.contains("sk-test-key"));
    }
    for format in ["text", "markdown", "html"] {
        let shown = program(&server, folder.path(), &["--format", format, "--replay"], &[]).await;
        assert_eq!(shown.code, 0, "{format}: {}", shown.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_says_once_what_to_mend() {
    let server = OpenAiServer::start().await;
    server.wants_key("sk-right").has_models(&["tiny"]);
    let folder = folder();
    let wrong_key = [("OPENAI_API_KEY", "sk-wrong")];
    let right_key = [("OPENAI_API_KEY", "sk-right")];
    let root = server.url().trim_end_matches("/v1").to_owned();
    for (more, key, code, says) in [
        (&[][..], &wrong_key, 5, "refuses the key"),
        (&["--model", "huge"][..], &right_key, 5, "has no model \"huge\""),
        (&["--base-url", &root][..], &right_key, 5, "is not an OpenAI-compatible endpoint"),
        (&["--base-url", "nowhere"][..], &right_key, 5, "begins with http"),
        (&["--budget-money", "1"][..], &right_key, 2, "needs the model's price"),
        (&["--temperature", "9"][..], &right_key, 2, "from 0 to 2"),
        (&["--prices", "Cargo.toml"][..], &right_key, 2, "Cargo.toml:"),
    ] {
        // The last of an option counts only once in clap: give the model once.
        let run = program_with_model(&server, folder.path(), more, key).await;
        assert_eq!((run.code, run.out.as_str()), (code, ""), "{more:?}: {}", run.err);
        assert!(run.err.contains(says) && !run.err.contains("sk-wrong"), "{more:?}: {}", run.err);
        assert_eq!(run.err.matches("error:").count().max(1), 1, "{}", run.err);
    }
}

/// As [`program`], where the options may name a model of their own.
async fn program_with_model(server: &OpenAiServer, cache: &Path, more: &[&str], key: &[(&str, &str)]) -> Run {
    let (url, cache) = (server.url().to_owned(), cache.display().to_string());
    let mut arguments: Vec<String> =
        ["evaluate", EXAMPLE, "--rubric", RUBRIC, "--judge", "openai", "--cache", &cache].map(str::to_owned).to_vec();
    if !more.contains(&"--model") {
        arguments.extend(["--model".to_owned(), "tiny".to_owned()]);
    }
    arguments.extend(more.iter().map(|it| (*it).to_owned()));
    let key = key[0].1.to_owned();
    tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        earmark_with(&arguments, &[("OPENAI_BASE_URL", &url), ("OPENAI_API_KEY", &key)])
    })
    .await
    .expect("runs")
}

// ---- a real model, where there is one, and figures

/// With `EARMARK_TEST_OPENAI_URL` (and `EARMARK_TEST_OPENAI_MODEL`, `OPENAI_API_KEY`) set: requests are accepted, and
/// what comes back is a claim or an error that says why. It says nothing about how good the model is.
#[tokio::test]
async fn a_real_server_accepts_the_requests() {
    let Ok(url) = std::env::var("EARMARK_TEST_OPENAI_URL") else { return };
    let model = std::env::var("EARMARK_TEST_OPENAI_MODEL").unwrap_or_else(|_| "default".into());
    let mut settings = ChatSettings { model, longest_reply: 1_024, ..settings(&url) };
    settings.endpoint.timeout = Duration::from_secs(300);
    settings.endpoint.key = std::env::var("OPENAI_API_KEY").ok().map(Into::into);
    match one(&judge(settings)).await {
        Ok(claim) => {
            println!("{:?}, score {}, shares {:?}, {:?}", claim.mode, claim.score, claim.shares, claim.criteria)
        }
        Err(JudgeError::Reply(why)) => println!("accepted, but the model wrote nothing of use: {why}"),
        Err(error) => panic!("{error}"),
    }
}

/// Nanoseconds that this thread has spent computing.
fn computed() -> u64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or_default()
}

/// `cargo test --release --test it openai::figures -- --ignored --nocapture`
#[test]
#[ignore = "prints figures; for a quiet machine and a release build"]
fn figures() {
    let served = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let server = served.block_on(OpenAiServer::start());
    server.latency(Duration::from_millis(200));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let judge = judge(settings(server.url()));
    let first = Instant::now();
    assert!(judge.plan(&all_briefs()).iter().all(Result::is_ok));
    println!("first plan, with the vocabulary: {:?}", first.elapsed());
    for in_flight in [1, 4, 8, 19] {
        let mut settings = settings(server.url());
        settings.endpoint.in_flight = in_flight;
        let judge = self::judge(settings);
        let (started, before) = (Instant::now(), computed());
        let claims = runtime.block_on(judge.claims(all_briefs(), &mut |_| {}));
        let (wall, cpu) = (started.elapsed(), computed() - before);
        assert!(claims.iter().all(Result::is_ok));
        let rounds = claims.len().div_ceil(in_flight);
        println!(
            "{} questions, {in_flight} in flight: {wall:?} where {:?} are allowed; {:.2} ms of CPU a call",
            claims.len(),
            Duration::from_millis(200) * rounds as u32,
            cpu as f64 / 1e6 / claims.len() as f64
        );
    }
    let briefs = all_briefs();
    let together: u64 = judge.plan(&briefs).into_iter().map(|p| p.expect("fits").tokens).sum();
    let apart: u64 = briefs
        .iter()
        .flat_map(|brief| {
            brief.question.criteria.iter().map(|criterion| {
                let mut alone = brief.clone();
                alone.question.criteria = vec![criterion.clone()];
                alone
            })
        })
        .map(|brief| judge.plan(&[brief]).remove(0).expect("fits").tokens)
        .sum();
    println!(
        "tokens sent: {together} with one call a question, {apart} with one a criterion: {:.3}",
        together as f64 / apart as f64
    );
}

#[test]
fn a_run_takes_as_long_as_latency_and_limit_make_it() {
    let served = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let server = served.block_on(OpenAiServer::start());
    server.latency(Duration::from_millis(200));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let judge = judge(settings(server.url()));
    let _ = judge.plan(&all_briefs());
    let started = Instant::now();
    let claims = runtime.block_on(judge.claims(all_briefs(), &mut |_| {}));
    assert!(claims.iter().all(Result::is_ok));
    // 8 at once make three rounds. The limit is wide, for machines that do other work; the figures are in the README.
    assert!(started.elapsed() < Duration::from_millis(1_800), "{:?}", started.elapsed());
}

// ---- drafts of what a guide leaves out

const GUIDE: &str = "Questions for a tester\n\n1. Why do you write tests?\n2. How do you name a test?\n";

fn draft_reply() -> String {
    json!({
        "assesses": "Whether tests serve a purpose.",
        "also_asked": ["What are tests good for?"],
        "listen_for": ["Names a fault that a test found", "Says who reads the tests", "Gives a figure for the time saved"],
        "red_flags": ["Says tests are a waste of time"],
        "anchors": ["Says nothing.", "Says tests are good.", "Names a reason.", "Names two reasons.", "Adds a fault that a test found."],
    })
    .to_string()
}

async fn drafted(server: &OpenAiServer, folder: &Path, more: &[&str]) -> Run {
    let guide = folder.join("guide.txt");
    fs::write(&guide, GUIDE).expect("a file");
    let (guide, url, cache) = (guide.display().to_string(), server.url().to_owned(), folder.display().to_string());
    let more: Vec<String> = more.iter().map(|it| (*it).to_owned()).collect();
    tokio::task::spawn_blocking(move || {
        let mut arguments = vec!["rubric", "import", &guide, "--draft-missing", "--model", "tiny", "--cache", &cache];
        arguments.extend(more.iter().map(String::as_str));
        earmark_with(&arguments, &[("OPENAI_BASE_URL", &url)])
    })
    .await
    .expect("runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guide_leaves_out_is_drafted_marked_and_counted_and_never_an_answer() {
    let server = OpenAiServer::start().await;
    server.otherwise(Act::Says(draft_reply()));
    let folder = folder();
    let dry = drafted(&server, folder.path(), &["--dry-run"]).await;
    assert_eq!((dry.code, server.requests().len()), (0, 0), "{}", dry.err);
    assert!(dry.out.contains("2 requests to tiny"), "{}", dry.out);
    let run = drafted(&server, folder.path(), &[]).await;
    assert_eq!((run.code, server.requests().len()), (0, 2), "{}", run.err);
    let loaded = earmark::library::parse("r.toml", &run.out).unwrap_or_else(|faults| panic!("{faults}"));
    for question in &loaded.rubric.questions {
        assert_eq!((question.listen_fors().count(), question.red_flags().count()), (3, 1));
        assert_eq!((question.anchors.len(), question.ideal_answers.len()), (5, 0), "answers come from people");
    }
    let findings = earmark::library::lint::lint(&loaded);
    let drafts = findings.iter().filter(|finding| finding.code.name() == "draft").count();
    assert_eq!(drafts, 2 * (3 + 4), "assesses, also_asked and anchors, and each criterion");
    let again = drafted(&server, folder.path(), &["--replay"]).await;
    assert_eq!((again.out == run.out, server.requests().len()), (true, 2), "replies are kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_of_the_wrong_shape_is_asked_for_again_and_else_leaves_the_gap() {
    let server = OpenAiServer::start().await;
    let with_answer = draft_reply().replacen('{', "{\"ideal_answers\": [\"I test.\"],", 1);
    server.otherwise(Act::Says(with_answer));
    let folder = folder();
    let run = drafted(&server, folder.path(), &[]).await;
    assert_eq!((run.code, server.requests().len()), (0, 4), "{}", run.err);
    assert!(run.err.contains("note: nothing was drafted for"), "{}", run.err);
    assert!(!run.out.contains("draft:") && !run.out.contains("I test."), "{}", run.out);
}
