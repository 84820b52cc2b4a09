//! What checks of a rubric find, in the language of the pages. Checks themselves speak English; what they quote of a rubric
//! stays in its own language.

use super::Texts;
use crate::calibration::Finding;
use crate::domain::Code;

impl Texts {
    /// What a finding of this kind is and what to do, for pages in another language than the checks'. The details follow in
    /// English.
    pub fn finding(&self, code: Code) -> Option<&'static str> {
        let german = match code {
            Code::ProtectedTrait => {
                "Fragt nach etwas, worauf niemand eine Einstellung stützen darf, oder führt darauf hin. Bitte ersetzen."
            }
            Code::VagueCriterion => {
                "Unklares Kriterium: Zwei Zuhörende würden verschieden entscheiden. Sagen Sie, was zu hören sein muss."
            }
            Code::DoubleCriterion => "Das Kriterium verlangt zwei Dinge. Teilen Sie es auf.",
            Code::UndecidableCriterion => "Das ist einer Antwort nicht anzuhören. Sagen Sie, was jemand sagen würde.",
            Code::OverlappingCriteria => {
                "Zwei Kriterien der Frage sagen dasselbe. Legen Sie sie zusammen oder sagen Sie, was sie unterscheidet."
            }
            Code::UnmetCriterion => "Keine ideale Antwort zeigt dieses Kriterium. Ändern Sie eines von beiden.",
            Code::ContradictedCriterion => {
                "Alle idealen Antworten widersprechen diesem Kriterium. Ändern Sie das eine oder das andere."
            }
            Code::WarnedIdealAnswer => "Eine ideale Antwort zeigt ein Warnzeichen. Ändern Sie eines von beiden.",
            Code::WeakIdealAnswer => {
                "Diese ideale Antwort erreicht selbst keine hohe Wertung. Lassen Sie sie zeigen, worauf Sie achten."
            }
            Code::FlatAnchors => "Die Beschreibungen der Stufen steigen nicht. Sagen Sie, was die höhere mehr zeigt.",
            Code::SimilarQuestions => "Zwei Fragen sind zu ähnlich, um sie im Gespräch auseinanderzuhalten.",
            Code::NoWeight => "Diese Kompetenzen wiegen zusammen nichts. Geben Sie ihnen ein Gewicht.",
            Code::Draft => "Ein Entwurf eines Modells, den noch niemand bestätigt hat.",
            Code::Gap => "Eine Lücke, die der Autorin oder dem Autor bekannt ist.",
            Code::HardToRead => "Die Frage ist beim Hören schwer zu verstehen. Kürzen oder teilen Sie sie.",
            Code::OneWording => "Die Frage hat nur einen Wortlaut. Ein zweiter hilft, sie im Gespräch zu finden.",
            Code::NoIdealAnswer => "Die Frage hat keine ideale Antwort. Vorschläge werden dadurch schlechter.",
            Code::FewListenFors => "Die Frage hat zu wenige Kriterien, um Antworten zu unterscheiden.",
            Code::MissingLevel => "Eine Stufe ist nicht beschrieben.",
            Code::StarParts => "STAR-Teile fehlen oder stehen, wo sie nicht hingehören.",
            Code::VersionForm => "Die Version lässt sich nicht ordnen. Schreiben Sie drei Zahlen wie 1.0.0.",
            Code::UnusedCompetency => "Zu dieser Kompetenz gehört keine Frage.",
            Code::UncheckedLanguage => "Die Wörter eines Rasters in dieser Sprache werden nicht geprüft.",
        };
        self.is_german().then_some(german)
    }

    /// What a calibration says of a rubric, and what to do.
    pub fn calibrated(&self, one: &Finding) -> [String; 2] {
        self.is_german().then(|| german(one)).flatten().unwrap_or_else(|| [one.what.clone(), one.advice.clone()])
    }
}

