import { isGoMap, type GoValue } from '../model/value.ts'
import { CallError, TemplateError } from './fault.ts'
import {
  canBeNil,
  fits,
  isData,
  isTrue,
  paramName,
  typeName,
  type Param,
  type Surroundings,
  type TemplateData,
  type TemplateFunction,
  type TemplateValue,
} from './functions.ts'
import { fieldsOf } from './fields.ts'
import { limits } from './limits.ts'
import { rootName } from './parse.ts'
import { sortedEntries } from './print.ts'
import { quoted } from './quote.ts'
import { dataAsMap, limited, printed } from './results.ts'
import {
  nodeText,
  type BranchNode,
  type CommandNode,
  type ListNode,
  type Node,
  type Operand,
  type PipeNode,
  type TemplateNode,
} from './tree.ts'

/**
 * Runs a parsed template as Go's `text/template` does with `missingkey=error`.
 *
 * @throws TemplateError with Go's text: which template, where, at what, why; or that a limit was met
 */
export function execute(
  text: string,
  trees: ReadonlyMap<string, ListNode>,
  findFunction: FindFunction,
  data: TemplateData,
  surroundings: Surroundings,
): string {
  const run: Run = { text, trees, findFunction, surroundings, out: [], size: 0, steps: 0 }
  const root = trees.get(rootName)
  if (root !== undefined) new Executor(run, rootName, data, 0).walk(data, root)
  return run.out.join('')
}

type FindFunction = (name: string) => TemplateFunction | undefined

type Run = {
  readonly text: string
  readonly trees: ReadonlyMap<string, ListNode>
  readonly findFunction: FindFunction
  readonly surroundings: Surroundings
  readonly out: string[]
  size: number
  steps: number
}

/** No value came down the pipeline: the function is called with its own arguments alone. */
const none = Symbol('no final argument')
type Final = TemplateValue | typeof none

type Jump = 'break' | 'continue' | null

class Executor {
  readonly #run: Run
  readonly #name: string
  readonly #depth: number
  readonly #variables: { readonly name: string; value: TemplateValue }[]
  #node: Node | Operand | CommandNode | null = null

  constructor(run: Run, name: string, data: TemplateValue, depth: number) {
    this.#run = run
    this.#name = name
    this.#depth = depth
    this.#variables = [{ name: '$', value: data }]
  }

  walk(dot: TemplateValue, node: Node): Jump {
    this.#node = node
    this.#step()
    switch (node.kind) {
      case 'text':
        this.#write(node.text)
        return null
      case 'action': {
        const value = this.#pipeline(dot, node.pipe)
        this.#node = node
        if (node.pipe.declared.length === 0) this.#write(printed(value))
        return null
      }
      case 'list':
        for (const child of node.nodes) {
          const jump = this.walk(dot, child)
          if (jump !== null) return jump
        }
        return null
      case 'if':
      case 'with':
        return this.#ifOrWith(dot, node)
      case 'range':
        return this.#range(dot, node)
      case 'template':
        this.#template(dot, node)
        return null
      case 'break':
      case 'continue':
        return node.kind
      default:
        throw this.#fault(`unknown node: ${nodeText(node)}`)
    }
  }

