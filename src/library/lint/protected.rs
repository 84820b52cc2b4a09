//! Questions that touch what an employer may not base a decision on, told by their words.
//!
//! Each rule is a list of phrases that ask *the candidate about themselves*, and a list of phrases that look like it and
//! are not: "do you have children" is one, "does this node have children" is not. What is asked in other words is told by
//! its meaning, in `evaluation`.

use crate::domain::{Code, Finding, Rubric, Spot, Trait};
use regex::Regex;
use std::sync::LazyLock;

struct Rule {
    concern: Trait,
    asks: Vec<Regex>,
    /// A question that one of these is found in is about something else.
    unless: Option<Regex>,
}

/// What `text`, a question to a candidate, touches that it may not; `None` for a question that is lawful as far as these
/// rules know.
#[must_use]
pub fn concern(text: &str) -> Option<Trait> {
    let plain = plain(text);
    let broken = |rule: &&Rule| {
        let asked = rule.asks.iter().any(|ask| ask.is_match(&plain));
        asked && !rule.unless.as_ref().is_some_and(|unless| unless.is_match(&plain))
    };
    RULES.iter().find(broken).map(|rule| rule.concern)
}

/// What a criterion, ideal answer or anchor looks for that may not count.
fn looked_for(text: &str) -> Option<Trait> {
    let plain = plain(text);
    LOOKED_FOR.iter().find(|rule| rule.asks.iter().any(|one| one.is_match(&plain))).map(|rule| rule.concern)
}

/// Lower case, straight apostrophes, single spaces; a candidate spoken of is taken for one spoken to.
fn plain(text: &str) -> String {
    let words = text.to_lowercase().replace(['\u{2019}', '\u{2018}'], "'");
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace("the candidate's", "your").replace("the candidate", "you").replace("the applicant", "you")
}

