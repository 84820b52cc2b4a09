//! A calibration report and a comparison for a terminal.

use crate::calibration::{Agreement, Comparison, Number, Outcome, Report};
use std::fmt::Write as _;

/// A number with its interval.
fn told(number: &Number) -> String {
    match number {
        Number::Known { value, low: Some(low), high: Some(high), n } => {
            format!("{value:.3} ({low:.3} to {high:.3}, n {n})")
        }
        Number::Known { value, n, .. } => format!("{value:.3} (n {n})"),
        Number::Undefined { undefined, .. } => format!("undefined: {undefined}"),
    }
}

/// The report.
pub(in crate::cli) fn calibration(report: &Report) -> String {
    let mut out = String::new();
    let set = &report.eval_set;
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(out, "{}\n", report.verdict.words);
    for reason in &report.verdict.because {
        let _ = writeln!(out, "  - {reason}");
    }
    let _ = writeln!(
        out,
        "\n{} {} on {}: {} answers to {} questions, scored by {}",
        report.rubric.id,
        report.rubric.version,
        set.name,
        set.answers,
        set.questions,
        set.raters.join(", ")
    );
    if set.unreadable > 0 {
        let _ = writeln!(out, "{} answers could not be read by the judge and are left out", set.unreadable);
    }
    let _ = writeln!(out, "Kept: {} ({})", report.choice.kept, report.choice.why);
    let measured = report.made_with.measured_profile.is_some();
    figures(&mut out, if measured { "The profile, on this set" } else { "Answers unseen" }, &report.answers_unseen);
    if let Some(unseen) = &report.questions_unseen {
        figures(&mut out, "Questions unseen", unseen);
    }
    figures(&mut out, "Without a profile", &report.uncalibrated);
    figures(&mut out, "As the service would suggest", &report.as_suggested);
    let _ = writeln!(out, "\nAlways the most frequent score: accuracy {}", told(&report.majority));
    match &report.people {
        Some(people) => {
            let _ = writeln!(out, "\nPeople with each other ({} and {})", people.pair[0], people.pair[1]);
            for (name, number) in [
                ("weighted kappa", &people.quadratic_kappa),
                ("exact", &people.exact),
                ("Pearson", &people.pearson),
                ("suggestion with each, kappa", &people.machine),
            ] {
                let _ = writeln!(out, "  {name:<28} {}", told(number));
            }
        }
        None => out
            .push_str("\nPeople with each other: cannot be told, nobody scored an answer that somebody else scored\n"),
    }
    out.push_str("\nPass lines\n");
    for line in &report.lines {
        let mark = match line.outcome {
            Outcome::Passes => "passes",
            Outcome::Fails => "FAILS",
            Outcome::TooFew => "too few to say",
        };
        let _ = writeln!(out, "  {mark:<15} {}, {}: {}", line.name, line.limit, told(&line.measured));
    }
    out.push_str("\nRanges and abstention\n");
    for (name, ranges) in &report.ranges {
        let _ = match ranges {
            Ok(r) => writeln!(
                out,
                "  {name}: stated {:.0} %, covered {}, {:.2} levels on average",
                r.stated * 100.0,
                told(&r.covered),
                r.mean_levels
            ),
            Err(why) => writeln!(out, "  {name}: {why}"),
        };
    }
    let _ = writeln!(out, "  {}", report.rule.words);
    if !report.findings.is_empty() {
        let _ = writeln!(out, "\nThe rubric: {} findings", report.findings.len());
        for finding in report.findings.iter().take(12) {
            let _ = writeln!(out, "  {}: {}; {}", finding.question_id, finding.what, finding.advice);
        }
        if report.findings.len() > 12 {
            let _ = writeln!(out, "  and {} more in the report", report.findings.len() - 12);
        }
    }
    if !report.label_next.is_empty() {
        out.push_str("\nLabel next\n");
        for hint in &report.label_next {
            let _ = writeln!(out, "  {hint}");
        }
    }
    out
}

fn figures(out: &mut String, title: &str, of: &Agreement) {
    let _ = writeln!(out, "\n{title}");
    for (name, number) in [
        ("weighted kappa", &of.quadratic_kappa),
        ("exact", &of.exact),
        ("within a level", &of.adjacent),
        ("macro F1", &of.macro_f1),
        ("Pearson", &of.pearson),
        ("RMSE", &of.rmse),
        ("RMSE over the scale", &of.rmse_of_scale),
        ("shift (SMD)", &of.smd),
        ("PRMSE", &of.prmse),
    ] {
        let _ = writeln!(out, "  {name:<28} {}", told(number));
    }
}

/// A comparison.
pub(in crate::cli) fn comparison(comparison: &Comparison) -> String {
    let mut out = format!("A: {}\nB: {}\n{} answers of both", comparison.a, comparison.b, comparison.answers);
    if comparison.left_out > 0 {
        let _ = write!(out, ", {} of one alone are left out", comparison.left_out);
    }
    out.push('\n');
    for figure in &comparison.figures {
        let _ = writeln!(
            out,
            "\n{}: {}\n  A      {}\n  B      {}\n  B - A  {}",
            figure.figure,
            figure.verdict,
            told(&figure.a),
            told(&figure.b),
            told(&figure.difference)
        );
    }
    out
}
