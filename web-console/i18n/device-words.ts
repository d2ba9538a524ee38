const vi = {
  device: {
    title: 'Thiết bị',
    model: 'Kiểu',
    firmware: 'Phần mềm',
    standing: 'Tình trạng',
    claimed: 'Đang chờ bộ thu đăng ký',
    in_service: 'Đang sử dụng',
    revoked: 'Đã thu hồi',
    claimUntil: (time: string) => `Mã ghép dùng được đến ${time}.`,
    claimOver: 'Mã ghép đã hết hạn. Hãy tạo mã mới.',
    enrolled: 'Đăng ký ngày',
    certificateUntil: 'Chứng thư đến ngày',
    newCode: 'Tạo mã ghép mới',
    replace: 'Lắp bộ thu khác',
    revokedWhy: 'Bộ thu này không phát được gì nữa. Cụm loa im lặng cho đến khi lắp bộ thu khác.',
    revoke: {
      label: 'Thu hồi bộ thu',
      sentence: (serial: string, cluster: string) =>
        `Bộ thu ${serial} tại ${cluster} sẽ im lặng ngay, kể cả khi đang phát, và không kết nối lại được. Cụm loa im lặng, kể cả khi có phát khẩn cấp, cho đến khi lắp bộ thu khác hoặc ghép lại.`,
      confirm: 'Thu hồi bộ thu',
    },
  },
};

const en: typeof vi = {
  device: {
    title: 'Device',
    model: 'Model',
    firmware: 'Firmware',
    standing: 'State',
    claimed: 'Waiting for the device to enrol',
    in_service: 'In service',
    revoked: 'Revoked',
    claimUntil: (time) => `The claim code works until ${time}.`,
    claimOver: 'The claim code has expired. Make another.',
    enrolled: 'Enrolled on',
    certificateUntil: 'Certificate until',
    newCode: 'Make another claim code',
    replace: 'Install another speaker',
    revokedWhy: 'Nothing sounds on this device any more. The pole is silent until another is installed.',
    revoke: {
      label: 'Revoke the speaker',
      sentence: (serial, cluster) =>
        `Speaker ${serial} at ${cluster} will be silent at once, even in the middle of a broadcast, and can’t connect again. The pole is silent, emergencies included, until another device is installed or this one is claimed again.`,
      confirm: 'Revoke the speaker',
    },
  },
};

/** The device of a pole. */
export const DEVICE_WORDS = { vi, en };
