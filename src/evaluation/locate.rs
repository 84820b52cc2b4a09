//! Finds which utterances ask which question and which of the candidate's utterances answer it. Pure: works on
//! similarities that were computed before.
//!
//! The interview is cut into exchanges (what the interviewer says, then what the candidate says to it). Each exchange
//! starts a question, goes on with the one before, or belongs to none; the best sequence of these is found by dynamic
//! programming. Wording of the ask and content of the answer both count, so a paraphrase that is far from the
//! rubric's words is still found by what was said to it.

use super::roles::asks_something;
use super::speech::{asks_to_repeat, closes, declines, is_backchannel, only_fills_time};
use crate::domain::{CharSpan, Flag, Status, Transcript, Voice, words};

/// How near a text is to one question of the rubric: cosine similarities, the highest over the question's texts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Near {
    /// To the wordings of the question.
    pub ask: f32,
    /// To its follow-ups.
    pub follow_up: f32,
    /// To its ideal answers and criteria.
    pub content: f32,
}

/// One or two neighbouring sentences of the interviewer's.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window {
    /// The utterances it reaches over, first and last.
    pub utterances: (usize, usize),
    /// One entry for each question.
    pub near: Vec<Near>,
}

/// A sentence of the candidate's.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Heard {
    pub utterance: usize,
    pub span: CharSpan,
    pub words: usize,
    /// Whether it speaks to whoever scores.
    pub aimed: bool,
    /// One entry for each question.
    pub near: Vec<Near>,
}

/// Where one question was asked and answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Located {
    pub status: Status,
    pub asked_at: Vec<usize>,
    pub answer: Vec<usize>,
    pub flags: Vec<Flag>,
}

/// What the interviewer says and what the candidate says to it, as utterances of the transcript.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Exchange {
    pub asks: Vec<usize>,
    pub replies: Vec<usize>,
}

/// A linear-chain conditional random field over the exchanges, fitted by maximum likelihood (L2 of 0.01) to interviews
/// written for this (tests/fixtures/interviews: backend and data-analyst) and, with a hundredth of the weight, to
/// interviews about other jobs in which none of the questions is asked; support-lead was kept out. An exchange that
/// belongs to no question scores 0.
mod weigh {
    /// In the order of `Seen::starts`.
    pub(super) const STARTS: [f32; 13] =
        [-8.78, 13.40, 7.09, 4.82, -0.61, 5.77, 12.32, 15.08, 2.80, -1.59, -3.00, -5.83, 1.21];
    /// In the order of `Seen::goes_on`.
    pub(super) const GOES_ON: [f32; 13] =
        [1.24, 6.60, 9.20, 1.12, 5.01, 8.85, 2.33, 2.66, -0.95, -3.97, -2.10, -12.64, -0.15];
    /// A question is asked again only in words this near to it.
    pub(super) const AGAIN: f32 = 0.72;
    /// Two readings closer than this are said to be close.
    pub(super) const CLOSE: f32 = 1.0;
    /// What was never asked counts as volunteered from this similarity on, and this much nearer than what was asked.
    pub(super) const VOLUNTEERED: f32 = 0.58;
    pub(super) const NEARER: f32 = 0.08;
}

/// Cuts the interview into exchanges. Backchannels of the interviewer do not end an answer, and requests to repeat do
/// not end a question.
pub(super) fn exchanges(transcript: &Transcript, voice: &Voice) -> Vec<Exchange> {
    let mut out: Vec<Exchange> = vec![Exchange::default()];
    for (index, utterance) in transcript.utterances().iter().enumerate() {
        let Some(last) = out.last_mut() else { continue };
        if voice.speaks(index) {
            if !is_no_answer(&utterance.text) {
                last.replies.push(index);
            }
        } else if last.replies.is_empty() {
            last.asks.push(index);
        } else if !is_backchannel(&utterance.text) {
            out.push(Exchange { asks: vec![index], replies: vec![] });
        }
    }
    out
}

fn is_no_answer(text: &str) -> bool {
    is_backchannel(text) || asks_to_repeat(text) || only_fills_time(text)
}

/// What an exchange is taken to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Nothing,
    Starts(usize),
    GoesOn(usize),
}

