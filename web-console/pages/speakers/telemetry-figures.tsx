import type { SpeakerTelemetry } from '../../../controller/protocol/speaker-state.ts';
import { useConsole } from '../../app/console-context.ts';
import { number } from '../../formats/number.ts';
import { CLUSTER_WORDS } from '../../i18n/cluster-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import classes from './speakers.module.css';

/** The figures of the last heartbeat, in the order a technician asks: power, amplifier, line, network, clock. */
export function TelemetryFigures({ telemetry }: { telemetry: SpeakerTelemetry }) {
  const t = useMessages(CLUSTER_WORDS);
  const { language } = useConsole().preferences;
  const n = (value: number | undefined, unit: string): string =>
    value === undefined ? t.figures.none : `${number(value, language)} ${unit}`;
  const rows: [string, string][] = [
    [t.figures.mains, telemetry.mains === undefined ? t.figures.none : telemetry.mains ? t.figures.mainsOn : t.figures.mainsOff],
    ...(telemetry.batteryPercent === undefined ? [] : [[t.figures.battery, n(telemetry.batteryPercent, '%')] as [string, string]]),
    [t.figures.amplifierCurrent, n(telemetry.amplifierCurrentMa, 'mA')],
    [t.figures.amplifierTemperature, n(telemetry.amplifierTemperatureC, '°C')],
    [t.figures.line, telemetry.lineImpedanceOhm === null ? t.figures.lineOpen : n(telemetry.lineImpedanceOhm, 'Ω')],
    [
      t.figures.output,
      telemetry.outputLevelDb !== undefined && telemetry.outputLevelDb <= -120 ? t.figures.silent : n(telemetry.outputLevelDb, 'dB'),
    ],
    [t.figures.network, t.figures.networks[telemetry.networkKind]],
    ...(telemetry.signalDbm === undefined ? [] : [[t.figures.signal, n(telemetry.signalDbm, 'dBm')] as [string, string]]),
    [t.figures.lost, lossShare(telemetry) === null ? t.figures.none : n(lossShare(telemetry) ?? 0, '%')],
    [t.figures.jitter, n(telemetry.jitterMs, 'ms')],
    [t.figures.buffer, n(telemetry.bufferMs, 'ms')],
    [t.figures.clockError, n(telemetry.clockErrorMs, 'ms')],
  ];
  return (
    <section className="card stack" aria-labelledby="figures-title">
      <h2 id="figures-title">{t.figures.title}</h2>
      <dl className={`${classes.figures} figure`}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Share of packets lost and not repaired since the last beat, percent; null when none were due. */
export function lossShare(telemetry: SpeakerTelemetry): number | null {
  const due = telemetry.packetsReceived + telemetry.packetsLost;
  return due === 0 ? null : (100 * telemetry.packetsLost) / due;
}
