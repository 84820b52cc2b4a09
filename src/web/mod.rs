//! What a browser gets. The only module that knows HTML.
//!
//! [`report`] is one evaluation as a page that needs nothing else, [`calibration`] one calibration; [`wording`] holds the words in which results are
//! told to people, so that the page, the terminal and Markdown say the same thing.

pub mod calibration;
pub mod report;
pub mod wording;
mod words;

#[cfg(test)]
pub(crate) mod sample;
