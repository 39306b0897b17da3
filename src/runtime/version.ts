/** The version of the package, in the one place where code finds it; a test compares it with `package.json`. */

export const VERSION = '0.1.0'
/** Who we are in a journal: kept with every batch, and told when one cannot be read. */
export const WRITER: string = `signalbox/${VERSION}`
