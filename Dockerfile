# The portal as one static program in an otherwise empty image: no shell, no package manager, no emulator, not root.
# Configuration comes from the environment (.env.example), secrets best from files (the …_FILE variables).
#
#   docker build --build-arg VERSION=$(git describe --tags --always) -t mysecurity .
#   docker run --read-only --stop-timeout 35 -p 8080:8080 -v mysecurity-data:/data --env-file .env mysecurity

FROM node:20-bookworm-slim AS assets
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY scripts/build-static.mjs scripts/
COPY static/src static/src
RUN node scripts/build-static.mjs

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=assets /src/static/dist static/dist
ARG VERSION=development
RUN CGO_ENABLED=0 go build -tags release -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/mysecurity . \
 && mkdir /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/mysecurity /mysecurity
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
# The port inside the container; an orchestrator that probes health from outside sets ADMIN_ADDR as well.
ENV PORTAL_ADDR=0.0.0.0:8080 DATA_DIR=/data
EXPOSE 8080
VOLUME /data
ENTRYPOINT ["/mysecurity"]
CMD ["serve"]
