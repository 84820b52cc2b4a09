//! The judge over the network: one request to a chat model for each question, and the claim that its reply makes.
//!
//! Hides prompt, schema, server quirks, retries of unusable replies, stored replies, limits and budget. What comes out is
//! a claim, checked for its shape and for nothing else: whether the candidate ever said the words is for `evaluation` to
//! find out. What goes in has been masked already.

mod budget;
mod cache;
mod draft;
mod prompt;
mod reply;
mod request;

pub use budget::{BudgetSettings, Price, Purse};
pub use draft::Wanted;

use super::JudgeError;
use crate::domain::{ChatClaim, Digest, Message, Question, ReplyMode, Scale, SharesFrom};
use crate::endpoint::{ChatReply, Endpoint, EndpointError, EndpointSettings, TokenLogProb, Usage};
use budget::Budget;
use cache::{Cache, Stored};
use prompt::Prompt;
use request::{Dialect, Form};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How a chat model is asked.
#[derive(Debug, Clone)]
pub struct ChatSettings {
    /// Where it is.
    pub endpoint: EndpointSettings,
    /// Its name.
    pub model: String,
    /// 0 takes the most probable words.
    pub temperature: f64,
    /// For servers that can repeat themselves.
    pub seed: i64,
    /// How many replies make the distribution where there are no log probabilities; 1 claims none.
    pub samples: u32,
    /// Tokens that a reply may have.
    pub longest_reply: u64,
    /// Tokens that prompt and reply may have together.
    pub context: u64,
    /// What a run may spend.
    pub budget: BudgetSettings,
    /// Whoever holds the budget where several processes share it; what a run may spend is then for it to know.
    pub purse: Option<Purse>,
    /// Where replies are kept between runs.
    pub cache: Option<PathBuf>,
    /// Whether to use kept replies alone and ask nobody.
    pub replay: bool,
}

impl ChatSettings {
    /// The defaults for a model: the most probable words, one sample, 32,768 tokens of context, no budget, no cache.
    #[must_use]
    pub fn of(endpoint: EndpointSettings, model: &str) -> Self {
        Self {
            endpoint,
            model: model.to_owned(),
            temperature: 0.0,
            seed: 1,
            samples: 1,
            longest_reply: 2_048,
            context: 32_768,
            budget: BudgetSettings::default(),
            purse: None,
            cache: None,
            replay: false,
        }
    }
}

/// A sentence of the candidate's, as it may leave the machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The words.
    pub text: String,
    /// How like each criterion of the question it is; decides what stays when not all fits.
    pub near: Vec<f32>,
}

/// What the model is told about one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Brief {
    /// The question with all that the rubric says of it.
    pub question: Question,
    /// The scale to score on.
    pub scale: Scale,
    /// The candidate's sentences in order; the first is number 1.
    pub sentences: Vec<Said>,
}

/// A request that would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The question's id.
    pub question: String,
    /// What all requests begin with.
    pub system: String,
    /// The rest.
    pub user: String,
    /// Tokens of the prompt, as o200k counts them.
    pub tokens: u64,
    /// Tokens that the reply may have at most.
    pub reply_tokens: u64,
    /// How many requests: the samples.
    pub times: u32,
    /// Whether the reply is kept already and costs nothing.
    pub kept: bool,
    /// Sentences that do not fit.
    pub left_out: usize,
}

/// A chat model that can be asked about answers.
pub struct ChatJudge {
    inner: Arc<Inner>,
}

struct Inner {
    settings: ChatSettings,
    endpoint: Endpoint,
    cache: Option<Cache>,
    budget: Budget,
    /// What the server turned out to understand.
    dialect: Mutex<Dialect>,
    /// One prompt is made at a time.
    making: Semaphore,
}

impl ChatJudge {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// [`JudgeError::Endpoint`] for settings that cannot be right, [`JudgeError::Model`] when the folder for replies
    /// cannot be made.
    pub fn new(settings: ChatSettings) -> Result<Self, JudgeError> {
        let endpoint = Endpoint::new(settings.endpoint.clone())?;
        let cache = settings.cache.as_deref().map(Cache::at).transpose();
        let cache = cache.map_err(|error| JudgeError::Model(format!("replies cannot be kept: {error}")))?;
        prompt::prepare_counting();
        let budget = Budget::new(settings.budget, settings.purse.clone());
        let dialect = Mutex::new(Dialect::full(endpoint.is_openai()));
        Ok(Self { inner: Arc::new(Inner { settings, endpoint, cache, budget, dialect, making: Semaphore::new(1) }) })
    }

    /// The model and where it is.
    #[must_use]
    pub fn model(&self) -> String {
        format!("{} at {}", self.inner.settings.model, self.inner.endpoint.url())
    }

    /// Asks the server again after it was given up.
    pub fn hope(&self) {
        self.inner.endpoint.hope();
    }

    /// The digest of the prompts' fixed words.
    #[must_use]
    pub fn prompt(&self) -> Digest {
        prompt::digest()
    }

