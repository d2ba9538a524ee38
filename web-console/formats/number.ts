const decimals = {
  vi: new Intl.NumberFormat('vi-VN', { maximumFractionDigits: 1 }),
  en: new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 }),
};

/** 1.234,5 in Vietnamese; 1,234.5 in English. */
export function number(value: number, language: 'vi' | 'en'): string {
  return decimals[language].format(value);
}

/** Volume as people say it: -60 dB and below is 0 %, 0 dB is 100 %. Half amplitude (-6 dB) reads 50 %. */
export function volumePercent(gainDb: number): number {
  if (gainDb <= -60) return 0;
  return Math.min(100, Math.round(10 ** (gainDb / 20) * 100));
}
