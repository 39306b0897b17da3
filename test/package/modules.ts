/** The modules that the rule trials write: some that keep every rule, and one or two per rule that break it. */

export type Tool = 'lint' | 'purity' | 'types' | 'declarations' | 'layers'

export interface BadModule {
  readonly tool: Tool
  readonly breaks: string
  /** The first file is the one that must be complained of. */
  readonly files: Readonly<Record<string, string>>
  /** What the complaint says. */
  readonly says: RegExp
}

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `${line(index)}\n`).join('')

const functionOf = (count: number): string =>
  `export function long(value: number): number {\n  let sum = value\n${lines(count - 2, () => '  sum += 1')}  return sum\n}\n`

/** Every import the layers allow, and lengths exactly at their limits. */
export const goodModules: Readonly<Record<string, string>> = {
  'src/index.ts': `export { plain } from './core/types.js'\nexport { port } from './runtime/ports.js'\n`,
  'src/core/types.ts': `export interface Plain {\n  readonly at?: number\n}\nexport const plain = 1\n`,
  'src/core/decide.ts': `import { pattern } from '../claims/pattern.js'\nexport const decide: number = Math.floor(pattern)\n`,
  'src/core/long-file.ts': lines(400, (index) => `export const line${index} = ${index}`),
  'src/core/long-function.ts': functionOf(70),
  'src/claims/pattern.ts': 'export interface Pattern {\n  readonly text: string\n}\nexport const pattern = 1\n',
  'src/claims/names.ts':
    'interface Named {\n  readonly Date: number\n  readonly later: Promise<Date>\n}\nexport const dateOf = (named: Named): number => named.Date\n',
  'src/plan/schema.ts': `import { DirectedGraph } from 'graphology'
import { hasCycle } from 'graphology-dag'
import * as z from 'zod/mini'
import { plain } from '../core/types.js'
export const schema: z.ZodMiniNumber = z.number()
export const cyclic: boolean = hasCycle(new DirectedGraph())
export const half: number = plain / 2
`,
  'src/planning/rank.ts': `import { half } from '../plan/schema.js'\nexport const rank: number = half\n`,
  'src/runtime/ports.ts': `import { EventEmitter } from 'eventemitter3'
import type { Pattern } from '../claims/pattern.js'
export const port = 1
export const emitter: EventEmitter = new EventEmitter()
export const textOf = (pattern: Pattern): string => pattern.text
`,
  'src/runtime/errors.ts': 'export class SchedulerError extends Error {}\n',
  'src/stores/memory.ts': `import { plain } from '../core/types.js'\nimport { port } from '../runtime/ports.js'\nexport const memory: number = plain + port\n`,
  'src/executors/inline.ts': `import pLimit from 'p-limit'\nexport const inline = (): number => pLimit(1).pendingCount\n`,
  'src/importers/markdown.ts': `import { parse } from 'yaml'\nimport { shared } from './shared.js'\nexport const read = (text: string): unknown => parse(text + shared)\n`,
  'src/importers/shared.ts': `export const shared = ''\n`,
  'src/testing/index.ts': `import { memory } from '../stores/memory.js'\nexport const kit: number = memory\n`,
  'src/cli/main.ts': `import { read } from '../importers/markdown.js'\nconsole.log(read('a: 1'))\n`,
}

const one = (
  tool: Tool,
  breaks: string,
  file: string,
  code: string,
  says: RegExp,
  others: Readonly<Record<string, string>> = {},
): BadModule => ({ tool, breaks, files: { [file]: `${code}\n`, ...others }, says })

const imports = (breaks: string, file: string, specifier: string, rule: string): BadModule =>
  one('layers', breaks, file, `export * as all from '${specifier}'`, new RegExp(`error ${rule}: `))

