import type { FaultCode } from '../../controller/protocol/speaker-state.ts';
import { clusters, plural } from './english.ts';

const faultNames: Record<FaultCode, string> = {
  offline: 'Mất kết nối',
  power_lost: 'Mất điện',
  amplifier_over_temperature: 'Âm ly quá nóng',
  amplifier_failed: 'Âm ly hỏng',
  line_open: 'Đứt dây loa',
  line_short: 'Chập dây loa',
  silent_while_playing: 'Không ra tiếng',
  clock_off: 'Sai giờ',
  loss_high: 'Mạng mất gói nhiều',
  slow_path: 'Đường truyền chậm, phát trễ riêng',
  media_path_down: 'Không nhận được âm thanh',
  storage_full: 'Bộ nhớ đầy',
  restarting: 'Khởi động lại liên tục',
  sensor_failed: 'Số đo không đúng',
};

const firstAction: Record<FaultCode, string> = {
  offline: 'Xem có điện và có sóng ở cột không.',
  power_lost: 'Hỏi điện lực; xem cầu dao ở cột.',
  amplifier_over_temperature: 'Giảm âm lượng; xem khe thoáng của tủ.',
  amplifier_failed: 'Mang âm ly thay thế đến cột.',
  line_open: 'Xem đầu nối và dây từ âm ly đến loa.',
  line_short: 'Tháo từng loa để tìm chỗ chập.',
  silent_while_playing: 'Đến nghe tại cột; xem âm ly và dây loa.',
  clock_off: 'Xem mạng; nếu còn sai, khởi động lại bộ thu.',
  loss_high: 'Xem sóng và SIM; thử đổi vị trí ăng-ten.',
  slow_path: 'Xem sóng, SIM và đường mạng. Các cụm bên cạnh không phải chờ cụm này.',
  media_path_down: 'Xem tường lửa và cổng UDP của đường mạng.',
  storage_full: 'Xóa bớt tệp hoặc thay thẻ nhớ.',
  restarting: 'Xem nguồn điện của bộ thu trước.',
  sensor_failed: 'Loa vẫn phát. Xem cảm biến và phần mềm của bộ thu.',
};

const vi = {
  faults: {
    names: faultNames,
    firstAction,
    slowBy: (ms: number) => `Đường truyền chậm hơn các cụm bên cạnh ${ms} ms, phát trễ riêng.`,
  },
  speakers: {
    title: 'Loa',
    normalOf: (normal: number, total: number) => `${normal}/${total} cụm loa bình thường`,
    add: 'Thêm bộ thu',
    all: 'Tất cả cụm loa',
    search: 'Tìm theo tên hoặc số sê-ri',
    onlyAttention: 'Chỉ cụm cần kiểm tra',
    found: (count: number) => (count === 0 ? 'Không có cụm loa nào như vậy.' : `${count} cụm loa.`),
    faults: (count: number) => `${count} lỗi cần xử lý`,
    fm: 'Cụm FM, không báo trạng thái',
    fmWhy: 'Cụm loa FM không có đường báo về. Trạng thái chỉ biết được khi đến tận nơi.',
    noSpeaker: 'Cụm loa này chưa có bộ thu.',
    serial: 'Số sê-ri',
  },
};

const en: typeof vi = {
  faults: {
    names: {
      offline: 'Not connected',
      power_lost: 'Power lost',
      amplifier_over_temperature: 'Amplifier too hot',
      amplifier_failed: 'Amplifier failed',
      line_open: 'Horn line open',
      line_short: 'Horn line shorted',
      silent_while_playing: 'Silent while it should play',
      clock_off: 'Clock wrong',
      loss_high: 'Network loses many packets',
      slow_path: 'Slow path, plays by itself later',
      media_path_down: 'No sound arrives',
      storage_full: 'Storage full',
      restarting: 'Restarts again and again',
      sensor_failed: 'Measures what can’t be',
    },
    firstAction: {
      offline: 'See whether the pole has power and signal.',
      power_lost: 'Ask the power company; look at the breaker on the pole.',
      amplifier_over_temperature: 'Lower the volume; look at the vents of the box.',
      amplifier_failed: 'Take a spare amplifier to the pole.',
      line_open: 'Look at the joints and the wire from amplifier to horns.',
      line_short: 'Disconnect the horns one by one to find the short.',
      silent_while_playing: 'Go and listen; look at the amplifier and the line.',
      clock_off: 'Look at the network; if it stays wrong, restart the speaker.',
      loss_high: 'Look at the signal and the SIM; try another place for the antenna.',
      slow_path: 'Look at signal, SIM and network. The clusters beside it need not wait for it.',
      media_path_down: 'Look at firewall and UDP ports of the network.',
      storage_full: 'Delete files or change the memory card.',
      restarting: 'Look at the speaker’s power supply first.',
      sensor_failed: 'It still plays. Look at the speaker’s sensors and firmware.',
    },
    slowBy: (ms) => `The path is ${ms} ms slower than those of the clusters beside it; it plays later by itself.`,
  },
  speakers: {
    title: 'Speakers',
    normalOf: (normal, total) => `${normal}/${total} clusters normal`,
    add: 'Add a speaker',
    all: 'All clusters',
    search: 'Search by name or serial number',
    onlyAttention: 'Only those to be checked',
    found: (count) => (count === 0 ? 'There is no such cluster.' : `${clusters(count)}.`),
    faults: (count) => `${plural(count, 'fault', 'faults')} to be dealt with`,
    fm: 'FM cluster, reports nothing',
    fmWhy: 'An FM cluster has no way to report. Its state is known only by going there.',
    noSpeaker: 'This cluster has no speaker yet.',
    serial: 'Serial number',
  },
};

/** The list of speakers, and their faults. */
export const SPEAKER_WORDS = { vi, en };
