//! Walks a guide from its first block to its last and puts each under the question that it belongs to.

use super::block::{Block, LeftOut, PLAIN, Reason, Source};
use super::found::{Answer, AnswerBy, Answers, Findings, Found, Passage, SubQuestion, key};
use super::label::{self, Field};
use super::outline::{Outline, Role, Section, announces, outline};
use super::wording::{self, asks, is_quoted, part_guessed, sells, unquoted};
use crate::domain::QuestionKind;
use std::collections::{BTreeMap, BTreeSet};

/// All that a guide holds.
pub(super) fn gather(source: Source) -> Findings {
    let outline = outline(&source.blocks);
    let ranks = ranks(&source.blocks, &outline);
    let repeated = repeated(&source.blocks);
    let mut walk = Walk {
        blocks: &source.blocks,
        outline: &outline,
        ranks,
        repeated,
        out: Findings { title: outline.title.clone(), left_out: source.left_out, ..Findings::default() },
        asked: BTreeMap::new(),
        question: None,
        field: None,
        once: false,
        columns: None,
        section: usize::MAX,
        list: 0,
        answers_from: 0,
        restated: false,
    };
    for at in 0..source.blocks.len() {
        walk.step(at);
    }
    walk.out
}

struct Walk<'s> {
    blocks: &'s [Block],
    outline: &'s Outline,
    /// For each section, the rank of its questions, if something sets them off.
    ranks: Vec<Option<u8>>,
    repeated: BTreeMap<String, usize>,
    out: Findings,
    /// Questions by their words.
    asked: BTreeMap<String, usize>,
    question: Option<usize>,
    field: Option<Field>,
    /// Whether the field ends with the block that it began in.
    once: bool,
    columns: Option<Vec<Option<Field>>>,
    section: usize,
    list: usize,
    /// The first list whose questions answers may still answer.
    answers_from: usize,
    /// Whether, in a section of answers, a question was said again.
    restated: bool,
}

/// For each section, the rank of the blocks that ask. What a label follows decides; otherwise the highest rank.
fn ranks(blocks: &[Block], outline: &Outline) -> Vec<Option<u8>> {
    let mut everywhere: BTreeMap<u8, usize> = BTreeMap::new();
    let mut asking: Vec<BTreeSet<u8>> = vec![BTreeSet::new(); outline.sections.len()];
    let mut followed: Vec<BTreeMap<u8, usize>> = vec![BTreeMap::new(); outline.sections.len()];
    let mut marked: Vec<Option<u8>> = vec![None; outline.sections.len()];
    let mut labelled = vec![false; outline.sections.len()];
    let mut probing = false;
    for (at, block) in blocks.iter().enumerate() {
        let section = outline.of[at];
        if let Some((field, rest)) = label::of(&block.text, block.strong, block.stands_out()) {
            probing = matches!(field, Field::FollowUps | Field::AlsoAsked | Field::ListenFor | Field::RedFlags);
            labelled[section] |= field == Field::Question && (asks(rest) || rest.is_empty());
            continue;
        }
        if outline.heads[at]
            || !block.cells.is_empty()
            || !asks(&block.text)
            || label::part(&block.text, block.strong, None).is_some()
        {
            continue;
        }
        asking[section].insert(block.rank());
        if blocks.get(at + 1).is_some_and(announces) {
            *followed[section].entry(block.rank()).or_default() += 1;
            *everywhere.entry(block.rank()).or_default() += 1;
            probing = false;
        }
        if block.rank() < PLAIN && !(probing && block.is_item()) {
            marked[section] = Some(marked[section].map_or(block.rank(), |rank| rank.min(block.rank())));
        }
    }
    // One alone may be the last sub-question before a label.
    let most = |ranks: &BTreeMap<u8, usize>| {
        let often = ranks.iter().filter(|(_, count)| **count > 1);
        often.max_by_key(|(rank, count)| (**count, u8::MAX - **rank)).map(|(rank, _)| *rank)
    };
    let rank = |section: usize| {
        let usual = most(&everywhere).filter(|rank| asking[section].contains(rank));
        let only = followed[section].keys().next().copied();
        most(&followed[section]).or(usual).or(marked[section]).or(only)
    };
    (0..outline.sections.len()).map(|section| if labelled[section] { Some(0) } else { rank(section) }).collect()
}

/// How often each short line comes, and, with a colon behind them, the words before a colon.
fn repeated(blocks: &[Block]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for block in blocks.iter().filter(|block| block.text.split_whitespace().count() <= 8) {
        *counts.entry(key(&block.text)).or_default() += 1;
    }
    for head in blocks.iter().filter(|block| !block.is_item()).filter_map(|block| before_colon(&block.text)) {
        *counts.entry(format!("{}:", key(head))).or_default() += 1;
    }
    counts
}

