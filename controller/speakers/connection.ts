import type { Clock, Timer } from '../clock.ts';
import type { SpeakerId } from '../protocol/ids.ts';
import { CLOSE_CODES } from '../protocol/media.ts';
import { type FromSpeaker, PROTOCOL_VERSION, type ToSpeaker, type ToSpeakerBody } from '../protocol/speaker-control.ts';
import { readMessage } from './message-reader.ts';
import type { SpeakerMetrics } from './metrics.ts';
import { TokenBucket } from './token-bucket.ts';

/** Until so many round trips are known the path is measured with every beat and probe: an emergency may come a second after the speaker. */
const FIRST_ROUND_TRIPS = 8;
/** A speaker that probes and never answers a ping in a way that counts is not asked for ever. */
const MOST_FIRST_PINGS = 64;
/** Then a ping counts as lost, and another one may be sent. */
const PONG_WITHIN_MS = 10_000;
const HELLO_WITHIN_MS = 10_000;
/** Probing at its fastest takes 10 a second; the burst covers probes after connecting and receipts after an outage. */
const MESSAGES = { burst: 300, perSecond: 20 };
/** What comes faster is dropped; a few may be an outage's backlog, this many are a flood. */
const DROPPED = { burst: 1000, perSecond: 20 };
const TELL_DROPPED = { burst: 1, perSecond: 1 };
/** A device with a defect is told so this often, then put off. */
const ERRORS = { burst: 20, perSecond: 0.2 };
/** What the controller can't do now is no error of the device: nobody is put off for asking again. */
const OUR_OWN: ReadonlySet<ErrorCode> = new Set(['unavailable', 'internal']);
/** A speaker that takes nothing for this many bytes is stuck or gone. */
const LONGEST_BACKLOG_BYTES = 262_144;

/** The part of a WebSocket that a connection uses. */
export interface ControlSocket {
  readonly bufferedAmount: number;
  send(text: string): void;
  ping(payload: string): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

type Message<Type extends FromSpeaker['type']> = Extract<FromSpeaker, { type: Type }>;
export type HelloMessage = Message<'hello'>;
/** Everything a ready speaker may say, apart from probes, which end in the connection. */
export type ReadyMessage = Exclude<FromSpeaker, { type: 'hello' | 'probe' }>;

/** What the connection tells the rest of speakers/. */
export interface ConnectionListener {
  /** False turns it away. Sending `welcome` is the listener's part. */
  onHello(connection: SpeakerConnection, hello: HelloMessage): boolean;
  /** Its certificate is one speaker's, its hello another's. */
  onImpostor(connection: SpeakerConnection, claimedId: SpeakerId): void;
  onMessage(connection: SpeakerConnection, message: ReadyMessage, arrivedAtMs: number): void;
  /** A sign of life and nothing more: a probe or a pong. */
  onAlive(connection: SpeakerConnection): void;
  /** False: it says nothing of the path. */
  onRoundTrip(connection: SpeakerConnection, roundTripMs: number): boolean;
  onClosed(connection: SpeakerConnection, reason: string): void;
}

/** Where a connection comes from and where it arrived. */
export interface ConnectionAddress {
  ip: string;
  reachedAt?: string | undefined;
}

interface ConnectionOptions extends ConnectionAddress {
  /** From the client certificate. */
  speakerId: SpeakerId;
  socket: ControlSocket;
  clock: Clock;
  metrics: SpeakerMetrics;
  listener: ConnectionListener;
}

type ErrorCode = Extract<ToSpeaker, { type: 'error' }>['code'];

/**
 * One speaker's control connection: awaiting hello, then ready, then closed. Checks every message (size, rate, envelope, schema,
 * sequence), answers clock probes itself, and hands the rest on. Never throws for anything that arrives.
 */
export class SpeakerConnection {
  readonly speakerId: SpeakerId;
  readonly ip: string;
  /** Our own address at which it arrived. */
  readonly reachedAt: string | undefined;
  readonly #socket: ControlSocket;
  readonly #clock: Clock;
  readonly #metrics: SpeakerMetrics;
  readonly #listener: ConnectionListener;
  readonly #messages: TokenBucket;
  readonly #dropped: TokenBucket;
  readonly #tellDropped: TokenBucket;
  readonly #errors: TokenBucket;
  #state: 'awaiting-hello' | 'ready' | 'closed' = 'awaiting-hello';
  #helloTimer: Timer | undefined;
  #sequenceIn = 0;
  #sequenceOut = 0;
  #ping: { payload: string; sentAtMs: number } | undefined;
  #pings = 0;
  #roundTrips = 0;
  #beats = 0;

