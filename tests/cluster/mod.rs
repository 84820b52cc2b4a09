//! Load and faults: several processes on a PostgreSQL of their own and a Qdrant server (`QDRANT_URL`, or the stand-in of
//! these tests), traffic on loopback only. They take minutes, so they run when they are asked for:
//!
//! ```sh
//! cargo test --test it cluster_load -- --ignored --nocapture --test-threads 1
//! ```
//!
//! EARMARK_TEST_INTERVIEWS, EARMARK_TEST_SECONDS (between kills) and EARMARK_TEST_PROGRAM (a release build) make it
//! longer, harder and faster.

mod faults;
mod machine;
mod throughput;
mod vectors;

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// The value at a share of the sorted.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}
