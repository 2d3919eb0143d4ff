import type { Act, Subject, Target } from '../../core/model/act.ts'

/** Names this set of rules; it goes into every report, because another set gives other fingerprints. */
export const REDACTION_RULES = 'redact/1'

type Rule = {
  /** Ends up in `[redacted:<kind>]`. */
  readonly kind: string
  /** The secret is the group `secret` where there is one, else the whole match. */
  readonly pattern: RegExp
  /** Only in texts that this matches: options that mean something else to other programs. */
  readonly within?: RegExp
}

// A value: quoted, or up to a blank. Every repetition is bounded or can be left in one way only, so that time stays linear in the text.
const value = String.raw`(?<secret>"[^"]*"|'[^']*'|["']?[^\s"'&;,]+["']?)`
const strongName = 'password|passwd|passphrase|secret|token|api[-_]?key|access[-_]?key|secret[-_]?key|private[-_]?key'
const weakName = 'pass|pwd|psk'
/** A name that ends in a word for a secret; the short words must stand alone (`DB_PASS`, not `bypass`). */
const secretName = String.raw`(?:[a-z0-9_.-]{0,60}(?:${strongName})|(?:[a-z0-9_.-]{0,60}[_.-])?(?:${weakName}))`

/**
 * The default rules, in order: longest shapes first, so that a token is named by what it is and not by the option before it.
 * docs/formats/events.md lists them for people.
 */
