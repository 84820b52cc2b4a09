//! The body of a request, and what of it a server turned out not to know. Servers that call themselves compatible each
//! leave something out; what one complains about is left out from then on, and the record says how replies were made.

use super::ChatSettings;
use crate::domain::{Digest, Message, ReplyMode, Scale};
use serde_json::{Value, json};

/// What a reply is to look like.
pub(super) struct Form<'a> {
    /// The name of the schema as servers are told it.
    pub name: &'static str,
    /// The name of the schema in the prompt's front matter.
    pub version: &'static str,
    /// The schema, with lengths or without.
    pub schema: &'a (dyn Fn(bool) -> Value + Sync),
    /// The scale of the score that the reply holds, where it holds one.
    pub scale: Option<&'a Scale>,
}

/// What a server understands, as far as is known.
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that a server may not know")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    format: Format,
    /// Lengths in the schema.
    bounds: bool,
    temperature: bool,
    seed: bool,
    log_probabilities: bool,
    /// The newer of the two names for the longest reply.
    new_limit: bool,
}

/// One for each thing that a server may not know, and one more.
pub(super) const MOST_REJECTIONS: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Schema,
    Json,
    Text,
}

impl Dialect {
    /// Everything, until somebody complains.
    pub(super) fn full(is_openai: bool) -> Self {
        Self {
            format: Format::Schema,
            bounds: true,
            temperature: true,
            seed: true,
            log_probabilities: true,
            new_limit: is_openai,
        }
    }

    pub(super) fn mode(self) -> ReplyMode {
        match self.format {
            Format::Schema => ReplyMode::Schema,
            Format::Json => ReplyMode::Json,
            Format::Text => ReplyMode::Tolerant,
        }
    }

    /// The dialect without what `complaint` is about; `None` when there is nothing left to leave out.
    pub(super) fn without(self, complaint: &str) -> Option<Self> {
        let said = complaint.to_lowercase();
        let about = |words: &[&str]| words.iter().any(|word| said.contains(word));
        // A prompt that is too long is none of the server's shortcomings.
        if about(&[
            "context length",
            "context_length",
            "context size",
            "context window",
            "context_window",
            "too long",
            "too many tokens",
        ]) {
            return None;
        }
        let named = [
            (self.new_limit && about(&["max_completion_tokens"]) && !about(&["'max_completion_tokens' instead"]))
                .then_some(Self { new_limit: false, ..self }),
            (!self.new_limit && about(&["max_tokens"])).then_some(Self { new_limit: true, ..self }),
            (self.temperature && about(&["temperature"])).then_some(Self { temperature: false, ..self }),
            (self.seed && about(&["seed"])).then_some(Self { seed: false, ..self }),
            (self.log_probabilities && about(&["logprob"])).then_some(Self { log_probabilities: false, ..self }),
            (self.bounds && self.format == Format::Schema && about(&["maxlength", "maxitems"]))
                .then_some(Self { bounds: false, ..self }),
        ];
        // What is named goes first; then the format, step by step.
        named.into_iter().flatten().next().or(match self.format {
            Format::Schema => Some(Self { format: Format::Json, ..self }),
            Format::Json => Some(Self { format: Format::Text, ..self }),
            Format::Text => None,
        })
    }
}

/// The body for a server that speaks `dialect`.
pub(super) fn body(settings: &ChatSettings, form: &Form, messages: &[Message], sample: u32, dialect: Dialect) -> Value {
    let mut body = json!({"model": settings.model, "messages": messages, "stream": false});
    let limit = if dialect.new_limit { "max_completion_tokens" } else { "max_tokens" };
    body[limit] = json!(settings.longest_reply);
    if dialect.temperature {
        body["temperature"] = json!(settings.temperature);
    }
    if dialect.seed {
        body["seed"] = json!(settings.seed.wrapping_add(i64::from(sample)));
    }
    if let (true, Some(scale)) = (dialect.log_probabilities, form.scale) {
        body["logprobs"] = json!(true);
        // Each score, and some room for other ways of writing it.
        body["top_logprobs"] = json!((scale.levels() + 5).min(20));
    }
    match dialect.format {
        Format::Schema => {
            let named = json!({"name": form.name, "strict": true, "schema": (form.schema)(dialect.bounds)});
            body["response_format"] = json!({"type": "json_schema", "json_schema": named});
        }
        Format::Json => body["response_format"] = json!({"type": "json_object"}),
        Format::Text => {}
    }
    body
}

/// The digest of everything that shapes a reply: where it is asked for, of which model, with which words and
/// parameters, under which schema. What a server turned out not to know is no part of it, so that a reply is found
/// again before anything has been asked.
pub(super) fn key(settings: &ChatSettings, form: &Form, messages: &[Message], sample: u32) -> Digest {
    let body = body(settings, form, messages, sample, Dialect::full(false)).to_string();
    let parts = [settings.endpoint.base_url.trim_end_matches('/'), form.version, &body];
    Digest::of_parts(parts.map(str::as_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_complains_about_is_left_out_and_the_schema_last() {
        let full = Dialect::full(false);
        let next = |it: Dialect, said: &str| it.without(said).expect("something can be left out");
        assert!(!next(full, "Unsupported value: 'temperature' does not support 0").temperature);
        assert!(!next(full, "logprobs are not supported with reasoning models").log_probabilities);
        assert!(!next(full, "Invalid schema: 'maxLength' is not permitted").bounds);
        assert!(next(full, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.").new_limit);
        let json = next(full, "response_format is not supported");
        assert_eq!((json.mode(), next(json, "no").mode()), (ReplyMode::Json, ReplyMode::Tolerant));
        assert_eq!(next(json, "no").without("no"), None);
        assert_eq!(full.without("This model's maximum context length is 4096 tokens"), None);
    }
}
