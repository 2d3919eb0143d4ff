import { RunproofError } from '../model/errors.ts'
import type { Value } from './value.ts'

/** A function's variables. Undefined: not assigned. */
export type Frame = (Value | undefined)[]

/**
 * What a statement does. 0 (`NEXT`): it holds, go on. n > 0: leave n blocks; an undefined statement leaves one. `RETURN`: leave the
 * function with `run.returned`.
 */
export type Step = (frame: Frame, run: Run) => number
export const NEXT = 0
export const UNDEFINED = 1
export const RETURN = -1

export const DEFAULT_MAX_STEPS = 50_000_000
/** Rego has no recursion; rules that call each other deeper than this are not a policy but an attack on the stack. */
const MAX_CALL_DEPTH = 200

/** What a function once gave for an input and data; a `with` starts afresh. */
export type Memory = { readonly input: Value | undefined; readonly data: Value | undefined; readonly result: Value | undefined }

/** A function's last call: with what, how deep, at what cost, and what it gave. */
export type Call = {
  readonly args: readonly (Value | undefined)[]
  readonly depth: number
  readonly steps: number
  readonly result: Value | undefined
}

/** One evaluation. */
export class Run {
  steps = 0
  returned: Value | undefined
  memories: (Memory | undefined)[] = []
  /** Steps that went into what `memories` has: nothing takes them again. */
  learned = 0
  readonly calls: (Call | undefined)[] = []
  readonly results: Value[] = []
  /** Otherwise an error in a built-in is undefined, as in OPA's default mode, which only OPA's own suite asks for. */
  readonly isStrict: boolean
  readonly #maxSteps: number
  readonly #kept = new Map<string, unknown>()
  #depth = 0

  constructor(maxSteps: number, isStrict = true) {
    this.#maxSteps = maxSteps
    this.isStrict = isStrict
  }

  /** One step is a statement, an element visited or 16 characters read: work, not time. @throws `gate.budget_exhausted` */
  spend(steps: number): void {
    this.steps += steps
    if (this.steps > this.#maxSteps) throw new RunproofError('gate.budget_exhausted', `more than ${this.#maxSteps} steps`)
  }

  enter(): void {
    if (++this.#depth > MAX_CALL_DEPTH)
      throw new RunproofError('gate.evaluation_failed', `calls nested deeper than ${MAX_CALL_DEPTH}`)
  }

  /** How many calls are under way. */
  get depth(): number {
    return this.#depth
  }

  leave(): void {
    this.#depth--
  }

  /** What `make` gives, made once per evaluation: compiled globs and networks. */
  once<T>(kind: string, text: string, make: (text: string) => T): T {
    const key = `${kind}\n${text}`
    if (this.#kept.has(key)) return this.#kept.get(key) as T
    const made = make(text)
    this.#kept.set(key, made)
    return made
  }
}
