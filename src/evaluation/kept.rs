//! What was seen in answers, kept between runs: judging takes minutes, and the same answer is seen alike by the same judge.
//!
//! One file for each way of seeing, an answer a line: its key, a check, and what was seen. A line is believed only when its
//! check fits; a torn or changed one is seen again.

use super::answer::{Alone, answer, seen_with};
use super::{EvaluateError, Tools};
use crate::domain::{Digest, Rubric, Seen};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Answers that are judged between two times of keeping: what an interruption may cost.
const TOGETHER: usize = 256;

/// What is seen in each of `answers`, in their order, from `folder` where it was seen before. `progress` hears how many
/// there are and how many are done.
///
/// # Errors
/// As [`super::evaluate`]. A folder that cannot be written is no error: the next run is slower.
pub async fn seen_in(
    tools: &Tools<'_>,
    rubric: &Rubric,
    answers: &[Alone<'_>],
    folder: Option<&Path>,
    progress: &mut (dyn FnMut(usize, usize) + Send),
) -> Result<Vec<Seen>, EvaluateError> {
    let questions: Vec<Vec<u8>> = rubric.questions.iter().map(|q| serde_json::to_vec(q).unwrap_or_default()).collect();
    let scale = format!("{:?}", rubric.scale);
    let key = |a: &Alone<'_>| Digest::of_parts([questions[a.question].as_slice(), scale.as_bytes(), a.text.as_bytes()]);
    let keys: Vec<Digest> = answers.iter().map(key).collect();
    let path = folder.map(|folder| folder.join("seen").join(format!("{}.txt", seen_with(tools))));
    let mut known = path.as_deref().map(read).unwrap_or_default();
    let missing = in_rounds(answers, |place| !known.contains_key(&keys[place]));
    let mut done = answers.len() - missing.len();
    progress(done, answers.len());
    for places in missing.chunks(TOGETHER) {
        let asked: Vec<Alone<'_>> = places.iter().map(|place| answers[*place]).collect();
        let found = answer(tools, rubric, &asked, &mut |n| progress(done + n, answers.len())).await?;
        done += places.len();
        let fresh: Vec<(&Digest, Seen)> = places.iter().map(|place| &keys[*place]).zip(found).collect();
        if let Some(Err(error)) = path.as_deref().map(|path| keep(path, &fresh)) {
            tracing::warn!(%error, "what was seen could not be kept and will be looked at again");
        }
        known.extend(fresh.into_iter().map(|(key, seen)| (key.clone(), seen)));
    }
    Ok(keys.iter().filter_map(|key| known.get(key).cloned()).collect())
}

/// Places of the answers that `wanted` names, ordered so that neighbours answer different questions: those are judged
/// together.
fn in_rounds(answers: &[Alone<'_>], wanted: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (place, answer) in answers.iter().enumerate().filter(|(place, _)| wanted(*place)) {
        let round = counts.entry(answer.question).or_default();
        places.push((*round, place));
        *round += 1;
    }
    places.sort_unstable();
    places.into_iter().map(|(_, place)| place).collect()
}

fn read(path: &Path) -> HashMap<Digest, Seen> {
    let Ok(text) = fs::read_to_string(path) else { return HashMap::new() };
    let line = |line: &str| {
        let (key, rest) = line.split_once(' ')?;
        let (check, json) = rest.split_once(' ')?;
        let key: Digest = serde_json::from_value(key.into()).ok()?;
        (checked(&key, json) == check).then(|| Some((key, serde_json::from_str(json).ok()?)))?
    };
    text.lines().filter_map(line).collect()
}

fn checked(key: &Digest, json: &str) -> String {
    Digest::of_parts([key.as_str().as_bytes(), json.as_bytes()]).short().to_owned()
}

fn keep(path: &Path, fresh: &[(&Digest, Seen)]) -> io::Result<()> {
    let folder: PathBuf = path.parent().map(Path::to_owned).unwrap_or_default();
    fs::create_dir_all(folder)?;
    let mut lines = String::new();
    for (key, seen) in fresh {
        // A judge that could not be asked may be asked again.
        if seen.abstained.as_deref().is_some_and(|why| why.starts_with("judge unavailable")) {
            continue;
        }
        let json = serde_json::to_string(seen)?;
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{key} {} {json}", checked(key, &json));
    }
    // Begins on a line of its own, whatever an interrupted run left.
    let mut file = File::options().create(true).append(true).open(path)?;
    if file.metadata()?.len() > 0 {
        lines.insert(0, '\n');
    }
    file.write_all(lines.as_bytes())
}
