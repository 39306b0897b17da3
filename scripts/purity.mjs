/**
 * The pure folders know no clock, chance, waiting, host or locale: what they compute depends on their arguments alone.
 * The compiler already hides timers, `process` and `console` from them (tsconfig.core.json); this walk over the syntax
 * finds what the language itself still offers. Names in types are allowed: `Promise` may describe what a user hands in.
 *
 *   node scripts/purity.mjs [root]
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

const FOLDERS = ['core', 'claims', 'plan', 'planning']

/** Global values a pure module may not name, each with the reason that is printed. */
const GLOBALS = new Map([
  ...['Date', 'performance'].map((name) => [name, 'time comes in as an argument']),
  ...['crypto'].map((name) => [name, 'chance comes in as an argument']),
  ...['Promise', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'].map((name) => [
    name,
    'nothing waits here',
  ]),
  ...['process', 'console', 'globalThis', 'fetch', 'eval', 'Function'].map((name) => [
    name,
    'the host is out of reach',
  ]),
  ...['WeakRef', 'FinalizationRegistry'].map((name) => [name, 'the garbage collector must not be observable']),
  ...['Intl'].map((name) => [name, 'the result would depend on the locale']),
])

/** Methods whose result depends on the locale of the host. */
const LOCALE_METHODS = new Set(['localeCompare', 'toLocaleString', 'toLocaleLowerCase', 'toLocaleUpperCase'])

const root = process.argv[2] ?? '.'
const problems = FOLDERS.flatMap((folder) => sourceFiles(join(root, 'src', folder))).flatMap(problemsOf)
for (const problem of problems) console.error(problem)
console.log(problems.length === 0 ? 'purity: nothing found' : `purity: ${problems.length} problem(s)`)
process.exitCode = problems.length === 0 ? 0 : 1

function sourceFiles(folder) {
  try {
    const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    return entries
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name))
      .sort()
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
}

function problemsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023, true)
  const found = []
  const visit = (node) => {
    const reason = reasonAgainst(node)
    if (reason !== undefined) {
      const { line, character } = source.getLineAndCharacterOfPosition(node.getStart(source))
      found.push(`${relative(root, file)}:${line + 1}:${character + 1} ${reason}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function reasonAgainst(node) {
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return '"async" is not pure: nothing waits here.'
  if (ts.isAwaitExpression(node)) return '"await" is not pure: nothing waits here.'
  if (ts.isForOfStatement(node) && node.awaitModifier) return '"for await" is not pure: nothing waits here.'
  if (ts.isMetaProperty(node)) return '"import.meta" is not pure: the host is out of reach.'
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return '"import()" is not pure: nothing waits here.'
  }
  if (ts.isStringLiteral(node) && isModuleName(node) && node.text.startsWith('node:')) {
    return `"${node.text}" is not pure: the host is out of reach.`
  }
  return ts.isIdentifier(node) && isValue(node) ? reasonAgainstName(node) : undefined
}

function reasonAgainstName(node) {
  if (isMemberName(node)) {
    return LOCALE_METHODS.has(node.text) ? `"${node.text}" is not pure: the result depends on the locale.` : undefined
  }
  // `Math` is allowed as `Math.floor` and the like only, so that `random` cannot be reached by another road.
  if (node.text === 'Math') {
    const { parent } = node
    const member = ts.isPropertyAccessExpression(parent) && parent.expression === node ? parent.name.text : undefined
    return member === undefined || member === 'random'
      ? `"Math.${member ?? '…'}" is not pure: chance comes in as an argument.`
      : undefined
  }
  const reason = GLOBALS.get(node.text)
  return reason === undefined ? undefined : `"${node.text}" is not pure: ${reason}.`
}

function isModuleName(node) {
  return ts.isImportDeclaration(node.parent) || ts.isExportDeclaration(node.parent)
}

/** `x.Date`, `{ Date: 1 }` and a declared member `Date` are names in somebody's object, not the global. */
function isMemberName(node) {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  if (ts.isBindingElement(parent)) return parent.propertyName === node
  const hasMemberName =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isEnumMember(parent)
  return hasMemberName && parent.name === node
}

/** False inside a type, an interface or an `import type`. */
function isValue(node) {
  for (let at = node; at !== undefined; at = at.parent) {
    // `extends Date` and `Promise<string>` as an expression are written like types, and are values.
    if (ts.isExpressionWithTypeArguments(at)) {
      if (ts.isHeritageClause(at.parent)) return isExtendedClass(at.parent)
    } else if (ts.isTypeNode(at) || ts.isInterfaceDeclaration(at) || ts.isTypeAliasDeclaration(at)) return false
    if (ts.isStatement(at)) return true
  }
  return true
}

function isExtendedClass(clause) {
  return clause.token === ts.SyntaxKind.ExtendsKeyword && !ts.isInterfaceDeclaration(clause.parent)
}
