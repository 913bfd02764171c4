# Gốc's server. Two stages: the first has compilers' company, the second only what runs.
#
# Everything from a registry is checked against a hash: uv (tools/uv.txt), all packages (uv.lock) and
# what builds our own wheel (deploy/build.txt). docs/operations.md says how to run it.
ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
ENV UV_PYTHON=/usr/local/bin/python \
    UV_PROJECT_ENVIRONMENT=/opt/goc \
    UV_PYTHON_DOWNLOADS=never \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1
WORKDIR /src
COPY tools/uv.txt tools/
RUN ["python", "-m", "venv", "/opt/uv"]
RUN ["/opt/uv/bin/pip", "install", "--no-cache-dir", "--disable-pip-version-check", "--require-hashes", "--requirement", "tools/uv.txt"]
# Packages change less often than our code: they are a layer of their own.
COPY pyproject.toml uv.lock ./
RUN ["/opt/uv/bin/uv", "sync", "--frozen", "--no-dev", "--all-extras", "--no-install-project", "--compile-bytecode"]
COPY deploy/build.txt deploy/
COPY README.md LICENSE ./
COPY traceability traceability
COPY api api
COPY labels labels
COPY examples examples
RUN ["/opt/uv/bin/uv", "build", "--wheel", "--build-constraints", "deploy/build.txt", "--require-hashes", "--out-dir", "/opt/wheel"]
RUN ["/opt/uv/bin/uv", "pip", "install", "--python", "/opt/goc/bin/python", "--no-index", "--no-deps", "--find-links", "/opt/wheel", "--compile-bytecode", "goc"]

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="goc" \
      org.opencontainers.image.description="A traceability ledger whose labels prove where produce comes from" \
      org.opencontainers.image.licenses="Apache-2.0"
# The folders that volumes are mounted at: a new volume takes their owner over. Tiles are public, and
# a web server of another user reads them.
RUN ["useradd", "--system", "--uid", "10001", "--user-group", "--no-create-home", "--home-dir", "/data", "--shell", "/usr/sbin/nologin", "goc"]
RUN ["install", "--directory", "--owner=goc", "--group=goc", "--mode=0700", "/data", "/backup"]
RUN ["install", "--directory", "--owner=goc", "--group=goc", "--mode=0755", "/tiles"]
COPY --from=build /opt/goc /opt/goc
COPY deploy/backup.py /opt/goc/bin/goc-backup
ENV PATH=/opt/goc/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    GOC_DATA=/data
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 8000, timeout=4); c.request('GET', '/health/ready'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["goc"]
CMD ["serve", "--bind", "0.0.0.0"]
