import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GoValue } from '../model/value.ts'
import { GossfileError, loadExitCode } from './failure.ts'
import { memoryFiles } from './files.ts'
import { loadSuite, refuseEmptySuite, type LoadedSuite, type LoadOptions } from './load-suite.ts'
import { placeOf } from './places.ts'

type Texts = Readonly<Record<string, string>>

function load(texts: Texts, options: LoadOptions = {}): LoadedSuite {
  return loadSuite(options.stdin === undefined ? (Object.keys(texts)[0] ?? '') : '-', { files: memoryFiles(texts), ...options })
}

function fault(texts: Texts, options: LoadOptions = {}): GossfileError {
  try {
    load(texts, options)
  } catch (error) {
    assert.ok(error instanceof GossfileError, String(error))
    return error
  }
  throw new Error('it was accepted')
}

const goss: LoadOptions = { dialect: 'goss' }
const keysOf = (suite: LoadedSuite) => suite.resources.map(({ type, key }) => `${type} ${key}`)

test('a resource holds what was written, in Go’s types; title, meta and skip apart', () => {
  const suite = load({
    'goss.yaml':
      'file:\n  /etc/passwd: {title: t, meta: {a: 1}, exists: true, mode: 0644, size: {gt: 1.5}, contents: []}\ncommand:\n  x: {exit-status: 0, timeout: 500, skip: "yes"}\n',
  })
  const [file, command] = suite.resources
  assert.deepEqual(
    [...(file?.attributes ?? [])],
    [
      ['exists', true],
      ['mode', 420n],
      ['size', new Map<string, GoValue>([['gt', 1.5]])],
      ['contents', []],
    ],
  )
  assert.deepEqual([file?.title, file?.meta, file?.skip], ['t', new Map([['a', 1n]]), false])
  assert.deepEqual(
    [...(command?.attributes ?? [])],
    [
      ['exit-status', 0n],
      ['timeout', 500n],
    ],
  )
  assert.equal(command?.skip, true)
  assert.deepEqual(file?.place, { file: 'goss.yaml', row: 2, column: 16 })
  assert.ok(file !== undefined)
  assert.deepEqual(placeOf(file, 'mode'), { file: 'goss.yaml', row: 2, column: 61 })
  assert.match(suite.sources[0]?.sha256 ?? '', /^[0-9a-f]{64}$/)
})

test('mistakes of type, unknown attributes and resources that are none are errors in goss’s words, with their place', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['file: {/a: {existz: true}}', 'invalid Attribute for File:/a: existz'],
    ['file:\n  /a:', 'Could not parse resource File:/a'],
    ['file: {/a: present}', 'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `present` into map[string]interface {}'],
    ['- a', 'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into goss.GossConfig'],
    [
      'command: {x: {timeout: 5s, skip: maybe}}',
      'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `5s` into int\n  line 1: cannot unmarshal !!str `maybe` into bool',
    ],
    ['file: {/a: {meta: [1]}}', 'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into resource.meta'],
    ['http: {x: {request-headers: a}}', 'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `a` into []string'],
    ['file:\n\t/a: {}', 'yaml: line 2: found character that cannot start any token'],
  ]
  for (const [text, message] of cases) {
    const error = fault({ 'g.yaml': text }, goss)
    assert.equal(error.message, message)
    assert.equal(error.code, 'gossfile.invalid')
    assert.equal(error.place?.file, 'g.yaml')
  }
  assert.equal(loadExitCode, 78)
  assert.equal(
    fault({ 'g.json': '{"file": {"/a": {"path": 1}}}' }, goss).message,
    'json: cannot unmarshal number into Go struct field GossConfig.file.path of type string',
  )
  assert.equal(fault({ 'g.txt': '' }, goss).message, 'unknown file extension: .txt')
})

