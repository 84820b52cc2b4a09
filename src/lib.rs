//! Earmark reads an interview transcript against a rubric, marks the candidate's words that show what the rubric asks
//! for, and suggests scores that a person confirms or overrides.
//!
//! # What always holds
//!
//! - A quotation is a verbatim slice of one utterance of the candidate, found by code ([`domain::Evidence`]).
//! - A suggestion above the lowest score without supporting evidence cannot be built ([`domain::Suggestion`]).
//! - A failure is an abstention with a reason, never a score.
//! - Same files, same version: same bytes of output.
//! - Every write of the service carries its entry of the audit log in the same transaction ([`store::audit`]).
//! - Nothing the service does sets a score of record; only a submitted review does.
//! - The pure modules do no I/O, read no clock and draw no random number but from a seed that they are given.
//!
//! # The map, in reading order
//!
//! | module | what it is | outside crates that live only there |
//! | --- | --- | --- |
//! | [`domain`] | pure: the words of the trade as types | |
//! | [`agreement`] | pure: the numbers that say how far scores agree, with their intervals | `chacha20`, `statrs` |
//! | [`calibration`] | pure: what was seen in labelled answers to a report on agreement and a mapping that agrees more | |
//! | [`ingest`] | pure: bytes of a transcript file to a transcript and a parse report | `quick-xml`, `zip`, `encoding_rs` (shared with `library`) |
//! | [`library`] | rubric files and eval sets, and all their faults at once; drafts from question guides, exports, lint, diff | `toml`, `html5gum`, `pulldown-cmark`, `csv`, `regex` (shared with `evaluation`) |
//! | [`inference`] | runs the embedded transformer models | `rten`, `unicode-normalization` |
//! | [`endpoint`] | requests to other servers: `OpenAI`'s interface with attempts, limits and time-outs; webhooks, never into private networks; signing in with `OpenID` Connect | `async-openai`, `reqwest`, `openidconnect`, `opentelemetry`, `ipnet` (shared with `config`, `web`, `cli`) |
//! | [`retrieval`] | text to vectors to nearest: embedder and vector index | `qdrant-client` |
//! | [`judge`] | asks a model for a claim on an answer: the embedded one, or a chat model; tells what a sentence is by its vector | `minijinja`, `tiktoken-rs` |
//! | [`evaluation`] | the use cases: locate answers, suggest scores, decide on them, check a rubric by its own words | `regex` |
//! | [`store`] | what the service remembers; the only module that knows SQL | `sqlx`, `jiff`, `uuid` |
//! | [`search`] | who talked about something, across interviews: follows the store, asks the index of answers | |
//! | [`work`] | the workers: take jobs, evaluate, keep each finished question; couriers of webhooks; the sweep that erases | `hmac` |
//! | [`web`] | everything HTML and HTTP: the report pages, the service's API and its pages | `askama`, `plotters`, `axum`, `flate2`, `utoipa`, `argon2`, `cookie`, `prometheus-client` |
//! | [`cli`] | the command line; wires everything together; reads clock and random source | `clap`, `indicatif`, `getrandom`, `tracing-subscriber` |
//! | [`config`] | plain data: what may be set, its default, its meaning | |
//!
//! Who may import whom is held by `tests/it/architecture.rs`:
//!
//! The workers stand in `work` and not in `evaluation`: evaluating needs no store, on the command line there is none, and
//! so both can be read alone. `search` stands between `web` and `retrieval`: what the index knows follows from what the store
//! records, and a web process, a worker and the command line bring the one to the other in the same way.
//!
//! ```text
//! domain, agreement, config, inference -> nothing
//! ingest, library, endpoint            -> domain
//! judge, retrieval                     -> domain inference endpoint
//! calibration                          -> domain agreement
//! evaluation                           -> domain config calibration retrieval judge
//! store                                -> domain
//! search                               -> domain retrieval store
//! work                                 -> domain config calibration endpoint ingest library retrieval judge evaluation store
//!                                         search
//! web                                  -> domain config endpoint calibration ingest library evaluation store search
//! cli                                  -> everything
//! ```

pub mod agreement;
pub mod calibration;
pub mod cli;
pub mod config;
pub mod domain;
pub mod endpoint;
pub mod evaluation;
pub mod inference;
pub mod ingest;
pub mod judge;
pub mod library;
pub mod retrieval;
pub mod search;
pub mod store;
pub mod web;
pub mod work;
