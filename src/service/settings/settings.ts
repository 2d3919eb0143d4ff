import { durationForm, durationMs } from '../../../core/model/duration.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import { problemText, valueText, type Problem } from '../../declare/problem.ts'
import { readSource } from '../../declare/source.ts'
import { nearest } from '../../declare/suggest.ts'
import { settingTable, type Setting, type SettingKind } from './table.ts'
import { faultsBetween } from './together.ts'

/** What the service runs with. Times in milliseconds, sizes in bytes. */
export type Settings = { readonly [name in keyof typeof settingTable]: ValueOf<(typeof settingTable)[name]> }
type ValueOf<S> = S extends { readonly fallback: null }
  ? string | null
  : S extends { readonly kind: 'duration' | 'bytes' | 'port' }
    ? number
    : S extends { readonly kind: 'switch' }
      ? boolean
      : S extends { readonly kind: 'groups' }
        ? readonly Grant[]
        : string

/** A group of the identity provider, and what its members may do here. */
export type Grant = { readonly group: string; readonly role: string; readonly application: string; readonly environment: string }

/** Where a setting's value comes from. */
export type Origin = 'default' | 'file' | 'environment'

export type ReadSettings = {
  readonly settings: Settings
  /** One line per setting, for people; a secret's value is never in it. */
  readonly listed: readonly { readonly name: string; readonly value: string; readonly origin: Origin; readonly help: string }[]
}

export type SettingsInput = {
  /** The settings file, if there is one. */
  readonly file: { readonly path: string; readonly text: string } | null
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether a file that a setting names can be read; absent: that is not asked. */
  readonly canRead?: (path: string) => boolean
}

/**
 * Reads all settings: the environment wins over the file, the file over the default. Every mistake is reported, not just the first.
 * @throws RunproofError `settings.invalid`
 */
