import { stringValue, type DocumentNode, type ElementNode, type Node } from './document.ts'
import { XpathProblem, type Axis, type Expression, type Operator, type Step } from './xpath.ts'

/** What an expression comes to; nodes in document order, none twice. */
export type Value = readonly Node[] | string | number | boolean

/** More steps than this are refused: predicates within predicates can cost nodes × nodes. */
const mostVisits = 5_000_000

/**
 * The value of the expression for a whole document.
 * @throws XpathProblem for a call that we do not know, or where it takes too long
 */
export function evaluateXpath(expression: Expression, document: DocumentNode): Value {
  return new Evaluator(document).value(expression, { node: document, position: 1, size: 1 })
}

type Context = { readonly node: Node; readonly position: number; readonly size: number }

class Evaluator {
  readonly #document: DocumentNode
  #visits = 0

  constructor(document: DocumentNode) {
    this.#document = document
  }

  value(expression: Expression, context: Context): Value {
    switch (expression.kind) {
      case 'text':
      case 'number':
        return expression.value
      case 'path':
        return this.#path(expression, context)
      case 'filter':
        return this.#filter(expression.predicates, nodesOf(this.value(expression.of, context)))
      case 'operation':
        return this.#operation(expression, context)
      case 'call':
        return call(
          expression.name,
          expression.arguments.map((each) => this.value(each, context)),
          context,
        )
    }
  }

  #path({ start, steps }: Expression & { readonly kind: 'path' }, context: Context): readonly Node[] {
    let nodes: readonly Node[]
    if (start === 'root') nodes = [this.#document]
    else nodes = start === 'here' ? [context.node] : nodesOf(this.value(start, context))
    for (const step of steps) nodes = inOrder(nodes.flatMap((node) => this.#step(step, node)))
    return nodes
  }

  #step({ axis, test, predicates }: Step, from: Node): readonly Node[] {
    return this.#filter(
      predicates,
      along(axis, from).filter((node) => passes(test, axis, node)),
    )
  }

  /** A number asks for the node at that place, anything else is true or false of each. */
  #filter(predicates: readonly Expression[], of: readonly Node[]): readonly Node[] {
    let nodes = of
    this.#visits += nodes.length + 1
    if (this.#visits > mostVisits) throw new XpathProblem('it takes too many steps')
    for (const predicate of predicates)
      nodes = nodes.filter((node, at) => {
        const value = this.value(predicate, { node, position: at + 1, size: nodes.length })
        return typeof value === 'number' ? value === at + 1 : truth(value)
      })
    return nodes
  }

  #operation({ operator, left, right }: Expression & { readonly kind: 'operation' }, context: Context): Value {
    if (operator === 'or') return truth(this.value(left, context)) || truth(this.value(right, context))
    if (operator === 'and') return truth(this.value(left, context)) && truth(this.value(right, context))
    const [a, b] = [this.value(left, context), this.value(right, context)]
    if (operator === '|') return inOrder([...nodesOf(a), ...nodesOf(b)])
    if (operator === '+') return numberOf(a) + numberOf(b)
    return operator === '-' ? numberOf(a) - numberOf(b) : compare(operator, a, b)
  }
}

/** In the order of the axis, which is what positions count. */
function along(axis: Axis, node: Node): readonly Node[] {
  switch (axis) {
    case 'child':
      return childrenOf(node)
    case 'descendant':
      return descendants(node)
    case 'descendant-or-self':
      return [node, ...descendants(node)]
    case 'self':
      return [node]
    case 'parent':
      return ancestors(node).slice(0, 1)
    case 'ancestor':
      return ancestors(node)
    case 'ancestor-or-self':
      return [node, ...ancestors(node)]
    case 'attribute':
      return node.kind === 'element' ? node.attributes : []
    case 'following-sibling':
      return siblings(node).filter(({ at }) => at > node.at)
    case 'preceding-sibling':
      return siblings(node)
        .filter(({ at }) => at < node.at)
        .toReversed()
  }
}

function childrenOf(node: Node): readonly Node[] {
  return node.kind === 'element' || node.kind === 'document' ? node.children : []
}

function descendants(node: Node): Node[] {
  const found: Node[] = []
  const open = childrenOf(node).toReversed()
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    found.push(next)
    open.push(...childrenOf(next).toReversed())
  }
  return found
}

function ancestors(node: Node): readonly Node[] {
  const found: Node[] = []
  for (let next = parentOf(node); next !== null; next = parentOf(next)) found.push(next)
  return found
}

function parentOf(node: Node): DocumentNode | ElementNode | null {
  return node.kind === 'document' ? null : node.parent
}

function siblings(node: Node): readonly Node[] {
  const parent = node.kind === 'attribute' ? null : parentOf(node)
  return parent === null ? [] : parent.children
}

function passes(test: Step['test'], axis: Axis, node: Node): boolean {
  if (test === 'node') return true
  if (test === 'text') return node.kind === 'text'
  if (node.kind !== (axis === 'attribute' ? 'attribute' : 'element')) return false
  const { name } = test
  if (name.endsWith(':*')) return node.name.startsWith(name.slice(0, -1))
  return name === '*' || node.name === name
}

