import { DEFAULT_BEAT_PERIOD_MS } from '../../controller/protocol/media.ts';
import { type FromSpeakerBody, PROTOCOL_VERSION, type SpeakerConfig, type ToSpeaker } from '../../controller/protocol/speaker-control.ts';
import type { SpeakerTelemetry } from '../../controller/protocol/speaker-state.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Random } from '../random.ts';
import type { ClockSync } from './clock-sync.ts';
import type { ControlConnection, ControlConnectionEvents } from './control-connection.ts';
import { readControllerMessage } from './message-reader.ts';
import type { Oscillator } from './oscillator.ts';
import { nextProbeInMs } from './probe-schedule.ts';
import { reconnectDelayMs } from './reconnect.ts';

/** Everything but what the channel deals with itself. */
export type ControllerMessage = Exclude<ToSpeaker, { type: 'clock' | 'goodbye' | 'error' }>;

export interface ControlChannelEvents {
  connected(): void;
  disconnected(reason: string, closeCode: number | undefined): void;
  message(message: ControllerMessage): void;
  /** The controller could not serve a request. */
  refusedByController(code: string, toSeq: number): void;
}

interface Options {
  clock: Clock;
  random: Random;
  oscillator: Oscillator;
  sync: ClockSync;
  events: ControlChannelEvents;
  dial(events: ControlConnectionEvents): ControlConnection;
  hello(): Omit<Extract<FromSpeakerBody, { type: 'hello' }>, 'type'>;
  telemetry(): SpeakerTelemetry;
}

/** After as many beats without any answer the connection is taken for dead. */
const SILENT_BEATS = 2.5;
const SHORTEST_PATIENCE_MS = 15_000;
/** A beat out of turn comes within this time, at random: a whole commune hears its first pilot at once. */
const BEAT_SOON_MS = 1000;
const MOST_OUTSTANDING = 256;
/** Refusals answered a second; a flood of bad messages is counted, not echoed. */
const MOST_REFUSALS_PER_S = 5;

/** The speaker's side of the control channel: connects, says hello, beats, probes the clock, checks what comes, and connects again. */
export class ControlChannel {
  readonly #options: Options;
  #connection: ControlConnection | undefined;
  #open = false;
  #ready = false;
  #stopped = true;
  #attempt = 0;
  #seqOut = 0;
  #seqIn = 0;
  #retry: Timer | undefined;
  #timer: Timer | undefined;
  #soon: Timer | undefined;
  #config: SpeakerConfig | undefined;
  #connectedAtMs = 0;
  #lastHeardMs = 0;
  #lastBeatMs = 0;
  #activeSinceMs: number | undefined;
  #answered = 0;
  #reconnectAfterMs: number | undefined;
  #refusals = { atMs: 0, count: 0 };
  readonly #outstanding = new Set<number>();
  /** Messages from the controller that were no messages, by reason. */
  readonly rejected = new Map<string, number>();
  /** Frozen firmware: the socket stays, nothing is read or said. */
  frozen = false;

