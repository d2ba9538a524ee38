const vi = {
  title: 'Những bước đầu tiên',
  lead: 'Hệ thống đã chạy. Làm lần lượt các bước dưới đây để có tiếng loa đầu tiên.',
  done: 'đã xong',
  todo: 'chưa làm',
  places: {
    name: 'Ấp và cụm loa',
    lead: (hamlets: number, clusters: number) => (hamlets === 0 ? 'Thêm từng ấp hoặc dán cả bảng' : `${hamlets} ấp, ${clusters} cụm loa`),
  },
  accounts: {
    name: 'Tài khoản cho người phát thanh và kỹ thuật viên',
    lead: (count: number) => (count <= 1 ? 'Mỗi người một tài khoản' : `${count} tài khoản`),
  },
  speakers: { name: 'Lắp bộ thu đầu tiên', lead: 'Cấp mã đăng ký cho bộ thu trên cột loa' },
  bulletin: { name: 'Soạn hoặc tải lên bản tin đầu tiên', lead: 'Rồi phát thử ở một cụm' },
  waiting: 'Xã chưa có cụm loa nào trên hệ thống. Người quản trị hoặc kỹ thuật viên cần thêm ấp, cụm loa và bộ thu trước.',
};

const en: typeof vi = {
  title: 'First steps',
  lead: 'The system runs. Take these steps one after the other until the first loudspeaker sounds.',
  done: 'done',
  todo: 'to do',
  places: {
    name: 'Hamlets and clusters',
    lead: (hamlets, clusters) => (hamlets === 0 ? 'Add them one by one, or paste a table' : `${hamlets} hamlets, ${clusters} clusters`),
  },
  accounts: {
    name: 'Accounts for announcers and technicians',
    lead: (count) => (count <= 1 ? 'One for each person' : `${count} accounts`),
  },
  speakers: { name: 'Install the first speaker', lead: 'Issue the claim code for the device on the pole' },
  bulletin: { name: 'Write or upload the first bulletin', lead: 'Then play it on one pole' },
  waiting: 'No loudspeaker of the commune is in the system yet. An administrator or technician adds hamlets, clusters and speakers first.',
};

/** What a new commune does first. */
export const FIRST_STEPS_WORDS = { vi, en };
