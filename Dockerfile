# The server and its console, without the embedded PostgreSQL: DATABASE_URL and OPERATOR_TOKEN have to be given.
#
#   docker build -t taproot .
#   docker run -p 4000:4000 -e DATABASE_URL -e OPERATOR_TOKEN taproot

# Compiles. What it makes runs on any system.
FROM node:22-slim AS build
WORKDIR /taproot
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev
COPY tsconfig.json tsconfig.build.json vite.config.ts codegen.ts prisma.config.ts schema.graphql ./
COPY scripts scripts
COPY prisma prisma
COPY test/contract/operations test/contract/operations
COPY src src
RUN npm run build

# What the server needs when it runs. Prisma brings a compiler of queries for each kind of database: one is asked for.
FROM node:22-slim AS dependencies
WORKDIR /taproot
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional && \
  find node_modules/@prisma/client/runtime -name 'query_compiler_*' ! -name '*_fast_bg.postgresql.*mjs' -delete

FROM node:22-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000
WORKDIR /taproot
COPY package.json LICENSE ./
COPY prisma prisma
COPY --from=dependencies /taproot/node_modules node_modules
COPY --from=build /taproot/dist dist
# What `docker stop` gives a container is as long as running requests are given: let it give more, as `docker stop -t 20` does.
# All of this belongs to root: the server cannot change itself.
USER node
EXPOSE 4000
# The process, and not its database, which no restart of this brings back: a balancer asks /ready.
HEALTHCHECK --start-period=90s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/src/main.js"]
