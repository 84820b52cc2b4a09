//! Which words before a colon name a speaker, decided over the whole file. Hides what a name looks like.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Longest name, in characters.
const LONGEST: usize = 40;

/// Words to look up, separated by commas where they are written.
type Listed = LazyLock<HashSet<&'static str>>;

fn listed(words: &'static str) -> HashSet<&'static str> {
    words.split(',').collect()
}

/// Words that can only stand for a speaker, with or without a number or letter after them.
static LABELS: Listed = LazyLock::new(|| listed(LABELS_WORDS));
const LABELS_WORDS: &str = "\
    speaker,unknown speaker,spk,interviewer,interviewee,candidate,applicant,moderator,host,guest,\
    participant,respondent,facilitator,recruiter,hiring manager,unidentified,unidentified speaker,\
    male speaker,female speaker,panelist,panellist";

/// Small words inside names.
static PARTICLES: Listed = LazyLock::new(|| listed(PARTICLES_WORDS));
const PARTICLES_WORDS: &str = "\
    van,von,de,der,den,da,di,do,dos,das,del,du,la,le,bin,ibn,al,el,y,e,ten,ter,zu,af,av,and,&,|,-,/";

/// Words that begin a sentence with a colon in it, and no name.
static OPENERS: Listed = LazyLock::new(|| listed(OPENERS_WORDS));
const OPENERS_WORDS: &str = "\
    the,a,an,my,our,your,his,her,their,its,this,that,these,those,here,there,one,i,we,you,he,she,it,they,if,\
    when,because,for,in,on,at,to,so,and,but,or,what,which,how";

/// Words before a colon that are no speaker however often they repeat.
static COMMON: Listed = LazyLock::new(|| listed(COMMON_WORDS));
const COMMON_WORDS: &str = "\
    note,notes,nb,n.b.,warning,example,examples,for example,hint,tip,remember,important,caution,todo,fixme,\
    ps,p.s.,re,fw,fwd,subject,to,from,cc,date,time,title,topic,agenda,summary,duration,recording,recorded,\
    location,attendees,participants,transcript,transcription,keywords,summary keywords,speakers,\
    action items,next steps,http,https,ftp,mailto,file,url,link,links,source,www,yes,no,ok,okay,well,also,\
    then,now,first,second,third,finally,next,who,why,where,result,results,step,part,chapter,section,figure,\
    table,page,image,music,sound,think,look,listen,see,meaning,conclusion,problem,solution,idea,point,fact,\
    option,reason,lesson,rule,language,kind,id,version,pros,cons,meeting,interview,position,role,minutes,\
    breaking";

/// How far a prefix looks like somebody's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// `Speaker 1`, `Interviewer`: nothing but a speaker.
    Label,
    /// `Dana Reyes`, `Hurst, Peter`, `Q`.
    Name,
    /// `yiannisbot`: a name only where nearly every cue has one.
    Handle,
}

/// The names of a file: every candidate is shown first, then the file as a whole decides.
#[derive(Debug, Default)]
pub(super) struct Names {
    seen: HashMap<String, usize>,
    units: usize,
    units_named: usize,
    any_repeats: bool,
    begins_named: bool,
}

impl Names {
    /// Shows a cue or line, with what may be the name it begins with.
    pub fn see(&mut self, candidate: Option<&str>) {
        self.units += 1;
        if let Some(name) = candidate {
            self.begins_named |= self.units == 1;
            self.units_named += 1;
            self.see_inside(name);
        }
    }

    /// Shows what may be a name inside a cue: it counts as a repetition, not as a cue with a name.
    pub fn see_inside(&mut self, name: &str) {
        let times = self.seen.entry(folded(name)).or_default();
        *times += 1;
        self.any_repeats |= *times > 1;
    }

    /// Whether `name` is a speaker of this file: it repeats, or most cues begin with one.
    pub fn accept(&self, name: &str) -> bool {
        let Some(look) = look(name) else { return false };
        let times = self.seen.get(&folded(name)).copied().unwrap_or(0);
        match look {
            Look::Label => true,
            Look::Name => {
                // `Justin Traglia` once, in a file that has names or begins with one, and not `Kubernetes`.
                let rare = is_full_name(name) && (self.any_repeats || self.begins_named);
                times >= 2 || self.share_at_least(1, 2) || rare
            }
            Look::Handle => self.share_at_least(4, 5) || (times >= 3 && self.share_at_least(1, 2)),
        }
    }

