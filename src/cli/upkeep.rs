//! What is done beside the running service: `config check`, `backup`, `restore`, `doctor`.

use super::Exit;
use super::edge::EDGE;
use super::output::{complain, say, write};
use super::settings::{Settings, SettingsArguments, masked};
use crate::store::{ErasureCause, JobState, Store, StoreError};
use crate::work::sweep;
use std::path::Path;

fn settings(arguments: &SettingsArguments) -> Result<Settings, Exit> {
    arguments.read().map_err(|faults| {
        say(&format!("error: the service is not set up right\n{faults}"));
        Exit::Usage
    })
}

fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        complain(&error);
        Exit::Failure
    })?;
    Ok(runtime.block_on(work))
}

/// Opens the store, does `work` with it, and closes it.
pub(super) fn with_store(arguments: &SettingsArguments, work: impl AsyncFnOnce(&Store) -> Exit) -> Exit {
    let settings = match settings(arguments) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let done = block_on(async {
        let store = Store::open(&settings.database, EDGE).await.map_err(|error| failed(&error))?;
        let exit = work(&store).await;
        store.close().await;
        Ok::<Exit, Exit>(exit)
    });
    done.and_then(|exit| exit).unwrap_or_else(|exit| exit)
}

fn failed(error: &StoreError) -> Exit {
    complain(error);
    Exit::Failure
}

fn done(line: &str) -> Exit {
    match write(line, None) {
        Ok(()) => Exit::Success,
        Err(error) => {
            complain(&error);
            Exit::Failure
        }
    }
}

/// Prints what is set and where it came from.
pub(super) fn check(arguments: &SettingsArguments) -> Exit {
    let settings = match settings(arguments) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let lines: Vec<String> = settings
        .held
        .iter()
        .map(|held| {
            let value = match held.value.as_deref() {
                None => "(not set)".to_owned(),
                Some(_) if held.is_secret => "***".to_owned(),
                Some(value) => masked(value),
            };
            format!("{} = {value}\n    {}; from {}\n", held.key, held.meaning, held.origin)
        })
        .collect();
    done(&lines.concat())
}

/// Copies the database while the service runs.
pub(super) fn backup(file: &Path, arguments: &SettingsArguments) -> Exit {
    with_store(arguments, async |store| match store.backup(file).await {
        Ok(()) => done(&format!("copied to {}\n", file.display())),
        Err(error) => failed(&error),
    })
}

/// Puts a copy in the place of the database.
pub(super) fn restore(file: &Path, arguments: &SettingsArguments) -> Exit {
    let settings = match settings(arguments) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    match block_on(Store::restore(file, &settings.database, EDGE)) {
        Ok(Ok(verified)) => {
            let line = format!(
                "restored to {}: whole, {} entries in the audit log\n",
                masked(&settings.database),
                verified.entries
            );
            done(&line)
        }
        Ok(Err(error)) => failed(&error),
        Err(exit) => exit,
    }
}

/// Erases one interview, or every interview whose time is over, and leaves nothing of it in the database's files.
pub(super) fn erase(interview: Option<&str>, arguments: &SettingsArguments) -> Exit {
    with_store(arguments, async |store| {
        if let Some(interview) = interview
            && let Err(error) = store.erase("command line", interview, ErasureCause::Asked).await
        {
            return failed(&error);
        }
        let erased = match (interview, sweep(store).await) {
            (Some(interview), Ok(_)) => format!("{interview} is erased"),
            (None, Ok(count)) => format!("{count} interviews whose time was over are erased"),
            (_, Err(error)) => return failed(&error),
        };
        done(&format!("{erased}, from the database's files too; copies made with backup are yours to delete\n"))
    })
}

/// Looks for what could keep the service from working: a line each, and the exit code says whether all is well.
pub(super) fn doctor(arguments: &SettingsArguments) -> Exit {
    let settings = match settings(arguments) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let found = block_on(async {
        let mut found = vec![(true, "settings: nothing wrong".to_owned())];
        match Store::open(&settings.database, EDGE).await {
            Ok(store) => {
                found.push((true, format!("database: {} at {}", store.engine(), masked(&settings.database))));
                found.extend(examined(&store).await);
                store.close().await;
            }
            Err(error) => {
                complain(&error);
                found.push((false, format!("database: {} cannot be used", masked(&settings.database))));
            }
        }
        found
    });
    let found = match found {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let is_well = found.iter().all(|(is, _)| *is);
    let lines: Vec<String> =
        found.into_iter().map(|(is, what)| format!("{} {what}\n", if is { "ok  " } else { "BAD " })).collect();
    let exit = done(&lines.concat());
    if is_well { exit } else { Exit::Failure }
}

async fn examined(store: &Store) -> Vec<(bool, String)> {
    let mut found = Vec::new();
    found.push(match store.verify_audit().await {
        Ok(verified) => (true, format!("audit log: {} entries, whole", verified.entries)),
        Err(error) => (false, format!("audit log: {error}")),
    });
    found.push(match store.job_counts().await {
        Ok(counts) => {
            let of = |wanted| counts.iter().find(|(state, _)| *state == wanted).map_or(0, |(_, count)| *count);
            let dead = of(JobState::Dead);
            let hint = if dead > 0 { ": see GET /api/v1/jobs, retry with POST /api/v1/jobs/{id}/retry" } else { "" };
            (
                dead == 0,
                format!("jobs: {} waiting, {} running, {dead} dead{hint}", of(JobState::Queued), of(JobState::Running)),
            )
        }
        Err(error) => (false, format!("jobs: {error}")),
    });
    found.push(match store.is_new().await {
        Ok(true) => (true, "people: nobody yet; the set-up link is printed when the service starts".to_owned()),
        Ok(false) => (true, "people: somebody is there".to_owned()),
        Err(error) => (false, format!("people: {error}")),
    });
    found
}