/// The few words before a colon.
fn before_colon(text: &str) -> Option<&str> {
    let (head, rest) = text.split_once(": ")?;
    (head.split_whitespace().count() <= 4 && !rest.is_empty()).then_some(head)
}

impl Walk<'_> {
    fn step(&mut self, at: usize) {
        let (blocks, outline) = (self.blocks, self.outline);
        let (block, section) = (&blocks[at], outline.section(at));
        if outline.of[at] != self.section {
            self.enter(outline.of[at], section);
        }
        if self.outline.heads[at] {
            self.close();
            if block.rank() == PLAIN && block.text.split_whitespace().count() > 14 {
                self.leave_out(block, Reason::Introduction);
            }
            return;
        }
        if block.cells.is_empty() {
            self.columns = None;
        }
        if self.is_noise(block) {
            return;
        }
        match section.role {
            Role::Out(reason) => {
                let labelled = reason == Reason::Introduction
                    && self.label(block).is_some_and(|(field, _)| field == Field::Question);
                if labelled || !block.cells.is_empty() && reason == Reason::Introduction {
                    self.in_questions(at, section);
                } else {
                    self.leave_out(block, reason);
                }
            }
            Role::Tips => self.tip(block),
            Role::Answers => self.in_answers(at, section),
            Role::Questions => self.in_questions(at, section),
        }
    }

    fn enter(&mut self, number: usize, section: &Section) {
        self.section = number;
        self.close();
        self.restated = false;
        match section.role {
            Role::Questions => self.list += 1,
            Role::Answers => {
                let last = self.list;
                self.out.answers.push(Answers {
                    lists: self.answers_from..=last,
                    count: section.count,
                    passages: Vec::new(),
                });
                self.answers_from = last + 1;
            }
            _ => {}
        }
    }

    fn close(&mut self) {
        self.question = None;
        self.field = None;
    }

    /// Advertising and parts of the page, but not inside what a label announced.
    fn is_noise(&mut self, block: &Block) -> bool {
        let lower = block.text.to_lowercase();
        let inside = matches!(self.field, Some(Field::Answer | Field::ListenFor | Field::Assesses | Field::BareAnswer));
        let reason = if wording::is_page_part(&lower) && !inside || !lower.contains(char::is_alphabetic) {
            Reason::Navigation
        } else if sells(&lower) && !inside && block.cells.is_empty() && !is_quoted(&block.text) {
            Reason::Advertising
        } else {
            return false;
        };
        self.leave_out(block, reason);
        true
    }

    fn leave_out(&mut self, block: &Block, reason: Reason) {
        self.out.left_out.push(LeftOut::new(block.line, reason, &block.text));
    }

    fn label<'b>(&self, block: &'b Block) -> Option<(Field, &'b str)> {
        let again = self.repeated.get(&key(&block.text)).is_some_and(|count| *count > 1);
        let short = block.text.split_whitespace().count() <= 5 && !block.is_item();
        label::of(
            &block.text,
            block.strong,
            block.stands_out() && block.strong > 0 || block.is_heading() || again || short,
        )
    }

    fn in_questions(&mut self, at: usize, section: &Section) {
        let block = &self.blocks[at];
        if !block.cells.is_empty() {
            self.row(block, section);
        } else if self.answered_in_line(block) || self.part(block) {
        } else if let Some((field, rest)) = self.label(block) {
            self.labelled(at, field, rest, section);
        } else if self.field == Some(Field::Question) && self.once || self.is_question(at, section) {
            self.ask(block.line, &block.text, block.number(), section);
            self.by_place(&block.text);
        } else if self.is_unknown_label(block) {
            self.field = Some(Field::Remark);
            self.content(block, &block.text);
            self.field = Some(Field::Remark);
        } else if self.is_follow_up(block, section) {
            self.follow_up(block, &block.text, None);
        } else {
            self.content(block, &block.text);
        }
    }

    /// Whether a block only looks like a label: bold words of a few, or words before a colon that come again and again.
    /// What follows it belongs to nothing that a rubric holds.
    fn is_unknown_label(&self, block: &Block) -> bool {
        if block.is_item() || self.question.is_none() || asks(&block.text) || is_quoted(&block.text) {
            return false;
        }
        let few = |text: &str| text.split_whitespace().count() <= 6;
        let bold = &block.text[..block.strong];
        let set_off = block.strong > 0
            && few(bold)
            && (block.stands_out() || bold.ends_with(':') || block.text[block.strong..].starts_with(':'));
        let head = before_colon(&block.text);
        set_off
            || head.is_some_and(|head| self.repeated.get(&format!("{}:", key(head))).is_some_and(|count| *count > 1))
    }

    fn by_place(&mut self, text: &str) {
        if let Some(question) = self.question
            && !asks(text)
        {
            self.out.questions[question].by_place = true;
        }
    }

    /// `**What was asked above?** What is said to it.`
    fn answered_in_line(&mut self, block: &Block) -> bool {
        let Some((asked, rest)) = block.text.split_at_checked(block.strong) else { return false };
        let Some(question) = self.asked.get(&key(unquoted(asked.trim()))).copied() else { return false };
        let rest = rest.trim_start().trim_start_matches(['–', '—', '-', ':']).trim_start();
        if rest.is_empty() {
            return false;
        }
        self.question = Some(question);
        self.out.questions[question].again.push(block.line);
        self.field = Some(Field::BareAnswer);
        self.once = false;
        self.content(block, rest);
        true
    }

    /// `Situation: what was going on?` is a sub-question; in an answer such labels are part of its words.
    fn part(&mut self, block: &Block) -> bool {
        let asked = self.question.and_then(|question| self.out.questions[question].follow_ups.last());
        let last = asked.and_then(|follow_up| follow_up.part);
        let Some((part, rest)) = label::part(&block.text, block.strong, last) else { return false };
        if self.question.is_none() || !asks(rest) {
            return false;
        }
        self.follow_up(block, rest, Some(part));
        true
    }

    fn labelled(&mut self, at: usize, field: Field, rest: &str, section: &Section) {
        let block = &self.blocks[at];
        self.once = false;
        match field {
            Field::Question if rest.is_empty() => {
                let follows =
                    self.blocks.get(at + 1).is_some_and(|next| next.cells.is_empty() && self.label(next).is_none());
                self.field = follows.then_some(Field::Question);
                self.once = follows;
            }
            Field::Question if asks(rest) || block.text.len() < 300 && !rest.starts_with(char::is_lowercase) => {
                self.ask(block.line, rest, block.number(), section);
                self.by_place(rest);
            }
            _ if self.question.is_none() => {
                self.field = None;
                self.content(block, &block.text);
            }
            _ => {
                self.field = Some(field);
                if !rest.is_empty() {
                    self.content(block, rest);
                    self.once = matches!(field, Field::Tip | Field::Competency | Field::Kind);
                }
            }
        }
    }

    fn is_question(&self, at: usize, section: &Section) -> bool {
        let block = &self.blocks[at];
        let (asker, followed) = (
            asks(&block.text),
            self.blocks.get(at + 1).is_some_and(|next| {
                self.label(next)
                    .is_some_and(|(field, _)| !matches!(field, Field::Question | Field::Tip | Field::Remark))
                    || is_quoted(&next.text) && next.rank() == PLAIN
            }),
        );
        let in_list = matches!(self.field, Some(Field::FollowUps | Field::AlsoAsked));
        match self.ranks[self.section] {
            Some(PLAIN) => asker && block.rank() == PLAIN && (followed || self.field.is_none()),
            Some(rank) if block.rank() == rank => {
                asker && (!in_list || followed)
                    || followed && Self::is_short(block)
                    || self.is_next_number(block)
                    || block.is_heading() && Self::is_short(block) && followed
            }
            // A bold or numbered question in a section of others.
            Some(rank) => asker && followed && block.rank() < rank,
            None => {
                asker
                    && block.rank() == PLAIN
                    && self.field.is_none_or(|field| field == Field::Remark)
                    && (section.explicit || followed || self.in_a_run(at) || self.is_one_of_many(at))
            }
        }
    }

    fn is_short(block: &Block) -> bool {
        block.text.split_whitespace().count() <= 40
    }

    /// Whether a numbered item goes on with the numbers of the questions, so that it is one without asking.
    fn is_next_number(&self, block: &Block) -> bool {
        let inside = self.field.is_some_and(|field| field != Field::Remark && field != Field::Tip);
        let last = self.question.map(|question| &self.out.questions[question]);
        let goes_on =
            last.is_some_and(|last| last.number.is_some() && block.number() == last.number.map(|number| number + 1));
        goes_on && !inside && Self::is_short(block) && !wording::speaks_to_interviewer(&block.text.to_lowercase())
    }

    /// Whether the next or the last block asks as well.
    fn in_a_run(&self, at: usize) -> bool {
        let asks_at = |at: usize| self.blocks.get(at).is_some_and(|block| block.rank() == PLAIN && asks(&block.text));
        asks_at(at + 1) || at > 0 && asks_at(at - 1)
    }

    /// Whether it stands alone above other text, as another question of its section does.
    fn is_one_of_many(&self, at: usize) -> bool {
        let alone = |at: usize| {
            let block = &self.blocks[at];
            let next_tells = self.blocks.get(at + 1).is_some_and(|next| next.rank() == PLAIN && !asks(&next.text));
            block.rank() == PLAIN && block.after_blank && next_tells && asks(&block.text)
        };
        let section = self.outline.of[at];
        let mut others = (0..self.blocks.len()).filter(|other| *other != at && self.outline.of[*other] == section);
        alone(at) && others.any(alone)
    }

    fn is_follow_up(&self, block: &Block, section: &Section) -> bool {
        if self.question.is_none() || !block.is_item() || !asks(&block.text) {
            return self.field == Some(Field::FollowUps) && self.question.is_some() && asks(&block.text);
        }
        let deeper = self.ranks[self.section].is_none_or(|rank| block.rank() > rank);
        let open = self.field.is_none_or(|field| matches!(field, Field::FollowUps | Field::Remark));
        deeper && (open || section.kind == Some(QuestionKind::Star) && self.field != Some(Field::ListenFor))
    }

    fn ask(&mut self, line: usize, ask: &str, number: Option<u32>, section: &Section) {
        let ask = unquoted(ask).to_owned();
        self.field = None;
        self.once = false;
        if let Some(known) = self.asked.get(&key(&ask)).copied() {
            let found = &mut self.out.questions[known];
            found.again.push(line);
            found.kind = found.kind.or(section.kind);
            found.topic = found.topic.take().or_else(|| section.topic.clone());
            self.question = Some(known);
            return;
        }
        self.question = Some(self.out.questions.len());
        self.asked.insert(key(&ask), self.out.questions.len());
        let (kind, topic) = (section.kind, section.topic.clone());
        self.out.questions.push(Found { line, ask, number, kind, topic, list: self.list, ..Found::default() });
    }

    fn follow_up(&mut self, block: &Block, ask: &str, part: Option<&'static str>) {
        let Some(question) = self.question else { return };
        let found = &mut self.out.questions[question];
        let star = found.kind == Some(QuestionKind::Star) || part.is_some();
        if part.is_some() {
            found.kind = Some(QuestionKind::Star);
        }
        let guessed = part.is_none() && star;
        let part = part.or_else(|| part_guessed(ask).filter(|_| star));
        found.follow_ups.push(SubQuestion {
            passage: passage(block, unquoted(ask)),
            part,
            part_guessed: guessed && part.is_some(),
        });
        if self.field != Some(Field::FollowUps) {
            self.field = None;
        }
    }

    /// Words that belong to the field that is open, or to the question as such.
    fn content(&mut self, block: &Block, text: &str) {
        if std::mem::take(&mut self.once) {
            self.field = None;
        }
        let Some(question) = self.question else {
            self.proposals(block);
            self.leave_out(block, Reason::Introduction);
            return;
        };
        if self.field.is_none_or(|field| matches!(field, Field::Remark | Field::Tip)) && is_quoted(text) {
            self.field = Some(Field::Answer);
        }
        let mut passage = passage(block, text);
        // What follows a label in the label's own item is no item of a list.
        passage.item &= text.len() == block.text.len();
        put(&mut self.out.questions[question], self.field, passage);
        if self.field.is_none() {
            self.proposals(block);
        }
    }

    /// Questions that the guide proposes to ask in the middle of a sentence.
    fn proposals(&mut self, block: &Block) {
        let open = self.question;
        for ask in wording::proposed(&block.text) {
            let section = Section::of_proposals();
            self.ask(block.line, &ask, None, &section);
        }
        self.question = open;
    }

    fn tip(&mut self, block: &Block) {
        self.proposals(block);
        self.close();
        self.out.tips.push(passage(block, &block.text));
    }

    fn in_answers(&mut self, at: usize, section: &Section) {
        let block = &self.blocks[at];
        let known = self.asked.get(&key(unquoted(&block.text))).copied();
        if self.answered_in_line(block) {
            self.restated = true;
        } else if let Some(question) = known {
            self.question = Some(question);
            self.field = Some(Field::BareAnswer);
            self.restated = true;
            self.out.questions[question].again.push(block.line);
        } else if self.restated && self.question.is_some() {
            match self.label(block) {
                Some((field, rest)) => self.labelled(at, field, rest, section),
                None => self.content(block, &block.text),
            }
        } else if block.text.to_lowercase().contains("interview questions") {
            self.leave_out(block, Reason::Introduction);
        } else if let Some(answers) = self.out.answers.last_mut() {
            answers.passages.push(passage(block, &block.text));
        }
    }

    fn row(&mut self, block: &Block, section: &Section) {
        let fields: Vec<Option<Field>> = block.cells.iter().map(|cell| label::field(cell)).collect();
        let known = fields.iter().flatten().count();
        if self.columns.is_none() && known >= 2
            || fields.first() == Some(&Some(Field::Question)) && known == block.cells.len()
        {
            self.columns = Some(fields);
            self.close();
            return;
        }
        match self.columns.take() {
            Some(columns) => {
                self.cells(block, &columns, section);
                self.columns = Some(columns);
            }
            None => self.row_without_header(block, &fields, section),
        }
    }

    fn cells(&mut self, block: &Block, columns: &[Option<Field>], section: &Section) {
        let asked = columns.iter().position(|field| *field == Some(Field::Question));
        let asked = asked.or_else(|| block.cells.iter().position(|cell| asks(cell)));
        if let Some(cell) = asked.and_then(|at| block.cells.get(at)).filter(|cell| !cell.is_empty()) {
            let (ask, number) = without_number(cell);
            self.ask(block.line, ask, number, section);
        }
        for (at, cell) in block.cells.iter().enumerate().filter(|(at, cell)| Some(*at) != asked && !cell.is_empty()) {
            if let Some(field) = columns.get(at).copied().flatten() {
                self.cell(block, Some(field), cell);
            } else if cell.contains(char::is_alphabetic) {
                self.cell(block, Some(Field::Remark), cell);
            }
        }
    }

    fn row_without_header(&mut self, block: &Block, fields: &[Option<Field>], section: &Section) {
        let cells: Vec<&String> = block.cells.iter().filter(|cell| !cell.is_empty()).collect();
        match (fields.first().copied().flatten(), cells.as_slice()) {
            (Some(Field::Question), [_, ask]) => self.ask(block.line, ask, None, section),
            (Some(field), [_, text]) => self.cell(block, Some(field), text),
            _ => {
                let Some(at) = block.cells.iter().position(|cell| asks(without_number(cell).0)) else {
                    self.leave_out(block, Reason::NoPlace);
                    return;
                };
                let (ask, number) = without_number(&block.cells[at]);
                self.ask(block.line, ask, number, section);
                for cell in block.cells[at + 1..].iter().filter(|cell| !cell.is_empty()) {
                    self.cell(block, None, cell);
                }
            }
        }
    }

    fn cell(&mut self, block: &Block, field: Option<Field>, text: &str) {
        let Some(question) = self.question else {
            self.leave_out(block, Reason::NoPlace);
            return;
        };
        let field = if field.is_none() && is_quoted(text) { Some(Field::Answer) } else { field };
        put(&mut self.out.questions[question], field, passage(block, text));
    }
}

