/** The command executor keeps the law of executors. */
import { describe } from 'vitest'
import { conforms } from '../conformance.js'
import { commandPlace } from './world.js'

const notAttaching = /^(?!attaching)/

describe('commands, through pipes', () => conforms(() => commandPlace(), {}, notAttaching))

describe('commands that outlive their host, through files', () => {
  conforms(() => commandPlace({ outlives: true }), {}, notAttaching)
})
