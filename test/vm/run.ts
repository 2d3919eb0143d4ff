/**
 * `npm run test:vm`: the attack matrix in the three modes, on stock Debian kernels in software emulation, where BPF LSM can refuse.
 * 0: green, or skipped with the reason. 1: something was not denied, or not told.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { boot } from './boot.ts'
import { guestImage } from './image.ts'
import { debianKernel, type Kernel } from './kernels.ts'
import { guestOf, problemsIn } from './matrix.ts'

const bpf = join(import.meta.dirname, '..', '..', 'bpf')
const built = join(bpf, 'build')
const LIMIT_MS = 110_000

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const missing = missingTools()
  if (missing.length > 0) return skip(`${missing.join(', ')} not found`)
  const made = spawnSync('make', ['-s', '-C', bpf], { encoding: 'utf8' })
  if (made.status !== 0) return skip(`the sensor cannot be built here: ${made.stderr.trim().split('\n').slice(-3).join(' | ')}`)
  const busybox = staticBusybox()
  if (busybox === null) return skip('no statically linked busybox (Debian: busybox-static)')
  const wanted = args.filter((arg) => /^\d+$/.test(arg)).map(Number)
  const kernels = (wanted.length > 0 ? wanted : [12, 13]).map((debian) => debianKernel(debian))
  for (const kernel of kernels) if ('why' in kernel) say(`SKIP  Debian ${kernel.debian}: ${kernel.why}`)
  const ready = kernels.filter((kernel): kernel is Kernel => 'image' in kernel)
  if (ready.length === 0) return skip('no kernel can be had')
  const image = guestImage(built, busybox)
  const names = execFileSync(join(built, 'rp-attack'), ['list'], { encoding: 'utf8' }).trim().split('\n')
  let isGreen = true
  for (const kernel of ready) isGreen = (await tryKernel(kernel, image, names, args.includes('--verbose'))) && isGreen
  return isGreen ? 0 : 1
}

async function tryKernel(kernel: Kernel, image: Buffer, names: readonly string[], isVerbose: boolean): Promise<boolean> {
  let { lines, ms, end } = await boot(kernel, image, LIMIT_MS)
  let guest = guestOf(lines)
  if (guest.events.length === 0) {
    // Nothing was judged: under heavy load the serial line has lost an account once. What was judged is never asked again.
    say(`      Debian ${kernel.debian}: no account of events arrived (${end}); booting it once more`)
    ;({ lines, ms, end } = await boot(kernel, image, LIMIT_MS))
    guest = guestOf(lines)
  }
  const problems = problemsIn(guest, names)
  const attacks = names.filter((name) => !name.startsWith('allowed_')).length
  say(`${problems.length === 0 ? 'ok   ' : 'FAIL '} Debian ${kernel.debian}, ${guest.kernel}`)
  say(
    `      ${attacks} attacks, ${names.length - attacks} controls, 3 modes, ${guest.events.length} events, ${(ms / 1000).toFixed(1)} s, ${end}`,
  )
  for (const note of guest.notes) say(`      ${note}`)
  for (const problem of problems) say(`      ${problem}`)
  if (isVerbose || guest.cases.length === 0)
    say(
      lines
        .filter((line) => !/^[A-Za-z0-9+/=]{76}$/.test(line))
        .slice(-400)
        .join('\n'),
    )
  return problems.length === 0
}

function missingTools(): readonly string[] {
  return ['qemu-system-x86_64', 'clang', 'bpftool', 'gcc', 'make', 'apt-get', 'dpkg-deb'].filter(
    (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0,
  )
}

function staticBusybox(): string | null {
  return ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path) && !namesInterpreter(readFileSync(path))) ?? null
}

/** A program that needs a loader (PT_INTERP) would not start in the guest. */
function namesInterpreter(elf: Buffer): boolean {
  const [table, size, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)]
  return Array.from({ length: count }, (_, i) => elf.readUInt32LE(table + i * size)).includes(3)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function skip(why: string): number {
  say(`SKIP  the matrix in virtual machines: ${why}`)
  return 0
}
