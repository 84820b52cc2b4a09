//! The pages as a browser without scripts gets them: what they show, what they refuse, what no text in them can do.

use crate::harness::service::{Actor, Answer, PASSWORD, RUBRIC, Service, TRANSCRIPT, databases, sqlite};
use earmark::config::ServiceSettings;
use earmark::store::PersonRole;
use earmark::web::api::access::{Access, PAGES};
use serde_json::json;
use std::io::Read as _;

/// An id that nothing has.
const NOTHING: &str = "01890000-0000-7000-8000-000000000000";

/// Somebody in front of a browser without scripts.
struct Browser {
    actor: Actor,
    cookie: String,
    csrf: String,
    language: &'static str,
}

impl Browser {
    async fn sign_in(service: &Service, email: &str) -> Self {
        let actor = service.nobody.clone();
        let form = [("email", email), ("password", PASSWORD), ("next", "/settings")];
        let answer = post(&actor, "/signin", &[], &form).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/settings")), "{}", answer.text);
        let cookie = answer.header("set-cookie").expect("a cookie").split(';').next().expect("its value").to_owned();
        let mut browser = Self { actor, cookie, csrf: String::new(), language: "en" };
        let home = browser.get("/").await;
        browser.csrf = between(&home.text, "name=\"csrf\" value=\"", "\"").expect("a form").to_owned();
        browser
    }

    async fn get(&self, path: &str) -> Answer {
        let headers = [("cookie", self.cookie.as_str()), ("accept-language", self.language)];
        self.actor.send("GET", path, &headers, b"").await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("csrf", self.csrf.as_str())];
        all.extend_from_slice(fields);
        post(&self.actor, path, &[("cookie", &self.cookie)], &all).await
    }

    /// Sends a form with files.
    async fn parcel(&self, path: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Answer {
        let mut body = Vec::new();
        let mut part = |head: String, content: &[u8]| {
            body.extend_from_slice(format!("--b\r\ncontent-disposition: form-data; {head}\r\n\r\n").as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        };
        part("name=\"csrf\"".into(), self.csrf.as_bytes());
        for (name, value) in fields {
            part(format!("name=\"{name}\""), value.as_bytes());
        }
        for (name, file, content) in files {
            part(format!("name=\"{name}\"; filename=\"{file}\""), content);
        }
        body.extend_from_slice(b"--b--\r\n");
        let headers = [("cookie", self.cookie.as_str()), ("content-type", "multipart/form-data; boundary=b")];
        self.actor.send("POST", path, &headers, &body).await
    }

    /// Uploads a transcript by the two steps of the pages and gives the interview's id.
    async fn upload(&self, service: &Service, transcript: &str) -> String {
        let read = self.parcel("/upload", &[], &[("files", "talk.vtt", transcript.as_bytes())]).await;
        assert_eq!(read.status, 200, "{}", read.text);
        let content = between(&read.text, "name=\"content-0\" value=\"", "\"").expect("the file").to_owned();
        let fields = [
            ("content-0", content.as_str()),
            ("title-0", "An interview"),
            ("rubric-0", "small"),
            ("speaker-0", "Dana"),
        ];
        let started = self.parcel("/upload/start", &fields, &[]).await;
        assert_eq!(started.status, 303, "{}", started.text);
        let id = started.header("location").expect("a way on").trim_start_matches("/interviews/").to_owned();
        if service.has_workers() {
            service.wait_for(&id).await;
        }
        id
    }
}

async fn post(actor: &Actor, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let body: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
    all.extend_from_slice(headers);
    actor.send("POST", path, &all, body.join("&").as_bytes()).await
}

fn between<'t>(text: &'t str, from: &str, to: &str) -> Option<&'t str> {
    text.split_once(from)?.1.split_once(to).map(|(inside, _)| inside)
}

/// Version and review of a review page.
fn review_of(page: &str) -> (String, String) {
    let version = between(page, "name=\"version\" value=\"", "\"").expect("a version").to_owned();
    (between(page, "action=\"/reviews/", "/").expect("a review").to_owned(), version)
}

