import { AppError } from '../errors.ts';

export const programmeErrors = {
  notFound: () =>
    new AppError({
      code: 'bulletin.not_found',
      status: 404,
      words: { vi: 'Không có bản tin này, có thể đã bị xóa.', en: 'There is no such bulletin; it may have been deleted.' },
    }),
  onAir: (title: string) =>
    new AppError({
      code: 'bulletin.on_air',
      status: 409,
      words: {
        vi: `Bản tin "${title}" đang phát. Hãy dừng phát rồi thử lại.`,
        en: `"${title}" is on air. Stop it first and try again.`,
      },
    }),
  scheduled: (title: string, schedules: readonly string[]) =>
    new AppError({
      code: 'bulletin.scheduled',
      status: 409,
      words: {
        vi: `Bản tin "${title}" đang nằm trong lịch phát (${schedules.slice(0, 3).join(', ')}). Hãy gỡ khỏi lịch rồi thử lại.`,
        en: `"${title}" is on the schedule (${schedules.slice(0, 3).join(', ')}). Take it off the schedule and try again.`,
      },
      details: { schedules },
    }),
  notReady: (title: string) =>
    new AppError({
      code: 'bulletin.not_ready',
      status: 409,
      words: {
        vi: `Bản tin "${title}" chưa sẵn sàng: đang xử lý hoặc bị lỗi. Hãy chờ hoặc xem chi tiết lỗi trong thư viện.`,
        en: `"${title}" is not ready: it is being processed or has failed. Wait, or look at it in the library.`,
      },
    }),
  busy: (title: string) =>
    new AppError({
      code: 'bulletin.busy',
      status: 409,
      words: {
        vi: `Bản tin "${title}" đang được xử lý. Hãy chờ xong rồi sửa.`,
        en: `"${title}" is being processed. Wait until it is done, then change it.`,
      },
    }),
  noText: () =>
    new AppError({
      code: 'bulletin.no_text',
      status: 422,
      words: {
        vi: 'Bản tin này là bản ghi âm, không có nội dung chữ để sửa. Hãy tải lên bản ghi mới.',
        en: 'This bulletin is a recording and has no text to change. Upload a new recording.',
      },
    }),
  noFile: () =>
    new AppError({
      code: 'bulletin.no_file',
      status: 400,
      words: {
        vi: 'Chưa chọn tập tin âm thanh nào. Hãy chọn một tập tin rồi tải lên.',
        en: 'No sound file was sent. Choose a file and upload it.',
      },
    }),
  fieldsInvalid: (problem: string) =>
    new AppError({
      code: 'bulletin.fields_invalid',
      status: 400,
      words: { vi: `Thông tin bản tin chưa đúng: ${problem}.`, en: `The bulletin's fields are not right: ${problem}.` },
    }),
  uploadBroken: (cause: unknown) =>
    new AppError({
      code: 'bulletin.upload_broken',
      status: 400,
      words: {
        vi: 'Việc tải lên bị ngắt giữa chừng. Hãy kiểm tra mạng và tải lên lại.',
        en: 'The upload was interrupted. Check the network and upload it again.',
      },
      cause,
    }),
  uploadLost: () =>
    new AppError({
      code: 'bulletin.upload_lost',
      status: 500,
      words: {
        vi: 'Tập tin đã tải lên không còn trên máy chủ. Hãy tải lên lại.',
        en: 'The uploaded file is no longer on the server. Upload it again.',
      },
    }),
  soundLost: (cause: unknown) =>
    new AppError({
      code: 'bulletin.sound_lost',
      status: 500,
      words: {
        vi: 'Tập tin âm thanh của bản tin không còn trên máy chủ. Hãy tạo lại bản tin và báo cho người quản trị.',
        en: 'The sound of this bulletin is no longer on the server. Make the bulletin again, and tell the administrator.',
      },
      cause,
    }),
  noRoom: (freeBytes: number) =>
    new AppError({
      code: 'bulletin.no_room',
      status: 507,
      words: {
        vi: `Ổ đĩa của máy chủ chỉ còn trống ${Math.floor(freeBytes / 1e6)} MB nên không nhận thêm tập tin, để còn chỗ cho việc phát thanh. Hãy xóa bớt bản tin cũ hoặc báo cho người quản trị.`,
        en: `The disk of the server has only ${Math.floor(freeBytes / 1e6)} MB left and takes no more files, so that broadcasting has room. Delete old bulletins or tell the administrator.`,
      },
      details: { freeBytes },
    }),
  processingFailed: (cause: unknown) =>
    new AppError({
      code: 'bulletin.processing_failed',
      status: 500,
      words: {
        vi: 'Máy chủ gặp lỗi khi xử lý bản tin. Hãy thử lại; nếu vẫn lỗi, báo cho người quản trị.',
        en: 'The server failed to process the bulletin. Try again; if it fails again, tell the administrator.',
      },
      cause,
    }),
  dictionaryFull: (most: number) =>
    new AppError({
      code: 'dictionary.full',
      status: 409,
      words: {
        vi: `Từ điển đọc đã có ${most} mục, không thêm được nữa. Hãy xóa những mục không còn dùng trong phần Từ điển rồi thêm lại.`,
        en: `The reading dictionary has ${most} entries already; no more can be added. Remove entries that are no longer used, then add this one again.`,
      },
      details: { most },
    }),
  noEntry: (written: string) =>
    new AppError({
      code: 'dictionary.not_found',
      status: 404,
      words: { vi: `Từ điển không có mục "${written}".`, en: `The dictionary has no entry "${written}".` },
    }),
} as const;
