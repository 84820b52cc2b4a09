//! What candidates said, found by meaning: a search over all answers, and answers like one that people have scored.

use super::{PART, Shell, Visitor, html};
use crate::domain::Rubric;
use crate::library;
use crate::web::api::Api;
use crate::web::api::answers::{self as kept, HowMany, Shown, Sought};
use crate::web::api::input::Asked;
use crate::web::problem::Failure;
use crate::web::texts::Texts;
use crate::web::wording;
use crate::web::words::Words;
use askama::Template;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use std::collections::{BTreeMap, HashMap};

/// Passages on a page.
const SHOWN: usize = 20;
/// Precedents beside a question: enough to see how far scores lie apart.
const PRECEDENTS: usize = 5;

#[derive(Template)]
#[template(path = "pages/answers.html")]
struct AnswersPage {
    shell: Shell,
    /// What was looked for; empty before anything was.
    sought: String,
    rubric: String,
    least: String,
    most: String,
    rubrics: Vec<(String, String)>,
    hits: Vec<Hit>,
}

#[derive(Template)]
#[template(path = "pages/precedents.html")]
struct PrecedentsPage {
    shell: Shell,
    title: String,
    ask: String,
    interview: String,
    number: usize,
    hits: Vec<Hit>,
}

#[derive(Template)]
#[template(path = "pages/precedents_part.html")]
struct PrecedentsPart {
    t: &'static Texts,
    hits: Vec<Hit>,
}

/// A passage that was found, with the words around it that say whose it is.
struct Hit {
    quote: String,
    interview: String,
    utterance: i64,
    time: String,
    title: String,
    /// The question, in the rubric's words.
    ask: String,
    language: String,
    suggested: Option<i64>,
    of_record: Option<i64>,
}

impl Hit {
    fn words(text: &str) -> Words<'_> {
        Words(text)
    }
}

/// Names what was found: titles of interviews, questions as they are asked.
async fn named(api: &Api, found: Vec<Shown>) -> Result<Vec<Hit>, Failure> {
    let mut rubrics: HashMap<String, Rubric> = HashMap::new();
    let mut hits = Vec::new();
    for Shown { passage, score_of_record, .. } in found {
        if !rubrics.contains_key(&passage.rubric) {
            let source = api.store.active_version(&passage.rubric).await?.source;
            rubrics.insert(passage.rubric.clone(), library::parse("rubric", &source)?.rubric);
        }
        let rubric = rubrics.get(&passage.rubric);
        // A question of an earlier version may be gone: its name is what is left.
        let question = rubric.and_then(|rubric| rubric.question(&passage.question));
        hits.push(Hit {
            time: passage
                .time_ms
                .map_or_else(|| format!("u{}", passage.utterance), |time| wording::clock(time.unsigned_abs())),
            title: api.store.interview(&passage.interview).await?.title,
            ask: question.map_or(passage.question, |question| question.ask.clone()),
            language: rubric.map(|rubric| rubric.language.clone()).unwrap_or_default(),
            quote: passage.quote,
            interview: passage.interview,
            utterance: passage.utterance,
            suggested: passage.score,
            of_record: score_of_record,
        });
    }
    Ok(hits)
}

pub(super) async fn search(
    State(api): State<Api>,
    visitor: Visitor,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Response, Failure> {
    let given = |name: &str| query.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let score = |name: &str| match given(name) {
        text if text.is_empty() => Ok(None),
        text => text.parse().map(Some).map_err(|_| Failure::Unfit(format!("{text:?} is no score"))),
    };
    let (sought, rubric) = (given("q"), given("rubric"));
    let mut found = Vec::new();
    if !sought.is_empty() {
        let asked = Sought {
            q: sought.clone(),
            rubric: (!rubric.is_empty()).then(|| rubric.clone()),
            question: None,
            least: score("least")?,
            most: score("most")?,
            limit: Some(SHOWN),
        };
        Json(found) = kept::search(State(api.clone()), visitor.caller.clone(), Asked(asked)).await?;
    }
    let rubrics = api.store.rubrics().await?.into_iter().map(|rubric| (rubric.id, rubric.title));
    let page = AnswersPage {
        shell: visitor.shell(visitor.t.answers_title),
        least: given("least"),
        most: given("most"),
        sought,
        rubric,
        rubrics: rubrics.collect(),
        hits: named(&api, found).await?,
    };
    html(&page, None)
}

pub(super) async fn precedents(
    State(api): State<Api>,
    visitor: Visitor,
    headers: HeaderMap,
    Path((interview, question)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let path = Path((interview.clone(), question.clone()));
    let asked = Asked(HowMany { limit: Some(PRECEDENTS) });
    let Json(found) = kept::precedents(State(api.clone()), visitor.caller.clone(), path, asked).await?;
    let hits = named(&api, found).await?;
    if headers.contains_key(PART) {
        let part = PrecedentsPart { t: visitor.t, hits };
        return Ok(Html(part.render().map_err(|error| Failure::Inside(Box::new(error)))?).into_response());
    }
    let head = api.store.latest_evaluation(&interview).await?;
    let source = api.store.rubric_version(&head.rubric_version).await?.source;
    let rubric = library::parse("rubric", &source)?.rubric;
    let place = rubric.questions.iter().position(|one| one.id == question).ok_or(Failure::Missing("question"))?;
    let page = PrecedentsPage {
        shell: visitor.shell(visitor.t.precedents),
        title: api.store.interview(&interview).await?.title,
        ask: rubric.questions[place].ask.clone(),
        interview,
        number: place + 1,
        hits,
    };
    html(&page, None)
}
