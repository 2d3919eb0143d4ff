import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kernel } from './kernels.ts'

export type Boot = { readonly lines: readonly string[]; readonly ms: number; readonly end: string }

/** Boots the kernel with the image in software emulation (no KVM, no network, no disk) and returns what it wrote to its serial line. */
export async function boot(kernel: Kernel, image: Buffer, limitMs: number): Promise<Boot> {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-vm-'))
  const initrd = join(folder, 'initrd.gz')
  writeFileSync(initrd, image)
  const started = Date.now()
  // cmpxchg16b: QEMU 7.2 now and then spoils the flags behind it (6.12 then oopses in kmalloc); without it the kernel has another way.
  const machine = spawn('qemu-system-x86_64', [
    ...['-M', 'q35', '-accel', 'tcg', '-cpu', 'max,-cx16', '-m', '512', '-smp', '1', '-nic', 'none'],
    ...['-kernel', kernel.image, '-initrd', initrd, '-append', 'console=ttyS0 quiet panic=-1'],
    ...['-nographic', '-no-reboot'],
  ])
  let text = ''
  machine.stdout.setEncoding('latin1').on('data', (more: string) => (text += more))
  machine.stderr.setEncoding('latin1').on('data', (more: string) => (text += more))
  const timer = setTimeout(() => machine.kill('SIGKILL'), limitMs)
  const end = await new Promise<string>((resolve) => {
    machine.on('error', (error) => resolve(error.message))
    machine.on('close', (code, signal) =>
      resolve(signal === null ? `ended with ${code}` : `ended by ${signal} after ${limitMs} ms`),
    )
  })
  clearTimeout(timer)
  rmSync(folder, { recursive: true, force: true })
  return { lines: text.split(/\r?\n/), ms: Date.now() - started, end }
}
