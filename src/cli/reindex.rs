//! `earmark reindex`: makes the index of answers anew while the old one is searched.

use super::Exit;
use super::edge::EDGE;
use super::output::{complain, say};
use super::serve;
use super::settings::SettingsArguments;
use crate::search::Search;
use crate::store::Store;
use std::sync::Arc;

/// Embeds what another embedder embedded, fills a new collection on the Qdrant server, and has searches go to it.
pub(super) fn run(arguments: &SettingsArguments) -> Exit {
    let settings = match arguments.read() {
        Ok(settings) => settings,
        Err(faults) => {
            say(&format!("error: the service is not set up right\n{faults}"));
            return Exit::Usage;
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&error);
            return Exit::Failure;
        }
    };
    runtime.block_on(async {
        let store = match Store::open(&settings.database, EDGE).await {
            Ok(store) => store,
            Err(error) => {
                complain(&error);
                return Exit::Failure;
            }
        };
        let retrieval = match serve::retrieval(&settings, &store, None).await {
            Ok(retrieval) => Arc::new(retrieval),
            Err(error) => {
                complain(&error);
                return Exit::Failure;
            }
        };
        let made = Search::new(store.clone(), retrieval).make_anew().await;
        store.close().await;
        match made {
            Ok(Some(count)) => say(&format!("the index of answers is made anew: {count} passages")),
            Ok(None) => say(
                "nothing to make anew: the index is in memory, and begins anew at each start, or another process is \
                 filling it just now",
            ),
            Err(error) => {
                complain(&error);
                return Exit::Failure;
            }
        }
        Exit::Success
    })
}
