import { listOf, objectOf, textOf, type Field } from '../fields.ts'

/** A real event has fewer than 40 arguments. */
const MAX_ARGS = 256

/**
 * The value of the first argument of that name: `{name, type, value}`, or `{name, <type>: value}` as later builds write it. A documented
 * form that no build emits, one object with the names as keys, is read too. Undefined where there is none.
 */
export function argOf(args: Field, name: string): Field {
  if (!Array.isArray(args)) return memberOf(args, name)
  const list = listOf(args)
  for (let index = 0; index < list.length && index < MAX_ARGS; index++) {
    const arg = objectOf(list[index])
    if (arg?.['name'] === name) return 'value' in arg ? arg['value'] : typedValueOf(arg)
  }
  return undefined
}

function memberOf(args: Field, name: string): Field {
  const object = objectOf(args)
  return object !== null && Object.hasOwn(object, name) ? object[name] : undefined
}

function typedValueOf(arg: Readonly<Record<string, Field>>): Field {
  for (const key in arg) if (key !== 'name' && key !== 'type') return arg[key]
  return undefined
}

/** The first of the arguments that is a text and says something. */
export function textArg(args: Field, names: readonly string[]): string | null {
  for (const name of names) {
    const text = textOf(argOf(args, name))
    if (text !== null) return text
  }
  return null
}

/** The items of an argument that is a list, also where protobuf wraps it: `{value: […]}`, `{questions: […]}`. */
export function itemsOf(value: Field): readonly Field[] {
  if (Array.isArray(value)) return listOf(value)
  const wrapped = objectOf(value)
  if (wrapped === null) return []
  return listOf(wrapped['value'] ?? wrapped['questions'] ?? wrapped['responses'])
}

/** A number or text, also where protobuf wraps it: `{value: 5}`. */
export function unwrap(value: Field): Field {
  return objectOf(value)?.['value'] ?? value
}
