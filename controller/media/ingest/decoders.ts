/** All that ever decodes a stranger's recording: a video's pictures never are. */
export const SOUND_DECODERS = [
  ...['mp3float', 'mp3', 'mp2float', 'mp2', 'aac', 'aac_fixed', 'aac_latm', 'alac', 'flac', 'vorbis', 'libvorbis', 'opus', 'libopus'],
  ...[
    'wmav1',
    'wmav2',
    'wmapro',
    'wmavoice',
    'wmalossless',
    'amrnb',
    'amrwb',
    'libopencore_amrnb',
    'libopencore_amrwb',
    'ac3',
    'ac3_fixed',
    'eac3',
  ],
  ...[
    'gsm',
    'gsm_ms',
    'libgsm',
    'libgsm_ms',
    'g723_1',
    'g729',
    'adpcm_ms',
    'adpcm_ima_wav',
    'adpcm_ima_qt',
    'adpcm_g722',
    'adpcm_g726',
    'ape',
    'wavpack',
  ],
  ...[
    'pcm_s16le',
    'pcm_s16be',
    'pcm_s24le',
    'pcm_s24be',
    'pcm_s32le',
    'pcm_s32be',
    'pcm_u8',
    'pcm_s8',
    'pcm_f32le',
    'pcm_f32be',
    'pcm_f64le',
  ],
  ...['pcm_alaw', 'pcm_mulaw', 'speex', 'libspeex'],
].join(',');

/**
 * What the probe may open besides, because it gives up on a file with a stream that it can't open: the pictures and subtitles that
 * telephones, cameras and tagging programs put beside sound.
 */
export const PROBED_DECODERS = [
  SOUND_DECODERS,
  ...['h264', 'hevc', 'mpeg4', 'h263', 'mjpeg', 'png', 'bmp', 'gif', 'webp', 'tiff', 'vp8', 'vp9', 'libdav1d', 'av1'],
  ...['mpeg1video', 'mpeg2video', 'wmv1', 'wmv2', 'wmv3', 'vc1', 'msmpeg4', 'msmpeg4v2', 'prores', 'svq3', 'qtrle', 'theora'],
  ...['mov_text', 'srt', 'subrip', 'ass', 'ssa', 'webvtt', 'text'],
].join(',');
