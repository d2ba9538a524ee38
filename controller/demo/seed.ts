import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Inventory } from '../inventory/index.ts';
import { type ClaimCode, formatClaimCode } from '../protocol/enrolment.ts';
import { type ScheduleDefinition, scheduleDefinition } from '../protocol/schedules.ts';
import { readCommuneFile, type Schedules } from '../schedules/index.ts';
import { type Store, schema } from '../store/index.ts';
import { makeSampleUpload } from './sample-upload.ts';

const AUTHOR = { userId: null, displayName: 'Demo' };
const COMMUNE_FILE = 'demo/commune.yaml';
const SPOKEN_FILE = 'demo/ban-tin/chao-mung.txt';
const SAMPLE_SETTING = 'demo.sample-upload';
/** What must be ready before an emergency, never made in one. The console finds correction and all clear by their topics. */
const PREPARED = [
  { file: 'demo/ban-tin/khan-cap-bao.txt', title: 'Bão mạnh sắp đổ bộ (mẫu)', topic: '' },
  { file: 'demo/ban-tin/dinh-chinh.txt', title: 'Thông báo nhầm (mẫu)', topic: 'Đính chính' },
  { file: 'demo/ban-tin/het-khan-cap.txt', title: 'Hết khẩn cấp (mẫu)', topic: 'Hết khẩn cấp' },
] as const;
/** Time for a person to look up from the terminal. */
const SOON_MS = 6000;
const BETWEEN_MS = 3000;
const READY_LOOK_MS = 250;
const READY_PATIENCE_MS = 180_000;

interface DemoProgrammes {
  createFromFile(
    fields: { title: string; class: 'normal'; topic: string; language: string; origin: 'upload' },
    path: string,
    createdBy: string | null,
  ): Promise<{ bulletinId: string }>;
  createFromText(
    request: { title: string; text: string; class: 'emergency'; topic: string; language: string; draft: boolean },
    createdBy: string | null,
  ): Promise<{ bulletinId: string }>;
  bulletin(bulletinId: string): Promise<{ status: string; durationMs: number | null } | undefined>;
}

export interface DemoSeederDeps {
  store: Store;
  clock: Clock;
  inventory: Pick<Inventory, 'importCommune'>;
  programmes: DemoProgrammes;
  schedules: Pick<Schedules, 'create' | 'replace' | 'has' | 'bulletinOfFile'>;
  issueClaim(clusterId: string, speakerId: string): Promise<ClaimCode>;
  /** Whether this speaker has to enrol (again): it is new here, or its identity was lost. */
  needsClaim(clusterId: string, speakerId: string): boolean;
  /** The project's schedules/. */
  folder: string;
  dataDir: string;
  timeZone: string;
  /** How many speakers at most. */
  speakers: number;
}

/** A line for the simulator. A secret. */
export interface DemoClaim {
  claimCode: string;
  hamletId: string;
}

export interface DemoSeeder {
  /** The demo commune, and claim codes for those of its speakers that have to enrol. The second time it changes nothing. */
  seedPlaces(): Promise<DemoClaim[]>;
  /** Bulletins that the emergency page needs: a warning, its correction and the all clear. The second time it changes nothing. */
  prepareEmergency(): Promise<void>;
  /** Puts a spoken and an uploaded bulletin on the schedule a few seconds ahead, one after the other. Each call plays them again. */
  playSoon(signal: AbortSignal): Promise<{ title: string; startsAtMs: number }[]>;
}

