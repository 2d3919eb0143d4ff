import type { BuiltInRedaction } from '../../../core/model/redaction.ts'

export type Rule = {
  /** Ends up in `[redacted:<kind>]`. */
  readonly kind: BuiltInRedaction
  /** The secret is the group `secret` where there is one, else the whole match. */
  readonly pattern: RegExp
  /** Only in texts that this matches: options that mean something else to other programs. */
  readonly within?: RegExp
}

// A value: quoted, or up to a blank. Every repetition is bounded or can be left in one way only, so that time stays linear in the text.
export const value = String.raw`(?<secret>"[^"]*"|'[^']*'|["']?[^\s"'&;,]+["']?)`
const strongName = 'password|passwd|passphrase|secret|token|(?:api|access|account|secret|private|signing|encryption)[-_]?key'
const weakName = 'pass|pwd|psk'
/** A name that ends in a word for a secret; the short words must stand alone (`DB_PASS`, not `bypass`). */
const secretName = String.raw`(?:[a-z0-9_.-]{0,60}(?:${strongName})|(?:[a-z0-9_.-]{0,60}[_.-])?(?:${weakName}))`

/**
 * The default rules, in order: longest shapes first, so that a token is named by what it is and not by the option before it.
 * docs/formats/redaction.md lists them for people.
 */
export const builtInRules: readonly Rule[] = [
  {
    kind: 'private_key',
    pattern: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)/g,
  },
  { kind: 'jwt', pattern: /(?<![\w-])eyJ[\w-]{8,8192}\.[\w-]{2,8192}\.[\w-]{0,8192}/g },
  { kind: 'aws_key', pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])/g },
  {
    kind: 'token',
    pattern:
      /(?<![A-Za-z0-9_-])(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255}|glpat-[\w-]{20,255}|xox[abeoprs]-[A-Za-z0-9-]{10,255}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,255}|whsec_[A-Za-z0-9]{16,255}|npm_[A-Za-z0-9]{36}|AIza[\w-]{35}|hv[sbr]\.[\w-]{20,255}|do[opr]_v1_[0-9a-f]{64}|pypi-[\w-]{30,512}|dckr_[a-z]{2,8}_[\w-]{20,255}|SG\.[\w-]{16,64}\.[\w-]{16,128}|SK[0-9a-f]{32}|ya29\.[\w-]{20,512}|GOCSPX-[\w-]{20,64}|sk-(?=[\w-]{0,64}\d)(?=[\w-]{0,64}[A-Z])[\w-]{20,255}|AGE-SECRET-KEY-1[A-Z0-9]{40,80})/g,
  },
  { kind: 'token', pattern: /(?<![A-Za-z0-9])(?<secret>\d{6,12}:AA[\w-]{30,40})(?![\w-])/g },
  // The bot's number stands right behind the word in the path of its URL.
  { kind: 'token', pattern: /\/bot(?<secret>\d{6,12}:[\w-]{30,64})/g },
  { kind: 'webhook', pattern: /\bdiscord(?:app)?\.com\/api\/webhooks\/\d{1,24}\/(?<secret>[\w-]{8,255})/g },
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
  {
    kind: 'flag',
    within: /\b(?:mysql|mysqldump|mysqladmin|mariadb)\b/,
    pattern: /\s-p(?!ass(?:in|out|word|phrase)?[\s=])(?<secret>[^\s]{1,1024})/g,
  },
  {
    kind: 'flag',
    within: /\b(?:docker|podman|nerdctl|buildah|skopeo|oras|helm|crane|regctl|az|oc|argocd)\b[^;|&]{0,200}\blogin\b/,
    pattern: /\s-p[ =]?(?!-)(?<secret>[^\s]{1,1024})/g,
  },
  { kind: 'flag', within: /\bredis-cli\b/, pattern: /\s-a\s{0,8}(?<secret>[^\s]{1,1024})/g },
  { kind: 'flag', within: /\bldap[a-z]{3,10}\b/, pattern: /\s-w\s{0,8}(?<secret>[^\s]{1,1024})/g },
  { kind: 'flag', within: /\bmongo(?:sh|dump|restore|export|import)?\b/, pattern: /\s-p\s{0,8}(?!-)(?<secret>[^\s]{1,1024})/g },
  {
    kind: 'flag',
    within: /\b(?:smbclient|rpcclient)\b/,
    pattern: /\s(?:-U|--user)[ =]?[^\s%]{1,256}%(?<secret>[^\s]{1,1024})/g,
  },
  { kind: 'flag', pattern: /--from-literal[ =]["']?[^\s=]{1,256}=(?<secret>[^\s"']{1,1024})/g },
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
  // What proves a signed URL; without it the rest of the URL opens nothing.
  { kind: 'signature', pattern: /[?&](?:x-(?:amz|goog)-signature|sig|signature)=(?<secret>[^\s&"']{8,1024})/gi },
  {
    kind: 'assignment',
    // `password: …` as YAML, logs and prompts write it; the short words mean too much else.
    pattern: new RegExp(String.raw`(?<![\w.-])[a-z0-9_.-]{0,60}(?:${strongName}):\s{1,8}(?!\[redacted:)${value}`, 'gi'),
  },
  {
    kind: 'email',
    // Not systemd's `getty@tty1.service` and not a package's `name@1.2.3.tgz`.
    pattern:
      /(?<![\w.+%-])[\w.+%-]{1,64}@(?:[a-z0-9-]{1,63}\.){0,7}(?=[a-z0-9-]{0,62}[a-z])[a-z0-9-]{1,63}\.(?!(?:service|socket|timer|target|scope|slice|mount|automount|swap|path|device)\b)[a-z]{2,24}(?![\w-])/gi,
  },
]

/** Cheap: most texts hold none of what every one of these rules needs. */
export const hint =
  /[=@]|-----BEGIN|eyJ|A[KSBC]IA|ACCA|pass|pwd|secret|token|psk|key|auth|bearer|cookie|hooks\.slack|discord|gh[pousr]_|github_pat_|glpat-|xox|[srp]k_|npm_|AIza|hv[sbr]\.|whsec_|do[opr]_v1_|pypi-|dckr_|SG\.|SK[0-9a-f]{32}|ya29\.|GOCSPX|sk-|:AA|\/bot\d|mysql|mariadb|mongo|redis-cli|ldap|login|smbclient|rpcclient|curl/i
