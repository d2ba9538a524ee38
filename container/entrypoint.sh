#!/bin/sh
# Passwords come as files (docker secrets), never on a command line: hands them to the controller in its environment.
set -eu

if [ -n "${PGPASSWORD_FILE:-}" ]; then
  PGPASSWORD=$(cat "$PGPASSWORD_FILE")
  export PGPASSWORD
fi
if [ -n "${REDIS_PASSWORD_FILE:-}" ]; then
  REDIS_URL="redis://:$(cat "$REDIS_PASSWORD_FILE")@${REDIS_ADDRESS:-127.0.0.1:6379}"
  export REDIS_URL
fi

exec "$@"
