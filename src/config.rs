//! What may be set, its default and its meaning. Plain data: nothing here reads a file or the environment.

use ipnet::IpNet;

/// The target of spans that are sent to a collector of traces where one is set.
pub const TRACED: &str = "earmark::trace";

/// How an interview is evaluated. The defaults are what the figures in the README were measured with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EvaluationSettings {
    /// How many of an answer's sentences the entailment model reads for each criterion, the most similar first.
    /// More finds more and takes longer.
    pub sentences_per_criterion: usize,
    /// Answers with fewer words than this are not scored; with fewer than half of the shortest ideal answer's, where that
    /// is less.
    pub fewest_words: usize,
    /// Answers with fewer words than this are flagged as very short; as above for questions that are answered in few.
    pub short_words: usize,
    /// Whether names, addresses, numbers and links of the people in the transcript are masked in what leaves the
    /// machine.
    pub mask: bool,
}

impl Default for EvaluationSettings {
    fn default() -> Self {
        Self { sentences_per_criterion: 2, fewest_words: 5, short_words: 15, mask: true }
    }
}

/// How the service runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceSettings {
    /// Workers that evaluate, in this process.
    pub workers: usize,
    /// Milliseconds for which a worker holds a job without a sign of life.
    pub lease_ms: i64,
    /// How often a job is begun before it is given up.
    pub attempts: i64,
    /// Waiting jobs above which uploads are turned away for a while.
    pub longest_queue: i64,
    /// Longest transcript file, in bytes.
    pub longest_upload: usize,
    /// Seconds that a request may take.
    pub request_seconds: u64,
    /// Requests that are worked on at the same time.
    pub requests_at_once: usize,
    /// Attempts to sign in from one address in a minute.
    pub signins_per_minute: u32,
    /// Hours that a session lasts.
    pub session_hours: i64,
    /// Whether an interview is evaluated only after the candidate's consent is noted.
    pub requires_consent: bool,
    /// What the service is called from outside, such as `https://earmark.example.org`.
    pub public_url: Option<String>,
    /// Whether a chat model is set, so that evaluations may ask for it.
    pub has_chat_model: bool,
    /// Proxies whose word on where a request comes from is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Networks inside which webhooks may be delivered, though they are private.
    pub webhook_networks: Vec<IpNet>,
}

impl Default for ServiceSettings {
    fn default() -> Self {
        Self {
            workers: 1,
            lease_ms: 30_000,
            attempts: 5,
            longest_queue: 1_000,
            longest_upload: 16 << 20,
            request_seconds: 30,
            requests_at_once: 256,
            signins_per_minute: 20,
            session_hours: 12,
            requires_consent: false,
            public_url: None,
            has_chat_model: false,
            trusted_proxies: vec![],
            webhook_networks: vec![],
        }
    }
}
