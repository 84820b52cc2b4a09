//! Which part of a guide each block is in: questions of which kind, answers, tips, or words around them.

use super::block::{Block, Mark, Reason};
use super::label::{self, Field};
use super::wording::{asks, is_quoted, kind_named, sells};
use crate::domain::QuestionKind;

/// What a section is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Questions,
    /// Answers to the questions of an earlier section.
    Answers,
    Tips,
    Out(Reason),
}

/// A section of the guide.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub role: Role,
    /// The kind of its questions, where its heading names it.
    pub kind: Option<QuestionKind>,
    /// What its heading names instead of a kind, such as "Databases".
    pub topic: Option<String>,
    /// Whether its heading says that questions follow.
    pub explicit: bool,
    /// How many answers it announces.
    pub count: Option<usize>,
    level: u8,
}

/// Sections, and for each block the one that it is in.
pub(super) struct Outline {
    pub title: Option<(usize, String)>,
    pub sections: Vec<Section>,
    pub of: Vec<usize>,
    /// Blocks that are headings of sections or introduce a list.
    pub heads: Vec<bool>,
}

/// The level of a bold line, of a line of text without markup, and of a sentence that introduces a list.
const BOLD: u8 = 7;
const LINE: u8 = 8;
const SENTENCE: u8 = 9;

pub(super) fn outline(blocks: &[Block]) -> Outline {
    let title = title(blocks);
    let front = Section::new(Role::Out(Reason::Introduction), 0);
    let mut out = Outline {
        title: title.map(|at| (blocks[at].line, blocks[at].text.clone())),
        sections: vec![front],
        of: Vec::new(),
        heads: Vec::new(),
    };
    let levels = question_levels(blocks);
    for at in 0..blocks.len() {
        let section = section_at(blocks, at, &out, &levels);
        out.heads.push(section.is_some() || title == Some(at));
        if let Some(section) = section {
            // A title names the guide; not all that follows it are questions.
            let explicit = section.explicit && title != Some(at);
            out.enter(Section { explicit, ..section });
        }
        out.of.push(out.sections.len() - 1);
    }
    out.without_sections_front_is_all();
    out
}

impl Section {
    /// What a sentence proposes to ask belongs to no list.
    pub(super) fn of_proposals() -> Self {
        Self::new(Role::Questions, SENTENCE)
    }

    fn new(role: Role, level: u8) -> Self {
        Self { role, kind: None, topic: None, explicit: false, count: None, level }
    }
}

impl Outline {
    pub(super) fn section(&self, block: usize) -> &Section {
        &self.sections[self.of[block]]
    }

    fn current(&self) -> &Section {
        &self.sections[self.sections.len() - 1]
    }

    /// The innermost section that a heading of this level stands in.
    fn above(&self, level: u8) -> &Section {
        let mut limit = u8::MAX;
        for section in self.sections.iter().rev() {
            if section.level < level && section.level < limit {
                return section;
            }
            limit = limit.min(section.level);
        }
        &self.sections[0]
    }

    fn enter(&mut self, mut section: Section) {
        if section.role == Role::Questions && section.kind.is_none() {
            let above = self.above(section.level);
            if above.role == Role::Questions {
                section.kind = above.kind;
                section.topic = section.topic.or_else(|| above.topic.clone());
            }
        }
        self.sections.push(section);
    }

    /// A guide without headings is all questions.
    fn without_sections_front_is_all(&mut self) {
        if self.sections.iter().all(|section| section.role != Role::Questions) {
            self.sections[0].role = Role::Questions;
        }
    }
}

/// The block that is the guide's title.
fn title(blocks: &[Block]) -> Option<usize> {
    let top = blocks.iter().position(|block| block.mark == Mark::Heading(1));
    let about = |block: &Block| {
        let lower = block.text.to_lowercase();
        is_headline(block)
            && ["question", "interview", "guide", "rubric", "scorecard"].iter().any(|word| lower.contains(word))
    };
    let named = || blocks.iter().take(40).position(about);
    let heading = || blocks.iter().position(Block::is_heading).filter(|at| *at < 3 && !asks(&blocks[*at].text));
    let first = || {
        let first = blocks.first()?;
        (is_headline(first) && blocks.get(1).is_some_and(|next| next.after_blank)).then_some(0)
    };
    top.or_else(named).or_else(heading).or_else(first)
}

