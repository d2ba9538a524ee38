/** Ogg's CRC-32: polynomial 0x04c11db7, not reflected, initial value and final XOR zero (RFC 3533 section 6). */
const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit++) value = (value & 0x80000000) !== 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value;
});

/** Checksum of a whole page whose own checksum field (bytes 22 to 25) counts as zero. */
export function pageCrc(page: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < page.length; i++) {
    const byte = i >= 22 && i < 26 ? 0 : (page[i] as number);
    crc = (crc << 8) ^ (TABLE[((crc >>> 24) ^ byte) & 255] as number);
  }
  return crc >>> 0;
}
