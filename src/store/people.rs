//! People, and what they sign in with. Secrets are stored as their digest: a session or token is 256 random bits, so a
//! plain SHA-256 of it gives nothing away; a password is an argon2id hash, which this file only carries.

use super::audit::Event;
use super::{Moment, Result, Store, StoreError, Tx, get, words};
use crate::domain::Digest;
use serde::Serialize;
use serde_json::json;
use sqlx::any::AnyRow;
use utoipa::ToSchema;

words! {
    /// What a person may do.
    PersonRole {
        /// Everything.
        Administrator = "administrator",
        /// Writes rubrics.
        Author = "author",
        /// Uploads interviews, and reviews those assigned to them.
        Interviewer = "interviewer",
        /// Reads panels, assigns interviewers.
        Manager = "manager",
        /// Reads the audit log.
        Auditor = "auditor",
    }
}

words! {
    /// What an API token may be used for.
    Scope {
        /// Reading.
        Read = "read",
        /// Changing interviews, rubrics and reviews.
        Write = "write",
        /// People and tokens.
        People = "people",
        /// The audit log.
        Audit = "audit",
    }
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Person {
    /// Their id.
    pub id: String,
    /// Their e-mail address, in lower case.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: PersonRole,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Until when signing in is blocked after too many failures.
    pub locked_until: Option<String>,
    /// Counts changes; the `ETag`.
    pub version: i64,
    /// When they were added.
    pub created_at: String,
}

impl Person {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: get(row, "id")?,
            email: get(row, "email")?,
            name: get(row, "name")?,
            role: PersonRole::read(row, "role")?,
            is_active: get::<i64>(row, "is_active")? != 0,
            locked_until: get(row, "locked_until")?,
            version: get(row, "version")?,
            created_at: get(row, "created_at")?,
        })
    }
}

/// A person who is added.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Their e-mail address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: PersonRole,
    /// The argon2id hash of their password; `None` for those who cannot sign in with one.
    pub password: Option<String>,
}

/// What signing in needs to know.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// Who wants in.
    pub person: Person,
    /// The hash of their password.
    pub password: Option<String>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// What the browser says it is.
    pub agent: String,
    /// When it began.
    pub created_at: String,
    /// When it was last used, to five minutes.
    pub seen_at: String,
    /// When it ends.
    pub expires_at: String,
}

/// A personal API token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApiToken {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: String,
    /// When it ends.
    pub expires_at: String,
}

/// Who holds a session or token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The person.
    pub person: Person,
    /// The id of the session or token.
    pub id: String,
    /// What it may be used for; `None` for a session, which may do all that the person may.
    pub scopes: Option<Vec<Scope>>,
}

/// Failures after which signing in is blocked.
const FAILURES: i64 = 8;
/// For how long, in milliseconds.
const LOCKOUT: i64 = 15 * 60_000;
/// How exact the last use of a session is kept, in milliseconds.
const SEEN: i64 = 5 * 60_000;

fn digest(secret: &str) -> String {
    Digest::of(secret.as_bytes()).as_str().to_owned()
}

fn scopes(text: &str) -> Vec<Scope> {
    Scope::ALL.iter().copied().filter(|scope| text.split(' ').any(|word| word == scope.word())).collect()
}

