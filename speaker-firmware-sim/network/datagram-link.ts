import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Clock } from '../clock.ts';
import type { Link } from './link.ts';
import type { TimerWheel, WheelEntry } from './timer-wheel.ts';

const RECEIVE_BUFFER_BYTES = 512 * 1024;

export interface DatagramHandler {
  /** `arrivalMs`: true time at which the packet reached the device by the link's model. */
  onDatagram(packet: Buffer, arrivalMs: number): void;
}

class Arrival implements WheelEntry {
  readonly #handler: DatagramHandler;
  readonly #packet: Buffer;
  readonly #arrivalMs: number;
  constructor(handler: DatagramHandler, packet: Buffer, arrivalMs: number) {
    this.#handler = handler;
    this.#packet = packet;
    this.#arrivalMs = arrivalMs;
  }
  due(): void {
    this.#handler.onDatagram(this.#packet, this.#arrivalMs);
  }
}

/** A UDP socket behind a link: what comes and goes is delayed or lost as the link's model says. */
export class DatagramLink {
  readonly #options: { link: Link; clock: Clock; wheel: TimerWheel; handler: DatagramHandler };
  #socket: Socket | undefined;
  #family: 'ipv4' | 'ipv6' = 'ipv4';
  sendErrors = 0;

  constructor(options: { link: Link; clock: Clock; wheel: TimerWheel; handler: DatagramHandler }) {
    this.#options = options;
  }

  /** Opens a socket with a port of its own (as after a change of NAT binding); an earlier one is closed. */
  open(family: 'ipv4' | 'ipv6'): Promise<void> {
    this.close();
    this.#family = family;
    const socket = createSocket({ type: family === 'ipv6' ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
    this.#socket = socket;
    const { link, clock, wheel, handler } = this.#options;
    socket.on('message', (packet: Buffer, _from: RemoteInfo) => {
      if (this.#socket !== socket) return;
      const nowMs = clock.nowMs();
      const arrivalMs = link.down.datagram(nowMs);
      if (arrivalMs === undefined) return;
      if (link.passThrough) handler.onDatagram(packet, arrivalMs);
      else wheel.add(arrivalMs, new Arrival(handler, packet, arrivalMs));
    });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, family === 'ipv6' ? '::' : '0.0.0.0', () => {
        socket.off('error', reject);
        socket.on('error', () => this.sendErrors++);
        resolve();
      });
    });
  }

  send(packet: Buffer, to: { ip: string; port: number }): void {
    const { link, clock, wheel } = this.#options;
    const atMs = link.up.datagram(clock.nowMs());
    const socket = this.#socket;
    if (atMs === undefined || !socket) return;
    const transmit = (): void => {
      if (this.#socket !== socket) return;
      socket.send(packet, to.port, to.ip, (error) => {
        if (error) this.sendErrors++;
      });
    };
    if (link.passThrough) transmit();
    else wheel.add(atMs, { due: transmit });
  }

  get family(): 'ipv4' | 'ipv6' {
    return this.#family;
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }
}