/// A short line that ends without a full stop and asks nothing.
fn is_headline(block: &Block) -> bool {
    block.cells.is_empty()
        && (1..=14).contains(&block.text.split_whitespace().count())
        && !block.text.ends_with(['.', '!', ';', ',', '?', '”', '"'])
        && (!asks(&block.text) || block.text.to_lowercase().contains("questions"))
}

/// Levels of headings that are questions: those where several ask, or a label follows.
fn question_levels(blocks: &[Block]) -> Vec<u8> {
    let mut counts = [0_usize; 8];
    let mut labelled = [0_usize; 8];
    for (at, block) in blocks.iter().enumerate() {
        if let Mark::Heading(level) = block.mark
            && level > 1
        {
            counts[usize::from(level)] += usize::from(asks(&block.text) && !is_for_readers(&block.text));
            labelled[usize::from(level)] += usize::from(blocks.get(at + 1).is_some_and(announces));
        }
    }
    (2..8_u8).filter(|level| counts[usize::from(*level)] >= 3 || labelled[usize::from(*level)] >= 1).collect()
}

/// Whether a block is a label of something that belongs to a question.
pub(super) fn announces(block: &Block) -> bool {
    let found = if block.cells.is_empty() { label::of(&block.text, block.strong, block.stands_out()) } else { None };
    let announces = |field| !matches!(field, Field::Question | Field::Tip);
    found.is_some_and(|(field, _)| announces(field)) || is_quoted(&block.text)
}

