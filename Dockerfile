# The bot alone: no torch, no tests, no sandbox.
FROM python:3.11-slim AS build
COPY requirements/bot.txt /tmp/bot.txt
RUN python -m venv /opt/slipway && /opt/slipway/bin/pip install --no-cache-dir -r /tmp/bot.txt
COPY . /src
RUN /opt/slipway/bin/pip install --no-cache-dir --no-deps /src

FROM python:3.11-slim
# Thai and Latin letters on the charts.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-noto-core && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/slipway /opt/slipway
RUN useradd --create-home --home-dir /var/lib/slipway slipway
USER slipway
WORKDIR /var/lib/slipway
VOLUME /var/lib/slipway
ENV PATH=/opt/slipway/bin:$PATH PYTHONUNBUFFERED=1
# config.toml and the database live in the volume; secrets come as files or variables.
CMD ["sh", "-c", "python -m bot migrate && exec python -m bot run"]
