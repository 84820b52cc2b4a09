//! Reads the table of what models cost.

use super::lines::Lines;
use super::{LibraryError, bytes_of, decode};
use crate::domain::{Fault, Faults};
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

static SHIPPED: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/prices.toml"));

/// What models cost for a million tokens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prices {
    /// Of all prices.
    pub currency: String,
    models: Vec<(String, f64, f64)>,
}

impl Prices {
    /// The table that ships with Earmark.
    #[must_use]
    pub fn shipped() -> Self {
        // A test reads it.
        parse("prices.toml", SHIPPED).unwrap_or_default()
    }

    /// Reads a table from a file.
    ///
    /// # Errors
    /// As [`super::load`].
    pub fn load(path: &Path) -> Result<Self, LibraryError> {
        let name = path.display().to_string();
        let bytes = bytes_of(path).map_err(|source| LibraryError::Unreadable { path: path.to_owned(), source })?;
        let bytes = bytes.ok_or_else(|| {
            Faults::one(name.as_str(), Fault::whole("this is not a file", "name a file such as `prices.toml`"))
        })?;
        let text = decode(&bytes).map_err(|fault| Faults::one(name.as_str(), fault))?;
        Ok(parse(&name, text)?)
    }

    /// What `model` costs to read and to write: the entry of its name, or of the longest name that it begins with.
    #[must_use]
    pub fn of(&self, model: &str) -> Option<(f64, f64)> {
        let fits = self.models.iter().filter(|(name, ..)| model.starts_with(name.as_str()));
        fits.max_by_key(|(name, ..)| name.len()).map(|(_, input, output)| (*input, *output))
    }
}

fn parse(name: &str, text: &str) -> Result<Prices, Faults> {
    let lines = Lines::of(text);
    let mut faults = Vec::new();
    let mut prices = Prices::default();
    let (tree, broken) = DeTable::parse_recoverable(text);
    for error in broken {
        let line = error.span().map(|span| lines.at(span.start));
        faults.push(Fault {
            line,
            what: error.message().to_owned(),
            hint: "write it as in the shipped prices.toml".into(),
        });
    }
    for (key, value) in tree.get_ref() {
        let line = lines.at(key.span().start);
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("currency", DeValue::String(currency)) => prices.currency = currency.to_string(),
            ("models", DeValue::Array(models)) => {
                for model in models {
                    let line = lines.at(model.span().start);
                    match one(model) {
                        Ok(model) => prices.models.push(model),
                        Err(what) => {
                            faults.push(Fault::at(line, what, "each of [[models]] has name, input and output"));
                        }
                    }
                }
            }
            (other, _) => {
                let what = format!("`{other}` is not known here, or not of the right kind");
                faults.push(Fault::at(line, what, "the keys are `currency`, a text, and `[[models]]`"));
            }
        }
    }
    match Faults::new(name, faults) {
        Some(faults) => Err(faults),
        None => Ok(prices),
    }
}

fn one(model: &Spanned<DeValue<'_>>) -> Result<(String, f64, f64), String> {
    let DeValue::Table(table) = model.get_ref() else { return Err("this is no table".into()) };
    if let Some(unknown) = table.keys().find(|key| !["name", "input", "output"].contains(&key.get_ref().as_ref())) {
        return Err(format!("`{}` is not known here", unknown.get_ref()));
    }
    let price = |key: &str| {
        let number = match table.get(key).map(Spanned::get_ref) {
            Some(DeValue::Float(number)) => number.as_str().parse::<f64>().ok(),
            Some(DeValue::Integer(number)) => number.as_str().parse().ok(),
            _ => None,
        };
        number.filter(|n| n.is_finite() && *n >= 0.0).ok_or_else(|| format!("`{key}` is no price"))
    };
    match table.get("name").map(Spanned::get_ref) {
        Some(DeValue::String(name)) if !name.trim().is_empty() => {
            Ok((name.to_string(), price("input")?, price("output")?))
        }
        _ => Err("`name` is no name".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_is_good_and_the_longest_name_counts() {
        let prices = parse("prices.toml", SHIPPED).expect("is good");
        assert_eq!(prices.currency, "USD");
        assert_eq!(prices.of("gpt-4.1-mini-2025-04-14"), prices.of("gpt-4.1-mini"));
        assert_ne!(prices.of("gpt-4.1-mini"), prices.of("gpt-4.1"));
        assert_eq!(prices.of("qwen2.5"), None);
    }

    #[test]
    fn every_fault_of_a_table_is_said_with_its_line() {
        let text = "currency = 5\n[[models]]\nname = \"a\"\ninput = -1\noutput = 2\n[[models]]\nname = \"b\"\nin = 1\n";
        let faults = parse("p.toml", text).expect_err("is faulty");
        assert_eq!(faults.all().len(), 3, "{faults}");
    }
}
