export interface Edit {
  /** Under `src/`. */
  readonly file: string
  /** Must occur exactly once. */
  readonly find: string
  readonly replace: string
}

/** A faulty core: the real source with a few exact snippets replaced. */
export interface PlantedBug {
  readonly name: string
  readonly edits: readonly Edit[]
}

export const bug = (name: string, file: string, find: string, replace: string): PlantedBug => ({
  name,
  edits: [{ file, find, replace }],
})
