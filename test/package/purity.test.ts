/**
 * A rule that has never refused anything may be switched off without anybody noticing. So each rule of the toolchain
 * is tried here: a small tree of good modules must pass, and the same tree with one bad module per rule must be refused
 * for exactly that reason. The tree is a copy outside the repository with the repository's own configuration.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BadModule, badModules, goodModules, type Tool } from './modules.js'
import { createTree, removeTree, runTools } from './tree.js'

let good: ReadonlyMap<Tool, string>
let bad: ReadonlyMap<Tool, string>
const folders: string[] = []

beforeAll(async () => {
  good = await complaintsAbout({})
  // The compiler speaks of missing declarations only where it finds nothing else wrong, so these get their own tree.
  const others = await complaintsAbout(filesOf((module) => module.tool !== 'declarations'))
  const declarations = await complaintsAbout(filesOf((module) => module.tool === 'declarations'))
  bad = new Map([...others, ['declarations', declarations.get('types')!]])
}, 60_000)

afterAll(() => {
  for (const folder of folders) removeTree(folder)
})

describe('a tree that keeps the rules', () => {
  it.each(['lint', 'purity', 'types', 'layers'] as const)('passes %s', (tool) => {
    expect(good.get(tool)).toBe('')
  })
})

describe('a module that breaks a rule is refused', () => {
  it.each(badModules.map((module) => [module.tool, module.breaks, module] as const))('%s: %s', (tool, _, module) => {
    const file = Object.keys(module.files)[0]!
    const lines = bad.get(tool)!.split('\n')
    expect(lines.filter((line) => line.includes(file)).join('\n')).toMatch(module.says)
  })
})

function filesOf(chosen: (module: BadModule) => boolean): Readonly<Record<string, string>> {
  return Object.fromEntries(badModules.filter(chosen).flatMap((module) => Object.entries(module.files)))
}

function complaintsAbout(files: Readonly<Record<string, string>>): Promise<ReadonlyMap<Tool, string>> {
  const folder = createTree({ ...goodModules, ...files })
  folders.push(folder)
  return runTools(folder)
}