pub(super) fn findings(rubric: &Rubric) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |spot: Spot, concern: Option<Trait>| {
        if let Some(concern) = concern {
            let what = format!("this touches {}: {}", concern.about(), concern.reason());
            found.push(Finding::new(Code::ProtectedTrait, spot, what, concern.hint()));
        }
    };
    for (q, question) in rubric.questions.iter().enumerate() {
        question.wordings().enumerate().for_each(|(n, text)| add(Spot::Wording(q, n), concern(text)));
        for (n, follow_up) in question.follow_ups.iter().enumerate() {
            add(Spot::FollowUp(q, n), concern(&follow_up.ask));
        }
        for (n, criterion) in question.criteria.iter().enumerate() {
            add(Spot::Criterion(q, n), looked_for(&criterion.text));
        }
        question.anchors.iter().enumerate().for_each(|(n, anchor)| add(Spot::Anchor(q, n), looked_for(&anchor.text)));
    }
    found
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    vec![
        rule(
            Trait::Age,
            &[
                r"\bhow old (?:are|were|will) you\b",
                r"\byour (?:\w+ )?age(?: group| bracket| range)?\b",
                r"\byour (?:date of birth|birth ?date|birthday|birth year|year of birth|dob)\b|\b(?:when|what year|which year|in what year|in which year) (?:were|was) you born\b|\byou (?:were )?born (?:before|after|in the)\b",
                r"\b(?:what|which) year did you (?:graduate|finish|leave|complete|start)(?: from| at)?(?: \w+){0,2} ?(?:high school|school|college|university|degree|studies)?\??$",
                r"\b(?:until|till|before) you (?:\w+ )?retire\b|\b(?:when|how soon) (?:do|will|would|are) you (?:\w+ ){0,3}(?:retire|retiring)\??$|\byou (?:\w+ ){0,3}(?:to retire|retiring)(?: soon| early| in the next.*| within.*| any ?time.*)?\??$|\byour retirement\b|\bclose to retirement\b",
                r"\byou(?:'re| are| might be| may be| feel| would be| seem)(?: \w+){0,2} too (?:old|young)\b|\bare you (?:\w+ ){0,2}too (?:old|young)\b|\b(?:younger|older) than you\b|\b(?:younger|older) (?:boss|manager|supervisor|colleagues|co-?workers|team ?mates|people|generation)\b.*\byou\b|\byou\b.*\b(?:much |far |a |someone )(?:younger|older)(?: \w+)?(?: boss| manager| supervisor| colleagues| co-?workers| team| people| crowd)?\b",
                r"\bare you (?:over|under|above|below|past) (?:\d\d|thirty|forty|fifty|sixty)\b|\bwhat generation (?:are|do) you\b|\bare you (?:a |an )?(?:millennial|baby boomer|boomer|gen[- ]?[xz])\b",
            ],
            r"\bage[- ](?:based|out)\b|\bage of (?:a|an|the|each|your (?:data|cache|code))\b|(?:over|at least) (?:16|18|21)\b|\bold(?:er)? (?:code|version|system|data|client|browser)|minimum age|\b(?:data|cache|log|record|snapshot|backup|code)s? (?:is|are|gets?|becomes?|grows?) too old",
        ),
        rule(
            Trait::Family,
            &[
                r"\bare you (?:currently |still |happily |recently |legally |planning to get |getting |going to get )*(?:married|single|divorced|separated|widowed|a widow|a widower|pregnant|expecting|engaged to be married|engaged\??$|in a relationship|a (?:single |working )?(?:mother|father|mum|mom|dad|parent))\b",
                r"\byour (?:husband|wife|spouse|boyfriend|girlfriend|fianc[eé]e?|significant other|marital status|maiden name|marriage|divorce|kids?|children|sons?|daughters?|toddlers?|in-laws|pregnancy)\b",
                r"\b(?:does|do|is|are|will|would|what does|where does|how does|what would|how would|what do|how do) your (?:partner|family|mother|father|parents)\b",
                r"\b(?:you|your)\b.*\b(?:have|got|having|want|wanting|raise|raising|plan|plan(?:ning)? (?:for|on having|on|to have)|intend to have|thinking (?:of|about)(?: having)?|expecting|trying for|with|left with) (?:any |more |some |young |small |little |school-age |a |an |another |to have )*(?:kids?|child|children|baby|babies|dependants|dependents|pregnancy)\b",
                r"\bstart(?:ing)? (?:a|your) family\b|\bgrow(?:ing)? your family\b|\bfamily plan(?:s|ning)\b|\bplans? for (?:a family|children|kids)\b|\bhave a family\b",
                r"\bwho(?:'s| is| will| would)? .*\b(?:your|the) (?:kids?|children|child|baby|family)\b|\bhow many (?:kids|children|dependants|dependents) (?:do|have|are) you\b|\bhow many (?:kids|children)\??$",
                r"\byour (?:\w+ )?(?:child ?care|day ?care|baby ?sitter|nanny)\b|\byou\b.*\b(?:child ?care|baby ?sitters?|school run|elderly parents?|elder care)\b|\bchild ?care\b.*\byou\b",
                r"\b(?:your|about your|any) family (?:situation|status|commitments|responsibilities|obligations|circumstances|life|duties|background)\b|\btell (?:me|us) (?:\w+ ){0,4}about your (?:family|home life|private life|personal life|marriage)\b",
                r"\b(?:be|are|become|becoming|get|getting|were|fall) pregnant\b|\byou\b.*\b(?:maternity|paternity|parental) leave\b|\byou\b.*\bcome back after (?:the|a|your) baby\b",
                r"\b(?:miss|ms|mrs)\.?,? or (?:miss|ms|mrs)\b|\bwho do you live with\b|\bdo you live (?:alone|with (?:anyone|someone|your|a partner))\b|\bwhat does your (?:partner|husband|wife) do\b",
            ],
            r"\b(?:child|children|parent|spouse|family|kids?|daughter)[- ](?:process(?:es)?|nodes?|elements?|threads?|components?|class(?:es)?|spans?|tasks?|tables?|rows?|records?|workflows?|documents?|tags?|modules?|rout\w+|tick\w+|issues?|accounts?|compan\w+|jobs?|keys?|of (?:microservices|services|products|fonts|types|tools|libraries|apis))\b|\b(?:pair|business|channel|integration|partner) (?:programming|partner|team|api|companies|compan\w+)\b|\bdependents? (?:services?|modules?|packages?|librar\w+|jobs?|tasks?|teams?)\b|pregnant pause|\bnodes?\b|\b(?:model|schema|payroll|calculate|software|database|b-tree|tree|app|product|platform|website)\b",
        ),
        rule(
            Trait::Religion,
            &[
                r"\byour (?:\w+ )?(?:religion|faith|religious|spiritual|church|mosque|synagogue|temple|parish|pastor|rabbi|priest|imam|denomination)\b",
                r"\b(?:what|which) (?:religion|faith|church|denomination|religious|mosque|synagogue|temple)\b.*\byou\b",
                r"\bare you (?:a |an )?(?:\w+ )?(?:religious|christian|catholic|protestant|orthodox christian|jewish|muslim|islamic|hindu|buddhist|sikh|atheist|agnostic|mormon|evangelical|baptist|a believer|believer|churchgoer|jehovah's witness)\b",
                r"\byou\b.*\b(?:attend|go to|belong to|member of|part of|active in|involved in) (?:\w+ )?(?:church|mosque|synagogue|temple|mass|religious|parish|congregation)\b",
                r"\bdo you (?:pray|worship|fast during|believe in god|keep kosher|eat halal|keep halal)\b|\bbelieve in (?:god|a higher power)\b",
                r"\byou\b.*\b(?:observe|celebrate|keep|off for|off on|work on|work during|fast)\b.*\b(?:sabbath|ramadan|christmas|easter|yom kippur|passover|diwali|eid|lent|hanukkah|religious|holy days?|prayers?|(?:religious|holy) holidays?)\b|\bholidays do you (?:observe|celebrate|keep)\b",
                r"\b(?:headscarf|hijab|turban|kippah|yarmulke|veil|niqab|burqa|crucifix)\b",
                r"\b(?:pray|prayers?|prayer breaks?) (?:at|during|in) (?:work|the day|working|office)\b",
            ],
            r"\breligious (?:about|in|wars?|debates?|arguments?)\b|\bfaith (?:in|that)\b|\bgood faith\b|\bleap of faith\b|alonzo|church[- ](?:encoding|turing|numerals)|\btraffic\b|\bcalendar (?:app|api|service|library)\b",
        ),
        rule(
            Trait::Health,
            &[
                r"\byou\b.*\b(?:have|had|got|having|suffer(?:ed|ing)?(?: from)?|diagnosed with|live with|with|developed|of) (?:a |an |any |any kind of |some |ever |been |a history of |history of )*(?:\w+ )?(?:disabilit(?:y|ies)|illness(?:es)?|diseases?|medical (?:conditions?|problems?|issues?|history)|health (?:problems?|issues?|conditions?|concerns?)|impairments?|mental health|depression|anxiety|burn-?out diagnosis|panic attacks|cancer|hiv|aids|epilepsy|diabetes|asthma|back (?:problems?|pain|trouble)|handicap|adhd|autism|dyslexia|surgery|operations?|heart (?:attack|condition|problems?)|migraines?|allerg(?:y|ies)|seizures?|injur(?:y|ies))\b",
                r"\bare you (?:\w+ )?(?:disabled|handicapped|healthy|ill|sick|autistic|dyslexic|deaf|hard of hearing|blind|colou?r-?blind|physically fit|able-bodied|neurodivergent|depressed|an alcoholic|obese|allergic|hiv[- ]positive)\b|\bare you (?:in good health|on (?:any )?(?:medication|pills|drugs)|taking (?:any )?(?:\w+ )?(?:medication|drugs|medicine)|seeing a (?:therapist|psychiatrist|psychologist|doctor)|in therapy)\b",
                r"\byou\b.*\b(?:take|taking|taken|on|need|prescribed) (?:any |regular )?(?:prescription |prescribed |regular )?(?:medications?|medicines?|antidepressants|insulin|pills|prescription drugs)\b|\byou (?:use|used|take|taken|tried) (?:\w+ )?(?:illegal |recreational )?(?:drugs|cannabis|marijuana)\b",
                r"\b(?:how (?:many|much)|what)\b.*\bsick (?:days?|leave)\b|\bdays\b.*\byou\b.*\b(?:sick|ill|illness)\b|\b(?:you|your)\b.*\b(?:off sick|called in sick|call in sick|sick leave|sick days|sickness absence|sickness record|on disability|absent (?:due to|because of|through) (?:illness|sickness))\b",
                r"\byour (?:\w+ )?(?:health|medical (?:history|record|records|conditions?)|disabilit(?:y|ies)|illness|blood type|blood pressure|mental state|doctor|therapist|psychiatrist|allergies|medication|eyesight|hearing aid|wheelchair|limp|weight\??$|height\??$|genetic\w*)\b",
                r"\bhow much do you weigh\??$|\bhow tall are you\b|\bwhat do you weigh\b",
                r"\b(?:been|were you|ever) (?:hospitali[sz]ed|diagnosed with|treated for|treated by a|in hospital|in rehab|in therapy|injured at work|injured on the job|seen a (?:psychiatrist|therapist|psychologist))\b|\bseen a (?:psychiatrist|therapist|psychologist)\b",
                r"\bworkers'? comp(?:ensation)?\b.*|\bdo you smoke\b|\bare you a (?:heavy |regular )?(?:smoker|drinker)\b|\bdo you drink(?: alcohol| much| a lot| heavily)?\??$|\bhow (?:much|often) (?:alcohol )?do you drink\b|\b(?:drinking|drug|alcohol) (?:problem|addiction|habit)\b|\balcoholic\b",
                r"\b(?:family|genetic) history of\b|\b(?:runs?|illness\w*|diseases?) in your family\b|\buse a wheelchair\b|\bin a wheelchair\b|\bdo you (?:wear|need|use) (?:a )?hearing aids?\b",
            ],
            r"\bhealth[- ]?(?:checks?|probes?|endpoints?|monitor\w*|metrics?|dashboards?|pages?|data|care|tech|apps?|insur\w+|records? system|status of)\b|\bhealth of (?:a|an|the|your (?:service|system|cluster|code|pipeline|team|database)\w*)\b|\bsick of\b|\b(?:users?|people|customers?|patients?|players|visitors) (?:with|who|of)\b|\bfor (?:users|people|customers|patients|deaf|blind|disabled)\b|\baccessib|\bsmoke[- ]test|\b(?:cluster|service|server|system|node|host|code ?base|database|pod|process|pipeline|model|schema|payroll|software|api)s?\b|\bof operations?\b|\b(?:blocking|bulk|batch|atomic|long) operations?\b",
        ),
        rule(
            Trait::Origin,
            &[
                r"\bwhere (?:are|were) you (?:really |originally |actually )*(?:from|born|raised)\b|\bwhere (?:do|did) you (?:really |originally |actually )*come from\b|\bwhere (?:were|are|is|do|did|does) your (?:parents|family|grandparents|ancestors|accent|name|surname|last name|people|mother|father)\b",
                r"\byour (?:\w+ )?(?:nationality|citizenship|country of (?:origin|birth)|place of birth|birthplace|ethnic\w*|race|racial|ancestry|ancestors|heritage|national origin|native (?:language|tongue|country)|mother tongue|first language|home country|accent|skin|immigration (?:status|history)|passport|caste|tribe|origins?)\b",
                r"\b(?:what|which) (?:nationality|ethnicity|ethnic group|race|citizenship|caste|tribe)\b|\bwhich country (?:are|were) you\b|\bwhat country (?:are|were) you\b|\bwhat passport\b",
                r"\bare you (?:a |an )?(?:\w+ )?(?:citizen|national|immigrant|foreigner|refugee|asylum seeker|migrant)\b|\b(?:citizen of (?:this|the|another)|born (?:here|abroad|in (?:this|the|another|a foreign) \w+))\b.*",
                r"\b(?:are|is) (?:you|english|german|french|spanish|dutch|polish|it) (?:a |an )?(?:\w+ )?(?:native (?:\w+ )?speaker|your (?:first|native|mother) (?:language|tongue))\b|\bnative (?:english |german |french |\w+ )?speaker\b",
                r"\bare you (?:an? )?(?:american|british|english|scottish|welsh|irish|german|polish|indian|chinese|japanese|korean|african|african[- ]american|asian|arab|arabic|hispanic|latino|latina|black|white|brown|mixed race|mexican|russian|ukrainian|turkish|french|italian|spanish|portuguese|romanian|bulgarian|hungarian|greek|nigerian|kenyan|pakistani|bangladeshi|iranian|syrian|roma|gypsy|native american|indigenous|from (?:here|around here|india|africa|asia|china|eastern europe|the middle east))\b",
                r"\b(?:how|where) did you learn (?:to speak )?(?:such good |your |good )?(?:english|german|french|spanish|dutch|polish)\b|\b(?:how long|when|why) (?:have|did|were) you (?:\w+ )?(?:lived? in|been in|come to|c[ao]me to|moved? to|arrived? in|immigrated?(?: to)?|emigrated?) (?:this country|the (?:country|us|uk|states|united \w+)|america|germany|britain|england|europe|canada|australia)\b|\bimmigrate\b.*\byou\b|\byou\b.*\bimmigrate",
                r"\bgreen card\b|\b(?:what|which|kind of|type of) visa\b.*\byou\b|\bvisa status\b|\bnaturali[sz]ed\b",
                r"\b(?:that's|that is|you have|what) an? (?:\w+ )?(?:unusual|interesting|beautiful|exotic|foreign|lovely|pretty|strange|difficult) (?:\w+ )?(?:name|accent|surname)\b|\b(?:kind|sort|type) of (?:name|accent)\b|\borigin of your\b|\blanguages?\b.*\b(?:at home|with your (?:family|parents))\b|\b(?:consider|identify) yourself (?:as )?(?:black|white|asian|hispanic|mixed)\b|\byour name sounds\b",
            ],
            r"\brace (?:conditions?|detector)|\bdata races?\b|\brace-|\bnative (?:app|apps|code|module|client|image|build|librar\w+|mobile)\b|\baccent colou?r|\bpassport(?:\.js| strategy| library|js)\b|\bof your (?:data|logs|requests|errors)\b|\bcors\b|\borigins? (?:server|header|policy|shield|request|branch)|\b(?:white|black)[- ]?(?:box|list|hat|board)|\bnational (?:language )?(?:support|id field)|\bcome from (?:a|an|the) (?:\w+ )?(?:testing|ops|front-?end|back-?end|java|python|academic|agency|start-?up)",
        ),
        rule(
            Trait::Orientation,
            &[
                r"\bare you (?:\w+ )?(?:gay|straight|lesbian|bisexual|homosexual|heterosexual|queer|bi\b|asexual|lgbt\w*|out at work)",
                r"\bsexual (?:orientation|preference|identity|history)\b|\b(?:you|your)\b.*\b(?:sex life|love life|attracted to|same-sex|same sex)\b|\bdo you (?:date|like|prefer|sleep with|fancy) (?:men|women|boys|girls)\b|\bcome out (?:as|to your|at work)\b|\bdo you have a (?:boyfriend|girlfriend)\b|\bmember of the lgbt",
            ],
            r"\bstraight (?:with|about|to|forward|from|into)\b",
        ),
        rule(
            Trait::Gender,
            &[
                r"\bare you (?:a |an )?(?:man|woman|male|female|transgender|transsexual|trans|non-?binary|cis\w*|boy|girl|lady|transitioning)\b",
                r"\byour (?:gender|sex|birth name|dead ?name|transition|biological sex)\b|\b(?:what|which) (?:gender|sex) (?:are|were|do) you\b|\bwere you born (?:a |as )?(?:male|female|man|woman|boy|girl)\b",
                r"\b(?:you|your)\b.*\b(?:report(?:ing)? to|work(?:ing)? (?:for|under|with|alongside|in an?)|led by|managed by|taking orders from|managing|manage|lead|leading|boss is|only) (?:an? |all |mostly |only |a team of |a group of |so many )*(?:wom[ae]n|m[ae]n|female|females|males?|girls|guys|ladies|all-male|all-female|male-dominated)\b",
                r"\bas (?:a|an) (?:young |single |married |working )?(?:man|woman|mother|father|mom|mum|dad|female|lady|girl|wife|husband)\b",
                r"\b(?:male|female)[- ]dominated\b.*|\bbirth control\b|\bcontracepti\w+\b|\bmenopaus\w+\b|\bperiod pains?\b|\babortion\b|\bgender (?:reassignment|identity|surgery)\b",
            ],
            r"\bman[- ]in[- ]the[- ]middle\b|\bconnectors?\b|\bgender (?:field|column|fields|data)\b|\bworking with (?:men and women|women and men)\b",
        ),
        rule(
            Trait::Union,
            &[
                r"\b(?:you|your)\b.*\b(?:member of|joined?|joining|join|belong(?:ed)? to|belonged|active in|part of|in|with|rep for|involved in) (?:a |an |any |the |your |our )?(?:\w+ )?(?:labou?r |trade )?unions?\b",
                r"\b(?:trade|labou?r) unions?\b|\b(?:feel about|think (?:of|about)|opinion (?:of|on|about)|views? (?:on|of|about)|attitude (?:to|towards)|stance on|support|organi[sz]e|organi[sz]ed|vote for) (?:a |the |any |joining a )?unions?\b|\bunioni[sz]\w+\b|\bunion (?:member|membership|rep|representative|card|dues|drive|activit\w+|shop)\b",
                r"\byou\b.*\b(?:gone on|been on|go on|taken part in|take part in|joined|join|organi[sz]ed|participated in) (?:a |any |the )?strikes?\b",
            ],
            r"\bunion[- ](?:types?|quer\w+|all|find|operator|clause|in sql|of)\b|\bsql\b|\b(?:european|credit|soviet|discriminated|tagged|disjoint|african|student) unions?\b|\btypescript\b|\bquer(?:y|ies)\b|\bintersect",
        ),
        rule(
            Trait::Politics,
            &[
                r"\b(?:who|whom|how|which party|what party) (?:did|will|would|do) you (?:vote|voting)(?: for| in)?\b|\bdid you vote\b|\bdo you vote\b|\byou\b.*\bvoted? (?:in|for) the (?:last|next|recent|presidential|general|local)\b",
                r"\byour (?:\w+ )?(?:political|politics|party affiliation|party membership|voting)\b",
                r"\b(?:which|what) (?:political )?party (?:do|did|would|are) you (?:support|vote|belong|favou?r|join|in|with|a member)\b|\bpolitical (?:part(?:y|ies)|views?|beliefs?|opinions?|affiliations?|leanings?|activit\w+)\b|\bmember of (?:a|any|the) (?:\w+ )?party\b|\bpolitically active\b",
                r"\bare you (?:a |an )?(?:republican|democrat|conservative\??$|liberal\??$|conservative or|liberal or|socialist|communist|tory|left-wing|right-wing|feminist|labour voter|party member)\b",
                r"\b(?:you|your)\b.*\b(?:think (?:of|about)|feel about|support|opinion (?:of|on)|voted for) (?:the )?(?:president|prime minister|chancellor|government|brexit|abortion|immigration|gun control|last election|election)\b|\bdo you (?:go to|attend|take part in) (?:\w+ )?(?:protests|demonstrations|rallies)\b",
            ],
            r"\b(?:leader|raft|quorum|cluster|nodes?|polling|planning poker|merge|proposal|design|office politics|team'?s? politics|third[- ]party|leader election|rfc|retro\w*|feature)\b",
        ),
        rule(
            Trait::Record,
            &[
                r"\b(?:ever|you) been (?:\w+ )?(?:arrested|convicted|jailed|imprisoned|charged with|in (?:jail|prison|custody|trouble with the (?:law|police)|court)|to (?:jail|prison)|on (?:probation|parole))\b",
                r"\bcriminal (?:record|records|history|background|convictions?|past|charges?)\b|\b(?:police|arrest) record\b|\b(?:felony|felonies|felon|misdemeanou?rs?|dui)\b|\byou\b.*\b(?:spent time in|served time|done time|been to|go to) ?(?:jail|prison)?\b.*\b(?:jail|prison|time)\b|\byou\b.*\b(?:spent|unspent|previous|prior|any|criminal) convictions?\b|\b(?:have|had) you (?:\w+ )?(?:broken the law|committed a crime)\b|\bconvicted of\b",
            ],
            r"\bconvictions? (?:about|that|on)\b|\b(?:schema|model|store|storing|api|database|background-?check (?:service|api))\b",
        ),
        rule(
            Trait::Salary,
            &[
                r"\b(?:current|previous|last|present|past|prior|old|existing|former|most recent) (?:\w+ )?(?:salary|salaries|pay|wages?|compensation|earnings|income|base pay|ctc|bonus|pay package|day rate|hourly rate|remuneration)\b",
                r"\bhow much (?:do|did|are|were|have) you (?:currently |now |last |being |get |getting |been )*(?:earn|earned|earning|make|making|paid|get paid|on)\b|\bhow much (?:does|did) your (?:\w+ )?(?:employer|job|company|boss) pay\b|\bwhat (?:are|were) you (?:currently |being |getting )*(?:paid|earning|on now|making)\b|\bwhat (?:do|did) you (?:currently )?(?:earn|get paid)\b|\bsalary history\b|\bpay ?(?:slips?|stubs?)\b|\bwhat was your (?:salary|pay|starting salary)\b",
            ],
            r"\bcompensation (?:action|step|logic|handler|transaction)s?\b|\bcompensating\b|\b(?:payroll|schema|model|store|column|field)\b",
        ),
        rule(
            Trait::Means,
            &[
                r"\byour (?:\w+ )?(?:credit (?:score|history|rating|report)|bank balance|bank account|mortgage|personal debts?|finances|financial situation)\b|\b(?:declared|filed for|filed|been through|gone through|through) (?:personal )?bankruptcy\b|\bwages (?:been )?garnished\b|\bhow much (?:personal )?debt (?:do|are) you\b|\bare you in debt\b|\bdo you (?:own|rent) (?:your|a|or|the) (?:own )?(?:home|house|flat|apartment|car|rent|own)\b|\b(?:kind|type|sort) of (?:military )?discharge\b|\bdishono[u]?rabl[ey]\b",
            ],
            r"\btechnical debt\b|\b(?:schema|model|api|service|database)\b",
        ),
    ]
});

