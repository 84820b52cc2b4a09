//! From forecasts and people's scores to numbers with intervals.

use super::report::{Agreement, Number, Outcome, Part, People, Ranges, Rule};
use crate::agreement::{
    Clusters, Confidences, Forecast, Measure, Method, Pairs, Plan, Ratings, Scale, ScoreSets, Scored, Spread, Target,
    Undefined, abstention_rule, adjacent_agreement, degradation, exact_agreement, interval, kendall_tau_b,
    krippendorff_alpha, linear_kappa, macro_f1, mean_absolute_error, pearson, prmse, quadratic_kappa,
    root_mean_squared_error, spearman, standardised_mean_difference, wilson,
};
use crate::domain::LabelledAnswer;

/// The share of the distribution that intervals span.
const LEVEL: f64 = 0.95;
/// Below this many answers no line is said to pass or fail.
const FEWEST: usize = 30;
/// The doubt that a rule for suggesting nothing may leave.
const DOUBT: f64 = 0.05;

/// What people gave, and how answers are drawn.
pub(super) struct Truth<'a> {
    pub scale: Scale,
    pub answers: Vec<&'a LabelledAnswer>,
    /// Mean of people's scores.
    pub means: Vec<f64>,
    /// The same as a level.
    pub levels: Vec<i32>,
    /// What is drawn together.
    pub keys: Vec<String>,
    pub by_candidate: bool,
    pub rounds: usize,
    pub seed: u64,
    pub after_round: &'a (dyn Fn() + Sync),
}

/// One mapping's scores of the same answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub expected: Vec<f64>,
    pub suggested: Vec<i32>,
    /// Where they are claimed.
    pub chances: Vec<Option<Vec<f64>>>,
}

impl Column {
    /// The mean and the median of each distribution, as a suggestion has them.
    pub(super) fn of(scale: Scale, chances: Vec<Vec<f64>>) -> Self {
        let mean = |c: &Vec<f64>| {
            f64::from(scale.min()) + c.iter().enumerate().map(|(level, p)| level as f64 * p).sum::<f64>()
        };
        Self {
            expected: chances.iter().map(mean).collect(),
            suggested: chances.iter().map(|c| scale.level(median(c))).collect(),
            chances: chances.into_iter().map(Some).collect(),
        }
    }
}

fn median(chances: &[f64]) -> usize {
    let mut below = 0.0;
    let at_half = |p: &f64| {
        below += p;
        below >= 0.5 - 1e-9
    };
    chances.iter().position(at_half).unwrap_or(chances.len() - 1)
}

/// Whether a forecast is surer than the rule for suggesting anything asks for; without a rule or a forecast nothing is held back.
pub(super) fn is_sure(least: Option<f64>, chances: Option<&[f64]>) -> bool {
    least.zip(chances).is_none_or(|(least, chances)| sureness(chances) > least)
}

/// How sure a forecast is of its suggestion: the chance of being at most a level off, on scales of up to three levels of
/// being right.
fn sureness(chances: &[f64]) -> f64 {
    let (at, slack) = (median(chances), slack(chances.len()));
    let near = at.saturating_sub(slack)..=(at + slack).min(chances.len() - 1);
    chances[near].iter().sum::<f64>().min(1.0)
}

/// How many levels off is still right, where suggesting at all is the question.
fn slack(levels: usize) -> usize {
    usize::from(levels > 3)
}

impl<'a> Truth<'a> {
    pub(super) fn of(
        scale: Scale,
        answers: Vec<&'a LabelledAnswer>,
        rounds: usize,
        seed: u64,
        after_round: &'a (dyn Fn() + Sync),
    ) -> Self {
        let by_candidate = answers.iter().all(|a| a.candidate.is_some());
        let key = |a: &&LabelledAnswer| a.candidate.clone().filter(|_| by_candidate).unwrap_or_else(|| a.id.clone());
        let means: Vec<f64> = answers.iter().map(|a| a.mean_score()).collect();
        Self {
            scale,
            levels: means.iter().map(|mean| level(scale, *mean)).collect(),
            keys: answers.iter().map(key).collect(),
            means,
            answers,
            by_candidate,
            rounds,
            seed,
            after_round,
        }
    }

    fn plan(&self) -> Result<Plan, Undefined> {
        Plan::new(self.rounds, self.seed, LEVEL, Method::Percentile)
    }

