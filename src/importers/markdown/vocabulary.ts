/** The words people use: for units, for fields, for states. Nothing else in the reader knows a word. */
import { plain } from '../shared/inline.js'
import type { FieldName, State, UnitKind } from './types.js'

const UNIT_WORDS: Readonly<Record<UnitKind, readonly string[]>> = {
  stream: [
    'agent',
    'sub-agent',
    'subagent',
    'stream',
    'workstream',
    'work stream',
    'track',
    'squad',
    'team',
    'owner',
    'terminal',
    'lane',
    'epic',
    'ws',
  ],
  task: ['task', 'subtask', 'issue', 'story', 'user story', 'ticket', 'work package', 'pr', 'item'],
  phase: ['phase', 'week', 'wave', 'sprint', 'stage', 'iteration', 'milestone'],
}

const KIND_OF: ReadonlyMap<string, UnitKind> = new Map(
  Object.entries(UNIT_WORDS).flatMap(([kind, words]) => words.map((word) => [word, kind as UnitKind] as const)),
)

/** Any unit word, in singular or plural, as a part of a regular expression. Longer ones come first. */
export const UNIT_WORD: string = [...KIND_OF.keys()]
  .toSorted((a, b) => b.length - a.length)
  .map((word) => `[${word[0]?.toUpperCase()}${word[0]}]${endingOf(word.slice(1))}`)
  .join('|')
  .concat('|WS|PR')

function endingOf(rest: string): string {
  const letters = rest.replaceAll(' ', '\\s?').replaceAll('-', '-?')
  return letters.endsWith('y') ? `${letters.slice(0, -1)}(?:y|ies)` : `${letters}s?`
}

/** The word in the singular and in lower case; null: no unit word. */
export function unitWord(text: string): string | null {
  const word = text.toLowerCase().replace(/\s+/g, ' ')
  for (const candidate of [word, word.replace(/ies$/, 'y'), word.replace(/s$/, '')]) {
    if (KIND_OF.has(candidate)) return candidate
  }
  return null
}

/** What a unit with this word is. */
export function kindOfWord(word: string): UnitKind {
  return KIND_OF.get(word) ?? 'task'
}

/** Prefixes of codes that are no units: priorities, quarters, versions, standards, requirements. */
export const NO_UNIT_CODE: RegExp =
  /^(?:P\d|Q\d|V\d+|H\d|U\+?\d+|(?:ADR|RFC|FR|NFR|SC|REQ|UTF|SHA|ISO|HTTP|IPV|OAUTH|ES|MP)-?\d+|(?:YYYY|TBD).*)$/i

const LABELS: Readonly<Record<FieldName, string>> = {
  agent:
    'agent|agents|agent assignment|assigned agent|assigned to|assignee|owner|owned by|lead agent|lead|session|sessions|terminal|worker|team',
  agentType:
    'agent type|role|skill|skills|required skills|skills required|capability|capabilities|specialist|specialty|agent role|agent kind|engineer',
  aliases: 'issue|ticket|lead issue|github issue|key|code|github',
  blockers: 'blocker|blockers|waiting for|waiting on|blocked until',
  blocks: 'blocks|unblocks|blocking|required by|needed by|downstream|prerequisite for|dependents',
  branch: 'branch|feature branch|git branch|branch name|recommended branch',
  canStart: 'can start|ready to start|start when|start|starts|when to start|can begin|start condition',
  criteria:
    'acceptance criteria|acceptance|success criteria|success metrics|definition of done|done when|exit criteria|completion criteria|criteria|validation|verification|verify|dod',
  deliverables:
    'deliverable|deliverables|output|outputs|delivers|primary deliverables|key deliverables|produces|artifacts|track deliverables',
  dependsOn:
    'dependency|dependencies|dep|deps|depends on|depends|depend on|blocked by|blockedby|depends_on|requires|needs|prerequisite|prerequisites|prereqs|waits for|wait for|after|start after|starts after|can start after|hard dependencies|upstream|internal dependencies|task dependencies',
  description:
    'description|goal|goals|objective|objectives|scope|focus|mission|purpose|summary|what|context|overview|responsibilities|key features',
  estimate:
    'estimate|estimates|estimated time|estimated effort|estimated duration|estimated hours|duration|effort|time|time estimate|est|est time|est hours|hours|points|story points|size|eta|complexity|timeline|effort estimate',
  extract: 'extract from|extracted from|migrate from|moves from|source file|cut from',
  files:
    'file|files|path|paths|files to create|files to modify|files to create/modify|files to modify/create|files to update|files to change|files changed|files affected|affected files|files touched|files modified|files created|touches|new files|modified files|modifies|creates|create|modify|update|key files|target files|target file|files involved|location|key files created|modified_files|対象ファイル',
  forbidden:
    "do not modify|do not touch|do not edit|don't touch|don't modify|don't edit|must not touch|must not modify|forbidden|forbidden files|off limits|off-limits|no touch|never touch|protected|protected files|out of scope|conflict boundary|not allowed|read only files",
  mergeOrder: 'merge order|merge sequence|merge after|merges after',
  milestones: 'milestone|milestones|checkpoints',
  name: 'name|title',
  optional: 'optional',
  owns: 'owns|owned paths|owned files|owned path|ownership|exclusive ownership|exclusive files|exclusive|exclusively owns|files you own|file ownership|owns exclusively|files owned|your files|writes',
  parallel:
    'parallel|parallelizable|can run in parallel|parallel with|can run in parallel with|can run parallel with|runs in parallel with|concurrent with',
  phase: 'phase|wave|sprint|week',
  priority: 'priority|prio',
  prompt: 'prompt|agent prompt|task prompt|instructions|kickoff prompt|agent instructions',
  shared: 'shared files|shared file strategy|shared',
  softDependsOn: 'soft dependencies|soft dependency|soft deps|prefers|preferably after|nice to have first',
  status: 'status|state|progress',
  tasks:
    'task|tasks|work packages|work plan|task list|checklist|subtasks|sub-tasks|todo|todos|steps|implementation steps|implementation tasks|sprint backlog|work items|tasks to complete',
  tests: 'test|tests|test file|test files|testing|test strategy|test cases|unit tests|test coverage',
}