impl Store {
    /// Whether nobody is there yet.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn is_new(&self) -> Result<bool> {
        Ok(sqlx::query("SELECT id FROM people LIMIT 1").fetch_optional(&self.pool).await?.is_none())
    }

    /// Makes `secret` the one set-up link; links made before it are of no more use.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn offer_setup(&self, secret: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM setup_links WHERE used_at IS NULL").execute(&mut *tx.inner).await?;
        sqlx::query("INSERT INTO setup_links (digest, created_at) VALUES ($1, $2)")
            .bind(digest(secret))
            .bind(tx.at.as_str())
            .execute(&mut *tx.inner)
            .await?;
        tx.commit().await
    }

    /// Adds the first person in exchange for the set-up link's secret, which is of no more use then.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the secret is not the one, or was used.
    pub async fn set_up(&self, secret: &str, new: &NewPerson) -> Result<Person> {
        let mut tx = self.begin().await?;
        let used = sqlx::query("UPDATE setup_links SET used_at = $1 WHERE digest = $2 AND used_at IS NULL")
            .bind(tx.at.as_str())
            .bind(digest(secret))
            .execute(&mut *tx.inner)
            .await?;
        if used.rows_affected() == 0 {
            return Err(StoreError::Missing("set-up link"));
        }
        let id = tx.add_person("set-up link", new).await?;
        tx.commit().await?;
        self.person(&id).await
    }

    /// Adds a person.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the address is taken.
    pub async fn add_person(&self, actor: &str, new: &NewPerson) -> Result<Person> {
        let mut tx = self.begin().await?;
        let id = tx.add_person(actor, new).await?;
        tx.commit().await?;
        self.person(&id).await
    }

    /// One person.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn person(&self, id: &str) -> Result<Person> {
        let query = sqlx::query("SELECT * FROM people WHERE id = $1").bind(id);
        Person::read(&query.fetch_optional(&self.pool).await?.ok_or(StoreError::Missing("person"))?)
    }

    /// Everybody, by the time they were added.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn people(&self) -> Result<Vec<Person>> {
        sqlx::query("SELECT * FROM people ORDER BY id").fetch_all(&self.pool).await?.iter().map(Person::read).collect()
    }

    /// Changes a person; `None` leaves what it is. Whoever may no longer sign in, or gets a new password, is signed out.
    /// An account that is opened again is tied to no identity elsewhere.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Changed`], [`StoreError::Refused`] for the last administrator.
    pub async fn set_person(
        &self,
        actor: &str,
        id: &str,
        expected: Option<i64>,
        role: Option<PersonRole>,
        is_active: Option<bool>,
        password: Option<&str>,
    ) -> Result<Person> {
        let known = self.person(id).await?;
        let mut tx = self.begin().await?;
        let changed = sqlx::query(
            "UPDATE people SET version = version + 1, role = $1, is_active = $2, password = COALESCE($3, password), \
             oidc_subject = CASE WHEN is_active = 0 AND $2 = 1 THEN NULL ELSE oidc_subject END, \
             locked_until = NULL, failed_signins = 0 WHERE id = $4 AND version = $5",
        )
        .bind(role.unwrap_or(known.role).word())
        .bind(i64::from(is_active.unwrap_or(known.is_active)))
        .bind(password)
        .bind(id)
        .bind(expected.unwrap_or(known.version))
        .execute(&mut *tx.inner)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::Changed);
        }
        let left = sqlx::query("SELECT COUNT(*) AS n FROM people WHERE role = 'administrator' AND is_active = 1")
            .fetch_one(&mut *tx.inner)
            .await?;
        if get::<i64>(&left, "n")? == 0 {
            return Err(StoreError::Refused("this is the last administrator: name another one first".into()));
        }
        if is_active == Some(false) || password.is_some() {
            tx.revoke_all(id).await?;
        }
        let facts = json!({"role": role, "is_active": is_active, "password": password.is_some()});
        tx.record(Event { actor, action: "person.changed", interview: None, subject: id, facts, payload: None })
            .await?;
        tx.commit().await?;
        self.person(id).await
    }

    /// What signing in with `email` needs; `None` when nobody has that address.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sign_in(&self, email: &str) -> Result<Option<SignIn>> {
        let query = sqlx::query("SELECT * FROM people WHERE email = $1").bind(email.trim().to_lowercase());
        let row = query.fetch_optional(&self.pool).await?;
        row.map(|row| Ok(SignIn { person: Person::read(&row)?, password: get(&row, "password")? })).transpose()
    }

    /// The person tied to what an identity provider calls `subject`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn person_elsewhere(&self, issuer: &str, subject: &str) -> Result<Option<Person>> {
        let query = sqlx::query("SELECT * FROM people WHERE oidc_issuer = $1 AND oidc_subject = $2");
        let row = query.bind(issuer).bind(subject).fetch_optional(&self.pool).await?;
        row.as_ref().map(Person::read).transpose()
    }

    /// Ties a person to what an identity provider calls them. Who is tied to another provider is tied to this one instead.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for an account that this provider calls something else.
    pub async fn tie_person(&self, person: &str, issuer: &str, subject: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let tied = sqlx::query(
            "UPDATE people SET oidc_issuer = $1, oidc_subject = $2 \
             WHERE id = $3 AND (oidc_subject IS NULL OR oidc_issuer <> $1)",
        );
        let tied = tied.bind(issuer).bind(subject).bind(person).execute(&mut *tx.inner).await?;
        if tied.rows_affected() == 0 {
            return Err(StoreError::Refused("this account is tied to another identity of this provider".into()));
        }
        let facts = json!({"issuer": issuer});
        let event =
            Event { actor: person, action: "person.tied", interview: None, subject: person, facts, payload: None };
        tx.record(event).await?;
        tx.commit().await
    }

    /// Counts a failed attempt to sign in; the eighth in a row blocks the account for a quarter of an hour.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn refuse_signin(&self, person: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let until = tx.at.after(LOCKOUT);
        sqlx::query(
            "UPDATE people SET locked_until = CASE WHEN failed_signins + 1 >= $1 THEN $2 ELSE locked_until END, \
             failed_signins = CASE WHEN failed_signins + 1 >= $1 THEN 0 ELSE failed_signins + 1 END WHERE id = $3",
        )
        .bind(FAILURES)
        .bind(until.as_str())
        .bind(person)
        .execute(&mut *tx.inner)
        .await?;
        let facts = json!({});
        let event =
            Event { actor: person, action: "signin.refused", interview: None, subject: person, facts, payload: None };
        tx.record(event).await?;
        tx.commit().await
    }

    /// Begins a session of `lasting` milliseconds for the holder of `secret`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn begin_session(&self, person: &str, secret: &str, agent: &str, lasting: i64) -> Result<()> {
        let mut tx = self.begin().await?;
        let id = tx.edge.id();
        sqlx::query(
            "INSERT INTO sessions (id, person_id, digest, agent, created_at, seen_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $5, $6)",
        )
        .bind(&id)
        .bind(person)
        .bind(digest(secret))
        .bind(agent)
        .bind(tx.at.as_str())
        .bind(tx.at.after(lasting).as_str())
        .execute(&mut *tx.inner)
        .await?;
        sqlx::query("UPDATE people SET failed_signins = 0, locked_until = NULL WHERE id = $1")
            .bind(person)
            .execute(&mut *tx.inner)
            .await?;
        let facts = json!({"session": id});
        let event =
            Event { actor: person, action: "signin.accepted", interview: None, subject: &id, facts, payload: None };
        tx.record(event).await?;
        tx.commit().await
    }

    /// Who holds this session, if it holds.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn session(&self, secret: &str) -> Result<Option<Holder>> {
        let now = self.edge.now();
        let row = sqlx::query(
            "SELECT people.*, sessions.id AS held, sessions.seen_at AS seen_at FROM sessions JOIN people \
             ON people.id = sessions.person_id WHERE sessions.digest = $1 AND sessions.expires_at > $2 \
             AND sessions.revoked_at IS NULL AND people.is_active = 1",
        )
        .bind(digest(secret))
        .bind(now.as_str())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let holder = Holder { person: Person::read(&row)?, id: get(&row, "held")?, scopes: None };
        let seen = Moment::read(&get::<String>(&row, "seen_at")?);
        if seen.is_none_or(|seen| seen.after(SEEN) < now) {
            let mut tx = self.begin().await?;
            sqlx::query("UPDATE sessions SET seen_at = $1 WHERE id = $2")
                .bind(now.as_str())
                .bind(&holder.id)
                .execute(&mut *tx.inner)
                .await?;
            tx.inner.commit().await?;
        }
        Ok(Some(holder))
    }

    /// The sessions of a person that hold.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sessions(&self, person: &str) -> Result<Vec<Session>> {
        let rows = sqlx::query(
            "SELECT * FROM sessions WHERE person_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY id",
        )
        .bind(person)
        .bind(self.edge.now().as_str())
        .fetch_all(&self.pool)
        .await?;
        let one = |row: &AnyRow| {
            Ok(Session {
                id: get(row, "id")?,
                agent: get(row, "agent")?,
                created_at: get(row, "created_at")?,
                seen_at: get(row, "seen_at")?,
                expires_at: get(row, "expires_at")?,
            })
        };
        rows.iter().map(one).collect()
    }

    /// Ends a session of a person.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn end_session(&self, person: &str, id: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let ended =
            sqlx::query("UPDATE sessions SET revoked_at = $1 WHERE id = $2 AND person_id = $3 AND revoked_at IS NULL")
                .bind(tx.at.as_str())
                .bind(id)
                .bind(person)
                .execute(&mut *tx.inner)
                .await?;
        if ended.rows_affected() == 0 {
            return Err(StoreError::Missing("session"));
        }
        let (actor, facts) = (person, json!({}));
        tx.record(Event { actor, action: "session.ended", interview: None, subject: id, facts, payload: None }).await?;
        tx.commit().await
    }

    /// Makes a token for the holder of `secret`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn add_token(
        &self,
        person: &str,
        secret: &str,
        name: &str,
        wanted: &[Scope],
        expires: &Moment,
    ) -> Result<ApiToken> {
        let mut tx = self.begin().await?;
        let words: Vec<&str> = wanted.iter().map(|scope| scope.word()).collect();
        let token = ApiToken {
            id: tx.edge.id(),
            name: name.to_owned(),
            scopes: scopes(&words.join(" ")),
            created_at: tx.at.as_str().to_owned(),
            expires_at: expires.as_str().to_owned(),
        };
        sqlx::query(
            "INSERT INTO api_tokens (id, person_id, name, digest, scopes, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&token.id)
        .bind(person)
        .bind(name)
        .bind(digest(secret))
        .bind(words.join(" "))
        .bind(&token.created_at)
        .bind(&token.expires_at)
        .execute(&mut *tx.inner)
        .await?;
        let facts = json!({"scopes": wanted, "expires_at": token.expires_at});
        let subject = token.id.as_str();
        tx.record(Event { actor: person, action: "token.made", interview: None, subject, facts, payload: None })
            .await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Who holds this token, if it holds.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn token(&self, secret: &str) -> Result<Option<Holder>> {
        let row = sqlx::query(
            "SELECT people.*, api_tokens.id AS held, api_tokens.scopes AS scopes FROM api_tokens JOIN people \
             ON people.id = api_tokens.person_id WHERE api_tokens.digest = $1 AND api_tokens.expires_at > $2 \
             AND api_tokens.revoked_at IS NULL AND people.is_active = 1",
        )
        .bind(digest(secret))
        .bind(self.edge.now().as_str())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let allowed = scopes(&get::<String>(&row, "scopes")?);
        Ok(Some(Holder { person: Person::read(&row)?, id: get(&row, "held")?, scopes: Some(allowed) }))
    }

    /// The tokens of a person that hold.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn tokens(&self, person: &str) -> Result<Vec<ApiToken>> {
        let rows = sqlx::query(
            "SELECT * FROM api_tokens WHERE person_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY id",
        )
        .bind(person)
        .bind(self.edge.now().as_str())
        .fetch_all(&self.pool)
        .await?;
        let one = |row: &AnyRow| {
            Ok(ApiToken {
                id: get(row, "id")?,
                name: get(row, "name")?,
                scopes: scopes(&get::<String>(row, "scopes")?),
                created_at: get(row, "created_at")?,
                expires_at: get(row, "expires_at")?,
            })
        };
        rows.iter().map(one).collect()
    }

    /// Ends a token of a person.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn end_token(&self, person: &str, id: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let ended = sqlx::query(
            "UPDATE api_tokens SET revoked_at = $1 WHERE id = $2 AND person_id = $3 AND revoked_at IS NULL",
        )
        .bind(tx.at.as_str())
        .bind(id)
        .bind(person)
        .execute(&mut *tx.inner)
        .await?;
        if ended.rows_affected() == 0 {
            return Err(StoreError::Missing("token"));
        }
        let (actor, facts) = (person, json!({}));
        tx.record(Event { actor, action: "token.ended", interview: None, subject: id, facts, payload: None }).await?;
        tx.commit().await
    }
}

