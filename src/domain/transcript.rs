//! A transcript as parsed: who said what, when, and what the parser made of the file.

use super::{CharSpan, Digest};
use serde::Serialize;
use std::fmt;

/// The kinds of file Earmark reads; detected from content, never from the name alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// WebVTT, as Zoom, Teams and Whisper write it.
    #[serde(rename = "webvtt")]
    WebVtt,
    /// `SubRip` subtitles.
    Srt,
    /// Zoom's saved captions: `[Name] HH:MM:SS`, then the words.
    ZoomText,
    /// Otter's text export: `Name  m:ss`, then the words.
    Otter,
    /// Google Meet's text export.
    GoogleMeet,
    /// `Name: words`, plain or in Markdown.
    NamedText,
    /// Text without speakers or times.
    PlainText,
    /// Word documents of Teams and Google Meet.
    Docx,
    /// JSON of `OpenAI`'s Whisper, whisper.cpp or whisper-timestamped.
    WhisperJson,
    /// JSON of `WhisperX`.
    WhisperxJson,
    /// JSON of Deepgram.
    DeepgramJson,
    /// JSON of `AssemblyAI`.
    AssemblyaiJson,
    /// JSON of AWS Transcribe.
    AwsTranscribeJson,
    /// JSON of AWS Transcribe Call Analytics.
    AwsCallAnalyticsJson,
    /// JSON of Rev's API.
    RevJson,
    /// JSON of Rev's transcript editor.
    RevEditorJson,
}

impl Format {
    /// The name used in the JSON form and in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WebVtt => "webvtt",
            Self::Srt => "srt",
            Self::ZoomText => "zoom_text",
            Self::Otter => "otter",
            Self::GoogleMeet => "google_meet",
            Self::NamedText => "named_text",
            Self::PlainText => "plain_text",
            Self::Docx => "docx",
            Self::WhisperJson => "whisper_json",
            Self::WhisperxJson => "whisperx_json",
            Self::DeepgramJson => "deepgram_json",
            Self::AssemblyaiJson => "assemblyai_json",
            Self::AwsTranscribeJson => "aws_transcribe_json",
            Self::AwsCallAnalyticsJson => "aws_call_analytics_json",
            Self::RevJson => "rev_json",
            Self::RevEditorJson => "rev_editor_json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What somebody does in the interview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Asks the questions.
    Interviewer,
    /// Answers them; only this one's words can be evidence.
    Candidate,
    /// Anybody else: a second interviewer who only listens, a recording notice.
    Other,
}

/// A place in [`Transcript::speakers`].
pub type SpeakerId = usize;

/// Somebody who speaks in the transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Speaker {
    /// The name as the file gives it, white space tidied; `Speaker 1` where the file only numbers them.
    pub name: String,
    /// The role, where the file itself states one (call-centre exports do).
    pub stated_role: Option<Role>,
}

/// A stretch of speech of one speaker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Utterance {
    /// Who speaks; `None` when the file does not say.
    pub speaker: Option<SpeakerId>,
    /// Start, in milliseconds from the beginning of the recording.
    pub start_ms: Option<u64>,
    /// End, in milliseconds from the beginning of the recording.
    pub end_ms: Option<u64>,
    /// The words, never empty, no line breaks, no white space at either end.
    pub text: String,
    /// Where in the text the file states a further time: (scalar offset, milliseconds), in rising order of offset.
    /// Several cues make one utterance; a quotation from its middle still has its own time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<(usize, u64)>,
}

impl Utterance {
    /// When the scalar at `offset` was said: the last stated time at or before it.
    #[must_use]
    pub fn time_at(&self, offset: usize) -> Option<u64> {
        self.marks.iter().rev().find(|(at, _)| *at <= offset).map(|(_, ms)| *ms).or(self.start_ms)
    }

    /// The words at `span`, or `None` when it is empty or reaches past the end.
    #[must_use]
    pub fn slice(&self, span: CharSpan) -> Option<&str> {
        span.of(&self.text)
    }
}

/// Something of the file that did not become speech.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// Line in the file from 1 (for JSON: the element's number), where one can be given.
    pub line: Option<usize>,
    /// Why it was dropped.
    pub why: String,
}

/// Something about the file that a reader should know; nothing was lost by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Line in the file from 1, where one can be given.
    pub line: Option<usize>,
    /// One sentence.
    pub text: String,
}

