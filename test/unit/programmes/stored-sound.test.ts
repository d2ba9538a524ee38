import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { createEvents } from '../../../controller/events.ts';
import { StoredSound } from '../../../controller/programmes/stored-sound.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { until } from '../../support/until.ts';

describe('stored sound', () => {
  const folder = makeScratchFolder('stored-sound');
  const logger = pino({ level: 'silent' });
  const stored = (title: string) => {
    const path = join(folder, title);
    writeFileSync(path, title);
    return { hash: createHash('sha256').update(title).digest('hex'), path, title };
  };
  const make = () => {
    const told: string[] = [];
    const events = createEvents(() => undefined);
    events.on('system.condition', ({ subject, state }) => told.push(`${subject?.slice(0, 4)} ${state}`));
    return { told, sound: new StoredSound({ clock: new SystemClock(), logger, events }) };
  };

  it('that was changed or lost is found out, told once, and good again when it is back', async () => {
    const { told, sound } = make();
    const master = stored('bulletin');
    const name = master.hash.slice(0, 4);
    expect(await sound.check(master, 'usual')).toBe(true);
    writeFileSync(master.path, 'Bulletin');
    expect([await sound.check(master, 'usual'), await sound.check(master, 'usual'), sound.isDamaged(master.hash)]).toEqual([
      false,
      false,
      true,
    ]);
    expect(told).toEqual([`${name} raised`]);
    writeFileSync(master.path, 'bulletin');
    expect([await sound.check(master, 'usual'), sound.isDamaged(master.hash)]).toEqual([true, false]);
    rmSync(master.path);
    expect(await sound.check(master, 'usual')).toBe(false);
    expect(told).toEqual([`${name} raised`, `${name} cleared`, `${name} raised`]);
  });

  it('for an emergency is checked ahead, and then nobody has to wait', async () => {
    const { told, sound } = make();
    const [good, bad] = [stored('good'), stored('bad')];
    writeFileSync(bad.path, 'worse');
    expect(sound.isDamaged(bad.hash)).toBe(false);
    sound.standReady([good, bad]);
    await until('it was found out', () => sound.isDamaged(bad.hash));
    expect([sound.isDamaged(good.hash), told.length]).toEqual([false, 1]);
  });
});
