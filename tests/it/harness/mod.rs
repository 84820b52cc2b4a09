//! What the tests share: written interviews, the program itself, a Qdrant server and a chat-model server.

pub mod interviews;
pub mod openai;
pub mod program;
pub mod qdrant;
