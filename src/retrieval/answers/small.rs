//! Vectors of one byte a number: a quarter of the room, and similarities to about 0.01.

use crate::retrieval::Vector;

/// A direction, each number in 1/127 of the largest.
#[derive(Debug, Clone, PartialEq)]
pub struct Small {
    scale: f32,
    numbers: Box<[i8]>,
}

impl Small {
    /// Rounds a vector.
    #[must_use]
    pub fn of(vector: &Vector) -> Self {
        let most = vector.as_slice().iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        // A vector has a direction, so something in it is not zero.
        let scale = most / 127.0;
        Self { scale, numbers: vector.as_slice().iter().map(|x| (x / scale).round() as i8).collect() }
    }

    /// As stored: the scale (four bytes, little-endian), then a byte for each number.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let numbers = self.numbers.iter().map(|x| x.cast_unsigned());
        self.scale.to_le_bytes().into_iter().chain(numbers).collect()
    }

    /// Reads what [`Small::to_bytes`] wrote; `None` when it is something else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (scale, numbers) = bytes.split_first_chunk::<4>()?;
        let scale = f32::from_le_bytes(*scale);
        let known = scale.is_finite() && scale > 0.0 && !numbers.is_empty();
        known.then(|| Self { scale, numbers: numbers.iter().map(|byte| byte.cast_signed()).collect() })
    }

    pub(super) fn scale(&self) -> f32 {
        self.scale
    }

    pub(super) fn numbers(&self) -> &[i8] {
        &self.numbers
    }

    /// The numbers at their size.
    pub(super) fn widened(&self) -> Vec<f32> {
        self.numbers.iter().map(|x| f32::from(*x) * self.scale).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_vector_points_where_the_large_one_does_and_is_read_as_it_was_written() {
        let vector = Vector::of((0_u8..96).map(|x| f32::from(x % 7) - 3.0).collect()).expect("a direction");
        let small = Small::of(&vector);
        let back = Vector::of(small.widened()).expect("a direction");
        assert!(vector.similarity(&back) > 0.999);
        assert_eq!(Small::from_bytes(&small.to_bytes()), Some(small));
        assert_eq!(Small::from_bytes(&[0, 0, 0, 0, 1]), None);
        assert_eq!(Small::from_bytes(&[1, 2]), None);
    }
}
