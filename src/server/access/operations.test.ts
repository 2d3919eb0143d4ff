import assert from 'node:assert/strict'
import Fastify from 'fastify'
import { test } from 'node:test'
import { accesses } from './fixtures/world.ts'
import { accessOperations } from './operations.ts'

const access = accesses()

test('every route of access is documented, and every documented one is there', async () => {
  const app = Fastify()
  const routes: string[] = []
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (one !== 'HEAD') routes.push(`${one} ${url.replaceAll(/:(\w+)/g, '{$1}')}`)
  })
  access().register(app)
  await app.ready()
  assert.deepEqual(routes.sort(), accessOperations.map(({ method, path }) => `${method} ${path}`).sort())
  await app.close()
})
