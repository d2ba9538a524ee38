/** Adding a speaker. */
const vi = {
  title: 'Thêm bộ thu',
  serialHint: 'In trên thân máy, ví dụ LX-000123.',
  cluster: 'Cụm loa',
  choose: 'Chọn cụm loa',
  taken: 'đã có bộ thu',
  make: 'Tạo mã ghép',
  badSerial: 'Số sê-ri gồm chữ in hoa, số và dấu gạch, ít nhất 3 ký tự.',
  noCluster: 'Chưa chọn cụm loa.',
  codeFor: (serial: string) => `Mã ghép của bộ thu ${serial}:`,
  copy: 'Sao chép mã',
  copied: 'Đã sao chép',
  once: 'Mã chỉ hiện một lần và dùng được một lần. Nhập mã này vào bộ thu tại cột.',
  until: (time: string) => `Mã dùng được đến ${time}.`,
  scan: 'Mã ghép, để bộ thu hoặc điện thoại quét',
  watch: 'Xem cụm loa',
};

const en: typeof vi = {
  title: 'Add a speaker',
  serialHint: 'Printed on the device, for example LX-000123.',
  cluster: 'Cluster',
  choose: 'Choose a cluster',
  taken: 'has a speaker',
  make: 'Make the claim code',
  badSerial: 'A serial number has capital letters, digits and dashes, at least 3.',
  noCluster: 'No cluster is chosen.',
  codeFor: (serial) => `Claim code of speaker ${serial}:`,
  copy: 'Copy the code',
  copied: 'Copied',
  once: 'The code is shown once and works once. Enter it into the speaker at the pole.',
  until: (time) => `It works until ${time}.`,
  scan: 'The claim code, to be scanned',
  watch: 'See the cluster',
};

export const ADD_SPEAKER_WORDS = { vi, en };
