import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { compilePolicy } from '../../src/guard/policy/compile.ts'
import type { GuardPolicy } from '../../src/guard/policy/model.ts'
import type { Mode } from '../../src/guard/model.ts'
import { controlFrame, modeChange, policyBlob, withDigest } from '../../src/guard/probes/ebpf/encode.ts'
import { sensorPolicy } from '../../src/guard/probes/ebpf/sensor-policy.ts'
import { newc, type Entry } from './newc.ts'

const FOLDER = 0o40755
const PROGRAM = 0o100755
const FILE = 0o100644
const LINK = 0o120777

/** What the matrix is held against in the guest; everything in it is to be prevented. */
export const guestPolicy: GuardPolicy = {
  version: '1.0',
  mode: 'enforce',
  enforce: 'prevent',
  matching: 'strict',
  persist: false,
  alerts: { on_violation: [], on_critical: [] },
  processes: {
    'rp-attack': {
      blocked_files: ['/w/f/secret/*'],
      allowed_exec: ['/w/rp-attack', '/w/f/allowed'],
      blocked_network: ['127.0.0.1:4711', '[::1]:4711'],
      blocked_syscalls: ['ptrace', 'setuid', 'capset', 'module'],
    },
    'rp-fork': { blocked_syscalls: ['fork'] },
  },
}

/** The initramfs: busybox, the sensor, the attacks, and what the host says to the sensor, step by step. */
export function guestImage(built: string, busybox: string): Buffer {
  const entries: Entry[] = [
    ...['bin', 'proc', 'sys', 'dev', 'w', 'control'].map((path) => ({ path, mode: FOLDER })),
    { path: 'init', mode: PROGRAM, data: readFileSync(join(import.meta.dirname, 'init.sh')) },
    { path: 'bin/busybox', mode: PROGRAM, data: readFileSync(busybox) },
    ...applets.map((name) => ({ path: `bin/${name}`, mode: LINK, data: Buffer.from('busybox') })),
    ...['runproof-sensor', 'rp-attack'].map((name) => ({
      path: `bin/${name}`,
      mode: PROGRAM,
      data: readFileSync(join(built, name)),
    })),
    ...Object.entries(steps()).map(([name, data]) => ({ path: `control/${name}`, mode: FILE, data })),
  ]
  return gzipSync(newc(entries), { level: 1 })
}

const applets =
  'sh mount ip cp echo uname cat grep usleep rm mkfifo sed tr gzip base64 poweroff kill sleep mkdir ls dmesg wc head'.split(' ')

function steps(): Readonly<Record<'audit' | 'alert' | 'enforce' | 'stop' | 'alone' | 'nolsm' | 'nolsm.stop', Buffer>> {
  return {
    audit: controlFrame('setPolicy', 0n, blobOf('audit', 1)),
    alert: Buffer.concat([
      controlFrame('setPolicy', 1n, blobOf('audit', 2)),
      controlFrame('setMode', 2n, modeChange('alert', null, 2)),
    ]),
    enforce: controlFrame('setPolicy', 3n, blobOf('enforce', 3)),
    stop: controlFrame('stop', 4n),
    nolsm: Buffer.concat([
      controlFrame('setPolicy', 0n, blobOf('enforce', 1)),
      controlFrame('setPolicy', 1n, blobOf('enforce', 2, 'best_effort')),
    ]),
    'nolsm.stop': controlFrame('stop', 2n),
    alone: controlFrame('setPolicy', 0n, blobOf('enforce', 1)),
  }
}

function blobOf(mode: Mode, generation: number, enforce: GuardPolicy['enforce'] = 'prevent'): Buffer {
  return withDigest(policyBlob(sensorPolicy(compilePolicy({ ...guestPolicy, enforce }), { generation, modeOf: () => mode })))
}