export function readSettings({ file, env, canRead = () => true }: SettingsInput): ReadSettings {
  const problems: string[] = []
  const written = file === null ? new Map<string, Written>() : fileValues(file, problems)
  const values: Record<string, unknown> = {}
  const given = new Set<string>()
  const listed: ReadSettings['listed'][number][] = []
  for (const [name, setting] of Object.entries(settingTable) as [string, Setting][]) {
    const found = givenValue(setting, env, written, problems)
    if (found !== null) given.add(name)
    const value = found === null ? setting.fallback : read(setting, found, problems)
    values[name] = typeof value === 'string' ? fromText(setting.kind, value) : value
    const shown = value === null || value === undefined ? 'not set' : setting.secret === true ? 'set, not shown' : plain(value)
    listed.push({ name: setting.path, value: shown, origin: found?.origin ?? 'default', help: setting.help })
  }
  unknownVariables(env, problems)
  problems.push(
    ...faultsBetween({ ...values, oidcGroups: values['oidcGroups'] ?? [] } as Settings, (name) => given.has(name), canRead),
  )
  if (problems.length > 0) {
    throw new RunproofError(
      'settings.invalid',
      `the settings have ${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'}:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
    )
  }
  return { settings: values as Settings, listed }
}

/** As one would write it into the file. */
function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** `listen.port` → `RUNPROOF_LISTEN_PORT`. */
export function variableOf(path: string): string {
  return `RUNPROOF_${path
    .replaceAll(/[A-Z]/g, (letter) => `_${letter}`)
    .replaceAll('.', '_')
    .toUpperCase()}`
}

type Written = { readonly value: JsonValue; readonly place: string }
type Given = Written & { readonly origin: Origin }

/** Read by other parts of Runproof; they are no settings of the service. */
const otherVariables: ReadonlySet<string> = new Set([
  'RUNPROOF_HOME',
  'RUNPROOF_KEY_PASSPHRASE_FILE',
  'RUNPROOF_CONFIG',
  'RUNPROOF_SERVER',
  'RUNPROOF_TOKEN_FILE',
])

function fileValues({ path, text }: { readonly path: string; readonly text: string }, problems: string[]): Map<string, Written> {
  const source = readSource(text)
  for (const { position, path: at, message, fix } of source.faults) {
    problems.push(problemText({ ...position, file: path, path: at.join('.'), value: null, message, fix }))
  }
  const found = new Map<string, Written>()
  const known = Object.values(settingTable).map((setting) => setting.path as string)
  const sections = new Set(known.flatMap((name) => (name.includes('.') ? [name.slice(0, name.indexOf('.'))] : [])))
  const fault = (at: readonly string[], value: JsonValue, message: string, fix: string): void => {
    const problem: Problem = { file: path, ...source.locate(at, true), path: at.join('.'), value: valueText(value), message, fix }
    problems.push(problemText(problem))
  }
  const top = source.value
  if (top === null) return found
  if (typeof top !== 'object' || Array.isArray(top)) {
    fault([], top, 'settings are names with values', 'write name: value')
    return found
  }
  const unknown = (at: readonly string[], value: JsonValue): void => {
    const meant = nearest(at.join('.'), known)
    fault(at, value, 'there is no such setting', meant === null ? 'see runproof config check --help' : `did you mean ${meant}?`)
  }
  for (const [name, value] of Object.entries(top)) {
    if (known.includes(name)) found.set(name, { value, place: placeOf(path, source.locate([name])) })
    else if (!sections.has(name) || value === null || typeof value !== 'object' || Array.isArray(value)) unknown([name], value)
    else {
      for (const [inner, content] of Object.entries(value)) {
        const full = `${name}.${inner}`
        if (known.includes(full)) found.set(full, { value: content, place: placeOf(path, source.locate([name, inner])) })
        else unknown([name, inner], content)
      }
    }
  }
  return found
}

function placeOf(path: string, { line, column }: { readonly line: number; readonly column: number }): string {
  return `${path}:${line}:${column}`
}

function givenValue(
  { path, secret }: Setting,
  env: SettingsInput['env'],
  written: ReadonlyMap<string, Written>,
  problems: string[],
): Given | null {
  const variable = variableOf(path)
  const inEnvironment = env[variable]
  if (inEnvironment !== undefined && inEnvironment !== '') {
    if (secret === true)
      problems.push(
        `${variable}: a secret is never in a variable, which other users and crash reports can see; put it into a file and set ${variable}_FILE`,
      )
    else return { value: inEnvironment, place: variable, origin: 'environment' }
  }
  const named = env[`${variable}_FILE`]
  if (secret === true && named !== undefined && named !== '')
    return { value: named, place: `${variable}_FILE`, origin: 'environment' }
  const inFile = written.get(path)
  return inFile && inFile.value !== null ? { ...inFile, origin: 'file' } : null
}

const KINDS: Readonly<Record<SettingKind, { readonly form: RegExp | null; readonly fix: string }>> = {
  text: { form: /^.{1,1000}$/su, fix: 'write a text of at most 1000 characters' },
  file: { form: /^.{1,1000}$/su, fix: 'write the path of a file' },
  url: { form: /^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/, fix: 'write an address like https://runproof.example' },
  port: { form: /^\d{1,5}$/, fix: 'write a number from 0 to 65535' },
  duration: { form: durationForm, fix: 'write a number with s, m, h or d, like 30d' },
  bytes: { form: /^\d{1,9}(kB|MB|GB)?$/, fix: 'write a number of bytes, or with kB, MB or GB' },
  switch: { form: /^(true|false)$/, fix: 'write true or false' },
  groups: { form: null, fix: 'write a list of {group, role, application, environment}' },
  host: { form: /^[A-Za-z0-9.:_-]{1,253}$/, fix: 'write an address like 127.0.0.1, ::1 or a host name' },
}

/** The value in its own form, durations and sizes still as text. */
function read({ kind, path, choices }: Setting, { value, place }: Given, problems: string[]): unknown {
  const refuse = (fix: string): null => {
    problems.push(`${place}: ${path} is ${valueText(value) ?? 'missing'}. Fix: ${fix}`)
    return null
  }
  const { form, fix } = KINDS[kind]
  if (kind === 'groups') return grantsIn(value) ?? refuse(fix)
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  if (typeof text !== 'string' || form === null || !form.test(text)) return refuse(fix)
  if (choices && !choices.includes(text)) return refuse(`write one of ${choices.join(', ')}`)
  if (kind === 'port' && Number(text) > 65_535) return refuse(fix)
  return text
}

function fromText(kind: SettingKind, text: string): unknown {
  if (kind === 'duration') return durationMs(text)
  if (kind === 'port') return Number(text)
  if (kind === 'switch') return text === 'true'
  if (kind !== 'bytes') return text
  const [, digits = '', unit = ''] = /^(\d+)(kB|MB|GB)?$/.exec(text) ?? []
  return Number(digits) * ({ kB: 1e3, MB: 1e6, GB: 1e9 }[unit] ?? 1)
}

function grantsIn(value: JsonValue): readonly Grant[] | null {
  const list: JsonValue = typeof value === 'string' ? parsed(value) : value
  if (!Array.isArray(list)) return null
  const grants = list.map((item) => {
    if (item === null || typeof item !== 'object' || Array.isArray(item)) return null
    const { group, role, application = '*', environment = '*', ...rest } = item as Record<string, JsonValue>
    const all = [group, role, application, environment]
    if (Object.keys(rest).length > 0 || !all.every((part) => typeof part === 'string' && part !== '')) return null
    return { group, role, application, environment } as Grant
  })
  return grants.every((grant) => grant !== null) ? grants : null
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return null
  }
}

/** A mistyped variable would otherwise be ignored in silence. */
function unknownVariables(env: SettingsInput['env'], problems: string[]): void {
  const known = Object.values(settingTable).flatMap(({ path, secret }: Setting) =>
    secret === true ? [`${variableOf(path)}_FILE`] : [variableOf(path)],
  )
  const secrets = new Set(
    Object.values(settingTable).flatMap(({ path, secret }: Setting) => (secret === true ? [variableOf(path)] : [])),
  )
  for (const name of Object.keys(env)) {
    if (!name.startsWith('RUNPROOF_') || known.includes(name) || otherVariables.has(name) || secrets.has(name)) continue
    const meant = nearest(name, known)
    problems.push(`${name}: there is no such setting.${meant === null ? '' : ` Did you mean ${meant}?`}`)
  }
}
