//! Interviews written for the tests, with what asks and what answers each question known line by line; rendered to
//! real transcript files.

use serde::Deserialize;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The five candidates of every set, best first; the last two only sound good.
pub const CANDIDATES: [&str; 5] = ["strong", "middling", "weak", "opposite", "keywords"];

/// One line of an interview.
#[derive(Debug, Clone, Deserialize)]
pub struct Line {
    pub speaker: String,
    pub text: String,
    pub asks: Option<String>,
    pub answers: Option<String>,
    #[serde(rename = "follows_up")]
    pub _follows_up: Option<String>,
}

/// One interview of a set.
pub struct Written {
    pub lines: Vec<Line>,
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

pub fn folder(set: &str) -> PathBuf {
    root().join("tests/fixtures/interviews").join(set)
}

/// The rubric of a set: its own, or the one that ships.
pub fn rubric_of(set: &str) -> PathBuf {
    let own = folder(set).join("rubric.toml");
    if own.exists() { own } else { root().join("rubrics/backend-developer.toml") }
}

impl Written {
    pub fn load(set: &str, candidate: &str) -> Self {
        let path = folder(set).join(format!("{candidate}.jsonl"));
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let lines = text.lines().map(|line| serde_json::from_str(line).expect("a line of an interview")).collect();
        Self { lines }
    }

    /// The questions that are asked, in order of first asking.
    pub fn questions(&self) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for question in self.lines.iter().filter_map(|line| line.asks.clone()) {
            if !out.contains(&question) {
                out.push(question);
            }
        }
        out
    }

    /// `Name: words`, a line a turn.
    pub fn named_text(&self) -> String {
        self.lines.iter().map(|line| format!("{}: {}\n", self.name(line), line.text)).collect()
    }

    fn name(&self, line: &Line) -> &'static str {
        if line.speaker == "candidate" { "Sam Okafor" } else { "Robin Meyer" }
    }

    /// WebVTT as Zoom writes it, about 150 words a minute.
    pub fn zoom_vtt(&self) -> String {
        self.vtt(|line| format!("{}: {}", self.name(line), line.text))
    }

    /// WebVTT as Teams writes it.
    pub fn teams_vtt(&self) -> String {
        self.vtt(|line| format!("<v {}>{}</v>", self.name(line), line.text))
    }

    /// WebVTT with a turn in each cue: nobody is named.
    pub fn unlabelled_vtt(&self) -> String {
        self.vtt(|line| line.text.clone())
    }

    /// WebVTT as Whisper writes it: a sentence in each cue, nobody is named.
    pub fn whisper_vtt(&self) -> String {
        let sentences = self.lines.iter().flat_map(|line| {
            earmark::domain::sentences(&line.text)
                .into_iter()
                .filter_map(|span| span.of(&line.text))
                .map(|text| Line { text: text.to_owned(), ..line.clone() })
        });
        Self { lines: sentences.collect() }.vtt(|line| line.text.clone())
    }

    fn vtt(&self, words: impl Fn(&Line) -> String) -> String {
        let mut out = String::from("WEBVTT\n\n");
        let mut at = 1_000;
        for (n, line) in self.lines.iter().enumerate() {
            let end = at + 400 * line.text.split_whitespace().count() as u64;
            let _ = write!(out, "{}\n{} --> {}\n{}\n\n", n + 1, clock(at), clock(end), words(line));
            at = end + 700;
        }
        out
    }

    /// SRT with dialogue names.
    pub fn srt(&self) -> String {
        let mut out = String::new();
        let mut at = 1_000;
        for (n, line) in self.lines.iter().enumerate() {
            let end = at + 400 * line.text.split_whitespace().count() as u64;
            let times = format!("{} --> {}", clock(at), clock(end)).replace('.', ",");
            let _ = write!(out, "{}\r\n{times}\r\n{}: {}\r\n\r\n", n + 1, self.name(line), line.text);
            at = end + 700;
        }
        out
    }

    /// Otter's text export.
    pub fn otter(&self) -> String {
        let mut out = String::new();
        let mut at = 1;
        for line in &self.lines {
            let _ = write!(out, "{}  {}:{:02}\n{}\n\n", self.name(line), at / 60, at % 60, line.text);
            at += 1 + line.text.split_whitespace().count() / 2;
        }
        out
    }

    /// Deepgram's JSON with utterances.
    pub fn deepgram(&self) -> String {
        let mut at = 1.0;
        let utterances: Vec<serde_json::Value> = self
            .lines
            .iter()
            .map(|line| {
                let end = at + 0.4 * line.text.split_whitespace().count() as f64;
                let speaker = usize::from(line.speaker == "candidate");
                let out = serde_json::json!({"start": at, "end": end, "speaker": speaker, "transcript": line.text});
                at = end + 0.7;
                out
            })
            .collect();
        let metadata = serde_json::json!({"duration": at, "channels": 1});
        serde_json::json!({"metadata": metadata, "results": {"channels": [], "utterances": utterances}}).to_string()
    }
}

fn clock(ms: u64) -> String {
    format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000)
}
