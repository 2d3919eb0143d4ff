import type { Action } from './action.ts'
import * as cases from './cases.ts'
import * as decide from './decide.ts'
import { getOverview } from './get-overview.ts'
import { getTrust } from './get-trust.ts'
import * as keys from './keys.ts'
import * as people from './people.ts'
import * as sensors from './sensors.ts'
import * as tokens from './tokens.ts'
import * as waivers from './waivers.ts'
import { listManifests } from './list-manifests.ts'
import { listReports } from './list-reports.ts'
import { listWindows } from './list-windows.ts'
import { publishManifest } from './publish-manifest.ts'
import { searchFindings } from './search-findings.ts'

/** Whatever an act takes and gives: what its faces need to know of it. */
export type AnyAction = Action<never>

/** Every act of a person. Adding one is its file and one line here; its route, its command and its documentation follow. */
export const actions = [
  getOverview,
  listWindows,
  listReports,
  getTrust,
  searchFindings,
  listManifests,
  publishManifest,
  ...Object.values(sensors),
  ...Object.values(tokens),
  ...Object.values(people),
  cases.list,
  cases.show,
  cases.assign,
  cases.comment,
  decide.draft,
  decide.decide,
  waivers.list,
  waivers.propose,
  waivers.draftRevoke,
  waivers.revoke,
  ...Object.values(keys),
] as unknown as readonly AnyAction[]
