# The daemon as an image. Build it in the folder of this file:
#
#   docker build --build-arg BASE=python@sha256:… --tag stopwatch:0.1.0 .
#
# BASE is a published tag that was not pulled here; pin it by the digest that your registry shows.
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
RUN python3 -m venv /opt/stopwatch
COPY requirements.txt ./
RUN /opt/stopwatch/bin/pip install --require-hashes --only-binary :all: -r requirements.txt
COPY stopwatch ./stopwatch
# Installed by hand: building a wheel would ask for build tools that have no hashes. Nothing is left that could install more.
RUN cp -r stopwatch "$(/opt/stopwatch/bin/python -c 'import site; print(site.getsitepackages()[0])')/" \
    && printf '#!/opt/stopwatch/bin/python\nfrom stopwatch.cli import main\n\nmain()\n' > /opt/stopwatch/bin/stopwatch \
    && chmod 755 /opt/stopwatch/bin/stopwatch \
    && /opt/stopwatch/bin/pip uninstall --yes pip setuptools \
    && python3 -m compileall -q /opt/stopwatch/lib

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="stopwatch" \
    org.opencontainers.image.description="Watches the KPIs of a phased rollout and opens a pause decision when a stop rule has held for its window." \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/stopwatch /opt/stopwatch
RUN install -d -o 65532 -g 65532 -m 0700 /data
# Others can reach the address, so STOPWATCH_API_TOKENS_FILE must be given; without it the daemon says so and ends.
ENV PATH=/opt/stopwatch/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STOPWATCH_CONFIG=/etc/stopwatch/rules \
    STOPWATCH_DATABASE_URL=sqlite:////data/stopwatch.db \
    STOPWATCH_LISTEN=0.0.0.0:9477
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 9477
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['STOPWATCH_LISTEN'].rpartition(':')[2] + '/-/healthy', timeout=4)"]
ENTRYPOINT ["stopwatch"]
CMD ["run"]