  constructor(options: Options) {
    this.#options = options;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** When something last came from the controller, true time; undefined without a connection. */
  get heardMs(): number | undefined {
    return this.#ready ? this.#lastHeardMs : undefined;
  }

  /** Asks for the time out of turn: an answer is a sign of life. */
  probe(): void {
    if (this.#ready) this.send({ type: 'probe', t1Ms: this.#stampMs() });
  }

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#connect();
  }

  /** `politely`: closes the WebSocket with a code; otherwise as a power cut does. */
  stop(politely: boolean): void {
    this.#stopped = true;
    this.#retry?.cancel();
    this.#timer?.cancel();
    this.#soon?.cancel();
    if (politely) this.#connection?.close(1001, 'speaker stopping');
    else this.#connection?.drop('power');
    this.#open = false;
    this.#ready = false;
  }

  /** Ends sockets at once, whatever the link's state. */
  discard(): void {
    this.stop(false);
    this.#connection?.discard();
  }

  /** While a channel could sound the clock is probed more often. */
  setActive(active: boolean): void {
    if (active === (this.#activeSinceMs !== undefined)) return;
    this.#activeSinceMs = active ? this.#options.clock.nowMs() : undefined;
    if (active) this.#schedule();
  }

  /** News that should not wait for the next period. */
  beatSoon(): void {
    this.#soon?.cancel();
    this.#soon = this.#options.clock.after('beat out of turn', BEAT_SOON_MS * this.#options.random.next(), () => {
      if (!this.#ready || this.#stopped) return;
      this.#beat();
      this.#schedule();
    });
  }

  /** The message's sequence number; undefined when there is no connection to send it on. */
  send(body: FromSpeakerBody): number | undefined {
    if (!this.#open || this.frozen) return undefined;
    this.#connection?.send(JSON.stringify({ v: PROTOCOL_VERSION, seq: ++this.#seqOut, ...body }));
    return this.#seqOut;
  }

  #connect(): void {
    if (this.#stopped) return;
    this.#seqOut = 0;
    this.#seqIn = 0;
    this.#answered = 0;
    this.#outstanding.clear();
    this.#reconnectAfterMs = undefined;
    const connection = this.#options.dial({
      open: () => this.#opened(),
      frame: (frame, arrivalMs) => this.#frame(frame, arrivalMs),
      closed: (code, reason) => {
        if (this.#connection === connection) this.#closed(code, reason);
      },
    });
    this.#connection = connection;
    connection.start();
  }

  #opened(): void {
    if (this.#stopped) return;
    this.#open = true;
    this.#connectedAtMs = this.#options.clock.nowMs();
    this.#lastHeardMs = this.#connectedAtMs;
    this.send({ type: 'hello', ...this.#options.hello() });
  }

  #closed(code: number | undefined, reason: string): void {
    const wasOpen = this.#open;
    this.#open = false;
    this.#ready = false;
    this.#timer?.cancel();
    if (wasOpen) this.#options.events.disconnected(reason, code);
    if (this.#stopped) return;
    const delayMs = reconnectDelayMs(this.#attempt++, this.#options.random.next(), code, this.#reconnectAfterMs);
    this.#retry = this.#options.clock.after('control reconnect', delayMs, () => this.#connect());
  }

  #frame(frame: string | undefined, arrivalMs: number): void {
    if (this.frozen) return;
    const reading = readControllerMessage(frame, this.#seqIn);
    if (!reading.ok) {
      this.#reject(reading.code, reading.seq, reading.detail);
      return;
    }
    const { message } = reading;
    this.#seqIn = message.seq;
    this.#lastHeardMs = this.#options.clock.nowMs();
    switch (message.type) {
      case 'clock':
        this.#clockReply(message, arrivalMs);
        return;
      case 'goodbye':
        this.#reconnectAfterMs = message.reconnectAfterMs;
        return;
      case 'error':
        this.#options.events.refusedByController(message.code, message.toSeq);
        return;
      case 'welcome':
        this.#config = message.config;
        this.#attempt = 0;
        this.#ready = true;
        this.#options.events.message(message);
        this.#options.events.connected();
        this.#beat();
        this.#schedule();
        return;
      case 'config':
        this.#config = message.config;
        this.#schedule();
    }
    this.#options.events.message(message);
  }

  #clockReply(message: Extract<ToSpeaker, { type: 'clock' }>, arrivalMs: number): void {
    // An answer to nothing asked on this connection must not move the clock.
    if (!this.#outstanding.delete(message.t1Ms)) {
      this.#reject('unexpected_clock', message.seq, 'no such probe');
      return;
    }
    const { sync, oscillator } = this.#options;
    if (sync.add({ t1Ms: message.t1Ms, t2Ms: message.t2Ms, t3Ms: message.t3Ms, t4Ms: oscillator.localMs(arrivalMs) })) this.#answered++;
    else this.#reject('implausible_clock', message.seq, 'stamps contradict each other');
  }

  #reject(code: string, seq: number, detail: string): void {
    this.rejected.set(code, (this.rejected.get(code) ?? 0) + 1);
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#refusals.atMs > 1000) this.#refusals = { atMs: nowMs, count: 0 };
    if (seq === 0 || ++this.#refusals.count > MOST_REFUSALS_PER_S) return;
    this.send({ type: 'refused', toSeq: seq, code, detail });
  }

  /** The device's clock at the instant at which the message will have entered the link. */
  #stampMs(): number {
    const stampMs = this.#options.oscillator.localMs(this.#options.clock.nowMs() - (this.#connection?.stampUpDelayMs() ?? 0));
    if (this.#outstanding.size >= MOST_OUTSTANDING) this.#outstanding.delete(this.#outstanding.values().next().value as number);
    this.#outstanding.add(stampMs);
    return stampMs;
  }

  #beat(): void {
    this.#lastBeatMs = this.#options.clock.nowMs();
    const telemetry = this.#options.telemetry();
    this.send({ type: 'beat', t1Ms: this.#stampMs(), telemetry });
  }

  #schedule(): void {
    this.#timer?.cancel();
    if (!this.#ready || this.#stopped) return;
    const nowMs = this.#options.clock.nowMs();
    const beatPeriodMs = this.#config?.beatPeriodMs ?? DEFAULT_BEAT_PERIOD_MS;
    const beatInMs = Math.max(0, this.#lastBeatMs + beatPeriodMs - nowMs);
    const { sync } = this.#options;
    const shortest = sync.shortestRoundTripMs;
    const typical = sync.typicalRoundTripMs;
    const probeInMs = nextProbeInMs({
      answered: this.#answered,
      jitterMs: shortest === undefined || typical === undefined ? undefined : typical - shortest,
      sinceConnectedMs: nowMs - this.#connectedAtMs,
      sinceActiveMs: this.#activeSinceMs === undefined ? undefined : nowMs - this.#activeSinceMs,
      sinceBeatMs: nowMs - this.#lastBeatMs,
      probePeriodMs: this.#config?.probePeriodMs ?? 1000,
    });
    const probeFirst = probeInMs !== undefined && probeInMs < beatInMs;
    // Not in step with the event loop's other work: equal spacing would sample the same delays again and again.
    const spread = 0.8 + 0.4 * this.#options.random.next();
    this.#timer = this.#options.clock.after('beat or probe', probeFirst ? probeInMs * spread : beatInMs, () => {
      if (this.#isDead(beatPeriodMs)) {
        this.#connection?.drop('no answer from the controller');
        return;
      }
      if (probeFirst) this.send({ type: 'probe', t1Ms: this.#stampMs() });
      else this.#beat();
      this.#schedule();
    });
  }

  #isDead(beatPeriodMs: number): boolean {
    if (this.frozen) return false;
    return this.#options.clock.nowMs() - this.#lastHeardMs > Math.max(SHORTEST_PATIENCE_MS, SILENT_BEATS * beatPeriodMs);
  }
}
