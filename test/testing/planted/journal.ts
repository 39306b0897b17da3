/** What a journal, or what is handed over, loses. */
import { bug, type PlantedBug } from './bug.js'

export const JOURNAL_BUGS: readonly PlantedBug[] = [
  // The journal.
  bug('fences start again', 'core/reduce.ts', 'state.fence = fence', ''),
  bug('a result is forgotten', 'core/reduce.ts', 'if (result !== null) run.results.set(task, result)', ''),
  {
    name: 'lost attempts are counted in memory only',
    edits: [
      {
        file: 'core/reduce.ts',
        find: "if (event.failure.kind === 'lost') run.lost.set(task, (run.lost.get(task) ?? 0) + 1)",
        replace: '',
      },
      {
        file: 'core/record.ts',
        find: "record(draft, { type: 'attempt.failed', ...headOf(draft, attempt), failure, retryAt: next })",
        replace:
          "if (failure.kind === 'lost') attempt.run.lost.set(attempt.task, (attempt.run.lost.get(attempt.task) ?? 0) + 1)\n  record(draft, { type: 'attempt.failed', ...headOf(draft, attempt), failure, retryAt: next })",
      },
    ],
  },
  {
    name: 'a pause is forgotten by a restart',
    edits: [
      {
        file: 'core/reduce-runs.ts',
        find: 'openRun(state, event.run).paused = { at: event.at, reason: event.reason }',
        replace: '',
      },
      {
        file: 'core/decide.ts',
        find: "record(draft, { type: 'run.paused',",
        replace: "run.paused = { at: draft.at, reason: input.reason }\n  record(draft, { type: 'run.paused',",
      },
    ],
  },
  // What is handed over.
  bug(
    'an attempt sees what is shared after its start',
    'core/reduce.ts',
    'shared: run.shared,',
    'get shared() { return run.shared },',
  ),
  bug(
    'what is shared goes to another stream',
    'core/handed-over.ts',
    'new Map(run.shared).set(stream,',
    'new Map(run.shared).set(null,',
  ),
  bug(
    'the first value of a key is kept',
    'core/handed-over.ts',
    '.set(key, value))',
    '.set(key, run.shared.get(stream)?.get(key) ?? value))',
  ),
  bug('messages are not counted', 'core/share-and-send.ts', 'const seq = run.messages.length + 1', 'const seq = 1'),
  bug('messages may be for nobody', 'core/share-and-send.ts', 'if (!isKnown(draft, run, to)) return', ''),
  bug(
    'messages of fenced attempts count',
    'core/decide.ts',
    'const attempt = liveAttempt(draft, { run: input.run, ...input.from })',
    'const attempt = draft.state.attempts.get(input.from.fence) ?? null',
  ),
  bug('a message is read before it is stored', 'core/handed-over.ts', 'revision <= upTo && ', ''),
  bug('a message for a stream is read by others', 'core/handed-over.ts', 'to.stream === stream', 'true'),
  bug('a key opens two runs', 'core/decide.ts', 'if (known !== undefined) {', 'if (known === input.run) {'),
]
