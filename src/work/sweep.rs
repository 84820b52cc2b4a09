//! The sweep: erases interviews whose time is over, and has the database rewritten after anything was erased.

use super::log;
use crate::store::{ErasureCause, Store, StoreError};
use std::time::Duration;
use tokio::sync::watch;

/// How often the rules are looked at. A day is the unit of the rules, so this is soon enough.
const PAUSE: Duration = Duration::from_mins(1);
/// Interviews that are erased between two looks at each rule.
const TOGETHER: i64 = 100;

/// Erases every interview whose time is over, and leaves nothing of what was erased in the files of the database. Gives
/// how many interviews were erased.
///
/// # Errors
/// [`StoreError`] of the database; what was erased before stays erased.
pub async fn sweep(store: &Store) -> Result<usize, StoreError> {
    let mut count = 0;
    loop {
        let over = store.over_time(TOGETHER).await?;
        if over.is_empty() {
            break;
        }
        for interview in over {
            match store.erase("retention", &interview, ErasureCause::Retention).await {
                Ok(_) => count += 1,
                // Another process was quicker, or somebody has put it under a hold in between.
                Err(StoreError::Refused(_)) => {}
                Err(other) => return Err(other),
            }
        }
    }
    store.scrub().await?;
    Ok(count)
}

/// Sweeps now, every minute, and whenever something is erased, until the process is to end.
pub(super) async fn run(store: Store, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        match sweep(&store).await {
            Ok(0) => {}
            Ok(erased) => tracing::info!(erased, "interviews whose time was over are erased"),
            Err(error) => log(&error, "what is to be erased could not all be erased: it is tried again"),
        }
        tokio::select! {
            () = store.erasure() => {}
            _ = stopping.changed() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}
