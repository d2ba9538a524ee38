import { on, once } from 'node:events';
import { WebSocket } from 'ws';
import type { CommuneProcess } from '../support/commune-process.ts';
import { until } from '../support/until.ts';
import { objectsMb } from './heap-objects.ts';

/** The inspector's port is any free one; it listens on loopback, and only after it was asked to. */
export const INSPECTABLE = { NODE_OPTIONS: '--inspect-port=0' };

/** The JavaScript heap of a running controller, seen through Node's inspector: nothing in the controller is there for it. */
export class ControllerHeap {
  #socket: WebSocket;
  #calls = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** The commune must have been started with INSPECTABLE. */
  static async open(commune: CommuneProcess): Promise<ControllerHeap> {
    const address = (): string | undefined => /ws:\/\/127\.0\.0\.1:\S+/.exec(commune.logged('Debugger listening').at(-1) ?? '')?.[0];
    process.kill(commune.controller?.pid ?? 0, 'SIGUSR1');
    await until('the inspector listens', () => address() !== undefined);
    const socket = new WebSocket(address() ?? '');
    await once(socket, 'open');
    return new ControllerHeap(socket);
  }

  /** MB of what is still referred to. */
  async objectsMb(): Promise<number> {
    const chunks: string[] = [];
    const collect = (data: unknown): void => {
      const message = JSON.parse(String(data)) as { method?: string; params?: { chunk: string } };
      if (message.method === 'HeapProfiler.addHeapSnapshotChunk') chunks.push(message.params?.chunk ?? '');
    };
    this.#socket.on('message', collect);
    await this.#call('HeapProfiler.takeHeapSnapshot');
    this.#socket.off('message', collect);
    return objectsMb(chunks.join(''));
  }

  close(): void {
    this.#socket.terminate();
  }

  async #call(method: string): Promise<void> {
    this.#calls += 1;
    const id = this.#calls;
    this.#socket.send(JSON.stringify({ id, method }));
    for await (const [data] of on(this.#socket, 'message', { close: ['close'] })) {
      const message = JSON.parse(String(data)) as { id?: number; error?: { message: string } };
      if (message.id !== id) continue;
      if (message.error) throw new Error(`${method}: ${message.error.message}`);
      return;
    }
    throw new Error('the controller of the bench ended');
  }
}