function inOrder(nodes: readonly Node[]): readonly Node[] {
  return [...new Set(nodes)].toSorted((a, b) => a.at - b.at)
}

function nodesOf(value: Value): readonly Node[] {
  if (typeof value === 'object') return value
  throw new XpathProblem(`${String(value)} is no set of nodes`)
}

function truth(value: Value): boolean {
  if (typeof value === 'object' || typeof value === 'string') return value.length > 0
  return typeof value === 'number' ? value !== 0 && !Number.isNaN(value) : value
}

/** As XPath makes text of any value. */
export function textOf(value: Value): string {
  if (typeof value !== 'object') return String(value)
  return value[0] === undefined ? '' : stringValue(value[0])
}

function numberOf(value: Value): number {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  const text = textOf(value).trim()
  return /^-?(?:\d+(?:\.\d*)?|\.\d+)$/.test(text) ? Number(text) : NaN
}

/** A set compares as any of its nodes. */
function compare(operator: Comparison, a: Value, b: Value): boolean {
  if (typeof a === 'boolean' || typeof b === 'boolean') return holds(operator, Number(truth(a)), Number(truth(b)))
  if (typeof a === 'object') return a.some((node) => compare(operator, stringValue(node), b))
  if (typeof b === 'object') return b.some((node) => compare(operator, a, stringValue(node)))
  const isText = (operator === '=' || operator === '!=') && typeof a === 'string' && typeof b === 'string'
  return isText ? (a === b) === (operator === '=') : holds(operator, numberOf(a), numberOf(b))
}

type Comparison = Exclude<Operator, 'or' | 'and' | '|' | '+' | '-'>

function holds(operator: Comparison, a: number, b: number): boolean {
  switch (operator) {
    case '=':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
  }
}

type Call = { readonly least: number; readonly most: number; readonly run: (given: readonly Value[], context: Context) => Value }

function ofTexts(least: number, most: number, run: (...texts: string[]) => Value): Call {
  return { least, most, run: (given) => run(...given.map(textOf)) }
}

/** With no argument the node at hand is meant. */
function ofHere(run: (text: string) => Value): Call {
  return { least: 0, most: 1, run: ([value], { node }) => run(value === undefined ? stringValue(node) : textOf(value)) }
}

function nameOf(isLocal: boolean): Call {
  return {
    least: 0,
    most: 1,
    run([value], context) {
      const node = value === undefined ? context.node : nodesOf(value)[0]
      const name = node?.kind === 'element' || node?.kind === 'attribute' ? node.name : ''
      return isLocal ? name.slice(name.indexOf(':') + 1) : name
    },
  }
}

const calls: Readonly<Record<string, Call>> = {
  count: { least: 1, most: 1, run: ([value = '']) => nodesOf(value).length },
  sum: { least: 1, most: 1, run: ([value = '']) => nodesOf(value).reduce((sum, node) => sum + numberOf(stringValue(node)), 0) },
  boolean: { least: 1, most: 1, run: ([value = '']) => truth(value) },
  not: { least: 1, most: 1, run: ([value = '']) => !truth(value) },
  true: { least: 0, most: 0, run: () => true },
  false: { least: 0, most: 0, run: () => false },
  number: ofHere((text) => numberOf(text)),
  string: ofHere((text) => text),
  'string-length': ofHere((text) => Array.from(text).length),
  'normalize-space': ofHere((text) => text.trim().replace(/[ \t\r\n]+/g, ' ')),
  name: nameOf(false),
  'local-name': nameOf(true),
  position: { least: 0, most: 0, run: (_, { position }) => position },
  last: { least: 0, most: 0, run: (_, { size }) => size },
  contains: ofTexts(2, 2, (text = '', part = '') => text.includes(part)),
  'starts-with': ofTexts(2, 2, (text = '', part = '') => text.startsWith(part)),
  'ends-with': ofTexts(2, 2, (text = '', part = '') => text.endsWith(part)),
  concat: ofTexts(2, 64, (...texts) => texts.join('')),
  'substring-before': ofTexts(2, 2, (text = '', part = '') => (text.includes(part) ? text.slice(0, text.indexOf(part)) : '')),
  'substring-after': ofTexts(2, 2, (text = '', part = '') =>
    text.includes(part) ? text.slice(text.indexOf(part) + part.length) : '',
  ),
  floor: { least: 1, most: 1, run: ([value = '']) => Math.floor(numberOf(value)) },
  ceiling: { least: 1, most: 1, run: ([value = '']) => Math.ceil(numberOf(value)) },
  round: { least: 1, most: 1, run: ([value = '']) => Math.round(numberOf(value)) },
}

function call(name: string, given: readonly Value[], context: Context): Value {
  const known = Object.hasOwn(calls, name) ? calls[name] : undefined
  if (known === undefined) throw new XpathProblem(`${name}() is not supported`)
  if (given.length < known.least || given.length > known.most) throw new XpathProblem(`${name}() has ${given.length} arguments`)
  return known.run(given, context)
}
