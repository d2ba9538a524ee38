#!/bin/sh
# Runs a program inside limits that it cannot lift again, in a process group of its own that dies with the controller, with an
# empty environment, and away from the commune's keys (see confinement.ts). Arguments before the program's own:
#   --limits=memory KiB:processor seconds:file size in 512-byte blocks:wall seconds:program
#   --as=uid:gid    the account; absent: whoever calls
#   --hide=folder   in a user and mount namespace of its own, where this folder is empty and, without --tcp, there is no network
#   --landlock      may open what a program needs to run, and what is handed to it, and nothing else; no TCP without --tcp
#   --tcp=port      may connect to this port
#   --open=path     with --landlock, this may be read, too; several times
#   --read=file     opened here, for the account may pass through no folder of ours; the program finds it at /dev/fd/3
#   --write=file    the same, at /dev/fd/4
#   --on-air        what it makes is sent as it is made (a relay): it stands behind nobody
# How it ends tells why (see tool-end.ts): 137 is the wall limit, SIGXCPU the processor's, SIGKILL somebody else's doing.
limits=1572864:60:65536:60:ffmpeg
as=
hide=
landlock=
tcp=
open=
on_air=
while :; do
  case "$1" in
    --limits=*) limits=${1#--limits=} ;;
    --as=*) as="--reuid=${1#--as=}" ;;
    --hide=*) hide=${1#--hide=} ;;
    --landlock) landlock=yes ;;
    --tcp=*) tcp=${1#--tcp=} ;;
    --open=*)
      open="$open${1#--open=}
"
      ;;
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
# From the innermost outwards. Root of the new namespace is who called: without capabilities it can take nothing off again. Nor can root of the
# machine, which is who runs our own code there, where it may give them up.
[ -z "$landlock" ] || set -- perl -e "$(cat "${0%/*}/landlock.pl")" -- "$tcp" "$open" "$program" "$@"
[ -n "$landlock" ] || set -- "$program" "$@"
bare='--bounding-set=-all --inh-caps=-all'
[ -z "$hide" ] || as=$bare
# shellcheck disable=SC2086
[ -n "$as" ] || [ -z "$landlock" ] || ! setpriv $bare true 2>/dev/null || as=$bare
# Each death signal is lost over a fork, so it is asked for twice. $as is split into its options.
# shellcheck disable=SC2086
set -- setpriv $as --no-new-privs --pdeathsig KILL "$@"
if [ -n "$hide" ]; then
  empty='folder=$1; shift; mount -t tmpfs -o size=4k,mode=0500 none "$folder" && exec env -u PWD "$@"'
  set -- unshare --user --map-root-user --mount $([ -n "$tcp" ] || echo --net) sh -c "$empty" sh "$hide" "$@"
fi
exec env -i PATH="$PATH" LC_ALL=C.UTF-8 setpriv --pdeathsig KILL setsid timeout --foreground --signal=KILL "$wall" \
  sh -c "$polite" sh "$@"
