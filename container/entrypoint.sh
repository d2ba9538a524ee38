#!/bin/sh
# Passwords come as files (docker secrets), never on a command line: hands them to the controller in its environment.
set -eu

if [ -n "${PGPASSWORD_FILE:-}" ]; then
  PGPASSWORD=$(cat "$PGPASSWORD_FILE")
  export PGPASSWORD
fi
if [ -n "${REDIS_PASSWORD_FILE:-}" ]; then
  # In a URL a password's own / or @ has to be written differently.
  password=$(node -p 'encodeURIComponent(require("node:fs").readFileSync(process.env.REDIS_PASSWORD_FILE, "utf8").trim())')
  REDIS_URL="redis://:${password}@${REDIS_ADDRESS:-127.0.0.1:6379}"
  export REDIS_URL
fi

exec "$@"
