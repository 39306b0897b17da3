import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { libraryEntries } from './scripts/entries.mjs'

/** Tests may import the package by its name. They get the sources, so no build is needed before them. */
const alias = Object.entries(libraryEntries).map(([name, source]) => ({
  find: new RegExp(name === 'index' ? '^signalbox$' : `^signalbox/${name}$`),
  replacement: fileURLToPath(new URL(source, import.meta.url)),
}))

export default defineConfig({
  resolve: { alias },
  test: {
    include: ['test/**/*.test.ts'],
    passWithNoTests: true,
    maxWorkers: '100%',
    // Time in tests is virtual; one that takes longer than this waits for something that never comes.
    testTimeout: 10_000,
    sequence: { shuffle: true },
    // What passing tests print is of no use to the reader of a failure.
    silent: 'passed-only',
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'html'],
      // A floor, not a measure: see CONTRIBUTING.md.
      thresholds: {
        'src/{core,claims,plan}/**': { lines: 100, branches: 100 },
        lines: 90,
        branches: 90,
      },
    },
  },
})
