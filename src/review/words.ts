import { decisionKind, type Confirmation, type Decision, type Revocation } from '../../core/model/decision.ts'
import type { Waiver } from '../../core/model/waiver.ts'

/** What somebody signs, line by line, for whoever is about to sign it. Made from the statement itself, not from what was asked for. */
export function decisionWords(decision: Decision, controlTitle: string | null): readonly string[] {
  switch (decisionKind(decision)) {
    case 'waiver':
      return waiverWords(decision as Waiver, controlTitle)
    case 'confirmation':
      return confirmationWords(decision as Confirmation, controlTitle)
    case 'revocation':
      return revocationWords(decision as Revocation)
  }
}

function waiverWords(waiver: Waiver, title: string | null): readonly string[] {
  const { id, application, environment, control, scope, window, notBefore, expires, requestedBy, reason, compensatingControl } =
    waiver
  return [
    window === undefined ? `accepts violations until ${expires}` : `accepts what was seen in the window ${window}, this once`,
    `decision      ${id}`,
    `control       ${control}${title === null ? '' : ` (${title})`}, of ${application} in ${environment}`,
    ...Object.entries(scope).flatMap(([kind, patterns]) =>
      (patterns ?? []).map((pattern) => `covers        ${kind}: ${pattern}`),
    ),
    `holds         from ${notBefore} until ${expires}`,
    `asked for by  ${requestedBy}`,
    `reason        ${reason}`,
    `instead       ${compensatingControl}`,
  ]
}

function confirmationWords(confirmation: Confirmation, title: string | null): readonly string[] {
  const { id, application, environment, control, window, fingerprints, reason } = confirmation
  return [
    `confirms a violation in the window ${window}`,
    `decision      ${id}`,
    `control       ${control}${title === null ? '' : ` (${title})`}, of ${application} in ${environment}`,
    ...fingerprints.map((fingerprint) => `finding       ${fingerprint}`),
    `reason        ${reason}`,
  ]
}

function revocationWords({ id, application, environment, waiver, reason, revokedAt }: Revocation): readonly string[] {
  return [
    `takes the waiver ${waiver} back from ${revokedAt} on`,
    `decision      ${id}`,
    `of            ${application} in ${environment}`,
    `reason        ${reason}`,
  ]
}
