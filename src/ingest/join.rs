//! Cues to utterances: stretches of one speaker; where the file names nobody, the turns that its cues are, or else
//! single sentences. Hides how these are cut and how times are carried over.

use super::Limits;
use super::cue::{Cue, Reading, between, counted, ends_sentence, is_sentence_end};
use super::{names, order};
use crate::domain::{Fault, Role, Speaker, SpeakerId, Transcript, Utterance, sentences};
use std::collections::HashMap;

/// A pause this long after a full stop ends an utterance.
const PAUSE_MS: u64 = 2_500;
/// An utterance is cut at a full stop before it grows over this many characters.
const LONG: usize = 900;
/// An utterance without full stops is cut between cues before it grows over this many characters.
const LONGEST: usize = 1_800;
/// Fewer cues than this do not show what a cue of the file is.
const FEWEST_TURNS: usize = 6;
/// A single cue is cut at a full stop, or between words, when it is longer than this many bytes.
const WINDOW: usize = 4_000;

/// Makes the transcript; a fault when nobody speaks or when there is more than the limits allow.
pub(super) fn transcript(source: &[u8], mut reading: Reading, limits: &Limits) -> Result<Transcript, Fault> {
    if reading.is_full() {
        return Err(too_much(limits));
    }
    order::order(&mut reading);
    let mut speakers = Speakers::default();
    let cues = std::mem::take(&mut reading.cues);
    let read = cues.len();
    let cues: Vec<Cue> = cues.into_iter().flat_map(within_window).collect();
    let named = cues.iter().any(|cue| cue.speaker.is_some());
    let turns = !named && look_like_turns(&cues);
    let utterances = if named {
        stretches(cues, &mut speakers, limits)
    } else if turns {
        stretches(cues.into_iter().map(|cue| Cue { new_turn: true, ..cue }).collect(), &mut speakers, limits)
    } else {
        single_sentences(&cues, limits)
    }
    .ok_or_else(|| too_much(limits))?;
    if turns {
        reading.note(None, format!("the file names no speakers: took each of {} for one turn", counted(read, "cue")));
    } else {
        note_joining(read, &utterances, &mut reading);
    }
    let Reading { format, roles, mut dropped, notes, .. } = reading;
    dropped.sort_by_key(|dropped| dropped.line);
    let lost = dropped.len();
    let report = crate::domain::ParseReport { read, dropped, notes };
    Transcript::new(source, format, speakers.with_roles(&roles), utterances, report).ok_or_else(|| no_speech(lost))
}

fn too_much(limits: &Limits) -> Fault {
    Fault::whole(
        format!("the file holds more than the {} utterances that are read", limits.max_utterances),
        "an interview has a few hundred; cut the file into its interviews",
    )
}

fn no_speech(dropped: usize) -> Fault {
    let what = match dropped {
        0 => "the file holds no speech".into(),
        n => format!("the file holds no speech; {} dropped", counted(n, "cue")),
    };
    Fault::whole(what, "check that the recording was transcribed, and export the transcript again")
}

fn note_joining(read: usize, utterances: &[Utterance], reading: &mut Reading) {
    let n = utterances.len();
    if utterances.iter().any(|utterance| utterance.speaker.is_some()) {
        if n < read {
            reading.note(None, format!("joined {} to {}", counted(read, "cue"), counted(n, "utterance")));
        }
    } else if n > 0 {
        reading.note(
            None,
            format!("the file names no speakers: cut {} into {}", counted(read, "cue"), counted(n, "sentence")),
        );
    }
}

#[derive(Default)]
struct Speakers {
    ids: HashMap<String, SpeakerId>,
    all: Vec<Speaker>,
}

impl Speakers {
    fn id(&mut self, name: &str) -> SpeakerId {
        *self.ids.entry(names::folded(name)).or_insert_with(|| {
            self.all.push(Speaker { name: name.to_owned(), stated_role: None });
            self.all.len() - 1
        })
    }

    fn with_roles(mut self, roles: &[(String, Role)]) -> Vec<Speaker> {
        for speaker in &mut self.all {
            speaker.stated_role = roles.iter().find(|(name, _)| *name == speaker.name).map(|(_, role)| *role);
        }
        self.all
    }
}

