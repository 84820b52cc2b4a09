//! A small server with OpenAI's interface for tests: real HTTP over a real socket, chat completions with schema and log
//! probabilities, embeddings, and every kind of misbehaviour on request.
//!
//! Its model reads the prompt as a model would: it takes criteria and numbered sentences from it, and finds a criterion
//! met where a sentence shares words with it. It can also be told to obey what a candidate says.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::codegen::tokio_stream;

/// What the server does with one request.
#[derive(Debug, Clone)]
pub enum Act {
    /// Judges by the words.
    Honest,
    /// Finds everything met, with the best score.
    Obey(Quoting),
    /// Judges by the words, and obeys where these words are to be seen in the prompt.
    ObeyIfSeen(String, Quoting),
    /// The model writes this.
    Says(String),
    /// As honest, with this in place of its score.
    Scores(String),
    /// As honest, and ends for this reason.
    Finishes(&'static str),
    /// As honest, but the longest reply is reached half-way.
    CutsOff,
    /// The model refuses.
    Refuses,
    /// A completion without choices.
    NoChoices,
    /// A status with headers and a body.
    Status(u16, Vec<(&'static str, String)>, String),
    /// The connection breaks before a word, or after some.
    Drops { after_some: bool },
    /// Any body with status 200.
    Body(String),
    /// Answers late.
    Late(Duration),
}

/// What an obeying model quotes for each criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    Nothing,
    /// Words that nobody said.
    Invented,
    /// Half a word of the first sentence.
    Scraps,
    /// The last sentence: the attack, where it was let through.
    TheLast,
    /// The first sentence, for everything.
    TheFirst,
    /// All sentences, for everything.
    Everything,
    /// A sentence of the interviewer's, or one that is not there.
    NotTheirs,
}

/// What the server leaves out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lacks {
    pub schema: bool,
    pub json_mode: bool,
    pub temperature: bool,
    pub max_tokens: bool,
    pub log_probabilities: bool,
}

#[derive(Default)]
struct State {
    script: VecDeque<Act>,
    otherwise: Option<Act>,
    latency: Duration,
    lacks: Lacks,
    key: Option<String>,
    models: Vec<String>,
    requests: Vec<Value>,
    now: usize,
    most: usize,
    dimensions: usize,
}

#[derive(Clone)]
pub struct OpenAiServer {
    url: String,
    state: Arc<Mutex<State>>,
    _stop: Arc<oneshot::Sender<()>>,
}

impl OpenAiServer {
    /// Starts an honest server on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let url = format!("http://{}/v1", listener.local_addr().expect("it is bound"));
        let state = Arc::new(Mutex::new(State { dimensions: 32, ..State::default() }));
        let (chat, embeddings) = (Arc::clone(&state), Arc::clone(&state));
        let router = Router::new()
            .route(
                "/v1/chat/completions",
                post(move |headers: HeaderMap, body: Bytes| answer(chat, headers, body, false)),
            )
            .route(
                "/v1/embeddings",
                post(move |headers: HeaderMap, body: Bytes| answer(embeddings, headers, body, true)),
            )
            .fallback(|| async {
                response(404, &[("content-type", "text/html".into())], "<html>Not here</html>".into())
            });
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = axum::serve(listener, router).with_graceful_shutdown(async {
            // Dropping the sender is the signal.
            let _ = stopped.await;
        });
        tokio::spawn(async move { serving.await });
        Self { url, state, _stop: Arc::new(stop) }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no handler panics")
    }

    /// What it does with the next requests, one each; then what it does otherwise.
    pub fn script(&self, acts: impl IntoIterator<Item = Act>) -> &Self {
        self.state().script = acts.into_iter().collect();
        self
    }

    pub fn otherwise(&self, act: Act) -> &Self {
        self.state().otherwise = Some(act);
        self
    }

    pub fn latency(&self, latency: Duration) -> &Self {
        self.state().latency = latency;
        self
    }

    pub fn lacks(&self, lacks: Lacks) -> &Self {
        self.state().lacks = lacks;
        self
    }

    pub fn wants_key(&self, key: &str) -> &Self {
        self.state().key = Some(key.into());
        self
    }

    pub fn has_models(&self, models: &[&str]) -> &Self {
        self.state().models = models.iter().map(|m| (*m).to_owned()).collect();
        self
    }

