import type { FleetReport } from './fleet-report.ts';
import type { Histogram, Percentiles } from './histogram.ts';

const BAR = 40;

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3);
}

function row(name: string, unit: string, p: Percentiles): string {
  if (p.count === 0) return `  ${name.padEnd(34)}${'-'.padStart(9)}`;
  const columns = [p.p50, p.p90, p.p99, p.max].map((value) => figure(value).padStart(9)).join('');
  return `  ${name.padEnd(34)}${columns}  ${unit}  (n=${p.count})`;
}

/** The report as a person reads it in a terminal. */
export function reportText(report: FleetReport, skew?: Histogram): string {
  const percent = (share: number): string => `${(100 * share).toFixed(3)} %`;
  const lines = [
    `${report.speakers} speakers on ${report.network}, ${(report.durationMs / 1000).toFixed(1)} s: ${report.connected} connected, ${report.receiving} receiving; ` +
      `simulator ${report.cpuPercent.toFixed(1)} % of a core, ${report.memoryMb.toFixed(0)} MB`,
    `  ${''.padEnd(34)}${['p50', 'p90', 'p99', 'max'].map((head) => head.padStart(9)).join('')}`,
    row('start latency', 'ms', report.startLatencyMs),
    row('capture to horn', 'ms', report.captureToHornMs),
    row('sync error (true)', 'ms', report.syncErrorMs),
    row('skew inside hamlets', 'ms', report.skewMs),
    row('skew inside hamlets, settled', 'ms', report.settledSkewMs),
    `  concealed or muted ${percent(report.sound.concealedShare)} (outside outages ${percent(report.sound.concealedShareOutsideOutages)}), ` +
      `repaired from FEC ${(report.sound.fecMs / 1000).toFixed(1)} s, played ${(report.sound.playedMs / 1000).toFixed(1)} s`,
    `  packets: ${report.packets.received} received, ${report.packets.late} late, ${report.packets.duplicate} duplicate, ${report.packets.rejected} rejected; ` +
      `${report.packets.nacksSent} repair requests`,
    `  clocks: mean error ${figure(report.clockErrorMs.mean)} ms, largest ${figure(report.clockErrorMs.largest)} ms; ` +
      `${report.pendingReceipts} receipts not acknowledged`,
    `  this machine: late by ${(report.hostStalls.totalMs / 1000).toFixed(2)} s in all, ${figure(report.hostStalls.longestMs)} ms at most; ${report.hostLateBlocks} blocks rendered after their instant`,
  ];
  for (const broadcast of report.broadcasts) {
    lines.push(row(`  ${broadcast.broadcastId ?? broadcast.channelId}`.slice(0, 32), 'ms', broadcast.startLatencyMs));
  }
  if (skew && skew.count > 0) {
    lines.push('  skew, all samples:');
    for (const { from, to, share } of skew.picture(12)) {
      lines.push(
        `  ${figure(from).padStart(8)} - ${figure(to).padEnd(8)} ms |${'#'
          .repeat(Math.round(share * BAR * 2))
          .slice(0, BAR)
          .padEnd(BAR)}| ${percent(share)}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
