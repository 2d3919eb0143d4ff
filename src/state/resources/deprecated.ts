import type { Resource } from '../model/resource.ts'
import type { GoValue } from '../model/value.ts'
import { GossPanic } from './kind.ts'

const integer = /^[+-]?\d+$/

/** An integer that was written as a text, as goss takes it: a float64. Anything else stays what it is. */
export function integerOf(expected: GoValue): GoValue {
  return typeof expected === 'string' && integer.test(expected) ? Number(expected) : expected
}

/**
 * What goss says on standard error of attributes that are written in a way it gives up.
 * @throws GossPanic for a text where only an integer may be: goss does not survive it
 */
export function deprecations({ type, key, attributes }: Resource): readonly string[] {
  const lines: string[] = []
  const number = (attribute: string, what: string): void => {
    const expected = attributes.get(attribute)
    if (typeof expected !== 'string') return
    lines.push(`DEPRECATION WARNING: ${what} should be an integer not a string`)
    if (!integer.test(expected))
      throw new GossPanic(`strconv.Atoi: parsing ${JSON.stringify(expected)}: invalid syntax (${what})`)
  }
  if (type === 'command') number('exit-status', `${key}: command.exit-status`)
  if (type === 'group') number('gid', `${shown(key, attributes.get('groupname'))}: group.gid`)
  if (type === 'user') for (const id of ['uid', 'gid']) number(id, `${text(attributes.get('username'))}: user.${id}`)
  const contains = attributes.get('contains')
  if (type === 'file' && contains !== undefined && contains !== null && !(Array.isArray(contains) && contains.length === 0))
    lines.push('DEPRECATION WARNING: file.contains has been renamed to file.contents')
  return lines
}

function shown(key: string, override: GoValue | undefined): string {
  const name = text(override)
  return name !== '' && name !== key ? `${key}: ${name}` : key
}

function text(value: GoValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
