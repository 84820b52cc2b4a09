//! What the tests share: written interviews, the program itself, and a Qdrant server.

pub mod interviews;
pub mod program;
pub mod qdrant;
