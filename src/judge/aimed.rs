//! Says whether a sentence speaks to whoever or whatever scores the interview, from its vector. Hides the support
//! vector machine that ships for it (models/aimed-at-the-grader/CARD.md).

use super::machine::Machine;
use std::sync::LazyLock;

static BYTES: &[u8] = include_bytes!("../../models/aimed-at-the-grader/vectors.bin");
static MACHINE: LazyLock<Option<Machine>> = LazyLock::new(|| {
    let mut bytes = BYTES;
    Machine::take(&mut bytes).filter(|_| bytes.is_empty())
});

/// Whether a sentence is aimed at the grader, by its vector of all-MiniLM-L6-v2 (384 numbers, of length 1). One honest
/// sentence in a thousand is taken for aimed; what is told by marks, scripts and codes is not its work.
#[must_use]
pub fn is_aimed_at_the_grader(vector: &[f32]) -> bool {
    MACHINE.as_ref().is_some_and(|machine| machine.finds(vector))
}

#[cfg(test)]
mod tests {
    use super::super::machine::is_whole;
    use super::*;

    #[test]
    fn the_machine_that_ships_is_whole() {
        assert!(is_whole(MACHINE.as_ref().expect("read to its last byte"), 384));
    }
}