/// Locates every question; `windows` and `heard` in the order of the transcript.
pub(super) fn locate(
    transcript: &Transcript,
    exchanges: &[Exchange],
    windows: &[Window],
    heard: &[Heard],
    questions: usize,
) -> Vec<Located> {
    let scored: Vec<Scored> =
        exchanges.iter().map(|e| Scored::of(&Seen::new(transcript, e, windows, heard, questions))).collect();
    let readings = single_readings(scored.iter().map(|s| s.start.clone()).collect(), &scored, questions);
    let mut located: Vec<Located> =
        (0..questions).map(|q| put_together(transcript, q, exchanges, &scored, &readings, windows)).collect();
    for (q, located) in located.iter_mut().enumerate().filter(|(_, l)| l.status == Status::NotAsked) {
        let volunteered = volunteered(q, exchanges, &readings, heard);
        if !volunteered.is_empty() {
            located.status = Status::Volunteered;
            located.answer = volunteered;
        }
    }
    located
}

/// An exchange with what speaks for each question.
struct Scored {
    start: Vec<f32>,
    go_on: Vec<f32>,
    ask: Vec<f32>,
}

impl Scored {
    fn of(seen: &Seen) -> Self {
        let score = |features: [f32; 13], weights: [f32; 13]| features.iter().zip(weights).map(|(f, w)| f * w).sum();
        let questions = seen.near.len();
        Self {
            start: (0..questions).map(|q| score(seen.starts(q), weigh::STARTS)).collect(),
            go_on: (0..questions).map(|q| score(seen.goes_on(q), weigh::GOES_ON)).collect(),
            ask: seen.near.iter().map(|near| near.ask).collect(),
        }
    }
}

/// What can be seen of an exchange: similarities to each question, and its manner, whatever the question. Similarities
/// are cosines; "stands out" means above the mean of the nearest eight questions.
struct Seen {
    near: Vec<Near>,
    ask_stands_out: Vec<f32>,
    matter_stands_out: Vec<f32>,
    /// Of the answer; both 0 where there is none.
    content: Vec<f32>,
    content_stands_out: Vec<f32>,
    asks: bool,
    ask_words: usize,
    reply_words: usize,
    replied: bool,
    closes: bool,
}

impl Seen {
    fn new(
        transcript: &Transcript,
        exchange: &Exchange,
        windows: &[Window],
        heard: &[Heard],
        questions: usize,
    ) -> Self {
        let mut near = vec![Near::default(); questions];
        for window in windows.iter().filter(|w| within(&exchange.asks, w.utterances)) {
            for (best, found) in near.iter_mut().zip(&window.near) {
                best.ask = best.ask.max(found.ask);
                best.follow_up = best.follow_up.max(found.follow_up);
                best.content = best.content.max(found.content);
            }
        }
        let text = |places: &[usize]| {
            let said: Vec<&str> = places.iter().map(|i| transcript.utterances()[*i].text.as_str()).collect();
            said.join(" ")
        };
        let asked = text(&exchange.asks);
        let content = content(exchange, heard, questions);
        let replied = !exchange.replies.is_empty();
        let where_replied = |values: Vec<f32>| if replied { values } else { vec![0.0; questions] };
        Self {
            ask_stands_out: standing_out(&near.iter().map(|n| n.ask).collect::<Vec<_>>()),
            matter_stands_out: standing_out(&near.iter().map(|n| n.content).collect::<Vec<_>>()),
            content_stands_out: where_replied(standing_out(&content)),
            content: where_replied(content.iter().map(|c| c - 0.3).collect()),
            near,
            asks: asks_something(&asked),
            ask_words: asked.split_whitespace().count(),
            reply_words: words(&text(&exchange.replies)).count(),
            replied,
            closes: closes(&asked),
        }
    }

    fn starts(&self, q: usize) -> [f32; 13] {
        let [short_ask, long_ask, short_reply, no_reply, asks, closes, _] = self.manner();
        [
            1.0,
            self.near[q].ask,
            (self.near[q].ask - 0.45).max(0.0),
            self.ask_stands_out[q],
            self.matter_stands_out[q],
            self.near[q].content - 0.3,
            self.content_stands_out[q],
            self.content[q],
            asks,
            no_reply,
            closes,
            short_reply,
            long_ask - short_ask,
        ]
    }

    fn goes_on(&self, q: usize) -> [f32; 13] {
        let [short_ask, long_ask, short_reply, no_reply, asks, closes, chat] = self.manner();
        [
            1.0,
            self.content_stands_out[q],
            self.content[q],
            self.matter_stands_out[q],
            (self.near[q].follow_up - 0.2).max(0.0),
            self.near[q].ask - 0.3,
            asks,
            short_ask,
            chat,
            closes,
            short_reply,
            long_ask,
            no_reply,
        ]
    }

