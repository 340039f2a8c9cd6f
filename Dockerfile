# The gateway as a service: the embedded database under /data, or PostgreSQL by DATABASE_URL. `docker run -p 4000:4000` is enough.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image brings its own Node, so the packaged one, which an install script fetches, is not needed.
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src ./src
COPY schema/operations ./schema/operations
COPY web ./web
RUN node node_modules/typescript/bin/tsc -p . \
 && node node_modules/vite/bin/vite.js build --config web/graphiql/vite.config.mjs \
 && npm prune --omit=dev --ignore-scripts \
 && rm -r node_modules/typescript node_modules/@typescript node_modules/node node_modules/.bin dist/.tsbuildinfo

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATA_DIR=/data
WORKDIR /app
RUN mkdir /data && chown 10001:10001 /data
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# A number, so that a cluster can see that it is not root.
USER 10001:10001
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--enable-source-maps", "dist/main.js"]
