import { manifestDigest, resolve } from '../../../core/judge/resolve.ts'
import type { Manifest } from '../../../core/model/manifest.ts'
import { diffManifests } from '../../../src/declare/diff.ts'
import { lint, warningText } from '../../../src/declare/lint.ts'
import { problemText } from '../../../src/declare/problem.ts'
import { readManifest } from '../../../src/declare/read-manifest.ts'
import { starterManifest } from '../../../src/declare/starter.ts'
import { parse } from 'yaml'
import { changedJson, mutateLines } from '../mutate.ts'
import { filesOf, vectorsOf } from '../seeds.ts'
import { bytesOf, holds, textOf, type Mutate, type Target } from '../target.ts'

/** A manifest as somebody wrote it: read, checked, resolved, linted, compared with another. */
export const manifestTarget: Target = {
  name: 'manifest',
  quick: 200,
  prepare() {
    const starter = starterManifest({ application: 'a', environment: 'e', namespace: 'n', workloads: ['w'], owner: 'o' })
    const seeds = [
      ...vectorsOf<{ text: string }>('manifest').map(({ text }) => bytesOf(text)),
      ...filesOf('samples/*/assurance/manifest.yaml'),
      bytesOf(starter),
    ]
    const other = seeds
      .map(textOf)
      .map(manifestIn)
      .find((manifest) => manifest !== null)
    if (!other) throw new Error('no seed is a valid manifest')
    return { seeds, mutate, check: (input) => check(textOf(input), other) }
  },
}

/** Half of the time as JSON, where its shape can be changed; JSON is YAML. */
const mutate: Mutate = (input, random, others) => {
  if (random.chance(0.5)) return mutateLines(input, random, others)
  try {
    const json = JSON.stringify(parse(textOf(input), { maxAliasCount: 10, logLevel: 'silent' }))
    const changed = changedJson(json, random, [])
    return changed === null ? mutateLines(input, random, others) : bytesOf(changed)
  } catch {
    return mutateLines(input, random, others)
  }
}

function manifestIn(text: string): Manifest | null {
  const read = readManifest(text, 'manifest.yaml')
  return 'manifest' in read ? read.manifest : null
}

function check(text: string, other: Manifest): string {
  const read = readManifest(text, 'manifest.yaml')
  if ('problems' in read) {
    holds(read.problems.length > 0, 'refused without a problem')
    for (const problem of read.problems) {
      holds(problem.line >= 1 && problem.column >= 1, 'a problem stands nowhere')
      problemText(problem)
    }
    return 'problems'
  }
  const { manifest, locate } = read
  resolve(manifest)
  for (const warning of lint(manifest, locate, 'manifest.yaml')) warningText(warning)
  diffManifests(manifest, other)
  diffManifests(other, manifest)
  holds(diffManifests(manifest, manifest).length === 0, 'a manifest differs from itself')
  const again = manifestIn(JSON.stringify(manifest))
  holds(again !== null, 'what was accepted as YAML is refused as JSON')
  holds(manifestDigest(again) === manifestDigest(manifest), 'as JSON it has another digest')
  return 'accepted'
}
