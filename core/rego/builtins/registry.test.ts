import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { builtins } from './registry.ts'

const path = fileURLToPath(new URL('../../../../shared/corpus/rego/capabilities.json', import.meta.url))
const skip = existsSync(path) ? false : 'the corpus with OPA’s list of built-ins is not here'

type Capabilities = {
  readonly builtins: readonly { readonly name: string; readonly decl: { readonly args?: readonly unknown[] } }[]
}

test('nothing reads a clock, the network, chance or the host', () => {
  const forbidden = ['time.now_ns', 'http.send', 'rand.intn', 'uuid.rfc4122', 'opa.runtime', 'net.lookup_ip_addr', 'trace']
  assert.deepEqual(
    forbidden.filter((name) => builtins.has(name)),
    [],
  )
})

test('every built-in is one of OPA’s deterministic ones, with as many operands', { skip }, () => {
  const { builtins: known } = JSON.parse(readFileSync(path, 'utf8')) as Capabilities
  const arities = new Map(known.map(({ name, decl }) => [name, decl.args?.length ?? 0]))
  // Newer than the list, as its README says.
  for (const name of ['array.flatten', 'internal.template_string']) arities.set(name, 1)
  arities.set('strings.split_n', 3)
  arities.set('io.jwt.verify_eddsa', 2)
  // OPA counts these among those that are not: they refuse here what would ask the clock or take a random number.
  arities.set('io.jwt.decode_verify', 2)
  for (const name of ['io.jwt.encode_sign', 'io.jwt.encode_sign_raw']) arities.set(name, 3)
  for (const [name, { arity }] of builtins) assert.equal(arities.get(name), arity, name)
})
