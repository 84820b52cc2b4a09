//! The service over real HTTP, and actors with different rights who use it: one line a request.

use earmark::config::{EvaluationSettings, ServiceSettings};
use earmark::judge::Judge;
use earmark::retrieval::Retrieval;
use earmark::search::Search;
use earmark::store::{Edge, Store};
use earmark::web::Api;
use earmark::work::{Workers, Workshop};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The machine's clock and randomness.
pub const EDGE: Edge = Edge {
    clock: || SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as i64,
    random: || {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("randomness");
        bytes
    },
};

/// So long that what has not come by then never comes, however busy the machine is.
const NEVER: Duration = Duration::from_mins(5);

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    pub fn id(&self) -> String {
        self.json()["id"].as_str().unwrap_or_else(|| panic!("no id: {}", self.text)).to_owned()
    }
}

/// Somebody who uses the service.
#[derive(Clone)]
pub struct Actor {
    pub address: SocketAddr,
    pub token: Option<String>,
    pub id: String,
}

impl Actor {
    /// Nobody in particular.
    pub fn nobody(address: SocketAddr) -> Self {
        Self { address, token: None, id: String::new() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"").await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json("POST", path, &[], &body).await
    }

    pub async fn json(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.send(method, path, &all, body.to_string().as_bytes()).await
    }

    /// Sends a change based on whatever is there.
    pub async fn change(&self, method: &str, path: &str, body: Value) -> Answer {
        self.json(method, path, &[("if-match", "*")], &body).await
    }

    /// Uploads a transcript as the body.
    pub async fn upload(&self, query: &str, headers: &[(&str, &str)], transcript: &[u8]) -> Answer {
        let mut all = vec![("content-type", "application/octet-stream")];
        all.extend_from_slice(headers);
        self.send("POST", &format!("/api/v1/interviews?{query}"), &all, transcript).await
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        in_time(path, self.try_send(method, path, headers, body)).await.expect("the service answers")
    }

    /// The same, where the service may be gone.
    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        if let Some(token) = &self.token {
            let _ = write!(head, "authorization: Bearer {token}\r\n");
        }
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "content-length: {}\r\n\r\n", body.len());
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(head.as_bytes()).await?;
        // A service that refuses early stops reading; its answer is there all the same.
        drop(stream.write_all(body).await);
        let mut bytes = Vec::new();
        if let Err(error) = stream.read_to_end(&mut bytes).await
            && bytes.is_empty()
        {
            return Err(error);
        }
        read_answer(&bytes).ok_or_else(|| std::io::Error::other("the answer broke off"))
    }
}

/// What is waited for, or a failure that names it: a test that waits for ever says nothing.
pub async fn in_time<T>(what: &str, waited_for: impl Future<Output = T>) -> T {
    tokio::time::timeout(NEVER, waited_for).await.unwrap_or_else(|_| panic!("in vain: {what}"))
}

fn read_answer(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let is = |name: &str, value: &str| headers.iter().any(|(n, v)| n.eq_ignore_ascii_case(name) && v == value);
    let body = &bytes[end + 4..];
    let body = if is("transfer-encoding", "chunked") { unchunked(body)? } else { body.to_vec() };
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    if length.is_some_and(|(_, length)| length.parse() != Ok(body.len())) {
        return None;
    }
    Some(Answer { status, headers, text: String::from_utf8(body).ok()? })
}

fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?, 16).ok()?;
        rest = &rest[line + 2..];
        if size == 0 {
            return Some(out);
        }
        out.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}

/// A database for a test; what it stands on lives as long as this.
pub struct Database {
    pub url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Database {
    /// One that somebody else keeps.
    pub fn at(url: String) -> Self {
        Self { url, _folder: None }
    }
}

/// A fresh SQLite file.
pub fn sqlite() -> Database {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("earmark.db").display());
    Database { url, _folder: Some(folder) }
}

/// A fresh database of the PostgreSQL server, where one can be had.
pub async fn postgres() -> Option<Database> {
    super::postgres::fresh().await.map(|url| Database { url, _folder: None })
}

