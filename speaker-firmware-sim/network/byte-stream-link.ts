import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { Link } from './link.ts';
import type { TimerWheel } from './timer-wheel.ts';

interface Chunk {
  atMs: number;
  bytes: Buffer;
  done: (() => void) | undefined;
}

/**
 * A TCP connection as seen through a link: TLS runs on this stream, and its bytes wait here as long as the link's model says. Order is kept; losses have
 * become delays. A connection that the device drops while its link is down leaves the raw socket open, as no FIN could have passed.
 */
export class ByteStreamLink extends Duplex {
  readonly #raw: Socket;
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #wheel: TimerWheel;
  readonly #outbound: Chunk[] = [];
  readonly #inbound: Chunk[] = [];
  readonly #forget: () => void;
  #ended = false;
  /** Arrival instant of the newest chunk handed to the reader, by the model: exact where the wheel is late. */
  lastArrivalMs = 0;

  constructor(options: { raw: Socket; link: Link; clock: Clock; wheel: TimerWheel }) {
    super({ allowHalfOpen: false });
    this.#raw = options.raw;
    this.#link = options.link;
    this.#clock = options.clock;
    this.#wheel = options.wheel;
    this.#raw.setNoDelay(true);
    this.#raw.on('data', (bytes: Buffer) => this.#receive(bytes));
    this.#raw.on('end', () => this.#receive(undefined));
    this.#raw.on('error', (error) => this.destroy(error));
    this.#raw.on('close', () => {
      if (!this.#ended) this.#receive(undefined);
    });
    this.#forget = this.#link.onChange(() => this.#reschedule());
  }

  /** One-way delay that a small message written now would meet on a link that passes through at once. None while it is cut: the message waits here. */
  stampUpDelayMs(): number {
    const nowMs = this.#clock.nowMs();
    if (!this.#link.passThrough || this.#link.isDown(nowMs)) return 0;
    return Math.max(0, this.#link.up.segment(nowMs) - nowMs);
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const nowMs = this.#clock.nowMs();
    if (this.#link.passThrough && !this.#link.isDown(nowMs) && this.#outbound.length === 0) {
      this.#raw.write(bytes, callback);
      return;
    }
    // The callback is not delayed with the bytes: a kernel's send buffer takes them at once.
    this.#queue(this.#outbound, { atMs: this.#link.up.segment(nowMs), bytes, done: undefined });
    callback();
  }

  override _final(callback: (error?: Error | null) => void): void {
    const nowMs = this.#clock.nowMs();
    if (this.#outbound.length === 0 && !this.#link.isDown(nowMs)) this.#raw.end();
    else this.#queue(this.#outbound, { atMs: this.#link.up.segment(nowMs), bytes: Buffer.alloc(0), done: () => this.#raw.end() });
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#forget();
    this.#ended = true;
    this.#raw.removeAllListeners('data');
    this.#raw.removeAllListeners('error');
    this.#raw.on('error', () => {});
    if (this.#link.isDown(this.#clock.nowMs())) this.#abandon();
    else this.#raw.destroy();
    callback(error);
  }

  /** Ends the raw socket whatever the link's state: the process is going away. */
  discard(): void {
    this.destroy();
    this.#raw.destroy();
  }

  /** No FIN passes a dead link: the far side learns of it once the link is back. */
  #abandon(): void {
    this.#raw.pause();
    const retry = this.#link.onChange(() => {
      if (this.#link.isDown(this.#clock.nowMs())) return;
      retry();
      this.#raw.destroy();
    });
    this.#raw.once('close', retry);
  }

  #receive(bytes: Buffer | undefined): void {
    const nowMs = this.#clock.nowMs();
    const atMs = this.#link.down.segment(nowMs);
    if (this.#link.passThrough && atMs !== Number.POSITIVE_INFINITY && this.#inbound.length === 0) this.#deliver(atMs, bytes);
    else
      this.#queue(this.#inbound, { atMs, bytes: bytes ?? Buffer.alloc(0), done: bytes ? undefined : () => this.#deliver(atMs, undefined) });
  }

  #deliver(atMs: number, bytes: Buffer | undefined): void {
    if (this.#ended) return;
    this.lastArrivalMs = atMs;
    if (bytes === undefined) {
      this.#ended = true;
      this.push(null);
    } else this.push(bytes);
  }

  #queue(queue: Chunk[], chunk: Chunk): void {
    queue.push(chunk);
    this.#wait(queue, chunk.atMs);
  }

  #wait(queue: Chunk[], atMs: number): void {
    if (atMs !== Number.POSITIVE_INFINITY) this.#wheel.add(atMs, { due: () => this.#flush(queue) });
  }

  #flush(queue: Chunk[]): void {
    const nowMs = this.#clock.nowMs();
    while (queue[0] && queue[0].atMs <= nowMs) {
      const chunk = queue.shift() as Chunk;
      if (chunk.done) chunk.done();
      else if (queue === this.#inbound) this.#deliver(chunk.atMs, chunk.bytes);
      else if (!this.#raw.destroyed) this.#raw.write(chunk.bytes);
    }
  }

  /** The link changed: what waited for a dead link gets a new instant. */
  #reschedule(): void {
    const nowMs = this.#clock.nowMs();
    for (const [queue, direction] of [
      [this.#outbound, this.#link.up],
      [this.#inbound, this.#link.down],
    ] as const) {
      let notBeforeMs = 0;
      for (const chunk of queue) {
        if (chunk.atMs === Number.POSITIVE_INFINITY) {
          chunk.atMs = Math.max(notBeforeMs, direction.segment(nowMs));
          this.#wait(queue, chunk.atMs);
        }
        notBeforeMs = chunk.atMs;
      }
    }
  }
}