    /// What would be sent for each of `briefs`.
    ///
    /// # Errors
    /// In the place of an answer that cannot be made to fit.
    #[must_use]
    pub fn plan(&self, briefs: &[Brief]) -> Vec<Result<Planned, JudgeError>> {
        briefs.iter().map(|brief| self.inner.planned(brief)).collect()
    }

    /// One claim for each of `briefs`, in their order; `progress` hears how many are there. Must be called within a
    /// Tokio runtime with timers and I/O.
    ///
    /// # Errors
    /// [`JudgeError`] in the place of a claim that could not be had; the others stand.
    pub async fn claims(
        &self,
        briefs: Vec<Brief>,
        progress: &mut (dyn FnMut(usize) + Send),
    ) -> Vec<Result<ChatClaim, JudgeError>> {
        let mut claims: Vec<Result<ChatClaim, JudgeError>> =
            briefs.iter().map(|_| Err(JudgeError::Model("it was not asked".into()))).collect();
        let mut tasks = JoinSet::new();
        for (place, brief) in briefs.into_iter().enumerate() {
            let inner = Arc::clone(&self.inner);
            tasks.spawn(async move { (place, inner.claim(&brief).await) });
        }
        let mut done = 0;
        while let Some(joined) = tasks.join_next().await {
            match joined {
                Ok((place, claim)) => claims[place] = claim,
                Err(failed) => {
                    if let Ok(panic) = failed.try_into_panic() {
                        std::panic::resume_unwind(panic);
                    }
                }
            }
            done += 1;
            progress(done);
        }
        claims
    }
}

/// A judgement with what it took.
struct Given {
    /// What the reply answers.
    messages: Vec<Message>,
    judgement: reply::Judgement,
    stored: Stored,
    cost: Usage,
}

impl Inner {
    fn prompt(&self, brief: &Brief) -> Result<Prompt, JudgeError> {
        let schema = reply::schema(&brief.question, &brief.scale, true).to_string();
        prompt::prompt(brief, &schema, self.settings.context.saturating_sub(self.settings.longest_reply))
    }

    fn planned(&self, brief: &Brief) -> Result<Planned, JudgeError> {
        let prompt = self.prompt(brief)?;
        let key = request::key(&self.settings, &form(brief, &schema(brief)), &messages(&prompt), 0);
        Ok(Planned {
            question: brief.question.id.clone(),
            tokens: prompt.tokens,
            reply_tokens: self.settings.longest_reply,
            times: self.settings.samples.max(1),
            kept: self.cache.as_ref().is_some_and(|cache| cache.has(&key)),
            left_out: prompt.left_out.len(),
            system: prompt.system,
            user: prompt.user,
        })
    }

    async fn claim(&self, brief: &Brief) -> Result<ChatClaim, JudgeError> {
        let prompt = {
            // Making a prompt is a millisecond or two of computing. Between two of them the runtime gets to send what is
            // ready; all of them at a stretch would hold up the first request for as long.
            let _turn = self.making.acquire().await;
            let prompt = self.prompt(brief)?;
            tokio::task::yield_now().await;
            prompt
        };
        let messages = messages(&prompt);
        let first = self.judgement(brief, &messages, prompt.tokens, 0).await?;
        let mut cost = first.cost;
        let mut shares = first.stored.shares.clone();
        let mut shares_from = shares.as_ref().map(|_| SharesFrom::LogProbabilities);
        if shares.is_none() && self.settings.samples > 1 {
            let mut scores = vec![first.judgement.score];
            for sample in 1..self.settings.samples {
                // A sample that cannot be had makes the distribution coarser, not wrong.
                if let Ok(next) = self.judgement(brief, &messages, prompt.tokens, sample).await {
                    cost.prompt_tokens += next.cost.prompt_tokens;
                    cost.completion_tokens += next.cost.completion_tokens;
                    scores.push(next.judgement.score);
                }
            }
            if scores.len() > 1 {
                let share = |score| scores.iter().filter(|s| **s == score).count() as f64 / scores.len() as f64;
                shares = Some(brief.scale.scores().map(share).collect());
                shares_from = Some(SharesFrom::Samples);
            }
        }
        let Given { messages, judgement, stored, .. } = first;
        Ok(ChatClaim {
            criteria: judgement.criteria,
            score: judgement.score,
            shares,
            shares_from,
            reason: judgement.reason,
            missing: judgement.missing,
            mode: if judgement.mended { ReplyMode::Tolerant } else { stored.mode },
            prompt: Digest::of_parts(messages.iter().map(|message| message.content.as_bytes())),
            messages,
            model: stored.model,
            prompt_tokens: cost.prompt_tokens,
            reply_tokens: cost.completion_tokens,
            left_out: prompt.left_out,
            reply: stored.content,
        })
    }

