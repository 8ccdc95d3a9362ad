"""`manage.py rotate_keys`: everything ends under the newest key, whatever happens on the way."""

import signal
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Barrier, Event

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django import Settings
from stellar_sdk import Keypair

from nannychain import notifications
from nannychain.notifications import bodies
from nannychain.notifications.models import Sms
from nannychain.sealing import keys
from nannychain.sealing.rotation import Progress, rotate
from tests.factories import programs
from tests.factories.members import MemberFactory
from tests.factories.submissions import channel
from tests.factories.triggers import execute, trigger
from wallets.custody import resealing
from wallets.custody.keys import SealedSource
from wallets.custody.models import SealedKey

OLDEST, OLD, NEW = "99" * 32, "aa" * 32, "bb" * 32


def id_of(secret: str) -> str:
    """Return the id of the key pair that derives from one value of ENCRYPTION_KEY."""
    return keys.key_id(keys.private_key(secret).public_key)


@pytest.fixture
def members(settings: Settings) -> None:
    """Let there be 30 members with keys under the old key, and a newer key in the settings."""
    settings.ENCRYPTION_KEY = OLD
    MemberFactory.create_batch(30)
    settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEYS_OLD = NEW, (OLD,)


def under(secret: str) -> int:
    """Return how many wallets' keys are sealed under that key."""
    return SealedKey.objects.filter(key_id=id_of(secret)).count()


def all_open() -> bool:
    """Open every key; raise where one does not open."""
    for key in SealedKey.objects.select_related("wallet"):
        resealing.reseal(key)
    return True