/// Every database that can be had here.
pub async fn databases() -> Vec<Database> {
    let mut all = vec![sqlite()];
    all.extend(postgres().await);
    all
}

/// A running service.
pub struct Service {
    pub store: Store,
    pub search: Arc<Search>,
    pub nobody: Actor,
    pub admin: Actor,
    pub database: Database,
    stop: watch::Sender<bool>,
    workers: Option<Workers>,
    has_workers: bool,
}

impl Service {
    /// With one worker.
    pub async fn start(database: Database) -> Self {
        Self::with(database, ServiceSettings { signins_per_minute: 1_000, ..ServiceSettings::default() }).await
    }

    /// Without workers: jobs wait.
    pub async fn idle(database: Database, settings: ServiceSettings) -> Self {
        Self::with(database, ServiceSettings { workers: 0, signins_per_minute: 1_000, ..settings }).await
    }

    pub async fn with(database: Database, settings: ServiceSettings) -> Self {
        Self::judged(database, settings, Judge::local()).await
    }

    /// With a judge of the test's choice.
    pub async fn judged(database: Database, settings: ServiceSettings, judge: Judge) -> Self {
        let cache = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        let retrieval = Arc::new(Retrieval::local(Some(&cache)).expect("retrieval"));
        Self::with_index(database, settings, judge, retrieval).await
    }

    /// With an index of the test's choice.
    pub async fn with_index(
        database: Database,
        settings: ServiceSettings,
        judge: Judge,
        retrieval: Arc<Retrieval>,
    ) -> Self {
        Self::built(database, settings, judge, retrieval, |api| api).await
    }

    /// With more than the settings say.
    pub async fn arranged(database: Database, settings: ServiceSettings, arrange: impl FnOnce(Api) -> Api) -> Self {
        let cache = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        let retrieval = Arc::new(Retrieval::local(Some(&cache)).expect("retrieval"));
        Self::built(database, settings, Judge::local(), retrieval, arrange).await
    }

    async fn built(
        database: Database,
        settings: ServiceSettings,
        judge: Judge,
        retrieval: Arc<Retrieval>,
        arrange: impl FnOnce(Api) -> Api,
    ) -> Self {
        let store = Store::open(&database.url, EDGE).await.expect("the store opens");
        let (stop, stopping) = watch::channel(false);
        let search = Arc::new(Search::new(store.clone(), Arc::clone(&retrieval)));
        let workshop = Workshop { retrieval, judge, settings: EvaluationSettings::default() };
        let has_workers = settings.workers > 0;
        let workers = Workers::start(&store, &Arc::new(workshop), &settings);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let api = Api::new(store.clone(), settings, stopping).searching(Arc::clone(&search));
        let router = arrange(api).router();
        let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>());
        tokio::spawn(async move { server.await.expect("serves") });
        store.offer_setup("the set-up secret").await.expect("offered");
        let nobody = Actor::nobody(address);
        let body =
            json!({"secret": "the set-up secret", "email": "Admin@example.org", "name": "Admin", "password": PASSWORD});
        let id = nobody.post("/api/v1/setup", body).await.id();
        let admin = signed_in(&nobody, "admin@example.org", id).await;
        Self { store, search, nobody, admin, database, stop, workers: Some(workers), has_workers }
    }

    /// Whether anything is evaluated here.
    pub fn has_workers(&self) -> bool {
        self.has_workers
    }

    /// Adds a person and signs them in.
    pub async fn person(&self, role: &str, name: &str) -> Actor {
        let email = format!("{name}@example.org");
        let body = json!({"email": email, "name": name, "role": role, "password": PASSWORD});
        let id = self.admin.post("/api/v1/people", body).await.id();
        signed_in(&self.nobody, &email, id).await
    }

    /// Uploads the small rubric of these tests.
    pub async fn rubric(&self) -> String {
        let answer =
            self.admin.send("POST", "/api/v1/rubrics", &[("content-type", "application/toml")], RUBRIC.as_bytes());
        answer.await.expect(201)["rubric"].as_str().expect("an id").to_owned()
    }

    /// Uploads an interview and waits until it is evaluated.
    pub async fn evaluated(&self, by: &Actor) -> String {
        let id = by.upload("rubric=small&title=An%20interview", &[], TRANSCRIPT.as_bytes()).await.id();
        self.wait_for(&id).await;
        id
    }

    /// Reads what is at `path` until it is as wanted, again whenever something happens in the store.
    pub async fn until(&self, path: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let mut bell = self.store.changes();
        loop {
            let found = self.admin.get(path).await.expect(200);
            if is_wanted(&found) {
                return found;
            }
            let rung = in_time(&format!("{path} is still {found}"), bell.changed()).await;
            rung.expect("the store is there");
        }
    }

    /// Waits until nothing of an interview is under way, by watching its newest evaluation.
    pub async fn wait_for(&self, interview: &str) -> Value {
        let all = self.admin.get(&format!("/api/v1/interviews/{interview}/evaluations")).await.expect(200);
        let id = all[0]["id"].as_str().expect("an evaluation").to_owned();
        let events = self.admin.get(&format!("/api/v1/evaluations/{id}/events")).await;
        assert!(events.text.contains("event: end"), "{}", events.text);
        self.admin.get(&format!("/api/v1/evaluations/{id}")).await.expect(200)
    }

    /// Ends the service in order.
    pub async fn end(mut self) -> Database {
        self.stop.send_replace(true);
        if let Some(workers) = self.workers.take() {
            workers.stop().await;
        }
        self.store.close().await;
        self.database
    }
}

