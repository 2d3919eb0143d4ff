import type { JsonValue } from '../../core/proof/jcs.ts'

/**
 * A case where our answer is not the suite's, on purpose: why, and what we answer instead, so that it cannot change unnoticed. Such
 * a case is right with exactly this answer and wrong with any other; the runner lists every one of them with its reason.
 */
export type SetAside = { readonly note: string; readonly why: string; readonly answer: readonly JsonValue[] }

const DATA_PATH =
  'OPA finds base documents by storage path, where 2 and "2" are one (its issue 3711); in a plan they are two keys'

export const setAside: readonly SetAside[] = [
  { note: 'data/toplevel integer', why: DATA_PATH, answer: [] },
  { note: 'data/nested integer', why: DATA_PATH, answer: [] },
  {
    note: 'reachable_paths/cycle_1022_3',
    why: 'the suite was written before OPA stopped sharing the visited nodes between branches; OPA 1.22 answers like us',
    answer: [
      {
        x: [
          ['one', 'five', 'seven', 'eight', 'three'],
          ['one', 'five', 'six', 'nine'],
          ['one', 'five', 'six', 'seven', 'eight', 'three'],
          ['one', 'two', 'four', 'three'],
        ],
      },
    ],
  },
]
