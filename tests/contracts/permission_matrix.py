"""Every operation of the API by every kind of caller, and what each is answered.

To add an operation: a line in TABLE with a status for each column, and what is sent in SENT. In a
path, {phone}, {worker_id} and {device_id} are those of the column `member`; other ids are
nobody's. Whoever may gets as far
as the service: a wrong code there is a 400 for all who may try it. {number} in a body differs from
caller to caller.
"""

from typing import Any

# Columns: nobody | member other frozen | key register, key read | Support Operations Finance
# Compliance | superuser
TABLE = """
POST    auth/otp                    202 | 202 202 202 | 202 202 | 202 202 202 202 | 202
POST    auth/token                  400 | 400 400 400 | 400 400 | 400 400 400 400 | 400
POST    auth/refresh                401 | 401 401 401 | 401 401 | 401 401 401 401 | 401
POST    auth/logout                 401 | 204 204 204 | 403 403 | 204 204 204 204 | 204
GET     auth/devices                401 | 200 200 200 | 403 403 | 200 200 200 200 | 200
DELETE  auth/devices/{device_id}    401 | 204 404 404 | 403 403 | 404 404 404 404 | 404
POST    auth/pin                    401 | 204 204 204 | 403 403 | 204 204 204 204 | 204
POST    auth/pin/verify             401 | 409 409 409 | 403 403 | 409 409 409 409 | 409
POST    auth/pin/reset              401 | 409 409 409 | 403 403 | 409 409 409 409 | 409
POST    workers/register            400 | 400 400 400 | 201 403 | 400 400 400 400 | 400
GET     workers/by-phone/{phone}    401 | 200 404 404 | 403 404 | 200 200 200 200 | 200
GET     workers/{worker_id}         401 | 200 200 200 | 403 200 | 200 200 200 200 | 200
GET     me                          401 | 200 200 200 | 403 403 | 200 200 200 200 | 200
PATCH   me                          401 | 200 200 200 | 403 403 | 200 200 200 200 | 200
GET     me/dashboard                401 | 200 200 200 | 403 403 | 200 200 200 200 | 200
GET     me/export                   401 | 200 200 200 | 403 403 | 200 200 200 200 | 200
GET     me/phone-change             401 | 404 404 404 | 403 403 | 404 404 404 404 | 404
POST    me/phone-change             401 | 202 202 403 | 403 403 | 202 202 202 202 | 202
DELETE  me/phone-change             401 | 404 404 404 | 403 403 | 404 404 404 404 | 404
POST    me/phone-change/codes       401 | 404 404 404 | 403 403 | 404 404 404 404 | 404
GET     wallet                      401 | 200 200 200 | 403 403 | 200 200 200 200 | 200
GET     wallet/statement            401 | 200 200 200 | 403 403 | 200 200 200 200 | 200
GET     wallet/statement.csv        401 | 200 200 200 | 403 403 | 200 200 200 200 | 200
POST    wallet/deposits             401 | 400 400 400 | 403 403 | 400 400 400 400 | 400
GET     wallet/deposits             401 | 200 200 200 | 403 403 | 200 200 200 200 | 200
GET     wallet/deposits/{deposit_id} 401 | 404 404 404 | 403 403 | 404 404 404 404 | 404
POST    wallet/deposits/{deposit_id}/cancel 401 | 404 404 404 | 403 403 | 404 404 404 404 | 404
POST    wallet/transfers            401 | 400 400 400 | 403 403 | 400 400 400 400 | 400
GET     wallet/transfers            401 | 200 200 200 | 403 403 | 200 200 200 200 | 200
GET     wallet/transfers/quote      401 | 400 400 400 | 403 403 | 400 400 400 400 | 400
GET     wallet/transfers/{transfer_id} 401 | 404 404 404 | 403 403 | 404 404 404 404 | 404
POST    wallet/withdrawals          401 | 400 400 400 | 403 403 | 400 400 400 400 | 400
GET     wallet/withdrawals          401 | 200 200 200 | 403 403 | 200 200 200 200 | 200
GET     wallet/withdrawals/quote    401 | 400 400 400 | 403 403 | 400 400 400 400 | 400
GET     wallet/withdrawals/{withdrawal_id} 401 | 404 404 404 | 403 403 | 404 404 404 404 | 404
GET     ussd/sessions               401 | 403 403 403 | 403 403 | 200 200 403 403 | 200
DELETE  ussd/sessions               401 | 403 403 403 | 403 403 | 403 200 403 403 | 200
GET     ussd/queue/{phone}          401 | 403 403 403 | 403 403 | 200 200 403 403 | 200
POST    ussd/sync                   401 | 403 403 403 | 403 403 | 403 202 403 403 | 202
"""

SENT: dict[str, dict[str, Any]] = {
    "POST auth/otp": {"phone": "0799 000 0{number}"},
    "POST auth/token": {"phone": "0799 000 0{number}", "code": "000000"},
    "POST auth/refresh": {"refresh": "ncr_nothing"},
    "POST auth/logout": {},
    "POST auth/pin": {"pin": "4071"},
    "POST auth/pin/verify": {"pin": "4071", "operation": "transfer"},
    "POST auth/pin/reset": {"code": "000000"},
    "POST workers/register": {"phone": "0799 000 0{number}"},
    "POST me/phone-change": {"new_phone": "0799 000 0{number}"},
    "POST me/phone-change/codes": {"number": "new", "code": "000000"},
    "PATCH me": {"name": "Wanjiku"},
    "POST wallet/deposits": {"amount_cents": 50_000},
    "POST wallet/deposits/{deposit_id}/cancel": {},
    "POST wallet/transfers": {"to": "0722000222", "amount_cents": 25_000},
    "POST wallet/withdrawals": {"amount_cents": 50_000},
}


def rows() -> dict[str, list[int]]:
    """Return the table: operation → the status for each kind of caller, in order."""
    found = {}
    for line in TABLE.strip().splitlines():
        method, path, *cells = line.split()
        found[f"{method} {path}"] = [int(cell) for cell in cells if cell != "|"]
    return found


def sent(operation: str, *, number: int) -> dict[str, Any] | None:
    """Return what is sent; {number} stands for two digits that differ from caller to caller."""
    if (body := SENT.get(operation)) is None:
        return None
    two = f"{number:02d}"
    return {
        name: value.replace("{number}", two) if isinstance(value, str) else value
        for name, value in body.items()
    }
