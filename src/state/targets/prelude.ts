import { readFileSync } from 'node:fs'

/** The functions that every session is given first. */
export const prelude: string = readFileSync(new URL('prelude.sh', import.meta.url), 'utf8')