/// Cuts a cue that is too long to quote from, its time shared out by length.
fn within_window(cue: Cue) -> Vec<Cue> {
    if cue.text.len() <= WINDOW {
        return vec![cue];
    }
    let mut out = Vec::new();
    let mut from = 0;
    while from < cue.text.len() {
        let to = from + cut(&cue.text[from..]);
        let time = |at| cue.start_ms.zip(cue.end_ms).map(|(start, end)| between(start, end, at, cue.text.len()));
        out.push(Cue {
            start_ms: if from == 0 { cue.start_ms } else { time(from) },
            end_ms: if to == cue.text.len() { cue.end_ms } else { time(to) },
            text: cue.text[from..to].trim().to_owned(),
            speaker: cue.speaker.clone(),
            new_turn: cue.new_turn && from == 0,
            line: cue.line,
        });
        from = to;
    }
    out.retain(|cue| has_words(&cue.text));
    out
}

/// What has no letter or digit is left over from a cut and says nothing.
fn has_words(text: &str) -> bool {
    text.contains(char::is_alphanumeric)
}

/// Where to cut a text so that no part is longer than the window: after its last sentence there, else its last word.
fn cut(text: &str) -> usize {
    if text.len() <= WINDOW {
        return text.len();
    }
    let window = &text[..text.floor_char_boundary(WINDOW)];
    let after = |(at, c): (usize, char)| at + c.len_utf8();
    let sentence = window.char_indices().rev().find(|(at, c)| {
        is_sentence_end(*c) && text[at + c.len_utf8()..].starts_with(|next: char| next.is_whitespace() || !c.is_ascii())
    });
    let sentence = sentence.map(after).filter(|at| *at > WINDOW / 2);
    let word = || window.char_indices().rev().find(|(_, c)| c.is_whitespace()).map(after);
    sentence.or_else(word).unwrap_or(window.len())
}

/// Whether the cues of a file without speakers are what one person said at a time: nearly all are whole sentences, and
/// many are several. Captions cut for a screen end in mid-sentence, and those of a recogniser are a sentence each.
fn look_like_turns(cues: &[Cue]) -> bool {
    let said = cues.len();
    let whole = cues.iter().filter(|cue| ends_sentence(&cue.text) && begins_sentence(&cue.text)).count();
    let several = cues.iter().filter(|cue| sentences(&cue.text).len() > 1).count();
    said >= FEWEST_TURNS && whole * 10 >= said * 9 && several * 4 >= said
}

fn begins_sentence(text: &str) -> bool {
    text.chars().find(|c| c.is_alphanumeric()).is_some_and(|first| !first.is_lowercase())
}

/// Joins consecutive cues of one speaker.
fn stretches(cues: Vec<Cue>, speakers: &mut Speakers, limits: &Limits) -> Option<Vec<Utterance>> {
    let mut out: Vec<Utterance> = Vec::new();
    let mut chars = 0;
    for cue in cues {
        let speaker = cue.speaker.as_deref().map(|name| speakers.id(name));
        let length = cue.text.chars().count();
        if let Some(last) = out.last_mut().filter(|last| goes_on(last, chars, speaker, &cue, length)) {
            append(last, chars + 1, &cue);
            chars += 1 + length;
        } else if out.len() == limits.max_utterances {
            return None;
        } else {
            let Cue { start_ms, end_ms, text, .. } = cue;
            out.push(Utterance { speaker, start_ms, end_ms, text, marks: Vec::new() });
            chars = length;
        }
    }
    Some(out)
}

fn goes_on(last: &Utterance, chars: usize, speaker: Option<SpeakerId>, cue: &Cue, length: usize) -> bool {
    if last.speaker != speaker || (speaker.is_none() && cue.new_turn) {
        return false;
    }
    let joined = chars + 1 + length;
    let at_a_stop = ends_sentence(&last.text);
    joined <= LONGEST && !(at_a_stop && (joined > LONG || is_pause(last.end_ms, cue.start_ms)))
}

fn is_pause(end: Option<u64>, start: Option<u64>) -> bool {
    end.zip(start).is_some_and(|(end, start)| start >= end.saturating_add(PAUSE_MS))
}

fn append(last: &mut Utterance, at: usize, cue: &Cue) {
    last.text.push(' ');
    last.text.push_str(&cue.text);
    last.marks.extend(cue.start_ms.map(|start| (at, start)));
    last.end_ms = match (last.end_ms, cue.end_ms) {
        (before, Some(end)) => Some(before.map_or(end, |before| before.max(end))),
        (before, None) if cue.start_ms.is_none() => before,
        (_, None) => None,
    };
}

