import type { Readable } from 'node:stream';
import type { Audit } from '../accounts/audit.ts';
import type { Air } from '../air/air.ts';
import type { Clock } from '../clock.ts';
import type { Distributor } from '../distribution/distributor.ts';
import type { Events } from '../events.ts';
import type { Actor } from '../http/route.ts';
import type { Inventory } from '../inventory/index.ts';
import type {
  BroadcastList,
  BroadcastLogEntry,
  BroadcastPreview,
  BroadcastSummary,
  ClusterOutcome,
  PreviewBroadcast,
  StartBroadcast,
} from '../protocol/broadcasts.ts';
import type { EmergencySettings } from '../protocol/settings.ts';
import type { SpeakerDirectory, SpeakerMediaGranter } from '../speakers/speaker-directory.ts';
import type { LocalJournal, Store } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { openAiredCopy } from './aired-copy.ts';
import { alreadyOver, unknownBroadcast } from './broadcast-errors.ts';
import { Chronicle } from './chronicle.ts';
import { BroadcastEngine } from './engine.ts';
import { Intake, type Requester } from './intake.ts';
import { JoinedRequests } from './joined-requests.ts';
import { Journal } from './journal.ts';
import type { BulletinLibrary } from './library.ts';
import { MakeUpDesk, storedEmergencies } from './make-up/index.ts';
import { readOutcomes } from './outcome-reader.ts';
import { PlannedBroadcasts } from './planned-broadcasts.ts';
import { SENT_SOUND } from './programme.ts';
import { readHistory, readLog, readRecord, readUnfinished } from './queries.ts';
import { type BroadcastRecord, type EndReason, isOver, summaryOf } from './record.ts';
import { resume } from './resume.ts';
import { REASONS } from './words.ts';

/** What was over last is known without the store: whoever asks for the same once more hears of it, and nothing sounds twice. */
const RECENT_MAX = 200;

export interface BroadcastsDeps {
  store: Store;
  /** Takes what is acknowledged while the store does not answer. */
  local: LocalJournal;
  clock: Clock;
  logger: Logger;
  events: Events;
  audit: Audit;
  air: Air;
  distributor: Distributor;
  speakers: SpeakerDirectory;
  inventory: Pick<Inventory, 'resolve' | 'clusters' | 'cluster' | 'hamlet'>;
  bulletins: BulletinLibrary;
  /** How emergencies begin; from memory, for an emergency does not wait. */
  emergencySettings(): EmergencySettings;
  /** Below it are the copies of what was aired. */
  dataDirectory: string;
  /** In which instants are put into words. */
  timeZone: string;
}

export interface Broadcasts {
  /** Takes up what the last run left unfinished, then listens. */
  start(): Promise<void>;
  /** Falls silent; what was on the air goes on at the next start. */
  close(): Promise<void>;
  /** For the speakers' control channel: `speakers.setMediaGranter(broadcasts.mediaGranter)`. */
  mediaGranter: SpeakerMediaGranter;
  /** What was sent of a broadcast, for its receipts; undefined: there was none. @throws when the store does not answer */
  sent(
    broadcastId: string,
  ): Promise<Pick<BroadcastRecord, 'class' | 'clusterIds' | 'startedAtMs' | 'endedAtMs' | 'positionMs'> | undefined>;
  preview(request: PreviewBroadcast, actor: Pick<Actor, 'userId' | 'displayName' | 'role'>): Promise<BroadcastPreview>;
  /**
   * Written to the store before it returns; an emergency, where the store does not answer, to the local journal, and sounding in any case.
   * The same id again answers the same broadcast. @throws AppError broadcast.*, inventory.*
   */
  begin(request: StartBroadcast, requester: Requester): Promise<BroadcastSummary>;
  /** Withdraws what has not sounded. Whether it never will; false when it has, or is about to. */
  withdraw(broadcastId: string, reason: EndReason): Promise<boolean>;
  /**
   * Silent in any case; `stored` of the answer says whether that survives a restart. Of an emergency that is over: ends its making-up.
   * @throws AppError broadcast.unknown, broadcast.over
   */
  stop(broadcastId: string, actor: Pick<Actor, 'displayName'>, why: string | undefined): Promise<BroadcastSummary>;
  /** Everything that is not over, in order of its instant. */
  active(): BroadcastSummary[];
  /** The same one by one, each as it is when it is asked for: together they may name a hundred thousand places. */
  activeInTurn(): Iterable<BroadcastSummary>;
  /** Whether this person has a microphone on the air, or about to be: a session must not end in mid-sentence. */
  isSpeaking(userId: string): boolean;
  get(broadcastId: string): Promise<BroadcastSummary>;
  history(page: { limit: number; before: string | undefined }): Promise<BroadcastList>;
  outcomes(broadcastId: string): Promise<ClusterOutcome[]>;
  log(broadcastId: string): Promise<BroadcastLogEntry[]>;
  /** Ogg Opus. @throws AppError broadcast.no_copy */
  airedCopy(broadcastId: string): Promise<{ stream: Readable; sizeBytes: number }>;
}

