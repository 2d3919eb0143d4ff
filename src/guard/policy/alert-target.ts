import { RunproofError } from '../../../core/model/errors.ts'
import type { AlertTarget } from './model.ts'

/**
 * Where an alert goes: `log`, `file:PATH`, `webhook:URL` (or the URL alone).
 * @throws RunproofError `format.malformed` with what is wrong, and a fix after the first semicolon
 */
export function alertTarget(text: string): AlertTarget {
  if (text === 'log') return { kind: 'log' }
  if (text.startsWith('file:') && text.length > 5) return { kind: 'file', path: text.slice(5) }
  const url = text.startsWith('webhook:') ? text.slice(8) : text
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw malformed('is no destination', 'write log, file:PATH or webhook:https://…')
  // It would stand in the policy, in its digest's bytes and in every log of it.
  if (new URL(url).username !== '' || new URL(url).password !== '')
    throw malformed('carries a password', 'take it out: webhooks are signed, with a key from a file')
  return { kind: 'webhook', url }
}

function malformed(what: string, fix: string): RunproofError {
  return new RunproofError('format.malformed', `${what}; ${fix}`)
}