impl Tx {
    async fn add_person(&mut self, actor: &str, new: &NewPerson) -> Result<String> {
        let id = self.edge.id();
        let added = sqlx::query(
            "INSERT INTO people (id, email, name, role, password, is_active, failed_signins, version, created_at) \
             VALUES ($1, $2, $3, $4, $5, 1, 0, 1, $6) ON CONFLICT (email) DO NOTHING",
        )
        .bind(&id)
        .bind(new.email.trim().to_lowercase())
        .bind(&new.name)
        .bind(new.role.word())
        .bind(&new.password)
        .bind(self.at.as_str())
        .execute(&mut *self.inner)
        .await?;
        if added.rows_affected() == 0 {
            return Err(StoreError::Refused("somebody with this e-mail address is there already".into()));
        }
        let facts = json!({"role": new.role});
        let event = Event { actor, action: "person.added", interview: None, subject: &id, facts, payload: None };
        self.record(event).await?;
        Ok(id)
    }

    async fn revoke_all(&mut self, person: &str) -> Result<()> {
        for text in [
            "UPDATE sessions SET revoked_at = $1 WHERE person_id = $2 AND revoked_at IS NULL",
            "UPDATE api_tokens SET revoked_at = $1 WHERE person_id = $2 AND revoked_at IS NULL",
        ] {
            sqlx::query(text).bind(self.at.as_str()).bind(person).execute(&mut *self.inner).await?;
        }
        Ok(())
    }
}