/// `None` for a kind that has no German, such as one of a later version.
fn german(one: &Finding) -> Option<[String; 2]> {
    let quoted: Vec<String> = one.quoted.iter().map(|text| format!("„{text}“")).collect();
    let figures: Vec<String> = one.figures.iter().map(|figure| figure.replace('.', ",")).collect();
    let first = quoted.first();
    let [what, advice] = match one.kind.as_str() {
        "never_met" => [
            format!("{} ist in keiner von {} Antworten zu finden", first?, figures.first()?),
            "so sagen, wie es jemand zeigen würde, oder aufteilen".into(),
        ],
        "always_met" => [
            format!("{} ist in allen {} Antworten zu finden", first?, figures.first()?),
            "mehr verlangen oder weglassen: Es unterscheidet niemanden".into(),
        ],
        "does_not_go_with_score" => [
            format!(
                "{} geht nicht mit den Wertungen der Menschen einher (Korrelation {} bei {} Antworten)",
                first?,
                figures.first()?,
                figures.get(1)?
            ),
            "prüfen, ob danach gewertet wird, oder anders fassen".into(),
        ],
        "overlaps" => [
            format!("{} und {} sind in denselben Antworten zu finden", first?, quoted.get(1)?),
            "zusammenlegen oder sagen, was sie unterscheidet".into(),
        ],
        "contradicts_ideal" => [
            format!("Die ideale Antwort {} wird als Gegenteil von {} gelesen", figures.first()?, first?),
            "eines von beiden anders fassen".into(),
        ],
        "ideal_not_top" => [
            format!(
                "Für die ideale Antwort {} selbst wird {} von {} vorgeschlagen",
                figures.first()?,
                figures.get(1)?,
                figures.get(2)?
            ),
            "sie alles zeigen lassen, worauf geachtet wird, oder auf das achten, was sie zeigt".into(),
        ],
        "anchors_out_of_order" => [
            format!(
                "Die Beschreibung der Stufe {} wird als weniger wert gelesen als die der Stufe {} ({} und {})",
                figures.first()?,
                figures.get(1)?,
                figures.get(2)?,
                figures.get(3)?
            ),
            "in jeder Beschreibung sagen, was eine solche Antwort zeigt, in den Worten der Kriterien".into(),
        ],
        _ => return None,
    };
    Some([what, advice])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::Report;
    use crate::web::texts::{DE, EN};
    use std::collections::BTreeSet;

    #[test]
    fn every_finding_of_a_rubric_is_said_in_german() {
        let said: BTreeSet<&str> = Code::ALL.iter().filter_map(|code| DE.finding(*code)).collect();
        assert_eq!(said.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| EN.finding(*code).is_none()));
    }

    fn finding(kind: &str, what: &str, quoted: &[&str], figures: &[&str]) -> Finding {
        let kept = |texts: &[&str]| texts.iter().map(|text| (*text).into()).collect();
        Finding {
            kind: kind.into(),
            question_id: "q".into(),
            criterion: None,
            quoted: kept(quoted),
            figures: kept(figures),
            what: what.into(),
            advice: "as it was".into(),
        }
    }

    #[test]
    fn every_finding_of_a_calibration_is_said_in_german_with_its_quotations_and_figures() {
        let one = finding(
            "does_not_go_with_score",
            "\u{201c}Says \u{201c}3 of 4\u{201d}\u{201d} does not go with people\u{2019}s scores (correlation -0.12 in 40 answers)",
            &["Says \u{201c}3 of 4\u{201d}"],
            &["-0.12", "40"],
        );
        assert_eq!(
            DE.calibrated(&one)[0],
            "„Says \u{201c}3 of 4\u{201d}“ geht nicht mit den Wertungen der Menschen einher (Korrelation -0,12 bei 40 Antworten)"
        );
        assert_eq!(EN.calibrated(&one), [one.what.clone(), one.advice.clone()]);
        let ideal = finding("ideal_not_top", "ideal answer 2 is itself suggested 2.5 of 5", &[], &["2", "2.5", "5"]);
        assert_eq!(DE.calibrated(&ideal)[0], "Für die ideale Antwort 2 selbst wird 2,5 von 5 vorgeschlagen");
        let worth_less = "the anchor of 4 is read as worth less than that of 3 (1.5 and 2.5)";
        let anchors = finding("anchors_out_of_order", worth_less, &[], &["4", "3", "1.5", "2.5"]);
        assert!(DE.calibrated(&anchors)[0].ends_with("der Stufe 3 (1,5 und 2,5)"));
        let later = finding("of_a_later_version", "something", &[], &[]);
        assert_eq!(DE.calibrated(&later)[0], "something");
        // All that a real report found.
        let text = include_str!("../../../examples/calibrations/backend-2-full/report.json");
        let report: Report = serde_json::from_str(text).expect("a report");
        assert!(!report.findings.is_empty());
        for one in &report.findings {
            assert_ne!(DE.calibrated(one)[1], one.advice, "{}", one.kind);
        }
    }
}
