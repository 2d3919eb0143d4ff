import { goTypeOf, isGoMap, type GoMap, type GoValue } from '../model/value.ts'

/** What a template works on: the value of Go, `undefined` for Go's invalid value ("<no value>"), the data that it is given. */
export type TemplateValue = GoValue | undefined | TemplateData

/** The dot at the top of a gossfile: `.Vars` and `.Env`. */
export type TemplateData = { readonly kind: 'data'; readonly vars: GoMap; readonly env: GoMap }

/** Go's type of a parameter. `any`: `interface {}`; `value`: `reflect.Value`, which a built-in looks into itself. */
export type Param = 'any' | 'value' | 'string' | 'int' | 'float64' | 'bool' | 'time.Time' | 'map[string]interface {}'

/** What functions may reach beyond their arguments. */
export type Surroundings = {
  readonly env: Readonly<Record<string, string>>
  /** @throws Error in Go's words */
  readonly readFile: (path: string) => string
  readonly allowImpure: boolean
  /** Told the name of every function that was called and answers differently from run to run. */
  readonly onImpure?: (name: string) => void
}

export type TemplateFunction = {
  readonly params: readonly Param[]
  /** The type of further arguments; undefined: there are none. */
  readonly rest?: Param
  /** Arguments have the types of the parameters; absent ones are null. @throws CallError */
  readonly call: (args: readonly GoValue[], surroundings: Surroundings) => TemplateValue
}

export type Functions = ReadonlyMap<string, TemplateFunction>

/** A function of fixed parameters. */
export function fixed(params: string, call: TemplateFunction['call']): TemplateFunction {
  return { params: paramsOf(params), call }
}

/** A function whose last parameter may come any number of times. */
export function variadic(params: string, rest: Param, call: TemplateFunction['call']): TemplateFunction {
  return { params: paramsOf(params), rest, call }
}

const aliases: Readonly<Record<string, Param>> = { map: 'map[string]interface {}', time: 'time.Time' }

function paramsOf(words: string): readonly Param[] {
  return words === '' ? [] : words.split(' ').map((word) => aliases[word] ?? (word as Param))
}

export function isData(value: TemplateValue): value is TemplateData {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'data'
}

/** Go's name of a parameter's type. */
export function paramName(param: Param): string {
  if (param === 'any') return 'interface {}'
  return param === 'value' ? 'reflect.Value' : param
}

/** Whether Go would assign the value to the parameter. */
export function fits(value: GoValue, param: Param): boolean {
  switch (param) {
    case 'any':
    case 'value':
      return true
    case 'string':
      return typeof value === 'string'
    case 'int':
      return typeof value === 'bigint'
    case 'float64':
      return typeof value === 'number'
    case 'bool':
      return typeof value === 'boolean'
    default:
      return value !== null && goTypeOf(value) === param
  }
}

export function canBeNil(param: Param): boolean {
  return param === 'any' || param === 'value' || param.startsWith('map')
}

/** `if` and `with`: not the zero value of its type. */
export function isTrue(value: TemplateValue): boolean {
  if (value === undefined || value === null) return false
  if (typeof value === 'boolean') return value
  if (typeof value === 'bigint') return value !== 0n
  if (typeof value === 'number') return value !== 0
  if (typeof value === 'string') return value !== ''
  if (isData(value)) return true
  if (isGoMap(value)) return value.size > 0
  return Array.isArray(value) ? value.length > 0 : true
}

/** `%v`, also of the data itself. */
export function typeName(value: TemplateValue): string {
  if (value === undefined || value === null) return 'interface {}'
  return isData(value) ? '*goss.TmplVars' : goTypeOf(value)
}
