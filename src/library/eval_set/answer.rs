//! One line of `answers.jsonl`: the keys that it may have, and what each must hold.

use crate::domain::{Fault, GivenScore, LabelledAnswer, MarkedQuote, Question, Rubric, Verdict, find_words};
use crate::library::table::{one_of, shown};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

const KEYS: [&str; 8] = ["id", "question_id", "answer", "scores", "criteria", "evidence", "group", "candidate"];
const VERDICTS: [(&str, Verdict); 4] = [
    ("met", Verdict::Met),
    ("partly", Verdict::Partly),
    ("not_met", Verdict::NotMet),
    ("contradicted", Verdict::Contradicted),
];

/// Reads line after line and keeps what is wrong with each.
pub(super) struct Reader<'r> {
    rubric: Option<&'r Rubric>,
    seen: HashMap<String, usize>,
    answers: Vec<LabelledAnswer>,
    faults: Vec<Fault>,
}

impl<'r> Reader<'r> {
    pub(super) fn new(rubric: Option<&'r Rubric>) -> Self {
        Self { rubric, seen: HashMap::new(), answers: Vec::new(), faults: Vec::new() }
    }

    pub(super) fn done(self) -> (Vec<LabelledAnswer>, Vec<Fault>) {
        (self.answers, self.faults)
    }

    pub(super) fn line(&mut self, line: usize, text: &str) {
        let object = match serde_json::from_str(text) {
            Ok(Value::Object(object)) => object,
            Ok(_) => {
                let hint = "each line is `{\"id\": ..., \"question_id\": ..., \"answer\": ..., \"scores\": [...]}`";
                return self.faults.push(Fault::at(line, "this line is no JSON object", hint));
            }
            Err(error) => {
                let what = format!("this line is no JSON: {error}");
                return self.faults.push(Fault::at(line, what, "write each answer as one JSON object on one line"));
            }
        };
        let answer = Line { number: line, object: &object, rubric: self.rubric, faults: &mut self.faults }.answer();
        if !answer.id.is_empty() {
            if let Some(first) = self.seen.get(&answer.id) {
                let what = format!("a second answer has the id `{}`", shown(&answer.id));
                let hint = format!("the first is on line {first}; give each answer an id of its own");
                self.faults.push(Fault::at(line, what, hint));
            } else {
                self.seen.insert(answer.id.clone(), line);
            }
        }
        self.answers.push(answer);
    }
}

