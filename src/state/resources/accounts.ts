/** Rows of /etc/passwd and /etc/group as Go's own reader takes them: what it cannot read is not there. */

export type User = { readonly uid: bigint; readonly gid: bigint; readonly home: string }

const integer = /^[+-]?\d+$/

/** The first row of that name whose ids are numbers; null: there is none. */
export function findUser(passwd: string, name: string): User | null {
  for (const row of rowsOf(passwd)) {
    const fields = row.split(':')
    const [found = '', , uid = '', gid = '', , home = ''] = fields
    if (fields.length < 7 || found !== name || isNis(found)) continue
    if (integer.test(uid) && integer.test(gid)) return { uid: BigInt(uid), gid: BigInt(gid), home }
  }
  return null
}

/** The name of the first user of that id; null: there is none. */
export function userNameOf(passwd: string, uid: number): string | null {
  for (const row of rowsOf(passwd)) {
    const [name = '', , id = ''] = row.split(':')
    if (id === String(uid) && !isNis(name)) return name
  }
  return null
}

/** The id of the first group of that name; null: there is none. */
export function findGroup(group: string, name: string): bigint | null {
  for (const row of rowsOf(group)) {
    const fields = row.split(':')
    const [found = '', , gid = ''] = fields
    if (fields.length >= 4 && found === name && !isNis(found) && integer.test(gid)) return BigInt(gid)
  }
  return null
}

/** Names of the groups that a user is in, its own among them, sorted. Rows that do not have four fields do not count. */
export function groupsOf(group: string, name: string, gid: bigint): readonly string[] {
  const names: string[] = []
  for (const row of group.split('\n')) {
    const fields = row.split(':')
    const [found = '', , id = '', members = ''] = fields
    if (fields.length !== 4) continue
    if (integer.test(id) && BigInt(id) === gid) names.push(found)
    else for (const member of members.split(',')) if (member === name) names.push(found)
  }
  return names.sort()
}

/** The last field of the user's row; a row before it that does not have seven fields is an error, as it is to goss. */
export function shellOf(passwd: string, name: string): { readonly value: string } | { readonly error: string } {
  const rows = passwd.split('\n')
  if (rows.at(-1) === '') rows.pop()
  for (const row of rows) {
    const fields = row.split(':')
    if (fields.length !== 7) return { error: 'invalid entry in /etc/passwd' }
    if (fields[0] === name) return { value: fields[6] ?? '' }
  }
  return { error: `unknown user ${name}` }
}

function rowsOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((row) => row.trim())
    .filter((row) => row !== '' && !row.startsWith('#'))
}

function isNis(name: string): boolean {
  return name === '' || name.startsWith('+') || name.startsWith('-')
}
