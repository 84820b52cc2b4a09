//! Searching what candidates said: the same with the index in memory and on a Qdrant server.

use crate::harness::qdrant::QdrantServer;
use crate::harness::service::{Actor, Database, Service, databases, sqlite};
use earmark::config::ServiceSettings;
use earmark::judge::Judge;
use earmark::retrieval::{QdrantSettings, Retrieval};
use serde_json::{Value, json};
use std::sync::Arc;

const OTHER: &str = "WEBVTT

1
00:00:01.000 --> 00:00:05.000
Ines: Welcome. How do you test your code?

2
00:00:06.000 --> 00:00:20.000
Omar: Mostly I click through the pages by hand before a release. Payments carry an idempotency key, so a retry charges nobody twice.

3
00:00:21.000 --> 00:00:25.000
Ines: I see. Tell me about a disagreement with a colleague.

4
00:00:26.000 --> 00:00:45.000
Omar: My manager wanted to ship on a Friday and I thought that was wrong. We talked it over and moved it to Monday.
";

async fn retrieval(server: Option<&QdrantServer>) -> Arc<Retrieval> {
    let made = match server {
        None => Retrieval::local(None),
        Some(server) => {
            let settings = QdrantSettings { url: server.url().into(), ..QdrantSettings::default() };
            Retrieval::for_service(None, &settings).await
        }
    };
    Arc::new(made.expect("an index"))
}

async fn service(database: Database, server: Option<&QdrantServer>) -> Service {
    let settings = ServiceSettings { signins_per_minute: 1_000, ..ServiceSettings::default() };
    let service = Service::with_index(database, settings, Judge::local(), retrieval(server).await).await;
    service.rubric().await;
    service
}

/// Waits until the index knows what the store does; the workers would see to it within seconds.
async fn follow(service: &Service) {
    service.search.follow_on_server().await.expect("it is brought up to date");
}

async fn search(actor: &Actor, query: &str) -> Vec<Value> {
    let answer = actor.get(&format!("/api/v1/answers?{query}")).await.expect(200);
    answer.as_array().expect("a list").clone()
}

