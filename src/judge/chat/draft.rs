//! Asks a chat model to propose the parts of a question that a guide leaves out. What comes back is checked for its
//! shape here, and is a proposal: it is for a person to make a rubric of it.

use super::prompt::{AROUND, Drafting, count, drafting, reask};
use super::reply::{object, objects, short};
use super::request::Form;
use super::{ChatJudge, Inner, JudgeError, Planned, request};
use crate::domain::{Message, Proposal, Question, Scale};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Longest text of a proposal, in characters.
const LONGEST: usize = 300;
/// Longest criterion, in words.
const CRITERION: usize = 25;

/// A question with parts missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The role that is interviewed for: the rubric's title.
    pub role: String,
    /// The question with what is known of it.
    pub question: Question,
    /// The scale that anchors are wanted for.
    pub scale: Scale,
}

impl Wanted {
    /// The parts that the question lacks; never an ideal answer.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let question = &self.question;
        [
            ("assesses", question.assesses.is_none()),
            ("also_asked", question.also_asked.is_empty()),
            ("listen_for", question.listen_fors().next().is_none()),
            ("red_flags", question.red_flags().next().is_none()),
            ("anchors", question.anchors.is_empty()),
        ]
        .into_iter()
        .filter_map(|(part, missing)| missing.then_some(part))
        .collect()
    }

    fn schema(bounds: bool) -> Value {
        let mut text = json!({"type": "string"});
        if bounds {
            text["maxLength"] = json!(LONGEST);
        }
        let list = json!({"type": "array", "items": text.clone()});
        object(&[
            ("assesses", text),
            ("also_asked", list.clone()),
            ("listen_for", list.clone()),
            ("red_flags", list.clone()),
            ("anchors", list),
        ])
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    assesses: String,
    also_asked: Vec<String>,
    listen_for: Vec<String>,
    red_flags: Vec<String>,
    anchors: Vec<String>,
}

/// Reads a reply; the complaint, in words that the model can be told, when it is of no use.
fn read(content: &str, wanted: &Wanted) -> Result<Proposal, String> {
    let content = content.rsplit_once("</think>").map_or(content, |(_, rest)| rest);
    let found = match objects(content).as_slice() {
        [one] => one.clone(),
        [] => return Err("it holds no JSON object".to_owned()),
        _ => return Err("it holds several JSON objects, and one is wanted".to_owned()),
    };
    let written: Written = serde_json::from_value(found).map_err(|error| error.to_string())?;
    let missing = wanted.missing();
    let texts = |part: &str, texts: Vec<String>, most: usize| -> Result<Vec<String>, String> {
        if !missing.contains(&part) {
            return Ok(vec![]);
        }
        let texts: Vec<String> =
            texts.iter().map(|text| short(text, LONGEST)).filter(|text| !text.is_empty()).collect();
        if texts.is_empty() || texts.len() > most {
            return Err(format!("{part:?} has {} texts, and 1 to {most} are wanted", texts.len()));
        }
        Ok(texts)
    };
    let proposal = Proposal {
        assesses: texts("assesses", vec![written.assesses], 1)?.pop(),
        also_asked: texts("also_asked", written.also_asked, 5)?,
        listen_for: texts("listen_for", written.listen_for, 6)?,
        red_flags: texts("red_flags", written.red_flags, 3)?,
        anchors: texts("anchors", written.anchors, wanted.scale.levels())?,
    };
    let long = |text: &&String| text.split_whitespace().count() > CRITERION;
    if let Some(text) = proposal.listen_for.iter().chain(&proposal.red_flags).find(long) {
        return Err(format!("the criterion {text:?} has more than {CRITERION} words"));
    }
    if missing.contains(&"anchors") && proposal.anchors.len() != wanted.scale.levels() {
        return Err(format!("there must be {} anchors, one for each score", wanted.scale.levels()));
    }
    Ok(proposal)
}

impl ChatJudge {
    /// What would be sent for each of `wanted`; nothing for a question that lacks nothing.
    #[must_use]
    pub fn plan_drafts(&self, wanted: &[Wanted]) -> Vec<Result<Planned, JudgeError>> {
        wanted
            .iter()
            .filter(|wanted| !wanted.missing().is_empty())
            .map(|wanted| self.inner.planned_draft(wanted))
            .collect()
    }