    /// A number of the answers at `rows`, with its interval.
    pub(super) fn number(&self, rows: &[usize], of: impl Fn(&[usize]) -> Result<f64, Undefined> + Sync) -> Number {
        let keys: Vec<&str> = rows.iter().map(|row| self.keys[*row].as_str()).collect();
        let drawn = |places: &[usize]| of(&places.iter().map(|place| rows[*place]).collect::<Vec<_>>());
        let made =
            Clusters::by(&keys).and_then(|clusters| interval(&clusters, &self.plan()?, drawn, || (self.after_round)()));
        match made {
            Ok(interval) => Number::of(Ok(interval), rows.len()),
            // Too few clusters for an interval: the number itself, where it has a value.
            Err(_) => Number::plain(of(rows), rows.len()),
        }
    }

    fn scored(&self, column: &Column, rows: &[usize]) -> Result<Scored, Undefined> {
        let pick = |from: &[i32]| rows.iter().map(|row| from[*row]).collect();
        Scored::new(self.scale, pick(&self.levels), pick(&column.suggested))
    }

    fn pairs(&self, column: &Column, rows: &[usize]) -> Result<Pairs, Undefined> {
        let pick = |from: &[f64]| rows.iter().map(|row| from[*row]).collect();
        Pairs::new(pick(&self.means), pick(&column.expected))
    }

    fn ratings(&self, rows: &[usize]) -> Result<Ratings, Undefined> {
        let most = self.answers.iter().map(|a| a.scores.len()).max().unwrap_or(1);
        let row = |place: &usize| {
            let mut row: Vec<Option<f64>> = self.answers[*place].scores.iter().map(|s| Some(s.score)).collect();
            row.resize(most, None);
            row
        };
        Ratings::new(&rows.iter().map(row).collect::<Vec<_>>())
    }

    /// All figures of a column over the answers at `rows`.
    pub(super) fn agreement(&self, column: &Column, rows: &[usize]) -> Agreement {
        let scored =
            |of: fn(&Scored) -> Result<f64, Undefined>| self.number(rows, |rows| of(&self.scored(column, rows)?));
        let pairs = |of: fn(&Pairs) -> Result<f64, Undefined>| self.number(rows, |rows| of(&self.pairs(column, rows)?));
        let plain = |of: fn(&Pairs) -> Result<f64, Undefined>| {
            Number::plain(self.pairs(column, rows).and_then(|pairs| of(&pairs)), rows.len())
        };
        let rmse = pairs(root_mean_squared_error);
        let length = f64::from(self.scale.max() - self.scale.min());
        let several = rows.iter().any(|row| self.answers[*row].scores.len() > 1);
        Agreement {
            quadratic_kappa: scored(quadratic_kappa),
            linear_kappa: scored(linear_kappa),
            exact: scored(|s| Ok(exact_agreement(s))),
            adjacent: scored(|s| Ok(adjacent_agreement(s))),
            macro_f1: scored(|s| Ok(macro_f1(s))),
            pearson: pairs(pearson),
            spearman: plain(spearman),
            kendall: plain(kendall_tau_b),
            mae: pairs(mean_absolute_error),
            rmse_of_scale: scaled(&rmse, 1.0 / length),
            rmse,
            smd: self.shift(column, rows, None),
            prmse: if several {
                self.number(rows, |rows| {
                    let expected: Vec<f64> = rows.iter().map(|row| column.expected[*row]).collect();
                    prmse(&expected, &self.ratings(rows)?)
                })
            } else {
                Number::plain(Err(Undefined::OneRater), rows.len())
            },
        }
    }

    /// The standardised mean difference of suggested and people's scores, in deviations of `all`, or of `rows` themselves.
    fn shift(&self, column: &Column, rows: &[usize], all: Option<&[usize]>) -> Number {
        let spread = all.map(|all| self.scored(column, all).and_then(|s| Spread::pooled(&s.as_pairs())));
        self.number(rows, |rows| {
            let pairs = self.scored(column, rows)?.as_pairs();
            let spread = spread.clone().unwrap_or_else(|| Spread::pooled(&pairs))?;
            standardised_mean_difference(&pairs, spread)
        })
    }

    /// Agreement on a part of the answers.
    pub(super) fn part(&self, column: &Column, name: &str, title: &str, rows: &[usize], all: &[usize]) -> Part {
        let mean = |from: &[f64]| rows.iter().map(|row| from[*row]).sum::<f64>() / rows.len().max(1) as f64;
        Part {
            name: name.to_owned(),
            title: title.to_owned(),
            n: rows.len(),
            people_mean: mean(&self.means),
            suggested_mean: mean(&column.expected),
            quadratic_kappa: self.number(rows, |rows| quadratic_kappa(&self.scored(column, rows)?)),
            exact: self.number(rows, |rows| Ok(exact_agreement(&self.scored(column, rows)?))),
            pearson: self.number(rows, |rows| pearson(&self.pairs(column, rows)?)),
            rmse: self.number(rows, |rows| root_mean_squared_error(&self.pairs(column, rows)?)),
            smd: self.shift(column, rows, Some(all)),
        }
    }

