import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text as readStream } from 'node:stream/consumers';
import { issueClaims } from './claims/issue-claims.ts';
import { type Clock, createSystemClock } from './clock.ts';
import { FaultBoard } from './faults/apply-fault.ts';
import { startControlApi } from './faults/control-api.ts';
import { loadFaultScript, runFaultScript } from './faults/fault-script.ts';
import { createFleet, type FleetMember } from './fleet.ts';
import { assembleMembers, membersFromClaims, membersFromIdentities, rememberedHamlets } from './members.ts';
import { readOptions, type SimulatorOptions, USAGE } from './options.ts';

const STATUS_PERIOD_MS = 1000;
const TEXT_PERIOD_MS = 5000;
const WRONG_USAGE = 2;

/** From a controller, or from claim codes and the identities of earlier runs; says so when they are fewer than asked for. */
async function gatherMembers(options: SimulatorOptions, clock: Clock, say: (message: string) => void): Promise<FleetMember[]> {
  const { claims, claimsFrom, identityDirectory, speakers, hamlets } = options;
  let members: FleetMember[];
  if (claimsFrom) members = await issueClaims({ source: claimsFrom, speakers, hamlets, identityDirectory, clock, say });
  else {
    const text = claims === undefined ? '' : claims === '-' ? await readStream(process.stdin) : readFileSync(claims, 'utf8');
    const enrolled = membersFromIdentities(identityDirectory);
    const sources = { claims: membersFromClaims(text), enrolled, hamletOf: rememberedHamlets(identityDirectory) };
    members = assembleMembers(sources, speakers, hamlets);
  }
  if (members.length > 0 && members.length < speakers && Number.isFinite(speakers))
    say(`Only ${members.length} of ${speakers} speakers: there are no claim codes and no identities for more.`);
  const unknown = [...options.listen.keys()].filter((id) => !members.some(({ speakerId }) => speakerId === id));
  if (unknown.length > 0 && members.length > 0)
    throw new Error(`--listen: no speaker ${unknown.join(', ')} among ${members.length}; there is for example ${members[0]?.speakerId}`);
  return members;
}

async function run(options: SimulatorOptions): Promise<number> {
  const say = (message: string): void => void process.stderr.write(`${message}\n`);
  const clock = createSystemClock();
  clock.start();
  const members = await gatherMembers(options, clock, say);
  if (members.length === 0) {
    clock.close();
    say('No speakers: give claim codes with --claims FILE (the console’s Speakers page makes them), or get them with --claims-from URL.');
    return WRONG_USAGE;
  }
  const script = options.script === undefined ? undefined : loadFaultScript(options.script);
  mkdirSync(options.identityDirectory, { recursive: true, mode: 0o700 });
  writeFileSync(
    join(options.identityDirectory, 'hamlets.json'),
    JSON.stringify(
      Object.fromEntries([
        ...rememberedHamlets(options.identityDirectory),
        ...members.map(({ speakerId, hamletId }) => [speakerId, hamletId] as const),
      ]),
    ),
  );

  const fleet = createFleet({
    members,
    identityDirectory: options.identityDirectory,
    network: options.network,
    seed: options.seed,
    driftPpm: options.driftPpm,
    wakeUpMs: options.wakeUpMs,
    wakeUpShare: options.wakeUpShare,
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
  let failure: Error | undefined;
  const endScript = script && runFaultScript(script, () => fleet.speakers, board, clock, say);
  try {
    await Promise.race([started, stopped]);
    await stopped;
  } catch (error) {
    failure = error as Error;
  }
  endScript?.();
  board.close();
  status.cancel();
  if (options.json !== undefined && !failure) writeFileSync(options.json, `${JSON.stringify(fleet.report(), undefined, 2)}\n`);
  if (!options.statusJson && !failure) process.stdout.write(fleet.reportText());
  await api?.close();
  await fleet.close();
  clock.close();
  // An open channel to the parent would keep the process alive.
  if (process.connected) process.disconnect();
  if (failure) throw failure;
  return 0;
}

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options.help) process.stdout.write(USAGE);
  else process.exitCode = await run(options);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\nTry --help.\n`);
  process.exitCode = WRONG_USAGE;
}
