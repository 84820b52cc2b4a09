//! The words in which an evaluation is told to people, the same in every form; knows no form.

use crate::domain::{CriterionKind, Flag, Format, Scale, Stance, Status, Verdict};

/// What a reader of a suggestion must know.
pub const ADVICE: &str = "Suggestions are for a person to confirm or override.";

/// The same, with what counts instead.
pub const ADVICE_IN_FULL: &str = "Suggestions are for a person to confirm or override; only that is a score of record.";

/// What became of a question.
#[must_use]
pub const fn status(status: Status) -> &'static str {
    match status {
        Status::Answered => "answered",
        Status::NotAnswered => "not answered",
        Status::Volunteered => "volunteered",
        Status::NotAsked => "not asked",
    }
}

/// Whether a finding is good news for the candidate, and how good. Red flags turn round what a verdict means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something hoped for was shown.
    Good,
    /// Some of it was.
    Fair,
    /// Nothing was shown, of what was hoped for or of what was feared.
    Silent,
    /// The opposite was said, or a red flag raised.
    Bad,
}

/// The name of a verdict, and its tone.
#[must_use]
pub const fn verdict(kind: CriterionKind, verdict: Verdict) -> (&'static str, Tone) {
    match (kind, verdict) {
        (CriterionKind::ListenFor, Verdict::Met) => ("Met", Tone::Good),
        (CriterionKind::ListenFor, Verdict::Partly) => ("Partly met", Tone::Fair),
        (CriterionKind::ListenFor, Verdict::NotMet) => ("Not met", Tone::Silent),
        (CriterionKind::ListenFor, Verdict::Contradicted) => ("Contradicted", Tone::Bad),
        (CriterionKind::RedFlag, Verdict::Met) => ("Red flag", Tone::Bad),
        (CriterionKind::RedFlag, Verdict::Partly) => ("Possible red flag", Tone::Bad),
        (CriterionKind::RedFlag, Verdict::NotMet) => ("Not raised", Tone::Silent),
        (CriterionKind::RedFlag, Verdict::Contradicted) => ("Opposite said", Tone::Good),
    }
}

/// The mark that stands for a verdict where there is room for one sign only.
#[must_use]
pub const fn mark(kind: CriterionKind, verdict: Verdict) -> char {
    match (kind, verdict) {
        (CriterionKind::RedFlag, Verdict::Met | Verdict::Partly) => '!',
        (_, Verdict::Met) | (CriterionKind::RedFlag, Verdict::Contradicted) => '\u{2713}',
        (_, Verdict::Partly) => '~',
        (_, Verdict::NotMet) => '\u{b7}',
        (CriterionKind::ListenFor, Verdict::Contradicted) => '\u{2717}',
    }
}

/// Whether a quotation speaks against the candidate: it contradicts a listen-for or shows a red flag.
#[must_use]
pub fn speaks_against(kind: CriterionKind, stance: Stance) -> bool {
    (kind == CriterionKind::RedFlag) == (stance == Stance::Supports)
}

/// A flag in one sentence.
#[must_use]
pub const fn flag(flag: Flag) -> &'static str {
    match flag {
        Flag::AddressesTheGrader => "Some words are aimed at whoever scores the interview.",
        Flag::KeywordList => "Terms are listed without sentences that say something about them.",
        Flag::RepeatsTheQuestion => "The answer says little beyond the question\u{2019}s own words.",
        Flag::VeryShort => "The answer is very short.",
        Flag::LowAgreement => "The judge\u{2019}s signals disagree with each other; read this answer yourself.",
        Flag::UnsureLocation => {
            "Another place in the transcript fits this question nearly as well; check that this is the answer."
        }
        Flag::AskedAgain => "The question was asked more than once; all its answers count.",
        Flag::NoSpeakerLabels => "The file names no speakers; whose words these are was worked out from what was said.",
        Flag::Shortened => "The answer was too long for the judge; parts of it were left out.",
    }
}

/// What to say of quotations that a judge claimed and that are not the candidate's words.
#[must_use]
pub fn unfound(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some(
            "1 quotation that the judge claimed is not in the candidate\u{2019}s words; it counts for nothing.".into(),
        ),
        n => Some(format!(
            "{n} quotations that the judge claimed are not in the candidate\u{2019}s words; they count for nothing."
        )),
    }
}

