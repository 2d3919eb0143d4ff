import type * as z from 'zod/mini'
import {
  RedactionDisabledSchema,
  RedactionExceptionSchema,
  redactionLimits,
  RedactionRuleSchema,
  RedactionSchema,
  type Redaction,
} from '../../core/model/redaction.ts'
import { jcs, type JsonValue } from '../../core/proof/jcs.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { explainIssues, valueAt } from './explain-issue.ts'
import { byPosition, pathText, type Problem } from './problem.ts'
import { capped, problemOf } from './read-manifest.ts'
import { redactionFaults, type RedactionEntries } from './redaction-faults.ts'
import { readSource } from './source.ts'

export type ReadRedaction =
  /** `digest`: of its canonical JSON, as the report names it. */
  { readonly redaction: Redaction; readonly digest: string } | { readonly problems: readonly Problem[] }

/** `redaction.yaml` from its text, or everything that is wrong with it, in the order of the text. `file` is only named in the problems. */
export function readRedaction(text: string, file: string): ReadRedaction {
  if (new TextEncoder().encode(text).length > redactionLimits.bytes) {
    const message = `larger than ${redactionLimits.bytes} bytes`
    return { problems: [{ file, line: 1, column: 1, path: '', value: null, message, fix: 'keep the rules that are needed' }] }
  }
  const { value, faults, locate } = readSource(text)
  const shape = RedactionSchema.safeParse(value)
  const told = new Set(faults.map(({ path }) => pathText(path)))
  // A document that is not even YAML has one story to tell.
  const unread = value === null && faults.length > 0
  const wrong = unread
    ? []
    : [
        ...(shape.success ? [] : explainIssues(RedactionSchema, value, shape.error.issues)),
        ...redactionFaults(entriesOf(value)),
      ].filter(({ path, key }) => key === true || !told.has(pathText(path)))
  if (shape.success && faults.length === 0 && wrong.length === 0)
    return { redaction: shape.data, digest: sha256Hex(jcs(shape.data as JsonValue)) }
  const problems = [
    ...faults.map((fault) => problemOf(fault, fault.position, value, file)),
    ...wrong.map((fault) => problemOf(fault, locate(fault.path, fault.key), value, file)),
  ].sort(byPosition)
  return { problems: capped(problems) }
}

/** One broken entry does not keep the others from being looked at. */
function entriesOf(value: JsonValue): RedactionEntries {
  const list = <T>(name: string, schema: z.ZodMiniType<T>): (T | null)[] => {
    const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? valueAt(value, [name]) : undefined
    return Array.isArray(entries) ? entries.slice(0, MAX_ENTRIES).map((entry) => schema.safeParse(entry).data ?? null) : []
  }
  return {
    rules: list('rules', RedactionRuleSchema),
    except: list('except', RedactionExceptionSchema),
    disable: list('disable', RedactionDisabledSchema),
  }
}

/** More are one problem by themselves. */
const MAX_ENTRIES = redactionLimits.exceptions
