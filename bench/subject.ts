import type { FoldScope } from '../core/judge/fold.ts'
import { resolve } from '../core/judge/resolve.ts'
import { sealable } from '../core/judge/rule-counts.ts'
import { seal } from '../core/judge/seal.ts'
import type { Intake } from '../core/model/intake.ts'
import type { Control, Manifest } from '../core/model/manifest.ts'
import type { SealedInputs, Sums } from '../core/model/sealed.ts'
import { windowOf, type Window } from '../core/model/window.ts'
import type { JsonValue } from '../core/proof/jcs.ts'
import { readFileSync } from 'node:fs'
import { hours } from './events/stream.ts'

/** Ten controls of the kinds that exist, over the five generated workloads. */
const controls: readonly Control[] = Array.from({ length: 10 }, (_, index): Control => ({
  id: `no-region-${index}`,
  title: `Nobody touches the records of region ${index}`,
  behaviour: 'open',
  deny: { paths: [`/srv/data/region-${index}/**`] },
}))

export const manifest: Manifest = {
  apiVersion: 'runproof.dev/v1',
  kind: 'AssuranceManifest',
  metadata: { name: 'payments', version: '1.0.0', owner: 'Bench' },
  scope: {
    application: 'payments',
    environment: 'prod',
    workloads: ['payments-api', 'payments-worker', 'ledger', 'settlement', 'gateway'].map((name) => ({
      name,
      namespace: 'payments',
    })),
  },
  sensors: [{ name: 'falco', nodes: ['gke-prod-pool-1-9144db50-node0'], interval: '1m' }],
  window: { every: '2h' },
  controls: [...controls],
}

export const window: Window = windowOf(manifest.scope, hours.from, hours.to)

/** The gate that ships, compiled. */
export const gate = JSON.parse(readFileSync(new URL('../catalogue/gate/plan.json', import.meta.url), 'utf8')) as JsonValue

export function foldScope(): FoldScope {
  const { scope, workloads } = resolve(manifest)
  return { window, cluster: scope.cluster, workloads }
}

export function inputsOf(intake: Intake): SealedInputs {
  return {
    procedure: 'rpj1',
    window,
    manifest,
    gate,
    blindSpots: {},
    intake: sealable(intake),
    facts: { previous: null, history: new Map() },
  }
}

export function sealedOf(intake: Intake): Sums {
  return seal(inputsOf(intake)).sums()
}