/// Signs in with the password and makes a token that may do all that the person may.
pub async fn signed_in(nobody: &Actor, email: &str, id: String) -> Actor {
    let answer = nobody.post("/api/v1/session", json!({"email": email, "password": PASSWORD})).await;
    let cookie = answer.header("set-cookie").expect("a cookie").split(';').next().expect("its value").to_owned();
    let csrf = answer.expect(200)["csrf_token"].as_str().expect("a token").to_owned();
    let body = json!({"name": "tests", "scopes": ["read", "write", "people", "audit"], "days": 1});
    let headers = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
    let made = nobody.json("POST", "/api/v1/tokens", &headers, &body).await.expect(201);
    Actor { address: nobody.address, token: made["secret"].as_str().map(str::to_owned), id }
}

/// A rubric of three questions.
pub const RUBRIC: &str = r#"
id = "small"
title = "Small"
version = "1.0.0"
language = "en"

[[questions]]
id = "tests"
kind = "technical"
ask = "How do you test your code?"
ideal_answers = ["I write unit tests for every change and run them before each commit."]

  [[questions.listen_for]]
  id = "writes-tests"
  text = "Writes automated tests"

  [[questions.listen_for]]
  id = "runs-in-ci"
  text = "Runs the tests on every change in continuous integration"

[[questions]]
id = "conflict"
kind = "behavioural"
ask = "Tell me about a disagreement with a colleague."
ideal_answers = ["I listened to my colleague, we compared both designs, and agreed on one."]

  [[questions.listen_for]]
  id = "listens"
  text = "Listens to the other person's view"

[[questions]]
id = "databases"
kind = "technical"
ask = "How do you find out why a database query is slow?"
ideal_answers = ["I look at the query plan and add an index where a scan is expensive."]

  [[questions.listen_for]]
  id = "plan"
  text = "Looks at the query plan"
"#;

/// An interview in which the first two questions are asked.
pub const TRANSCRIPT: &str = "WEBVTT

1
00:00:01.000 --> 00:00:05.000
Ines: Thanks for coming. How do you test your code?

2
00:00:06.000 --> 00:00:20.000
Dana: I write unit tests for every change before I commit. The tests run in continuous integration on every push.

3
00:00:21.000 --> 00:00:25.000
Ines: Good. Tell me about a disagreement with a colleague.

4
00:00:26.000 --> 00:00:45.000
Dana: We disagreed about the queue. I listened to what my colleague was worried about, and we compared both designs together.

5
00:00:46.000 --> 00:00:50.000
Ines: Thank you, that is all.
";
