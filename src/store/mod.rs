//! What the service remembers. The only module that knows SQL; hides which database it is.
//!
//! # One text for two databases
//!
//! `SQLite` and `PostgreSQL` are asked with the same SQL, through `sqlx::Any`. That works because the schema keeps to
//! TEXT, BIGINT and BLOB, parameters are `$1`, and what differs is avoided: times are text that sorts, lists inside a
//! value are JSON, rows are locked by updating them (`UPDATE ... RETURNING`). The exceptions are a few words long each: jobs are taken with
//! `FOR UPDATE SKIP LOCKED` where the database knows it, and processes tell each other of news ([`news`]). Two pools behind an
//! enum would give each query two compiled forms and each function a macro around it, and buy types that this schema does
//! not use. What `Any` costs is a copy of each value, which is nothing beside an evaluation.
//!
//! # What every write has in common
//!
//! A write is one transaction ([`Tx`]) which also holds its entry of the audit log ([`audit`]). With `SQLite` there is one
//! writer at a time, and they wait in line for it here, where the line is fair, and not in the database's busy handler.
//! Clock and randomness come with the store as [`Edge`].

pub mod audit;
mod calibrations;
mod edge;
mod erasure;
mod evaluations;
mod hooks;
mod interviews;
mod jobs;
mod news;
mod passages;
mod people;
mod rations;
mod reviews;
mod rubrics;

pub use calibrations::{AskedCalibration, Calibration, NewCalibration};
pub use edge::{Edge, Moment, is_id};
pub use erasure::{ErasureCause, PlaceRule};
pub use evaluations::{AskedJudge, EvaluationHead, EvaluationState, FinishedQuestion, Saved, StoredQuestion};
pub use hooks::{Delivery, HookEvent, Parcel, Webhook};
pub use interviews::{
    Filter, Interview, InterviewChange, InterviewStatus, Kept, NewInterview, Page, Replay, SpanMove, Stored, Uploaded,
};
pub use jobs::{Job, JobKind, JobState, Outlook, Taken};
pub use passages::{AfterFilling, NewPassage, Passage, PassageNews, PassageRemoval, PassageVector};
pub use people::{ApiToken, Holder, NewPerson, Person, PersonRole, Scope, Session, SignIn};
pub use rations::Spent;
pub use reviews::{Comment, Decision, DecisionKind, Mode, NewDecision, OwnEvidence, Reason, Review, ReviewState};
pub use rubrics::{RubricEntry, RubricVersion};

use news::Ears;
use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Any, AnyPool, AssertSqlSafe, ConnectOptions, Executor, Row, SqlSafeStr, Transaction};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};

/// The schema, a file a step. A step that has been released is never changed; a new one is added.
const MIGRATIONS: [(i64, &str, &str); 7] = [
    (1, "first", include_str!("migrations/0001_first.sql")),
    (2, "keeping", include_str!("migrations/0002_keeping.sql")),
    (3, "hooks", include_str!("migrations/0003_hooks.sql")),
    (4, "judges", include_str!("migrations/0004_judges.sql")),
    (5, "asked", include_str!("migrations/0005_asked.sql")),
    (6, "calibrations", include_str!("migrations/0006_calibrations.sql")),
    (10, "cluster", include_str!("migrations/0010_cluster.sql")),
];

/// Connections to the database.
const CONNECTIONS: u32 = 12;
/// Writers at a time where the database can have several.
const WRITERS: usize = 8;

/// Why the store did not do it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no such thing, or not for this person.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// Somebody else has changed it since it was read.
    #[error("it was changed by somebody else in the meantime")]
    Changed,
    /// The state it is in does not allow that; why.
    #[error("{0}")]
    Refused(String),
    /// The work is no longer this worker's: its lease ran out, or somebody cancelled it.
    #[error("the lease of this job is lost")]
    LeaseLost,
    /// The database's address makes no sense.
    #[error("{0:?} is no address of a database: write sqlite:FILE or postgres://USER@HOST/NAME")]
    Address(String),
    /// The database cannot be opened or brought to this version's schema.
    #[error("the database cannot be used")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A file of the database cannot be made or read.
    #[error("{} cannot be used", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// What is stored does not have the form it was written in.
    #[error("what is stored cannot be read: {0}")]
    Corrupt(String),
}

