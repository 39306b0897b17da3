/** The tables, their version, and how they come about when several hosts start at once. */
import { schedulerError } from '../../runtime/errors.js'
import { newerSchema } from './trouble.js'

/** The version of the tables below; schemas with a higher one are refused. */
export const SCHEMA_VERSION = 1

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/

/** The statements of the store, for one schema. Everything but the name of the schema is a parameter. */
export interface Statements {
  readonly isThere: string
  readonly version: string
  readonly migrate: string
  readonly append: string
  readonly look: string
  readonly page: string
  readonly save: string
  readonly load: string
  readonly scopes: string
}

/** @throws SchedulerError ID_INVALID unless the name needs no thought: lower case, digits and "_", at most 63. */
export function statementsFor(schema: string): Statements {
  if (!SCHEMA_NAME.test(schema)) {
    const hint = 'Use 1 to 63 lower-case letters, digits or "_", not beginning with a digit.'
    throw schedulerError('ID_INVALID', `${JSON.stringify(schema)} cannot be the name of a schema.`, hint)
  }
  const [batch, snapshot, version] = ['batch', 'snapshot', 'version'].map((table) => `"${schema}"."${table}"`)
  const head = `coalesce((SELECT head FROM ${batch} WHERE scope = $1 ORDER BY base DESC LIMIT 1), 0)`
  return {
    isThere: `SELECT to_regclass('${version}') IS NOT NULL AS is_there`,
    version: `SELECT coalesce(max(version), 0) AS version FROM ${version}`,
    migrate: migration(schema),
    // The primary key is the compare-and-set: a batch is named by the revision before it, and begins where another ends.
    // Two that name the same place meet in the index, the later one waits for the earlier one's commit and does nothing.
    append: `
      INSERT INTO ${batch} (scope, base, head, id, writer, events, checksum)
      SELECT $1::text, $2::bigint, $3::bigint, $4::text, $5::text, $6::text, $7::bigint WHERE ${head} = $2
      ON CONFLICT (scope, base) DO NOTHING RETURNING head`,
    look: `
      SELECT ${head} AS head,
      EXISTS (SELECT 1 FROM ${batch} WHERE scope = $1::text AND base = $2::bigint AND id = $3::text) AS is_repeated`,
    // From the batch that holds the event after a revision.
    page: `
      SELECT base, head, id, writer, events, checksum FROM ${batch}
      WHERE scope = $1::text AND head > $2::bigint
      AND base >= coalesce((SELECT max(base) FROM ${batch} WHERE scope = $1 AND base <= $2), 0)
      ORDER BY base LIMIT $3::bigint`,
    save: `
      INSERT INTO ${snapshot} AS old (scope, revision, writer, data, checksum)
      VALUES ($1::text, $2::bigint, $3::text, $4::text, $5::bigint)
      ON CONFLICT (scope) DO UPDATE
      SET revision = excluded.revision, writer = excluded.writer, data = excluded.data, checksum = excluded.checksum
      WHERE excluded.revision > old.revision`,
    load: `SELECT revision, writer, data, checksum FROM ${snapshot} WHERE scope = $1::text`,
    scopes: `SELECT scope FROM ${batch} WHERE base = 0`,
  }
}

/**
 * One statement, so all of it or nothing. Hosts that start at once wait for each other at the lock; what is there already
 * stays. The schema may have been made by somebody with the right to.
 */
function migration(schema: string): string {
  return `DO $migration$ BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('signalbox ${schema}', 0));
    IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = '${schema}') THEN CREATE SCHEMA "${schema}"; END IF;
    CREATE TABLE IF NOT EXISTS "${schema}"."version" (version integer PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS "${schema}"."batch" (
      scope text COLLATE "C" NOT NULL, base bigint NOT NULL, head bigint NOT NULL, id text NOT NULL,
      writer text NOT NULL, events text NOT NULL, checksum bigint NOT NULL, PRIMARY KEY (scope, base)
    );
    CREATE INDEX IF NOT EXISTS scope_of_batch ON "${schema}"."batch" (scope) WHERE base = 0;
    CREATE TABLE IF NOT EXISTS "${schema}"."snapshot" (
      scope text COLLATE "C" PRIMARY KEY, revision bigint NOT NULL, writer text NOT NULL, data text NOT NULL,
      checksum bigint NOT NULL
    );
    INSERT INTO "${schema}"."version" VALUES (1) ON CONFLICT DO NOTHING;
  END $migration$`
}

export type Query = (text: string, values?: unknown[]) => Promise<readonly unknown[]>

/** Makes the tables where they are not there. @throws SchedulerError STORE_FORMAT when a newer version has made them. */
export async function migrate(query: Query, schema: string, statements: Statements): Promise<void> {
  let found = await versionOf(query, statements)
  if (found < SCHEMA_VERSION) {
    await query(statements.migrate)
    found = await versionOf(query, statements)
  }
  if (found > SCHEMA_VERSION) throw newerSchema(schema, found, SCHEMA_VERSION)
}

async function versionOf(query: Query, statements: Statements): Promise<number> {
  const [there] = (await query(statements.isThere)) as readonly { readonly is_there: boolean }[]
  if (there?.is_there !== true) return 0
  const [row] = (await query(statements.version)) as readonly { readonly version: number }[]
  return Number(row?.version)
}
