/** What ends a verb early: wrong usage, or a world that does not play along. */

export interface ProgramError extends Error {
  readonly name: 'ProgramError'
  readonly code: ProgramErrorCode
  /** What to do about it. */
  readonly hint: string
}

/**
 * `USAGE`: the arguments cannot be understood · `FILE_UNREADABLE`: the file is not there, or cannot be read · `FILE_UNWRITABLE`: it is
 * there already, or cannot be written · all exit 2.
 */
export type ProgramErrorCode = 'USAGE' | 'FILE_UNREADABLE' | 'FILE_UNWRITABLE'

export function programError(code: ProgramErrorCode, message: string, hint: string): ProgramError {
  return Object.assign(new Error(message), { name: 'ProgramError' as const, code, hint })
}

export function usageError(message: string, hint: string): ProgramError {
  return programError('USAGE', message, hint)
}

export function isProgramError(error: unknown): error is ProgramError {
  return error instanceof Error && error.name === 'ProgramError'
}
