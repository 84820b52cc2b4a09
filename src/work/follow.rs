//! Keeps the index of answers on a server up with the store. Several processes try; one at a time does it.

use crate::search::Search;
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked for news.
const PAUSE: Duration = Duration::from_secs(5);

pub(super) async fn run(search: Search, mut stopping: watch::Receiver<bool>) {
    let mut was_away = false;
    while !*stopping.borrow() {
        let followed = search.follow_on_server().await;
        match &followed {
            // Said once, and not every few seconds until it is there again.
            Err(error) if !was_away => {
                let cause = std::error::Error::source(error).map(ToString::to_string);
                tracing::warn!(%error, cause, "the index of answers is not kept up for now");
            }
            Ok(_) if was_away => tracing::info!("the index of answers is kept up again"),
            _ => {}
        }
        was_away = followed.is_err();
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}
