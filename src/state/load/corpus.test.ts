import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { renderSuite } from '../write/render.ts'
import { GossfileError } from './failure.ts'
import { localFiles, type Files } from './files.ts'
import { joinPath } from './glob.ts'
import { loadSuite, refuseEmptySuite } from './load-suite.ts'

const corpus = new URL('../../../../shared/corpus/state/', import.meta.url)
const skip = existsSync(corpus) ? false : 'the corpus of recorded answers is not beside this repository'

type Run = { readonly name: string; readonly args: readonly string[] }
type Case = { readonly runs: readonly Run[]; readonly env: Readonly<Record<string, string>> }
type Answer = { readonly exit: number; readonly stdout?: string; readonly stderr?: string }

/** The files of a case as if its folder were the working one. */
function filesOf(folder: string): Files {
  const at = (path: string) => (path.startsWith('/') ? path : joinPath(folder, path))
  const plain = (path: string, error: unknown) => new Error((error as Error).message.replace(at(path), path), { cause: error })
  return {
    read(path) {
      try {
        return localFiles.read(at(path))
      } catch (error) {
        throw plain(path, error)
      }
    },
    exists: (path) => localFiles.exists(at(path)),
    names: (path) => localFiles.names(at(path)),
  }
}

/** What `goss ARGS` prints, as far as loading and rendering go. */
function run({ args }: Run, folder: string, env: Case['env']): { readonly failed: boolean; readonly text: string } {
  const after = (flag: string) => args.flatMap((arg, at) => (arg === flag ? [args[at + 1] ?? ''] : []))
  const file = after('-g').at(-1) ?? 'goss.yaml'
  let debug = ''
  const onRendered = (text: string) => {
    if (args.includes('--debug')) debug += `DEBUG: file after text/template render\n${text}\n`
  }
  const varsInline = after('--vars-inline').at(-1) ?? ''
  try {
    const options = {
      vars: after('--vars'),
      varsInline,
      env,
      dialect: 'goss',
      files: filesOf(folder),
      allowImpure: true,
      onRendered,
    } as const
    const suite = loadSuite(file, options)
    if (!args.includes('render')) refuseEmptySuite(suite, file)
    return { failed: false, text: args.includes('render') ? debug + renderSuite(suite, suite.format) : '' }
  } catch (error) {
    assert.ok(error instanceof GossfileError, String(error))
    return { failed: true, text: error.message }
  }
}

function casesOf(group: string): readonly (readonly [id: string, folder: string, one: Case])[] {
  const folders = readdirSync(new URL(`${group}/`, corpus))
  return folders.flatMap((id) => {
    const file = new URL(`${group}/${id}/case.json`, corpus)
    const folder = fileURLToPath(new URL(`${group}/${id}/files`, corpus))
    return existsSync(file) ? [[id, folder, JSON.parse(readFileSync(file, 'utf8')) as Case] as const] : []
  })
}

for (const group of ['gossfile', 'template', 'render', 'registry', 'matchers', 'patterns', 'file', 'http', 'dns']) {
  test(`what goss 0.4.10 says when it loads or renders: ${group}`, { skip }, () => {
    let count = 0
    for (const [id, folder, { runs, env }] of casesOf(group)) {
      for (const one of runs.filter(({ args }) => args.includes('render') || args.includes('validate'))) {
        const file = new URL(`${group}/${id}/expected/${one.name}.json`, corpus)
        const recorded = JSON.parse(readFileSync(file, 'utf8')) as readonly {
          readonly versions: readonly string[]
          readonly answer: Answer
        }[]
        const answer = recorded.find(({ versions }) => versions.includes('0.4.10'))?.answer
        if (answer === undefined || one.args.includes('-')) continue
        const { failed, text } = run(one, folder, env)
        const where = `${group}/${id} ${one.name}`
        count += 1
        if (answer.exit === 78) assert.equal(`Error: ${text}\n`, answer.stdout, where)
        else if (!one.args.includes('render')) assert.equal(failed, false, `${where}: ${text}`)
        else if (answer.exit === 0) assert.equal(text, answer.stdout, where)
        else assert.equal(`<TIME> ${text}`, answer.stderr, where)
      }
    }
    assert.ok(count > 0)
  })
}

test('real trees are rendered byte by byte as goss renders them', { skip }, () => {
  let bytes = 0
  for (const [id, folder, { runs, env }] of casesOf('real')) {
    for (const one of runs.filter(({ args }) => args.includes('render'))) {
      const folders = new URL(`real/${id}/expected/`, corpus)
      const { failed, text } = run(one, folder, env)
      const answers = JSON.parse(readFileSync(new URL(`${one.name}.json`, folders), 'utf8')) as readonly {
        readonly answer: { readonly stderr?: readonly string[] }
      }[]
      const errors = answers.flatMap(({ answer }) => answer.stderr ?? [])
      const outputs = readdirSync(folders)
        .filter((name) => name.startsWith(`${one.name}.`) && name.endsWith('.out'))
        .map((name) => readFileSync(new URL(name, folders), 'utf8'))
      if (failed)
        assert.ok(
          text.split('\n').every((line) => errors.some((known) => known.endsWith(line))),
          `${id} ${one.name}: ${text}`,
        )
      else assert.ok(outputs.includes(text), `${id} ${one.name} is another text than any recorded one`)
      bytes += text.length
    }
  }
  assert.ok(bytes > 200_000)
})
