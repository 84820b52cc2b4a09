//! Hands the store's counts to those who ration: turns at the chat model's server, and what may be spent on a day, both
//! held by all processes on one database together.

use super::chat::ChatArguments;
use crate::endpoint::{EndpointSettings, Shared};
use crate::judge::{ChatSettings, Purse};
use crate::store::{Spent, Store, StoreError};
use std::time::Duration;

/// Microseconds in a minute.
const MINUTE: u64 = 60_000_000;
/// How long after a failure the database is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// Lets every request wait for its turn among all processes. Requests and tokens are spread evenly, so that no minute sees
/// more than its share and one.
pub(super) fn ration(store: &Store, endpoint: &mut EndpointSettings) {
    let (requests, tokens) = (endpoint.requests_per_minute, endpoint.tokens_per_minute);
    if requests.is_none() && tokens.is_none() {
        return;
    }
    let (store, server) = (store.clone(), endpoint.base_url.clone());
    endpoint.turns = Some(Shared::of(move |sent: u64| {
        let (store, server) = (store.clone(), server.clone());
        async move {
            let shares = [("requests", requests, 1), ("tokens", tokens, sent)];
            let mut wait = Duration::ZERO;
            for (what, limit, amount) in shares {
                let Some(limit) = limit else { continue };
                let micros = MINUTE.saturating_mul(amount) / limit.max(1);
                wait = wait.max(booked(&store, &format!("{what} to {server}"), micros).await);
            }
            tokio::time::sleep(wait).await;
        }
    }));
}

async fn booked(store: &Store, name: &str, micros: u64) -> Duration {
    let micros = i64::try_from(micros).unwrap_or(i64::MAX / 4);
    loop {
        match store.book_turn(name, micros).await {
            Ok(wait) => return Duration::from_micros(u64::try_from(wait).unwrap_or_default()),
            Err(error) => wait_for_database(&error).await,
        }
    }
}

/// Has the budget held by all processes together, a day at a time.
pub(super) fn pool(store: &Store, chat: &mut ChatSettings) {
    if chat.budget.tokens.is_none() && chat.budget.money.is_none() {
        return;
    }
    let most = Spent {
        tokens: chat.budget.tokens.and_then(|tokens| i64::try_from(tokens).ok()).unwrap_or(i64::MAX / 4),
        millionths: chat.budget.money.map_or(i64::MAX / 4, |money| (money * 1e6) as i64),
    };
    let (store, model) = (store.clone(), chat.model.clone());
    let purse: Purse = Shared::of(move |(tokens, millionths): (i64, i64)| {
        let (store, model) = (store.clone(), model.clone());
        async move {
            loop {
                match store.spend(&model, Spent { tokens, millionths }, most).await {
                    Ok(done) => return done,
                    Err(error) => wait_for_database(&error).await,
                }
            }
        }
    });
    chat.purse = Some(purse);
}

async fn wait_for_database(error: &StoreError) {
    tracing::warn!(%error, "what may be sent cannot be counted for now");
    tokio::time::sleep(PAUSE).await;
}

/// The embedder's settings, rationed as well.
pub(super) fn embeddings(store: &Store, chat: &ChatArguments) -> Option<crate::retrieval::EmbeddingSettings> {
    chat.embeddings().map(|mut embeddings| {
        ration(store, &mut embeddings.endpoint);
        embeddings
    })
}
