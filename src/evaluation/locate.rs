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

/// Weights of the reading, fitted by random search to interviews written for this (tests/fixtures/interviews: backend
/// and data-analyst; support-lead was kept out). Similarities are cosines; "stands out" means above the mean of the
/// nearest eight questions.
mod weigh {
    /// An ask this similar to a question's wording speaks neither for nor against it.
    pub(super) const ASK_NEUTRAL: f32 = 0.278;
    pub(super) const ASK: f32 = 16.0;
    /// How far the wording stands out for this question.
    pub(super) const ASK_STANDS_OUT: f32 = 1.68;
    /// How far the ask's similarity to what is hoped for stands out: a paraphrase often speaks of the answer's matter.
    pub(super) const MATTER: f32 = 10.2;
    pub(super) const MATTER_GOING_ON: f32 = 6.1;
    /// How far the answer's similarity to what is hoped for stands out.
    pub(super) const CONTENT: f32 = 18.1;
    pub(super) const CONTENT_GOING_ON: f32 = 5.7;
    pub(super) const FOLLOW_UP_NEUTRAL: f32 = 0.2;
    pub(super) const FOLLOW_UP: f32 = 6.0;
    /// For going on, and against starting, when nothing is asked.
    pub(super) const NO_ASK: f32 = 0.35;
    pub(super) const GOING_ON: f32 = 0.244;
    /// A short question after an answer usually follows it up.
    pub(super) const SHORT_ASK: f32 = 0.73;
    pub(super) const SHORT_ASK_WORDS: usize = 14;
    /// A remark and a few words back are chat.
    pub(super) const CHAT: f32 = 1.46;
    pub(super) const CHAT_WORDS: usize = 8;
    /// "Do you have any questions for me?" goes on with nothing.
    pub(super) const CLOSING: f32 = 3.1;
    /// An ask that got no answer.
    pub(super) const NO_REPLY: f32 = -0.27;
    /// An exchange that belongs to no question.
    pub(super) const NONE: f32 = 1.1;
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
    let scored: Vec<Scored> = exchanges.iter().map(|e| Scored::new(transcript, e, windows, heard, questions)).collect();
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
        let ask: Vec<f32> = near.iter().map(|n| n.ask).collect();
        let wording = standing_out(&ask);
        let matter = standing_out(&near.iter().map(|n| n.content).collect::<Vec<_>>());
        let answered = standing_out(&content(exchange, heard, questions));
        let manner = Manner::of(transcript, exchange);
        let start = |q: usize| {
            weigh::ASK * (ask[q] - weigh::ASK_NEUTRAL)
                + weigh::ASK_STANDS_OUT * wording[q]
                + weigh::MATTER * matter[q]
                + weigh::CONTENT * answered[q]
                + manner.start
        };
        let go_on = |q: usize| {
            weigh::CONTENT_GOING_ON * answered[q]
                + weigh::MATTER_GOING_ON * matter[q]
                + weigh::FOLLOW_UP * (near[q].follow_up - weigh::FOLLOW_UP_NEUTRAL).max(0.0)
                + manner.go_on
        };
        Self { start: (0..questions).map(start).collect(), go_on: (0..questions).map(go_on).collect(), ask }
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

/// What the manner of an exchange says, whatever the question.
struct Manner {
    start: f32,
    go_on: f32,
}

impl Manner {
    fn of(transcript: &Transcript, exchange: &Exchange) -> Self {
        let text = |places: &[usize]| {
            let said: Vec<&str> = places.iter().map(|i| transcript.utterances()[*i].text.as_str()).collect();
            said.join(" ")
        };
        let asked = text(&exchange.asks);
        let asks = asks_something(&asked);
        let reply_words = words(&text(&exchange.replies)).count();
        let when = |holds: bool, weight: f32| if holds { weight } else { 0.0 };
        Self {
            start: when(exchange.replies.is_empty(), weigh::NO_REPLY) - when(!asks, weigh::NO_ASK),
            go_on: weigh::GOING_ON
                + when(!asks, weigh::NO_ASK)
                + when(asks && asked.split_whitespace().count() <= weigh::SHORT_ASK_WORDS, weigh::SHORT_ASK)
                - when(!asks && reply_words < weigh::CHAT_WORDS, weigh::CHAT)
                - when(closes(&asked), weigh::CLOSING),
        }
    }
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
        next.push(totals[best] + weigh::NONE);
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
