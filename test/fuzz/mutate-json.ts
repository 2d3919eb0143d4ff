import { words } from './mutate-bytes.ts'
import type { Random } from './random.ts'

/** JSON as a tree that can hold what no value can: keys twice, numbers that nothing holds, a key called `__proto__`. */
export type Tree =
  | { readonly kind: 'object'; members: [key: string, value: Tree][] }
  | { readonly kind: 'array'; items: Tree[] }
  | { readonly kind: 'literal'; text: string }

/** Null for text that is no JSON. */
export function treeOf(text: string): Tree | null {
  try {
    return toTree(JSON.parse(text))
  } catch {
    return null
  }
}

export function toTree(value: unknown): Tree {
  if (Array.isArray(value)) return { kind: 'array', items: value.map(toTree) }
  if (typeof value !== 'object' || value === null) return literal(value)
  return { kind: 'object', members: Object.entries(value).map(([key, member]) => [key, toTree(member)]) }
}

export function textOfTree(tree: Tree): string {
  if (tree.kind === 'literal') return tree.text
  if (tree.kind === 'array') return `[${tree.items.map(textOfTree).join(',')}]`
  return `{${tree.members.map(([key, value]) => `${JSON.stringify(key)}:${textOfTree(value)}`).join(',')}}`
}

/** A secret that every redaction rule set must know in this form, for fields that hold what a program was called with. */
export const SEED_SECRET = 'S3ed3dS3cr3t'
export const SEED_VALUE = `app --password ${SEED_SECRET}`

/** One to three changes of the tree's shape or values; `others` are texts to take parts from. The tree is changed in place. */
export function mutateTree(tree: Tree, random: Random, others: readonly string[]): Tree {
  const root: Slot = { at: tree, put: (value) => void (root.at = value), key: null }
  for (let left = 1 + random.int(3); left > 0; left--) {
    const slots = slotsOf(root)
    const slot = random.pick(slots)
    random.pick(changes)(slot, random, others, slots)
  }
  return root.at
}

type Slot = { at: Tree; readonly put: (value: Tree) => void; readonly key: string | null }
type Change = (slot: Slot, random: Random, others: readonly string[], slots: readonly Slot[]) => void

const changes: readonly Change[] = [
  (slot, random) => slot.put(anything(random)),
  (slot, random) => slot.put(anything(random)),
  // Another type with the same look.
  ({ at, put }, random) =>
    put(
      random.pick<() => Tree>([
        () => literal(textOfTree(at)),
        () => ({ kind: 'array', items: [at] }),
        () => ({ kind: 'object', members: [[random.pick(words), at]] }),
        () =>
          at.kind === 'literal' && at.text.startsWith('"')
            ? { kind: 'literal', text: at.text.slice(1, -1) || '0' }
            : literal(null),
      ])(),
    ),
  ({ at }, random) => {
    if (at.kind === 'object' && at.members.length > 0) at.members.splice(random.int(at.members.length), 1)
    if (at.kind === 'array' && at.items.length > 0) at.items.splice(random.int(at.items.length), 1)
  },
  ({ at }, random) => {
    if (at.kind === 'object' && at.members.length > 0) {
      const [key, value] = random.pick(at.members)
      at.members.push([random.chance(0.5) ? key : random.pick(words), random.chance(0.5) ? value : anything(random)])
    }
    if (at.kind === 'array' && at.items.length > 0) at.items.splice(random.int(at.items.length), 0, random.pick(at.items))
  },
  ({ at }, random) => {
    const member = at.kind === 'object' && at.members.length > 0 ? random.pick(at.members) : null
    if (member)
      member[0] = random.pick([random.pick(words), member[0].toUpperCase(), `${member[0]} `, member[0].slice(0, -1), ''])
  },
  ({ at }, random) => {
    if (at.kind === 'object') at.members.sort(() => random.int(3) - 1)
    if (at.kind === 'array') at.items.reverse()
  },
  ({ put }, random) => put(nested(random)),
  ({ put }, random, _others, slots) => put(copyOf(random.pick(slots).at)),
  ({ put }, random, others) => {
    const other = others.length === 0 ? null : treeOf(random.pick(others))
    if (other) put(random.pick(slotsOf({ at: other, put: () => undefined, key: null })).at)
  },
  // Strings: cut, doubled, with something inside; base64 of JSON from within.
  ({ at, put }, random, others) => {
    const text = stringOf(at)
    if (text === null) return
    const inner = text.startsWith('eyJ') ? treeOf(Buffer.from(text, 'base64').toString()) : null
    if (inner) return put(literal(Buffer.from(textOfTree(mutateTree(inner, random, others))).toString('base64')))
    const middle = random.int(text.length + 1)
    put(
      literal(
        random.pick([
          text.slice(0, middle),
          text + text,
          text.slice(0, middle) + random.pick(words) + text.slice(middle),
          text.slice(0, middle) + random.pick(['A', '0', '9', 'z', '+', '_', '=']) + text.slice(middle + 1),
          text.toUpperCase(),
          ` ${text}`,
          `${text}\n`,
        ]),
      ),
    )
  },
  (slot, random, _others, slots) => {
    const fields = slots.filter(
      ({ key }) => key !== null && /cmdline|arguments|^source$|^resource$|binary|exepath|^args$/i.test(key),
    )
    const field = fields.length > 0 ? random.pick(fields) : slot
    if (stringOf(field.at) !== null && field !== slot) field.put(literal(SEED_VALUE))
  },
]

