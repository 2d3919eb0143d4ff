import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundleLayout, bundleLimits } from './bundle.ts'

test('a folder with a manifest alone is a bundle', () => {
  assert.deepEqual(bundleLayout(['README.md', 'manifest.yaml'], 'b'), {
    manifest: 'manifest.yaml',
    signature: null,
    ownerKey: null,
    waivers: [],
    redaction: null,
    plan: null,
    rego: [],
  })
})

test('every part is found, in the order of names, and tests of the gate are no part of it', () => {
  const names = [
    'waivers/b.dsse.json',
    'manifest.json',
    'redaction.yaml',
    'gate/z.rego',
    'gate/a.rego',
    'gate/a_test.rego',
    'gate/plan.json',
    'waivers/a.dsse.json',
    'waivers/README.md',
    'manifest.dsse.json',
    'owner.pub',
  ]
  assert.deepEqual(bundleLayout(names, 'b'), {
    manifest: 'manifest.json',
    signature: 'manifest.dsse.json',
    ownerKey: 'owner.pub',
    waivers: ['waivers/a.dsse.json', 'waivers/b.dsse.json'],
    redaction: 'redaction.yaml',
    plan: 'gate/plan.json',
    rego: ['gate/a.rego', 'gate/z.rego'],
  })
})

for (const [what, names, why] of [
  ['no manifest', ['x.yaml'], /runproof manifest init/],
  ['two manifests', ['manifest.yaml', 'manifest.json'], /both manifest\.yaml and manifest\.json/],
  ['a waiver that would be overlooked', ['manifest.yaml', 'waivers/x.json'], /waivers\/x\.json would be overlooked/],
  [
    'more waivers than anybody reviews',
    ['manifest.yaml', ...Array.from({ length: bundleLimits.waiverCount + 1 }, (_, i) => `waivers/${i}.dsse.json`)],
    /more than 1000 waivers/,
  ],
  [
    'more rules than anybody reviews',
    ['manifest.yaml', ...Array.from({ length: bundleLimits.regoCount + 1 }, (_, i) => `gate/${i}.rego`)],
    /more than 200/,
  ],
] as const) {
  test(`refused: ${what}`, () => {
    assert.throws(() => bundleLayout(names, 'b'), { code: 'bundle.unreadable', message: why })
  })
}
