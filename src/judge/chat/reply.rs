//! What a model may write, and what it wrote: the JSON schema, reading a reply strictly or with tolerance, and the
//! distribution over the scores that its log probabilities tell.
//!
//! A schema can fail open, so every reply is checked again here. What is not right is a complaint for the model; no
//! number is ever moved into range and no verdict made up.

use super::prompt::neutral;
use super::{Brief, TokenLogProb};
use crate::domain::{CriterionKind, Question, QuoteClaim, Scale, Verdict, VerdictClaim, find_words};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Longest quotation and longest sentence of reasons that a schema allows, in characters. Unbounded strings run on until
/// the reply is cut.
const WORDS_AT_MOST: usize = 400;
const QUOTES_AT_MOST: usize = 3;
/// What of a reason is kept, in characters.
const KEPT_AT_MOST: usize = 600;

/// The JSON schema of a reply. The order of its keys is the order in which a model writes: words before verdict, score
/// last.
pub(super) fn schema(question: &Question, scale: &Scale, bounds: bool) -> Value {
    let text =
        |most: usize| if bounds { json!({"type": "string", "maxLength": most}) } else { json!({"type": "string"}) };
    let mut quotes = json!({
        "type": "array",
        "items": object(&[("sentence", json!({"type": "integer"})), ("words", text(WORDS_AT_MOST))]),
    });
    if bounds {
        quotes["maxItems"] = json!(QUOTES_AT_MOST);
    }
    let verdicts = |kind| match kind {
        CriterionKind::ListenFor => json!({"type": "string", "enum": ["met", "partly", "contradicted", "not_met"]}),
        CriterionKind::RedFlag => json!({"type": "string", "enum": ["met", "not_met"]}),
    };
    let criterion = |kind| object(&[("quotes", quotes.clone()), ("verdict", verdicts(kind))]);
    let definitions = json!({
        "listen_for": criterion(CriterionKind::ListenFor),
        "red_flag": criterion(CriterionKind::RedFlag),
    });
    let criteria: Vec<(&str, Value)> = question
        .criteria
        .iter()
        .map(|criterion| {
            let definition = match criterion.kind {
                CriterionKind::ListenFor => "#/$defs/listen_for",
                CriterionKind::RedFlag => "#/$defs/red_flag",
            };
            (criterion.id.as_str(), json!({"$ref": definition}))
        })
        .collect();
    let scores: Vec<i32> = scale.scores().collect();
    let mut schema = object(&[
        ("criteria", object(&criteria)),
        ("missing", text(WORDS_AT_MOST)),
        ("reason", text(WORDS_AT_MOST)),
        ("score", json!({"type": "integer", "enum": scores})),
    ]);
    schema["$defs"] = definitions;
    schema
}

