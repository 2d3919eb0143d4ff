import type { DatabaseSync } from 'node:sqlite'
import { accessLogRows, type AccessLogRows } from './access-log.ts'
import { enrolmentRows, type EnrolmentRows } from './enrolments.ts'
import { peopleRows, type PeopleRows } from './people.ts'
import { personKeyRows, type PersonKeyRows } from './person-keys.ts'
import { sensorRows, type SensorRows } from './sensors.ts'
import { sessionRows, type SessionRows } from './sessions.ts'
import { tokenRows, type TokenRows } from './tokens.ts'

/** Who may come in, and who did. */
export type AccessState = PeopleRows & PersonKeyRows & SessionRows & TokenRows & SensorRows & EnrolmentRows & AccessLogRows

/** One function per query, prepared once. */
export function accessStateOf(db: DatabaseSync): AccessState {
  return {
    ...peopleRows(db),
    ...personKeyRows(db),
    ...sessionRows(db),
    ...tokenRows(db),
    ...sensorRows(db),
    ...enrolmentRows(db),
    ...accessLogRows(db),
  }
}
