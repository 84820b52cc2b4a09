//! An interview handed out: as JSON, as a table, as a page to print, and as scorecards in the shapes of other systems.
//!
//! What a person may not see in the service is not in their export either: suggestions wait for their own score, others'
//! reviews for their own submission.

use super::Api;
use super::evaluations::{open_questions, whole};
use super::gate::Caller;
use super::input::Asked;
use super::interviews::reread;
use super::reviews::{readable, seen};
use crate::domain::{Evaluation, Scale};
use crate::library;
use crate::store::{Interview, Moment, Review, ReviewState};
use crate::web::problem::Failure;
use crate::web::report;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

/// How an interview is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ExportFormat {
    /// Everything.
    Json,
    /// A line for each question and reviewer.
    Csv,
    /// A page that needs nothing else: the evaluation beside the transcript.
    Html,
}

/// Whose shape a scorecard has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ScorecardShape {
    /// What Greenhouse's Harvest API gives as a scorecard: <https://developers.greenhouse.io/harvest.html#scorecards>.
    Greenhouse,
    /// What Lever's API takes as feedback: <https://hire.lever.co/developer/documentation#feedback>.
    Lever,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WantedForm {
    #[param(inline)]
    format: ExportFormat,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WantedShape {
    #[param(inline)]
    shape: ScorecardShape,
}

/// Export an interview
#[utoipa::path(get, path = "/api/v1/interviews/{id}/export", tag = "exports",
    params(("id" = String, Path), WantedForm),
    responses((status = 200, description = "With what you may see of it", content(
        (Object = "application/json"), (String = "text/csv"), (String = "text/html")))))]
pub(super) async fn interview(
    State(api): State<Api>,
    caller: Caller,
    Path(interview): Path<String>,
    Asked(wanted): Asked<WantedForm>,
) -> Result<Response, Failure> {
    let known = api.visible(&caller, &interview).await?;
    if known.erased_at.is_some() {
        return Err(Failure::Conflict("this interview is erased".into()));
    }
    let head = api.store.latest_evaluation(&known.id).await?;
    if open_questions(&api, &caller, &head).await?.is_some() {
        return Err(Failure::Conflict("submit your own review first: the suggestions wait for it".into()));
    }
    let result = whole(&api, &head).await?;
    let reviews = readable(&api, &caller, &known.id).await?;
    let format = format!("{:?}", wanted.format).to_lowercase();
    let response = match wanted.format {
        ExportFormat::Json => Json(json!({
            "schema": "earmark.interview/1", "interview": known, "evaluation": result, "reviews": reviews,
        }))
        .into_response(),
        ExportFormat::Csv => {
            ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], table(&known, &result, &reviews)).into_response()
        }
        ExportFormat::Html => {
            let page = page(&api, &known, &head.rubric_version, result).await?;
            // The page names what it needs by hash in its own policy; this one only keeps it out of frames.
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
            ];
            (headers, page).into_response()
        }
    };
    let facts = json!({"format": format, "evaluation": head.id, "reviews": reviews.len()});
    api.store.record_look(&caller.0.person.id, "interview.exported", Some(&known.id), facts).await?;
    Ok(response)
}

async fn page(api: &Api, known: &Interview, version: &str, result: Value) -> Result<String, Failure> {
    let rubric = library::parse("rubric", &api.store.rubric_version(version).await?.source)?.rubric;
    let transcript = reread(api, &known.id).await?;
    let made = Evaluation::of_kept(result, &rubric, &transcript);
    let evaluation = made.map_err(|error| Failure::Conflict(error.to_string()))?;
    report::page(&evaluation, &rubric, &transcript).map_err(|error| Failure::Inside(Box::new(error)))
}

const COLUMNS: [&str; 14] = [
    "interview",
    "title",
    "candidate",
    "question",
    "status",
    "suggested",
    "expected",
    "abstained",
    "quotations",
    "reviewer",
    "first_score",
    "score",
    "decision",
    "reason",
];

