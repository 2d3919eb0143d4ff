import { compareBytes } from '../../template/print.ts'
import { parseFloat64 } from '../numeric.ts'
import { matchesGlob } from './glob.ts'
import type { Json } from './json.ts'
import type { Query } from './syntax.ts'

/** Whether the value that a query's path found (null: none) fulfils its comparison; without one it need only be there. */
export function fulfils({ operator, value }: Query, found: Json | null): boolean {
  if (value.startsWith('~')) return fulfilsKind(operator, value.slice(1), found)
  if (found === null) return false
  if (operator === '') return true
  if (found.kind === 'string') return compareText(operator, found.text, value)
  if (found.kind === 'number') return compareNumber(operator, found.value, parseFloat64(value).value)
  return (found.kind === 'true' || found.kind === 'false') && compareBoolean(operator, found.kind, value)
}

/** `~true`, `~false`, `~null`, `~*`: what counts as such, compared with true. */
function fulfilsKind(operator: string, kind: string, found: Json | null): boolean {
  const kinds: Readonly<Record<string, () => boolean>> = {
    '*': () => found !== null,
    null: () => found === null || found.kind === 'null',
    true: () => found !== null && truth(found) === true,
    false: () => found === null || found.kind === 'null' || truth(found) === false,
  }
  const is = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (is === undefined) return false
  return operator === '' || compareBoolean(operator, is() ? 'true' : 'false', 'true')
}

function truth(json: Json): boolean | null {
  if (json.kind === 'true' || json.kind === 'false') return json.kind === 'true'
  if (json.kind === 'number') return json.value !== 0
  if (json.kind !== 'string') return null
  return /^(1|t|true)$/i.test(json.text) ? true : /^(0|f|false)$/i.test(json.text) ? false : null
}

function compareText(operator: string, text: string, value: string): boolean {
  if (operator === '%') return matchesGlob(text, value)
  return operator === '!%' ? !matchesGlob(text, value) : holds(operator, compareBytes(text, value))
}

function compareNumber(operator: string, number: number, value: number): boolean {
  if (Number.isNaN(value)) return operator === '!='
  return holds(operator, number === value ? 0 : number - value)
}

function holds(operator: string, order: number): boolean {
  switch (operator) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    default:
      return false
  }
}

function compareBoolean(operator: string, kind: 'true' | 'false', value: string): boolean {
  if (operator === '=') return value === kind
  if (operator === '!=') return value !== kind
  const [strictly, orEqual] = kind === 'true' ? ['>', '>='] : ['<', '<=']
  return operator === orEqual || (operator === strictly && value === (kind === 'true' ? 'false' : 'true'))
}
