# The service as an image: docker build -t reviewer . ; then, for one machine,
#
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#       -v reviewer:/data -p 3000:3000 --env-file .env reviewer
#
# More machines on one PostgreSQL: set DATABASE_URL and run `reviewer worker` with --no-healthcheck (it listens to nothing).
# `reviewer review` needs git, which is left out here: it is a command for a developer's machine.

# ------------------------------------------------------------------------------------------------------- build
FROM python:3.13-bookworm AS build
WORKDIR /app

# The environment has no pip; it is filled by uv, by hash, at the path where it will be used.
COPY requirements/bootstrap.txt requirements/dev.txt requirements/runtime.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/bootstrap.txt \
 && python -m venv --without-pip .venv \
 && uv pip install --no-cache --python .venv/bin/python --require-hashes -r requirements/runtime.txt

# The package itself, left where it is, so that personas/ is found beside it. What builds it comes by hash too.
COPY pyproject.toml README.md LICENSE ./
COPY reviewer reviewer
RUN uv pip install --no-cache --python .venv/bin/python --no-deps --build-constraints requirements/dev.txt -e . \
 && rm -r requirements *.egg-info
COPY personas personas
COPY app.yml .

# Debug symbols are a seventh of the packages. Bytecode is made now, because the final file system is read-only and
# each start would compile anew; nothing changes it there, so it is not compared with the source.
RUN find .venv -name '*.cpython-*.so' -exec strip --strip-unneeded {} + \
 && find .venv -name '*.abi3.so' -exec strip --strip-unneeded {} + \
 && .venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash .venv/lib reviewer

# ------------------------------------------------------------------------------------------------------- final
FROM python:3.13-slim-bookworm
WORKDIR /app

# A number, not a name: Kubernetes can then see that it is not root.
RUN install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=build /app /app

ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    DATABASE_URL=sqlite:////data/reviewer.db
USER 10001:10001
VOLUME /data
EXPOSE 3000

# Not by urllib: it would ask a proxy that the environment names.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-c", "\
import http.client, os, sys; \
ask = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('PORT') or 3000), timeout=4); \
ask.request('GET', '/healthz'); \
sys.exit(ask.getresponse().status != 200)"]

CMD ["reviewer", "serve", "--host", "0.0.0.0"]
