# The image of the balancer itself. Its context is the folder that `npm run image` stages (built code, production
# dependencies), not the work tree. Any base will do that has Node 24.15 or later on a glibc system.
ARG BASE=node:24-bookworm-slim
FROM ${BASE}
ARG BASE
# The bundled server's image, which the balancer builds at its first start, stands on the same base: it is there already.
ENV BASE_IMAGE=${BASE} NODE_ENV=production STATE_DIR=/var/lib/hashflow
WORKDIR /hashflow
COPY . .
# Root, for the engine's socket; the data process, which alone reads what clients send, becomes nobody (DATA_USER).
USER 0:0
EXPOSE 5000 5001
# Public Node images bring an entry point of their own that wants a shell.
ENTRYPOINT []
CMD ["node", "dist/apps/balancer/src/main.js"]