/// The name of a transcript format, as its makers write it.
#[must_use]
pub const fn format(format: Format) -> &'static str {
    match format {
        Format::WebVtt => "WebVTT",
        Format::Srt => "SubRip (SRT)",
        Format::ZoomText => "Zoom text",
        Format::Otter => "Otter text",
        Format::GoogleMeet => "Google Meet text",
        Format::NamedText => "text with names",
        Format::PlainText => "plain text",
        Format::Docx => "Word document",
        Format::WhisperJson => "Whisper JSON",
        Format::WhisperxJson => "WhisperX JSON",
        Format::DeepgramJson => "Deepgram JSON",
        Format::AssemblyaiJson => "AssemblyAI JSON",
        Format::AwsTranscribeJson => "AWS Transcribe JSON",
        Format::AwsCallAnalyticsJson => "AWS Call Analytics JSON",
        Format::RevJson => "Rev JSON",
        Format::RevEditorJson => "Rev editor JSON",
    }
}

/// A time in the recording: `mm:ss`, or `h:mm:ss` from the first hour on.
#[must_use]
pub fn clock(ms: u64) -> String {
    let seconds = ms / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes:02}:{seconds:02}") }
}

/// `3` or `3–4`.
#[must_use]
pub fn range([low, high]: [i32; 2]) -> String {
    if low == high { low.to_string() } else { format!("{low}\u{2013}{high}") }
}

/// A count with its noun.
#[must_use]
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A probability in whole percent; one that is not 0 never reads as 0.
#[must_use]
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        p if p <= 0.0 => "0".into(),
        p if p < 1.0 => "<1".into(),
        p => format!("{p:.0}"),
    }
}

/// How far up the scale a mean score lies, in 0..=1.
#[must_use]
pub fn height(scale: &Scale, score: f64) -> f64 {
    let (min, max) = (f64::from(scale.min()), f64::from(scale.max()));
    ((score - min) / (max - min)).clamp(0.0, 1.0)
}

/// The letter of the criterion at `index`: `a` to `z`, then `aa`, as in spreadsheets.
#[must_use]
pub fn letter(index: usize) -> String {
    let last = char::from(b'a' + (index % 26) as u8);
    if index < 26 { last.to_string() } else { letter(index / 26 - 1) + &last.to_string() }
}

/// Neighbouring numbers joined: `[1, 2, 3, 7]` gives `[(1, 3), (7, 7)]`.
#[must_use]
pub fn runs(indices: &[usize]) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for &index in indices {
        match out.last_mut() {
            Some(last) if last.1 + 1 == index => last.1 = index,
            _ => out.push((index, index)),
        }
    }
    out
}

/// Whether a character acts on the text around it, or carries text that nobody sees: control characters, embeddings,
/// overrides and isolates of writing direction, separators, tags. They are shown by number. Direction *marks* and
/// joiners stay: honest text in many scripts needs them, and they reach no further than their neighbours.
#[must_use]
pub fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// The name under which a hidden character is shown.
#[must_use]
pub fn code_point(c: char) -> String {
    format!("U+{:04X}", c as u32)
}

/// The text on one line, with hidden characters shown as `⟨U+202E⟩`.
#[must_use]
pub fn on_one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars() {
            if hidden(c) {
                out.push('\u{27e8}');
                out.push_str(&code_point(c));
                out.push('\u{27e9}');
            } else {
                out.push(c);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_hours_only_when_there_are_some() {
        assert_eq!([clock(0), clock(61_999), clock(3_600_000)], ["00:00", "01:01", "1:00:00"]);
    }

    #[test]
    fn a_probability_that_is_not_zero_never_reads_as_zero() {
        assert_eq!([percent(0.0), percent(0.001), percent(0.014), percent(1.0)], ["0", "<1", "1", "100"]);
    }

    #[test]
    fn letters_go_on_after_z() {
        assert_eq!([letter(0), letter(25), letter(26), letter(702)], ["a", "z", "aa", "aaa"]);
    }

    #[test]
    fn neighbouring_utterances_are_one_run() {
        assert_eq!(runs(&[1, 2, 3, 7, 9, 10]), [(1, 3), (7, 7), (9, 10)]);
        assert_eq!(runs(&[]), []);
    }

    #[test]
    fn characters_that_nobody_sees_are_named() {
        assert_eq!(on_one_line("a\u{202e}b\u{1b}[31m\u{2066} c\n\td"), "a⟨U+202E⟩b⟨U+001B⟩[31m⟨U+2066⟩ c d");
        assert_eq!(on_one_line("می\u{200c}خواهم 👩\u{200d}💻"), "می\u{200c}خواهم 👩\u{200d}💻");
    }

    #[test]
    fn a_red_flag_turns_round_what_a_quotation_means() {
        assert!(speaks_against(CriterionKind::RedFlag, Stance::Supports));
        assert!(!speaks_against(CriterionKind::RedFlag, Stance::Contradicts));
        assert!(speaks_against(CriterionKind::ListenFor, Stance::Contradicts));
        assert!(!speaks_against(CriterionKind::ListenFor, Stance::Supports));
    }
}
