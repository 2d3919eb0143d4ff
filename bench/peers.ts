import type { Bench } from './bench.ts'
import { foldBesideDuckDb } from './peers/fold.ts'
import { gateBesideOpa } from './peers/gate.ts'

/** Programs of others on our jobs, in turn with ours. A peer that is not here has no figure, and the note says so. */
export const peersBench: Bench = {
  name: 'peers',
  figures: {
    floor_lines_per_s: 'read, split and JSON.parse, nothing kept',
    one_thread_lines_per_s: 'ours: read, redacted, folded, sealed',
    duckdb_one_thread_lines_per_s: 'DuckDB: read and counted by SQL, nothing redacted or sealed',
    two_thread_lines_per_s: 'ours with two reader threads',
    duckdb_two_thread_lines_per_s: 'DuckDB with two threads',
    gate_ms_1000: 'our gate, 1,000 findings',
    opa_gate_ms_1000: 'native OPA, the same policy and input',
  },
  async run(options) {
    const parts = [await foldBesideDuckDb(options), gateBesideOpa(options)]
    const said = parts.flatMap((part) => ('said' in part ? [part.said] : []))
    const absent = parts.flatMap((part) => ('absent' in part ? [part.absent] : []))
    return {
      figures: Object.assign({}, ...parts.map((part) => ('figures' in part ? part.figures : {}))) as Record<string, number>,
      note: [...said, ...(absent.length > 0 ? [`not measured here: ${absent.join('; ')}`] : [])].join('; '),
    }
  },
}
