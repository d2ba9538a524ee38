import { CommuneProcess } from '../support/commune-process.ts';
import { loopFigures } from '../support/loop-figures.ts';
import { startTestDatabase, stopTestServer } from '../support/postgres.ts';
import { fillStore, takingTheAir, worstInputs } from '../support/worst-inputs.ts';
import { type BenchContext, type BenchRow, benchRow } from './bench-row.ts';

const TARGET_MS = 20;
/** Of each input the middle one counts: the garbage of those before it is collected in some turn or other. */
const ROUNDS = 3;

/** Every request that makes the controller compute, one after the other: for how long does its event loop stand still? */
export async function bench({ log }: BenchContext): Promise<BenchRow[]> {
  const database = await startTestDatabase();
  const environment = { DATABASE_URL: database.databaseUrl, LOA_XA_LOG_LEVEL: 'info' };
  const commune = new CommuneProcess({ hamlets: 0, environment });
  try {
    await commune.start();
    const filled = await fillStore(database.store);
    await commune.killController();
    await commune.startController();
    const inputs = [...worstInputs(filled), ...takingTheAir(filled)];
    const holds: { name: string; turnMs: number }[] = [];
    for (const input of inputs) {
      const turnsMs: number[] = [];
      let status = 0;
      for (let round = 0; round < ROUNDS; round++) {
        await loopFigures(commune.api);
        status = await input.pour(commune.api);
        turnsMs.push((await loopFigures(commune.api)).longestTurnMs);
      }
      const turnMs = turnsMs.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
      holds.push({ name: input.name, turnMs });
      log(`${turnMs.toFixed(1).padStart(7)} ms  ${input.name} (${status})`);
    }
    holds.sort((a, b) => b.turnMs - a.turnMs);
    const longest = holds[0] ?? { name: '', turnMs: 0 };
    return [
      benchRow({
        name: 'event loop',
        metric: `longest hold by the worst legal input, processor time (${longest.name})`,
        value: Math.round(longest.turnMs * 10) / 10,
        target: TARGET_MS,
        n: inputs.length,
      }),
    ];
  } finally {
    await commune.close();
    await database.close();
    await stopTestServer();
  }
}
