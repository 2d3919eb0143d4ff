import type { Block, Operand } from './plan.ts'
import { type FieldTypes, statementFields } from './statements.ts'

/** How large a frame must be. */
export function highestLocal(blocks: readonly Block[]): number {
  let highest = 0
  for (const { stmts } of blocks) {
    for (const { type, stmt } of stmts ?? []) {
      const fields: Readonly<Record<string, unknown>> = stmt
      for (const [name, kind] of Object.entries(statementFields[type])) {
        const own = highestIn[kind]
        if (own) highest = Math.max(highest, own(fields[name]))
      }
    }
  }
  return highest
}

// The casts hold because `readPlan` has checked every field against the same table.
const highestIn: Partial<Readonly<Record<keyof FieldTypes, (field: unknown) => number>>> = {
  local: Number,
  operand: (field) => highestOperand(field as Operand),
  locals: (field) => Math.max(0, ...((field ?? []) as readonly number[])),
  operands: (field) => Math.max(0, ...((field ?? []) as readonly Operand[]).map(highestOperand)),
  block: (field) => highestLocal([field as Block]),
  blocks: (field) => highestLocal(field as readonly Block[]),
}

function highestOperand({ type, value }: Operand): number {
  return type === 'local' ? value : 0
}
