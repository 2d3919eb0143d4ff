import type { GoMap, GoValue } from '../../src/state/model/value.ts'
import type { Random } from '../fuzz/random.ts'

/** A pair of `matching`: what is, how it is given, what should be. */
export type Pair = { readonly id: string; readonly content: GoValue; readonly asReader: boolean; readonly matches: GoValue }

/** Random pairs of a content and an expectation: mostly of kinds that fit one another, sometimes anything at all. */
export function randomPairs(random: Random, count: number): readonly Pair[] {
  return Array.from({ length: count }, (_, at) => {
    const id = `p${String(at).padStart(6, '0')}`
    if (random.int(10) === 0) return { id, ...byLines(random) }
    const content = contentOf(random)
    return { id, content, asReader: random.int(6) === 0, matches: expectation(random, content, 3) }
  })
}

/** Line patterns for what is read line by line. */
function byLines(random: Random): Omit<Pair, 'id'> {
  const lines = Array.from({ length: random.int(5) }, () => random.pick(texts))
  const matches = Array.from({ length: random.int(5) }, () => {
    const line = random.pick([...lines, 'foo'])
    const plain = random.pick(['', '!', '\\', '!!', '\\!', '/']) + line.slice(0, random.int(6))
    const sound = plain === '/' || plain === '!/' ? 'foo' : plain
    return random.int(3) === 0 ? `${random.pick(['', '!'])}/${regex(random)}/` : random.pick([sound, random.pick(patterns)])
  })
  return { content: lines.join(random.pick(['\n', '\r\n'])), asReader: true, matches }
}

const fragments = [
  'a',
  'o',
  'foo',
  '.',
  '\\d',
  '\\D',
  '\\w',
  '\\s',
  '[a-o]',
  '[^a]',
  '[[:alpha:]]',
  '(?:fo|b)',
  '(o)',
  '*',
  '+',
  '?',
  '{2}',
  '{1,2}',
  '{,2}',
  '{2,1}',
  '^',
  '$',
  '|',
  '(',
  ')',
  '\\b',
  '\\B',
  '(?i)',
  '(?m)',
  '(?s)',
  '(?-s)',
  '(?U)',
  '\\pL',
  '\\p{Greek}',
  '\\x41',
  '\\x{e9}',
  'é',
  '\\n',
  '\\A',
  '\\z',
  '\\Z',
  '\\1',
  '\\Qa.b\\E',
  '[',
  ']',
  '[]a]',
  '[a',
  '\\',
  '(?P<n>o)',
  '(?<n>o)',
  '(?=a)',
  '(?!a)',
  '(?<=a)',
  '*?',
  '+?',
  '++',
  '**',
  '1',
  ' ',
  '-',
  '\\/',
  '\\_',
  '\\é',
  '(?',
  '(?i:F)',
  '[\\d-z]',
  '[z-a]',
  'x*',
] as const

function regex(random: Random): string {
  return Array.from({ length: 1 + random.int(5) }, () => random.pick(fragments)).join('')
}

const steps = [
  'a',
  'b',
  'c',
  'k',
  's',
  'n',
  'v',
  'list',
  '0',
  '1',
  '2',
  '#',
  '*',
  '?',
  'a*',
  '#(a)',
  '#(a==1)',
  '#(n=="x")#',
  '#(v>1)',
  '#(v>=1)#',
  '#(>1)#',
  '#(%"*")#',
  '#(!%"f*")',
  '#(a)#',
  '#(==~true)#',
  '#(n==~null)#',
  '#(n==~*)',
  '#(list.#(v>1))',
  '@this',
  '@keys',
  '@values',
  '@reverse',
  '@flatten',
  '@join',
  '@valid',
  '@ugly',
  '@tostr',
  '@fromstr',
  '@group',
  '@dig:a',
  '{a,b}',
  '{"x":a}',
  '[a,0]',
  '[a,[b]]',
  '{a,"y":{b}}',
  '!5',
  '!"x"',
  '!true',
  '#(n="x',
  '#()',
  'a\\.b',
  'x\\*',
  '',
  '..',
  '-1',
  '00',
  '01',
] as const

/**
 * Left out is what goss's library answers by chance of its own text: a number as literal with something behind it, and what is asked of a
 * text that looks like JSON. Ours is an error there.
 */
const unsound = /!5[.|]|@tostr[.|](?!@fromstr)/

function path(random: Random): string {
  if (random.int(3) === 0) return random.pick(paths)
  const length = 1 + random.int(3)
  const made = Array.from({ length }, (_, at) => (at === 0 ? '' : random.pick(['.', '.', '|'])) + random.pick(steps)).join('')
  return unsound.test(made) ? random.pick(paths) : made
}