/// RFC 4180, a line for each question and reviewer; one line where nobody has reviewed.
fn table(known: &Interview, result: &Value, reviews: &[Review]) -> String {
    let mut out = COLUMNS.join(",") + "\r\n";
    for question in result["questions"].as_array().into_iter().flatten() {
        let id = question["id"].as_str().unwrap_or_default();
        let suggestion = &question["suggestion"];
        let evidence =
            question["criteria"].as_array().into_iter().flatten().filter_map(|one| one["evidence"].as_array());
        let quotes: Vec<&str> = evidence.flatten().filter_map(|one| one["quote"].as_str()).collect();
        let plain = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let front = [
            known.id.clone(),
            known.title.clone(),
            known.candidate.clone().unwrap_or_default(),
            id.to_owned(),
            plain(&question["status"]),
            plain(&suggestion["score"]),
            plain(&suggestion["expected"]),
            plain(&suggestion["abstained"]),
            quotes.join(" | "),
        ];
        let back = reviews.iter().map(|review| {
            let number = |score: Option<i64>| score.map(|score| score.to_string()).unwrap_or_default();
            let decided = review.decided(id);
            let reason = decided.and_then(|decided| Some(decided.reason?.word().to_owned())).unwrap_or_default();
            [
                review.person.clone(),
                number(review.first(id).and_then(|first| first.score)),
                number(decided.and_then(|decided| decided.score)),
                decided.map(|decided| decided.kind.word().to_owned()).unwrap_or_default(),
                reason,
            ]
        });
        let mut back: Vec<[String; 5]> = back.collect();
        if back.is_empty() {
            back.push(Default::default());
        }
        for back in back {
            let cells: Vec<String> = front.iter().chain(&back).map(|text| cell(text)).collect();
            out += &(cells.join(",") + "\r\n");
        }
    }
    out
}

/// A cell. What a spreadsheet would take for a formula gets an apostrophe in front: words of candidates stand here.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// A submitted review in the shape of another system's scorecard
///
/// A file to hand on; nothing is sent anywhere. Scores go by their place on the scale onto the system's own five ratings,
/// and stand as numbers in the notes. No recommendation to hire is made up: that field says that none was decided.
#[utoipa::path(get, path = "/api/v1/reviews/{id}/scorecard", tag = "exports", params(("id" = String, Path), WantedShape),
    responses((status = 200, body = Object, description = "The scorecard")))]
pub(super) async fn scorecard(
    State(api): State<Api>,
    caller: Caller,
    Path(review): Path<String>,
    Asked(wanted): Asked<WantedShape>,
) -> Result<Json<Value>, Failure> {
    let review = seen(&api, &caller, &review).await?;
    if review.state != ReviewState::Submitted {
        return Err(Failure::Conflict("only a submitted review is a scorecard".into()));
    }
    let known = api.store.interview(&review.interview).await?;
    let person = api.store.person(&review.person).await?;
    let rubric = library::parse("rubric", &api.store.rubric_version(&review.rubric_version).await?.source)?.rubric;
    let lines: Vec<Line> = rubric
        .questions
        .iter()
        .filter_map(|question| {
            let decided = review.decided(&question.id)?;
            let quotes = review.evidence.iter().filter(|own| own.question == question.id);
            let quotes =
                quotes.filter_map(|own| own.evidence["quote"].as_str().map(|quote| format!("\u{201c}{quote}\u{201d}")));
            let remarks = review.comments.iter().filter(|one| one.question.as_ref() == Some(&question.id));
            let notes = decided.words.clone().into_iter().chain(remarks.map(|one| one.text.clone())).chain(quotes);
            Some(Line {
                question: question.id.clone(),
                ask: question.ask.clone(),
                score: decided.score,
                notes: notes.collect::<Vec<_>>().join("\n"),
            })
        })
        .collect();
    let card = match wanted.shape {
        ScorecardShape::Greenhouse => greenhouse(&known, &review, (&person.name, &person.email), &rubric.scale, &lines),
        ScorecardShape::Lever => lever(&rubric.title, &review, (&person.name, &person.email), &rubric.scale, &lines),
    };
    let facts = json!({"format": format!("{:?}", wanted.shape).to_lowercase(), "review": review.id});
    api.store.record_look(&caller.0.person.id, "interview.exported", Some(&known.id), facts).await?;
    Ok(Json(card))
}