/// What the parser did with the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct ParseReport {
    /// Cues, segments, paragraphs or turns that were read, before they were joined to utterances.
    pub read: usize,
    /// What was dropped, and why.
    pub dropped: Vec<Dropped>,
    /// Encoding repairs, odd times, silences, clock jumps, joined cues.
    pub notes: Vec<Note>,
}

/// A parsed transcript.
///
/// Holds: at least one utterance; each utterance has words, and a speaker that exists; times do not end before they
/// start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transcript {
    digest: Digest,
    format: Format,
    speakers: Vec<Speaker>,
    utterances: Vec<Utterance>,
    report: ParseReport,
}

impl Transcript {
    /// Puts a transcript together. Utterances are tidied (white space folded, empty ones dropped and counted, ends
    /// before starts removed); `None` when no words are left.
    ///
    /// `source` is the file as it came: its digest is the transcript's identity.
    #[must_use]
    pub fn new(
        source: &[u8],
        format: Format,
        speakers: Vec<Speaker>,
        utterances: Vec<Utterance>,
        mut report: ParseReport,
    ) -> Option<Self> {
        let before = utterances.len();
        let utterances: Vec<Utterance> = utterances.into_iter().filter_map(|u| tidy(u, speakers.len())).collect();
        for _ in utterances.len()..before {
            report.dropped.push(Dropped { line: None, why: "no words".into() });
        }
        (!utterances.is_empty()).then(|| Self { digest: Digest::of(source), format, speakers, utterances, report })
    }

    /// The digest of the file the transcript was read from.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The file's format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Everybody who speaks, in the order of their first words.
    #[must_use]
    pub fn speakers(&self) -> &[Speaker] {
        &self.speakers
    }

    /// What was said, in order.
    #[must_use]
    pub fn utterances(&self) -> &[Utterance] {
        &self.utterances
    }

    /// What the parser did with the file.
    #[must_use]
    pub fn report(&self) -> &ParseReport {
        &self.report
    }

    /// The name of whoever says utterance `index`, where the file gives one.
    #[must_use]
    pub fn speaker_of(&self, index: usize) -> Option<&Speaker> {
        self.speakers.get(self.utterances.get(index)?.speaker?)
    }

    /// The last stated time of the recording in milliseconds; `None` when the file has no times.
    #[must_use]
    pub fn duration_ms(&self) -> Option<u64> {
        self.utterances.iter().filter_map(|u| u.end_ms.or(u.start_ms)).max()
    }
}

fn tidy(mut utterance: Utterance, speakers: usize) -> Option<Utterance> {
    if utterance.text.trim() != utterance.text || utterance.text.contains(['\n', '\r', '\t']) {
        utterance.text = utterance.text.split_whitespace().collect::<Vec<_>>().join(" ");
        utterance.marks.clear();
    }
    if !utterance.text.contains(|c: char| !c.is_whitespace() && !c.is_control()) {
        return None;
    }
    utterance.speaker = utterance.speaker.filter(|id| *id < speakers);
    if let (Some(start), Some(end)) = (utterance.start_ms, utterance.end_ms)
        && end < start
    {
        utterance.end_ms = None;
    }
    Some(utterance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Utterance {
        Utterance { speaker: Some(0), start_ms: Some(1_000), end_ms: Some(2_000), text: text.into(), marks: vec![] }
    }

    #[test]
    fn a_transcript_without_words_is_none() {
        let report = ParseReport::default();
        assert_eq!(Transcript::new(b"x", Format::Srt, vec![], vec![said("  \n ")], report), None);
    }

    #[test]
    fn an_end_before_the_start_and_a_speaker_who_is_not_there_are_removed() {
        let odd = Utterance { speaker: Some(7), end_ms: Some(5), ..said("Hello") };
        let made = Transcript::new(b"x", Format::Srt, vec![], vec![odd], ParseReport::default()).expect("has words");
        assert_eq!(made.utterances()[0].speaker, None);
        assert_eq!(made.utterances()[0].end_ms, None);
    }

    #[test]
    fn a_quotation_from_the_middle_has_its_own_time() {
        let long = Utterance { marks: vec![(10, 4_000), (20, 8_000)], ..said("0123456789012345678901234") };
        assert_eq!([long.time_at(0), long.time_at(10), long.time_at(24)], [Some(1_000), Some(4_000), Some(8_000)]);
    }
}
