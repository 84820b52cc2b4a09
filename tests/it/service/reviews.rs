//! Reviews: blind first, several people, two at the same time.

use crate::harness::service::{Service, databases};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn who_scores_blind_sees_the_suggestion_only_after_their_own_score_and_both_are_kept() {
    for database in databases().await {
        let service = Service::start(database).await;
        service.rubric().await;
        service.admin.change("PATCH", "/api/v1/rubrics/small", json!({"mode": "blind_first"})).await.expect(200);
        let ines = service.person("interviewer", "ines").await;
        let interview = service.evaluated(&ines).await;
        let all = ines.get(&format!("/api/v1/interviews/{interview}/evaluations")).await.expect(200);
        let path = format!("/api/v1/evaluations/{}", all[0]["id"].as_str().expect("an id"));
        let blind = ines.get(&path).await;
        assert!(!blind.text.contains("suggestion") && !blind.text.contains("overall"), "{}", blind.text);
        let review = ines.post(&format!("/api/v1/interviews/{interview}/reviews"), json!({})).await.id();
        let decide = format!("/api/v1/reviews/{review}/decisions/tests");
        ines.change("PUT", &decide, json!({"score": 2})).await.expect(200);
        let seen = ines.get(&path).await.expect(200);
        assert!(seen["result"]["questions"][0]["suggestion"]["score"].is_number(), "{seen}");
        assert!(seen["result"]["questions"][1].get("suggestion").is_none(), "{seen}");
        let suggested = seen["result"]["questions"][0]["suggestion"]["score"].clone();
        let review = ines.change("PUT", &decide, json!({"score": suggested})).await.expect(200);
        let kinds: Vec<&str> = review["decisions"]
            .as_array()
            .expect("decisions")
            .iter()
            .map(|decision| decision["kind"].as_str().expect("a kind"))
            .collect();
        assert_eq!(kinds, ["first", "confirmed"]);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reviewers_do_not_see_each_other_before_they_have_submitted() {
    for database in databases().await {
        let service = Service::start(database).await;
        service.rubric().await;
        let (ines, omar) = (service.person("interviewer", "ines").await, service.person("interviewer", "omar").await);
        let interview = service.evaluated(&ines).await;
        let assign = json!({"people": [ines.id, omar.id]});
        service.admin.change("PUT", &format!("/api/v1/interviews/{interview}/interviewers"), assign).await.expect(200);
        let mut reviews = Vec::new();
        for (actor, score) in [(&ines, 2), (&omar, 5)] {
            let review = actor.post(&format!("/api/v1/interviews/{interview}/reviews"), json!({})).await.id();
            for question in ["tests", "conflict"] {
                let body = json!({"score": score, "reason": "other", "words": "I was there."});
                actor.change("PUT", &format!("/api/v1/reviews/{review}/decisions/{question}"), body).await.expect(200);
            }
            reviews.push(review);
        }
        let submit = |review: &str| format!("/api/v1/reviews/{review}/submit");
        ines.change("POST", &submit(&reviews[0]), json!({})).await.expect(200);
        omar.get(&format!("/api/v1/reviews/{}", reviews[0])).await.expect(404);
        omar.get(&format!("/api/v1/interviews/{interview}/panel")).await.expect(409);
        ines.get(&format!("/api/v1/reviews/{}", reviews[1])).await.expect(404);
        omar.change("POST", &submit(&reviews[1]), json!({})).await.expect(200);
        omar.get(&format!("/api/v1/reviews/{}", reviews[0])).await.expect(200);
        omar.change("PUT", &format!("/api/v1/reviews/{}/decisions/tests", reviews[0]), json!({"score": 1}))
            .await
            .expect(403);
        let panel = omar.get(&format!("/api/v1/interviews/{interview}/panel")).await.expect(200);
        assert_eq!(panel["questions"][0]["spread"], 3);

        let (path, because) = (format!("/api/v1/reviews/{}/reopen", reviews[0]), json!({"reason": "I misread."}));
        let reopened = ines.post(&path, because).await.expect(201);
        assert_eq!((&reopened["revision"], &reopened["state"]), (&json!(2), &json!("draft")));
        assert_eq!(reopened["decisions"].as_array().expect("decisions").len(), 2);
        let old = ines.get(&format!("/api/v1/reviews/{}", reviews[0])).await.expect(200);
        assert_eq!(old["state"], "submitted");
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_at_the_same_time_one_is_told_to_look_again() {
    for database in databases().await {
        let service = Service::start(database).await;
        service.rubric().await;
        let (ines, omar) = (service.person("interviewer", "ines").await, service.person("interviewer", "omar").await);
        let interview = service.evaluated(&ines).await;
        let assign = json!({"people": [ines.id, omar.id]});
        service.admin.change("PUT", &format!("/api/v1/interviews/{interview}/interviewers"), assign).await.expect(200);
        let path = format!("/api/v1/interviews/{interview}");
        let tag = ines.get(&path).await.header("etag").expect("a tag").to_owned();
        let based = [("if-match", tag.as_str())];
        let (one, two) = (json!({"title": "one"}), json!({"title": "two"}));
        let (one, two) = tokio::join!(ines.json("PATCH", &path, &based, &one), omar.json("PATCH", &path, &based, &two));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
        ines.json("PATCH", &path, &[], &json!({"title": "three"})).await.expect(428);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn own_evidence_is_found_by_code_or_refused() {
    for database in databases().await {
        let service = Service::start(database).await;
        service.rubric().await;
        let interview = service.evaluated(&service.admin).await;
        let admin = &service.admin;
        let review = admin.post(&format!("/api/v1/interviews/{interview}/reviews"), json!({})).await.id();
        let path = format!("/api/v1/reviews/{review}/evidence");
        let mark = |utterance, start, end| json!({"question": "tests", "criterion": "writes-tests", "utterance": utterance, "start": start, "end": end});
        let marked = admin.change("POST", &path, mark(1, 0, 18)).await.expect(201);
        assert_eq!(marked["evidence"][0]["evidence"]["quote"], "I write unit tests");
        admin.change("POST", &path, mark(0, 0, 5)).await.expect(422);
        admin.change("POST", &path, mark(1, 5, 5_000)).await.expect(422);
        admin.change("POST", &path, mark(99, 0, 1)).await.expect(422);
        let id = marked["evidence"][0]["id"].as_str().expect("an id");
        let left = admin.change("DELETE", &format!("{path}/{id}"), json!({})).await.expect(200);
        assert_eq!(left["evidence"], json!([]));
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_interviewers_who_save_at_the_same_instant_both_keep_what_they_decided() {
    for database in databases().await {
        let service = Service::start(database).await;
        service.rubric().await;
        let (ines, omar) = (service.person("interviewer", "ines").await, service.person("interviewer", "omar").await);
        let interview = service.evaluated(&ines).await;
        let assign = json!({"people": [ines.id, omar.id]});
        service.admin.change("PUT", &format!("/api/v1/interviews/{interview}/interviewers"), assign).await.expect(200);
        let reviews = format!("/api/v1/interviews/{interview}/reviews");
        let (one, two) = tokio::join!(ines.post(&reviews, json!({})), omar.post(&reviews, json!({})));
        let (one, two) = (one.id(), two.id());
        assert_ne!(one, two);
        let decide = |review: &str| format!("/api/v1/reviews/{review}/decisions/tests");
        let reason = |score: i64| json!({"score": score, "reason": "other", "words": "I was there."});
        for round in 1..=5 {
            let (mine, theirs) = (decide(&one), decide(&two));
            let (mine, theirs) =
                tokio::join!(ines.change("PUT", &mine, reason(round)), omar.change("PUT", &theirs, reason(6 - round)),);
            assert_eq!((mine.status, theirs.status), (200, 200), "{} {}", mine.text, theirs.text);
        }
        for (actor, review, score) in [(&ines, &one, 5), (&omar, &two, 1)] {
            let shown = actor.get(&format!("/api/v1/reviews/{review}")).await.expect(200);
            let last = shown["decisions"].as_array().and_then(|all| all.last()).expect("a decision").clone();
            assert_eq!(last["score"], score);
        }
        service.store.verify_audit().await.expect("whole");
        service.end().await;
    }
}
