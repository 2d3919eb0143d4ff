import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { memoryFiles } from '../load/files.ts'
import { readVars } from '../load/vars.ts'
import type { GoMap } from '../model/value.ts'
import { limits } from './limits.ts'
import { builtins } from './builtins.ts'
import { gossFunctions } from './goss-functions.ts'
import { sprigFunctions } from './sprig/sprig.ts'
import { renderTemplate, TemplateError, templateFunction } from './template.ts'

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
const varsOf = (text: string): GoMap => readVars(['vars.yaml'], '', memoryFiles({ 'vars.yaml': text }), 'goss').vars

function render(text: string, vars = 'name: web\nnum: 3\nlist: [a, b]\nm: {k: v}\nnil: null\n', allowImpure = false): string {
  const readFile = (path: string): string => {
    if (path === 'secret.txt') return '  s3cret\n'
    throw new Error(`open ${path}: no such file or directory`)
  }
  return renderTemplate(text, { vars: varsOf(vars), env: { HOME: '/root', EMPTY: '' }, readFile, allowImpure })
}

function fault(text: string): string {
  try {
    render(text)
  } catch (error) {
    assert.ok(error instanceof TemplateError, String(error))
    return error.message
  }
  throw new Error(`${text} was accepted`)
}

type Row = { readonly text: string; readonly output?: string; readonly error?: string }

test('templates give what Go with sprig 3.3 and goss’s functions gave, output or error', () => {
  const rows = JSON.parse(fixture('sprig-3.3.0.json')) as readonly Row[]
  const vars = fixture('vars.yaml')
  const wrong = rows.filter(({ text, output, error }) => {
    try {
      return renderTemplate(text, { vars: varsOf(vars), env: { A: 'b' }, readFile: () => '', allowImpure: false }) !== output
    } catch (thrown) {
      return (thrown as Error).message !== error
    }
  })
  assert.deepEqual(wrong, [])
  assert.ok(rows.length > 800)
})

test('text without actions is left as it is', () => {
  assert.equal(render('a: }} b\n'), 'a: }} b\n')
})

test('actions, trim markers and comments', () => {
  assert.equal(render('a {{- /* gone */ -}} b'), 'ab')
  assert.equal(render('x\n  {{- .Vars.name -}}\n y'), 'xweby')
  assert.equal(render('{{ "{{" }} {{ `}}` }}'), '{{ }}')
  assert.equal(fault('a {{/* open'), 'template: test:1: unclosed comment')
})

test('variables, pipelines, if, with, range with else, break and continue', () => {
  assert.equal(render('{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}'), '2')
  assert.equal(render('{{ range $i, $e := .Vars.list }}{{ $i }}={{ $e }};{{ else }}none{{ end }}'), '0=a;1=b;')
  assert.equal(render('{{ range $k, $v := .Vars.m }}{{ $k }}{{ $v }}{{ end }}'), 'kv')
  assert.equal(render('{{ range 3 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ . }}{{ end }}'), '02')
  assert.equal(render('{{ range 9 }}{{ if eq . 2 }}{{ break }}{{ end }}{{ . }}{{ end }}'), '01')
  assert.equal(render('{{ range .Vars.nil }}x{{ else }}none{{ end }}'), 'none')
  assert.equal(render('{{ with .Vars.m }}{{ .k }}{{ else with .Vars.name }}{{ . }}{{ end }}'), 'v')
  assert.equal(render('{{ if eq .Vars.num 1 }}a{{ else if eq .Vars.num 3 }}b{{ else }}c{{ end }}'), 'b')
  assert.equal(fault('{{ break }}'), 'template: test:1: {{break}} outside {{range}}')
  assert.equal(fault('{{ $x }}'), 'template: test:1: undefined variable "$x"')
})

test('define, template and block', () => {
  assert.equal(
    render('{{ define "a" }}<{{ . }}>{{ end }}{{ template "a" .Vars.name }}{{ block "b" 1 }}[{{ . }}]{{ end }}'),
    '<web>[1]',
  )
  assert.equal(
    fault('{{ template "no" }}'),
    'template: test:1:12: executing "test" at <{{template "no"}}>: template "no" not defined',
  )
  assert.equal(
    fault('{{ define "a" }}x{{ end }}{{ define "a" }}y{{ end }}'),
    'template: test:1: template: multiple definition of template "a"',
  )
})

