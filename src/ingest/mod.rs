//! Bytes of a transcript file in, a [`Transcript`] with its parse report out, or every fault of the file at once.
//!
//! Pure: no I/O, no clock. Hides the formats: what a file is follows from its content alone, each family has a file of
//! its own that turns text into cues, and `join` makes one kind of transcript of them all. Nothing here recurses over
//! the input and every pass is linear, so a hostile file costs no more than a long one.

mod captions;
mod clock;
mod cue;
mod decode;
mod detect;
mod docx;
mod join;
mod json;
mod markdown;
mod markup;
mod names;
mod order;
mod text;

use crate::domain::{Fault, Faults, Transcript};
use cue::Reading;
use decode::Content;
use detect::Family;

/// More faults than this are counted, not listed.
const LISTED_FAULTS: usize = 50;

/// What may be set about reading a file. Each default is far above what a day of talk needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest file, in bytes.
    pub max_bytes: usize,
    /// Longest Word document after unpacking, in bytes.
    pub max_unpacked_bytes: usize,
    /// How many times its packed size a Word document may unpack to, once it is larger than a mebibyte.
    pub max_unpacked_ratio: usize,
    /// Most lines in a text file.
    pub max_lines: usize,
    /// Most values in a JSON file; each costs about a hundred bytes of memory.
    pub max_json_values: usize,
    /// Most utterances in the result, and most cues on the way there.
    pub max_utterances: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 64 << 20,
            max_unpacked_bytes: 64 << 20,
            max_unpacked_ratio: 200,
            max_lines: 2_000_000,
            max_json_values: 2_000_000,
            max_utterances: 200_000,
        }
    }
}

/// Reads a transcript file. `name` is only for messages.
///
/// # Errors
///
/// All faults of the file, each with its line where it has one, when the file is no transcript, when nobody speaks in
/// it, or when words would be lost: a file is read in full or refused, never in part.
pub fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Transcript, Faults> {
    cues(bytes, limits)
        .and_then(|reading| join::transcript(bytes, reading, limits).map_err(|fault| vec![fault]))
        .map_err(|faults| refusal(name, faults))
}

fn cues(bytes: &[u8], limits: &Limits) -> Result<Reading, Vec<Fault>> {
    if bytes.len() > limits.max_bytes {
        return Err(vec![Fault::whole(
            format!("the file has {} bytes, more than the {} that are read", bytes.len(), limits.max_bytes),
            "leave out the audio or whatever else is in it, or raise the limit",
        )]);
    }
    match decode::decode(bytes)? {
        Content::Zip => docx::read(bytes, limits),
        Content::Text { text, note } => {
            let mut reading = read_text(&text, limits)?;
            reading.notes.splice(0..0, note);
            Ok(reading)
        }
    }
}

fn read_text(text: &str, limits: &Limits) -> Result<Reading, Vec<Fault>> {
    let family = detect::family(text)?;
    if family != Family::Json && text.bytes().filter(|byte| *byte == b'\n').count() > limits.max_lines {
        return Err(vec![Fault::whole(
            format!("the file has more than {} lines", limits.max_lines),
            "a transcript of a whole day has fewer; cut the file into its interviews",
        )]);
    }
    if family != Family::Json
        && let Some(line) = text.lines().position(|line| line.split_whitespace().any(|word| word.len() > LONGEST_WORD))
    {
        return Err(vec![Fault::at(
            line + 1,
            format!("a word of more than {LONGEST_WORD} letters: this is data, not speech"),
            "export the transcript as WebVTT, text, DOCX or JSON",
        )]);
    }
    match family {
        Family::Captions => captions::read(text, limits),
        Family::Json => json::read(text, limits),
        Family::Text => Ok(text::read(text, limits)),
    }
}

/// Bytes. Some languages write whole paragraphs without a space; nobody speaks this much without one.
const LONGEST_WORD: usize = 100_000;

fn refusal(name: &str, mut faults: Vec<Fault>) -> Faults {
    let more = faults.len().saturating_sub(LISTED_FAULTS);
    if more > 0 {
        let next = faults[LISTED_FAULTS].line.unwrap_or(1);
        faults.truncate(LISTED_FAULTS);
        faults.push(Fault::at(
            next,
            format!("and {more} more"),
            "mend the ones above first; they are often of one kind",
        ));
    }
    Faults::new(name, faults).unwrap_or_else(|| {
        Faults::one(name, Fault::whole("the file cannot be read", "export it again from the tool that made it"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> Faults {
        read("a.vtt", bytes, &Limits::default()).expect_err("no transcript")
    }

    #[test]
    fn a_file_over_the_limit_is_refused_before_it_is_looked_at() {
        let limits = Limits { max_bytes: 4, ..Limits::default() };
        let faults = read("a.txt", b"Hello there.", &limits).expect_err("too long");
        assert!(faults.to_string().contains("12 bytes, more than the 4"), "{faults}");
    }

    #[test]
    fn one_endless_word_is_no_speech() {
        let faults = refused("a".repeat(300_000).as_bytes());
        assert!(faults.to_string().contains("data, not speech"), "{faults}");
    }

    #[test]
    fn more_than_fifty_faults_are_counted_at_the_end() {
        let faults = refusal("a.vtt", (1..=60).map(|n| Fault::at(n, "odd", "mend it")).collect());
        assert_eq!(faults.all().len(), 51);
        assert_eq!(faults.all()[50].what, "and 10 more");
    }

    #[test]
    fn too_many_lines_or_utterances_are_refused() {
        let few = Limits { max_lines: 3, max_utterances: 3, ..Limits::default() };
        assert!(read("a.txt", b"a\nb\nc\nd\ne", &few).is_err());
        assert!(read("a.txt", b"One. Two. Three. Four. Five.", &few).is_err());
        assert!(read("a.txt", b"One. Two. Three.", &few).is_ok());
    }

    #[test]
    fn a_fault_names_the_file_as_the_user_gave_it() {
        assert!(refused(b"").to_string().starts_with("a.vtt: the file is empty"));
    }
}