  constructor(options: ConnectionOptions) {
    this.speakerId = options.speakerId;
    this.ip = options.ip;
    this.reachedAt = options.reachedAt;
    this.#socket = options.socket;
    this.#clock = options.clock;
    this.#metrics = options.metrics;
    this.#listener = options.listener;
    const nowMs = options.clock.monotonicMs();
    this.#messages = new TokenBucket({ ...MESSAGES, nowMs });
    this.#dropped = new TokenBucket({ ...DROPPED, nowMs });
    this.#tellDropped = new TokenBucket({ ...TELL_DROPPED, nowMs });
    this.#errors = new TokenBucket({ ...ERRORS, nowMs });
  }

  start(): void {
    this.#helloTimer = this.#clock.after('speaker hello', HELLO_WITHIN_MS, () => this.close(CLOSE_CODES.helloTimeout, 'hello_timeout'));
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** One frame. The arrival is stamped before anything else: it is t2 of the clock exchange. */
  receive(frame: Buffer | string, isBinary: boolean): void {
    const arrivedAtMs = this.#clock.nowMs();
    if (this.#state === 'closed') return;
    if (!this.#messages.take(this.#clock.monotonicMs())) {
      this.#drop();
      return;
    }
    if (isBinary) {
      this.#refuse('malformed', 0, 'binary frame');
      return;
    }
    const reading = readMessage(typeof frame === 'string' ? frame : frame.toString('utf8'));
    if (!reading.ok) {
      if (this.#state === 'ready') {
        this.#refuse(reading.code === 'version' ? 'malformed' : reading.code, reading.seq, reading.detail);
        return;
      }
      this.#metrics.rejected(reading.code);
      if (reading.code === 'version') {
        this.close(CLOSE_CODES.versionUnsupported, 'version_unsupported');
        return;
      }
      this.#sendError(reading.code, reading.seq, reading.detail);
      this.close(CLOSE_CODES.badMessage, 'bad_hello');
      return;
    }
    const { message } = reading;
    if (message.seq <= this.#sequenceIn) {
      this.#refuse('replayed', message.seq, 'sequence number not above the last one');
      return;
    }
    this.#sequenceIn = message.seq;
    if (this.#state === 'awaiting-hello') {
      this.#hello(message);
      return;
    }
    if (message.type === 'hello') {
      this.#refuse('malformed', message.seq, 'hello was said already');
      return;
    }
    this.#metrics.message(message.type);
    if (message.type === 'probe' || message.type === 'beat') this.#replyClock(message.t1Ms, arrivedAtMs);
    if (message.type === 'probe' || message.type === 'beat') this.#maybePing(message.type);
    if (message.type === 'probe') this.#listener.onAlive(this);
    else this.#listener.onMessage(this, message, arrivedAtMs);
  }

  /** A WebSocket pong; only the answer to the last ping of ours says anything. */
  pong(payload: string): void {
    const ping = this.#ping;
    if (this.#state !== 'ready' || ping?.payload !== payload) return;
    this.#ping = undefined;
    if (this.#listener.onRoundTrip(this, this.#clock.monotonicMs() - ping.sentAtMs)) this.#roundTrips += 1;
    this.#listener.onAlive(this);
  }

  /** Pings at once, unless an answer is awaited: who is there is heard of within a round trip, however long its next beat is off. */
  askForSign(): void {
    if (this.#state === 'ready' && !this.#awaitsPong()) this.#sendPing();
  }

  /** Puts version and sequence number on the message. False: not connected, or the speaker takes nothing. */
  send(body: ToSpeakerBody): boolean {
    if (this.#state !== 'ready') return false;
    return this.#send(body);
  }

  /** Answers a message that was well-formed but can't be served. Counts towards the closing of a stubborn device, unless the fault is ours. */
  refuse(code: ErrorCode, toSeq: number, detail: string): void {
    if (this.#state === 'ready') this.#refuse(code, toSeq, detail);
  }

  /** Ends the connection; `reason` is a fixed word for log and metrics. */
  close(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    this.#end(reason);
    this.#socket.close(code, reason);
  }

  /** Ends it without ceremony: the other side no longer answers. */
  terminate(reason: string): void {
    if (this.#state === 'closed') return;
    this.#end(reason);
    this.#socket.terminate();
  }

  /** The socket is gone. */
  socketClosed(code: number): void {
    if (this.#state !== 'closed') this.#end(code === 1000 || code === 1001 ? 'speaker_left' : code === 1009 ? 'too_large' : 'broken');
  }

  #hello(message: FromSpeaker): void {
    if (message.type !== 'hello') {
      this.#refuse('not_ready', message.seq, 'say hello first');
      return;
    }
    if (message.speakerId !== this.speakerId) {
      this.#metrics.rejected('wrong_speaker');
      this.#listener.onImpostor(this, message.speakerId);
      this.close(CLOSE_CODES.notEnrolled, 'wrong_speaker');
      return;
    }
    this.#helloTimer?.cancel();
    this.#metrics.message('hello');
    this.#state = 'ready';
    if (!this.#listener.onHello(this, message)) {
      this.close(CLOSE_CODES.notEnrolled, 'not_enrolled');
      return;
    }
    this.#sendPing();
  }

  /** Built by hand so that t3 is taken as late as can be; every part is a number. */
  #replyClock(t1Ms: number, arrivedAtMs: number): void {
    if (!this.#takesMore()) return;
    this.#sequenceOut += 1;
    const head = `{"v":${PROTOCOL_VERSION},"seq":${this.#sequenceOut},"type":"clock","t1Ms":${t1Ms},"t2Ms":${arrivedAtMs},"t3Ms":`;
    this.#socket.send(`${head}${this.#clock.nowMs()}}`);
  }

  /** The path is measured often while little is known of it, then with every third beat. One ping at a time: a second one would hide the slow answers. */
  #maybePing(why: 'probe' | 'beat'): void {
    if (why === 'beat') this.#beats += 1;
    if (this.#awaitsPong()) return;
    const isNew = this.#roundTrips < FIRST_ROUND_TRIPS && this.#pings < MOST_FIRST_PINGS;
    if (isNew || (why === 'beat' && this.#beats % 3 === 0)) this.#sendPing();
  }

  #awaitsPong(): boolean {
    return this.#ping !== undefined && this.#clock.monotonicMs() - this.#ping.sentAtMs < PONG_WITHIN_MS;
  }

  #sendPing(): void {
    this.#pings += 1;
    const payload = String(this.#pings);
    this.#ping = { payload, sentAtMs: this.#clock.monotonicMs() };
    this.#socket.ping(payload);
  }

  /** Too fast: not even read. Said once a second, so that the answers are no flood themselves. */
  #drop(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#metrics.rejected('rate_limited');
    if (!this.#dropped.take(nowMs)) this.close(CLOSE_CODES.tooManyErrors, 'flood');
    else if (this.#tellDropped.take(nowMs)) this.#sendError('rate_limited', 0, 'too many messages');
  }

  #refuse(code: ErrorCode, toSeq: number, detail: string): void {
    this.#metrics.rejected(code);
    if (!OUR_OWN.has(code) && !this.#errors.take(this.#clock.monotonicMs())) {
      this.close(CLOSE_CODES.tooManyErrors, 'too_many_errors');
      return;
    }
    this.#sendError(code, toSeq, detail);
  }

  #sendError(code: ErrorCode, toSeq: number, detail: string): void {
    this.#send({ type: 'error', code, toSeq, detail });
  }

  #send(body: ToSpeakerBody): boolean {
    if (!this.#takesMore()) return false;
    this.#sequenceOut += 1;
    this.#socket.send(JSON.stringify({ v: PROTOCOL_VERSION, seq: this.#sequenceOut, ...body }));
    return true;
  }

  #takesMore(): boolean {
    if (this.#socket.bufferedAmount <= LONGEST_BACKLOG_BYTES) return true;
    this.terminate('backlog');
    return false;
  }

  #end(reason: string): void {
    const wasReady = this.#state === 'ready';
    this.#state = 'closed';
    this.#helloTimer?.cancel();
    this.#ping = undefined;
    this.#metrics.connectionClosed(reason);
    if (wasReady) this.#listener.onClosed(this, reason);
  }
}
