/**
 * Who may import whom. The table is the law and everything it does not name is refused; a new folder under `src/`
 * needs a row. Types count as imports unless a row says otherwise.
 */

/** Layer → the places under `src/` it may import from. A place is a regular expression after `src/`. */
const LAYERS = {
  core: ['core/', 'claims/'],
  claims: ['claims/'],
  plan: ['core/', 'claims/', 'plan/'],
  planning: ['core/', 'claims/', 'plan/', 'planning/'],
  runtime: ['core/', 'plan/', 'runtime/'],
  testing: ['core/', 'claims/', 'plan/', 'planning/', 'runtime/', 'testing/', 'stores/(memory|shared)[./]'],
}

/** Layer → the places it may import types from, besides those above. */
const TYPES_ONLY = {
  runtime: ['claims/'],
  reporters: ['plan/', 'planning/'],
}

/**
 * Kind of adapter → what it may import besides the ports. An importer makes plans and claims, with their own tools; a reporter
 * has the core say when tasks were ready, for nobody else knows what they wait for.
 */
const ADAPTERS_ALSO = { importers: ['plan/', 'claims/'], reporters: ['core/follow[.]'] }

const ADAPTERS = ['stores', 'executors', 'workspaces', 'telemetry', 'server', 'reporters', 'importers']
const PURE = '^src/(core|claims|plan|planning)/'
const anyOf = (places) => `^src/(${places.join('|')})`

const layerRules = Object.entries(LAYERS).map(([layer, places]) => ({
  name: `layer-${layer}`,
  comment: `src/${layer} imports only from: ${places.join(', ')}.`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: '^src/', pathNot: anyOf([...places, ...(TYPES_ONLY[layer] ?? [])]) },
}))

const typeRules = Object.entries(TYPES_ONLY).map(([layer, places]) => ({
  name: `types-only-${layer}`,
  comment: `src/${layer} imports nothing but types from: ${places.join(', ')}.`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: anyOf(places), dependencyTypesNot: ['type-only'] },
}))

// One adapter is `src/<kind>/<name>.ts` or the folder `src/<kind>/<name>/`; `src/<kind>/shared` serves its siblings.
const adapterRules = ADAPTERS.map((kind) => ({
  name: `adapter-${kind}`,
  comment: 'An adapter imports core/types, runtime/ports and runtime/errors, never another adapter.',
  severity: 'error',
  from: { path: `^src/${kind}/([^/.]+)` },
  to: {
    path: '^src/',
    pathNot: [
      `^src/${kind}/($1|shared)[./]`,
      anyOf([
        'core/types[./]',
        'runtime/ports[./]',
        'runtime/errors[./]',
        ...(TYPES_ONLY[kind] ?? []),
        ...(ADAPTERS_ALSO[kind] ?? []),
      ]),
    ],
  },
}))

const packageRules = [
  {
    name: 'yaml-stays-outside',
    comment: 'yaml is for the importers and the program; users of the library do not load it.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/(cli|importers)/' },
    to: { path: '(^|/)node_modules/yaml/|^yaml$' },
  },
  {
    name: 'zod-stays-at-the-edges',
    comment: 'zod is for reading what users write: src/plan and src/runtime.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/(plan|runtime)/' },
    to: { path: '(^|/)node_modules/zod/|^zod(/|$)' },
  },
  {
    name: 'zod-mini-only',
    comment: 'zod/mini is 5 kB gzipped where zod is up to 93.',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '(^|/)node_modules/zod/|^zod(/|$)', pathNot: '(^|/)zod/mini(/|$)|/zod/v4/mini/' },
  },
  {
    name: 'pure-without-packages',
    comment: 'src/core and src/claims import no package at all.',
    severity: 'error',
    from: { path: '^src/(core|claims)/' },
    to: { pathNot: '^src/', couldNotResolve: false },
  },
  {
    name: 'pure-without-builtins',
    comment: 'The pure folders reach nothing of the host: no node:* module.',
    severity: 'error',
    from: { path: PURE },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'no-test-runner',
    comment: 'The published suites run under any test runner, so they import none.',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '^(node:|bun:)?test(/|$)|(^|/)node_modules/(vitest|@vitest|jest|@jest|mocha|chai|ava|tap|uvu)/' },
  },
  {
    name: 'no-dev-dependency',
    comment: 'What src/ imports must be installed with the package: a dependency or an optional peer.',
    severity: 'error',
    from: { path: '^src/' },
    to: {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
      dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional'],
    },
  },
]

const doorRules = [
  {
    name: 'nobody-imports-index',
    comment: 'src/index.ts is the front door for users; inside, import the module that has it.',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '^src/index\\.ts$' },
  },
  {
    name: 'index-stays-light',
    comment: 'Importing the library must load neither yaml, nor the program, nor the test kit.',
    severity: 'error',
    from: { path: '^src/index\\.ts$' },
    to: { path: '(^|/)node_modules/yaml/|^yaml$|^src/(cli|testing|importers)/', reachable: true },
  },
  {
    name: 'known-folders',
    comment: 'A folder under src/ needs a row in the table of .dependency-cruiser.cjs.',
    severity: 'error',
    from: {
      path: '^src/[^/]+/',
      pathNot: anyOf([...Object.keys(LAYERS), ...ADAPTERS, 'cli'].map((name) => `${name}/`)),
    },
    to: {},
  },
  {
    name: 'no-cycles',
    comment: 'Modules that import each other cannot be read, tested or moved one at a time.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'resolvable',
    comment: 'The import names nothing that exists.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
]

module.exports = {
  forbidden: [...layerRules, ...typeRules, ...adapterRules, ...packageRules, ...doorRules],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Imports of types vanish when compiled, yet they are how a layer learns about another.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
