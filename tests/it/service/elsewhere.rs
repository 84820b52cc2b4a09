//! Signing in with an `OpenID` Connect provider.

use crate::harness::identity::{CLIENT, Provider, SECRET, Wrong};
use crate::harness::service::{Actor, Answer, Service, databases, sqlite};
use earmark::config::ServiceSettings;
use earmark::endpoint::{IdentityProvider, IdentitySettings};
use earmark::store::PersonRole;
use serde_json::json;

const LEAVE: &str = "/api/v1/session/elsewhere";

async fn service(
    provider: &Provider,
    database: crate::harness::service::Database,
    newcomers: Option<PersonRole>,
) -> Service {
    let settings = IdentitySettings {
        issuer: provider.issuer.clone(),
        client_id: CLIENT.into(),
        client_secret: Some(SECRET.into()),
        redirect: "https://earmark.example/api/v1/session/elsewhere/back".into(),
    };
    let provider = IdentityProvider::new(settings).expect("a provider");
    let settings = ServiceSettings { workers: 0, signins_per_minute: 1_000, ..ServiceSettings::default() };
    Service::arranged(database, settings, |api| api.with_provider(provider, newcomers)).await
}

fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let mut cookies = answer.headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case("set-cookie"));
    let found = cookies.find(|(_, value)| value.starts_with(&format!("{name}=")))?;
    Some(found.1.split(';').next().expect("its value").to_owned())
}

/// Goes to the provider and gives the cookie and the path with which it leads back.
async fn there(nobody: &Actor) -> (String, String) {
    let left = nobody.get(LEAVE).await;
    assert_eq!(left.status, 303, "{}", left.text);
    let cookie = cookie(&left, "__Host-earmark-elsewhere").expect("a cookie");
    let way = left.header("location").expect("an address");
    let (host, path) = way.strip_prefix("http://").expect("the provider").split_once('/').expect("a path");
    let provider = Actor::nobody(host.parse().expect("an address"));
    let back = provider.get(&format!("/{path}")).await;
    let location = back.header("location").expect("a way back").to_owned();
    (cookie, location.strip_prefix("https://earmark.example").expect("the way back").to_owned())
}

