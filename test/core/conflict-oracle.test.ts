// The dumb oracle remembers its answers; it must not remember wrong ones.
import { expect, it } from 'vitest'
import { overlaps } from '../../src/claims/overlap.js'
import type { Pattern } from '../../src/claims/pattern.js'
import { conflicts } from '../../src/core/conflict-oracle.js'
import type { CompiledPlan } from '../../src/core/types.js'
import { compile } from '../../src/plan/compile.js'

/** Task i writes, or if it is odd reads, a path of its own, every tenth a wide one. */
function plan(name: string, size: number): CompiledPlan {
  const tasks = Array.from({ length: size }, (_, i) => {
    const path = i % 10 === 0 ? `${name}/d${i % 7}/**` : `${name}/d${i % 7}/f${i}`
    return { id: `t${i}`, claims: i % 2 === 0 ? { write: [path] } : { read: [path] } }
  })
  const result = compile({ tasks: [...tasks, { id: 'none' }] })
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics))
  return result.compiled
}

function meet(a: readonly Pattern[], b: readonly Pattern[]): boolean {
  return a.some((mine) => b.some((other) => overlaps(mine, other)))
}

it('agrees with the patterns, also when it has seen more of them than it remembers', () => {
  const one = plan('a', 200)
  const plans: readonly (readonly [CompiledPlan, CompiledPlan])[] = [
    [one, one],
    [one, plan('a', 50)],
    [plan('b', 180), one],
  ]
  for (const [left, right] of [...plans, ...plans]) {
    for (const [i, a] of left.claimSets.entries()) {
      for (const [j, b] of right.claimSets.entries()) {
        const expected = meet(a.write, b.write) || meet(a.write, b.read) || meet(a.read, b.write)
        expect(conflicts(left, i, right, j)).toBe(expected)
      }
    }
  }
})

it('knows that no claims conflict with none', () => {
  const { claimSet, taskCount } = plan('a', 1)
  expect(claimSet[taskCount - 1]).toBe(-1)
  expect(conflicts(plan('a', 1), -1, plan('a', 1), 0)).toBe(false)
  expect(conflicts(plan('a', 1), 0, plan('a', 1), -1)).toBe(false)
})