fn without_number(cell: &str) -> (&str, Option<u32>) {
    use super::block::{Mark, written_mark};
    match written_mark(cell, Mark::Plain) {
        Some((rest, Mark::Number { number, .. })) => (rest, Some(number)),
        Some((rest, _)) => (rest, None),
        None => (cell, None),
    }
}

fn passage(block: &Block, text: &str) -> Passage {
    Passage { line: block.line, text: text.to_owned(), item: block.is_item(), number: block.number() }
}

/// Puts a passage into a field of a question.
fn put(found: &mut Found, field: Option<Field>, passage: Passage) {
    match field {
        Some(Field::AlsoAsked) => found.also_asked.push(passage),
        Some(Field::Assesses) => found.assesses.push(passage),
        Some(Field::ListenFor) => found.listen_for.push(passage),
        Some(Field::RedFlags) => found.red_flags.push(passage),
        Some(Field::Answer) => found.answers.push(Answer { passage, by: AnswerBy::Label }),
        Some(Field::BareAnswer) => found.answers.push(Answer { passage, by: AnswerBy::BareLabel }),
        Some(Field::Levels) => found.levels.push(passage),
        Some(Field::FollowUps) => found.follow_ups.push(SubQuestion { passage, part: None, part_guessed: false }),
        Some(Field::Competency) => found.topic = Some(passage.text),
        Some(Field::Kind) => match wording::kind_named(&passage.text) {
            Some(kind) => found.kind = Some(kind),
            None => found.remarks.push(passage),
        },
        Some(Field::Tip) => found.tips.push(passage),
        Some(Field::Remark) => found.remarks.push(passage),
        Some(Field::Question) | None => found.loose.push(passage),
    }
}
