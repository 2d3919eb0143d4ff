import type { Target } from '../model/act.ts'
import type { Identity, Sighting } from '../model/behaviour.ts'
import type { Selection } from '../model/manifest.ts'
import { compileBlocks } from '../patterns/address.ts'
import { compilePatterns, expandAll } from '../patterns/glob.ts'
import { normalisePath } from './normalise.ts'
import type { ResolvedControl } from './resolve.ts'

/** A control with its patterns compiled once. */
export type CompiledControl = {
  readonly control: ResolvedControl
  /** Keys of the workloads that it applies to. */
  readonly appliesTo: ReadonlySet<string>
  /** The detection's rule is named in `evidence`. */
  readonly maps: (sighting: Sighting) => boolean
  /** Why the act itself is not allowed, or null when it is, or is none of this control's business. */
  readonly rejects: (identity: Identity, sighting: Sighting) => Rejection | null
  /** The allow list surely holds the act, and the deny list surely does not. */
  readonly permits: (identity: Identity, sighting: Sighting) => boolean
  /** The reason of the exception that covers every sighting, or null. */
  readonly excepts: (identity: Identity, sighted: readonly Sighting[], workloads: readonly string[]) => string | null
}

/** `sure`: whatever we do not know about the act, it is not allowed. */
export type Rejection = { readonly because: 'denied' | 'not_allowed'; readonly sure: boolean }

/** @throws RunproofError `format.malformed` for a pattern that the manifest's reader would have refused */
export function compileControl(control: ResolvedControl): CompiledControl {
  const evidence = new Map([...control.evidence].map(([sensor, rules]) => [sensor, compilePatterns(rules, { separator: null })]))
  const denied = control.deny && compileSelection(control.deny)
  const allowed = control.allow && compileSelection(control.allow)
  const exceptions = control.except.map(({ reason, workloads, rules, ...selection }) => ({
    reason,
    selects: compileSelection(selection),
    ofWorkload: workloads && compilePatterns(workloads),
    ofRule: rules && compilePatterns(rules, { separator: null }),
  }))
  // An allow list of outbound destinations says nothing about listening, and the other way round.
  const allowedDirections = new Set(control.allow?.destinations?.map(({ direction }) => direction ?? 'out'))
  const allowSpeaksOf = ({ target }: Identity): boolean =>
    target?.type !== 'address' || allowedDirections.size === 0 || allowedDirections.has(target.direction)
  return {
    control,
    appliesTo: new Set(control.workloads),
    permits: (identity, sighting) =>
      identity.action === control.behaviour &&
      allowed?.(identity, sighting, 'must') === true &&
      denied?.(identity, sighting, 'may') !== true,
    maps: ({ sensor, rule }) => rule !== null && (evidence.get(sensor)?.(rule) ?? false),
    rejects(identity, sighting) {
      if (identity.action !== control.behaviour) return null
      // Deny must not miss: what may be the denied thing is denied. Allow must not guess: only what surely is allowed passes.
      const denies = denied?.(identity, sighting, 'may') === true
      if (denies && denied(identity, sighting, 'must')) return { because: 'denied', sure: true }
      const allows = !allowed || !allowSpeaksOf(identity) || allowed(identity, sighting, 'must')
      if (!allows && !allowed(identity, sighting, 'may')) return { because: denies ? 'denied' : 'not_allowed', sure: true }
      if (denies) return { because: 'denied', sure: false }
      return allows ? null : { because: 'not_allowed', sure: false }
    },
    excepts(identity, sighted, workloads) {
      const covering = exceptions.find(
        ({ selects, ofWorkload, ofRule }) =>
          sighted.every(
            (sighting) => selects(identity, sighting, 'must') && (!ofRule || (sighting.rule !== null && ofRule(sighting.rule))),
          ) &&
          (!ofWorkload ||
            workloads.every((workload) => ofWorkload(workload) || ofWorkload(workload.slice(workload.indexOf('/') + 1)))),
      )
      return covering?.reason ?? null
    },
  }
}

/** `may`: an act of which we know too little to say no matches too; `must`: it does not. */
type Certainty = 'may' | 'must'
type Selects = (identity: Identity, sighting: Sighting, certainty: Certainty) => boolean

