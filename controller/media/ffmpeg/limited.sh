#!/bin/sh
# Runs ffmpeg inside limits that the program cannot lift again, in a process group of its own that dies with the controller.
# First argument, when present: --limits=memory KiB:processor seconds:file size in 512-byte blocks:wall seconds:program
limits=1572864:60:65536:60:ffmpeg
case "$1" in --limits=*) limits=${1#--limits=}; shift ;; esac
IFS=: read -r memory cpu blocks wall program <<END
$limits
END
# The environment must not steer where its connections go; a relay's go through the guard (relay/guarded-proxy.ts).
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
ulimit -c 0
ulimit -v "$memory"
ulimit -t "$cpu"
ulimit -f "$blocks"
# timeout(1) makes the process group; each death signal is lost over a fork, so it is asked for twice.
exec setpriv --pdeathsig KILL timeout --signal=KILL "$wall" nice -n 10 setpriv --pdeathsig KILL "$program" "$@"
