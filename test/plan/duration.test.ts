import { expect, it } from 'vitest'
import { LONGEST_DURATION_MS, parseDuration } from '../../src/plan/duration.js'

it.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1.5h', 5_400_000],
  ['2h', 7_200_000],
  ['3d', 259_200_000],
  ['0s', 0],
  ['0.0004s', 0],
  ['36500d', LONGEST_DURATION_MS],
  [0, 0],
  [1.5, 1.5],
  [LONGEST_DURATION_MS, LONGEST_DURATION_MS],
])('%j is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

it.each([
  '5 parsecs',
  '5',
  's',
  '-5s',
  '5 s',
  '5s ',
  '5m30s',
  '1e3s',
  '.5s',
  '5.s',
  '5S',
  '5\u00a0s',
  '٥s',
  '36501d',
  '9'.repeat(400),
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  LONGEST_DURATION_MS + 1,
  null,
  {},
])('%j is no duration', (value) => {
  expect(parseDuration(value)).toBeNull()
})
