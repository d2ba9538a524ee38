import { errorText } from './errors.ts';
import type { Events } from './events.ts';
import type { Logger } from './telemetry/logger.ts';
import type { CertificateAuthority } from './tls/index.ts';

interface ClockStepsDeps {
  events: Events;
  logger: Logger;
  authority: Pick<CertificateAuthority, 'renewServerCertificate'>;
  plan(): Promise<void>;
}

/** What has to be looked at again when the system's clock was set: certificates, plans, and people who wonder. @returns the function that ends it */
export function followClockSteps({ events, logger, authority, plan }: ClockStepsDeps): () => void {
  return events.on('clock.stepped', ({ deltaMs, isHeld }) => {
    logger.warn({ deltaMs, isHeld }, 'the system’s clock was set');
    authority
      .renewServerCertificate()
      .catch((error: unknown) => logger.error({ error: errorText(error) }, 'the server certificate was not renewed'));
    const seconds = Math.round(Math.abs(deltaMs) / 1000);
    const [vi, en] = deltaMs < 0 ? ['lùi', 'back'] : ['tiến', 'forward'];
    const code = 'clock.stepped';
    if (isHeld) {
      events.emit('system.condition', {
        code,
        state: 'raised',
        vi: `Đồng hồ máy chủ vừa bị chỉnh ${vi} ${seconds} giây. Chương trình đang phát không bị ngắt; giờ mới có hiệu lực khi phát xong, chậm nhất sau 10 phút. Hãy kiểm tra nguồn giờ (NTP).`,
        en: `The server's clock was set ${en} by ${seconds} s. What is on air goes on; the new time counts when it is over, in ten minutes at the latest. Check the time source (NTP).`,
      });
      return;
    }
    const words = {
      vi: `Đồng hồ máy chủ đã được chỉnh ${vi} ${seconds} giây. Hãy kiểm tra nguồn giờ (NTP) và các lịch phát sắp tới.`,
      en: `The server's clock was set ${en} by ${seconds} s. Check the time source (NTP) and the next scheduled programmes.`,
    };
    // Over already: it stays to be read for a while.
    for (const state of ['raised', 'cleared'] as const) events.emit('system.condition', { code, state, ...words });
    plan().catch((error: unknown) => logger.warn({ error: errorText(error) }, 'planning after the clock was set failed'));
  });
}
