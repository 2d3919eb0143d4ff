import * as z from 'zod/mini'
import { TrustSchema } from '../../core/model/trust.ts'
import { action } from './action.ts'

/** What `verify --trust` takes. Whoever relies on it compares its keys with what they know from elsewhere. */
export const getTrust = action({
  name: 'get-trust',
  summary: 'the trust root that reports of this service verify with',
  permission: 'ledger:read',
  method: 'GET',
  path: '/api/v1/trust',
  command: ['trust', 'show'],
  input: z.strictObject({}),
  output: TrustSchema,
  scopeOf: () => null,
  run: ({ trust }) => trust(),
})
