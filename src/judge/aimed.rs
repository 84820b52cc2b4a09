//! Says whether a sentence speaks to whoever or whatever scores the interview, from its vector. Hides the support
//! vector machine that ships for it (models/aimed-at-the-grader/CARD.md).

use std::sync::LazyLock;

static BYTES: &[u8] = include_bytes!("../../models/aimed-at-the-grader/vectors.bin");
static MACHINE: LazyLock<Option<Machine>> = LazyLock::new(|| Machine::read(BYTES));

/// Whether a sentence is aimed at the grader, by its vector of all-MiniLM-L6-v2 (384 numbers, of length 1). One honest
/// sentence in a thousand is taken for aimed; what is told by marks, scripts and codes is not its work.
#[must_use]
pub fn is_aimed_at_the_grader(vector: &[f32]) -> bool {
    MACHINE.as_ref().is_some_and(|machine| machine.decides(vector) > machine.threshold)
}

/// Support vectors with a radial kernel: the sum over them of `weight * exp(-gamma * distance^2)`, plus `bias`.
struct Machine {
    gamma: f32,
    bias: f32,
    threshold: f32,
    vectors: Vec<Support>,
}

struct Support {
    weight: f32,
    scale: f32,
    /// The squared length of the vector.
    square: f32,
    row: &'static [u8],
}

impl Machine {
    /// Little-endian: how many vectors, how many numbers in each, gamma, bias, threshold; then each vector's weight, its
    /// scale and its numbers in units of that scale, as signed bytes.
    fn read(mut bytes: &'static [u8]) -> Option<Self> {
        let [count, width] = [word(&mut bytes)?, word(&mut bytes)?].map(|word| u32::from_le_bytes(word) as usize);
        let [gamma, bias, threshold] =
            [word(&mut bytes)?, word(&mut bytes)?, word(&mut bytes)?].map(f32::from_le_bytes);
        let mut vectors = Vec::with_capacity(count);
        for _ in 0..count {
            let [weight, scale] = [word(&mut bytes)?, word(&mut bytes)?].map(f32::from_le_bytes);
            let row = bytes.split_off(..width)?;
            let square = row.iter().map(|byte| (number(*byte) * scale).powi(2)).sum();
            vectors.push(Support { weight, scale, square, row });
        }
        bytes.is_empty().then_some(Self { gamma, bias, threshold, vectors })
    }

    fn decides(&self, vector: &[f32]) -> f32 {
        let own: f32 = vector.iter().map(|x| x * x).sum();
        let kernel = |support: &Support| {
            let product: f32 = support.row.iter().zip(vector).map(|(byte, x)| number(*byte) * x).sum();
            let distance = own + support.square - 2.0 * product * support.scale;
            support.weight * (-self.gamma * distance).exp()
        };
        self.vectors.iter().map(kernel).sum::<f32>() + self.bias
    }
}

fn word(bytes: &mut &'static [u8]) -> Option<[u8; 4]> {
    bytes.split_off(..4)?.try_into().ok()
}

fn number(byte: u8) -> f32 {
    f32::from(byte.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_that_ships_is_whole() {
        let machine = MACHINE.as_ref().expect("read to its last byte");
        assert!(machine.vectors.iter().all(|support| support.row.len() == 384));
        let first = &machine.vectors[0];
        let itself: Vec<f32> = first.row.iter().map(|byte| number(*byte) * first.scale).collect();
        assert!(machine.decides(&itself).is_finite());
        // Far from everything only the bias is left.
        assert!((machine.decides(&[10.0; 384]) - machine.bias).abs() < 1e-6);
    }
}