/// An object that has all of these keys, in this order, and no others.
pub(super) fn object(properties: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> =
        properties.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// A reply that has been read and checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Judgement {
    pub criteria: Vec<VerdictClaim>,
    pub missing: String,
    pub reason: String,
    pub score: i32,
    /// Whether the JSON had to be found or its shape mended.
    pub mended: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    criteria: BTreeMap<String, WrittenCriterion>,
    missing: String,
    reason: String,
    score: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCriterion {
    quotes: Vec<WrittenQuote>,
    verdict: Verdict,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenQuote {
    sentence: i64,
    words: String,
}

/// Reads what a model wrote about `brief`.
///
/// # Errors
/// What is wrong with it, in words that the model can be told.
pub(super) fn read(content: &str, brief: &Brief) -> Result<Judgement, String> {
    let (written, mended) = match serde_json::from_str::<Written>(content.trim()) {
        Ok(written) => (written, false),
        Err(strict) => (found_in(content).map_err(|none| none.unwrap_or_else(|| strict.to_string()))?, true),
    };
    checked(written, mended, brief)
}

fn checked(mut written: Written, mended: bool, brief: &Brief) -> Result<Judgement, String> {
    let scale = &brief.scale;
    let score = i32::try_from(written.score).ok().filter(|score| scale.scores().any(|s| s == *score));
    let score = score.ok_or_else(|| {
        format!("the score {} is not on the scale from {} to {}", written.score, scale.min(), scale.max())
    })?;
    let mut criteria = Vec::new();
    for criterion in &brief.question.criteria {
        let entry = written.criteria.remove(&criterion.id);
        let entry = entry.ok_or_else(|| format!("the criterion {:?} is missing", criterion.id))?;
        let quotes = entry.quotes.into_iter().take(2 * QUOTES_AT_MOST).map(|quote| spoken(quote, brief)).collect();
        criteria.push(VerdictClaim { criterion: criterion.id.clone(), verdict: entry.verdict, quotes });
    }
    if let Some(unknown) = written.criteria.keys().next() {
        return Err(format!("there is no criterion {:?}", short(unknown, 60)));
    }
    let (missing, reason) = (short(&written.missing, KEPT_AT_MOST), short(&written.reason, KEPT_AT_MOST));
    Ok(Judgement { criteria, missing, reason, score, mended })
}

/// The quotation in the words of the sentence as it was handed to the judge: what was made neutral for the prompt is
/// turned back.
fn spoken(quote: WrittenQuote, brief: &Brief) -> QuoteClaim {
    let mut words = quote.words;
    let sentence = usize::try_from(quote.sentence).ok().and_then(|n| brief.sentences.get(n.checked_sub(1)?));
    if let Some(sentence) = sentence
        && find_words(&sentence.text, &words).is_none()
    {
        let (shown, places) = neutral(&sentence.text);
        if let Some(span) = find_words(&shown, &words) {
            let (from, to) = (places[span.start], places[span.end - 1]);
            words = sentence.text.chars().skip(from).take(to + 1 - from).collect();
        }
    }
    QuoteClaim { sentence: quote.sentence, words: short(&words, 2 * KEPT_AT_MOST) }
}

pub(super) fn short(text: &str, most: usize) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(most).collect()
}

/// The one object in `content` that has the shape of a reply, however it is wrapped and however loosely it is written.
/// `None` as an error when there is none.
fn found_in(content: &str) -> Result<Written, Option<String>> {
    // What a model thinks aloud is no reply.
    let content = content.rsplit_once("</think>").map_or(content, |(_, rest)| rest);
    let mut replies: Vec<Value> = Vec::new();
    for object in objects(content) {
        if object.get("criteria").is_some() && object.get("score").is_some() && !replies.contains(&object) {
            replies.push(object);
        }
    }
    match replies.as_slice() {
        [] => Err(None),
        [one] => loosely(one).map_err(Some),
        _ => Err(Some("it holds several JSON objects, and one is wanted".to_owned())),
    }
}

/// The JSON objects that stand in a text, outermost ones only.
pub(super) fn objects(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let mut stream = serde_json::Deserializer::from_str(&rest[start..]).into_iter::<Value>();
        let next = match stream.next() {
            Some(Ok(value)) => {
                found.push(value);
                start + stream.byte_offset()
            }
            _ => start + 1,
        };
        rest = &rest[next..];
    }
    found
}

fn loosely(reply: &Value) -> Result<Written, String> {
    let entries: Vec<(String, &Value)> = match &reply["criteria"] {
        Value::Object(map) => map.iter().map(|(id, entry)| (id.clone(), entry)).collect(),
        Value::Array(list) => {
            let id =
                |entry: &Value| entry.get("id").or(entry.get("criterion")).and_then(Value::as_str).map(str::to_owned);
            list.iter().filter_map(|entry| Some((id(entry)?, entry))).collect()
        }
        _ => return Err("\"criteria\" is no object".into()),
    };
    let mut criteria = BTreeMap::new();
    for (id, entry) in entries {
        let named = if entry.is_string() { entry } else { &entry["verdict"] };
        let named = named.as_str().unwrap_or_default().trim().to_lowercase().replace([' ', '-'], "_");
        let verdict = match named.as_str() {
            "met" => Verdict::Met,
            "partly" | "partly_met" | "partial" | "partially_met" => Verdict::Partly,
            "not_met" | "unmet" | "none" => Verdict::NotMet,
            "contradicted" => Verdict::Contradicted,
            _ => return Err(format!("the verdict of {:?} is none of those allowed", short(&id, 60))),
        };
        let quotes = entry.get("quotes").or(entry.get("quote")).map(quotes_of).unwrap_or_default();
        if criteria.insert(id.clone(), WrittenCriterion { quotes, verdict }).is_some() {
            return Err(format!("the criterion {:?} is there twice", short(&id, 60)));
        }
    }
    let whole = |number: f64| (number.fract() == 0.0 && number.abs() < 1e6).then_some(number as i64);
    let score = match &reply["score"] {
        Value::Number(number) => number.as_f64().and_then(whole),
        Value::String(text) => text.trim().parse().ok().and_then(whole),
        _ => None,
    };
    let score = score.ok_or("the score is no whole number")?;
    let text = |key: &str| reply.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Written { criteria, missing: text("missing"), reason: text("reason"), score })
}

