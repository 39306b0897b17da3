/** A refused input, for whoever asked. */
import type { Rejection } from '../core/types.js'
import { type SchedulerErrorCode, schedulerError } from './errors.js'

/** @throws SchedulerError with the rejection's code */
export function throwIfRefused(rejection: Rejection | null): void {
  if (rejection !== null) throw schedulerError(rejection.code as SchedulerErrorCode, rejection.message, rejection.hint)
}