test('a missing key is an error with its place; a key that holds nothing is not', () => {
  assert.equal(
    fault('a\n  {{ .Vars.nope }}'),
    'template: test:2:10: executing "test" at <.Vars.nope>: map has no entry for key "nope"',
  )
  assert.equal(fault('{{ .Env.NOPE }}'), 'template: test:1:7: executing "test" at <.Env.NOPE>: map has no entry for key "NOPE"')
  assert.equal(render('{{ .Vars.nil }}'), '<no value>')
  assert.equal(render('{{ .Env.HOME }}'), '/root')
  try {
    render('a\n  {{ .Vars.nope }}')
  } catch (error) {
    assert.ok(error instanceof TemplateError)
    assert.deepEqual([error.row, error.column], [2, 11])
  }
})

test('and and or read no further than they must', () => {
  assert.equal(render('{{ and false (index .Vars.list 99) }} {{ or 1 (fail "x") }}'), 'false 1')
  assert.match(fault('{{ and true (fail "x") }}'), /error calling fail: x$/)
})

test('goss’s own functions win over sprig’s', () => {
  assert.equal(
    render('{{ readFile "secret.txt" }} {{ getEnv "HOME" }} {{ getEnv "EMPTY" "d" }}{{ getEnv "NOPE" }}'),
    's3cret /root d',
  )
  assert.match(fault('{{ readFile "nope" }}'), /error calling readFile: open nope: no such file or directory$/)
  assert.match(fault('{{ regexMatch "(" "x" }}'), /error calling regexMatch: error parsing regexp: missing closing \): `\(`$/)
  assert.equal(render('{{ (findStringSubmatch "(?P<a>x+)(y)" "axxy").a }}{{ get (findStringSubmatch "(y)" "y") "1" }}'), 'xxy')
})

test('functions whose answers differ from run to run need leave', () => {
  for (const call of ['now', 'uuidv4', 'randAlpha 3', 'env "HOME"', 'expandenv "$HOME"', 'randInt 1 9', 'shuffle "abc"']) {
    assert.match(fault(`{{ ${call} }}`), /answers differently from run to run/)
  }
  assert.equal(render('{{ env "HOME" }}{{ expandenv "$HOME/${EMPTY}x" }}', '{}', true), '/root/root/x')
  assert.match(render('{{ uuidv4 }} {{ randNumeric 3 }}', '{}', true), /^[0-9a-f-]{36} \d{3}$/)
  assert.match(fault('{{ genCA "x" 1 }}'), /genCA is not available here/)
})

test('all names of sprig, of Go and of goss are known, and no other', () => {
  const names = [builtins, sprigFunctions, gossFunctions].flatMap((functions) => [...functions.keys()])
  assert.equal(new Set(names).size, names.length)
  assert.equal(names.filter((name) => templateFunction(name) !== undefined).length, 235)
  assert.equal(fault('{{ nope 1 }}'), 'template: test:1: function "nope" not defined')
})

test('what would go on for ever, or fill the memory, is refused', () => {
  assert.match(fault('{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}'), /exceeded maximum template depth/)
  assert.match(fault('{{ range 9000000 }}{{ end }}'), /took more than \d+ steps/)
  assert.match(fault(`{{ printf "${'%999999[1]d'.repeat(40)}" 1 }}`), /the result is too long/)
  assert.match(fault('{{ repeat 999999999 "x" }}'), /the result is too long/)
  assert.match(fault('{{ until 99999999 }}'), /the result is too long/)
  assert.match(
    fault(`{{ $x := "0123456789abcdef" }}{{ range 60 }}{{ $x = printf "%s%s" $x $x }}{{ end }}`),
    /the result is too long/,
  )
  assert.match(fault(`{{ range 200000 }}${'0123456789'.repeat(10)}{{ end }}`), /the output is longer than/)
  assert.match(fault('{{ $d := dict "a" 1 }}{{ $d = set $d "self" $d }}{{ $d }}'), /too deeply nested/)
  assert.match(fault('{{ if true }}'.repeat(2000)), /nested too deeply/)
  assert.match(fault(`{{ ${'('.repeat(2000)}1${')'.repeat(2000)} }}`), /max expression depth exceeded/)
  assert.ok(limits.outputCharacters <= 16 * 1024 * 1024)
})

test('whatever stands in a template, the answer is a text or a TemplateError', () => {
  const piece = fc.constantFrom(
    '{{',
    '}}',
    '{{-',
    '-}}',
    ' ',
    '.',
    '.Vars',
    '$x',
    ':=',
    '|',
    '(',
    ')',
    '"a"',
    '1',
    'if',
    'end',
    'range',
    'else',
    'with',
    'index',
    'printf',
    '"%v"',
    '\n',
    'text',
    '/*',
    '*/',
    'define',
    'template',
    ',',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
      try {
        assert.equal(typeof render(pieces.join('')), 'string')
      } catch (error) {
        assert.ok(error instanceof TemplateError, String(error))
      }
    }),
    { numRuns: 500 },
  )
})
