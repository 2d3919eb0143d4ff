import { createRequire } from 'node:module'
import { join } from 'node:path'
import { toolsFolder } from './tools.ts'

/** Of DuckDB's own package what is used. */
type DuckDbPackage = {
  readonly version: () => string
  readonly DuckDBInstance: {
    readonly create: (path: string) => Promise<{ readonly connect: () => Promise<Connection>; readonly closeSync: () => void }>
  }
}
type Connection = {
  readonly run: (sql: string) => Promise<unknown>
  readonly runAndReadAll: (sql: string) => Promise<{ readonly getRowObjectsJson: () => unknown }>
  readonly closeSync: () => void
}

/** One row that was counted. DuckDB prints a 64-bit count as text. */
export type CountedRow = {
  readonly sensor: string | null
  readonly rule: string | null
  readonly target: string | null
  readonly workload: string | null
  readonly minute: string | null
  readonly events: string
}

export type DuckDb = {
  readonly version: string
  /** What folding counts, as far as SQL does: events by sensor, rule, target, workload and minute. */
  readonly count: (path: string, threads: number) => Promise<readonly CountedRow[]>
  readonly close: () => void
}

/** DuckDB in this process from the tools folder, or why it is not there. */
export async function openDuckDb(): Promise<DuckDb | { readonly absent: string }> {
  const folder = join(toolsFolder(), 'duckdb')
  let duckdb: DuckDbPackage
  try {
    duckdb = createRequire(join(folder, 'package.json'))('@duckdb/node-api') as DuckDbPackage
  } catch (error) {
    const isThere = !(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')
    return {
      absent: isThere
        ? `DuckDB (it cannot be loaded: ${String(error)})`
        : `DuckDB (npm install --prefix ${folder} @duckdb/node-api)`,
    }
  }
  const instance = await duckdb.DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  return {
    version: duckdb.version(),
    async count(path, threads) {
      await connection.run(`SET threads = ${threads}`)
      const read = await connection.runAndReadAll(countsOf(path))
      return read.getRowObjectsJson() as readonly CountedRow[]
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/**
 * Columns are named with their types: DuckDB then makes values of these alone, which takes two thirds of the processor time of
 * json_extract over whole objects. A schema that it finds itself knows only what its sample of the file shows. Two names that differ
 * in case alone are one to it: KubeArmor's `Timestamp` stands back for Tracee's, its `UpdatedTime` says the same.
 */
const columns = {
  rule: 'VARCHAR',
  time: 'VARCHAR',
  output_fields: 'STRUCT("fd.name" VARCHAR, "k8s.deployment.name" VARCHAR)',
  PolicyName: 'VARCHAR',
  Type: 'VARCHAR',
  Resource: 'VARCHAR',
  Owner: 'STRUCT(Name VARCHAR)',
  UpdatedTime: 'VARCHAR',
  process_exec: 'STRUCT(process STRUCT("binary" VARCHAR, pod STRUCT(workload VARCHAR)))',
  process_kprobe:
    'STRUCT(process STRUCT(pod STRUCT(workload VARCHAR)), policy_name VARCHAR, args STRUCT(file_arg STRUCT(path VARCHAR))[])',
  eventName: 'VARCHAR',
  container: 'STRUCT(name VARCHAR)',
  args: 'STRUCT(value VARCHAR)[]',
  timestamp: 'BIGINT',
}

function countsOf(path: string): string {
  const named = Object.entries(columns).map(([name, type]) => `"${name}": '${type}'`)
  return `
    SELECT sensor, rule, target, workload, "minute", count(*) AS events
    FROM (
      SELECT
        CASE WHEN output_fields IS NOT NULL THEN 'falco'
             WHEN process_exec IS NOT NULL OR process_kprobe IS NOT NULL THEN 'tetragon'
             WHEN eventName IS NOT NULL THEN 'tracee'
             ELSE 'kubearmor' END AS sensor,
        coalesce(rule, PolicyName, process_kprobe.policy_name, CASE WHEN process_exec IS NOT NULL THEN 'exec' END, eventName, "Type") AS rule,
        coalesce(output_fields."fd.name", Resource, process_kprobe.args[1].file_arg.path, process_exec.process."binary", args[2].value) AS target,
        coalesce(output_fields."k8s.deployment.name", Owner.Name, process_kprobe.process.pod.workload,
                 process_exec.process.pod.workload, container.name) AS workload,
        coalesce(left("time", 16), left(UpdatedTime, 16), strftime(make_timestamp("timestamp" // 1000), '%Y-%m-%dT%H:%M')) AS "minute"
      FROM read_ndjson('${path.replaceAll("'", "''")}', columns = {${named.join(', ')}})
    )
    GROUP BY ALL`
}