/// Criteria and levels that look for a trait instead of an act.
static LOOKED_FOR: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rule =
        |concern, asks: &[&str]| Rule { concern, asks: asks.iter().map(|one| regex(one)).collect(), unless: None };
    vec![
        rule(
            Trait::Age,
            &[
                r"^(?:is|looks|seems|sounds) (?:\w+ )?(?:young|youthful|old|elderly|under \d\d\b|over \d\d\b)|\bdigital native\b|\brecent graduate\b|\byoung and (?:dynamic|energetic)\b",
            ],
        ),
        rule(
            Trait::Family,
            &[
                r"^(?:is|has been) (?:\w+ )?(?:married|single|divorced|pregnant)(?:$|[ .,;])|^has (?:no |any |young |small )*(?:children|kids|family commitments|family obligations)\b|\bno (?:plans (?:for|to have) (?:children|a family)|family commitments)\b",
            ],
        ),
        rule(
            Trait::Religion,
            &[
                r"^(?:is|seems) (?:an? )?(?:\w+ )?(?:christian|muslim|jewish|hindu|buddhist|religious|atheist|churchgoer)\b",
            ],
        ),
        rule(
            Trait::Health,
            &[
                r"^(?:is|looks|seems|appears) (?:\w+ )?(?:healthy|able-bodied|physically fit|in good health|disabled|ill)\b|^has no (?:\w+ )?(?:illness|disabilit|health problems)",
            ],
        ),
        rule(
            Trait::Origin,
            &[
                r"\bnative (?:english |german |french |\w+ )?speaker\b|^(?:is|has) (?:an? |no )?(?:\w+ )?(?:citizen|foreign accent|accent|immigrant)\b|^speaks without (?:an )?accent\b",
            ],
        ),
        rule(Trait::Gender, &[r"^is (?:an? )?(?:man|woman|male|female)\b"]),
    ]
});

fn rule(concern: Trait, asks: &[&str], unless: &str) -> Rule {
    Rule { concern, asks: asks.iter().map(|one| regex(one)).collect(), unless: Some(regex(unless)) }
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns of this file are well formed; a test reads each")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trait_in_place_of_an_act_is_found_in_a_criterion() {
        for text in ["Is a native English speaker", "Has no children", "Is young and dynamic", "Looks healthy"] {
            assert!(looked_for(text).is_some(), "{text}");
        }
        for text in ["Has no single point of failure", "Is single-threaded", "Says the child process is killed"] {
            assert!(looked_for(text).is_none(), "{text}");
        }
    }
}
