import { hookEvents, type Hook, type HookEvent } from './model.ts'
import { booleanOf, durationOf, Fault, fieldsOf, numberOf, textOf, textsOf, type Fields } from './values.ts'

const MAX_HOOKS = 20
const MAX_ATTEMPTS = 20
const headerForm = /^[A-Za-z0-9-]{1,100}$/

/** Names of events that INTERCEPT has and that say the same here. */
const others: ReadonlyMap<string, HookEvent> = new Map([
  ['log', 'results'],
  ['bulk', 'results'],
])

/** The webhooks of a policy file. @throws Fault for one that could not be sent as its author means */
export function readHooks(value: unknown): readonly Hook[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new Fault('Hooks must be a list')
  if (value.length > MAX_HOOKS) throw new Fault(`more than ${MAX_HOOKS} hooks`)
  return value.map((item: unknown, index) => {
    const fields = fieldsOf(item)
    if (fields === null) throw new Fault(`hook ${index + 1} is no map`)
    return hookOf(fields, textOf(fields['name']) ?? `hook ${index + 1}`)
  })
}

function hookOf(fields: Fields, name: string): Hook {
  const endpoint = textOf(fields['endpoint'])
  if (endpoint === null || !URL.canParse(endpoint) || !/^https?:/.test(endpoint))
    throw new Fault(`${name}: endpoint must be an http or https URL`)
  const method = (textOf(fields['method']) ?? 'POST').toUpperCase()
  if (method !== 'POST' && method !== 'PUT') throw new Fault(`${name}: method must be POST or PUT`)
  const auth = fieldsOf(fields['auth'])
  const type = textOf(auth?.['type'])?.toLowerCase() ?? null
  if (type !== null && type !== 'bearer') throw new Fault(`${name}: auth.type ${JSON.stringify(type)} is not known; bearer is`)
  const tokenEnv = textOf(auth?.['token_env'])
  if (type === 'bearer' && tokenEnv === null)
    throw new Fault(`${name}: auth.token_env must name the variable that holds the token`)
  return {
    name,
    endpoint,
    method,
    headers: headersOf(fields['headers'], name),
    events: eventsOf(fields['event_types'] ?? fields['events'], name),
    attempts: Math.min(
      MAX_ATTEMPTS,
      1 + Math.max(0, Math.floor(numberOf(fields['retry_attempts'], `${name}: retry_attempts`) ?? 3)),
    ),
    delayMs: durationOf(fields['retry_delay'], `${name}: retry_delay`) ?? 5000,
    timeoutMs: (numberOf(fields['timeout_seconds'], `${name}: timeout_seconds`) ?? 30) * 1000,
    tokenEnv,
    secretEnv: textOf(fields['secret_env']),
    isInsecure: booleanOf(fields['insecure'], `${name}: insecure`) ?? false,
  }
}

function headersOf(value: unknown, name: string): Readonly<Record<string, string>> {
  const headers = Object.entries(fieldsOf(value) ?? {}).map(([header, content]) => {
    const text = textOf(content)
    if (!headerForm.test(header) || text === null || /[\r\n]/.test(text))
      throw new Fault(`${name}: the header ${JSON.stringify(header)} cannot be sent`)
    return [header, text] as const
  })
  return Object.fromEntries(headers)
}

function eventsOf(value: unknown, name: string): readonly HookEvent[] {
  const words = textsOf(value ?? 'report', `${name}: event_types`)
  return [
    ...new Set(
      words.map((word) => {
        const known = hookEvents.find((event) => event === word.toLowerCase()) ?? others.get(word.toLowerCase())
        if (known === undefined)
          throw new Fault(`${name}: there is no event ${JSON.stringify(word)}; known are ${hookEvents.join(', ')}`)
        return known
      }),
    ),
  ]
}