    /// Whether `name` was seen more than once.
    pub fn repeats(&self, name: &str) -> bool {
        self.seen.get(&folded(name)).is_some_and(|times| *times > 1)
    }

    /// Whether `name` is a speaker in a file where headings name them: it repeats, can be nothing else, or stands among
    /// others that repeat.
    pub fn accept_heading(&self, name: &str) -> bool {
        match look(name) {
            Some(Look::Label) => true,
            Some(Look::Name) => self.any_repeats,
            _ => false,
        }
    }

    /// Whether nearly every cue names its speaker, so that one that does not has an unknown speaker.
    pub fn every_cue_is_named(&self) -> bool {
        self.share_at_least(19, 20)
    }

    fn share_at_least(&self, part: usize, whole: usize) -> bool {
        self.units_named > 0 && self.units_named * whole >= self.units * part
    }
}

/// Cuts `Name: words` in two, where the part before the colon may be a name at all.
pub(super) fn prefix(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let (at, colon) = line.char_indices().take(LONGEST + 2).find(|(_, c)| matches!(c, ':' | '\u{ff1a}'))?;
    let (name, rest) = (line[..at].trim_end(), &line[at + colon.len_utf8()..]);
    let parts =
        colon != ':' || rest.chars().next().is_none_or(|c| c.is_whitespace() || c.is_uppercase() || is_opening(c));
    (parts && look(name).is_some()).then(|| (name, rest.trim_start()))
}

fn is_opening(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '[' | '(' | '*')
}

/// Whether `name` may be a name that needs no colon to be seen: in a heading, before a time.
pub(super) fn is_name(name: &str) -> bool {
    look(name).is_some()
}

/// Whether `name` can be one where the shape of the line already says so: `[dana] 00:01:02`.
pub(super) fn is_plausible(name: &str) -> bool {
    let name = name.trim();
    name.len() <= 2 * LONGEST && name.contains(char::is_alphabetic) && !name.contains(['?', '!', ';', ':', '[', ']'])
}

/// Whether `name` looks like one by its capital letters, or can be nothing but a speaker.
pub(super) fn is_proper(name: &str) -> bool {
    matches!(look(name), Some(Look::Label | Look::Name))
}

/// A name as it is shown: white space folded, a bare number given its noun. `None` when nothing is left.
pub(super) fn tidy(name: &str) -> Option<String> {
    let name = super::cue::tidy(name);
    let name = name.trim_end_matches([':', ' ', '\u{ff1a}']);
    let name = name.char_indices().nth(100).map_or(name, |(cut, _)| name[..cut].trim_end());
    if !name.contains(char::is_alphanumeric) {
        return None;
    }
    Some(if name.bytes().all(|b| b.is_ascii_digit()) { format!("Speaker {name}") } else { name.to_owned() })
}

/// The form in which two spellings of a name are one speaker.
pub(super) fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn look(name: &str) -> Option<Look> {
    let name = name.trim();
    if name.is_empty() || name.chars().nth(LONGEST).is_some() || !name.contains(char::is_alphabetic) {
        return None;
    }
    if !name.chars().all(|c| c.is_alphanumeric() || c == ' ' || "'\u{2019}.-_,()&/|@#\u{b7}".contains(c)) {
        return None;
    }
    let lower = name.to_lowercase();
    if is_label(&lower) {
        return Some(Look::Label);
    }
    if is_common(&lower) || name.matches(',').count() > 1 || name.starts_with(['-', '.', ',']) {
        return None;
    }
    let bare = name.split_once('(').map_or(name, |(before, _)| before.trim_end());
    let mut words = bare.split_whitespace();
    let first = words.next()?;
    let spelled = bare.split_whitespace().filter(|word| word.contains(char::is_alphanumeric));
    if spelled.count() > 5 || begins_a_sentence(first) {
        return None;
    }
    if first.starts_with(char::is_lowercase) && !is_particle(first) {
        let single = words.next().is_none() && first.len() > 1;
        return single.then_some(Look::Handle);
    }
    words.all(|word| is_name_word(word) || is_particle(word)).then_some(Look::Name)
}