function anything(random: Random): Tree {
  return random.pick<() => Tree>([
    () => ({ kind: 'literal', text: random.pick(numerals) }),
    () => literal(random.pick(words)),
    () => literal(random.pick([null, true, false, '', 0])),
    () => ({ kind: 'literal', text: random.pick(oddStrings) }),
    () => ({ kind: 'object', members: [] }),
    () => ({ kind: 'array', items: [] }),
    () =>
      literal(
        random.pick(['x', '/', '=', '{', 'é', '\u0000']).repeat(random.pick([300, 5000, random.chance(0.1) ? 70_000 : 9000])),
      ),
  ])()
}

const numerals = [
  '-1',
  '0',
  '-0',
  '1.5',
  '1e308',
  '1e400',
  '5e-324',
  '4294967296',
  '2147483648',
  '9007199254740991',
  '9007199254740993',
  '18446744073709551615',
  '123456789012345678901234567890',
  '1767225600000000000',
  '0.1',
  '1E5',
  '253402300800',
  '-62135596801',
  '8640000000000001',
]
const oddStrings = [
  '"\\ud800"',
  '"\\udfff\\ud800"',
  '"\\u0000"',
  '"\\u202e"',
  '"\\u2028"',
  '"\\/"',
  '"\\ufeff"',
  '"\\u0080"',
  '"a\\nb"',
  '"<script>alert(1)</script>"',
]

function nested(random: Random): Tree {
  let tree: Tree = literal(1)
  for (let left = random.pick([10, 63, 64, 65, 99, 100, 101, 250, random.chance(0.1) ? 1500 : 201]); left > 0; left--)
    tree = random.chance(0.5) ? { kind: 'array', items: [tree] } : { kind: 'object', members: [['a', tree]] }
  return tree
}

function slotsOf(root: Slot): readonly Slot[] {
  const slots: Slot[] = []
  const open: Slot[] = [root]
  for (let slot = open.pop(); slot; slot = open.pop()) {
    slots.push(slot)
    const { at } = slot
    if (at.kind === 'array')
      at.items.forEach((item, i) => open.push({ at: item, key: slot.key, put: (value) => void (at.items[i] = value) }))
    if (at.kind === 'object')
      for (const member of at.members) open.push({ at: member[1], key: member[0], put: (value) => void (member[1] = value) })
  }
  return slots
}

function literal(value: unknown): Tree {
  return { kind: 'literal', text: JSON.stringify(value) ?? 'null' }
}

function copyOf(tree: Tree): Tree {
  if (tree.kind === 'literal') return { ...tree }
  if (tree.kind === 'array') return { kind: 'array', items: tree.items.map(copyOf) }
  return { kind: 'object', members: tree.members.map(([key, value]) => [key, copyOf(value)]) }
}

function stringOf(tree: Tree): string | null {
  return tree.kind === 'literal' && tree.text.startsWith('"') ? String(JSON.parse(tree.text)) : null
}
