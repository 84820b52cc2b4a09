//! Two mappings of the same answers side by side, with a paired bootstrap of what differs.

use super::measure::level;
use super::report::{Number, Predicted};
use crate::agreement::{
    Clusters, Method, Pairs, Plan, Scale, Scored, Undefined, exact_agreement, interval, pearson, quadratic_kappa,
    root_mean_squared_error,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of the JSON form.
pub const COMPARISON_SCHEMA: &str = "earmark.comparison/1";

/// One side: a report's name, scale and predictions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// What it is called.
    pub name: String,
    /// Lowest and highest score.
    pub scale: [i32; 2],
    /// Every answer's scores.
    pub predictions: Vec<Predicted>,
}

/// One figure on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// What is compared.
    pub figure: &'static str,
    /// The first side.
    pub a: Number,
    /// The second.
    pub b: Number,
    /// The second less the first, with its paired interval.
    pub difference: Number,
    /// `A is better`, `B is better` or `no difference can be told`.
    pub verdict: &'static str,
}

/// Two sides on the answers that both have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Always [`COMPARISON_SCHEMA`].
    pub schema: &'static str,
    /// What the first side is called.
    pub a: String,
    /// What the second side is called.
    pub b: String,
    /// Answers that both sides have.
    pub answers: usize,
    /// Answers that only one side has.
    pub left_out: usize,
    /// The figures.
    pub figures: Vec<Compared>,
}

/// Which way a figure is better.
#[derive(Clone, Copy, PartialEq)]
enum Better {
    Higher,
    Lower,
}

type Figure = (&'static str, Better, fn(&Scored, &Pairs) -> Result<f64, Undefined>);

const FIGURES: [Figure; 4] = [
    ("quadratic weighted kappa", Better::Higher, |scored, _| quadratic_kappa(scored)),
    ("exact agreement", Better::Higher, |scored, _| Ok(exact_agreement(scored))),
    ("Pearson correlation", Better::Higher, |_, pairs| pearson(pairs)),
    ("root mean squared error", Better::Lower, |_, pairs| root_mean_squared_error(pairs)),
];

/// Compares two sides on the answers that both have, drawing whole clusters `rounds` times.
///
/// # Errors
/// [`Undefined::TooFew`] when they have none in common, [`Undefined::ScalesDiffer`].
pub fn compare(a: &Side, b: &Side, rounds: usize, seed: u64) -> Result<Comparison, Undefined> {
    if a.scale != b.scale {
        return Err(Undefined::ScalesDiffer);
    }
    let scale = Scale::new(a.scale[0], a.scale[1])?;
    let of_b: BTreeMap<&str, &Predicted> = b.predictions.iter().map(|p| (p.id.as_str(), p)).collect();
    let both: Vec<(&Predicted, &Predicted)> =
        a.predictions.iter().filter_map(|p| Some((p, *of_b.get(p.id.as_str())?))).collect();
    if both.is_empty() {
        return Err(Undefined::TooFew { what: "answers that both sides have", have: 0, need: 1 });
    }
    let columns = |pick: fn(&(&Predicted, &Predicted)) -> Predicted| -> Result<(Scored, Pairs), Undefined> {
        let side: Vec<Predicted> = both.iter().map(pick).collect();
        let people = side.iter().map(|p| level(scale, p.people)).collect();
        let scored = Scored::new(scale, people, side.iter().map(|p| p.suggested).collect())?;
        let pairs = Pairs::new(side.iter().map(|p| p.people).collect(), side.iter().map(|p| p.expected).collect())?;
        Ok((scored, pairs))
    };
    let (first, second) = (columns(|(a, _)| (*a).clone())?, columns(|(_, b)| (*b).clone())?);
    let keys: Vec<&str> = both.iter().map(|(a, _)| a.cluster.as_str()).collect();
    let plan = Plan::new(rounds, seed, 0.95, Method::Percentile)?;
    let figures = FIGURES.iter().map(|(figure, better, of)| {
        let one = |side: &(Scored, Pairs), rows: &[usize]| of(&side.0.at(rows)?, &side.1.at(rows)?);
        let number = |with: &(dyn Fn(&[usize]) -> Result<f64, Undefined> + Sync)| {
            Number::of(Clusters::by(&keys).and_then(|clusters| interval(&clusters, &plan, with, || ())), both.len())
        };
        let difference = number(&|rows| Ok(one(&second, rows)? - one(&first, rows)?));
        let verdict = match &difference {
            Number::Known { low: Some(low), high: Some(high), .. } if *low > 0.0 || *high < 0.0 => {
                if (*low > 0.0) == (*better == Better::Higher) { "B is better" } else { "A is better" }
            }
            _ => "no difference can be told",
        };
        let (a, b) = (number(&|rows| one(&first, rows)), number(&|rows| one(&second, rows)));
        Compared { figure, a, b, difference, verdict }
    });
    Ok(Comparison {
        schema: COMPARISON_SCHEMA,
        a: a.name.clone(),
        b: b.name.clone(),
        answers: both.len(),
        left_out: a.predictions.len() + b.predictions.len() - 2 * both.len(),
        figures: figures.collect(),
    })
}
