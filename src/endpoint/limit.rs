//! How much may be sent at once and within a minute.

use super::Shared;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

const MINUTE: Duration = Duration::from_mins(1);

pub(super) struct Limit {
    in_flight: Semaphore,
    requests: Option<Rate>,
    tokens: Option<Rate>,
    turns: Option<Shared<u64, ()>>,
}

impl Limit {
    /// With the limits of a minute held by somebody else.
    pub(super) fn shared(in_flight: usize, turns: Shared<u64, ()>) -> Self {
        Self { turns: Some(turns), ..Self::new(in_flight, None, None) }
    }

    pub(super) fn new(in_flight: usize, requests: Option<u64>, tokens: Option<u64>) -> Self {
        Self {
            in_flight: Semaphore::new(in_flight.min(Semaphore::MAX_PERMITS)),
            requests: requests.map(Rate::of),
            tokens: tokens.map(Rate::of),
            turns: None,
        }
    }

    /// Waits until one more request of `tokens` may be sent; it is under way for as long as the permit lives.
    pub(super) async fn admit(&self, tokens: u64) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        let permit = self.in_flight.acquire().await.ok();
        if let Some(requests) = &self.requests {
            requests.take(1).await;
        }
        if let Some(rate) = &self.tokens {
            rate.take(tokens).await;
        }
        if let Some(turns) = &self.turns {
            turns.ask(tokens).await;
        }
        permit
    }
}

/// An amount that no minute exceeds, wherever it begins.
struct Rate {
    per_minute: u64,
    taken: Mutex<VecDeque<(Instant, u64)>>,
}

impl Rate {
    fn of(per_minute: u64) -> Self {
        Self { per_minute, taken: Mutex::default() }
    }

    /// First come, first served: the lock is fair and is held while waiting. What is more than a minute may have goes
    /// alone.
    async fn take(&self, amount: u64) {
        let mut taken = self.taken.lock().await;
        loop {
            let now = Instant::now();
            while taken.front().is_some_and(|(at, _)| *at + MINUTE <= now) {
                taken.pop_front();
            }
            let sum: u64 = taken.iter().map(|(_, amount)| amount).sum();
            match taken.front() {
                Some((first, _)) if sum.saturating_add(amount) > self.per_minute => sleep_until(*first + MINUTE).await,
                _ => {
                    taken.push_back((now, amount));
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_minute_sees_more_than_its_share() {
        let limit = Limit::new(100, Some(3), None);
        let start = Instant::now();
        let mut at = Vec::new();
        for _ in 0..7 {
            drop(limit.admit(1).await);
            at.push(start.elapsed().as_secs());
        }
        assert_eq!(at, [0, 0, 0, 60, 60, 60, 120]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_larger_than_a_minutes_share_goes_alone() {
        let limit = Limit::new(100, None, Some(100));
        let start = Instant::now();
        let mut at = Vec::new();
        for tokens in [60, 60, 1_000, 10] {
            drop(limit.admit(tokens).await);
            at.push(start.elapsed().as_secs());
        }
        assert_eq!(at, [0, 60, 120, 180]);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_are_under_way_at_once() {
        let limit = Limit::new(2, None, None);
        let (first, _second) = (limit.admit(1).await, limit.admit(1).await);
        assert!(tokio::time::timeout(MINUTE, limit.admit(1)).await.is_err());
        drop(first);
        assert!(tokio::time::timeout(MINUTE, limit.admit(1)).await.is_ok());
    }
}
