import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { AppError } from '../errors.ts';

/**
 * Tries the address before anything is started on it: three servers of different make listen on it later, each with its own words.
 * @throws AppError `processes.address_unknown`, naming the addresses that there are
 */
export async function requireListenAddress(address: string): Promise<void> {
  const probe = createServer();
  try {
    probe.listen({ host: address, port: 0, exclusive: true });
    await once(probe, 'listening');
    probe.close();
    await once(probe, 'close');
  } catch (error) {
    throw unknownAddress(address, error);
  }
}

function unknownAddress(address: string, cause: unknown): AppError {
  const all = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((info) => info.address));
  // A link-local address means nothing without its interface.
  const own = all.filter((one) => !one.toLowerCase().startsWith('fe80:'));
  const everywhere = address.includes(':') && !own.some((one) => one.includes(':')) ? '0.0.0.0' : '::';
  return new AppError({
    code: 'processes.address_unknown',
    status: 503,
    words: {
      vi: `Máy này không có địa chỉ mạng ${address} (--listen). Các địa chỉ của máy: ${own.join(', ')}. Hãy chọn một trong số đó, hoặc --listen ${everywhere} để nhận ở mọi địa chỉ.`,
      en: `This machine doesn't have the network address ${address} (--listen). It has: ${own.join(', ')}. Choose one of them, or --listen ${everywhere} for all.`,
    },
    details: { address, own },
    cause,
  });
}
