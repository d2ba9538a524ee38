import { plural } from './english.ts';

const vi = {
  library: {
    title: 'Kho bản tin',
    search: 'Tìm bản tin',
    found: (count: number) => (count === 0 ? 'Không tìm thấy bản tin nào.' : `${count} bản tin.`),
    more: 'Xem thêm bản tin cũ hơn',
    shown: (count: number) => `Đang hiện ${count} bản tin mới nhất.`,
    empty: 'Chưa có bản tin. Viết văn bản hoặc tải tệp lên.',
    noneReady: 'Chưa có bản tin nào sẵn sàng phát.',
    write: 'Viết bản tin',
    upload: 'Tải tệp lên',
    play: 'Phát',
    neverAired: 'chưa phát lần nào',
    lastAired: (when: string) => `phát gần nhất ${when}`,
    status: {
      failed: 'Không dùng được',
      draft: 'Bản nháp',
      processing: (percent: number | null) => (percent === null ? 'Đang xử lý' : `Đang xử lý ${percent}%`),
    },
  },
  dictionary: {
    title: 'Từ điển đọc',
  },
};

const en: typeof vi = {
  library: {
    title: 'Library',
    search: 'Search bulletins',
    found: (count) => (count === 0 ? 'No bulletin was found.' : `${plural(count, 'bulletin', 'bulletins')}.`),
    more: 'Show older bulletins',
    shown: (count) => `The newest ${plural(count, 'bulletin', 'bulletins')}.`,
    empty: 'No bulletins yet. Write a text or upload a file.',
    noneReady: 'No bulletin is ready to be played.',
    write: 'Write a bulletin',
    upload: 'Upload a file',
    play: 'Play',
    neverAired: 'never played',
    lastAired: (when) => `last played ${when}`,
    status: {
      failed: 'Can’t be used',
      draft: 'Draft',
      processing: (percent) => (percent === null ? 'Being processed' : `Being processed, ${percent}%`),
    },
  },
  dictionary: {
    title: 'Reading dictionary',
  },
};

/** The list of bulletins, also where one is chosen. */
export const LIBRARY_WORDS = { vi, en };
