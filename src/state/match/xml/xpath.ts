/** An XPath 1.0 expression, as far as we read it. */
export type Expression =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] }
  | { readonly kind: 'operation'; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'filter'; readonly of: Expression; readonly predicates: readonly Expression[] }
  | { readonly kind: 'path'; readonly start: 'root' | 'here' | Expression; readonly steps: readonly Step[] }

export const operators = ['or', 'and', '=', '!=', '<=', '<', '>=', '>', '+', '-', '|'] as const
export type Operator = (typeof operators)[number]

export const axes = [
  'child',
  'descendant',
  'descendant-or-self',
  'self',
  'parent',
  'ancestor',
  'ancestor-or-self',
  'attribute',
  'following-sibling',
  'preceding-sibling',
] as const
export type Axis = (typeof axes)[number]

/** `test`: a name (`*` any), or a kind of node. */
export type Step = {
  readonly axis: Axis
  readonly test: { readonly name: string } | 'text' | 'node'
  readonly predicates: readonly Expression[]
}

/** An expression that is none, or none that we read. */
export class XpathProblem extends Error {
  override readonly name = 'XpathProblem'
}

const token =
  /\s*(?:(\d+(?:\.\d*)?|\.\d+)|"([^"]*)"|'([^']*)'|(\.\.|::|\/\/|!=|<=|>=|[@()[\],./|=<>+*-])|([A-Za-z_\u0080-\uffff][\w.\-\u00b7\u0080-\uffff]*(?::(?!:)(?:[A-Za-z_\u0080-\uffff][\w.\-\u00b7\u0080-\uffff]*|\*))?))/y
const longest = 4096
const deepest = 64

type Token = { readonly kind: 'number' | 'text' | 'sign' | 'name' | 'end'; readonly value: string }

/**
 * Reads the expression: paths with axes, names, predicates and unions, comparisons, `and`, `or`, `+`, `-`, literals and calls.
 * @throws XpathProblem
 */
export function parseXpath(text: string): Expression {
  if (text.length > longest) throw new XpathProblem(`it is longer than ${longest} characters`)
  const parser = new Parser(tokensOf(text))
  const expression = parser.operation(0)
  parser.end()
  return expression
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  const trimmed = text.trimEnd()
  token.lastIndex = 0
  while (token.lastIndex < trimmed.length) {
    const from = token.lastIndex
    const match = token.exec(trimmed)
    if (match === null) throw new XpathProblem(`it cannot be read at character ${from + 1}`)
    const [, number, double, single, sign, name] = match
    if (number !== undefined) tokens.push({ kind: 'number', value: number })
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign })
    else if (name !== undefined) tokens.push({ kind: 'name', value: name })
    else tokens.push({ kind: 'text', value: double ?? single ?? '' })
  }
  return tokens
}

