//! What a run may spend, in tokens and in money. What a request can cost at most is set aside before it is sent, so a
//! budget is never overdrawn, however many are under way.

use super::{JudgeError, Usage};
use std::sync::{Mutex, PoisonError};

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

pub(super) struct Budget {
    settings: BudgetSettings,
    spent: Mutex<(u64, f64)>,
}

/// What was set aside for one request.
#[derive(Clone, Copy)]
pub(super) struct SetAside {
    tokens: u64,
    money: f64,
}

impl Budget {
    pub(super) fn new(settings: BudgetSettings) -> Self {
        Self { settings, spent: Mutex::default() }
    }

    fn cost(&self, usage: Usage) -> SetAside {
        let money = self.settings.price.map_or(0.0, |price| price.of(usage.prompt_tokens, usage.completion_tokens));
        SetAside { tokens: usage.prompt_tokens + usage.completion_tokens, money }
    }

    /// Sets aside what a request costs when its reply is as long as it may be.
    pub(super) fn set_aside(&self, most: Usage) -> Result<SetAside, JudgeError> {
        let cost = self.cost(most);
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, money) = (spent.0 + cost.tokens, spent.1 + cost.money);
        if self.settings.tokens.is_some_and(|most| tokens > most)
            || self.settings.money.is_some_and(|most| money > most)
        {
            return Err(JudgeError::Budget);
        }
        *spent = (tokens, money);
        Ok(cost)
    }

    /// Takes back what was set aside and books what it came to.
    pub(super) fn settle(&self, aside: SetAside, used: Usage) {
        let cost = self.cost(used);
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        *spent = ((spent.0 - aside.tokens) + cost.tokens, (spent.1 - aside.money).max(0.0) + cost.money);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(prompt_tokens: u64, completion_tokens: u64) -> Usage {
        Usage { prompt_tokens, completion_tokens }
    }

    #[test]
    fn what_is_set_aside_and_not_used_can_be_spent_again() {
        let budget = Budget::new(BudgetSettings { tokens: Some(1_000), ..BudgetSettings::default() });
        let first = budget.set_aside(usage(400, 400)).expect("there is enough");
        assert!(budget.set_aside(usage(200, 100)).is_err());
        budget.settle(first, usage(400, 50));
        assert!(budget.set_aside(usage(450, 100)).is_ok());
        assert!(budget.set_aside(usage(1, 0)).is_err());
    }

    #[test]
    fn money_is_counted_by_the_price_of_a_million_tokens() {
        let price = Some(Price { input: 2.0, output: 8.0 });
        let budget = Budget::new(BudgetSettings { money: Some(0.01), price, ..BudgetSettings::default() });
        assert!(budget.set_aside(usage(1_000, 1_000)).is_ok(), "exactly one cent");
        assert!(budget.set_aside(usage(1, 0)).is_err());
    }
}
