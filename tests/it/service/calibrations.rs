//! Calibrations in the service: uploaded, looked at, compared, and the suggestions that a profile makes.

use crate::harness::program::{earmark, folder};
use crate::harness::service::{Actor, Answer, RUBRIC, Service, databases, sqlite};
use earmark::config::ServiceSettings;
use serde_json::json;
use std::fs;
use std::sync::LazyLock;

const GOOD: &str = "I write unit tests for every change, and they run in continuous integration on every push.";
const BAD: &str = "Honestly we never got around to it, somebody clicks through the product before a release.";

/// Made once for all tests.
static HALF: LazyLock<[String; 2]> = LazyLock::new(|| calibrated(RUBRIC, 2));
static THIRD: LazyLock<[String; 2]> = LazyLock::new(|| calibrated(RUBRIC, 3));

/// The report and the profile that the command line makes of 48 answers to `rubric`, of which every `every`th is good.
fn calibrated(rubric: &str, every: usize) -> [String; 2] {
    let dir = folder();
    let path = |name: &str| dir.path().join(name).display().to_string();
    fs::write(path("small.toml"), rubric).expect("written");
    fs::write(
        path("card.md"),
        "# A set\n\n| | |\n| --- | --- |\n| Labelled by | the tests |\n| Raters | 1 |\n| Licence | Apache-2.0 |\n",
    )
    .expect("written");
    let line = |n: usize| {
        let (answer, score) = if n.is_multiple_of(every) { (GOOD, 4 + n % 4 / 2) } else { (BAD, 1 + n % 4 / 2) };
        let scores = json!([{"rater": "r", "score": score}]);
        let line = json!({"id": format!("a{n}"), "question_id": "tests", "answer": answer, "scores": scores});
        line.to_string() + "\n"
    };
    fs::write(path("answers.jsonl"), (0..48).map(line).collect::<String>()).expect("written");
    let (set, out) = (dir.path().display().to_string(), path("made"));
    let made =
        earmark(&["calibrate", "--rubric", &path("small.toml"), "--eval-set", &set, "--rounds", "100", "--out", &out]);
    assert_eq!(made.code, 0, "{}{}", made.out, made.err);
    ["made/report.json", "made/profile.json"].map(|name| fs::read_to_string(path(name)).expect("written"))
}

async fn upload(by: &Actor, version: &str, [report, profile]: &[String; 2]) -> Answer {
    send(by, version, &[("report", report), ("profile", profile)]).await
}

