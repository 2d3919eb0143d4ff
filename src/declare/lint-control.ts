import type { ResolvedControl } from '../../core/judge/resolve.ts'
import type { Selection } from '../../core/model/manifest.ts'
import { severityRank } from '../../core/model/severity.ts'
import { isBoundless, normalisedPattern, isRelative } from './lint-pattern.ts'
import type { Hint } from './lint-rules.ts'
import type { Path } from './problem.ts'

/** What a control leaves open for whoever must act on it, and patterns that do not mean what they seem to. */
export function lintControl(control: ResolvedControl, statement: string | undefined, path: Path): Hint[] {
  return [
    ...lintWords(control, statement, path),
    ...lintEvidence(control, path),
    ...lintAllow(control, path),
    ...lintPatterns(control, path),
    ...lintStage(control, path),
    ...lintThresholds(control, path),
  ]
}

function lintWords({ id, owner, remediation, frameworks }: ResolvedControl, statement: string | undefined, path: Path): Hint[] {
  const place = [...path, 'id']
  const hints: Hint[] = []
  if (owner === null)
    hints.push({
      rule: 'RP001',
      path: place,
      message: 'nobody is named who acts on a violation',
      fix: 'add `owner:` with a team or person',
    })
  if (remediation === null)
    hints.push({
      rule: 'RP002',
      path: place,
      message: 'nothing says what to do about a violation',
      fix: 'add `remediation:` with the first steps',
    })
  if (frameworks.size === 0) {
    hints.push({
      rule: 'RP003',
      path: place,
      message: 'an auditor cannot tell which requirement this answers',
      fix: 'add `frameworks:`, like soc2: [CC6.8] or mitre-attack: [T1059]',
    })
  }
  if (!id.includes('.')) {
    hints.push({
      rule: 'RP004',
      path: place,
      message: `${id} does not say what it is about and what it asks`,
      fix: `name scope and intent, like ns-payments.${id}.v1`,
    })
  }
  if (statement === undefined)
    hints.push({
      rule: 'RP005',
      path: place,
      message: 'the promise is not put in words',
      fix: 'add `statement:` as the owner would say it to a customer',
    })
  return hints
}

function lintEvidence({ evidence }: ResolvedControl, path: Path): Hint[] {
  return [...evidence].flatMap(([sensor, patterns]) =>
    patterns.flatMap((pattern, index): Hint[] => {
      if (!/^[*?]*\*[*?]*$/.test(pattern)) return []
      const message = `every detection of ${sensor} violates this control, whatever it is about`
      return [
        {
          rule: 'RP020',
          path: [...path, 'evidence', sensor, index],
          message,
          fix: 'name the rules that are meant, like "Read sensitive file *"',
        },
      ]
    }),
  )
}

function lintAllow({ allow, behaviour }: ResolvedControl, path: Path): Hint[] {
  if (!allow) return []
  const hints: Hint[] = []
  const boundless = (place: Path, what: string): void => {
    hints.push({
      rule: 'RP021',
      path: place,
      message: `${what}: the rest of the list adds nothing`,
      fix: 'name what is really needed',
    })
  }
  for (const name of ['binaries', 'paths', 'capabilities', 'syscalls', 'names', 'by'] as const) {
    for (const [index, pattern] of (allow[name] ?? []).entries()) {
      if (isBoundless(pattern, name)) boundless([...path, 'allow', name, index], `${pattern} allows whatever is put there`)
    }
  }
  for (const [index, { cidr, dns, ports }] of (allow.destinations ?? []).entries()) {
    const everywhere = cidr?.endsWith('/0') === true || /^[*.]*\*$/.test(dns ?? '')
    if (everywhere && ports === undefined)
      boundless([...path, 'allow', 'destinations', index], `${cidr ?? dns ?? ''} allows every destination`)
  }
  if (behaviour === 'connect' && allow.destinations?.every(({ direction = 'out' }) => direction === 'out') === true) {
    const message =
      'a destination without `direction` means outbound: what the workload listens on or accepts is not allowed by this list'
    hints.push({
      rule: 'RP024',
      path: [...path, 'allow', 'destinations'],
      message,
      fix: 'add {direction: listen, ports: […]} and {direction: in, …} for what it serves',
    })
  }
  return hints
}

function lintPatterns({ allow, deny, except }: ResolvedControl, path: Path): Hint[] {
  const selections: readonly (readonly [Path, Selection | null])[] = [
    [[...path, 'allow'], allow],
    [[...path, 'deny'], deny],
    ...except.map((exception, index) => [[...path, 'except', index], exception] as const),
  ]
  return selections.flatMap(([place, selection]) =>
    (['binaries', 'paths', 'by'] as const).flatMap((name) =>
      (selection?.[name] ?? []).flatMap((pattern, index) => lintPath(pattern, [...place, name, index])),
    ),
  )
}

function lintPath(pattern: string, path: Path): Hint[] {
  const normalised = normalisedPattern(pattern)
  if (normalised !== pattern) {
    const message = `${pattern} never matches: what changes from run to run is written <id> in a path`
    return [{ rule: 'RP022', path, message, fix: `write ${normalised}` }]
  }
  if (!isRelative(pattern)) return []
  const message = `${pattern} does not start with /: it matches no full path, only the bare names of sensors that tell no more`
  return [{ rule: 'RP023', path, message, fix: `write **/${pattern}, or the full path` }]
}

/** Sensors that can refuse an act; the others see it and tell. */
const blocking: ReadonlySet<string> = new Set(['tetragon', 'kubearmor', 'guard', 'runproof'])

function lintStage({ stage, owner, remediation, sensors, allow, deny }: ResolvedControl, path: Path): Hint[] {
  if (stage !== 'enforce') return []
  const place = [...path, 'stage']
  const hints: Hint[] = []
  if (owner === null || remediation === null) {
    const missing = [owner === null ? 'owner' : '', remediation === null ? 'remediation' : '']
      .filter((field) => field !== '')
      .join(' and ')
    hints.push({
      rule: 'RP032',
      path: place,
      message: `this control blocks, and has no ${missing}: nobody knows how to undo it at night`,
      fix: `add ${missing}`,
    })
  }
  if (!sensors.some((sensor) => blocking.has(sensor)) || (!allow && !deny)) {
    const message =
      allow || deny
        ? `${sensors.join(', ')} can only watch: nothing is enforced`
        : 'without `allow` or `deny` there is nothing that could be refused'
    hints.push({
      rule: 'RP033',
      path: place,
      message,
      fix:
        allow || deny
          ? 'add a sensor that can refuse (tetragon, kubearmor, guard), or write alert'
          : 'add `deny:`, or write alert',
    })
  }
  return hints
}

function lintThresholds({ thresholds: { fail, review } }: ResolvedControl, path: Path): Hint[] {
  const harder =
    review.count > fail.count ||
    severityRank(review.severity) > severityRank(fail.severity) ||
    review.confidence > fail.confidence
  if (!harder) return []
  const message = `review asks for ${shown(review)}, fail for ${shown(fail)}: what is too little to fail can be too little for a look, too`
  return [
    {
      rule: 'RP034',
      path: [...path, 'thresholds', 'review'],
      message,
      fix: 'make every number of review as low as that of fail, or lower',
    },
  ]
}

function shown({ count, severity, confidence }: ResolvedControl['thresholds']['fail']): string {
  return `${count} of ${severity} with confidence ${confidence}`
}