    /// A short question, how long it is, a short answer, none, something asked, an end announced, a remark and a few
    /// words back.
    fn manner(&self) -> [f32; 7] {
        let when = |holds: bool| f32::from(u8::from(holds));
        [
            when(self.asks && self.ask_words <= 14),
            self.ask_words.min(60) as f32 / 30.0,
            when(self.replied && self.reply_words < 12),
            when(!self.replied),
            when(self.asks),
            when(self.closes),
            when(!self.asks && self.reply_words < 8),
        ]
    }
}

/// Each value less the mean of the highest eight.
fn standing_out(values: &[f32]) -> Vec<f32> {
    let mut top = values.to_vec();
    top.sort_by(|a, b| b.total_cmp(a));
    top.truncate(8);
    let mean = top.iter().sum::<f32>() / top.len().max(1) as f32;
    values.iter().map(|value| value - mean).collect()
}

fn within(asks: &[usize], (first, last): (usize, usize)) -> bool {
    asks.contains(&first) && asks.contains(&last)
}

/// For each question, the mean similarity of the three sentences of the answer that are nearest to it.
fn content(exchange: &Exchange, heard: &[Heard], questions: usize) -> Vec<f32> {
    let said: Vec<&Heard> = heard.iter().filter(|h| exchange.replies.contains(&h.utterance)).collect();
    (0..questions)
        .map(|q| {
            let mut near: Vec<f32> = said.iter().map(|h| h.near[q].content).collect();
            near.sort_by(|a, b| b.total_cmp(a));
            near.truncate(3);
            if near.is_empty() { 0.0 } else { near.iter().sum::<f32>() / near.len() as f32 }
        })
        .collect()
}

/// The best sequence in which no question starts twice, unless it is put again in words that are near to it: of
/// several starts the likeliest stands, and the others are read anew without it.
fn single_readings(mut start: Vec<Vec<f32>>, scored: &[Scored], questions: usize) -> Vec<Reading> {
    loop {
        let readings = best_readings(&start, scored, questions);
        let again: Vec<(usize, usize)> =
            (0..questions).flat_map(|q| weaker_starts(q, &readings, &start, scored)).collect();
        if again.is_empty() {
            return readings;
        }
        for (at, q) in again {
            start[at][q] = f32::NEG_INFINITY;
        }
    }
}

/// Exchanges that start `q` a second time in words that are not near to it, other than the likeliest.
fn weaker_starts(q: usize, readings: &[Reading], start: &[Vec<f32>], scored: &[Scored]) -> Vec<(usize, usize)> {
    let starts = || (0..readings.len()).filter(|at| readings[*at] == Reading::Starts(q));
    let best = starts().max_by(|a, b| start[*a][q].total_cmp(&start[*b][q]));
    starts().filter(|at| Some(*at) != best && scored[*at].ask[q] < weigh::AGAIN).map(|at| (at, q)).collect()
}

/// The sequence of readings with the highest total score, by dynamic programming over (exchange, question going on).
fn best_readings(start: &[Vec<f32>], scored: &[Scored], questions: usize) -> Vec<Reading> {
    // State q: the exchange belongs to question q; the last state: it belongs to none.
    let none = questions;
    let mut totals = vec![f32::MIN; questions + 1];
    totals[none] = 0.0;
    let mut from: Vec<Vec<(usize, Reading)>> = Vec::with_capacity(scored.len());
    for (start, exchange) in start.iter().zip(scored) {
        let best = arg_max(&totals);
        let mut next = Vec::with_capacity(questions + 1);
        let mut came = Vec::with_capacity(questions + 1);
        for q in 0..questions {
            let starts = totals[best] + start[q];
            let goes_on = totals[q] + exchange.go_on[q];
            if goes_on > starts {
                next.push(goes_on);
                came.push((q, Reading::GoesOn(q)));
            } else {
                next.push(starts);
                came.push((best, Reading::Starts(q)));
            }
        }
        next.push(totals[best]);
        came.push((best, Reading::Nothing));
        totals = next;
        from.push(came);
    }
    let mut state = arg_max(&totals);
    let mut readings = vec![Reading::Nothing; scored.len()];
    for (at, came) in from.iter().enumerate().rev() {
        let (before, reading) = came[state];
        readings[at] = reading;
        state = before;
    }
    readings
}

