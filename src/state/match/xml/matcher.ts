import { isGoMap, type GoValue } from '../../model/value.ts'
import { cannot, explained, verdict, type Match, type Matcher } from '../matcher.ts'
import { parseXml, serialize, XmlProblem } from './document.ts'
import { evaluateXpath, textOf, type Value } from './evaluate.ts'
import { parseXpath, XpathProblem, type Expression } from './xpath.ts'

/**
 * `xml: {xpath, result}`, which goss will have after 0.4: the nodes that the expression finds, one after the other as XML, or what it
 * computes as text, are the result. An empty result asks only that there be a node. A text: why the expectation is none.
 */
export function matchXml(expected: GoValue): Matcher | string {
  const [xpath, result] = isGoMap(expected) && expected.size === 2 ? [expected.get('xpath'), expected.get('result')] : []
  if (typeof xpath !== 'string' || typeof result !== 'string')
    return "Invalid 'xml' argument. Expected a map of xpath and result, both of them text"
  const expression = parsed(xpath)
  if (typeof expression === 'string')
    return `Invalid 'xml' argument. The xpath ${JSON.stringify(xpath)} cannot be used: ${expression}`
  return {
    match: (actual: GoValue) => match(expression, result, typeof actual === 'string' ? actual : ''),
    ...explained('to have xml matching', expected),
    shown: new Map([['xml', expected]]),
  }
}

function parsed(xpath: string): Expression | string {
  try {
    return parseXpath(xpath)
  } catch (problem) {
    if (problem instanceof XpathProblem) return problem.message
    throw problem
  }
}

function match(expression: Expression, result: string, text: string): Match {
  try {
    return verdict(isResult(evaluateXpath(expression, parseXml(text)), result))
  } catch (problem) {
    if (problem instanceof XmlProblem) return cannot(`Invalid xml: ${problem.message}`)
    if (problem instanceof XpathProblem) return cannot(`Invalid xpath: ${problem.message}`)
    throw problem
  }
}

function isResult(value: Value, result: string): boolean {
  if (typeof value !== 'object') return textOf(value) === result
  return value.length > 0 && (result === '' || value.map(serialize).join('') === result)
}
