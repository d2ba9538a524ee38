#!/bin/sh
# Runs a program inside limits that it cannot lift again, in a process group of its own that dies with the controller, with an
# empty environment and, where the controller is root, as an account that may do nothing. Arguments before the program's own:
#   --limits=memory KiB:processor seconds:file size in 512-byte blocks:wall seconds:program
#   --as=uid:gid    the account; absent: whoever calls
#   --read=file     opened here, for the account may pass through no folder of ours; the program finds it at /dev/fd/3
#   --write=file    the same, at /dev/fd/4
#   --on-air        what it makes is sent as it is made (a relay): it stands behind nobody
# How it ends tells why (see tool-end.ts): 137 is the wall limit, SIGXCPU the processor's, SIGKILL somebody else's doing.
limits=1572864:60:65536:60:ffmpeg
as=
on_air=
while :; do
  case "$1" in
    --limits=*) limits=${1#--limits=} ;;
    --as=*) as="--reuid=${1#--as=}" ;;
    --read=*) exec 3<"${1#--read=}" ;;
    --write=*) exec 4<>"${1#--write=}" ;;
    --on-air) on_air=yes ;;
    *) break ;;
  esac
  shift
done
case "$as" in *:*) as="${as%%:*} --regid=${as#*:} --clear-groups" ;; esac
IFS=: read -r memory cpu blocks wall program <<END
$limits
END
ulimit -c 0
ulimit -v "$memory"
# SIGXCPU every second from the soft limit on; SIGKILL is for what ignores it.
ulimit -S -t "$cpu"
ulimit -H -t $((cpu + 10))
ulimit -f "$blocks"
# The air comes first. Linux weighs niceness only inside a session, and setsid makes one of its own: the session's weight (autogroup) is lowered,
# too, where the kernel has it. Idle I/O waits for everybody else's.
polite='(echo 10 >/proc/self/autogroup) 2>/dev/null; exec env -u PWD ionice -t -c 3 nice -n 10 "$@"'
[ -z "$on_air" ] || polite='exec env -u PWD "$@"'
# Each death signal is lost over a fork, so it is asked for twice. $as is split into its options.
# shellcheck disable=SC2086
exec env -i PATH="$PATH" LC_ALL=C.UTF-8 setpriv --pdeathsig KILL setsid timeout --foreground --signal=KILL "$wall" \
  sh -c "$polite" sh setpriv $as --no-new-privs --pdeathsig KILL "$program" "$@"
