import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRedaction } from './redaction.ts'

const head = 'apiVersion: runproof.dev/v1\nkind: RedactionRules\n'

const valid = `${head}rules:
  - id: order-number
    pattern: 'ORD-(?P<secret>[0-9]{8})'
    where: [arguments, url]
  - id: session
    keys: [sid]
except:
  - { rule: email, pattern: 'noreply@example\\.com', reason: no person }
disable:
  - { rule: jwt, reason: our tests print made-up ones }
`

function problemsOf(text: string): readonly string[] {
  const read = readRedaction(text, 'redaction.yaml')
  return 'problems' in read
    ? read.problems.map(({ line, column, path, message, fix }) => `${line}:${column} ${path}: ${message} | ${fix}`)
    : []
}

test('rules, exceptions and what is switched off are read; the digest is over the content, not over its layout', () => {
  const read = readRedaction(valid, 'redaction.yaml')
  assert.ok('redaction' in read, problemsOf(valid).join('\n'))
  assert.equal(read.redaction.rules?.length, 2)
  const other = readRedaction(`# a note\n${valid}`, 'redaction.yaml')
  assert.ok('redaction' in other)
  assert.equal(other.digest, read.digest)
  const changed = readRedaction(valid.replace('{8}', '{9}'), 'redaction.yaml')
  assert.ok('redaction' in changed)
  assert.notEqual(changed.digest, read.digest)
})

for (const [from, to, problem] of [
  ['[0-9]{8})', '[0-9]{8}', /^5:14 rules\[0\]\.pattern: cannot be used: missing closing \): .* \| see https/],
  ['ORD-(?P<secret>[0-9]{8})', '(a|b)*', /^5:14 rules\[0\]\.pattern: cannot be used: it matches the empty text/],
  ['ORD-(?P<secret>[0-9]{8})', 'a(?!b)', /looks neither ahead nor behind/],
  ['{8}', '{8,900}', /cannot be used: it is too large.* \| ask for fewer/],
  ['id: order-number', 'id: email', /^4:9 rules\[0\]\.id: is the name of a rule that ships/],
  ['id: session', 'id: order-number', /^7:9 rules\[1\]\.id: is the name of another rule above/],
  ['    keys: [sid]\n', '', /rules\[1\]: says nothing of what it matches/],
  ['    keys: [sid]\n', "    keys: [sid]\n    pattern: 'x'\n", /rules\[1\]\.keys: stands beside a pattern/],
  ['[arguments, url]', '[arguments, all]', /`all` stands beside other places/],
  ['[arguments, url]', '[argument]', /^6:13 rules\[0\]\.where\[0\]: must be one of: .* \| did you mean `arguments`\?/],
  ['[sid]', "['s d']", /rules\[1\]\.keys\[0\]: must be a name of letters/],
  ['rule: email', 'rule: emial', /except\[0\]\.rule: is the name of no rule \| did you mean `email`\?/],
  ['noreply@example\\.com', '.+', /except\[0\]\.pattern: would leave in almost anything/],
  ['noreply@example\\.com', '\\S+@\\S+', /as for example somebody@somewhere\.test/],
  [', reason: no person', '', /except\[0\]\.reason: `reason` is missing/],
  ['rule: jwt', 'rule: order-number', /disable\[0\]\.rule: must be one of/],
  ['reason: our tests print made-up ones', "reason: ''", /disable\[0\]\.reason: is empty/],
  ['disable:\n', 'disable:\n  - { rule: jwt, reason: x }\n', /disable\[1\]\.rule: jwt is switched off already/],
  ['except:', 'excep:', /there is no field `excep` here \| did you mean `except`\?/],
  ['kind: RedactionRules', 'kind: Rules', /kind: must be RedactionRules/],
  ['rules:\n', 'rules:\n\t- x\n', /not YAML/],
] as const) {
  test(`refused: ${to.slice(0, 50).replaceAll('\n', ' ')}`, () => {
    assert.ok(valid.includes(from), from)
    const problems = problemsOf(valid.replace(from, () => to))
    assert.match(problems.join('\n'), problem)
  })
}

test('one broken entry does not keep the mistakes of the others from being told', () => {
  const text = valid.replace('[sid]', '[]').replace('[0-9]{8})', '[0-9]{8}').replace('rule: jwt', 'rule: nothing')
  assert.deepEqual(
    problemsOf(text).map((problem) => problem.split(':', 3)[1]?.split(' ')[1]),
    ['rules[0].pattern', 'rules[1].keys', 'disable[0].rule'],
  )
})

test('too much text is refused before it is read', () => {
  assert.match(problemsOf(`${valid}#${' '.repeat(70_000)}`)[0] ?? '', /larger than 65536 bytes/)
})
