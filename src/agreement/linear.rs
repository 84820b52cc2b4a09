//! The little linear algebra that fitting needs: symmetric systems, and a quadratic within bounds.

/// A symmetric matrix; only what lies on and below the diagonal is kept.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Matrix {
    size: usize,
    rows: Vec<f64>,
}

impl Matrix {
    pub(super) fn zero(size: usize) -> Self {
        Self { size, rows: vec![0.0; size * (size + 1) / 2] }
    }

    /// With `of(i, j)` for `j <= i`.
    pub(super) fn with(size: usize, of: impl Fn(usize, usize) -> f64) -> Self {
        let rows = (0..size).flat_map(|i| (0..=i).map(move |j| (i, j))).map(|(i, j)| of(i, j)).collect();
        Self { size, rows }
    }

    /// Adds to the cell in row `i` and column `j`, `j <= i`.
    pub(super) fn add(&mut self, i: usize, j: usize, value: f64) {
        self.rows[i * (i + 1) / 2 + j] += value;
    }

    fn get(&self, i: usize, j: usize) -> f64 {
        let (i, j) = if j <= i { (i, j) } else { (j, i) };
        self.rows[i * (i + 1) / 2 + j]
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.rows[i * (i + 1) / 2..(i + 1) * (i + 2) / 2]
    }

    /// The inverse; `None` unless the matrix is positive definite. By Cholesky's factors.
    pub(super) fn inverse(&self) -> Option<Matrix> {
        let n = self.size;
        let mut factor = Matrix::zero(n);
        for i in 0..n {
            for j in 0..=i {
                let (left, right) = (&factor.row(i)[..j], &factor.row(j)[..j]);
                let rest = self.get(i, j) - left.iter().zip(right).map(|(a, b)| a * b).sum::<f64>();
                let value = if i == j {
                    if rest <= 1e-12 {
                        return None;
                    }
                    rest.sqrt()
                } else {
                    rest / factor.get(j, j)
                };
                factor.add(i, j, value);
            }
        }
        // The inverse of the factor, column by column, then its product with itself.
        let mut columns = vec![vec![0.0; n]; n];
        for (j, column) in columns.iter_mut().enumerate() {
            column[j] = 1.0 / factor.get(j, j);
            for i in j + 1..n {
                let sum: f64 = factor.row(i)[j..i].iter().zip(&column[j..i]).map(|(a, b)| a * b).sum();
                column[i] = -sum / factor.get(i, i);
            }
        }
        let product = |i: usize, j: usize| columns[i][i..].iter().zip(&columns[j][i..]).map(|(a, b)| a * b).sum();
        Some(Matrix::with(n, product))
    }

    /// The product with a vector.
    pub(super) fn times(&self, vector: &[f64]) -> Vec<f64> {
        (0..self.size).map(|i| (0..self.size).map(|j| self.get(i, j) * vector[j]).sum()).collect()
    }

    /// The cell in row and column `i`.
    pub(super) fn diagonal(&self, i: usize) -> f64 {
        self.get(i, i)
    }
}

/// The step that makes `slope . s + s . bend s / 2` least with each part between `low` and `high`, which hold 0; by
/// coordinates in turn, which for a positive definite `bend` comes as near as one likes.
pub(super) fn bounded_minimum(bend: &Matrix, slope: &[f64], low: &[f64], high: &[f64]) -> Vec<f64> {
    const ROUNDS: usize = 400;
    let n = slope.len();
    let free = bend.inverse().map(|inverse| inverse.times(slope).iter().map(|s| -s).collect::<Vec<f64>>());
    let within = |step: &[f64]| step.iter().zip(low.iter().zip(high)).all(|(s, (l, h))| (*l..=*h).contains(s));
    if let Some(step) = free.as_ref().filter(|step| within(step)) {
        return step.clone();
    }
    // Begins where the unbounded step ends, pulled within bounds.
    let start = free.unwrap_or_else(|| vec![0.0; n]);
    let mut step: Vec<f64> = start.iter().zip(low.iter().zip(high)).map(|(s, (l, h))| s.clamp(*l, *h)).collect();
    for _ in 0..ROUNDS {
        let mut moved = 0.0_f64;
        for i in 0..n {
            let pull: f64 = (0..n).map(|j| bend.get(i, j) * step[j]).sum::<f64>() + slope[i];
            let next = (step[i] - pull / bend.get(i, i).max(1e-12)).clamp(low[i], high[i]);
            moved = moved.max((next - step[i]).abs());
            step[i] = next;
        }
        if moved < 1e-10 {
            break;
        }
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        let cells = [4.0, 1.0, 3.0, 0.5, -0.2, 2.0];
        let matrix = Matrix { size: 3, rows: cells.to_vec() };
        let inverse = matrix.inverse().expect("positive definite");
        for i in 0..3 {
            let unit: Vec<f64> = (0..3).map(|j| f64::from(u8::from(i == j))).collect();
            let back = matrix.times(&inverse.times(&unit));
            assert!(back.iter().zip(&unit).all(|(a, b)| (a - b).abs() < 1e-12), "{back:?}");
        }
        assert_eq!(Matrix { size: 2, rows: vec![1.0, 2.0, 1.0] }.inverse(), None);
    }

    #[test]
    fn a_bound_that_is_in_the_way_is_where_the_step_ends() {
        let bend = Matrix { size: 2, rows: vec![2.0, 1.0, 2.0] };
        // Unbounded: (1, -2) turned into (1.333, -1.667).
        let open = [f64::NEG_INFINITY; 2];
        let step = bounded_minimum(&bend, &[-1.0, 2.0], &[f64::NEG_INFINITY, 0.0], &[f64::INFINITY; 2]);
        assert!((step[0] - 0.5).abs() < 1e-9 && step[1].abs() < 1e-9, "{step:?}");
        let free = bounded_minimum(&bend, &[-1.0, 2.0], &open, &[f64::INFINITY; 2]);
        assert!((free[0] - 4.0 / 3.0).abs() < 1e-9 && (free[1] + 5.0 / 3.0).abs() < 1e-9, "{free:?}");
    }
}
