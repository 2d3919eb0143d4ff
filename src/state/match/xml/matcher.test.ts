import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { GoValue } from '../../model/value.ts'
import { parseXml, XmlProblem } from './document.ts'
import { matchXml } from './matcher.ts'

const order = `<?xml version="1.0"?><!-- an order -->
<order xmlns:b="urn:b"><b:city>Old &amp; Town</b:city><items>
<book isbn="1"><title>One</title><price>25</price></book>
<book isbn="2"><title lang="fr">Deux</title><price>18</price></book></items><note><![CDATA[<x>]]></note></order>`

function ask(xpath: string, result: string, text: string = order): string {
  const matcher = matchXml(
    new Map<string, GoValue>([
      ['xpath', xpath],
      ['result', result],
    ]),
  )
  if (typeof matcher === 'string') return matcher
  const { isMatch, error } = matcher.match(text)
  return error ?? (isMatch ? 'yes' : 'no')
}

test('nodes are compared as XML, one after the other', () => {
  for (const [xpath, result] of [
    ["//book[title='Deux']/price/text()", '18'],
    ["//book[@isbn='2']/title", '<title lang="fr">Deux</title>'],
    ['//book[1]/@isbn', '<isbn>1</isbn>'],
    ['//book[last()]/@isbn', '<isbn>2</isbn>'],
    ['/order/items/book/price', '<price>25</price><price>18</price>'],
    ["//*[local-name()='city']/text()", 'Old &amp; Town'],
    ['//b:city/text()', 'Old &amp; Town'],
    ['//note/text()', '&lt;x&gt;'],
    ['//price[. > 20]/../title/text()', 'One'],
    ["//book[contains(title,'e')][position()=2]/@isbn", '<isbn>2</isbn>'],
    ['//title | //price[1]', '<title>One</title><price>25</price><title lang="fr">Deux</title><price>18</price>'],
    ['(//book)[2]/@isbn', '<isbn>2</isbn>'],
    ['//price[preceding-sibling::title[@lang]]', '<price>18</price>'],
    ['//title[not(@lang)]/ancestor::order/note', '<note>&lt;x&gt;</note>'],
  ] as const)
    assert.equal(ask(xpath, result), 'yes', xpath)
  assert.equal(ask('//book[1]/@isbn', '<isbn>2</isbn>'), 'no')
  assert.equal(ask('//city', ''), 'no')
})

test('what is computed is compared as text', () => {
  for (const [xpath, result] of [
    ['count(//book)', '2'],
    ['sum(//price)', '43'],
    ["boolean(//book[title='Dune'])", 'false'],
    ['string(//title)', 'One'],
    ['count(//book) = 2 and not(//dune)', 'true'],
    ["concat(name(//*[2]), '-', string-length(' x '))", 'items-3'],
    ["normalize-space('  a \n b ')", 'a b'],
    ['//price[1] + 1', '26'],
    ['number("x")', 'NaN'],
  ] as const)
    assert.equal(ask(xpath, result), 'yes', xpath)
})

test('an empty result asks only that there be a node', () => {
  assert.equal(ask('//items/book', ''), 'yes')
  assert.equal(ask('//items/dune', ''), 'no')
})

test('an expectation that is none is refused', () => {
  for (const expected of [
    'x',
    new Map(),
    new Map([['xpath', '//a']]),
    new Map<string, GoValue>([
      ['xpath', 1n],
      ['result', ''],
    ]),
  ])
    assert.match(JSON.stringify(matchXml(expected)), /^"Invalid 'xml' argument/)
  for (const xpath of ['', '//', '//a[', 'a b', '1 +', 'foo::a', 'a!', '//a]', "'open", '('.repeat(100)])
    assert.match(ask(xpath, ''), /^Invalid 'xml' argument/, xpath)
  assert.equal(
    ask('//a/comment()', ''),
    'Invalid \'xml\' argument. The xpath "//a/comment()" cannot be used: comment() is not supported as a step',
  )
  assert.equal(ask('nope(1)', ''), 'Invalid xpath: nope() is not supported')
  assert.equal(ask('count(1)', ''), 'Invalid xpath: 1 is no set of nodes')
  assert.equal(ask('contains("a")', ''), 'Invalid xpath: contains() has 1 arguments')
})

test('text that is no XML is an error, and entities that could grow are refused', () => {
  for (const text of [
    '',
    'x',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a x=1/>',
    '<a x="1" x="2"/>',
    '<a>&nope;</a>',
    '<a>&#0;</a>',
    '<a>&#xD800;</a>',
    '<1/>',
    '<a',
    'x<a/>',
    '<a>&amp</a>',
  ])
    assert.match(ask('//a', '', text), /^Invalid xml: /, text)
  assert.equal(ask('//a', '', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'), 'Invalid xml: document types are refused')
  assert.throws(() => parseXml('<a>'.repeat(300)), XmlProblem)
})

test('a query that would take nodes × nodes steps is cut off', () => {
  const text = `<a>${'<b/>'.repeat(5000)}</a>`
  assert.equal(ask('count(//b[count(//b) > 0])', '5000', text), 'Invalid xpath: it takes too many steps')
})

test('property: no expression and no text makes it throw', () => {
  const parts = fc.constantFrom(
    '//',
    '/',
    'a',
    '*',
    '@',
    '[',
    ']',
    '(',
    ')',
    '1',
    "'x'",
    '=',
    ' and ',
    '|',
    'count(',
    'text()',
    '..',
    '.',
    'last()',
    '<',
    '+',
    'self::',
  )
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 10 }), (each) => void ask(each.join(''), '')),
    { numRuns: 1000 },
  )
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('<a>', '</a>', '<a/>', 'x', '&lt;', '<!--', '-->', '<![CDATA[', ']]>', '<a b="c">', '<?x?>'), {
        maxLength: 10,
      }),
      (each) => void ask('//a', '', each.join('')),
    ),
  )
})
