import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { memoryFiles } from '../load/files.ts'
import { loadSuite } from '../load/load-suite.ts'
import type { Note } from '../model/resource.ts'
import { lintCodes, type LintCode } from './codes.ts'
import { lintSuite } from './lint.ts'

function lint(text: string): readonly Note[] {
  const files = memoryFiles({ 'g.yaml': text, 'other.yaml': 'file: {/a: {exists: false}}' })
  return lintSuite(loadSuite('g.yaml', { files, dialect: text.includes('# ours') ? 'runproof' : 'goss', allowImpure: true }))
}

/** For every code a gossfile that is told so, and one beside it that is not. */
const cases: Readonly<Record<LintCode, readonly [told: string, silent: string]>> = {
  'unknown-key': ['bogus: {a: {}}', 'x-base: {a: {}}'],
  'second-document': ['file: {/a: {exists: true}}\n---\nfile: {}', 'file: {/a: {exists: true}}\n---\n...\n'],
  'duplicate-key': ['gossfile: {other.yaml: {}}\nfile: {/a: {exists: true}}', 'gossfile: {other.yaml: {}}'],
  'impure-template': ['file: {"/{{ uuidv4 }}{{ uuidv4 }}": {exists: true}}', 'file: {"/{{ env "A" }}": {exists: true}}'],
  'nothing-asserted': ['service: {x: {}}', 'service: {x: {enabled: true}}'],
  'required-missing': ['file: {/a: {mode: "0644"}}', 'dns: {a: {resolveable: true}}'],
  unreachable: ['file: {/a: {exists: false, mode: "0644"}}', 'command: {x: {exit-status: 1, stdout: [a]}}'],
  skipped: ['file: {/a: {exists: true, skip: true}}', 'file: {/a: {exists: true, skip: false}}'],
  'empty-list': ['command: {x: {exit-status: 0, stdout: []}}', 'command: {x: {exit-status: 0, stdout: ""}}'],
  'empty-and': ['file: {/a: {exists: true, size: {and: []}}}', 'file: {/a: {exists: true, size: {and: [{gt: 1}]}}}'],
  'octal-mode': ['file: {/a: {exists: true, mode: {or: [0644, "0600"]}}}', 'file: {/a: {exists: true, mode: {or: ["0644"]}}}'],
  'udp-address': ['addr: {"udp://a:1": {reachable: true}}', 'addr: {"tcp://a:1": {reachable: true}}'],
  'address-scheme': ['addr: {x: {address: "http://a:1", reachable: true}}', 'addr: {"a:1": {reachable: true}}'],
  'dns-type-without-server': ['dns: {"MX:a": {resolvable: true}}', 'dns: {"MX:a": {resolvable: true, server: 1.1.1.1}}'],
  'equal-list': ['user: {r: {exists: true, groups: {equal: [a]}}}', 'matching: {m: {content: [a], matches: {equal: [a]}}}'],
  'pattern-unclosed': ['file: {/a: {exists: true, contents: ["/^a"]}}', 'file: {/a: {exists: true, contents: ["/^a/"]}}'],
  'pattern-flags': ['file: {/a: {exists: true, contents: ["!/^a/i"]}}', 'file: {/a: {exists: true, contents: ["/(?i)^a/"]}}'],
  'pattern-empty': ['file: {/a: {exists: true, contents: ["!/"]}}', 'file: {/a: {exists: true, contents: ["\\\\/"]}}'],
  'pattern-negation': ['file: {/a: {exists: true, contents: ["!!a"]}}', 'file: {/a: {exists: true, contents: ["!a"]}}'],
  'pattern-always': ['file: {/a: {exists: true, contents: [""]}}', 'file: {/a: {exists: true, contents: [" "]}}'],
  'pattern-not-text': ['file: {/a: {exists: true, contents: [1]}}', 'file: {/a: {exists: true, contents: ["1"]}}'],
  'pattern-invert': [
    '# ours\nfile: {/a: {exists: true, contents: [{pattern: a, invert: true}]}}',
    '# ours\nfile: {/a: {exists: true, contents: ["!a"]}}',
  ],
  'regexp-invalid': [
    'matching: {m: {content: a, matches: {match-regexp: "(?=a)"}}}',
    'matching: {m: {content: a, matches: {match-regexp: "(?i)a"}}}',
  ],
  'matcher-unknown': [
    'matching: {m: {content: a, matches: {have-key-with-value: {a: 1}}}}',
    'matching: {m: {content: a, matches: {have-key: a}}}',
  ],
  'matcher-many': [
    'matching: {m: {content: 1, matches: {gt: 0, lt: 2}}}',
    'matching: {m: {content: 1, matches: {and: [{gt: 0}, {lt: 2}]}}}',
  ],
  'bound-as-text': ['matching: {m: {content: 1, matches: {gt: "0"}}}', 'matching: {m: {content: 1, matches: {gt: 0}}}'],
  'number-as-text': ['user: {r: {exists: true, uid: "0"}}', 'user: {r: {exists: true, uid: 0}}'],
  'status-list': ['command: {x: {exit-status: [0, 1]}}', 'command: {x: {exit-status: {or: [0, 1]}}}'],
  'whole-text': ['command: {x: {exit-status: 0, stdout: hi}}', 'command: {x: {exit-status: 0, stdout: "hi\\n"}}'],
  'semver-constraint': [
    'package: {x: {installed: true, versions: {semver-constraint: "^1.2"}}}',
    'package: {x: {installed: true, versions: {semver-constraint: ">=1.2"}}}',
  ],
  'mount-absent': ['mount: {/x: {exists: false}}', 'mount: {/x: {exists: true}}'],
  'trailing-slash': ['mount: {/x/: {exists: true}}', 'mount: {/: {exists: true}}'],
  'comm-too-long': ['process: {abcdefghijklmnop: {running: true}}', 'process: {abcdefghijklmno: {running: true}}'],
  'filetype-unknown': ['file: {/a: {exists: true, filetype: dir}}', 'file: {/a: {exists: true, filetype: directory}}'],
  'digest-form': ['file: {/a: {exists: true, md5: ABC}}', 'file: {/a: {exists: true, md5: 0cc175b9c0f1b6a831c399e269772661}}'],
  'ipv6-case': [
    'port: {"tcp6:1": {listening: true, ip: ["fd00::2"]}}',
    'port: {"tcp6:1": {listening: true, ip: ["FD00::2", "::"]}}',
  ],
  'header-malformed': [
    'http: {x: {status: 200, request-headers: ["A:b"]}}',
    'http: {x: {status: 200, request-headers: ["A: b"]}}',
  ],
  'secret-in-file': ['http: {x: {status: 200, password: p}}', 'http: {x: {status: 200, username: u}}'],
  deprecated: ['file: {/a: {exists: true, contains: [a]}}', 'file: {/a: {exists: true, contents: [a]}}'],
  'not-in-goss': ['# ours\nfile: {/a: {exists: true, severity: high}}', '# ours\nfile: {/a: {exists: true}}'],
  'dependency-unknown': [
    '# ours\nfile: {/a: {exists: true, depends-on: ["user:x"]}}',
    '# ours\nfile: {/a: {exists: true, depends-on: [/b]}, /b: {exists: true}}',
  ],
  'severity-unknown': [
    '# ours\nfile: {/a: {exists: true, severity: urgent}}',
    '# ours\nfile: {/a: {exists: true, severity: low}}',
  ],
}

