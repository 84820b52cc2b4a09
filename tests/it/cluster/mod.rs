//! Several processes on one database, and an index that may be away.

mod away;
mod search;
mod together;
