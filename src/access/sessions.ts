import { instantMs, instantOf } from '../../core/model/time.ts'
import type { PersonRow } from '../store/state/people.ts'
import { newSecret, hashOf } from './secrets.ts'
import { writing, type AccessWorld } from './world.ts'

export type SessionLimits = { readonly lastsMs: number; readonly idleMs: number }

export const defaultSessionLimits: SessionLimits = { lastsMs: 12 * 3_600_000, idleMs: 2 * 3_600_000 }

/** A session is written down as used this often, not with every request. */
const TOUCH_MS = 5 * 60_000

/** Opens a session and returns the secret for its cookie: it is kept nowhere here. */
export function openSession(world: AccessWorld, person: string, { lastsMs, idleMs }: SessionLimits): string {
  const { state, now } = world
  const [secret, at] = [newSecret(), instantOf(now())]
  writing(world, () => {
    state.deleteOldSessions(at, instantOf(now() - idleMs))
    state.insertSession({ hash: hashOf(secret), person, createdAt: at, expiresAt: instantOf(now() + lastsMs), usedAt: at })
  })
  return secret
}

export type OpenSession = { readonly person: PersonRow; readonly expiresAt: string }

/** Whose session this is; null when it ended, nobody used it for too long, or its person may no longer come in. */
export function sessionOf(world: AccessWorld, secret: string, { idleMs }: SessionLimits): OpenSession | null {
  const { state, now } = world
  const hash = hashOf(secret)
  const session = state.session(hash)
  if (session === null || session.expiresAt <= instantOf(now()) || instantMs(session.usedAt) + idleMs <= now()) return null
  const person = state.person(session.person)
  if (person === null || person.disabledAt !== null) return null
  if (instantMs(session.usedAt) + TOUCH_MS <= now()) {
    writing(world, () => state.touchSession(hash, instantOf(now())))
  }
  return { person, expiresAt: session.expiresAt }
}

/** @returns whether there was one */
export function closeSession(world: AccessWorld, secret: string): boolean {
  return writing(world, () => world.state.deleteSession(hashOf(secret)))
}
