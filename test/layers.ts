/**
 * Who may import whom: a folder may import itself and what its line names; a folder without a line fails. The longest matching line
 * counts. ARCHITECTURE.md shows the same table; `architecture.test.ts` holds both to it.
 */
const pure = ['core', 'src/lib'] as const

export const mayImport: Readonly<Record<string, readonly string[]>> = {
  // core: what two parties must compute alike. Each room may use the ones that it names.
  'core/model': ['core/proof/jcs.ts'],
  'core/patterns': ['core/model'],
  'core/proof': ['core/model'],
  'core/rego': ['core/model', 'core/proof'],
  'core/judge': ['core/model', 'core/patterns', 'core/proof', 'core/rego'],
  verify: ['core'],
  'src/lib': [],
  'src/lib/io': ['core', 'src/lib'],

  // P: pure. Never another P: they meet in pipeline.ts and in the commands.
  'src/declare': pure,
  'src/sensors': pure,
  'src/enrich': pure,
  'src/report': pure,
  'src/review': pure,

  // W: touches the world. Never another W.
  'src/collect': [...pure, 'src/lib/io'],
  'src/store': [...pure, 'src/lib/io'],
  'src/keys': [...pure, 'src/lib/io'],
  // Our own sensors: they write canonical records by the connector's own writer.
  // A guard policy is a document that people write: it is read, with positions, as a manifest is.
  'src/guard': [...pure, 'src/lib/io', 'src/sensors', 'src/declare'],
  'src/state': [...pure, 'src/lib/io', 'src/sensors'],

  'src/shell.ts': ['core'],
  'src/pipeline.ts': ['src/shell.ts', 'core', 'src/report'],
  // Who may come in: people, tokens, sensors.
  'src/access': [...pure, 'src/store'],
  // Acts: permission, schema, what is fetched, pure work, one commit. They write to the store that they are given.
  'src/actions': [...pure, 'src/declare', 'src/review', 'src/enrich', 'src/report', 'src/store', 'src/access', 'src/shell.ts'],
  // HTTP: routes from acts, doors for evidence, who may come in. It knows no thread and no file of evidence.
  'src/server': [...pure, 'src/lib/io', 'src/actions', 'src/store', 'src/access'],
  // Where the service is put together: threads, doors, store and clock.
  'src/service': [
    ...pure,
    'src/lib/io',
    'src/shell.ts',
    'src/pipeline.ts',
    'src/declare',
    'src/sensors',
    'src/enrich',
    'src/review',
    'src/report',
    'src/collect',
    'src/store',
    'src/keys',
    'src/access',
    'src/actions',
    'src/server',
  ],
  // The command line is where everything is put together, each command for itself, so that none pays for the others.
  'src/cli': [
    'src/service',
    'src/access',
    'src/actions',
    'src/server',
    'src/shell.ts',
    'src/pipeline.ts',
    'verify',
    'core',
    'src/lib',
    'src/lib/io',
    'src/declare',
    'src/sensors',
    'src/enrich',
    'src/report',
    'src/review',
    'src/collect',
    'src/store',
    'src/keys',
    'src/guard',
    'src/state',
  ],
  'src/main.ts': ['src/cli'],

  test: ['core', 'src', 'verify', 'samples', 'catalogue'],
  samples: ['core', 'src', 'verify'],
  bench: ['core', 'src', 'verify', 'catalogue'],
}

/** Folders that run without Node: no `node:` import, no process, no Buffer; browsers and auditors run them too. */
export const withoutNode = ['core', 'verify'] as const

/** Folders that read no clock, file, socket or process: same arguments, same result. */
export const pureFolders = ['core', 'verify', 'src/declare', 'src/sensors', 'src/enrich', 'src/report', 'src/review'] as const

/** What a folder may take from npm. Node's own modules are for the folders that are not named above. */
export const mayUse: Readonly<Record<string, readonly string[]>> = {
  core: ['zod/mini', 're2js'],
  verify: [],
  'src/declare': ['yaml', 'zod/mini'],
  'src/sensors': [],
  'src/enrich': [],
  'src/report': ['pdfkit'],
  'src/review': [],
  'src/actions': ['zod/mini'],
  'src/server': ['fastify', 'jose', 'openid-client', 'prom-client', 'zod/mini'],
  'src/service': ['fastify', 'pino'],
  'src/guard': ['yaml', 'zod/mini'],
  'src/state': ['yaml', 're2js', 'zod/mini'],
  src: ['zod/mini'],
}
