//! Forms, as browsers send them. Whoever is signed in shows with every form that it comes from a page of theirs; a form of
//! another host is refused before anybody is signed in, too.

use crate::web::api::gate::{Caller, csrf_of, session_of};
use crate::web::problem::Failure;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Form, FromRequest, Multipart, Request};
use axum::http::HeaderMap;

/// The fields of a form, in their order.
pub(super) struct Filled(Vec<(String, String)>);

/// A file of a form.
pub(super) struct Enclosed {
    pub field: String,
    pub name: String,
    pub bytes: Bytes,
}

/// A form that was sent as multipart, with its files.
pub(super) struct Parcel {
    pub fields: Filled,
    pub files: Vec<Enclosed>,
}

impl Filled {
    /// A field that was filled in; white space around it is no matter.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
        found.filter(|value| !value.is_empty())
    }

    /// The same as text of its own, for what the API reads.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// A field that has to be filled in.
    pub fn need(&self, name: &str) -> Result<String, Failure> {
        self.text(name).ok_or_else(|| Failure::Unfit(format!("{name} is missing: go back and fill it in")))
    }

    /// A number; `None` where the field is empty.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Failure> {
        let unfit = |_| Failure::Unfit(format!("{name} is a number"));
        self.get(name).map(|value| value.trim_start_matches('u').parse().map_err(unfit)).transpose()
    }

    /// All fields of a name, for boxes that can be ticked.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }
}

/// Whether a form comes from a page of this session.
struct Origin {
    expected: Option<String>,
}

impl Origin {
    fn of(request: &Request) -> Result<Self, Failure> {
        if is_from_elsewhere(request.headers()) {
            return Err(Failure::NotAllowed("this form was sent by a page of another host".into()));
        }
        let is_signed_in = request.extensions().get::<Caller>().is_some();
        let secret = session_of(request.headers()).filter(|_| is_signed_in);
        if is_signed_in && secret.is_none() {
            return Err(Failure::NotSignedIn);
        }
        Ok(Self { expected: secret.map(|secret| csrf_of(&secret)) })
    }

    fn check(self, fields: Vec<(String, String)>) -> Result<Filled, Failure> {
        // A database may not be able to hold a zero in a text.
        if fields.iter().any(|(_, value)| value.contains('\0')) {
            return Err(Failure::Malformed("the form has a zero character in a text".into()));
        }
        let filled = Filled(fields);
        match self.expected {
            Some(expected) if filled.get("csrf") != Some(&expected) => {
                Err(Failure::NotAllowed("this form is of an older session: read the page again".into()))
            }
            _ => Ok(filled),
        }
    }
}

/// Browsers say of every request whether a page of another site made it.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"))
}

impl<S: Send + Sync> FromRequest<S> for Filled {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let origin = Origin::of(&request)?;
        let form = Form::<Vec<(String, String)>>::from_request(request, state).await;
        let Form(fields) = form.map_err(|error| Failure::Malformed(format!("the form: {}", error.body_text())))?;
        origin.check(fields)
    }
}

impl Parcel {
    /// Reads a form with files of at most `most` bytes together.
    pub async fn read(mut request: Request, most: usize) -> Result<Self, Failure> {
        let origin = Origin::of(&request)?;
        DefaultBodyLimit::max(most).apply(&mut request);
        let malformed = |_| Failure::Malformed("the form cannot be read".into());
        let mut form = Multipart::from_request(request, &()).await.map_err(malformed)?;
        let (mut fields, mut files) = (Vec::new(), Vec::new());
        let broken = |error: axum::extract::multipart::MultipartError| match error.status().as_u16() {
            413 => Failure::TooLarge(most),
            _ => Failure::Malformed("the form broke off".into()),
        };
        while let Some(field) = form.next_field().await.map_err(broken)? {
            let field_name = field.name().unwrap_or_default().to_owned();
            let file = field.file_name().map(str::to_owned);
            let bytes = field.bytes().await.map_err(broken)?;
            match file {
                // A field for files that was left empty is sent all the same.
                Some(name) if name.is_empty() && bytes.is_empty() => {}
                Some(name) => files.push(Enclosed { field: field_name, name, bytes }),
                None => {
                    let text = String::from_utf8(bytes.into());
                    let text = text.map_err(|_| Failure::Malformed("the form is not UTF-8 text".into()))?;
                    fields.push((field_name, text));
                }
            }
        }
        Ok(Self { fields: origin.check(fields)?, files })
    }
}
