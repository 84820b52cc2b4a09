//! Hostile input is refused or harmless.

use crate::harness::service::{Service, TRANSCRIPT, databases, sqlite};
use earmark::config::ServiceSettings;
use serde_json::json;

const SQL: &str = "x'); DROP TABLE interviews; --";
const SCRIPT: &str = "<script>alert(1)</script>";

#[tokio::test(flavor = "multi_thread")]
async fn sql_and_script_in_every_field_are_kept_as_text() {
    for database in databases().await {
        let service = Service::idle(database, ServiceSettings::default()).await;
        service.rubric().await;
        let id = service.admin.upload("rubric=small&title=x", &[], TRANSCRIPT.as_bytes()).await.id();
        let path = format!("/api/v1/interviews/{id}");
        for words in [SQL, SCRIPT, "../../etc/passwd", "Robert \u{202e} \u{1f642}"] {
            let body = json!({"title": words, "candidate": words, "speaker": words, "place": words, "consent": words});
            let changed = service.admin.change("PATCH", &path, body).await.expect(200);
            for field in ["title", "candidate", "speaker", "place", "consent"] {
                assert_eq!(changed[field], words);
            }
            let query = words
                .replace(' ', "%20")
                .replace(['<', '>'], "%3C")
                .replace('\u{202e}', "%E2%80%AE")
                .replace('\u{1f642}', "");
            service.admin.get(&format!("/api/v1/interviews?rubric={query}")).await.expect(200);
            service.admin.get(&format!("/api/v1/audit?interview={query}")).await.expect(200);
            assert!(service.admin.get(&format!("/api/v1/rubrics/{}", query.replace('/', "%2F"))).await.status == 404);
        }
        let page = service.admin.get("/api/v1/interviews").await;
        assert_eq!(page.header("content-type"), Some("application/json"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_of_markup_is_speech_like_any_other() {
    let service = Service::start(sqlite()).await;
    service.rubric().await;
    let hostile = TRANSCRIPT.replace("I write unit tests", &format!("{SCRIPT} {SQL} I write unit tests"));
    let id = service.admin.upload("rubric=small&title=x", &[], hostile.as_bytes()).await.id();
    let shown = service.wait_for(&id).await;
    assert_eq!(shown["state"], "finished");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_make_no_sense_are_refused_without_a_failure_inside() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    let kind = [("content-type", "application/json")];
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let huge = format!("{{\"email\": \"{}\"}}", "x".repeat(2 << 20));
    for (body, status) in [
        (deep.as_str(), 400),
        ("", 400),
        ("{\"email\": 5}", 400),
        ("{\"email\": \"a@b\", \"password\": \"x\", \"role\": \"administrator\"}", 400),
        ("{\"email\": \"a\\u0000@b\", \"password\": \"x\"}", 400),
        (huge.as_str(), 413),
    ] {
        let answer = service.nobody.send("POST", "/api/v1/session", &kind, body.as_bytes()).await;
        assert_eq!(answer.status, status, "{}: {}", &body[..body.len().min(60)], answer.text);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    let form = service.nobody.send("POST", "/api/v1/session", &[("content-type", "text/plain")], b"x").await;
    form.expect(415);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_beyond_the_limit_is_refused_as_a_body_and_as_a_form() {
    let settings = ServiceSettings { longest_upload: 4_000, ..ServiceSettings::default() };
    let service = Service::idle(sqlite(), settings).await;
    service.rubric().await;
    let long = vec![b'a'; 200_000];
    service.admin.upload("rubric=small&title=x", &[], &long).await.expect(413);
    let mut form = b"--b\r\ncontent-disposition: form-data; name=\"transcript\"; filename=\"t\"\r\n\r\n".to_vec();
    form.extend_from_slice(&long);
    form.extend_from_slice(b"\r\n--b--\r\n");
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    service.admin.send("POST", "/api/v1/interviews", &headers, &form).await.expect(413);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_is_nothing() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    for id in ["1", "..%2f..%2fetc%2fpasswd", "%00", "'%20OR%20'1'='1", "01890000-0000-7000-8000-00000000000"] {
        service.admin.get(&format!("/api/v1/interviews/{id}")).await.expect(404);
    }
    service.admin.get("/api/v1/interviews?size=100000").await.expect(422);
    service.admin.get("/api/v1/interviews?sort=title").await.expect(400);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_upload_is_ended_by_the_limit_of_time() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let settings = ServiceSettings { request_seconds: 1, ..ServiceSettings::default() };
    let service = Service::idle(sqlite(), settings).await;
    let mut stream = tokio::net::TcpStream::connect(service.nobody.address).await.expect("connects");
    let token = service.admin.token.as_deref().expect("a token");
    let head = format!(
        "POST /api/v1/interviews?rubric=small&title=x HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-length: 1000\r\nconnection: close\r\n\r\nWEBVTT"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer, without the rest of the body");
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("timed-out"), "{answer}");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_document_that_unpacks_to_hundreds_of_megabytes_is_refused() {
    use std::io::{Cursor, Write};
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    service.rubric().await;
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("word/document.xml", zip::write::SimpleFileOptions::default()).expect("a file begins");
    let some = vec![b' '; 1 << 20];
    for _ in 0..300 {
        archive.write_all(&some).expect("memory takes it");
    }
    let bomb = archive.finish().expect("a whole archive").into_inner();
    assert!(bomb.len() < 1 << 20, "small enough to be let in");
    let refused = service.admin.upload("rubric=small&title=x", &[], &bomb).await.expect(422);
    assert_eq!(refused["type"], "urn:earmark:problem:faulty-file");
    assert_eq!(service.admin.get("/api/v1/interviews").await.expect(200)["items"], json!([]));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transcripts_of_nothing_but_brackets_or_a_web_page_are_refused_or_harmless() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    service.rubric().await;
    for deep in ["[".repeat(1_000_000), format!("{{\"results\": {}", "[{\"a\":".repeat(100_000))] {
        let refused = service.admin.upload("rubric=small&title=x", &[], deep.as_bytes()).await.expect(422);
        assert_eq!(refused["type"], "urn:earmark:problem:faulty-file");
    }
    let page =
        format!("<!doctype html><html><head>{SCRIPT}</head><body onload=alert(1)><p>Ines: Hello.</p></body></html>");
    let answer = service.admin.upload("rubric=small&title=x", &[], page.as_bytes()).await;
    assert!([202, 422].contains(&answer.status), "{}", answer.text);
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_again_changes_nothing() {
    let service = Service::start(sqlite()).await;
    service.rubric().await;
    let id = service.evaluated(&service.admin).await;
    let admin = &service.admin;
    let review = admin.post(&format!("/api/v1/interviews/{id}/reviews"), json!({})).await.id();
    let path = format!("/api/v1/reviews/{review}");
    let tag = |answer: &crate::harness::service::Answer| answer.header("etag").expect("a tag").to_owned();
    let before = tag(&admin.get(&path).await);
    let decide = format!("{path}/decisions/tests");
    let reason = json!({"score": 2, "reason": "other", "words": "I was there."});
    let based = [("if-match", before.as_str())];
    admin.json("PUT", &decide, &based, &reason).await.expect(200);
    admin.json("PUT", &decide, &based, &reason).await.expect(412);
    admin.change("PUT", &format!("{path}/decisions/conflict"), reason).await.expect(200);
    let before = tag(&admin.get(&path).await);
    let based = [("if-match", before.as_str())];
    admin.json("POST", &format!("{path}/submit"), &based, &json!({})).await.expect(200);
    let again = admin.json("POST", &format!("{path}/submit"), &based, &json!({})).await;
    assert!([409, 412].contains(&again.status), "{}", again.text);
    let shown = admin.get(&path).await.expect(200);
    assert_eq!(shown["decisions"].as_array().expect("decisions").len(), 2);
    service.end().await;
}
