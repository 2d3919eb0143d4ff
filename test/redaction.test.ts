import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Report } from '../core/model/report.ts'
import { root, run, scratch } from './sample.ts'
import { everything, manifest } from './secrets-outputs.ts'
import { seeded } from './secrets.ts'

/** Secrets of one house, which no rule that ships can know, in each place where a bundle may look; with the part that must be gone. */
const ours = [
  { place: 'proc.cmdline', text: 'ship --order ORD-86753091 now', secret: '86753091' },
  { place: 'proc.cmdline', text: 'app --sid Zq7Sid1 -v', secret: 'Zq7Sid1' },
  { place: 'proc.cmdline', text: 'SID=Zq7Sid2 app', secret: 'Zq7Sid2' },
  { place: 'proc.cmdline', text: 'TICKET=tk-Zq7Env1 app', secret: 'Zq7Env1' },
  { place: 'proc.cmdline', text: 'wget https://x.test/dl/share-Zq7Url1/x', secret: 'Zq7Url1' },
  { place: 'proc.exepath', text: '/srv/tenant-Zq7Path1/bin/app', secret: 'Zq7Path1' },
  { place: 'proc.pcmdline', text: 'loader sid: Zq7Sid3', secret: 'Zq7Sid3' },
  { place: 'container.image.repository', text: 'registry.test/img?sid=Zq7Sid4', secret: 'Zq7Sid4' },
] as const

const rules = `apiVersion: runproof.dev/v1
kind: RedactionRules
rules:
  - { id: order-number, pattern: 'ORD-(?P<secret>[0-9]{8})', where: [arguments] }
  - { id: session, keys: [sid] }
  - { id: ticket, pattern: 'tk-(?P<secret>[A-Za-z0-9]+)', where: [environment] }
  - { id: share, pattern: '/share-(?P<secret>[A-Za-z0-9]+)', where: [url] }
  - { id: tenant, pattern: '/tenant-(?P<secret>[A-Za-z0-9]+)', where: [path] }
except:
  - { rule: email, pattern: 'noreply@people\\.example', reason: nobody reads it }
`

/** Another program each time: of one behaviour only three samples are kept. */
let count = 0

function alert(fields: Readonly<Record<string, string>>, second: number): string {
  const at = `2026-01-01T00:00:${String(second % 60).padStart(2, '0')}.000000000Z`
  const output_fields = {
    'evt.type': 'execve',
    'k8s.ns.name': 'shop',
    'k8s.pod.name': 'checkout-1',
    'proc.exepath': `/opt/app-${count++}`,
    ...fields,
  }
  return JSON.stringify({ hostname: 'n1', priority: 'Warning', rule: 'Shell', source: 'syscall', time: at, output_fields })
}

function bundle(more = ''): string {
  const folder = scratch()
  mkdirSync(join(folder, 'assurance'))
  writeFileSync(join(folder, 'assurance', 'manifest.yaml'), manifest)
  writeFileSync(join(folder, 'assurance', 'redaction.yaml'), rules + more)
  const events = [
    ...ours.map(({ place, text }, index) => alert({ [place]: text }, index)),
    ...seeded.map(({ text }, index) => alert({ 'proc.cmdline': text }, index)),
    alert({ 'proc.cmdline': 'mail noreply@people.example' }, 1),
  ]
  writeFileSync(join(folder, 'events.ndjson'), `${events.join('\n')}\n`)
  return folder
}

const reportOf = (folder: string): Report => JSON.parse(readFileSync(join(folder, 'out', 'report.json'), 'utf8')) as Report

