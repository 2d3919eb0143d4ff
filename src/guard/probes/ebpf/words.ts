import * as z from 'zod/mini'
import { RunproofError } from '../../../../core/model/errors.ts'

const text = z.string().check(z.maxLength(4096))
const name = z.string().check(z.maxLength(128))
const maybe = z.nullable(text)
const tier = z.enum(['prevent', 'terminate'])
const tiers = z.object({ exec: tier, file: tier, network: tier, syscall: tier })

const Hello = z.object({
  protocol: z.number(),
  version: name,
  sha256: z.string().check(z.maxLength(64)),
  kernel: text,
  architecture: name,
  boot_id: maybe,
  lockdown: maybe,
  lsm: maybe,
  privileges: text,
  boot_ns: z.string().check(z.regex(/^\d{1,20}$/)),
  realtime_ns: z.string().check(z.regex(/^\d{1,20}$/)),
  ring_bytes: z.number(),
  hooks: z
    .array(z.object({ name, state: z.enum(['attached', 'missing', 'failed', 'spare']), errno: z.number(), note: maybe }))
    .check(z.maxLength(64)),
  tiers,
  calls: z.array(z.nullable(name)).check(z.maxLength(1024)),
  classes: z.array(name).check(z.maxLength(64)),
  blind: z.array(name).check(z.maxLength(64)),
})
/** The sensor's first frame. */
export type Hello = z.infer<typeof Hello>

const PolicyActive = z.object({
  sha256: z.string().check(z.maxLength(64)),
  generation: z.number(),
  absent: z.array(name).check(z.maxLength(1024)),
  tiers,
  unmet: z.array(text).check(z.maxLength(64)),
})
export type PolicyActive = z.infer<typeof PolicyActive>

const ModeActive = z.object({
  mode: z.enum(['audit', 'alert', 'enforce']),
  process: z.number(),
  why: z.enum(['asked', 'host_silent']),
})
export type ModeActive = z.infer<typeof ModeActive>

const Refused = z.object({ code: name, type: z.number(), sequence: text, why: text })
export type Refused = z.infer<typeof Refused>

/** @throws RunproofError `format.malformed`, as the others here */
export function readHello(body: unknown): Hello {
  return read(Hello, body, 'HELLO')
}

export function readPolicyActive(body: unknown): PolicyActive {
  return read(PolicyActive, body, 'POLICY_ACTIVE')
}

export function readModeActive(body: unknown): ModeActive {
  return read(ModeActive, body, 'MODE_ACTIVE')
}

export function readRefused(body: unknown): Refused {
  return read(Refused, body, 'REFUSED')
}

function read<T>(schema: z.ZodMiniType<T>, body: unknown, frame: string): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw new RunproofError('format.malformed', `the sensor's ${frame} is not one: ${z.prettifyError(result.error)}`)
}
