//! JSON of transcription services: which one wrote it, found from its keys. Hides how each names the same few things.

mod assemblyai;
mod aws;
mod deepgram;
mod rev;
mod spoken;
mod whisper;

use super::Limits;
use super::clock;
use super::cue::{Reading, shortened};
use crate::domain::Fault;
use serde_json::{Map, Value};

/// The shapes that are read, for the message about one that is not.
const KNOWN: &str = "known are the JSON of Whisper (segments, transcription), WhisperX (segments with speakers), Deepgram \
                     (results.channels, results.utterances), AssemblyAI (utterances, words), AWS Transcribe \
                     (results.items), AWS Call Analytics (Transcript) and Rev (monologues)";

type Object = Map<String, Value>;

pub(super) fn read(text: &str, limits: &Limits) -> Result<Reading, Vec<Fault>> {
    check_size(text, limits)?;
    let value: Value = serde_json::from_str(text).map_err(|error| vec![invalid(&error)])?;
    of_value(value, limits)
}

fn of_value(value: Value, limits: &Limits) -> Result<Reading, Vec<Fault>> {
    let root = match value {
        Value::Object(root) => root,
        // Some scripts save the list of segments alone.
        Value::Array(_) => Map::from_iter([("segments".to_owned(), value)]),
        _ => return Err(vec![unknown(&Map::new())]),
    };
    if let Some(fault) = unfinished(&root) {
        return Err(vec![fault]);
    }
    let root = inner(&root);
    reader(root).map(|read| read(root, limits)).ok_or_else(|| vec![unknown(root)])
}

/// The object in which a tool wrapped the service's answer, or the object itself.
fn inner(root: &Object) -> &Object {
    if reader(root).is_some() {
        return root;
    }
    let wrapped = ["result", "output", "response", "data", "transcript", "body"];
    wrapped.iter().filter_map(|key| object(root, key)).find(|inner| reader(inner).is_some()).unwrap_or(root)
}

type Reader = fn(&Object, &Limits) -> Reading;

/// Which reader knows the shape.
fn reader(root: &Object) -> Option<Reader> {
    let results = object(root, "results");
    let has =
        |object: Option<&Object>, keys: &[&str]| object.is_some_and(|o| keys.iter().any(|key| o.contains_key(*key)));
    let here = |keys: &[&str]| has(Some(root), keys);
    if has(results, &["channels", "utterances"]) {
        Some(deepgram::read)
    } else if has(results, &["items", "transcripts", "audio_segments", "speaker_labels", "channel_labels"]) {
        Some(aws::read)
    } else if list(root, "Transcript").is_some() {
        Some(aws::read_call)
    } else if list(root, "monologues").is_some() {
        Some(rev::read)
    } else if here(&["transcription", "segments", "chunks", "word_segments"]) {
        Some(whisper::read)
    } else if here(&["utterances", "audio_url", "acoustic_model", "language_model"]) {
        Some(assemblyai::read)
    } else if list(root, "words").is_some() {
        Some(if whisper::has_word_keys(root) { whisper::read } else { assemblyai::read })
    } else if root.get("text").is_some_and(Value::is_string) {
        Some(whisper::read)
    } else {
        None
    }
}

/// Counts what may be a value, so that a small file cannot ask for gigabytes of memory.
fn check_size(text: &str, limits: &Limits) -> Result<(), Vec<Fault>> {
    let values = text.bytes().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
    if values <= limits.max_json_values {
        return Ok(());
    }
    Err(vec![Fault::whole(
        format!("the JSON holds more than {} values", limits.max_json_values),
        "leave out what is not the transcript, or cut the file into its interviews",
    )])
}

fn invalid(error: &serde_json::Error) -> Fault {
    let what = error.to_string();
    let what = what.split(" at line ").next().unwrap_or_default();
    Fault::at(
        error.line().max(1),
        format!("the JSON cannot be read: {what} (column {})", error.column()),
        "the file may have been cut short; export or download it again",
    )
}

fn unknown(root: &Object) -> Fault {
    let keys: Vec<String> = root.keys().take(20).map(|key| shortened(key)).collect();
    let keys = if keys.is_empty() { "none".into() } else { keys.join(", ") };
    Fault::whole(format!("this JSON is of no known shape; its keys are: {keys}"), KNOWN)
}