/** Loosest first. */
const levels: readonly (readonly Operator[])[] = [['or'], ['and'], ['=', '!='], ['<=', '<', '>=', '>'], ['+', '-'], ['|']]

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  end(): void {
    if (this.#token.kind !== 'end') throw new XpathProblem(`${this.#token.value} is not expected there`)
  }

  operation(level: number): Expression {
    const own = levels[level]
    if (own === undefined) return this.#path()
    let left = this.operation(level + 1)
    for (let operator = this.#operator(own); operator !== null; operator = this.#operator(own))
      left = { kind: 'operation', operator, left, right: this.operation(level + 1) }
    return left
  }

  get #token(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', value: 'the end' }
  }

  #operator(own: readonly Operator[]): Operator | null {
    const { kind, value } = this.#token
    const operator = kind === 'sign' || kind === 'name' ? own.find((each) => each === value) : undefined
    if (operator !== undefined) this.#at += 1
    return operator ?? null
  }

  #is(sign: string, ahead = 0): boolean {
    const next = this.#tokens[this.#at + ahead]
    return next?.kind === 'sign' && next.value === sign
  }

  #takes(sign: string): boolean {
    const is = this.#is(sign)
    if (is) this.#at += 1
    return is
  }

  #expect(sign: string): void {
    if (!this.#takes(sign)) throw new XpathProblem(`${sign} is expected before ${this.#token.value}`)
  }

  #path(): Expression {
    const steps: Step[] = []
    if (this.#takes('//')) {
      steps.push(anywhere)
      return { kind: 'path', start: 'root', steps: this.#steps(steps) }
    }
    if (this.#takes('/')) return { kind: 'path', start: 'root', steps: this.#startsStep() ? this.#steps(steps) : [] }
    const primary = this.#primary()
    if (primary === null) return { kind: 'path', start: 'here', steps: this.#steps(steps) }
    const predicates = this.#predicates()
    const start: Expression = predicates.length === 0 ? primary : { kind: 'filter', of: primary, predicates }
    return this.#is('/') || this.#is('//') ? { kind: 'path', start, steps: this.#more(steps) } : start
  }

  #startsStep(): boolean {
    return this.#token.kind === 'name' || ['.', '..', '@', '*'].some((sign) => this.#is(sign))
  }

  #primary(): Expression | null {
    const { kind, value } = this.#token
    if (kind === 'number' || kind === 'text') {
      this.#at += 1
      return kind === 'text' ? { kind, value } : { kind, value: Number(value) }
    }
    if (this.#takes('(')) return this.#closed(() => this.operation(0))
    const isCall = kind === 'name' && this.#is('(', 1) && value !== 'text' && value !== 'node'
    if (!isCall) return null
    this.#at += 2
    const list: Expression[] = []
    if (this.#takes(')')) return { kind: 'call', name: value, arguments: list }
    return this.#closed(() => {
      do list.push(this.operation(0))
      while (this.#takes(','))
      return { kind: 'call', name: value, arguments: list }
    })
  }

  #closed(read: () => Expression): Expression {
    this.#depth += 1
    if (this.#depth > deepest) throw new XpathProblem('it nests too deeply')
    const expression = read()
    this.#expect(')')
    this.#depth -= 1
    return expression
  }

  #steps(steps: Step[]): readonly Step[] {
    steps.push(this.#step())
    return this.#more(steps)
  }

  #more(steps: Step[]): readonly Step[] {
    for (;;) {
      if (this.#takes('//')) steps.push(anywhere)
      else if (!this.#takes('/')) return steps
      steps.push(this.#step())
    }
  }

  #step(): Step {
    if (this.#takes('.')) return { axis: 'self', test: 'node', predicates: this.#predicates() }
    if (this.#takes('..')) return { axis: 'parent', test: 'node', predicates: this.#predicates() }
    const axis = this.#axis()
    return { axis, test: this.#test(), predicates: this.#predicates() }
  }

  #axis(): Axis {
    if (this.#takes('@')) return 'attribute'
    if (!this.#is('::', 1)) return 'child'
    const axis = axes.find((each) => each === this.#token.value)
    if (axis === undefined) throw new XpathProblem(`the axis ${this.#token.value} is not supported`)
    this.#at += 2
    return axis
  }

  #test(): Step['test'] {
    if (this.#takes('*')) return { name: '*' }
    const { kind, value } = this.#token
    if (kind !== 'name') throw new XpathProblem(`a step is expected before ${value}`)
    this.#at += 1
    if (!this.#takes('(')) return { name: value }
    this.#expect(')')
    if (value !== 'text' && value !== 'node') throw new XpathProblem(`${value}() is not supported as a step`)
    return value
  }

  #predicates(): readonly Expression[] {
    const predicates: Expression[] = []
    while (this.#takes('[')) {
      this.#depth += 1
      if (this.#depth > deepest) throw new XpathProblem('it nests too deeply')
      predicates.push(this.operation(0))
      this.#expect(']')
      this.#depth -= 1
    }
    return predicates
  }
}

const anywhere: Step = { axis: 'descendant-or-self', test: 'node', predicates: [] }
