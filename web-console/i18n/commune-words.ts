const vi = {
  title: 'Xã và hệ thống',
  places: 'Ấp và cụm loa',
  placesLead: 'Thêm, đổi tên, sắp thứ tự, nhập từ bảng',
  accounts: 'Tài khoản',
  accountsLead: 'Ai được làm gì, mật khẩu tạm, mở khóa',
  audit: 'Nhật ký hệ thống',
  auditLead: 'Ai đã làm gì, lúc nào',
  mine: 'Của anh/chị, trên máy này',
};

const en: typeof vi = {
  title: 'Commune and system',
  places: 'Hamlets and clusters',
  placesLead: 'Add, rename, reorder, import a table',
  accounts: 'Accounts',
  accountsLead: 'Who may do what, temporary passwords, unlocking',
  audit: 'Audit trail',
  auditLead: 'Who did what, when',
  mine: 'Yours, on this device',
};

/** The ways from the settings to what is set for the whole commune. */
export const COMMUNE_WORDS = { vi, en };
