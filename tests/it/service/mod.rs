//! The service: everything over HTTP, on SQLite always and on PostgreSQL where a server can be had.

mod access;
mod calibrations;
mod durable;
mod elsewhere;
mod erasure;
mod exports;
mod flow;
mod hooks;
mod hostile;
mod judge_away;
mod lists;
mod record;
mod replay;
mod reviews;
mod traces;