/// The result of everything here.
pub type Result<T> = std::result::Result<T, StoreError>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Postgres,
}

/// The database, open.
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    kind: Kind,
    writers: Arc<Semaphore>,
    edge: Edge,
    bell: watch::Sender<u64>,
    erased: Arc<Notify>,
    /// What this process is called where processes tell each other of news.
    process: Arc<str>,
    ears: Option<Arc<Ears>>,
}

impl Store {
    /// Opens the database at `url` (`sqlite:FILE`, `postgres://...`), makes it where it is a file that is not there, and
    /// brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Address`], [`StoreError::File`], [`StoreError::Migration`], [`StoreError::Database`].
    pub async fn open(url: &str, edge: Edge) -> Result<Self> {
        let mut store = Self::connect(url, edge).await?;
        // One process at a time: sqlx holds an advisory lock of PostgreSQL meanwhile, or the lock of the file.
        migrator(store.kind).run(&store.pool).await?;
        if store.kind == Kind::Postgres {
            store.ears = Some(Arc::new(Ears::open(url.to_owned(), store.process.to_string(), store.bell.clone())));
        }
        Ok(store)
    }

    async fn connect(url: &str, edge: Edge) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let kind = match url.split(':').next() {
            Some("sqlite") => Kind::Sqlite,
            Some("postgres" | "postgresql") => Kind::Postgres,
            _ => return Err(StoreError::Address(url.to_owned())),
        };
        if kind == Kind::Sqlite {
            private(&file_of(url)?)?;
        }
        let options = sqlx::any::AnyConnectOptions::from_str(url)
            .map_err(|_| StoreError::Address(url.to_owned()))?
            .disable_statement_logging();
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(Duration::from_secs(20))
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if kind == Kind::Sqlite {
                        // secure_delete: what is erased is overwritten in the file.
                        connection
                            .execute(
                                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                                 PRAGMA busy_timeout = 10000; PRAGMA secure_delete = ON; PRAGMA cache_size = -16000",
                            )
                            .await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        let writers = if kind == Kind::Sqlite { 1 } else { WRITERS };
        Ok(Self {
            pool,
            kind,
            writers: Arc::new(Semaphore::new(writers)),
            edge,
            bell: watch::Sender::new(0),
            erased: Arc::default(),
            process: edge.id().into(),
            ears: None,
        })
    }

    /// Clock and randomness of this store.
    #[must_use]
    pub fn edge(&self) -> &Edge {
        &self.edge
    }

    /// Wakes whoever waits for news of jobs and evaluations, of this process and of others on the same `PostgreSQL`. News
    /// can be lost, so a reader looks by itself now and then.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// `SQLite` or `PostgreSQL`.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite => "SQLite",
            Kind::Postgres => "PostgreSQL",
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it does not.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Closes all connections, so that the files are whole by themselves.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Writes a copy of the database to `file`, while others read and write.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for `PostgreSQL`, which has its own tools, and for a file that is there already.
    pub async fn backup(&self, file: &Path) -> Result<()> {
        if self.kind == Kind::Postgres {
            return Err(StoreError::Refused("a PostgreSQL database is copied with pg_dump, while it runs".into()));
        }
        if file.exists() {
            return Err(StoreError::Refused(format!("{} is there already: name a new file", file.display())));
        }
        private(file)?;
        sqlx::query("VACUUM INTO $1").bind(file.display().to_string()).execute(&self.pool).await?;
        Ok(())
    }

