//! Cues in the order in which they were said. Hides what is done about clocks that run backwards, and what is told of
//! silences and of people who speak at once.

use super::clock::Shown;
use super::cue::{Cue, Reading, counted};
use crate::domain::Note;

/// A step back of at most this much is two people speaking at once, not a clock that was set back.
const JUMP_MS: u64 = 5_000;
/// A clock that starts again does so near zero.
const RESTART_MS: u64 = 60_000;
/// A silence longer than this is told.
const SILENCE_MS: u64 = 60_000;

/// Sorts cues by time where the file has them out of order, and notes what is odd about its clock.
pub(super) fn order(reading: &mut Reading) {
    let restarts = restarts(&reading.cues);
    let mut moved = 0;
    let mut from = 0;
    for to in restarts.iter().copied().chain([reading.cues.len()]) {
        moved += sort(&mut reading.cues[from..to]);
        from = to;
    }
    if moved > 0 {
        reading.note(None, format!("sorted by time: {} out of order", counted(moved, "cue")));
    }
    note_restarts(&restarts, reading);
    drop_early_ends(reading);
    note_silences(&restarts, reading);
    note_overlaps(reading);
}

/// Where the clock starts again, as when two recordings make one file: the time falls back to near zero and stays low.
/// A file most of whose steps go astray has no such place; it is only out of order.
fn restarts(cues: &[Cue]) -> Vec<usize> {
    let timed: Vec<(usize, u64)> = cues.iter().enumerate().filter_map(|(n, cue)| Some((n, cue.start_ms?))).collect();
    let back = timed.windows(2).filter(|pair| pair[1].1 + JUMP_MS < pair[0].1).count();
    if back == 0 || back * 5 > timed.len() {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut highest = 0;
    for (n, &(cue, start)) in timed.iter().enumerate() {
        let falls = start + JUMP_MS < highest && start <= RESTART_MS;
        if falls && stays_below(&timed[n..], highest) {
            out.push(cue);
            highest = start;
        }
        highest = highest.max(start);
    }
    out
}

/// Whether the next few cues go on from a fall as a new recording does, and not back to where the old one was.
fn stays_below(from: &[(usize, u64)], highest: u64) -> bool {
    let next = &from[..from.len().min(4)];
    next.len() > 1
        && next.windows(2).all(|pair| pair[0].1 <= pair[1].1)
        && next.iter().all(|(_, start)| *start < highest)
}

/// Sorts by start, stably; a cue without a time stays behind the one before it. Gives how many cues began too early.
fn sort(cues: &mut [Cue]) -> usize {
    let mut latest = 0;
    let early = cues.iter().filter_map(|cue| cue.start_ms).filter(|start| {
        let is_early = *start < latest;
        latest = latest.max(*start);
        is_early
    });
    let moved = early.count();
    if moved > 0 {
        let mut last = 0;
        let mut keyed: Vec<(u64, Cue)> = Vec::with_capacity(cues.len());
        for cue in cues.iter_mut().map(std::mem::take) {
            last = cue.start_ms.unwrap_or(last);
            keyed.push((last, cue));
        }
        keyed.sort_by_key(|(key, _)| *key);
        for (place, (_, cue)) in cues.iter_mut().zip(keyed) {
            *place = cue;
        }
    }
    moved
}

fn note_restarts(restarts: &[usize], reading: &mut Reading) {
    let notes = restarts.iter().filter_map(|&n| {
        let cue = &reading.cues[n];
        let before = reading.cues[..n].iter().rev().find_map(|cue| cue.start_ms)?;
        let text = format!(
            "the clock starts again at {} after {}; the order of the file was kept",
            Shown(cue.start_ms?),
            Shown(before)
        );
        Some(Note { line: cue.line, text })
    });
    let notes = notes.collect();
    reading.note_each(notes, "places where the clock starts again");
}

fn drop_early_ends(reading: &mut Reading) {
    let mut notes = Vec::new();
    for cue in &mut reading.cues {
        if cue.start_ms.zip(cue.end_ms).is_some_and(|(start, end)| end < start) {
            cue.end_ms = None;
            notes.push(Note { line: cue.line, text: "this cue ends before it starts; its end was left out".into() });
        }
    }
    reading.note_each(notes, "cues that end before they start");
}

fn note_silences(restarts: &[usize], reading: &mut Reading) {
    let mut notes = Vec::new();
    let mut heard: Option<u64> = None;
    for (n, cue) in reading.cues.iter().enumerate() {
        if restarts.binary_search(&n).is_ok() {
            heard = None;
        }
        if let (Some(start), Some(end)) = (cue.start_ms, heard)
            && start > end + SILENCE_MS
        {
            let text = format!("nobody speaks from {} to {}", Shown(end), Shown(start));
            notes.push(Note { line: cue.line, text });
        }
        // Without an end nobody knows how long the words went on.
        heard = match (cue.start_ms, cue.end_ms) {
            (_, Some(end)) => Some(end.max(heard.unwrap_or(0))),
            (Some(_), None) => None,
            (None, None) => heard,
        };
    }
    reading.note_each(notes, "silences");
}

fn note_overlaps(reading: &mut Reading) {
    let overlaps = |pair: &&[Cue]| {
        let [before, after] = pair else { return false };
        before.speaker != after.speaker && after.start_ms.zip(before.end_ms).is_some_and(|(start, end)| start < end)
    };
    let count = reading.cues.windows(2).filter(overlaps).count();
    if count > 0 {
        reading.note(
            None,
            format!("people speak at once: {} while another speaker has not ended", counted(count, "start")),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Format;
    use crate::ingest::Limits;

    fn ordered(times: &[(u64, u64)]) -> (Vec<u64>, Vec<String>) {
        let mut reading = Reading::new(Format::Srt, &Limits::default());
        for (start, end) in times {
            let (start_ms, end_ms) = (Some(start * 1_000), Some(end * 1_000));
            reading.push(Cue { start_ms, end_ms, text: "words".into(), line: Some(1), ..Cue::default() });
        }
        order(&mut reading);
        let starts = reading.cues.iter().filter_map(|cue| cue.start_ms).map(|ms| ms / 1_000).collect();
        (starts, reading.notes.into_iter().map(|note| note.text).collect())
    }

    #[test]
    fn cues_out_of_order_are_sorted_and_noted() {
        let (starts, notes) = ordered(&[(1, 2), (8, 9), (5, 6), (30, 31), (12, 13)]);
        assert_eq!(starts, [1, 5, 8, 12, 30]);
        assert_eq!(notes, ["sorted by time: 2 cues out of order"]);
    }

    #[test]
    fn a_clock_that_starts_again_keeps_the_order_of_the_file() {
        let mut times: Vec<(u64, u64)> = (0..10).map(|n| (n * 10, n * 10 + 9)).collect();
        times.extend((0..5).map(|n| (n * 10, n * 10 + 9)));
        let (starts, notes) = ordered(&times);
        assert_eq!(starts, times.iter().map(|(start, _)| *start).collect::<Vec<_>>());
        assert_eq!(notes, ["the clock starts again at 0:00:00 after 0:01:30; the order of the file was kept"]);
    }

    #[test]
    fn a_long_silence_is_told_with_its_place() {
        assert_eq!(ordered(&[(0, 10), (80, 90)]).1, ["nobody speaks from 0:00:10 to 0:01:20"]);
        assert!(ordered(&[(0, 10), (70, 90)]).1.is_empty());
    }

    #[test]
    fn an_end_before_the_start_is_left_out() {
        assert_eq!(ordered(&[(5, 1)]).1, ["this cue ends before it starts; its end was left out"]);
    }
}
