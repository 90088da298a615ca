# syntax=docker/dockerfile:1
# Solidata for production: `docker build -t solidata .`; compose.yaml runs it, docs/deploy.md explains it.

# Wheels are gathered apart, and only ready-made ones: neither stage has a compiler.
FROM python:3.11-slim-bookworm AS wheels
# `--build-arg EMBEDDED=yes` keeps the embedded database, GPL software that production does not use.
ARG EMBEDDED=
WORKDIR /build
COPY requirements.txt .
RUN if [ -z "$EMBEDDED" ]; then sed -i '/^secantusdb/d' requirements.txt; fi \
    && pip wheel --no-cache-dir --only-binary=:all: --wheel-dir wheels --requirement requirements.txt

FROM python:3.11-slim-bookworm
# tini reaps the orphans of killed processes and hands SIGTERM on to appserver.py.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin solidata \
    && install --directory --owner=solidata --group=solidata --mode=0700 /data
RUN --mount=type=bind,from=wheels,source=/build,target=/build \
    pip install --no-cache-dir --no-index --find-links=/build/wheels --requirement /build/requirements.txt
WORKDIR /app
COPY LICENSE appserver.py config_example.py ./
COPY solidata_api solidata_api
# Readable whatever the umask of the checkout was; compiled here, since the root file system is read-only later.
RUN chmod -R a+rX . && python -m compileall -q solidata_api

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    MODE=production \
    HOST=0.0.0.0 \
    PORT=4000 \
    DATA_DIR=/data
USER 10001:10001
VOLUME /data
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import http.client as h, os; c = h.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=4); c.request('GET', '/health/ready'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["tini", "--", "python", "appserver.py"]
CMD ["run"]
