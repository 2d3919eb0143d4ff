import type { Target } from '../model/act.ts'
import type { Behaviour, Identity, Sample, Sighting } from '../model/behaviour.ts'
import { jcs, quoted } from '../proof/jcs.ts'
import { sortedByKey } from './merge.ts'

/**
 * A behaviour's line of evidence: what `jcs` would write of it, by hand, because there are hundreds of thousands and their members are
 * known. A test holds the two to each other.
 * @throws RunproofError `format.malformed` for what canonical JSON cannot hold
 */
export function behaviourText(behaviour: Behaviour): string {
  if (behaviour.line !== undefined) return behaviour.line
  const { fingerprint, identity, sightings, samples, written } = behaviour
  const who = written?.identity ?? identityText(identity)
  const examples = written?.samples ?? listed(samples, sampleText)
  const seen = sightings.size === 1 ? [...sightings.values()] : sortedByKey(sightings).map(([, sighting]) => sighting)
  return flat(
    `{"fingerprint":${quoted(fingerprint)},"identity":${who},"kind":"behaviour","samples":${examples},"sightings":${listed(seen, sightingText)}}`,
  )
}

/**
 * A text that was put together of hundreds of pieces holds on to all of them, several times its size, until somebody asks for one of its
 * characters. The question is one that must be asked, so that no compiler leaves it out.
 */
function flat(whole: string): string {
  if (whole.charCodeAt(whole.length - 1) !== 0x7d) throw new RangeError('a line ends with its bracket')
  return whole
}

function identityText(identity: Identity): string {
  const { action, application, cluster, environment, executable, namespace, target, workload } = identity
  return (
    `{"action":${text(action)},"application":${quoted(application)},"cluster":${text(cluster)},` +
    `"environment":${quoted(environment)},"executable":${text(executable)},"namespace":${text(namespace)},` +
    `"target":${target === null ? 'null' : targetText(target)},"workload":${text(workload)}}`
  )
}

function targetText(target: Target): string {
  if (target.type === 'binary' || target.type === 'path')
    return `{"partial":${String(target.partial)},"path":${quoted(target.path)},"type":"${target.type}"}`
  if (target.type !== 'address') return `{"name":${quoted(target.name)},"type":"${target.type}"}`
  const { address, direction, name, port, protocol } = target
  return (
    `{"address":${text(address)},"direction":"${direction}","name":${text(name)},"port":${number(port)},` +
    `"protocol":${text(protocol)},"type":"address"}`
  )
}

function sampleText(sample: Sample): string {
  const { ancestors, at, commandLine, container, digest, image, node, pid, pod, redacted, tags, uid } = sample
  return (
    `{"ancestors":${listed(ancestors, quoted)},"at":${text(at)},"commandLine":${text(commandLine)},"container":${text(container)},` +
    `"digest":${quoted(digest)},"image":${text(image)},"node":${text(node)},"pid":${number(pid)},"pod":${text(pod)},` +
    `"redacted":${number(redacted)},"tags":${listed(tags, quoted)},"uid":${number(uid)}}`
  )
}

function sightingText(sighting: Sighting): string {
  const { access, actionTaken, confidence, count, effect, first, last, minute, rule, sensor, severity, toKill } = sighting
  return (
    `{"access":${text(access)},"actionTaken":${text(actionTaken)},"class":"${sighting.class}","confidence":${number(confidence)},` +
    `"count":${number(count)},"effect":"${effect}","first":${text(first)},"last":${text(last)},"minute":${text(minute)},` +
    `"rule":${text(rule)},"sensor":${quoted(sensor)},"severity":${text(severity)},"toKill":${text(toKill)}}`
  )
}

function listed<T>(items: readonly T[], write: (item: T) => string): string {
  let list = '['
  for (const item of items) list += list.length === 1 ? write(item) : `,${write(item)}`
  return `${list}]`
}

function text(value: string | null): string {
  return value === null ? 'null' : quoted(value)
}

/** Whole numbers need no look: -0 is written 0, and the others are canonical as they are. */
function number(value: number | null): string {
  return Number.isSafeInteger(value) ? String(value) : jcs(value)
}
