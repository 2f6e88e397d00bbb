/* eslint no-template-curly-in-string: off -- what is tested here looks like a template */
import t from 'tap'
import { interpolate } from '../../src/config/interpolate.ts'

const env = { A: 'a', B: 'b', EMPTY: '', lower_1: 'l', NESTED: '${A}' }

const rows: [title: string, text: string, value: string][] = [
  ['a text without variables stays', 'plain $ {A} $A', 'plain $ {A} $A'],
  ['a variable is put in', '${A}', 'a'],
  ['names may have lower case, digits and underscores', '${lower_1}', 'l'],
  ['several in one text', '${A}/${B}', 'a/b'],
  ['several with defaults in one text', '${X:-1}/${Y:-2}', '1/2'],
  ['a set variable wins over its default', '${A:-1}/${Y:-2}', 'a/2'],
  ['an empty variable takes the default', '${EMPTY:-x}', 'x'],
  ['an empty variable without default is empty', '<${EMPTY}>', '<>'],
  ['an empty default', '<${X:-}>', '<>'],
  ['a default of several words, with colons and dashes', '${X:-http://h:1/-:-}', 'http://h:1/-:-'],
  ['a default in a default', '${X:-${Y:-deep}}', 'deep'],
  ['a variable within the text of a default', '${X:-<${A}>}/', '<a>/'],
  ['a default that is not needed asks for nothing', '${A:-${UNSET}}', 'a'],
  ['a brace that closes nothing stays', 'a}b', 'a}b'],
  ['an escape gives the literal text', '$${A}', '${A}'],
  ['an escape beside a variable', '$${A}=${A}', '${A}=a'],
  ['an escape in a default', '${X:-$${A}', '${A'],
  ['a dollar before an escape stays', '$$${A}', '$${A}'],
  ['a dollar after a variable stays', '${A}$', 'a$'],
  ['what a variable holds is not read again', '${NESTED}', '${A}'],
  ['letters beyond ASCII', 'ä${A}€${X:-日本}', 'äa€日本']
]

for (const [title, text, value] of rows) {
  t.test(title, async t => { t.equal(interpolate(text, env), value) })
}

const wrong: [title: string, text: string, message: RegExp][] = [
  ['an unset variable is named, with the way out', 'x ${UNSET} y', /UNSET is not set.*\$\{UNSET:-/],
  ['an unset variable in a default that is needed', '${X:-${UNSET}}', /UNSET is not set/],
  ['no name', '${}', /names no variable; write \$\$\{/],
  ['a digit at the start', '${1A}', /names no variable/],
  ['an unclosed reference', 'a ${A', /'\$\{A' is not/],
  ['an unclosed default', '${X:-a', /is not \$\{NAME\} or/],
  ['other operators of a shell', '${A:?no}', /is not \$\{NAME\} or/],
  ['a space in the name', '${A }', /is not \$\{NAME\} or/]
]

for (const [title, text, message] of wrong) {
  t.test(`an error: ${title}`, async t => { t.throws(() => interpolate(text, env), { message }) })
}

t.test('names of the language itself are no variables', async t => {
  t.throws(() => interpolate('${constructor}', env), { message: /constructor is not set/ })
  t.equal(interpolate('${toString:-x}', env), 'x')
})
