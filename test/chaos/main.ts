import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SystemClock } from '../../controller/clock.ts';
import type { AuditPage, AuditVerification } from '../../controller/protocol/accounts.ts';
import type { BroadcastSummary } from '../../controller/protocol/broadcasts.ts';
import { createRandom } from '../../speaker-firmware-sim/random.ts';
import { ADMINISTRATOR, CommuneProcess } from '../support/commune-process.ts';
import { makeScratchFolder } from '../support/scratch-folder.ts';
import { mountSmallDisk, noSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';
import { type Account, broken, noPromises, type Promises } from './ledger.ts';
import { Load } from './load.ts';
import { type Scene, setClock, TROUBLES, type Trouble } from './troubles.ts';

const HELP = `npm run chaos -- [--rounds N] [--only NAME] [--seed TEXT]

Kills, hangs, fills the disk and turns the clock of a whole commune under load, N times (100), and checks after each that nothing that was acknowledged is lost,
that nothing sounds that was stopped, and that an emergency is heard on every pole.
  --only   troubles whose name holds this: ${TROUBLES.map(({ name }) => name).join(', ')}
`;
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: 'chaos' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const DISK_MB = 500;
const READY_LIMIT_MS = 90_000;
/** What is kept aside for the store is written right after it is back. */
const WRITTEN_LIMIT_MS = 30_000;
const HEARD_LIMIT_MS = 20_000;
/** Longer than any round: it is on the air the whole time. */
const BEHIND_REPEAT = 100;
const LIBRARIES = '/usr/lib';

const clock = new SystemClock();
clock.start();
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const random = createRandom(values.seed);
const folder = makeScratchFolder('chaos');
const faketime = existsSync(LIBRARIES) ? findFaketime() : undefined;
const clockFile = faketime ? path.join(makeScratchFolder('clock'), 'offset') : undefined;
setClock({ clockFile }, 0);
const commune = new CommuneProcess({
  hamlets: 2,
  clustersPerHamlet: 3,
  folder,
  environment: {
    LOA_XA_LOG_LEVEL: 'info',
    LOA_XA_RELAY_NETWORKS: '127.0.0.0/8',
    ...(faketime && clockFile
      ? { LD_PRELOAD: faketime, FAKETIME_TIMESTAMP_FILE: clockFile, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' }
      : {}),
  },
});
const disks = noSmallDisk === undefined ? { data: mountSmallDisk(DISK_MB, folder), postgres: mountPostgres() } : undefined;
const scene: Scene = { commune, clock, random, disks, clockFile };

interface Round {
  trouble: string;
  wrong: string[];
  readyAfterMs: number;
}

/** PostgreSQL's disk, apart from that of the data. */
function mountPostgres(): SmallDisk {
  const inside = path.join(commune.dataDir, 'postgres');
  mkdirSync(inside, { recursive: true });
  // A data folder that is not empty has to be ours.
  writeFileSync(path.join(commune.dataDir, 'controller.lock'), '');
  return mountSmallDisk(DISK_MB, inside);
}

function findFaketime(): string | undefined {
  for (const one of readdirSync(LIBRARIES)) {
    const file = path.join(LIBRARIES, one, 'faketime/libfaketimeMT.so.1');
    if (existsSync(file)) return file;
  }
  return undefined;
}

async function accountOf(promises: Promises, afterAuditId: number): Promise<Account> {
  const broadcasts = new Map<string, { status: BroadcastSummary['status']; hasSounded: boolean; hasCopy: boolean }>();
  for (const [broadcastId, { isEmergency }] of promises.broadcasts) {
    const { status, body } = await commune.api.call<BroadcastSummary>('GET', `/api/broadcasts/${broadcastId}`);
    if (status !== 200) continue;
    const hasCopy = isEmergency && (await commune.api.call('GET', `/api/broadcasts/${broadcastId}/audio`)).status === 200;
    broadcasts.set(broadcastId, { status: body.status, hasSounded: body.startedAtMs !== null, hasCopy });
  }
  const { entries } = await commune.api.expect<{ entries: { written: string; spoken: string }[] }>('GET', '/api/speech/dictionary');
  const audited = await auditedSince(afterAuditId);
  const words = new Map(entries.map(({ written, spoken }) => [written, spoken]));
  return { broadcasts, words, audited, trailIsIntact: await trailIsIntact() };
}

/** It may be asked for six times a minute. */
async function trailIsIntact(): Promise<boolean> {
  for (;;) {
    const { status, body } = await commune.api.call<AuditVerification>('GET', '/api/audit/verify');
    if (status === 200) return body.intact;
    if (status !== 429) throw new Error(`the check of the audit trail answered ${status}`);
    await clock.sleep(5000);
  }
}

async function auditedSince(afterId: number): Promise<{ id: number; action: string; target: string }[]> {
  const found: { id: number; action: string; target: string }[] = [];
  for (let beforeId: number | null = null; ; ) {
    const page: AuditPage = await commune.api.expect<AuditPage>(
      'GET',
      `/api/audit?limit=500${beforeId === null ? '' : `&beforeId=${beforeId}`}`,
    );
    found.push(...page.entries.filter(({ id }) => id > afterId));
    if (page.nextBeforeId === null || page.nextBeforeId <= afterId) return found;
    beforeId = page.nextBeforeId;
  }
}

async function lastAuditId(): Promise<number> {
  return (await commune.api.expect<AuditPage>('GET', '/api/audit?limit=1')).entries[0]?.id ?? 0;
}

function sounding(): readonly string[] {
  return (commune.simulatorStatus.broadcastIds as string[] | undefined) ?? [];
}

/** What was stopped is silent, and an emergency is heard on every pole. */
async function airIsWell(bulletinId: string): Promise<string[]> {
  let wrong: readonly string[] = [];
  await until('everything that was stopped is silent', () => sounding().length === 0, HEARD_LIMIT_MS).catch(() => {
    wrong = sounding();
  });
  const broadcastId = await commune.api.startBroadcast({
    class: 'emergency',
    content: { kind: 'bulletin', bulletinId, repeat: 20, pauseMs: 0 },
    validForMs: 0,
  });
  const isHeard = await until(
    'every pole hears the emergency',
    () => commune.simulatorStatus.hearing === commune.clusterIds.length && sounding().length === 1 && sounding()[0] === broadcastId,
    HEARD_LIMIT_MS,
  ).then(
    () => true,
    () => false,
  );
  await commune.api.expect('POST', `/api/broadcasts/${broadcastId}/stop`, {});
  return [
    ...wrong.map((id) => `broadcast ${id} was stopped and sounds`),
    ...(isHeard ? [] : [`an emergency was heard on ${commune.simulatorStatus.hearing} of ${commune.clusterIds.length} poles`]),
  ];
}

async function oneRound(trouble: Trouble, bulletinId: string, load: Load): Promise<Round> {
  const { promises } = load;
  const afterAuditId = await lastAuditId();
  const behind = { kind: 'bulletin' as const, bulletinId, repeat: BEHIND_REPEAT, pauseMs: 0 };
  const behindId = await commune.api.startBroadcast({
    class: 'normal',
    content: behind,
    targets: { hamletIds: ['ap-01'], clusterIds: [] },
  });
  load.begin();
  await clock.sleep(1000 + 2000 * random.next());
  const seen = (await trouble.run(scene)) ?? [];
  const mendedAtMs = clock.monotonicMs();
  const isReady = async (): Promise<boolean> => {
    try {
      const { status } = await commune.api.call('GET', '/health/ready');
      return status === 200 && commune.simulatorStatus.receiving === commune.clusterIds.length;
    } catch {
      return false;
    }
  };
  await until('the commune is well again', isReady, READY_LIMIT_MS, 250);
  const readyAfterMs = clock.monotonicMs() - mendedAtMs;
  await clock.sleep(1000);
  await load.end();
  // A clock that was a day ahead has ended every log-in.
  if ((await commune.api.call('GET', '/api/account')).status === 401)
    await commune.api.signIn(ADMINISTRATOR.username, ADMINISTRATOR.password);
  await commune.api.expect('POST', `/api/broadcasts/${behindId}/stop`, {});
  let wrong: string[] = [];
  const writtenByMs = clock.monotonicMs() + WRITTEN_LIMIT_MS;
  do {
    await clock.sleep(wrong.length > 0 ? 3000 : 500);
    wrong = broken(promises, await accountOf(promises, afterAuditId));
  } while (wrong.length > 0 && clock.monotonicMs() < writtenByMs);
  wrong.push(...seen, ...(await airIsWell(bulletinId)));
  // They were only to be there.
  for (const [broadcastId, { stopped }] of promises.broadcasts)
    if (!stopped) await commune.api.call('POST', `/api/broadcasts/${broadcastId}/stop`, {});
  const { acknowledged, refused, none } = load.answers;
  say(
    `${trouble.name}: ${acknowledged} acknowledged, ${refused} refused, ${none} without an answer; well ${(readyAfterMs / 1000).toFixed(1)} s after it was mended; ` +
      (wrong.length === 0 ? 'nothing lost' : `LOST:\n   ${wrong.join('\n   ')}`),
  );
  return { trouble: trouble.name, wrong, readyAfterMs };
}

const rounds: Round[] = [];
const wanted = TROUBLES.filter(({ name }) => name.includes(values.only));
const possible = wanted.filter((trouble) => trouble.missing?.(scene) === undefined);
try {
  for (const trouble of wanted) {
    const why = trouble.missing?.(scene);
    if (why) say(`${trouble.name}: not here, ${why}`);
  }
  if (possible.length === 0) throw new Error(`there is no trouble called "${values.only}" that can be made here`);
  await commune.start();
  const bulletin = await commune.bulletinFromText('Khẩn', 'Nước đang lên, bà con di dời ngay.', 'emergency');
  await commune.startSimulator();
  for (let number = 0; number < Number(values.rounds); number++) {
    const trouble = possible[number % possible.length] as Trouble;
    process.stderr.write(`${number + 1}/${values.rounds} `);
    const load = new Load({ commune, clock, random, bulletinId: bulletin.bulletinId, promises: noPromises() });
    // Whoever works on would keep this program from ending.
    rounds.push(await oneRound(trouble, bulletin.bulletinId, load).finally(() => load.end()));
  }
} catch (error) {
  for (const line of commune.log.slice(-40)) say(line);
  say(error instanceof Error ? (error.stack ?? '') : String(error));
  process.exitCode = 1;
} finally {
  await commune.close();
  disks?.postgres.close();
  disks?.data.close();
  clock.close();
}

const lost = rounds.filter(({ wrong }) => wrong.length > 0);
process.stdout.write('\ntrouble                                rounds  lost  well again after, longest\n');
for (const { name } of possible) {
  const own = rounds.filter(({ trouble }) => trouble === name);
  const longestS = Math.max(0, ...own.map(({ readyAfterMs }) => readyAfterMs)) / 1000;
  const failed = own.filter(({ wrong }) => wrong.length > 0).length;
  process.stdout.write(`${name.padEnd(38)} ${String(own.length).padStart(6)} ${String(failed).padStart(5)}  ${longestS.toFixed(1)} s\n`);
}
process.stdout.write(`${rounds.length} rounds, something lost in ${lost.length}\n`);
if (lost.length > 0 || rounds.length < Number(values.rounds)) process.exitCode = 1;
