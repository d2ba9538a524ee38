import type { WebSocket } from 'ws';
import type { SignedIn } from '../accounts/index.ts';
import { LIVE_CLOSE_CODES } from '../protocol/live-feed.ts';
import type { LiveSnapshotText } from './live-snapshots.ts';

/** With this much before it, what the next message replaces anyway is left out. */
const SKIP_ABOVE_BYTES = 256 * 1024;
/** More changes than this are not kept for one page: it gets a new snapshot, which is shorter. */
const MOST_WAITING_BYTES = 2 * 1024 * 1024;
/** So much is handed to the socket at a time; what a slow reader has not taken yet stays with us, where all share it. */
const MOST_IN_SOCKET_BYTES = 128 * 1024;
/** A ping may be on its way. */
const NEXT_TO_NOTHING_BYTES = 1024;
/** Snapshots that were overtaken by more changes than are kept; after so many the page is better off coming again later. */
const MOST_VAIN_SNAPSHOTS = 3;
const UNANSWERED_PINGS = 2;

/** One message of the feed, in the pieces in which it is sent. */
interface Waiting {
  pieces: readonly Buffer[];
  /** 0 for a snapshot, which is not counted among the changes. */
  changeBytes: number;
  snapshot?: LiveSnapshotText;
}

/**
 * `collecting`: its snapshot is being made, changes are kept meanwhile. `following`: gets what happens. `behind`: too much has happened since it
 * last took anything; once it has taken what is on its way, it gets a new snapshot.
 */
type State = 'collecting' | 'following' | 'behind';

/** One open console page. What it does not take in time costs a bounded amount of memory, and no other page anything. */
export class LiveConnection {
  readonly tokenHash: string;
  readonly userId: string;
  readonly #socket: WebSocket;
  readonly #wake: (connection: LiveConnection) => void;
  #state: State = 'collecting';
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Pieces of the first waiting message that are sent. */
  #sentPieces = 0;
  /** Changes since the snapshot that is being made were dropped: there were too many. */
  #isSnapshotVain = false;
  #vainSnapshots = 0;
  #unanswered = 0;

  /** @param wake called when the socket takes more, or a new snapshot is needed */
  constructor(socket: WebSocket, { tokenHash, actor }: SignedIn, wake: (connection: LiveConnection) => void) {
    this.#socket = socket;
    this.#wake = wake;
    this.tokenHash = tokenHash;
    this.userId = actor.userId;
    socket.on('pong', () => {
      this.#unanswered = 0;
    });
  }

  /** It has taken all that it will get of the past. Ask for a snapshot, and `collect` from that moment on. */
  get needsSnapshot(): boolean {
    const hasTakenAll = this.#waiting.length === 0 && this.#socket.bufferedAmount < NEXT_TO_NOTHING_BYTES;
    return this.#state === 'behind' && hasTakenAll && this.#socket.readyState === this.#socket.OPEN;
  }

  /** The snapshot that it has not taken whole yet. */
  get snapshotInHand(): LiveSnapshotText | undefined {
    return this.#waiting.find(({ snapshot }) => snapshot)?.snapshot;
  }

  collect(): void {
    this.#state = 'collecting';
    this.#isSnapshotVain = false;
  }

  /** The snapshot, then what happened while it was made. */
  begin(snapshot: LiveSnapshotText): void {
    if (this.#isSnapshotVain) {
      this.#state = 'behind';
      this.#vainSnapshots += 1;
      if (this.#vainSnapshots >= MOST_VAIN_SNAPSHOTS) this.cutOff();
    } else {
      this.#vainSnapshots = 0;
      this.#state = 'following';
      this.#waiting.unshift({ pieces: snapshot.pieces, changeBytes: 0, snapshot });
    }
    this.#wake(this);
  }

  /** `optional`: may be left out. */
  add(pieces: readonly Buffer[], bytes: number, { optional = false } = {}): void {
    if (this.#state === 'behind' || (this.#state === 'collecting' && this.#isSnapshotVain)) return;
    if (optional && (this.#state === 'collecting' || this.#waitingBytes + this.#socket.bufferedAmount > SKIP_ABOVE_BYTES)) return;
    if (this.#waitingBytes + bytes > MOST_WAITING_BYTES && this.#waitingBytes > 0) {
      this.#fallBehind();
      return;
    }
    this.#waiting.push({ pieces, changeBytes: bytes });
    this.#waitingBytes += bytes;
    if (this.#state === 'following') this.#wake(this);
  }

  /** Gives the socket the next piece. @returns its bytes; undefined: nothing waits, or the socket is full and wakes us when it is not */
  handOver(): number | undefined {
    const [first] = this.#waiting;
    if (this.#state === 'collecting' || !first || this.#socket.readyState !== this.#socket.OPEN) return undefined;
    if (this.#socket.bufferedAmount > MOST_IN_SOCKET_BYTES) return undefined;
    const piece = first.pieces[this.#sentPieces];
    this.#sentPieces += 1;
    const isLast = this.#sentPieces >= first.pieces.length;
    if (isLast) {
      this.#waiting.shift();
      this.#waitingBytes -= first.changeBytes;
      this.#sentPieces = 0;
    }
    if (piece === undefined) return 0;
    this.#socket.send(piece, { binary: false, fin: isLast }, () => this.#wake(this));
    return piece.length;
  }

  /** Ends a connection whose other side is gone without a word. */
  ping(): void {
    if (this.#unanswered >= UNANSWERED_PINGS) {
      this.#socket.terminate();
    } else if (this.#socket.readyState === this.#socket.OPEN) {
      this.#unanswered += 1;
      this.#socket.ping();
    }
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** The page comes again and starts from a snapshot. */
  cutOff(): void {
    this.close(LIVE_CLOSE_CODES.tooSlow, 'too slow');
    // The closing frame may wait behind what nobody reads.
    if (this.#socket.bufferedAmount > MOST_IN_SOCKET_BYTES / 2) this.#socket.terminate();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Drops what waits; a message that is sent in part is sent to its end. */
  #fallBehind(): void {
    if (this.#state === 'collecting') this.#isSnapshotVain = true;
    else this.#state = 'behind';
    this.#waiting = this.#sentPieces > 0 ? this.#waiting.slice(0, 1) : [];
    this.#waitingBytes = this.#waiting.reduce((sum, { changeBytes }) => sum + changeBytes, 0);
    this.#wake(this);
  }
}