struct Line {
    question: String,
    ask: String,
    score: Option<i64>,
    notes: String,
}

/// The words of Greenhouse's five ratings, lowest first.
const RATINGS: [&str; 5] = ["definitely_not", "no", "mixed", "yes", "strong_yes"];

/// Place of a score among five, by where it stands on the scale.
fn fifth(scale: &Scale, score: i64) -> usize {
    let width = f64::from(scale.max() - scale.min()).max(1.0);
    (((score as f64 - f64::from(scale.min())) / width * 4.0).round() as usize).min(4)
}

fn greenhouse(known: &Interview, review: &Review, (name, email): (&str, &str), scale: &Scale, lines: &[Line]) -> Value {
    let rating = |line: &Line| line.score.map_or("no_decision", |score| RATINGS[fifth(scale, score)]);
    let attributes: Vec<Value> = lines
        .iter()
        .map(|line| {
            let score = line.score.map_or_else(|| "no score".to_owned(), |score| format!("{score} of {}", scale.max()));
            let note = format!("{score}\n{}", line.notes);
            json!({"name": line.question, "type": "Skills", "note": note.trim_end(), "rating": rating(line)})
        })
        .collect();
    let mut ratings = json!({"no_decision": []});
    for word in RATINGS {
        let of = lines.iter().filter(|line| rating(line) == word).map(|line| line.question.as_str());
        ratings[word] = of.collect();
    }
    ratings["no_decision"] =
        lines.iter().filter(|line| rating(line) == "no_decision").map(|line| line.question.as_str()).collect();
    json!({
        "id": null, "candidate_id": null, "application_id": null,
        "interview": known.title, "interviewed_at": null,
        "created_at": review.created_at, "updated_at": review.submitted_at, "submitted_at": review.submitted_at,
        "submitted_by": {"id": null, "name": name, "employee_id": null, "email": email},
        "interviewer": {"id": null, "name": name, "employee_id": null, "email": email},
        "overall_recommendation": "no_decision",
        "attributes": attributes,
        "ratings": ratings,
        "questions": lines.iter()
            .map(|line| json!({"id": null, "question": line.ask, "answer": line.notes}))
            .collect::<Vec<_>>(),
    })
}

/// Milliseconds since 1970, as Lever writes times.
fn millis(time: &str) -> Option<i64> {
    Some(Moment::read(time)?.millis())
}

fn lever(title: &str, review: &Review, (name, email): (&str, &str), scale: &Scale, lines: &[Line]) -> Value {
    let scores: Vec<Value> = lines
        .iter()
        .map(|line| {
            // Lever's score cards count from 1 to 4.
            let four = line.score.map(|score| (fifth(scale, score) * 3).div_ceil(4) + 1);
            json!({"text": line.question, "description": line.ask, "score": four, "comment": line.notes})
        })
        .collect();
    json!({
        "type": "interview", "text": title, "instructions": "", "baseTemplateId": null, "interview": null, "panel": null,
        "user": {"name": name, "email": email},
        "createdAt": millis(&review.created_at), "completedAt": review.submitted_at.as_deref().and_then(millis),
        "fields": [
            {"type": "scorecard", "text": "Scores", "description": format!("from {} to {} in Earmark", scale.min(), scale.max()),
             "required": false, "value": scores},
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_and_is_no_formula() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("@x", "'@x"),
            ("-1.5", "-1.5"),
            ("-1+cmd", "'-1+cmd"),
        ] {
            assert_eq!(cell(text), expected);
        }
    }

    #[test]
    fn a_score_goes_by_its_place_on_the_scale() {
        let five = Scale::default();
        assert_eq!([1, 2, 3, 4, 5].map(|score| fifth(&five, score)), [0, 1, 2, 3, 4]);
    }
}
