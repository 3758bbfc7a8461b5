# planpush in a container; docs/docker.md tells how to run it.

# Everything that is installed is named with its hash: build.lock makes the wheel (its Node fetches
# the browser files), requirements.lock is what runs it. Wheels only, so that no compiler is needed.
FROM docker.io/library/python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN apt-get -qq update \
 && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends binutils >/dev/null
WORKDIR /src
COPY .ci/build.lock .ci/requirements.lock .ci/
RUN python -m venv --without-pip /opt/build \
 && python -m venv --without-pip /opt/planpush \
 && python -m pip --python /opt/build install --quiet --require-hashes --only-binary :all: \
      -r .ci/build.lock \
 && python -m pip --python /opt/planpush install --quiet --require-hashes --only-binary :all: \
      --no-compile -r .ci/requirements.lock
COPY . .
RUN python -m pip --python /opt/build wheel --quiet --no-deps --no-build-isolation \
      --wheel-dir /tmp/wheel . \
 && python -m pip --python /opt/planpush install --quiet --no-deps --no-compile /tmp/wheel/*.whl
# What no server runs goes: sources in C, the test kits of two packages, symbols for debuggers. The
# byte-code is made here, because nobody can write it beside a read-only root.
RUN cd /opt/planpush/lib/python3*/site-packages \
 && find . -name '*.c' -delete -o -name '*.h' -delete -o -name '*.pyx' -delete \
 && rm -r sqlalchemy/testing alembic/testing \
 && find . -name '*.so' -not -path './*.libs/*' -exec strip --strip-unneeded {} + \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash .

FROM docker.io/library/python:3.13-slim
LABEL org.opencontainers.image.title="planpush" org.opencontainers.image.licenses="Apache-2.0"
# The base comes without byte-code of Python's own library: half of each start would be compiling.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --no-log-init \
      --shell /usr/sbin/nologin planpush \
 && install --directory --owner 10001 --group 10001 --mode 700 /data \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash \
      -x '/(test|tests|idlelib|tkinter|turtledemo|ensurepip|site-packages|dist-packages)/' \
      "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=build /opt/planpush /opt/planpush
ENV PATH=/opt/planpush/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DATA_DIR=/data
USER 10001:10001
# Where /tmp cannot be written, Python takes the current folder for what is temporary.
WORKDIR /data
VOLUME /data
EXPOSE 8075
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --start-interval=1s CMD ["python", "-IS", "-c", \
  "import os, http.client as h; c = h.HTTPConnection('127.0.0.1', int(os.environ.get('PORT') or 8075), timeout=4); c.request('GET', '/readyz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["planpush"]
CMD ["serve", "--host", "0.0.0.0"]