/// Whether a heading asks what those ask who hire.
fn is_for_readers(text: &str) -> bool {
    let lower = text.to_lowercase();
    [
        "interview question",
        "hire ",
        "hiring",
        "recruit",
        "to ask ",
        "you ask ",
        "job description",
        "salary",
        "interviewing",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// The section that begins at a block, if one does.
fn section_at(blocks: &[Block], at: usize, out: &Outline, levels: &[u8]) -> Option<Section> {
    let block = &blocks[at];
    if !block.cells.is_empty() {
        return None;
    }
    match block.mark {
        Mark::Heading(level) => heading(blocks, at, level, out, levels),
        Mark::Plain if block.strong > 0 && block.stands_out() => bold_line(blocks, at, out),
        Mark::Plain => plain_line(blocks, at).or_else(|| sentence(blocks, at, out)),
        _ => None,
    }
}

fn heading(blocks: &[Block], at: usize, level: u8, out: &Outline, levels: &[u8]) -> Option<Section> {
    let text = &blocks[at].text;
    if let Some(section) = named(text, level) {
        return Some(section);
    }
    let above = out.above(level);
    let labelled =
        blocks.get(at + 1).is_some_and(announces) || above.role == Role::Questions && above.explicit && asks(text);
    if label::of(text, 0, true).is_some()
        || level > 1 && (levels.contains(&level) || labelled) && (asks(text) || labelled)
    {
        return None;
    }
    let role = above.role;
    if role != Role::Questions && role != Role::Out(Reason::Introduction) {
        return Some(Section::new(role, level));
    }
    if level > 1 && (asks(text) || is_for_readers(text) || text.ends_with('?')) {
        return Some(Section::new(Role::Out(Reason::Introduction), level));
    }
    let topic = (level > 1).then(|| text.clone());
    Some(Section { topic, ..Section::new(Role::Questions, level) })
}

fn bold_line(blocks: &[Block], at: usize, out: &Outline) -> Option<Section> {
    let text = &blocks[at].text;
    let is_label = label::of(text, blocks[at].strong, true).is_some_and(|(field, _)| field != Field::Question);
    if is_label || asks(text) || blocks.get(at + 1).is_some_and(announces) {
        return None;
    }
    let next_asks = blocks.get(at + 1).is_some_and(|next| asks(&next.text));
    let topic = || {
        let short = text.split_whitespace().count() <= 6 && out.current().role == Role::Questions;
        (short && next_asks).then(|| Section { topic: Some(text.clone()), ..Section::new(Role::Questions, BOLD) })
    };
    named(text, BOLD).or_else(topic)
}

/// A line of text without markup that can only be a heading.
fn plain_line(blocks: &[Block], at: usize) -> Option<Section> {
    let block = &blocks[at];
    if !is_headline(block) || label::of(&block.text, 0, false).is_some() || sells(&block.text.to_lowercase()) {
        return None;
    }
    let Some(section) = named(&block.text, LINE) else { return plain_topic(blocks, at) };
    let by_kind_alone = section.kind.is_some() && !section.explicit;
    let next_asks = blocks.get(at + 1).is_some_and(|next| asks(&next.text));
    (!by_kind_alone || next_asks).then_some(section)
}

/// A short line before a list of questions, such as "Databases" or "DATABASES".
fn plain_topic(blocks: &[Block], at: usize) -> Option<Section> {
    let (block, next) = (&blocks[at], blocks.get(at + 1)?);
    let capitals = block.text.contains(char::is_uppercase) && !block.text.contains(char::is_lowercase);
    let short =
        block.after_blank && block.text.split_whitespace().count() <= 5 && block.text.starts_with(char::is_uppercase);
    let is_topic = at > 0 && short && asks(&next.text) && (capitals || next.is_item());
    is_topic.then(|| Section {
        topic: Some(sentence_case(block.text.trim_end_matches(':'))),
        ..Section::new(Role::Questions, LINE)
    })
}

/// A line in capitals as words are written otherwise.
fn sentence_case(text: &str) -> String {
    if text.contains(char::is_lowercase) { text.to_owned() } else { capital(&text.to_lowercase()) }
}

/// What a heading says in so many words.
fn named(text: &str, level: u8) -> Option<Section> {
    let lower = text.to_lowercase();
    let words = lower.split_whitespace().count();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let is = |words: &[&str]| words.iter().any(|word| lower.trim_end_matches(':') == *word);
    let questions = has(&["questions"]) || level <= BOLD && lower.ends_with(" question bank");
    if words > 16 {
        None
    } else if has(&["faq", "frequently asked questions", "people also ask"]) {
        Some(Section::new(Role::Out(Reason::ReadersQuestions), level))
    } else if is_answers(&lower) && (level <= 2 || level >= LINE) {
        Some(Section { count: number(&lower), ..Section::new(Role::Answers, level) })
    } else if has(&[
        " tips",
        "tips for",
        "tips on",
        "best practices for interview",
        "how to use these",
        "how to conduct",
        "how to evaluate",
    ]) || is(&["tips"]) && level <= 2
    {
        Some(Section::new(Role::Tips, level))
    } else if is_closing(&lower) {
        Some(Section::new(Role::Out(Reason::Closing), level))
    } else if has(&["table of contents", "in this article", "on this page"])
        || is(&["introduction", "overview", "contents", "about this guide"])
    {
        Some(Section::new(Role::Out(Reason::Introduction), level))
    } else if questions
        && !is(&[
            "follow-up questions",
            "follow up questions",
            "additional questions",
            "probing questions",
            "further questions",
            "similar questions",
        ])
    {
        let topic = topic_of(text);
        Some(Section { kind: kind_named(text), topic, explicit: true, ..Section::new(Role::Questions, level) })
    } else {
        let kind = kind_named(text).filter(|_| words <= 5 && !asks(text) && label::field(text).is_none())?;
        Some(Section { kind: Some(kind), ..Section::new(Role::Questions, level) })
    }
}

/// "Databases" of "Questions about databases" or "Databases: questions".
fn topic_of(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let after =
        ["questions about ", "questions on "].iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len()))?;
    let topic = text.get(after..)?.trim_end_matches(['.', ':']).trim();
    (!topic.is_empty() && topic.split_whitespace().count() <= 5 && kind_named(topic).is_none()).then(|| capital(topic))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn is_answers(lower: &str) -> bool {
    let with =
        ["questions and", "questions &", "questions with", "question and", "& answers", "and answers", "with answers"];
    let starts =
        ["answers", "answer key", "sample answers", "suggested answers", "model answers", "the answers", "answers to"];
    !with.iter().any(|words| lower.contains(words)) && starts.iter().any(|start| lower.starts_with(start))
}

fn is_closing(lower: &str) -> bool {
    const STARTS: [&str; 22] = [
        "conclusion",
        "final thoughts",
        "final words",
        "summary",
        "wrapping up",
        "wrap up",
        "wrap-up",
        "in conclusion",
        "key takeaways",
        "related",
        "resources",
        "about the author",
        "about us",
        "further reading",
        "references",
        "newsletter",
        "subscribe",
        "share this",
        "comments",
        "next steps",
        "you may also",
        "more from",
    ];
    let ends = ["closing", "closing words", "thank you", "end of interview", "end of the interview"];
    STARTS.iter().any(|start| lower.starts_with(start)) || ends.contains(&lower.trim_end_matches(':'))
}

/// A sentence that introduces a list: of questions, of answers, of tips.
fn sentence(blocks: &[Block], at: usize, out: &Outline) -> Option<Section> {
    let text = &blocks[at].text;
    let lower = text.to_lowercase();
    let next = blocks.get(at + 1)?;
    if text.split_whitespace().count() > 60 || is_quoted(text) || label::of(text, 0, false).is_some() {
        return None;
    }
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["tips"]) && (lower.ends_with(':') || has(&["below", "following"])) {
        return Some(Section::new(Role::Tips, SENTENCE));
    }
    // What follows the last words of a guide or stands among its tips is put to readers.
    let over = matches!(out.current().role, Role::Tips | Role::Out(Reason::Closing | Reason::ReadersQuestions));
    if !has(&["question"]) || over {
        return None;
    }
    let announced = has(&[
        "here are",
        "below are",
        "find the",
        "these are",
        "following are",
        "are the answers",
        "are answers",
        "are sample answers",
    ]);
    if has(&["answers to", "answers for"]) && announced && !asks(&next.text) {
        let kind = kind_named(text);
        return Some(Section { kind, count: number(&lower), ..Section::new(Role::Answers, SENTENCE) });
    }
    let introduces = lower.starts_with("ask ")
        || announced
        || lower.ends_with(':')
        || has(&["following", "some of these", "questions below", "these questions"]);
    let fresh = out.current().role == Role::Questions
        && out.current().explicit
        && out.of.last() == Some(&(out.sections.len() - 1))
        && at > 0
        && out.heads[at - 1];
    (introduces && !asks(text) && asks(&next.text) && !fresh).then(|| Section {
        kind: kind_named(text),
        explicit: true,
        ..Section::new(Role::Questions, SENTENCE)
    })
}