async fn send(by: &Actor, version: &str, files: &[(&str, &str)]) -> Answer {
    let part = |name: &str, text: &str| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{name}.json\"\r\n\r\n{text}\r\n")
    };
    let body = files.iter().map(|(name, text)| part(name, text)).collect::<String>() + "--b--\r\n";
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    by.send("POST", &format!("/api/v1/rubrics/small/versions/{version}/calibrations"), &headers, body.as_bytes()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_uploaded_and_chosen_makes_the_suggestions() {
    let made = HALF.clone();
    for database in databases().await {
        let service = Service::start(database).await;
        service.rubric().await;
        let kept = upload(&service.admin, "1.0.0", &made).await.expect(201);
        assert_eq!((kept["answers"].as_i64(), kept["is_used"].as_bool()), (Some(48), Some(false)), "{kept}");
        assert_eq!(upload(&service.admin, "1.0.0", &made).await.expect(201)["id"], kept["id"], "it counts once");
        let before = service.evaluated(&service.admin).await;
        let path = "/api/v1/rubrics/small/versions/1.0.0/calibration";
        let chosen = json!({"calibration": kept["id"]});
        service.admin.json("PUT", path, &[("if-match", "\"99\"")], &chosen).await.expect(412);
        service.admin.json("PUT", path, &[("if-match", "*")], &chosen).await.expect(200);
        let listed = service.admin.get("/api/v1/rubrics/small/calibrations").await.expect(200);
        assert_eq!(listed[0]["is_used"], true);
        let after = service.evaluated(&service.admin).await;
        let profile_of =
            async |interview: &str| service.wait_for(interview).await["result"]["made_with"]["profile"].clone();
        assert_eq!(profile_of(&before).await, json!(null));
        assert_eq!(profile_of(&after).await, kept["digest"]);
        let evaluations = format!("/api/v1/interviews/{before}/evaluations");
        for (asked, expected) in [
            (json!({}), &kept["digest"]),
            (json!({"calibration": "none"}), &json!(null)),
            (json!({"calibration": kept["id"]}), &kept["digest"]),
            (json!({"judge": "local"}), &json!(null)),
        ] {
            service.admin.post(&evaluations, asked).await.expect(202);
            assert_eq!(&profile_of(&before).await, expected);
        }
        service.admin.post(&evaluations, json!({"calibration": "some"})).await.expect(404);
        service.admin.json("PUT", path, &[("if-match", "*")], &json!({"calibration": null})).await.expect(200);
        service.admin.json("PUT", path, &[("if-match", "*")], &json!({})).await.expect(400);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_kept_without_words_of_answers_shown_and_compared() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    service.rubric().await;
    let first = HALF.clone();
    assert!(first[0].contains("clicks through the product") || first[0].contains("unit tests for every change"));
    let first = upload(&service.admin, "1.0.0", &first).await.expect(201);
    let second = upload(&service.admin, "1.0.0", &THIRD).await.expect(201);
    let report = format!("/api/v1/calibrations/{}/report", first["id"].as_str().expect("an id"));
    let shown = service.admin.get(&report).await;
    assert_eq!(shown.json()["schema"], "earmark.calibration/1");
    assert!(!shown.text.contains("clicks through") && !shown.text.contains("for every change,"), "{}", shown.text);
    let page = service.admin.send("GET", &report, &[("accept", "text/html")], b"").await;
    assert!(page.text.contains("<svg") && page.text.contains("Weighted kappa"), "{}", page.text);
    let with = second["id"].as_str().expect("an id");
    let compared = format!("/api/v1/calibrations/{}/comparison?with={with}", first["id"].as_str().expect("an id"));
    let compared = service.admin.get(&compared).await.expect(200);
    assert_eq!(compared["schema"], "earmark.comparison/1");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_fitted_to_another_rubric_or_set_is_refused_with_the_reason() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    service.rubric().await;
    let right = HALF.clone();
    let other = calibrated(&RUBRIC.replace("Writes automated tests", "Tests before the code"), 2);
    let refused = upload(&service.admin, "1.0.0", &other).await;
    assert!(refused.text.contains("the profile is stale: it was fitted to rubric small 1.0.0"), "{}", refused.text);
    refused.expect(422);
    let mixed = [right[0].clone(), THIRD[1].clone()];
    let refused = upload(&service.admin, "1.0.0", &mixed).await;
    assert!(refused.text.contains("different eval sets"), "{}", refused.text);
    refused.expect(422);
    let swapped = [right[1].clone(), right[0].clone()];
    upload(&service.admin, "1.0.0", &swapped).await.expect(422);
    upload(&service.admin, "2.0.0", &right).await.expect(404);
    let interviewer = service.person("interviewer", "ines").await;
    upload(&interviewer, "1.0.0", &right).await.expect(403);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_a_profile_of_its_own_is_kept_and_cannot_be_used() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        service.rubric().await;
        let kept = send(&service.admin, "1.0.0", &[("report", &HALF[0])]).await.expect(201);
        assert_eq!((&kept["has_profile"], &kept["answers"]), (&json!(false), &json!(48)), "{kept}");
        assert_eq!(send(&service.admin, "1.0.0", &[("report", &HALF[0])]).await.expect(201)["id"], kept["id"]);
        let with = upload(&service.admin, "1.0.0", &THIRD).await.expect(201);
        assert_eq!(with["has_profile"], true);
        let path = "/api/v1/rubrics/small/versions/1.0.0/calibration";
        let chosen = json!({"calibration": kept["id"]});
        let refused = service.admin.json("PUT", path, &[("if-match", "*")], &chosen).await;
        assert!(refused.text.contains("no profile of its own"), "{}", refused.text);
        refused.expect(409);
        let interview =
            service.admin.upload("rubric=small&title=x", &[], crate::harness::service::TRANSCRIPT.as_bytes());
        let evaluations = format!("/api/v1/interviews/{}/evaluations", interview.await.id());
        service.admin.post(&evaluations, chosen).await.expect(422);
        send(&service.admin, "1.0.0", &[("profile", &HALF[1])]).await.expect(400);
        service.end().await;
    }
}
