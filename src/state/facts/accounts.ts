export type User = { readonly name: string; readonly uid: number; readonly gid: number; readonly home: string }
export type Group = { readonly name: string; readonly gid: number; readonly members: readonly string[] }

/**
 * Rows of a passwd file as Go's `os/user` takes them without C: white space around a row, comments, `+` and `-` names and rows with
 * too few fields or ids that are no numbers are passed over.
 */
export function usersOf(passwd: string): readonly User[] {
  return rowsOf(passwd, 7).flatMap(([name = '', , uid = '', gid = '', , home = '']) =>
    isInteger(uid) && isInteger(gid) ? [{ name, uid: Number(uid), gid: Number(gid), home }] : [],
  )
}

/** Rows of a group file, by the same rules. */
export function groupsOf(group: string): readonly Group[] {
  return rowsOf(group, 4).flatMap(([name = '', , gid = '', members = '']) =>
    isInteger(gid) ? [{ name, gid: Number(gid), members: members.split(',').filter((member) => member !== '') }] : [],
  )
}

/** Ids of every group that a user is in, the first one included. */
export function groupIdsOf(user: User, groups: readonly Group[]): ReadonlySet<number> {
  return new Set([user.gid, ...groups.filter(({ members }) => members.includes(user.name)).map(({ gid }) => gid)])
}

function rowsOf(text: string, fields: number): readonly (readonly string[])[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[#:+-]/.test(line))
    .map((line) => line.split(':'))
    .filter((row) => row.length >= fields)
}

function isInteger(text: string): boolean {
  return /^[+-]?\d{1,18}$/.test(text)
}
