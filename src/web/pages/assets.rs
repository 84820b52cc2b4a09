//! Style sheet, scripts and icon: inside the program, compressed once, named by their content so that browsers keep them
//! for good.

use crate::domain::Digest;
use crate::web::problem::Failure;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;
use std::sync::LazyLock;

/// Addresses of the files, for pages.
pub(super) struct Links {
    pub style: String,
    pub icon: String,
    pub home: String,
    pub entry: String,
    pub upload: String,
    pub review: String,
    pub author: String,
}

struct File {
    name: String,
    kind: &'static str,
    plain: &'static str,
    packed: Vec<u8>,
}

const STYLE: &str =
    concat!(include_str!("../templates/report.css"), "\n", include_str!("../templates/pages/pages.css"));
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

static FILES: LazyLock<[File; 7]> = LazyLock::new(|| {
    [
        packed("earmark", "css", "text/css; charset=utf-8", STYLE),
        packed("icon", "svg", "image/svg+xml", include_str!("../templates/pages/icon.svg")),
        packed("home", "js", JAVASCRIPT, include_str!("../templates/pages/home.js")),
        packed("entry", "js", JAVASCRIPT, include_str!("../templates/pages/entry.js")),
        packed("upload", "js", JAVASCRIPT, include_str!("../templates/pages/upload.js")),
        packed("review", "js", JAVASCRIPT, include_str!("../templates/pages/review.js")),
        packed("author", "js", JAVASCRIPT, include_str!("../templates/pages/author.js")),
    ]
});

static LINKS: LazyLock<Links> = LazyLock::new(|| {
    let [style, icon, home, entry, upload, review, author] =
        FILES.each_ref().map(|file| format!("/assets/{}", file.name));
    Links { style, icon, home, entry, upload, review, author }
});

impl Links {
    pub fn get() -> &'static Self {
        &LINKS
    }
}

fn packed(stem: &str, ending: &str, kind: &'static str, plain: &'static str) -> File {
    let name = format!("{stem}.{}.{ending}", Digest::of(plain.as_bytes()).short());
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(plain.as_bytes()).and_then(|()| encoder.finish());
    // Writing to memory does not fail; if it did, the plain form would be sent.
    File { name, kind, plain, packed: written.unwrap_or_default() }
}

/// One of the files.
pub(super) async fn file(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Failure> {
    let file = FILES.iter().find(|file| file.name == name).ok_or(Failure::Missing("file"))?;
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let packs = accepted.split(',').any(|one| one.trim().split(';').next() == Some("gzip")) && !file.packed.is_empty();
    let mut response =
        if packs { file.packed.as_slice().into_response() } else { file.plain.as_bytes().into_response() };
    let mut set = |name, value| response.headers_mut().insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_TYPE, file.kind);
    set(header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    set(header::VARY, "accept-encoding");
    if packs {
        set(header::CONTENT_ENCODING, "gzip");
    }
    Ok(response)
}