const rules: readonly Rule[] = [
  {
    kind: 'private_key',
    pattern: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)/g,
  },
  { kind: 'jwt', pattern: /(?<![\w-])eyJ[\w-]{8,8192}\.[\w-]{2,8192}\.[\w-]{0,8192}/g },
  { kind: 'aws_key', pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])/g },
  {
    kind: 'token',
    pattern:
      /(?<![A-Za-z0-9_-])(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255}|glpat-[\w-]{20,255}|xox[abeoprs]-[A-Za-z0-9-]{10,255}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,255}|whsec_[A-Za-z0-9]{16,255}|npm_[A-Za-z0-9]{36}|AIza[\w-]{35}|hvs\.[\w-]{20,255}|dop_v1_[0-9a-f]{64})/g,
  },
  { kind: 'webhook', pattern: /hooks\.slack\.com\/(?:services|workflows|triggers)\/(?<secret>[\w/-]{8,255})/g },
  {
    kind: 'auth_header',
    pattern:
      /\b(?:proxy-)?authorization["']?\s{0,8}[:=]\s{0,8}["']?(?:(?:basic|bearer|digest|token|apikey|negotiate)\s{1,8})?(?<secret>[^\s"']+)/gi,
  },
  {
    kind: 'auth_header',
    pattern:
      /\b(?:x-api-key|x-auth-token|x-vault-token|private-token|x-amz-security-token|cookie)\s{0,8}:\s{0,8}(?<secret>[^\s"']+)/gi,
  },
  { kind: 'auth_header', pattern: /\bbearer\s{1,8}(?<secret>[\w.~+/=-]{16,8192})/gi },
  // A user without a password is no secret (ssh://git@host) unless it looks like a token.
  { kind: 'userinfo', pattern: /\b[a-z][a-z0-9+.-]{0,30}:\/\/(?<secret>[^\s/@:]{0,256}:[^\s/@]{1,1024}|[^\s/@:]{20,1024})@/gi },
  { kind: 'flag', within: /\bcurl\b/, pattern: /\s(?:-u|--user|-U|--proxy-user)[ =]?(?<secret>[^\s:]{1,256}:[^\s]{1,1024})/g },
  { kind: 'flag', within: /\b(?:mysql|mysqldump|mysqladmin|mariadb)\b/, pattern: /\s-p(?<secret>[^\s]{1,1024})/g },
  { kind: 'flag', within: /\bsshpass\b/, pattern: /\s-p\s{0,8}(?<secret>[^\s]{1,1024})/g },
  {
    kind: 'flag',
    pattern: new RegExp(String.raw`(?<![\w-])--?(?:${secretName}|passin|passout)(?:=|\s{1,8})(?!-)${value}`, 'gi'),
  },
  {
    kind: 'assignment',
    // Not PWD, the working directory, and not TOKEN_FILE, a path: the name ends where the word does.
    pattern: new RegExp(String.raw`(?<![\w.-])(?!(?:OLD)?PWD=)${secretName}\d{0,3}=${value}`, 'gi'),
  },
  {
    kind: 'assignment',
    pattern: new RegExp(String.raw`\\?"${secretName}\\?"\s{0,8}:\s{0,8}\\?"(?<secret>[^"\\]{1,1024})`, 'gi'),
  },
  {
    kind: 'email',
    // Not systemd's `getty@tty1.service` and not a package's `name@1.2.3.tgz`.
    pattern:
      /(?<![\w.+%-])[\w.+%-]{1,64}@(?:[a-z0-9-]{1,63}\.){0,7}(?=[a-z0-9-]{0,62}[a-z])[a-z0-9-]{1,63}\.(?!(?:service|socket|timer|target|scope|slice|mount|automount|swap|path|device)\b)[a-z]{2,24}(?![\w-])/gi,
  },
]

/** What another rule has already taken out. */
const done = /^["']?\[redacted:[a-z_]{1,20}\]["']?$/

/** Beyond this nothing is looked at and nothing is kept: the connectors cut before. */
const MAX_TEXT = 65_536

/** Cheap: most texts hold none of what every rule needs. */
const hint =
  /[=@]|-----BEGIN|eyJ|A[KSBC]IA|ACCA|pass|pwd|secret|token|psk|key|auth|bearer|cookie|hooks\.slack|gh[pousr]_|github_pat_|glpat-|xox|[srp]k_|npm_|AIza|hvs\.|whsec_|dop_v1_|mysql|mariadb|curl/i

/** The text without its secrets, and how many there were. A text over 64 Ki is replaced as a whole. */
export function redactText(text: string): { readonly text: string; readonly count: number } {
  if (text.length > MAX_TEXT) return { text: '[redacted:too_long]', count: 1 }
  if (!hint.test(text)) return { text, count: 0 }
  let count = 0
  let clean = text
  for (const { kind, pattern, within } of rules) {
    if (within && !within.test(clean)) continue
    clean = clean.replace(pattern, (match: string, ...rest: unknown[]) => {
      const secret = (rest.at(-1) as { readonly secret?: string } | undefined)?.secret ?? match
      if (done.test(secret)) return match
      count++
      return replaceLast(match, secret, `[redacted:${kind}]`)
    })
  }
  return { text: clean, count }
}

/** The act without secrets in what people and programs put into it: command line, paths, names, ancestors, tags. */
export function redactAct(act: Act): { readonly act: Act; readonly redacted: number } {
  const tally = { redacted: 0 }
  const subject = redactSubject(act.subject, tally)
  const target = act.target === null ? null : redactTarget(act.target, tally)
  const tags = redactAll(act.tags, tally)
  return tally.redacted === 0 ? { act, redacted: 0 } : { act: { ...act, subject, target, tags }, redacted: tally.redacted }
}

type Tally = { redacted: number }

function redactSubject(subject: Subject, tally: Tally): Subject {
  return {
    ...subject,
    executable: redacted(subject.executable, tally),
    commandLine: redacted(subject.commandLine, tally),
    ancestors: redactAll(subject.ancestors, tally),
  }
}

function redactTarget(target: Target, tally: Tally): Target {
  if (target.type === 'binary' || target.type === 'path') return { ...target, path: redacted(target.path, tally) }
  if (target.type === 'address') return { ...target, name: redacted(target.name, tally) }
  return { ...target, name: redacted(target.name, tally) }
}

function redactAll(texts: readonly string[], tally: Tally): readonly string[] {
  return texts.map((text) => redacted(text, tally))
}

function redacted<T extends string | null>(text: T, tally: Tally): T {
  if (text === null) return text
  const { text: clean, count } = redactText(text)
  tally.redacted += count
  return clean as T
}

function replaceLast(match: string, secret: string, by: string): string {
  const at = match.lastIndexOf(secret)
  return match.slice(0, at) + by + match.slice(at + secret.length)
}
