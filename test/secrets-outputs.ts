import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { pdfTexts } from '../src/report/pdf/fixtures.ts'
import { run, type Ran } from './sample.ts'

/** Controls over every kind of act, so that each event has somewhere to be shown. */
export const manifest = `apiVersion: runproof.dev/v1
kind: AssuranceManifest
metadata: { name: shop, version: 1.0.0, owner: Shop Team }
scope:
  application: shop
  environment: prod
  workloads:
    - { name: checkout, namespace: shop }
    - { name: ledger, namespace: shop }
    - { name: machine, class: vm }
sensors:
  - { name: falco }
  - { name: tetragon }
  - { name: kubearmor }
  - { name: tracee }
controls:
${['exec', 'open', 'connect', 'privilege_change', 'syscall']
  .map((behaviour) => {
    const allow = { exec: 'binaries: [/never]', open: 'paths: [/never]', connect: 'destinations: [{ cidr: 192.0.2.1/32 }]' }
    const list = (allow as Record<string, string>)[behaviour] ?? 'syscalls: [never]'
    return `  - { id: no.${behaviour.replace('_', '-')}, title: Nothing does, behaviour: ${behaviour}, allow: { ${list} } }`
  })
  .join('\n')}
`

export type Said = { readonly where: string; readonly text: string }

/** Everything that the product says about the bundle `assurance` and the events `events.ndjson` of a folder: files, output, errors. */
export async function everything(folder: string, more: readonly string[] = []): Promise<readonly Said[]> {
  const said: Said[] = []
  const keep = (where: string, { out, err }: Ran): void => void said.push({ where, text: `${out}\n${err}` })
  const assessed = await run(
    [
      'assess',
      '--bundle',
      'assurance',
      '--events',
      'events.ndjson',
      '--from',
      '2026-01-01T00:00:00Z',
      '--to',
      '2026-01-02T00:00:00Z',
      '--unsigned',
      ...more,
    ],
    { cwd: folder },
  )
  assert.ok([0, 1, 2].includes(assessed.code), assessed.err)
  keep('assess', assessed)
  const audit = readdirSync(join(folder, 'out')).find((name) => name.endsWith('.tar')) ?? ''
  const path = join('out', audit)
  keep('show', await run(['show', path, '--trust', join('out', 'trust.json')], { cwd: folder }))
  keep('show --json', await run(['show', path, '--json', '--html', 'again.html', '--pdf', 'again.pdf'], { cwd: folder }))
  keep('diff', await run(['diff', path, path], { cwd: folder }))
  keep('verify', await run(['verify', path, '--trust', join('out', 'trust.json')], { cwd: folder }))
  for (const id of ['no.exec', 'no.open', 'no.connect', 'no.privilege-change', 'no.syscall']) {
    keep(`explain ${id}`, await run(['explain', path, id], { cwd: folder }))
    keep(`explain ${id} --json`, await run(['explain', path, id, '--json'], { cwd: folder }))
  }
  keep('events', await run(['events', 'events.ndjson', ...rules(folder)], { cwd: folder }))
  keep('events --summary', await run(['events', 'events.ndjson', '--summary'], { cwd: folder }))
  return [...said, ...filesIn(folder)]
}

/** A bundle's own rules are for `events` only when it is told of them. */
function rules(folder: string): readonly string[] {
  const file = join('assurance', 'redaction.yaml')
  return existsSync(join(folder, file)) ? ['--redaction', file] : []
}

function filesIn(folder: string): readonly Said[] {
  const files = globSync('{out,data}/**/*', { cwd: folder }).concat('again.html', 'again.pdf')
  return files
    .filter((file) => statSync(join(folder, file)).isFile())
    .map((file) => {
      const bytes = readFileSync(join(folder, file))
      if (file.endsWith('.gz')) return { where: file, text: gunzipSync(bytes).toString() }
      return { where: file, text: file.endsWith('.pdf') ? pdfTexts(bytes).join('') : bytes.toString('latin1') }
    })
}
