//! Uploading: first the files are read and shown, then what is good is stored and evaluated. Between the two nothing is
//! stored: the page carries the files.

use super::form::Parcel;
use super::{Shell, Visitor, html, see};
use crate::domain::{Fault, Transcript};
use crate::ingest::{self, Limits};
use crate::web::api::Api;
use crate::web::api::upload::{About, checked};
use crate::web::problem::Failure;
use crate::web::wording;
use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Utterances that are shown of a file.
const SHOWN: usize = 4;
/// Dropped pieces and notes that are listed of a file.
const LISTED: usize = 12;
/// Files in one upload.
const MOST_FILES: usize = 20;

#[derive(Template)]
#[template(path = "pages/upload.html")]
struct UploadPage {
    shell: Shell,
    no_rubric: bool,
}

#[derive(Template)]
#[template(path = "pages/uploaded.html")]
struct UploadedPage {
    shell: Shell,
    files: Vec<Read>,
    rubrics: Vec<(String, String)>,
    requires_consent: bool,
}

impl UploadedPage {
    fn good(&self) -> usize {
        self.files.iter().filter(|file| file.faults.is_empty()).count()
    }
}

/// A file, as it was read.
struct Read {
    number: usize,
    name: String,
    title: String,
    /// The file itself, in base64, for the next step.
    content: String,
    faults: Vec<Fault>,
    format: &'static str,
    utterances: usize,
    length: Option<String>,
    speakers: Vec<(String, usize)>,
    dropped: Vec<(Option<usize>, String)>,
    more: usize,
    first: Vec<(Option<String>, Option<String>, String)>,
}

pub(super) async fn page(State(api): State<Api>, visitor: Visitor) -> Result<Response, Failure> {
    let no_rubric = api.store.rubrics().await?.is_empty();
    html(&UploadPage { shell: visitor.shell(visitor.t.upload_title), no_rubric }, None)
}

pub(super) async fn read(State(api): State<Api>, visitor: Visitor, request: Request) -> Result<Response, Failure> {
    let most = api.settings.longest_upload;
    let parcel = Parcel::read(request, most + most / 2).await?;
    if parcel.files.is_empty() || parcel.files.len() > MOST_FILES {
        return Err(Failure::Unfit(format!("choose 1 to {MOST_FILES} files")));
    }
    let names: Vec<(usize, String, axum::body::Bytes)> =
        parcel.files.into_iter().enumerate().map(|(n, file)| (n, file.name, file.bytes)).collect();
    let reading = tokio::task::spawn_blocking(move || {
        let limits = Limits { max_bytes: most, ..Limits::default() };
        names.into_iter().map(|(n, name, bytes)| one(n, &name, &bytes, &limits)).collect::<Vec<_>>()
    });
    let files = reading.await.map_err(|error| Failure::Inside(error.into()))?;
    let rubrics = api.store.rubrics().await?.into_iter().map(|rubric| (rubric.id, rubric.title)).collect();
    let requires_consent = api.settings.requires_consent;
    html(&UploadedPage { shell: visitor.shell(visitor.t.how_read), files, rubrics, requires_consent }, None)
}

fn one(number: usize, name: &str, bytes: &[u8], limits: &Limits) -> Read {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let title: String = wording::on_one_line(stem).replace(['_', '-'], " ").chars().take(200).collect();
    let mut read = Read {
        number,
        title: if title.trim().is_empty() { "Interview".into() } else { title },
        name: wording::on_one_line(name),
        content: String::new(),
        faults: vec![],
        format: "",
        utterances: 0,
        length: None,
        speakers: vec![],
        dropped: vec![],
        more: 0,
        first: vec![],
    };
    match ingest::read(&read.name, bytes, limits) {
        Err(faults) => read.faults = faults.all().to_vec(),
        Ok(transcript) => told(&mut read, &transcript, bytes),
    }
    read
}

fn told(read: &mut Read, transcript: &Transcript, bytes: &[u8]) {
    let utterances = transcript.utterances();
    let spoken = |speaker: usize| utterances.iter().filter(|one| one.speaker == Some(speaker)).count();
    let report = transcript.report();
    let dropped = report.dropped.iter().map(|dropped| (dropped.line, wording::on_one_line(&dropped.why)));
    let notes = report.notes.iter().map(|note| (note.line, wording::on_one_line(&note.text)));
    let all: Vec<_> = dropped.chain(notes).collect();
    read.content = STANDARD.encode(bytes);
    read.format = wording::format(transcript.format());
    read.utterances = utterances.len();
    read.length = transcript.duration_ms().map(wording::clock);
    // Forms need the name to the letter; the template escapes it.
    read.speakers = transcript.speakers().iter().enumerate().map(|(n, one)| (one.name.clone(), spoken(n))).collect();
    read.more = all.len().saturating_sub(LISTED);
    read.dropped = all.into_iter().take(LISTED).collect();
    let first = utterances.iter().enumerate().take(SHOWN).map(|(n, one)| {
        let speaker = transcript.speaker_of(n).map(|speaker| wording::on_one_line(&speaker.name));
        (one.start_ms.map(wording::clock), speaker, wording::on_one_line(&one.text))
    });
    read.first = first.collect();
}

pub(super) async fn start(State(api): State<Api>, visitor: Visitor, request: Request) -> Result<Response, Failure> {
    // Base64 takes four bytes for three.
    let most = api.settings.longest_upload;
    let Parcel { fields, .. } = Parcel::read(request, most * 2 + (1 << 20)).await?;
    let mut all = Vec::new();
    for number in 0..MOST_FILES {
        let Some(content) = fields.get(&format!("content-{number}")) else { continue };
        let bytes = STANDARD.decode(content).map_err(|_| Failure::Malformed("the form is damaged".into()))?;
        let field = |name: &str| fields.text(&format!("{name}-{number}"));
        let speaker = field("speaker");
        let about = About {
            rubric: field("rubric").unwrap_or_default(),
            title: field("title").unwrap_or_default(),
            candidate: speaker.clone(),
            speaker,
            place: None,
            consent: field("consent"),
        };
        all.push(checked(&api, about, bytes).await?);
    }
    let mut stored = Vec::new();
    for new in &all {
        stored.push(api.store.upload(&visitor.person().id, new, None).await?.interview);
    }
    match stored.as_slice() {
        [] => Err(Failure::Unfit("there is no file to evaluate: choose one".into())),
        [one] => Ok(see(&format!("/interviews/{one}"))),
        _ => Ok(see("/")),
    }
}
