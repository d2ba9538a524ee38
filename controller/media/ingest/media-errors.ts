import { AppError, type Words } from '../../errors.ts';
import type { ContentKind } from './sniff.ts';

type Status = ConstructorParameters<typeof AppError>[0]['status'];

const KIND_WORDS: Record<ContentKind, Words> = {
  empty: { vi: 'một tập tin rỗng', en: 'an empty file' },
  pdf: { vi: 'một tài liệu PDF', en: 'a PDF document' },
  office_document: { vi: 'một tài liệu văn phòng (Word, Excel…)', en: 'an office document (Word, Excel...)' },
  archive: { vi: 'một tập tin nén', en: 'an archive' },
  html: { vi: 'một trang web', en: 'a web page' },
  image: { vi: 'một hình ảnh', en: 'a picture' },
  playlist: { vi: 'một danh sách phát, chỉ chứa đường dẫn', en: 'a playlist, which only holds links' },
  text: { vi: 'một tập tin văn bản', en: 'a text file' },
  program: { vi: 'một chương trình', en: 'a program' },
  midi: { vi: 'một bản nhạc MIDI', en: 'a MIDI score' },
  unknown: { vi: 'dữ liệu không nhận ra được', en: 'something unknown' },
};

function refuse(reason: string, status: Status, words: Words, details: Record<string, unknown> = {}, cause?: unknown): AppError {
  return new AppError({ code: `media.${reason}`, status, words, details, cause });
}

