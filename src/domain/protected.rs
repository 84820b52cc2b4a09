//! What an employer may not base a decision on, why, and what may be asked instead.
//!
//! What is protected differs from place to place. This follows what is common to the European Union's equal-treatment
//! directives (2000/43, 2000/78, 2006/54), the United Kingdom's Equality Act 2010 and the guidance of the United States'
//! EEOC on questions before an offer, and remarks on what is barred in some places only. It is no legal advice.

/// What a question may not touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trait {
    /// How old somebody is.
    Age,
    /// Children, pregnancy, partnership, care at home.
    Family,
    /// Belief and its practice.
    Religion,
    /// Illness, disability, treatment.
    Health,
    /// Where somebody or their family comes from.
    Origin,
    /// Whom somebody loves.
    Orientation,
    /// Sex and gender.
    Gender,
    /// Belonging to a union.
    Union,
    /// Votes, parties, opinions.
    Politics,
    /// Arrests and convictions.
    Record,
    /// What somebody was paid before.
    Salary,
    /// Debts and property, and how military service ended.
    Means,
}

impl Trait {
    /// Every one, in the order in which rules are tried; the model's file (models/protected-questions) holds them so.
    pub const ALL: [Self; 12] = [
        Self::Age,
        Self::Family,
        Self::Religion,
        Self::Health,
        Self::Origin,
        Self::Orientation,
        Self::Gender,
        Self::Union,
        Self::Politics,
        Self::Record,
        Self::Salary,
        Self::Means,
    ];

    /// What it is called in a finding.
    #[must_use]
    pub const fn about(self) -> &'static str {
        self.said().0
    }

    /// Why it is a matter, in one sentence without a full stop.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        self.said().1
    }

    /// What may be asked instead.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        self.said().2
    }

    const fn said(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Age => (
                "age",
                "an applicant's age may not count, and asking for it is taken as a sign that it did",
                "ask what the job needs: the experience (\u{201c}How have you used ...?\u{201d}), or where the law sets one, \u{201c}Are you over the minimum age for this work?\u{201d}",
            ),
            Self::Family => (
                "family, pregnancy or marital status",
                "plans for children, care at home and partnership may not count, and the question falls on women far more often",
                "ask everyone about the demand itself: \u{201c}The job has on-call weeks and some travel; can you do that?\u{201d}",
            ),
            Self::Religion => (
                "religion or belief",
                "belief and its practice may not count, and an answer tells them",
                "ask everyone about the hours: \u{201c}The shift is from Friday noon to Saturday noon; can you work it?\u{201d}",
            ),
            Self::Health => (
                "health or disability",
                "before an offer an employer may not ask about illness, disability, medication or sick leave",
                "name the task and ask about it: \u{201c}The job means lifting 20 kg; can you do this, with or without adjustments?\u{201d}",
            ),
            Self::Origin => (
                "origin, nationality or ethnicity",
                "where somebody, their family, their name or their accent comes from may not count",
                "ask everyone what the law needs, \u{201c}Are you allowed to work in this country?\u{201d}, or for the language at the level that the job needs",
            ),
            Self::Orientation => (
                "sexual orientation",
                "whom somebody loves may not count and is nothing to the job",
                "leave it out; nothing about the job depends on it",
            ),
            Self::Gender => (
                "sex or gender",
                "sex and gender may not count, and a question that only some are asked treats them worse",
                "ask everyone the same about the work: \u{201c}How do you work with a team that you are new to?\u{201d}",
            ),
            Self::Union => (
                "union membership",
                "belonging to a union, or taking part in a strike, may not count",
                "leave it out; to hear about working with staff representatives, ask for it as experience of the job",
            ),
            Self::Politics => (
                "political opinion",
                "votes, parties and opinions may not count in most places and are nothing to the job",
                "leave it out; if the job has rules on public statements, say them and ask whether they can be kept",
            ),
            Self::Record => (
                "criminal record",
                "many places bar it before an offer, and arrests without a conviction may hardly ever count",
                "leave it to a check after the offer, by the rules of the place and only where the job calls for it",
            ),
            Self::Salary => (
                "salary history",
                "many places, and from 2026 the European Union, bar it, because it carries old pay gaps on",
                "ask for the expectation: \u{201c}The range is ...; does that fit what you expect?\u{201d}",
            ),
            Self::Means => (
                "private finances or military discharge",
                "debts, property and the kind of discharge fall on some groups more than others and are rarely of the job's need",
                "leave it out, or leave a lawful check to the time after the offer",
            ),
        }
    }
}
