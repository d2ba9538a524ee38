import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text as readStream } from 'node:stream/consumers';
import { createSystemClock } from './clock.ts';
import { FaultBoard } from './faults/apply-fault.ts';
import { startControlApi } from './faults/control-api.ts';
import { loadFaultScript, runFaultScript } from './faults/fault-script.ts';
import { createFleet } from './fleet.ts';
import { assembleMembers, membersFromClaims, membersFromIdentities, rememberedHamlets } from './members.ts';
import { readOptions, type SimulatorOptions, USAGE } from './options.ts';

const STATUS_PERIOD_MS = 1000;
const TEXT_PERIOD_MS = 5000;
const WRONG_USAGE = 2;

async function run(options: SimulatorOptions): Promise<number> {
  const claimsText =
    options.claims === undefined ? '' : options.claims === '-' ? await readStream(process.stdin) : readFileSync(options.claims, 'utf8');
  const members = assembleMembers(
    {
      claims: membersFromClaims(claimsText),
      enrolled: membersFromIdentities(options.identityDirectory),
      hamletOf: rememberedHamlets(options.identityDirectory),
    },
    options.speakers,
    options.hamlets,
  );
  if (members.length === 0) {
    process.stderr.write(`No speakers: give claim codes with --claims FILE (the console's Speakers page makes them).\n`);
    return WRONG_USAGE;
  }
  const script = options.script === undefined ? undefined : loadFaultScript(options.script);
  mkdirSync(options.identityDirectory, { recursive: true, mode: 0o700 });
  writeFileSync(
    join(options.identityDirectory, 'hamlets.json'),
    JSON.stringify(Object.fromEntries(members.map((member) => [member.speakerId, member.hamletId]))),
  );

  const clock = createSystemClock();
  clock.start();
  const say = (message: string): void => void process.stderr.write(`${message}\n`);
  const fleet = createFleet({
    members,
    identityDirectory: options.identityDirectory,
    network: options.network,
    seed: options.seed,
    driftPpm: options.driftPpm,
    decodeShare: options.decodeShare,
    listen: options.listen,
    clock,
    log: (_level, message) => say(message),
  });
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    // Started by npm start: gone with its parent.
    process.once('disconnect', () => resolve());
    if (options.durationS !== undefined) clock.after('duration', options.durationS * 1000, resolve);
  });
  const board = new FaultBoard(clock);
  const api = options.controlPort === undefined ? undefined : await startControlApi({ fleet, board, port: options.controlPort });
  if (api) say(`fault switchboard: http://127.0.0.1:${api.port} token ${api.token}`);
  const status = clock.every('status', options.statusJson ? STATUS_PERIOD_MS : TEXT_PERIOD_MS, () => {
    const now = fleet.status();
    if (options.statusJson) {
      process.stdout.write(`${JSON.stringify(now)}\n`);
      process.send?.({ type: 'status', status: now });
    } else say(`${now.connected} connected, ${now.receiving} receiving, ${now.hearing} hearing of ${now.speakers}`);
  });
  const started = fleet.start();
  const endScript = script && runFaultScript(script, () => fleet.speakers, board, clock, say);
  await Promise.race([started, stopped]);
  await stopped;
  endScript?.();
  board.close();
  status.cancel();
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(fleet.report(), undefined, 2)}\n`);
  if (!options.statusJson) process.stdout.write(fleet.reportText());
  await api?.close();
  await fleet.close();
  clock.close();
  // An open channel to the parent would keep the process alive.
  if (process.connected) process.disconnect();
  return 0;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(USAGE);
  else process.exitCode = await run(options);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\nTry --help.\n`);
  process.exitCode = WRONG_USAGE;
}