async fn other(service: &Service, by: &Actor) -> String {
    let id = by.upload("rubric=small&title=Another", &[], OTHER.as_bytes()).await.id();
    service.wait_for(&id).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn who_talked_about_it_is_found_by_meaning_with_a_quotation_and_erased_with_the_candidate() {
    for on_server in [false, true] {
        for database in databases().await {
            let server = QdrantServer::start(None).await;
            let service = service(database, on_server.then_some(&server)).await;
            let dana = service.evaluated(&service.admin).await;
            let omar = other(&service, &service.admin).await;
            follow(&service).await;

            let found = search(&service.admin, "q=idempotency").await;
            assert_eq!(found[0]["interview"], omar.as_str(), "{found:?}");
            let quote = found[0]["quote"].as_str().expect("a quotation");
            assert!(OTHER.contains(quote) && quote.contains("idempotency"), "{quote}");
            let transcript = service.admin.get(&format!("/api/v1/interviews/{omar}/transcript")).await.expect(200);
            let said = transcript["utterances"][found[0]["utterance"].as_u64().expect("a place") as usize]["text"]
                .as_str()
                .expect("an utterance");
            let slice: String = said
                .chars()
                .skip(found[0]["start"].as_u64().expect("a start") as usize)
                .take((found[0]["end"].as_u64().unwrap_or(0) - found[0]["start"].as_u64().unwrap_or(0)) as usize)
                .collect();
            assert_eq!(slice, quote);

            let of = |found: &[Value], key: &str| -> Vec<String> {
                found.iter().map(|one| one[key].as_str().expect("text").to_owned()).collect()
            };
            let conflicts = search(&service.admin, "q=a%20colleague&question=conflict&rubric=small").await;
            assert_eq!(conflicts.len(), 2);
            assert!(of(&conflicts, "question").iter().all(|id| id == "conflict"));
            assert_eq!(search(&service.admin, "q=a%20colleague&rubric=another").await.len(), 0);
            let scored = search(&service.admin, "q=tests&least=1&most=5").await;
            assert!(scored.iter().all(|one| one["score"].is_number()), "{scored:?}");
            assert_eq!(search(&service.admin, "q=tests&least=6").await.len(), 0);
            assert_eq!(search(&service.admin, "q=tests&limit=1").await.len(), 1);
            service.admin.get("/api/v1/answers?q=").await.expect(422);
            service.admin.get("/api/v1/answers?q=x&limit=1000").await.expect(422);

            service.admin.send("DELETE", &format!("/api/v1/interviews/{omar}"), &[("if-match", "*")], b"").await;
            let found = search(&service.admin, "q=idempotency").await;
            assert!(found.iter().all(|one| one["interview"] == dana.as_str()), "{found:?}");
            follow(&service).await;
            let held = server.payloads().concat();
            assert!(!held.contains(&omar), "nothing of it is left in the index");
            assert!(!held.contains("idempotency") && !held.contains("unit tests for every change before"), "no words");
            service.end().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn interviewers_find_what_they_are_assigned_to_and_blind_ones_nothing_before_their_own_score() {
    let service = service(sqlite(), None).await;
    let (ines, auditor) = (service.person("interviewer", "ines").await, service.person("auditor", "ada").await);
    let own = service.evaluated(&ines).await;
    other(&service, &service.admin).await;
    assert_eq!(auditor.get("/api/v1/answers?q=tests").await.status, 403);
    let found = search(&ines, "q=idempotency%20key").await;
    assert!(!found.is_empty() && found.iter().all(|one| one["interview"] == own.as_str()), "{found:?}");
    service.admin.change("PATCH", "/api/v1/rubrics/small", json!({"mode": "blind_first"})).await.expect(200);
    assert_eq!(search(&ines, "q=tests").await.len(), 0, "a filter by score would tell the suggestion");
    let review = ines.post(&format!("/api/v1/interviews/{own}/reviews"), json!({})).await.id();
    ines.get(&format!("/api/v1/interviews/{own}/precedents/tests")).await.expect(409);
    ines.change("PUT", &format!("/api/v1/reviews/{review}/decisions/tests"), json!({"score": 2})).await.expect(200);
    let found = search(&ines, "q=tests").await;
    assert!(!found.is_empty() && found.iter().all(|one| one["question"] == "tests"), "{found:?}");
    ines.get(&format!("/api/v1/interviews/{own}/precedents/tests")).await.expect(200);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_people_have_scored_are_shown_as_precedent() {
    for on_server in [false, true] {
        let server = QdrantServer::start(None).await;
        let service = service(sqlite(), on_server.then_some(&server)).await;
        let (first, second) = (service.evaluated(&service.admin).await, other(&service, &service.admin).await);
        follow(&service).await;
        let path = format!("/api/v1/interviews/{second}/precedents/tests");
        assert_eq!(service.admin.get(&path).await.expect(200), json!([]), "nobody has scored one yet");
        let review = service.admin.post(&format!("/api/v1/interviews/{first}/reviews"), json!({})).await.id();
        for question in ["tests", "conflict"] {
            let path = format!("/api/v1/reviews/{review}/decisions/{question}");
            let body = json!({"score": 5, "reason": "other", "words": "I was there."});
            service.admin.change("PUT", &path, body).await.expect(200);
        }
        assert_eq!(service.admin.get(&path).await.expect(200), json!([]), "a draft is no score of record");
        service.admin.change("POST", &format!("/api/v1/reviews/{review}/submit"), json!({})).await.expect(200);
        let shown = service.admin.get(&path).await.expect(200);
        assert_eq!((&shown[0]["interview"], &shown[0]["score_of_record"]), (&json!(first), &json!(5)), "{shown}");
        assert!(shown[0]["quote"].as_str().expect("a quotation").contains("tests"), "{shown}");
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_collection_is_set_up_for_a_cluster_and_made_anew_without_a_gap() {
    let server = QdrantServer::start(None).await;
    let service = service(sqlite(), Some(&server)).await;
    service.evaluated(&service.admin).await;
    follow(&service).await;
    let [(alias, first)] = &server.aliases()[..] else { panic!("{:?}", server.aliases()) };
    assert!(alias.starts_with("earmark-answers-") && *first == format!("{alias}-1"), "{alias} {first}");
    let (made, tenants) = server.made(first);
    assert_eq!((made.replication_factor, made.write_consistency_factor), (Some(1), Some(1)));
    assert_eq!(tenants, ["tenant"]);
    let before = search(&service.admin, "q=tests").await;
    assert!(!before.is_empty());

    // Searches while it is made anew are answered all the same.
    let (anew, seen) = tokio::join!(service.search.make_anew(), async {
        let mut seen = Vec::new();
        for _ in 0..5 {
            seen.push(search(&service.admin, "q=tests").await);
        }
        seen
    });
    let passages = anew.expect("made").expect("on a server");
    assert!(seen.iter().all(|found| *found == before), "the same is found all the time");
    assert_eq!(server.aliases(), [(alias.clone(), format!("{alias}-2"))]);
    let held: Vec<_> = server.collections().into_iter().filter(|(name, _, _)| name.starts_with(alias)).collect();
    assert_eq!(held.len(), 1, "the old one is gone: {held:?}");
    assert_eq!(held[0].2, passages);
    assert_eq!(search(&service.admin, "q=tests").await, before);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_asks_the_server_in_few_calls() {
    let server = QdrantServer::start(None).await;
    let service = service(sqlite(), Some(&server)).await;
    service.evaluated(&service.admin).await;
    let before = server.calls();
    service.evaluated(&service.admin).await;
    let calls = server.calls() - before;
    // Whether the rubric is whole, what is near to the questions, and what to the answers; and the index that is kept up.
    assert!((3..=12).contains(&calls), "{calls} calls, however many sentences there are");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_server_is_filled_again_and_teams_do_not_see_each_other() {
    let server = QdrantServer::start(None).await;
    let service = service(sqlite(), Some(&server)).await;
    service.evaluated(&service.admin).await;
    follow(&service).await;
    let settings = QdrantSettings { url: server.url().into(), tenant: "others".into(), ..QdrantSettings::default() };
    let others = Arc::new(Retrieval::for_service(None, &settings).await.expect("settings"));
    let others = earmark::search::Search::new(service.store.clone(), others);
    let found = others.find("tests", &Default::default(), 10).await.expect("asked");
    assert_eq!(found, [], "the same words under another team's name");

    let empty = QdrantServer::start(None).await;
    let settings = QdrantSettings { url: empty.url().into(), ..QdrantSettings::default() };
    let moved = Arc::new(Retrieval::for_service(None, &settings).await.expect("settings"));
    let moved = earmark::search::Search::new(service.store.clone(), moved);
    assert!(
        moved.follow_on_server().await.expect("filled") > 0,
        "a collection that had to be made is filled from the start"
    );
    assert!(!moved.find("tests", &Default::default(), 10).await.expect("asked").is_empty());
    assert_eq!(moved.follow_on_server().await.expect("nothing new"), 0);
    service.end().await;
}
