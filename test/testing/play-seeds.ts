import { bundledKit } from './bundled.js'

/** Plays so many worlds; the story of the first that fails, null if none does. */
export async function playSeeds(from: number, count: number): Promise<string | null> {
  const { simulate } = await bundledKit()
  try {
    for (let seed = from; seed < from + count; seed += 1) simulate(seed)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
