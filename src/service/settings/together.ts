import { personRoles } from '../../../core/model/access.ts'
import type { Settings } from './settings.ts'
import { settingTable } from './table.ts'

type Name = keyof typeof settingTable

/** `[a, b]`: whoever sets `a` must set `b`. */
const needs: readonly (readonly [Name, Name])[] = [
  ['tlsCertificate', 'tlsKey'],
  ['tlsKey', 'tlsCertificate'],
  ['oidcIssuer', 'oidcClientId'],
  ['oidcIssuer', 'url'],
  ['spiffeTrustDomain', 'spiffeJwtBundle'],
  ['spiffeJwtBundle', 'spiffeTrustDomain'],
]

/** What is wrong with settings that are each in order: one that needs another, a role that nobody knows, a file that cannot be read. */
export function faultsBetween(
  settings: Settings,
  isGiven: (name: Name) => boolean,
  canRead: (path: string) => boolean,
): readonly string[] {
  const pathOf = (name: Name): string => settingTable[name].path
  const missing = needs
    .filter(([one, other]) => isGiven(one) && !isGiven(other))
    .map(([one, other]) => `${pathOf(one)} is set, and ${pathOf(other)} is not. Fix: set ${pathOf(other)} too`)
  const roles = settings.oidcGroups
    .filter(({ role }) => !personRoles.some((known) => known === role))
    .map(({ role }) => `oidc.groups: there is no role ${JSON.stringify(role)}. Fix: write one of ${personRoles.join(', ')}`)
  const files = (Object.keys(settingTable) as Name[]).flatMap((name) => {
    const path = settings[name]
    if (settingTable[name].kind !== 'file' || typeof path !== 'string' || canRead(path)) return []
    return [`${pathOf(name)}: cannot read ${path}. Fix: name a file that this user may read`]
  })
  return [...missing, ...roles, ...files]
}
