//! What a run may spend, in tokens and in money. What a request can cost at most is set aside before it is sent, so a
//! budget is never overdrawn, however many are under way.

use super::{JudgeError, Usage};
use crate::endpoint::Shared;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// Prices of a model for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// Of what is sent.
    pub input: f64,
    /// Of what is written.
    pub output: f64,
}

impl Price {
    /// What so many tokens cost.
    #[must_use]
    pub fn of(&self, prompt_tokens: u64, reply_tokens: u64) -> f64 {
        (prompt_tokens as f64 * self.input + reply_tokens as f64 * self.output) / 1e6
    }
}

/// What one run may spend.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BudgetSettings {
    /// Tokens, sent and written together.
    pub tokens: Option<u64>,
    /// Money, in the currency of the prices.
    pub money: Option<f64>,
    /// What the model costs.
    pub price: Option<Price>,
}

/// An amount of tokens and of millionths of money, of a budget that several processes share; what comes back is negative.
/// The answer is whether it was there.
pub type Purse = Shared<(i64, i64), bool>;

pub(super) struct Budget {
    settings: BudgetSettings,
    purse: Option<Purse>,
    spent: Mutex<Spent>,
    settled: Notify,
}

/// What is spent or set aside, and for how many requests it is only set aside.
#[derive(Default)]
struct Spent {
    tokens: u64,
    money: f64,
    open: usize,
}

/// What was set aside for one request.
#[derive(Clone, Copy)]
pub(super) struct SetAside {
    tokens: u64,
    money: f64,
}

impl Budget {
    pub(super) fn new(settings: BudgetSettings, purse: Option<Purse>) -> Self {
        Self { settings, purse, spent: Mutex::default(), settled: Notify::new() }
    }

    fn cost(&self, usage: Usage) -> SetAside {
        let money = self.settings.price.map_or(0.0, |price| price.of(usage.prompt_tokens, usage.completion_tokens));
        SetAside { tokens: usage.prompt_tokens + usage.completion_tokens, money }
    }

    /// Sets aside what a request costs when its reply is as long as it may be. Where that is too much only because of
    /// what is set aside for others, it waits for what they come to.
    pub(super) async fn set_aside(&self, most: Usage) -> Result<SetAside, JudgeError> {
        let cost = self.cost(most);
        if let Some(purse) = &self.purse {
            let there = purse.ask((cost.tokens as i64, millionths(cost.money))).await;
            return if there { Ok(cost) } else { Err(JudgeError::Budget) };
        }
        loop {
            let settled = self.settled.notified();
            {
                let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
                let (tokens, money) = (spent.tokens + cost.tokens, spent.money + cost.money);
                let too_many = self.settings.tokens.is_some_and(|most| tokens > most);
                // Prices are decimal fractions: a sum may be off in the last bit.
                let too_much = self.settings.money.is_some_and(|most| money > most + 1e-12);
                if !too_many && !too_much {
                    *spent = Spent { tokens, money, open: spent.open + 1 };
                    return Ok(cost);
                }
                if spent.open == 0 {
                    return Err(JudgeError::Budget);
                }
            }
            settled.await;
        }
    }

    /// Takes back what was set aside and books what it came to.
    pub(super) async fn settle(&self, aside: SetAside, used: Usage) {
        let cost = self.cost(used);
        if let Some(purse) = &self.purse {
            let back = (cost.tokens as i64 - aside.tokens as i64, millionths(cost.money) - millionths(aside.money));
            purse.ask(back).await;
            return;
        }
        {
            let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
            spent.tokens = (spent.tokens - aside.tokens) + cost.tokens;
            spent.money = (spent.money - aside.money).max(0.0) + cost.money;
            spent.open -= 1;
        }
        self.settled.notify_waiters();
    }
}

/// Rounded up, so that many small amounts do not come to nothing.
fn millionths(money: f64) -> i64 {
    (money * 1e6).ceil() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(prompt_tokens: u64, completion_tokens: u64) -> Usage {
        Usage { prompt_tokens, completion_tokens }
    }

    #[tokio::test]
    async fn what_is_set_aside_and_not_used_can_be_spent_again() {
        let budget = Budget::new(BudgetSettings { tokens: Some(1_000), ..BudgetSettings::default() }, None);
        let first = budget.set_aside(usage(400, 400)).await.expect("there is enough");
        let (second, ()) = tokio::join!(budget.set_aside(usage(450, 100)), budget.settle(first, usage(400, 50)));
        budget.settle(second.expect("there is enough once the first has come to less"), usage(450, 100)).await;
        assert!(budget.set_aside(usage(1, 0)).await.is_err(), "nobody will give anything back");
    }

    #[tokio::test]
    async fn money_is_counted_by_the_price_of_a_million_tokens() {
        let price = Some(Price { input: 2.0, output: 8.0 });
        let budget = Budget::new(BudgetSettings { money: Some(0.01), price, ..BudgetSettings::default() }, None);
        let all = budget.set_aside(usage(1_000, 1_000)).await.expect("exactly one cent");
        budget.settle(all, usage(1_000, 1_000)).await;
        assert!(budget.set_aside(usage(1, 0)).await.is_err());
    }
}
