//! What processes share out among themselves: attempts within a minute, turns at something that is rationed, money and
//! tokens of a day. Each is one row that one statement changes, so no two processes can count the same thing once.

use super::{Result, Store, get};

const MINUTE: i64 = 60_000;

impl Store {
    /// Counts `amount` more of `name` within the minute that runs, and gives how many that makes in all processes together.
    ///
    /// # Errors
    /// [`super::StoreError::Database`].
    pub async fn count_in_minute(&self, name: &str, amount: i64) -> Result<i64> {
        let mut tx = self.begin().await?;
        let row = sqlx::query(
            "INSERT INTO minute_counts (name, minute, amount) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET \
             amount = CASE WHEN minute_counts.minute = excluded.minute THEN minute_counts.amount ELSE 0 END + \
             excluded.amount, minute = excluded.minute RETURNING amount",
        )
        .bind(name)
        .bind(tx.at.millis() / MINUTE)
        .bind(amount)
        .fetch_one(&mut *tx.inner)
        .await?;
        tx.commit().await?;
        get(&row, "amount")
    }

    /// Forgets counts of minutes that are over: they name addresses.
    ///
    /// # Errors
    /// [`super::StoreError::Database`].
    pub async fn forget_counts(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM minute_counts WHERE minute < $1")
            .bind(tx.at.millis() / MINUTE - 1)
            .execute(&mut *tx.inner)
            .await?;
        tx.commit().await
    }

    /// Books the next free turn of `name`, which lasts for `micros` microseconds, and gives how many microseconds from now
    /// it begins. Turns follow one another, whoever books them, so that in any stretch of time no more is begun than fits
    /// into it, and one.
    ///
    /// # Errors
    /// [`super::StoreError::Database`].
    pub async fn book_turn(&self, name: &str, micros: i64) -> Result<i64> {
        let mut tx = self.begin().await?;
        let now = tx.at.millis() * 1_000;
        let row = sqlx::query(
            "INSERT INTO turns (name, free_at) VALUES ($1, $2 + $3) ON CONFLICT (name) DO UPDATE SET free_at = \
             CASE WHEN turns.free_at > $2 THEN turns.free_at ELSE $2 END + $3 RETURNING free_at",
        )
        .bind(name)
        .bind(now)
        .bind(micros)
        .fetch_one(&mut *tx.inner)
        .await?;
        tx.commit().await?;
        Ok((get::<i64>(&row, "free_at")? - micros - now).max(0))
    }

    /// Spends tokens and millionths of money of today's allowance, if that leaves both within it; says whether it did.
    /// Negative amounts give back what was set aside and not used.
    ///
    /// # Errors
    /// [`super::StoreError::Database`].
    pub async fn spend(&self, name: &str, spent: Spent, most: Spent) -> Result<bool> {
        let mut tx = self.begin().await?;
        let day = tx.at.as_str().split('T').next().unwrap_or_default().to_owned();
        sqlx::query(
            "INSERT INTO spendings (name, day, tokens, millionths) VALUES ($1, $2, 0, 0) ON CONFLICT DO NOTHING",
        )
        .bind(name)
        .bind(&day)
        .execute(&mut *tx.inner)
        .await?;
        let done = sqlx::query(
            "UPDATE spendings SET tokens = tokens + $1, millionths = millionths + $2 WHERE name = $3 AND day = $4 \
             AND (($1 <= 0 AND $2 <= 0) OR (tokens + $1 <= $5 AND millionths + $2 <= $6))",
        )
        .bind(spent.tokens)
        .bind(spent.millionths)
        .bind(name)
        .bind(&day)
        .bind(most.tokens)
        .bind(most.millionths)
        .execute(&mut *tx.inner)
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}

/// Tokens, and millionths of a unit of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// Tokens.
    pub tokens: i64,
    /// Millionths.
    pub millionths: i64,
}