  #ifOrWith(dot: TemplateValue, node: BranchNode): Jump {
    const mark = this.#variables.length
    const value = this.#pipeline(dot, node.pipe)
    let jump: Jump = null
    if (isTrue(value)) jump = this.walk(node.kind === 'with' ? value : dot, node.list)
    else if (node.otherwise !== null) jump = this.walk(dot, node.otherwise)
    this.#variables.length = mark
    return jump
  }

  #range(dot: TemplateValue, node: BranchNode): Jump {
    const before = this.#variables.length
    const value = this.#pipeline(dot, node.pipe)
    const mark = this.#variables.length
    let isEmpty = true
    for (const [key, item] of this.#items(value, node)) {
      isEmpty = false
      this.#step()
      this.#bind(node.pipe, key, item)
      const jump = this.walk(item, node.list)
      this.#variables.length = mark
      if (jump === 'break') break
    }
    const jump = isEmpty && node.otherwise !== null ? this.walk(dot, node.otherwise) : null
    this.#variables.length = before
    return jump
  }

  *#items(value: TemplateValue, node: BranchNode): Iterable<readonly [TemplateValue, TemplateValue]> {
    if (value === undefined || value === null) return
    if (typeof value === 'bigint') {
      if (node.pipe.declared.length > 1) {
        throw this.#fault(`can't use ${value} to iterate over more than one variable`)
      }
      for (let at = 0n; at < value; at += 1n) yield [undefined, at]
    } else if (Array.isArray(value)) {
      let at = 0n
      for (const item of value as readonly GoValue[]) {
        yield [at, item]
        at += 1n
      }
    } else if (!isData(value) && isGoMap(value)) {
      yield* sortedEntries(value)
    } else throw this.#fault(`range can't iterate over ${printed(value)}`)
  }

  #bind({ declared, isAssign }: PipeNode, key: TemplateValue, item: TemplateValue): void {
    const [first, second] = declared
    if (first === undefined) return
    if (isAssign) {
      this.#assign(first.names[0] ?? '', second === undefined ? item : key)
      if (second !== undefined) this.#assign(second.names[0] ?? '', item)
      return
    }
    this.#setTop(1, item)
    if (second !== undefined) this.#setTop(2, key)
  }

  #setTop(fromEnd: number, value: TemplateValue): void {
    const variable = this.#variables.at(-fromEnd)
    if (variable !== undefined) variable.value = value
  }

  #assign(name: string, value: TemplateValue): void {
    const variable = this.#variables.findLast((known) => known.name === name)
    if (variable === undefined) throw this.#fault(`undefined variable: ${name}`)
    variable.value = value
  }

  #template(dot: TemplateValue, node: TemplateNode): void {
    const tree = this.#run.trees.get(node.name)
    if (tree === undefined) throw this.#fault(`template ${quoted(node.name)} not defined`)
    if (this.#depth >= limits.depth) throw this.#fault(`exceeded maximum template depth (${limits.depth})`)
    const data = node.pipe === null ? undefined : this.#pipeline(dot, node.pipe)
    new Executor(this.#run, node.name, data, this.#depth + 1).walk(data, tree)
  }

  #pipeline(dot: TemplateValue, pipe: PipeNode): TemplateValue {
    this.#node = pipe
    let value: Final = none
    for (const command of pipe.commands) {
      value = this.#command(dot, command, value)
      // An interface that holds nothing becomes no value at all.
      if (value === null) value = undefined
    }
    const result = value === none ? undefined : value
    for (const { names } of pipe.declared) {
      if (pipe.isAssign) this.#assign(names[0] ?? '', result)
      else this.#variables.push({ name: names[0] ?? '', value: result })
    }
    return result
  }

  #command(dot: TemplateValue, command: CommandNode, final: Final): TemplateValue {
    const [first] = command.args
    if (first === undefined) throw this.#fault('empty command')
    switch (first.kind) {
      case 'field':
        this.#node = first
        return this.#fields(dot, first, first.names, command.args, final, false)
      case 'chain':
        return this.#chain(dot, first, command.args, final)
      case 'identifier':
        return this.#function(dot, first, command, command.args, final)
      case 'pipe':
        this.#notAFunction(command.args, final)
        return this.#pipeline(dot, first)
      case 'variable':
        return this.#variable(first, command.args, final)
      default:
        this.#node = first
        this.#notAFunction(command.args, final)
        if (first.kind === 'nil') throw this.#fault('nil is not a command')
        return this.#constant(dot, first)
    }
  }

  #notAFunction(args: readonly Operand[], final: Final): void {
    const [first] = args
    if (first !== undefined && (args.length > 1 || final !== none)) {
      throw this.#fault(`can't give argument to non-function ${nodeText(first)}`)
    }
  }

  #constant(dot: TemplateValue, node: Operand): TemplateValue {
    switch (node.kind) {
      case 'bool':
        return node.value
      case 'dot':
        return dot
      case 'string':
        return node.text
      case 'number': {
        this.#node = node
        if (node.isFloat) return node.float
        if (node.whole === null || node.whole >= 2n ** 63n) throw this.#fault(`${node.source} overflows int`)
        return node.whole
      }
      default:
        throw this.#fault(`can't evaluate command ${quoted(nodeText(node))}`)
    }
  }

  #chain(dot: TemplateValue, node: Operand & { readonly kind: 'chain' }, args: readonly Operand[], final: Final): TemplateValue {
    this.#node = node
    if (node.node.kind === 'nil') throw this.#fault(`indirection through explicit nil in ${nodeText(node)}`)
    const receiver = this.#argument(dot, 'any', node.node)
    return this.#fields(receiver, node, node.names, args, final, receiver === null)
  }

  #variable(node: Operand & { readonly kind: 'variable' }, args: readonly Operand[], final: Final): TemplateValue {
    this.#node = node
    const [name = '', ...rest] = node.names
    const variable = this.#variables.findLast((known) => known.name === name)
    if (variable === undefined) throw this.#fault(`undefined variable: ${name}`)
    if (rest.length > 0) return this.#fields(variable.value, node, rest, args, final, false)
    this.#notAFunction(args.length > 0 ? args : [node], final)
    return variable.value
  }

  /** `.a.b.c`, the last of which may be given arguments where it is a method. */
  #fields(
    start: TemplateValue,
    node: Operand,
    names: readonly string[],
    args: readonly Operand[],
    final: Final,
    isPipe: boolean,
  ): TemplateValue {
    try {
      return fieldsOf(isPipe ? undefined : start, names, args.length > 1 || final !== none)
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      this.#node = node
      throw this.#fault(error.message)
    }
  }

  #function(
    dot: TemplateValue,
    node: Operand & { readonly kind: 'identifier' },
    command: CommandNode | Operand,
    args: readonly Operand[],
    final: Final,
  ): TemplateValue {
    this.#node = node
    const called = this.#run.findFunction(node.name)
    if (called === undefined) throw this.#fault(`${quoted(node.name)} is not a defined function`)
    this.#step()
    const own = args.slice(1)
    this.#countArguments(node.name, called, own.length, final)
    if (node.name === 'and' || node.name === 'or') return this.#andOr(dot, node.name, own, final)
    const values = own.map((arg, index) => this.#argument(dot, paramAt(called, index), arg))
    if (final !== none) values.push(this.#checked(final, paramAt(called, own.length)))
    if (node.name === 'call') throw this.#uncallable(values[0], own[0], command)
    return this.#call(node.name, called, values, command)
  }

  #call(name: string, called: TemplateFunction, values: readonly TemplateValue[], node: CommandNode | Operand): TemplateValue {
    try {
      const given = values.map((value) => (value === undefined || isData(value) ? dataAsMap(value) : value))
      return limited(called.call(given, this.#run.surroundings))
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      this.#node = node
      throw this.#fault(`error calling ${name}: ${error.message}`)
    }
  }

  /** There are no functions among a gossfile's values. */
  #uncallable(value: TemplateValue, arg: Operand | undefined, node: CommandNode | Operand): TemplateError {
    this.#node = node
    if (value === undefined || value === null) return this.#fault('error calling call: call of nil')
    const text = arg === undefined ? printed(value) : nodeText(arg)
    return this.#fault(`error calling call: non-function ${text} of type ${typeName(value)}`)
  }

  #countArguments(name: string, { params, rest }: TemplateFunction, own: number, final: Final): void {
    const given = own + (final === none ? 0 : 1)
    if (rest !== undefined && given < params.length) {
      throw this.#fault(`wrong number of args for ${name}: want at least ${params.length} got ${own}`)
    }
    if (rest === undefined && given !== params.length) {
      throw this.#fault(`wrong number of args for ${name}: want ${params.length} got ${given}`)
    }
  }

  /** Stops at the first argument that decides. */
  #andOr(dot: TemplateValue, name: 'and' | 'or', args: readonly Operand[], final: Final): TemplateValue {
    let value: TemplateValue
    for (const arg of args) {
      value = this.#argument(dot, 'value', arg)
      if (isTrue(value) === (name === 'or')) return value
    }
    return final === none ? value : final
  }

  #argument(dot: TemplateValue, param: Param, node: Operand): TemplateValue {
    this.#node = node
    switch (node.kind) {
      case 'dot':
        return this.#checked(dot, param)
      case 'nil':
        if (canBeNil(param)) return null
        throw this.#fault(`cannot assign nil to ${paramName(param)}`)
      case 'field':
        return this.#checked(this.#fields(dot, node, node.names, [node], none, false), param)
      case 'variable':
        return this.#checked(this.#variable(node, [], none), param)
      case 'pipe':
        return this.#checked(this.#pipeline(dot, node), param)
      case 'identifier':
        return this.#checked(this.#function(dot, node, node, [node], none), param)
      case 'chain':
        return this.#checked(this.#chain(dot, node, [], none), param)
      default:
        return this.#literal(dot, param, node)
    }
  }

  #literal(dot: TemplateValue, param: Param, node: Operand): TemplateValue {
    const text = nodeText(node)
    switch (param) {
      case 'any':
      case 'value':
        return this.#constant(dot, node)
      case 'string':
        if (node.kind === 'string') return node.text
        throw this.#fault(`expected string; found ${text}`)
      case 'int':
        if (node.kind === 'number' && node.whole !== null) return node.whole
        throw this.#fault(`expected integer; found ${text}`)
      case 'float64':
        if (node.kind === 'number' && node.float !== null) return node.float
        throw this.#fault(`expected float; found ${text}`)
      case 'bool':
        if (node.kind === 'bool') return node.value
        throw this.#fault(`expected bool; found ${text}`)
      default:
        throw this.#fault(`can't handle ${text} for arg of type ${paramName(param)}`)
    }
  }

  #checked(value: TemplateValue, param: Param): TemplateValue {
    if (value === undefined) {
      if (canBeNil(param)) return null
      throw this.#fault(`invalid value; expected ${paramName(param)}`)
    }
    if (param === 'any' || param === 'value') return value
    if (isData(value) || !fits(value, param)) {
      throw this.#fault(`wrong type for value; expected ${paramName(param)}; got ${typeName(value)}`)
    }
    return value
  }

  #write(text: string): void {
    this.#run.size += text.length
    if (this.#run.size > limits.outputCharacters)
      throw this.#fault(`the output is longer than ${limits.outputCharacters} characters`)
    this.#run.out.push(text)
  }

  #step(): void {
    this.#run.steps += 1
    if (this.#run.steps > limits.steps) throw this.#fault(`the template took more than ${limits.steps} steps`)
  }

  #fault(text: string): TemplateError {
    if (this.#node === null) return new TemplateError(`template: ${this.#name}: ${text}`)
    const before = this.#run.text.slice(0, this.#node.at)
    const lineStart = before.lastIndexOf('\n') + 1
    const row = before.split('\n').length
    const column = new TextEncoder().encode(before.slice(lineStart)).length
    const where = `template: ${rootName}:${row}:${column}: executing ${quoted(this.#name)} at <${nodeText(this.#node)}>`
    return new TemplateError(`${where}: ${text}`, row, before.length - lineStart + 1)
  }
}

function paramAt({ params, rest }: TemplateFunction, index: number): Param {
  return params[index] ?? rest ?? 'any'
}