const operators = ['', '', '=', '==', '!', '!=', '>', '>=', '<', '<=', '=>', '~', '^', '> ', '>= ', '! '] as const
const versions = [
  '1.2.3',
  '1.0.0',
  '2.0.0',
  '0.5.0',
  '1.x',
  '1.2.x',
  '1.x.x',
  'x',
  '1',
  '1.2',
  '1.2.3-rc.1',
  '1.2.3-rc.0',
  '1.2.3-alpha',
  '1.2.3+b',
  '01.0.0',
  '5.2.15-2',
  '10.0.0',
  '1.2.3-x',
  'v1.0.0',
  '1.2.3.4',
  '1.X',
  '18446744073709551615.0.0',
  '18446744073709551616.0.0',
  '1.2.3-1',
  '1.2.3--',
] as const

function constraint(random: Random): string {
  if (random.int(4) === 0) return random.pick(constraints)
  const length = 1 + random.int(3)
  return Array.from(
    { length },
    (_, at) =>
      (at === 0 ? '' : random.pick([' ', ' ', ' || ', '||', ',', '  '])) + random.pick(operators) + random.pick(versions),
  ).join('')
}

const texts = [
  '',
  'foo',
  'foo bar',
  'foo\nbar\nmoo',
  'foo\nbar\n',
  '15',
  ' 15 ',
  '15.5',
  '1e3',
  '1_000',
  '0x1p4',
  '0x_1p4',
  '-7',
  '+7',
  'inf',
  'NaN',
  '1e400',
  '.5',
  '5.',
  'true',
  'yes',
  'null',
  '<nil>',
  'a<b>&c',
  'héllo €',
  '日本語',
  'a\tb',
  '"quoted"',
  "it's",
  'back\\slash',
  '1.2.3',
  '1.2.3-rc.1',
  '1.2.3+build',
  'v1.2.3',
  '1.2',
  '01.2.3',
  '5.2.15-2',
  '10.0.0',
  '[foo bar]',
  'map[a:b]',
  '\u2028',
  'x'.repeat(60),
  'fd00::2',
  'FD00::2',
  '!bang',
  '/slash/',
  'é',
  '\r\n',
  'a\r\nb\r\n',
  '\n',
  '\n\n',
] as const

const documents = [
  '{"a":1}',
  '{"a":{"b":[1,2,3]},"c":"x"}',
  '[1,2,3]',
  '{"a":null}',
  '{"a":true,"b":false}',
  '{"list":[{"n":"x","v":1},{"n":"y","v":2},{"n":"z"}]}',
  '{"a.b":1,"c*":2,"aa":3}',
  '{"s":"<&>"}',
  '[]',
  '{}',
  '"text"',
  '5',
  'not json',
  '{"a":1,"a":2}',
  '{"big":12345678901234567890,"f":1.5,"e":1e-7}',
  '[[1,2],[3,[4]]]',
  '{"s":"{\\"k\\":[1]}"}',
  '{"u":"\\u00e9\\n"}',
  ' {"a" : [ "x" , "y" ] } ',
  '{"k":{"x":[1,2],"y":["p","q"]}}',
  '[{"a":1},{"b":2},{"a":3}]',
  '["fb","tw","fb"]',
  '[0,-1.5,10,2]',
  '[true,false,null,"true"]',
] as const