def rotate_keys(**options: object) -> str:
    """Run the command here and return what it prints."""
    out = StringIO()
    call_command("rotate_keys", stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
@pytest.mark.usefixtures("members")
def test_everything_ends_under_the_newest_key(settings: Settings) -> None:
    rotate_keys()

    assert (under(OLD), under(NEW)) == (0, 30)
    settings.ENCRYPTION_KEYS_OLD = ()
    assert all_open()


@pytest.mark.django_db
def test_a_channel_signs_with_its_key_after_it_was_rotated(settings: Settings) -> None:
    settings.ENCRYPTION_KEY = OLD
    key = channel().sealed_key
    address = key.channel.public_key
    settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEYS_OLD = NEW, (OLD,)

    assert "channel keys: 1 of 1" in rotate_keys()

    settings.ENCRYPTION_KEYS_OLD = ()
    key.refresh_from_db()
    assert key.key_id == id_of(NEW)
    signature = SealedSource(key).sign(b"x" * 32)
    Keypair.from_public_key(address).verify(b"x" * 32, signature)


@pytest.mark.django_db
@pytest.mark.usefixtures("members")
def test_it_tells_how_far_it_is() -> None:
    lines = rotate_keys(batch=12).splitlines()

    assert lines[:4] == [
        "wallet keys: 0 of 30",
        "wallet keys: 12 of 30",
        "wallet keys: 24 of 30",
        "wallet keys: 30 of 30",
    ]
    assert lines[-1] == "Everything is sealed under the newest key."


@pytest.mark.django_db
@pytest.mark.usefixtures("members")
def test_a_second_run_changes_nothing() -> None:
    rotate_keys()
    before = list(SealedKey.objects.order_by("pk").values_list("ciphertext", "sealed_at"))

    assert "wallet keys: 0 of 0" in rotate_keys()
    assert list(SealedKey.objects.order_by("pk").values_list("ciphertext", "sealed_at")) == before


@pytest.mark.django_db
@pytest.mark.usefixtures("members")
def test_several_old_keys_are_rotated_in_one_run(settings: Settings) -> None:
    settings.ENCRYPTION_KEY = OLDEST
    MemberFactory.create_batch(5)
    settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEYS_OLD = NEW, (OLD, OLDEST)

    rotate_keys()

    assert (under(OLDEST), under(OLD), under(NEW)) == (0, 0, 35)
    assert all_open()


@pytest.mark.django_db
def test_the_texts_of_sms_with_codes_are_rotated_too(settings: Settings) -> None:
    settings.ENCRYPTION_KEY = OLD
    sms, useless = (
        notifications.queue(phone="0712345678", kind="code", language="en", text=f"Code {n}.")
        for n in (1, 2)
    )
    Sms.objects.filter(pk=useless.pk).update(**bodies.WIPED)
    settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEYS_OLD = NEW, (OLD,)

    assert "SMS with codes: 1 of 1" in rotate_keys()

    settings.ENCRYPTION_KEYS_OLD = ()
    sms.refresh_from_db()
    assert sms.key_id == id_of(NEW)
    assert bodies.read(sms) == "Code 1."


@pytest.mark.django_db
@pytest.mark.usefixtures("members")
def test_a_missing_old_key_is_named_and_nothing_is_changed(settings: Settings) -> None:
    settings.ENCRYPTION_KEY = OLDEST
    MemberFactory.create_batch(7)
    settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEYS_OLD = NEW, (OLD,)

    with pytest.raises(CommandError) as caught:
        rotate_keys()

    told = str(caught.value)
    assert f"wallet keys: 7 sealed under key {id_of(OLDEST)}, which is missing" in told
    assert "ENCRYPTION_KEYS_OLD" in told
    assert not any(secret in told for secret in (OLDEST, OLD, NEW))
    assert (under(OLDEST), under(OLD), under(NEW)) == (7, 30, 0)


@pytest.mark.django_db
@pytest.mark.usefixtures("members")
def test_a_process_that_may_only_seal_does_not_rotate(settings: Settings) -> None:
    settings.SEALING_PUBLIC_KEY = keys.encode(keys.private_key(NEW).public_key)
    settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEYS_OLD = "", ()

    with pytest.raises(CommandError, match="ENCRYPTION_KEY is missing"):
        rotate_keys()

    assert under(OLD) == 30


@pytest.mark.django_db
@pytest.mark.usefixtures("members")
def test_a_broken_row_is_named_and_left_and_the_others_are_rotated() -> None:
    broken = SealedKey.objects.order_by("pk")[3]
    other = SealedKey.objects.order_by("pk")[4]
    SealedKey.objects.filter(pk=broken.pk).update(ciphertext=other.ciphertext)

    with pytest.raises(CommandError) as caught:
        rotate_keys(batch=4)

    assert f"wallet keys {broken.pk}" in str(caught.value)
    assert str(other.pk) not in str(caught.value)
    assert (under(OLD), under(NEW)) == (1, 29)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("members")
def test_a_run_that_was_killed_is_taken_up_by_the_next(settings: Settings) -> None:
    """The fourth batch waits, in the middle of its update, for a lock that this test holds."""
    held = "pg_advisory_xact_lock(7, 7)"
    victim = SealedKey.objects.order_by("pk")[17]
    body = f"IF NEW.wallet_id = '{victim.pk}' THEN PERFORM {held}; END IF"
    with trigger(SealedKey, body=body, timing="BEFORE UPDATE"):
        execute("SELECT pg_advisory_lock(7, 7)")
        with programs.start(
            "rotate_keys", "--batch", "5", ENCRYPTION_KEY=NEW, ENCRYPTION_KEYS_OLD=OLD
        ) as program:
            assert program.stdout
            while "15 of 30" not in program.stdout.readline():
                assert program.poll() is None
            program.send_signal(signal.SIGKILL)
        execute("SELECT pg_advisory_unlock(7, 7)")

    assert (under(OLD), under(NEW)) == (15, 15)
    assert "wallet keys: 15 of 15" in rotate_keys(batch=5)
    assert (under(OLD), under(NEW)) == (0, 30)
    settings.ENCRYPTION_KEYS_OLD = ()
    assert all_open()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("members")
def test_a_row_that_somebody_holds_is_rotated_once_it_is_let_go() -> None:
    all_others_done = Event()

    def tell(progress: Progress) -> None:
        if progress.done == 29:
            all_others_done.set()

    def run() -> list[Progress]:
        try:
            return rotate(on_progress=tell, batch_rows=4)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            victim = SealedKey.objects.order_by("pk")[10]
            held = SealedKey.objects.select_for_update().get(pk=victim.pk)
            running = pool.submit(run)
            assert all_others_done.wait(timeout=30)
            held.refresh_from_db()
            assert held.key_id == id_of(OLD)
        (result, *_) = running.result(timeout=30)

    assert result.done == 30
    assert under(NEW) == 30


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("members")
def test_two_runs_at_once_share_the_work() -> None:
    start = Barrier(2)

    def run(_: int) -> list[Progress]:
        start.wait()
        try:
            return rotate(on_progress=lambda _: None, batch_rows=3)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = [result for run_ in pool.map(run, range(2)) for result in run_]

    assert sum(result.done for result in results if result.holder == "wallet keys") == 30
    assert not any(result.broken for result in results)
    assert under(NEW) == 30
    assert all_open()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("members")
def test_the_program_ends_with_code_0_when_all_is_done_and_1_when_not() -> None:
    refused = programs.run("rotate_keys", ENCRYPTION_KEY=NEW, ENCRYPTION_KEYS_OLD="")
    done = programs.run("rotate_keys", ENCRYPTION_KEY=NEW, ENCRYPTION_KEYS_OLD=OLD)

    assert refused.returncode == 1
    assert id_of(OLD) in refused.stderr
    assert OLD not in refused.stderr + refused.stdout
    assert done.returncode == 0
    assert under(NEW) == 30


@pytest.mark.django_db(transaction=True)
def test_a_process_with_the_public_key_alone_makes_accounts_that_it_cannot_open(
    settings: Settings,
) -> None:
    public = programs.run("sealing_key", ENCRYPTION_KEY=NEW).stdout.strip()
    limited = {"ENCRYPTION_KEY": "", "SEALING_PUBLIC_KEY": public}

    made = programs.run("create_account", "0712345678", "--no-sms", **limited)
    refused = programs.run("rotate_keys", **limited)

    assert made.returncode == 0
    assert refused.returncode == 1
    assert under(NEW) == 1
    settings.ENCRYPTION_KEY = NEW
    assert all_open()