    /// Puts the copy `from` in the place of the database at `url`, after it was found to be whole.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when there is a database already, or the copy is damaged.
    pub async fn restore(from: &Path, url: &str, edge: Edge) -> Result<audit::Verified> {
        let to = file_of(url)?;
        if !from.is_file() {
            return Err(StoreError::Refused(format!("{} is no file: name a copy made by backup", from.display())));
        }
        // The log of another database beside it would be played back into the copy.
        for beside in ["-wal", "-journal"].map(|end| PathBuf::from(format!("{}{end}", to.display()))) {
            if beside.metadata().is_ok_and(|known| known.len() > 0) {
                let what = format!("{} is left of another database: move it away first", beside.display());
                return Err(StoreError::Refused(what));
            }
        }
        if to.metadata().is_ok_and(|known| known.len() > 0) {
            let what = format!("{} is there already: stop the service and move it away first", to.display());
            return Err(StoreError::Refused(what));
        }
        private(&to)?;
        std::fs::copy(from, &to).map_err(|error| StoreError::File(to.clone(), error))?;
        let checked = Self::checked(url, edge).await;
        if checked.is_err() {
            std::fs::remove_file(&to).map_err(|error| StoreError::File(to, error))?;
        }
        checked
    }

    async fn checked(url: &str, edge: Edge) -> Result<audit::Verified> {
        let store = Self::connect(url, edge).await?;
        let answer: String = sqlx::query("PRAGMA integrity_check").fetch_one(&store.pool).await?.try_get(0)?;
        if answer != "ok" {
            return Err(StoreError::Refused(format!("the copy is damaged: {answer}")));
        }
        migrator(store.kind).run(&store.pool).await?;
        let verified = store.verify_audit().await?;
        store.close().await;
        Ok(verified)
    }

    /// A transaction that writes.
    async fn begin(&self) -> Result<Tx> {
        let line = Arc::clone(&self.writers).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let inner = match self.kind {
            // A transaction that reads first and writes later would fail when somebody else wrote in between.
            Kind::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            Kind::Postgres => self.pool.begin().await?,
        };
        Ok(Tx {
            inner,
            kind: self.kind,
            at: self.edge.now(),
            edge: self.edge,
            bell: self.bell.clone(),
            process: Arc::clone(&self.process),
            has_news: false,
            _line: line,
        })
    }
}

/// One write: everything of it happens, or nothing.
struct Tx {
    inner: Transaction<'static, Any>,
    kind: Kind,
    at: Moment,
    edge: Edge,
    bell: watch::Sender<u64>,
    process: Arc<str>,
    /// Whether somebody may be waiting for what this writes.
    has_news: bool,
    _line: OwnedSemaphorePermit,
}

/// Where a `SQLite` database is.
fn file_of(url: &str) -> Result<PathBuf> {
    let path = url.strip_prefix("sqlite:").map(|rest| rest.strip_prefix("//").unwrap_or(rest));
    let path = path.map(|rest| rest.split('?').next().unwrap_or_default()).filter(|rest| !rest.is_empty());
    match path {
        Some(":memory:") | None => Err(StoreError::Address(url.to_owned())),
        Some(path) => Ok(PathBuf::from(path)),
    }
}

/// Makes an empty file that only its owner may read, where there is none, and the folder it is to be in.
fn private(file: &Path) -> Result<()> {
    let failed = |error| StoreError::File(file.to_owned(), error);
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop).map_err(failed)
}

fn migrator(kind: Kind) -> Migrator {
    migrations(kind, MIGRATIONS.len())
}

/// The first `count` steps.
fn migrations(kind: Kind, count: usize) -> Migrator {
    let step = |(number, name, text): &(i64, &'static str, &'static str)| {
        let text = match kind {
            Kind::Sqlite => (*text).to_owned(),
            Kind::Postgres => text.replace(" BLOB", " BYTEA"),
        };
        Migration::new(*number, Cow::Borrowed(*name), MigrationType::Simple, AssertSqlSafe(text).into_sql_str(), false)
    };
    let mut migrator = Migrator::with_migrations(MIGRATIONS.iter().take(count).map(step).collect());
    // While a fleet is upgraded, a process of the version before may start after the schema has moved on. Steps only add,
    // so it can work with what is there.
    migrator.set_ignore_missing(true);
    migrator
}

