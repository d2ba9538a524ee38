/** What a file is by its first bytes, whatever its name says. Only used to explain a refusal: ffprobe decides what is sound. */
export type ContentKind =
  | 'empty'
  | 'pdf'
  | 'office_document'
  | 'archive'
  | 'html'
  | 'image'
  | 'playlist'
  | 'text'
  | 'program'
  | 'midi'
  | 'unknown';

const MAGIC: readonly (readonly [ContentKind, number, string])[] = [
  ['pdf', 0, '%PDF-'],
  ['office_document', 0, '\xd0\xcf\x11\xe0'],
  ['archive', 0, 'Rar!'],
  ['archive', 0, '7z\xbc\xaf'],
  ['archive', 0, '\x1f\x8b'],
  ['image', 0, '\xff\xd8\xff'],
  ['image', 0, '\x89PNG'],
  ['image', 0, 'GIF8'],
  ['image', 0, 'BM'],
  ['image', 8, 'WEBP'],
  ['program', 0, 'MZ'],
  ['program', 0, '\x7fELF'],
  ['midi', 0, 'MThd'],
];

/** @param head the first bytes of the file, 512 are enough */
export function sniffContent(head: Uint8Array): ContentKind {
  if (head.length === 0) return 'empty';
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length);
  const latin = bytes.toString('latin1');
  if (latin.startsWith('PK\x03\x04'))
    return /word\/|xl\/|ppt\/|\[Content_Types\]|mimetypeapplication/.test(latin) ? 'office_document' : 'archive';
  for (const [kind, offset, magic] of MAGIC) if (latin.startsWith(magic, offset)) return kind;
  const text = bytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
    .toLowerCase();
  if (/^(#extm3u|\[playlist\]|ffconcat|#extinf|<\?xml[^>]*>\s*<(smil|mpd|playlist|asx)|<asx)/.test(text)) return 'playlist';
  if (/^(<!doctype html|<html|<head|<body|<script)/.test(text)) return 'html';
  if (/^(<\?xml|<svg)/.test(text) && text.includes('<svg')) return 'image';
  return looksLikeText(bytes) ? 'text' : 'unknown';
}

/** No control characters but line ends and tabs, and whole UTF-8 (a character cut off at the end is allowed). */
function looksLikeText(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte < 9 || (byte > 13 && byte < 32) || byte === 127) return false;
  const decoded = bytes.toString('utf8');
  return !decoded.slice(0, -1).includes('\uFFFD');
}

/**
 * How many bytes a RIFF/WAVE header says its sound has, beside how many follow.
 * @returns undefined when it is no WAV, or when the header carries the placeholder of a recorder that could not know the length
 */
export function declaredWavBytes(head: Uint8Array, fileBytes: number): { declared: number; present: number } | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length);
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') return undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const declared = bytes.readUInt32LE(at + 4);
    if (bytes.toString('latin1', at, at + 4) === 'data') {
      const placeholder = declared === 0 || declared === 0xffffffff || (declared >= 0x7fff0000 && declared <= 0x80000000);
      return placeholder ? undefined : { declared, present: fileBytes - at - 8 };
    }
    at += 8 + declared + (declared & 1);
  }
  return undefined;
}
