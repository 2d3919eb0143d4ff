import type { Act, ActParts, Part, Subject, Target } from '../../../core/model/act.ts'
import type { Redaction } from '../../../core/model/redaction.ts'
import type { Watch } from '../../../core/model/watch.ts'
import { builtInRules, hint, type Rule } from './rules.ts'

/** What kind of text it is. `any`: nobody knows, so that every rule looks at it. */
export type Place = 'arguments' | 'path' | 'address' | 'other' | 'any'

/** A text without its secrets, and how many there were. */
export type Redacted = { readonly text: string; readonly count: number }

export type Redactor = {
  /** A text over 64 Ki is replaced as a whole. */
  readonly text: (text: string, place?: Place) => Redacted
  /**
   * The act without secrets in what people and programs put into it: command line, paths, names, ancestors, image, tags. Not in the
   * names that operators give (rule, node, namespace, workload, pod, container): acts are matched and attributed by them.
   * `parts`: what the act is put together of, for {@link isClean}.
   */
  readonly act: (act: Act, parts?: ActParts) => { readonly act: Act; readonly redacted: number }
  /** Whether an act of these parts has no secret; false also when it was not looked for in each of them yet. */
  readonly isClean: (parts: ActParts) => boolean
  /**
   * Whether a name by which a sensor counts its rules holds no secret. One that does is not kept, neither in a snapshot nor in a beat: what
   * would stand in its place could stand for several rules.
   */
  readonly mayKeep: (rule: string) => boolean
  /** What a sensor says about itself without secrets: its version, what failed, what was throttled, the digests that it loaded. */
  readonly watch: (watch: Watch) => Watch
  /** The bundle's rules in it: what another thread makes its own from. Null: none. */
  readonly redaction: Redaction | null
}

/** What a bundle changes: rules that look after the built-in ones, and what these leave in. */
export type Custom = {
  readonly redaction: Redaction
  readonly redact: (text: string, place: Place) => Redacted
  /** Its rules' words in `[redacted:…]`. */
  readonly ids: readonly string[]
  readonly disabled: ReadonlySet<string>
  readonly isExcepted: (rule: string, secret: string) => boolean
}

/** Beyond this nothing is looked at and nothing is kept: the connectors cut before. */
const MAX_TEXT = 65_536

/** Paths, tags and command lines repeat: texts that hold no secret are remembered, so many of at most this length. */
const MOST_CLEAN = 16_384
const LONGEST_CLEAN = 512

