//! The HTTP API: JSON in, JSON out, described by the `OpenAPI` document that is made from its code.
//!
//! A handler reads the request, asks the store or a use case, and answers; who may ask is settled before it runs
//! ([`access`], [`gate`]), and what goes wrong has its place in one table ([`super::problem`]).

pub mod access;
pub(in crate::web) mod answers;
pub(in crate::web) mod calibrations;
pub(in crate::web) mod client;
mod differences;
mod docs;
mod elsewhere;
mod erasure;
pub(in crate::web) mod evaluations;
mod exports;
pub(in crate::web) mod gate;
mod hooks;
pub(in crate::web) mod input;
pub(in crate::web) mod interviews;
mod metrics;
mod operations;
pub(in crate::web) mod people;
pub(in crate::web) mod reviews;
pub(in crate::web) mod rubrics;
pub(in crate::web) mod signin;
pub(in crate::web) mod upload;

pub use docs::openapi;
pub use elsewhere::WAY_BACK;

use super::problem::Failure;
use crate::config::ServiceSettings;
use crate::endpoint::IdentityProvider;
use crate::search::Search;
use crate::store::{Interview, PersonRole, Store};
use axum::Router;
use axum::middleware::from_fn_with_state;
use gate::Caller;
use metrics::Metrics;
use signin::Attempts;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What handlers work with.
#[derive(Clone)]
pub struct Api {
    pub(in crate::web) store: Store,
    pub(in crate::web) settings: Arc<ServiceSettings>,
    metrics: Arc<Metrics>,
    attempts: Arc<Attempts>,
    search: Option<Arc<Search>>,
    /// Requests that may be under way.
    places: Arc<Semaphore>,
    /// Passwords that may be hashed at the same time: each takes 19 MiB and a core.
    hashing: Arc<Semaphore>,
    /// Where people may sign in instead of here, and the role of those who have no account.
    provider: Option<Arc<(IdentityProvider, Option<PersonRole>)>>,
    /// Turns true when the service is to end, so that streams of events do not hold it up.
    stopping: watch::Receiver<bool>,
}

impl Api {
    /// The API of `store`. `stopping` turns true when the service is to end.
    #[must_use]
    pub fn new(store: Store, settings: ServiceSettings, stopping: watch::Receiver<bool>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(settings.requests_at_once)),
            attempts: Arc::new(Attempts::new(settings.signins_per_minute)),
            hashing: Arc::new(Semaphore::new(2)),
            metrics: Arc::new(Metrics::new()),
            settings: Arc::new(settings),
            search: None,
            store,
            provider: None,
            stopping,
        }
    }

    /// Lets people sign in with `provider`. Who has no account gets one in the role `newcomers`, or none.
    #[must_use]
    pub fn with_provider(self, provider: IdentityProvider, newcomers: Option<PersonRole>) -> Self {
        Self { provider: Some(Arc::new((provider, newcomers))), ..self }
    }

    /// The same with an index of answers to search.
    #[must_use]
    pub fn searching(self, search: Arc<Search>) -> Self {
        Self { search: Some(search), ..self }
    }

    /// Whether answers can be searched.
    pub(in crate::web) fn has_search(&self) -> bool {
        self.search.is_some()
    }

    /// What a process without the API answers: whether it is well.
    pub fn probes(self) -> Router {
        let probes = OpenApiRouter::new()
            .routes(routes!(operations::health))
            .routes(routes!(operations::working))
            .routes(routes!(operations::metrics));
        let (router, _) = probes.split_for_parts();
        router
            .fallback(async || Failure::Missing("path"))
            .method_not_allowed_fallback(async || Failure::NoSuchMethod)
            .layer(from_fn_with_state(self.clone(), gate::pass))
            .with_state(self)
    }

    /// An interview, if this person may see it. Interviewers see those that they are assigned to.
    pub(in crate::web) async fn visible(&self, caller: &Caller, interview: &str) -> Result<Interview, Failure> {
        input::id(interview, "interview")?;
        let person = &caller.0.person;
        if person.role == PersonRole::Interviewer && !self.store.is_assigned(interview, &person.id).await? {
            return Err(Failure::Missing("interview"));
        }
        Ok(self.store.interview(interview).await?)
    }
}

/// The routes of the API, with the document that describes them.
pub(in crate::web) fn routes_with_document() -> Router<Api> {
    let (router, document) = routes().split_for_parts();
    router.merge(docs::routes(&document))
}

fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(operations::health))
        .routes(routes!(operations::ready))
        .routes(routes!(operations::metrics))
        .routes(routes!(signin::set_up))
        .routes(routes!(signin::sign_in, signin::session, signin::sign_out))
        .routes(routes!(elsewhere::leave))
        .routes(routes!(elsewhere::come_back))
        .routes(routes!(people::sessions))
        .routes(routes!(people::end_session))
        .routes(routes!(people::tokens, people::add_token))
        .routes(routes!(people::end_token))
        .routes(routes!(people::list, people::add))
        .routes(routes!(people::one, people::change))
        .routes(routes!(rubrics::list, rubrics::upload))
        .routes(routes!(rubrics::one, rubrics::change))
        .routes(routes!(rubrics::versions))
        .routes(routes!(rubrics::version))
        .routes(routes!(rubrics::eval_set))
        .routes(routes!(differences::rubrics))
        .routes(routes!(calibrations::list))
        .routes(routes!(calibrations::upload))
        .routes(routes!(calibrations::choose))
        .routes(routes!(calibrations::one))
        .routes(routes!(calibrations::report))
        .routes(routes!(calibrations::comparison))
        .routes(routes!(interviews::list, upload::upload))
        .routes(routes!(interviews::one, interviews::change, erasure::erase))
        .routes(routes!(erasure::keep))
        .routes(routes!(erasure::rules))
        .routes(routes!(erasure::set_rule, erasure::end_rule))
        .routes(routes!(interviews::transcript))
        .routes(routes!(interviews::parse))
        .routes(routes!(interviews::move_span))
        .routes(routes!(interviews::interviewers, interviews::assign))
        .routes(routes!(answers::search))
        .routes(routes!(answers::precedents))
        .routes(routes!(evaluations::history, evaluations::ask))
        .routes(routes!(evaluations::one))
        .routes(routes!(evaluations::events))
        .routes(routes!(differences::evaluations))
        .routes(routes!(evaluations::cancel))
        .routes(routes!(reviews::list, reviews::start))
        .routes(routes!(reviews::panel))
        .routes(routes!(reviews::one))
        .routes(routes!(exports::interview))
        .routes(routes!(exports::scorecard))
        .routes(routes!(reviews::decide, reviews::take_back))
        .routes(routes!(reviews::add_evidence))
        .routes(routes!(reviews::remove_evidence))
        .routes(routes!(reviews::remove_comment))
        .routes(routes!(reviews::comment))
        .routes(routes!(reviews::submit))
        .routes(routes!(reviews::reopen))
        .routes(routes!(hooks::list, hooks::add))
        .routes(routes!(hooks::end))
        .routes(routes!(hooks::deliveries))
        .routes(routes!(operations::jobs))
        .routes(routes!(operations::retry))
        .routes(routes!(operations::audit))
        .routes(routes!(operations::audit_of_interview))
}
