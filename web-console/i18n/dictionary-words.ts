/** The dictionary of readings. */
const vi = {
  lead: 'Máy đọc các chữ viết tắt theo bảng này.',
  addTitle: 'Thêm cách đọc',
  written: 'Viết là',
  spoken: 'Đọc là',
  caseSensitive: 'Phân biệt chữ hoa, chữ thường',
  add: 'Thêm',
  search: 'Tìm trong từ điển',
  empty: 'Từ điển còn trống.',
  shipped: 'có sẵn',
  remove: 'Xóa',
  removeNamed: (written: string) => `Xóa cách đọc ${written}`,
  noWritten: 'Chưa nhập chữ cần đọc.',
  noSpoken: 'Chưa nhập cách đọc.',
};

const en: typeof vi = {
  lead: 'The voice reads abbreviations by this table.',
  addTitle: 'Add a reading',
  written: 'Written',
  spoken: 'Read as',
  caseSensitive: 'Capitals matter',
  add: 'Add',
  search: 'Search the dictionary',
  empty: 'The dictionary is empty.',
  shipped: 'built in',
  remove: 'Delete',
  removeNamed: (written) => `Delete the reading of ${written}`,
  noWritten: 'What is written is missing.',
  noSpoken: 'How it is read is missing.',
};

export const DICTIONARY_WORDS = { vi, en };
