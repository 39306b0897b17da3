/**
 * What is built, in one place: each name under `dist/` and the source file it comes from.
 * The bundler, the test alias and the package check read this table; `package.json` repeats it as `exports`,
 * and `npm run package` fails when the two disagree.
 */
export const libraryEntries = {
  index: 'src/index.ts',
  testing: 'src/testing/index.ts',
  'stores/memory': 'src/stores/memory.ts',
  'stores/file': 'src/stores/file.ts',
  'stores/postgres': 'src/stores/postgres/index.ts',
  'stores/sqlite': 'src/stores/sqlite/index.ts',
  'executors/inline': 'src/executors/inline.ts',
  'executors/command': 'src/executors/command/index.ts',
  'executors/thread': 'src/executors/thread/index.ts',
  'executors/bullmq': 'src/executors/bullmq/index.ts',
  'importers/markdown': 'src/importers/markdown/index.ts',
  'importers/backlog': 'src/importers/backlog.ts',
  'importers/beads': 'src/importers/beads.ts',
  'importers/ccpm': 'src/importers/ccpm/index.ts',
  'importers/kiro': 'src/importers/kiro.ts',
  'importers/spec-kit': 'src/importers/spec-kit.ts',
  'importers/task-master': 'src/importers/task-master.ts',
  reporters: 'src/reporters.ts',
}

/** The program. ESM only and without declarations: nobody imports it. */
export const programEntries = {
  cli: 'src/cli/main.ts',
}
