//! BERT's tokeniser: text to the numbers of word pieces, as Hugging Face's `tokenizers` gives them. (Compared on 2,467
//! texts of interviews and 6,000 strings of random scripts: 8 of the latter differ, by characters that the two
//! libraries' versions of Unicode know otherwise.)
//!
//! Written here because the tokeniser that comes with rten panics on some single words ("Kubernetes"), and leaves
//! out two of BERT's rules: control characters are dropped, and an ideograph is a word of its own. One thing differs
//! on purpose: `[SEP]` in a text is five plain characters, so nobody can speak a token that steers the model.

use super::InferenceError;
use serde::Deserialize;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// A vocabulary and the rules for cutting words into it.
pub(super) struct WordPiece {
    /// Pieces that begin a word.
    starts: HashMap<String, i32>,
    /// Pieces that go on with one, without their `##`.
    rests: HashMap<String, i32>,
    longest_word: usize,
    unknown: i32,
    /// Stands before every input.
    pub(super) begin: i32,
    /// Stands after every part of an input.
    pub(super) end: i32,
}

/// The part of a `tokenizer.json` that is read; any other kind of normaliser, splitter or model is refused by serde.
#[derive(Deserialize)]
struct File {
    normalizer: Normalizer,
    #[serde(rename = "pre_tokenizer")]
    _splitter: Splitter,
    model: Model,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Normalizer {
    #[serde(rename = "BertNormalizer")]
    Bert { clean_text: bool, handle_chinese_chars: bool, strip_accents: Option<bool>, lowercase: bool },
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Splitter {
    #[serde(rename = "BertPreTokenizer")]
    Bert {},
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Model {
    WordPiece {
        unk_token: String,
        continuing_subword_prefix: String,
        max_input_chars_per_word: usize,
        vocab: HashMap<String, i32>,
    },
}

impl WordPiece {
    /// Reads a `tokenizer.json` of an uncased BERT.
    ///
    /// # Errors
    /// [`InferenceError::Tokenizer`] when it is not one.
    pub(super) fn from_json(json: &str) -> Result<Self, InferenceError> {
        let refuse = |why: String| InferenceError::Tokenizer(why);
        let file: File = serde_json::from_str(json).map_err(|error| refuse(error.to_string()))?;
        let Normalizer::Bert { clean_text, handle_chinese_chars, strip_accents, lowercase } = file.normalizer;
        if !(clean_text && handle_chinese_chars && strip_accents.unwrap_or(lowercase) && lowercase) {
            return Err(refuse("only BERT's uncased rules are known".into()));
        }
        let Model::WordPiece { unk_token, continuing_subword_prefix: prefix, max_input_chars_per_word, vocab } =
            file.model;
        let token =
            |name: &str| vocab.get(name).copied().ok_or_else(|| refuse(format!("the vocabulary has no {name}")));
        let (unknown, begin, end) = (token(&unk_token)?, token("[CLS]")?, token("[SEP]")?);
        let (mut starts, mut rests) = (HashMap::with_capacity(vocab.len()), HashMap::new());
        for (piece, id) in vocab {
            match piece.strip_prefix(&prefix) {
                Some(rest) if !rest.is_empty() => rests.insert(rest.to_owned(), id),
                _ => starts.insert(piece, id),
            };
        }
        Ok(Self { starts, rests, longest_word: max_input_chars_per_word, unknown, begin, end })
    }

    /// The first `limit` pieces of `text`.
    pub(super) fn pieces(&self, text: &str, limit: usize) -> Vec<i32> {
        let mut pieces = Vec::new();
        for word in words(&normalised(text)) {
            if pieces.len() >= limit {
                break;
            }
            self.cut(word, &mut pieces);
        }
        pieces.truncate(limit);
        pieces
    }

    /// Cuts a word into the longest pieces from its front; a word with a part that is not in the vocabulary is wholly
    /// unknown.
    fn cut(&self, word: &str, pieces: &mut Vec<i32>) {
        let before = pieces.len();
        let mut rest = word;
        if word.chars().count() > self.longest_word {
            return pieces.push(self.unknown);
        }
        while !rest.is_empty() {
            let known = if pieces.len() == before { &self.starts } else { &self.rests };
            let Some((id, length)) = longest_front(known, rest) else {
                pieces.truncate(before);
                return pieces.push(self.unknown);
            };
            pieces.push(id);
            rest = &rest[length..];
        }
    }
}

fn longest_front(known: &HashMap<String, i32>, text: &str) -> Option<(i32, usize)> {
    let ends = text.char_indices().rev().map(|(at, c)| at + c.len_utf8());
    ends.into_iter().find_map(|end| known.get(&text[..end]).map(|id| (*id, end)))
}

/// Lower case without accents, control characters dropped, ideographs set apart.
fn normalised(text: &str) -> String {
    text.chars()
        .filter(|c| !is_dropped(*c))
        .flat_map(|c| {
            let gap = is_ideograph(c).then_some(' ');
            gap.into_iter().chain([c]).chain(gap)
        })
        .nfd()
        .filter(|c| c.general_category() != GeneralCategory::NonspacingMark)
        .flat_map(char::to_lowercase)
        .collect()
}

/// Runs between white space, with every punctuation mark a word of its own.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
        .flat_map(|run| run.split_inclusive(is_punctuation))
        .flat_map(|part| {
            let mark = part.chars().next_back().filter(|c| is_punctuation(*c)).map_or(0, char::len_utf8);
            <[&str; 2]>::from(part.split_at(part.len() - mark))
        })
        .filter(|word| !word.is_empty())
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || c.general_category_group() == GeneralCategoryGroup::Punctuation
}

fn is_dropped(c: char) -> bool {
    use GeneralCategory::{Control, Format, PrivateUse};
    c == '\u{fffd}' || matches!(c.general_category(), Control | Format | PrivateUse) && !matches!(c, '\t' | '\n' | '\r')
}

/// The blocks that BERT calls Chinese: ideographs, not kana or hangul.
fn is_ideograph(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2a6df}' | '\u{2a700}'..='\u{2b73f}'
        | '\u{2b740}'..='\u{2b81f}' | '\u{2b920}'..='\u{2ceaf}' | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/all-minilm-l6-v2/tokenizer.json"));

    fn pieces(text: &str) -> Vec<i32> {
        WordPiece::from_json(JSON).expect("our own tokenizer.json is read").pieces(text, usize::MAX)
    }

    #[test]
    fn pieces_are_those_of_the_reference_implementation() {
        // From Hugging Face tokenizers 0.23.3, without the tokens that stand around them.
        for (text, expected) in [
            ("Kubernetes", &[13970, 5677, 7159, 2229][..]),
            ("I use Kubernetes and gRPC.", &[1045, 2224, 13970, 5677, 7159, 2229, 1998, 24665, 15042, 1012]),
            ("na\u{ef}ve caf\u{e9} \u{17b}\u{f3}\u{142}\u{107}", &[15743, 7668, 1062, 2080, 18818, 2278]),
            (
                "don't won\u{2019}t \u{201c}quotes\u{201d} \u{2014} dash\u{2026}",
                &[2123, 1005, 1056, 2180, 1521, 1056, 1523, 16614, 1524, 1517, 11454, 1529],
            ),
            ("\u{1f642} emoji", &[100, 7861, 29147, 2072]),
        ] {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }

    #[test]
    fn invisible_characters_do_not_change_a_word() {
        assert_eq!(pieces("soft\u{ad}hyphen zero\u{200b}width\u{0}"), pieces("softhyphen zerowidth"));
    }

    #[test]
    fn ideographs_are_words_of_their_own() {
        assert_eq!(pieces("\u{65e5}\u{672c}"), pieces("\u{65e5} \u{672c}"));
    }

    #[test]
    fn a_speaker_cannot_say_a_control_token() {
        let plain = pieces("[SEP]");
        assert!(plain.len() > 1 && !plain.contains(&102), "{plain:?}");
    }

    #[test]
    fn an_endless_word_is_unknown_and_the_limit_holds() {
        assert_eq!(pieces(&"x".repeat(101)), [100]);
        let tokenizer = WordPiece::from_json(JSON).expect("our own tokenizer.json is read");
        assert_eq!(tokenizer.pieces(&"word ".repeat(50), 7).len(), 7);
        assert_eq!(tokenizer.pieces("", 7), [0; 0]);
    }

    #[test]
    fn another_kind_of_tokenizer_is_refused() {
        let json = |normalizer: &str, model: &str| {
            format!(
                r###"{{"normalizer": {{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                    "strip_accents": null, "lowercase": {normalizer}}}, "pre_tokenizer": {{"type": "BertPreTokenizer"}},
                    "model": {{"type": "{model}", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                    "max_input_chars_per_word": 100, "vocab": {{"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3}}}}}}"###
            )
        };
        assert!(WordPiece::from_json(&json("true", "WordPiece")).is_ok());
        for other in [json("false", "WordPiece"), json("true", "BPE"), json("true", "WordPiece").replace("CLS", "BOS")]
        {
            assert!(matches!(WordPiece::from_json(&other), Err(InferenceError::Tokenizer(_))), "{other}");
        }
    }
}
