#!/bin/sh
# fluent-ffmpeg puts its own arguments first when it probes, so these limits are fixed.
exec "$(dirname "$0")/limited.sh" --limits=1572864:20:64:30:ffprobe "$@"
