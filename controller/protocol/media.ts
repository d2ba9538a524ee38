/**
 * Constants of the media plane that the controller, the simulator and a vendor's device share.
 * docs/speaker-protocol.md explains each.
 */
export const OPUS_CLOCK_RATE_HZ = 48_000;
export const OPUS_PAYLOAD_TYPE = 100;
/** RFC 7714 AEAD_AES_128_GCM: 16 bytes of master key followed by 12 bytes of master salt. */
export const SRTP_SUITE = 'AEAD_AES_128_GCM';
export const SRTP_KEY_BYTES = 16;
export const SRTP_SALT_BYTES = 12;

/**
 * RTP header extension with the wall-clock instant of the packet's first sample (NTP 32.32 fixed point, 8 bytes, optionally 16).
 * http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time
 */
export const ABS_CAPTURE_TIME_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';
/** One-byte header extension id that the controller uses for abs-capture-time (RFC 8285). */
export const ABS_CAPTURE_TIME_ID = 10;
/** Seconds between 1900-01-01 (NTP) and 1970-01-01 (Unix). */
export const NTP_UNIX_OFFSET_S = 2_208_988_800;

/** An Opus payload this short is DTX or a path probe (pilot): it proves that the path works and never wins the loudspeaker. */
export const SILENT_PAYLOAD_MAX_BYTES = 2;
/** A pilot on the standing emergency channel: shows that an emergency would arrive, and keeps carrier NAT open. */
export const PILOT_PERIOD_MS = 10_000;

export const CONTROL_PATH = '/speaker/v1';
export const CONTROL_SUBPROTOCOL = 'loa-xa.speaker.v1';
export const CONTROL_MAX_MESSAGE_BYTES = 16_384;

export const DEFAULT_BEAT_PERIOD_MS = 20_000;
/** Beats missed before a speaker counts as offline (EN 54-16 asks for 100 s; three beats are 60 s). */
export const MISSED_BEATS_OFFLINE = 3;

/** WebSocket close codes of the control channel (4000-4999 are for applications, RFC 6455 section 7.4.2). */
export const CLOSE_CODES = {
  badMessage: 4400,
  notEnrolled: 4401,
  revoked: 4403,
  versionUnsupported: 4406,
  helloTimeout: 4408,
  replaced: 4409,
  tooManyErrors: 4429,
  controllerStopping: 4503,
} as const;

/** The station's chime stands at the beginning of a programme's positions; a live microphone is heard only after it. */
export const CHIME_MS = 1800;

/** A hole in sound up to this long is not noticed as one: a word with it is understood (a packet of a recording, concealed). */
export const HEARD_HOLE_MAX_MS = 100;
/** Pieces that one receipt can tell of. */
export const HEARD_INTERVALS_MAX = 64;
/** Seconds whose levels one chunk of a receipt can tell, and chunks of one receipt. */
export const LEVELS_IN_CHUNK_MAX = 120;
export const LEVEL_CHUNKS_MAX = 8;
/** Less than a working amplifier draws at any volume while something plays. */
export const NO_CURRENT_MA = 10;
/** 31 days. */
export const LONGEST_PLAY_MS = 2_678_400_000;
/** The standing channel of every speaker. */
export const EMERGENCY_CHANNEL_ID = 'emergency';