fn quotes_of(value: &Value) -> Vec<WrittenQuote> {
    let one = |quote: &Value| {
        let sentence = match &quote["sentence"] {
            Value::String(text) => text.trim_matches(['[', ']', ' ']).parse().ok(),
            number => number.as_i64(),
        };
        Some(WrittenQuote { sentence: sentence?, words: quote["words"].as_str()?.to_owned() })
    };
    match value {
        Value::Array(list) => list.iter().filter_map(one).collect(),
        single => one(single).into_iter().collect(),
    }
}

/// Probabilities of the scores of `scale`, lowest first, from the tokens of a reply; `None` where they do not tell.
///
/// Log probabilities are those before any grammar, so they are made to sum to 1 over the tokens that are scores.
pub(super) fn shares(content: &str, tokens: &[TokenLogProb], scale: &Scale) -> Option<Vec<f64>> {
    let (place, within) = score_token(content, tokens)?;
    let chosen = &tokens[place];
    let (before, rest) = chosen.token.split_at_checked(within)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(rest.len());
    let after = rest[digits..].trim();
    // A number of several tokens has no one place where all scores compete.
    if after.is_empty()
        && tokens.get(place + 1).is_some_and(|next| next.token.starts_with(|c: char| c.is_ascii_digit()))
    {
        return None;
    }
    let score_of = |token: &str| {
        let bare = token.trim().strip_prefix(before.trim())?.strip_suffix(after)?.trim();
        let place = bare.parse::<i32>().ok()?.checked_sub(scale.min())?;
        usize::try_from(place).ok().filter(|place| *place < scale.levels())
    };
    score_of(&chosen.token)?;
    let mut shares = vec![0.0; scale.levels()];
    let mut several_digits = false;
    let itself = (chosen.token.as_str(), chosen.logprob);
    let others = chosen.top_logprobs.iter().map(|t| (t.token.as_str(), t.logprob)).filter(|t| t.0 != chosen.token);
    for (token, logprob) in others.chain([itself]) {
        if let Some(place) = score_of(token) {
            shares[place] += logprob.min(0.0).exp();
            several_digits |= place as i32 + scale.min() >= 10;
        }
    }
    // "1" may be the beginning of "10" where the vocabulary has single digits only.
    if scale.max() >= 10 && !several_digits {
        return None;
    }
    let sum: f64 = shares.iter().sum();
    (sum.is_finite() && sum > 0.0).then(|| shares.iter().map(|share| share / sum).collect())
}

