//! The one place where the program reads the clock and the source of randomness.

use crate::store::Edge;
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's clock and the operating system's randomness.
pub(super) const EDGE: Edge = Edge { clock, random };

fn clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// # Panics
/// When the operating system has no randomness: secrets that can be guessed would be worse than none.
fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    if let Err(error) = getrandom::fill(&mut bytes) {
        panic!("the operating system gives no random numbers: {error}");
    }
    bytes
}
