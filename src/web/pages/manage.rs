//! People, audit log, own tokens and sessions: plain tables for those who may.

use super::form::Filled;
use super::{Shell, Visitor, html, see};
use crate::store::audit::Entry;
use crate::store::{ApiToken, Person, PersonRole, Scope, Session};
use crate::web::api::Api;
use crate::web::api::input::{Based, Sent};
use crate::web::api::people::{self, AddPerson, AddToken, ChangePerson};
use crate::web::problem::Failure;
use crate::web::texts::Texts;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use std::collections::{BTreeMap, HashMap};

/// Entries in a page of the audit log.
const PAGE: i64 = 100;

#[derive(Template)]
#[template(path = "pages/people.html")]
struct PeoplePage {
    shell: Shell,
    people: Vec<(Person, &'static str)>,
    roles: Vec<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "pages/audit.html")]
struct AuditPage {
    shell: Shell,
    entries: Vec<(Entry, String, String)>,
    next: Option<i64>,
    after: i64,
}

#[derive(Template)]
#[template(path = "pages/settings.html")]
struct SettingsPage {
    shell: Shell,
    sessions: Vec<(String, Session, String, bool)>,
    tokens: Vec<(ApiToken, String, String)>,
    scopes: Vec<&'static str>,
    secret: Option<String>,
}

pub(super) async fn people(State(api): State<Api>, visitor: Visitor) -> Result<Response, Failure> {
    let people = api.store.people().await?.into_iter().map(|person| {
        let role = visitor.t.role(person.role);
        (person, role)
    });
    let people = people.collect();
    let roles = PersonRole::ALL.iter().map(|role| (role.word(), visitor.t.role(*role))).collect();
    html(&PeoplePage { shell: visitor.shell(visitor.t.people), people, roles }, None)
}

fn role(filled: &Filled) -> Option<PersonRole> {
    filled.get("role").and_then(|word| PersonRole::ALL.iter().copied().find(|role| role.word() == word))
}

pub(super) async fn add_person(state: State<Api>, visitor: Visitor, filled: Filled) -> Result<Response, Failure> {
    let role = role(&filled).ok_or_else(|| Failure::Unfit("choose a role".into()))?;
    let (email, name, password) = (filled.need("email")?, filled.need("name")?, filled.need("password")?);
    let _ = people::add(state, visitor.caller, Sent(AddPerson { email, name, role, password })).await?;
    Ok(see("/people"))
}

pub(super) async fn change_person(
    state: State<Api>,
    visitor: Visitor,
    path: Path<String>,
    filled: Filled,
) -> Result<Response, Failure> {
    let is_active = filled.get("active").map(|word| word == "yes");
    let sent = ChangePerson { role: role(&filled), is_active, password: filled.text("password") };
    let based = Based(filled.number("version")?);
    people::change(state, visitor.caller, path, based, Sent(sent)).await?;
    Ok(see("/people"))
}

pub(super) async fn audit(
    State(api): State<Api>,
    visitor: Visitor,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Failure> {
    let after = query.get("after").and_then(|after| after.parse().ok()).unwrap_or(0_i64).max(0);
    let page = api.store.audit_page(None, after, PAGE).await?;
    let names: BTreeMap<String, String> =
        api.store.people().await?.into_iter().map(|person| (person.id, person.name)).collect();
    let next = (page.len() as i64 == PAGE).then(|| page.last().map(|entry| entry.sequence)).flatten();
    let entries = page.into_iter().map(|entry| {
        let who = names.get(&entry.actor).unwrap_or(&entry.actor).clone();
        let date = visitor.t.date(&entry.at);
        (entry, who, date)
    });
    html(&AuditPage { shell: visitor.shell(visitor.t.audit), entries: entries.collect(), next, after }, None)
}

pub(super) async fn settings(State(api): State<Api>, visitor: Visitor) -> Result<Response, Failure> {
    shown(&api, &visitor, None).await
}

async fn shown(api: &Api, visitor: &Visitor, secret: Option<String>) -> Result<Response, Failure> {
    let (person, t) = (&visitor.person().id, visitor.t);
    let sessions = api.store.sessions(person).await?.into_iter().map(|session| {
        let (seen, is_this) = (t.date(&session.seen_at), session.id == visitor.caller.0.id);
        (Texts::browser(&session.agent), session, seen, is_this)
    });
    let tokens = api.store.tokens(person).await?.into_iter().map(|token| {
        let (ends, scopes) = (t.date(&token.expires_at), token.scopes.iter().map(|one| one.word()).collect::<Vec<_>>());
        (token, ends, scopes.join(", "))
    });
    let scopes = Scope::ALL.iter().map(|scope| scope.word()).collect();
    let page = SettingsPage {
        shell: visitor.shell(t.settings),
        sessions: sessions.collect(),
        tokens: tokens.collect(),
        scopes,
        secret,
    };
    html(&page, None)
}

pub(super) async fn add_token(State(api): State<Api>, visitor: Visitor, filled: Filled) -> Result<Response, Failure> {
    let is_wanted = |scope: &&Scope| filled.all("scope").any(|word| word == scope.word());
    let scopes: Vec<Scope> = Scope::ALL.iter().filter(is_wanted).copied().collect();
    let days = filled.number("days")?.unwrap_or(30);
    let sent = Sent(AddToken { name: filled.need("name")?, scopes, days });
    let secret = people::made_token(&api, &visitor.caller, sent.0).await?.secret;
    shown(&api, &visitor, Some(secret)).await
}

pub(super) async fn end_token(
    state: State<Api>,
    visitor: Visitor,
    path: Path<String>,
    _: Filled,
) -> Result<Response, Failure> {
    people::end_token(state, visitor.caller, path).await?;
    Ok(see("/settings"))
}

pub(super) async fn end_session(
    state: State<Api>,
    visitor: Visitor,
    path: Path<String>,
    _: Filled,
) -> Result<Response, Failure> {
    people::end_session(state, visitor.caller, path).await?;
    Ok(see("/settings"))
}
