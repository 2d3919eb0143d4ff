import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import { exampleReport } from '../../report/fixtures/report.ts'
import { hex } from '../../report/fixtures/scope.ts'
import type { Seal } from '../../report/html.ts'
import { createPdfClient } from './pdf-client.ts'
import { pdfOf } from './report-pdf.ts'

const report = exampleReport()
const sealed = (name: string): Seal => ({
  reportDigest: hex(name),
  ledger: { origin: 'log.payments.example', index: 43, size: 44 },
  signer: { name: 'Runproof CI', keyId: hex('ci') },
})

test('a document from the thread is the same bytes as one made here, and each asker gets their own', async () => {
  const documents = createPdfClient()
  try {
    const names = ['one', 'two', 'three']
    const made = await Promise.all(names.map((name) => documents.pdfOf(report, sealed(name))))
    const here = await Promise.all(names.map((name) => pdfOf(report, sealed(name))))
    assert.deepEqual(made.map(sha256Hex), here.map(sha256Hex))
  } finally {
    await documents.stop()
  }
})

test('a report that cannot be set fails for its asker alone', async () => {
  const documents = createPdfClient()
  try {
    const broken = documents.pdfOf({ ...report, judgement: null } as never, sealed('broken'))
    const good = documents.pdfOf(report, sealed('good'))
    await assert.rejects(broken, Error)
    assert.ok((await good).length > 1000)
  } finally {
    await documents.stop()
  }
})

test('more than may wait are told to come again; who waits when the service stops is told so', async () => {
  const documents = createPdfClient()
  const waiting = Array.from({ length: 32 }, (_, index) => documents.pdfOf(report, sealed(`${index}`)))
  const ends = Promise.allSettled(waiting)
  await assert.rejects(documents.pdfOf(report, sealed('too many')), { code: 'service.overloaded' })
  await documents.stop()
  const refused = (await ends).filter((end) => end.status === 'rejected')
  assert.ok(refused.length > 0)
  for (const { reason } of refused) assert.equal((reason as { readonly code?: string }).code, 'service.stopping')
})

test('the thread goes when nobody asks, and comes again for the next one', async () => {
  const documents = createPdfClient(1)
  try {
    assert.ok((await documents.pdfOf(report, sealed('first'))).length > 1000)
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.ok((await documents.pdfOf(report, sealed('second'))).length > 1000)
  } finally {
    await documents.stop()
  }
})
