import { Agent, request } from 'node:http'

export type Post = { readonly path: string; readonly type: string; readonly body: Uint8Array }
export type Posted = { readonly ms: number; readonly latencies: readonly number[] }

/** Sends every post once over so many connections, each connection one after the other; `paceMs`: one starts every so often, whoever waits. */
export async function send(
  { address, authorization }: { readonly address: string; readonly authorization: string },
  posts: readonly Post[],
  { connections, paceMs = 0 }: { readonly connections: number; readonly paceMs?: number },
): Promise<Posted> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const latencies: number[] = []
  const start = performance.now()
  try {
    if (paceMs > 0) await paced(posts, paceMs, (one) => timedPost(agent, address, authorization, one, latencies))
    else {
      let next = 0
      const line = async (): Promise<void> => {
        for (let one = posts[next++]; one !== undefined; one = posts[next++]) {
          await timedPost(agent, address, authorization, one, latencies)
        }
      }
      await Promise.all(Array.from({ length: connections }, line))
    }
    return { ms: performance.now() - start, latencies }
  } finally {
    agent.destroy()
  }
}

/** A moment late is made up for: the load stays what it is said to be. */
async function paced(posts: readonly Post[], paceMs: number, post: (one: Post) => Promise<void>): Promise<void> {
  const start = performance.now()
  const open: Promise<void>[] = []
  for (const [index, one] of posts.entries()) {
    const wait = start + index * paceMs - performance.now()
    if (wait > 1) await new Promise((later) => setTimeout(later, wait))
    open.push(post(one))
  }
  await Promise.all(open)
}

async function timedPost(agent: Agent, address: string, authorization: string, post: Post, latencies: number[]): Promise<void> {
  const start = performance.now()
  await new Promise<void>((done, failed) => {
    const sent = request(
      new URL(post.path, address),
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': post.type,
          'content-length': post.body.length,
          ...(authorization !== '' && { authorization }),
        },
      },
      (response) => {
        response.resume()
        response.on('end', () => (response.statusCode === 200 ? done() : failed(new Error(`answered ${response.statusCode}`))))
        response.on('error', failed)
      },
    )
    sent.on('error', failed)
    sent.end(post.body)
  })
  latencies.push(performance.now() - start)
}
