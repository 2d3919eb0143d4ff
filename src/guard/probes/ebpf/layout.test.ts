import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import * as layout from './layout.ts'

const bpf = join(import.meta.dirname, '../../../../bpf')
const hasCompiler = spawnSync('gcc', ['--version']).status === 0
const skip = hasCompiler ? false : 'no gcc here to ask for the offsets'

/** What a C compiler makes of the expressions, with guard.h before them. */
function valuesOf(expressions: readonly string[]): readonly number[] {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-layout-'))
  const lines = expressions.map((expression) => `printf("%lld\\n", (long long)(${expression}));`)
  const program = `#include <stddef.h>\n#include <stdio.h>\n#include <linux/types.h>\n#include "guard.h"\nint main(void) {\n${lines.join('\n')}\nreturn 0;\n}\n`
  try {
    writeFileSync(join(folder, 'layout.c'), program)
    execFileSync('gcc', ['-I', bpf, '-o', join(folder, 'layout'), join(folder, 'layout.c')])
    return execFileSync(join(folder, 'layout'), { encoding: 'utf8' }).trim().split('\n').map(Number)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const constant = (name: string): string => `RP_${snake(name).toUpperCase()}`

function offsets(struct: string, table: Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  return Object.entries(table).map(([name, value]) => [
    name === 'size' ? `sizeof(struct ${struct})` : `offsetof(struct ${struct}, ${snake(name)})`,
    value,
  ])
}

const numbers = (table: Readonly<Record<string, number>>): readonly (readonly [string, number])[] =>
  Object.entries(table).map(([name, value]) => [constant(name), value])

test('every offset and number of the reader is that of guard.h', { skip }, () => {
  const kindNames = { exec: 'RP_EXEC', file: 'RP_FILE', network: 'RP_NET', syscall: 'RP_SYSCALL', process: 'RP_PROCESS' }
  const expected: readonly (readonly [string, number])[] = [
    ...offsets('rp_frame', layout.frame),
    ...offsets('rp_event', layout.event),
    ...offsets('rp_heartbeat', layout.heartbeat),
    ...layout.counters.map((name, i) => [`offsetof(struct rp_stats, ${snake(name)})`, 8 * i] as const),
    ['sizeof(struct rp_stats)', 8 * layout.counters.length],
    ['sizeof(struct rp_mode_change)', 8],
    ...numbers(layout.flags),
    ...numbers(layout.frameTypes),
    ...numbers(layout.ruleBits),
    ...numbers(layout.policyFlags),
    ...numbers(layout.modeNumbers),
    ...layout.kinds.map((kind, i) => [kindNames[kind], i] as const),
    ['RP_KINDS', layout.kinds.length],
    ['RP_BLINDS', layout.BLINDS],
    ['RP_PROTOCOL', layout.PROTOCOL],
    ['RP_FRAME_MAGIC', layout.FRAME_MAGIC],
    ['RP_POLICY_MAGIC', layout.POLICY_MAGIC],
    ['RP_CONTROL_LIMIT', layout.CONTROL_LIMIT],
    ['RP_NAME', layout.NAME_BYTES],
    ['RP_PATH - 1', layout.PATH_BYTES],
    ['RP_PROCESSES', layout.MOST_PROCESSES],
    ['RP_NO_RULE', layout.NO_RULE],
  ]
  const actual = valuesOf(expected.map(([expression]) => expression))
  assert.deepEqual(
    expected.map(([expression], i) => [expression, actual[i]]),
    expected.map(([expression, value]) => [expression, value]),
  )
})