export function createBroadcasts(deps: BroadcastsDeps): Broadcasts {
  const { store, clock, events, inventory } = deps;
  const journal = new Journal({ ...deps, onStored: (record) => setUnstored(record, false) });
  const chronicle = new Chronicle(deps);
  const engine = new BroadcastEngine({
    ...deps,
    journal,
    isEverything(clusterIds) {
      const named = new Set(clusterIds);
      return inventory.resolve({ everything: true }).clusterIds.every((clusterId) => named.has(clusterId));
    },
    onStarted(record) {
      chronicle.started(record);
      makeUp.started(record);
      void keep(record);
    },
    onSentSound(record, stretch) {
      journal.note(record.broadcastId, SENT_SOUND, { ...stretch });
      makeUp.sent(record, stretch);
    },
    onSent: (record) => makeUp.ending(record),
    onOver(record) {
      remember(record);
      chronicle.over(record);
      makeUp.over(record);
      void keep(record);
    },
  });
  const intake: Intake = new Intake({ ...deps, engine, journal, planned: () => planned.records() });
  const planned: PlannedBroadcasts = new PlannedBroadcasts({ ...deps, intake, engine, journal });
  const makeUp = new MakeUpDesk({
    ...deps,
    journal,
    past: storedEmergencies(store),
    active: () => [...engine.records(), ...planned.records()].map((record) => ({ record, heldOff: engine.heldOff(record) })),
    hold: (record, clusterIds, untilMs) => engine.hold(record, clusterIds, untilMs),
    async begin(request, { broadcastId: makesUpFor, requestedByName: name }) {
      await beginOnce(request, { origin: 'make_up', name, makesUpFor });
      return engine.record(request.broadcastId);
    },
  });
  const joined = new JoinedRequests({ ...deps, journal, most: RECENT_MAX });
  /** Requests under way: the same id twice at once is one broadcast. */
  const beginning = new Map<string, Promise<BroadcastSummary>>();

  const recent = new Map<string, BroadcastRecord>();
  /** By the state that is being brought to safety: the engine tells of it, and the caller waits for the same. */
  const keeping = new Map<BroadcastRecord, { state: string; kept: Promise<void> }>();

  const current = (broadcastId: string): BroadcastRecord | undefined => engine.record(broadcastId) ?? planned.record(broadcastId);
  const storedSummary = (record: BroadcastRecord): BroadcastSummary => summaryOf(record, { hearingClusters: 0, heldOffClusterIds: [] });

  function* activeInTurn(): Generator<BroadcastSummary> {
    const records = [...engine.records(), ...planned.records()].sort((one, other) => one.startsAtMs - other.startsAtMs);
    for (const record of records) if (!isOver(record)) yield engine.summary(record);
  }

  async function find(broadcastId: string): Promise<BroadcastSummary | undefined> {
    const record = current(broadcastId);
    if (record) return engine.summary(record);
    const over = recent.get(broadcastId);
    if (over) return storedSummary(over);
    const stored = await readRecord(store, broadcastId);
    return stored && storedSummary(stored);
  }

  function remember(record: BroadcastRecord): void {
    recent.set(record.broadcastId, record);
    const [oldest] = recent.keys();
    if (recent.size > RECENT_MAX && oldest !== undefined) recent.delete(oldest);
  }

  /**
   * Brings it to safety, and says so when it can't be.
   * @param joinedId a request that was answered with it: what is under way was begun before that, and knows nothing of it
   */
  function keep(record: BroadcastRecord, joinedId = ''): Promise<void> {
    const state = `${record.status} ${record.validForMs} ${joinedId}`;
    const underWay = keeping.get(record);
    if (underWay?.state === state) return underWay.kept;
    const kept = bringToSafety(record).finally(() => {
      if (keeping.get(record)?.kept === kept) keeping.delete(record);
    });
    keeping.set(record, { state, kept });
    return kept;
  }

  async function bringToSafety(record: BroadcastRecord): Promise<void> {
    setUnstored(record, !(await journal.kept(record)));
  }

  function setUnstored(record: BroadcastRecord, isUnstored: boolean): void {
    if (isUnstored === (record.isUnstored === true)) return;
    record.isUnstored = isUnstored;
    events.emit('broadcast.changed', { broadcast: engine.summary(record) });
  }

  async function get(askedId: string): Promise<BroadcastSummary> {
    const broadcastId = joined.running(askedId) ?? askedId;
    const found = await find(broadcastId);
    if (!found) throw unknownBroadcast(broadcastId);
    return found;
  }

  /** The same words at the same places are one emergency: whoever asks second gets the one that runs, and both are told. */
  async function join(request: StartBroadcast, requester: Requester, runningId: string): Promise<BroadcastSummary | undefined> {
    const isRefused = await beginning.get(runningId)?.then(
      () => false,
      () => true,
    );
    const running = current(runningId);
    if (isRefused || !running) return undefined;
    joined.add(running, request.broadcastId, 'actor' in requester ? requester.actor.displayName : requester.name);
    events.emit('broadcast.changed', { broadcast: engine.summary(running) });
    await keep(running, request.broadcastId);
    return engine.summary(running);
  }

  async function beginOnce(request: StartBroadcast, requester: Requester): Promise<BroadcastSummary> {
    try {
      return await accept(request, requester);
    } finally {
      intake.settled(request.broadcastId);
    }
  }

  async function accept(request: StartBroadcast, requester: Requester): Promise<BroadcastSummary> {
    if (joined.running(request.broadcastId) || current(request.broadcastId) || recent.has(request.broadcastId))
      return get(request.broadcastId);
    const accepted = await intake.accept(
      request,
      requester,
      async () => !journal.isDoubtful(request.broadcastId) && (await find(request.broadcastId)) !== undefined,
    );
    if (!accepted) return get(request.broadcastId);
    // The one that was to be joined was refused, or ended in this moment.
    if (typeof accepted === 'string') return (await join(request, requester, accepted)) ?? accept(request, requester);
    const { record, masterPath, isWritten } = accepted;
    journal.note(record.broadcastId, 'accepted', { by: record.requestedByName, origin: record.origin, startsAtMs: record.startsAtMs });
    if (record.status === 'planned') arm(record);
    else engine.take(record, { masterPath, isResumed: false });
    chronicle.accepted(record);
    if (!isWritten) await keep(record);
    return engine.summary(record);
  }

  function arm(record: BroadcastRecord): void {
    planned.arm(record);
    events.emit('broadcast.changed', { broadcast: engine.summary(record) });
  }

  return {
    mediaGranter: engine.channels,
    async start() {
      // Before anything airs: what was stopped while the store was away must not sound again.
      await journal.replay();
      engine.start();
      for (const record of (await readHistory(store, { limit: RECENT_MAX, before: undefined })).records.reverse()) remember(record);
      const unfinished = journal.corrected(await readUnfinished(store));
      await joined.restore([...recent.values(), ...unfinished]);
      await resume({ clock, journal, engine, planned, makeUp, arm }, unfinished);
    },
    async close() {
      makeUp.close();
      planned.close();
      engine.close();
      await journal.close();
    },
    sent: async (broadcastId) => current(broadcastId) ?? recent.get(broadcastId) ?? (await readRecord(store, broadcastId)),
    preview: (request, actor) => intake.preview(request, { origin: 'console', actor }),
    begin(request, requester) {
      const underWay = beginning.get(request.broadcastId);
      if (underWay) return underWay;
      const begun = beginOnce(request, requester).finally(() => beginning.delete(request.broadcastId));
      beginning.set(request.broadcastId, begun);
      return begun;
    },
    async withdraw(broadcastId, reason) {
      const record = current(broadcastId);
      if (!record) return ((await readRecord(store, broadcastId))?.startedAtMs ?? null) === null;
      if (record.startedAtMs !== null) return false;
      planned.forget(broadcastId);
      engine.conclude(record, 'stopped', reason);
      await keep(record);
      return true;
    },
    async stop(askedId, actor, why) {
      const broadcastId = joined.running(askedId) ?? askedId;
      const record = current(broadcastId);
      if (record) {
        planned.forget(broadcastId);
        engine.conclude(record, 'stopped', REASONS.stoppedBy(actor.displayName, why));
      } else if (!makeUp.stop(broadcastId, actor.displayName)) {
        await get(broadcastId);
        // Whoever reads that it is over may rely on that: it may be on its way to safety still.
        const over = recent.get(broadcastId);
        if (over) await keep(over);
        throw alreadyOver(broadcastId);
      }
      const stopped = record ?? recent.get(broadcastId);
      if (!record && stopped) stopped.validForMs = 0;
      if (stopped) await keep(stopped);
      return record ? engine.summary(record) : get(broadcastId);
    },
    active: () => [...activeInTurn()],
    activeInTurn,
    isSpeaking: (userId) => engine.records().some((record) => record.content.kind === 'microphone' && record.requestedBy === userId),
    get,
    async history(page) {
      const { records, nextBefore } = await readHistory(store, page);
      return { broadcasts: records.map(storedSummary), nextBefore };
    },
    async outcomes(askedId) {
      const broadcastId = joined.running(askedId) ?? askedId;
      const record = current(broadcastId) ?? recent.get(broadcastId) ?? (await readRecord(store, broadcastId));
      if (!record) throw unknownBroadcast(broadcastId);
      return readOutcomes(deps, record);
    },
    async log(askedId) {
      const broadcastId = joined.running(askedId) ?? askedId;
      await get(broadcastId);
      return readLog(store, broadcastId);
    },
    airedCopy: (broadcastId) => openAiredCopy(store, deps.dataDirectory, joined.running(broadcastId) ?? broadcastId),
  };
}
