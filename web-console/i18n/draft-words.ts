const vi = {
  restored: (time: string) => `Đây là bản nháp đang viết dở lúc ${time}, lưu trên máy này.`,
  discard: 'Bỏ bản nháp',
  kept: 'Nội dung đang viết được giữ trên máy này cho đến khi lưu.',
  howToTeach: 'Chữ nào máy đọc sai: bôi đen chữ đó trong nội dung rồi dạy máy cách đọc.',
  teach: (word: string) => `Dạy cách đọc “${word}”`,
  spokenAs: (word: string) => `“${word}” đọc là`,
  everywhere: 'Viết như cách đọc, ví dụ: Ủy ban nhân dân. Áp dụng cho mọi bản tin đọc từ nay.',
  noSpoken: 'Chưa viết cách đọc.',
  save: 'Lưu vào từ điển và xem lại',
  editTitle: 'Sửa nội dung',
  editSave: 'Lưu và đọc lại',
  editConsequence: 'Máy đọc lại toàn bộ bản tin; bản đang có được thay khi đọc xong.',
  edit: 'Sửa nội dung và đọc lại',
};

const en: typeof vi = {
  restored: (time) => `This is the draft that was being written at ${time}, kept on this device.`,
  discard: 'Discard the draft',
  kept: 'What is being written is kept on this device until it is saved.',
  howToTeach: 'Where the voice reads a word wrong: select it in the text, then teach how it is read.',
  teach: (word) => `Teach how “${word}” is read`,
  spokenAs: (word) => `“${word}” is read as`,
  everywhere: 'Write it as it sounds. It holds for every bulletin read from now on.',
  noSpoken: 'How it is read is missing.',
  save: 'Save to the dictionary and look again',
  editTitle: 'Change the text',
  editSave: 'Save and read again',
  editConsequence: 'The voice reads the whole bulletin again; the sound that is there is replaced when it is done.',
  edit: 'Change the text and read it again',
};

/** Writing texts, and changing them. */
export const DRAFT_WORDS = { vi, en };
