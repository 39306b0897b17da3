/** How large a plan may be. Everything has a limit, so that a hostile document costs milliseconds, not the host. */

/** What is limited. Each limit is the largest that is allowed. */
export interface PlanLimits {
  /** Tasks; and streams, gates and phases, each counted for itself. */
  readonly tasks: number
  /** Dependencies, once each dependency on a stream is spread over the tasks that wait for it. */
  readonly edges: number
  /** Different path patterns, in claims, `owns` and `protect` together. Each may have to be compared with each. */
  readonly patterns: number
  /** UTF-8 bytes of a JSON document, looked at before it is parsed. */
  readonly jsonBytes: number
  /** UTF-8 bytes of a YAML document, looked at before it is parsed. */
  readonly yamlBytes: number
  /** Lines of a YAML document and signs between its values, counted before it is parsed: each may be a value. */
  readonly yamlMarks: number
  /** Lists and objects inside each other, the plan itself counted. */
  readonly depth: number
  /** Characters (UTF-16 units) of one string or key. */
  readonly stringLength: number
  /** Problems listed; those after the last are counted, not listed. */
  readonly diagnostics: number
}

/** Limits for documents: files, and values that came from outside. */
export const DEFAULT_LIMITS: PlanLimits = {
  tasks: 10_000,
  edges: 100_000,
  patterns: 5_000,
  jsonBytes: 1_000_000,
  yamlBytes: 2_000_000,
  yamlMarks: 100_000,
  depth: 64,
  stringLength: 64_000,
  diagnostics: 1_000,
}

/** Limits for plans made by the host's own code. */
export const CODE_LIMITS: PlanLimits = {
  ...DEFAULT_LIMITS,
  tasks: 10_000_000,
  edges: 100_000_000,
  patterns: 1_000_000,
  stringLength: 16_000_000,
}

/** `base` with the given limits in place of its own. */
export function withLimits(base: PlanLimits, changes: Partial<PlanLimits> | undefined): PlanLimits {
  return changes === undefined ? base : { ...base, ...changes }
}