/** Takes secrets out by the rules that ship and, where a bundle has some, by its own. It remembers texts that it has found clean. */
export function createRedactor(custom: Custom | null = null): Redactor {
  const rules = custom === null ? builtInRules : builtInRules.filter(({ kind }) => !custom.disabled.has(kind))
  const kinds = new Set<string>([...builtInRules.map(({ kind }) => kind), ...(custom?.ids ?? [])])
  const clean = cleanTexts(custom !== null)
  const finder = {}

  /** What another rule has already taken out. */
  function isDone(secret: string): boolean {
    const id = mark.exec(secret)?.[1]
    return id !== undefined && kinds.has(id)
  }

  function isKnownClean(text: string, place: Place): boolean {
    if (clean[place].has(text)) return true
    // A bundle's own rules may concern any text.
    if (custom !== null || hint.test(text)) return false
    remember(clean[place], text)
    return true
  }

  function redact(text: string, place: Place): Redacted {
    if (text.length > MAX_TEXT) return { text: '[redacted:too_long]', count: 1 }
    if (isKnownClean(text, place)) return { text, count: 0 }
    let count = 0
    let left = text
    const take = ({ kind, pattern }: Rule): string =>
      left.replace(pattern, (match: string, ...rest: unknown[]) => {
        const secret = (rest.at(-1) as { readonly secret?: string } | undefined)?.secret ?? match
        if (isDone(secret) || custom?.isExcepted(kind, secret) === true) return match
        count++
        return replaceLast(match, secret, `[redacted:${kind}]`)
      })
    if (custom === null || hint.test(text)) for (const rule of rules) if (rule.within?.test(left) !== false) left = take(rule)
    if (custom !== null) {
      const own = custom.redact(left, place)
      left = own.text
      count += own.count
    }
    if (count === 0) remember(clean[place], text)
    return { text: left, count }
  }

  function isClean(text: string | null, place: Place): boolean {
    return text === null || (text.length <= MAX_TEXT && isKnownClean(text, place))
  }

  function areClean(texts: readonly string[], place: Place): boolean {
    for (const text of texts) if (!isClean(text, place)) return false
    return true
  }

  /** Almost every act: nothing to take out, nothing to copy. The same texts as below. */
  function isCleanAct(act: Act, parts: ActParts | undefined): boolean {
    if (parts === undefined) return isClean(act.subject.commandLine, 'arguments') && isCleanDeed(act) && isCleanPlace(act)
    return (
      (parts.words.clean === finder || (isClean(act.subject.commandLine, 'arguments') && note(parts.words))) &&
      (parts.deed.clean === finder || (isCleanDeed(act) && note(parts.deed))) &&
      (parts.place.clean === finder || (isCleanPlace(act) && note(parts.place)))
    )
  }

  function note(part: Part): true {
    part.clean = finder
    return true
  }

  function isCleanDeed({ subject, target, tags, actionTaken }: Act): boolean {
    return (
      isClean(subject.executable, 'path') &&
      isClean(actionTaken, 'other') &&
      areClean(subject.ancestors, 'arguments') &&
      areClean(tags, 'other') &&
      (target === null || isCleanTarget(target))
    )
  }

  function isCleanPlace({ subject }: Act): boolean {
    return isClean(subject.image, 'other')
  }

  function isCleanTarget(target: Target): boolean {
    if (target.type === 'binary' || target.type === 'path') return isClean(target.path, 'path')
    if (target.type === 'address') return isClean(target.name, 'address') && isClean(target.protocol, 'other')
    return isClean(target.name, 'other')
  }

  function mayKeep(rule: string): boolean {
    return redact(rule, 'other').count === 0
  }

  /** A snapshot without the rules whose names hold secrets. */
  function withKeptRules(watch: Watch): Watch {
    if (watch.kind !== 'counters' || watch.rules === undefined || Object.keys(watch.rules).every(mayKeep)) return watch
    const { rules, ...rest } = watch
    const kept = Object.entries(rules).filter(([rule]) => mayKeep(rule))
    return kept.length === 0 ? rest : { ...rest, rules: Object.fromEntries(kept) }
  }

  /** Takes secrets out of one thing and counts them. */
  function counting(): Counting {
    const tally = { redacted: 0 }
    const one = <T extends string | null>(text: T, place: Place): T => {
      if (text === null) return text
      const { text: left, count } = redact(text, place)
      tally.redacted += count
      return left as T
    }
    return { tally, one, all: (texts, place) => texts.map((text) => one(text, place)) }
  }

  return {
    text: (text, place = 'any') => redact(text, place),
    act(act, parts) {
      if (isCleanAct(act, parts)) return { act, redacted: 0 }
      const { tally, one, all } = counting()
      const subject = redactSubject(act.subject, one, all)
      const target = act.target === null ? null : redactTarget(act.target, one)
      const tags = all(act.tags, 'other')
      const actionTaken = one(act.actionTaken, 'other')
      return tally.redacted === 0
        ? { act, redacted: 0 }
        : { act: { ...act, subject, target, tags, actionTaken }, redacted: tally.redacted }
    },
    isClean: ({ deed, place, words }) =>
      deed.clean === finder && place.clean === finder && (words.clean === finder || isClean(words.commandLine, 'arguments')),
    mayKeep,
    watch: (watch) => redactWatch(withKeptRules(watch), counting()),
    redaction: custom?.redaction ?? null,
  }
}

type One = <T extends string | null>(text: T, place: Place) => T
type All = (texts: readonly string[], place: Place) => readonly string[]
type Counting = { readonly tally: { redacted: number }; readonly one: One; readonly all: All }

function redactSubject(subject: Subject, one: One, all: All): Subject {
  return {
    ...subject,
    image: one(subject.image, 'other'),
    executable: one(subject.executable, 'path'),
    commandLine: one(subject.commandLine, 'arguments'),
    ancestors: all(subject.ancestors, 'arguments'),
  }
}

function redactTarget(target: Target, one: One): Target {
  if (target.type === 'binary' || target.type === 'path') return { ...target, path: one(target.path, 'path') }
  if (target.type === 'address') return { ...target, name: one(target.name, 'address'), protocol: one(target.protocol, 'other') }
  return { ...target, name: one(target.name, 'other') }
}

function redactWatch(watch: Watch, { tally, one }: Counting): Watch {
  switch (watch.kind) {
    case 'counters': {
      const policies = Object.entries(watch.policies).map(([name, digest]) => [one(name, 'other'), one(digest, 'other')] as const)
      const version = one(watch.version, 'other')
      // fromEntries makes an own property even of `__proto__`.
      return tally.redacted === 0 ? watch : { ...watch, version, policies: Object.fromEntries(policies) }
    }
    case 'fault':
      return { ...watch, what: one(watch.what, 'other') }
    case 'throttle':
      return { ...watch, scope: one(watch.scope, 'other') }
    case 'beat':
    case 'loss':
    case 'end':
      return watch
  }
}

const mark = /^["']?\[redacted:([a-z0-9_-]{1,40})\]["']?$/

/** The rules that ship look at every text alike; a bundle's own may look at some kinds only. */
function cleanTexts(apart: boolean): Readonly<Record<Place, Set<string>>> {
  const all = new Set<string>()
  const own = (): Set<string> => (apart ? new Set<string>() : all)
  return { arguments: own(), path: own(), address: own(), other: own(), any: own() }
}

function remember(clean: Set<string>, text: string): void {
  if (text.length > LONGEST_CLEAN) return
  if (clean.size >= MOST_CLEAN) clean.clear()
  clean.add(text)
}

function replaceLast(match: string, secret: string, by: string): string {
  const at = match.lastIndexOf(secret)
  return match.slice(0, at) + by + match.slice(at + secret.length)
}
