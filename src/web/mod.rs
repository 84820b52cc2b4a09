//! What a browser or another program gets. The only module that knows HTML and HTTP.
//!
//! [`report`] is one evaluation as a page that needs nothing else, [`calibration`] one calibration; [`wording`] holds the
//! words in which results are told to people, so that the page, the terminal and Markdown say the same thing. [`api`] is
//! the service's JSON, and [`problem`] the one table of what can go wrong with a request.

pub mod api;
pub mod calibration;
pub mod problem;
pub mod report;
pub mod wording;
mod words;

pub use api::{Api, WAY_BACK};

#[cfg(test)]
pub(crate) mod sample;