export const badModules: readonly BadModule[] = [
  one(
    'purity',
    'Date.now() in core',
    'src/core/bad-date.ts',
    'export const t: number = Date.now()',
    /"Date" is not pure/,
  ),
  one(
    'purity',
    'new Date in plan',
    'src/plan/bad-date.ts',
    'export const t: unknown = new Date(0)',
    /"Date" is not pure/,
  ),
  one(
    'purity',
    'Math.random in planning',
    'src/planning/bad-chance.ts',
    'export const n: number = Math.random()',
    /"Math.random" is not pure/,
  ),
  one(
    'purity',
    'Math by another road',
    'src/core/bad-chance.ts',
    'export const { random } = Math',
    /"Math.…" is not pure/,
  ),
  one(
    'purity',
    'async in claims',
    'src/claims/bad-async.ts',
    'export async function f(): Promise<void> {}',
    /"async" is not pure/,
  ),
  one(
    'purity',
    'await in core',
    'src/core/bad-await.ts',
    'export const f = async (x: Promise<number>): Promise<number> => await x',
    /"await" is not pure/,
  ),
  one(
    'purity',
    'new Promise in core',
    'src/core/bad-promise.ts',
    'export const p: unknown = new Promise(() => {})',
    /"Promise" is not pure/,
  ),
  one(
    'purity',
    'a dynamic import in plan',
    'src/plan/bad-import.ts',
    `export const p: unknown = import('./schema.js')`,
    /"import\(\)" is not pure/,
  ),
  one(
    'purity',
    'setTimeout in core',
    'src/core/bad-timer.ts',
    'export const t: unknown = setTimeout',
    /"setTimeout" is not pure/,
  ),
  one('purity', 'console in planning', 'src/planning/bad-console.ts', `console.log('x')`, /"console" is not pure/),
  one(
    'purity',
    'process in plan',
    'src/plan/bad-process.ts',
    'export const e: unknown = process.env',
    /"process" is not pure/,
  ),
  one(
    'purity',
    'node:fs in plan',
    'src/plan/bad-fs.ts',
    `export { readFileSync } from 'node:fs'`,
    /"node:fs" is not pure/,
  ),
  one(
    'purity',
    'order by locale in core',
    'src/core/bad-locale.ts',
    `export const n: number = 'a'.localeCompare('b')`,
    /"localeCompare" is not pure/,
  ),

  one(
    'types',
    'setTimeout in core',
    'src/core/bad-timer-type.ts',
    'setTimeout(() => {}, 1)',
    /Cannot find name 'setTimeout'/,
  ),
  one(
    'types',
    'process in plan, next to zod and graphology',
    'src/plan/bad-process-type.ts',
    'export const e: unknown = process',
    /Cannot find name 'process'/,
  ),
  one('types', 'console in claims', 'src/claims/bad-console-type.ts', `console.log('x')`, /Cannot find name 'console'/),
  one(
    'types',
    'node:fs in planning',
    'src/planning/bad-fs-type.ts',
    `export { readFileSync } from 'node:fs'`,
    /Cannot find (module|name) 'node:fs'/,
  ),
  one(
    'types',
    'an index that may miss',
    'src/core/bad-index.ts',
    'export const f = (xs: readonly number[]): number => xs[0]',
    /'number \| undefined' is not assignable to type 'number'/,
  ),
  one(
    'types',
    'undefined for an absent property',
    'src/core/bad-optional.ts',
    `import type { Plain } from './types.js'\nexport const p: Plain = { at: undefined }`,
    /exactOptionalPropertyTypes/,
  ),
  one(
    'declarations',
    'an export without its type',
    'src/core/bad-export.ts',
    'export const f = (x: number) => x',
    /TS90\d\d/,
  ),
  one('types', 'an enum', 'src/core/bad-enum.ts', 'export enum Color {\n  Red,\n}', /erasableSyntaxOnly/),
  one(
    'types',
    'a specifier without .js',
    'src/core/bad-specifier.ts',
    `export { plain } from './types'`,
    /need explicit file extensions/,
  ),

  imports('core imports runtime', 'src/core/bad-runtime.ts', '../runtime/ports.js', 'layer-core'),
  imports('claims imports core', 'src/claims/bad-core.ts', '../core/types.js', 'layer-claims'),
  imports('plan imports planning', 'src/plan/bad-planning.ts', '../planning/rank.js', 'layer-plan'),
  imports('planning imports runtime', 'src/planning/bad-runtime.ts', '../runtime/ports.js', 'layer-planning'),
  imports('runtime imports a store', 'src/runtime/bad-store.ts', '../stores/memory.js', 'layer-runtime'),
  imports(
    'runtime imports more than types from claims',
    'src/runtime/bad-claims.ts',
    '../claims/pattern.js',
    'types-only-runtime',
  ),
  imports('testing imports an executor', 'src/testing/bad-executor.ts', '../executors/inline.js', 'layer-testing'),
  imports('testing imports a test runner', 'src/testing/bad-runner.ts', 'vitest', 'no-test-runner'),
  imports('testing imports node:test', 'src/testing/bad-node-test.ts', 'node:test', 'no-test-runner'),
  imports('a store imports an executor', 'src/stores/bad-executor.ts', '../executors/inline.js', 'adapter-stores'),
  imports('a store imports another store', 'src/stores/bad-store.ts', './memory.js', 'adapter-stores'),
  imports('an executor imports core/decide', 'src/executors/bad-core.ts', '../core/decide.js', 'adapter-executors'),
  imports(
    'a reporter imports more than types from plan',
    'src/reporters/bad-plan.ts',
    '../plan/schema.js',
    'types-only-reporters',
  ),
  imports('a folder the table does not know', 'src/helpers/bad-folder.ts', '../core/types.js', 'known-folders'),
  imports('core imports index', 'src/core/bad-door.ts', '../index.js', 'nobody-imports-index'),
  imports('the program imports index', 'src/cli/bad-door.ts', '../index.js', 'nobody-imports-index'),
  imports('runtime imports yaml', 'src/runtime/bad-yaml.ts', 'yaml', 'yaml-stays-outside'),
  imports('core imports a package', 'src/core/bad-package.ts', 'graphology', 'pure-without-packages'),
  imports('an executor imports zod', 'src/executors/bad-zod.ts', 'zod/mini', 'zod-stays-at-the-edges'),
  imports('plan imports all of zod', 'src/plan/bad-zod.ts', 'zod', 'zod-mini-only'),
  imports('plan imports node:fs', 'src/plan/bad-builtin.ts', 'node:fs', 'pure-without-builtins'),
  imports('runtime imports a dev dependency', 'src/runtime/bad-dev.ts', 'fast-check', 'no-dev-dependency'),
  imports('an import of nothing', 'src/core/bad-nothing.ts', './nowhere.js', 'resolvable'),
  one('layers', 'a cycle', 'src/core/bad-cycle-a.ts', `export * as b from './bad-cycle-b.js'`, /error no-cycles: /, {
    'src/core/bad-cycle-b.ts': `export * as a from './bad-cycle-a.js'\n`,
  }),
  one(
    'layers',
    'index reaches yaml',
    'src/index.ts',
    `export * as far from './runtime/bad-yaml.js'`,
    /error index-stays-light: .*yaml/,
  ),

  one('lint', 'a default export', 'src/core/bad-default.ts', 'export default 1', /noDefaultExport/),
  one('lint', 'any', 'src/core/bad-any.ts', 'export const x: any = 1', /noExplicitAny/),
  one(
    'lint',
    'a type imported as a value',
    'src/core/bad-type.ts',
    `import { Plain } from './types.js'\nexport const p: Plain = {}`,
    /useImportType/,
  ),
  one('lint', 'console outside the program', 'src/runtime/bad-console.ts', `console.log('x')`, /noConsole/),
  one(
    'lint',
    'a promise nobody waits for',
    'src/runtime/bad-promise.ts',
    'async function f(): Promise<void> {}\nexport function g(): void {\n  f()\n}',
    /noFloatingPromises/,
  ),
  one(
    'lint',
    'a switch that forgets a case',
    'src/core/bad-switch.ts',
    `export function f(x: 'a' | 'b'): void {\n  switch (x) {\n    case 'a':\n      break\n  }\n}`,
    /useExhaustiveSwitchCases/,
  ),
  one(
    'lint',
    'a file of 401 lines',
    'src/core/bad-file.ts',
    lines(401, (index) => `export const line${index} = ${index}`).trimEnd(),
    /noExcessiveLinesPerFile/,
  ),
  one('lint', 'a function of 71 lines', 'src/core/bad-function.ts', functionOf(71), /noExcessiveLinesPerFunction/),
  one(
    'lint',
    'a file name that is not in kebab case',
    'src/core/badName.ts',
    'export const x = 1',
    /useFilenamingConvention/,
  ),
]
