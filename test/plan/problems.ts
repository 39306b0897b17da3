/** What a check says about a value, one line for each problem. */
import { type CheckOptions, checkPlan } from '../../src/plan/check.js'
import type { Diagnostic } from '../../src/plan/diagnostic.js'

/** `CODE /pointer Message.` */
export function line({ code, at, message }: Diagnostic): string {
  return [code, at, message].filter((part) => part !== '').join(' ')
}

export function problems(value: unknown, options?: CheckOptions): readonly string[] {
  return checkPlan(value, options).diagnostics.map(line)
}
