# One image for every process of a deployment: serve (below), worker, migrate. See compose.yaml.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data
WORKDIR /app

# Before the program, so that a change of code installs nothing again.
COPY requirements.txt ./
RUN python -m venv .venv \
 && PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install -qq --no-cache-dir --require-hashes -r requirements.txt

COPY LICENSE *.py ./
COPY cli/ cli/
COPY demo/ demo/
COPY models/ models/
COPY realtime/ realtime/
COPY resolvers/ resolvers/
COPY schema/ schema/
COPY web/ web/

# A volume that is mounted at /data for the first time takes over its owner.
RUN useradd --system --uid 10001 --user-group --no-create-home leadlight \
 && install -d -o leadlight -g leadlight -m 0700 /data
USER leadlight
VOLUME /data
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD [".venv/bin/python", "-c", "import os, urllib.request as web; web.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=3)"]
CMD [".venv/bin/python", "-m", "cli", "serve"]
