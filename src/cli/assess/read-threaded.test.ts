import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { foldScopeOf, inputsOf, manifestOf } from '../../../core/judge/fixtures.ts'
import { seal } from '../../../core/judge/seal.ts'
import { windowOf } from '../../../core/model/window.ts'
import { openEvents } from '../../collect/open.ts'
import { builtIn, redactorOf } from '../../sensors/redact.ts'
import { eventTaker, type Quarantined } from './read-events.ts'

const folder = mkdtempSync(join(tmpdir(), 'runproof-threads-'))
after(() => rmSync(folder, { recursive: true }))

const window = windowOf({ application: 'shop', environment: 'prod' }, '2026-03-02T00:00:00Z', '2026-03-02T01:00:00Z')

function alert(index: number): string {
  return JSON.stringify({
    hostname: `node-${index % 3}`,
    priority: 'Warning',
    rule: 'Read sensitive file untrusted',
    time: `2026-03-02T00:${String(index % 60).padStart(2, '0')}:00.${String(index).padStart(9, '0')}Z`,
    output_fields: {
      'evt.type': 'openat',
      'fd.name': `/srv/${index % 700}/${'x'.repeat(index % 90)}`,
      'proc.exepath': '/usr/bin/cat',
      'proc.cmdline': index % 11 === 0 ? 'mysql --password=hunter2' : 'cat',
      'container.id': 'af3e0be6ca27',
      'k8s.ns.name': 'shop',
      'k8s.pod.name': `api-${index % 5}`,
    },
  })
}

/** Over two megabytes: several chunks. */
const lines = Array.from({ length: 7_000 }, (_, index) => {
  if (index % 501 === 0) return 'not an event'
  if (index % 777 === 0) return '{"priority":"Warning","rule":'
  return index % 400 === 0 ? '' : alert(index)
})

type Outcome = {
  readonly digest: string
  readonly taken: object
  readonly quarantined: readonly Quarantined[]
  readonly count: number
}

async function outcomeOf(path: string, threads: number, redactor = builtIn): Promise<Outcome> {
  const scope = { ...foldScopeOf(manifestOf(), window), window }
  const taker = eventTaker(scope, new Uint8Array(32), { threads, threadedFrom: 1, redactor })
  const taken = await taker.take({ source: path, sensor: 'auto', bytes: openEvents(path) })
  await taker.end()
  const { digest } = seal({ ...inputsOf({ watch: [], window }), intake: taker.fold.intake() }).sums()
  return { digest, taken, quarantined: taker.quarantined, count: taker.count() }
}

/** What `karmor logs` prints for people, over two megabytes: blocks of lines, of which a chunk may end in the middle. */
const blocks = Array.from({ length: 7_000 }, (_, index) =>
  [
    `== Alert / 2026-03-02 00:${String(index % 60).padStart(2, '0')}:00.${String(index).padStart(6, '0')} ==`,
    `HostName: node-${index % 3}`,
    'NamespaceName: shop',
    `PodName: api-${index % 5}`,
    `Labels: ${'x'.repeat(index % 400)}`,
    'Type: MatchedPolicy',
    `PolicyName: policy-${index % 7}`,
    'Operation: Process',
    '',
  ].join('\n'),
).join('\n')

const events = lines.filter((line) => line.startsWith('{"host'))
const inputs: readonly (readonly [string, string | Uint8Array])[] = [
  ['events one to a line', events.join('\n')],
  ['the same with a line break at the end', `${events.join('\n')}\n`],
  ['with broken lines and text between them', lines.join('\n')],
  ['compressed', gzipSync(lines.join('\n'))],
  ['after a byte order mark', `\ufeff${events.join('\n')}`],
  ['one array', `[\n${events.join(',\n')}\n]\n`],
  ['an array that begins in the middle', `${events.slice(0, 5000).join('\n')}\n[\n${events.slice(5000).join(',\n')}\n]`],
  ['values printed over many lines', events.map((event) => JSON.stringify(JSON.parse(event), null, 2)).join('\n')],
  ['a last line that is cut', `${events.join('\n')}\n{"hostname":"n`],
  [
    'one value larger than a chunk',
    `${events.slice(0, 3000).join('\n')}\n{"x":"${'y'.repeat(3_000_000)}"}\n${events.slice(3000).join('\n')}`,
  ],
  ['blocks of lines for people', blocks],
  ['nothing', ''],
]

for (const [what, content] of inputs) {
  test(`${what}: two threads seal the same bytes and quarantine the same lines as one`, async () => {
    const path = join(folder, 'events')
    writeFileSync(path, content)
    const one = await outcomeOf(path, 1)
    assert.deepEqual(await outcomeOf(path, 2), one)
    assert.equal(one.count > 1000, what !== 'nothing')
  })
}

test('events of several large files add up', async () => {
  const parts = [lines.slice(0, 3000), lines.slice(3000)].map((part, index) => {
    const path = join(folder, `part-${index}`)
    writeFileSync(path, part.join('\n'))
    return path
  })
  const sealedBy = async (threads: number): Promise<string> => {
    const taker = eventTaker({ ...foldScopeOf(manifestOf(), window), window }, new Uint8Array(32), { threads, threadedFrom: 1 })
    for (const path of parts) await taker.take({ source: path, sensor: 'falco', bytes: openEvents(path) })
    await taker.end()
    return seal({ ...inputsOf({ watch: [], window }), intake: taker.fold.intake() }).sums().digest
  }
  assert.equal(await sealedBy(3), await sealedBy(1))
})

test('a bundle’s own rules hold in every thread', async () => {
  const path = join(folder, 'own-rules')
  writeFileSync(path, events.join('\n'))
  const rules = [{ id: 'folder', pattern: '/srv/(?P<secret>[0-9]+)' }]
  const own = await redactorOf({ apiVersion: 'runproof.dev/v1', kind: 'RedactionRules', rules })
  const threaded = await outcomeOf(path, 2, own)
  assert.equal(threaded.digest, (await outcomeOf(path, 1, own)).digest)
  assert.notEqual(threaded.digest, (await outcomeOf(path, 1)).digest)
})