fn is_name_word(word: &str) -> bool {
    word.trim_start_matches(['\'', '\u{2019}', '#', '@'])
        .starts_with(|c: char| c.is_alphanumeric() && !c.is_lowercase())
}

/// Two or more capitalised words.
fn is_full_name(name: &str) -> bool {
    name.split_whitespace().filter(|word| is_name_word(word)).nth(1).is_some()
}

/// Words that can only stand for a speaker, with or without a number or letter: `speaker 1`, `speaker_00`, `guest b`.
fn is_label(lower: &str) -> bool {
    let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches([' ', '_', '-', '#']);
    let stem = stem
        .strip_suffix(|c: char| c.is_ascii_lowercase())
        .map_or(stem, |cut| if cut.ends_with([' ', '_']) { cut.trim_end_matches([' ', '_']) } else { stem });
    LABELS.contains(stem)
}

fn is_particle(word: &str) -> bool {
    PARTICLES.contains(word)
}

fn begins_a_sentence(first: &str) -> bool {
    !matches!(first, "A" | "I") && OPENERS.contains(first.to_lowercase().as_str())
}

fn is_common(lower: &str) -> bool {
    COMMON.contains(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_a_label_or_a_handle_may_stand_before_a_colon() {
        for line in [
            "Dana: Yes",
            "Dana Reyes: Yes",
            "Hurst, Peter: Yes",
            "Ana (Guest): Yes",
            "Speaker 1: Yes",
            "SPEAKER_00: Yes",
            "Interviewer: Yes",
            "Q: Yes",
            "Jan van der Berg: Yes",
            "Jo Weld | Senior Engineer | Acme: Yes",
            "Dana | Acme: Yes",
            "Dr. O\u{2019}Neil: Yes",
            "yiannisbot: Yes",
            "Dana:",
            "\u{674e}\u{96f7}\u{ff1a}\u{4f60}\u{597d}",
            "Interviewer:Yes",
        ] {
            assert!(prefix(line).is_some(), "{line}");
        }
    }

    #[test]
    fn a_remark_a_link_a_time_or_a_sentence_is_no_name() {
        for line in [
            "Note: this",
            "http://example.org",
            "12:30 is fine",
            "Here is the thing: it works",
            "The Point: yes",
            "My advice: test",
            "std::vector",
            "C:\\temp",
            "So: yes",
            "a b c: d",
            "What I Mean Is: no",
            "Wait! Bob: no",
            "One Two Three Four Five Six: no",
            ": no",
            "",
        ] {
            assert_eq!(prefix(line), None, "{line}");
        }
    }

    fn names(cues: &[&str]) -> Names {
        let mut names = Names::default();
        for cue in cues {
            names.see(prefix(cue).map(|(name, _)| name));
        }
        names
    }

    #[test]
    fn a_single_capitalised_word_is_a_speaker_when_it_repeats_or_most_cues_have_one() {
        let once = names(&["Kubernetes: it scales", "and more", "and more", "and more"]);
        assert!(!once.accept("Kubernetes"));
        let twice = names(&["Dana: yes", "and more", "and more", "and more", "Dana: no"]);
        assert!(twice.accept("Dana") && twice.accept("Lee Chong") && !twice.accept("Kubernetes"));
        assert!(names(&["Dana: yes"]).accept("Dana"));
        assert!(names(&["Dana Reyes: yes", "and more", "and more"]).accept("Dana Reyes"));
    }

    #[test]
    fn a_handle_is_a_speaker_where_every_cue_has_one() {
        let zoom = names(&["Dana Reyes: yes", "bot7: hello", "Dana Reyes: no", "Dana Reyes: so"]);
        assert!(zoom.accept("bot7") && zoom.every_cue_is_named());
        assert!(!names(&["std: yes", "words", "words"]).accept("std"));
    }

    #[test]
    fn a_number_alone_is_called_a_speaker() {
        assert_eq!(tidy(" 0 ").as_deref(), Some("Speaker 0"));
        assert_eq!(tidy("Hurst,\u{a0}Peter :").as_deref(), Some("Hurst, Peter"));
        assert_eq!(tidy(" -- "), None);
    }
}
