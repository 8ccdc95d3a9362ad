"""Posts that need not happen at once: reports and events, made by one thread, repeated until taken.

The row is the queue (`store.py`): what is due survives a restart when the state does. An address
that is down is tried again with growing waits; after about half an hour the post is given up.
"""

import json
import logging
import threading
from collections.abc import Callable
from urllib.parse import parse_qsl

from simulators.outgoing import NoAnswer, post_form
from simulators.record import Record
from simulators.settings import Settings
from simulators.store import Post, Store

_HEADERS = {"User-Agent": "at-simulator/1.0"}
_JSON_HEADERS = {**_HEADERS, "Content-Type": "application/json"}
_WAITS_SECONDS = (0.5, 1, 2, 4, 8, 15, *[30] * 60)
_ANSWER_SECONDS = 10.0
_log = logging.getLogger("simulators.posting")


class Posting:
    """Schedules posts, and makes them in a thread of its own."""

    def __init__(self, *, settings: Settings, store: Store, record: Record) -> None:
        """Prepare; nothing is posted before `start`."""
        self._settings = settings
        self._store = store
        self._record = record
        self._wake = threading.Event()
        self._busy = threading.Lock()

    def schedule(self, *, setting: str, body: str, delay_seconds: float = 0.0) -> None:
        """Post this form to the address in the setting, by its name; drop it if that is unset."""
        if self._url(setting):
            self._store.schedule(setting=setting, body=body, delay_seconds=delay_seconds)
            self._wake.set()

    def post_now(self, *, setting: str, body: str) -> bool:
        """Post this form, or JSON, at once, a single time; return whether it was taken."""
        if not self._url(setting):
            return False
        is_json = body.startswith("{")
        fields = json.loads(body) if is_json else dict(parse_qsl(body, keep_blank_values=True))
        try:
            answer = post_form(
                url=self._url(setting),
                body=body,
                headers=_JSON_HEADERS if is_json else _HEADERS,
                timeout_seconds=_ANSWER_SECONDS,
            )
        except NoAnswer as error:
            self._record.add(
                direction="out", target=setting, fields=fields, answer={"error": str(error)}
            )
            return False
        self._record.add(
            direction="out", target=setting, fields=fields, answer={"status": answer.status}
        )
        return answer.status in range(200, 300)

    def reset(self) -> None:
        """Forget all state, once the post under way is done: nothing of before comes after."""
        with self._busy:
            self._store.reset()

    def start(self, *, every_seconds: float, also: Callable[[], None]) -> None:
        """Begin to post what is due, and to call `also`, every so often."""
        threading.Thread(
            target=self._run, args=(every_seconds, also), name="posting", daemon=True
        ).start()

    def _run(self, every_seconds: float, also: Callable[[], None]) -> None:
        while True:
            self._wake.wait(every_seconds)
            self._wake.clear()
            try:
                also()
                self._post_what_is_due()
            except Exception:  # noqa: BLE001 - the thread must outlive whatever befalls one post
                _log.exception("posting failed")

    def _post_what_is_due(self) -> None:
        while self._post_one():
            pass

    def _post_one(self) -> bool:
        """Make the post that is due first; return False when none is."""
        with self._busy:
            post = self._store.next_due()
            if post is None:
                return False
            if not self._url(post.setting) or self.post_now(setting=post.setting, body=post.body):
                self._store.posted(post)
            else:
                self._put_off(post)
            return True

    def _put_off(self, post: Post) -> None:
        if post.tries < len(_WAITS_SECONDS):
            self._store.put_off(post, delay_seconds=_WAITS_SECONDS[post.tries])
            return
        _log.warning("gave up posting to %s", post.setting)
        self._store.posted(post)

    def _url(self, setting: str) -> str:
        return str(getattr(self._settings, setting.lower()))
