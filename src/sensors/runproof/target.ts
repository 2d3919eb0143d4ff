import type { Target } from '../../../core/model/act.ts'
import type { JsonObject } from '../connector.ts'
import { objectOf, portOf, textOf, type Field } from '../fields.ts'
import { addressTarget, clip, fileTarget } from '../subject.ts'

/** What the act was done to; null: not said; undefined: nothing that we can read. */
export function targetOf(field: Field): Target | null | undefined {
  if (field === undefined || field === null) return null
  const target = objectOf(field)
  const type = textOf(target?.['type'])
  if (target === null || type === null) return undefined
  switch (type) {
    case 'binary':
    case 'path':
      return fileTarget(type, textOf(target['path']), target['partial'] === true) ?? undefined
    case 'address':
      return networkEnd(target)
    case 'capability':
    case 'syscall':
    case 'resource':
    case 'state': {
      const name = clip(textOf(target['name']))
      return name === null ? undefined : { type, name }
    }
    default:
      return undefined
  }
}

function networkEnd(target: JsonObject): Target | undefined {
  const direction = target['direction'] ?? 'out'
  if (direction !== 'out' && direction !== 'in' && direction !== 'listen') return undefined
  const [address, name, protocol] = [textOf(target['address']), textOf(target['name']), textOf(target['protocol'])]
  return addressTarget(direction, { address, name, port: portOf(target['port']), protocol }) ?? undefined
}
