//! What a browser or another program gets. The only module that knows HTML and HTTP.
//!
//! [`report`] is one evaluation as a page that needs nothing else, [`calibration`] one calibration; [`wording`] holds the
//! words in which results are told to people, so that the page, the terminal and Markdown say the same thing. [`api`] is
//! the service's JSON, `pages` what people see of it, and [`problem`] the one table of what can go wrong with a request.

pub mod api;
pub mod calibration;
mod pages;
pub mod problem;
mod recalled;
pub mod report;
mod texts;
pub mod wording;
mod words;

pub use api::{Api, WAY_BACK};
pub use pages::demo;

use axum::Router;
use axum::middleware::from_fn_with_state;
use problem::Failure;

impl Api {
    /// Everything that the service answers: API and pages.
    pub fn router(self) -> Router {
        api::routes_with_document()
            .merge(pages::routes())
            .fallback(async || Failure::Missing("path"))
            .method_not_allowed_fallback(async || Failure::NoSuchMethod)
            .layer(from_fn_with_state(self.clone(), api::gate::pass))
            .layer(axum::middleware::from_fn(pages::dressed))
            .with_state(self)
    }
}

#[cfg(test)]
pub(crate) mod sample;
