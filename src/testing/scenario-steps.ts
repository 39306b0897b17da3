/** The language of scenario files: one line per step, words and `key=value`, text in double quotes, JSON in braces. */
import type {
  CancelTarget,
  Failure,
  FailureKind,
  HostId,
  Input,
  JsonValue,
  MessageTarget,
  PoolId,
  RunId,
  TaskId,
  WorkerId,
} from '../core/types.js'
import { parseDuration } from '../plan/duration.js'

/** A report whose fence is that of the task's live (or closing) attempt, unless the line gives one. */
export type ScenarioReport =
  | 'complete'
  | 'verify'
  | 'fail'
  | 'beat'
  | 'milestone'
  | 'share'
  | 'confirm'
  | 'integrate'
  | 'claim'

export type ScenarioStep =
  | { readonly kind: 'input'; readonly input: Input }
  | { readonly kind: 'open'; readonly run: RunId; readonly plan: string; readonly key: string | undefined }
  /** `task` null: from outside of the run. */
  | {
      readonly kind: 'send'
      readonly run: RunId
      readonly task: TaskId | null
      readonly fence: number | null
      readonly to: MessageTarget
      readonly body: JsonValue
    }
  | {
      readonly kind: 'report'
      readonly report: ScenarioReport
      readonly run: RunId
      readonly task: TaskId
      readonly fence: number | null
      /** What is shared under it; empty for other reports. */
      readonly key: string
      /** Of a verification step (from 1); null: the one that is under way. */
      readonly step: number | null
      readonly result: JsonValue | undefined
      readonly failure: Failure
      /** The name of a milestone. */
      readonly name: string
      /** Of a claim. */
      readonly write: readonly string[]
      readonly read: readonly string[]
    }
  /** Changes the plan of a run; with a task, together with its completion. */
  | { readonly kind: 'amend'; readonly run: RunId; readonly task: TaskId | null; readonly amendment: JsonValue }
  /** Time passes to a moment of the scenario, or by so much, or up to what the core asked for; then the host looks. */
  | { readonly kind: 'time'; readonly to: 'at' | 'after' | 'wake'; readonly ms: number }
  /** The clock is set; nobody looks yet. */
  | { readonly kind: 'clock'; readonly ms: number }
  | { readonly kind: 'explain' | 'read'; readonly run: RunId; readonly task: TaskId }
  | { readonly kind: 'status'; readonly run: RunId }
  | { readonly kind: 'crash' | 'reload' }

/** A line as words: plain ones in order, then those of the form `key=value`. */
interface Words {
  readonly verb: string
  readonly plain: readonly string[]
  readonly named: ReadonlyMap<string, string>
}

/** @throws Error that says what was expected. */
export function parseStep(line: string): ScenarioStep {
  const words = splitWords(line)
  const { verb, plain, named } = words
  switch (verb) {
    case 'open':
      return {
        kind: 'open',
        run: need(words, 0, 'a run') as RunId,
        plan: plain[1] ?? 'plan',
        key: named.get('key'),
      }
    case 'join':
      return { kind: 'input', input: joinOf(words) }
    case 'drain':
    case 'offer':
    case 'withdraw':
      return { kind: 'input', input: { type: verb, worker: need(words, 0, 'a worker') as WorkerId } }
    case 'resize':
    case 'quarantine':
      return { kind: 'input', input: workerChangeOf(words, verb) }
    case 'leave':
      return { kind: 'input', input: leaveOf(words) }
    case 'complete':
    case 'verify':
    case 'fail':
    case 'beat':
    case 'share':
    case 'milestone':
    case 'confirm':
    case 'integrate':
    case 'claim':
      return reportOf(words, verb)
    case 'send':
      return sendOf(words)
    case 'amend': {
      const [run, task] = splitRef(need(words, 0, 'a run or a task'))
      return { kind: 'amend', run, task, amendment: JSON.parse(need(words, 1, 'an amendment')) as JsonValue }
    }
    case 'reopen':
      return { kind: 'input', input: reopenOf(words) }
    case 'approve':
    case 'refuse':
      return { kind: 'input', input: answerOf(words, verb) }
    case 'cancel':
      return { kind: 'input', input: cancelOf(words) }
    case 'pause':
    case 'resume':
      return { kind: 'input', input: pauseOf(words, verb) }
    case 'limit':
      return { kind: 'input', input: limitOf(words) }
    case 'lead':
    case 'renew':
    case 'resign':
      return { kind: 'input', input: leadOf(words, verb) }
    case 'at':
    case 'after':
    case 'silence':
      return { kind: 'time', to: verb === 'at' ? 'at' : 'after', ms: durationOf(need(words, 0, 'a duration')) }
    case 'wake':
      return { kind: 'time', to: 'wake', ms: 0 }
    case 'clock':
      return { kind: 'clock', ms: signedOf(need(words, 0, 'a duration with a sign')) }
    case 'explain':
    case 'read':
      return { kind: verb, ...refOf(words) }
    case 'status':
      return { kind: 'status', run: need(words, 0, 'a run') as RunId }
    case 'crash':
    case 'reload':
      return { kind: verb }
    default:
      throw new Error(`Expected a step, got "${verb}"${named.size > 0 ? ' …' : ''}.`)
  }
}

