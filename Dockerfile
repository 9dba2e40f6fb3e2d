# A container for submissions that you don't trust: `docker build -t bpcourse .`, then see
# `python -m bpcourse class --help`.
FROM python:3.12-slim
COPY pyproject.toml PACKAGE.md LICENSE LICENSE-TEXT /src/
COPY bpcourse /src/bpcourse
RUN pip install --no-cache-dir /src && rm -r /src
USER nobody
WORKDIR /tmp
ENTRYPOINT ["python", "-m", "bpcourse"]
