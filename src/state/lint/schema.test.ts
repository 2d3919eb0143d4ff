import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { localFiles, type Files } from '../load/files.ts'
import { decodable } from '../load/format.ts'
import { GossfileError } from '../load/failure.ts'
import { joinPath } from '../load/glob.ts'
import { loadSuite } from '../load/load-suite.ts'
import { isGoMap, type GoValue } from '../model/value.ts'
import { lintCodes, type LintCode } from './codes.ts'
import { lintSuite } from './lint.ts'
import { gossfileSchema } from './schema.ts'

type Validate = ((value: unknown) => boolean) & { readonly errors: unknown }
// Fastify's own validator: it is here, and it is not ours.
const require = createRequire(import.meta.resolve('fastify'))
const { default: Ajv } = require('ajv/dist/2020') as {
  readonly default: new (options: object) => { readonly compile: (schema: unknown) => Validate }
}
const validate = new Ajv({ strict: true, strictRequired: false, strictTypes: false }).compile(gossfileSchema())

function plain(value: GoValue): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (isGoMap(value)) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]))
  if (typeof value === 'object' && value !== null && 'kind' in value) return value.text
  return typeof value === 'bigint' ? Number(value) : value
}

function accepts(text: string): boolean {
  const { root, decoder } = decodable(text, 'yaml', 'f')
  return validate(root === null ? null : plain(decoder.any(root)))
}

test('docs/schemas/gossfile.v1.schema.json is what the code makes; renew it with: runproof state schema', () => {
  const checkedIn = readFileSync(new URL('../../../docs/schemas/gossfile.v1.schema.json', import.meta.url), 'utf8')
  assert.equal(checkedIn, `${JSON.stringify(gossfileSchema(), null, 2)}\n`)
})

test('every rule accepts what is right and refuses what is wrong beside it', () => {
  const cases: readonly (readonly [rule: string, right: string, wrong: string])[] = [
    ['top-level keys', 'x-base: 1\nfile: {}', 'bogus: {}'],
    ['attributes', 'file: {/a: {exists: true}}', 'file: {/a: {exists: true, existz: true}}'],
    ['required attributes', 'file: {/a: {exists: true}}', 'file: {/a: {mode: "0644"}}'],
    ['one of three', 'service: {s: {running: true}}', 'service: {s: {}}'],
    ['either spelling', 'dns: {d: {resolveable: true}}', 'dns: {d: {addrs: [a]}}'],
    ['modes', 'file: {/a: {exists: true, mode: "0644"}}', 'file: {/a: {exists: true, mode: 0644}}'],
    ['whole numbers', 'command: {x: {exit-status: 0, timeout: 5}}', 'command: {x: {exit-status: 0, timeout: 5s}}'],
    ['booleans', 'file: {/a: {exists: true, skip: yes}}', 'file: {/a: {exists: true, skip: maybe}}'],
    ['exit statuses', 'command: {x: {exit-status: {or: [0, 1]}}}', 'command: {x: {exit-status: [0, 1]}}'],
    [
      'one matcher',
      'matching: {m: {content: 1, matches: {and: [{gt: 0}, {lt: 2}]}}}',
      'matching: {m: {content: 1, matches: {gt: 0, lt: 2}}}',
    ],
    ['known matchers', 'matching: {m: {content: 1, matches: {not: 2}}}', 'matching: {m: {content: 1, matches: {isnt: 2}}}'],
    ['bounds', 'file: {/a: {exists: true, size: {ge: 1}}}', 'file: {/a: {exists: true, size: {ge: "1"}}}'],
    ['lengths', 'file: {/a: {exists: true, owner: {have-len: 4}}}', 'file: {/a: {exists: true, owner: {have-len: four}}}'],
    ['at least one', 'matching: {m: {content: 1, matches: {or: [1]}}}', 'matching: {m: {content: 1, matches: {or: []}}}'],
    [
      'ranges',
      'package: {p: {installed: true, versions: {semver-constraint: ">1.0"}}}',
      'package: {p: {installed: true, versions: {semver-constraint: "^1.0"}}}',
    ],
    ['patterns', 'file: {/a: {exists: true, contents: [a, "!/b/"]}}', 'file: {/a: {exists: true, contents: [1]}}'],
    ['a lone slash', 'file: {/a: {exists: true, contents: ["\\\\/"]}}', 'file: {/a: {exists: true, contents: ["/"]}}'],
    [
      'inverted patterns',
      'file: {/a: {exists: true, contents: [{pattern: a, invert: true}]}}',
      'file: {/a: {exists: true, contents: [{pattern: a, inverted: true}]}}',
    ],
    [
      'paths into JSON',
      'matching: {m: {content: "{}", matches: {gjson: {a.b: 1}}}}',
      'matching: {m: {content: "{}", matches: {gjson: a.b}}}',
    ],
    [
      'paths into XML',
      'matching: {m: {content: "", matches: {xml: {xpath: /a, result: b}}}}',
      'matching: {m: {content: "", matches: {xml: {result: b}}}}',
    ],
    [
      'request headers',
      'http: {x: {status: 200, request-headers: ["A: b"]}}',
      'http: {x: {status: 200, request-headers: ["A"]}}',
    ],
    ['severities', 'file: {/a: {exists: true, severity: high}}', 'file: {/a: {exists: true, severity: urgent}}'],
    ['includes', 'gossfile: {a.yaml: {}, b: {file: c.yaml}}', 'gossfile: {a.yaml: {exists: true}}'],
    ['the top', 'file: {/a: {exists: true}}', '- a'],
  ]
  for (const [rule, right, wrong] of cases) {
    assert.equal(accepts(right), true, `${rule}: ${JSON.stringify(validate.errors)}`)
    assert.equal(accepts(wrong), false, rule)
  }
})

const corpus = new URL('../../../../shared/corpus/state/', import.meta.url)
const skip = existsSync(corpus) ? false : 'the corpus of gossfiles is not beside this repository'

/** Codes of what the schema, too, must refuse or may refuse. */
function isBroken(code: string): boolean {
  return lintCodes[code as LintCode].kind === 'broken' || ['unknown-key', 'nothing-asserted', 'empty-and'].includes(code)
}

test('every gossfile of the corpus that goss loads and that is not broken is accepted', { skip }, () => {
  const found = readdirSync(corpus, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\/files\/.*\.(ya?ml|json)$/.test(path),
  )
  let count = 0
  for (const path of found) {
    const [folder = '', name = ''] = /^(.*)\/([^/]*)$/.exec(fileURLToPath(new URL(path, corpus)))?.slice(1) ?? []
    const at = (file: string) => (file.startsWith('/') ? file : joinPath(folder, file))
    const files: Files = {
      read: (file) => localFiles.read(at(file)),
      exists: (file) => localFiles.exists(at(file)),
      names: (file) => localFiles.names(at(file)),
    }
    const texts: string[] = []
    try {
      const suite = loadSuite(name, { dialect: 'goss', files, onRendered: (text) => texts.push(text) })
      if (suite.resources.length === 0 || lintSuite(suite).some(({ code }) => isBroken(code))) continue
    } catch (error) {
      assert.ok(error instanceof GossfileError, String(error))
      continue
    }
    count += 1
    assert.ok(accepts(texts[0] ?? ''), `${path}: ${JSON.stringify(validate.errors)}`)
  }
  assert.ok(count > 50, `${count} gossfiles`)
})
