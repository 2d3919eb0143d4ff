import { RunproofError } from '../../../core/model/errors.ts'
import { answerIn, type FactBundle, type ProcessFact, type Query } from '../../state/model/fact.ts'
import type { Dialect, Resource, ResourceType } from '../../state/model/resource.ts'
import { isThere, noOptions, observed, wanted } from '../../state/resources/observed.ts'
import { withResource, type Draft } from '../../state/write/add.ts'
import type { Io } from '../command.ts'
import { announced, answersTo, CannotAdd, intoGossfile, localPath } from './add.ts'
import { hostOptions } from './hosts.ts'
import { read, type Read } from './options.ts'
import { portsOf, portsScript } from './process-ports.ts'

/** What a name can be, in the order in which goss looks. A file only where the name is a path. */
const types: readonly ResourceType[] = ['file', 'group', 'package', 'port', 'process', 'service', 'user']

/** `runproof state autoadd`: whatever goes by that name here. */
export async function autoadd(before: readonly string[], rest: readonly string[], io: Io): Promise<number> {
  const given = read(before, rest, hostOptions, io)
  if (given.positionals.length === 0) throw new RunproofError('usage', 'KEY is missing; usage: runproof state autoadd KEY…')
  return intoGossfile(given.globals, io, async (draft) => {
    let all = draft
    for (const key of given.positionals) all = await withAll(key, all, given, io)
    return all
  })
}

async function withAll(key: string, draft: Draft, given: Read, io: Io): Promise<Draft> {
  const { globals } = given
  const wants = types
    .filter((type) => type !== 'file' || key.includes('/'))
    .map((type) => wanted(type, localPath(type, key, given, io), noOptions))
  const { bundle, context } = await answersTo(wants, given, io, serviceFiles(key))
  let all = draft
  for (const want of wants) {
    const found = observed(want, bundle, noOptions, context)
    if ('error' in found) throw new CannotAdd(found.error)
    const exists = want.type === 'service' ? isService(key, bundle, globals.dialect) : isThere(found.value)
    if (!exists) continue
    all = announced(withResource(all, found.value), globals, io)
    if (want.type === 'process') all = await withPorts(key, bundle, all, given, io)
  }
  return all
}

/** The ports on which processes of that name listen. */
async function withPorts(key: string, { facts }: FactBundle, draft: Draft, given: Read, io: Io): Promise<Draft> {
  const running = answerIn({ facts }, { kind: 'processes' })
  const pids = 'value' in running ? running.value.filter(({ comm }: ProcessFact) => comm === key).map(({ pid }) => pid) : []
  const query = portsScript(pids)
  const { bundle } = await answersTo([], given, io, [query])
  const keys = portsOf(answerIn(bundle, query))
  if (keys.length === 0) return draft
  const wants = keys.map((port): Resource => wanted('port', port, noOptions))
  const { bundle: sockets, context } = await answersTo(wants, given, io)
  return wants.reduce((all, want) => {
    const found = observed(want, sockets, noOptions, context)
    return 'value' in found && isThere(found.value) ? announced(withResource(all, found.value), given.globals, io) : all
  }, draft)
}

const unitFiles = {
  kind: 'command',
  command: 'systemctl -q list-unit-files --type=service',
  timeoutMs: 10_000,
  retries: 0,
  retryDelayMs: 0,
} as const

function scriptOf(path: string): Extract<Query, { kind: 'file' }> {
  return { kind: 'file', path, contents: false, digests: [], access: [], capabilities: false, label: false }
}

function serviceFiles(key: string): readonly Query[] {
  return [unitFiles, scriptOf(`/etc/init.d/${key}`), scriptOf(`/etc/init/${key}.conf`)]
}

/** Whether there is such a service, whether or not it runs. goss is content with a unit whose name ends so. */
function isService(key: string, bundle: FactBundle, dialect: Dialect): boolean {
  if (key.includes('/')) return false
  const units = answerIn(bundle, unitFiles)
  if ('value' in units && units.value.exitStatus === 0) {
    const text = 'text' in units.value.stdout ? units.value.stdout.text : ''
    if (dialect === 'goss') return text.includes(`${key}.service`)
    return text.split('\n').some((line) => line.split(/\s/)[0] === `${key}.service`)
  }
  return [`/etc/init.d/${key}`, `/etc/init/${key}.conf`].some((path) => {
    const answer = answerIn(bundle, scriptOf(path))
    return 'value' in answer && 'value' in answer.value.exists && answer.value.exists.value
  })
}
