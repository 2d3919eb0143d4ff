import assert from 'node:assert/strict'
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, scratch } from './sample.ts'
import { everything, manifest } from './secrets-outputs.ts'
import { seeded } from './secrets.ts'

/**
 * What goes in with a secret in it comes out without it, wherever it stood: each kind of secret is put into each text of each sensor's
 * real events, once for every place, and the whole product is asked for everything that it can say.
 */

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type Path = readonly string[]

/**
 * Names that an operator gives, by which acts are matched and attributed, and the fields that make an event what it is. They are no
 * place for what a program was told; docs/formats/redaction.md says so.
 */
const names = new Set(
  (
    'rule source priority time hostname Timestamp UpdatedTime timestamp updatedTime time_ns ClusterName clusterName HostName hostName Hostname ' +
    'NamespaceName namespaceName Namespace namespace Owner OwnerName OwnerRef OwnerNamespace Ref Name PodName podName PolicyName policyName ' +
    'Type type Operation operation Severity severity Enforcer enforcer Action action Result result EventType KubeArmorVersion Level ' +
    'node_name cluster_name function_name policy_name workload workload_kind exec_id parent_exec_id start_time docker flags subsys event ' +
    'podNamespace podUID eventName eventId matchedPolicies matched name uid id ContainerID containerID containerId ContainerName containerName ' +
    'evt.type evt.res evt.time evt.source k8s.ns.name k8s.pod.name k8s.deployment.name container.id container.full_id container.name ' +
    'k8smeta.ns.name k8smeta.pod.name cluster fd.sip fd.cip fd.rip fd.lip fd.l4proto fd.typechar falco.version uuid syscall'
  ).split(' '),
)

const sources = globSync('src/sensors/{falco,tetragon,kubearmor,tracee}/fixtures/*.ndjson', { cwd: root }).sort()

/**
 * Each text of each kind of event. The first time that a sensor has a text at some place it gets every secret; in its other kinds of
 * events the same place gets some of them in turn, which keeps the run short.
 */
function events(): readonly string[] {
  const lines: string[] = []
  const seen = new Set<string>()
  let turn = 0
  for (const source of sources) {
    for (const line of readFileSync(join(root, source), 'utf8').trim().split('\n')) {
      const event = JSON.parse(line) as Json
      for (const path of textsOf(event, [])) {
        const place = `${source.split('/')[2]}:${path.join('/').replaceAll(/\b\d+\b/g, '#')}`
        const ofKind = `${place}:${kindOf(event)}`
        if (seen.has(ofKind)) continue
        const chosen = seen.has(place) ? Array.from({ length: 4 }, () => seeded[turn++ % seeded.length] ?? seeded[0]) : seeded
        seen.add(place).add(ofKind)
        for (const one of chosen) lines.push(JSON.stringify(withText(event, path, one?.text ?? '')))
      }
    }
  }
  return lines
}

function kindOf(event: Json): string {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return ''
  const one = event as { readonly [key: string]: Json }
  const fields = one['output_fields'] as { readonly [key: string]: Json } | undefined
  return JSON.stringify([one['eventName'], one['name'], one['Operation'], one['Type'], fields?.['evt.type'], Object.keys(one)[0]])
}

function textsOf(value: Json, path: Path): readonly Path[] {
  if (typeof value === 'string') return names.has(path.at(-1) ?? '') || isTime(value) ? [] : [path]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => (names.has(key) ? [] : textsOf(member, [...path, key])))
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT/.test(text)
}

/** The text follows what stood there, so that a path stays a path and an address an address. */
function withText(value: Json, [key, ...rest]: Path, text: string): Json {
  if (key === undefined) return typeof value === 'string' ? `${value} ${text}` : value
  if (Array.isArray(value)) return value.map((one: Json, index) => (String(index) === key ? withText(one, rest, text) : one))
  const members = value as { readonly [key: string]: Json }
  return { ...members, [key]: withText(members[key] ?? null, rest, text) }
}

test('there are at least twenty-five kinds of secrets, none twice, and four sensors to carry them', () => {
  assert.ok(seeded.length >= 25)
  assert.equal(new Set(seeded.map(({ secret }) => secret)).size, seeded.length)
  for (const { kind, text, secret } of seeded) assert.ok(text.includes(secret), kind)
  assert.deepEqual([...new Set(sources.map((source) => source.split('/')[2]))], ['falco', 'kubearmor', 'tetragon', 'tracee'])
})

test('no secret of any kind, in any text of any sensor’s event, reaches any output', async () => {
  const folder = scratch()
  mkdirSync(join(folder, 'assurance'))
  writeFileSync(join(folder, 'assurance', 'manifest.yaml'), manifest)
  const lines = events()
  assert.ok(lines.length > 5000, `only ${lines.length} events`)
  const broken = seeded.map(({ text }) => `{"rule":"x","output_fields":{"proc.cmdline":${JSON.stringify(text)}`)
  writeFileSync(
    join(folder, 'events.ndjson'),
    [...lines, ...broken, ...seeded.map(({ text }) => text.replaceAll('\n', ' '))].join('\n'),
  )
  const said = await everything(folder)
  for (const name of ['out/evidence.ndjson.gz', 'out/report.json', 'out/report.html', 'out/report.pdf', 'out/quarantine.ndjson'])
    assert.ok(
      said.some(({ where }) => where === name),
      name,
    )
  // The check could not fail if nothing of the events came through at all.
  const evidence = said.find(({ where }) => where.endsWith('evidence.ndjson.gz'))?.text ?? ''
  assert.ok((evidence.match(/\[redacted:/g) ?? []).length > 1000)

  const leaks = seeded.flatMap(({ kind, secret }) => {
    const places = said.filter(({ text }) => text.includes(secret))
    return places.length === 0 ? [] : [`${kind}: ${places.map(({ where }) => where).join(', ')}`]
  })
  assert.deepEqual(leaks, [])
})
