import type { Server, Socket } from 'node:net';
import { addressBlock } from '../address-block.ts';
import { Admission, type AdmissionLimits } from './admission.ts';

/** Any end of a connection, encrypted or not: both know the other side's address and port. */
export type Peer = Pick<Socket, 'remoteAddress' | 'remotePort'>;

export interface Door {
  /** The connection has asked something. */
  spoke(peer: Peer): void;
  /** The connection has shown who it is. */
  proved(peer: Peer, holder: string): void;
  connections(): number;
}

/** Keeps a port's connections within limits (admission.ts), before anything is spent on their encryption. */
export function watchDoor(server: Server, limits: AdmissionLimits): Door {
  const admission = new Admission(limits);
  const sockets = new Map<string, Socket>();
  const end = (connections: readonly string[]): void => {
    for (const connection of connections) sockets.get(connection)?.destroy();
  };
  // Before the listener that begins to speak TLS.
  server.prependListener('connection', (socket: Socket) => {
    const connection = nameOf(socket);
    sockets.set(connection, socket);
    socket.once('close', () => {
      if (sockets.get(connection) !== socket) return;
      sockets.delete(connection);
      admission.left(connection);
    });
    end(admission.arrived(connection, addressBlock(socket.remoteAddress)));
  });
  return {
    spoke: (peer) => admission.spoke(nameOf(peer)),
    proved: (peer, holder) => end(admission.proved(nameOf(peer), holder)),
    connections: () => admission.size,
  };
}

function nameOf({ remoteAddress, remotePort }: Peer): string {
  return `${remoteAddress} ${remotePort}`;
}