const FIELD_OF: ReadonlyMap<string, FieldName> = new Map(
  Object.entries(LABELS).flatMap(([field, words]) =>
    words.split('|').map((word) => [word, field as FieldName] as const),
  ),
)

/** Labels that say more than one of the words above: the beginning decides. */
const LONGER_LABELS: readonly (readonly [RegExp, FieldName])[] = [
  [/^(?:do not|don'?t|must not|never) (?:modify|touch|edit|change)\b/, 'forbidden'],
  [/^(?:exclusive|file) (?:file )?ownership\b/, 'owns'],
  [/^files? (?:to|that|you|affected|changed|touched|created|modified) (?!own)/, 'files'],
  [/^files? (?:you|they|it) owns?\b/, 'owns'],
  [/^(?:acceptance|success) criteria\b/, 'criteria'],
  [/^(?:estimated|est\.?) (?:time|effort|duration|hours)\b/, 'estimate'],
  [/^sprint backlog\b/, 'tasks'],
  [/^(?:primary|track|key) deliverables?\b/, 'deliverables'],
  [/^(?:can )?start(?:s)? (?:after|when|once)\b/, 'canStart'],
]

/** Longest text that can be a label. */
const LONGEST_LABEL = 48

/** The field a label stands for; null: none that the reader knows. */
export function fieldOf(label: string): FieldName | null {
  if (label.length > LONGEST_LABEL * 2) return null
  const known = FIELD_OF.get(label.toLowerCase())
  if (known !== undefined) return known
  const words = plain(label.replace(/\([^)]*\)/g, ' '))
    .toLowerCase()
    .replace(/[:.\s]+$/, '')
    .replace(/^[^\p{L}]+/u, '')
    .replace(/ (?:in|for) this (?:track|stream|task|workstream)$/, '')
  if (words === '' || words.length > LONGEST_LABEL) return null
  return FIELD_OF.get(words) ?? LONGER_LABELS.find(([pattern]) => pattern.test(words))?.[1] ?? null
}

/** Fields that show that a heading is a unit of work, and not a chapter. */
export const EVIDENCE: ReadonlySet<FieldName> = new Set<FieldName>([
  'agent',
  'agentType',
  'blocks',
  'branch',
  'canStart',
  'criteria',
  'deliverables',
  'dependsOn',
  'description',
  'estimate',
  'files',
  'forbidden',
  'owns',
  'parallel',
  'priority',
  'tasks',
  'tests',
])

const DONE = /[✅✔☑]|\b(?:complete|completed|done|finished|merged|shipped)\b/i
const NOT_DONE = /\b(?:not (?:yet )?(?:done|started|complete)|incomplete|0%|when|once|until|ready)\b/i
const ACTIVE = /🔄|🚧|\b(?:in[ _-]progress|active|started|wip|ongoing)\b/i

/** What a text says about how far the work is. */
export function stateOf(text: string): State {
  if (DONE.test(text) && !NOT_DONE.test(text)) return 'done'
  return ACTIVE.test(text) && !NOT_DONE.test(text) ? 'active' : 'open'
}
