#!/usr/bin/env bash
# Builds mediasoup-worker from the npm package's own sources with Debian's development packages; README.md beside this file says how.
#
#   build.sh PACKAGE_FOLDER OUTPUT_FILE      e.g. build.sh node_modules/mediasoup ~/.cache/worker
#
# Needs (Debian 12): the packages in packages.txt. Touches nothing but OUTPUT_FILE and a temporary folder. No network.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
package=$(realpath "$1")
output=$(realpath -m "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A change that finds nothing to change would otherwise show only as a worker that crashes on air.
must_contain() {
  grep -qF -- "$2" "$1" || { echo "$1: expected to find: $2 (a new version of mediasoup? see README.md)" >&2; exit 4; }
}

cp -a "$package/package.json" "$package/worker" "$scratch/"
cd "$scratch/worker"

rm -rf subprojects/*.wrap
cp -a "$here/stand-ins/." subprojects/
must_contain src/RTC/SrtpSession.cpp srtp_policy_create # the interface that the libsrtp3 stand-in implements

# Debian 12 has Meson 1.0; nothing of 1.1 is used.
sed -i "s/meson_version: '>= 1.1.0'/meson_version: '>= 1.0.0'/" meson.build

must_contain src/RTC/DtlsTransport.cpp '(operationType == BIO_CB_RETURN)'
sed -i 's/(operationType == BIO_CB_RETURN)/((operationType \& BIO_CB_RETURN) != 0)/' src/RTC/DtlsTransport.cpp

# On a plain transport a datagram that is neither RTP nor RTCP counts as SCTP, and opened the path for its sender without any proof.
must_contain src/RTC/PlainTransport.cpp 'ignoring SCTP packet while not connected'
perl -0pi -e 's/if \(!this->comedia\)(\s*\{\s*MS_DEBUG_TAG\(sctp, "ignoring SCTP packet while not connected"\))/if (true)$1/' src/RTC/PlainTransport.cpp
must_contain src/RTC/PlainTransport.cpp 'if (true)'

# Emergencies are sent seconds ahead of their sound: what got lost must be there to be sent again as far back as a speaker holds sound.
must_contain include/RTC/RTP/RtpStreamSend.hpp 'MaxRetransmissionDelayForAudioMs{ 1000 }'
sed -i 's/MaxRetransmissionDelayForAudioMs{ 1000 }/MaxRetransmissionDelayForAudioMs{ 8000 }/' include/RTC/RTP/RtpStreamSend.hpp

mkdir precompiled
cp "$here/common-headers.hpp" precompiled/
sed -i "/^executable($/{n;s|^  'mediasoup-worker',$|  'mediasoup-worker', cpp_pch: 'precompiled/common-headers.hpp',|}" meson.build
must_contain meson.build "cpp_pch: 'precompiled/common-headers.hpp'"

export CCACHE_DISABLE=1
meson setup "$scratch/build" . --buildtype=release -Db_ndebug=true --wrap-mode=nodownload
# The bundled libwebrtc includes the generated headers without declaring it.
meson compile -C "$scratch/build" flatbuffers-generator
ninja -C "$scratch/build" mediasoup-worker

strip -o "$scratch/mediasoup-worker" "$scratch/build/mediasoup-worker"

# A worker that was started by hand, without MEDIASOUP_VERSION, ends with exit code 41; any other code means that it can't run here.
status=0
env -i "$scratch/mediasoup-worker" >/dev/null 2>&1 || status=$?
[ "$status" = 41 ] || { echo "the worker was built but does not run: exit code $status instead of 41" >&2; exit 3; }

mkdir -p "$(dirname "$output")"
install -m 0755 "$scratch/mediasoup-worker" "$output.new"
mv "$output.new" "$output"
