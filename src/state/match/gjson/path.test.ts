import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { GoValue } from '../../model/value.ts'
import { parseJson } from './json.ts'
import { findPath } from './path.ts'

const people = JSON.stringify({
  name: { first: 'Tom', last: 'Anderson' },
  age: 37,
  children: ['Sara', 'Alex', 'Jack'],
  'fav.movie': 'Deer Hunter',
  friends: [
    { first: 'Dale', last: 'Murphy', age: 44, nets: ['ig', 'fb', 'tw'] },
    { first: 'Roger', last: 'Craig', age: 68, nets: ['fb', 'tw'] },
    { first: 'Jane', last: 'Murphy', age: 47, nets: ['ig', 'tw'] },
  ],
})

function find(path: string, text = people): unknown {
  const found = findPath(text, path)
  return found === null ? undefined : 'error' in found ? found : plain(found.value)
}

function plain(value: GoValue): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]))
  return Array.isArray(value) ? value.map(plain) : value
}

test('keys, indexes, wildcards and escapes', () => {
  assert.equal(find('name.last'), 'Anderson')
  assert.equal(find('children.1'), 'Alex')
  assert.equal(find('child*.2'), 'Jack')
  assert.equal(find('c?ildren.0'), 'Sara')
  assert.equal(find('fav\\.movie'), 'Deer Hunter')
  for (const none of ['nope', 'children.3', 'name.first.x', 'children.-1', 'age.0', '']) assert.equal(find(none), undefined, none)
})

test('the number of items, and a path in each', () => {
  assert.equal(find('children.#'), 3)
  assert.deepEqual(find('friends.#.age'), [44, 68, 47])
  assert.deepEqual(find('friends.#.nope'), [])
})

test('queries find the first or all', () => {
  assert.equal(find('friends.#(last=="Murphy").first'), 'Dale')
  assert.deepEqual(find('friends.#(last=="Murphy")#.first'), ['Dale', 'Jane'])
  assert.deepEqual(find('friends.#(age>45)#.last'), ['Craig', 'Murphy'])
  assert.equal(find('friends.#(first%"D*").last'), 'Murphy')
  assert.equal(find('friends.#(first!%"D*").last'), 'Craig')
  assert.deepEqual(find('friends.#(nets.#(=="fb"))#.first'), ['Dale', 'Roger'])
  assert.deepEqual(find('children.#(!="Sara")#'), ['Alex', 'Jack'])
  assert.equal(find('friends.#(last=="Nobody").first'), undefined)
  assert.deepEqual(find('friends.#(last=="Nobody")#'), [])
  assert.deepEqual(find('#(=~true)#', '[true,"1",0,null,"x"]'), [true, '1'])
})

test('pipes, modifiers, multipaths and literals', () => {
  assert.deepEqual(find('children|@reverse'), ['Jack', 'Alex', 'Sara'])
  assert.equal(find('friends.#.first|0'), 'Dale')
  assert.deepEqual(find('name.@keys'), ['first', 'last'])
  assert.deepEqual(find('name.@values'), ['Tom', 'Anderson'])
  assert.deepEqual(find('{name.first,"years":age}'), { first: 'Tom', years: 37 })
  assert.deepEqual(find('[age,children.0,nope]'), [37, 'Sara'])
  assert.deepEqual(find('@flatten', '[1,[2],[3,[4]]]'), [1, 2, 3, [4]])
  assert.deepEqual(find('@flatten:{"deep":true}', '[1,[2],[3,[4]]]'), [1, 2, 3, 4])
  assert.deepEqual(find('@join', '[{"a":1},{"a":2,"b":3}]'), { a: 2, b: 3 })
  assert.deepEqual(find('@group', '{"id":[1,2],"val":[3]}'), [{ id: 1, val: 3 }, { id: 2 }])
  assert.deepEqual(find('@dig:first'), ['Tom', 'Dale', 'Roger', 'Jane'])
  assert.equal(find('a.@tostr', '{"a": {"b":1}}'), '{"b":1}')
  assert.deepEqual(find('a.@fromstr.b', '{"a":"{\\"b\\":[1]}"}'), [1])
  assert.equal(find('!"x"'), 'x')
  assert.deepEqual(find('..#.age', '{"age":5}'), [5])
})

test('of equal keys the first counts, and null is something', () => {
  assert.equal(find('a', '{"a":1,"a":2}'), 1)
  assert.equal(find('a', '{"a":null}'), null)
})

test('a path that we do not read is an error, never an answer', () => {
  for (const path of ['!nan', '@pretty|@tostr', '!"open', 'name.first|@fromstr:{'])
    assert.ok(typeof find(path) === 'object' || find(path) === undefined, path)
  assert.deepEqual(find('!inf'), { error: 'The path !inf is not supported: the literal inf is no JSON' })
  assert.match(JSON.stringify(find('@this|@pretty|@tostr')), /not supported/)
})

test('what is no JSON has no path', () => {
  for (const text of [
    '',
    'x',
    '{',
    '[1,]',
    '{"a":1,}',
    '01',
    '"a',
    '{"a" 1}',
    'nul',
    '1 2',
    '{a:1}',
    "{'a':1}",
    '"\u0001"',
    '[1}',
    '{"a":1]',
  ])
    assert.equal(parseJson(text), null, text)
  assert.equal(parseJson(`${'['.repeat(5000)}${']'.repeat(5000)}`), null)
})

test('property: any JSON is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const found = findPath(text, '@this')
      assert.ok(found !== null && 'value' in found)
      assert.deepEqual(JSON.parse(JSON.stringify(plain(found.value))), JSON.parse(JSON.stringify(JSON.parse(text))))
    }),
  )
})

test('property: no path makes it throw', () => {
  const path = fc
    .array(
      fc.constantFrom(
        'name',
        '.',
        '#',
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        '|',
        '@this',
        '@keys',
        '*',
        '\\',
        '"',
        '==',
        '~',
        ':',
        '!',
        '0',
        'age',
        ',',
        '@dig:',
        '>',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(path, (each) => void findPath(people, each)),
    { numRuns: 2000 },
  )
})
