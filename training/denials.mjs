// Writes, for every sentence of NLI pairs, the sentence with its first verb denied: `node denials.mjs FILE... > denials.jsonl`.
//
// The grammar is that of compromise (MIT; `npm install compromise@14.17.0`): "He went home" becomes "He did not go home", which
// no rule about auxiliaries gets. A line is {"text", "denied", "verb"}, the verb in its plain form; sentences that compromise finds
// no verb in, or that deny something already, have no line.

import { readFileSync } from 'node:fs'
import nlp from 'compromise'

const DENIES = /\b(no|not|nor|never|none|nothing|nobody|without|hardly|neither|cannot)\b|n't\b/i
const seen = new Set()
for (const file of process.argv.slice(2)) {
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const pair = JSON.parse(line)
    for (const text of [pair.premise, pair.hypothesis]) {
      if (seen.has(text) || text.length > 400 || DENIES.test(text)) continue
      seen.add(text)
      const sentence = nlp(text)
      const verbs = sentence.verbs()
      const found = verbs.json()
      // A sentence's own verb: "taking office, he ..." and "something to eat" are denied by no "not" there.
      const at = found.findIndex((v, i) => !/^\w+ing\b/i.test(v.text) && /^[a-z]+$/.test(v.verb.infinitive) && verbs.eq(i).before('to$').found === false)
      if (at < 0) continue
      const verb = found[at].verb.infinitive
      verbs.eq(at).toNegative()
      const denied = sentence.text()
      // An order, or a noun taken for a verb.
      if (!/^(do|does|did) not/i.test(denied) && DENIES.test(denied)) process.stdout.write(JSON.stringify({ text, denied, verb }) + '\n')
    }
  }
}