test('what goss drops in silence is a note in its dialect and an error in ours', () => {
  const unknown = { 'g.yaml': 'bogus: {a: {}}\nfile: {/a: {exists: true}}' }
  assert.deepEqual(
    load(unknown, goss).notes.map(({ code }) => code),
    ['unknown-key'],
  )
  assert.match(fault(unknown).message, /unknown top-level key bogus/)
  const second = { 'g.yaml': 'file: {/a: {exists: true}}\n---\nfile: {/b: {exists: true}}' }
  assert.deepEqual(
    load(second, goss).notes.map(({ code }) => code),
    ['second-document'],
  )
  assert.equal(load(second, goss).resources.length, 1)
  assert.match(fault(second).message, /only the first YAML document is read/)
  const empty = { 'g.yaml': 'service: {x: {}}' }
  assert.equal(load(empty, goss).resources.length, 1)
  assert.match(fault(empty).message, /service x asserts nothing/)
  assert.equal(load({ 'g.yaml': 'x-base: &b {exists: true}\nfile: {/a: *b}' }).resources.length, 1)
})

test('types and attributes that goss does not have are ours alone', () => {
  const texts = {
    'g.yaml':
      'file: {/a: {exists: true, severity: high, remediation: chmod, access: {www-data: r--}}}\ncertificate: {x: {days-left: {gt: 30}}}\nregistry: {k: {exists: true}}',
  }
  assert.deepEqual(keysOf(load(texts)), ['file /a', 'certificate x', 'registry k'])
  assert.equal(fault(texts, goss).message, 'invalid Attribute for File:/a: severity')
  assert.equal(
    fault({ 'g.yaml': 'command: {x: {exit-status: 0, retry_count: 3}}' }, goss).message,
    'invalid Attribute for Command:x: retry_count',
  )
})

test('{pattern, invert} becomes the pattern that it means, with a note; goss keeps it for its own error', () => {
  const texts = { 'g.yaml': 'file: {/a: {exists: true, contents: [{pattern: "/^a/", invert: true}, {pattern: "!b"}, c]}}' }
  const ours = load(texts)
  assert.deepEqual(ours.resources[0]?.attributes.get('contents'), ['!/^a/', '\\!b', 'c'])
  assert.deepEqual(
    ours.notes.map(({ code }) => code),
    ['pattern-invert'],
  )
  assert.notDeepEqual(load(texts, goss).resources[0]?.attributes.get('contents'), ['!/^a/', '\\!b', 'c'])
})

test('includes: sorted keys, relative paths, globs, skip; later wins and it is said', () => {
  const suite = load(
    {
      'top.yaml':
        'gossfile:\n  z.yaml: {skip: true}\n  named: {file: sub/b.yaml}\n  sub/[ac].yaml: {}\nfile: {/a: {exists: true}, /top: {exists: true}}',
      'sub/a.yaml': 'gossfile: {inner/c.yml: {}}\nfile: {/a: {exists: false}}',
      'sub/b.yaml': 'file: {/b: {exists: true}}',
      'sub/inner/c.yml': 'file: {/c: {exists: true}}',
      'z.yaml': 'not: [yaml',
    },
    goss,
  )
  assert.deepEqual(keysOf(suite).toSorted(), ['file /a', 'file /b', 'file /c', 'file /top'])
  assert.equal(suite.resources.find(({ key }) => key === '/a')?.attributes.get('exists'), false)
  assert.deepEqual(
    suite.notes.map(({ code, message }) => [code, message]),
    [
      [
        'duplicate-key',
        "Duplicate key detected: 'file: /a'. The value from a later-loaded goss file has overwritten the previous value.",
      ],
    ],
  )
  assert.deepEqual(
    suite.sources.map(({ path }) => path),
    ['top.yaml', 'sub/b.yaml', 'sub/a.yaml', 'sub/inner/c.yml'],
  )
})

