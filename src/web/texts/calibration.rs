//! What a calibration found, in the language of the pages. A stored report is English throughout; its sentences are made
//! anew here from its figures.

use super::Texts;
use crate::calibration::{Agreement, Line, Number, Outcome, Ready, Report};
use crate::web::calibration::plots::{self, Legend};
use crate::web::calibration::say;

impl Texts {
    /// Whether to switch the rubric on, in a sentence.
    pub fn switch_on(&self, report: &Report) -> String {
        if !self.is_german() {
            return report.verdict.words.clone();
        }
        let failing = report.lines.iter().filter(|line| line.outcome == Outcome::Fails).count();
        match report.verdict.ready {
            Ready::Yes => "Es kann eingeschaltet werden: Alle Vorgaben sind erfüllt.".into(),
            Ready::No if failing == 1 => "Nicht einschalten: Eine Vorgabe ist verfehlt.".into(),
            Ready::No => "Nicht einschalten: Mehrere Vorgaben sind verfehlt.".into(),
            Ready::CannotSay => {
                "Noch nicht zu sagen: So viele Antworten entscheiden nicht über jede Vorgabe, und keine ist verfehlt."
                    .into()
            }
        }
    }

    /// How many answers would get a suggestion.
    pub fn held_back(&self, report: &Report) -> String {
        let of = |agreement: &Agreement| agreement.exact.answers();
        let (suggested, answers) = (of(&report.as_suggested), of(&report.answers_unseen));
        let share = suggested as f64 / answers.max(1) as f64 * 100.0;
        if self.is_german() {
            format!(
                "Zu {suggested} von {answers} Antworten ({share:.0} %) gäbe es einen Vorschlag; die übrigen sind nicht zu belegen, zu kurz oder zu unsicher."
            )
        } else {
            format!(
                "{suggested} of {answers} answers ({share:.0} %) would get a suggestion; the others have nothing to quote, too few words or too unsure a score."
            )
        }
    }

    /// What a pass line asks for.
    pub fn pass_line(&self, line: &Line) -> String {
        let german = match line.name.as_str() {
            "Agreement with people (weighted kappa)" => "Übereinstimmung mit Menschen (gewichtetes Kappa)",
            "Kappa below people\u{2019}s own (degradation)" => "Kappa unter dem der Menschen (Degradation)",
            "Shift against people (standardised mean difference)" => {
                "Verschiebung gegen Menschen (standardisierte Mittelwertdifferenz)"
            }
            other => match other.strip_prefix("Shift for ") {
                Some(group) if self.is_german() => return format!("Verschiebung bei {group}"),
                _ => other,
            },
        };
        if self.is_german() { german.to_owned() } else { line.name.clone() }
    }

    /// Its limit.
    pub fn limit_of(&self, line: &Line) -> String {
        if !self.is_german() {
            return line.limit.clone();
        }
        [("at least ", "mindestens "), ("at most ", "höchstens "), ("within ", "innerhalb ")]
            .iter()
            .find_map(|(english, german)| Some(self.pointed(format!("{german}{}", line.limit.strip_prefix(english)?))))
            .unwrap_or_else(|| line.limit.clone())
    }

