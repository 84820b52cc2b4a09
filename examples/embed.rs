//! Embeds the lines of a file and says how long that took and what came out:
//! `cargo run --release --example embed -- FILE [--batch K]`, all lines at once, or `K` at a time.
//!
//! The digest is over the bytes of all vectors. It is the same for every `K`, because a vector depends on its text
//! alone; it may differ between processors whose vector registers have other widths.

#![allow(clippy::pedantic, missing_docs, reason = "pedantry serves the library's interface")]

use earmark::domain::Digest;
use earmark::retrieval::{Retrieval, Vector};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (file, batch) = match args[..] {
        [file] => (file, usize::MAX),
        [file, "--batch", batch] => (file, batch.parse::<usize>()?.max(1)),
        _ => return Err("usage: embed FILE [--batch K]".into()),
    };
    let text = std::fs::read_to_string(file)?;
    let sentences: Vec<&str> = text.lines().collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;

    let retrieval = Retrieval::local(None)?;
    let start = Instant::now();
    let mut bytes = Vec::new();
    for some in sentences.chunks(batch.min(sentences.len()).max(1)) {
        let vectors = runtime.block_on(retrieval.embed(some))?;
        bytes.extend(vectors.iter().flat_map(Vector::as_slice).flat_map(|number| number.to_le_bytes()));
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("sentences {} seconds {seconds:.3} digest {}", sentences.len(), Digest::of(&bytes));
    Ok(())
}