function pauseOf(words: Words, type: 'pause' | 'resume'): Input {
  const run = need(words, 0, 'a run') as RunId
  return type === 'resume' ? { type, run } : { type, run, reason: words.plain[1] ?? 'asked to' }
}

function reopenOf(words: Words): Input {
  return { type: 'reopen', ...refOf(words), downstream: words.plain[1] === 'downstream', reason: 'asked to' }
}

/** `resize w1 3`, `quarantine w1 losses=3 for=10s`. */
function workerChangeOf(words: Words, type: 'resize' | 'quarantine'): Input {
  const worker = need(words, 0, 'a worker') as WorkerId
  if (type === 'resize') return { type, worker, slots: Number(need(words, 1, 'a number of slots')) }
  const { named } = words
  return { type, worker, losses: Number(named.get('losses') ?? 3), forMs: durationOf(named.get('for') ?? '10s') }
}

function leaveOf(words: Words): Input {
  return { type: 'leave', worker: need(words, 0, 'a worker') as WorkerId, reason: words.plain[1] ?? 'asked to' }
}

function joinOf(words: Words): Input {
  const { named } = words
  const lease = named.get('lease')
  return {
    type: 'join',
    worker: need(words, 0, 'a worker') as WorkerId,
    pool: (named.get('pool') ?? 'local') as PoolId,
    slots: Number(named.get('slots') ?? 1),
    capabilities: (named.get('can') ?? '').split(',').filter((name) => name !== ''),
    ...(lease === undefined ? {} : { leaseMs: durationOf(lease) }),
  }
}

/** `limit gpu capacity=2 per-minute=10 breaker=3/10s/30s`, or `limit gpu none`. */
function signedOf(text: string): number {
  return (text.startsWith('-') ? -1 : 1) * durationOf(text.replace(/^[+-]/, ''))
}

function leadOf(words: Words, type: 'lead' | 'renew' | 'resign'): Input {
  const host = need(words, 0, 'a host') as HostId
  return type === 'resign' ? { type, host } : { type, host, leaseMs: durationOf(words.named.get('lease') ?? '10s') }
}

function limitOf(words: Words): Input {
  const { named, plain } = words
  const name = need(words, 0, 'a name')
  if (plain[1] === 'none') return { type: 'setLimit', name, limit: null }
  const numberOf = (key: string): number | null => (named.has(key) ? Number(named.get(key)) : null)
  const [failures, window, cooldown] = named.get('breaker')?.split('/') ?? []
  const breaker =
    failures === undefined
      ? null
      : { failures: Number(failures), windowMs: durationOf(window ?? ''), cooldownMs: durationOf(cooldown ?? '') }
  return {
    type: 'setLimit',
    name,
    limit: { capacity: numberOf('capacity'), perMinute: numberOf('per-minute'), breaker },
  }
}