/// The first number that a sentence names after "answers", up to twenty in words.
fn number(lower: &str) -> Option<usize> {
    const NAMES: [&str; 20] = [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ];
    let after = &lower[lower.find("answers")?..];
    let mut words = after.split(|c: char| !c.is_alphanumeric());
    words.find_map(|word| word.parse().ok().or_else(|| NAMES.iter().position(|name| *name == word).map(|at| at + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::guide::{markdown, plain};

    fn roles(blocks: &[Block]) -> Vec<(Role, Option<QuestionKind>)> {
        let outline = outline(blocks);
        (0..blocks.len()).map(|at| (outline.section(at).role, outline.section(at).kind)).collect()
    }

    #[test]
    fn sections_are_known_by_their_headings() {
        let text = "# Nurse questions\n\nHello.\n\n## Behavioural\n\n- Why?\n\n## Tips\n\n### Be kind\n\nSmile.\n\n## Conclusion\n\nBye.\n";
        let blocks = markdown::read(text).blocks;
        let roles = roles(&blocks);
        let behavioural = (Role::Questions, Some(QuestionKind::Behavioural));
        assert_eq!(roles[2..4], [behavioural, behavioural]);
        assert_eq!(roles[4..7].iter().map(|role| role.0).collect::<Vec<_>>(), [Role::Tips; 3]);
        assert_eq!(roles[8].0, Role::Out(Reason::Closing));
    }

    #[test]
    fn a_sentence_may_introduce_questions_or_the_answers_to_them() {
        let text = "Hello there, reader.\nAsk some of these general questions to begin.\nWhy nursing?\nWhy us?\nHere are the answers to two of the questions.\nApplicants may say many things.\n";
        let roles = roles(&plain::read(text).blocks);
        assert_eq!(roles[0].0, Role::Out(Reason::Introduction));
        assert_eq!(roles[2], (Role::Questions, Some(QuestionKind::General)));
        assert_eq!(roles[5].0, Role::Answers);
    }
}