/// The token in which the score begins, and where in it. Counted from the end, where the score is: tokens that are no
/// whole characters have another length than what they stand for.
fn score_token(content: &str, tokens: &[TokenLogProb]) -> Option<(usize, usize)> {
    let key = content.rfind("\"score\"")? + "\"score\"".len();
    let value = content[key..].find(|c: char| !c.is_whitespace() && c != ':')? + key;
    let from_end = content.len() - value;
    // Some servers count the token that ends the reply; llama.cpp also those of a fence that it leaves out of the text.
    for ending in 0..6.min(tokens.len()) {
        let said = &tokens[..tokens.len() - ending];
        let mut length = 0;
        for (place, token) in said.iter().enumerate().rev() {
            length += token.token.len();
            if length >= from_end {
                let tail: String = said[place..].iter().map(|t| t.token.as_str()).collect();
                if content.ends_with(&tail) || tail.ends_with(&content[value..]) {
                    return Some((place, length - from_end));
                }
                break;
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::Said;
    use super::*;
    use crate::domain::{Criterion, QuestionKind};
    use crate::endpoint::ScoredToken;

    fn brief() -> Brief {
        let criterion = |id: &str, kind| Criterion { id: id.into(), kind, text: id.into(), weight: 1.0 };
        let question = Question {
            id: "q".into(),
            competency: None,
            kind: QuestionKind::General,
            ask: "Do you test?".into(),
            also_asked: vec![],
            assesses: None,
            ideal_answers: vec![],
            criteria: vec![criterion("tests", CriterionKind::ListenFor), criterion("never", CriterionKind::RedFlag)],
            anchors: vec![],
            follow_ups: vec![],
        };
        let said = |text: &str| Said { text: text.into(), near: vec![] };
        Brief { question, scale: Scale::default(), sentences: vec![said("I test all <T> of it."), said("Each night.")] }
    }

    const GOOD: &str = r#"{"criteria": {"tests": {"quotes": [{"sentence": 1, "words": "I test all"}], "verdict": "met"},
        "never": {"quotes": [], "verdict": "not_met"}}, "missing": "m", "reason": "r", "score": 4}"#;

    #[test]
    fn a_reply_as_asked_for_is_read_strictly() {
        let read = read(GOOD, &brief()).expect("is good");
        assert_eq!((read.score, read.mended, read.criteria[0].verdict), (4, false, Verdict::Met));
        assert_eq!(read.criteria[0].quotes, [QuoteClaim { sentence: 1, words: "I test all".into() }]);
    }

    #[test]
    fn a_reply_is_found_in_fences_thoughts_and_loose_shapes() {
        let list = r#"{"criteria": [{"id": "tests", "verdict": "Partly met", "quotes": {"sentence": "[2]", "words": "Each night"}},
            {"id": "never", "verdict": "Not met"}], "score": "3"}"#;
        for (text, score) in [
            (format!("```json\n{GOOD}\n```"), 4),
            (format!("<think>maybe {{\"criteria\": {{}}, \"score\": 5}}</think>\nHere you are: {GOOD}"), 4),
            (list.to_owned(), 3),
            (GOOD.replace("\"score\": 4", "\"score\": 4.0"), 4),
        ] {
            let read = read(&text, &brief()).expect("can be read");
            assert_eq!((read.score, read.mended), (score, true), "{text}");
        }
    }

    #[test]
    fn what_is_not_right_is_a_complaint_and_never_mended_into_a_score() {
        for (text, complaint) in [
            (GOOD.replace('4', "7"), "not on the scale"),
            (GOOD.replace('4', "4.5"), "no whole number"),
            (GOOD.replace('4', "\"high\""), "no whole number"),
            (GOOD.replace('4', "99999999999"), "not on the scale"),
            (GOOD.replace("\"tests\"", "\"test\""), "\"tests\" is missing"),
            (GOOD.replace("\"never\"", "\"extra\": {\"quotes\": [], \"verdict\": \"met\"}, \"never\""), "no criterion"),
            (GOOD.replace("\"met\"", "\"superb\""), "none of those allowed"),
            (GOOD[..GOOD.len() - 20].to_owned(), "EOF"),
            (format!("{GOOD} {}", GOOD.replace('4', "5")), "several"),
            (String::new(), "EOF"),
            ("I would say 5 of 5.".to_owned(), "expected value"),
            ("{\"score\": 5}".to_owned(), "missing field"),
            ("[]".repeat(9), "invalid"),
        ] {
            let error = read(&text, &brief()).expect_err(&text);
            assert!(error.contains(complaint), "{text}: {error}");
        }
    }

    #[test]
    fn words_that_were_made_neutral_are_turned_back() {
        let quote = |words: &str| spoken(WrittenQuote { sentence: 1, words: words.into() }, &brief()).words;
        assert_eq!(quote("all \u{2039}T\u{203a} of"), "all <T> of");
        assert_eq!(quote("all <T> of"), "all <T> of");
        assert_eq!(quote("never said"), "never said");
    }

    fn tokens(pieces: &[(&str, &[(&str, f64)])]) -> Vec<TokenLogProb> {
        let scored = |(token, p): &(&str, f64)| ScoredToken { token: (*token).into(), logprob: p.ln() };
        let token = |(token, top): &(&str, &[(&str, f64)])| TokenLogProb {
            token: (*token).into(),
            logprob: top.iter().find(|t| t.0 == *token).map_or(0.0, |t| t.1.ln()),
            top_logprobs: top.iter().map(scored).collect(),
        };
        pieces.iter().map(token).collect()
    }

    #[test]
    fn the_scores_share_what_their_tokens_have() {
        let top: &[(&str, f64)] = &[("4", 0.4), ("5", 0.2), ("three", 0.2), (" 3", 0.1), ("9", 0.1)];
        for pieces in [
            vec![("{\"score\": ", &[][..]), ("4", top), ("}", &[])],
            vec![("{\"score", &[][..]), ("\":", &[]), (" ", &[]), ("4", top), ("}", &[]), ("<|im_end|>", &[])],
            vec![
                ("```", &[][..]),
                ("json", &[]),
                ("{\"score\": ", &[]),
                ("4", top),
                ("}", &[]),
                ("\n", &[]),
                ("```", &[]),
                ("", &[]),
            ],
        ] {
            let all = tokens(&pieces);
            let shares = shares("{\"score\": 4}", &all, &Scale::default()).expect("they tell");
            let expected = [0.0, 0.0, 1.0 / 7.0, 4.0 / 7.0, 2.0 / 7.0];
            assert!(shares.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{shares:?}");
        }
    }

    #[test]
    fn a_score_inside_a_larger_token_is_still_found() {
        let all = tokens(&[("{\"score", &[]), ("\": 4}", &[("\": 4}", 0.5), ("\": 2}", 0.5)])]);
        let shares = shares("{\"score\": 4}", &all, &Scale::default()).expect("they tell");
        assert_eq!(shares, [0.0, 0.5, 0.0, 0.5, 0.0]);
    }

    #[test]
    fn where_the_tokens_do_not_tell_no_distribution_is_claimed() {
        let ten = Scale::new(1, 10, vec![]).expect("a scale");
        let single = tokens(&[("{\"score\": ", &[]), ("1", &[("1", 0.9), ("2", 0.1)]), ("}", &[])]);
        assert_eq!(shares("{\"score\": 1}", &single, &ten), None, "1 may be the beginning of 10");
        let split = tokens(&[("{\"score\": ", &[]), ("1", &[("1", 1.0)]), ("0", &[("0", 1.0)]), ("}", &[])]);
        assert_eq!(shares("{\"score\": 10}", &split, &ten), None);
        let whole = tokens(&[("{\"score\": ", &[]), ("1", &[("1", 0.5), ("10", 0.5)]), ("}", &[])]);
        assert!(shares("{\"score\": 1}", &whole, &ten).is_some());
        assert_eq!(shares("{\"score\": 1}", &[], &ten), None);
        let other = tokens(&[("quite another text of this length", &[]), ("1", &[("1", 1.0)])]);
        assert_eq!(shares("{\"score\": 4}", &other, &Scale::default()), None);
    }

    #[test]
    fn a_schema_names_every_criterion_and_puts_words_before_verdicts_and_the_score_last() {
        let text = schema(&brief().question, &Scale::default(), true).to_string();
        let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is missing"));
        assert!(at("\"tests\"") < at("\"missing\"") && at("\"missing\"") < at("\"score\""));
        assert!(at("\"quotes\"") < at("\"verdict\""));
        assert!(
            text.contains("maxLength")
                && !schema(&brief().question, &Scale::default(), false).to_string().contains("max")
        );
    }
}
