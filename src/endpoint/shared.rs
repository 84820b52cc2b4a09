//! Something that is kept count of outside this process, for all that share it. This module asks and does not know who
//! answers.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

type Answer<R> = Pin<Box<dyn Future<Output = R> + Send>>;

/// Whoever keeps count: is given an amount, and answers when and whether it may be used.
pub struct Shared<A, R>(Arc<dyn Fn(A) -> Answer<R> + Send + Sync>);

impl<A, R> Shared<A, R> {
    /// Asks `counter` each time.
    pub fn of<F>(counter: impl Fn(A) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = R> + Send + 'static,
    {
        Self(Arc::new(move |amount| Box::pin(counter(amount))))
    }

    /// Asks for an amount.
    pub async fn ask(&self, amount: A) -> R {
        (self.0)(amount).await
    }
}

impl<A, R> Clone for Shared<A, R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A, R> fmt::Debug for Shared<A, R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Shared")
    }
}
