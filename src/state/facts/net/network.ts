import type { AnswerOf, QueryOf } from '../../model/fact.ts'

/** Questions that are asked over the network, from where the host stands. */
export type Network = {
  readonly address: (ask: QueryOf<'address'>) => Promise<AnswerOf<'address'>>
  readonly dns: (ask: QueryOf<'dns'>) => Promise<AnswerOf<'dns'>>
  readonly http: (ask: QueryOf<'http'>) => Promise<AnswerOf<'http'>>
  /** What a server presents; `ask.address` is not null. */
  readonly certificate: (ask: QueryOf<'certificate'>) => Promise<AnswerOf<'certificate'>>
}
