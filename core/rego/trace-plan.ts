import type { Block, Place, Plan, Statement } from './plan.ts'

/** A body as the plan has it: a block that begins where the rule (or its `else`) is written and ends by giving the rule its value. */
export type Body = {
  readonly rule: string
  readonly place: Place
  readonly first: Statement
  /** Everything in it, also what stands within comprehensions. */
  readonly statements: readonly Statement[]
  /** Null: a body that gives nothing. */
  readonly head: Statement | null
}

/** Of all functions of the plan, by function, in the order of the source. */
export function bodiesIn(plan: Plan): readonly Body[] {
  return (plan.funcs?.funcs ?? []).flatMap(({ name, blocks }) => {
    const rule = ruleOf(name)
    return blocks
      .flatMap(unwrapped)
      .flatMap((block) => bodyOf(rule, block))
      .toSorted((a, b) => a.place.file - b.place.file || a.place.row - b.place.row || a.place.col - b.place.col)
  })
}

/** `g0.data.gate.allow` → `data.gate.allow`. */
export function ruleOf(name: string): string {
  return name.replace(/^g\d+\./, '')
}

/** The texts that are written out in a body, each once. */
export function textsIn({ statements }: Body, strings: readonly string[]): readonly string[] {
  const indexes = statements.flatMap(({ stmt }) => Object.values(stmt).flatMap(indexesIn))
  return [...new Set(indexes)].flatMap((index) => strings[index] ?? [])
}

/** The text that a body gives, where it is written out. */
export function textGiven({ head }: Body, strings: readonly string[]): string | null {
  const source = head?.type === 'AssignVarOnceStmt' ? head.stmt.source : null
  return source?.type === 'string_index' ? (strings[source.value] ?? null) : null
}

function indexesIn(field: unknown): readonly number[] {
  if (Array.isArray(field)) return field.flatMap(indexesIn)
  if (typeof field !== 'object' || field === null) return []
  const { type, value } = field as { readonly type?: unknown; readonly value?: unknown }
  return type === 'string_index' && typeof value === 'number' ? [value] : []
}

/** All statements of the blocks and of the blocks within them. */
export function statementsIn(blocks: readonly Block[]): readonly Statement[] {
  return blocks.flatMap(({ stmts }) =>
    (stmts ?? []).flatMap((statement): readonly Statement[] => [statement, ...statementsIn(innerBlocks(statement))]),
  )
}

function innerBlocks({ type, stmt }: Statement): readonly Block[] {
  if (type === 'BlockStmt') return stmt.blocks
  return type === 'NotStmt' || type === 'ScanStmt' || type === 'WithStmt' ? [stmt.block] : []
}

/** A rule with an `else` has all its bodies within one block. */
function unwrapped(block: Block): readonly Block[] {
  const [first, ...more] = block.stmts ?? []
  return first?.type === 'BlockStmt' && more.length === 0 ? first.stmt.blocks : [block]
}

const GIVES = new Set<Statement['type']>(['AssignVarOnceStmt', 'SetAddStmt', 'ObjectInsertOnceStmt', 'ObjectInsertStmt'])

function bodyOf(rule: string, block: Block): readonly Body[] {
  const [first] = block.stmts ?? []
  if (!first || (first.type !== 'ResetLocalStmt' && first.type !== 'IsUndefinedStmt')) return []
  const place = first.stmt
  const statements = statementsIn([block])
  const head = statements.findLast(({ type, stmt }) => GIVES.has(type) && stmt.row === place.row && stmt.col === place.col)
  return [{ rule, place, first, statements, head: head ?? null }]
}
