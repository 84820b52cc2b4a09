//! The review: transcript beside scorecard, each question with what was found and the person's decision on it.
//!
//! A sheet is read from the store, its results are recalled against the transcript, and what `report` draws of an
//! evaluation is drawn of it. The whole page and the parts that change after a decision come from the same templates.

use super::{PART, Shell, Visitor, html};
use crate::domain::{CriterionKind, Evidence, Question, QuestionResult, Rubric, Stance, Status, Transcript, Verdict};
use crate::library;
use crate::store::{DecisionKind, EvaluationHead, OwnEvidence, Reason, Review, ReviewState, StoredQuestion};
use crate::web::api::Api;
use crate::web::api::{evaluations, interviews, reviews};
use crate::web::problem::Failure;
use crate::web::recalled;
use crate::web::report::card::{Card, cards};
use crate::web::report::passage::{Quotation, Quotations, Said, said};
use crate::web::report::{policy_source, target_rules};
use crate::web::texts::Texts;
use crate::web::wording;
use crate::web::words::Words;
use askama::Template;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A review and everything that is shown with it.
pub(super) struct Sheet {
    review: Review,
    title: String,
    name: Option<String>,
    head: EvaluationHead,
    stored: Vec<StoredQuestion>,
    rubric: Rubric,
    transcript: Transcript,
    candidate: Option<String>,
    results: Vec<QuestionResult>,
    /// The questions whose suggestion may be seen; `None` for all.
    open: Option<BTreeSet<String>>,
    /// What the person marked, found again; with its number.
    own: Vec<(OwnEvidence, Evidence)>,
    others: usize,
    /// Whether answers like one can be looked for.
    searches: bool,
}

impl Sheet {
    pub async fn load(api: &Api, visitor: &Visitor, review: Review) -> Result<Self, Failure> {
        let interview = api.visible(&visitor.caller, &review.interview).await?;
        let head = api.store.latest_evaluation(&review.interview).await?;
        let stored = api.store.finished_questions(&head.id).await?;
        let version = api.store.rubric_version(&review.rubric_version).await?;
        let rubric = library::parse("rubric", &version.source)?.rubric;
        let transcript = interviews::reread(api, &review.interview).await?;
        let voice = reviews::voice(&transcript, &head, &stored);
        let open = evaluations::open_questions(api, &visitor.caller, &head).await?;
        let is_shown = |question: &str| open.as_ref().is_none_or(|open| open.contains(question));
        let results = recalled::results(&stored, &rubric, (&transcript, &voice), is_shown);
        let found = |own: &OwnEvidence| Some((own.clone(), recalled::passage(&own.evidence, &transcript, &voice)?));
        let own = review.evidence.iter().filter_map(found).collect();
        let others = api.store.reviews(&review.interview).await?.len().saturating_sub(1);
        Ok(Self {
            candidate: reviews::candidate(&head),
            name: interview.candidate.clone(),
            title: interview.title,
            review,
            head,
            stored,
            rubric,
            transcript,
            results,
            open,
            own,
            others,
            searches: api.has_search(),
        })
    }

