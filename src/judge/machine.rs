//! Support vector machines over sentence vectors, as `training/sentence_machine.py` writes them. Hides their file and
//! their kernel.

/// Support vectors with a radial kernel: the sum over them of `weight * exp(-gamma * distance^2)`, plus `bias`.
pub(super) struct Machine {
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
    /// Takes a machine from the front of `bytes`. Little-endian: how many vectors, how many numbers in each, gamma, bias,
    /// threshold; then each vector's weight, its scale and its numbers in units of that scale, as signed bytes.
    pub(super) fn take(bytes: &mut &'static [u8]) -> Option<Self> {
        let [count, width] = [word(bytes)?, word(bytes)?].map(|word| u32::from_le_bytes(word) as usize);
        let [gamma, bias, threshold] = [word(bytes)?, word(bytes)?, word(bytes)?].map(f32::from_le_bytes);
        let mut vectors = Vec::with_capacity(count);
        for _ in 0..count {
            let [weight, scale] = [word(bytes)?, word(bytes)?].map(f32::from_le_bytes);
            let row = bytes.split_off(..width)?;
            let square = row.iter().map(|byte| (number(*byte) * scale).powi(2)).sum();
            vectors.push(Support { weight, scale, square, row });
        }
        Some(Self { gamma, bias, threshold, vectors })
    }

    /// Whether `vector`, of length 1, is of what the machine was trained to find.
    pub(super) fn finds(&self, vector: &[f32]) -> bool {
        self.decides(vector) > self.threshold
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

/// The next four bytes.
pub(super) fn word(bytes: &mut &'static [u8]) -> Option<[u8; 4]> {
    bytes.split_off(..4)?.try_into().ok()
}

fn number(byte: u8) -> f32 {
    f32::from(byte.cast_signed())
}

/// Whether `machine` is over vectors of `width` numbers and gives a number for each.
#[cfg(test)]
pub(super) fn is_whole(machine: &Machine, width: usize) -> bool {
    let first = &machine.vectors[0];
    let itself: Vec<f32> = first.row.iter().map(|byte| number(*byte) * first.scale).collect();
    // Far from everything only the bias is left.
    let far = (machine.decides(&vec![10.0; width]) - machine.bias).abs() < 1e-6;
    machine.vectors.iter().all(|support| support.row.len() == width) && machine.decides(&itself).is_finite() && far
}
