"""quartet_epcis, as its documentation sets it up, for ``bench.peers`` to measure.

Runs in the virtual environment that ``bench.peers`` makes, never in ours:

    python peer_quartet.py prepare             tables, and the rule that parses EPCIS
    python peer_quartet.py capture FILE        seconds to parse the documents of a JSON file
    gunicorn peer_quartet:application          the capture interface over HTTP

The folder of its database and files is in ``PEER_FOLDER``. SQLite with WAL and
``synchronous=FULL``, as our ledger has it.
"""

# mypy: ignore-errors
import io
import json
import os
import sys
from pathlib import Path
from time import perf_counter

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

FOLDER = Path(os.environ["PEER_FOLDER"])


settings.configure(
    SECRET_KEY="nothing is secret in a benchmark",  # noqa: S106
    DEBUG=False,
    ALLOWED_HOSTS=["127.0.0.1"],
    USE_TZ=True,
    ROOT_URLCONF="quartet_capture.urls",
    MEDIA_ROOT=str(FOLDER),
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(FOLDER / "peer.db"),
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",  # else writers that meet are refused
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    },
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],  # tells the length of an answer
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "quartet_capture",
        "quartet_epcis",
    ],
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "DEFAULT_PERMISSION_CLASSES": []},
    LOGGING_CONFIG=None,
)
django.setup()
application = get_wsgi_application()


def prepare() -> None:
    """Tables and rule. "Loose" enforcement stores events and judges none: the peer at its best."""
    from django.core.management import call_command
    from quartet_capture.models import Rule, StepParameter
    from quartet_epcis.parsing.steps import create_rule

    call_command("migrate", verbosity=0)
    if not Rule.objects.filter(name="EPCIS").exists():
        create_rule()
    StepParameter.objects.filter(name="LooseEnforcement").update(value="True")


def capture(documents: list[str]) -> float:
    """Seconds to parse documents into the database, each in a transaction of its own."""
    from quartet_epcis.parsing.parser import QuartetParser

    began = perf_counter()
    for document in documents:
        QuartetParser(io.BytesIO(document.encode())).parse()
    return perf_counter() - began


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare()
    else:
        print(capture(json.loads(Path(sys.argv[2]).read_text())))