fn filled(path: &str) -> String {
    path.replace("{id}", NOTHING).replace("{file}", "none")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_open_to_exactly_the_roles_of_the_table_and_no_form_is_taken_without_its_token() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    let mut wrong = Vec::new();
    for role in PersonRole::ALL {
        service.person(role.word(), role.word()).await;
        let mut browser = Browser::sign_in(&service, &format!("{}@example.org", role.word())).await;
        browser.csrf = "not the token".into();
        for (method, path, access) in PAGES {
            let Access::Only(roles, _) = access else { continue };
            let path = filled(path);
            let may = roles.contains(role);
            let answer = match *method {
                "GET" => browser.get(&path).await,
                _ => browser.post(&path, &[]).await,
            };
            let is_refused = answer.status == 403;
            // Files are sent in another form; without one the form cannot be read, which is not taken either.
            let is_taken = answer.status < 400 && *method == "POST";
            if is_taken || (*method == "GET" && is_refused == may) || answer.status >= 500 {
                wrong.push(format!("{method} {path} as {}: {}", role.word(), answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_from_another_host_is_refused_and_who_is_not_signed_in_is_asked_to() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    let form = [("email", "admin@example.org"), ("password", PASSWORD)];
    let foreign = post(&service.nobody, "/signin", &[("sec-fetch-site", "cross-site")], &form).await;
    assert_eq!(foreign.status, 403);
    let asked = service.nobody.get("/interviews/x?y=1").await;
    assert_eq!((asked.status, asked.header("location")), (303, Some("/signin?next=/interviews/x%3Fy%3D1")));
    let away = post(&service.nobody, "/signin", &[], &[form[0], form[1], ("next", "//evil.example")]).await;
    assert_eq!(away.header("location"), Some("/"));
    let refused = post(&service.nobody, "/signin", &[], &[form[0], ("password", "wrong wrong wrong")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("role=\"alert\"") && refused.text.contains("admin@example.org"));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interview_is_reviewed_and_submitted_with_plain_forms() {
    for database in databases().await {
        let service = Service::start(database).await;
        service.rubric().await;
        let browser = Browser::sign_in(&service, "admin@example.org").await;
        let id = browser.upload(&service, TRANSCRIPT).await;
        let here = format!("/interviews/{id}");
        assert!(browser.get(&here).await.text.contains("Begin the review"));
        assert_eq!(browser.post(&format!("{here}/review"), &[]).await.status, 303);
        let page = browser.get(&here).await.text;
        let (review, version) = review_of(&page);
        assert!(page.contains("<mark class=\"for\""), "quotations are marked in the transcript");
        let suggested = between(&page, "data-suggested=\"", "\"").expect("a suggestion").to_owned();

        let decide = format!("/reviews/{review}/decide");
        let confirmed = [("version", version.as_str()), ("question", "tests"), ("score", suggested.as_str())];
        let answer = browser.post(&decide, &confirmed).await;
        assert_eq!(answer.header("location"), Some(format!("{here}#q1").as_str()), "{}", answer.text);

        // The second tab still has the old version: nothing is overwritten, and it says so.
        let behind = browser.post(&decide, &confirmed).await;
        assert_eq!(behind.status, 412);
        assert!(behind.text.contains("Nothing was overwritten"));

        let (_, version) = review_of(&browser.get(&here).await.text);
        let another = if suggested == "1" { "2" } else { "1" };
        let unreasoned = [("version", version.as_str()), ("question", "tests"), ("score", another)];
        let refused = browser.post(&decide, &unreasoned).await;
        assert_eq!(refused.status, 422, "another score needs a reason");
        let mark = [
            ("version", version.as_str()),
            ("question", "tests"),
            ("utterance", "u1"),
            ("words", "unit TESTS for every change"),
        ];
        assert_eq!(browser.post(&format!("/reviews/{review}/evidence"), &mark).await.status, 303);
        let page = browser.get(&here).await.text;
        assert!(page.contains("id=\"m1\"") && page.contains("href=\"#m1\""), "the own evidence is marked");
        let (_, version) = review_of(&page);
        let reason = [("reason", "wrong_evidence"), ("words", "Too thin.")];
        let left = [("version", version.as_str()), ("question", "conflict"), ("score", "none"), reason[0], reason[1]];
        assert_eq!(browser.post(&decide, &left).await.status, 303);
        let page = browser.get(&here).await.text;
        assert!(page.contains("Too thin."));
        let (_, version) = review_of(&page);
        let submitted = browser.post(&format!("/reviews/{review}/submit"), &[("version", &version)]).await;
        assert_eq!(submitted.header("location"), Some(format!("{here}/panel").as_str()), "{}", submitted.text);
        assert!(browser.get(&format!("{here}/panel")).await.text.contains("confirmed"));
        let over = browser.get(&here).await.text;
        assert!(over.contains("You have submitted this review") && !over.contains("score-form"));
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_taken_back_until_the_review_is_submitted_and_the_record_keeps_both() {
    let service = Service::start(sqlite()).await;
    service.rubric().await;
    let browser = Browser::sign_in(&service, "admin@example.org").await;
    let id = browser.upload(&service, TRANSCRIPT).await;
    browser.post(&format!("/interviews/{id}/review"), &[]).await;
    let page = browser.get(&format!("/interviews/{id}")).await.text;
    let (review, version) = review_of(&page);
    let suggested = between(&page, "data-suggested=\"", "\"").expect("a suggestion");
    let nothing =
        browser.post(&format!("/reviews/{review}/undo"), &[("version", &version), ("question", "tests")]).await;
    assert_eq!(nothing.status, 404, "there is nothing to take back yet");
    let fields = [("version", version.as_str()), ("question", "tests"), ("score", suggested)];
    browser.post(&format!("/reviews/{review}/decide"), &fields).await;
    let page = browser.get(&format!("/interviews/{id}")).await.text;
    assert!(page.contains("<b>1</b> decided of 2") && page.contains("Take back"));
    let (_, version) = review_of(&page);
    browser.post(&format!("/reviews/{review}/undo"), &[("version", &version), ("question", "tests")]).await;
    let page = browser.get(&format!("/interviews/{id}")).await.text;
    assert!(page.contains("<b>0</b> decided of 2") && !page.contains("Take back"));
    let kept = service.admin.get(&format!("/api/v1/reviews/{review}")).await.expect(200);
    let kinds: Vec<&str> =
        kept["decisions"].as_array().expect("a list").iter().filter_map(|d| d["kind"].as_str()).collect();
    assert_eq!(kinds, ["confirmed", "withdrawn"]);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_versions_of_a_rubric_show_what_changed_and_a_stored_version_never_changes() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    service.rubric().await;
    let browser = Browser::sign_in(&service, "admin@example.org").await;
    let edited = RUBRIC.replace("Writes automated tests", "Writes tests that run by themselves");
    let same = browser.parcel("/rubrics", &[("text", &edited)], &[]).await;
    assert_eq!(same.status, 422);
    assert!(
        same.text.contains("raise the version") && same.text.contains("run by themselves"),
        "what was written stays"
    );
    let raised = edited.replace("1.0.0", "1.1.0");
    let checked = browser.parcel("/rubrics", &[("text", &raised), ("do", "check")], &[]).await;
    assert!(checked.text.contains("It can be stored."), "{}", checked.text);
    assert_eq!(browser.get("/rubrics/small/changes?from=1.0.0&to=1.1.0").await.status, 404, "checking stores nothing");
    assert_eq!(browser.parcel("/rubrics", &[("text", &raised)], &[]).await.status, 303);
    let changes = browser.get("/rubrics/small/changes?from=1.0.0&to=1.1.0").await;
    for words in ["<del>Writes automated tests</del>", "<ins>Writes tests that run by themselves</ins>"] {
        assert!(changes.text.contains(words), "{words}: {}", changes.text);
    }
    assert!(browser.get("/rubrics/small/edit?version=1.1.0").await.text.contains("run by themselves"));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_guide_becomes_a_draft_that_is_not_stored() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    let browser = Browser::sign_in(&service, "admin@example.org").await;
    let guide = include_bytes!("../fixtures/guides/question-answer.txt");
    let draft = browser.parcel("/rubrics/import", &[], &[("guide", "guide.txt", guide)]).await;
    assert_eq!(draft.status, 200, "{}", draft.text);
    assert!(draft.text.contains("not stored yet") && draft.text.contains("[[questions]]"));
    assert!(browser.get("/rubrics").await.text.contains("There is no rubric yet"));
    let none = browser.parcel("/rubrics/import", &[], &[("guide", "guide.txt", b"nothing here")]).await;
    assert_eq!(none.status, 422, "{}", none.text);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calibrations_are_added_listed_shown_compared_used_and_told_beside_the_questions() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    let rubric = std::fs::read(root.join("rubrics/backend-developer.toml")).expect("readable");
    service.admin.send("POST", "/api/v1/rubrics", &[("content-type", "application/toml")], &rubric).await.expect(201);
    let browser = Browser::sign_in(&service, "admin@example.org").await;
    assert!(browser.get("/calibration").await.text.contains("There is no calibration yet"));
    let mut ids = Vec::new();
    for run in ["backend-1-pilot", "backend-2-full"] {
        let folder = root.join("examples/calibrations").join(run);
        let report = std::fs::read(folder.join("report.json")).expect("readable");
        let mut profile = Vec::new();
        let packed = std::fs::File::open(folder.join("profile.json.gz")).expect("readable");
        flate2::read::GzDecoder::new(packed).read_to_end(&mut profile).expect("unpacked");
        let files = [("report", "report.json", report.as_slice()), ("profile", "profile.json", profile.as_slice())];
        let added = browser.parcel("/rubrics/backend-developer/calibrations", &[("number", "1.0.0")], &files).await;
        assert_eq!(added.status, 303, "{}", added.text);
        ids.push(added.header("location").expect("a way on").to_owned());
    }
    let id = |n: usize| ids[n].trim_start_matches("/calibration/");
    let list = browser.get("/calibration").await.text;
    assert!(list.contains("108 answers") && list.contains("216 answers") && list.contains("Agreement over time"));
    let one = browser.get(&ids[1]).await.text;
    assert!(one.matches("class=\"plot\"").count() == 3 && one.contains("216 answers"));
    let two = browser.get(&format!("/calibration/compare?a={}&b={}", id(0), id(1))).await;
    assert!(two.status == 200 && two.text.contains("quadratic weighted kappa"), "{}", two.text);
    assert!(browser.get("/rubrics/backend-developer").await.text.contains("Agreement with people (weighted kappa)"));
    let version = between(&one, "name=\"version\" value=\"", "\"").expect("a version");
    let used = browser.post(&format!("{}/use", ids[1]), &[("version", version), ("use", "yes")]).await;
    assert_eq!(used.status, 303, "{}", used.text);
    assert!(browser.get(&ids[1]).await.text.contains("Stop using its profile"));
    assert_eq!(browser.get("/calibration/nothing").await.status, 404);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_found_by_meaning_and_how_it_was_scored_stands_beside_the_like() {
    let service = Service::start(sqlite()).await;
    service.rubric().await;
    let browser = Browser::sign_in(&service, "admin@example.org").await;
    let (first, second) = (browser.upload(&service, TRANSCRIPT).await, browser.upload(&service, TRANSCRIPT).await);
    assert!(browser.get("/answers").await.text.contains("role=\"search\""));
    let found = browser.get("/answers?q=automated+tests&rubric=small&least=&most=").await;
    assert!(
        found.text.contains("unit tests") && found.text.contains(&format!("/interviews/{first}#u")),
        "{}",
        found.text
    );
    assert!(browser.get("/answers?q=tests&most=-5").await.text.contains("Nothing was found"), "a filter holds");
    assert_eq!(browser.get("/answers?q=tests&least=high").await.status, 422);
    // Nobody has scored one yet; then somebody has.
    browser.post(&format!("/interviews/{second}/review"), &[]).await;
    let here = browser.get(&format!("/interviews/{second}")).await.text;
    let beside = format!("/interviews/{second}/precedents/tests");
    assert!(here.contains(&format!("href=\"{beside}\"")), "one click away in the review");
    assert!(browser.get(&beside).await.text.contains("No answer like this has a score"));
    let review = service.admin.post(&format!("/api/v1/interviews/{first}/reviews"), json!({})).await.id();
    for question in ["tests", "conflict"] {
        let decided = json!({"score": 5, "reason": "other", "words": "I was there."});
        let path = format!("/api/v1/reviews/{review}/decisions/{question}");
        service.admin.change("PUT", &path, decided).await.expect(200);
    }
    service.admin.change("POST", &format!("/api/v1/reviews/{review}/submit"), json!({})).await.expect(200);
    let shown = browser.get(&beside).await;
    assert!(shown.text.contains("Score of record <b>5</b>") && shown.text.contains("<html"), "{}", shown.text);
    let headers = [("cookie", browser.cookie.as_str()), ("x-part", "1")];
    let part = browser.actor.send("GET", &beside, &headers, b"").await;
    assert!(part.text.contains("Score of record <b>5</b>") && !part.text.contains("<html"), "{}", part.text);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_can_be_taken_back_until_the_review_is_submitted() {
    let service = Service::start(sqlite()).await;
    service.rubric().await;
    let browser = Browser::sign_in(&service, "admin@example.org").await;
    let here = format!("/interviews/{}", browser.upload(&service, TRANSCRIPT).await);
    browser.post(&format!("{here}/review"), &[]).await;
    let (review, version) = review_of(&browser.get(&here).await.text);
    let comment = [("version", version.as_str()), ("question", "tests"), ("text", "Too fast.")];
    browser.post(&format!("/reviews/{review}/comment"), &comment).await;
    let page = browser.get(&here).await.text;
    let id = between(&page, "name=\"comment\" value=\"", "\"").expect("a way to take it back").to_owned();
    let (_, version) = review_of(&page);
    let gone = [("version", version.as_str()), ("question", "tests"), ("comment", id.as_str())];
    assert_eq!(browser.post(&format!("/reviews/{review}/comment/remove"), &gone).await.status, 303);
    let page = browser.get(&here).await.text;
    assert!(!page.contains("Too fast."), "{page}");
    let gone = [("version", &*review_of(&page).1), ("question", "tests"), ("comment", id.as_str())];
    assert_eq!(browser.post(&format!("/reviews/{review}/comment/remove"), &gone).await.status, 404);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_gets_only_what_changed() {
    let service = Service::start(sqlite()).await;
    service.rubric().await;
    let browser = Browser::sign_in(&service, "admin@example.org").await;
    let id = browser.upload(&service, TRANSCRIPT).await;
    browser.post(&format!("/interviews/{id}/review"), &[]).await;
    let (review, version) = review_of(&browser.get(&format!("/interviews/{id}")).await.text);
    let fields = [("csrf", browser.csrf.as_str()), ("version", &version), ("question", "tests"), ("text", "Good.")];
    let headers = [("cookie", browser.cookie.as_str()), ("x-part", "1")];
    let part = post(&browser.actor, &format!("/reviews/{review}/comment"), &headers, &fields).await;
    assert_eq!((part.status, part.header("etag")), (200, Some("\"2\"")), "{}", part.text);
    assert!(part.text.contains("id=\"progress\"") && part.text.contains("id=\"q1\"") && part.text.contains("Good."));
    assert!(!part.text.contains("<html") && !part.text.contains("id=\"q2\""));
    let behind = post(&browser.actor, &format!("/reviews/{review}/comment"), &headers, &fields).await;
    assert_eq!((behind.status, behind.header("content-type")), (412, Some("application/problem+json")));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blind_first_shows_nothing_of_a_suggestion_before_the_own_score() {
    let service = Service::start(sqlite()).await;
    service.rubric().await;
    service.admin.change("PATCH", "/api/v1/rubrics/small", json!({"mode": "blind_first"})).await.expect(200);
    let browser = Browser::sign_in(&service, "admin@example.org").await;
    let id = browser.upload(&service, TRANSCRIPT).await;
    let here = format!("/interviews/{id}");
    browser.post(&format!("{here}/review"), &[]).await;
    let page = browser.get(&here).await.text;
    for trace in ["class=\"suggestion\"", "class=\"quote", "data-suggested", "class=\"badge\"", "data-criteria"] {
        assert!(!page.contains(trace), "{trace}");
    }
    let (review, version) = review_of(&page);
    let first = [("version", version.as_str()), ("question", "tests"), ("score", "3")];
    browser.post(&format!("/reviews/{review}/decide"), &first).await;
    let page = browser.get(&here).await.text;
    assert!(page.contains("class=\"suggestion\"") && page.contains("Your first score: <b>3</b>"));
    let second = page.split("id=\"q2\"").nth(1).expect("the second question");
    assert!(!second.split("</article>").next().expect("its end").contains("class=\"suggestion\""));
    service.end().await;
}

const HOSTILE: &str = "WEBVTT

1
00:00:01.000 --> 00:00:05.000
Ines: How do you test your code? <script>alert(1)</script>

2
00:00:06.000 --> 00:00:20.000
Dana: I write unit tests for every change \u{202e}evil\u{202c} \u{2067}turned\u{2069} <script>alert(2)</script> \"><img src=x onerror=alert(3)> javascript:alert(4) and they run on every push.
";

#[tokio::test(flavor = "multi_thread")]
async fn hostile_words_show_as_text_on_every_page_and_no_page_has_a_script_inside() {
    let service = Service::start(sqlite()).await;
    service.rubric().await;
    let browser = Browser::sign_in(&service, "admin@example.org").await;
    let name = "<script>alert(5)</script>\u{202e}.vtt";
    let read = browser
        .parcel("/upload", &[], &[("files", name, HOSTILE.as_bytes()), ("files", "b.png", b"\x89PNG\r\n\x1a\n")])
        .await;
    assert!(read.text.contains("This file cannot be read"), "the bad file says so");
    assert!(read.text.contains("Start the evaluation"), "beside the good one");
    let id = browser.upload(&service, HOSTILE).await;
    browser.post(&format!("/interviews/{id}/review"), &[]).await;
    let here = format!("/interviews/{id}");
    let (review, version) = review_of(&browser.get(&here).await.text);
    let comment = [("version", version.as_str()), ("question", "tests"), ("text", "<b>bold</b> \u{2066}x")];
    browser.post(&format!("/reviews/{review}/comment"), &comment).await;
    let mut pages = vec![("/upload".to_owned(), read)];
    for path in [
        "/",
        "/upload",
        &here,
        "/answers?q=%3Cb%3Ebold",
        "/rubrics",
        "/rubrics/small",
        "/people",
        "/audit",
        "/settings",
        "/nowhere",
    ] {
        pages.push((path.to_owned(), browser.get(path).await));
    }
    for (path, page) in pages {
        let policy = page.header("content-security-policy").unwrap_or_else(|| panic!("{path} has no policy"));
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        for tag in page.text.split("<script").skip(1) {
            assert!(tag.starts_with(" type=\"module\" src=\"/assets/"), "{path}: <script{}", &tag[..60.min(tag.len())]);
        }
        for trace in ["<img", "<b>bold", " style=\"", "href=\"javascript", " onclick", " onerror=\""] {
            assert!(!page.text.contains(trace), "{path}: {trace}");
        }
        assert!(
            !page.text.contains(['\u{202e}', '\u{2066}', '\u{2067}']),
            "{path} has characters that turn the text round"
        );
    }
    let page = browser.get(&here).await;
    assert!(page.text.contains("&#60;script&#62;alert(2)&#60;/script&#62;"));
    assert!(page.text.contains("<span class=\"unseen\">U+2067</span>"));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_asks_for_german_gets_german() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    service.rubric().await;
    let mut browser = Browser::sign_in(&service, "admin@example.org").await;
    browser.language = "de-DE,de;q=0.9,en;q=0.5";
    let page = browser.get("/").await.text;
    assert!(page.contains("<html lang=\"de\">") && page.contains("Nichts wartet auf Sie."));
    assert!(browser.get("/interviews/nothing").await.text.contains("<h1>Das gibt es nicht</h1>"));
    // What the service says in English alone is marked as that.
    let refused = browser.get("/answers?q=x&least=high").await;
    assert!(refused.text.contains("Eine Regel erlaubt das nicht") && refused.text.contains("lang=\"en\""));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rubric_with_faults_shows_them_all_and_what_was_written() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    let browser = Browser::sign_in(&service, "admin@example.org").await;
    let broken =
        RUBRIC.replace("kind = \"technical\"", "kind = \"riddle\"").replace("title = \"Small\"", "titel = \"Small\"");
    let answer = browser.parcel("/rubrics", &[("text", &broken)], &[]).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.text.contains("riddle") && answer.text.contains("titel") && answer.text.contains("class=\"note-bad\"")
    );
    let added = browser.parcel("/rubrics", &[], &[("file", "small.toml", RUBRIC.as_bytes())]).await;
    assert_eq!(added.header("location"), Some("/rubrics/small?version=1.0.0"), "{}", added.text);
    assert!(browser.get("/rubrics/small").await.text.contains("How do you test your code?"));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_named_by_their_content_kept_for_good_and_packed() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    let page = service.nobody.get("/signin").await.text;
    let style = between(&page, "rel=\"stylesheet\" href=\"", "\"").expect("a style sheet");
    let plain = service.nobody.get(style).await;
    assert_eq!(plain.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert!(plain.text.contains("prefers-reduced-motion") && plain.header("content-encoding").is_none());
    assert_eq!(service.nobody.get("/assets/earmark.0.css").await.status, 404);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_page_makes_the_first_administrator_once() {
    let service = Service::idle(sqlite(), ServiceSettings::default()).await;
    let gone = service.nobody.get("/setup").await;
    assert_eq!((gone.status, gone.header("location")), (303, Some("/signin")));
    let fields = [("secret", "the set-up secret"), ("email", "b@example.org"), ("name", "B"), ("password", PASSWORD)];
    assert_eq!(post(&service.nobody, "/setup", &[], &fields).await.status, 422);
    service.end().await;
}
