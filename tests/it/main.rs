//! The one integration-test binary: everything through public doors, with real parts.

#![allow(clippy::pedantic, missing_docs, reason = "pedantry serves the library's interface")]

mod architecture;
mod browser;
mod calibrate;
mod cli;
mod cluster;
#[path = "../cluster/mod.rs"]
mod cluster_load;
mod deploy;
mod eval_sets;
mod evaluation;
mod guide;
mod harness;
mod ingest;
mod library;
mod lint;
mod openai;
mod pages;
mod retrieval;
mod rubrics;
mod service;
