import type { FleetReport } from './fleet-report.ts';
import { type Bucket, type Percentiles, pictureOf } from './histogram.ts';

const BAR = 40;
const ROWS = 8;

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3);
}

function row(name: string, unit: string, p: Percentiles): string {
  if (p.count === 0) return `  ${name.padEnd(38)}${'-'.padStart(9)}`;
  const columns = [p.p50, p.p90, p.p99, p.max].map((value) => figure(value).padStart(9)).join('');
  return `  ${name.padEnd(38)}${columns}  ${unit}  (n=${p.count})`;
}

/** Nothing where there is nothing to see. */
function picture(name: string, unit: string, buckets: readonly Bucket[]): string[] {
  const rows = pictureOf(buckets, ROWS);
  if (rows.length === 0 || buckets.every(({ from }) => from === 0)) return [];
  const largest = Math.max(...rows.map(({ share }) => share));
  return [
    `  ${name}:`,
    ...rows.map(({ from, to, share }) => {
      const bar = '#'.repeat(Math.round((share / largest) * BAR)).padEnd(BAR);
      return `  ${figure(from).padStart(8)} - ${figure(to).padEnd(8)} ${unit.padEnd(7)} |${bar}| ${(100 * share).toFixed(1)} %`;
    }),
  ];
}

/** The report as a person reads it in a terminal. */
export function reportText(report: FleetReport): string {
  const percent = (share: number): string => `${(100 * share).toFixed(3)} %`;
  const lines = [
    `${report.speakers} speakers on ${report.network}, ${(report.durationMs / 1000).toFixed(1)} s: ${report.connected} connected, ${report.receiving} receiving; ` +
      `simulator ${report.cpuPercent.toFixed(1)} % of a core, ${report.memoryMb.toFixed(0)} MB`,
    `  ${''.padEnd(38)}${['p50', 'p90', 'p99', 'max'].map((head) => head.padStart(9)).join('')}`,
    row('start latency', 'ms', report.startLatencyMs),
    row('start error, early or late', 'ms', report.startErrorMs),
    row('mouth to horn (live; from its stamp)', 'ms', report.mouthToHornMs),
    row('capture to horn, everything', 'ms', report.captureToHornMs),
    row('sync error (true)', 'ms', report.syncErrorMs),
    row('skew inside hamlets', 'ms', report.skewMs),
    row('skew inside hamlets, settled', 'ms', report.settledSkewMs),
    row('lost packets, each speaker', '%', report.overSpeakers.lossPercent),
    row('concealed or muted, each speaker', '%', report.overSpeakers.concealedPercent),
    row('late packets, each speaker', 'packets', report.overSpeakers.latePackets),
    `  concealed or muted ${percent(report.sound.concealedShare)} (outside outages ${percent(report.sound.concealedShareOutsideOutages)}), ` +
      `repaired from FEC ${(report.sound.fecMs / 1000).toFixed(1)} s, played ${(report.sound.playedMs / 1000).toFixed(1)} s`,
    `  packets: ${report.packets.received} received, ${report.packets.lost} lost (${percent(report.packets.lossShare)}; before repair ` +
      `${percent(report.packets.lossShareBeforeRepair)}), ${report.packets.repaired} repaired, ${report.packets.late} late, ` +
      `${report.packets.duplicate} duplicate, ${report.packets.rejected} rejected; ${report.packets.nacksSent} repair requests`,
    `  clocks: mean error ${figure(report.clockErrorMs.mean)} ms, largest ${figure(report.clockErrorMs.largest)} ms; ` +
      `${report.pendingReceipts} receipts not acknowledged`,
    `  this machine: late by ${(report.hostStalls.totalMs / 1000).toFixed(2)} s in all, ${figure(report.hostStalls.longestMs)} ms at most; ${report.hostLateBlocks} blocks rendered after their instant`,
  ];
  for (const broadcast of report.broadcasts) {
    lines.push(row(`  ${broadcast.broadcastId ?? broadcast.channelId}`.slice(0, 32), 'ms', broadcast.startLatencyMs));
  }
  const { histograms } = report;
  lines.push(
    ...picture('start latency', 'ms', histograms.startLatencyMs),
    ...picture('start error, early or late', 'ms', histograms.startErrorMs),
    ...picture('mouth to horn', 'ms', histograms.mouthToHornMs),
    ...picture('skew inside hamlets', 'ms', histograms.skewMs),
    ...picture('lost packets, each speaker', '%', histograms.overSpeakers.lossPercent),
    ...picture('concealed or muted, each speaker', '%', histograms.overSpeakers.concealedPercent),
    ...picture('late packets, each speaker', 'packets', histograms.overSpeakers.latePackets),
  );
  return `${lines.join('\n')}\n`;
}
