import type { Registry } from 'prom-client';
import type { Clock } from '../clock.ts';
import type { Distributor } from '../distribution/index.ts';
import type { AppEvents } from '../events.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Air, Opening, ProgrammeSource } from './air.ts';
import { createAirCounters, exposeAirMetrics } from './air-metrics.ts';
import { AirRunImpl } from './air-run.ts';
import type { AiredCopies } from './aired-copies.ts';
import { attentionAudio } from './attention-audio.ts';
import { AttentionSounds } from './attention-sounds.ts';
import { type Chime, chimeSource, makeChime } from './chime.ts';
import { DiskPatience } from './disk-patience.ts';
import { joinFrames } from './joined-frames.ts';
import { MastersAtHand } from './masters-at-hand.ts';
import { microphoneSource } from './microphone-source.ts';
import { DEFAULT_PACE } from './pace.ts';
import type { PacketMs } from './packing.ts';
import { recordedSource } from './recorded-source.ts';
import { type OpenRelay, relaySource } from './relay-source.ts';
import { sequenceSource } from './sequence-source.ts';

export interface AirDeps {
  clock: Clock;
  logger: Logger;
  distributor: Pick<Distributor, 'microphone'>;
  /** Legal copies; see createAiredCopies. */
  copies: AiredCopies;
  /** media/ opens the URL; see createRelayOpener there. */
  openRelay: OpenRelay;
  onCondition(condition: AppEvents['system.condition']): void;
  /** How long before its capture instant a recorded or relayed packet is sent. Default 400 ms. */
  leadMs?: number;
  registry?: Registry;
}

const PACKET_MS = 20;
const CLOSE_WITHIN_MS = 10_000;

/** Everything that goes on air passes here: one timeline, one copy, one measure. */
export function createAir(deps: AirDeps): Air {
  const { clock, logger, copies } = deps;
  const counters = createAirCounters();
  const runs = new Set<AirRunImpl>();
  const attentions = new AttentionSounds();
  const disk = new DiskPatience(clock);
  const atHand = new MastersAtHand(logger);
  let chime: Chime | undefined;
  const pace = { ...DEFAULT_PACE, ...(deps.leadMs === undefined ? {} : { leadMs: deps.leadMs }) };
  if (deps.registry) exposeAirMetrics(deps.registry, counters, () => runs.size);

  /** What comes before the programme: an attention signal, or the chime, or nothing. Never both. */
  const opened = (opening: Opening, packetMs: PacketMs, source: ProgrammeSource): ProgrammeSource => {
    if (opening.attention) return sequenceSource([attentions.source(opening.attention, packetMs), source]);
    if (!opening.chime) return source;
    if (!chime) throw new Error('the air has not been started');
    return sequenceSource([chimeSource(chime, packetMs), source]);
  };

  return {
    async start() {
      chime = await makeChime();
      await copies.start();
    },
    async close() {
      await Promise.all([...runs].map((run) => run.stop()));
      // On a disk that hangs it would wait for ever.
      await disk.wait(CLOSE_WITHIN_MS, Promise.all([...[...runs].map((run) => run.closed), copies.close()])).catch(() => {
        logger.error('the disk does not answer; copies of what was on air are completed at the next start');
      });
    },
    play(asked) {
      const { packetMs, channel } = asked;
      const request = packetMs === undefined ? asked : { ...asked, channel: joinFrames(channel, packetMs, clock) };
      const run = new AirRunImpl({ clock, logger, pace, copies, counters }, request);
      runs.add(run);
      void run.closed.then(() => runs.delete(run));
      return run;
    },
    keepAtHand: (masterPaths) => void atHand.keep(masterPaths),
    recordedSource: (options) => opened(options, options.packetMs, recordedSource({ disk, atHand }, options)),
    relaySource: (options) => opened(options, PACKET_MS, relaySource(deps, options)),
    microphoneSource: (options) =>
      opened(
        options,
        PACKET_MS,
        microphoneSource(
          { clock, microphone: (microphoneId) => deps.distributor.microphone(microphoneId), onCondition: deps.onCondition },
          options,
        ),
      ),
    sequence: sequenceSource,
    attentionAudio: (attention) => attentionAudio(attentions, attention, clock),
  };
}
