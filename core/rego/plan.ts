import type { FieldTypes, statementFields } from './statements.ts'

/** OPA's compiled policy (`opa build -t plan`), as `readPlan` leaves it: every index in it points at something. */
export type Plan = {
  readonly static?: {
    readonly strings?: readonly { readonly value: string }[] | null
    readonly files?: readonly { readonly value: string }[] | null
  } | null
  readonly plans: { readonly plans: readonly { readonly name: string; readonly blocks: readonly Block[] }[] }
  readonly funcs?: { readonly funcs?: readonly PlanFunction[] | null } | null
}

export type PlanFunction = {
  readonly name: string
  readonly params: readonly Local[]
  readonly return: Local
  readonly blocks: readonly Block[]
  /** How a dynamic call finds it. */
  readonly path?: readonly string[] | null
}

/** The number of a variable in its function's frame. */
export type Local = number
export type Operand =
  | { readonly type: 'local' | 'string_index'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }

/** Where in the policy's source a statement comes from: an index into `static.files`, a row and a column from 1. */
export type Place = { readonly file: number; readonly row: number; readonly col: number; readonly end_row?: number }
export type Block = { readonly stmts?: readonly Statement[] | null }

export type StatementType = keyof typeof statementFields
export type Fields<T extends StatementType> = Place & {
  readonly [F in keyof (typeof statementFields)[T]]: FieldTypes[(typeof statementFields)[T][F] & keyof FieldTypes]
}
export type Statement = { [T in StatementType]: { readonly type: T; readonly stmt: Fields<T> } }[StatementType]

export { readPlan } from './read-plan.ts'