async fn back(nobody: &Actor, cookie: &str, path: &str) -> Answer {
    nobody.send("GET", path, &[("cookie", cookie)], b"").await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_an_account_is_led_in_by_their_verified_address() {
    for database in databases().await {
        let provider = Provider::start().await;
        let service = service(&provider, database, None).await;
        let ines = service.person("interviewer", "ines").await;
        provider.is("Ines@Example.org", Wrong::Nothing);
        let (secret, path) = there(&service.nobody).await;
        let come = back(&service.nobody, &secret, &path).await;
        let session = cookie(&come, "__Host-earmark").expect("a session");
        let csrf = come.json()["csrf_token"].as_str().expect("a token").to_owned();
        assert_eq!(come.expect(200)["person"]["id"], ines.id.as_str());
        let headers = [("cookie", session.as_str())];
        let who = service.nobody.send("GET", "/api/v1/session", &headers, b"").await.expect(200);
        assert_eq!((&who["person"]["role"], &who["csrf_token"]), (&json!("interviewer"), &json!(csrf)));
        service.nobody.send("DELETE", "/api/v1/session", &headers, b"").await.expect(403);

        let (secret, path) = there(&service.nobody).await;
        let headers = [("cookie", secret.as_str()), ("accept", "text/html,*/*")];
        let page = service.nobody.send("GET", &path, &headers, b"").await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        let log = service.admin.get("/api/v1/audit").await;
        assert!(log.text.contains("signin.accepted"), "{}", log.text);
        service.end().await;
    }
}

/// Signs in with the provider, to the end.
async fn comes(service: &Service) -> Answer {
    let (secret, path) = there(&service.nobody).await;
    back(&service.nobody, &secret, &path).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_changes_hands_leads_nobody_into_an_account() {
    for database in databases().await {
        let provider = Provider::start().await;
        let service = service(&provider, database, None).await;
        let ines = service.person("interviewer", "ines").await;
        provider.calls("subject-1");
        provider.is("ines@example.org", Wrong::Nothing);
        comes(&service).await.expect(200);
        // She marries; the account stays hers.
        provider.is("ines.second@example.org", Wrong::Nothing);
        assert_eq!(comes(&service).await.expect(200)["person"]["id"], ines.id.as_str());
        // Somebody else gets her old address.
        provider.calls("subject-2");
        provider.is("ines@example.org", Wrong::Nothing);
        let refused = comes(&service).await;
        assert_eq!((refused.status, cookie(&refused, "__Host-earmark")), (401, None), "{}", refused.text);
        assert!(refused.text.contains("another identity"), "{}", refused.text);
        // An administrator who knows better opens the account anew.
        for is_active in [false, true] {
            let path = format!("/api/v1/people/{}", ines.id);
            service.admin.change("PATCH", &path, json!({"is_active": is_active})).await.expect(200);
        }
        assert_eq!(comes(&service).await.expect(200)["person"]["id"], ines.id.as_str());
        let log = service.admin.get("/api/v1/audit").await;
        assert_eq!(log.text.matches("person.tied").count(), 2, "{}", log.text);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_of_the_provider_that_does_not_hold_leads_nowhere() {
    let provider = Provider::start().await;
    let service = service(&provider, sqlite(), Some(PersonRole::Interviewer)).await;
    for wrong in
        [Wrong::Nonce, Wrong::Audience, Wrong::Issuer, Wrong::Key, Wrong::Expired, Wrong::Unsigned, Wrong::Unverified]
    {
        provider.is("admin@example.org", wrong);
        let (secret, path) = there(&service.nobody).await;
        let come = back(&service.nobody, &secret, &path).await;
        assert_eq!((come.status, cookie(&come, "__Host-earmark")), (401, None), "{wrong:?}: {}", come.text);
    }
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_back_is_of_use_once_and_only_in_the_browser_that_left() {
    let provider = Provider::start().await;
    let service = service(&provider, sqlite(), None).await;
    provider.is("admin@example.org", Wrong::Nothing);
    let (mine, my_way) = there(&service.nobody).await;
    let (theirs, _) = there(&service.nobody).await;
    back(&service.nobody, &theirs, &my_way).await.expect(401);
    service.nobody.get(&my_way).await.expect(401);
    let changed = my_way.replace("state=", "state=0");
    back(&service.nobody, &mine, &changed).await.expect(401);
    back(&service.nobody, &mine, &format!("{my_way}&iss=https%3A%2F%2Fanother.example")).await.expect(401);
    let led_in = back(&service.nobody, &mine, &my_way).await;
    assert_eq!(cookie(&led_in, "__Host-earmark-elsewhere").as_deref(), Some("__Host-earmark-elsewhere="));
    led_in.expect(200);
    back(&service.nobody, &mine, &my_way).await.expect(401);
    let state = my_way.split('&').find(|part| part.starts_with("state=")).expect("a state");
    back(&service.nobody, &mine, &format!("{LEAVE}/back?error=access_denied&{state}")).await.expect(401);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_account_gets_one_only_where_that_is_set() {
    let provider = Provider::start().await;
    provider.is("new@example.org", Wrong::Nothing);
    let closed = service(&provider, sqlite(), None).await;
    let (secret, path) = there(&closed.nobody).await;
    back(&closed.nobody, &secret, &path).await.expect(401);
    closed.end().await;
    let open = service(&provider, sqlite(), Some(PersonRole::Interviewer)).await;
    for _ in 0..2 {
        let (secret, path) = there(&open.nobody).await;
        let person = back(&open.nobody, &secret, &path).await.expect(200)["person"].clone();
        assert_eq!((&person["email"], &person["role"]), (&json!("new@example.org"), &json!("interviewer")));
    }
    let people = open.admin.get("/api/v1/people").await.expect(200);
    assert_eq!(people.as_array().expect("a list").len(), 2);
    // Ended here is ended, whatever the provider says.
    let new = people[1]["id"].as_str().expect("an id");
    open.admin.change("PATCH", &format!("/api/v1/people/{new}"), json!({"is_active": false})).await.expect(200);
    let (secret, path) = there(&open.nobody).await;
    back(&open.nobody, &secret, &path).await.expect(401);
    open.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_provider_or_while_it_is_away_nobody_is_sent_anywhere() {
    let settings = ServiceSettings { workers: 0, signins_per_minute: 1_000, ..ServiceSettings::default() };
    let plain = Service::idle(sqlite(), settings).await;
    plain.nobody.get(LEAVE).await.expect(404);
    plain.nobody.get(&format!("{LEAVE}/back?code=x&state=y")).await.expect(404);
    plain.end().await;
    let mut away = Provider::start().await;
    away.issuer = "http://127.0.0.1:1".into();
    let service = service(&away, sqlite(), None).await;
    service.nobody.get(LEAVE).await.expect(503);
    service.end().await;
}
