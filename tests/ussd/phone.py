"""A phone for tests: it dials and types as a person would, through the gateway's true form post."""

from dataclasses import dataclass, field
from uuid import uuid4

from django.test import Client
from django_redis import get_redis_connection

from ussd.engine import store
from ussd.engine.hop import Hop

CODE = "*384*2024#"


def new_session_id() -> str:
    """Return an id as the gateway makes them."""
    return f"ATUid_{uuid4().hex}"


@dataclass
class Phone:
    """One phone in one session. `text` is what the gateway sends: all input so far."""

    number: str = "+254712345678"
    client: Client = field(default_factory=Client)
    path: str = "/ussd"
    session_id: str = field(default_factory=new_session_id)
    text: str = ""

    def dial(self) -> str:
        """Begin a new session and return the first screen."""
        self.session_id, self.text = new_session_id(), ""
        return self.post()

    def enter(self, *inputs: str) -> str:
        """Type one input after the other; return the last screen."""
        shown = ""
        for typed in inputs:
            self.text = f"{self.text}*{typed}" if self.text else typed
            shown = self.post()
        return shown

    def post(self, **changes: str) -> str:
        """Send the present text (again) and return the body; fail unless it is a true answer."""
        fields = {
            "phoneNumber": self.number,
            "serviceCode": CODE,
            "text": self.text,
            "sessionId": self.session_id,
            "networkCode": "63902",
        }
        response = self.client.post(self.path, {**fields, **changes})
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        body = response.content.decode()
        assert body.startswith(("CON ", "END "))
        return body

    def hop(self) -> Hop:
        """Return the present post as the engine gets it."""
        return Hop(
            gateway="africastalking",
            session_id=self.session_id,
            phone=self.number,
            service_code=CODE,
            text=self.text,
            is_authenticated=True,
        )

    def lose_session(self) -> None:
        """Let Redis lose this session."""
        get_redis_connection("default").delete(store.KEY.format(self.session_id))