    /// Asks, and once more with the complaint when the reply is of no use.
    async fn judgement(
        &self,
        brief: &Brief,
        messages: &[Message],
        tokens: u64,
        sample: u32,
    ) -> Result<Given, JudgeError> {
        let mut messages = messages.to_vec();
        let mut tokens = tokens;
        let mut cost = Usage::default();
        let mut complaint = String::new();
        let schema = schema(brief);
        for _ in 0..2 {
            let stored = self.reply(&form(brief, &schema), &messages, tokens, sample).await?;
            cost.prompt_tokens += stored.prompt_tokens;
            cost.completion_tokens += stored.reply_tokens;
            if let Some(refusal) = stored.refusal {
                return Err(JudgeError::Refused(refusal));
            }
            match reply::read(&stored.content, brief) {
                Ok(judgement) => return Ok(Given { messages, judgement, stored, cost }),
                Err(_) if stored.content.trim().is_empty() => complaint = "it is empty".into(),
                Err(_) if stored.cut => complaint = "it is too long and was cut off; be shorter".into(),
                Err(what) => complaint = what,
            }
            let again = prompt::reask(&complaint)?;
            tokens += prompt::count(&stored.content) + prompt::count(&again);
            messages.push(Message { role: "assistant", content: stored.content });
            messages.push(Message { role: "user", content: again });
        }
        Err(JudgeError::Reply(complaint))
    }

    /// One reply: kept, or asked for.
    async fn reply(
        &self,
        form: &Form<'_>,
        messages: &[Message],
        tokens: u64,
        sample: u32,
    ) -> Result<Stored, JudgeError> {
        let key = request::key(&self.settings, form, messages, sample);
        if let Some(stored) = self.cache.as_ref().and_then(|cache| cache.read(&key)) {
            return Ok(stored);
        }
        if self.settings.replay {
            return Err(JudgeError::NotKept);
        }
        let most = Usage { prompt_tokens: tokens, completion_tokens: self.settings.longest_reply };
        let aside = self.budget.set_aside(most).await?;
        let answered = self.asked(form, messages, tokens, sample).await;
        // A request that failed is booked as free: servers charge for what they answer.
        let used = answered.as_ref().map(Stored::cost).unwrap_or_default();
        self.budget.settle(aside, used).await;
        let stored = answered?;
        if let Some(cache) = &self.cache
            && (!stored.content.is_empty() || stored.refusal.is_some())
        {
            cache.write(&key, &stored);
        }
        Ok(stored)
    }

    /// Asks in the fullest dialect that the server is not known to reject.
    async fn asked(
        &self,
        form: &Form<'_>,
        messages: &[Message],
        tokens: u64,
        sample: u32,
    ) -> Result<Stored, JudgeError> {
        let mut rejected = 0;
        loop {
            let dialect = *self.dialect.lock().unwrap_or_else(PoisonError::into_inner);
            let body = request::body(&self.settings, form, messages, sample, dialect);
            match self.endpoint.chat(&body, tokens + self.settings.longest_reply).await {
                Ok(reply) => return Ok(kept_of(reply, form, dialect, tokens)),
                // A server that rejects whatever is left out or put back says something else than we understand.
                Err(error @ EndpointError::Rejected { .. }) if rejected == request::MOST_REJECTIONS => {
                    return Err(error.into());
                }
                Err(EndpointError::Rejected { url, said }) => {
                    rejected += 1;
                    let mut known = self.dialect.lock().unwrap_or_else(PoisonError::into_inner);
                    // Another request may have found out the same in the meantime.
                    if *known == dialect {
                        *known = dialect.without(&said).ok_or(EndpointError::Rejected { url, said })?;
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The schema of a judgement of `brief`, with lengths or without.
fn schema(brief: &Brief) -> impl Fn(bool) -> Value + Sync + '_ {
    |bounds| reply::schema(&brief.question, &brief.scale, bounds)
}

fn form<'a>(brief: &'a Brief, schema: &'a (dyn Fn(bool) -> Value + Sync)) -> Form<'a> {
    Form { name: "judgement", version: prompt::schema_name(), schema, scale: Some(&brief.scale) }
}

fn messages(prompt: &Prompt) -> Vec<Message> {
    vec![
        Message { role: "system", content: prompt.system.clone() },
        Message { role: "user", content: prompt.user.clone() },
    ]
}

/// What of a reply is kept. Tokens that a server does not count are those that were counted before.
fn kept_of(reply: ChatReply, form: &Form<'_>, dialect: Dialect, tokens: u64) -> Stored {
    let choice = reply.choices.into_iter().next().unwrap_or_default();
    let content = choice.message.content.unwrap_or_default();
    let finish = choice.finish_reason.as_deref().unwrap_or_default();
    let filtered = (finish == "content_filter").then(|| "a content filter stopped it".to_owned());
    let refusal = choice.message.refusal.filter(|words| !words.trim().is_empty()).or(filtered);
    let tokens_of = choice.logprobs.and_then(|it| it.content).unwrap_or_default();
    let usage = reply.usage.filter(|usage| usage.prompt_tokens > 0);
    let usage = usage.unwrap_or_else(|| Usage { prompt_tokens: tokens, completion_tokens: prompt::count(&content) });
    Stored {
        model: reply.model,
        shares: form.scale.and_then(|scale| reply::shares(&content, &tokens_of, scale)),
        refusal,
        cut: finish == "length",
        mode: dialect.mode(),
        prompt_tokens: usage.prompt_tokens,
        reply_tokens: usage.completion_tokens,
        content,
    }
}
