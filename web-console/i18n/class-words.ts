import type { BroadcastClass } from '../../controller/protocol/broadcast-class.ts';

const classes: Record<BroadcastClass, string> = {
  normal: 'Thông thường',
  relay: 'Tiếp âm',
  priority: 'Ưu tiên',
  live: 'Trực tiếp',
  emergency: 'Khẩn cấp',
};

const vi = {
  classes,
};

const en: typeof vi = {
  classes: { normal: 'Normal', relay: 'Relay', priority: 'Priority', live: 'Live', emergency: 'Emergency' },
};

/** The classes of bulletins and broadcasts. */
export const CLASS_WORDS = { vi, en };
