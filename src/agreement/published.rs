//! Tables and results as their authors printed them.

use super::*;

fn close(found: Result<f64, Undefined>, printed: f64, digits: i32) {
    let half = 0.5 * 10_f64.powi(-digits) + 1e-12;
    let found = found.unwrap();
    assert!((found - printed).abs() <= half, "{found} is not the printed {printed}");
}

/// Below 0 is missing.
fn table(rows: &[&[i32]]) -> Ratings {
    let cell = |score: &i32| (*score >= 0).then_some(f64::from(*score));
    Ratings::new(&rows.iter().map(|row| row.iter().map(cell).collect()).collect::<Vec<_>>()).unwrap()
}

/// A table of counts as two raters' scores; rows are the first rater's levels.
fn from_counts(counts: &[&[usize]]) -> Scored {
    let (mut first, mut second) = (vec![], vec![]);
    for (i, row) in counts.iter().enumerate() {
        for (j, count) in row.iter().enumerate() {
            first.extend(vec![i as i32; *count]);
            second.extend(vec![j as i32; *count]);
        }
    }
    Scored::new(Scale::new(0, counts.len() as i32 - 1).unwrap(), first, second).unwrap()
}

/// J. Cohen, Psychological Bulletin 70 (1968), table 1: 200 cases in three diagnoses. His weighted kappa has weights of
/// no order, which [`linear_kappa`] does not take.
#[test]
fn cohen_1968() {
    let counts: [&[usize]; 3] = [&[88, 10, 2], &[14, 40, 6], &[18, 10, 12]];
    close(cohen_kappa(&from_counts(&counts)), 0.492, 3);
}

/// The example of SAS PROC FREQ that statsmodels tests against.
#[test]
fn sas_kappa_plain_and_linear() {
    let counts: [&[usize]; 3] = [&[0, 4, 1], &[0, 8, 0], &[0, 1, 5]];
    close(cohen_kappa(&from_counts(&counts)), 0.4842, 4);
    close(linear_kappa(&from_counts(&counts)), 0.4701, 4);
}

/// R's irr 0.84, `kappa2(anxiety[, 2:3])`, whose levels are the five that occur.
#[test]
fn irr_anxiety_plain_equal_and_squared_weights() {
    let second = vec![2, 4, 3, 4, 1, 3, 1, 3, 2, 2, 1, 2, 2, 2, 1, 1, 0, 2, 2, 3];
    let third = vec![1, 0, 3, 3, 2, 1, 0, 4, 0, 0, 0, 1, 2, 2, 0, 0, 2, 2, 1, 1];
    let scored = Scored::new(Scale::new(0, 4).unwrap(), second, third).unwrap();
    close(cohen_kappa(&scored), -0.006_289_308, 9);
    close(linear_kappa(&scored), 0.145_907_5, 7);
    close(quadratic_kappa(&scored), 0.252_032_5, 7);
}

/// J. L. Fleiss, Psychological Bulletin 76 (1971), table 1: 30 patients, six psychiatrists each; he prints .430, and R's
/// irr 0.4302445.
#[test]
fn fleiss_1971() {
    let rows = [
        "444444", "222555", "233335", "555555", "222444", "113333", "333355", "113334", "114444", "555555", "144444",
        "124444", "222333", "144444", "224445", "333335", "111455", "111112", "224444", "133555", "555555", "244444",
        "224555", "114444", "144445", "222224", "111155", "224444", "133333", "555555",
    ];
    let rows = rows.map(|row| row.chars().map(|digit| digit.to_digit(10).map(f64::from)).collect());
    close(fleiss_kappa(&Ratings::new(&rows).unwrap()), 0.430_244_5, 7);
}

/// K. Krippendorff, "Computing Krippendorff's alpha-reliability" (2011), part E: 12 units, 4 observers, 7 gaps.
#[test]
fn krippendorff_2011() {
    let observers: [[i32; 12]; 4] = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, -1, -1, -1],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, -1, 3],
        [-1, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, -1],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, -1],
    ];
    let units: Vec<[i32; 4]> = (0..12).map(|unit| observers.map(|row| row[unit])).collect();
    let ratings = table(&units.iter().map(<[i32; 4]>::as_slice).collect::<Vec<_>>());
    close(krippendorff_alpha(&ratings, Measure::Nominal), 0.743, 3);
    close(krippendorff_alpha(&ratings, Measure::Ordinal), 0.815, 3);
    close(krippendorff_alpha(&ratings, Measure::Interval), 0.849, 3);
}

/// P. E. Shrout and J. L. Fleiss, Psychological Bulletin 86 (1979), tables 2 to 4: six targets, four judges.
#[test]
fn shrout_and_fleiss_1979() {
    let ratings = table(&[&[9, 2, 5, 8], &[6, 1, 3, 2], &[8, 4, 6, 8], &[7, 1, 2, 6], &[10, 5, 6, 9], &[6, 2, 4, 7]]);
    close(icc_1(&ratings), 0.17, 2);
    close(icc_2_1(&ratings), 0.29, 2);
    close(icc_3_k(&ratings), 0.91, 2);
}

/// F. J. Anscombe, "Graphs in statistical analysis", The American Statistician 27 (1973): sets 1 and 3, r = .816.
#[test]
fn anscombe_1973() {
    let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
    let first = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
    let third = [7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73];
    for y in [first, third] {
        close(pearson(&Pairs::new(x.to_vec(), y.to_vec()).unwrap()), 0.816, 3);
    }
}

/// M. Hollander and D. A. Wolfe, "Nonparametric Statistical Methods" (1973), example 8.1: lightness of tuna against a
/// panel's score, tau = .444.
#[test]
fn hollander_and_wolfe_1973() {
    let lightness = vec![44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1];
    let panel = vec![2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8];
    let pairs = Pairs::new(lightness, panel).unwrap();
    close(kendall_tau_b(&pairs), 0.444, 3);
    close(spearman(&pairs), 0.6, 3);
}
