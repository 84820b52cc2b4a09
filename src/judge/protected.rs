//! Says which protected trait a question to a candidate touches, from its vector. Hides the models that ship for it
//! (models/protected-questions/CARD.md): one says whether, the other which.

use super::machine::{Machine, word};
use crate::domain::Trait;
use std::sync::LazyLock;

const WIDTH: usize = 384;
static BYTES: &[u8] = include_bytes!("../../models/protected-questions/vectors.bin");
static MODELS: LazyLock<Option<Models>> = LazyLock::new(|| Models::read(BYTES));

/// The trait that a question most likely touches, by its vector of all-MiniLM-L6-v2 (384 numbers, of length 1); `None`
/// for one that is lawful as far as the model knows. One ordinary question in two hundred is taken for unlawful.
#[must_use]
pub fn protected_trait(vector: &[f32]) -> Option<Trait> {
    let models = MODELS.as_ref().filter(|models| models.machine.finds(vector))?;
    let likeness = |row: &Named| row.weights.iter().zip(vector).map(|(weight, x)| weight * x).sum::<f32>() + row.bias;
    let likeliest = models.names.iter().map(|row| (likeness(row), row.of)).max_by(|a, b| a.0.total_cmp(&b.0));
    likeliest.map(|(_, of)| of)
}

struct Models {
    machine: Machine,
    names: Vec<Named>,
}

/// One row of a linear model: the larger its value, the likelier the trait.
struct Named {
    of: Trait,
    weights: Vec<f32>,
    bias: f32,
}

impl Models {
    /// The machine, then for each of [`Trait::ALL`] its weights and its bias, little-endian.
    fn read(mut bytes: &'static [u8]) -> Option<Self> {
        let machine = Machine::take(&mut bytes)?;
        let mut row = |of: Trait| {
            let mut next = || word(&mut bytes).map(f32::from_le_bytes);
            let weights = (0..WIDTH).map(|_| next()).collect::<Option<Vec<f32>>>()?;
            Some(Named { of, weights, bias: next()? })
        };
        let names = Trait::ALL.into_iter().map(&mut row).collect::<Option<Vec<Named>>>()?;
        bytes.is_empty().then_some(Self { machine, names })
    }
}

#[cfg(test)]
mod tests {
    use super::super::machine::is_whole;
    use super::*;

    #[test]
    fn the_models_that_ship_are_whole() {
        assert!(is_whole(&MODELS.as_ref().expect("read to their last byte").machine, WIDTH));
    }
}