    fn quotations(&self, t: &Texts) -> Result<Quotations<'_>, Failure> {
        let inside = |error| Failure::Inside(Box::new(error));
        let mut all = Quotations::of(&self.results, &self.rubric, &self.transcript, t).map_err(inside)?;
        for (n, (own, evidence)) in self.own.iter().enumerate() {
            let Some(place) = self.rubric.questions.iter().position(|one| one.id == own.question) else { continue };
            all.mark(Quotation {
                id: format!("m{}", n + 1),
                criterion: format!("q{}-own{}", place + 1, n + 1),
                short: format!("{}\u{270e}", place + 1),
                about: format!("{} {}", t.marked_for, place + 1),
                against: evidence.stance() == Stance::Contradicts,
                evidence,
            });
        }
        Ok(all)
    }

    fn is_withheld(&self, question: &str) -> bool {
        self.open.as_ref().is_some_and(|open| !open.contains(question))
    }

    fn entry<'a>(&'a self, card: Card<'a>, t: &'static Texts) -> Entry<'a> {
        let question = &self.rubric.questions[card.number - 1];
        let review = &self.review;
        let decided = review.decided(&question.id);
        let first = review.first(&question.id).and_then(|decision| decision.score);
        let suggested = card.score.as_ref().map(|score| score.value);
        let withheld = self.is_withheld(&question.id);
        let given = decided.and_then(|decision| decision.score).or(first);
        let choices = self.rubric.scale.scores().map(|score| Choice {
            score,
            label: self.rubric.scale.label(score).map(wording::on_one_line).unwrap_or_default(),
            chosen: given == Some(i64::from(score)),
        });
        let own = self.own.iter().enumerate().filter(|(_, (own, _))| own.question == question.id);
        let own = own.map(|(n, (own, evidence))| Own {
            id: &own.id,
            number: n + 1,
            words: Words(evidence.quote()),
            time: evidence.time_ms().map_or_else(|| format!("u{}", evidence.utterance()), wording::clock),
            against: evidence.stance() == Stance::Contradicts,
            criterion: question.criteria.iter().find(|c| Some(&c.id) == own.criterion.as_ref()).map(|c| Words(&c.text)),
        });
        let comments = review.comments.iter().filter(|comment| comment.question.as_ref() == Some(&question.id));
        let claim = self.stored.iter().find(|one| one.question == question.id).map(|one| &one.result["claim"]);
        let result = &self.results[card.number - 1];
        Entry {
            question: &question.id,
            withheld,
            suggested: suggested.filter(|_| !withheld),
            decided: decided.map(|decision| Decided {
                kind: t.decision(decision.kind),
                mark: if decision.kind == DecisionKind::Confirmed { "good" } else { "note" },
                score: decision.score,
                why: decision.reason.map(|reason| t.why(reason)),
                words: decision.words.as_deref().map(Words),
                date: t.date(&decision.decided_at),
            }),
            first,
            leaves_out: decided.is_some_and(|decision| decision.kind == DecisionKind::LeftOut),
            choices: choices.collect(),
            own: own.collect(),
            comments: comments.map(|comment| (comment.id.as_str(), Words(&comment.text))).collect(),
            criteria: question.criteria.iter().map(|c| (c.id.as_str(), wording::on_one_line(&c.text))).collect(),
            next: suggested.filter(|_| !withheld).and_then(|score| self.next(score, question, result)),
            has_precedents: self.searches && !withheld && !result.answer.is_empty(),
            claim: claim.filter(|_| !withheld).and_then(Model::of),
            asked_at: result.asked_at.first().copied(),
            from: result.answer.first().copied(),
            to: result.answer.last().copied(),
            card,
        }
    }

    /// What the level above asks for, and what was not shown.
    fn next<'a>(&'a self, score: i32, question: &'a Question, result: &QuestionResult) -> Option<Next<'a>> {
        let above = self.rubric.scale.scores().find(|above| *above > score)?;
        let anchor = question.anchors.iter().find(|anchor| anchor.score == above).map(|anchor| Words(&anchor.text));
        let is_open = |id: &str| result.criteria.iter().any(|found| found.id == id && found.verdict != Verdict::Met);
        let listened = question.criteria.iter().filter(|one| one.kind == CriterionKind::ListenFor);
        let missing: Vec<Words> = listened.filter(|one| is_open(&one.id)).map(|one| Words(&one.text)).collect();
        (anchor.is_some() || !missing.is_empty()).then_some(Next { score: above, anchor, missing })
    }

    fn is_needed(&self, entry: &Entry) -> bool {
        self.results[entry.card.number - 1].status != Status::NotAsked
    }

    fn drawn<'a>(&'a self, quotations: &'a Quotations<'a>, visitor: &Visitor) -> Result<Drawn<'a>, Failure> {
        let inside = |error| Failure::Inside(Box::new(error));
        let all = cards(&self.results, &self.rubric, &self.transcript, quotations, visitor.t).map_err(inside)?;
        let entries: Vec<Entry> = all.into_iter().map(|card| self.entry(card, visitor.t)).collect();
        let needed = entries.iter().filter(|entry| self.is_needed(entry)).count();
        let decided = entries.iter().filter(|entry| self.is_needed(entry) && entry.decided.is_some()).count();
        Ok(Drawn {
            csrf: visitor.csrf.clone(),
            review: &self.review,
            version: self.review.version,
            editable: self.review.state == ReviewState::Draft,
            needed,
            decided,
            reasons: Reason::ALL.iter().map(|reason| (reason.word(), visitor.t.why(*reason))).collect(),
            entries,
            others: self.others,
        })
    }
}

/// A question with the person's part in it.
struct Entry<'a> {
    card: Card<'a>,
    question: &'a str,
    withheld: bool,
    suggested: Option<i32>,
    decided: Option<Decided<'a>>,
    first: Option<i64>,
    leaves_out: bool,
    choices: Vec<Choice>,
    own: Vec<Own<'a>>,
    /// Each with its id.
    comments: Vec<(&'a str, Words<'a>)>,
    criteria: Vec<(&'a str, String)>,
    next: Option<Next<'a>>,
    claim: Option<Model<'a>>,
    /// Whether answers like this one can be looked for.
    has_precedents: bool,
    asked_at: Option<usize>,
    from: Option<usize>,
    to: Option<usize>,
}

/// The level above the suggested one.
struct Next<'a> {
    score: i32,
    anchor: Option<Words<'a>>,
    /// Listen-fors that were not met, or only partly.
    missing: Vec<Words<'a>>,
}

/// What a chat model said, to the letter.
struct Model<'a> {
    name: Words<'a>,
    /// Digest of the messages that it was sent.
    prompt: Words<'a>,
    tokens: u64,
    /// Who says it, and the words, as they were sent.
    messages: Vec<(&'a str, Words<'a>)>,
    reply: Words<'a>,
}

