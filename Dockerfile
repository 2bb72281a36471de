# Builds dist/ with everything, then takes only what runs into an image without shell or package manager.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build
# Without devDependencies: the npm package `node`, a whole runtime, is one of them.
RUN npm prune --omit=dev

FROM gcr.io/distroless/nodejs24-debian12:nonroot
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER 65532:65532
EXPOSE 8080 8013
# The image's entrypoint is node itself.
CMD ["--import", "./dist/instrument.js", "dist/main.js"]