/// A job that failed or still runs has the right keys and no words.
fn unfinished(root: &Object) -> Option<Fault> {
    let status = ["status", "JobStatus"].iter().find_map(|key| root.get(*key)?.as_str())?;
    let why = string(root, "error").or_else(|| string(root, "FailureReason")).unwrap_or_default();
    match status.to_lowercase().as_str() {
        "error" | "failed" => Some(Fault::whole(
            format!("the service says that the transcription failed: {}", shortened(why)),
            "transcribe the recording again",
        )),
        "queued" | "processing" | "in_progress" | "in progress" => Some(Fault::whole(
            format!("the transcription was not finished (status: {status})"),
            "wait until it is, and download the result again",
        )),
        _ => None,
    }
}

fn object<'v>(from: &'v Object, key: &str) -> Option<&'v Object> {
    from.get(key)?.as_object()
}

fn list<'v>(from: &'v Object, key: &str) -> Option<&'v [Value]> {
    from.get(key)?.as_array().map(Vec::as_slice)
}

/// The objects of a list; empty where there is no list.
fn objects<'v>(from: &'v Object, key: &str) -> impl Iterator<Item = &'v Object> + Clone {
    list(from, key).unwrap_or_default().iter().filter_map(Value::as_object)
}

fn string<'v>(from: &'v Object, key: &str) -> Option<&'v str> {
    from.get(key)?.as_str()
}

/// A speaker, whether it is a name or a number.
fn name(from: &Object, key: &str) -> Option<String> {
    match from.get(key)? {
        Value::String(name) => Some(name.clone()).filter(|name| !name.trim().is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A time in seconds, as a number, a number in a string, or a clock time in a string.
fn seconds(from: &Object, key: &str) -> Option<i64> {
    seconds_of(from.get(key)?)
}

fn seconds_of(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => clock::seconds(number.as_f64()?),
        Value::String(text) => match text.trim().parse() {
            Ok(number) => clock::seconds(number),
            Err(_) => clock::parse(text.trim(), clock::Fraction::Decimal),
        },
        _ => None,
    }
}

/// A time in milliseconds.
fn milliseconds(from: &Object, key: &str) -> Option<i64> {
    clock::seconds(from.get(key)?.as_f64()? / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        read(text, &Limits::default()).expect_err("refused").remove(0)
    }

    #[test]
    fn an_unknown_shape_is_refused_with_its_keys_and_what_is_known() {
        let fault = fault("{\"version\": 1, \"cues\": []}");
        assert_eq!(fault.what, "this JSON is of no known shape; its keys are: version, cues");
        assert!(fault.hint.contains("Deepgram"));
    }

    #[test]
    fn broken_json_is_refused_with_its_place() {
        let fault = fault("{\"text\":\n \"a\"");
        assert_eq!((fault.line, fault.what.contains("column")), (Some(2), true), "{fault:?}");
    }

    #[test]
    fn nesting_without_end_is_refused() {
        assert!(fault(&"[".repeat(10_000)).what.contains("recursion limit"));
        assert!(fault(&"{\"a\":".repeat(10_000)).what.contains("recursion limit"));
    }

    #[test]
    fn more_values_than_the_limit_are_refused_before_they_are_read() {
        let limits = Limits { max_json_values: 3, ..Limits::default() };
        assert!(read("{\"a\": [1, 2, 3, 4]}", &limits).expect_err("too many")[0].what.contains("more than 3 values"));
    }

    #[test]
    fn a_job_that_failed_or_is_not_finished_is_named_as_such() {
        assert!(fault("{\"status\": \"error\", \"error\": \"no sound\", \"text\": null}").what.ends_with("no sound"));
        assert!(fault("{\"status\": \"processing\", \"text\": \"\"}").what.contains("not finished"));
    }

    #[test]
    fn the_answer_may_be_wrapped_or_a_bare_list() {
        let segments = "[{\"start\": 0, \"end\": 1, \"text\": \"Hi.\"}]";
        for text in [segments.to_owned(), format!("{{\"output\": {{\"segments\": {segments}}}}}")] {
            assert_eq!(read(&text, &Limits::default()).expect("known").cues[0].text, "Hi.");
        }
    }
}
