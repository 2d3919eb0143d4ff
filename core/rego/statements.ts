import type { Block, Local, Operand } from './plan.ts'

/** What a field of a statement may hold; `path` and `string` are indices into `static.strings`. */
export type FieldTypes = {
  readonly local: Local
  readonly operand: Operand
  readonly integer: number
  readonly level: number
  readonly string: number
  readonly name: string
  readonly block: Block
  readonly blocks: readonly Block[]
  readonly locals: readonly Local[] | null
  readonly operands: readonly Operand[] | null
  readonly path: readonly number[] | null
}

/** Every statement of the IR with its fields: the one table that types, validation and compilation agree on. */
export const statementFields = {
  ArrayAppendStmt: { value: 'operand', array: 'local' },
  AssignIntStmt: { value: 'integer', target: 'local' },
  AssignVarOnceStmt: { source: 'operand', target: 'local' },
  AssignVarStmt: { source: 'operand', target: 'local' },
  BlockStmt: { blocks: 'blocks' },
  BreakStmt: { index: 'level' },
  CallDynamicStmt: { args: 'locals', path: 'operands', result: 'local' },
  CallStmt: { func: 'name', args: 'operands', result: 'local' },
  DotStmt: { source: 'operand', key: 'operand', target: 'local' },
  EqualStmt: { a: 'operand', b: 'operand' },
  IsArrayStmt: { source: 'operand' },
  IsDefinedStmt: { source: 'local' },
  IsObjectStmt: { source: 'operand' },
  IsSetStmt: { source: 'operand' },
  IsUndefinedStmt: { source: 'local' },
  LenStmt: { source: 'operand', target: 'local' },
  MakeArrayStmt: { target: 'local' },
  MakeNullStmt: { target: 'local' },
  MakeNumberIntStmt: { value: 'integer', target: 'local' },
  MakeNumberRefStmt: { Index: 'string', target: 'local' },
  MakeObjectStmt: { target: 'local' },
  MakeSetStmt: { target: 'local' },
  NopStmt: {},
  NotEqualStmt: { a: 'operand', b: 'operand' },
  NotStmt: { block: 'block' },
  ObjectInsertOnceStmt: { key: 'operand', value: 'operand', object: 'local' },
  ObjectInsertStmt: { key: 'operand', value: 'operand', object: 'local' },
  ObjectMergeStmt: { a: 'local', b: 'local', target: 'local' },
  ResetLocalStmt: { target: 'local' },
  ResultSetAddStmt: { value: 'local' },
  ReturnLocalStmt: { source: 'local' },
  ScanStmt: { source: 'local', key: 'local', value: 'local', block: 'block' },
  SetAddStmt: { value: 'operand', set: 'local' },
  WithStmt: { local: 'local', path: 'path', value: 'operand', block: 'block' },
} as const satisfies Record<string, Readonly<Record<string, keyof FieldTypes>>>
