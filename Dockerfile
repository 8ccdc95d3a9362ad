# Two images from one file:
#   docker build -t nannychain .                        the product: web, worker, beat and commands
#   docker build -t nannychain-simulators --target simulators .   for trials only
# What is installed stands, with hashes, in requirements/*.txt.

FROM python:3.13-slim-trixie AS python
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

# Every locked package has a ready-made wheel, so that no compiler is needed even here.
FROM python AS packages
RUN python -m venv /venv
COPY requirements/base.txt /requirements/
RUN /venv/bin/pip install --no-deps --only-binary=:all: --require-hashes -r /requirements/base.txt

FROM packages AS site
WORKDIR /app
COPY manage.py ./
COPY locale/ locale/
COPY config/ config/
COPY ussd/ ussd/
COPY payments/ payments/
COPY workers/ workers/
COPY wallets/ wallets/
COPY nannychain/ nannychain/
# Settings as production demands them, made up for these two commands and kept nowhere.
RUN DJANGO_SETTINGS_MODULE=config.settings.production \
    SECRET_KEY=thrown-away-after-the-static-files-have-been-collected-once \
    ENCRYPTION_KEY=0000000000000000000000000000000000000000000000000000000000000000 \
    PIN_PEPPER=thrown-away-after-the-build-is-done \
    USSD_API_KEY=thrown-away-after-the-build-is-done \
    SMS_CALLBACK_KEY=thrown-away-after-the-build-is-done \
    AT_USERNAME=build AT_API_KEY=build HELP_LINE=build \
    ALLOWED_HOSTS=build.invalid PUBLIC_BASE_URL=https://build.invalid \
    DATABASE_URL=postgresql://build.invalid/build REDIS_URL=redis://build.invalid/0 \
    sh -ec '/venv/bin/python manage.py compile_translations && /venv/bin/python manage.py collectstatic --no-input --verbosity 0'

FROM packages AS simulator-packages
COPY requirements/local.txt /requirements/
RUN /venv/bin/pip install --no-deps --only-binary=:all: --require-hashes -r /requirements/local.txt

FROM python AS runtime
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent \
    --shell /usr/sbin/nologin nannychain
WORKDIR /app
ENV PATH=/venv/bin:$PATH
USER 10001

FROM runtime AS simulators
COPY --from=simulator-packages /venv/ /venv/
COPY simulators/ simulators/
EXPOSE 8100
CMD ["python", "-m", "simulators"]

# The last stage is what `docker build` makes when it is asked for nothing else.
FROM runtime AS product
COPY --from=packages /venv/ /venv/
COPY --from=site /app/ /app/
ENV DJANGO_SETTINGS_MODULE=config.settings.production \
    HOST=0.0.0.0 \
    PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:' + os.environ['PORT'] + '/health', headers={'Host': os.environ['ALLOWED_HOSTS'].split(',')[0].strip(' .')}), timeout=2)"]
CMD ["gunicorn", "--config", "config/gunicorn.py", "--worker-tmp-dir", "/dev/shm", "config.wsgi"]
