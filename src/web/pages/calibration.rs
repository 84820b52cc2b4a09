//! Calibrations: runs over time, one with its plots, two compared. The runs are what `earmark calibrate --out` wrote into
//! the folder that the service is told of.

use super::{Shell, Visitor, html};
use crate::calibration::{self, Comparison, Number, Ready};
use crate::store::Moment;
use crate::web::api::Api;
use crate::web::calibration::kept::{self, Brief, Run};
use crate::web::calibration::plots::{self, Plot};
use crate::web::calibration::say;
use crate::web::problem::Failure;
use crate::web::texts::Texts;
use crate::web::words::Words;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::path::PathBuf;

/// Rounds of the bootstrap when two runs are compared while somebody waits, and its seed.
const ROUNDS: usize = 1_000;
const SEED: u64 = 1;
/// The drawing of runs over time: a place for each run, its height, and the room above and below the scale.
const STEP: f64 = 110.0;
const TALL: f64 = 120.0;
const ROOM: f64 = 18.0;
/// Runs that are drawn over time.
const DRAWN: usize = 16;

#[derive(Template)]
#[template(path = "pages/calibrations.html")]
struct ListPage {
    shell: Shell,
    has_folder: bool,
    runs: Vec<Line>,
    course: Option<Course>,
}

/// A run in the list.
struct Line {
    name: String,
    date: String,
    title: String,
    version: String,
    set: String,
    answers: usize,
    kappa: String,
    between: String,
    mood: &'static str,
    ready: &'static str,
}

/// Agreement over time.
struct Course {
    width: f64,
    height: f64,
    /// Heights of the marks of the scale, with their numbers.
    marks: Vec<(f64, &'static str)>,
    /// Of each run its place, its height, its interval's upper and lower end, its words and its value.
    dots: Vec<(f64, f64, f64, f64, String, String)>,
}

#[derive(Template)]
#[template(path = "pages/calibration.html")]
struct RunPage {
    shell: Shell,
    name: String,
    date: String,
    brief: Brief,
    mood: &'static str,
    headline: Vec<(&'static str, String, String)>,
    lines: Vec<(String, String, String, &'static str, &'static str)>,
    plots: Vec<Plot>,
    parts: Vec<(String, usize, String, String, String, String)>,
    has_page: bool,
}

#[derive(Template)]
#[template(path = "pages/compared.html")]
struct ComparedPage {
    shell: Shell,
    a: String,
    b: String,
    answers: usize,
    left_out: usize,
    figures: Vec<(String, String, String, String, String)>,
}

fn mood(ready: Ready) -> &'static str {
    match ready {
        Ready::Yes => "good",
        Ready::No => "bad",
        Ready::CannotSay => "fair",
    }
}

/// Runs something that reads files where it holds nobody up.
async fn read<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::Inside(error.into()))
}

fn folder(api: &Api) -> Result<PathBuf, Failure> {
    api.settings.calibrations.clone().ok_or(Failure::Missing("calibration"))
}

fn date(written: i64, t: &Texts) -> String {
    t.date(Moment::from_millis(written).as_str())
}

pub(super) async fn list(State(api): State<Api>, visitor: Visitor) -> Result<Response, Failure> {
    let folder = api.settings.calibrations.clone();
    let has_folder = folder.is_some();
    let runs = read(move || folder.map(|folder| kept::runs(&folder)).unwrap_or_default()).await?;
    let t = visitor.t;
    let line = |run: &Run| Line {
        name: run.name.clone(),
        date: date(run.written, t),
        title: run.brief.rubric_title.clone(),
        version: run.brief.rubric.version.clone(),
        set: run.brief.eval_set.name.clone(),
        answers: run.brief.eval_set.answers,
        kappa: say::value(&run.brief.answers_unseen.quadratic_kappa),
        between: say::between(&run.brief.answers_unseen.quadratic_kappa),
        mood: mood(run.brief.verdict.ready),
        ready: t.ready(run.brief.verdict.ready),
    };
    let page = ListPage {
        shell: visitor.shell(t.calibration),
        has_folder,
        course: course(&runs),
        runs: runs.iter().map(line).collect(),
    };
    html(&page, None)
}

/// Agreement over time, the oldest run on the left; nothing to draw with fewer than two.
fn course(runs: &[Run]) -> Option<Course> {
    let height = |value: f64| ROOM + TALL * (1.0 - value.clamp(0.0, 1.0));
    let known = |run: &Run| match run.brief.answers_unseen.quadratic_kappa {
        Number::Known { value, low, high, .. } => Some((value, low.unwrap_or(value), high.unwrap_or(value))),
        Number::Undefined { .. } => None,
    };
    let mut shown: Vec<(&Run, (f64, f64, f64))> =
        runs.iter().filter_map(|run| Some((run, known(run)?))).take(DRAWN).collect();
    shown.reverse();
    let dot = |(n, (run, (value, low, high))): (usize, &(&Run, (f64, f64, f64)))| {
        let place = STEP * (n as f64 + 1.0);
        let words = format!("{}: {}", run.name, say::two(*value));
        (place, height(*value), height(*high), height(*low), words, say::two(*value))
    };
    (shown.len() > 1).then(|| Course {
        width: STEP * (shown.len() as f64 + 1.0),
        height: TALL + 2.0 * ROOM,
        marks: [(0.0, "0"), (0.5, "0.5"), (0.7, "0.7"), (1.0, "1")].map(|(at, word)| (height(at), word)).to_vec(),
        dots: shown.iter().enumerate().map(dot).collect(),
    })
}

