import type { FactBundle, Query } from '../model/fact.ts'
import type { Resource, ResourceType, Suite } from '../model/resource.ts'
import { keyOf } from '../model/fact.ts'
import { addr } from './address.ts'
import { certificate } from './certificate.ts'
import { command } from './command.ts'
import { crontab } from './crontab.ts'
import { dns } from './dns.ts'
import { file } from './file.ts'
import { group } from './group.ts'
import { http } from './http.ts'
import { networkInterface } from './interface.ts'
import { kernelModule } from './kernel-module.ts'
import { kernelParam } from './kernel-param.ts'
import { wordOf, type Context, type Facts, type Kind, type Property, type Subject } from './kind.ts'
import { matching } from './matching.ts'
import { mount } from './mount.ts'
import { packageKind } from './package.ts'
import { port } from './port.ts'
import { processKind } from './process.ts'
import { registryKey } from './registry-key.ts'
import { service } from './service.ts'
import { sshd } from './sshd.ts'
import { user } from './user.ts'

/** One line per resource type. */
const kinds: Readonly<Record<ResourceType, Kind>> = {
  addr,
  command,
  dns,
  file,
  group,
  http,
  interface: networkInterface,
  'kernel-param': kernelParam,
  matching,
  mount,
  package: packageKind,
  port,
  process: processKind,
  registry: registryKey,
  service,
  user,
  certificate,
  'kernel-module': kernelModule,
  sshd,
  crontab,
}

/** What a host has to be asked for the whole suite, every question once. Skipped resources ask nothing. */
export function queriesOfSuite({ resources }: Pick<Suite, 'resources'>, context: Context): readonly Query[] {
  const queries = new Map<string, Query>()
  for (const resource of resources)
    if (!resource.skip) for (const query of queriesOf(resource, context)) queries.set(keyOf(query), query)
  return [...queries.values()]
}

export function queriesOf(resource: Resource, context: Context): readonly Query[] {
  return kinds[resource.type].queries(subjectOf(resource), context)
}

/** What a resource asserts, in goss's order, each with what it really is. @throws GossPanic in the dialect `goss`, where goss dies */
export function propertiesOf(resource: Resource, bundle: Facts, context: Context): readonly Property[] {
  return kinds[resource.type].properties(subjectOf(resource), bundle, context)
}

/** Whether the first property decides if the others are judged at all. */
export function isGated({ type }: Resource): boolean {
  return kinds[type].isGated
}

/** The id as goss shows it: the key, with the override behind it where that says something else. */
export function idOf(resource: Resource): string {
  const { showsOverride } = kinds[resource.type]
  const { name } = subjectOf(resource)
  return showsOverride && name !== resource.key ? `${resource.key}: ${name}` : resource.key
}

function subjectOf(resource: Resource): Subject {
  const { override } = kinds[resource.type]
  const given = override === null ? '' : wordOf(resource.attributes.get(override))
  return { resource, name: given || resource.key, attributes: resource.attributes }
}

export type { Context, FactBundle }