/// Neighbouring cues whose joined text is cut into sentences.
#[derive(Default)]
struct Run<'c> {
    text: String,
    chars: usize,
    /// Each cue with the scalar at which it begins.
    cues: Vec<(usize, &'c Cue)>,
    end_ms: Option<u64>,
}

/// Cuts the joined text of cues without speakers into sentences: a question and its answer may share a cue.
fn single_sentences(cues: &[Cue], limits: &Limits) -> Option<Vec<Utterance>> {
    let mut out = Vec::new();
    let mut run = Run::default();
    for cue in cues {
        let full = run.text.len() > WINDOW && (ends_sentence(&run.text) || run.text.len() > 2 * WINDOW);
        if cue.new_turn || full || is_pause(run.end_ms, cue.start_ms) {
            std::mem::take(&mut run).cut(&mut out);
        }
        if out.len() > limits.max_utterances {
            return None;
        }
        run.push(cue);
    }
    run.cut(&mut out);
    (out.len() <= limits.max_utterances).then_some(out)
}

impl<'c> Run<'c> {
    fn push(&mut self, cue: &'c Cue) {
        if !self.text.is_empty() {
            self.text.push(' ');
            self.chars += 1;
        }
        self.cues.push((self.chars, cue));
        self.text.push_str(&cue.text);
        self.chars += cue.text.chars().count();
        self.end_ms = cue.end_ms;
    }

    fn cut(self, out: &mut Vec<Utterance>) {
        let mut from = 0;
        let mut rest = Rest { text: &self.text, scalars: 0 };
        for span in sentences(&self.text) {
            // Cues that lie wholly before the sentence concern no later one.
            while self.cues.get(from + 1).is_some_and(|(at, _)| *at <= span.start) {
                from += 1;
            }
            let inside = self.cues[from..].iter().take_while(|(at, _)| *at < span.end);
            let marks = inside.clone().skip(1).filter_map(|(at, cue)| Some((at - span.start, cue.start_ms?))).collect();
            let last = from + inside.count() - 1;
            rest.take_to(span.start);
            let text = rest.take_to(span.end).to_owned();
            if has_words(&text) {
                let (start_ms, end_ms) = (self.start(from, span.start), self.time(last, span.end));
                out.push(Utterance { speaker: None, start_ms, end_ms, text, marks });
            }
        }
    }

    /// When the scalar at `at` in cue `n` is said; the cue's own start when its end is not known.
    fn start(&self, n: usize, at: usize) -> Option<u64> {
        self.time(n, at).or(self.cues[n].1.start_ms)
    }

    fn time(&self, n: usize, at: usize) -> Option<u64> {
        let (begin, cue) = self.cues[n];
        let next = self.cues.get(n + 1).map_or(self.chars, |(next, _)| next - 1);
        Some(between(cue.start_ms?, cue.end_ms?, at - begin, next - begin))
    }
}

/// A text that is taken from the front by scalar offsets; finding each offset from the beginning would take quadratic
/// time.
struct Rest<'t> {
    text: &'t str,
    scalars: usize,
}

impl<'t> Rest<'t> {
    fn take_to(&mut self, at: usize) -> &'t str {
        let length = self.text.char_indices().nth(at - self.scalars).map_or(self.text.len(), |(byte, _)| byte);
        let (taken, rest) = self.text.split_at(length);
        (self.text, self.scalars) = (rest, at);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Format;

    fn cue(speaker: Option<&str>, start: u64, end: u64, text: &str) -> Cue {
        let speaker = speaker.map(str::to_owned);
        Cue { speaker, start_ms: Some(start), end_ms: Some(end), text: text.into(), line: Some(1), new_turn: false }
    }

    fn joined(cues: Vec<Cue>) -> Transcript {
        let mut reading = Reading::new(Format::Srt, &Limits::default());
        for cue in cues {
            reading.push(cue);
        }
        transcript(b"x", reading, &Limits::default()).expect("speech")
    }

    fn texts(transcript: &Transcript) -> Vec<&str> {
        transcript.utterances().iter().map(|u| u.text.as_str()).collect()
    }

    #[test]
    fn cues_of_one_speaker_are_one_utterance_that_keeps_their_times() {
        let made = joined(vec![
            cue(Some("Ana"), 0, 900, "H\u{e9}llo."),
            cue(Some("ana"), 1_000, 1_900, "There."),
            cue(Some("Bo"), 2_000, 3_000, "Hi."),
        ]);
        assert_eq!(texts(&made), ["H\u{e9}llo. There.", "Hi."]);
        assert_eq!(made.utterances()[0].marks, [(7, 1_000)]);
        assert_eq!(made.utterances()[0].end_ms, Some(1_900));
        assert_eq!(made.speakers().iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["Ana", "Bo"]);
    }

