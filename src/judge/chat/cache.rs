//! Replies on disk, one file each, under the digest of everything that shaped them. A second run costs no token, and a
//! run can be repeated from the files alone.
//!
//! A file is believed only when its digest fits what is in it. It appears whole or not at all.

use super::Usage;
use crate::domain::{Digest, ReplyMode};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A folder of replies.
pub(super) struct Cache {
    folder: PathBuf,
}

/// What a model wrote, as far as it is of use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Stored {
    /// The model as the server names it.
    pub model: Option<String>,
    /// What it wrote.
    pub content: String,
    /// Why it would not.
    pub refusal: Option<String>,
    /// Whether it was cut.
    pub cut: bool,
    /// What the server held the model to.
    pub mode: ReplyMode,
    /// Probabilities of the scores, lowest first, where they were told.
    pub shares: Option<Vec<f64>>,
    pub prompt_tokens: u64,
    pub reply_tokens: u64,
}

impl Stored {
    pub(super) fn cost(&self) -> Usage {
        Usage { prompt_tokens: self.prompt_tokens, completion_tokens: self.reply_tokens }
    }
}

#[derive(Serialize, Deserialize)]
struct File {
    schema: String,
    digest: Digest,
    reply: Stored,
}

/// The name of the form of the files; changes with it.
const FORM: &str = "earmark.reply/1";

impl Cache {
    /// The replies under `folder`, which is made when it is not there.
    pub(super) fn at(folder: &Path) -> io::Result<Self> {
        let folder = folder.join("replies");
        fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    fn path(&self, key: &Digest) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }

    pub(super) fn read(&self, key: &Digest) -> Option<Stored> {
        let bytes = fs::read(self.path(key)).ok()?;
        let file: File = serde_json::from_slice(&bytes).ok()?;
        (file.schema == FORM && file.digest == digest(key, &file.reply)).then_some(file.reply)
    }

    pub(super) fn has(&self, key: &Digest) -> bool {
        self.read(key).is_some()
    }

    /// A reply that cannot be kept costs its tokens again next time, and nothing else, so that is a warning.
    pub(super) fn write(&self, key: &Digest, reply: &Stored) {
        if let Err(error) = self.put(key, reply) {
            tracing::warn!(folder = %self.folder.display(), %error, "a reply could not be kept and will be asked for again");
        }
    }

    fn put(&self, key: &Digest, reply: &Stored) -> io::Result<()> {
        let file = File { schema: FORM.into(), digest: digest(key, reply), reply: reply.clone() };
        let mut out = NamedTempFile::new_in(&self.folder)?;
        out.write_all(&serde_json::to_vec(&file)?)?;
        out.persist(self.path(key))?;
        Ok(())
    }
}

fn digest(key: &Digest, reply: &Stored) -> Digest {
    // Plain data with string keys: serialising it cannot fail.
    let bytes = serde_json::to_vec(reply).unwrap_or_default();
    Digest::of_parts([key.as_str().as_bytes(), &bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> Stored {
        Stored {
            model: Some("m".into()),
            content: "{\"score\": 4}".into(),
            refusal: None,
            cut: false,
            mode: ReplyMode::Json,
            shares: Some(vec![0.1, 0.2, 0.7]),
            prompt_tokens: 10,
            reply_tokens: 5,
        }
    }

    #[test]
    fn a_reply_comes_back_as_it_was_and_under_no_other_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path()).expect("can be made");
        let key = Digest::of(b"request");
        cache.write(&key, &stored());
        assert_eq!(cache.read(&key), Some(stored()));
        let other = Digest::of(b"another");
        fs::rename(cache.path(&key), cache.path(&other)).expect("renamed");
        assert_eq!((cache.read(&key), cache.read(&other)), (None, None));
    }

    #[test]
    fn a_file_that_was_changed_is_not_believed() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path()).expect("can be made");
        let key = Digest::of(b"request");
        cache.write(&key, &stored());
        let text = fs::read_to_string(cache.path(&key)).expect("was written");
        for changed in
            [text.replace("\\\"score\\\": 4", "\\\"score\\\": 5"), text[..text.len() / 2].to_owned(), String::new()]
        {
            assert_ne!(changed, text);
            fs::write(cache.path(&key), changed).expect("can be written");
            assert_eq!(cache.read(&key), None);
        }
    }
}