/** All lists that are given must match; the target's list is the one of its type. */
function compileSelection({ binaries, paths, access, destinations, capabilities, syscalls, names, by }: Selection): Selects {
  const checks: Selects[] = []
  if (binaries) checks.push(ofTarget(pathTest(binaries), 'binary'))
  if (paths) checks.push(ofTarget(pathTest(paths), 'path'))
  if (capabilities || syscalls) {
    const tests = { capability: nameTest(capabilities), syscall: nameTest(syscalls) }
    checks.push(({ target }, _sighting, certainty) => {
      if (target?.type === 'capability' || target?.type === 'syscall') return tests[target.type](target.name)
      return target === null && certainty === 'may'
    })
  }
  if (names) {
    const matches = nameTest(names)
    checks.push(({ target }, _sighting, certainty) => {
      if (target?.type === 'resource' || target?.type === 'state') return matches(target.name)
      return target === null && certainty === 'may'
    })
  }
  if (destinations) {
    const tests = destinations.map(destinationTest)
    checks.push(({ target }, _sighting, certainty) =>
      target?.type === 'address' ? tests.some((test) => test(target, certainty)) : target === null && certainty === 'may',
    )
  }
  if (access)
    checks.push((_identity, sighting, certainty) =>
      sighting.access === null ? certainty === 'may' : access.includes(sighting.access),
    )
  if (by) {
    const matches = pathTest(by)
    checks.push(({ executable }, _sighting, certainty) => {
      if (executable === null) return certainty === 'may'
      return matches({ path: executable, partial: !executable.startsWith('/') }, certainty)
    })
  }
  const [only, ...others] = checks
  if (only && others.length === 0) return only
  return (identity, sighting, certainty) => checks.every((check) => check(identity, sighting, certainty))
}

type PathTest = (target: { readonly path: string; readonly partial: boolean }, certainty: Certainty) => boolean

function ofTarget(matches: PathTest, type: 'binary' | 'path'): Selects {
  return ({ target }, _sighting, certainty) =>
    target?.type === type ? matches(target, certainty) : target === null && certainty === 'may'
}

/**
 * Where only a name is known, it may be any file of that name that the patterns speak of. A pattern that names a process id or another
 * text that {@link normalisePath} folds may mean whatever was folded with it.
 */
function pathTest(patterns: readonly string[]): PathTest {
  const whole = compilePatterns(patterns)
  const single = expandAll(patterns)
  const folds = single.some((pattern) => normalisePath(pattern) !== pattern)
  const folded = folds ? compilePatterns(single.map(normalisePath)) : null
  const lastSegments = compilePatterns(single.map((pattern) => normalisePath(pattern.slice(pattern.lastIndexOf('/') + 1))))
  return ({ path, partial }, certainty) => {
    if (whole(path)) return true
    if (certainty === 'must') return false
    return folded?.(path) === true || (partial && lastSegments(path.slice(path.lastIndexOf('/') + 1)))
  }
}

function nameTest(patterns: readonly string[] | undefined): (name: string) => boolean {
  return patterns ? compilePatterns(patterns, { separator: null }) : () => false
}

type Destination = NonNullable<Selection['destinations']>[number]
type Address = Extract<Target, { type: 'address' }>

function destinationTest({
  cidr,
  dns,
  ports,
  protocol,
  direction,
}: Destination): (target: Address, certainty: Certainty) => boolean {
  const inBlock = cidr === undefined ? null : compileBlocks([cidr])
  const isNamed = dns === undefined ? null : compilePatterns([dns.toLowerCase()], { separator: null })
  const ranges = ports?.map(rangeOf)
  const known = <T>(value: T | null, test: (value: T) => boolean, certainty: Certainty): boolean =>
    value === null ? certainty === 'may' : test(value)
  return (target, certainty) =>
    (inBlock === null || known(target.address, inBlock, certainty)) &&
    (isNamed === null || known(target.name, isNamed, certainty)) &&
    (ranges === undefined || known(target.port, (port) => ranges.some(([from, to]) => port >= from && port <= to), certainty)) &&
    (protocol === undefined || known(target.protocol, (value) => value === protocol, certainty)) &&
    (direction === undefined ? target.direction === 'out' : target.direction === direction)
}

function rangeOf(port: number | string): readonly [number, number] {
  if (typeof port === 'number') return [port, port]
  const [from = '', to = ''] = port.split('-')
  return [Number(from), Number(to)]
}