pub(super) async fn one(
    State(api): State<Api>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    let folder = folder(&api)?;
    let (run, has_page) = read(move || {
        let has_page = kept::page(&folder, &name).is_some();
        (kept::run(&folder, name), has_page)
    })
    .await?;
    let Run { name, written, brief } = run.ok_or(Failure::Missing("calibration"))?;
    let t = visitor.t;
    let both = |number: &Number| (say::value(number), say::between(number));
    let lines = brief.lines.iter().map(|line| {
        let (value, between) = both(&line.measured);
        let measured = format!("{value} ({between})");
        (line.name.clone(), line.limit.clone(), measured, say::mood(line.outcome), line.outcome.words())
    });
    let parts = brief.questions.iter().map(|part| {
        let (kappa, between) = both(&part.quadratic_kappa);
        (part.title.clone(), part.n, kappa, between, say::value(&part.exact), say::value(&part.smd))
    });
    let page = RunPage {
        shell: visitor.shell(crate::web::wording::on_one_line(&name)),
        date: date(written, t),
        mood: mood(brief.verdict.ready),
        headline: headline(&brief, t),
        lines: lines.collect(),
        parts: parts.collect(),
        plots: plots::all(&brief.curves()),
        has_page,
        name,
        brief,
    };
    html(&page, None)
}

fn headline(brief: &Brief, t: &Texts) -> Vec<(&'static str, String, String)> {
    let card = |name, number: &Number| (name, say::value(number), say::between(number));
    let of = &brief.answers_unseen;
    let mut cards = vec![card(t.with_people, &of.quadratic_kappa)];
    cards.extend(brief.people.as_ref().map(|people| card(t.people_each_other, &people.quadratic_kappa)));
    cards.extend([card(t.exact, &of.exact), card(t.adjacent, &of.adjacent), card(t.off_by, &of.mae)]);
    cards
}

/// The page that the run wrote; its own policy lets in what it needs by hash.
pub(super) async fn report(State(api): State<Api>, _: Visitor, Path(name): Path<String>) -> Result<Response, Failure> {
    let folder = folder(&api)?;
    let page = read(move || kept::page(&folder, &name)).await?.ok_or(Failure::Missing("calibration"))?;
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response();
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                  frame-ancestors 'none'; sandbox";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    Ok(response)
}

pub(super) async fn compared(
    State(api): State<Api>,
    visitor: Visitor,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Failure> {
    let folder = folder(&api)?;
    let named = |side: &str| query.get(side).cloned().ok_or_else(|| Failure::Unfit(visitor.t.choose_two.into()));
    let (a, b) = (named("a")?, named("b")?);
    let both = read(move || {
        let (a, b) = (kept::side(&folder, &a)?, kept::side(&folder, &b)?);
        Some(calibration::compare(&a, &b, ROUNDS, SEED))
    });
    let made = both.await?.ok_or(Failure::Missing("calibration"))?;
    let Comparison { a, b, answers, left_out, figures, .. } = made.map_err(|why| Failure::Unfit(why.to_string()))?;
    let with = |number: &Number| format!("{} ({})", say::value(number), say::between(number));
    let figures = figures
        .iter()
        .map(|one| (one.figure.to_owned(), with(&one.a), with(&one.b), with(&one.difference), one.verdict.to_owned()));
    let figures = figures.collect();
    html(&ComparedPage { shell: visitor.shell(visitor.t.compare), a, b, answers, left_out, figures }, None)
}

/// What the newest calibration of this very rubric says of each of its questions.
pub(super) async fn of_questions(api: &Api, digest: &str) -> Result<Option<Said>, Failure> {
    let Some(folder) = api.settings.calibrations.clone() else { return Ok(None) };
    let digest = digest.to_owned();
    let find = move || kept::runs(&folder).into_iter().find(|run| run.brief.rubric.digest == digest);
    let said = |Run { name, brief, .. }: Run| {
        let part = |part: &kept::Part| {
            let advice = brief.findings.iter().filter(|one| one.question_id.as_deref() == Some(&part.name));
            let advice = advice.map(|one| format!("{}: {}", one.what, one.advice)).collect();
            let kappa = (say::value(&part.quadratic_kappa), say::between(&part.quadratic_kappa));
            (part.name.clone(), OfQuestion { kappa: kappa.0, between: kappa.1, exact: say::value(&part.exact), advice })
        };
        Said { run: name, questions: brief.questions.iter().map(part).collect() }
    };
    Ok(read(find).await?.map(said))
}

/// What a calibration says of a rubric's questions.
pub(super) struct Said {
    pub run: String,
    pub questions: HashMap<String, OfQuestion>,
}

/// Agreement on one question, and what to change in it.
pub(super) struct OfQuestion {
    pub kappa: String,
    pub between: String,
    pub exact: String,
    pub advice: Vec<String>,
}

impl RunPage {
    fn words(text: &str) -> Words<'_> {
        Words(text)
    }
}
