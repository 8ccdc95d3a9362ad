"""Times in answers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from nannychain.api.fields import Instant

_MORNING = datetime(2026, 11, 28, 20, 15, 17, 5, tzinfo=UTC)
_KENYAN = timezone(timedelta(hours=3))


@pytest.mark.parametrize("instant", [_MORNING, _MORNING.astimezone(_KENYAN)])
def test_a_time_in_an_answer_is_in_utc_though_the_house_reckons_in_nairobi(
    instant: datetime,
) -> None:
    written = Instant().to_representation(instant)
    assert written == "2026-11-28T20:15:17.000005Z"
    assert datetime.fromisoformat(written) == instant