    pub fn outcome_of(&self, outcome: Outcome) -> &'static str {
        let german = match outcome {
            Outcome::Passes => "erfüllt",
            Outcome::Fails => "verfehlt",
            Outcome::TooFew => "zu wenige, um es zu sagen",
        };
        self.either(outcome.words(), german)
    }

    /// A number's value.
    pub fn value(&self, number: &Number) -> String {
        self.pointed(say::value(number))
    }

    /// The interval of a number and how many answers it rests on, or why there is none.
    pub fn between(&self, number: &Number) -> String {
        if !self.is_german() {
            return say::between(number);
        }
        match number {
            Number::Known { low: Some(low), high: Some(high), n, .. } => {
                format!("{} bis {}, n {n}", self.pointed(say::two(*low)), self.pointed(say::two(*high)))
            }
            Number::Known { n, .. } => format!("ohne Intervall, n {n}"),
            Number::Undefined { undefined, n } if undefined.starts_with("too few") => format!("zu wenige, n {n}"),
            Number::Undefined { undefined, n } if undefined.ends_with("scores from two raters") => {
                format!("keine von zweien gewertet, n {n}")
            }
            Number::Undefined { n, .. } => format!("nicht zu bestimmen, n {n}"),
        }
    }

    /// The words of the plots.
    pub fn legends(&self, scale: [i32; 2]) -> [Legend; 3] {
        if !self.is_german() {
            return plots::legends(scale);
        }
        let reliability = Legend {
            name: "Zuverlässigkeitskurve",
            caption: "Wie oft die vorgeschlagene Wertung stimmt, je nachdem, wie sicher das Profil sich nennt. Auf der \
                      gestrichelten Linie hält es Wort; darunter ist es zu sicher.",
            across: "wie sicher es sich nennt",
            up: "wie oft es stimmt",
        };
        let coverage = Legend {
            name: "Fehler nach Abdeckung",
            caption: if plots::is_wide(scale) {
                "Der Anteil der Vorschläge, die um mehr als eine Stufe abweichen, wenn nur die sichersten gemacht werden. \
                 Steigt die Kurve nach rechts, weiß das Profil, wann es nichts weiß."
            } else {
                "Der Anteil der falschen Vorschläge, wenn nur die sichersten gemacht werden. Steigt die Kurve nach rechts, \
                 weiß das Profil, wann es nichts weiß."
            },
            across: "Anteil der Antworten mit Vorschlag",
            up: if plots::is_wide(scale) { "mehr als eine Stufe daneben" } else { "falsch" },
        };
        let distributions = Legend {
            name: "Verteilung der Wertungen",
            caption: "Wie oft jede Wertung vergeben wird: links in jedem Paar von Menschen, rechts als Vorschlag.",
            across: "Wertung",
            up: "Antworten",
        };
        [reliability, coverage, distributions]
    }

    /// A figure that two calibrations are compared by.
    pub fn figure(&self, english: &'static str) -> &'static str {
        let german = match english {
            "quadratic weighted kappa" => "quadratisch gewichtetes Kappa",
            "exact agreement" => "gleiche Wertung",
            "Pearson correlation" => "Korrelation nach Pearson",
            "root mean squared error" => "Wurzel des mittleren quadratischen Fehlers",
            other => other,
        };
        self.either(english, german)
    }

    /// What comparing them came to.
    pub fn better(&self, english: &'static str) -> &'static str {
        let german = match english {
            "A is better" => "A ist besser",
            "B is better" => "B ist besser",
            "no difference can be told" => "kein Unterschied feststellbar",
            other => other,
        };
        self.either(english, german)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::texts::{DE, EN};

    #[test]
    fn everything_that_a_report_says_is_said_in_german_too() {
        let text = include_str!("../../../examples/calibrations/backend-2-full/report.json");
        let mut report: Report = serde_json::from_str(text).expect("a report");
        assert_eq!(EN.switch_on(&report), report.verdict.words);
        for line in &report.lines {
            assert_eq!((EN.pass_line(line), EN.limit_of(line)), (line.name.clone(), line.limit.clone()));
            assert_ne!(DE.pass_line(line), line.name);
            assert_ne!(DE.limit_of(line), line.limit);
        }
        for ready in [Ready::Yes, Ready::No, Ready::CannotSay] {
            report.verdict.ready = ready;
            assert_ne!(DE.switch_on(&report), report.verdict.words);
        }
        let unpaired = crate::agreement::Undefined::OneRater.to_string();
        let few = crate::agreement::Undefined::TooFew { what: "answers", have: 1, need: 2 }.to_string();
        let known = Number::Known { value: -0.254, low: Some(-0.5), high: Some(0.0), n: 12 };
        assert_eq!((DE.value(&known).as_str(), DE.between(&known).as_str()), ("-0,25", "-0,50 bis 0,00, n 12"));
        assert_eq!(EN.value(&known), "-0.25");
        for (undefined, said) in [(unpaired, "keine von zweien gewertet, n 3"), (few, "zu wenige, n 3")] {
            assert_eq!(DE.between(&Number::Undefined { undefined, n: 3 }), said);
        }
    }
}
