import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { lint } from './lint.ts'
import { readManifest } from './read-manifest.ts'
import { starterManifest } from './starter.ts'

const options = {
  application: 'payments',
  environment: 'prod',
  namespace: 'payments',
  workloads: ['api', 'worker'],
  owner: 'Payments Platform',
}

test('the starter validates as it is, and warns only of what its author has to decide', () => {
  const read = readManifest(starterManifest(options), 'manifest.yaml')
  assert.ok('manifest' in read)
  assert.equal(read.manifest.controls.length, 5)
  assert.deepEqual(
    read.manifest.scope.workloads.map(({ name, namespace }) => [name, namespace]),
    [
      ['api', 'payments'],
      ['worker', 'payments'],
    ],
  )
  const rules = new Set(lint(read.manifest, read.locate, 'manifest.yaml').map(({ rule }) => rule))
  assert.deepEqual([...rules].sort(), ['RP010', 'RP012', 'RP030'])
})

test('it validates for every name that is a label, and for every owner', () => {
  const label = fc.oneof(
    fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/),
    fc.constantFrom('null', 'true', '123', '1e3', '0x1', 'a'.repeat(63)),
  )
  const owner = fc.string({ minLength: 1, maxLength: 60 }).filter((text) => text.trim() !== '' && /^[\u0020-\u007e]+$/.test(text))
  fc.assert(
    fc.property(
      label,
      label,
      label,
      fc.uniqueArray(label, { minLength: 1, maxLength: 4 }),
      owner,
      (application, environment, namespace, workloads, owner) => {
        const read = readManifest(starterManifest({ application, environment, namespace, workloads, owner }), 'f')
        assert.ok('manifest' in read, 'problems' in read ? JSON.stringify(read.problems) : '')
        assert.equal(read.manifest.metadata.owner, owner)
        assert.equal(read.manifest.scope.application, application)
        assert.deepEqual(
          read.manifest.scope.workloads.map(({ name }) => name),
          workloads,
        )
      },
    ),
    { numRuns: 60 },
  )
})
