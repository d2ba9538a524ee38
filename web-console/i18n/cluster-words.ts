const vi = {
  figures: {
    title: 'Số đo gần nhất',
    none: 'không có số liệu',
    mains: 'Điện lưới',
    mainsOn: 'Có điện',
    mainsOff: 'Mất điện',
    battery: 'Ắc quy',
    amplifierCurrent: 'Dòng âm ly',
    amplifierTemperature: 'Nhiệt độ âm ly',
    line: 'Trở kháng dây loa',
    lineOpen: 'Hở mạch',
    output: 'Mức ra loa',
    silent: 'im lặng',
    network: 'Mạng',
    networks: { '4g': '4G', wifi: 'Wi-Fi', ethernet: 'Dây mạng', unknown: 'Chưa rõ' },
    signal: 'Sóng',
    lost: 'Mất gói',
    jitter: 'Độ rung mạng',
    buffer: 'Bộ đệm',
    clockError: 'Sai số đồng hồ',
  },
  history: {
    title: 'Lịch sử',
    empty: 'Chưa có gì được ghi.',
    became: (rung: string) => `Chuyển sang: ${rung}`,
    raised: (fault: string) => `Lỗi: ${fault}`,
    cleared: (fault: string) => `Hết lỗi: ${fault}`,
  },
};

const en: typeof vi = {
  figures: {
    title: 'Last figures',
    none: 'no figures',
    mains: 'Mains',
    mainsOn: 'On',
    mainsOff: 'Off',
    battery: 'Battery',
    amplifierCurrent: 'Amplifier current',
    amplifierTemperature: 'Amplifier temperature',
    line: 'Line impedance',
    lineOpen: 'Open',
    output: 'Output level',
    silent: 'silent',
    network: 'Network',
    networks: { '4g': '4G', wifi: 'Wi-Fi', ethernet: 'Cable', unknown: 'Unknown' },
    signal: 'Signal',
    lost: 'Packets lost',
    jitter: 'Jitter',
    buffer: 'Buffer',
    clockError: 'Clock error',
  },
  history: {
    title: 'History',
    empty: 'Nothing is recorded yet.',
    became: (rung) => `Became: ${rung}`,
    raised: (fault) => `Fault: ${fault}`,
    cleared: (fault) => `Cleared: ${fault}`,
  },
};

/** The page of one cluster. */
export const CLUSTER_WORDS = { vi, en };
