import { createRequire } from 'node:module'
import { late } from '../../lib/late.ts'
import type { FactBundle, Query } from '../model/fact.ts'
import type { Resource, ResourceType, Suite } from '../model/resource.ts'
import { keyOf } from '../model/fact.ts'
import type * as Address from './address.ts'
import type * as Certificate from './certificate.ts'
import type * as Command from './command.ts'
import type * as Crontab from './crontab.ts'
import type * as Dns from './dns.ts'
import type * as File from './file.ts'
import type * as Group from './group.ts'
import type * as Http from './http.ts'
import type * as Interface from './interface.ts'
import type * as KernelModule from './kernel-module.ts'
import type * as KernelParam from './kernel-param.ts'
import { wordOf, type Context, type Facts, type Kind, type Property, type Subject } from './kind.ts'
import type * as Matching from './matching.ts'
import type * as Mount from './mount.ts'
import type * as Package from './package.ts'
import type * as Port from './port.ts'
import type * as Process from './process.ts'
import type * as RegistryKey from './registry-key.ts'
import type * as Service from './service.ts'
import type * as Sshd from './sshd.ts'
import type * as User from './user.ts'

const load = createRequire(import.meta.url)

/** One line per resource type. Each is read when a suite has it. */
const kinds: Readonly<Record<ResourceType, () => Kind>> = {
  addr: late(() => (load('./address.ts') as typeof Address).addr),
  command: late(() => (load('./command.ts') as typeof Command).command),
  dns: late(() => (load('./dns.ts') as typeof Dns).dns),
  file: late(() => (load('./file.ts') as typeof File).file),
  group: late(() => (load('./group.ts') as typeof Group).group),
  http: late(() => (load('./http.ts') as typeof Http).http),
  interface: late(() => (load('./interface.ts') as typeof Interface).networkInterface),
  'kernel-param': late(() => (load('./kernel-param.ts') as typeof KernelParam).kernelParam),
  matching: late(() => (load('./matching.ts') as typeof Matching).matching),
  mount: late(() => (load('./mount.ts') as typeof Mount).mount),
  package: late(() => (load('./package.ts') as typeof Package).packageKind),
  port: late(() => (load('./port.ts') as typeof Port).port),
  process: late(() => (load('./process.ts') as typeof Process).processKind),
  registry: late(() => (load('./registry-key.ts') as typeof RegistryKey).registryKey),
  service: late(() => (load('./service.ts') as typeof Service).service),
  user: late(() => (load('./user.ts') as typeof User).user),
  certificate: late(() => (load('./certificate.ts') as typeof Certificate).certificate),
  'kernel-module': late(() => (load('./kernel-module.ts') as typeof KernelModule).kernelModule),
  sshd: late(() => (load('./sshd.ts') as typeof Sshd).sshd),
  crontab: late(() => (load('./crontab.ts') as typeof Crontab).crontab),
}

/** What a host has to be asked for the whole suite, every question once. Skipped resources ask nothing. */
export function queriesOfSuite({ resources }: Pick<Suite, 'resources'>, context: Context): readonly Query[] {
  const queries = new Map<string, Query>()
  for (const resource of resources)
    if (!resource.skip) for (const query of queriesOf(resource, context)) queries.set(keyOf(query), query)
  return [...queries.values()]
}

export function queriesOf(resource: Resource, context: Context): readonly Query[] {
  return kinds[resource.type]().queries(subjectOf(resource), context)
}

/** What a resource asserts, in goss's order, each with what it really is. @throws GossPanic in the dialect `goss`, where goss dies */
export function propertiesOf(resource: Resource, bundle: Facts, context: Context): readonly Property[] {
  return kinds[resource.type]().properties(subjectOf(resource), bundle, context)
}

/** Whether the first property decides if the others are judged at all. */
export function isGated({ type }: Resource): boolean {
  return kinds[type]().isGated
}

/** The id as goss shows it: the key, with the override behind it where that says something else. */
export function idOf(resource: Resource): string {
  const { showsOverride } = kinds[resource.type]()
  const { name } = subjectOf(resource)
  return showsOverride && name !== resource.key ? `${resource.key}: ${name}` : resource.key
}

function subjectOf(resource: Resource): Subject {
  const { override } = kinds[resource.type]()
  const given = override === null ? '' : wordOf(resource.attributes.get(override))
  return { resource, name: given || resource.key, attributes: resource.attributes }
}

export type { Context, FactBundle }
