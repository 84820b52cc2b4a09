//! News across processes: a transaction that changes jobs or evaluations tells the processes on the same `PostgreSQL` by
//! `NOTIFY`, and each listens on a connection of its own. With `SQLite` there are no other processes to tell.
//!
//! News may be lost (a connection breaks, a server restarts). Whoever waits for them therefore looks by itself now and
//! then, and this only says how soon something is seen, never whether.

use super::{Kind, Result, Tx};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgListener;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const CHANNEL: &str = "earmark";
/// How long after a broken connection another one is tried.
const PAUSE: Duration = Duration::from_secs(1);

/// A task that listens for as long as this lives.
pub(super) struct Ears(JoinHandle<()>);

impl Drop for Ears {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Ears {
    /// Listens on the database at `url` and rings `bell` for news of others; what `own` tells, this process knows.
    pub(super) fn open(url: String, own: String, bell: watch::Sender<u64>) -> Self {
        Self(tokio::spawn(async move {
            loop {
                if let Err(error) = listen(&url, &own, &bell).await {
                    tracing::warn!(%error, "no news of other processes for now");
                }
                tokio::time::sleep(PAUSE).await;
            }
        }))
    }
}

/// Ends when the connection breaks.
async fn listen(url: &str, own: &str, bell: &watch::Sender<u64>) -> std::result::Result<(), sqlx::Error> {
    let mut ears = PgListener::connect(url).await?;
    ears.listen(CHANNEL).await?;
    // Nobody told what happened before this connection was there.
    ring(bell);
    while let Some(news) = ears.try_recv().await? {
        if news.payload() != own {
            ring(bell);
        }
    }
    Ok(())
}

fn ring(bell: &watch::Sender<u64>) {
    bell.send_modify(|count| *count += 1);
}

impl Tx {
    /// Ends the transaction and tells everybody who waits, where it has news for them.
    pub(super) async fn commit(mut self) -> Result<()> {
        if self.has_news && self.kind == Kind::Postgres {
            // The name is an id of our own making. Delivered when the transaction is, or not at all.
            let text = format!("NOTIFY {CHANNEL}, '{}'", self.process);
            sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *self.inner).await?;
        }
        self.inner.commit().await?;
        if self.has_news {
            ring(&self.bell);
        }
        Ok(())
    }
}