/// Reads a column.
fn get<'r, T>(row: &'r AnyRow, column: &str) -> Result<T>
where
    T: sqlx::Decode<'r, Any> + sqlx::Type<Any>,
{
    Ok(row.try_get(column)?)
}

/// Reads a column that holds JSON.
fn json<T: serde::de::DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T> {
    let text: String = get(row, column)?;
    serde_json::from_str(&text).map_err(|error| StoreError::Corrupt(format!("{column}: {error}")))
}

/// Writes what cannot fail to be written: plain data with string keys.
fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Closed sets of words: an enum, its word in the database and in the API, and back.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$inner])* #[serde(rename = $word)] $variant),+ }

        // Derived, the schema would hold the names of the variants: utoipa does not see words that a macro puts in.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let words = Self::ALL.iter().map(|one| one.word());
                let text = utoipa::openapi::Type::String;
                utoipa::openapi::ObjectBuilder::new().schema_type(text).enum_values(Some(words)).build().into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            #[allow(dead_code, reason = "not every set of words is a column by itself")]
            pub(in crate::store) fn read(row: &sqlx::any::AnyRow, column: &str) -> crate::store::Result<Self> {
                let word: String = crate::store::get(row, column)?;
                Self::ALL.iter().copied().find(|one| one.word() == word)
                    .ok_or_else(|| crate::store::StoreError::Corrupt(format!("{column}: {word}")))
            }
        }
    };
}
use words;

#[cfg(test)]
mod tests {
    use super::*;

    fn edge() -> Edge {
        Edge { clock: || 1_800_000_000_000, random: || [7; 32] }
    }

    /// A row for every table that a step has made, so that the next step meets rows.
    const ROWS: [&[&str]; MIGRATIONS.len()] = [
        &[
            "INSERT INTO people VALUES ('p', 'e', 'n', 'administrator', NULL, NULL, NULL, 1, 0, NULL, 1, 't')",
            "INSERT INTO setup_links VALUES ('d', 't', NULL)",
            "INSERT INTO sessions VALUES ('s', 'p', 'd', 'a', 't', 't', 't', NULL)",
            "INSERT INTO api_tokens VALUES ('a', 'p', 'n', 'd', 'read', 't', 't', NULL)",
            "INSERT INTO rubrics VALUES ('r', 't', 'assisted', 'v', NULL, 1, 't')",
            "INSERT INTO rubric_versions VALUES ('v', 'r', '1', 'd', 's', 'p', 't')",
            "INSERT INTO interviews VALUES ('i', 't', NULL, 'r', 'evaluated', 'd', 'f', 1, 1, '{}', NULL, 'place', NULL, \
             NULL, 0, NULL, 'p', 't', 1)",
            "INSERT INTO transcripts VALUES ('i', CAST('x' AS BLOB))",
            "INSERT INTO assignments VALUES ('p', 'i', 't')",
            "INSERT INTO spans VALUES ('i', 'r', 'q', '[]', '[]', 'p', 't')",
            "INSERT INTO evaluations VALUES ('e', 'i', 'v', 'finished', 1, NULL, '{}', '{}', NULL, NULL, 'p', 't', 't')",
            "INSERT INTO evaluation_questions VALUES ('e', 0, 'q', 1, '{}', '{}', 't')",
            "INSERT INTO jobs VALUES ('j', 'evaluate', 'e', 'i', 'done', 1, 't', NULL, NULL, NULL, 't', 't')",
            "INSERT INTO reviews VALUES ('w', 'i', 'p', 'v', 1, 'assisted', 'draft', NULL, 't', NULL, 1)",
            "INSERT INTO review_decisions VALUES ('d', 'w', 'q', 'scored', 1, NULL, 'e', NULL, NULL, 't')",
            "INSERT INTO review_evidence VALUES ('x', 'w', 'q', NULL, '{}', 't')",
            "INSERT INTO review_comments VALUES ('c', 'w', NULL, 'x', 't')",
            "INSERT INTO idempotency_keys VALUES ('p', 'k', 'r', 'i', 't')",
        ],
        &["INSERT INTO retention_places VALUES ('place', 30, 't')"],
        &[
            "INSERT INTO webhooks VALUES ('h', 'u', 's', 'interview.uploaded', 'p', 't', NULL)",
            "INSERT INTO deliveries VALUES ('l', 'h', 'i', 'interview.uploaded', '{}', 't', NULL)",
        ],
        &[],
        &[],
        &["INSERT INTO calibrations VALUES ('k', 'v', 'set', 48, 'yes', 'd', '{}', '{}', 'p', 't')"],
        &[
            "INSERT INTO minute_counts VALUES ('n', 1, 1)",
            "INSERT INTO turns VALUES ('n', 1)",
            "INSERT INTO spendings VALUES ('n', 'd', 1, 1)",
            "INSERT INTO passages VALUES (1, 'i', 'e', 'r', 'q', 1, 0, 0, 1, NULL, 'x', 'm', CAST('x' AS BLOB))",
            "INSERT INTO passage_removals VALUES (1, 'i', '')",
            "INSERT INTO index_cursors VALUES ('n', 1, NULL, NULL)",
        ],
    ];

