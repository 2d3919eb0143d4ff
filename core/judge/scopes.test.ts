import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Manifest } from '../model/manifest.ts'
import type { Watch } from '../model/watch.ts'
import { act, beating, inputsOf, manifestOf, minute, windowFrom } from './fixtures.ts'
import { cover } from './cover.ts'
import { resolve } from './resolve.ts'
import { scopeTies } from './scopes.ts'

const id = '0123456789ab'.padEnd(64, 'c')
const two: Manifest = manifestOf({
  scope: { application: 'shop', environment: 'prod', workloads: ['api', 'web'].map((name) => ({ name, namespace: 'shop' })) },
})
const seen = [
  act({ subject: { container: id, pod: 'api-7c9d-x2x4z' } }),
  act({ subject: { workload: 'web', container: 'ffffffffffff', pod: 'web-1' } }),
  act({ subject: { workload: null, pod: null, container: 'eeeeeeeeeeee' } }),
]
const { behaviours } = inputsOf({ acts: seen, manifest: two }).intake
const tie = scopeTies(resolve(two), behaviours.values())
const throttle = (scope: string | null): Watch => ({
  kind: 'throttle',
  sensor: 'falco',
  node: 'n1',
  at: minute(3),
  state: 'start',
  scope,
})

test('a scope is tied to a workload by the container or the pod that was seen of it', () => {
  assert.equal(tie(`/kubepods/burstable/pod1/cri-containerd-${id}.scope`), 'shop/api')
  assert.equal(tie('shop/web-1 at 2026-03-02T00:03:00Z'), 'shop/web')
  assert.equal(tie(`docker-${'f'.repeat(64)}.scope`), 'shop/web')
})

test('what nothing ties, what two tie, and what belongs to nobody in particular may concern any workload', () => {
  for (const scope of [
    null,
    '/system.slice/ssh.service',
    `cri-containerd-${'9'.repeat(64)}.scope`,
    `${id} and ${'f'.repeat(64)}`,
    'e'.repeat(64),
    'web-1',
    'other/web-1 at noon',
  ])
    assert.equal(tie(scope), null)
})

test('only the workload that was throttled is blind, and the instance says which', () => {
  const covered = (scope: string | null) => {
    const watch = [...beating(), throttle(scope)]
    return cover(resolve(two), watch, windowFrom(), inputsOf({ acts: seen, manifest: two, watch }).intake.behaviours.values())
  }
  const silent = (scope: string | null) =>
    covered(scope)
      .watched.get('no-shell')
      ?.map((row) => [row.workload, row.silent])
  assert.deepEqual(silent(`crio-${id}`), [
    ['shop/api', 7],
    ['shop/web', 0],
  ])
  assert.deepEqual(silent('/unknown'), [
    ['shop/api', 7],
    ['shop/web', 7],
  ])
  const [instance] = covered(`crio-${id}`).coverage.instances
  assert.deepEqual(instance?.runs.at(-1)?.why, ['the sensor throttled shop/api'])
  assert.deepEqual(covered(`crio-${id}`).coverage.totals, { population: 20, observed: 13, degraded: 0, silent: 7, outOfScope: 0 })
})
