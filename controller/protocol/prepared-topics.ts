/** Topics by which the messages that must be ready beforehand are found in the library, beside the bulletins of the emergency class. */
export const CORRECTION_TOPIC = 'Đính chính';
export const ALL_CLEAR_TOPIC = 'Hết khẩn cấp';
