import { RegoSet } from '../collection.ts'
import type { Run } from '../machine.ts'
import { isArray, isObject, type Value } from '../value.ts'
import { any, BuiltinError, type BuiltinFunction, entries, string } from './builtin.ts'
import { type Network, parseAddress, parseNetwork } from './network-text.ts'

/** The second is an address or a network. */
export const contains: BuiltinFunction = (operands, run) => {
  const [outer, text] = [network(string(operands, 0), run), string(operands, 1)]
  const inner = run.once('address', text, parseAddress) ?? run.once('network', text, parseNetwork)
  if (!inner) throw new BuiltinError(`not a valid textual representation of an IP address or CIDR: ${text.slice(0, 60)}`)
  return holds(outer, inner)
}

export const intersects: BuiltinFunction = (operands, run) => {
  const [a, b] = [network(string(operands, 0), run), network(string(operands, 1), run)]
  return holds(a, b) || holds(b, a)
}

export const isValid: BuiltinFunction = (operands) => {
  const text = any(operands, 0)
  return typeof text === 'string' && parseNetwork(text) !== null
}

/** Pairs of where in the first operand and where in the second: index, key, or the value itself. */
export const containsMatches: BuiltinFunction = (operands, run) => {
  const [outer, inner] = [labelled(any(operands, 0), 1, run), labelled(any(operands, 1), 2, run)]
  const found = new RegoSet()
  for (const [network, label] of outer) {
    run.spend(inner.length)
    for (const [candidate, other] of inner) if (contains([network, candidate], run) === true) found.add([label, other])
  }
  return found
}

function labelled(value: Value, position: number, run: Run): readonly (readonly [Value, Value])[] {
  if (typeof value === 'string') return [[value, value]]
  if (isArray(value)) return value.map((item, i) => [matchTerm(item, position), i])
  if (value instanceof RegoSet) return value.values().map((item) => [matchTerm(item, position), item])
  return isObject(value) ? entries(value, run).map(([key, item]) => [matchTerm(item, position), key]) : []
}

function matchTerm(value: Value, position: number): Value {
  const term = isArray(value) ? value[0] : value
  if (typeof term === 'string' || (isArray(value) && term !== undefined)) return term
  throw new BuiltinError(`operand ${position}: element must be string or non-empty array`)
}

function network(text: string, run: Run): Network {
  const parsed = run.once('network', text, parseNetwork)
  if (!parsed) throw new BuiltinError(`invalid CIDR address: ${text.slice(0, 60)}`)
  return parsed
}

/** The first and the last address of one lie within the other. */
function holds(outer: Network, inner: Network): boolean {
  return outer.bits === inner.bits && outer.first <= inner.first && inner.last <= outer.last
}
