import { quoted } from './quote.ts'

/** Where a node begins, as an offset in the template's text. */
type At = { readonly at: number }

export type ListNode = At & { readonly kind: 'list'; readonly nodes: Node[] }
export type TextNode = At & { readonly kind: 'text'; readonly text: string }
export type ActionNode = At & { readonly kind: 'action'; readonly pipe: PipeNode }
export type BranchNode = At & {
  readonly kind: 'if' | 'range' | 'with'
  readonly pipe: PipeNode
  readonly list: ListNode
  readonly otherwise: ListNode | null
}
export type TemplateNode = At & { readonly kind: 'template'; readonly name: string; readonly pipe: PipeNode | null }
export type JumpNode = At & { readonly kind: 'break' | 'continue' }
export type EndNode = At & { readonly kind: 'end' | 'else' }
export type Node = ListNode | TextNode | ActionNode | BranchNode | TemplateNode | JumpNode | EndNode

export type PipeNode = At & {
  readonly kind: 'pipe'
  readonly declared: VariableNode[]
  isAssign: boolean
  readonly commands: CommandNode[]
}
export type CommandNode = At & { readonly kind: 'command'; readonly args: Operand[] }
export type VariableNode = At & { readonly kind: 'variable'; readonly names: readonly string[] }
export type Operand =
  | (At & { readonly kind: 'identifier'; readonly name: string })
  | VariableNode
  | (At & { readonly kind: 'field'; readonly names: readonly string[] })
  | (At & { readonly kind: 'chain'; readonly node: Operand; readonly names: readonly string[] })
  | (At & { readonly kind: 'dot' | 'nil' })
  | (At & { readonly kind: 'bool'; readonly value: boolean })
  | (At & { readonly kind: 'string'; readonly source: string; readonly text: string })
  | NumberNode
  | PipeNode
/** `whole`: as an int; `float`: as a float64; null where it is none. `isWritten`: `whole` or `float` is what the spelling says. */
export type NumberNode = At & {
  readonly kind: 'number'
  readonly source: string
  readonly whole: bigint | null
  readonly float: number | null
  readonly isFloat: boolean
}

/** A node as Go prints it in a message. */
export function nodeText(node: Node | Operand | CommandNode): string {
  switch (node.kind) {
    case 'list':
      return node.nodes.map(nodeText).join('')
    case 'text':
      return node.text
    case 'action':
      return `{{${nodeText(node.pipe)}}}`
    case 'if':
    case 'range':
    case 'with': {
      const otherwise = node.otherwise === null ? '' : `{{else}}${nodeText(node.otherwise)}`
      return `{{${node.kind} ${nodeText(node.pipe)}}}${nodeText(node.list)}${otherwise}{{end}}`
    }
    case 'template':
      return `{{template ${quoted(node.name)}${node.pipe === null ? '' : ` ${nodeText(node.pipe)}`}}}`
    case 'break':
    case 'continue':
    case 'end':
    case 'else':
      return `{{${node.kind}}}`
    case 'pipe': {
      const declared = node.declared.map(nodeText).join(', ')
      const mark = node.isAssign ? ' = ' : ' := '
      return (declared === '' ? '' : declared + mark) + node.commands.map(nodeText).join(' | ')
    }
    case 'command':
      return node.args.map((arg) => (arg.kind === 'pipe' ? `(${nodeText(arg)})` : nodeText(arg))).join(' ')
    case 'identifier':
      return node.name
    case 'variable':
      return node.names.join('.')
    case 'field':
      return node.names.map((name) => `.${name}`).join('')
    case 'chain': {
      const inner = node.node.kind === 'pipe' ? `(${nodeText(node.node)})` : nodeText(node.node)
      return inner + node.names.map((name) => `.${name}`).join('')
    }
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
    case 'bool':
      return String(node.value)
    case 'string':
    case 'number':
      return node.source
  }
}

/** Nothing but space: such a definition may be given again. */
export function isEmptyTree(node: Node): boolean {
  if (node.kind === 'list') return node.nodes.every(isEmptyTree)
  return node.kind === 'text' && node.text.trim() === ''
}
