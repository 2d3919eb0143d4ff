import { createHmac } from 'node:crypto'
import { quoted } from '../template/quote.ts'
import { builtInRules, hint, type Rule } from '../../sensors/redaction/rules.ts'
import type { Resource } from '../model/resource.ts'
import type { MatcherResult, Result } from '../model/result.ts'
import { isGoList, isGoMap, isGoTime, typedAs, goTypeOf, type GoMap, type GoValue } from '../model/value.ts'

/** What is hidden, and how what was hidden is named. */
export type MaskRules = {
  /**
   * Placeholders carry the first digits of an HMAC by this key, so that equal secrets look equal and a changed one shows. It is keyed because
   * a plain digest of a short password is found by trying; whoever keeps the key for long can compare for long. Null: no digest.
   */
  readonly key: Uint8Array | null
  /** Secrets that are known, wherever they stand: of the environment, of variables. Shorter than four characters they are passed over. */
  readonly secrets: readonly string[]
  /** Kinds of the built-in rules that look the other way. */
  readonly disabled: readonly Rule['kind'][]
}

/** Mail addresses are what checks are about more often than they are secrets. */
export const defaultMaskRules: MaskRules = { key: null, secrets: [], disabled: ['email'] }

/** Beyond this nothing is looked at and nothing is kept. */
export const longestText = 1_048_576

/** The results without secrets, and how many were taken out. What holds none is handed on as it is. */
export type Masked = { readonly results: readonly Result[]; readonly masked: number }

/**
 * Hides secrets wherever results show text: commands and their output, headers, bodies, expectations, elements, errors, titles and meta,
 * passwords of `http`. By the rules that every sensor's text goes through, by names of members (`password`, `apiToken`) and by what the
 * resource itself says is a password.
 */
export function maskResults(results: readonly Result[], rules: MaskRules): Masked {
  const masker = new Masker(rules)
  const resources = new Map<Resource, Resource>()
  const masked = results.map((result) => {
    const own = masker.knowing(passwordsOf(result.resource))
    const resource = resources.get(result.resource) ?? own.resource(result.resource)
    resources.set(result.resource, resource)
    return own.result(result, resource)
  })
  return { results: masked.map((result) => masker.withError(result)), masked: masker.tally.count }
}

/** One text without secrets, by the same rules. */
export function maskText(text: string, rules: MaskRules): string {
  return new Masker(rules).text(text)
}

const secretMember =
  /(?:password|passwd|passphrase|secret|token|(?:api|access|account|private|signing|encryption)[-_]?key|credentials?)$|^(?:pass|pwd|psk)$/i
const placeholder = /\[redacted:[a-z0-9_-]{1,40}(?::[0-9a-f]{8})?\]/

function passwordsOf({ attributes }: Resource): readonly string[] {
  return [...attributes].flatMap(([name, value]) => (secretMember.test(name) && typeof value === 'string' ? [value] : []))
}

/** Shorter words are no secrets that can be looked for: they are in everything. */
const shortest = 4
const mostFound = 1000

/** How many secrets were hidden, and which. */
type Tally = { count: number; readonly found: Set<string> }

class Masker {
  readonly tally: Tally
  readonly #rules: MaskRules
  readonly #builtIn: readonly Rule[]
  readonly #secrets: readonly string[]

  constructor(rules: MaskRules, secrets = rules.secrets, tally: Tally = { count: 0, found: new Set() }) {
    this.tally = tally
    this.#rules = rules
    this.#builtIn = builtInRules.filter(({ kind }) => !rules.disabled.includes(kind))
    // Longest first: one secret may hold another.
    this.#secrets = [...new Set(secrets)].filter(({ length }) => length >= shortest).toSorted((a, b) => b.length - a.length)
  }

