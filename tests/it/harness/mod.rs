//! What the tests share: written interviews, the program itself, a Qdrant server, a chat-model server,
//! a PostgreSQL server, TLS in front of them, and the service with its actors.

pub mod identity;
pub mod interviews;
pub mod openai;
pub mod postgres;
pub mod program;
pub mod qdrant;
pub mod service;
pub mod tls;