    #[test]
    fn a_pause_ends_an_utterance_only_after_a_full_stop() {
        let at = |second: &str| joined(vec![cue(Some("A"), 0, 1_000, second), cue(Some("A"), 3_500, 4_000, "then.")]);
        assert_eq!(texts(&at("Well.")), ["Well.", "then."]);
        assert_eq!(texts(&at("Well")), ["Well then."]);
    }

    #[test]
    fn a_long_utterance_is_cut_at_a_full_stop() {
        let sentence = format!("{}.", "word ".repeat(80).trim());
        let made = joined((0..6).map(|n| cue(Some("A"), n * 100, n * 100 + 99, &sentence)).collect());
        assert_eq!(made.utterances().iter().map(|u| u.text.chars().count()).collect::<Vec<_>>(), [801, 801, 801]);
        let endless = "word ".repeat(80);
        let made = joined((0..6).map(|n| cue(Some("A"), n * 100, n * 100 + 99, &endless)).collect());
        assert!(made.utterances().iter().all(|u| u.text.chars().count() <= LONGEST) && made.utterances().len() == 2);
    }

    #[test]
    fn without_speakers_every_sentence_is_an_utterance_with_its_own_time() {
        let made = joined(vec![
            cue(None, 0, 1_000, "Why? Because it"),
            cue(None, 1_000, 2_000, "works. Good."),
            cue(None, 9_000, 9_500, "and so"),
        ]);
        assert_eq!(texts(&made), ["Why?", "Because it works.", "Good.", "and so"]);
        let times: Vec<_> = made.utterances().iter().map(|u| (u.start_ms, u.end_ms)).collect();
        assert_eq!(
            times,
            [(Some(0), Some(266)), (Some(333), Some(1_500)), (Some(1_583), Some(2_000)), (Some(9_000), Some(9_500)),]
        );
        assert_eq!(made.utterances()[1].marks, [(11, 1_000)]);
    }

    #[test]
    fn cues_that_are_turns_stay_whole_although_nobody_is_named() {
        let turn = |n: u64, text| cue(None, n * 1_000, n * 1_000 + 900, text);
        let said =
            ["Hi. Can you hear me?", "Yes.", "Good. Why Rust?", "It is safe. And fast.", "Fine.", "Thanks. Bye."];
        let made = joined((0..).zip(said).map(|(n, text)| turn(n, text)).collect());
        assert_eq!(texts(&made), said);
        let captions = said.map(|text| text.trim_end_matches(['.', '?']));
        let cut = joined((0..).zip(captions).map(|(n, text)| turn(n, text)).collect());
        assert_ne!(cut.utterances().len(), said.len());
    }

    #[test]
    fn a_cue_too_long_to_quote_from_is_cut_and_loses_no_word() {
        let long = "It works well. ".repeat(1_000);
        let made = joined(vec![cue(Some("A"), 0, 60_000, &long)]);
        assert!(made.utterances().len() > 3 && made.utterances().iter().all(|u| u.text.ends_with("well.")));
        assert_eq!(texts(&made).join(" "), long.trim());
        let unbroken = "\u{e9}".repeat(50_000);
        assert_eq!(texts(&joined(vec![cue(Some("A"), 0, 1, &unbroken)])).concat(), unbroken);
    }

    #[test]
    fn no_cut_leaves_an_utterance_without_words() {
        let long = format!("{}{}", "and so on it goes ".repeat(9), "} ] , ".repeat(40));
        assert!(texts(&joined(vec![cue(None, 0, 9, &long)])).iter().all(|text| has_words(text)));
        let longer = format!("word{}", " }".repeat(5_000));
        assert!(texts(&joined(vec![cue(Some("A"), 0, 9, &longer)])).iter().all(|text| has_words(text)));
    }

    #[test]
    fn nobody_speaking_is_a_fault_that_says_how_much_was_dropped() {
        let mut reading = Reading::new(Format::Srt, &Limits::default());
        reading.push(cue(None, 0, 1, "[Music]"));
        let fault = transcript(b"x", reading, &Limits::default()).expect_err("no speech");
        assert_eq!(fault.what, "the file holds no speech; 1 cue dropped");
    }
}
