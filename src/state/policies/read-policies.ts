import { dirname, isAbsolute, join } from 'node:path'
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type ParsedNode } from 'yaml'
import { ALL } from './enforce.ts'
import { readHooks } from './hooks.ts'
import {
  confidences,
  type Enforcement,
  type Policy,
  type PolicyConfig,
  type PolicyFile,
  type PolicyPlace,
  type PolicyProblem,
} from './model.ts'
import { sensorOf } from './policy-records.ts'
import { booleanOf, Fault, fieldsOf, numberOf, textOf, textsOf, type Fields } from './values.ts'

/** A policy file is a document that a person can review. */
const MAX_BYTES = 1024 * 1024
const MAX_POLICIES = 1000
/** Alias nodes may stand for much more than they are long. */
const MAX_ALIASES = 100
const MAX_ID = 200

/** Types of policies that are about files and APIs before anything runs: not ours to judge. */
const otherTypes: ReadonlySet<string> = new Set(['scan', 'assure', 'schema', 'json', 'yaml', 'toml', 'ini', 'rego', 'api'])

const emptyConfig: PolicyConfig = {
  schedule: null,
  reportSchedule: null,
  hooks: [],
  tagsAny: [],
  tagsAll: [],
  environment: null,
}

/**
 * Reads a `Policies:` file. Whatever is wrong with it is a problem with its place: a broken policy is never left out in silence. Policies
 * that are no runtime policies are noted. `file` is the path from which gossfiles are found.
 */
export function readPolicies(text: string, file: string): PolicyFile {
  const reader = new PolicyReader(file)
  return reader.read(text)
}

class PolicyReader {
  private readonly file: string
  private readonly problems: PolicyProblem[] = []
  private readonly lines = new LineCounter()

  constructor(file: string) {
    this.file = file
  }

  read(text: string): PolicyFile {
    const none: PolicyFile = { policies: [], problems: this.problems, config: emptyConfig }
    if (Buffer.byteLength(text) > MAX_BYTES) return (this.fail('the file is larger than 1 MiB'), none)
    const document = parseDocument(text, { lineCounter: this.lines, uniqueKeys: true, prettyErrors: false })
    for (const error of document.errors)
      this.problem('error', null, `not readable as YAML: ${error.message}`, this.rowAt(error.pos[0]))
    if (document.errors.length > 0) return none
    const root = this.valueOf(document)
    const fields = fieldsOf(root)
    if (fields === null) return (this.fail('not a policy file: it has no `Policies:` list'), none)
    const list = fields['Policies'] ?? fields['policies']
    if (!Array.isArray(list)) return (this.fail('not a policy file: it has no `Policies:` list'), none)
    if (list.length === 0) this.fail('`Policies:` is empty: there is nothing to judge')
    if (list.length > MAX_POLICIES) return (this.fail(`more than ${MAX_POLICIES} policies`), none)
    const config = this.configOf(fieldsOf(fields['Config'] ?? fields['config']))
    const rows = this.rowsOf(document)
    const policies = list.flatMap((item: unknown, index) => this.policyOf(item, rows[index] ?? null) ?? [])
    return { policies: this.withoutDoubles(policies), problems: this.problems, config }
  }

  private valueOf(document: Document.Parsed): unknown {
    try {
      return document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown
    } catch (cause) {
      this.fail(`not readable as YAML: ${cause instanceof Error ? cause.message : 'too many aliases'}`)
      return null
    }
  }

  private rowsOf({ contents }: Document.Parsed): readonly (number | null)[] {
    if (!isMap(contents)) return []
    const list = contents.items.find(({ key }) => isScalar(key) && (key.value === 'Policies' || key.value === 'policies'))?.value
    return isSeq(list) ? list.items.map((item) => this.rowAt((item as ParsedNode | null)?.range?.[0] ?? null)) : []
  }

  private rowAt(offset: number | null): number | null {
    return offset === null ? null : this.lines.linePos(offset).line
  }

  private policyOf(item: unknown, row: number | null): Policy | null {
    const fields = fieldsOf(item)
    const id = textOf(fields?.['id'])
    if (fields === null || id === null || id.length > MAX_ID || /[\r\n\t]/.test(id)) {
      this.problem('error', null, 'a policy without an id', row)
      return null
    }
    try {
      return this.runtimePolicy(fields, id, row)
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault
      this.problem('error', id, fault.message, row)
      return null
    }
  }

