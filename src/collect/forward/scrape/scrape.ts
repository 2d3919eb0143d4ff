import { RunproofError } from '../../../../core/model/errors.ts'
import { reasonOf } from '../deliver.ts'
import { countersIn, type Scraped } from './counters.ts'

const TIMEOUT_MS = 10_000
const MAX_BYTES = 8 * 1024 * 1024

/**
 * What a sensor's Prometheus endpoint says now.
 * @throws Error in words for people: nobody answers, another program does, or it says too much
 */
export async function scrape(sensor: string, url: string, signal: AbortSignal): Promise<Scraped> {
  const answer = await asked(url, signal)
  if (!answer.ok) throw new Error(`it answered ${answer.status}`)
  const scraped = countersIn(sensor, await textOf(answer))
  if (scraped === null) throw new Error(`there are no metrics of ${sensor}`)
  return scraped
}

/** @throws RunproofError `usage` for an address that is none */
export function metricsAddress(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw new RunproofError('usage', `${JSON.stringify(url)} is no address of metrics like http://127.0.0.1:8765/metrics`)
}

async function asked(url: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { redirect: 'error', signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) })
  } catch (error) {
    throw new Error(error instanceof Error && error.cause instanceof Error ? reasonOf(error.cause) : reasonOf(error), {
      cause: error,
    })
  }
}

async function textOf(answer: Response): Promise<string> {
  const decoder = new TextDecoder()
  let [text, size] = ['', 0]
  for await (const part of answer.body ?? []) {
    size += part.length
    if (size > MAX_BYTES) throw new Error(`it answers with more than ${MAX_BYTES} bytes`)
    text += decoder.decode(part, { stream: true })
  }
  return text
}
