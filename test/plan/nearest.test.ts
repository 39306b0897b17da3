import { expect, it } from 'vitest'
import { nearest } from '../../src/plan/nearest.js'

it.each([
  ['dependson', ['dependsOn', 'deliverables'], 'dependsOn'],
  ['biuld', ['build', 'built'], 'build'],
  ['shcema', ['claims', 'schema'], 'schema'],
  ['retires', ['retry', 'requires'], 'requires'],
  ['x', ['y', 'z'], null],
  ['X', ['y', 'x'], 'x'],
  ['test', ['build', 'deploy'], null],
  ['', [''], ''],
])('%j among %j means %j', (name, candidates, expected) => {
  expect(nearest(name, candidates)).toBe(expected)
})

it('of equally near names the first is taken', () => {
  expect(nearest('taks-1', ['task-1', 'taks-2'])).toBe('task-1')
})

it('does not look among more than 5,000 names, nor for very long ones', () => {
  const names = Array.from({ length: 5_000 }, (_, i) => `name-${i}`)
  expect(nearest('name-17', names)).toBe('name-17')
  expect(nearest('name-17', [...names, 'more'])).toBeNull()
  expect(nearest('x'.repeat(129), ['x'.repeat(129)])).toBeNull()
})
