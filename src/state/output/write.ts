import { createRequire } from 'node:module'
import { late } from '../../lib/late.ts'
import type { Result } from '../model/result.ts'
import type * as ForMachines from './for-machines.ts'
import type * as ForPeople from './for-people.ts'
import type * as Junit from './junit.ts'
import type { Format, Style } from './options.ts'
import type * as Prometheus from './prometheus.ts'
import { isFailed, type Output, type RunInfo } from './run.ts'

const load = createRequire(import.meta.url)
/** Formats, each read when it is asked for. */
const machines = late(() => load('./for-machines.ts') as typeof ForMachines)
const people = late(() => load('./for-people.ts') as typeof ForPeople)
const junit = late(() => load('./junit.ts') as typeof Junit)
const prometheus = late(() => load('./prometheus.ts') as typeof Prometheus)

/**
 * Results in one of goss's formats, and the exit code of `validate` (0: nothing failed). Pure: the same results, run and style give the same
 * text. In the dialect `goss` results stand as `-o sort` has them, because its own order is chance; in ours as the gossfile has them unless
 * `sort` asks otherwise. Masking comes before: what is given is written.
 */
export function writeResults(format: Format, results: readonly Result[], run: RunInfo, asked: Style): Output {
  const style = run.dialect === 'goss' ? { ...asked, sort: true } : asked
  switch (format) {
    case 'documentation':
      return people().documentation(results, style)
    case 'json':
      return machines().json(results, run, style)
    case 'junit':
      return junit().junit(results, run, style)
    case 'nagios':
      return people().nagios(results, style)
    case 'prometheus':
      return prometheus().prometheus(results, run, style)
    case 'rspecish':
      return people().rspecish(results, style)
    case 'silent':
      return silent(results)
    case 'structured':
      return machines().structured(results, run, style)
    case 'tap':
      return people().tap(results, style)
  }
}

/** Nothing but the exit code. */
function silent(results: readonly Result[]): Output {
  return { text: '', exit: results.some(isFailed) ? 1 : 0 }
}