    /// While a fleet is upgraded, processes of the version before work on the schema of the next one.
    #[test]
    fn steps_add_and_take_nothing_away_so_that_the_version_before_works_on() {
        for (number, name, text) in MIGRATIONS.iter().skip(1) {
            let bare: Vec<&str> = text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
            let bare = bare.join(" ");
            for statement in bare.split(';').map(|one| one.split_whitespace().collect::<Vec<_>>().join(" ")) {
                let adds =
                    ["CREATE TABLE ", "CREATE INDEX ", "INSERT INTO "].iter().any(|start| statement.starts_with(start));
                let widens = statement.starts_with("ALTER TABLE ")
                    && statement.contains(" ADD COLUMN ")
                    && (!statement.contains("NOT NULL") || statement.contains("DEFAULT"));
                assert!(statement.is_empty() || adds || widens, "{number} {name}: {statement}");
            }
        }
    }

    #[tokio::test]
    async fn every_migration_leaves_the_rows_that_it_meets() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("old.db").display());
        let mut all = vec![url];
        all.extend(std::env::var("EARMARK_TEST_POSTGRES_EMPTY").ok());
        for url in all {
            let store = Store::connect(&url, edge()).await.expect("connects");
            let mut tables = Vec::new();
            for (done, rows) in ROWS.iter().enumerate() {
                migrations(store.kind, done + 1).run(&store.pool).await.expect("migrates");
                for row in *rows {
                    let row =
                        if store.kind == Kind::Postgres { row.replace(" BLOB", " BYTEA") } else { (*row).to_owned() };
                    tables.push(row.split(' ').nth(2).expect("a table").to_owned());
                    sqlx::query(AssertSqlSafe(row)).execute(&store.pool).await.expect("a row");
                }
            }
            migrator(store.kind).run(&store.pool).await.expect("nothing is left to do");
            for table in tables {
                let text = format!("SELECT COUNT(*) AS n FROM {table}");
                let row = sqlx::query(AssertSqlSafe(text)).fetch_one(&store.pool).await.expect("there");
                assert_eq!(get::<i64>(&row, "n").expect("a number"), 1, "{table}");
            }
            let evaluation = store.evaluation("e").await.expect("what an older version wrote is read");
            assert_eq!((evaluation.judge, evaluation.calibration), (None, None));
            assert_eq!(store.scrubs_due().await.expect("a number"), 0);
            store.close().await;
        }
    }
}
