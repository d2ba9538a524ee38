import { z } from 'zod';

/** No control characters and no half of a surrogate pair: a log, a terminal and PostgreSQL take whatever fits this. */
const PLAIN = /^[^\p{Cc}\p{Cs}]*$/u;

/** Text that a device or a controller sends, at most so many UTF-16 code units long. */
export const deviceText = (longest: number) => z.string().max(longest).regex(PLAIN);