const paths = [
  'a',
  'a.b',
  'a.b.0',
  'a.b.#',
  'c',
  '#',
  '0',
  '1',
  '3',
  'list.#',
  'list.#.n',
  'list.#.v',
  'list.#(n=="x").v',
  'list.#(v>1).n',
  'list.#(v>=1)#.n',
  'list.#(n%"*")#',
  'list.#(n!%"x")#.n',
  'list.#(v)#.v',
  'list.#(nope).n',
  'list.1',
  'list.-1',
  'a\\.b',
  'c\\*',
  'a*',
  '?',
  'a?',
  '*',
  '@this',
  '@this.a',
  '@keys',
  '@values',
  '@reverse',
  '@flatten',
  '@flatten:{"deep":true}',
  '@join',
  '@join:{"preserve":true}',
  '@valid',
  '@ugly',
  '@pretty',
  '@tostr',
  '@fromstr',
  's.@fromstr',
  's.@fromstr.k',
  's|@fromstr|k.0',
  '@group',
  'k.@group',
  '@dig:a',
  '@dig:n',
  '{a,c}',
  '{"x":a,"y":c}',
  '[a,c]',
  '[a,c].0',
  '{a,c}.x',
  'a|b',
  'a.b|#',
  'a.b|@reverse',
  'list.#.n|#',
  'list.#.n|@reverse|0',
  'list.#(n="y")|v',
  '#(>1)',
  '#(>1)#',
  '#(="fb")#',
  '#(!="fb")#',
  '#(%"t*")',
  '#(=~true)#',
  '#(==~true)',
  '#(a)#.a',
  '#(a==1)',
  '#(a>0)#|#',
  '#.a',
  '#.a|#',
  '..#',
  '..0',
  '..#.a',
  '..a',
  '!"x"',
  '!5',
  '!{"q":1}',
  '!true',
  '!null',
  '@this|!"y"',
  'a.',
  '.a',
  '',
  '.',
  'a..b',
  '#.',
  '|a',
  'a|',
  '#(',
  '#()',
  'list.#(n==x).v',
  'list.#(n=="x"',
  '@nope',
  'a.@nope',
  'a.@keys',
  '@keys.0',
  '@values.#',
  '@this.@this',
  '@tostr.@fromstr',
  '@ugly|@tostr',
  'list.@values.#.n',
  '{"n":list.#.n}',
  '[list.#.n,list.#.v]',
  '{list.#(v>1)#.n}',
  'f',
  'e',
  'big',
  'u',
  '@flatten.#',
  'a.#',
  'list.#.nope',
  'list.#(v<2).n',
  'list.#(v<=2)#.n',
  'list.#(v!=1)#',
  '#(<0)#',
  '#(>=2)#',
  '#(==null)#',
  '@this.#',
  '@this.0',
] as const

const patterns = [
  'foo',
  '!foo',
  'zzz',
  '!zzz',
  '/^f/',
  '!/^f/',
  '/o+$/',
  '\\!bang',
  '\\/slash',
  '/unclosed',
  '!!bang',
  '',
  '!',
  '//',
  '/(/',
  '/b.r/i',
  '/[/',
  '1',
  ' 15',
  '/\\s/',
  '/^$/',
  '!/./',
  '\\\\foo',
] as const

const regexes = [
  'foo',
  '^foo$',
  '(?m)^bar$',
  '(?i)FOO',
  '[0-9]+',
  '\\d',
  '(',
  '[a',
  'a{2,1}',
  '(?=x)',
  '\\bfoo\\b',
  '^$',
  '.',
  '\\p{L}+',
  'é',
  '(?s)o.b',
  '<',
  '*',
  'x{60}',
  'x{1001}',
  '\\',
  '(?P<n>f)',
  '\\pL',
  '[[:alpha:]]',
  '\\Q.\\E',
  '^1\\.2',
] as const

const constraints = [
  '>=1.0.0',
  '>1.0.0 <2.0.0',
  '1.2.3',
  '=1.2.3',
  '==1.2.3',
  '!1.2.3',
  '!=1.2.3',
  '1.x',
  '1.2.x',
  '>1.x',
  '<=1.2.x',
  '>=1.2.x',
  '<1.x',
  '!=1.x',
  '>1',
  '^1.0.0',
  '~1.2',
  '*',
  'x',
  '',
  'abc',
  '> 1.0.0',
  '>1.0.0 || <0.5.0',
  '|| >1.0.0',
  '>1.0.0 ||',
  '<1.0.0 || >=1.2.0 <2.0.0',
  '>=1.2.3-rc.0',
  '1.2.3+other',
  '>=5.2.15-1',
  '1.x.x',
  '>1.2.3-x',
  'v1.x',
  '=>1.0.0',
  '>=01.0.0',
  '>0.0.0 5',
  '>=1.0.0  <2.0.0',
  ' >=1.0.0 ',
  '>=1.0.0,<2.0.0',
  '<10.0.1',
] as const

function scalar(random: Random): GoValue {
  const kind = random.int(12)
  if (kind < 6) return random.pick(texts)
  if (kind < 8) return random.pick([0n, 1n, 15n, 42n, -7n, 9007199254740993n, 420n, 2n, 3n])
  if (kind < 10) return random.pick([0.5, 15, 1e21, -0.25, 1e-7, 42, 1e6, 123456789.5, 2, 15.5])
  return kind === 10 ? random.int(2) === 0 : null
}

