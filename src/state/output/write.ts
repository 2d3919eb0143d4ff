import type { Result } from '../model/result.ts'
import { json, structured } from './for-machines.ts'
import { documentation, nagios, rspecish, silent, tap } from './for-people.ts'
import { junit } from './junit.ts'
import type { Format, Style } from './options.ts'
import { prometheus } from './prometheus.ts'
import type { Output, RunInfo } from './run.ts'

/**
 * Results in one of goss's formats, and the exit code of `validate` (0: nothing failed). Pure: the same results, run and style give the same
 * text. In the dialect `goss` results stand as `-o sort` has them, because its own order is chance; in ours as the gossfile has them unless
 * `sort` asks otherwise. Masking comes before: what is given is written.
 */
export function writeResults(format: Format, results: readonly Result[], run: RunInfo, asked: Style): Output {
  const style = run.dialect === 'goss' ? { ...asked, sort: true } : asked
  switch (format) {
    case 'documentation':
      return documentation(results, style)
    case 'json':
      return json(results, run, style)
    case 'junit':
      return junit(results, run, style)
    case 'nagios':
      return nagios(results, style)
    case 'prometheus':
      return prometheus(results, run, style)
    case 'rspecish':
      return rspecish(results, style)
    case 'silent':
      return silent(results)
    case 'structured':
      return structured(results, run, style)
    case 'tap':
      return tap(results, style)
  }
}