    /// How far people agree with each other, and what a machine among them comes to.
    pub(super) fn people(&self, column: &Column) -> Option<(People, Number)> {
        let mut raters: Vec<&str> = self.answers.iter().flat_map(|a| &a.scores).map(|s| s.rater.as_str()).collect();
        raters.sort_unstable();
        raters.dedup();
        let both = |a: &str, b: &str| -> Vec<usize> {
            let has = |row: usize, name: &str| self.answers[row].scores.iter().any(|s| s.rater == name);
            (0..self.answers.len()).filter(|row| has(*row, a) && has(*row, b)).collect()
        };
        let pairs = raters.iter().enumerate().flat_map(|(i, a)| raters[i + 1..].iter().map(move |b| (*a, *b)));
        let most =
            pairs.map(|(a, b)| (both(a, b), a, b)).fold(
                None,
                |best: Option<(Vec<usize>, &str, &str)>, next| match best {
                    Some(known) if known.0.len() >= next.0.len() => Some(known),
                    _ => Some(next),
                },
            );
        let (rows, a, b) = most.filter(|(rows, ..)| !rows.is_empty())?;
        let given = |row: usize, name: &str| {
            let found = self.answers[row].scores.iter().find(|s| s.rater == name);
            found.map_or(self.means[row], |s| s.score)
        };
        let levels = |rows: &[usize], name: &str| -> Vec<i32> {
            rows.iter().map(|row| level(self.scale, given(*row, name))).collect()
        };
        let humans = |rows: &[usize]| Scored::new(self.scale, levels(rows, a), levels(rows, b));
        let machine = |rows: &[usize], name: &str| {
            let said = rows.iter().map(|row| column.suggested[*row]).collect();
            Scored::new(self.scale, levels(rows, name), said)
        };
        let with_both = |rows: &[usize], of: &dyn Fn(&Scored) -> Result<f64, Undefined>| {
            Ok(f64::midpoint(of(&machine(rows, a)?)?, of(&machine(rows, b)?)?))
        };
        let people = People {
            raters: raters.iter().map(|name| (*name).to_owned()).collect(),
            pair: [a.to_owned(), b.to_owned()],
            quadratic_kappa: self.number(&rows, |rows| quadratic_kappa(&humans(rows)?)),
            exact: self.number(&rows, |rows| Ok(exact_agreement(&humans(rows)?))),
            pearson: self.number(&rows, |rows| {
                let column = |name: &str| rows.iter().map(|row| given(*row, name)).collect();
                pearson(&Pairs::new(column(a), column(b))?)
            }),
            alpha: Number::plain(
                self.ratings(&rows).and_then(|r| krippendorff_alpha(&r, Measure::Interval)),
                rows.len(),
            ),
            machine: self.number(&rows, |rows| with_both(rows, &quadratic_kappa)),
        };
        let worse = self.number(&rows, |rows| {
            let between = humans(rows)?;
            with_both(rows, &|machine| degradation(&between, machine))
        });
        Some((people, worse))
    }

    /// Forecasts with the level that people gave, where chances are claimed.
    fn forecasts(&self, column: &Column, rows: &[usize]) -> Vec<(Forecast, i32)> {
        let one = |row: &usize| {
            let chances = column.chances[*row].as_ref()?;
            Some((Forecast::new(self.scale, chances).ok()?, self.levels[*row]))
        };
        rows.iter().filter_map(one).collect()
    }