function contentOf(random: Random): GoValue {
  const kind = random.int(14)
  if (kind < 6) return scalar(random)
  if (kind < 9) return random.pick(documents)
  if (kind === 9) return oneEntry(random)
  const items = Array.from({ length: random.int(5) }, () => (random.int(8) === 0 ? oneItem(random) : scalar(random)))
  return kind === 10
    ? items.map(() => random.pick(['1.2.3', '2.0.0', '0.1.0', '10.2.3', '1.2.3-rc.1', '1.2.3+build', '1.2.3-x', '5.2.15-2']))
    : items
}

function oneItem(random: Random): GoValue {
  return random.int(2) === 0 ? [scalar(random)] : oneEntry(random)
}

/** One entry alone: goss walks maps by chance. */
function oneEntry(random: Random): GoMap {
  return new Map([[random.pick(['a', 'foo', '<k>', 'x y']), scalar(random)]])
}

/** An expectation that has to do with the content, as far as chance will have it. */
function expectation(random: Random, content: GoValue, depth: number): GoValue {
  const kind = random.int(depth > 0 ? 24 : 8)
  if (kind < 2) return content
  if (kind < 4) return scalar(random)
  if (kind < 6) return listOf(random, content, depth)
  return matcher(random, content, depth)
}

function listOf(random: Random, content: GoValue, depth: number): readonly GoValue[] {
  const items = Array.isArray(content) ? content : typeof content === 'string' ? content.split('\n') : [content]
  return Array.from({ length: random.int(5) }, () => {
    const item = random.int(3) > 0 && items.length > 0 ? random.pick(items) : scalar(random)
    return random.int(4) === 0 && depth > 0 ? expectation(random, item, depth - 1) : item
  })
}

function matcher(random: Random, content: GoValue, depth: number): GoMap {
  const isWrong = random.int(25) === 0
  const [key, value] = random.pick(makers)(random, content, depth - 1)
  return new Map([[key, isWrong ? scalar(random) : value]])
}

type Maker = (random: Random, content: GoValue, depth: number) => readonly [string, GoValue]

const makers: readonly Maker[] = [
  (random, content) => ['equal', random.int(2) === 0 ? content : contentOf(random)],
  (random, content) => ['have-prefix', part(random, content, 'start')],
  (random, content) => ['have-suffix', part(random, content, 'end')],
  (random, content) => ['contain-substring', part(random, content, 'start')],
  (random) => ['match-regexp', random.int(2) === 0 ? random.pick(regexes) : regex(random)],
  (random) => ['have-len', random.pick([0n, 1n, 2n, 3n, 7n, 10n, 2.9])],
  (random) => [
    'have-patterns',
    Array.from({ length: random.int(4) }, () => (random.int(20) === 0 ? scalar(random) : random.pick(patterns))),
  ],
  (random, _, depth) => [
    'have-key',
    depth > 0 && random.int(3) === 0 ? expectation(random, 'a', depth) : random.pick(['a', 'foo', 'b']),
  ],
  (random, content, depth) => ['contain-element', random.int(3) > 0 ? scalar(random) : expectation(random, content, depth)],
  (random, content, depth) => ['contain-elements', listOf(random, content, depth)],
  (random, content, depth) => ['consist-of', listOf(random, content, depth)],
  (random, content, depth) => ['not', expectation(random, content, depth)],
  (random, content, depth) => ['and', Array.from({ length: random.int(4) }, () => expectation(random, content, depth))],
  (random, content, depth) => ['or', Array.from({ length: random.int(4) }, () => expectation(random, content, depth))],
  (random) => [random.pick(['gt', 'ge', 'lt', 'le']), scalar(random)],
  (random) => [random.pick(['gt', 'ge', 'lt', 'le']), random.pick([0n, 15n, 15, 1.5, 1e21, 42n])],
  (random) => ['semver-constraint', constraint(random)],
  (random) => ['semver-constraint', constraint(random)],
  (random, _, depth) => ['gjson', new Map([[path(random), expectation(random, random.pick(texts), depth)]])],
  (random) => ['gjson', new Map([[path(random), new Map([['equal', contentOf(random)]])]])],
  (random) => ['gjson', new Map([[path(random), scalar(random)]])],
  (random) => [random.pick(['nope', 'have-key-with-value', 'xml', 'Equal']), scalar(random)],
]

function part(random: Random, content: GoValue, from: 'start' | 'end'): string {
  if (typeof content !== 'string' || random.int(3) === 0) return random.pick(['foo', '1', 'x', '', '<', '['])
  const characters = Array.from(content)
  const length = random.int(characters.length + 1)
  return (from === 'start' ? characters.slice(0, length) : characters.slice(characters.length - length)).join('')
}
