//! Vectors on disk, one file for each rubric and embedder, so that a rubric is embedded once and not at every start.
//!
//! A file can be lost, cut short or mixed up without harm: it holds the very bits that embedding gives, names what it
//! was made of, and is believed only when all of it is as expected. Files are written beside their place and renamed
//! into it, so a reader sees a whole one or none.

use super::RetrievalError;
use super::embedder::bytes_of;
use crate::domain::Digest;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// First bytes of a file; the number rises with any change of the format.
const MAGIC: &[u8] = b"earmark vectors 1\n";

/// A directory of vectors.
pub(super) struct Cache {
    folder: PathBuf,
}

/// What vectors are made of: which texts, with what.
pub(super) struct Key {
    rubric: Digest,
    made_of: Digest,
    count: usize,
    dimensions: usize,
}

impl Key {
    /// `with` names everything besides the texts that decides on the vectors.
    pub(super) fn new(rubric: &Digest, with: [&str; 2], texts: &[&str], dimensions: usize) -> Self {
        let parts = with.iter().chain(texts).map(|part| part.as_bytes());
        Self { rubric: rubric.clone(), made_of: Digest::of_parts(parts), count: texts.len(), dimensions }
    }

    /// Begins with the rubric's digest, so that its files can be found again.
    fn file_name(&self) -> String {
        format!("{}-{}.bin", self.rubric, self.made_of.short())
    }

    /// What stands before the numbers.
    fn header(&self, numbers: &[u8]) -> Vec<u8> {
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(&(self.dimensions as u64).to_le_bytes());
        header.extend_from_slice(&(self.count as u64).to_le_bytes());
        header.extend_from_slice(self.made_of.as_str().as_bytes());
        header.extend_from_slice(Digest::of(numbers).as_str().as_bytes());
        header
    }
}

impl Cache {
    /// The cache under `folder`, which is made when it is not there.
    pub(super) fn at(folder: &Path) -> Result<Self, RetrievalError> {
        let folder = folder.join("vectors");
        match fs::create_dir_all(&folder) {
            Ok(()) => Ok(Self { folder }),
            Err(source) => Err(RetrievalError::Cache { path: folder, source }),
        }
    }

    /// The numbers kept for `key`, if there are any and everything about them is right.
    pub(super) fn read(&self, key: &Key) -> Option<Vec<f32>> {
        let file = fs::read(self.folder.join(key.file_name())).ok()?;
        let size = key.count.checked_mul(key.dimensions)?.checked_mul(size_of::<f32>())?;
        let (header, numbers) = file.split_at_checked(file.len().checked_sub(size)?)?;
        if header != key.header(numbers) {
            return None;
        }
        let (numbers, _) = numbers.as_chunks();
        Some(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    /// Keeps `numbers` for `key`. A cache that cannot be written makes the next start slower, and nothing wrong, so
    /// that is a warning and no error.
    pub(super) fn write(&self, key: &Key, numbers: &[f32]) {
        let numbers = bytes_of(numbers);
        let path = self.folder.join(key.file_name());
        if let Err(error) = replace(&path, &self.folder, [&key.header(&numbers), &numbers]) {
            tracing::warn!(path = %path.display(), %error, "vectors could not be kept and will be made again");
        }
    }

    /// Removes every file of the rubric, whatever made it.
    pub(super) fn remove(&self, rubric: &Digest) -> Result<(), RetrievalError> {
        let failed = |source| RetrievalError::Cache { path: self.folder.clone(), source };
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_string_lossy().starts_with(rubric.as_str()) {
                fs::remove_file(entry.path()).map_err(failed)?;
            }
        }
        Ok(())
    }
}

/// Puts a whole file at `path`, or leaves what is there.
fn replace(path: &Path, folder: &Path, parts: [&[u8]; 2]) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(folder)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: [f32; 4] = [0.25, -1.0, f32::MIN_POSITIVE, 3.5];

    fn key(texts: &[&str]) -> Key {
        Key::new(&Digest::of(b"rubric"), ["embedder", "machine"], texts, 2)
    }

    fn kept() -> (tempfile::TempDir, Cache, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let cache = Cache::at(folder.path()).expect("can be made");
        cache.write(&key(&["a", "b"]), &NUMBERS);
        let path = cache.folder.join(key(&["a", "b"]).file_name());
        (folder, cache, path)
    }

    #[test]
    fn what_was_kept_comes_back_bit_for_bit_and_nothing_else_lies_about() {
        let (_folder, cache, _) = kept();
        assert_eq!(cache.read(&key(&["a", "b"])), Some(NUMBERS.to_vec()));
        assert_eq!(fs::read_dir(&cache.folder).expect("is there").count(), 1);
    }

    #[test]
    fn a_file_with_any_byte_changed_or_missing_is_not_believed() {
        let (_folder, cache, path) = kept();
        let whole = fs::read(&path).expect("was written");
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            fs::write(&path, &changed).expect("can be written");
            assert_eq!(cache.read(&key(&["a", "b"])), None, "byte {place}");
            fs::write(&path, &whole[..place]).expect("can be written");
            assert_eq!(cache.read(&key(&["a", "b"])), None, "cut at {place}");
        }
    }

    #[test]
    fn vectors_of_other_texts_are_not_taken() {
        let (_folder, cache, path) = kept();
        let other = key(&["a", "c"]);
        assert_eq!(cache.read(&other), None);
        fs::rename(path, cache.folder.join(other.file_name())).expect("can be renamed");
        assert_eq!(cache.read(&other), None);
    }

    #[test]
    fn removing_a_rubric_removes_its_files_only() {
        let (_folder, cache, path) = kept();
        cache.remove(&Digest::of(b"another")).expect("can be read");
        assert!(path.exists());
        cache.remove(&Digest::of(b"rubric")).expect("can be removed");
        assert!(!path.exists());
    }
}