test('includes that cannot be followed are errors in goss’s words', () => {
  assert.equal(fault({ 't.yaml': 'gossfile: {nope/*.yaml: {}}' }, goss).message, 'no matched files were found: "nope/*.yaml"')
  assert.equal(
    fault({ 't.yaml': 'gossfile: {"[": {}}' }, goss).message,
    'error in expanding glob pattern: syntax error in pattern',
  )
  assert.match(
    fault({ 't.yaml': 'gossfile: {t.yaml: {}}' }, goss).message,
    /^(could not write json data: ){49}max depth of 50 reached/,
  )
  assert.equal(
    fault({ 't.yaml': 'gossfile: {a.yaml: {}}', 'a.yaml': 'file: {/a: {x: 1}}' }, goss).message,
    'could not read json data in a.yaml: invalid Attribute for File:/a: x',
  )
  assert.equal(
    fault({ 't.json': '{"gossfile": {"a.yaml": {}}}', 'a.yaml': 'file: {}' }, goss).message,
    "could not read json data in a.yaml: invalid character 'i' in literal false (expecting 'a')",
  )
  const many = Object.fromEntries(Array.from({ length: 6 }, (_, at) => [`f${at}.yaml`, 'gossfile: {"f*.yaml": {}}']))
  assert.match(fault(many, goss).message, /more than 10000 files are included|max depth of 50/)
})

test('variables: goss takes the last file, we merge all; inline replaces whole keys', () => {
  const texts = {
    't.yaml': "matching: {a: {content: '{{ toJson .Vars }}', matches: x}}",
    'one.yaml': 'a: {x: 1, y: 2}\nb: 1',
    'two.json': '{"a": {"y": 3}}',
  }
  const content = (options: LoadOptions) => load(texts, options).resources[0]?.attributes.get('content')
  const vars = ['one.yaml', 'two.json']
  assert.equal(content({ ...goss, vars }), '{"a":{"y":3}}')
  assert.equal(content({ vars }), '{"a":{"x":1,"y":3},"b":1}')
  assert.equal(content({ vars, varsInline: 'a: {z: 1}' }), '{"a":{"z":1},"b":1}')
  assert.equal(
    fault(texts, { vars: ['nope.yaml'] }).message,
    `failed while loading vars file "nope.yaml": loading vars file 'nope.yaml'\nopen nope.yaml: no such file or directory`,
  )
  assert.equal(
    fault(texts, { varsInline: '{a: [' }).message,
    'failed while loading vars file "": loading inline vars\nunable to determine format from content',
  )
})

test('templates see variables and the environment that was given, and no other', () => {
  const texts = { 't.yaml': 'file: {"{{ .Vars.p }}{{ .Env.A }}{{ getEnv "B" "d" }}": {exists: true}}' }
  assert.deepEqual(keysOf(load(texts, { varsInline: 'p: /x', env: { A: 'a' } })), ['file /xad'])
  const error = fault(texts, { varsInline: 'p: /x' })
  assert.equal(error.message, 'template: test:1:28: executing "test" at <.Env.A>: map has no entry for key "A"')
  assert.deepEqual(error.place, { file: 't.yaml', row: 1, column: 29 })
})

test('standard input is told by its content, before its templates run', () => {
  const stdin = (text: string) => ({ stdin: new TextEncoder().encode(text) })
  assert.equal(load({}, stdin('{"file": {"/a": {"exists": true}}}')).format, 'json')
  assert.equal(load({}, stdin('file: {/a: {exists: true}}')).format, 'yaml')
  assert.equal(fault({}, stdin('{{ if true }}\nfile: {}\n{{ end }}')).message, 'unable to determine format from content')
})

test('a suite without resources is refused by name', () => {
  assert.throws(() => refuseEmptySuite(load({ 'e.yaml': '# nothing' }), 'e.yaml'), { message: 'found 0 tests, source: e.yaml' })
  refuseEmptySuite(load({ 'e.yaml': 'file: {/a: {exists: true}}' }), 'e.yaml')
})
