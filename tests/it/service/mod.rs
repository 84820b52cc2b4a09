//! The service: everything over HTTP, on SQLite always and on PostgreSQL where a server can be had.

mod access;
mod durable;
mod erasure;
mod flow;
mod hostile;
mod lists;
mod record;
mod reviews;
