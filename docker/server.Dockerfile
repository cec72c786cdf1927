# The image of the sample replica: a base that has node, and one file. The balancer builds it at its first start with the
# base it finds (BASE_IMAGE, a public Node image, or one made from the host's node). By hand, after `npm run build`:
#   docker build -f docker/server.Dockerfile -t hashflow-server .
ARG BASE=node:24-bookworm-slim
FROM ${BASE}
COPY apps/server/package.json dist/apps/server/src/main.js /app/
USER 1000:1000
EXPOSE 5000
# Public Node images bring an entry point of their own that wants a shell.
ENTRYPOINT []
CMD ["node", "/app/main.js"]
