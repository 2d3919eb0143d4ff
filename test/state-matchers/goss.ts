import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isGoList, isGoMap, isGoTime, type GoValue } from '../../src/state/model/value.ts'
import type { Pair } from './random-suite.ts'

/** Whether the real goss 0.4 is on the path; else the reason to skip. */
export function skipWithoutGoss(): string | false {
  try {
    execFileSync('goss', ['validate', '--help'], { stdio: 'ignore' })
    return false
  } catch {
    return 'goss is not on the path (go install github.com/goss-org/goss/cmd/goss@v0.4.10)'
  }
}

/** What goss writes for the pairs, results sorted by id; null: it crashed. */
export function runGoss(
  pairs: readonly Pair[],
  format: string,
  options: readonly string[] = [],
): { text: string; exit: number } | null {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-goss-'))
  try {
    writeFileSync(join(folder, 'goss.yaml'), gossfileOf(pairs))
    const more = options.flatMap((option) => ['-o', option])
    const { status, stdout } = spawnSync(
      'goss',
      ['-g', 'goss.yaml', 'validate', '--no-color', '-f', format, '-o', 'sort', ...more],
      { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28, timeout: 20_000, env: { PATH: process.env['PATH'] } },
    )
    return status === 0 || status === 1 || (status === 2 && format === 'nagios') ? { text: stdout, exit: status } : null
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Pairs at which goss does not crash, found by halving. */
export function withoutCrashes(pairs: readonly Pair[]): { readonly sound: readonly Pair[]; readonly crashing: readonly Pair[] } {
  if (pairs.length === 0 || runGoss(pairs, 'silent') !== null) return { sound: pairs, crashing: [] }
  if (pairs.length === 1) return { sound: [], crashing: pairs }
  const half = pairs.length >> 1
  const [left, right] = [withoutCrashes(pairs.slice(0, half)), withoutCrashes(pairs.slice(half))]
  return { sound: [...left.sound, ...right.sound], crashing: [...left.crashing, ...right.crashing] }
}

/** A gossfile in YAML's flow style, in which every value keeps its Go type. */
export function gossfileOf(pairs: readonly Pair[]): string {
  const entries = pairs.map(({ id, content, asReader, matches }) => {
    const reader = asReader ? 'as-reader: true, ' : ''
    return `  ${id}: {${reader}content: ${yaml(content)}, matches: ${yaml(matches)}}`
  })
  return `matching:\n${entries.join('\n')}\n`
}

function yaml(value: GoValue): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value)
  if (typeof value === 'string') return quoted(value)
  if (isGoList(value)) return `[${value.map(yaml).join(', ')}]`
  if (isGoTime(value) || !isGoMap(value)) throw new Error('no such content is made')
  return `{${[...value].map(([key, item]) => `? ${quoted(key)} : ${yaml(item)}`).join(', ')}}`
}

function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u007f', '\\u007f')
}
