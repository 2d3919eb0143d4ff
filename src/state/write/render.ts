import { goJson, quoteJson } from '../output/go-json.ts'
import type { Format } from '../load/format.ts'
import type { Include } from '../load/gossfile.ts'
import type { Resource } from '../model/resource.ts'
import { compareBytes } from '../template/print.ts'
import { documentOf } from './document.ts'
import { compareKeys } from './key-order.ts'
import { isStruct, type Struct, type Written } from './struct.ts'
import { emitYaml } from './yaml-emitter.ts'

const indent = '    '

/** A suite as `goss render` prints it: one file with everything in it, normalised. YAML ends with a line feed, JSON does not. */
export function renderSuite(suite: { readonly resources: readonly Resource[] }, format: Format): string {
  return writeGossfile(suite.resources, [], format)
}

/** A gossfile as goss writes one, its includes kept as includes. */
export function writeGossfile(resources: readonly Resource[], includes: readonly Include[], format: Format): string {
  const document = documentOf(resources, includes, format === 'yaml' ? compareKeys : compareBytes)
  return writeStruct(document, format)
}

/** YAML or indented JSON, in Go's form. */
export function writeStruct(document: Struct, format: Format): string {
  return format === 'yaml' ? emitYaml(document) : json(document, 0)
}

function json(value: Written, depth: number): string {
  if (!isStruct(value)) return goJson(value, { escapes: true, indent }, depth)
  if (value.members.length === 0) return '{}'
  const inner = indent.repeat(depth + 1)
  const members = value.members.map(([name, item]) => `${inner}${quoteJson(name, true)}: ${json(item, depth + 1)}`)
  return `{\n${members.join(',\n')}\n${indent.repeat(depth)}}`
}
