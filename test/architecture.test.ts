import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join, normalize, sep } from 'node:path'
import { test } from 'node:test'
import { mayImport, mayUse, pureFolders, withoutNode } from './layers.ts'

const root = join(import.meta.dirname, '..')
const files = globSync('{core,src,verify,test,samples,bench}/**/*.ts', { cwd: root })
  .map((file) => file.replaceAll(sep, '/'))
  .sort()

type Import = { readonly from: string; readonly specifier: string; readonly target: string | null }

/** Every static, dynamic and re-exported import of our files. */
const imports: readonly Import[] = files.flatMap((from) => {
  const source = readFileSync(join(root, from), 'utf8')
  const found = source.matchAll(/(?:^|[^\w.])(?:import|export)\s*(?:type\s*)?(?:[\w*{}\s,$]+from\s*)?\(?\s*'([^'\n]+)'/g)
  return [...found].map(([, specifier = '']) => {
    const target = specifier.startsWith('.') ? normalize(join(from, '..', specifier)).replaceAll(sep, '/') : null
    return { from, specifier, target }
  })
})

const isTest = (file: string): boolean => /\.test\.ts$|\/fixtures\.ts$/.test(file) || file.startsWith('test/')
const inside = (file: string, folder: string): boolean => file === folder || file.startsWith(`${folder}/`)
const longest = (file: string, folders: Iterable<string>): string | undefined =>
  [...folders].filter((folder) => inside(file, folder)).sort((a, b) => b.length - a.length)[0]

test('imports are found at all: a check that sees nothing cannot fail', () => {
  assert.ok(imports.length > 200)
  assert.ok(imports.some(({ from, target }) => from === 'src/pipeline.ts' && target === 'core/judge/judge.ts'))
})

test('every folder has a line in the import table', () => {
  assert.deepEqual(
    files.filter((file) => longest(file, Object.keys(mayImport)) === undefined),
    [],
  )
})

test('every import is one that the table allows', () => {
  const forbidden = imports.filter(({ from, target }) => {
    if (target === null || isTest(from)) return false
    const room = longest(from, Object.keys(mayImport)) ?? ''
    return (
      !inside(target, room) && !(mayImport[room] ?? []).some((allowed) => inside(target, allowed) && !shadowed(target, allowed))
    )
  })
  assert.deepEqual(
    forbidden.map(({ from, specifier }) => `${from} imports ${specifier}`),
    [],
  )
})

/** `src/lib` does not open `src/lib/io`: a deeper line is a room of its own. */
function shadowed(target: string, allowed: string): boolean {
  const room = longest(target, Object.keys(mayImport)) ?? ''
  return room !== allowed && room.startsWith(`${allowed}/`) && allowed === 'src/lib'
}

test('what runs in browsers imports nothing of Node', () => {
  const forbidden = imports.filter(
    ({ from, specifier }) =>
      specifier.startsWith('node:') &&
      withoutNode.some((folder) => inside(from, folder)) &&
      !isTest(from) &&
      !from.endsWith('.node.ts'),
  )
  assert.deepEqual(
    forbidden.map(({ from, specifier }) => `${from} imports ${specifier}`),
    [],
  )
})

test('the pure folders read no clock, no chance, no file, no process', () => {
  const impure =
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bprocess\.(?:env|argv|cwd|exit|std|hrtime|uptime|platform|memoryUsage|on|nextTick)\b|\bfetch\(|\bsetTimeout\(|\bsetInterval\(|\bgetRandomValues\b|\brandomUUID\b|\bBuffer\.|\bglobalThis\.process\b/
  const guilty = files
    .filter((file) => pureFolders.some((folder) => inside(file, folder)) && !isTest(file) && !file.endsWith('.node.ts'))
    .filter((file) => impure.test(withoutComments(readFileSync(join(root, file), 'utf8'))))
  assert.deepEqual(guilty, [])
})

test('the pure folders import no module of Node', () => {
  const forbidden = imports.filter(
    ({ from, specifier }) =>
      specifier.startsWith('node:') &&
      pureFolders.some((folder) => inside(from, folder)) &&
      !isTest(from) &&
      !from.endsWith('.node.ts'),
  )
  assert.deepEqual(
    forbidden.map(({ from, specifier }) => `${from} imports ${specifier}`),
    [],
  )
})

test('packages from npm are used only where the table names them', () => {
  const forbidden = imports.filter(({ from, specifier, target }) => {
    if (target !== null || specifier.startsWith('node:') || specifier.startsWith('#') || isTest(from)) return false
    const room = longest(from, Object.keys(mayUse))
    return room === undefined || !(mayUse[room] ?? []).includes(specifier)
  })
  assert.deepEqual(
    forbidden.map(({ from, specifier }) => `${from} uses ${specifier}`),
    [],
  )
})

test('ARCHITECTURE.md shows the import table that is held here', () => {
  const document = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
  const missing = Object.keys(mayImport).filter((folder) => !document.includes(`\`${folder}\``))
  assert.deepEqual(missing, [])
})

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '')
}
