"""Registration over the API: by a code that was sent to the phone, or by an integrator's key.

services   register, register_for (both end in `create_account`)
api        POST /workers/register
"""
