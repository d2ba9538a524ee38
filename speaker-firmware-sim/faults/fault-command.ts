import { z } from 'zod';
import { hamletId, speakerId } from '../../controller/protocol/ids.ts';
import { PROFILE_NAMES, type ProfileName } from '../network/profiles.ts';

/** "500ms", "10s", "2m", "1h", or a number of milliseconds. */
const durationMs = z.union([
  z.number().min(0),
  z
    .string()
    .regex(/^\d+(\.\d+)?(ms|s|m|h)$/, 'a duration such as 500ms, 10s or 2m')
    .transform((text) => {
      const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[text.replace(/[\d.]/g, '') as 'ms' | 's' | 'm' | 'h'];
      return Number.parseFloat(text) * unit;
    }),
]);

/** YAML reads a bare `on` or `off` as text (1.2) or as a truth value (1.1): both are understood. */
const onOff = z.union([z.enum(['on', 'off']), z.boolean().transform((on) => (on ? 'on' : 'off') as 'on' | 'off')]);

const faults = {
  /** off: the device dies (a last word if it has a battery); on: it boots. */
  power: onOff,
  /** off: the device lives on its battery and says so. */
  mains: onOff,
  /** cut: nothing passes; up: passes again; otherwise the name of a network profile. */
  link: z.enum(['cut', 'up', ...PROFILE_NAMES] as [string, ...string[]]).transform((text) => text as 'cut' | 'up' | ProfileName),
  /** new: the carrier gives the media path other UDP ports. */
  ports: z.literal('new'),
  amplifier: z.enum(['ok', 'failed', 'hot']),
  line: z.enum(['ok', 'open', 'short']),
  clock: z.object({ stepMs: z.number().min(-3.6e6).max(3.6e6).optional(), driftPpm: z.number().min(-500).max(500).optional() }),
  storage: z.enum(['ok', 'full']),
  /** playout: beats go on but nothing sounds; everything: the socket stays open in silence. */
  firmware: z.enum(['ok', 'playout', 'everything', 'restart']),
};

export const faultCommand = z
  .strictObject({
    /** Whom it meets: one of these, or all when none is given. */
    speakers: z.array(speakerId).optional(),
    hamlet: hamletId.optional(),
    /** The first part of all speakers. */
    share: z.number().min(0).max(1).optional(),
    /** Undone after this long, where it can be undone. */
    for: durationMs.optional(),
    power: faults.power.optional(),
    mains: faults.mains.optional(),
    link: faults.link.optional(),
    ports: faults.ports.optional(),
    amplifier: faults.amplifier.optional(),
    line: faults.line.optional(),
    clock: faults.clock.optional(),
    storage: faults.storage.optional(),
    firmware: faults.firmware.optional(),
  })
  .refine((command) => Object.keys(faults).some((name) => command[name as keyof typeof faults] !== undefined), 'names no fault');
export type FaultCommand = z.infer<typeof faultCommand>;

/** A script is a list of commands, each with its time after the start of the run. */
export const faultScript = z.array(
  z.looseObject({ at: durationMs.default(0) }).transform((entry, context) => {
    const { at, ...rest } = entry;
    const command = faultCommand.safeParse(rest);
    if (command.success) return { atMs: at, command: command.data };
    for (const issue of command.error.issues)
      context.addIssue({ code: 'custom', message: `${issue.path.join('.')} ${issue.message}`.trim() });
    return z.NEVER;
  }),
);
export type FaultScript = z.infer<typeof faultScript>;