    /// Ranges calibrated on forecasts out of fold, and what they cover of the folds left out in turn.
    pub(super) fn ranges(
        &self,
        column: &Column,
        rows: &[usize],
        stated: f64,
    ) -> Result<(ScoreSets, Ranges), Undefined> {
        const FOLDS: usize = 10;
        let all = self.forecasts(column, rows);
        let sets = ScoreSets::calibrate(&all, 1.0 - stated)?;
        let (mut covered, mut answers, mut levels) = (0, 0, 0.0);
        for fold in 0..FOLDS {
            let (inside, outside): (Vec<_>, Vec<_>) =
                all.iter().cloned().enumerate().partition(|(place, _)| place % FOLDS == fold);
            let plain =
                |with: Vec<(usize, (Forecast, i32))>| with.into_iter().map(|(_, pair)| pair).collect::<Vec<_>>();
            let (inside, outside) = (plain(inside), plain(outside));
            if inside.is_empty() {
                continue;
            }
            let found = ScoreSets::calibrate(&outside, 1.0 - stated)?.check(&inside)?;
            covered += found.covered;
            answers += found.answers;
            levels += found.mean_levels * found.answers as f64;
        }
        let share = covered as f64 / answers.max(1) as f64;
        let covered = match wilson(covered, answers, LEVEL) {
            Ok((low, high)) => Number::Known { value: share, low: Some(low), high: Some(high), n: answers },
            Err(why) => Number::plain(Err(why), answers),
        };
        Ok((sets, Ranges { stated, covered, mean_levels: levels / answers.max(1) as f64 }))
    }

    /// Stated confidence in the suggested score, and whether it is right.
    pub(super) fn confidences(
        &self,
        column: &Column,
        rows: &[usize],
        slack_of: Slack,
    ) -> Result<Confidences, Undefined> {
        let slack = if slack_of == Slack::None { 0 } else { slack(self.scale.levels()) as i32 };
        let one = |row: &usize| {
            let chances = column.chances[*row].as_ref()?;
            let place = self.scale.place(column.suggested[*row])?;
            let sure = if slack_of == Slack::None { chances[place] } else { sureness(chances) };
            Some((sure.clamp(0.0, 1.0), (column.suggested[*row] - self.levels[*row]).abs() <= slack))
        };
        let (sure, right) = rows.iter().filter_map(one).unzip();
        Confidences::new(sure, right)
    }

    /// When to suggest nothing, for a stated error at a stated coverage.
    pub(super) fn rule(&self, column: &Column, rows: &[usize], error: f64, coverage: f64) -> Rule {
        let wrong = if slack(self.scale.levels()) == 1 { "more than a level off" } else { "wrong" };
        let target = Target { error, coverage, doubt: DOUBT };
        let found = self.confidences(column, rows, Slack::Usual).and_then(|of| abstention_rule(&of, &target));
        let (words, answered, surer_than) = match found {
            Ok(rule) => {
                let kept = format!(
                    "at most {:.0} % of suggestions are {wrong}, with 95 % confidence",
                    rule.error_bound * 100.0
                );
                let words = match rule.above {
                    None => format!("nothing need be held back: {kept}"),
                    Some(above) => format!(
                        "suggest only what the profile is surer of than {above:.2}, {:.0} % of answers: {kept}",
                        rule.coverage() * 100.0
                    ),
                };
                (words, Some(rule.coverage()), rule.above)
            }
            Err(why) => (format!("no rule keeps what is stated: {why}"), None, None),
        };
        Rule { error, coverage, words, answered, surer_than }
    }

    /// How much smaller the squared error of one column is than that of another, on the same resamples.
    pub(super) fn difference(&self, column: &Column, other: &Column, rows: &[usize]) -> Number {
        self.number(rows, |rows| {
            let square = |column: &Column, row: usize| (column.expected[row] - self.means[row]).powi(2);
            let sum: f64 = rows.iter().map(|row| square(column, *row) - square(other, *row)).sum();
            if rows.is_empty() {
                Err(Undefined::TooFew { what: "answers", have: 0, need: 1 })
            } else {
                Ok(sum / rows.len() as f64)
            }
        })
    }
}

/// Whether being a level off counts as right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slack {
    /// It does not.
    None,
    /// It does on scales of more than three levels.
    Usual,
}

/// The level nearest to a mean; halves go up.
pub(super) fn level(scale: Scale, mean: f64) -> i32 {
    ((mean + 0.5).floor() as i32).clamp(scale.min(), scale.max())
}

fn scaled(number: &Number, by: f64) -> Number {
    match number {
        Number::Known { value, low, high, n } => {
            Number::Known { value: value * by, low: low.map(|x| x * by), high: high.map(|x| x * by), n: *n }
        }
        undefined @ Number::Undefined { .. } => undefined.clone(),
    }
}

/// Where an interval lies to what is allowed, from `least` to `most`.
pub(super) fn outcome(number: &Number, least: f64, most: f64) -> Outcome {
    match number {
        Number::Known { low: Some(low), high: Some(high), n, .. } if *n >= FEWEST => {
            if *low >= least && *high <= most {
                Outcome::Passes
            } else if *high < least || *low > most {
                Outcome::Fails
            } else {
                Outcome::TooFew
            }
        }
        _ => Outcome::TooFew,
    }
}