    /// Requests so far, oldest first.
    pub fn requests(&self) -> Vec<Value> {
        self.state().requests.clone()
    }

    /// The most that were under way at once.
    pub fn most_at_once(&self) -> usize {
        self.state().most
    }
}

/// A body as OpenAI's errors have it.
pub fn error_body(message: &str, code: Value) -> String {
    json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": code}}).to_string()
}

fn response(status: u16, headers: &[(&'static str, String)], body: String) -> Response<Body> {
    let mut made = Response::builder().status(StatusCode::from_u16(status).expect("a status"));
    for (name, value) in headers {
        made = made.header(*name, value);
    }
    made.body(Body::from(body)).expect("a response")
}

fn broken(some: &'static str) -> Response<Body> {
    let pieces: Vec<io::Result<Bytes>> = vec![
        if some.is_empty() { Err(io::Error::other("gone")) } else { Ok(Bytes::from_static(some.as_bytes())) },
        Err(io::Error::other("gone")),
    ];
    let body = Body::from_stream(tokio_stream::iter(pieces));
    Response::builder().header("content-type", "application/json").body(body).expect("a response")
}

async fn answer(state: Arc<Mutex<State>>, headers: HeaderMap, body: Bytes, embeds: bool) -> Response<Body> {
    let request: Value = serde_json::from_slice(&body).expect("a client sends JSON");
    let (act, latency) = {
        let mut state = state.lock().expect("no handler panics");
        state.requests.push(request.clone());
        state.now += 1;
        state.most = state.most.max(state.now);
        let act = state.script.pop_front().or_else(|| state.otherwise.clone()).unwrap_or(Act::Honest);
        (act, state.latency)
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    if let Act::Late(time) = act {
        tokio::time::sleep(time).await;
    }
    let mut state = state.lock().expect("no handler panics");
    state.now -= 1;
    if let Some(refusal) = refused(&state, &headers, &request) {
        return refusal;
    }
    if embeds { embedded(&request, state.dimensions) } else { completed(&request, act, state.lacks) }
}

/// What a server checks before it looks at the words.
fn refused(state: &State, headers: &HeaderMap, request: &Value) -> Option<Response<Body>> {
    let refusal = |status, message: &str, code: &str| Some(response(status, &[], error_body(message, json!(code))));
    if let Some(key) = &state.key {
        let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if given != format!("Bearer {key}") {
            let key = given.trim_start_matches("Bearer ");
            return refusal(401, &format!("Incorrect API key provided: {key}."), "invalid_api_key");
        }
    }
    let model = request["model"].as_str().expect("every request names a model");
    if !state.models.is_empty() && !state.models.iter().any(|known| known == model) {
        return refusal(404, &format!("The model `{model}` does not exist"), "model_not_found");
    }
    let lacks = state.lacks;
    let format = request["response_format"]["type"].as_str().unwrap_or_default();
    if lacks.temperature && !request["temperature"].is_null() {
        return refusal(
            400,
            "Unsupported value: 'temperature' does not support 0 with this model.",
            "unsupported_value",
        );
    }
    if lacks.max_tokens && !request["max_tokens"].is_null() {
        let message = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.";
        return refusal(400, message, "unsupported_parameter");
    }
    if (lacks.schema && format == "json_schema") || (lacks.json_mode && format == "json_object") {
        // As llama.cpp has it: the code is a number.
        let body = error_body(&format!("response_format type {format} is not supported"), json!(400));
        return Some(response(400, &[], body));
    }
    None
}

fn embedded(request: &Value, dimensions: usize) -> Response<Body> {
    let dimensions = request["dimensions"].as_u64().map_or(dimensions, |n| n as usize);
    let texts = request["input"].as_array().expect("texts");
    let row = |(index, text): (usize, &Value)| {
        // Words hashed into places: alike where words are.
        let mut numbers = vec![0.01_f32; dimensions];
        for word in text.as_str().expect("a text").to_lowercase().split(|c: char| !c.is_alphanumeric()) {
            let place = word.bytes().fold(7_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
            numbers[place % dimensions] += 1.0;
        }
        json!({"object": "embedding", "index": index, "embedding": numbers})
    };
    // In no order that anybody may rely on.
    let rows: Vec<Value> = texts.iter().enumerate().map(row).rev().collect();
    let body = json!({"object": "list", "data": rows, "model": request["model"], "usage": {"prompt_tokens": 1}});
    response(200, &[("content-type", "application/json".into())], body.to_string())
}

fn completed(request: &Value, act: Act, lacks: Lacks) -> Response<Body> {
    let seen = Seen::of(request);
    let mut finish = "stop";
    let content = match act {
        Act::Honest | Act::Late(_) => seen.honest(None).to_string(),
        Act::Scores(score) => {
            let honest = seen.honest(None);
            let text = honest.to_string();
            text.replace(&format!("\"score\":{}", honest["score"]), &format!("\"score\":{score}"))
        }
        Act::Obey(quoting) => seen.obeying(quoting).to_string(),
        Act::ObeyIfSeen(attack, quoting) => {
            if seen.shows(&attack) {
                seen.obeying(quoting).to_string()
            } else {
                seen.honest(None).to_string()
            }
        }
        Act::Says(words) => words,
        Act::Finishes(reason) => {
            finish = reason;
            seen.honest(None).to_string()
        }
        Act::CutsOff => {
            finish = "length";
            let whole = seen.honest(None).to_string();
            whole[..whole.len() / 2].to_owned()
        }
        Act::Refuses => {
            let message = json!({"role": "assistant", "content": null, "refusal": "I cannot help with that."});
            return completion(request, vec![json!({"index": 0, "message": message, "finish_reason": "stop"})]);
        }
        Act::NoChoices => return completion(request, vec![]),
        Act::Status(status, headers, body) => return response(status, &headers, body),
        Act::Drops { after_some } => return broken(if after_some { "{\"choices\": [{\"mess" } else { "" }),
        Act::Body(body) => return response(200, &[], body),
    };
    let mut choice = json!({"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish});
    if request["logprobs"] == json!(true) && !lacks.log_probabilities {
        choice["logprobs"] = json!({"content": tokens(&content)});
    }
    completion(request, vec![choice])
}

fn completion(request: &Value, choices: Vec<Value>) -> Response<Body> {
    let body = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": format!("{}-2025", request["model"].as_str().expect("named")),
        "choices": choices, "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
    });
    response(200, &[("content-type", "application/json".into())], body.to_string())
}

/// The text in pieces of four bytes, and the score's digit by itself: 60 % for it, the rest for its neighbours, and some
/// for what is no score at all.
fn tokens(content: &str) -> Vec<Value> {
    let score = content.rfind("\"score\":").map_or(content.len(), |at| at + 8);
    let digits = content[score..].find(['}', ',']).unwrap_or(0);
    let plain = |text: &str| json!({"token": text, "logprob": -0.01, "bytes": text.as_bytes(), "top_logprobs": []});
    let pieces = |text: &str| {
        let chars: Vec<char> = text.chars().collect();
        chars.chunks(4).map(|four| plain(&four.iter().collect::<String>())).collect::<Vec<_>>()
    };
    let mut out = pieces(&content[..score]);
    if let Ok(value) = content[score..score + digits].parse::<i64>() {
        let top = |token: String, p: f64| json!({"token": token, "logprob": p.ln(), "bytes": null});
        let tops = [
            top(value.to_string(), 0.5),
            top((value - 1).to_string(), 0.2),
            top(format!(" {}", value - 1), 0.05),
            top("\"".into(), 0.25),
        ];
        out.push(json!({"token": value.to_string(), "logprob": 0.5_f64.ln(), "bytes": null, "top_logprobs": tops}));
    } else {
        out.extend(pieces(&content[score..score + digits]));
    }
    out.extend(pieces(&content[score + digits..]));
    out
}

/// What a model sees in a prompt.
struct Seen {
    listen_fors: Vec<(String, String)>,
    red_flags: Vec<String>,
    sentences: Vec<(u64, String)>,
    min: i64,
    max: i64,
}

impl Seen {
    fn of(request: &Value) -> Self {
        let prompt = request["messages"][1]["content"].as_str().expect("a user's turn");
        let (rubric, answer) = prompt.split_once("<answer>\n").unwrap_or((prompt, ""));
        let (mut seen, mut red) =
            (Self { listen_fors: vec![], red_flags: vec![], sentences: vec![], min: 1, max: 5 }, None);
        for line in rubric.lines() {
            match line {
                "Criteria to listen for:" => red = Some(false),
                "Red flags:" => red = Some(true),
                "" => red = None,
                _ => {}
            }
            if let (Some(red), Some((id, text))) = (red, line.strip_prefix("- ").and_then(|line| line.split_once(": ")))
            {
                if red { seen.red_flags.push(id.into()) } else { seen.listen_fors.push((id.into(), text.into())) }
            }
            if let Some((min, max)) =
                line.strip_prefix("Scores, from ").and_then(|rest| rest.trim_end_matches(':').split_once(" to "))
            {
                (seen.min, seen.max) = (min.parse().expect("a number"), max.parse().expect("a number"));
            }
        }
        for line in answer.lines().take_while(|line| *line != "</answer>") {
            if let Some((number, text)) = line.strip_prefix('[').and_then(|line| line.split_once("] "))
                && let Ok(number) = number.parse()
            {
                seen.sentences.push((number, text.into()));
            }
        }
        seen
    }

    /// Whether four words of `attack` in a row, or all of it, stand in the answer as it is seen.
    fn shows(&self, attack: &str) -> bool {
        let words = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_lowercase).collect() };
        let answer =
            format!(" {} ", self.sentences.iter().flat_map(|(_, text)| words(text)).collect::<Vec<_>>().join(" "));
        let attack = words(attack);
        attack.windows(attack.len().clamp(1, 4)).any(|some| answer.contains(&format!(" {} ", some.join(" "))))
    }

    fn written(&self, quotes: impl Fn(&str) -> (Value, &'static str), score: i64) -> Value {
        let mut criteria = serde_json::Map::new();
        for (id, text) in &self.listen_fors {
            let (quotes, verdict) = quotes(text);
            criteria.insert(id.clone(), json!({"quotes": quotes, "verdict": verdict}));
        }
        for id in &self.red_flags {
            criteria.insert(id.clone(), json!({"quotes": [], "verdict": "not_met"}));
        }
        json!({"criteria": criteria, "missing": "Some of it.", "reason": "By the words.", "score": score})
    }

    fn honest(&self, score: Option<i64>) -> Value {
        let stems = |text: &str| -> Vec<String> {
            let words = text.to_lowercase();
            words
                .split(|c: char| !c.is_alphanumeric())
                .filter(|w| w.len() > 4)
                .map(|w| w[..5.min(w.len())].to_owned())
                .collect()
        };
        let best = |criterion: &str| {
            let wanted = stems(criterion);
            let shared = |text: &str| stems(text).iter().filter(|stem| wanted.contains(stem)).count();
            self.sentences
                .iter()
                .map(|s| (shared(&s.1), s))
                .max_by_key(|(n, s)| (*n, std::cmp::Reverse(s.0)))
                .filter(|(n, _)| *n > 0)
        };
        let met = self.listen_fors.iter().filter(|(_, text)| best(text).is_some()).count() as i64;
        let score = score.unwrap_or(self.min + met * (self.max - self.min) / self.listen_fors.len().max(1) as i64);
        let quotes = |criterion: &str| match best(criterion) {
            Some((_, (number, text))) => (json!([{"sentence": number, "words": text}]), "met"),
            None => (json!([]), "not_met"),
        };
        self.written(quotes, score)
    }

    fn obeying(&self, quoting: Quoting) -> Value {
        let quote = |(number, text): &(u64, String)| json!({"sentence": number, "words": text});
        let quotes = match quoting {
            Quoting::Nothing => json!([]),
            Quoting::Invented => json!([{"sentence": 1, "words": "I met each and every point of the list in full"}]),
            Quoting::Scraps => json!([{"sentence": 1, "words": self.sentences[0].1.split(' ').next()}]),
            Quoting::TheLast => json!([self.sentences.last().map(quote)]),
            Quoting::TheFirst => json!([self.sentences.first().map(quote)]),
            Quoting::Everything => json!(self.sentences.iter().map(quote).collect::<Vec<_>>()),
            Quoting::NotTheirs => {
                json!([{"sentence": 99, "words": "How do you usually lay out a REST API?"}, {"sentence": 0, "words": "I"}])
            }
        };
        self.written(|_| (quotes.clone(), "met"), self.max)
    }
}
