/**
 * What is asked of a host and what it answered. Facts know nothing of what is expected: the same bundle can be judged again, signed and
 * compared. Every answer may fail by itself; error texts are in goss's words (`open /x: no such file or directory`).
 */

export type Answer<T> = { readonly value: T } | { readonly error: string }

export type FileType = 'file' | 'directory' | 'symlink' | 'socket' | 'pipe' | 'character-device' | 'block-device'
export type Digest = 'md5' | 'sha256' | 'sha512'

/** Bytes that a host answered: text where it is valid UTF-8, else base64. `size` before any cut; `cut`: more was there than is kept. */
export type Bytes = ({ readonly text: string } | { readonly base64: string }) & { readonly size: number; readonly cut: boolean }

export type FileFact = {
  readonly exists: Answer<boolean>
  /** lstat. `mode`: four octal digits, setuid bits in front. `mtime`: RFC 3339 in seconds; null where the host's tools do not tell. */
  readonly stat: Answer<{
    readonly mode: string
    readonly type: FileType
    readonly uid: number
    readonly gid: number
    readonly size: number
    readonly mtime: string | null
  }>
  readonly owner: Answer<string>
  readonly group: Answer<string>
  /** The raw text of the link. */
  readonly linkTarget: Answer<string>
  /** Follow links; present only if asked for. */
  readonly contents?: Answer<Bytes>
  readonly digests?: Readonly<Partial<Record<Digest, Answer<string>>>>
  /**
   * User → what it may do by the mode bits of the file behind links and of every folder on the way, groups included. Access control
   * lists and capabilities are not considered.
   */
  readonly access?: Readonly<
    Record<string, Answer<{ readonly read: boolean; readonly write: boolean; readonly execute: boolean }>>
  >
  /** As `getcap` prints them; SELinux label. Present only if asked for. */
  readonly capabilities?: Answer<string>
  readonly label?: Answer<string>
}

/** -1: ended by a signal. */
export type CommandFact = { readonly exitStatus: number; readonly stdout: Bytes; readonly stderr: Bytes }

export type SocketFact = {
  readonly protocol: 'tcp' | 'tcp6' | 'udp' | 'udp6'
  /** As the kernel has it, IPv6 in Go's shortest form, lower case. */
  readonly address: string
  readonly port: number
  readonly isListening: boolean
  readonly uid: number
}

export type ProcessFact = {
  readonly pid: number
  /** As in /proc/N/stat, cut by the kernel at 15 bytes. */
  readonly comm: string
  readonly uid: number
  readonly commandLine: readonly string[]
}

/**
 * `versions` of every installed package by name (and `name:arch` for dpkg, `name.arch` for rpm) and of every asked pattern. `problem`:
 * why the list could not be read (goss then takes everything for not installed); null: it was.
 */
export type PackagesFact = {
  readonly manager: 'dpkg' | 'rpm' | 'apk' | 'pacman' | null
  readonly problem: string | null
  readonly installed: Readonly<Record<string, readonly string[]>>
}

export type ServiceFact = {
  readonly manager: 'systemd' | 'upstart' | 'openrc' | 'sysv'
  readonly enabled: Answer<boolean>
  readonly running: Answer<boolean>
  /** Null under systemd. */
  readonly runlevels: Answer<readonly string[] | null>
}

export type AccountsFact = {
  /** Raw rows, so that a malformed one is visible. */
  readonly passwd: Answer<string>
  readonly group: Answer<string>
}

export type MountFact = {
  readonly mountpoint: string
  readonly options: readonly string[]
  readonly superOptions: readonly string[]
  readonly source: string
  readonly filesystem: string
}

export type HttpFact = {
  readonly status: number
  /** Canonical names; one entry per value, as received. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Answer<Bytes>
}

export type CertificateFact = {
  readonly subject: string
  readonly issuer: string
  readonly names: readonly string[]
  readonly notBefore: string
  readonly notAfter: string
  readonly serial: string
  readonly sha256: string
  readonly protocol: string
  /** Null: the chain was verified with the host's roots (or `ca-file`); else why not. */
  readonly chainError: string | null
}

