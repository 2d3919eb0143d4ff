import { isDeepStrictEqual } from 'node:util'
import { GATE_ENTRYPOINT } from '../../../core/judge/gate.ts'
import { compile, evaluate } from '../../../core/rego/evaluate.ts'
import { readPlan } from '../../../core/rego/plan.ts'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { mutateJson } from '../mutate.ts'
import { rootFile, vectorsOf } from '../seeds.ts'
import { attempt, bytesOf, holds, textOf, type Target } from '../target.ts'

const MAX_STEPS = 100_000

type Vector = { readonly plan: JsonValue; readonly entrypoint: string; readonly input: JsonValue; readonly data?: JsonValue }

/** Compiled policies that anybody may have written, with any input: they end, and end alike each time. */
export const regoTarget: Target = {
  name: 'rego',
  quick: 240,
  prepare: () => ({
    seeds: [
      ...vectorsOf<Vector>('rego').map(({ plan, entrypoint, input, data }) =>
        bytesOf(JSON.stringify({ plan, entrypoint, input, data: data ?? {} })),
      ),
      bytesOf(
        `{"plan":${textOf(rootFile('catalogue/gate/plan.json'))},"entrypoint":${JSON.stringify(GATE_ENTRYPOINT)},"input":{},"data":{}}`,
      ),
    ],
    mutate: mutateJson,
    check(input) {
      const read = attempt(() => parseJson(textOf(input), { maxDepth: 110 }))
      if (read.refused !== null) return 'no JSON'
      const { plan, entrypoint, input: value, data } = (read.value ?? {}) as Partial<Vector>
      const policy = attempt(() => compile(readPlan(plan)))
      if (policy.refused !== null) return policy.refused
      const run = () =>
        attempt(() => evaluate(policy.value, String(entrypoint), value ?? null, { data: data ?? {}, maxSteps: MAX_STEPS }))
      const [first, second] = [run(), run()]
      holds(isDeepStrictEqual(first, second), 'the same policy on the same input gives another result')
      return first.refused ?? 'a result'
    },
  }),
}