/** Fills an empty controller with something to hear. */
export function createDemoSeeder(deps: DemoSeederDeps): DemoSeeder {
  const { store, clock, programmes, schedules } = deps;

  /** The bulletin made under this setting's name, or a new one. */
  async function remembered(setting: string, make: () => Promise<{ bulletinId: string }>): Promise<string> {
    const [row] = await store.db.select().from(schema.settings).where(eq(schema.settings.key, setting));
    const known = z.string().safeParse(row?.value);
    if (known.success && (await programmes.bulletin(known.data))) return known.data;
    const { bulletinId } = await make();
    const value = { value: bulletinId };
    await store.db
      .insert(schema.settings)
      .values({ key: setting, ...value })
      .onConflictDoUpdate({ target: schema.settings.key, set: value });
    return bulletinId;
  }

  function sampleUpload(): Promise<string> {
    return remembered(SAMPLE_SETTING, async () => {
      const path = join(deps.dataDir, 'demo', 'ban-tin-tai-len.mp3');
      try {
        await makeSampleUpload(path);
        const fields = { title: 'Bản tin tải lên (mẫu)', class: 'normal', topic: '', language: 'vi', origin: 'upload' } as const;
        return await programmes.createFromFile(fields, path, null);
      } finally {
        await rm(path, { force: true });
      }
    });
  }

  /** How long the bulletin is, once it is ready. */
  async function readyMs(bulletinId: string, signal: AbortSignal): Promise<number> {
    const giveUpAtMs = clock.monotonicMs() + READY_PATIENCE_MS;
    for (;;) {
      const bulletin = await programmes.bulletin(bulletinId);
      if (bulletin?.status === 'ready' && bulletin.durationMs !== null) return bulletin.durationMs;
      if (!bulletin || bulletin.status === 'failed') throw new Error(`the demo's bulletin ${bulletinId} could not be made`);
      if (clock.monotonicMs() > giveUpAtMs)
        throw new Error(`the demo's bulletin ${bulletinId} is not ready after ${READY_PATIENCE_MS / 1000} s`);
      await clock.sleep(READY_LOOK_MS, signal);
    }
  }

  /** A schedule for this one instant. */
  function once(id: string, name: string, bulletinId: string, startsAtMs: number): ScheduleDefinition {
    const local = Temporal.Instant.fromEpochMilliseconds(startsAtMs).toZonedDateTimeISO(deps.timeZone).toPlainDateTime();
    const day = local.toPlainDate().toString();
    return scheduleDefinition.parse({
      id,
      name,
      dailyTimes: [local.toPlainTime().toString({ smallestUnit: 'second' })],
      timeZone: deps.timeZone,
      startsOn: day,
      until: day,
      content: { kind: 'bulletin', bulletinId },
      targets: { everything: true },
    });
  }

  async function put(definition: ScheduleDefinition): Promise<void> {
    await (schedules.has(definition.id) ? schedules.replace(definition, AUTHOR) : schedules.create(definition, AUTHOR));
  }

  return {
    async seedPlaces() {
      const commune = await readCommuneFile(join(deps.folder, COMMUNE_FILE));
      await deps.inventory.importCommune(commune, AUTHOR);
      const claims: DemoClaim[] = [];
      let count = 0;
      for (const hamlet of commune.hamlets) {
        for (const cluster of hamlet.clusters) {
          if (cluster.speaker === undefined || count >= deps.speakers) continue;
          count += 1;
          if (!deps.needsClaim(cluster.id, cluster.speaker)) continue;
          claims.push({ claimCode: formatClaimCode(await deps.issueClaim(cluster.id, cluster.speaker)), hamletId: hamlet.id });
        }
      }
      return claims;
    },
    async prepareEmergency() {
      for (const { file, title, topic } of PREPARED) {
        await remembered(`demo.prepared.${file}`, async () => {
          const text = await readFile(join(deps.folder, file), 'utf8');
          return programmes.createFromText({ title, text, class: 'emergency', topic, language: 'vi', draft: false }, null);
        });
      }
    },
    async playSoon(signal) {
      const spokenId = await schedules.bulletinOfFile(SPOKEN_FILE);
      const uploadedId = await sampleUpload();
      const spokenMs = await readyMs(spokenId, signal);
      await readyMs(uploadedId, signal);
      const firstAtMs = Math.ceil((clock.nowMs() + SOON_MS) / 1000) * 1000;
      const secondAtMs = Math.ceil((firstAtMs + spokenMs + BETWEEN_MS) / 1000) * 1000;
      const [first, second] = ['Chào mừng (giọng đọc máy)', 'Bản tin tải lên (mẫu)'] as const;
      await put(once('demo-giong-doc', first, spokenId, firstAtMs));
      await put(once('demo-tai-len', second, uploadedId, secondAtMs));
      return [
        { title: first, startsAtMs: firstAtMs },
        { title: second, startsAtMs: secondAtMs },
      ];
    },
  };
}