/** Kind → what is asked (beside `kind`) and what is answered. */
export type FactKinds = {
  file: {
    ask: {
      /** As the user wrote it; `~` is expanded on the target. */
      readonly path: string
      readonly contents: boolean
      readonly digests: readonly Digest[]
      readonly access: readonly string[]
      readonly capabilities: boolean
      readonly label: boolean
    }
    answer: FileFact
  }
  command: {
    ask: { readonly command: string; readonly timeoutMs: number; readonly retries: number; readonly retryDelayMs: number }
    answer: CommandFact
  }
  sockets: { ask: object; answer: readonly SocketFact[] }
  processes: { ask: object; answer: readonly ProcessFact[] }
  /**
   * Manager null: whichever the host has. `patterns`: names that are more than a name: dpkg's globs and `name:arch`, rpm's
   * `name-version-release.arch`. Each has its own key in `installed` where something matches.
   */
  packages: {
    ask: { readonly manager: 'dpkg' | 'rpm' | 'apk' | 'pacman' | null; readonly patterns: readonly string[] }
    answer: PackagesFact
  }
  service: { ask: { readonly name: string }; answer: ServiceFact }
  accounts: { ask: object; answer: AccountsFact }
  interfaces: {
    ask: object
    answer: readonly { readonly name: string; readonly mtu: number; readonly addresses: readonly string[] }[]
  }
  mounts: { ask: object; answer: readonly MountFact[] }
  /** Percent used of one mountpoint, as goss rounds it. */
  usage: { ask: { readonly mountpoint: string; readonly timeoutMs: number }; answer: number }
  'kernel-param': { ask: { readonly name: string }; answer: string }
  address: {
    ask: { readonly address: string; readonly localAddress: string | null; readonly timeoutMs: number }
    answer: boolean
  }
  /** Answers as goss lists them, sorted; an empty list: not resolvable. */
  dns: {
    ask: { readonly name: string; readonly type: string | null; readonly server: string | null; readonly timeoutMs: number }
    answer: readonly string[]
  }
  http: {
    ask: {
      readonly url: string
      readonly method: string
      readonly allowInsecure: boolean
      readonly followRedirects: boolean
      readonly timeoutMs: number
      readonly headers: readonly string[]
      readonly body: string
      readonly username: string
      readonly password: string
      readonly caFile: string
      readonly certFile: string
      readonly keyFile: string
      readonly proxy: string
      /** Path of a unix socket; null: TCP. */
      readonly socket: string | null
    }
    answer: HttpFact
  }
  /** A PEM file (`path`) or what a server presents (`address` host:port, `serverName`). */
  certificate: {
    ask: {
      readonly path: string | null
      readonly address: string | null
      readonly serverName: string | null
      readonly caFile: string | null
      readonly timeoutMs: number
    }
    answer: CertificateFact
  }
  'kernel-modules': { ask: object; answer: readonly string[] }
  /** `sshd -T`: lower-case keyword → values. */
  sshd: { ask: { readonly context: string | null }; answer: Readonly<Record<string, readonly string[]>> }
  /** User null: the system's crontabs. Lines without comments. */
  crontab: { ask: { readonly user: string | null }; answer: readonly string[] }
}
export type FactKind = keyof FactKinds
export type Query = { [K in FactKind]: { readonly kind: K } & FactKinds[K]['ask'] }[FactKind]
export type QueryOf<K extends FactKind> = { readonly kind: K } & FactKinds[K]['ask']
export type AnswerOf<K extends FactKind> = Answer<FactKinds[K]['answer']>

/** Where facts come from. `id` names the host in results and findings: the machine's host name unless the user gave one. */
export type Target = {
  readonly id: string
  readonly transport: 'local' | 'ssh' | 'docker' | 'podman' | 'kubectl'
  /** As the user named it: `ssh://ops@web-1`, `docker://shop`, `kubectl://shop/payments-0/app`; `local`. */
  readonly address: string
}

/** What a host answered in one run: the collector's form is docs/formats/facts.md. Keys of `facts` are `keyOf(query)`. */
export type FactBundle = {
  readonly format: 'runproof-facts/v1'
  readonly target: Target
  /** Kernel, distribution and architecture as the host says; null: it did not. */
  readonly host: { readonly system: string | null; readonly distribution: string | null; readonly architecture: string | null }
  readonly startedAt: string
  readonly endedAt: string
  readonly facts: Readonly<Record<string, { readonly query: Query; readonly answer: Answer<unknown> }>>
}

/** The key of a query in a bundle: equal questions have equal keys, whatever the order of their members. */
export function keyOf(query: Query): string {
  const { kind, ...rest } = query
  const names = Object.keys(rest)
  if (names.length === 0) return kind
  const members = rest as Readonly<Record<string, unknown>>
  return `${kind} ${JSON.stringify(Object.fromEntries(names.sort().map((name) => [name, members[name]])))}`
}

/** The answer to a query of a bundle; a question that was never asked is an error, never an absence. */
export function answerIn<K extends FactKind>(bundle: Pick<FactBundle, 'facts'>, query: QueryOf<K>): AnswerOf<K> {
  const found = bundle.facts[keyOf(query as Query)]
  return found === undefined ? { error: 'the collector did not answer this question' } : (found.answer as AnswerOf<K>)
}
