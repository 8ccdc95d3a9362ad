"""The container files, read as closely as can be without an engine to run them."""

import os
import re
import shlex
import subprocess
import sys
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml

from config.celery import app
from config.env import SETTINGS
from nannychain import strkey
from nannychain.sealing import keys
from nannychain.supervisor.programs import WORKERS
from tests.architecture import tree

_TEXT = (tree.ROOT / "Dockerfile").read_text()
_COMPOSE: dict[str, Any] = yaml.safe_load((tree.ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = _COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
PRODUCT = [name for name in OURS if name != "simulators"]
_STARTERS = frozenset({"DJANGO_SETTINGS_MODULE", "HOST", "PORT"})


def _instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile, each with its words on one line."""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", _TEXT, flags=re.MULTILINE))
    return [
        (line.split(maxsplit=1)[0], line.split(maxsplit=1)[1])
        for line in joined.splitlines()
        if line
    ]


def _stages() -> dict[str, list[tuple[str, str]]]:
    """Return each stage by name, with the instructions of the stages that it is built from."""
    stages: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for word, rest in _instructions():
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stages[name] = list(stages.get(base, []))
        stages[name].append((word, rest))
    return stages


def _environment(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in shlex.split(text) if re.match(r"[A-Z_]+=", part))


def test_the_last_stage_is_the_product() -> None:
    assert list(_stages())[-1] == "product"


@pytest.mark.parametrize("stage", ["product", "simulators"])
def test_a_stage_that_runs_belongs_to_no_root_and_brings_no_installer(stage: str) -> None:
    instructions = _stages()[stage]
    users = [rest for word, rest in instructions if word == "USER"]
    assert users
    assert users[-1] not in ("root", "0")
    assert not any(word == "RUN" and "pip install" in rest for word, rest in instructions)
    assert any(word == "CMD" and rest.startswith("[") for word, rest in instructions)


def test_the_product_tells_its_health_without_a_package() -> None:
    (check,) = [rest for word, rest in _stages()["product"] if word == "HEALTHCHECK"]
    assert "/health" in check
    assert "urllib" in check


def test_packages_are_installed_by_hash() -> None:
    installs = [rest for word, rest in _instructions() if word == "RUN" and "pip install" in rest]
    assert len(installs) == 2
    assert all("--require-hashes" in install for install in installs)
    locks = [tree.ROOT / "requirements" / install.split("/")[-1] for install in installs]
    assert all("--hash=sha256:" in lock.read_text() for lock in locks)


def test_what_is_copied_exists_and_is_let_into_the_image() -> None:
    lines = (tree.ROOT / ".dockerignore").read_text().splitlines()
    let_in = [line.removeprefix("!").rstrip("/") for line in lines if line.startswith("!")]
    assert "*" in lines, "nothing goes in but what is named"
    copied = [
        source.rstrip("/")
        for word, rest in _instructions()
        if word == "COPY" and "--from=" not in rest
        for source in rest.split()[:-1]
    ]
    assert copied
    assert [source for source in copied if not (tree.ROOT / source).exists()] == []
    assert sorted(set(copied)) == sorted(let_in)
    # In an image there is no git to tell what belongs to it.
    assert not any(fnmatch(".env", pattern) or fnmatch(".data", pattern) for pattern in let_in)


def test_every_storey_is_in_the_image() -> None:
    copied = {rest.split()[0].rstrip("/") for word, rest in _instructions() if word == "COPY"}
    assert {storey for storey in tree.STOREYS if (tree.ROOT / storey).is_dir()} <= copied


def test_stages_are_copied_from_stages_that_exist() -> None:
    sources = re.findall(r"--from=(\S+)", _TEXT)
    assert sources
    assert set(sources) <= set(_stages())


def test_the_settings_of_the_build_satisfy_production() -> None:
    (build,) = [rest for word, rest in _instructions() if word == "RUN" and "collectstatic" in rest]
    environment = {**_environment(build), "NANNYCHAIN_ENV_FILE": os.devnull}
    run = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--dry-run"],
        cwd=tree.ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    assert "static files" in run.stdout


def test_there_is_a_service_for_every_program() -> None:
    assert set(SERVICES) == {
        "beat",
        "migrate",
        "mpesa",
        "postgres",
        "proxy",
        "redis",
        "signer",
        "simulators",
        "sms",
        "stellar",
        "web",
        "worker",
    }


@pytest.mark.parametrize("name", OURS)
def test_a_service_is_built_from_a_stage_that_exists_and_is_held_back(name: str) -> None:
    service = SERVICES[name]
    assert service["build"]["target"] in _stages()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


@pytest.mark.parametrize("name", PRODUCT)
def test_a_service_is_given_settings_that_exist(name: str) -> None:
    given = SERVICES[name]["environment"]
    assert set(given) - set(SETTINGS) - _STARTERS == set()
    for setting in set(given) & set(SETTINGS):
        SETTINGS[setting][0](str(given[setting]))  # raises where it can't be read


def test_the_simulators_read_every_setting_that_they_are_given() -> None:
    code = "\n".join(path.read_text() for path in tree.files("simulators"))
    assert [name for name in SERVICES["simulators"]["environment"] if f'"{name}"' not in code] == []


def test_only_who_needs_it_can_open_what_is_sealed() -> None:
    holders = [name for name in PRODUCT if "ENCRYPTION_KEY" in SERVICES[name]["environment"]]
    assert set(holders) == {"sms", "signer"}
    secrets = {SERVICES[name]["environment"]["ENCRYPTION_KEY"] for name in holders}
    (secret,) = secrets
    public = keys.encode(keys.private_key(secret).public_key)
    others = [SERVICES[name]["environment"] for name in PRODUCT if name not in holders]
    assert {given["SEALING_PUBLIC_KEY"] for given in others} == {public}


def test_only_the_signer_has_the_secret_of_the_funding_account() -> None:
    name = "STELLAR_FUNDING_SECRET"
    assert [each for each in PRODUCT if name in SERVICES[each]["environment"]] == ["signer"]
    signer = SERVICES["signer"]["environment"]
    assert signer["STELLAR_FUNDING_ACCOUNT"] == strkey.address_of_seed(signer[name])


def test_only_migrations_run_as_the_owner_of_the_tables() -> None:
    roles = {name: SERVICES[name]["environment"]["DATABASE_URL"] for name in PRODUCT}
    owners = [name for name, address in roles.items() if "nannychain_owner:" in address]
    assert owners == ["migrate"]
    created = (tree.ROOT / "docs" / "database-roles.sql").read_text()
    assert all(
        f"CREATE ROLE {role} LOGIN" in created for role in ("nannychain_owner", "nannychain_app")
    )


def test_every_queue_is_worked_off_by_one_service_as_in_a_trial() -> None:
    queues = {}
    for name, service in SERVICES.items():
        command = service.get("command", [])
        if "-Q" in command:
            queues[name] = command[command.index("-Q") + 1]
    assert queues == {name: queues for name, (queues, _) in WORKERS.items()}
    routed = {route["queue"] for route in app.conf.task_routes.values()}
    all_queues = ",".join(queues.values()).split(",")
    assert sorted(all_queues) == sorted({app.conf.task_default_queue, *routed})


def test_programs_wait_until_what_they_need_is_there() -> None:
    for name in ("web", "worker", "stellar", "sms", "signer", "beat"):
        needed = SERVICES[name]["depends_on"]
        assert needed["migrate"]["condition"] == "service_completed_successfully"
        assert needed["redis"]["condition"] == "service_healthy"
    assert SERVICES["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert all("test" in SERVICES[name]["healthcheck"] for name in ("postgres", "redis"))


def test_nothing_is_offered_to_the_network() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_is_mounted_exists() -> None:
    mounted = [
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
    ]
    files = [source for source in mounted if source.startswith("./")]
    assert files
    assert [source for source in files if not (tree.ROOT / source).exists()] == []
    assert set(mounted) - set(files) == set(_COMPOSE["volumes"])


def test_every_secret_is_refused_by_production_or_marked_as_public() -> None:
    """Whoever copies the file into production finds out."""
    given = {**SERVICES["signer"]["environment"], **SERVICES["web"]["environment"]}
    secrets = ("SECRET_KEY", "AT_API_KEY", "SMS_CALLBACK_KEY")
    assert all("public" in given[name] for name in secrets)
    assert "USSD_API_KEY" not in given
    assert given["OPERATING_MODE"] == "sandbox"


# What there can be only one of: the stores, what is done once, and whoever is spoken to by number.
_ONE_EACH = {"postgres", "redis", "migrate", "proxy", "simulators"}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - _ONE_EACH))
def test_a_service_can_be_scaled_by_number(name: str) -> None:
    """Two of it share no name, no port of the host and no file."""
    service = SERVICES[name]
    assert "container_name" not in service
    assert "hostname" not in service
    assert "ports" not in service
    assert "volumes" not in service
    assert not {"deploy", "scale"} & set(service), "the number is the operator's"
    for path in re.findall(
        r"(?:-s|--schedule|--pidfile)[= ](/\S+)", " ".join(service.get("command", []))
    ):
        assert any(path.startswith(f"{folder}/") for folder in service["tmpfs"]), "its own /tmp"


def test_migrations_are_run_once_and_everybody_waits_for_them() -> None:
    runs = [
        name
        for name, service in SERVICES.items()
        if "manage.py migrate" in " ".join(service.get("command", []))
    ]
    assert runs == ["migrate"]
    assert SERVICES["migrate"]["restart"] == "no"
    for name in set(PRODUCT) - {"migrate"}:
        condition = SERVICES[name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"


def test_the_proxy_leads_to_all_web_containers_and_says_who_called() -> None:
    configured = (tree.ROOT / "docs" / "compose-proxy.conf").read_text()
    port = _environment("PORT=8000")["PORT"]
    assert f"EXPOSE {port}" in _TEXT
    assert f"set $web web:{port};" in configured
    assert "proxy_pass http://$web;" in configured, "by a variable, so that the name is asked again"
    assert re.search(r"resolver 127\.0\.0\.11 valid=\d+s", configured)
    listens = re.search(r"listen (\d+);", configured)
    assert listens is not None
    assert SERVICES["proxy"]["ports"] == [f"127.0.0.1:8000:{listens[1]}"]
    assert "X-Forwarded-For $remote_addr;" in configured
    assert SERVICES["web"]["environment"]["TRUSTED_PROXIES"] == 1


def test_every_worker_has_a_name_of_its_own_by_its_container() -> None:
    """Celery takes `celery@<host>`, and each container is a host."""
    commands = [service.get("command", []) for service in SERVICES.values()]
    workers = [words for words in commands if "worker" in words]
    assert len(workers) == len(WORKERS)
    assert all("-n" not in words and "--hostname" not in words for words in workers)