fn arg_max(values: &[f32]) -> usize {
    (0..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

fn put_together(
    transcript: &Transcript,
    q: usize,
    exchanges: &[Exchange],
    scored: &[Scored],
    readings: &[Reading],
    windows: &[Window],
) -> Located {
    let mut asked_at = Vec::new();
    let mut answer = Vec::new();
    let mut flags = Vec::new();
    let mut answered_before = false;
    for (at, reading) in readings.iter().enumerate() {
        match reading {
            Reading::Starts(s) if *s == q => {
                asked_at.extend(asking(q, &exchanges[at], scored[at].ask[q], windows));
                if answered_before {
                    flags.push(Flag::AskedAgain);
                }
                if is_close(q, &scored[at]) {
                    flags.push(Flag::UnsureLocation);
                }
            }
            Reading::GoesOn(g) if *g == q => {}
            _ => continue,
        }
        answered_before |= !exchanges[at].replies.is_empty();
        answer.extend(exchanges[at].replies.iter().copied());
    }
    flags.sort_unstable();
    flags.dedup();
    let says_nothing = answer.iter().all(|i| declines(&transcript.utterances()[*i].text));
    let status = match (asked_at.is_empty(), says_nothing) {
        (true, _) => Status::NotAsked,
        (false, true) => Status::NotAnswered,
        (false, false) => Status::Answered,
    };
    if status != Status::Answered {
        answer.clear();
    }
    Located { status, asked_at, answer, flags }
}

/// The utterances of an exchange that put the question: those of the nearest window, and of others nearly as near.
fn asking(q: usize, exchange: &Exchange, nearest: f32, windows: &[Window]) -> Vec<usize> {
    let inside = windows.iter().filter(|w| within(&exchange.asks, w.utterances));
    let near = inside.filter(|w| w.near[q].ask >= nearest || (w.near[q].ask >= nearest - 0.12 && w.near[q].ask >= 0.5));
    let mut found: Vec<usize> = near.flat_map(|w| [w.utterances.0, w.utterances.1]).collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn is_close(q: usize, exchange: &Scored) -> bool {
    exchange.start.iter().enumerate().any(|(other, score)| other != q && *score > exchange.start[q] - weigh::CLOSE)
}

/// Utterances that answer `q` although nobody asked: at least two sentences much nearer to it than to what was asked.
fn volunteered(q: usize, exchanges: &[Exchange], readings: &[Reading], heard: &[Heard]) -> Vec<usize> {
    let about = |sentence: &Heard| {
        exchanges.iter().zip(readings).find(|(e, _)| e.replies.contains(&sentence.utterance)).is_some_and(
            |(_, reading)| {
                let asked = match reading {
                    Reading::Starts(other) | Reading::GoesOn(other) => sentence.near[*other].content,
                    Reading::Nothing => 0.0,
                };
                let near = sentence.near[q].content;
                let best = sentence.near.iter().map(|n| n.content).fold(0.0, f32::max);
                near >= weigh::VOLUNTEERED && near >= asked + weigh::NEARER && near >= best
            },
        )
    };
    let found: Vec<&Heard> = heard.iter().filter(|sentence| about(sentence)).collect();
    if found.len() < 2 || found.iter().map(|h| h.words).sum::<usize>() < 20 {
        return Vec::new();
    }
    let mut utterances: Vec<usize> = found.iter().map(|h| h.utterance).collect();
    utterances.dedup();
    utterances
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(start: &[f32], go_on: &[f32]) -> Scored {
        Scored { start: start.to_vec(), go_on: go_on.to_vec(), ask: vec![0.0; start.len()] }
    }

    fn read(scored: &[Scored], questions: usize) -> Vec<Reading> {
        single_readings(scored.iter().map(|s| s.start.clone()).collect(), scored, questions)
    }

    #[test]
    fn a_question_starts_once_where_it_is_likeliest() {
        let readings = read(&[scored(&[2.0, 1.5], &[-1.0, -1.0]), scored(&[4.0, -1.0], &[-1.0, -1.0])], 2);
        assert_eq!(readings, [Reading::Starts(1), Reading::Starts(0)]);
    }

    #[test]
    fn a_follow_up_goes_on_with_the_question_before_it() {
        let readings = read(
            &[scored(&[2.0, -1.0], &[0.0, 0.0]), scored(&[-1.0, -1.0], &[1.9, 0.1]), scored(&[-2.0, 3.0], &[0.5, 0.5])],
            2,
        );
        assert_eq!(readings, [Reading::Starts(0), Reading::GoesOn(0), Reading::Starts(1)]);
    }

    #[test]
    fn small_talk_belongs_to_no_question() {
        let readings = read(&[scored(&[-2.0], &[0.0]), scored(&[2.0], &[0.0]), scored(&[-1.0], &[-0.3])], 1);
        assert_eq!(readings, [Reading::Nothing, Reading::Starts(0), Reading::Nothing]);
    }
}
