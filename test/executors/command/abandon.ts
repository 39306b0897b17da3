/** A host that starts a command that outlives it, and is killed at once. Prints the number of the process. */
import { writeSync } from 'node:fs'
import { settingsOf } from '../../../src/executors/command/options.js'
import { startOutliving } from '../../../src/executors/command/outliving.js'

const [folder = '', argv = ''] = process.argv.slice(2)
const [file = '', ...args] = JSON.parse(argv) as readonly string[]
const spec = { file, args, cwd: folder, env: {}, stdin: '' }
const { running } = startOutliving(spec, folder, settingsOf({ argv: [file], folder, outlives: true }))
writeSync(1, String(running.mark.pid))
process.kill(process.pid, 'SIGKILL')
