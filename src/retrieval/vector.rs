//! Vectors of length 1, and their products, which come out the same on every machine.

/// A direction in an embedder's space: finite numbers, length 1 but for rounding.
#[derive(Debug, Clone, PartialEq)]
pub struct Vector(Box<[f32]>);

impl Vector {
    /// The direction of `raw`; `None` when it has none, being zero or not finite.
    pub(super) fn of(mut raw: Vec<f32>) -> Option<Self> {
        let length = dot(&raw, &raw).sqrt();
        if !length.is_normal() {
            return None;
        }
        for number in &mut raw {
            *number /= length;
        }
        Some(Self(raw.into()))
    }

    /// The numbers.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// Cosine of the angle to `other`, in -1..=1 but for rounding; 1 is the same direction. Both must come from one
    /// embedder.
    #[must_use]
    pub fn similarity(&self, other: &Self) -> f32 {
        dot(&self.0, &other.0)
    }
}

/// The sum of products, added in a fixed order that the compiler can do many at a time: floating-point addition is not
/// associative, so a fixed order is what makes the result the same everywhere.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    debug_assert_eq!(a.len(), b.len(), "vectors of one embedder have one length");
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_has_length_one() {
        let vector = Vector::of((1_u8..=37).map(f32::from).collect()).expect("has a direction");
        assert!((vector.similarity(&vector) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn what_has_no_direction_is_no_vector() {
        assert_eq!(Vector::of(vec![0.0; 8]), None);
        assert_eq!(Vector::of(vec![1.0, f32::NAN]), None);
        assert_eq!(Vector::of(vec![f32::MAX; 4]), None);
        assert_eq!(Vector::of(vec![]), None);
    }

    #[test]
    fn the_product_counts_every_place_once() {
        let numbers: Vec<f32> = (0_u8..37).map(f32::from).collect();
        // 0^2 + 1^2 + ... + 36^2 = 36 * 37 * 73 / 6; every partial sum is a whole number below 2^24, so exact.
        assert!((dot(&numbers, &numbers) - 16_206.0).abs() < f32::EPSILON);
    }
}