/** Every way in which ingest says no. Each sentence says what is wrong and what to do about it. */
export const mediaErrors = {
  empty: () =>
    refuse('empty', 422, {
      vi: 'Tập tin rỗng, không có âm thanh. Hãy xuất lại bản ghi rồi tải lên.',
      en: 'The file is empty. Export the recording again and upload it.',
    }),
  notSound: (kind: ContentKind, name: string | undefined, cause?: unknown) =>
    refuse(
      'not_sound',
      415,
      {
        vi: `${name ? `"${name}" không phải là tập tin âm thanh mà là` : 'Đây không phải là tập tin âm thanh mà là'} ${KIND_WORDS[kind].vi}. Hãy tải lên bản ghi MP3, M4A, WAV hoặc OGG${kind === 'text' || kind === 'office_document' || kind === 'pdf' ? ', hoặc dán nội dung vào mục "Viết bản tin"' : ''}.`,
        en: `${name ? `"${name}" is not sound but` : 'This is not sound but'} ${KIND_WORDS[kind].en}. Upload an MP3, M4A, WAV or OGG recording${kind === 'text' || kind === 'office_document' || kind === 'pdf' ? ', or paste the text under "Write a bulletin"' : ''}.`,
      },
      { kind },
      cause,
    ),
  corrupt: (cause?: unknown) =>
    refuse(
      'corrupt',
      422,
      {
        vi: 'Tập tin bị hỏng: không đọc được âm thanh bên trong. Hãy mở thử trên máy, xuất lại dạng MP3 rồi tải lên.',
        en: 'The file is damaged: the sound inside cannot be read. Try to play it, export it again as MP3 and upload that.',
      },
      {},
      cause,
    ),
  cutOff: (presentPercent: number) =>
    refuse(
      'cut_off',
      422,
      {
        vi: `Tập tin bị cắt cụt: chỉ còn khoảng ${presentPercent} % nội dung. Hãy chép lại từ máy ghi rồi tải lên lần nữa.`,
        en: `The file is cut off: only about ${presentPercent} % of it is there. Copy it from the recorder again and upload it once more.`,
      },
      { presentPercent },
    ),
  noAudio: () =>
    refuse('no_audio', 422, {
      vi: 'Tập tin không có phần âm thanh (có thể là video không tiếng). Hãy chọn tập tin khác.',
      en: 'The file has no sound track (perhaps a video without sound). Choose another file.',
    }),
  noChannels: () =>
    refuse('no_channels', 422, {
      vi: 'Tập tin khai báo không có kênh âm thanh nào, nên không phát được. Hãy xuất lại bản ghi.',
      en: 'The file declares no usable sound channel and cannot be played. Export the recording again.',
    }),
  tooLong: (maxDurationMs: number) =>
    refuse(
      'too_long',
      422,
      {
        vi: `Bản ghi dài hơn ${minutes(maxDurationMs)} phút. Hãy cắt thành nhiều bản tin ngắn hơn.`,
        en: `The recording is longer than ${minutes(maxDurationMs)} minutes. Cut it into shorter bulletins.`,
      },
      { maxDurationMs },
    ),
  tooShort: () =>
    refuse('too_short', 422, {
      vi: 'Bản ghi quá ngắn (dưới nửa giây). Hãy kiểm tra lại và tải lên bản đầy đủ.',
      en: 'The recording is too short (under half a second). Check it and upload the whole one.',
    }),
  tooBig: (maxFileBytes: number) =>
    refuse(
      'too_big',
      413,
      {
        vi: `Tập tin lớn hơn ${Math.floor(maxFileBytes / 1e6)} MB. Hãy xuất dạng MP3 hoặc cắt ngắn rồi tải lên.`,
        en: `The file is larger than ${Math.floor(maxFileBytes / 1e6)} MB. Export it as MP3 or cut it, and upload that.`,
      },
      { maxFileBytes },
    ),
  silent: (lufs: number) =>
    refuse(
      'silent',
      422,
      {
        vi: 'Bản ghi gần như im lặng, loa sẽ không phát ra tiếng. Hãy kiểm tra micrô hoặc chọn đúng bản ghi.',
        en: 'The recording is all but silent; nothing would be heard. Check the microphone or choose the right recording.',
      },
      { lufs },
    ),
  tookTooMuch: (cause?: unknown) =>
    refuse(
      'took_too_much',
      422,
      {
        vi: 'Xử lý tập tin này tốn quá nhiều thời gian hoặc bộ nhớ nên đã bị dừng; tập tin có thể bị lỗi. Hãy xuất lại dạng MP3 rồi tải lên.',
        en: 'Processing this file took too much time or memory and was stopped; the file may be faulty. Export it as MP3 and upload that.',
      },
      {},
      cause,
    ),
  /** Nobody's fault: the same file can succeed at the next attempt. */
  interrupted: (cause: unknown) =>
    refuse(
      'interrupted',
      503,
      {
        vi: 'Việc xử lý tập tin bị ngắt giữa chừng nhiều lần (máy chủ thiếu bộ nhớ hoặc bị can thiệp). Hãy tải lên lại; nếu vẫn lỗi, báo cho người quản trị.',
        en: 'Processing was interrupted several times (the server lacks memory, or somebody interfered). Upload it again; if it fails again, tell the administrator.',
      },
      {},
      cause,
    ),
  loudnessOutOfReach: (lufs: number, truePeakDbtp: number) =>
    refuse(
      'loudness_out_of_reach',
      422,
      {
        vi: 'Không thể đưa bản ghi này về mức âm lượng chuẩn. Hãy ghi lại với mức thu đều hơn.',
        en: 'This recording could not be brought to the standard loudness. Record it again at a steadier level.',
      },
      { lufs, truePeakDbtp },
    ),
  toolMissing: (program: string, cause?: unknown) =>
    refuse(
      'tool_missing',
      503,
      {
        vi: `Máy chủ thiếu chương trình ${program}. Người quản trị hãy chạy: apt-get install ${program}`,
        en: `The server lacks the program ${program}. The administrator should run: apt-get install ${program}`,
      },
      { program },
      cause,
    ),
  diskFull: (cause?: unknown) =>
    refuse(
      'disk_full',
      507,
      {
        vi: 'Ổ đĩa của máy chủ đã đầy nên không lưu được bản tin. Hãy xóa bớt bản tin cũ rồi thử lại.',
        en: 'The disk of the server is full; the bulletin was not stored. Delete old bulletins and try again.',
      },
      {},
      cause,
    ),
} as const;

function minutes(ms: number): number {
  return Math.floor(ms / 60_000);
}
