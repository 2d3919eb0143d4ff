export type SettingKind = 'text' | 'file' | 'url' | 'host' | 'port' | 'duration' | 'bytes' | 'switch' | 'groups'

export type Setting = {
  /** Its name in the file; the variable's follows from it. */
  readonly path: string
  readonly kind: SettingKind
  readonly fallback: string | readonly never[] | null
  readonly help: string
  readonly choices?: readonly string[]
  /** Only ever the path of a file. */
  readonly secret?: true
}

/** Every setting of the service, once. docs/guides/settings.md shows the same table, and a test holds it to this one. */
export const settingTable = {
  listenHost: {
    path: 'listen.host',
    kind: 'host',
    fallback: '127.0.0.1',
    help: 'address to listen on; beyond this machine only with TLS or behind a proxy that has it',
  },
  listenPort: { path: 'listen.port', kind: 'port', fallback: '8642', help: 'port; 0 takes a free one' },
  tlsCertificate: {
    path: 'tls.certificate',
    kind: 'file',
    fallback: null,
    help: 'PEM file with the certificate chain; with tls.key the service speaks HTTPS itself',
  },
  tlsKey: { path: 'tls.key', kind: 'file', fallback: null, help: 'PEM file with the private key of the certificate' },
  url: {
    path: 'url',
    kind: 'url',
    fallback: null,
    help: 'address under which people reach the service; needed for OIDC and for links',
  },
  trustProxy: {
    path: 'listen.trustProxy',
    kind: 'switch',
    fallback: 'false',
    help: 'believe X-Forwarded-For and -Proto; only behind a proxy that sets them',
  },
  ledgerOrigin: {
    path: 'ledger.origin',
    kind: 'host',
    fallback: null,
    help: 'name of the transparency log, a bare host name; settled with the first entry',
  },
  lateness: {
    path: 'ingest.lateness',
    kind: 'duration',
    fallback: '7d',
    help: 'evidence older than this when it arrives no longer changes its window; it is counted',
  },
  flush: {
    path: 'ingest.flush',
    kind: 'duration',
    fallback: '1s',
    help: 'how long folded evidence may wait in memory; what was received is durable before',
  },
  backlog: {
    path: 'ingest.backlog',
    kind: 'bytes',
    fallback: '2GB',
    help: 'received and not folded; past it API clients and forwarders are asked to wait',
  },
  body: { path: 'ingest.body', kind: 'bytes', fallback: '32MB', help: 'largest request at the doors for evidence' },
  held: { path: 'ingest.held', kind: 'bytes', fallback: '128MB', help: 'bodies in memory, all requests together' },
  quiet: {
    path: 'windows.quiet',
    kind: 'duration',
    fallback: '1m',
    help: 'how long late evidence must have stopped coming before its window is judged anew',
  },
  rawRetention: {
    path: 'retention.raw',
    kind: 'duration',
    fallback: '30d',
    help: 'how long raw evidence is kept once it is folded, at least; a manifest may ask for longer',
  },
  accessLogRetention: {
    path: 'retention.accessLog',
    kind: 'duration',
    fallback: '400d',
    help: 'how long the log of who looked at what is kept',
  },
  logLevel: {
    path: 'log.level',
    kind: 'text',
    fallback: 'info',
    choices: ['error', 'warn', 'info', 'debug'],
    help: 'error, warn, info or debug',
  },
  oidcIssuer: { path: 'oidc.issuer', kind: 'url', fallback: null, help: 'identity provider; people then log in with it' },
  oidcClientId: { path: 'oidc.clientId', kind: 'text', fallback: null, help: 'what the identity provider knows this service as' },
  oidcClientSecret: { path: 'oidc.clientSecretFile', kind: 'file', fallback: null, help: 'file with the client secret' },
  oidcGroupsClaim: { path: 'oidc.groupsClaim', kind: 'text', fallback: 'groups', help: 'claim that lists a person’s groups' },
  oidcGroups: {
    path: 'oidc.groups',
    kind: 'groups',
    fallback: [],
    help: 'what members of a group may do: {group, role, application, environment}',
  },
  oidcScopes: {
    path: 'oidc.scopes',
    kind: 'text',
    fallback: 'openid profile email',
    help: 'scopes to ask for; many providers give groups only with a scope of their own',
  },
  oidcEmailDomains: {
    path: 'oidc.emailDomains',
    kind: 'text',
    fallback: null,
    help: 'e-mail domains, with spaces between, whose people may come in before anybody gave them a role; else nobody may',
  },
  oidcAllowInsecure: {
    path: 'oidc.allowInsecure',
    kind: 'switch',
    fallback: 'false',
    help: 'plain http to an issuer on this very machine, for trials',
  },
  spiffeTrustDomain: { path: 'spiffe.trustDomain', kind: 'host', fallback: null, help: 'trust domain of workload identities' },
  spiffeJwtBundle: {
    path: 'spiffe.bundle',
    kind: 'file',
    fallback: null,
    help: 'bundle of the trust domain (JWK set); JWT-SVIDs and, with TLS, X.509-SVIDs are then accepted',
  },
  spiffeAudience: { path: 'spiffe.audience', kind: 'text', fallback: 'runproof', help: 'audience that a JWT-SVID must name' },
} as const satisfies Readonly<Record<string, Setting>>