test('what a bundle’s own rules name reaches no output, and neither does what the rules that ship know', async () => {
  const folder = bundle()
  const said = await everything(folder)
  const leaks = [...ours, ...seeded].flatMap(({ text, secret }) =>
    said.flatMap(({ where, text: all }) => (all.includes(secret) ? [`${text.slice(0, 40)} in ${where}`] : [])),
  )
  assert.deepEqual(leaks, [])
  const evidence = said.find(({ where }) => where.endsWith('evidence.ndjson.gz'))?.text ?? ''
  for (const id of ['order-number', 'session', 'ticket', 'share', 'tenant', 'flag'])
    assert.ok(evidence.includes(`[redacted:${id}]`), id)
  assert.ok(evidence.includes('noreply@people.example'), 'an exception leaves in what it names')

  const { redaction } = reportOf(folder)
  assert.deepEqual(
    { ...redaction, digest: null },
    {
      rules: 'redact/1',
      custom: 5,
      excepted: [{ rule: 'email', reason: 'nobody reads it' }],
      disabled: [],
      digest: null,
    },
  )
  const validated = await run(['manifest', 'validate', 'assurance'], { cwd: folder })
  assert.equal(validated.code, 0)
  assert.ok(validated.out.includes(`sha256:${redaction?.digest}`), 'the report names the digest that validate prints')
})

test('a rule that ships can be switched off, and every page says so', async () => {
  const folder = bundle('disable:\n  - { rule: jwt, reason: our tests print made-up ones }\n')
  const said = await everything(folder)
  const told = /switched off: jwt \(.{1,6}our tests print made-up ones/
  for (const name of ['assess', 'show', 'out/report.html', 'out/report.pdf'])
    assert.match(said.find(({ where }) => where === name)?.text.replaceAll(/\s+/g, ' ') ?? '', told, name)
  assert.deepEqual(reportOf(folder).redaction?.disabled, [{ rule: 'jwt', reason: 'our tests print made-up ones' }])
})

test('without a redaction.yaml the report says that the rules that ship were used', async () => {
  const folder = scratch()
  mkdirSync(join(folder, 'assurance'))
  writeFileSync(join(folder, 'assurance', 'manifest.yaml'), manifest)
  writeFileSync(join(folder, 'events.ndjson'), alert({}, 0))
  await run(['assess', '--bundle', 'assurance', '--events', 'events.ndjson', '--unsigned'], { cwd: folder })
  assert.deepEqual(reportOf(folder).redaction, { rules: 'redact/1', custom: 0, excepted: [], disabled: [], digest: null })
})

test('rules that cannot be used are refused before any event is read, with their place', async () => {
  const folder = bundle()
  appendFileSync(join(folder, 'assurance', 'redaction.yaml'), '  - { rule: nobody, pattern: x, reason: x }\n')
  const at = `${rules.split('\n').length}:`
  for (const argv of [
    ['assess', '--bundle', 'assurance', '--events', 'events.ndjson', '--unsigned'],
    ['events', 'events.ndjson', '--redaction', 'assurance/redaction.yaml'],
  ]) {
    const { code, out, err } = await run(argv, { cwd: folder })
    assert.equal(code, 3, argv[0])
    assert.match(err, /redaction\.invalid/)
    assert.ok(err.includes(`redaction.yaml:${at}`), err)
    assert.equal(out, '')
  }
  const { code, out } = await run(['manifest', 'validate', 'assurance'], { cwd: folder })
  assert.equal(code, 1)
  assert.match(out, /except\[1\]\.rule: is the name of no rule/)
  writeFileSync(join(folder, 'assurance', 'redaction.json'), '{}')
  const overlooked = await run(['manifest', 'validate', 'assurance'], { cwd: folder })
  assert.match(overlooked.err, /redaction\.json would be overlooked; name it redaction\.yaml/)
})

test('the rules in the guide are valid, and do what it says', async () => {
  const guide = readFileSync(join(root, 'docs/guides/redaction.md'), 'utf8')
  const blocks = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block)
  assert.equal(blocks.length, 2)
  const folder = bundle()
  writeFileSync(join(folder, 'assurance', 'redaction.yaml'), blocks.join(''))
  const { code, out } = await run(['manifest', 'validate', 'assurance'], { cwd: folder })
  assert.equal(code, 0, out)
  assert.match(out, /redaction\.yaml: valid, 2 rules, 1 exception; switched off: jwt/)
  const events = await run(['events', 'events.ndjson', '--redaction', 'assurance/redaction.yaml'], { cwd: folder })
  assert.match(events.out, /ship --order ORD-\[redacted:order-number\] now/)
  assert.match(events.out, /app --sid \[redacted:session\] -v/)
})