    /// One proposal for each of `wanted`, in their order; an empty one for a question that lacks nothing. `progress`
    /// hears how many are there.
    ///
    /// # Errors
    /// [`JudgeError`] in the place of a proposal that could not be had; the others stand.
    pub async fn drafts(
        &self,
        wanted: Vec<Wanted>,
        progress: &mut (dyn FnMut(usize) + Send),
    ) -> Vec<Result<Proposal, JudgeError>> {
        let mut drafts: Vec<Result<Proposal, JudgeError>> = wanted.iter().map(|_| Ok(Proposal::default())).collect();
        let mut tasks = JoinSet::new();
        for (place, wanted) in wanted.into_iter().enumerate().filter(|(_, wanted)| !wanted.missing().is_empty()) {
            let inner = Arc::clone(&self.inner);
            tasks.spawn(async move { (place, inner.draft(&wanted).await) });
        }
        let mut done = 0;
        while let Some(joined) = tasks.join_next().await {
            match joined {
                Ok((place, draft)) => drafts[place] = draft,
                Err(failed) => {
                    if let Ok(panic) = failed.try_into_panic() {
                        std::panic::resume_unwind(panic);
                    }
                }
            }
            done += 1;
            progress(done);
        }
        drafts
    }
}

impl Inner {
    fn planned_draft(&self, wanted: &Wanted) -> Result<Planned, JudgeError> {
        let schema = Wanted::schema;
        let (messages, tokens) = first_messages(wanted)?;
        let key = request::key(&self.settings, &form(&schema), &messages, 0);
        let words = |place: usize| messages.get(place).map(|message| message.content.clone()).unwrap_or_default();
        Ok(Planned {
            question: wanted.question.id.clone(),
            system: words(0),
            user: words(1),
            tokens,
            reply_tokens: self.settings.longest_reply,
            times: 1,
            kept: self.cache.as_ref().is_some_and(|cache| cache.has(&key)),
            left_out: 0,
        })
    }

    /// Asks, and once more with the complaint when the reply is of no use.
    async fn draft(&self, wanted: &Wanted) -> Result<Proposal, JudgeError> {
        let schema = Wanted::schema;
        let (mut messages, mut tokens) = first_messages(wanted)?;
        let mut complaint = String::new();
        for _ in 0..2 {
            let stored = self.reply(&form(&schema), &messages, tokens, 0).await?;
            if let Some(refusal) = stored.refusal {
                return Err(JudgeError::Refused(refusal));
            }
            match read(&stored.content, wanted) {
                Ok(proposal) => return Ok(proposal),
                Err(_) if stored.cut => complaint = "it is too long and was cut off; be shorter".into(),
                Err(what) => complaint = what,
            }
            let again = reask(&complaint)?;
            tokens += count(&stored.content) + count(&again);
            messages.push(Message { role: "assistant", content: stored.content });
            messages.push(Message { role: "user", content: again });
        }
        Err(JudgeError::Reply(complaint))
    }
}

fn form(schema: &(dyn Fn(bool) -> Value + Sync)) -> Form<'_> {
    Form { name: "draft", version: "earmark.draft/1", schema, scale: None }
}

fn first_messages(wanted: &Wanted) -> Result<(Vec<Message>, u64), JudgeError> {
    let missing = wanted.missing().join(", ");
    let words = drafting(&Drafting::of(wanted, &missing))?;
    let tokens =
        AROUND + words.iter().map(|words| count(words)).sum::<u64>() + count(&Wanted::schema(true).to_string());
    let [system, user] = words;
    Ok((vec![Message { role: "system", content: system }, Message { role: "user", content: user }], tokens))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::QuestionKind;

    fn wanted() -> Wanted {
        let question = Question {
            id: "q".into(),
            competency: None,
            kind: QuestionKind::General,
            ask: "Why do you test?".into(),
            also_asked: vec!["What are tests for?".into()],
            assesses: None,
            ideal_answers: vec![],
            criteria: vec![],
            anchors: vec![],
            follow_ups: vec![],
        };
        Wanted { role: "Tester".into(), question, scale: Scale::default() }
    }

    fn reply(anchors: usize, also: &str) -> String {
        json!({"assesses": "Whether tests serve a purpose.", "also_asked": [also], "listen_for": ["Names a fault that a test found"],
            "red_flags": ["Says tests are a waste"], "anchors": vec!["Says something."; anchors]})
        .to_string()
    }

    #[test]
    fn a_part_that_was_not_missing_is_not_taken() {
        let proposal = read(&reply(5, "Why test?"), &wanted()).expect("a good reply");
        assert_eq!(proposal.also_asked, Vec::<String>::new());
        assert_eq!(proposal.parts(), ["assesses", "listen_for", "red_flags", "anchors"]);
    }

    #[test]
    fn a_reply_of_the_wrong_shape_is_a_complaint() {
        assert!(read(&reply(4, ""), &wanted()).expect_err("four anchors").contains("5 anchors"));
        assert!(read("no", &wanted()).expect_err("no JSON").contains("no JSON object"));
        let with_answer = reply(5, "").replacen('{', "{\"ideal_answers\": [\"I test.\"],", 1);
        assert!(read(&with_answer, &wanted()).expect_err("an answer").contains("ideal_answers"));
    }
}