for (const [code, [told, silent]] of Object.entries(cases)) {
  test(`${code}: told where it is so, with place and remedy, and nowhere else`, () => {
    const found = lint(told).filter((note) => note.code === code)
    assert.ok(found.length > 0, `nothing was found in ${told}`)
    for (const { place, message, fix } of found) {
      assert.ok(place.file === 'g.yaml' || place.file === 'other.yaml')
      assert.ok((code === 'impure-template' || (place.row ?? 0) > 0) && message.length > 10 && (fix ?? '').length > 0, message)
    }
    assert.deepEqual(
      lint(silent).filter((note) => note.code === code),
      [],
      silent,
    )
  })
}

test('what only goss gets wrong is not told of a suite that is written for us', () => {
  const files = memoryFiles({ 'g.yaml': 'mount: {/x: {exists: false}, /y/: {exists: true}}' })
  const suite = loadSuite('g.yaml', { files })
  assert.deepEqual(
    lintSuite(suite, 'runproof').map(({ code }) => code),
    ['trailing-slash'],
  )
  assert.deepEqual(
    lintSuite(suite, 'goss').map(({ code }) => code),
    ['mount-absent', 'trailing-slash'],
  )
})

test('notes come in the order of the files, each once', () => {
  const notes = lint('file:\n  /b: {exists: true, mode: 0644}\n  /a: {exists: true, mode: 0600}\nbogus: {}')
  assert.deepEqual(
    notes.map(({ code, place }) => [code, place.row]),
    [
      ['octal-mode', 2],
      ['octal-mode', 3],
      ['unknown-key', 4],
    ],
  )
  assert.equal(notes[0]?.fix, 'write "0644" in quotes')
})

test('a plain, healthy gossfile has nothing to be told', () => {
  const text =
    'package: {openssh-server: {installed: true}}\nservice: {sshd: {enabled: true, running: true}}\nport: {"tcp:22": {listening: true, ip: [0.0.0.0]}}\nfile: {/etc/passwd: {exists: true, mode: "0644", contents: [root, "!/^toor/"]}}'
  assert.deepEqual(lint(text), [])
})

test('docs/formats/gossfile.md has a row for every code and for no other', () => {
  const text = readFileSync(new URL('../../../docs/formats/gossfile.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| `([a-z0-9-]+)` \| (trap|broken|advice) \| (.*) \|$/gm)].map(([, code, kind, summary]) => [
    code,
    kind,
    summary,
  ])
  assert.deepEqual(
    rows,
    Object.entries(lintCodes).map(([code, { kind, summary }]) => [code, kind, summary]),
  )
})
