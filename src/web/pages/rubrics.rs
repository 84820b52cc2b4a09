//! Rubrics: the list, one to read with its versions, a new one with its faults shown, which version is active.

use super::form::{Filled, Parcel};
use super::{Shell, Visitor, html, see};
use crate::domain::{CriterionKind, Fault, Rubric};
use crate::library;
use crate::store::{Mode, RubricEntry, RubricVersion};
use crate::web::api::Api;
use crate::web::api::input::{Based, Sent, line};
use crate::web::api::rubrics::{self, ChangeRubric};
use crate::web::problem::Failure;
use crate::web::words::Words;
use askama::Template;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::HashMap;

/// Longest rubric file, in bytes; as long as one on the disk may be.
const LONGEST: usize = 5_000_000;

#[derive(Template)]
#[template(path = "pages/rubrics.html")]
struct RubricsPage {
    shell: Shell,
    rubrics: Vec<RubricEntry>,
    faults: Vec<Fault>,
    text: String,
}

#[derive(Template)]
#[template(path = "pages/rubric.html")]
struct RubricPage<'a> {
    shell: Shell,
    entry: &'a RubricEntry,
    title: Words<'a>,
    language: &'a str,
    shown: &'a RubricVersion,
    versions: Vec<(String, String, bool)>,
    is_blind: bool,
    questions: Vec<Asked<'a>>,
}

struct Asked<'a> {
    ask: Words<'a>,
    competency: Option<Words<'a>>,
    assesses: Option<Words<'a>>,
    listen_for: Vec<Words<'a>>,
    red_flags: Vec<Words<'a>>,
    anchors: Vec<(i32, Words<'a>)>,
    ideal: Vec<Words<'a>>,
}

pub(super) async fn list(State(api): State<Api>, visitor: Visitor) -> Result<Response, Failure> {
    let rubrics = api.store.rubrics().await?;
    let shell = visitor.shell(visitor.t.rubrics);
    html(&RubricsPage { shell, rubrics, faults: vec![], text: String::new() }, None)
}

pub(super) async fn upload(State(api): State<Api>, visitor: Visitor, request: Request) -> Result<Response, Failure> {
    let Parcel { fields, files } = Parcel::read(request, LONGEST + 100_000).await?;
    let file = files.into_iter().find(|file| file.field == "file");
    let text = match file {
        Some(file) => String::from_utf8(file.bytes.into())
            .map_err(|_| Failure::Malformed("a rubric file is UTF-8 text".into()))?,
        None => fields.text("text").ok_or_else(|| Failure::Unfit("choose a file or paste its text".into()))?,
    };
    match library::parse("rubric", &text) {
        Ok(parsed) => {
            line(&parsed.rubric.title, "title", 1_000)?;
            let added = api.store.add_rubric(&visitor.person().id, &parsed.rubric, &text).await?;
            Ok(see(&format!("/rubrics/{}?version={}", super::in_query(&added.rubric), super::in_query(&added.number))))
        }
        Err(faults) => {
            let rubrics = api.store.rubrics().await?;
            let shell = visitor.shell(visitor.t.rubrics);
            let mut response = html(&RubricsPage { shell, rubrics, faults: faults.all().to_vec(), text }, None)?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
    }
}

pub(super) async fn one(
    State(api): State<Api>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Failure> {
    let entry = api.store.rubric(&id).await?;
    let all = api.store.rubric_versions(&id).await?;
    let wanted = query.get("version").or(entry.active_version.as_ref());
    let shown = all.iter().find(|version| Some(&version.number) == wanted).ok_or(Failure::Missing("rubric version"))?;
    let rubric = library::parse("rubric", &shown.source)?.rubric;
    let versions = all.iter().map(|version| {
        let is_active = Some(&version.number) == entry.active_version.as_ref();
        (version.number.clone(), visitor.t.date(&version.created_at), is_active)
    });
    let page = RubricPage {
        shell: visitor.shell(crate::web::wording::on_one_line(&rubric.title)),
        title: Words(&rubric.title),
        language: &rubric.language,
        versions: versions.collect(),
        is_blind: entry.mode == Mode::BlindFirst,
        questions: asked(&rubric),
        entry: &entry,
        shown,
    };
    html(&page, None)
}

fn asked(rubric: &Rubric) -> Vec<Asked<'_>> {
    let each = rubric.questions.iter().map(|question| {
        let of = |kind: CriterionKind| {
            question.criteria.iter().filter(|one| one.kind == kind).map(|one| Words(&one.text)).collect::<Vec<_>>()
        };
        let competency = question.competency.as_deref().and_then(|id| rubric.competency(id));
        Asked {
            ask: Words(&question.ask),
            competency: competency.map(|competency| Words(&competency.title)),
            assesses: question.assesses.as_deref().map(Words),
            listen_for: of(CriterionKind::ListenFor),
            red_flags: of(CriterionKind::RedFlag),
            anchors: question.anchors.iter().map(|anchor| (anchor.score, Words(&anchor.text))).collect(),
            ideal: question.ideal_answers.iter().map(|answer| Words(answer)).collect(),
        }
    });
    each.collect()
}

pub(super) async fn change(
    state: State<Api>,
    visitor: Visitor,
    path: Path<String>,
    filled: Filled,
) -> Result<Response, Failure> {
    let id = path.0.clone();
    let mode = filled.get("mode").and_then(|word| Mode::ALL.iter().copied().find(|mode| mode.word() == word));
    let sent = ChangeRubric { active_version: filled.text("activate"), mode, retention_days: filled.number("days")? };
    let based = Based(filled.number("version")?);
    rubrics::change(state, visitor.caller, path, based, Sent(sent)).await?;
    Ok(see(&format!("/rubrics/{}", super::in_query(&id))))
}