function reportOf(words: Words, report: ScenarioReport): ScenarioStep {
  const { plain, named } = words
  const fence = named.get('fence')
  const text =
    report === 'share'
      ? need(words, 2, 'a key and a value')
      : report === 'fail' || report === 'milestone'
        ? undefined
        : plain[1]
  const json = text === undefined ? undefined : (JSON.parse(text) as JsonValue)
  const retryAfter = named.get('retry-after')
  const failure: Failure = {
    kind: (plain[1] ?? 'error') as FailureKind,
    message: plain[2] ?? 'it failed',
    ...(named.get('retryable') === 'false' ? { retryable: false } : {}),
    ...(retryAfter === undefined ? {} : { retryAfterMs: durationOf(retryAfter) }),
  }
  return {
    kind: 'report',
    report,
    ...refOf(words),
    fence: fence === undefined ? null : Number(fence),
    key: report === 'share' ? plain[1]! : '',
    step: named.has('step') ? Number(named.get('step')) : null,
    result: json,
    failure,
    name: plain[1] ?? '',
    write: listOf(named.get('write')),
    read: listOf(named.get('read')),
  }
}

function sendOf(words: Words): ScenarioStep {
  const { named } = words
  const [run, task] = splitRef(need(words, 0, 'a run or a task'))
  const fence = named.get('fence')
  const [, kind, id] = /^(task|stream|worker):(.+)$/.exec(named.get('to') ?? '') ?? []
  if (kind === undefined) throw new Error('Expected "to=task:…", "to=stream:…" or "to=worker:…".')
  const to = { [kind]: id } as unknown as MessageTarget
  const body = JSON.parse(need(words, 1, 'a body')) as JsonValue
  return { kind: 'send', run, task, fence: fence === undefined ? null : Number(fence), to, body }
}

/** Separated by commas, but for those inside braces. */
function listOf(text = ''): readonly string[] {
  return text === '' ? [] : text.split(/,(?![^{]*})/)
}

function answerOf(words: Words, type: 'approve' | 'refuse'): Input {
  const { run, task: gate } = refOf(words)
  return { type, run, gate, by: words.named.get('by') ?? null, note: words.plain[1] ?? null }
}

function cancelOf(words: Words): Input {
  const { plain, named } = words
  const [run, task] = splitRef(need(words, 0, 'a run or a task'))
  const stream = named.get('stream')
  const target: CancelTarget =
    stream !== undefined ? { kind: 'stream', stream } : task === null ? { kind: 'run' } : { kind: 'task', task }
  return { type: 'cancel', run, target, reason: plain[1] ?? 'no longer wanted' }
}

function refOf(words: Words): { readonly run: RunId; readonly task: TaskId } {
  const [run, task] = splitRef(need(words, 0, 'a task'))
  if (task === null) throw new Error(`Expected "run/task", got "${run}".`)
  return { run, task }
}

function splitRef(text: string): readonly [RunId, TaskId | null] {
  const slash = text.indexOf('/')
  return slash === -1 ? [text as RunId, null] : [text.slice(0, slash) as RunId, text.slice(slash + 1) as TaskId]
}

function need({ verb, plain }: Words, index: number, what: string): string {
  return plain[index] ?? fail(`Expected ${what} after "${verb}".`)
}

function durationOf(text: string): number {
  return parseDuration(/^\d+$/.test(text) ? Number(text) : text) ?? fail(`Expected a duration, got "${text}".`)
}

function fail(message: string): never {
  throw new Error(message)
}

/** Words are separated by spaces; a word in double quotes is JSON text, one in braces or brackets is JSON and stays so. */
/** Verbs whose words are JSON, not text. */
const TAKE_JSON: ReadonlySet<string> = new Set(['complete', 'beat', 'share', 'send'])
const WORD = /"(?:[^"\\]|\\.)*"|[{[].*[}\]]|\S+/g

function splitWords(line: string): Words {
  const [verb = '', ...others] = line.match(WORD) ?? []
  const named = new Map<string, string>()
  const plain: string[] = []
  for (const word of others) {
    const equals = /^([a-z-]+)=(.*)$/.exec(word)
    if (equals !== null) named.set(equals[1]!, equals[2]!)
    else plain.push(!TAKE_JSON.has(verb) && word.startsWith('"') ? (JSON.parse(word) as string) : word)
  }
  return { verb, plain, named }
}
