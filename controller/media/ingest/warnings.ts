import type { Words } from '../../errors.ts';

/** Something a person should know about a master that was accepted all the same. */
export interface MediaWarning extends Words {
  code: 'clipped' | 'quiet' | 'damaged' | 'one_channel' | 'other_format';
}

export const mediaWarnings = {
  clipped: (share: number): MediaWarning => ({
    code: 'clipped',
    vi: `Bản ghi bị vỡ tiếng (thu quá to) ở ${percent(share)} thời lượng. Nên ghi lại với mức thu nhỏ hơn.`,
    en: `The recording is distorted (recorded too loud) in ${percent(share)} of its length. Better record it again at a lower level.`,
  }),
  quiet: (gainDb: number): MediaWarning => ({
    code: 'quiet',
    vi: `Bản ghi rất nhỏ, đã được khuếch đại thêm ${Math.round(gainDb)} dB; tiếng ồn nền cũng to lên. Hãy nghe thử trước khi phát.`,
    en: `The recording is very quiet and was raised by ${Math.round(gainDb)} dB, its background noise with it. Listen to it before it airs.`,
  }),
  damaged: (): MediaWarning => ({
    code: 'damaged',
    vi: 'Một số đoạn của tập tin không đọc được và bị bỏ qua. Hãy nghe lại toàn bộ trước khi phát.',
    en: 'Some parts of the file could not be read and were skipped. Listen to all of it before it airs.',
  }),
  oneChannel: (): MediaWarning => ({
    code: 'one_channel',
    vi: 'Hai kênh của bản ghi triệt tiêu nhau, nên chỉ kênh trái được dùng.',
    en: 'The two channels of the recording cancel each other, so only the left one is used.',
  }),
  otherFormat: (extension: string, format: string): MediaWarning => ({
    code: 'other_format',
    vi: `Tên tập tin ghi là .${extension} nhưng nội dung là ${format}; vẫn dùng được.`,
    en: `The name says .${extension} but the content is ${format}; it was used all the same.`,
  }),
};

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;
}
