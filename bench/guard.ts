import { Guard } from '../src/guard/guard.ts'
import { compilePolicy } from '../src/guard/policy/compile.ts'
import { median, rounded, timed, type Bench, type BenchOptions, type Result } from './bench.ts'
import { askPeer } from './guard/peer.ts'
import { calls, destinations, globs, hits, misses, networks, patterns, policyOf, quietCalls } from './guard/subjects.ts'

/** Checks by the guard's library, beside a Go program that matches as the original did, where there is Go. */
export const guardBench: Bench = {
  name: 'guard',
  figures: {
    file_miss_ns_10: 'a path that none of 10 patterns matches',
    file_miss_ns_1000: 'of 1,000 patterns',
    file_miss_ns_10000: 'of 10,000 patterns',
    file_hit_ns_1000: 'a path that one of 1,000 matches, with its violation',
    syscall_miss_ns_10000: 'a call that none of 10,000 entries blocks',
    network_hit_ns_1000: 'an address and port that one of 1,000 entries holds',
    compile_ms_10000: 'a policy with 10,000 patterns',
    go_file_miss_ns_1000: 'the same by the original matching, in Go',
    go_file_hit_ns_1000: 'the same by the original matching, in Go',
  },
  run: measure,
}

async function measure({ quick, scale }: BenchOptions): Promise<Result> {
  const of = (count: number): number => Math.max(3, Math.round(count * scale))
  // Many short rounds: one of them is not interrupted even on a machine that does other things.
  const effort = { rounds: Math.max(3, Math.round((quick ? 100 : 400) * scale)), roundMs: 3 }
  const thousand = of(1000)
  const floor = fastest(misses(thousand), lookAtEach, effort)
  const file = (count: number): number => fastest(misses(count), checkFile(patterns(count)), effort)
  const figures = {
    file_miss_ns_10: file(10),
    file_miss_ns_1000: file(thousand),
    file_miss_ns_10000: file(of(10_000)),
    file_hit_ns_1000: fastest(hits(thousand), checkFile(patterns(thousand)), effort),
    syscall_miss_ns_10000: fastest(quietCalls, checkCall(of(10_000)), effort),
    network_hit_ns_1000: fastest(destinations(thousand), checkDestination(thousand), effort),
    compile_ms_10000: await compiling(of(10_000), quick ? 5 : 15),
  }
  const withGlobs = fastest(misses(thousand), checkFile(globs(thousand)), effort)
  const peer = askPeer({ patterns: patterns(thousand), misses: misses(thousand), hits: hits(thousand), ...effort })
  const beside = peer === null ? {} : { go_file_miss_ns_1000: peer.miss, go_file_hit_ns_1000: peer.hit }
  const compared =
    peer === null
      ? 'there is no Go here for the original matching'
      : `Go's matching takes ${rounded(peer.miss / figures.file_miss_ns_1000)} times as long for a miss, ${rounded(peer.hit / figures.file_hit_ns_1000)} times for a hit`
  return {
    figures: Object.fromEntries(Object.entries({ ...figures, ...beside }).map(([key, value]) => [key, rounded(value)])),
    note: `fastest of ${effort.rounds} rounds of ${effort.roundMs} ms; one look at each character takes ${rounded(floor)} ns; 1,000 globs ${rounded(withGlobs)} ns a miss; ${compared}`,
  }
}

const who = { name: 'payments', pid: 7 }

function checkFile(entries: readonly string[]): (path: string) => boolean {
  const guard = new Guard(policyOf({ blocked_files: entries }))
  return (path) => guard.checkFileAccess(who, path) !== null
}

function checkCall(entries: number): (name: string) => boolean {
  const guard = new Guard(policyOf({ blocked_syscalls: calls(entries) }))
  return (name) => guard.checkSyscall(who, name) !== null
}

function checkDestination(entries: number): (to: { readonly address: string; readonly port: number }) => boolean {
  const guard = new Guard(policyOf({ allowed_network: networks(entries) }))
  return ({ address, port }) => guard.checkNetwork(who, address, port) !== null
}

/** The floor: no matcher knows a path without having looked at its characters. */
function lookAtEach(path: string): boolean {
  let sum = 0
  for (let i = 0; i < path.length; i++) sum = (sum + path.charCodeAt(i)) | 0
  return sum === -1
}

async function compiling(count: number, rounds: number): Promise<number> {
  const policy = policyOf({ blocked_files: patterns(count) })
  const times: number[] = []
  for (let round = 0; round < rounds; round++) times.push((await timed(() => compilePolicy(policy))).ms)
  return median(times)
}

/** Nanoseconds each, of the fastest round: whatever else the machine does only adds. */
function fastest<T>(
  subjects: readonly T[],
  check: (subject: T) => boolean,
  { rounds, roundMs }: { readonly rounds: number; readonly roundMs: number },
): number {
  let best = Number.POSITIVE_INFINITY
  let found = 0
  // Answers are counted, so that none can be left out.
  const pass = (): void => {
    for (const subject of subjects) if (check(subject)) found++
  }
  // The first ones are for the compiler.
  const warm = performance.now()
  while (performance.now() - warm < 20 * roundMs) pass()
  for (let round = 0; round < rounds; round++) {
    let passes = 0
    const start = performance.now()
    let ms: number
    do {
      pass()
      passes++
      ms = performance.now() - start
    } while (ms < roundMs)
    best = Math.min(best, (ms * 1e6) / (passes * subjects.length))
  }
  if (found !== 0 && found % subjects.length !== 0) throw new Error('the same subjects were answered differently')
  return best
}
