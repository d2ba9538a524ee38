import type { Audit } from '../accounts/audit.ts';
import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Events } from '../events.ts';
import type { Logger } from '../telemetry/logger.ts';
import { FailedBroadcasts } from './failed-broadcasts.ts';
import type { BulletinLibrary } from './library.ts';
import type { BroadcastRecord } from './record.ts';

export interface ChronicleDeps {
  audit: Audit;
  events: Events;
  clock: Clock;
  logger: Logger;
  bulletins: BulletinLibrary;
}

/** Tells the rest of the house what became of broadcasts: the audit trail, the console's conditions, the library. */
export class Chronicle {
  #deps: ChronicleDeps;
  #failed: FailedBroadcasts;

  constructor(deps: ChronicleDeps) {
    this.#deps = deps;
    this.#failed = new FailedBroadcasts(deps);
  }

  accepted(record: BroadcastRecord): void {
    this.#enter('broadcast.accepted', record, { startsAtMs: record.startsAtMs, clusters: record.clusterIds.length, origin: record.origin });
  }

  started(record: BroadcastRecord): void {
    const { bulletins, clock, logger } = this.#deps;
    this.#failed.started(record);
    if (record.content.kind !== 'bulletin') return;
    const { bulletinId } = record.content;
    bulletins.noteAired(bulletinId, clock.nowMs()).catch((error: unknown) => {
      logger.warn({ bulletinId, error: errorText(error) }, 'the time of airing could not be noted');
    });
  }

  over(record: BroadcastRecord): void {
    this.#failed.over(record);
    this.#enter('broadcast.over', record, { status: record.status, reason: record.endReason?.code ?? null, positionMs: record.positionMs });
  }

  #enter(action: string, record: BroadcastRecord, detail: Record<string, unknown>): void {
    const { broadcastId, title, class: broadcastClass, requestedBy: actorId, requestedByName: actorName } = record;
    const entry = { actorId, actorName, action, target: broadcastId, ip: null, detail: { title, class: broadcastClass, ...detail } };
    this.#deps.audit.record(entry, { whenPossible: true, keep: true }).catch((error: unknown) => {
      this.#deps.logger.error({ broadcastId, action, err: error }, 'a broadcast could not be entered in the audit trail');
    });
  }
}
