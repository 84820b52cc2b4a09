//! The panel: what the reviewers decided beside the suggestion, disagreements on top.

use super::{Shell, Visitor, html};
use crate::library;
use crate::store::DecisionKind;
use crate::web::api::Api;
use crate::web::api::reviews::{self, PanelQuestion};
use crate::web::problem::Failure;
use crate::web::texts::Texts;
use crate::web::words::Words;
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use std::collections::BTreeMap;

/// Pairs of scores below which a share says nothing.
const FEWEST_PAIRS: usize = 5;

#[derive(Template)]
#[template(path = "pages/panel.html")]
struct PanelPage<'a> {
    shell: Shell,
    id: &'a str,
    title: Words<'a>,
    candidate: Option<Words<'a>>,
    rubric: Words<'a>,
    language: &'a str,
    reviewers: Vec<String>,
    rows: Vec<Row<'a>>,
    open: usize,
    exact: String,
    adjacent: String,
}

struct Row<'a> {
    number: usize,
    ask: Words<'a>,
    suggested: Option<i32>,
    cells: Vec<Cell>,
    spread: Option<i64>,
    /// Highest less lowest of the scores and the suggestion.
    distance: i64,
}

struct Cell {
    score: Option<i64>,
    first: Option<i64>,
    kind: Option<&'static str>,
    differs: bool,
}

pub(super) async fn page(state: State<Api>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Failure> {
    let api = state.0.clone();
    let Json(panel) = reviews::panel(state, visitor.caller.clone(), Path(id.clone())).await?;
    let interview = api.store.interview(&id).await?;
    let evaluation = api.store.evaluation(&panel.evaluation).await?;
    let source = api.store.rubric_version(&evaluation.rubric_version).await?.source;
    let rubric = library::parse("rubric", &source)?.rubric;
    let names: BTreeMap<String, String> =
        api.store.people().await?.into_iter().map(|person| (person.id, person.name)).collect();
    let people: Vec<&str> =
        panel.questions.first().into_iter().flat_map(|q| &q.scores).map(|s| s.person.as_str()).collect();
    let reviewers = people.iter().map(|id| names.get(*id).cloned().unwrap_or_else(|| (*id).to_owned())).collect();
    let mut rows: Vec<Row> = rubric
        .questions
        .iter()
        .enumerate()
        .filter_map(|(n, question)| {
            let known = panel.questions.iter().find(|known| known.question == question.id)?;
            Some(row(n + 1, Words(&question.ask), known, visitor.t))
        })
        .filter(|row| row.suggested.is_some() || row.cells.iter().any(|cell| cell.kind.is_some()))
        .collect();
    rows.sort_by_key(|row| (-row.distance, row.number));
    let pairs: Vec<i64> = rows.iter().flat_map(distances).collect();
    let share = |most: i64| match pairs.len() {
        few if few < FEWEST_PAIRS => visitor.t.too_few.to_owned(),
        n => format!("{} / {n} {}", pairs.iter().filter(|one| **one <= most).count(), visitor.t.of_pairs),
    };
    let (exact, adjacent) = (share(0), share(1));
    let page = PanelPage {
        shell: visitor.shell(visitor.t.panel),
        id: &interview.id,
        title: Words(&interview.title),
        candidate: interview.candidate.as_deref().map(Words),
        rubric: Words(&rubric.title),
        language: &rubric.language,
        reviewers,
        rows,
        open: panel.open,
        exact,
        adjacent,
    };
    html(&page, None)
}

fn row<'a>(number: usize, ask: Words<'a>, known: &PanelQuestion, t: &'static Texts) -> Row<'a> {
    let given = known.scores.iter().filter_map(|score| score.score).chain(known.suggested.map(i64::from));
    let (least, most) = given.fold((i64::MAX, i64::MIN), |(least, most), one| (least.min(one), most.max(one)));
    let cells = known.scores.iter().map(|score| Cell {
        score: score.score,
        first: score.first.filter(|first| Some(*first) != score.score),
        kind: score.decision.map(|kind: DecisionKind| t.decision(kind)),
        differs: score.score.zip(known.suggested).is_some_and(|(own, suggested)| own != i64::from(suggested)),
    });
    Row {
        number,
        ask,
        suggested: known.suggested,
        cells: cells.collect(),
        spread: known.spread,
        distance: most.saturating_sub(least).max(0),
    }
}

/// How far each pair of reviewers is apart on a question.
fn distances(row: &Row) -> Vec<i64> {
    let scores: Vec<i64> = row.cells.iter().filter_map(|cell| cell.score).collect();
    let pairs = scores.iter().enumerate().flat_map(|(n, one)| scores[n + 1..].iter().map(move |two| (one - two).abs()));
    pairs.collect()
}
