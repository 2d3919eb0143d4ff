import type { Act, Subject, Target } from '../model/act.ts'
import type { Watch } from '../model/watch.ts'
import { sha256Hex } from '../proof/sha256.ts'
import { boundRules } from './rule-counts.ts'

/** PATH_MAX of Linux; whatever is longer was made to be. */
const MAX_TEXT = 4096
const MAX_COMMAND_LINE = 8192
const MAX_LIST = 32
const MAX_POLICIES = 256
const MAX_NAME = 300

/**
 * The act with every text and list within the bounds that evidence may have. A text that is cut keeps its beginning and the digest of
 * the whole, so that two long paths stay two targets. Half a surrogate pair, which has no UTF-8 form and so could not be sealed,
 * becomes U+FFFD. Almost every act comes back as it is.
 */
export function boundAct(act: Act): Act {
  const { subject, target } = act
  if (fits(act)) return act
  return {
    ...act,
    sensor: bound(act.sensor),
    rule: boundNullable(act.rule),
    actionTaken: boundNullable(act.actionTaken),
    tags: boundList(act.tags),
    target: target && boundTarget(target),
    subject: boundSubject(subject),
  }
}

/** The signal within the same bounds. */
export function boundWatch(watch: Watch): Watch {
  const instance = { sensor: bound(watch.sensor), node: boundNullable(watch.node) }
  if (watch.kind === 'counters') {
    const texts = { version: boundNullable(watch.version), policies: boundPolicies(watch.policies) }
    return withRules({ ...watch, ...instance, ...texts })
  }
  if (watch.kind === 'throttle') return { ...watch, ...instance, scope: boundNullable(watch.scope) }
  if (watch.kind === 'end') return { ...watch, ...instance, signal: bound(watch.signal) }
  if (watch.kind === 'fault') return { ...watch, ...instance, what: bound(watch.what) }
  if (watch.kind === 'beat') return withRules({ ...watch, ...instance })
  return { ...watch, ...instance }
}

/** Rules by name within their bounds; absent where there are none. */
function withRules<W extends Extract<Watch, { kind: 'beat' | 'counters' }>>(watch: W): W {
  const rules = boundRules(watch.rules)
  if (rules === watch.rules) return watch
  const { rules: _, ...rest } = watch
  return (rules === undefined ? rest : { ...rest, rules }) as W
}

/** The name of an outcome in the tally, within its bounds. */
export function boundName(name: string): string {
  return bound(name, MAX_NAME)
}

function fits({ sensor, rule, actionTaken, tags, target, subject }: Act): boolean {
  const { cluster, node, namespace, workload, pod, container, image, executable, commandLine, ancestors } = subject
  return (
    ancestors.length <= MAX_LIST &&
    tags.length <= MAX_LIST &&
    isBounded(sensor) &&
    isBounded(rule) &&
    isBounded(actionTaken) &&
    isBounded(cluster) &&
    isBounded(node) &&
    isBounded(namespace) &&
    isBounded(workload) &&
    isBounded(pod) &&
    isBounded(container) &&
    isBounded(image) &&
    isBounded(executable) &&
    isBounded(commandLine, MAX_COMMAND_LINE) &&
    ancestors.every((text) => isBounded(text)) &&
    tags.every((text) => isBounded(text)) &&
    isBoundedTarget(target)
  )
}

function isBounded(text: string | null, max = MAX_TEXT): boolean {
  return text === null || (text.length <= max && text.isWellFormed())
}

function isBoundedTarget(target: Target | null): boolean {
  if (target === null) return true
  if (target.type === 'binary' || target.type === 'path') return isBounded(target.path)
  if (target.type !== 'address') return isBounded(target.name)
  return isBounded(target.address) && isBounded(target.name) && isBounded(target.protocol)
}

function boundTarget(target: Target): Target {
  if (target.type === 'binary' || target.type === 'path') return { ...target, path: bound(target.path) }
  if (target.type !== 'address') return { ...target, name: bound(target.name) }
  return {
    ...target,
    address: boundNullable(target.address),
    name: boundNullable(target.name),
    protocol: boundNullable(target.protocol),
  }
}

function boundSubject(subject: Subject): Subject {
  return {
    ...subject,
    cluster: boundNullable(subject.cluster),
    node: boundNullable(subject.node),
    namespace: boundNullable(subject.namespace),
    workload: boundNullable(subject.workload),
    pod: boundNullable(subject.pod),
    container: boundNullable(subject.container),
    image: boundNullable(subject.image),
    executable: boundNullable(subject.executable),
    commandLine: subject.commandLine === null ? null : bound(subject.commandLine, MAX_COMMAND_LINE),
    ancestors: boundList(subject.ancestors),
  }
}

function boundList(texts: readonly string[]): readonly string[] {
  const kept = texts.slice(0, MAX_LIST).map((text) => bound(text))
  return texts.length > MAX_LIST ? [...kept.slice(0, -1), `… and ${texts.length - MAX_LIST + 1} more`] : kept
}

/** The first by name; what stands for the rest says how many they are. */
function boundPolicies(policies: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(policies)
    // Schemas drop a member of this name, and then the sealed line could not be read back.
    .map(([name, digest]) => [name === '__proto__' ? '(__proto__)' : bound(name), bound(digest)] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  const more = named.length - MAX_POLICIES
  return Object.fromEntries(more > 0 ? [...named.slice(0, MAX_POLICIES - 1), ['…', `and ${more + 1} more`]] : named)
}

function boundNullable(text: string | null): string | null {
  return text === null ? null : bound(text)
}

function bound(text: string, max = MAX_TEXT): string {
  if (text.length <= max) return text.toWellFormed()
  const mark = `…sha256:${sha256Hex(text)}`
  // The cut may fall into a surrogate pair; half of one cannot be sealed.
  return `${text.slice(0, max - mark.length).toWellFormed()}${mark}`
}