  /** Null: noted as none of ours. @throws Fault for what cannot be relied on */
  private runtimePolicy(fields: Fields, id: string, row: number | null): Policy | null {
    const type = textOf(fields['type'])?.toLowerCase() ?? ''
    if (otherTypes.has(type)) {
      this.problem('note', id, `type ${type} is about files, not about a running host: not judged here`, row)
      return null
    }
    if (type !== 'runtime')
      throw new Fault(type === '' ? 'has no type' : `has the type ${JSON.stringify(type)}, which nobody knows`)
    const runtime = fieldsOf(fields['_runtime'])
    const config = textOf(runtime?.['config'])
    if (config === null) throw new Fault('has no gossfile: `_runtime.config` must name one')
    const metadata = fieldsOf(fields['metadata']) ?? {}
    const confidence = textOf(metadata['confidence'])
    const observed = fields['observe'] ?? runtime?.['observe']
    return {
      id,
      enforcement: enforcementOf(fields['enforcement'], confidence),
      name: textOf(metadata['name']),
      description: textOf(metadata['description']),
      tags: textsOf(metadata['tags'], 'metadata.tags'),
      score: scoreOf(metadata['score']),
      solution: textOf(metadata['msg_solution']),
      error: textOf(metadata['msg_error']),
      helpUrl: textOf(metadata['help_url']),
      config,
      configPath: isAbsolute(config) ? config : join(dirname(this.file), config),
      schedule: textOf(fields['schedule']) ?? textOf(runtime?.['schedule']),
      paths: observed === undefined || observed === null ? [] : textsOf(observed, 'observe').map((path) => this.fromHere(path)),
      place: { file: this.file, row },
    }
  }

  private fromHere(path: string): string {
    return isAbsolute(path) ? path : join(dirname(this.file), path)
  }

  private configOf(fields: Fields | null): PolicyConfig {
    if (fields === null) return emptyConfig
    const flags = fieldsOf(fields['Flags'] ?? fields['flags']) ?? {}
    try {
      return {
        schedule: textOf(flags['policy_schedule']),
        reportSchedule: textOf(flags['report_schedule']),
        hooks: readHooks(fields['Hooks'] ?? fields['hooks']),
        tagsAny: wordsOf(flags['tags_any'] ?? flags['tags-any']),
        tagsAll: wordsOf(flags['tags_all'] ?? flags['tags-all']),
        environment: textOf(flags['environment']),
      }
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault
      this.fail(`Config: ${fault.message}`)
      return emptyConfig
    }
  }

  /** Of two policies with one id, or with ids that are one sensor, nobody can say which is meant. */
  private withoutDoubles(policies: readonly Policy[]): readonly Policy[] {
    const byId = Map.groupBy(policies, sensorOf)
    for (const [, group] of byId) {
      const [first, second] = group
      if (first && second)
        this.problem(
          'error',
          first.id,
          `its id, or one that differs in punctuation alone, is there ${group.length} times`,
          second.place.row,
        )
    }
    return policies.filter(({ id }) => byId.get(sensorOf({ id }))?.length === 1)
  }

  private fail(message: string): void {
    this.problem('error', null, message, null)
  }

  private problem(level: PolicyProblem['level'], policy: string | null, message: string, row: number | null): void {
    const place: PolicyPlace = { file: this.file, row }
    this.problems.push({ level, policy, message, place })
  }
}

/** A list of rules, or one; each for one environment or for several. */
function enforcementOf(value: unknown, policyConfidence: string | null): readonly Enforcement[] {
  const rules = Array.isArray(value) ? (value as readonly unknown[]) : value === undefined || value === null ? [] : [value]
  if (rules.length === 0) throw new Fault('has no enforcement: nothing says where it holds')
  return rules.flatMap((rule) => {
    // A name alone: it holds there, and nothing is excepted.
    const name = textOf(rule)
    const fields = name === null ? fieldsOf(rule) : { environment: name }
    if (fields === null) throw new Fault('has an enforcement that is no map')
    const environments = textsOf(fields['environment'] ?? ALL, 'enforcement.environment')
    const said = textOf(fields['confidence']) ?? policyConfidence
    const confidence = said === null ? null : (confidences.find((one) => one === said.toLowerCase()) ?? null)
    if (said !== null && confidence === null)
      throw new Fault(`has the confidence ${JSON.stringify(said)}; known are ${confidences.join(', ')}`)
    const fatal = booleanOf(fields['fatal'], 'enforcement.fatal') ?? false
    const exceptions = exceptionsOf(fields['exceptions'])
    return environments.map((environment) => ({ environment, fatal, exceptions, confidence }))
  })
}

/** `true`: accepted everywhere that the rule speaks of; `false`, `none`, nothing: nowhere; names of environments. */
function exceptionsOf(value: unknown): readonly string[] {
  if (value === undefined || value === null || value === '') return []
  const whole = Array.isArray(value) ? null : truth(value)
  if (whole !== null) return whole ? [ALL] : []
  return textsOf(value, 'enforcement.exceptions').filter((name) => !['none', 'false'].includes(name.toLowerCase()))
}

function truth(value: unknown): boolean | null {
  try {
    return booleanOf(value, '')
  } catch {
    return null
  }
}

function scoreOf(value: unknown): number | null {
  const score = numberOf(value, 'metadata.score')
  if (score !== null && (score < 0 || score > 10)) throw new Fault(`has the score ${score}; it goes from 0 to 10`)
  return score
}

function wordsOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return []
  return textsOf(value, 'tags')
    .flatMap((text) => text.split(',').map((word) => word.trim()))
    .filter((word) => word !== '')
}
