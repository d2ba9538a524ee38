import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import pg from 'pg';
import type { Clock, Timer } from '../clock.ts';
import { AppError, errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Another than the migrations': the letters "LOAXB" in ASCII. */
const ADVISORY_LOCK_KEY = 0x4c4f415842;
const CONNECT_LIMIT_MS = 10_000;
const LOOK_PERIOD_MS = 1000;
/** A database that hangs keeps the lock for us; only a line that is dead for so long is given up. */
const ANSWER_LIMIT_MS = 30_000;
/** The session of a controller that died elsewhere may outlive it a little. */
const START_PATIENCE_MS = 15_000;
/** What the server itself does about a client that is gone without a word: known within 25 s, not two hours. */
const SESSION = 'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3';
const NAME = 'loa-xa controller';

export interface SoleController {
  /** @throws AppError `store.in_use`, naming the other. A database that can't be reached is somebody else's to tell: then it goes on trying. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** Whether the lock is ours at this moment. */
  isHeld(): boolean;
}

interface SoleControllerOptions {
  databaseUrl: string;
  clock: Clock;
  logger: Logger;
  /** Another controller took the database while our connection was lost: we have to end. Told once. */
  onYield(reason: AppError): void;
  startPatienceMs?: number;
  /** Of this process; tests give their own. */
  instance?: string;
}

interface Holder {
  pid: number;
  /** What it calls itself: `loa-xa controller <host> <process> <instance>`. */
  name: string;
  sinceMs: number;
}

/**
 * One controller for each database: two would play everything twice, and each would undo what the other says. An advisory lock of PostgreSQL
 * on a connection of its own. Losing that connection stops nothing: the lock is taken again, and only who then finds another controller at
 * it yields.
 */
export function createSoleController(options: SoleControllerOptions): SoleController {
  const { clock, logger } = options;
  const instance = options.instance ?? randomUUID().slice(0, 8);
  let connection: pg.Client | undefined;
  let isHeld = false;
  let timer: Timer | undefined;
  let closed = false;

  function leave(): void {
    isHeld = false;
    connection?.end().catch(() => undefined);
    connection = undefined;
  }

  async function connect(): Promise<pg.Client> {
    const opening = new pg.Client({
      connectionString: options.databaseUrl,
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
      query_timeout: ANSWER_LIMIT_MS,
      // 63 bytes at most; PostgreSQL cuts the rest off.
      application_name: `${NAME} ${hostname().slice(0, 24)} ${process.pid} ${instance}`,
      keepAlive: true,
    });
    // Also told by the question that fails; unheard, the event would end the process.
    opening.on('error', () => undefined);
    connection = opening;
    await opening.connect();
    await opening.query(SESSION);
    return opening;
  }

  /** @returns the other controller that has it; undefined: we have it */
  async function take(): Promise<Holder | undefined> {
    const client = connection ?? (await connect());
    const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [ADVISORY_LOCK_KEY]);
    isHeld = rows[0]?.taken === true;
    if (isHeld) return undefined;
    const holder = await findHolder(client);
    // It ended this very moment, or it is a session of ours whose line broke: that one is of no use to anybody.
    if (holder?.name.endsWith(` ${instance}`)) await client.query('select pg_terminate_backend($1)', [holder.pid]);
    else if (holder) return holder;
    await clock.sleep(50);
    return closed ? undefined : take();
  }

  async function look(): Promise<void> {
    try {
      if (isHeld) await connection?.query('select 1');
      else {
        const other = await take();
        if (other && !closed) {
          closed = true;
          leave();
          logger.error({ other: other.name }, 'another controller has taken the database; this one yields');
          return options.onYield(inUse(other, 'taken'));
        }
        if (isHeld) logger.info('the lock on the database is ours again');
      }
    } catch (error) {
      if (isHeld) logger.warn({ error: errorText(error) }, 'the connection with the lock on the database was lost; taking it again');
      leave();
    }
    again();
  }

  function again(): void {
    if (!closed) timer = clock.after('lock on the database', LOOK_PERIOD_MS, () => void look());
  }

  return {
    async start() {
      const giveUpAtMs = clock.monotonicMs() + (options.startPatienceMs ?? START_PATIENCE_MS);
      for (;;) {
        const other = await take().catch((error: unknown) => {
          logger.warn({ error: errorText(error) }, 'the lock on the database can’t be taken yet');
          leave();
          return undefined;
        });
        if (!other || closed) break;
        if (clock.monotonicMs() > giveUpAtMs) {
          leave();
          throw inUse(other, 'found');
        }
        logger.warn({ other: other.name }, 'another controller uses this database; waiting for a moment, it may be ending');
        await clock.sleep(LOOK_PERIOD_MS);
      }
      again();
    },
    async close() {
      closed = true;
      timer?.cancel();
      const open = connection;
      connection = undefined;
      isHeld = false;
      await open?.end().catch(() => undefined);
    },
    isHeld: () => isHeld,
  };
}

async function findHolder(client: pg.Client): Promise<Holder | undefined> {
  const { rows } = await client.query<{ pid: number; name: string; since: Date }>(
    `select l.pid, coalesce(a.application_name, '') as name, coalesce(a.backend_start, now()) as since
       from pg_locks l left join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and (l.classid::bigint << 32 | l.objid::bigint) = $1
        and l.database = (select oid from pg_database where datname = current_database())`,
    [ADVISORY_LOCK_KEY],
  );
  const [row] = rows;
  return row && { pid: row.pid, name: row.name, sinceMs: row.since.getTime() };
}

function inUse({ name, sinceMs }: Holder, how: 'found' | 'taken'): AppError {
  const [host = '?', process = '?'] = name.startsWith(`${NAME} `) ? name.slice(NAME.length + 1).split(' ') : [];
  const since = new Date(sinceMs).toISOString();
  return new AppError({
    code: 'store.in_use',
    status: 409,
    words:
      how === 'found'
        ? {
            vi: `Một bộ điều khiển khác đang dùng cơ sở dữ liệu này (máy ${host}, tiến trình ${process}, từ ${since}). Hãy dừng nó, hoặc chọn cơ sở dữ liệu khác (DATABASE_URL).`,
            en: `Another controller uses this database (machine ${host}, process ${process}, since ${since}). Stop it, or choose another database (DATABASE_URL).`,
          }
        : {
            vi: `Một bộ điều khiển khác (máy ${host}, tiến trình ${process}, từ ${since}) đã nhận cơ sở dữ liệu trong lúc bộ điều khiển này mất kết nối, nên bộ điều khiển này dừng lại. Chỉ chạy một bộ điều khiển cho mỗi xã.`,
            en: `Another controller (machine ${host}, process ${process}, since ${since}) took the database while this one had lost its connection, so this one ends. Run one controller for a commune.`,
          },
    details: { host, process, since },
  });
}