impl<'a> Model<'a> {
    fn of(claim: &'a Value) -> Option<Self> {
        let text = |key: &str| claim[key].as_str().map(Words);
        let count = |key: &str| claim[key].as_u64().unwrap_or_default();
        let sent = claim["messages"].as_array().into_iter().flatten();
        let message = |one: &'a Value| Some((one["role"].as_str()?, Words(one["content"].as_str()?)));
        Some(Self {
            messages: sent.filter_map(message).collect(),
            name: text("model").unwrap_or(Words("")),
            prompt: text("prompt").unwrap_or(Words("")),
            tokens: count("prompt_tokens") + count("reply_tokens"),
            reply: text("reply")?,
        })
    }
}

struct Decided<'a> {
    kind: &'static str,
    mark: &'static str,
    score: Option<i64>,
    why: Option<&'static str>,
    words: Option<Words<'a>>,
    date: String,
}

struct Choice {
    score: i32,
    label: String,
    chosen: bool,
}

struct Own<'a> {
    id: &'a str,
    number: usize,
    words: Words<'a>,
    time: String,
    against: bool,
    criterion: Option<Words<'a>>,
}

/// What the templates of cards and progress work with.
struct Drawn<'a> {
    csrf: String,
    review: &'a Review,
    version: i64,
    editable: bool,
    needed: usize,
    decided: usize,
    reasons: Vec<(&'static str, &'static str)>,
    entries: Vec<Entry<'a>>,
    others: usize,
}

#[derive(Template)]
#[template(path = "pages/review.html")]
struct ReviewPage<'a> {
    shell: Shell,
    t: &'static Texts,
    language: &'a str,
    drawn: Drawn<'a>,
    title: Words<'a>,
    name: Option<Words<'a>>,
    rubric: Words<'a>,
    rubric_version: Words<'a>,
    style: String,
    not_asked: usize,
    utterances: Vec<Said<'a>>,
}

/// What changed: progress, cards and utterances, each with the name of what it replaces.
#[derive(Template)]
#[template(path = "pages/review_part.html")]
struct ReviewPart<'a> {
    t: &'static Texts,
    language: &'a str,
    drawn: Drawn<'a>,
    /// The question that is drawn again.
    wanted: &'a str,
    utterances: Vec<Said<'a>>,
}

/// The whole page.
pub(super) async fn page(api: &Api, visitor: &Visitor, _: &HeaderMap, review: Review) -> Result<Response, Failure> {
    let sheet = Sheet::load(api, visitor, review).await?;
    let withheld = sheet.rubric.questions.iter().filter(|question| sheet.is_withheld(&question.id)).count();
    let facts = json!({"evaluation": sheet.head.id, "withheld": withheld});
    let actor = &visitor.person().id;
    api.store.record_look(actor, "evaluation.read", Some(&sheet.review.interview), facts).await?;
    let quotations = sheet.quotations(visitor.t)?;
    let drawn = sheet.drawn(&quotations, visitor)?;
    let style = target_rules(&quotations);
    let source = policy_source(&style);
    let title = wording::on_one_line(&sheet.title);
    let page = ReviewPage {
        shell: visitor.shell(title),
        title: Words(&sheet.title),
        name: sheet.name.as_deref().or(sheet.candidate.as_deref()).map(Words),
        rubric: Words(&sheet.rubric.title),
        rubric_version: Words(&sheet.rubric.version),
        style,
        utterances: said(&sheet.results, sheet.candidate.as_deref(), &sheet.transcript, &quotations),
        t: visitor.t,
        language: &sheet.rubric.language,
        not_asked: drawn.entries.iter().filter(|entry| entry.card.not_asked).count(),
        drawn,
    };
    html(&page, Some(&source))
}

/// What a change of `question` changed, for the scripts; `None` when the browser wants a page.
pub(super) async fn part(
    api: &Api,
    visitor: &Visitor,
    headers: &HeaderMap,
    review: &str,
    question: &str,
) -> Result<Option<Response>, Failure> {
    if !headers.contains_key(PART) {
        return Ok(None);
    }
    let review = api.store.review(review).await?;
    let sheet = Sheet::load(api, visitor, review).await?;
    let quotations = sheet.quotations(visitor.t)?;
    let drawn = sheet.drawn(&quotations, visitor)?;
    // Marks change only in answers of this question; all that it touches is sent, a short list.
    let touched: BTreeSet<usize> = {
        let place = sheet.rubric.questions.iter().position(|one| one.id == question);
        let result = place.and_then(|place| sheet.results.get(place));
        let answers = result.into_iter().flat_map(|result| result.answer.iter().copied());
        answers.chain(sheet.own.iter().map(|(_, evidence)| evidence.utterance())).collect()
    };
    let all = said(&sheet.results, sheet.candidate.as_deref(), &sheet.transcript, &quotations);
    let page = ReviewPart {
        wanted: question,
        utterances: all.into_iter().filter(|one| touched.contains(&one.index)).collect(),
        t: visitor.t,
        language: &sheet.rubric.language,
        drawn,
    };
    let text = page.render().map_err(|error| Failure::Inside(Box::new(error)))?;
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", sheet.review.version)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(Some(response))
}
