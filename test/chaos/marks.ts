/** What the killed process and the one that kills it agree upon. */

/** Exit code of a host that another one has overtaken. */
export const OVERTAKEN = 3
