import { randomUUID } from 'node:crypto';
import type { SystemClock } from '../../controller/clock.ts';
import type { BroadcastSummary } from '../../controller/protocol/broadcasts.ts';
import type { Random } from '../../speaker-firmware-sim/random.ts';
import type { CommuneProcess } from '../support/commune-process.ts';
import type { Promises } from './ledger.ts';

/** Between two things that a person does; well below what the API allows one account. */
const PERIOD_MS = 600;
/** Who has no answer by then has none: it may or may not have been done. */
const ANSWER_LIMIT_MS = 10_000;
const AN_HOUR_MS = 3_600_000;

/** Two people at work: they plan, change the dictionary, put a bulletin on the air, press the emergency button, and stop what they began. */
export class Load {
  readonly promises: Promises;
  /** Answers, refusals and silences. */
  readonly answers = { acknowledged: 0, refused: 0, none: 0 };
  #commune: CommuneProcess;
  #clock: SystemClock;
  #random: Random;
  #bulletinId: string;
  #planned: string[] = [];
  #isOn = false;
  #ended: Promise<void> = Promise.resolve();
  #count = 0;

  constructor(options: { commune: CommuneProcess; clock: SystemClock; random: Random; bulletinId: string; promises: Promises }) {
    this.#commune = options.commune;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#bulletinId = options.bulletinId;
    this.promises = options.promises;
  }

  begin(): void {
    this.#isOn = true;
    this.#ended = this.#work();
  }

  /** Resolves when the last answer is there. */
  async end(): Promise<void> {
    this.#isOn = false;
    await this.#ended;
  }

  async #work(): Promise<void> {
    const under: Promise<void>[] = [];
    while (this.#isOn) {
      under.push(this.#act());
      await this.#clock.sleep(PERIOD_MS * (0.5 + this.#random.next()));
    }
    await Promise.all(under);
  }

  async #act(): Promise<void> {
    const kind = this.#count++ % 5;
    if (kind === 0) await this.#plan();
    else if (kind === 1) await this.#write();
    else if (kind === 2) await this.#callOff();
    else if (kind === 3) await this.#announce('normal');
    else await this.#announce('emergency');
  }

  async #plan(): Promise<void> {
    const broadcastId = await this.#start('normal', this.#clock.nowMs() + AN_HOUR_MS * 20);
    if (broadcastId) this.#planned.push(broadcastId);
  }

  async #callOff(): Promise<void> {
    const broadcastId = this.#planned.shift();
    if (broadcastId) await this.#stop(broadcastId);
  }

  async #announce(broadcastClass: 'normal' | 'emergency'): Promise<void> {
    const broadcastId = await this.#start(broadcastClass, undefined);
    if (!broadcastId) return;
    await this.#clock.sleep(1000);
    await this.#stop(broadcastId);
  }

  async #write(): Promise<void> {
    const entry = { written: `CHAOS${this.#count}`, spoken: `lần thứ ${this.#count}` };
    const answer = await this.#call('PUT', '/api/speech/dictionary', entry);
    if (!answer) return;
    this.promises.words.set(entry.written, entry.spoken);
    this.promises.audited.push({ action: 'dictionary.change', target: '/api/speech/dictionary' });
  }

  /** @returns the id when it was accepted and taken down */
  async #start(broadcastClass: 'normal' | 'emergency', startsAtMs: number | undefined): Promise<string | undefined> {
    const broadcastId = randomUUID();
    const answer = await this.#call<BroadcastSummary>('POST', '/api/broadcasts', {
      broadcastId,
      title: `Thử ${broadcastClass} ${this.#count}`,
      class: broadcastClass,
      content: { kind: 'bulletin', bulletinId: this.#bulletinId, repeat: 1, pauseMs: 0 },
      targets: { hamletIds: ['ap-02'], clusterIds: [] },
      ...(startsAtMs === undefined ? {} : { startsAtMs }),
      ...(broadcastClass === 'emergency' ? { validForMs: 0 } : {}),
    });
    if (!answer) return undefined;
    // What the answer itself calls not stored is no promise.
    if (answer.stored) {
      this.promises.broadcasts.set(broadcastId, {
        stopped: false,
        startsLater: startsAtMs !== undefined,
        isEmergency: broadcastClass === 'emergency',
      });
      this.promises.audited.push({ action: 'broadcast.requested', target: '/api/broadcasts' });
    }
    return broadcastId;
  }

  async #stop(broadcastId: string): Promise<void> {
    const path = `/api/broadcasts/${broadcastId}/stop`;
    const answer = await this.#call<BroadcastSummary>('POST', path, { reason: 'thử' });
    const promise = this.promises.broadcasts.get(broadcastId);
    if (!promise) return;
    if (answer?.stored) {
      promise.stopped = true;
      this.promises.audited.push({ action: 'broadcast.stopped', target: path });
    } else {
      // Done or not, stored or not: nothing is promised any more.
      this.promises.broadcasts.delete(broadcastId);
    }
  }

  async #call<Answer = unknown>(method: string, path: string, body: unknown): Promise<Answer | undefined> {
    const silence = Promise.withResolvers<undefined>();
    const limit = this.#clock.after('an answer', ANSWER_LIMIT_MS, () => silence.resolve(undefined));
    try {
      const answer = await Promise.race([this.#commune.api.call<Answer>(method, path, body), silence.promise]);
      if (!answer) this.answers.none++;
      else if (answer.status >= 300) this.answers.refused++;
      else {
        this.answers.acknowledged++;
        return answer.body;
      }
    } catch {
      // The connection broke: nobody knows whether it was done.
      this.answers.none++;
    } finally {
      limit.cancel();
    }
    return undefined;
  }
}
