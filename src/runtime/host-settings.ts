/** What the settings of a scheduler say of its host. */
import type { ScopeId } from '../core/types.js'
import type { HostOptions } from './host-options.js'
import { checkId, checkLease, checkSnapshotEvery, hostIdFor } from './names.js'
import type { SchedulerParts } from './scheduler-types.js'
import { warner } from './warnings.js'

/** Long enough for a busy event loop and a slow disk, short enough to be missed soon. */
const DEFAULT_LEASE_MS = 10_000
/** A tail of as many events is read in some tens of milliseconds. */
const DEFAULT_SNAPSHOT_EVERY = 10_000

type HostSettings = Pick<
  HostOptions,
  'host' | 'hostName' | 'scope' | 'store' | 'clock' | 'leaseMs' | 'snapshotEvery' | 'warn'
>

/** @throws SchedulerError ID_INVALID, VALUE_INVALID */
export function hostSettings(parts: SchedulerParts): HostSettings {
  const { clock, store, snapshotEvery = DEFAULT_SNAPSHOT_EVERY } = parts
  const { leaseMs = store.isShared === true ? DEFAULT_LEASE_MS : null } = parts
  return {
    host: hostIdFor(parts.host ?? 'host'),
    hostName: parts.host ?? null,
    scope: checkId('scope', parts.scope ?? 'default') as ScopeId,
    store,
    clock,
    leaseMs: leaseMs === null ? null : checkLease(leaseMs),
    snapshotEvery: snapshotEvery === null ? null : checkSnapshotEvery(snapshotEvery),
    warn: warner(parts.onWarning),
  }
}