/// One line as it is being read.
struct Line<'a> {
    number: usize,
    object: &'a Map<String, Value>,
    rubric: Option<&'a Rubric>,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Line<'a> {
    fn fault(&mut self, what: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(Fault::at(self.number, what, hint));
    }

    fn answer(mut self) -> LabelledAnswer {
        for key in self.object.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            self.fault(format!("`{}` is not known here", shown(key)), one_of(key, &KEYS, "the keys are"));
        }
        let (id, question_id, answer) =
            (self.text("id", true), self.text("question_id", true), self.text("answer", true));
        let question = self.question(&question_id);
        let scores = self.scores();
        let criteria = self.criteria(question);
        let evidence = self.evidence(question, &answer);
        let candidate = Some(self.text("candidate", false)).filter(|name| !name.is_empty());
        LabelledAnswer { id, question_id, answer, scores, criteria, evidence, group: self.group(), candidate }
    }

    fn text(&mut self, key: &str, required: bool) -> String {
        match self.object.get(key) {
            Some(Value::String(text)) if !text.trim().is_empty() => return text.clone(),
            Some(Value::String(_)) => self.fault(format!("`{key}` is empty"), "write it, or take the line out"),
            Some(Value::Null) | None if !required => {}
            Some(Value::Null) | None => {
                self.fault(format!("the answer has no `{key}`"), format!("add `\"{key}\": \"...\"`"));
            }
            Some(_) => self.fault(format!("`{key}` is not a text"), "write it in quotation marks"),
        }
        String::new()
    }

    fn question(&mut self, id: &str) -> Option<&'a Question> {
        let rubric = self.rubric?;
        let found = rubric.question(id);
        if found.is_none() && !id.is_empty() {
            let known: Vec<&str> = rubric.questions.iter().map(|q| q.id.as_str()).collect();
            let what = format!("the rubric `{}` has no question `{}`", rubric.id, shown(id));
            self.fault(what, one_of(id, &known, "its questions are"));
        }
        found
    }

    fn scores(&mut self) -> Vec<GivenScore> {
        let given = match self.object.get("scores") {
            Some(Value::Array(given)) if !given.is_empty() => given,
            Some(Value::Array(_)) => {
                self.fault("nobody scored this answer", "add a score, or take the answer out");
                return vec![];
            }
            _ => {
                self.fault("the answer has no `scores`", "add `\"scores\": [{\"rater\": \"r1\", \"score\": 3}]`");
                return vec![];
            }
        };
        let mut scores: Vec<GivenScore> = Vec::new();
        for one in given {
            let rater = one.get("rater").and_then(Value::as_str).filter(|name| !name.trim().is_empty());
            let score = one.get("score").and_then(Value::as_f64).filter(|score| score.is_finite());
            let (Some(rater), Some(score)) = (rater, score) else {
                self.fault(
                    "a score is not of the form {rater, score}",
                    "write `{\"rater\": \"r1\", \"score\": 3}`, the score without quotes",
                );
                continue;
            };
            if scores.iter().any(|known| known.rater == rater) {
                let what = format!("rater `{}` scores this answer twice", shown(rater));
                self.fault(what, "keep one of the scores, or name the raters apart");
            }
            if let Some(scale) = self.rubric.map(|rubric| &rubric.scale)
                && !(f64::from(scale.min())..=f64::from(scale.max())).contains(&score)
            {
                let what = format!("the score {score} is off the scale of {} to {}", scale.min(), scale.max());
                self.fault(what, "correct it, or calibrate with a rubric that has the set's scale");
            }
            scores.push(GivenScore { rater: rater.to_owned(), score });
        }
        scores
    }

    fn criterion(&mut self, question: Option<&Question>, id: &str) {
        let Some(question) = question else { return };
        if !question.criteria.iter().any(|criterion| criterion.id == id) {
            let known: Vec<&str> = question.criteria.iter().map(|c| c.id.as_str()).collect();
            let what = format!("the question `{}` has no criterion `{}`", question.id, shown(id));
            self.fault(what, one_of(id, &known, "its criteria are"));
        }
    }

    fn criteria(&mut self, question: Option<&Question>) -> BTreeMap<String, Verdict> {
        let Some(value) = self.object.get("criteria").filter(|value| !value.is_null()) else { return BTreeMap::new() };
        let Value::Object(given) = value else {
            self.fault("`criteria` is no object", "write `\"criteria\": {\"criterion-id\": \"met\"}`");
            return BTreeMap::new();
        };
        let mut out = BTreeMap::new();
        for (id, verdict) in given {
            self.criterion(question, id);
            let name = verdict.as_str().unwrap_or_default();
            if let Some((_, verdict)) = VERDICTS.iter().find(|(known, _)| *known == name) {
                out.insert(id.clone(), *verdict);
            } else {
                let what = format!("`{}` is no verdict on `{}`", shown(&verdict.to_string()), shown(id));
                self.fault(what, "it is one of: met, partly, not_met, contradicted");
            }
        }
        out
    }

    fn evidence(&mut self, question: Option<&Question>, answer: &str) -> Vec<MarkedQuote> {
        let Some(value) = self.object.get("evidence").filter(|value| !value.is_null()) else { return vec![] };
        let Value::Array(given) = value else {
            self.fault("`evidence` is no list", "write `\"evidence\": [{\"criterion\": \"...\", \"quote\": \"...\"}]`");
            return vec![];
        };
        let mut out = Vec::new();
        for one in given {
            let text = |key: &str| one.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
            let (Some(criterion), Some(quote)) = (text("criterion"), text("quote")) else {
                self.fault("a piece of evidence is not of the form {criterion, quote}", "both are texts");
                continue;
            };
            self.criterion(question, criterion);
            if find_words(answer, quote).is_none() {
                let what = format!("the quotation `{}` does not stand in the answer", shown(quote));
                self.fault(what, "copy the words as they stand in `answer`");
            }
            out.push(MarkedQuote { criterion: criterion.to_owned(), quote: quote.to_owned() });
        }
        out
    }

    fn group(&mut self) -> BTreeMap<String, String> {
        let Some(value) = self.object.get("group").filter(|value| !value.is_null()) else { return BTreeMap::new() };
        let Value::Object(given) = value else {
            self.fault("`group` is no object", "write `\"group\": {\"attribute\": \"value\"}`");
            return BTreeMap::new();
        };
        let mut out = BTreeMap::new();
        for (attribute, value) in given {
            match value {
                Value::String(text) => drop(out.insert(attribute.clone(), text.clone())),
                Value::Number(_) | Value::Bool(_) => drop(out.insert(attribute.clone(), value.to_string())),
                Value::Null => {}
                _ => self.fault(format!("the group `{}` is no text", shown(attribute)), "name one group a person"),
            }
        }
        out
    }
}