  knowing(secrets: readonly string[]): Masker {
    return secrets.length === 0 ? this : new Masker(this.#rules, [...this.#rules.secrets, ...secrets], this.tally)
  }

  resource(resource: Resource): Resource {
    const key = this.text(resource.key)
    const title = this.text(resource.title)
    const attributes = this.#map(resource.attributes)
    const meta = resource.meta === null ? null : this.#map(resource.meta)
    const isSame =
      key === resource.key && title === resource.title && attributes === resource.attributes && meta === resource.meta
    return isSame ? resource : { ...resource, key, title, attributes, meta }
  }

  result(result: Result, resource: Resource): Result {
    const id = this.#id(result, resource)
    const matcher = this.#matcher(result.matcher)
    const isSame = resource === result.resource && id === result.id && matcher === result.matcher
    return isSame ? result : { ...result, resource, id, matcher }
  }

  /** Key and override by themselves: side by side, `common_passwd: /etc/pam.d/…` would read like an assignment of a password. */
  #id({ id, resource: { key } }: Result, masked: Resource): string {
    return id.startsWith(`${key}: `) ? `${masked.key}: ${this.text(id.slice(key.length + 2))}` : this.text(id)
  }

  /**
   * Errors quote values with Go's escapes, in which the rules do not know them again: what was found in the values themselves is looked for
   * in both forms.
   */
  withError(result: Result): Result {
    if (result.error === null) return result
    let left = result.error
    for (const secret of this.tally.found)
      for (const form of new Set([secret, quoted(secret).slice(1, -1)]))
        if (left.includes(form)) left = left.replaceAll(form, () => this.#hide('known', secret))
    left = this.text(left)
    return left === result.error ? result : { ...result, error: left }
  }

  text(text: string): string {
    if (text.length > longestText) return this.#hide('too_long', text)
    let left = text
    for (const secret of this.#secrets)
      if (left.includes(secret)) left = left.replaceAll(secret, () => this.#hide('known', secret))
    if (!hint.test(left)) return left
    for (const rule of this.#builtIn) if (rule.within?.test(left) !== false) left = this.#by(rule, left)
    return left
  }

  #by({ kind, pattern }: Rule, text: string): string {
    return text.replace(pattern, (match: string, ...rest: unknown[]) => {
      const secret = (rest.at(-1) as { readonly secret?: string } | undefined)?.secret ?? match
      if (placeholder.test(secret)) return match
      const at = match.lastIndexOf(secret)
      return match.slice(0, at) + this.#hide(kind, secret) + match.slice(at + secret.length)
    })
  }

  #hide(kind: string, secret: string): string {
    this.tally.count += 1
    // Quotes and the mark that ends a statement are not the secret's.
    const bare = secret.replace(/^["']|["';]+$/g, '')
    if (bare.length >= shortest && this.tally.found.size < mostFound) this.tally.found.add(bare)
    if (this.#rules.key === null) return `[redacted:${kind}]`
    const digest = createHmac('sha256', this.#rules.key).update(bare).digest('hex').slice(0, 8)
    return `[redacted:${kind}:${digest}]`
  }

  #matcher(matcher: MatcherResult): MatcherResult {
    const entries = Object.entries(matcher).map(([name, value]) => {
      const masked = name === 'marshalled' || name === 'message' ? value : this.#value(value)
      return [name, masked, masked === value] as const
    })
    if (entries.every(([, , isSame]) => isSame)) return matcher
    return { ...matcher, ...Object.fromEntries(entries) }
  }

  #value(value: GoValue): GoValue {
    if (typeof value === 'string') return this.text(value)
    if (isGoList(value)) {
      const items = value.map((item) => this.#value(item))
      return items.every((item, at) => item === value[at]) ? value : typedAs(items, goTypeOf(value))
    }
    return value !== null && typeof value === 'object' && !isGoTime(value) ? this.#map(value) : value
  }

  #map(map: GoMap): GoMap {
    let isSame = true
    const members = [...map].map(([key, value]) => {
      const masked = secretMember.test(key) ? this.#member(value) : this.#value(value)
      const name = this.text(key)
      isSame &&= masked === value && name === key
      return [name, masked] as const
    })
    return isSame ? map : new Map(members)
  }

  /** Under a secret's name any text is one; what is no text (a matcher, a list) is looked through. */
  #member(value: GoValue): GoValue {
    if (typeof value === 'string') return value === '' || placeholder.test(value) ? value : this.#hide('password', value)
    return isGoMap(value) && value.size === 1 && value.has('equal')
      ? new Map([['equal', this.#member(value.get('equal') ?? null)]])
      : this.#value(value)
  }
}
